//! A moved target or deadline: a recorded change, never an overwritten number.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};

use super::{Appeal, Fund, FundError, rules, store};
use crate::db::Conn;

/// Sets a new target for an appeal, and keeps the old one in its history.
///
/// # Errors
/// [`FundError`]: no reason, no target, closed books.
pub fn change_target(
    conn: &mut Conn,
    now: DateTime<Utc>,
    by: &str,
    fund: &Fund,
    appeal: &Appeal,
    target_minor: i64,
    reason: &str,
) -> Result<(), FundError> {
    let change = rules::target_change(fund, appeal, target_minor, reason)?;
    if change.old_value != change.new_value {
        store::set_target(conn, appeal.id, target_minor)?;
        store::record_change(conn, appeal.id, now, by, &change)?;
    }
    Ok(())
}

/// Moves the deadline of an appeal, and keeps the old one in its history.
///
/// # Errors
/// [`FundError`]: no reason, before the opening, outside the month, closed books.
pub fn change_deadline(
    conn: &mut Conn,
    now: DateTime<Utc>,
    by: &str,
    fund: &Fund,
    appeal: &Appeal,
    deadline: (NaiveDate, Option<NaiveTime>),
    reason: &str,
) -> Result<(), FundError> {
    let change = rules::deadline_change(fund, appeal, deadline, reason)?;
    if change.old_value != change.new_value {
        store::set_deadline(conn, appeal.id, deadline.0, deadline.1)?;
        store::record_change(conn, appeal.id, now, by, &change)?;
    }
    Ok(())
}
