//! SQL for a span of days: what files and the yearly audit pack read.

use chrono::NaiveDate;
use diesel::prelude::*;

use super::{Entry, EntryHead, currency, with_lines};
use crate::db::schema::{account_days, accounts, entries};
use crate::db::{Conn, DbError};
use crate::money::Currency;

/// Entries above `after` that count on or after the first day and on or before the second, in order, with their lines.
///
/// # Errors
/// Only when the database fails.
pub fn entries_between(
    conn: &mut Conn,
    (from, until): (Option<NaiveDate>, Option<NaiveDate>),
    after: i64,
    limit: i64,
) -> Result<Vec<Entry>, DbError> {
    let mut query = entries::table.filter(entries::number.gt(after)).order(entries::number).limit(limit).into_boxed();
    if let Some(from) = from {
        query = query.filter(entries::effective_on.ge(from));
    }
    if let Some(until) = until {
        query = query.filter(entries::effective_on.le(until));
    }
    let heads: Vec<EntryHead> = query.load(conn)?;
    with_lines(conn, heads)
}

/// An account with the day of its first posting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// "assets:bank"
    pub account: String,
    /// What it counts in.
    pub currency: Currency,
    /// The earliest day on which something was posted to it.
    pub day: NaiveDate,
}

/// Every account that was ever posted to, by name and currency.
///
/// # Errors
/// Only when the database fails.
pub fn opened(conn: &mut Conn) -> Result<Vec<Opened>, DbError> {
    let rows: Vec<(String, String, Option<NaiveDate>)> = account_days::table
        .inner_join(accounts::table)
        .group_by((accounts::name, accounts::currency))
        .select((accounts::name, accounts::currency, diesel::dsl::min(account_days::day)))
        .order((accounts::name, accounts::currency))
        .load(conn)?;
    rows.into_iter()
        .filter_map(|(account, code, day)| day.map(|day| (account, code, day)))
        .map(|(account, code, day)| Ok(Opened { account, currency: currency(&code)?, day }))
        .collect()
}
