//! Where the money of a gift lies: its row of the post, its line of a bank statement, the slip that took it to the bank.

use crate::batches;
use crate::batches::slips;
use crate::db::{Conn, DbError};
use crate::donations::Donation;
use crate::payments::{self, Allocation, PurposeKind, Source};

/// A place that a gift's page names.
pub(super) struct Origin {
    /// "Entered in"
    pub what: &'static str,
    /// "batch 3, row 12"
    pub words: String,
    /// Where that is.
    pub href: String,
}

/// Every place of a gift's money, in the order in which it went through them. What was taken back is still told, except
/// where a line was only linked to it.
pub(super) fn of(conn: &mut Conn, gift: &Donation) -> Result<Vec<Origin>, DbError> {
    let mut places = Vec::new();
    let Some(entry) = gift.entry else { return Ok(places) };
    let stands = |it: &Allocation| it.is_live() || it.purpose != PurposeKind::Known;
    for allocation in payments::allocations_of_entry(conn, entry)?.into_iter().filter(stands) {
        match allocation.source {
            Source::BatchRow(id) => {
                places.extend(batches::row(conn, id)?.map(|row| Origin {
                    what: "Entered in",
                    words: format!("batch {}, row {}", row.batch_id, row.line),
                    href: format!("/desk/batches/{}#row-{id}", row.batch_id),
                }));
            }
            Source::StatementLine(id) => places.push(on_statement(id)),
        }
    }
    if let Some(cheque) = slips::cheque_of(conn, gift)?
        && let Some((id, number)) = slips::slip_of(conn, cheque)?
    {
        let href = format!("/desk/batches/slips/{id}");
        places.push(Origin { what: "Paid in with", words: format!("slip {number}"), href });
        if let Some(slip) = slips::slip(conn, id)? {
            places.extend(line_of_slip(conn, slip.entry)?);
        }
    }
    Ok(places)
}

/// The line of a bank statement that shows a slip, if one is linked to its entry.
pub(super) fn line_of_slip(conn: &mut Conn, entry: i64) -> Result<Option<Origin>, DbError> {
    let linked = payments::allocations_of_entry(conn, entry)?.into_iter().find(Allocation::is_live);
    Ok(linked.and_then(|allocation| match allocation.source {
        Source::StatementLine(id) => Some(on_statement(id)),
        Source::BatchRow(_) => None,
    }))
}

fn on_statement(line: i64) -> Origin {
    Origin {
        what: "On the bank’s statement",
        words: "a line of it".to_owned(),
        href: format!("/desk/bank/lines/{line}"),
    }
}
