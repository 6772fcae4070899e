//! A batch is opened with what was counted, checked by a second person, or put away.

use chrono::{DateTime, NaiveDate, Utc};

use super::rules::is_same_person;
use super::{Batch, BatchError, By, Kind, State, store};
use crate::clock::date_in;
use crate::db::{Conn, DbError};
use crate::fault::Fault;
use crate::funds::{self, Fund};

/// What is declared before anything is typed.
#[derive(Debug, Clone)]
pub struct NewBatch {
    /// One form makes one batch.
    pub key: String,
    /// What lies in the envelope.
    pub kind: Kind,
    /// The fund of its gifts.
    pub fund_id: i64,
    /// What was counted.
    pub control: NewControl,
}

/// What was counted, and when it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewControl {
    /// The day it came.
    pub received_on: NaiveDate,
    /// The sum.
    pub sum_minor: i64,
    /// How many.
    pub count: i64,
    /// Where it came from; may be empty.
    pub note: String,
}

/// Opens a batch; a second sending of the same form leads to the same one. The answer is its number.
///
/// # Errors
/// [`BatchError::Faults`]: a sum or a number of nothing, a day that cannot be.
pub fn open(conn: &mut Conn, now: DateTime<Utc>, by: &By, new: &NewBatch) -> Result<i64, BatchError> {
    if let Some(known) = store::batch_by_key(conn, &new.key)? {
        return Ok(known);
    }
    let fund = funds::fund(conn, new.fund_id)?.ok_or(BatchError::field("fund", "Please choose the fund."))?;
    check_control(now, &fund, &new.control)?;
    Ok(store::insert_batch(conn, now, by, new)?)
}

fn check_control(now: DateTime<Utc>, fund: &Fund, control: &NewControl) -> Result<(), BatchError> {
    let mut faults = Vec::new();
    if let Err(refusal) = funds::rules::check_date(control.received_on, date_in(now, fund.zone)) {
        faults.push(Fault { field: "received_on", message: refusal.to_string() });
    }
    if control.sum_minor <= 0 {
        faults.push(Fault { field: "control", message: "Please count the money and give its sum.".to_owned() });
    }
    if !(1..=super::rules::ROWS_MAX).contains(&control.count) {
        let message = format!("Please give how many there are, from 1 to {}.", super::rules::ROWS_MAX);
        faults.push(Fault { field: "count", message });
    }
    if faults.is_empty() { Ok(()) } else { Err(BatchError::Faults(faults)) }
}

/// Corrects what was declared. A check that was signed falls away, because it was of something else.
///
/// # Errors
/// [`BatchError`]: a batch that is not open, a sum or a number of nothing.
pub fn change_control(conn: &mut Conn, now: DateTime<Utc>, id: i64, control: &NewControl) -> Result<(), BatchError> {
    let batch = still_open(conn, id)?;
    let fund = funds::fund(conn, batch.fund_id)?;
    let fund = fund.ok_or_else(|| DbError::Corrupt(format!("batch {id} has no fund")))?;
    check_control(now, &fund, control)?;
    store::set_control(conn, id, control)?;
    if batch.received_on != control.received_on {
        store::move_rows(conn, id, batch.received_on, control.received_on)?;
    }
    Ok(())
}

/// Signs that somebody has compared the batch with what lies on the table.
///
/// # Errors
/// [`BatchError`]: not open, nothing in it, does not add up, or the one who counted it where two people are asked for.
pub fn check(conn: &mut Conn, now: DateTime<Utc>, by: &By, id: i64) -> Result<(), BatchError> {
    let batch = still_open(conn, id)?;
    if store::needs_two(conn)? && is_same_person(&batch.counted_by, by) {
        return Err(BatchError::SamePerson);
    }
    adds_up(conn, &batch)?;
    store::set_checked(conn, id, Some((now, &by.who)))?;
    Ok(())
}

/// Puts an open batch away; nothing of it ever reached the books.
///
/// # Errors
/// [`BatchError`]: not open.
pub fn discard(conn: &mut Conn, now: DateTime<Utc>, by: &By, id: i64) -> Result<(), BatchError> {
    let batch = store::batch(conn, id)?.ok_or(BatchError::Unknown)?;
    match batch.state {
        State::Discarded => Ok(()),
        State::Open => Ok(store::set_closed(conn, now, by, id, State::Discarded)?),
        other => Err(BatchError::NotOpen(other.name())),
    }
}

/// The batch, while it is open.
pub(super) fn still_open(conn: &mut Conn, id: i64) -> Result<Batch, BatchError> {
    let batch = store::batch(conn, id)?.ok_or(BatchError::Unknown)?;
    match batch.state {
        State::Open => Ok(batch),
        other => Err(BatchError::NotOpen(other.name())),
    }
}

/// Refuses a batch whose rows are not what was counted, with all that differs.
pub(super) fn adds_up(conn: &mut Conn, batch: &Batch) -> Result<(), BatchError> {
    let sums = store::sums_of(conn, batch.id)?;
    if sums.count == 0 {
        return Err(BatchError::Empty);
    }
    let told = super::rules::differences(sums, (batch.control_minor, batch.control_count), batch.currency);
    if told.is_empty() { Ok(()) } else { Err(BatchError::DoesNotAddUp(told.join(" "))) }
}
