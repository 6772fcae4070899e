//! SQL of the rows of batches.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool};

use crate::batches::rows::CheckedRow;
use crate::batches::{By, Row, State, Sums};
use crate::db::schema::{allocations, batch_rows, batches};
use crate::db::{Conn, DbError};

#[derive(Queryable, Selectable)]
#[diesel(table_name = batch_rows)]
struct StoredRow {
    id: i64,
    batch_id: i64,
    line: i64,
    amount_minor: i64,
    received_on: NaiveDate,
    name: String,
    email: Option<String>,
    acknowledge_as: String,
    anonymous: bool,
    note: String,
    donation_id: Option<i64>,
    shares_minor: i64,
    application_id: Option<i64>,
    other_minor: i64,
    other_account: String,
    entered_by: String,
    in_hand: bool,
    address: String,
    in_memory_of: String,
    memory_in_print: bool,
    cheque_number: String,
}

impl From<StoredRow> for Row {
    fn from(row: StoredRow) -> Self {
        Self {
            id: row.id,
            batch_id: row.batch_id,
            line: row.line,
            amount_minor: row.amount_minor,
            received_on: row.received_on,
            name: row.name,
            email: row.email,
            acknowledge_as: row.acknowledge_as,
            anonymous: row.anonymous,
            note: row.note,
            donation_id: row.donation_id,
            shares_minor: row.shares_minor,
            application_id: row.application_id,
            other_minor: row.other_minor,
            other_account: row.other_account,
            entered_by: row.entered_by,
            in_hand: row.in_hand,
            address: row.address,
            in_memory_of: row.in_memory_of,
            memory_in_print: row.memory_in_print,
            cheque_number: row.cheque_number,
        }
    }
}

/// The row with this number.
///
/// # Errors
/// Only when the database fails.
pub fn row(conn: &mut Conn, id: i64) -> Result<Option<Row>, DbError> {
    let row: Option<StoredRow> = batch_rows::table.find(id).select(StoredRow::as_select()).first(conn).optional()?;
    Ok(row.map(Row::from))
}

pub(in crate::batches) fn row_by_key(conn: &mut Conn, key: &str) -> Result<Option<Row>, DbError> {
    let row: Option<StoredRow> =
        batch_rows::table.filter(batch_rows::key.eq(key)).select(StoredRow::as_select()).first(conn).optional()?;
    Ok(row.map(Row::from))
}

/// The rows of a batch in the order of entry; with a limit, the last of them.
///
/// # Errors
/// Only when the database fails.
pub fn rows_of(conn: &mut Conn, batch: i64, last: Option<i64>) -> Result<Vec<Row>, DbError> {
    let mut rows: Vec<StoredRow> = batch_rows::table
        .filter(batch_rows::batch_id.eq(batch))
        .order(batch_rows::line.desc())
        .limit(last.unwrap_or(i64::MAX))
        .select(StoredRow::as_select())
        .load(conn)?;
    rows.reverse();
    Ok(rows.into_iter().map(Row::from).collect())
}

/// The rows of these numbers.
pub(in crate::batches) fn rows_numbered(conn: &mut Conn, ids: &[i64]) -> Result<Vec<Row>, DbError> {
    let rows: Vec<StoredRow> = batch_rows::table
        .filter(batch_rows::id.eq_any(ids))
        .order(batch_rows::id)
        .select(StoredRow::as_select())
        .load(conn)?;
    Ok(rows.into_iter().map(Row::from).collect())
}

/// What has been entered of a batch.
///
/// # Errors
/// Only when the database fails.
pub fn sums_of(conn: &mut Conn, batch: i64) -> Result<Sums, DbError> {
    let (count, sum_minor) = batch_rows::table
        .filter(batch_rows::batch_id.eq(batch))
        .select((
            diesel::dsl::count_star(),
            diesel::dsl::sql::<BigInt>("CAST(COALESCE(SUM(amount_minor), 0) AS BIGINT)"),
        ))
        .first(conn)?;
    Ok(Sums { count, sum_minor })
}

