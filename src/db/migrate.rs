//! Brings the tables up to date, once, whoever starts first.

use diesel::connection::SimpleConnection;
use diesel::migration::MigrationSource;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sqlite::Sqlite;
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

    /// True when no migration is waiting. Only reads, so that a replica can be asked too.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub fn is_migrated(&self) -> Result<bool, DbError> {
        let wanted = match self.0.writers {
            Writers::One(_) => MigrationSource::<Sqlite>::migrations(&SQLITE).map(|all| all.len()),
            Writers::Many(_) => MigrationSource::<Pg>::migrations(&POSTGRES).map(|all| all.len()),
        };
        let wanted = wanted.map_err(failed)?;
        let done: Result<i64, DbError> = self.read(|conn| Ok(done_migrations::table.count().get_result(conn)?));
        match done {
            Ok(done) => Ok(usize::try_from(done).is_ok_and(|done| done >= wanted)),
            Err(error) if error.is_passing() => Err(error),
            // Before the first migration the table is not there.
            Err(_) => Ok(false),
        }
    }
}

diesel::table! {
    #[sql_name = "__diesel_schema_migrations"]
    done_migrations (version) {
        version -> Text,
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
