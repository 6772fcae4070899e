//! Proves that statements say what their lines say.

use super::{matching, store};
use crate::db::{Conn, DbError};
use crate::proof::Proof;

/// Checks every statement, in one view of the database.
///
/// # Errors
/// Only when the database fails.
pub fn verify(conn: &mut Conn) -> Result<Vec<Proof>, DbError> {
    let fault = store::uneven(conn)?.map(|(id, told, summed)| {
        format!(
            "statement {id} moves the balance by {told} in minor units, its lines by {summed}, or a line is missing"
        )
    });
    let claim = "The lines of each bank statement lead from its opening to its closing balance";
    let mut proofs = vec![Proof::of(claim, store::counted(conn)?, fault)];
    proofs.extend(matching::verify::verify(conn)?);
    Ok(proofs)
}
