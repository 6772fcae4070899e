//! Who has the word for a member who died: executors, administrators, or whoever the society agreed to write to.
//!
//! Invariant: letters about the holding go to them from the moment they are noted; what was held back since the death
//! leaves then. They have no vote: the shares are theirs only once they passed on.

use chrono::{DateTime, NaiveDate, Utc};

use super::letters::held;
use super::notes::{self, NewNote, Note, NoteKind};
use super::numbers::MemberNumber;
use super::store::deaths as store;
pub use super::store::deaths::{Estate, estate as of, estate_numbered as numbered};
use super::{Deed, Holder, ShareError, apply, past_or_today};
use crate::db::{Conn, DbError};

/// Representatives to be noted.
#[derive(Debug, Clone)]
pub struct NewEstate {
    /// Whose.
    pub member: MemberNumber,
    /// Who writes for it, and is written to.
    pub name: String,
    /// The postal address.
    pub address: String,
    /// The electronic address.
    pub email: Option<String>,
    /// From which day; today where nothing is said.
    pub from_on: Option<NaiveDate>,
    /// What was seen: the grant.
    pub proof: String,
}

/// Keeps who has the word for a member who died; the answer is the number of the note. Those noted before give way.
///
/// # Errors
/// [`ShareError`]: an unknown member, one who lives, a day to come, nothing seen.
pub fn note_estate(conn: &mut Conn, now: DateTime<Utc>, deed: &Deed, new: &NewEstate) -> Result<i64, ShareError> {
    if new.proof.is_empty() {
        return Err(ShareError::ReasonMissing);
    }
    let (from_on, _) = past_or_today(conn, now, new.from_on)?;
    let holder = apply::known(conn, new.member)?;
    if holder.died_on().is_none() {
        return Err(ShareError::NoEstate(holder.living().first().map_or_else(|| holder.called(), ToString::to_string)));
    }
    let row = Estate {
        id: 0,
        holder_id: holder.id,
        name: new.name.clone(),
        address: new.address.clone(),
        email: new.email.clone(),
        from_on,
        proof: new.proof.clone(),
    };
    let id = store::insert_estate(conn, now, deed, &row)?;
    let note = NewNote::about(Some(holder.id), id, from_on).because(&new.proof, "");
    let note = notes::write(conn, now, deed, NoteKind::Estate, &note)?;
    held::address_anew(conn, now, holder.id)?;
    Ok(note)
}

/// Takes representatives back that were noted in error.
pub(super) fn undo(conn: &mut Conn, now: DateTime<Utc>, note: &Note) -> Result<(), ShareError> {
    store::take_estate_back(conn, now, note.row_id)?;
    if let Some(holder) = note.holder_id {
        held::address_anew(conn, now, holder)?;
    }
    Ok(())
}

/// Something that the register has of a member with a day on or after their death, for a person to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AfterDeath {
    /// An event of the book.
    Event(i64),
    /// An application, by its row.
    Application(i64),
    /// Somebody came in their name, at this sitting.
    Vote {
        /// Where.
        sitting: i64,
        /// Who.
        voter: String,
    },
}

/// What the register has of a holder who died, since that day: what was done before the death was known.
///
/// # Errors
/// Only when the database fails.
pub fn after(conn: &mut Conn, holder: &Holder) -> Result<Vec<(NaiveDate, AfterDeath)>, DbError> {
    let Some(died_on) = holder.died_on() else { return Ok(Vec::new()) };
    let events = super::store::book::events_of(conn, holder.id)?;
    let back: Vec<i64> = events.iter().filter_map(|(event, ..)| event.reverses).collect();
    let lawful = [super::EventKind::Transmission, super::EventKind::Withdrawal, super::EventKind::Forfeiture];
    let is_odd = |event: &super::Event| {
        event.effective_on >= died_on
            && event.reverses.is_none()
            && !back.contains(&event.number)
            && !lawful.contains(&event.kind)
    };
    let mut found: Vec<(NaiveDate, AfterDeath)> = Vec::new();
    for (event, ..) in events.iter().filter(|(event, ..)| is_odd(event)) {
        found.push((event.effective_on, AfterDeath::Event(event.number)));
    }
    for one in super::applications_of(conn, holder.id)? {
        if one.status == super::ApplicationStatus::Waiting {
            found.push((one.applied_on, AfterDeath::Application(one.id)));
        }
    }
    for vote in super::meetings::votes_of(conn, holder.id)? {
        let held = super::meetings::sitting(conn, vote.sitting_id)?;
        if let Some(held) = held.filter(|held| vote.taken_back_at.is_none() && held.held_on >= died_on) {
            found.push((held.held_on, AfterDeath::Vote { sitting: held.id, voter: vote.voter }));
        }
    }
    found.sort_by_key(|(on, _)| *on);
    Ok(found)
}
