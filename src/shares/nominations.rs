//! The book of nominations (Act of 2014, sections 37 and 38): whom a member wants to have their property on death.

use chrono::{DateTime, NaiveDate, Utc};

use super::living::check_alive;
use super::notes::{self, NewNote, Note, NoteKind};
use super::numbers::MemberNumber;
use super::store::nominations as store;
pub use super::store::nominations::{
    Nomination, book as book_of_nominations, numbered as nomination, of as nominations_of,
};
use super::{Deed, ShareError, apply, past_or_today};
use crate::db::Conn;

/// Relatives by whom an officer or employee may be nominated (section 37).
pub const CLOSE_RELATIONS: [&str; 9] =
    ["spouse", "civil partner", "parent", "child", "brother", "sister", "nephew", "niece", "none of these"];

/// A nomination to be entered.
#[derive(Debug, Clone)]
pub struct NewNomination {
    /// Whose property.
    pub member: MemberNumber,
    /// Who is nominated.
    pub nominee: String,
    /// Their address.
    pub address: String,
    /// What the member is to them, in the words of [`CLOSE_RELATIONS`].
    pub relation: String,
    /// They are an officer or employee of the society.
    pub is_officer: bool,
    /// How much of the property, in per cent.
    pub percent: i64,
    /// The day of the signed statement; today where nothing is said.
    pub made_on: Option<NaiveDate>,
}

/// Enters a nomination beside those in force; the answer is the number of its note.
///
/// # Errors
/// [`ShareError`]: an unknown member, a day to come or after the death, more than the whole, an officer who is no close
/// relative.
pub fn nominate(conn: &mut Conn, now: DateTime<Utc>, deed: &Deed, new: &NewNomination) -> Result<i64, ShareError> {
    let (holder, made_on) = checked(conn, now, new)?;
    check_whole(conn, holder, new.percent)?;
    let id = store::insert(conn, now, deed, (holder, None), made_on, new)?;
    Ok(notes::write(conn, now, deed, NoteKind::Nomination, &NewNote::about(Some(holder), id, made_on))?)
}

/// Enters a nomination in the place of one in force (section 38): a later statement of the member varies the earlier.
/// The answer is the number of its note.
///
/// # Errors
/// As [`nominate`], and [`ShareError::UnknownNomination`] for one that is not this member's or not in force.
pub fn vary(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &Deed,
    old: i64,
    new: &NewNomination,
) -> Result<i64, ShareError> {
    let (holder, made_on) = checked(conn, now, new)?;
    let known = store::numbered(conn, old)?.filter(|known| known.holder_id == holder && known.is_in_force());
    let known = known.ok_or(ShareError::UnknownNomination)?;
    if made_on < known.made_on {
        return Err(ShareError::BeforeVaried(known.made_on));
    }
    store::revoke(conn, old, made_on, "varied by a later one")?;
    check_whole(conn, holder, new.percent)?;
    let id = store::insert(conn, now, deed, (holder, Some(old)), made_on, new)?;
    let note = NewNote::about(Some(holder), id, made_on).instead_of(old);
    Ok(notes::write(conn, now, deed, NoteKind::Variation, &note)?)
}

/// Whose it is, and of which day, when the Act lets it stand.
fn checked(conn: &mut Conn, now: DateTime<Utc>, new: &NewNomination) -> Result<(i64, NaiveDate), ShareError> {
    let (made_on, _) = past_or_today(conn, now, new.made_on)?;
    let holder = apply::known(conn, new.member)?;
    let is_close = CLOSE_RELATIONS[..8].contains(&new.relation.as_str());
    if new.is_officer && !is_close {
        return Err(ShareError::OfficerNotRelative);
    }
    match holder.died_on() {
        Some(died_on) if made_on > died_on => Err(ShareError::NominatedAfterDeath(died_on)),
        _ => Ok((holder.id, made_on)),
    }
}

/// Nobody gives away more than all of it.
fn check_whole(conn: &mut Conn, holder: i64, more: i64) -> Result<(), ShareError> {
    let in_force = store::of(conn, holder)?.into_iter().filter(Nomination::is_in_force);
    let whole = in_force.map(|known| known.percent).sum::<i64>() + more;
    if whole > 100 { Err(ShareError::AboveWhole(whole)) } else { Ok(()) }
}

/// Revokes a nomination, by the member's word or because the member married since (schedule 3). The answer is the
/// number of its note.
///
/// # Errors
/// [`ShareError`]: unknown or revoked before, a day to come, no reason.
pub fn revoke(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &Deed,
    id: i64,
    revoked_on: Option<NaiveDate>,
    reason: &str,
) -> Result<i64, ShareError> {
    if reason.is_empty() {
        return Err(ShareError::ReasonMissing);
    }
    let (revoked_on, _) = past_or_today(conn, now, revoked_on)?;
    let known = store::numbered(conn, id)?.ok_or(ShareError::UnknownNomination)?;
    let holder = apply::entered(conn, known.holder_id)?;
    check_alive(&holder, revoked_on, "A nomination can be revoked in the member’s lifetime only.")?;
    if !store::revoke(conn, id, revoked_on, reason)? {
        return Err(ShareError::UnknownNomination);
    }
    let note = NewNote::about(Some(known.holder_id), id, revoked_on).because(reason, "");
    Ok(notes::write(conn, now, deed, NoteKind::Revocation, &note)?)
}

/// Makes the book as it was before a note.
pub(super) fn undo(conn: &mut Conn, now: DateTime<Utc>, note: &Note, kind: NoteKind) -> Result<(), ShareError> {
    let again = match kind {
        NoteKind::Revocation => Some(note.row_id),
        _ => {
            store::take_back(conn, now, note.row_id)?;
            note.before_id
        }
    };
    if let Some(id) = again {
        store::restore(conn, id)?;
        check_whole(conn, note.holder_id.unwrap_or(0), 0)?;
    }
    Ok(())
}
