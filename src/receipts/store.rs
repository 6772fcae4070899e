//! All SQL of receipts.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;

use super::{Receipt, ReceiptNumber};
use crate::db::schema::receipts;
use crate::db::{Conn, DbError};

#[derive(Insertable)]
#[diesel(table_name = receipts, treat_none_as_default_value = false)]
struct ReceiptRow {
    donation_id: i64,
    year: i64,
    number: i64,
    issued_at: NaiveDateTime,
}

pub(super) fn last_number(conn: &mut Conn, year: i64) -> Result<i64, DbError> {
    let last: Option<i64> =
        receipts::table.filter(receipts::year.eq(year)).select(diesel::dsl::max(receipts::number)).first(conn)?;
    Ok(last.unwrap_or(0))
}

/// The receipt of a donation, once its money is here.
///
/// # Errors
/// Only when the database fails.
pub fn of_donation(conn: &mut Conn, donation_id: i64) -> Result<Option<Receipt>, DbError> {
    let row: Option<(i64, i64, NaiveDateTime)> = receipts::table
        .find(donation_id)
        .select((receipts::year, receipts::number, receipts::issued_at))
        .first(conn)
        .optional()?;
    Ok(row.map(|(year, number, at)| Receipt { number: ReceiptNumber { year, number }, issued_at: at.and_utc() }))
}

/// The years in which receipts were issued, oldest first.
///
/// # Errors
/// Only when the database fails.
pub fn years(conn: &mut Conn) -> Result<Vec<i64>, DbError> {
    // Each look-up leaps over a whole year by the index; a list of distinct years would read every receipt.
    let mut years: Vec<i64> = Vec::new();
    loop {
        let after = years.last().copied().unwrap_or(i64::MIN);
        let next: Option<i64> =
            receipts::table.filter(receipts::year.gt(after)).select(diesel::dsl::min(receipts::year)).first(conn)?;
        match next {
            Some(year) => years.push(year),
            None => return Ok(years),
        }
    }
}

pub(super) fn insert_all(
    conn: &mut Conn,
    now: DateTime<Utc>,
    years_and_donations: &[(i64, i64)],
    issued: &[ReceiptNumber],
) -> Result<(), DbError> {
    let rows: Vec<ReceiptRow> = years_and_donations
        .iter()
        .zip(issued)
        .map(|((_, donation_id), receipt)| ReceiptRow {
            donation_id: *donation_id,
            year: receipt.year,
            number: receipt.number,
            issued_at: now.naive_utc(),
        })
        .collect();
    insert_all!(conn, receipts::table, &rows)?;
    Ok(())
}

pub(super) fn years_with_gaps(conn: &mut Conn) -> Result<(i64, Vec<i64>), DbError> {
    let years: Vec<(i64, i64, Option<i64>)> = receipts::table
        .group_by(receipts::year)
        .select((receipts::year, diesel::dsl::count_star(), diesel::dsl::max(receipts::number)))
        .load(conn)?;
    let count = years.iter().map(|(_, count, _)| count).sum();
    let gaps = years.into_iter().filter(|(_, count, last)| *last != Some(*count)).map(|(year, _, _)| year).collect();
    Ok((count, gaps))
}
