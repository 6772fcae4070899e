//! Letters to applicants and members, queued by the verb that causes them, and what they say.
//!
//! Invariant: a letter tells what the books said of its own subject; who has no electronic address gets it by post.

mod compose;
pub(super) mod correction;
pub mod held;
mod overtaken;
mod words;

use chrono::{DateTime, Utc};

use super::Certificate;
use super::store::{self, applications, certificates, holders};
use crate::db::{Conn, DbError};
use crate::outbox::{self, Delivery, LetterKind, NewLetter};
pub use compose::ShareLetters;
pub use words::{counted, grouped};

/// Something that a holder is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Told {
    pub kind: LetterKind,
    pub subject_id: i64,
    pub event_id: Option<i64>,
    pub holder_id: i64,
}

impl Told {
    /// A letter about a noun.
    pub fn about(kind: LetterKind, subject_id: i64, holder_id: i64) -> Self {
        Self { kind, subject_id, event_id: None, holder_id }
    }

    /// A letter about what happened to it.
    pub fn because_of(self, event_id: i64) -> Self {
        Self { event_id: Some(event_id), ..self }
    }
}

/// The certificate that goes into the envelope of a letter.
///
/// # Errors
/// Only when the database fails.
pub fn certificate_with(conn: &mut Conn, letter: &Delivery) -> Result<Option<Certificate>, DbError> {
    let event = letter.event_id.unwrap_or(0);
    match letter.kind {
        LetterKind::ShareAllotment => match applications::application(conn, letter.subject_id)? {
            Some(application) => certificates::issued_by(conn, application.holder_id, event),
            None => Ok(None),
        },
        LetterKind::ShareTransfer => certificates::issued_by(conn, event, letter.subject_id),
        _ => Ok(None),
    }
}

/// Queues letters in the caller's transaction: to the holder, to whoever writes for their estate, or back, where nobody
/// can be written to. The answer is how many are held back.
///
/// # Errors
/// Only when the database fails.
pub(super) fn queue(conn: &mut Conn, now: DateTime<Utc>, told: &[Told]) -> Result<usize, DbError> {
    let ids: Vec<i64> = told.iter().map(|told| told.holder_id).collect();
    let holders = holders::holders_now(conn, &ids)?;
    let ways = held::ways(conn, &holders)?;
    let (mut letters, mut back) = (Vec::with_capacity(told.len()), Vec::new());
    for told in told {
        let recipient = match ways.get(&told.holder_id) {
            Some(held::Way::Held) => {
                back.push((told.holder_id, told.kind, told.subject_id, told.event_id));
                continue;
            }
            Some(held::Way::Mail(address)) => address.clone(),
            Some(held::Way::Post) | None => String::new(),
        };
        let (kind, subject_id, event_id) = (told.kind, told.subject_id, told.event_id);
        letters.push(NewLetter { kind, subject_id, event_id, recipient });
    }
    outbox::enqueue_all(conn, now, &letters)?;
    store::held::insert_all(conn, now, &back)?;
    Ok(back.len())
}

/// The letters that a holder was or will be written, oldest first: those about the holder, about each of their requests,
/// and about each event that moved their shares.
///
/// # Errors
/// Only when the database fails.
pub fn of_holder(conn: &mut Conn, holder: i64) -> Result<Vec<Delivery>, DbError> {
    let is_own =
        |kind| matches!(kind, LetterKind::HoldingStatement | LetterKind::ShareInterest | LetterKind::InterestTakenBack);
    let mut letters = outbox::about(conn, holder, is_own)?;
    for application in applications::of_holder(conn, holder)? {
        letters.extend(outbox::about(conn, application.id, LetterKind::is_about_application)?);
    }
    for withdrawal in store::withdrawals::of_holder(conn, holder)? {
        letters.extend(outbox::about(conn, withdrawal.id, LetterKind::is_about_withdrawal)?);
    }
    for (event, _, _) in store::book::events_of(conn, holder)? {
        let moved = outbox::about(conn, event.number, |kind| kind == LetterKind::ShareTransfer)?;
        letters.extend(moved.into_iter().filter(|letter| letter.event_id == Some(holder)));
    }
    letters.sort_by_key(|letter| letter.id);
    letters.dedup_by_key(|letter| letter.id);
    Ok(letters)
}
