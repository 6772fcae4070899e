//! Who looked at the register, as what, and at which form of it (Act of 2014, section 103).

use chrono::{DateTime, NaiveDate, Utc};

use super::notes::{self, NewNote, Note, NoteKind};
use super::store::officers as store;
pub use super::store::officers::{Inspection, inspection as numbered, inspections as all};
use super::{Deed, ShareError, past_or_today};
use crate::db::Conn;

/// An inspection to be noted.
#[derive(Debug, Clone)]
pub struct NewInspection {
    /// Who.
    pub name: String,
    /// As what: a member, a person with an interest in the funds.
    pub capacity: String,
    /// What they were shown.
    pub shown: String,
    /// When; today where nothing is said.
    pub inspected_on: Option<NaiveDate>,
}

/// Notes an inspection; the answer is the number of its note.
///
/// # Errors
/// [`ShareError::InFuture`].
pub fn note(conn: &mut Conn, now: DateTime<Utc>, deed: &Deed, new: &NewInspection) -> Result<i64, ShareError> {
    let (on, _) = past_or_today(conn, now, new.inspected_on)?;
    let id = store::inspect(conn, now, deed, on, new)?;
    Ok(notes::write(conn, now, deed, NoteKind::Inspection, &NewNote::about(None, id, on))?)
}

/// An inspection that was noted in error was none.
pub(super) fn undo(conn: &mut Conn, now: DateTime<Utc>, note: &Note) -> Result<(), ShareError> {
    Ok(store::take_inspection_back(conn, now, note.row_id)?)
}
