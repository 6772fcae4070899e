//! The journal for hledger (<https://hledger.org/hledger.html#journal-format>).

use std::io::Write;

use super::{appeal_names, each_entry, what};
use crate::db::Conn;
use crate::exports::{ExportError, Span, moment};
use crate::ledger::{self, Entry, chain};
use crate::money::plain;

pub(super) fn write(conn: &mut Conn, days: &Span, out: &mut impl Write) -> Result<(), ExportError> {
    let appeals = appeal_names(conn)?;
    let head = ledger::head(conn)?;
    writeln!(out, "; The journal of the fighting fund: {}", what(days, head.number))?;
    writeln!(out, "; head hash {}", chain::hex(&head.hash))?;
    each_entry(conn, days, |entry| {
        let Entry { number, effective_on, kind, subject, .. } = entry;
        writeln!(out, "\n{effective_on} ({number}) {kind} {subject}")?;
        writeln!(out, "    ; recorded: {}", moment(entry.recorded_at))?;
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
