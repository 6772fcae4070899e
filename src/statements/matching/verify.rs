//! Proves that lines and what they are for agree.

use super::store::proofs;
use crate::db::{Conn, DbError};
use crate::proof::Proof;

/// Checks every line, in one view of the database.
///
/// # Errors
/// Only when the database fails.
pub fn verify(conn: &mut Conn) -> Result<Vec<Proof>, DbError> {
    let count = proofs::counted(conn)?;
    let unsettled = proofs::unsettled(conn)?.map(|(id, wanted, found)| {
        format!("statement line {id} should be allocated with {wanted} in minor units and is with {found}")
    });
    let twice = proofs::told_twice(conn)?.map(|(entry, moved, told)| {
        format!("entry {entry} moved the bank account by {moved} in minor units, and lines tell {told} of it")
    });
    Ok(vec![
        Proof::of("Every statement line that is done is wholly allocated, and no other", count, unsettled),
        Proof::of("No entry of the bank account stands on the statements twice", count, twice),
    ])
}
