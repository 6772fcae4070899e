//! How a connection is made: which database, which safety settings, which timeouts.
//!
//! Invariant: no connection leaves here that would acknowledge a commit before it is on disk.

use std::fmt;
use std::path::{Path, PathBuf};

use diesel::connection::{Connection, SimpleConnection};
use diesel::r2d2::{self, ManageConnection, Pool, R2D2Connection};
use diesel::{PgConnection, SqliteConnection};

use super::{CONNECTION_TIMEOUT, Conn, DbError};

/// Which database, by the scheme of the address.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// `sqlite:PATH`
    Sqlite(PathBuf),
    /// `postgres://user:password@host/name`, as libpq reads it.
    Postgres(String),
}

impl DatabaseUrl {
    /// Reads an address.
    ///
    /// ```
    /// use fighting_fund::db::DatabaseUrl;
    /// assert_eq!(DatabaseUrl::parse("sqlite:data/a.db"), Some(DatabaseUrl::Sqlite("data/a.db".into())));
    /// assert_eq!(DatabaseUrl::parse("mysql://x"), None);
    /// ```
    pub fn parse(text: &str) -> Option<Self> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Some(Self::Postgres(text.to_owned()));
        }
        let path = text.strip_prefix("sqlite:")?;
        let path = path.strip_prefix("//").unwrap_or(path);
        (!path.is_empty()).then(|| Self::Sqlite(PathBuf::from(path)))
    }
}

/// Never prints a password.
impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::Postgres(url) => {
                let place = url.rsplit_once('@').map_or(url.as_str(), |(_, place)| place);
                write!(f, "postgres://{}", place.trim_start_matches("postgres://").trim_start_matches("postgresql://"))
            }
        }
    }
}

/// `synchronous = FULL` syncs the log at every commit; the background checkpoint (`checkpoint.rs`) empties it, and
/// 20,000 pages (80 MB) is the backstop for commands that run without one.
const SQLITE_WRITER: &str = "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
    PRAGMA foreign_keys = ON; PRAGMA wal_autocheckpoint = 20000; PRAGMA cache_size = -65536;";
const SQLITE_READER: &str = "PRAGMA busy_timeout = 5000; PRAGMA query_only = ON; PRAGMA cache_size = -16384;";
/// No statement here gains from being compiled to machine code, and tables that were not analysed yet look large enough to
/// the planner that it would be: 90 % of the server's time in the random lives of a society.
const POSTGRES: &str = "SET jit = off; SET synchronous_commit = on; SET statement_timeout = '20s'; \
    SET lock_timeout = '5s'; SET idle_in_transaction_session_timeout = '60s'; SET timezone = 'UTC'; SET client_min_messages = warning;";

pub(super) fn sqlite_writer(path: &Path) -> Result<Conn, DbError> {
    if let Some(folder) = path.parent()
        && !folder.as_os_str().is_empty()
    {
        std::fs::create_dir_all(folder)
            .map_err(|error| DbError::Open(format!("the folder {} cannot be made: {error}", folder.display())))?;
    }
    Ok(sqlite(path, SQLITE_WRITER)?)
}

fn sqlite(path: &Path, settings: &str) -> Result<Conn, r2d2::Error> {
    let text = path.to_str().ok_or_else(|| {
        r2d2::Error::ConnectionError(diesel::ConnectionError::BadConnection("the path is not UTF-8".to_owned()))
    })?;
    let mut c = SqliteConnection::establish(text).map_err(r2d2::Error::ConnectionError)?;
    c.batch_execute(settings).map_err(r2d2::Error::QueryError)?;
    Ok(Conn::Sqlite(c))
}

/// A separate connection for the thread that empties SQLite's log.
pub(super) fn sqlite_checkpointer(path: &Path) -> Result<Conn, DbError> {
    Ok(sqlite(path, "PRAGMA busy_timeout = 0; PRAGMA synchronous = FULL;")?)
}

pub(super) fn pool(url: &DatabaseUrl, connections_max: u32) -> Result<Pool<Manager>, DbError> {
    let pool = Pool::builder()
        .max_size(connections_max)
        .min_idle(Some(1))
        .connection_timeout(CONNECTION_TIMEOUT)
        .error_handler(Box::new(LogOnce))
        .build_unchecked(Manager { url: url.clone() });
    // One connection now, made here and not by the pool, so that a wrong address is told in the database's words.
    drop(Manager { url: url.clone() }.connect()?);
    Ok(pool)
}

#[derive(Debug)]
struct LogOnce;

impl<E: std::error::Error> diesel::r2d2::HandleError<E> for LogOnce {
    fn handle_error(&self, error: E) {
        tracing::warn!(%error, "a database connection could not be made");
    }
}

/// Makes connections for a pool.
pub(super) struct Manager {
    url: DatabaseUrl,
}

impl ManageConnection for Manager {
    type Connection = Conn;
    type Error = r2d2::Error;

    // `Conn::establish` would try each variant in turn and hide why the first one failed.
    fn connect(&self) -> Result<Conn, r2d2::Error> {
        match &self.url {
            DatabaseUrl::Sqlite(path) => sqlite(path, SQLITE_READER),
            DatabaseUrl::Postgres(url) => {
                let mut c = PgConnection::establish(url).map_err(r2d2::Error::ConnectionError)?;
                c.batch_execute(POSTGRES).map_err(r2d2::Error::QueryError)?;
                Ok(Conn::Postgres(c))
            }
        }
    }

    fn is_valid(&self, conn: &mut Conn) -> Result<(), r2d2::Error> {
        conn.ping().map_err(r2d2::Error::QueryError)
    }

    fn has_broken(&self, conn: &mut Conn) -> bool {
        std::thread::panicking() || conn.is_broken()
    }
}
