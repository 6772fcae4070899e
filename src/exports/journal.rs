//! The journal, for hledger (<https://hledger.org/hledger.html#journal-format>) and as CSV, one line a posting.

use std::collections::BTreeMap;
use std::io::Write;

use super::{CHUNK, ExportError};
use crate::db::{Conn, DbError};
use crate::funds;
use crate::ledger::{self, Entry, chain};
use crate::money::plain;

/// How the journal is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Plain-text accounting.
    Hledger,
    /// One line a posting.
    Csv,
}

/// Writes every entry, oldest first.
///
/// # Errors
/// [`ExportError`]: the database or the file failed.
pub fn write(conn: &mut Conn, format: Format, out: &mut impl Write) -> Result<(), ExportError> {
    match format {
        Format::Hledger => write_hledger(conn, out),
        Format::Csv => write_csv(conn, out),
    }
}

fn write_hledger(conn: &mut Conn, out: &mut impl Write) -> Result<(), ExportError> {
    let appeals = appeal_names(conn)?;
    let head = ledger::head(conn)?;
    writeln!(out, "; The journal of the fighting fund: entries 1 to {}", head.number)?;
    writeln!(out, "; head hash {}", chain::hex(&head.hash))?;
    each_entry(conn, |entry| {
        let Entry { number, effective_on, kind, subject, .. } = entry;
        writeln!(out, "\n{effective_on} ({number}) {kind} {subject}")?;
        let recorded_at = entry.recorded_at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
        writeln!(out, "    ; recorded: {recorded_at}")?;
        if let Some(corrects) = entry.corrects {
            writeln!(out, "    ; corrects: {corrects}")?;
        }
        writeln!(out, "    ; hash: {}", chain::hex(&entry.hash))?;
        for line in &entry.postings {
            let amount = plain(line.amount_minor, line.currency);
            write!(out, "    {:<44}  {amount:>14} {}", line.account, line.currency)?;
            match line.appeal_id.and_then(|id| appeals.get(&id)) {
                Some(appeal) => writeln!(out, "  ; appeal: {appeal}")?,
                None => writeln!(out)?,
            }
        }
        Ok(())
    })
}

fn write_csv(conn: &mut Conn, out: &mut impl Write) -> Result<(), ExportError> {
    let appeals = appeal_names(conn)?;
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record([
        "entry",
        "effective_on",
        "recorded_at",
        "kind",
        "subject",
        "corrects",
        "line",
        "account",
        "amount",
        "currency",
        "appeal",
        "appeal_number",
        "hash",
    ])?;
    each_entry(conn, |entry| {
        for (line, at) in entry.postings.iter().zip(1..) {
            csv.write_record([
                entry.number.to_string(),
                entry.effective_on.to_string(),
                entry.recorded_at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true),
                entry.kind.clone(),
                entry.subject.clone(),
                entry.corrects.map(|number| number.to_string()).unwrap_or_default(),
                at.to_string(),
                line.account.clone(),
                plain(line.amount_minor, line.currency),
                line.currency.code().to_owned(),
                line.appeal_id.and_then(|id| appeals.get(&id).cloned()).unwrap_or_default(),
                line.appeal_id.map(|id| id.to_string()).unwrap_or_default(),
                chain::hex(&entry.hash),
            ])?;
        }
        Ok(())
    })?;
    csv.flush()?;
    Ok(())
}

fn each_entry(conn: &mut Conn, mut write: impl FnMut(&Entry) -> Result<(), ExportError>) -> Result<(), ExportError> {
    let mut last = 0;
    loop {
        let entries = ledger::entries_after(conn, last, CHUNK)?;
        let Some(newest) = entries.last() else { return Ok(()) };
        last = newest.number;
        entries.iter().try_for_each(&mut write)?;
    }
}

/// "fighting-fund/2021-06" by the appeal's number.
fn appeal_names(conn: &mut Conn) -> Result<BTreeMap<i64, String>, DbError> {
    let slugs: BTreeMap<i64, String> = funds::all(conn)?.into_iter().map(|fund| (fund.id, fund.slug)).collect();
    let rows = funds::standing_rows(conn)?.into_iter();
    Ok(rows.filter_map(|(it, _)| slugs.get(&it.fund_id).map(|slug| (it.id, format!("{slug}/{}", it.name)))).collect())
}