/// Row and line of this batch that is a promised gift.
pub(in crate::batches) fn line_with_promise(
    conn: &mut Conn,
    batch: i64,
    donation: i64,
) -> Result<Option<(i64, i64)>, DbError> {
    Ok(batch_rows::table
        .filter(batch_rows::batch_id.eq(batch))
        .filter(batch_rows::donation_id.eq(donation))
        .select((batch_rows::id, batch_rows::line))
        .first(conn)
        .optional()?)
}

pub(in crate::batches) fn insert_row(
    conn: &mut Conn,
    now: DateTime<Utc>,
    by: &By,
    batch: i64,
    key: &str,
    new: &CheckedRow,
) -> Result<i64, DbError> {
    let last: Option<i64> = batch_rows::table.select(diesel::dsl::max(batch_rows::id)).first(conn)?;
    let last_line: Option<i64> = batch_rows::table
        .filter(batch_rows::batch_id.eq(batch))
        .select(diesel::dsl::max(batch_rows::line))
        .first(conn)?;
    let id = last.unwrap_or(0) + 1;
    diesel::insert_into(batch_rows::table)
        .values((
            batch_rows::id.eq(id),
            batch_rows::batch_id.eq(batch),
            batch_rows::key.eq(key),
            batch_rows::line.eq(last_line.unwrap_or(0) + 1),
            batch_rows::amount_minor.eq(new.amount_minor),
            batch_rows::received_on.eq(new.received_on),
            batch_rows::name.eq(&new.name),
            batch_rows::email.eq(new.email.as_deref()),
            batch_rows::acknowledge_as.eq(&new.acknowledge_as),
            batch_rows::anonymous.eq(new.anonymous),
            batch_rows::note.eq(&new.note),
            batch_rows::donation_id.eq(new.donation_id),
            batch_rows::shares_minor.eq(new.shares_minor),
            batch_rows::application_id.eq(new.application_id),
            batch_rows::other_minor.eq(new.other_minor),
            batch_rows::other_account.eq(&new.other_account),
            batch_rows::entered_at.eq(now.naive_utc()),
            batch_rows::entered_by.eq(&by.who),
            batch_rows::in_hand.eq(false),
            batch_rows::address.eq(&new.address),
            batch_rows::in_memory_of.eq(&new.in_memory_of),
            batch_rows::memory_in_print.eq(new.memory_in_print),
            batch_rows::cheque_number.eq(&new.cheque_number),
        ))
        .execute(conn)?;
    Ok(id)
}

pub(in crate::batches) fn update_row(conn: &mut Conn, id: i64, new: &CheckedRow) -> Result<(), DbError> {
    diesel::update(batch_rows::table.find(id))
        .set((
            batch_rows::amount_minor.eq(new.amount_minor),
            batch_rows::received_on.eq(new.received_on),
            batch_rows::name.eq(&new.name),
            batch_rows::email.eq(new.email.as_deref()),
            batch_rows::acknowledge_as.eq(&new.acknowledge_as),
            batch_rows::anonymous.eq(new.anonymous),
            batch_rows::note.eq(&new.note),
            batch_rows::donation_id.eq(new.donation_id),
            batch_rows::shares_minor.eq(new.shares_minor),
            batch_rows::application_id.eq(new.application_id),
            batch_rows::other_minor.eq(new.other_minor),
            batch_rows::other_account.eq(&new.other_account),
            batch_rows::address.eq(&new.address),
            batch_rows::in_memory_of.eq(&new.in_memory_of),
            batch_rows::memory_in_print.eq(new.memory_in_print),
            batch_rows::cheque_number.eq(&new.cheque_number),
        ))
        .execute(conn)?;
    Ok(())
}

/// Removes a row; those after it move up, so that the numbers on the sheet have no gap.
pub(in crate::batches) fn delete_row(conn: &mut Conn, row: &Row) -> Result<(), DbError> {
    diesel::delete(batch_rows::table.find(row.id)).execute(conn)?;
    let after = batch_rows::table.filter(batch_rows::batch_id.eq(row.batch_id)).filter(batch_rows::line.gt(row.line));
    diesel::update(after).set(batch_rows::line.eq(batch_rows::line - 1)).execute(conn)?;
    Ok(())
}

