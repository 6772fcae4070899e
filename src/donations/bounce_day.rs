//! The day on which staff say that the bank sent something back.
//!
//! Invariant: it is a day on which the bank can have done so, in books that are open. A line of a statement brings its
//! own day and does not come here.

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;

use crate::clock::date_in;
use crate::db::{Conn, DbError};
use crate::funds;

/// Why nothing bounced on that day.
#[derive(Debug, thiserror::Error)]
pub enum BounceDayError {
    /// It lies ahead.
    #[error("The day {0} has not come yet. Please give the day on which the bank sent it back.")]
    InFuture(NaiveDate),
    /// Before the money was here, or in the bank.
    #[error("It came, or was paid in, on {0}, so the bank cannot have sent it back before. Please check the day.")]
    BeforeItCame(NaiveDate),
    /// Its month is closed.
    #[error(
        "The books of {0} are closed, so nothing more bounces there. Please give a day of an open month, or leave it empty for today."
    )]
    ClosedMonth(String),
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
}

/// Checks the day on which something bounced that came, or was paid in, on `came_on`.
///
/// # Errors
/// [`BounceDayError`]: a day that lies ahead, one before it came, one of a month that is closed.
pub fn check_bounce_day(
    conn: &mut Conn,
    now: DateTime<Utc>,
    zone: Tz,
    came_on: NaiveDate,
    day: NaiveDate,
) -> Result<(), BounceDayError> {
    if day > date_in(now, zone) {
        return Err(BounceDayError::InFuture(day));
    }
    if day < came_on {
        return Err(BounceDayError::BeforeItCame(came_on));
    }
    match funds::closed_on(conn, day)? {
        Some(month) => Err(BounceDayError::ClosedMonth(month)),
        None => Ok(()),
    }
}
