//! Promises that come to nothing, many at once: because no money came for a long time, or because they were junk.
//!
//! Invariant: a promise never counted, so ending it moves no figure; its letter that has not left is not written. What
//! was received meanwhile is left alone.

use chrono::{DateTime, TimeDelta, Utc};

use super::changes::Change;
use super::store::{self, NewEvent, promises};
use crate::db::{Conn, DbError};
use crate::outbox::{self, LetterKind, Selection};
pub use promises::{Promises, count_promised, promised};

/// Promises ended in one transaction: gifts come in between.
pub const STEP: i64 = 500;

/// Who does it, and why, in the history of each promise.
#[derive(Debug, Clone)]
pub struct Ending {
    /// Why.
    pub reason: String,
    /// Who.
    pub by: String,
    /// From which request.
    pub request_id: String,
}

/// Ends the promises of a selection that stand above the number `after`, at most [`STEP`] of them. The answer is how
/// many, and the last one; nothing when none was left.
///
/// # Errors
/// Only when the database fails.
pub fn end_promises(
    conn: &mut Conn,
    now: DateTime<Utc>,
    meant: &Selection,
    after: i64,
    ending: &Ending,
) -> Result<Option<(usize, i64)>, DbError> {
    let some = promises::next(conn, meant, after, STEP)?;
    let Some((last, _)) = some.last().copied() else { return Ok(None) };
    let ids: Vec<i64> = some.iter().map(|(id, _)| *id).collect();
    let changes: Vec<Change> = ids.iter().map(|id| change(*id, ending)).collect();
    let mut events: Vec<(&Change, NewEvent<'_>)> = Vec::with_capacity(some.len());
    for ((donation_id, amount_minor), change) in some.iter().copied().zip(&changes) {
        let kind = "cancelled";
        events.push((change, NewEvent { donation_id, kind, amount_minor, entry: None, promised: None, was: None }));
    }
    store::insert_events(conn, now, &events)?;
    promises::set_cancelled(conn, &ids)?;
    outbox::drop_waiting_about(conn, LetterKind::Pledge, &ids)?;
    for kind in [LetterKind::Pledge, LetterKind::Reminder] {
        outbox::forget(conn, kind, &ids)?;
    }
    Ok(Some((ids.len(), last)))
}

/// A promise ends once, so its number is key enough.
fn change(id: i64, ending: &Ending) -> Change {
    Change {
        key: format!("ended:{id}"),
        fingerprint: [0; 32],
        reason: ending.reason.clone(),
        by: ending.by.clone(),
        request_id: ending.request_id.clone(),
    }
}

/// The promises that have waited for their money longer than so many days.
fn overdue(now: DateTime<Utc>, days: u16) -> Selection {
    Selection { until: Some(now - TimeDelta::days(days.into())), ..Selection::default() }
}

/// Whether a promise has waited longer than so many days. Numbers rise with time, so the first one tells.
///
/// # Errors
/// Only when the database fails.
pub fn is_any_overdue(conn: &mut Conn, now: DateTime<Utc>, days: u16) -> Result<bool, DbError> {
    Ok(promises::oldest(conn)?.is_some_and(|at| at < now - TimeDelta::days(days.into())))
}

/// Lets promises lapse that nobody paid for so many days, at most [`STEP`] of them; the answer is how many.
///
/// # Errors
/// Only when the database fails.
pub fn lapse(conn: &mut Conn, now: DateTime<Utc>, days: u16) -> Result<usize, DbError> {
    let ending = Ending {
        reason: format!("Lapsed: no money came within {days} days."),
        by: "calendar".to_owned(),
        request_id: String::new(),
    };
    Ok(end_promises(conn, now, &overdue(now, days), 0, &ending)?.map_or(0, |(count, _)| count))
}
