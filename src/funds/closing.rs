//! The month's end: the books of an appeal are closed, and now and then opened again.
//!
//! Invariant: a closed appeal does not move: neither its gifts nor its total, target, deadline or what it took over.
//! What it leaves to the next appeal is fixed in the transaction that closes it. Whether everything is ready to close
//! is asked by the desk, which sees the post, the bank and the letters.

use chrono::{DateTime, Utc};

use super::{Appeal, Fund, FundError, calendar, rules, store};
use crate::db::Conn;
use crate::ledger;

/// Closes the books of an appeal that is over, and fixes what the next one takes over.
///
/// `reason` says what was waived; it may be empty. The caller holds [`crate::db::Lock::Books`].
///
/// # Errors
/// [`FundError`]: closed already, not over yet, or an earlier appeal still moves this one.
pub fn close(
    conn: &mut Conn,
    now: DateTime<Utc>,
    by: &str,
    fund: &Fund,
    appeal: &Appeal,
    reason: &str,
) -> Result<(), FundError> {
    let before = neighbour_before(conn, appeal)?;
    rules::check_closing(now, fund, appeal, before.as_ref())?;
    calendar::open_next(conn, now, fund)?;
    let change = rules::NewChange {
        field: "closed",
        old_value: String::new(),
        new_value: ledger::head(conn)?.number.to_string(),
        reason: reason.trim().to_owned(),
    };
    store::set_closed(conn, appeal.id, Some(now))?;
    store::record_change(conn, appeal.id, now, by, &change)?;
    calendar::settle(conn, now, by, fund, appeal)?;
    Ok(())
}

/// Opens the books of a closed appeal again; what it leaves to the next one follows its total once more.
///
/// # Errors
/// [`FundError`]: not closed, no reason, or the appeal that took over from this one is closed.
pub fn reopen(
    conn: &mut Conn,
    now: DateTime<Utc>,
    by: &str,
    fund: &Fund,
    appeal: &Appeal,
    reason: &str,
) -> Result<(), FundError> {
    let after = store::follower(conn, appeal.id)?;
    rules::check_reopening(fund, appeal, after.as_ref(), reason)?;
    let change = rules::NewChange {
        field: "reopened",
        old_value: String::new(),
        new_value: ledger::head(conn)?.number.to_string(),
        reason: reason.trim().to_owned(),
    };
    store::set_closed(conn, appeal.id, None)?;
    store::record_change(conn, appeal.id, now, by, &change)?;
    Ok(())
}

/// The appeal that left something to this one.
///
/// # Errors
/// Only when the database fails.
pub fn neighbour_before(conn: &mut Conn, appeal: &Appeal) -> Result<Option<Appeal>, crate::db::DbError> {
    appeal.carried_from.map_or(Ok(None), |id| store::appeal(conn, id))
}
