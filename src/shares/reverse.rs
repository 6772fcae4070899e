//! A reversal: an event that never counted, with its entry, its certificates, and the request behind it.
//!
//! Invariant: it takes effect on the day of what it reverses, so that on every day all sums are as if that had never
//! been; the book shows both.

use chrono::{DateTime, Utc};

use super::book::{self, EventKind, NewEvent, NewLine, Recorded};
use super::positions::Positions;
use super::store::withdrawals::{self, Step, WithdrawalStatus};
use super::store::{applications, book as stored};
use super::{Deed, ShareError, apply, class_on, settings, store};
use crate::db::{Conn, DbError};
use crate::ledger::{self, EntryKind, Line, NewEntry};

/// An event that was reversed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reversed {
    /// The reversal.
    pub recorded: Recorded,
    /// What it reverses.
    pub reverses: i64,
}

/// Reverses an event, unless later events stand on it.
///
/// # Errors
/// [`ShareError`]: unknown, a reversal itself, reversed before, paid out, or shares that were passed on since.
pub fn reverse(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &Deed,
    number: i64,
    reason: &str,
) -> Result<Reversed, ShareError> {
    if reason.is_empty() {
        return Err(ShareError::ReasonMissing);
    }
    let event = stored::event(conn, number)?.ok_or(ShareError::UnknownEvent(number))?;
    if event.reverses.is_some() {
        return Err(ShareError::IsReversal(number));
    }
    if let Some(by) = stored::reversal_of(conn, number)? {
        return Err(ShareError::AlreadyReversed(number, by));
    }
    let lines = stored::lines_of(conn, number)?;
    if event.is_interest && event.reverses.is_none() {
        return Err(ShareError::InterestAdded);
    }
    check(conn, &event, &lines)?;
    let back =
        lines.iter().map(|line| NewLine { shares: -line.shares, paid_minor: -line.paid_minor, ..*line }).collect();
    let new = reversing(&event, back, opposite(conn, event.entry)?, reason);
    let recorded = book::record_all(conn, now, deed, &[new])?.remove(0);
    undo_request(conn, now, deed, number, reason)?;
    Ok(Reversed { recorded, reverses: number })
}

/// The event that reverses this one, on its day.
pub(super) fn reversing(event: &stored::Event, lines: Vec<NewLine>, entry: Option<NewEntry>, reason: &str) -> NewEvent {
    NewEvent {
        kind: EventKind::Reversal,
        effective_on: event.effective_on,
        subject: event.subject.clone(),
        reason: reason.to_owned(),
        minute: String::new(),
        reverses: Some(event.number),
        ground: None,
        is_interest: false,
        entry,
        lines,
    }
}

/// Whether every holding stays within the rules without the event.
fn check(conn: &mut Conn, event: &stored::Event, lines: &[NewLine]) -> Result<(), ShareError> {
    let holders: Vec<i64> = lines.iter().filter_map(|line| line.holder).collect();
    let (date, settings) = (event.effective_on, settings(conn)?);
    let mut positions = Positions::load(conn, &holders, date)?;
    for line in lines {
        let Some(id) = line.holder else { continue };
        let holder = apply::entered(conn, id)?;
        let code = store::class(conn, line.class)?.code;
        let (class, terms) = class_on(conn, &code, date)?;
        if line.shares > 0 {
            positions.fall(&holder, (&class, &terms), date, line.shares)?;
        } else {
            positions.rise(&holder, (&class, &terms), &settings, date, -line.shares)?;
        }
    }
    Ok(())
}

/// The entry that takes back the event's own.
pub(super) fn opposite(conn: &mut Conn, entry: Option<i64>) -> Result<Option<NewEntry>, DbError> {
    let Some(number) = entry else { return Ok(None) };
    let found = ledger::entries_numbered(conn, &[number])?.into_iter().next();
    let entry = found.ok_or_else(|| DbError::Corrupt(format!("entry {number} is not in the ledger")))?;
    let currency = entry.postings.first().map(|posting| posting.currency);
    let lines = entry.postings.into_iter().map(|posting| Line {
        account: posting.account,
        amount_minor: -posting.amount_minor,
        appeal_id: posting.appeal_id,
    });
    Ok(Some(NewEntry {
        effective_on: entry.effective_on,
        kind: EntryKind::ShareReversal,
        subject: entry.subject,
        corrects: Some(number),
        currency: currency.ok_or_else(|| DbError::Corrupt(format!("entry {number} has no postings")))?,
        lines: lines.collect(),
    }))
}

/// What was asked for is open again: the money of an allotment waits, a withdrawal has its notice.
fn undo_request(conn: &mut Conn, now: DateTime<Utc>, deed: &Deed, number: i64, reason: &str) -> Result<(), ShareError> {
    if let Some(application) = applications::by_event(conn, number)? {
        let price = stored::lines_of(conn, number)?
            .iter()
            .filter(|line| line.holder.is_some())
            .map(|line| line.paid_minor)
            .sum();
        applications::reopen(conn, application.id, price)?;
    }
    if let Some(withdrawal) = withdrawals::by_event(conn, number)? {
        if withdrawal.status == WithdrawalStatus::Paid {
            return Err(ShareError::PaidOut);
        }
        let step = Step { status: WithdrawalStatus::NoticeGiven, reason, minute: "", event: None };
        withdrawals::step(conn, now, deed, withdrawal.id, &step)?;
    }
    Ok(())
}
