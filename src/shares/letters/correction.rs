//! Who is told that something was taken back.
//!
//! Invariant: a letter that has not left is dropped, and nothing is said; where it has left, another one says plainly
//! what happened and what holds now.

use chrono::{DateTime, Utc};

use super::{Told, held, queue};
use crate::db::{Conn, DbError};
use crate::outbox::LetterKind;
use crate::shares::interest;
use crate::shares::notes::{self, Note, NoteKind};

/// Tells whoever a note is about that note `by` takes it back.
pub(in crate::shares) fn tell(
    conn: &mut Conn,
    now: DateTime<Utc>,
    (note, kind): (&Note, NoteKind),
    by: i64,
) -> Result<(), DbError> {
    let (correction, before) = match kind {
        NoteKind::ApplicationRefused => (LetterKind::ShareReopened, Some(LetterKind::ShareRefusal)),
        // Nothing was written about it, but the applicant's page has said so.
        NoteKind::ApplicationWithdrawn => (LetterKind::ShareReopened, None),
        NoteKind::Notice => (LetterKind::WithdrawalCorrected, Some(LetterKind::WithdrawalNotice)),
        NoteKind::WithdrawalRefused => (LetterKind::WithdrawalCorrected, Some(LetterKind::WithdrawalRefused)),
        NoteKind::WithdrawalPaid => (LetterKind::WithdrawalCorrected, Some(LetterKind::WithdrawalPaid)),
        NoteKind::Interest | NoteKind::InterestPaid => return tell_of_interest(conn, now, (note, kind), by),
        _ => return Ok(()),
    };
    let Some(holder) = note.holder_id else { return Ok(()) };
    if let Some(before) = before
        && held::drop_waiting(conn, note.row_id, None, &[before])?
    {
        return Ok(());
    }
    queue(conn, now, &[Told::about(correction, note.row_id, holder).because_of(by)]).map(drop)
}

/// Tells every member who had a letter about interest, or about the shares that were added for it.
fn tell_of_interest(
    conn: &mut Conn,
    now: DateTime<Utc>,
    (note, kind): (&Note, NoteKind),
    by: i64,
) -> Result<(), DbError> {
    // The payment may have been taken back a moment ago; then one letter says both.
    let story = notes::story_of(conn, NoteKind::Interest, note.row_id)?;
    let earlier = story.iter().rev().find(|known| known.reverses.is_some() && known.number != by);
    let mut told = Vec::new();
    for line in interest::lines(conn, note.row_id, None)? {
        let holder = line.holder_id;
        let is_unsent = match (kind, line.event) {
            (NoteKind::Interest, _) => {
                held::drop_waiting(conn, holder, Some(note.row_id), &[LetterKind::ShareInterest])?
            }
            (_, Some(event)) => held::drop_waiting(conn, event, Some(holder), &[LetterKind::ShareTransfer])?,
            (_, None) => true,
        };
        if is_unsent {
            continue;
        }
        if let Some(earlier) = earlier.filter(|_| kind == NoteKind::Interest) {
            held::drop_waiting(conn, holder, Some(earlier.number), &[LetterKind::InterestTakenBack])?;
        }
        told.push(Told::about(LetterKind::InterestTakenBack, holder, holder).because_of(by));
    }
    queue(conn, now, &told).map(drop)
}
