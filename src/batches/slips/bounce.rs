//! A cheque comes back from the bank: everything it made is taken out again, and its giver is told kindly.

use chrono::{DateTime, NaiveDate, Utc};
use sha2::{Digest, Sha256};

use super::{Cheque, Slip, gift_of};
use crate::batches::{BatchError, By, store};
use crate::clock::date_in;
use crate::db::{Conn, DbError};
use crate::donations::{self, Change, Status};
use crate::funds;
use crate::ledger::{self, EntryKind, Line, NewEntry, accounts};
use crate::payments::{self, Allocation, PurposeKind, Source};
use crate::reference::Reference;
use crate::shares;

/// A cheque that came back from the bank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bounced {
    /// The slip on which it stands.
    pub slip: Slip,
    /// The entries that took out what it had made, each out of the bank.
    pub entries: Vec<i64>,
}

/// Takes a cheque of a slip back because the bank did not pay it: out of the bank, out of the appeal's total, out of the
/// application, out of the other income. All of it or nothing.
///
/// # Errors
/// [`BatchError`]: not on the slip, gone back before, an application that was decided meanwhile.
pub fn bounce(
    conn: &mut Conn,
    now: DateTime<Utc>,
    by: &By,
    cheque: (i64, Cheque),
    reason: &str,
) -> Result<Bounced, BatchError> {
    bounce_on(conn, now, by, cheque, None, reason)
}

/// The same on the bank's day; today where none is given.
///
/// # Errors
/// Those of [`bounce`].
pub fn bounce_on(
    conn: &mut Conn,
    now: DateTime<Utc>,
    by: &By,
    (slip, cheque): (i64, Cheque),
    on: Option<NaiveDate>,
    reason: &str,
) -> Result<Bounced, BatchError> {
    let known = store::slip(conn, slip)?.ok_or(BatchError::UnknownSlip)?;
    if known.undone_at.is_some() {
        return Err(BatchError::SlipUndone);
    }
    let item = store::items_of(conn, slip)?.into_iter().find(|item| item.cheque == cheque);
    if item.ok_or(BatchError::NotOnSlip)?.bounced {
        return Err(BatchError::AlreadyBack);
    }
    let entries = match cheque {
        Cheque::Gift(number) => gift_back(conn, now, by, (number, on), reason)?.into_iter().collect(),
        Cheque::Shares(id) => {
            let payment = shares::payments_numbered(conn, &[id])?.pop().ok_or(BatchError::NotOnSlip)?;
            vec![shares::bounce_payment(conn, now, &deed(by), payment.entry, on)?]
        }
        Cheque::Row(row) => row_back(conn, now, by, (row, on), reason)?,
    };
    if entries.is_empty() {
        return Err(BatchError::AlreadyBack);
    }
    store::set_bounced(conn, slip, cheque)?;
    Ok(Bounced { slip: known, entries })
}

fn deed(by: &By) -> shares::Deed {
    shares::Deed { by: by.who.clone(), request_id: by.request_id.clone() }
}

/// The entry, where the gift was still there to go back.
fn gift_back(
    conn: &mut Conn,
    now: DateTime<Utc>,
    by: &By,
    (number, on): (i64, Option<NaiveDate>),
    reason: &str,
) -> Result<Option<i64>, BatchError> {
    if donations::by_number(conn, number)?.is_none_or(|gift| gift.status != Status::Received) {
        return Ok(None);
    }
    let key = format!("slip:bounce:{number}");
    let change = Change {
        fingerprint: Sha256::digest(key.as_bytes()).into(),
        key,
        reason: reason.to_owned(),
        by: by.who.clone(),
        request_id: by.request_id.clone(),
    };
    donations::bounce_on(conn, now, number, on, &change)?;
    let events = donations::events_of(conn, number)?;
    Ok(events.iter().rev().find(|event| event.kind == "bounced").and_then(|event| event.entry))
}

fn row_back(
    conn: &mut Conn,
    now: DateTime<Utc>,
    by: &By,
    (row, on): (i64, Option<NaiveDate>),
    reason: &str,
) -> Result<Vec<i64>, BatchError> {
    let allocations = payments::allocations_of(conn, &[Source::BatchRow(row)])?;
    let live: Vec<Allocation> = allocations.into_iter().filter(Allocation::is_live).collect();
    let mut back = Vec::new();
    for allocation in &live {
        if let Some(reference) = gift_of(allocation) {
            back.extend(gift_back(conn, now, by, (Reference::number(reference), on), reason)?);
        } else if allocation.purpose == PurposeKind::Shares {
            back.push(shares::bounce_payment(conn, now, &deed(by), allocation.entry, on)?);
        }
    }
    let mut income: Vec<i64> = live.iter().filter(|it| it.purpose == PurposeKind::Account).map(|it| it.entry).collect();
    income.dedup();
    back.extend(income_back(conn, now, on, &income)?);
    Ok(back)
}

/// Other income that was paid with the cheque leaves the bank; the answer is the entries.
fn income_back(
    conn: &mut Conn,
    now: DateTime<Utc>,
    on: Option<NaiveDate>,
    numbers: &[i64],
) -> Result<Vec<i64>, DbError> {
    let zone = funds::all(conn)?.first().map_or(chrono_tz::Tz::UTC, |fund| fund.zone);
    let mut back = Vec::with_capacity(numbers.len());
    for entry in ledger::entries_numbered(conn, numbers)? {
        let Some(currency) = entry.postings.first().map(|posting| posting.currency) else { continue };
        let lines = entry.postings.iter().map(|posting| {
            let is_cheque = posting.account == accounts::CHEQUES_IN_HAND;
            let account = if is_cheque { accounts::BANK } else { posting.account.as_str() };
            Line { account: account.to_owned(), amount_minor: -posting.amount_minor, appeal_id: None }
        });
        back.push(NewEntry {
            effective_on: on.unwrap_or_else(|| date_in(now, zone)),
            kind: EntryKind::Bounce,
            subject: entry.subject.clone(),
            corrects: Some(entry.number),
            currency,
            lines: lines.collect(),
        });
    }
    Ok(ledger::post_all(conn, now, &back)?.into_iter().map(|posted| posted.number).collect())
}
