//! One connection type over both databases, and the only way in or out of a transaction.
//!
//! Invariant: [`Db::write`] lands wholly or not at all, and has reached the disk when it returns. What a row
//! means is left to the `store.rs` of each domain.

mod backup;
mod books_file;
mod checkpoint;
mod conn;
mod connect;
mod error;
mod halving;
mod migrate;
pub mod schema;
pub(crate) mod stored;
pub mod verify;
mod whole_file;

use std::sync::Arc;
use std::time::Duration;

use diesel::connection::{AnsiTransactionManager, Connection, TransactionManager};
use diesel::r2d2::Pool;
use diesel::sql_types::BigInt;
use diesel::{QueryResult, RunQueryDsl};
use parking_lot::Mutex;

pub use conn::Conn;
use connect::Access;
pub use connect::DatabaseUrl;
pub use error::DbError;
pub use halving::by_halving;
pub use migrate::Schema;

/// Runs one query on the concrete database, for the few clauses `Conn` cannot express:
/// ON CONFLICT, batch inserts, unions.
macro_rules! on_backend {
    ($conn:expr, |$c:ident| $query:expr) => {
        match $conn {
            $crate::db::Conn::Postgres($c) => $query,
            $crate::db::Conn::Sqlite($c) => $query,
        }
    };
}

/// Inserts a slice of rows with one statement a database: `COPY` on PostgreSQL, which spares it the parsing of
/// thousands of placeholders, and multi-row `INSERT` on SQLite. Full pieces are arrays there, because a statement of
/// a length that the type knows is prepared once; only the rest of a batch is parsed anew. So rows own their texts.
macro_rules! insert_all {
    ($conn:expr, $table:expr, $rows:expr) => {{
        let rows = $rows;
        if rows.is_empty() {
            Ok(())
        } else {
            match $conn {
                $crate::db::Conn::Postgres(c) => {
                    diesel::ExecuteCopyFromDsl::execute(diesel::copy_from($table).from_insertable(rows), c).map(drop)
                }
                $crate::db::Conn::Sqlite(c) => {
                    let (pieces, rest) = rows.as_chunks::<{ $crate::db::ROWS_PER_INSERT }>();
                    pieces.iter().try_for_each(|piece| {
                        diesel::RunQueryDsl::execute(diesel::insert_into($table).values(piece), c).map(drop)
                    })?;
                    if rest.is_empty() {
                        Ok(())
                    } else {
                        diesel::RunQueryDsl::execute(diesel::insert_into($table).values(rest), c).map(drop)
                    }
                }
            }
        }
    }};
}

/// Rows of one prepared statement on SQLite: few enough that the rest of a batch is short.
pub const ROWS_PER_INSERT: usize = 50;

/// Sections that read and then write, and so must not interleave between processes.
#[derive(Debug, Clone, Copy)]
pub enum Lock {
    /// Entries, receipts, donations: everything numbered without gaps.
    Books = 1,
    /// Running the migrations.
    Migrations = 2,
    /// Counting wrong attempts at the door.
    Door = 3,
}

/// Waits for `lock` and holds it until the surrounding write ends.
///
/// SQLite needs no statement: `BEGIN IMMEDIATE` already excludes every other writer. On PostgreSQL the planner is
/// also told to prefer indexes, because a table that was never analysed is otherwise scanned for `= ANY($1)`.
///
/// # Errors
/// When the database fails or the lock is not had within the lock timeout.
pub fn hold(conn: &mut Conn, lock: Lock) -> Result<(), DbError> {
    if let Conn::Postgres(c) = conn {
        diesel::sql_query("SELECT pg_advisory_xact_lock($1), set_config('enable_seqscan', 'off', true)")
            .bind::<BigInt, _>(lock as i64)
            .execute(c)?;
    }
    Ok(())
}

/// How long a request waits for a connection before it is told to come back.
const CONNECTION_TIMEOUT: Duration = Duration::from_secs(3);
/// More readers than this only queue on two cores.
const READERS_MAX: u32 = 8;

/// The database: cheap to clone, shared by every thread.
#[derive(Clone)]
pub struct Db(Arc<Inner>);

struct Inner {
    url: DatabaseUrl,
    writers: Writers,
    readers: Pool<connect::Manager>,
}

enum Writers {
    /// SQLite has one writer, taken in turn.
    One(Mutex<Conn>),
    Many(Pool<connect::Manager>),
    /// Opened to be read only.
    None,
}

impl Db {
    /// Opens the books. Embedded ones are begun where no file is; an empty database of PostgreSQL is for `migrate`.
    ///
    /// # Errors
    /// When they cannot be reached or opened, or it is something else that is there; the message says what.
    pub fn open(url: &DatabaseUrl, read_url: Option<&DatabaseUrl>) -> Result<Self, DbError> {
        let writers = match url {
            DatabaseUrl::Sqlite(path) => Writers::One(Mutex::new(connect::sqlite_writer(path)?)),
            DatabaseUrl::Postgres(_) => Writers::Many(connect::pool(url, READERS_MAX, Access::Write)?),
        };
        let readers = connect::pool(read_url.unwrap_or(url), READERS_MAX, Access::Write)?;
        Self(Arc::new(Inner { url: url.clone(), writers, readers })).admitted()
    }

