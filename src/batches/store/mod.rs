//! SQL of batches and their setting; beside it the rows and the slips.

mod rows;
mod slips;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use diesel::prelude::*;

use super::{Batch, By, Kind, NewBatch, NewControl, State};
use crate::db::schema::{batch_rows, batch_settings, batches, funds};
use crate::db::{Conn, DbError};
use crate::money::Currency;
pub(super) use rows::{
    add_up_to_allocations, delete_row, insert_row, line_with_promise, move_rows, row_by_key, rows_in_hand,
    rows_numbered, set_in_hand, set_rows_in_hand, update_row,
};
pub use rows::{row, rows_of, sums_of};
pub(super) use slips::{
    NewItem, NewSlip, insert_slip, is_linked, item_of, items_of, newest_slips, next_id, set_bounced, set_undone, slip,
    slip_by_key, slips_that_differ,
};

#[derive(Queryable, Selectable)]
#[diesel(table_name = batches)]
struct BatchRow {
    id: i64,
    kind: String,
    state: String,
    fund_id: i64,
    received_on: NaiveDate,
    control_minor: i64,
    control_count: i64,
    note: String,
    counted_by: String,
    opened_at: NaiveDateTime,
    checked_by: Option<String>,
    checked_at: Option<NaiveDateTime>,
    closed_by: Option<String>,
    closed_at: Option<NaiveDateTime>,
    reversed_by: Option<String>,
    reversed_at: Option<NaiveDateTime>,
    reversed_reason: Option<String>,
}

fn batch_of((row, code): (BatchRow, String)) -> Result<Batch, DbError> {
    let odd = |what: &str| DbError::Corrupt(format!("batch {} has an unknown {what}", row.id));
    Ok(Batch {
        id: row.id,
        kind: Kind::from_name(&row.kind).ok_or_else(|| odd("kind"))?,
        state: State::from_name(&row.state).ok_or_else(|| odd("state"))?,
        fund_id: row.fund_id,
        currency: Currency::from_code(&code).ok_or_else(|| odd("currency"))?,
        received_on: row.received_on,
        control_minor: row.control_minor,
        control_count: row.control_count,
        note: row.note,
        counted_by: row.counted_by,
        opened_at: row.opened_at.and_utc(),
        checked_by: row.checked_by,
        checked_at: row.checked_at.map(|at| at.and_utc()),
        closed_by: row.closed_by,
        closed_at: row.closed_at.map(|at| at.and_utc()),
        reversed_by: row.reversed_by,
        reversed_at: row.reversed_at.map(|at| at.and_utc()),
        reversed_reason: row.reversed_reason,
    })
}

macro_rules! batches_in_full {
    () => {
        batches::table.inner_join(funds::table).select((BatchRow::as_select(), funds::currency))
    };
}

/// The batch with this number.
///
/// # Errors
/// Only when the database fails.
pub fn batch(conn: &mut Conn, id: i64) -> Result<Option<Batch>, DbError> {
    let row: Option<(BatchRow, String)> = batches_in_full!().filter(batches::id.eq(id)).first(conn).optional()?;
    row.map(batch_of).transpose()
}

/// The batches that are being entered, oldest first.
///
/// # Errors
/// Only when the database fails.
pub fn open_batches(conn: &mut Conn, limit: i64) -> Result<Vec<Batch>, DbError> {
    let rows: Vec<(BatchRow, String)> = batches_in_full!()
        .filter(diesel::dsl::sql::<diesel::sql_types::Bool>(IS_OPEN))
        .order(batches::id)
        .limit(limit)
        .load(conn)?;
    rows.into_iter().map(batch_of).collect()
}

/// Word for word the condition of the index `batches_open`.
const IS_OPEN: &str = "batches.state = 'open'";

/// How many batches are being entered.
///
/// # Errors
/// Only when the database fails.
pub fn count_open(conn: &mut Conn) -> Result<i64, DbError> {
    Ok(batches::table.filter(diesel::dsl::sql::<diesel::sql_types::Bool>(IS_OPEN)).count().get_result(conn)?)
}

/// How many batches are being entered of which something came up to this day: the batch itself, or a row that says so.
///
/// # Errors
/// Only when the database fails.
pub fn count_open_until(conn: &mut Conn, day: NaiveDate) -> Result<i64, DbError> {
    let rows = batch_rows::table
        .filter(batch_rows::batch_id.eq(batches::id))
        .filter(batch_rows::received_on.le(day))
        .select(batch_rows::id);
    Ok(batches::table
        .filter(diesel::dsl::sql::<diesel::sql_types::Bool>(IS_OPEN))
        .filter(batches::received_on.le(day).or(diesel::dsl::exists(rows)))
        .count()
        .get_result(conn)?)
}

