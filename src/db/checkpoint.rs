//! Empties SQLite's write-ahead log beside the writer, so that no gift waits for it.
//!
//! A checkpoint inside the writer stalls it for 60 to 200 ms; a passive one from another connection does not. Only
//! when the log has grown past [`LOG_BYTES_MAX`] under unbroken load is the writer held for a moment.

use std::path::{Path, PathBuf};
use std::sync::Weak;
use std::time::Duration;

use diesel::connection::SimpleConnection;

use super::{Conn, DatabaseUrl, Db, DbError, Inner, Writers, connect};
use crate::threads::{self, AskedToEnd, Threads};

const PAUSE: Duration = Duration::from_millis(200);
/// Below this (1 MB) there is nothing worth doing.
const LOG_BYTES_MIN: u64 = 1 << 20;
/// Past this (256 MB) reads slow down and the disk fills, so the writer pauses once.
const LOG_BYTES_MAX: u64 = 256 << 20;

impl Db {
    /// Starts the thread that empties the log; it ends when the last clone of this `Db` is gone. Nothing on PostgreSQL.
    ///
    /// # Errors
    /// When its connection cannot be opened.
    pub fn keep_log_short(&self, threads: &Threads) -> Result<(), DbError> {
        let DatabaseUrl::Sqlite(path) = &self.0.url else { return Ok(()) };
        let conn = connect::sqlite_checkpointer(path)?;
        let (inner, log) = (std::sync::Arc::downgrade(&self.0), log_of(path));
        let started = threads.spawn("checkpoint", move || run(&inner, conn, &log));
        started.map(drop).map_err(|error| DbError::System(format!("it gave no thread: {error}")))
    }
}

fn run(inner: &Weak<Inner>, mut conn: Conn, log: &Path) -> AskedToEnd {
    loop {
        std::thread::sleep(PAUSE);
        threads::turn();
        let Some(inner) = inner.upgrade() else { return AskedToEnd };
        let length = std::fs::metadata(log).map(|file| file.len()).unwrap_or(0);
        let done = if length > LOG_BYTES_MAX {
            match &inner.writers {
                Writers::One(writer) => writer.lock().batch_execute("PRAGMA wal_checkpoint(TRUNCATE)"),
                // Whoever only reads, or is on PostgreSQL, has no log to empty.
                Writers::Many(_) | Writers::None => Ok(()),
            }
        } else if length > LOG_BYTES_MIN {
            conn.batch_execute("PRAGMA wal_checkpoint(PASSIVE)")
        } else {
            Ok(())
        };
        if let Err(error) = done {
            tracing::debug!(%error, "the log could not be emptied just now");
        }
    }
}

fn log_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-wal");
    PathBuf::from(name)
}