    /// Opens books that are there, to read them and nothing else: the database itself refuses every change.
    ///
    /// # Errors
    /// As [`Db::open`], and where no books are.
    pub fn open_to_read(url: &DatabaseUrl, read_url: Option<&DatabaseUrl>) -> Result<Self, DbError> {
        let access = match url {
            DatabaseUrl::Sqlite(path) => connect::books_at(path)?.ok_or_else(|| {
                DbError::Open(format!("there are no books at {}; `fighting-fund serve` starts some", path.display()))
            })?,
            DatabaseUrl::Postgres(_) => Access::Read,
        };
        let readers = connect::pool(read_url.unwrap_or(url), READERS_MAX, access)?;
        Self(Arc::new(Inner { url: url.clone(), writers: Writers::None, readers })).admitted()
    }

    /// Refuses a database of PostgreSQL whose tables are not ours, or not ours any more; files were looked at before.
    fn admitted(self) -> Result<Self, DbError> {
        let schema = match &self.0.writers {
            Writers::One(_) => return Ok(self),
            Writers::Many(pool) => migrate::schema(&mut *pool.get()?)?,
            Writers::None => self.schema()?,
        };
        match schema {
            Schema::Ours | Schema::Older | Schema::Empty => Ok(self),
            Schema::Newer(migration) => Err(DbError::Newer(migration)),
            Schema::Foreign => Err(DbError::NotBooks(
                "the database holds the tables of another program. Nothing was changed: give the books a database of their own"
                    .to_owned(),
            )),
        }
    }

    /// Where it is.
    pub fn url(&self) -> &DatabaseUrl {
        &self.0.url
    }

    /// Runs `work` on a connection that only reads, outside any transaction.
    ///
    /// # Errors
    /// What `work` refuses, or that no connection was free in time.
    pub fn read<T, E: From<DbError>>(&self, work: impl FnOnce(&mut Conn) -> Result<T, E>) -> Result<T, E> {
        work(&mut *self.0.readers.get().map_err(DbError::from)?)
    }

    /// Runs `work` on one unchanging view of the whole database: for exports and proofs that read many times.
    ///
    /// # Errors
    /// What `work` refuses, or that no connection was free in time.
    pub fn snapshot<T, E: From<DbError>>(&self, work: impl FnOnce(&mut Conn) -> Result<T, E>) -> Result<T, E> {
        let conn = &mut *self.0.readers.get().map_err(DbError::from)?;
        within(conn, Opening::Snapshot, work)
    }

    /// Runs `work` in one write transaction: all of it lands on disk, or none of it.
    ///
    /// # Errors
    /// What `work` refuses (and then nothing was written), or that the database failed.
    pub fn write<T, E: From<DbError>>(&self, work: impl FnOnce(&mut Conn) -> Result<T, E>) -> Result<T, E> {
        match &self.0.writers {
            Writers::One(conn) => {
                let mut conn = conn.try_lock_for(CONNECTION_TIMEOUT).ok_or(DbError::WriterBusy)?;
                within(&mut conn, Opening::Write, work)
            }
            Writers::Many(pool) => within(&mut *pool.get().map_err(DbError::from)?, Opening::Write, work),
            Writers::None => Err(DbError::Open("it was opened to be read only".to_owned()).into()),
        }
    }
}

#[derive(Clone, Copy)]
enum Opening {
    Write,
    Snapshot,
}

type Manages = <Conn as Connection>::TransactionManager;

fn within<T, E: From<DbError>>(
    conn: &mut Conn,
    opening: Opening,
    work: impl FnOnce(&mut Conn) -> Result<T, E>,
) -> Result<T, E> {
    begin(conn, opening).map_err(DbError::from)?;
    let mut open = OpenTransaction { conn, is_finished: false };
    let value = work(open.conn)?;
    Manages::commit_transaction(open.conn).map_err(DbError::from)?;
    open.is_finished = true;
    Ok(value)
}

fn begin(conn: &mut Conn, opening: Opening) -> QueryResult<()> {
    match (conn, opening) {
        (Conn::Postgres(c), Opening::Write) => AnsiTransactionManager::begin_transaction(c),
        (Conn::Postgres(c), Opening::Snapshot) => {
            AnsiTransactionManager::begin_transaction_sql(c, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        }
        // Take the write lock now: a deferred transaction that upgrades later fails at once
        // with SQLITE_BUSY instead of waiting.
        (Conn::Sqlite(c), Opening::Write) => AnsiTransactionManager::begin_transaction_sql(c, "BEGIN IMMEDIATE"),
        (Conn::Sqlite(c), Opening::Snapshot) => AnsiTransactionManager::begin_transaction_sql(c, "BEGIN"),
    }
}

/// Rolls back when the work refused or panicked, so that the connection goes back clean.
struct OpenTransaction<'a> {
    conn: &'a mut Conn,
    is_finished: bool,
}

impl Drop for OpenTransaction<'_> {
    fn drop(&mut self) {
        if !self.is_finished
            && let Err(error) = Manages::rollback_transaction(self.conn)
        {
            // SQLite rolls back by itself when the disk is full; PostgreSQL when the connection is gone.
            tracing::warn!(%error, "a transaction was already over when it was rolled back");
        }
    }
}
