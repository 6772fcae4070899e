//! The journal as CSV, one line a posting: all that the hash chain covers, so that anybody can check it
//! (`docs/check_chain.py`).

use std::io::Write;

use super::{appeal_names, each_entry};
use crate::db::Conn;
use crate::exports::{ExportError, Span, moment};
use crate::ledger::chain;
use crate::money::plain;

pub(super) fn write(conn: &mut Conn, days: &Span, out: &mut impl Write) -> Result<(), ExportError> {
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
    each_entry(conn, days, |entry| {
        for (line, at) in entry.postings.iter().zip(1..) {
            csv.write_record([
                entry.number.to_string(),
                entry.effective_on.to_string(),
                moment(entry.recorded_at),
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
