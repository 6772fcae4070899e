//! How a connection is made: which database, which safety settings, which timeouts.
//!
//! Invariant: no connection leaves here that would acknowledge a commit before it is on disk; none makes a file, except
//! that new books appear whole, with every table, where no file was.

use std::fmt;
use std::path::{Path, PathBuf};

use diesel::connection::{Connection, SimpleConnection};
use diesel::r2d2::{self, ManageConnection, Pool, R2D2Connection};
use diesel::{PgConnection, SqliteConnection};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::books_file::{self, Found};
use super::whole_file::{self, WholeFile};
use super::{CONNECTION_TIMEOUT, Conn, DbError, Schema, migrate};

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
                // libpq also reads a password from the query.
                let url = url.split_once('?').map_or(url.as_str(), |(url, _)| url);
                let place = url.rsplit_once('@').map_or(url, |(_, place)| place);
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
/// For a file that nobody else knows yet: it is synced once, when it is whole.
const SQLITE_MAKER: &str = "PRAGMA synchronous = OFF; PRAGMA journal_mode = OFF;";
/// No statement here gains from being compiled to machine code, and tables that were not analysed yet look large enough to
/// the planner that it would be: 90 % of the server's time in the random lives of a society.
const POSTGRES: &str = "SET jit = off; SET synchronous_commit = on; SET statement_timeout = '20s'; \
    SET lock_timeout = '5s'; SET idle_in_transaction_session_timeout = '60s'; SET timezone = 'UTC'; SET client_min_messages = warning;";

/// Nothing of this connection changes anything, whatever a statement says.
const POSTGRES_READ_ONLY: &str = "SET default_transaction_read_only = on;";

/// How a file of SQLite is opened; `Fixed` is for one that cannot change, on a disk that cannot be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    Write,
    Read,
    Fixed,
}

impl Access {
    const fn parameters(self) -> &'static str {
        match self {
            Self::Write => "mode=rw",
            Self::Read => "mode=ro",
            Self::Fixed => "mode=ro&immutable=1",
        }
    }
}

/// The one writer of the books at `path`; where no file is, new books are begun.
pub(super) fn sqlite_writer(path: &Path) -> Result<Conn, DbError> {
    if books_at(path)?.is_none() {
        make_new(path)?;
    }
    books_file::make_private(path);
    sqlite(path, Access::Write, SQLITE_WRITER).map_err(|error| damaged(path, error.into()))
}

/// How the books at `path` can be read; none where no file is. It is asked before anything that could change a file.
///
/// # Errors
/// What is there is something else than books, or books that a newer program changed.
pub(super) fn books_at(path: &Path) -> Result<Option<Access>, DbError> {
    if books_file::look(path)? == Found::Nothing {
        return Ok(None);
    }
    let has_log = std::fs::metadata(whole_file::beside(path, "-wal")).is_ok_and(|log| log.len() > 0);
    let found = match schema_at(path, Access::Read) {
        // A disk that cannot be written keeps SQLite from reading beside a writer, but then there is none.
        Err(error) if !has_log && error.to_string().contains("unable to open database file") => {
            schema_at(path, Access::Fixed).map(|schema| (schema, Access::Fixed))
        }
        found => found.map(|schema| (schema, Access::Read)),
    };
    match found.map_err(|error| damaged(path, error))? {
        (Schema::Ours | Schema::Older, access) => Ok(Some(access)),
        (Schema::Newer(migration), _) => Err(DbError::Newer(migration)),
        (Schema::Empty | Schema::Foreign, _) => {
            Err(books_file::not_books(path, "is a database, but holds no books of this program"))
        }
    }
}

fn schema_at(path: &Path, access: Access) -> Result<Schema, DbError> {
    migrate::schema(&mut sqlite(path, access, SQLITE_READER)?)
}

/// Begins books: the file has every table when it gets its name.
fn make_new(path: &Path) -> Result<(), DbError> {
    books_file::make_folder(path)?;
    let failed = |error: std::io::Error| DbError::Open(format!("{} cannot be made: {error}", path.display()));
    let file = WholeFile::begin(path).map_err(failed)?;
    if path.exists() {
        return Ok(()); // Another process began them while this one waited for its turn.
    }
    migrate::run(&mut sqlite(file.path(), Access::Write, SQLITE_MAKER)?)?;
    file.finish().map_err(failed)
}

/// What SQLite says of a file that it cannot read, as a sentence that says what to do.
fn damaged(path: &Path, error: DbError) -> DbError {
    if error.is_passing() {
        return error;
    }
    books_file::not_books(path, &format!("is damaged, cut short or no database ({error})"))
}

/// Every character of a path that could mean something else in an address.
const IN_ADDRESS: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'.').remove(b'-').remove(b'_').remove(b'~');

pub(super) fn sqlite(path: &Path, access: Access, settings: &str) -> Result<Conn, r2d2::Error> {
    let bad = |what: &str| r2d2::Error::ConnectionError(diesel::ConnectionError::BadConnection(what.to_owned()));
    let text = path.to_str().ok_or_else(|| bad("the path is not UTF-8"))?;
    // An absolute path stands behind an empty host.
    let host = if path.is_absolute() { "//" } else { "" };
    let address = format!("file:{host}{}?{}", utf8_percent_encode(text, IN_ADDRESS), access.parameters());
    let mut c = SqliteConnection::establish(&address).map_err(r2d2::Error::ConnectionError)?;
    c.batch_execute(settings).map_err(r2d2::Error::QueryError)?;
    Ok(Conn::Sqlite(c))
}

/// A separate connection for the thread that empties SQLite's log.
pub(super) fn sqlite_checkpointer(path: &Path) -> Result<Conn, DbError> {
    Ok(sqlite(path, Access::Write, "PRAGMA busy_timeout = 0; PRAGMA synchronous = FULL;")?)
}

/// Connections that read, of SQLite; of PostgreSQL those that write too, where `access` says so.
pub(super) fn pool(url: &DatabaseUrl, connections_max: u32, access: Access) -> Result<Pool<Manager>, DbError> {
    let pool = Pool::builder()
        .max_size(connections_max)
        .min_idle(Some(1))
        .connection_timeout(CONNECTION_TIMEOUT)
        .error_handler(Box::new(LogOnce))
        .build_unchecked(Manager { url: url.clone(), access });
    // One connection now, made here and not by the pool, so that a wrong address is told in the database's words.
    drop(Manager { url: url.clone(), access }.connect()?);
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
    access: Access,
}

impl ManageConnection for Manager {
    type Connection = Conn;
    type Error = r2d2::Error;

    // `Conn::establish` would try each variant in turn and hide why the first one failed.
    fn connect(&self) -> Result<Conn, r2d2::Error> {
        match &self.url {
            DatabaseUrl::Sqlite(path) => sqlite(path, self.access, SQLITE_READER),
            DatabaseUrl::Postgres(url) => {
                let mut c = PgConnection::establish(url).map_err(r2d2::Error::ConnectionError)?;
                c.batch_execute(POSTGRES).map_err(r2d2::Error::QueryError)?;
                if self.access != Access::Write {
                    c.batch_execute(POSTGRES_READ_ONLY).map_err(r2d2::Error::QueryError)?;
                }
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
