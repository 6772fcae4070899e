//! Applications that come to nothing, many at once: because no money came for a long time, or because they were junk.
//!
//! Invariant: only applications for which nothing is held, so no money and no share moves. Each keeps its note, as when
//! an applicant withdraws.

use chrono::{DateTime, TimeDelta, Utc};

use super::letters::held;
pub use super::store::unpaid::{count_unpaid, unpaid};
use super::{Deed, ShareError, decide};
use crate::db::{Conn, DbError};
use crate::outbox::{self, LetterKind, Selection};

/// Applications ended in one transaction; each has a note of its own, so fewer than promises.
pub const STEP: i64 = 100;

/// Ends the unpaid applications of a selection that stand above the number `after`, at most [`STEP`] of them. The
/// answer is how many, and the last one; nothing when none was left.
///
/// # Errors
/// [`ShareError`]: the database failed.
pub fn end_applications(
    conn: &mut Conn,
    now: DateTime<Utc>,
    meant: &Selection,
    after: i64,
    deed: &Deed,
    reason: &str,
) -> Result<Option<(usize, i64)>, ShareError> {
    let ids: Vec<i64> = unpaid(conn, meant, after, STEP)?.iter().map(|application| application.id).collect();
    let Some(last) = ids.last().copied() else { return Ok(None) };
    for id in &ids {
        decide::withdraw_application(conn, now, deed, *id, reason)?;
    }
    for id in &ids {
        held::drop_waiting(conn, *id, None, &[LetterKind::ShareApplication])?;
    }
    outbox::forget(conn, LetterKind::ShareApplication, &ids)?;
    Ok(Some((ids.len(), last)))
}

/// The applications that have waited for their money longer than so many days.
fn overdue(now: DateTime<Utc>, days: u16) -> Selection {
    Selection { until: Some(now - TimeDelta::days(days.into())), ..Selection::default() }
}

/// Whether an application has waited longer than so many days.
///
/// # Errors
/// Only when the database fails.
pub fn is_any_overdue(conn: &mut Conn, now: DateTime<Utc>, days: u16) -> Result<bool, DbError> {
    Ok(!unpaid(conn, &overdue(now, days), 0, 1)?.is_empty())
}

/// Lets applications lapse that nobody paid for so many days, at most [`STEP`] of them; the answer is how many.
///
/// # Errors
/// [`ShareError`]: the database failed.
pub fn lapse(conn: &mut Conn, now: DateTime<Utc>, days: u16) -> Result<usize, ShareError> {
    let deed = Deed { by: "calendar".to_owned(), request_id: String::new() };
    let reason = format!("Lapsed: no money came within {days} days.");
    Ok(end_applications(conn, now, &overdue(now, days), 0, &deed, &reason)?.map_or(0, |(count, _)| count))
}
