//! SQL for a span of days: what files and the yearly audit pack read.

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::{Balance, Entry, EntryHead, balances, currency, with_lines};
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

/// An account over some days: what it brought forward, and what moved it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turnover {
    /// "assets:bank"
    pub account: String,
    /// What it counts in.
    pub currency: Currency,
    /// The balance before the first day: debit positive, credit negative.
    pub before_minor: i64,
    /// All debits of the days.
    pub debit_minor: i64,
    /// All credits of the days.
    pub credit_minor: i64,
}

impl Turnover {
    /// The balance at the end of the last day.
    pub fn balance_minor(&self) -> i64 {
        self.before_minor + self.debit_minor - self.credit_minor
    }
}

/// The trial balance of a span of days, by account name; an account that has nothing yet is left out.
///
/// # Errors
/// Only when the database fails.
pub fn turnover(conn: &mut Conn, from: Option<NaiveDate>, until: Option<NaiveDate>) -> Result<Vec<Turnover>, DbError> {
    let before = match from.and_then(|day| day.pred_opt()) {
        Some(day) => balances(conn, day)?,
        None => Vec::new(),
    };
    let mut lines: Vec<Turnover> = balances(conn, until.unwrap_or(FAR_DAY))?
        .into_iter()
        .map(|Balance { account, currency, debit_minor, credit_minor }| Turnover {
            account,
            currency,
            before_minor: 0,
            debit_minor,
            credit_minor,
        })
        .collect();
    for line in &mut lines {
        let old = before.iter().find(|old| old.account == line.account && old.currency == line.currency);
        if let Some(old) = old {
            line.before_minor = old.debit_minor - old.credit_minor;
            line.debit_minor -= old.debit_minor;
            line.credit_minor -= old.credit_minor;
        }
    }
    Ok(lines)
}

/// Earlier than any entry, and later.
const FIRST_DAY: NaiveDate = NaiveDate::from_ymd_opt(1, 1, 1).expect("the first day of the calendar");
const FAR_DAY: NaiveDate = NaiveDate::from_ymd_opt(9999, 12, 31).expect("the last day of four digits");

/// An income account in one month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MonthOfIncome {
    /// "2021-06"
    pub month: String,
    /// "income:donations:fighting-fund"
    pub account: String,
    /// What it counts in.
    pub currency: Currency,
    /// What went back.
    pub debit_minor: i64,
    /// What came in.
    pub credit_minor: i64,
}

/// Income by month and account, oldest first; a month without any is left out.
///
/// # Errors
/// Only when the database fails.
pub fn income_by_month(
    conn: &mut Conn,
    from: Option<NaiveDate>,
    until: Option<NaiveDate>,
) -> Result<Vec<MonthOfIncome>, DbError> {
    // The first seven characters of a date, the same on both databases.
    const GROUPS: &str = "substr(CAST(account_days.day AS TEXT), 1, 7), accounts.name, accounts.currency";
    let groups = || diesel::dsl::sql::<(Text, Text, Text)>(GROUPS);
    let sums = ", CAST(SUM(debit_minor) AS BIGINT), CAST(SUM(credit_minor) AS BIGINT)";
    let rows: Vec<(String, String, String, i64, i64)> = account_days::table
        .inner_join(accounts::table)
        .filter(accounts::name.like("income:%"))
        .filter(account_days::day.between(from.unwrap_or(FIRST_DAY), until.unwrap_or(FAR_DAY)))
        .group_by(groups())
        .select(diesel::dsl::sql::<(Text, Text, Text, BigInt, BigInt)>(GROUPS).sql(sums))
        .order(groups())
        .load(conn)?;
    rows.into_iter()
        .map(|(month, account, code, debit_minor, credit_minor)| {
            Ok(MonthOfIncome { month, account, currency: currency(&code)?, debit_minor, credit_minor })
        })
        .collect()
}
