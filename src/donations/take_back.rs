//! A gift that was entered by mistake is taken back as if it had never been.
//!
//! Invariant: the entry that takes it back has the day of the one it corrects, so that the account of that day is right
//! again; the receipt number stays with the gift, so that the numbers have no gap.

use chrono::{DateTime, Utc};

use super::changes::{found, fund_of, not_yet_done, tell};
use super::store::NewEvent;
use super::{Change, ChangeError, Donation, rules, store};
use crate::db::{Conn, DbError};
use crate::funds::{self, Credit};
use crate::ledger;
use crate::outbox::{self, LetterKind};

/// Takes a gift back as if it had never been entered. One that had been promised is a promise again and keeps its
/// receipt number for when it arrives. A receipt that still waits to leave is dropped; where one has left, a letter of
/// correction follows it.
///
/// # Errors
/// [`ChangeError`]: unknown, not received, gone back in part or whole, a cheque that was paid in, closed books.
pub fn take_back(conn: &mut Conn, now: DateTime<Utc>, number: i64, change: &Change) -> Result<Donation, ChangeError> {
    let Some(donation) = not_yet_done(conn, number, change)? else { return found(conn, number) };
    rules::check_mistaken(&donation)?;
    let fund = fund_of(conn, &donation)?;
    let appeal = funds::appeal_by_name(conn, fund.id, &donation.appeal)?;
    if appeal.is_some_and(|appeal| appeal.closed_at.is_some()) {
        return Err(ChangeError::Closed(donation.appeal));
    }
    let came_on = rules::came_on(&donation)?;
    let entry = rules::correcting_entry(&donation, &fund, came_on);
    let posted = ledger::post_all(conn, now, &[entry]).map_err(DbError::from)?;
    let events = store::events_of(conn, number)?;
    let arrived = events.iter().rev().find(|event| event.kind == "received");
    let promised = arrived.map(|event| {
        let method = event.promised_method.unwrap_or(donation.method);
        (event.promised_minor.unwrap_or(donation.amount_minor), method)
    });
    store::set_taken_back(conn, &donation, promised)?;
    let new = NewEvent::of(&donation, "taken_back", donation.amount_minor);
    let event = store::insert_event(conn, now, change, &NewEvent { entry: Some(posted[0].number), ..new })?;
    let credit = Credit {
        appeal_id: donation.appeal_id,
        day: came_on,
        method: donation.method,
        raised_minor: -donation.amount_minor,
        donations: -1,
        adjusted_minor: 0,
        entry: posted[0].number,
        hash: posted[0].hash.clone(),
    };
    funds::credit(conn, &[credit])?;
    if !outbox::drop_waiting(conn, number, None, &[LetterKind::Receipt, LetterKind::Duplicate])? {
        tell(conn, now, &donation, LetterKind::Correction, Some(event))?;
    }
    found(conn, number)
}
