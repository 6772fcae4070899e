//! Receipts: the numbered acknowledgement of money received.
//!
//! Invariant: every received donation has exactly one; numbers run 1..n without a gap in each calendar year of the
//! fund's zone. How the receipt travels is left to `outbox`.

mod store;
pub mod verify;

use chrono::{DateTime, Utc};
use std::fmt;

use crate::db::{Conn, DbError};
pub use store::{of_donation, runs, years};

/// "2021-000123"
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ReceiptNumber {
    /// The calendar year of issue in the fund's zone.
    pub year: i64,
    /// 1..n
    pub number: i64,
}

impl fmt::Display for ReceiptNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:06}", self.year, self.number)
    }
}

/// A receipt as it was issued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Receipt {
    /// Its number.
    pub number: ReceiptNumber,
    /// When.
    pub issued_at: DateTime<Utc>,
}

/// Issues a receipt for each donation, numbered on from the last of its year, in the caller's transaction.
///
/// # Errors
/// Only when the database fails.
pub fn issue_all(
    conn: &mut Conn,
    now: DateTime<Utc>,
    years_and_donations: &[(i64, i64)],
) -> Result<Vec<ReceiptNumber>, DbError> {
    let mut issued: Vec<ReceiptNumber> = Vec::with_capacity(years_and_donations.len());
    let mut last: Vec<(i64, i64)> = Vec::new();
    for (year, _) in years_and_donations {
        let at = match last.iter().position(|(known, _)| known == year) {
            Some(at) => at,
            None => {
                last.push((*year, store::last_number(conn, *year)?));
                last.len() - 1
            }
        };
        last[at].1 += 1;
        issued.push(ReceiptNumber { year: *year, number: last[at].1 });
    }
    store::insert_all(conn, now, years_and_donations, &issued)?;
    Ok(issued)
}
