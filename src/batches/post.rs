//! A batch reaches the books in one transaction, and leaves them in one.
//!
//! Invariant: of two people who post at once, one posts and the other finds it posted.

use std::collections::HashSet;

use chrono::{DateTime, Utc};

use super::open::adds_up;
use super::{Batch, BatchError, By, Kind, Row, State, slips, store};
use crate::db::Conn;
use crate::donations;
use crate::funds;
use crate::payments::{self, Money, PaymentError, Portion, Source};

/// What became of a request to post.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Posted {
    /// It is in the books now.
    Now,
    /// Somebody else, or the first of two clicks, had posted it.
    Before,
}

/// Posts a batch: every row becomes its gift, share money or other income, or none does. The caller holds
/// [`crate::db::Lock::Books`].
///
/// # Errors
/// [`BatchError`]: discarded or reversed, does not add up, not checked where two people are asked for, a row that the
/// books refuse.
pub fn post(conn: &mut Conn, now: DateTime<Utc>, by: &By, id: i64) -> Result<Posted, BatchError> {
    let batch = store::batch(conn, id)?.ok_or(BatchError::Unknown)?;
    match batch.state {
        State::Open => {}
        State::Posted => return Ok(Posted::Before),
        other => return Err(BatchError::NotOpen(other.name())),
    }
    adds_up(conn, &batch)?;
    if batch.checked_by.is_none() && store::needs_two(conn)? {
        return Err(BatchError::NotChecked);
    }
    let rows = store::rows_of(conn, id, None)?;
    check_days(conn, &rows)?;
    let payments: Vec<(Money, Vec<Portion>)> = rows.iter().map(|row| super::rules::payment(&batch, row)).collect();
    let outcomes = payments::allocate_all(conn, now, by, &payments).map_err(|error| of_row(error, &rows))?;
    for (row, outcome) in rows.iter().zip(&outcomes).filter(|(row, _)| !row.address.is_empty()) {
        for gift in outcome.allocations.iter().filter_map(slips::gift_of) {
            let done = donations::give_address(conn, now, gift.number(), &row.address);
            done.map_err(|why| BatchError::Address { line: row.line, why })?;
        }
    }
    store::set_closed(conn, now, by, id, State::Posted)?;
    if batch.kind == Kind::Cheques {
        store::set_in_hand(conn, id, true)?;
    }
    Ok(Posted::Now)
}

/// Refuses other income of a month whose books are closed; a gift's own fund says so of the gift.
fn check_days(conn: &mut Conn, rows: &[Row]) -> Result<(), BatchError> {
    let mut known = HashSet::new();
    for row in rows.iter().filter(|row| row.other_minor > 0 && known.insert(row.received_on)) {
        if let Some(month) = funds::closed_on(conn, row.received_on)? {
            return Err(BatchError::ClosedMonth { line: row.line, month });
        }
    }
    Ok(())
}

/// Takes a posted batch back, as a whole: each row by entries that name the first ones.
///
/// # Errors
/// [`BatchError`]: not posted, no reason, a cheque that was paid in, closed books, a gift that went back.
pub fn reverse(conn: &mut Conn, now: DateTime<Utc>, by: &By, id: i64, reason: &str) -> Result<Batch, BatchError> {
    let batch = store::batch(conn, id)?.ok_or(BatchError::Unknown)?;
    if batch.state != State::Posted {
        return Err(BatchError::NotPosted(batch.state.name()));
    }
    if reason.trim().is_empty() {
        return Err(BatchError::ReasonMissing);
    }
    let rows = store::rows_of(conn, id, None)?;
    if let Some((line, slip)) = slips::first_paid_in(conn, &rows)? {
        return Err(BatchError::PaidIn { line, slip });
    }
    let sources: Vec<Source> = rows.iter().map(|row| Source::BatchRow(row.id)).collect();
    payments::take_back_all(conn, now, by, &sources, reason).map_err(|error| of_row(error, &rows))?;
    store::set_in_hand(conn, id, false)?;
    store::set_reversed(conn, now, by, id, reason)?;
    store::batch(conn, id)?.ok_or(BatchError::Unknown)
}

/// Names the row that the books refused.
fn of_row(error: PaymentError, rows: &[Row]) -> BatchError {
    let line = match &error {
        PaymentError::Refused { of, .. } => rows.iter().find(|row| Source::BatchRow(row.id) == *of).map(|row| row.line),
        PaymentError::Db(_) => None,
    };
    match line {
        Some(line) => BatchError::Row { line, why: Box::new(error) },
        None => error.into(),
    }
}
