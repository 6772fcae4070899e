//! The gifts as CSV: the columns of the API and what became of each.

use std::io::Write;

use super::{CHUNK, ExportError, cell};
use crate::db::Conn;
use crate::donations::{self, Donation};
use crate::money::plain;

/// Writes every gift, oldest first.
///
/// # Errors
/// [`ExportError`]: the database or the file failed.
pub fn write(conn: &mut Conn, out: &mut impl Write) -> Result<(), ExportError> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record([
        "reference",
        "fund",
        "appeal",
        "status",
        "amount",
        "refunded",
        "currency",
        "method",
        "received_on",
        "receipt",
        "entry",
        "name",
        "email",
        "acknowledge_as",
        "anonymous",
        "note",
        "in_memory_of",
        "memory_in_print",
        "recorded_at",
        "recorded_by",
    ])?;
    let mut last = 0;
    loop {
        let gifts = donations::after(conn, None, last, CHUNK)?;
        let Some(newest) = gifts.last() else { break };
        last = newest.id;
        for gift in &gifts {
            csv.write_record(row(gift))?;
        }
    }
    csv.flush()?;
    Ok(())
}

fn row(gift: &Donation) -> [String; 20] {
    [
        gift.reference().to_string(),
        gift.fund.clone(),
        gift.appeal.clone(),
        gift.status.name().to_owned(),
        plain(gift.amount_minor, gift.currency),
        plain(gift.returned_minor, gift.currency),
        gift.currency.code().to_owned(),
        gift.method.name().to_owned(),
        gift.received_on.map(|day| day.to_string()).unwrap_or_default(),
        gift.receipt.map(|number| number.to_string()).unwrap_or_default(),
        gift.entry.map(|number| number.to_string()).unwrap_or_default(),
        cell(&gift.name).into_owned(),
        cell(gift.email.as_deref().unwrap_or_default()).into_owned(),
        cell(&gift.acknowledge_as).into_owned(),
        gift.anonymous.to_string(),
        cell(&gift.note).into_owned(),
        cell(&gift.in_memory_of).into_owned(),
        gift.memory_in_print.to_string(),
        gift.recorded_at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true),
        cell(&gift.recorded_by).into_owned(),
    ]
}
