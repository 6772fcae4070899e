//! SQL for the audit pack: runs of numbers, kinds of entries, and what took something back.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Text};

use super::{Entry, EntryHead, with_lines};
use crate::db::schema::{accounts, entries, postings};
use crate::db::{Conn, DbError, by_halving};

/// Numbers that were given one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// The first.
    pub first: i64,
    /// The last.
    pub last: i64,
    /// How many there are.
    pub count: i64,
}

impl Run {
    /// How many are missing between the first and the last.
    ///
    /// ```
    /// use fighting_fund::ledger::Run;
    /// assert_eq!(Run { first: 8, last: 12, count: 4 }.missing(), 1);
    /// ```
    pub fn missing(&self) -> i64 {
        self.last - self.first + 1 - self.count
    }
}

/// From the first to the last entry that was posted from the first moment on and before the second, with how many are
/// there of the numbers between; none where none was posted.
///
/// # Errors
/// Only when the database fails.
pub fn posted_between(conn: &mut Conn, from: DateTime<Utc>, until: DateTime<Utc>) -> Result<Option<Run>, DbError> {
    let (first, last) = (first_since(conn, from)?, first_since(conn, until)? - 1);
    if last < first {
        return Ok(None);
    }
    // By number, not by moment: a clock that was set back makes no gap.
    let count = entries::table.filter(entries::number.between(first, last)).count().get_result(conn)?;
    Ok(Some(Run { first, last, count }))
}

/// The number of the first entry that may count from `day` or a later one: none counts from a day after the one on
/// which it was recorded.
///
/// # Errors
/// Only when the database fails.
pub fn first_for(conn: &mut Conn, day: NaiveDate) -> Result<i64, DbError> {
    // A day before: the clock of the fund may be ahead of UTC's.
    first_since(conn, day.pred_opt().unwrap_or(day).and_time(NaiveTime::MIN).and_utc())
}

/// The number of the first entry that was recorded at a moment or later. Numbers rise with time, so it is found by
/// halving; where one is missing, the next one answers.
fn first_since(conn: &mut Conn, moment: DateTime<Utc>) -> Result<i64, DbError> {
    let last: Option<i64> = entries::table.select(diesel::dsl::max(entries::number)).first(conn)?;
    by_halving(last.unwrap_or(0), |number| {
        let from_there = entries::table.filter(entries::number.ge(number)).order(entries::number);
        let at: NaiveDateTime = from_there.select(entries::recorded_at).first(conn)?;
        Ok(at.and_utc() >= moment)
    })
}

/// How many entries of a run count on a day outside the span.
///
/// # Errors
/// Only when the database fails.
pub fn dated_elsewhere(conn: &mut Conn, run: &Run, from: NaiveDate, until: NaiveDate) -> Result<i64, DbError> {
    let elsewhere = entries::effective_on.lt(from).or(entries::effective_on.gt(until));
    let of_run = entries::table.filter(entries::number.between(run.first, run.last));
    Ok(of_run.filter(elsewhere).count().get_result(conn)?)
}

/// How many entries of each kind count in the span, by kind.
///
/// # Errors
/// Only when the database fails.
pub fn kinds_between(conn: &mut Conn, from: NaiveDate, until: NaiveDate) -> Result<Vec<(String, i64)>, DbError> {
    let first = first_for(conn, from)?;
    Ok(entries::table
        .filter(entries::number.ge(first))
        .filter(entries::effective_on.between(from, until))
        .group_by(entries::kind)
        .select((entries::kind, diesel::dsl::count_star()))
        .order(entries::kind)
        .load(conn)?)
}

/// The entries of the span that take another one back, oldest first, with their lines.
///
/// # Errors
/// Only when the database fails.
pub fn corrections(conn: &mut Conn, from: NaiveDate, until: NaiveDate, limit: i64) -> Result<Vec<Entry>, DbError> {
    let heads: Vec<EntryHead> = entries::table
        .filter(entries::corrects.is_not_null())
        .filter(entries::effective_on.between(from, until))
        .order(entries::number)
        .limit(limit)
        .load(conn)?;
    with_lines(conn, heads)
}

/// How many entries of the span take another one back, and what they come to: by kind and currency.
///
/// # Errors
/// Only when the database fails.
pub fn corrected_by_kind(
    conn: &mut Conn,
    from: NaiveDate,
    until: NaiveDate,
) -> Result<Vec<(String, String, i64, i64)>, DbError> {
    // Which entries first, so that no database reads every posting to find the few.
    const TAKES_BACK: &str = "postings.entry IN (SELECT number FROM entries WHERE corrects IS NOT NULL)";
    const GROUPS: &str = "entries.kind, accounts.currency";
    let sums = ", COUNT(DISTINCT entries.number), CAST(SUM(postings.amount_minor) AS BIGINT)";
    Ok(postings::table
        .inner_join(entries::table)
        .inner_join(accounts::table)
        .filter(sql::<Bool>(TAKES_BACK))
        .filter(entries::effective_on.between(from, until))
        .filter(postings::amount_minor.gt(0))
        .group_by(sql::<(Text, Text)>(GROUPS))
        .select(sql::<(Text, Text, BigInt, BigInt)>(GROUPS).sql(sums))
        .order(sql::<(Text, Text)>(GROUPS))
        .load(conn)?)
}
