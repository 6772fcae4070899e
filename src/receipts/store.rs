//! All SQL of receipts.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;

use super::{Receipt, ReceiptNumber};
use crate::db::schema::receipts;
use crate::db::{Conn, DbError, by_halving};
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
    // By number, not by moment: a clock that was set back makes no gap.
    let mut from = i64::MIN;
    let mut runs = Vec::new();
    for at in 0..=moments.len() {
        let end = match moments.get(at) {
            Some(moment) => first_since(conn, year, *moment)?.max(from),
            None => i64::MAX,
        };
        let (first, last, count): (Option<i64>, Option<i64>, i64) = receipts::table
            .filter(receipts::year.eq(year))
            .filter(receipts::number.ge(from))
            .filter(receipts::number.lt(end))
            .select((diesel::dsl::min(receipts::number), diesel::dsl::max(receipts::number), diesel::dsl::count_star()))
            .first(conn)?;
        if let Some((first, last)) = first.zip(last) {
            runs.push((at, Run { first, last, count }));
        }
        from = end;
    }
    Ok(runs)
}

/// The number of the first receipt of a year that was issued at a moment or later; one more than the last where none
/// was. Numbers rise with time, so it is found by halving.
fn first_since(conn: &mut Conn, year: i64, moment: DateTime<Utc>) -> Result<i64, DbError> {
    let of_year = || receipts::table.filter(receipts::year.eq(year));
    let last: Option<i64> = of_year().select(diesel::dsl::max(receipts::number)).first(conn)?;
    by_halving(last.unwrap_or(0), |number| {
        let from_there = of_year().filter(receipts::number.ge(number)).order(receipts::number);
        let at: NaiveDateTime = from_there.select(receipts::issued_at).first(conn)?;
        Ok(at.and_utc() >= moment)
    })
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
