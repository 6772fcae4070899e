//! `verify`, asked for at the desk: one run at a time in this process, in the background where the books are large.
//!
//! Invariant: what came out is kept in the books with the entry up to which it read; a run that dies keeps nothing.
//! What is proved is handed in by the program, because this room may not know all the others.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use parking_lot::Mutex;

use crate::db::{Conn, DbError};
use crate::proof::Proof;

/// Proves the books.
pub type Check = fn(&mut Conn) -> Result<Vec<Proof>, DbError>;

/// The proof, and whether it runs.
pub struct Prover {
    check: Check,
    running_since: Mutex<Option<DateTime<Utc>>>,
}

impl Prover {
    /// A prover that does this.
    pub fn of(check: Check) -> Arc<Self> {
        Arc::new(Self { check, running_since: Mutex::new(None) })
    }

    /// Since when it runs.
    pub fn running_since(&self) -> Option<DateTime<Utc>> {
        *self.running_since.lock()
    }

    /// Begins a run; nothing when one runs already. It ends when what is returned is dropped.
    pub fn begin(self: &Arc<Self>, now: DateTime<Utc>) -> Option<Run> {
        let mut since = self.running_since.lock();
        if since.is_some() {
            return None;
        }
        *since = Some(now);
        Some(Run(self.clone()))
    }
}

/// A run of the proof.
pub struct Run(Arc<Prover>);

impl Run {
    /// Proves everything in one view of the books.
    ///
    /// # Errors
    /// Only when the database fails.
    pub fn prove(&self, conn: &mut Conn) -> Result<Vec<Proof>, DbError> {
        (self.0.check)(conn)
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        *self.0.running_since.lock() = None;
    }
}
