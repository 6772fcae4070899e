//! The connection type; apart, because what diesel derives for it carries no documentation.
#![allow(missing_docs)]

use diesel::{PgConnection, SqliteConnection};

/// A connection to whichever database the URL names.
#[derive(diesel::MultiConnection)]
pub enum Conn {
    /// PostgreSQL 15 or newer.
    Postgres(PgConnection),
    /// SQLite, built in.
    Sqlite(SqliteConnection),
}
