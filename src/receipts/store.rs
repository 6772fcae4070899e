//! All SQL of receipts.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::{Receipt, ReceiptNumber};
use crate::db::schema::receipts;
use crate::db::{Conn, DbError};
use crate::ledger::Run;

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

/// The receipt numbers of a year in runs: 0 for those issued before the first of these moments, 1 for those from then
/// to before the second, and so on. A run that is empty is left out.
///
/// # Errors
/// Only when the database fails.
pub fn runs(conn: &mut Conn, year: i64, moments: &[DateTime<Utc>]) -> Result<Vec<(usize, Run)>, DbError> {
    // One pass over the year; a query for each run would read it as often.
    let before =
        |(at, moment): (usize, &DateTime<Utc>)| format!("WHEN issued_at < '{}' THEN {at} ", moment.naive_utc());
    let whens: String = moments.iter().enumerate().map(before).collect();
    let part = if whens.is_empty() { "0".to_owned() } else { format!("CASE {whens}ELSE {} END", moments.len()) };
    let rows: Vec<(i64, i64, i64, i64)> = receipts::table
        .filter(receipts::year.eq(year))
        .group_by(sql::<BigInt>(&part))
        .select(sql::<(BigInt, BigInt, BigInt, BigInt)>(&format!(
            "CAST({part} AS BIGINT), MIN(number), MAX(number), COUNT(*)"
        )))
        .order(sql::<BigInt>(&part))
        .load(conn)?;
    let run = |(at, first, last, count)| Some((usize::try_from(at).ok()?, Run { first, last, count }));
    Ok(rows.into_iter().filter_map(run).collect())
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
