//! An allocation is taken back: by new entries, each with the day of the one it corrects.
//!
//! Invariant: nothing of a closed month is taken back, and what went back to a giver is not taken back twice.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use super::store;
use super::{Allocation, By, PaymentError, PurposeKind, Refusal, Source, allocations_of, rules};
use crate::db::{Conn, DbError};
use crate::donations::{self, Change};
use crate::funds;
use crate::ledger::{self, NewEntry};
use crate::reference::Reference;
use crate::shares;

/// Takes back every allocation of a payment; afterwards the money is as if nobody had looked at it.
///
/// # Errors
/// [`PaymentError::Refused`]: nothing allocated, closed books, a gift that went back, an application that was decided, a
/// cheque that was paid in.
pub fn take_back(
    conn: &mut Conn,
    now: DateTime<Utc>,
    by: &By,
    source: Source,
    reason: &str,
) -> Result<(), PaymentError> {
    take_back_all(conn, now, by, &[source], reason)
}

/// Takes back every allocation of many payments, all or none.
///
/// # Errors
/// As [`take_back`]; the refusal names the payment.
pub fn take_back_all(
    conn: &mut Conn,
    now: DateTime<Utc>,
    by: &By,
    sources: &[Source],
    reason: &str,
) -> Result<(), PaymentError> {
    let live: Vec<Allocation> = allocations_of(conn, sources)?.into_iter().filter(Allocation::is_live).collect();
    let known: std::collections::HashSet<Source> = live.iter().map(|allocation| allocation.source).collect();
    if let Some(source) = sources.iter().find(|source| !known.contains(source)) {
        return Err(Refusal::NothingAllocated.of(*source, 0));
    }
    let posted = entries_back(conn, now, &live, Months::MustBeOpen)?;
    let mut undone = Vec::with_capacity(live.len());
    for allocation in &live {
        let entry = match allocation.purpose {
            PurposeKind::Gift | PurposeKind::Promise => Some(gift_back(conn, now, by, allocation, reason)?),
            PurposeKind::Shares => {
                let deed = shares::Deed { by: by.who.clone(), request_id: by.request_id.clone() };
                let back = shares::take_payment_back(conn, now, &deed, allocation.entry, reason);
                Some(back.map_err(|refusal| Refusal::from(refusal).of(allocation.source, 0))?.1)
            }
            PurposeKind::Account | PurposeKind::Unallocated => posted.get(&allocation.entry).copied(),
            PurposeKind::Known => None,
        };
        undone.push((allocation.id, entry));
    }
    Ok(store::note_undone(conn, now, by, reason, &undone)?)
}

fn gift_back(
    conn: &mut Conn,
    now: DateTime<Utc>,
    by: &By,
    allocation: &Allocation,
    reason: &str,
) -> Result<i64, PaymentError> {
    let number = allocation.subject.parse::<Reference>().map(Reference::number);
    let number = number.map_err(|_| DbError::Corrupt(format!("allocation {} names no gift", allocation.id)))?;
    let key = format!("allocation:{}:back", allocation.id);
    let change = Change {
        fingerprint: Sha256::digest(key.as_bytes()).into(),
        key,
        reason: reason.to_owned(),
        by: by.who.clone(),
        request_id: by.request_id.clone(),
    };
    let refuse = |refusal| Refusal::Change(refusal).of(allocation.source, 0);
    donations::take_back(conn, now, number, &change).map_err(refuse)?;
    let events = donations::events_of(conn, number)?;
    let entry = events.iter().rev().find(|event| event.kind == "taken_back").and_then(|event| event.entry);
    entry.ok_or_else(|| DbError::Corrupt(format!("the gift {number} was taken back without an entry")).into())
}

/// Money that waited in unallocated receipts leaves them, because somebody now knows what it is for.
pub(super) fn release(
    conn: &mut Conn,
    now: DateTime<Utc>,
    by: &By,
    waiting: &[Allocation],
) -> Result<(), PaymentError> {
    if waiting.is_empty() {
        return Ok(());
    }
    let posted = entries_back(conn, now, waiting, Months::MayBeClosed)?;
    let undone: Vec<(i64, Option<i64>)> = waiting.iter().map(|it| (it.id, posted.get(&it.entry).copied())).collect();
    Ok(store::note_undone(conn, now, by, "allocated", &undone)?)
}

/// Whether a closed month refuses.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Months {
    MustBeOpen,
    MayBeClosed,
}

/// Reverses the entries of accounts and of money that waited, all in one go: the number of each with the new one's.
fn entries_back(
    conn: &mut Conn,
    now: DateTime<Utc>,
    live: &[Allocation],
    months: Months,
) -> Result<HashMap<i64, i64>, PaymentError> {
    let is_ours = |it: &&Allocation| matches!(it.purpose, PurposeKind::Account | PurposeKind::Unallocated);
    let mut numbers: Vec<i64> = live.iter().filter(is_ours).map(|allocation| allocation.entry).collect();
    numbers.sort_unstable();
    numbers.dedup();
    if numbers.is_empty() {
        return Ok(HashMap::new());
    }
    let entries = store::entries(conn, &numbers)?;
    if months == Months::MustBeOpen {
        for day in rules::days(&entries) {
            if let Some(month) = funds::closed_on(conn, day)? {
                let of = entries.iter().find(|entry| entry.effective_on == day).map(|entry| entry.number);
                let of = live.iter().find(|allocation| Some(allocation.entry) == of).unwrap_or(&live[0]);
                return Err(Refusal::Closed(month).of(of.source, 0));
            }
        }
    }
    let reversed: Vec<NewEntry> = entries.iter().filter_map(rules::reversed).collect();
    let posted = ledger::post_all(conn, now, &reversed).map_err(DbError::from)?;
    let back = reversed.iter().zip(posted).filter_map(|(entry, posted)| Some((entry.corrects?, posted.number)));
    Ok(back.collect())
}
