//! Brings the tables up to date, once, whoever starts first; and tells whose tables they are.
//!
//! Invariant: no table is touched in a database that holds other tables than ours, or ours as a newer program left them.

use std::collections::BTreeSet;

use diesel::connection::SimpleConnection;
use diesel::migration::{Migration, MigrationSource};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use diesel::sqlite::Sqlite;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::{Conn, Db, DbError, Lock, Writers};

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// Whose tables a database holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Schema {
    /// No table at all.
    Empty,
    /// Ours; migrations wait.
    Older,
    /// Ours, up to date.
    Ours,
    /// Ours, changed by a newer program: the first migration that is not known here.
    Newer(String),
    /// Those of another program.
    Foreign,
}

impl Db {
    /// Runs the migrations that are still to run; each lands wholly or not at all.
    ///
    /// # Errors
    /// When one fails (the earlier ones stay), or the tables are not ours to change.
    pub fn migrate(&self) -> Result<(), DbError> {
        match &self.0.writers {
            Writers::One(conn) => run(&mut conn.lock()),
            Writers::Many(pool) => run(&mut *pool.get()?),
            Writers::None => Err(DbError::Migration("it was opened to be read only".to_owned())),
        }
    }

    /// Whose tables it holds. Only reads, so that a replica can be asked too.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub fn schema(&self) -> Result<Schema, DbError> {
        self.read(schema)
    }
}

diesel::table! {
    #[sql_name = "__diesel_schema_migrations"]
    done_migrations (version) {
        version -> Text,
    }
}

#[derive(QueryableByName)]
struct Tables {
    #[diesel(sql_type = BigInt)]
    migrations: i64,
    #[diesel(sql_type = BigInt)]
    others: i64,
}

const TABLES_SQLITE: &str = "SELECT COALESCE(SUM(name = '__diesel_schema_migrations'), 0) AS migrations, \
    COALESCE(SUM(name <> '__diesel_schema_migrations'), 0) AS others FROM sqlite_master WHERE type = 'table'";
/// What an extension brought along belongs to nobody's books.
const TABLES_POSTGRES: &str = "SELECT COUNT(*) FILTER (WHERE c.relname = '__diesel_schema_migrations') AS migrations, \
    COUNT(*) FILTER (WHERE c.relname <> '__diesel_schema_migrations') AS others FROM pg_class c \
    WHERE c.relkind IN ('r', 'p') AND c.relnamespace = current_schema()::regnamespace \
    AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')";

pub(super) fn schema(conn: &mut Conn) -> Result<Schema, DbError> {
    let (tables, known) = match conn {
        Conn::Sqlite(c) => (
            diesel::sql_query(TABLES_SQLITE).get_result::<Tables>(c)?,
            versions(MigrationSource::<Sqlite>::migrations(&SQLITE), |one| one.name().version().to_string())?,
        ),
        Conn::Postgres(c) => (
            diesel::sql_query(TABLES_POSTGRES).get_result::<Tables>(c)?,
            versions(MigrationSource::<Pg>::migrations(&POSTGRES), |one| one.name().version().to_string())?,
        ),
    };
    if tables.migrations == 0 {
        return Ok(if tables.others == 0 { Schema::Empty } else { Schema::Foreign });
    }
    let done: Vec<String> = done_migrations::table.select(done_migrations::version).load(conn)?;
    Ok(compared(&known, &done.into_iter().collect(), tables.others > 0))
}

fn versions<M>(
    all: diesel::migration::Result<Vec<M>>,
    version: impl Fn(&M) -> String,
) -> Result<BTreeSet<String>, DbError> {
    Ok(all.map_err(failed)?.iter().map(version).collect())
}

fn compared(known: &BTreeSet<String>, done: &BTreeSet<String>, has_tables: bool) -> Schema {
    if known.is_disjoint(done) {
        return if has_tables || !done.is_empty() { Schema::Foreign } else { Schema::Empty };
    }
    match done.difference(known).next() {
        Some(unknown) => Schema::Newer(unknown.clone()),
        None if done == known => Schema::Ours,
        None => Schema::Older,
    }
}

pub(super) fn run(conn: &mut Conn) -> Result<(), DbError> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_migration_that_is_not_known_comes_from_a_newer_program_and_none_that_is_from_another() {
        let set = |all: &[&str]| all.iter().map(|one| (*one).to_owned()).collect::<BTreeSet<_>>();
        let known = set(&["1", "2"]);

        assert_eq!(compared(&known, &set(&["1"]), true), Schema::Older);
        assert_eq!(compared(&known, &set(&["1", "2"]), true), Schema::Ours);
        assert_eq!(compared(&known, &set(&["1", "2", "3"]), true), Schema::Newer("3".to_owned()));
        assert_eq!(compared(&known, &set(&["1", "3"]), true), Schema::Newer("3".to_owned()));
        assert_eq!(compared(&known, &set(&["7"]), true), Schema::Foreign);
        assert_eq!(compared(&known, &set(&[]), false), Schema::Empty);
    }
}
