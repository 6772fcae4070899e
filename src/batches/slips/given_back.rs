//! A cheque of which a part was given back goes to the bank whole: nobody can cut it. What was given back leaves the bank.
//!
//! Invariant: while a cheque is in hand, its account holds what is left of it; once it is paid in, the bank shows what
//! the bank's statement shows.

use chrono::{DateTime, NaiveDate, Utc};

use super::ChequeView;
use crate::db::{Conn, DbError};
use crate::donations;
use crate::ledger::{self, EntryKind, Line, NewEntry, accounts};
use crate::payments::rules::moved;
use crate::reference::Reference;

/// Entries that move what was given back of these cheques, up to a moment, from the cheques in hand to the bank.
pub(super) fn out_of_bank(
    conn: &mut Conn,
    views: &[ChequeView],
    (on, until): (NaiveDate, DateTime<Utc>),
) -> Result<Vec<NewEntry>, DbError> {
    let mut entries = Vec::new();
    for view in views.iter().filter(|view| view.given_back_minor > 0) {
        for gift in &view.gifts {
            let numbers = refunds(conn, *gift, |at| at <= until)?;
            for refund in ledger::entries_numbered(conn, &numbers)? {
                let back_minor = -moved(&refund, accounts::CHEQUES_IN_HAND);
                let line =
                    |account: &str, amount_minor| Line { account: account.to_owned(), amount_minor, appeal_id: None };
                let new = NewEntry {
                    effective_on: on,
                    kind: EntryKind::Correction,
                    subject: gift.to_string(),
                    corrects: Some(refund.number),
                    currency: view.currency,
                    lines: vec![line(accounts::CHEQUES_IN_HAND, back_minor), line(accounts::BANK, -back_minor)],
                };
                entries.extend((back_minor > 0).then_some(new));
            }
        }
    }
    Ok(entries)
}

/// The first of these cheques of which something was given back after a moment.
pub(super) fn since<'a>(
    conn: &mut Conn,
    views: &'a [ChequeView],
    moment: DateTime<Utc>,
) -> Result<Option<&'a ChequeView>, DbError> {
    for view in views.iter().filter(|view| view.given_back_minor > 0) {
        for gift in &view.gifts {
            if !refunds(conn, *gift, |at| at > moment)?.is_empty() {
                return Ok(Some(view));
            }
        }
    }
    Ok(None)
}

fn refunds(conn: &mut Conn, gift: Reference, is_meant: impl Fn(DateTime<Utc>) -> bool) -> Result<Vec<i64>, DbError> {
    let events = donations::events_of(conn, gift.number())?;
    let refunds = events.iter().filter(|event| event.kind == "refunded" && is_meant(event.recorded_at));
    Ok(refunds.filter_map(|event| event.entry).collect())
}
