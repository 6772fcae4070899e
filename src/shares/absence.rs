//! Members who are gone away: letters to the postal address come back.
//!
//! Invariant: the mark is about an address, so that a new one takes it off by itself, and the return of the old one puts
//! it on again. Meanwhile what would be posted there is held back; an electronic address is written to as ever.

use chrono::{DateTime, NaiveDate, Utc};

use super::letters::held;
use super::notes::{self, NewNote, Note, NoteKind};
use super::numbers::MemberNumber;
use super::store::deaths as store;
use super::{Deed, ShareError, apply, past_or_today};
use crate::db::Conn;

/// Marks a member as gone away from the address that the register has; the answer is the number of the note.
///
/// # Errors
/// [`ShareError`]: an unknown member, a day to come, no reason, marked before.
pub fn mark_gone_away(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &Deed,
    member: MemberNumber,
    (since_on, reason): (Option<NaiveDate>, &str),
) -> Result<i64, ShareError> {
    if reason.is_empty() {
        return Err(ShareError::ReasonMissing);
    }
    let (since_on, _) = past_or_today(conn, now, since_on)?;
    let holder = apply::known(conn, member)?;
    if holder.gone_away_since.is_some() {
        return Err(ShareError::GoneAlready(holder.called()));
    }
    let id = store::insert_absence(conn, now, deed, (holder.id, &holder.address), (since_on, reason))?;
    let note = NewNote::about(Some(holder.id), id, since_on).because(reason, "");
    let note = notes::write(conn, now, deed, NoteKind::GoneAway, &note)?;
    held::address_anew(conn, now, holder.id)?;
    Ok(note)
}

/// Somebody who is there after all: their letters leave.
pub(super) fn undo(conn: &mut Conn, now: DateTime<Utc>, note: &Note) -> Result<(), ShareError> {
    store::take_absence_back(conn, now, note.row_id)?;
    if let Some(holder) = note.holder_id {
        held::address_anew(conn, now, holder)?;
    }
    Ok(())
}
