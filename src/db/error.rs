//! What can go wrong with a database, in two kinds: it is not there just now, or we asked for something wrong.

use diesel::r2d2;
use diesel::result::{DatabaseErrorKind, Error};

use super::stored::UnknownWord;

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
    #[error("the database refused a statement: {}", without_values(.0))]
    Query(#[source] Error),
    /// A migration failed.
    #[error("the database could not be brought up to date: {0}")]
    Migration(String),
    /// A stored value that no version of this program writes.
    #[error("the database holds something unexpected: {0}")]
    Corrupt(String),
}

/// What the database says, without the values that it quotes: a name or an address has no place in a log. Where it
/// happened is said beside it.
fn without_values(error: &Error) -> String {
    let words = error.to_string();
    let mut told = String::with_capacity(words.len());
    let mut quote = None;
    for letter in words.chars() {
        match quote {
            Some(end) if letter == end => quote = None,
            Some(_) => continue,
            None if letter == '"' || letter == '\'' => quote = Some(letter),
            None => {}
        }
        told.push(letter);
    }
    let Error::DatabaseError(_, info) = error else { return told };
    let places = [("table", info.table_name()), ("column", info.column_name()), ("constraint", info.constraint_name())];
    for (kind, name) in places.into_iter().filter_map(|(kind, name)| Some((kind, name?))) {
        told.push_str(&format!(", {kind} {name}"));
    }
    told
}

impl From<Error> for DbError {
    fn from(error: Error) -> Self {
        match error {
            Error::DeserializationError(inner) if inner.is::<UnknownWord>() => Self::Corrupt(inner.to_string()),
            error => Self::Query(error),
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_database_quotes_is_not_repeated() {
        let said = "invalid input syntax for type date: \"Ada Lovelace\" near 'ada@example.org'".to_owned();
        let error = DbError::Query(Error::DatabaseError(DatabaseErrorKind::Unknown, Box::new(said)));

        let told = error.to_string();

        assert_eq!(told, "the database refused a statement: invalid input syntax for type date: \"\" near ''");
    }
}
