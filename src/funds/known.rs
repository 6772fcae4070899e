//! The funds in memory, so that a gift that arrives does not ask the database which fund it is for.
//!
//! Invariant: what is remembered is at most [`FRESH`] old. Appeals and totals are never remembered here.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;

use super::{Fund, store};
use crate::db::{Db, DbError};

/// A changed ceiling or title is seen by other processes after this.
const FRESH: Duration = Duration::from_secs(2);

/// The funds as they were read last. Cheap to clone.
#[derive(Clone)]
pub struct Known(Arc<ArcSwap<Snapshot>>);

struct Snapshot {
    read_at: Option<Instant>,
    funds: HashMap<String, Arc<Fund>>,
}

impl Default for Known {
    fn default() -> Self {
        Self(Arc::new(ArcSwap::from_pointee(Snapshot { read_at: None, funds: HashMap::new() })))
    }
}

impl Known {
    /// The fund with this slug, if it was read a moment ago.
    pub fn get(&self, slug: &str) -> Option<Arc<Fund>> {
        let snapshot = self.0.load();
        let is_fresh = snapshot.read_at.is_some_and(|at| at.elapsed() < FRESH);
        if is_fresh { snapshot.funds.get(slug).cloned() } else { None }
    }

    /// The fund with this slug as it was read last, however long ago: for a page that must not lose what was typed
    /// while the books cannot be reached.
    pub fn last(&self, slug: &str) -> Option<Arc<Fund>> {
        self.0.load().funds.get(slug).cloned()
    }

    /// Reads all funds anew and answers with the one wanted.
    ///
    /// # Errors
    /// Only when the database fails.
    pub fn look_up(&self, db: &Db, slug: &str) -> Result<Option<Arc<Fund>>, DbError> {
        let funds = db.read(store::all)?;
        let funds: HashMap<_, _> = funds.into_iter().map(|fund| (fund.slug.clone(), Arc::new(fund))).collect();
        let found = funds.get(slug).cloned();
        self.0.store(Arc::new(Snapshot { read_at: Some(Instant::now()), funds }));
        Ok(found)
    }
}
