//! Suspension: days on which the committee agrees to no withdrawal, with its reason, and their end.

use chrono::{DateTime, NaiveDate, Utc};

use super::notes::{self, NewNote, Note, NoteKind};
use super::store::suspensions as store;
pub use super::store::suspensions::{Suspension, all as suspensions, in_force, numbered as suspension};
use super::{Deed, ShareError, class_on, past_or_today};
use crate::db::Conn;

/// A suspension to be declared.
#[derive(Debug, Clone)]
pub struct NewSuspension {
    /// The class's code.
    pub class: String,
    /// From which day; today where nothing is said.
    pub from_on: Option<NaiveDate>,
    /// Why; members are told.
    pub reason: String,
    /// Where the decision is written down.
    pub minute: String,
}

/// Suspends withdrawals of a class until they are resumed. Notices are still taken, and keep their place. The answer is
/// the suspension and the number of its note.
///
/// # Errors
/// [`ShareError`]: an unknown class, a day to come, no reason, suspended already.
pub fn suspend(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &Deed,
    new: &NewSuspension,
) -> Result<(Suspension, i64), ShareError> {
    if new.reason.is_empty() {
        return Err(ShareError::ReasonMissing);
    }
    let (from_on, _) = past_or_today(conn, now, new.from_on)?;
    let (class, _) = class_on(conn, &new.class, from_on)?;
    let today = past_or_today(conn, now, None)?.0;
    if let Some(known) = in_force(conn, class.id, today)? {
        return Err(ShareError::Suspended { from: known.from_on, reason: known.reason });
    }
    let suspension = store::insert(conn, now, deed, class.id, from_on, (&new.reason, &new.minute))?;
    let note = NewNote::about(None, suspension.id, from_on).because(&new.reason, &new.minute);
    let note = notes::write(conn, now, deed, NoteKind::Suspension, &note)?;
    Ok((suspension, note))
}

/// Lifts a suspension from a day on; the answer is the number of the note.
///
/// # Errors
/// [`ShareError`]: unknown or lifted before, a day to come, no reason.
pub fn resume(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &Deed,
    id: i64,
    lifted_on: Option<NaiveDate>,
    reason: &str,
) -> Result<i64, ShareError> {
    if reason.is_empty() {
        return Err(ShareError::ReasonMissing);
    }
    let (lifted_on, _) = past_or_today(conn, now, lifted_on)?;
    if !store::lift(conn, deed, id, lifted_on, reason)? {
        return Err(ShareError::UnknownSuspension);
    }
    let note = NewNote::about(None, id, lifted_on).because(reason, "");
    Ok(notes::write(conn, now, deed, NoteKind::Resumption, &note)?)
}

/// Makes a suspension as it was before a note.
pub(super) fn undo(conn: &mut Conn, now: DateTime<Utc>, note: &Note, kind: NoteKind) -> Result<(), ShareError> {
    if kind == NoteKind::Suspension {
        return Ok(store::take_back(conn, now, note.row_id)?);
    }
    let known = store::numbered(conn, note.row_id)?.ok_or(ShareError::UnknownSuspension)?;
    let today = past_or_today(conn, now, None)?.0;
    if let Some(other) = in_force(conn, known.class_id, today)? {
        return Err(ShareError::Suspended { from: other.from_on, reason: other.reason });
    }
    Ok(store::rest_again(conn, note.row_id)?)
}
