//! Proofs of the books that somebody asked for, kept with the entry up to which they read.
//!
//! Invariant: a proof is kept as it came out, also one that found a fault. What is proved is left to `verify`.

mod store;

use chrono::{DateTime, Utc};

use super::Posted;
use crate::db::{Conn, DbError};
use crate::proof::Proof;
pub use store::latest;

/// A proof as it was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptProof {
    /// The last entry that it read; 0 before the first.
    pub entry: i64,
    /// That entry's hash.
    pub hash: Vec<u8>,
    /// How many checks it made.
    pub checks: i64,
    /// What was wrong; empty when every check held.
    pub fault: String,
    /// When.
    pub proved_at: DateTime<Utc>,
    /// Who asked for it.
    pub proved_by: String,
}

/// Keeps what came out of a proof that read the books up to `head`.
///
/// # Errors
/// Only when the database fails.
pub fn keep(
    conn: &mut Conn,
    now: DateTime<Utc>,
    by: &str,
    request_id: &str,
    head: &Posted,
    proofs: &[Proof],
) -> Result<KeptProof, DbError> {
    let kept = KeptProof {
        entry: head.number,
        hash: head.hash.clone(),
        checks: i64::try_from(proofs.len()).unwrap_or(i64::MAX),
        fault: proofs.iter().find_map(|proof| proof.fault.clone()).unwrap_or_default(),
        proved_at: now,
        proved_by: by.to_owned(),
    };
    store::insert(conn, &kept, request_id)?;
    Ok(kept)
}
