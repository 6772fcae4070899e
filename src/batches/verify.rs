//! Proves that what was counted is what is in the books.

use super::store;
use crate::db::{Conn, DbError};
use crate::proof::Proof;

/// Checks every posted batch and every slip, in one view of the database.
///
/// # Errors
/// Only when the database fails.
pub fn verify(conn: &mut Conn) -> Result<Vec<Proof>, DbError> {
    let (posted, odd) = store::add_up_to_allocations(conn)?;
    let odd = odd.map(|id| format!("the rows of batch {id} are not what was allocated for them"));
    let (slips, differs) = store::slips_that_differ(conn)?;
    let differs = differs.map(|id| format!("the cheques of slip {id} are not its sum"));
    Ok(vec![
        Proof::of("The rows of every posted batch add up to what was allocated for them", posted, odd),
        Proof::of("The cheques of every paying-in slip add up to it", slips, differs),
    ])
}
