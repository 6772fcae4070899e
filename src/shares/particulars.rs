//! What the register says of a member: name, address, electronic address, representative, joint holders.
//!
//! Invariant: a change is a new row from a day on; what was said before stays, and a print of an earlier day says it.

use chrono::{DateTime, NaiveDate, Utc};

use super::holder::{Holder, HolderKind, NewHolder, together};
use super::letters::held;
use super::notes::{self, NewNote, Note, NoteKind};
use super::numbers::MemberNumber;
use super::positions::Positions;
use super::store::holders::{self, Particulars};
use super::{Deed, ShareError, apply, past_or_today};
use crate::db::Conn;
use crate::supporters::rules::folded;

/// What changed; nothing stands for what did not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Amendment {
    /// The person's or the organisation's name.
    pub name: Option<String>,
    /// All joint holders; one name alone makes it a person's holding.
    pub names: Option<Vec<String>>,
    /// Who votes for an organisation.
    pub representative: Option<String>,
    /// The postal address.
    pub address: Option<String>,
    /// The electronic address; none inside takes it off (Act of 2014, section 30(4)).
    pub email: Option<Option<String>>,
    /// What it may be used for.
    pub email_purposes: Option<String>,
    /// From which day; today where nothing is said.
    pub valid_from: Option<NaiveDate>,
    /// Why.
    pub reason: String,
}

/// Keeps what changed about a member; the answer is how the register has them now, and the number of the note.
///
/// # Errors
/// [`ShareError`]: an unknown member, a day to come, no reason, or a person who would come to hold too much.
pub fn amend(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &Deed,
    number: MemberNumber,
    amendment: &Amendment,
) -> Result<(Holder, i64), ShareError> {
    if amendment.reason.is_empty() {
        return Err(ShareError::ReasonMissing);
    }
    let (valid_from, settings) = past_or_today(conn, now, amendment.valid_from)?;
    let before = apply::known(conn, number)?;
    let after = amended(&before, amendment);
    check_names(&before, &after)?;
    let place = Particulars { holder_id: before.id, valid_from, reason: &amendment.reason };
    let row = holders::amend(conn, now, deed, &place, &after)?;
    let note = NewNote::about(Some(before.id), row, valid_from).because(&amendment.reason, "");
    let note = notes::write(conn, now, deed, NoteKind::Particulars, &note)?;
    let holder = apply::entered(conn, before.id)?;
    Positions::load(conn, &[before.id], valid_from)?.check_persons(conn, &holder, &settings, valid_from)?;
    held::release(conn, now, before.id)?;
    Ok((holder, note))
}

/// A joint holder who died keeps the name under which the death stands, or leaves the names: a spelling that changed
/// would have them live again.
fn check_names(before: &Holder, after: &NewHolder) -> Result<(), ShareError> {
    let is_there = |name: &str| after.names.iter().any(|known| folded(known) == folded(name));
    let dead = before.names.iter().find(|name| before.death_of(name).is_some() && !is_there(name));
    match dead {
        Some(name) if after.names.len() >= before.names.len() => Err(ShareError::NameOfTheDead(name.clone())),
        _ => Ok(()),
    }
}

/// Takes a change back that was entered in error: the register says what it said before it.
pub(super) fn undo(conn: &mut Conn, now: DateTime<Utc>, note: &Note) -> Result<(), ShareError> {
    let Some(holder) = note.holder_id else { return Ok(()) };
    holders::take_back(conn, now, note.row_id)?;
    let holder = apply::entered(conn, holder)?;
    holders::set_persons(conn, &holder)?;
    let (today, settings) = past_or_today(conn, now, None)?;
    Positions::load(conn, &[holder.id], today)?.check_persons(conn, &holder, &settings, today)?;
    Ok(held::address_anew(conn, now, holder.id)?)
}

fn amended(before: &Holder, amendment: &Amendment) -> NewHolder {
    let names = amendment.names.clone().unwrap_or_else(|| before.names.clone());
    let name = match (&amendment.name, before.kind) {
        (Some(name), _) => name.clone(),
        (None, HolderKind::Joint) => together(&names),
        (None, _) => before.name.clone(),
    };
    NewHolder {
        kind: before.kind,
        name,
        names,
        representative: amendment.representative.clone().unwrap_or_else(|| before.representative.clone()),
        address: amendment.address.clone().unwrap_or_else(|| before.address.clone()),
        email: amendment.email.clone().unwrap_or_else(|| before.email.clone()),
        email_purposes: amendment.email_purposes.clone().unwrap_or_else(|| before.email_purposes.clone()),
        date_of_birth: None,
    }
}
