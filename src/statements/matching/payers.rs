//! Payers are remembered when somebody accepts what their money is for, and forgotten when that is undone.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use super::payer::{Payer, PayerKey, Remembered};
use super::store;
use crate::db::{Conn, DbError};
use crate::statements::Line;

/// Those of these payers that are remembered.
///
/// # Errors
/// Only when the database fails.
pub fn remembered(conn: &mut Conn, keys: &[PayerKey]) -> Result<HashMap<PayerKey, Payer>, DbError> {
    store::payers::by_keys(conn, keys)
}

/// Remembers what the money of a line's payer was for, in the caller's transaction.
///
/// # Errors
/// Only when the database fails.
pub fn remember(conn: &mut Conn, now: DateTime<Utc>, by: &str, line: &Line, what: &Remembered) -> Result<(), DbError> {
    let Some(key) = PayerKey::of_line(line) else { return Ok(()) };
    let known = store::payers::by_key(conn, &key)?;
    let times = known.as_ref().filter(|(_, payer)| is_alike(&payer.what, what)).map_or(0, |(_, payer)| payer.times);
    let payer = Payer { what: what.clone(), amount_minor: line.amount_minor, times: times + 1 };
    store::payers::keep(conn, now, by, known.map(|(id, _)| id), &key, &payer, line.id)
}

/// Forgets what a line taught.
///
/// # Errors
/// Only when the database fails.
pub fn forget(conn: &mut Conn, line: &Line) -> Result<(), DbError> {
    store::payers::forget(conn, line.id)
}

/// Whether a payer's money is once more for the same; another gift of theirs is.
fn is_alike(before: &Remembered, now: &Remembered) -> bool {
    match (before, now) {
        (Remembered::Gift { .. }, Remembered::Gift { .. }) | (Remembered::Payout, Remembered::Payout) => true,
        (Remembered::Account { account: a, .. }, Remembered::Account { account: b, .. }) => a == b,
        _ => false,
    }
}