/// The batches that are not open any more, below `before`, newest first.
///
/// # Errors
/// Only when the database fails.
pub fn posted_before(conn: &mut Conn, before: Option<i64>, limit: i64) -> Result<Vec<Batch>, DbError> {
    let rows: Vec<(BatchRow, String)> = batches_in_full!()
        .filter(batches::state.ne(State::Open.name()))
        .filter(batches::id.lt(before.unwrap_or(i64::MAX)))
        .order(batches::id.desc())
        .limit(limit)
        .load(conn)?;
    rows.into_iter().map(batch_of).collect()
}

/// Batches in any state above `after`, in the order in which they were opened.
///
/// # Errors
/// Only when the database fails.
pub fn after(conn: &mut Conn, after: i64, limit: i64) -> Result<Vec<Batch>, DbError> {
    let rows: Vec<(BatchRow, String)> =
        batches_in_full!().filter(batches::id.gt(after)).order(batches::id).limit(limit).load(conn)?;
    rows.into_iter().map(batch_of).collect()
}

pub(super) fn batch_by_key(conn: &mut Conn, key: &str) -> Result<Option<i64>, DbError> {
    Ok(batches::table.filter(batches::key.eq(key)).select(batches::id).first(conn).optional()?)
}

pub(super) fn insert_batch(conn: &mut Conn, now: DateTime<Utc>, by: &By, new: &NewBatch) -> Result<i64, DbError> {
    let last: Option<i64> = batches::table.select(diesel::dsl::max(batches::id)).first(conn)?;
    let id = last.unwrap_or(0) + 1;
    diesel::insert_into(batches::table)
        .values((
            batches::id.eq(id),
            batches::key.eq(&new.key),
            batches::kind.eq(new.kind.name()),
            batches::state.eq(State::Open.name()),
            batches::fund_id.eq(new.fund_id),
            batches::received_on.eq(new.control.received_on),
            batches::control_minor.eq(new.control.sum_minor),
            batches::control_count.eq(new.control.count),
            batches::note.eq(&new.control.note),
            batches::counted_by.eq(&by.who),
            batches::opened_at.eq(now.naive_utc()),
            batches::request_id.eq(&by.request_id),
        ))
        .execute(conn)?;
    Ok(id)
}

pub(super) fn set_control(conn: &mut Conn, id: i64, control: &NewControl) -> Result<(), DbError> {
    diesel::update(batches::table.find(id))
        .set((
            batches::received_on.eq(control.received_on),
            batches::control_minor.eq(control.sum_minor),
            batches::control_count.eq(control.count),
            batches::note.eq(&control.note),
            batches::checked_by.eq(None::<String>),
            batches::checked_at.eq(None::<NaiveDateTime>),
        ))
        .execute(conn)?;
    Ok(())
}

/// Signs a batch, or takes the signature off it.
pub(super) fn set_checked(conn: &mut Conn, id: i64, by: Option<(DateTime<Utc>, &str)>) -> Result<(), DbError> {
    diesel::update(batches::table.find(id))
        .set((batches::checked_by.eq(by.map(|(_, who)| who)), batches::checked_at.eq(by.map(|(at, _)| at.naive_utc()))))
        .execute(conn)?;
    Ok(())
}

pub(super) fn set_closed(conn: &mut Conn, now: DateTime<Utc>, by: &By, id: i64, state: State) -> Result<(), DbError> {
    diesel::update(batches::table.find(id))
        .set((batches::state.eq(state.name()), batches::closed_by.eq(&by.who), batches::closed_at.eq(now.naive_utc())))
        .execute(conn)?;
    Ok(())
}

pub(super) fn set_reversed(conn: &mut Conn, now: DateTime<Utc>, by: &By, id: i64, reason: &str) -> Result<(), DbError> {
    diesel::update(batches::table.find(id))
        .set((
            batches::state.eq(State::Reversed.name()),
            batches::reversed_by.eq(&by.who),
            batches::reversed_at.eq(now.naive_utc()),
            batches::reversed_reason.eq(reason),
        ))
        .execute(conn)?;
    Ok(())
}

/// Whether a batch must be checked by somebody other than who counted it.
///
/// # Errors
/// Only when the database fails.
pub fn needs_two(conn: &mut Conn) -> Result<bool, DbError> {
    Ok(batch_settings::table.find(1).select(batch_settings::needs_two).first(conn)?)
}

/// Asks for two people from now on, or no longer.
///
/// # Errors
/// Only when the database fails.
pub fn set_needs_two(conn: &mut Conn, needs_two: bool) -> Result<(), DbError> {
    diesel::update(batch_settings::table.find(1)).set(batch_settings::needs_two.eq(needs_two)).execute(conn)?;
    Ok(())
}
