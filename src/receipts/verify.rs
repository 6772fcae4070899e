//! Proves the numbering of receipts. That every gift has one is proved by `donations`, which knows the gifts.

use super::store;
use crate::db::{Conn, DbError};
use crate::proof::Proof;

/// Checks the receipt numbers of every year.
///
/// # Errors
/// Only when the database fails.
pub fn verify(conn: &mut Conn) -> Result<Vec<Proof>, DbError> {
    let (count, gaps) = store::years_with_gaps(conn)?;
    let fault = gaps.first().map(|year| format!("the numbers of {year} have a gap"));
    Ok(vec![Proof::of("Receipts are numbered without a gap in each year", count, fault)])
}
