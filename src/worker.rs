//! The work that nobody asks for: months that open, mail that leaves.
//!
//! Invariant: every task may be done twice, or by two processes at once, without harm.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::app::App;
use crate::db::{DbError, Lock, hold};
use crate::funds;

/// How long it rests between two rounds.
const PAUSE: Duration = Duration::from_millis(500);

/// Works until `stop` is set.
pub fn run(app: &App, stop: &Arc<AtomicBool>) {
    while !stop.load(Ordering::SeqCst) {
        if let Err(error) = tick(app) {
            tracing::warn!(%error, "a round of background work failed; it is tried again");
        }
        std::thread::sleep(PAUSE);
    }
}

/// One round: opens the appeals that have begun.
///
/// # Errors
/// Only when the database fails; what was not done is done in the next round.
pub fn tick(app: &App) -> Result<(), DbError> {
    let now = app.clock.now();
    app.db.write(|conn| {
        hold(conn, Lock::Books)?;
        funds::open_due(conn, now)
    })
}
