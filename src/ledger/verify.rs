//! Proves the ledger: balance, numbering, chain and daily sums, read from the first entry to the last.

use super::chain::{self, GENESIS, Head};
use super::store::{self, Entry, Run};
use crate::db::{Conn, DbError};
use crate::proof::Proof;

/// Entries read at a time: about a megabyte.
const CHUNK: i64 = 5_000;

/// Checks every entry, in one view of the database.
///
/// # Errors
/// Only when the database fails; a broken ledger is a proof with a fault.
pub fn verify(conn: &mut Conn) -> Result<Vec<Proof>, DbError> {
    let (mut unbalanced, mut gap, mut broken) = (None, None, None);
    let (mut last, mut before) = (0, GENESIS.to_vec());
    loop {
        let entries = store::entries_after(conn, last, CHUNK)?;
        if entries.is_empty() {
            break;
        }
        for entry in entries {
            let number = entry.number;
            if number != last + 1 && gap.is_none() {
                gap = Some(format!("after entry {last} comes entry {number}"));
            }
            if !balances(&entry) && unbalanced.is_none() {
                unbalanced = Some(format!("entry {number} does not balance"));
            }
            if expected_hash(&before, &entry) != entry.hash[..] && broken.is_none() {
                broken = Some(format!("entry {number} is not what was hashed when it was posted"));
            }
            (last, before) = (number, entry.hash);
        }
    }
    let odd_days = store::days_that_differ(conn)?;
    let odd_days = (!odd_days.is_empty()).then(|| format!("sums differ for {}", odd_days.join(", ")));
    let alone =
        store::posting_alone(conn)?.map(|entry| format!("a posting of entry {entry} names nothing that is there"));
    Ok(vec![
        Proof::of("Every entry balances in its currency", last, unbalanced),
        Proof::of("Entries are numbered without a gap", last, gap),
        Proof::of("The hash chain holds", last, broken),
        Proof::of("Every posting has its entry, account and appeal", last, alone),
        Proof::of("Daily account sums equal their postings", last, odd_days),
    ])
}

/// The first fault of the entries of a run, read again from the first to the last: a number that is missing, an entry
/// that does not balance or is not what was hashed when it was posted. None when all is as it was.
///
/// # Errors
/// Only when the database fails.
pub fn fault_of(conn: &mut Conn, run: &Run) -> Result<Option<String>, DbError> {
    let earlier = store::entries_before(conn, Some(run.first), 1)?.pop();
    let (mut last, mut before) = earlier.map_or((0, GENESIS.to_vec()), |entry| (entry.number, entry.hash));
    while last < run.last {
        for entry in store::entries_after(conn, last, CHUNK)? {
            let number = entry.number;
            if number > run.last {
                break;
            }
            if number != last + 1 {
                return Ok(Some(format!("after entry {last} comes entry {number}")));
            }
            if !balances(&entry) {
                return Ok(Some(format!("entry {number} does not balance")));
            }
            if expected_hash(&before, &entry) != entry.hash[..] {
                return Ok(Some(format!("entry {number} is not what was hashed when it was posted")));
            }
            (last, before) = (number, entry.hash);
        }
    }
    Ok(None)
}

fn balances(entry: &Entry) -> bool {
    let Some(first) = entry.postings.first() else { return false };
    let sum: i128 = entry.postings.iter().map(|line| i128::from(line.amount_minor)).sum();
    sum == 0 && entry.postings.iter().all(|line| line.currency == first.currency)
}

/// The hash that an entry should have after the one with hash `before`.
pub fn expected_hash(before: &[u8], entry: &Entry) -> [u8; 32] {
    let head = Head {
        number: entry.number,
        effective_on: entry.effective_on,
        recorded_at: entry.recorded_at,
        kind: &entry.kind,
        subject: &entry.subject,
        corrects: entry.corrects,
    };
    let lines = entry.postings.iter();
    let lines = lines.map(|line| (line.account.as_str(), line.amount_minor, line.currency.code(), line.appeal_id));
    chain::hash(before, &chain::line_of(&head, lines))
}
