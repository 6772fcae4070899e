//! Proves that gifts, totals, postings and receipts say the same.

use std::collections::BTreeMap;

use super::store;
use crate::db::{Conn, DbError};
use crate::funds;
use crate::ledger;
use crate::proof::Proof;
use crate::reference::Reference;

/// Checks every appeal and every received donation, in one view of the database.
///
/// # Errors
/// Only when the database fails.
pub fn verify(conn: &mut Conn) -> Result<Vec<Proof>, DbError> {
    let (received, no_receipt) = store::without_receipt(conn)?;
    let (addressed, no_letter) = store::without_letter(conn)?;
    let name = |id: Option<i64>, lacks: &str| id.map(|id| format!("donation {} has {lacks}", Reference::of(id)));
    let alone = store::alone(conn)?;
    Ok(vec![
        totals(conn)?,
        Proof::of(
            "Every gift, receipt and letter has what it names",
            received,
            name(alone, "a piece that stands alone"),
        ),
        Proof::of("Every received donation has its receipt", received, name(no_receipt, "no receipt")),
        Proof::of("Every receipt with an address has its letter", addressed, name(no_letter, "no letter")),
    ])
}

fn totals(conn: &mut Conn) -> Result<Proof, DbError> {
    let posted: BTreeMap<i64, i64> = ledger::raised_by_appeal(conn)?.into_iter().collect();
    let given: BTreeMap<i64, (i64, i64)> =
        store::sums_by_appeal(conn)?.into_iter().map(|(id, sum, count)| (id, (sum, count))).collect();
    let rows = funds::standing_rows(conn)?;
    let fault = rows.iter().find_map(|(appeal, total)| {
        let posted = posted.get(&appeal.id).copied().unwrap_or(0);
        let (given, count) = given.get(&appeal.id).copied().unwrap_or((0, 0));
        let agree = total.raised_minor == posted && posted == given && total.donations == count;
        (!agree).then(|| {
            format!(
                "appeal {} shows {} from {} gifts, its gifts say {given} from {count}, its postings say {posted}",
                appeal.name, total.raised_minor, total.donations
            )
        })
    });
    let count = i64::try_from(rows.len()).unwrap_or(i64::MAX);
    Ok(Proof::of("Raised as shown = sum of gifts = postings, for each appeal", count, fault))
}
