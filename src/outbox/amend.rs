//! What staff do with a letter that did not arrive: note that it came back, send it elsewhere, print it instead.
//!
//! Invariant: each does nothing to a letter that is not in the state it is for, so a second click is harmless.

use chrono::{DateTime, Utc};

use super::store;
use crate::db::{Conn, DbError};

/// Why nothing was done with a letter.
#[derive(Debug, thiserror::Error)]
pub enum AmendError {
    /// It was not sent by mail, so it cannot have come back.
    #[error("Only a mail that was sent can come back; this letter is still here, or was noted before.")]
    NotSent,
    /// It did not fail.
    #[error(
        "Only a letter that failed can be printed instead or left; this one is on its way, was sent or was left before."
    )]
    NotFailed,
    /// Nobody said why it came back.
    #[error("Please say why it came back, in the words of the mail that says so.")]
    ReasonMissing,
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
}

/// Longest reason that is kept; staff need its first sentence.
const REASON_CHARS_MAX: usize = 500;

/// Notes that a mail which the server had taken came back. It counts as failed until somebody does something about it,
/// and no other mail goes to its address until somebody corrects it or tries again.
///
/// # Errors
/// [`AmendError::NotSent`], [`AmendError::ReasonMissing`].
pub fn came_back(conn: &mut Conn, now: DateTime<Utc>, id: i64, reason: &str) -> Result<(), AmendError> {
    let words = reason.split_whitespace().collect::<Vec<_>>().join(" ");
    let reason: String = words.chars().filter(|c| !c.is_control()).take(REASON_CHARS_MAX).collect();
    if reason.is_empty() {
        return Err(AmendError::ReasonMissing);
    }
    if store::set_returned(conn, now, id, &reason)? == 0 {
        return Err(AmendError::NotSent);
    }
    let address = store::mailbox::address_of(conn, id)?.to_lowercase();
    store::mailbox::stop(conn, now, &address, &reason)?;
    Ok(())
}

/// Lets a letter that failed wait for the printer and the post.
///
/// # Errors
/// [`AmendError::NotFailed`].
pub fn print_instead(conn: &mut Conn, id: i64) -> Result<(), AmendError> {
    if store::set_post(conn, id)? == 0 { Err(AmendError::NotFailed) } else { Ok(()) }
}

/// Leaves a letter that failed as it is, because nothing more can be done: it no longer waits for staff.
///
/// # Errors
/// [`AmendError::NotFailed`], also for one that was left before.
pub fn leave(conn: &mut Conn, now: DateTime<Utc>, id: i64) -> Result<(), AmendError> {
    if store::set_settled(conn, now, id)? == 0 { Err(AmendError::NotFailed) } else { Ok(()) }
}

/// Queues letters that failed or have not left for another address; the answer is how many.
///
/// # Errors
/// Only when the database fails.
pub fn redirect(conn: &mut Conn, now: DateTime<Utc>, ids: &[i64], recipient: &str) -> Result<usize, DbError> {
    // Whoever gives an address says that it is right.
    store::mailbox::lift(conn, recipient)?;
    store::redirect(conn, now, ids, recipient)
}
