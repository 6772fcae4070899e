//! Proves that no letter is lost out of sight. That every receipt has a letter is proved by `donations`.

use super::store;
use crate::db::{Conn, DbError};
use crate::proof::Proof;

/// Checks every delivery.
///
/// # Errors
/// Only when the database fails.
pub fn verify(conn: &mut Conn) -> Result<Vec<Proof>, DbError> {
    let (count, odd) = store::odd_one(conn)?;
    let (failed, silent) = store::silent_failure(conn)?;
    Ok(vec![
        Proof::of(
            "Every letter is queued, on its way, sent with its time, or failed",
            count,
            odd.map(|id| format!("delivery {id} is none of these")),
        ),
        Proof::of(
            "Every failed letter says why",
            failed,
            silent.map(|id| format!("delivery {id} failed without a reason")),
        ),
    ])
}
