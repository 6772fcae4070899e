//! Proves that what was allocated stands in the ledger, once.

use super::store;
use crate::db::{Conn, DbError};
use crate::proof::Proof;

/// Checks every allocation, in one view of the database.
///
/// # Errors
/// Only when the database fails.
pub fn verify(conn: &mut Conn) -> Result<Vec<Proof>, DbError> {
    let (count, alone) = store::without_entry(conn)?;
    let alone = alone.map(|id| format!("allocation {id} names an entry that is not there"));
    let silent = store::silently_undone(conn)?;
    let silent = silent.map(|id| format!("allocation {id} was taken back without an entry"));
    let twice = store::twice(conn)?.map(|subject| format!("{subject} is allocated twice"));
    Ok(vec![
        Proof::of("Every allocation names the entry that the ledger has for it", count, alone.or(silent)),
        Proof::of("Nothing is allocated twice", count, twice),
    ])
}
