//! Promises that never came are asked about: once, politely, and never after the giver said not to.
//!
//! Invariant: only promises that a reader made by the public form, and whose letter left, are asked about. What staff, files
//! or programs entered is not. The letter counts against the budget of its mailbox as every letter that strangers cause.

use chrono::{DateTime, TimeDelta, Utc};

use super::store::reminders as store;
use super::{Change, ChangeError, Donation, cancel};
use crate::db::{Conn, DbError};
use crate::outbox::{self, Asked, LetterKind, Stranger};
pub use store::is_stopped;

/// Promises asked about in one transaction.
const STEP: i64 = 100;

/// Whether a promise is to be asked about.
///
/// # Errors
/// Only when the database fails.
pub fn is_any_due(conn: &mut Conn, now: DateTime<Utc>, days: u16) -> Result<bool, DbError> {
    Ok(days > 0 && !store::due(conn, before(now, days), 1)?.is_empty())
}

/// Asks about promises that have waited so many days, a bounded number; the answer is how many. The caller holds
/// [`crate::db::Lock::Books`].
///
/// # Errors
/// Only when the database fails.
pub fn remind(conn: &mut Conn, now: DateTime<Utc>, days: u16) -> Result<usize, DbError> {
    if days == 0 {
        return Ok(0);
    }
    let due = store::due(conn, before(now, days), STEP)?;
    let asked: Vec<Asked> = due
        .into_iter()
        .map(|due| Asked {
            stranger: Stranger { network: due.network, over: None },
            kind: LetterKind::Reminder,
            subject_id: due.donation,
            recipient: due.recipient,
        })
        .collect();
    outbox::enqueue_for_strangers(conn, now, &asked)?;
    Ok(asked.len())
}

fn before(now: DateTime<Utc>, days: u16) -> DateTime<Utc> {
    now - TimeDelta::days(days.into())
}

/// Notes that the giver does not want to be asked about a promise; a letter that still waits is not sent.
///
/// # Errors
/// Only when the database fails.
pub fn stop(conn: &mut Conn, now: DateTime<Utc>, donation: i64) -> Result<(), DbError> {
    store::stop(conn, now, donation)
}

/// Takes back a promise that its giver will not keep; the second time changes nothing.
///
/// # Errors
/// [`ChangeError`]: the money came, or it was cancelled before.
pub fn call_off(
    conn: &mut Conn,
    now: DateTime<Utc>,
    donation: i64,
    by: String,
    request_id: String,
) -> Result<Donation, ChangeError> {
    let reason = "The giver called it off on the page of the gift.".to_owned();
    let change = Change { key: format!("giver:{donation}"), fingerprint: [0; 32], reason, by, request_id };
    cancel(conn, now, donation, &change)
}
