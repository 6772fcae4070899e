//! SQL of what appeals raised of each day, by method.

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::upsert::excluded;

use crate::db::schema::appeal_days;
use crate::db::{Conn, DbError};
use crate::ledger::Method;

/// What an appeal raised of one day by one method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayOfMethod {
    /// The appeal.
    pub appeal_id: i64,
    /// The day on which the gifts were received.
    pub day: NaiveDate,
    /// How they came.
    pub method: Method,
    /// Their sum, less what went back.
    pub raised_minor: i64,
    /// How many have not wholly gone back.
    pub donations: i64,
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = appeal_days, treat_none_as_default_value = false)]
struct DayRow {
    appeal_id: i64,
    day: NaiveDate,
    method: String,
    raised_minor: i64,
    donations: i64,
}

pub(in crate::funds) fn add_to_days(conn: &mut Conn, days: &[DayOfMethod]) -> Result<(), DbError> {
    for day in days {
        let row = DayRow {
            appeal_id: day.appeal_id,
            day: day.day,
            method: day.method.name().to_owned(),
            raised_minor: day.raised_minor,
            donations: day.donations,
        };
        on_backend!(conn, |c| diesel::insert_into(appeal_days::table)
            .values(&row)
            .on_conflict((appeal_days::appeal_id, appeal_days::day, appeal_days::method))
            .do_update()
            .set((
                appeal_days::raised_minor.eq(appeal_days::raised_minor + excluded(appeal_days::raised_minor)),
                appeal_days::donations.eq(appeal_days::donations + excluded(appeal_days::donations)),
            ))
            .execute(c))?;
    }
    Ok(())
}

/// The appeals that have gifts of these days.
///
/// # Errors
/// Only when the database fails.
pub fn appeals_with_days(conn: &mut Conn, (from, until): (NaiveDate, NaiveDate)) -> Result<Vec<i64>, DbError> {
    Ok(appeal_days::table
        .filter(appeal_days::day.between(from, until))
        .select(appeal_days::appeal_id)
        .distinct()
        .load(conn)?)
}

/// What these appeals raised of each day by each method, in the order of appeals and days.
///
/// # Errors
/// Only when the database fails.
pub fn days_of(conn: &mut Conn, appeal_ids: &[i64]) -> Result<Vec<DayOfMethod>, DbError> {
    let rows: Vec<DayRow> = appeal_days::table
        .filter(appeal_days::appeal_id.eq_any(appeal_ids))
        .order((appeal_days::appeal_id, appeal_days::day, appeal_days::method))
        .load(conn)?;
    rows.into_iter().map(day_of).collect()
}

fn day_of(row: DayRow) -> Result<DayOfMethod, DbError> {
    let DayRow { appeal_id, day, method, raised_minor, donations } = row;
    let odd = || DbError::Corrupt(format!("a day of appeal {appeal_id} has the unknown method {method}"));
    Ok(DayOfMethod { appeal_id, day, method: Method::from_name(&method).ok_or_else(odd)?, raised_minor, donations })
}
