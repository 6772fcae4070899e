//! The journal: for hledger, for beancount, and as CSV with one line a posting.
//!
//! Invariant: each names the head of the hash chain and carries the number and the hash of every entry, so that whoever
//! has the file can ask the books whether they are still the same.

mod beancount;
mod hledger;
mod lines;

use std::collections::BTreeMap;
use std::io::Write;

use super::{CHUNK, ExportError, Span};
use crate::db::{Conn, DbError};
use crate::funds;
use crate::ledger::{self, Entry};
pub use beancount::account;

/// How the journal is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Plain-text accounting, as hledger reads it.
    Hledger,
    /// Plain-text accounting, as beancount reads it.
    Beancount,
    /// One line a posting.
    Csv,
}

/// Writes every entry, oldest first.
///
/// # Errors
/// [`ExportError`]: the database or the file failed.
pub fn write(conn: &mut Conn, format: Format, out: &mut impl Write) -> Result<(), ExportError> {
    write_days(conn, format, &Span::default(), out)
}

/// Writes the entries that count in these days, in the order in which they were posted.
///
/// # Errors
/// [`ExportError`]: the database or the file failed.
pub fn write_days(conn: &mut Conn, format: Format, days: &Span, out: &mut impl Write) -> Result<(), ExportError> {
    match format {
        Format::Hledger => hledger::write(conn, days, out),
        Format::Beancount => beancount::write(conn, days, out),
        Format::Csv => lines::write(conn, days, out),
    }
}

fn each_entry(
    conn: &mut Conn,
    days: &Span,
    mut write: impl FnMut(&Entry) -> Result<(), ExportError>,
) -> Result<(), ExportError> {
    let mut last = 0;
    loop {
        let entries = ledger::entries_between(conn, (days.from, days.until), last, CHUNK)?;
        let Some(newest) = entries.last() else { return Ok(()) };
        last = newest.number;
        entries.iter().try_for_each(&mut write)?;
    }
}

/// What a file of some days says of itself: "entries 1 to 1204" or "the entries of 2021-01-01 to 2021-12-31, of ...".
fn what(days: &Span, head: i64) -> String {
    match (head, days.is_everything()) {
        (0, _) => "no entries yet".to_owned(),
        (_, true) => format!("entries 1 to {head}"),
        (_, false) => format!("{days}, out of entries 1 to {head}; balances brought forward are not in it"),
    }
}

/// "fighting-fund/2021-06" by the appeal's number.
fn appeal_names(conn: &mut Conn) -> Result<BTreeMap<i64, String>, DbError> {
    let slugs: BTreeMap<i64, String> = funds::all(conn)?.into_iter().map(|fund| (fund.id, fund.slug)).collect();
    let rows = funds::standing_rows(conn)?.into_iter();
    Ok(rows.filter_map(|(it, _)| slugs.get(&it.fund_id).map(|slug| (it.id, format!("{slug}/{}", it.name)))).collect())
}
