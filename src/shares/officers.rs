//! Officers, as the register must name them (Act of 2014, section 30(3)): name, address, office, dates.

use chrono::{DateTime, NaiveDate, Utc};

use super::notes::{self, NewNote, Note, NoteKind};
use super::register::View;
use super::store::officers as store;
pub use super::store::officers::{Officer, all, numbered};
use super::{Deed, ShareError, past_or_today};
use crate::db::{Conn, DbError};

/// An officer to be entered.
#[derive(Debug, Clone)]
pub struct NewOfficer {
    /// In full.
    pub name: String,
    /// The postal address.
    pub address: String,
    /// The electronic address.
    pub email: Option<String>,
    /// "Secretary"
    pub office: String,
    /// The first day.
    pub from_on: NaiveDate,
}

/// Enters an officer; the answer is the number of the note.
///
/// # Errors
/// [`ShareError::InFuture`].
pub fn appoint(conn: &mut Conn, now: DateTime<Utc>, deed: &Deed, new: &NewOfficer) -> Result<i64, ShareError> {
    past_or_today(conn, now, Some(new.from_on))?;
    let id = store::insert(conn, now, deed, new)?;
    Ok(notes::write(conn, now, deed, NoteKind::Office, &NewNote::about(None, id, new.from_on))?)
}

/// Notes the last day of an officer; the answer is the number of the note.
///
/// # Errors
/// [`ShareError`]: a day to come, or before the first.
pub fn stand_down(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &Deed,
    id: i64,
    until_on: NaiveDate,
) -> Result<i64, ShareError> {
    past_or_today(conn, now, Some(until_on))?;
    if !store::end(conn, now, id, until_on)? {
        return Err(ShareError::OfficeNotHeld);
    }
    Ok(notes::write(conn, now, deed, NoteKind::Departure, &NewNote::about(None, id, until_on))?)
}

/// The officers of a view of the register: who was in office by its day, with a last day that had come, as it was known
/// then. Those in office first.
///
/// # Errors
/// Only when the database fails.
pub fn on(conn: &mut Conn, view: &View) -> Result<Vec<Officer>, DbError> {
    let mut found = store::known(conn, view.as_at, view.as_known.naive_utc())?;
    for officer in &mut found {
        let is_known = officer.ended_at.is_some_and(|at| at <= view.as_known.naive_utc());
        officer.until_on = officer.until_on.filter(|until| is_known && *until <= view.as_at);
    }
    found.sort_by_key(|officer| officer.until_on.is_some_and(|until| until < view.as_at));
    Ok(found)
}

/// Makes an office as it was before a note.
pub(super) fn undo(conn: &mut Conn, now: DateTime<Utc>, note: &Note, kind: NoteKind) -> Result<(), ShareError> {
    match kind {
        NoteKind::Office => store::take_back(conn, now, note.row_id)?,
        _ => store::go_on(conn, note.row_id)?,
    }
    Ok(())
}
