//! Proves that what was noted of standing orders is what the gifts say.

use super::store;
use crate::db::{Conn, DbError};
use crate::proof::Proof;

/// Checks every month that came, in one view of the database.
///
/// # Errors
/// Only when the database fails.
pub fn verify(conn: &mut Conn) -> Result<Vec<Proof>, DbError> {
    let (arrivals, stray) = store::strayed(conn)?;
    let (orders, misplaced) = store::misplaced(conn)?;
    let told = |id: Option<i64>, what: &str| id.map(|id| format!("standing order {id} {what}"));
    Ok(vec![
        Proof::of(
            "Each month of a standing order that came has a received gift of its fund",
            arrivals,
            told(stray, "has a month with another gift"),
        ),
        Proof::of(
            "Each standing order knows the latest month that came",
            orders,
            told(misplaced, "shows another month than its gifts"),
        ),
    ])
}
