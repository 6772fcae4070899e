//! `verify`: every invariant of the books, one proof a line, over one unchanging view.

use crate::db::{Conn, DbError};
use crate::proof::Proof;
use crate::{batches, donations, ledger, outbox, payments, receipts, shares, standing_orders, statements};

/// Proves everything, in the order in which a later proof relies on an earlier one.
///
/// # Errors
/// Only when the database fails; a broken invariant is a proof with a fault.
pub fn all(conn: &mut Conn) -> Result<Vec<Proof>, DbError> {
    let mut proofs = ledger::verify::verify(conn)?;
    proofs.extend(donations::verify::verify(conn)?);
    proofs.extend(receipts::verify::verify(conn)?);
    proofs.extend(outbox::verify::verify(conn)?);
    proofs.extend(shares::verify::verify(conn)?);
    proofs.extend(payments::verify::verify(conn)?);
    proofs.extend(batches::verify::verify(conn)?);
    proofs.extend(statements::verify::verify(conn)?);
    proofs.extend(standing_orders::verify::verify(conn)?);
    Ok(proofs)
}