/// The rows of a batch that came on its day follow when that day is corrected.
pub(in crate::batches) fn move_rows(
    conn: &mut Conn,
    batch: i64,
    from: NaiveDate,
    to: NaiveDate,
) -> Result<(), DbError> {
    let rows = batch_rows::table.filter(batch_rows::batch_id.eq(batch)).filter(batch_rows::received_on.eq(from));
    diesel::update(rows).set(batch_rows::received_on.eq(to)).execute(conn)?;
    Ok(())
}

pub(in crate::batches) fn set_in_hand(conn: &mut Conn, batch: i64, in_hand: bool) -> Result<(), DbError> {
    let rows = batch_rows::table.filter(batch_rows::batch_id.eq(batch));
    diesel::update(rows).set(batch_rows::in_hand.eq(in_hand)).execute(conn)?;
    Ok(())
}

/// Rows changed in one statement, below SQLite's limit of placeholders.
const ROWS_PER_QUERY_MAX: usize = 1_000;

pub(in crate::batches) fn set_rows_in_hand(conn: &mut Conn, ids: &[i64], in_hand: bool) -> Result<(), DbError> {
    for some in ids.chunks(ROWS_PER_QUERY_MAX) {
        let rows = batch_rows::table.filter(batch_rows::id.eq_any(some));
        diesel::update(rows).set(batch_rows::in_hand.eq(in_hand)).execute(conn)?;
    }
    Ok(())
}

/// Cheques of posted batches that are here and were not paid in, oldest first.
/// Behind a number on a day.
pub(in crate::batches) fn rows_in_hand(
    conn: &mut Conn,
    (day, id): (NaiveDate, i64),
    limit: i64,
) -> Result<Vec<Row>, DbError> {
    let rows: Vec<StoredRow> = batch_rows::table
        .filter(diesel::dsl::sql::<Bool>("in_hand"))
        .filter(batch_rows::received_on.gt(day).or(batch_rows::received_on.eq(day).and(batch_rows::id.gt(id))))
        .order((batch_rows::received_on, batch_rows::id))
        .limit(limit)
        .select(StoredRow::as_select())
        .load(conn)?;
    Ok(rows.into_iter().map(Row::from).collect())
}

/// How many batches are posted, and one whose rows are not what was allocated for them.
pub(in crate::batches) fn add_up_to_allocations(conn: &mut Conn) -> Result<(i64, Option<i64>), DbError> {
    let posted = batches::table.filter(batches::state.eq(State::Posted.name()));
    let count = posted.count().get_result(conn)?;
    let sum = diesel::dsl::sql::<BigInt>("CAST(SUM(batch_rows.amount_minor) AS BIGINT)");
    let rows: Vec<(i64, i64)> = batch_rows::table
        .inner_join(batches::table)
        .filter(batches::state.eq(State::Posted.name()))
        .group_by(batch_rows::batch_id)
        .select((batch_rows::batch_id, sum))
        .order(batch_rows::batch_id)
        .load(conn)?;
    let allocated = diesel::dsl::sql::<BigInt>("CAST(SUM(allocations.amount_minor) AS BIGINT)");
    let posted: Vec<(i64, i64)> = batch_rows::table
        .inner_join(allocations::table.on(allocations::source_id.eq(batch_rows::id)))
        .filter(allocations::source.eq("batch_row"))
        .filter(allocations::undone_at.is_null())
        .group_by(batch_rows::batch_id)
        .select((batch_rows::batch_id, allocated))
        .order(batch_rows::batch_id)
        .load(conn)?;
    let all: std::collections::HashMap<i64, i64> = posted.into_iter().collect();
    let mut known = std::collections::HashSet::new();
    let mut odd = None;
    for (batch, sum) in rows {
        known.insert(batch);
        if all.get(&batch) != Some(&sum) {
            odd = odd.or(Some(batch));
        }
    }
    Ok((count, odd.or_else(|| all.keys().find(|batch| !known.contains(batch)).copied())))
}
