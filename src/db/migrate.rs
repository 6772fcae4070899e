//! Brings the tables up to date, once, whoever starts first.

use diesel::connection::SimpleConnection;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::{Conn, Db, DbError, Lock, Writers};

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

impl Db {
    /// Runs the migrations that are still to run; each lands wholly or not at all.
    ///
    /// # Errors
    /// When one fails; the earlier ones stay.
    pub fn migrate(&self) -> Result<(), DbError> {
        match &self.0.writers {
            Writers::One(conn) => run(&mut conn.lock()),
            Writers::Many(pool) => run(&mut *pool.get()?),
        }
    }

    /// True when no migration is waiting.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub fn is_migrated(&self) -> Result<bool, DbError> {
        self.read(|conn| {
            let pending = match conn {
                Conn::Sqlite(c) => c.has_pending_migration(SQLITE),
                Conn::Postgres(c) => c.has_pending_migration(POSTGRES),
            };
            pending.map(|pending| !pending).map_err(|error| DbError::Migration(error.to_string()))
        })
    }
}

fn run(conn: &mut Conn) -> Result<(), DbError> {
    match conn {
        Conn::Sqlite(c) => c.run_pending_migrations(SQLITE).map(drop).map_err(failed),
        Conn::Postgres(c) => {
            // Held by the session, across the transactions of the migrations: a second process waits here.
            let lock = Lock::Migrations as i64;
            c.batch_execute(&format!(
                "SET lock_timeout = 0; SET statement_timeout = 0; SELECT pg_advisory_lock({lock})"
            ))?;
            let done = c.run_pending_migrations(POSTGRES).map(drop).map_err(failed);
            c.batch_execute(&format!(
                "SELECT pg_advisory_unlock({lock}); SET lock_timeout = '5s'; SET statement_timeout = '20s'"
            ))?;
            done
        }
    }
}

fn failed(error: Box<dyn std::error::Error + Send + Sync>) -> DbError {
    DbError::Migration(error.to_string())
}
