//! Files for people and accountants: the journal, the gifts and other tables, read from one unchanging view.
//!
//! Invariant: an export holds one chunk in memory however long it is, and carries the head of the hash chain, so that
//! two exports can be told apart and each checked against the books. A table is described once and leaves as CSV or as
//! XLSX; both say the same.

mod bank;
mod batches;
mod comma;
mod donations;
mod income;
pub mod journal;
mod receipts;
pub mod register;
mod span;
mod table;
mod trial_balance;
mod workbook;

use std::io::{self, Write};

use chrono::{DateTime, Utc};

use crate::db::{Conn, DbError};
use crate::funds;
use crate::ledger::{self, Posted};
use crate::sheet::is_like_formula;
use comma::CommaSheet;
pub use comma::HEAD_COLUMN;
pub use span::Span;
pub use table::{Column, Rows, Value};
use workbook::{About, WorkbookSheet};

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
    /// The same, told by the XLSX writer.
    #[error("the export could not be written: {0}")]
    Xlsx(#[from] rust_xlsxwriter::XlsxError),
}

impl ExportError {
    /// True when whoever reads has gone: `| head` closes the pipe, and that is no failure.
    pub fn is_closed_pipe(&self) -> bool {
        use rust_xlsxwriter::XlsxError;
        let kind = match self {
            Self::Io(error) | Self::Xlsx(XlsxError::IoError(error)) => Some(error.kind()),
            Self::Csv(error) => match error.kind() {
                csv::ErrorKind::Io(error) => Some(error.kind()),
                _ => None,
            },
            Self::Db(_) | Self::Xlsx(_) => None,
        };
        kind == Some(io::ErrorKind::BrokenPipe)
    }
}

/// A table that can leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table {
    /// Every gift.
    Donations,
    /// Every batch of the post.
    Batches,
    /// Every receipt.
    Receipts,
    /// Every account with its balance.
    TrialBalance,
    /// Income by month.
    Income,
    /// Every line of the bank.
    Bank,
}

impl Table {
    /// All of them, in the order of the page.
    pub const ALL: [Self; 6] =
        [Self::Donations, Self::Batches, Self::Receipts, Self::TrialBalance, Self::Income, Self::Bank];

    /// As the command line and file names write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Donations => "donations",
            Self::Batches => "batches",
            Self::Receipts => "receipts",
            Self::TrialBalance => "trial-balance",
            Self::Income => "income",
            Self::Bank => "bank",
        }
    }

    /// For people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Donations => "Gifts",
            Self::Batches => "Batches",
            Self::Receipts => "Receipts",
            Self::TrialBalance => "Trial balance",
            Self::Income => "Income by month",
            Self::Bank => "Bank lines",
        }
    }

    /// Its columns.
    pub fn columns(self) -> &'static [Column] {
        match self {
            Self::Donations => &donations::COLUMNS,
            Self::Batches => &batches::COLUMNS,
            Self::Receipts => &receipts::COLUMNS,
            Self::TrialBalance => &trial_balance::COLUMNS,
            Self::Income => &income::COLUMNS,
            Self::Bank => &bank::COLUMNS,
        }
    }

    /// Gives its rows away, one after the other.
    ///
    /// # Errors
    /// [`ExportError`]: the database failed or the rows were not taken.
    pub fn rows(self, conn: &mut Conn, days: &Span, out: &mut dyn Rows) -> Result<(), ExportError> {
        match self {
            Self::Donations => donations::rows(conn, days, out),
            Self::Batches => batches::rows(conn, days, out),
            Self::Receipts => receipts::rows(conn, days, out),
            Self::TrialBalance => trial_balance::rows(conn, days, out),
            Self::Income => income::rows(conn, days, out),
            Self::Bank => bank::rows(conn, days, out),
        }
    }
}

/// What a list for a spreadsheet begins with: without it Excel reads names with accents as Windows-1252.
pub const BOM: &[u8] = "\u{feff}".as_bytes();

/// How a table is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Comma-separated values, for programs.
    Csv,
    /// A workbook, for spreadsheets.
    Xlsx,
}

/// Writes a table. Give it a snapshot, so that all of it is read from one view.
///
/// # Errors
/// [`ExportError`]: the database or the file failed.
pub fn write(
    conn: &mut Conn,
    (table, format): (Table, Format),
    days: &Span,
    made_at: DateTime<Utc>,
    out: impl Write + Send,
) -> Result<(), ExportError> {
    let head = ledger::head(conn)?;
    match format {
        Format::Csv => {
            let mut sheet = CommaSheet::new(out, table.columns(), &head)?;
            table.rows(conn, days, &mut sheet)?;
            sheet.finish()
        }
        Format::Xlsx => {
            let society = funds::society(conn)?;
            let about = About { title: table.title(), society: &society.name, days: *days, made_at, head: &head };
            let mut book = WorkbookSheet::new(about, table.columns())?;
            table.rows(conn, days, &mut book)?;
            book.finish(out)
        }
    }
}

/// What a file is called: the name, the days, and the head of the ledger, so that two files can be told apart.
///
/// ```
/// use fighting_fund::exports::{Span, file_name};
/// use fighting_fund::ledger::Posted;
/// let head = Posted { number: 1204, hash: vec![0x9f; 32] };
/// let name = file_name("donations", "xlsx", &Span::year(2021).unwrap(), &head);
/// assert_eq!(name, "donations-2021-01-01-to-2021-12-31-entry-1204-9f9f9f9f.xlsx");
/// ```
pub fn file_name(name: &str, ending: &str, days: &Span, head: &Posted) -> String {
    let days = if days.is_everything() { String::new() } else { format!("-{days}").replace(' ', "-") };
    let short: String = ledger::chain::hex(&head.hash).chars().take(8).collect();
    format!("{name}{days}-entry-{}-{short}.{ending}", head.number)
}

/// A text that a spreadsheet takes as a text: one that would begin a formula gets an apostrophe in front.
///
/// ```
/// use fighting_fund::exports::cell;
/// assert_eq!(cell("=1+1"), "'=1+1");
/// assert_eq!(cell("\u{ff1d}1+1"), "'\u{ff1d}1+1");
/// assert_eq!(cell("A Reader"), "A Reader");
/// ```
pub fn cell(text: &str) -> std::borrow::Cow<'_, str> {
    if is_like_formula(text) { format!("'{text}").into() } else { text.into() }
}

/// A moment as files write it: RFC 3339 in UTC, to the microsecond.
fn moment(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true)
}
