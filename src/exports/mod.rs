//! Files for people and accountants: the journal and the gifts, streamed from one unchanging view.
//!
//! Invariant: an export holds one chunk in memory however long it is, and carries the head of the hash chain, so that
//! two exports can be told apart and each checked against the books.

pub mod donations;
pub mod journal;
pub mod register;
mod span;

use std::io;

use chrono::{DateTime, Utc};

use crate::db::DbError;
pub use span::Span;

/// Rows read at a time: a few hundred kilobytes.
const CHUNK: i64 = 2_000;

/// Why an export broke off.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
    /// The file or the pipe was closed.
    #[error("the export could not be written: {0}")]
    Io(#[from] io::Error),
    /// The same, told by the CSV writer.
    #[error("the export could not be written: {0}")]
    Csv(#[from] csv::Error),
}

/// A text that a spreadsheet takes as a text: one that would begin a formula gets an apostrophe in front.
///
/// ```
/// use fighting_fund::exports::cell;
/// assert_eq!(cell("=1+1"), "'=1+1");
/// assert_eq!(cell("A Reader"), "A Reader");
/// ```
pub fn cell(text: &str) -> std::borrow::Cow<'_, str> {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}").into() } else { text.into() }
}

/// A moment as files write it: RFC 3339 in UTC, to the microsecond.
fn moment(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true)
}
