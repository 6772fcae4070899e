//! Refunds that the books have and the bank's statements do not show yet: money that somebody still has to send.
//!
//! Invariant: a refund leaves the list when a line of a statement is matched with its entry, and in no other way.

use chrono::{Days, NaiveDate};

use super::candidates::Posted;
use super::{load, store};
use crate::db::{Conn, DbError};
use crate::ledger::EntryKind;

/// A refund that no statement shows yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnpaidRefund {
    /// The entry by which the books gave the money back.
    pub entry: i64,
    /// The day on which they did.
    pub on: NaiveDate,
    /// How much goes out, above nothing.
    pub amount_minor: i64,
    /// The gift's reference.
    pub gift: String,
}

/// Days behind which a refund is not looked for: longer than any cheque is good.
const DAYS_MAX: u64 = 400;

/// The refunds out of the bank account that no line tells of, the oldest first.
///
/// # Errors
/// Only when the database fails.
pub fn unpaid_refunds(conn: &mut Conn, today: NaiveDate) -> Result<Vec<UnpaidRefund>, DbError> {
    let (currency, _) = load::home(conn)?;
    let since = today.checked_sub_days(Days::new(DAYS_MAX)).unwrap_or(today);
    let posted = store::unlinked(conn, currency, (since, today), None)?;
    let mut found: Vec<UnpaidRefund> = posted.into_iter().filter(is_refund).map(of_posted).collect();
    found.sort_by_key(|refund| (refund.on, refund.entry));
    Ok(found)
}

/// Whether an entry gave money back out of the bank account.
pub(super) fn is_refund(posted: &Posted) -> bool {
    posted.kind == EntryKind::Refund.name() && posted.amount_minor < 0
}

fn of_posted(posted: Posted) -> UnpaidRefund {
    UnpaidRefund { entry: posted.entry, on: posted.on, amount_minor: -posted.amount_minor, gift: posted.subject }
}
