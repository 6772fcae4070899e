//! What can go wrong with a database, in two kinds: it is not there just now, or we asked for something wrong.

use diesel::r2d2;
use diesel::result::{DatabaseErrorKind, Error};

/// A failure of the database. Never an empty result.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// Every connection was in use, or none could be made.
    #[error("no database connection was free in time: {0}")]
    Pool(#[from] diesel::r2d2::PoolError),
    /// The one writer of SQLite was held for too long.
    #[error("another change was still being written; try again in a moment")]
    WriterBusy,
    /// The address in the settings leads nowhere.
    #[error("the database could not be opened: {0}")]
    Open(String),
    /// There is something, but not the books of this program: a whole sentence that says what it is and what to do.
    #[error("{0}")]
    NotBooks(String),
    /// A migration in the database that this program does not know.
    #[error("a newer program has changed these books (migration {0}); please use that program or a newer one")]
    Newer(String),
    /// A thread, random numbers: waiting for it would not help.
    #[error("the system refused something: {0}")]
    System(String),
    /// A file beside the books, a backup, was not written; nothing of it stays.
    #[error("{0}")]
    Unwritten(String),
    /// A statement failed.
    #[error("the database refused a statement: {0}")]
    Query(#[from] Error),
    /// A migration failed.
    #[error("the database could not be brought up to date: {0}")]
    Migration(String),
    /// A stored value that no version of this program writes.
    #[error("the database holds something unexpected: {0}")]
    Corrupt(String),
}

impl DbError {
    /// True when the same request may succeed later: the disk is full, the server is away, a timeout ran out.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Pool(_) | Self::WriterBusy | Self::Open(_) => true,
            Self::Query(error) => is_passing(error),
            Self::NotBooks(_)
            | Self::Newer(_)
            | Self::System(_)
            | Self::Unwritten(_)
            | Self::Migration(_)
            | Self::Corrupt(_) => false,
        }
    }

    /// True when a row with the same key exists already.
    pub fn is_duplicate(&self) -> bool {
        matches!(self, Self::Query(Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _)))
    }
}

impl From<r2d2::Error> for DbError {
    fn from(error: r2d2::Error) -> Self {
        match error {
            r2d2::Error::ConnectionError(error) => Self::Open(error.to_string()),
            r2d2::Error::QueryError(error) => Self::Query(error),
        }
    }
}

/// Words of SQLite and PostgreSQL for what passes; diesel gives them no kind of their own.
const PASSING_WORDS: [&str; 16] = [
    "disk is full",
    "disk i/o error",
    "database is locked",
    "readonly database",
    "unable to open database",
    "could not extend file",
    "no space left",
    "timeout",
    "terminating connection",
    "server closed the connection",
    "connection to server",
    "shutting down",
    "starting up",
    "recovery mode",
    "could not connect",
    "no connection to the server",
];

fn is_passing(error: &Error) -> bool {
    match error {
        Error::DatabaseError(kind, info) => match kind {
            DatabaseErrorKind::ClosedConnection
            | DatabaseErrorKind::UnableToSendCommand
            | DatabaseErrorKind::SerializationFailure
            | DatabaseErrorKind::ReadOnlyTransaction => true,
            _ => {
                let message = info.message().to_lowercase();
                PASSING_WORDS.iter().any(|word| message.contains(word))
            }
        },
        Error::BrokenTransactionManager => true,
        Error::RollbackErrorOnCommit { commit_error, .. } => is_passing(commit_error),
        _ => false,
    }
}
