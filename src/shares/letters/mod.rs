//! Letters to applicants and members, queued by the verb that causes them, and what they say.
//!
//! Invariant: a letter tells what the books said of its own subject; who has no electronic address gets it by post.

mod compose;
pub(super) mod correction;
mod overtaken;
mod words;

use chrono::{DateTime, Utc};

use super::Certificate;
use super::store::{applications, certificates, holders};
use crate::db::{Conn, DbError};
use crate::outbox::{self, Delivery, LetterKind, NewLetter};
pub use compose::ShareLetters;
pub use words::{counted, grouped};

/// Something that a holder is told.
#[derive(Debug, Clone, Copy)]
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

/// Queues letters in the caller's transaction.
///
/// # Errors
/// Only when the database fails.
pub(super) fn queue(conn: &mut Conn, now: DateTime<Utc>, told: &[Told]) -> Result<(), DbError> {
    let ids: Vec<i64> = told.iter().map(|told| told.holder_id).collect();
    let holders = holders::holders_now(conn, &ids)?;
    let letters: Vec<NewLetter> = told
        .iter()
        .map(|told| NewLetter {
            kind: told.kind,
            subject_id: told.subject_id,
            event_id: told.event_id,
            recipient: holders.get(&told.holder_id).and_then(|holder| holder.email.clone()).unwrap_or_default(),
        })
        .collect();
    outbox::enqueue_all(conn, now, &letters)
}
