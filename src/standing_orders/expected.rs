//! What is expected of standing orders and has not come: each payment for whoever matches the bank's lines, and sums
//! for whoever wants to know what the month will bring.

use chrono::{DateTime, NaiveDate, Utc};

use super::rules::calendar::{due_on, month_of, month_plus, months_between};
use super::rules::sums::{self, Forecast, ThisMonth, Worth};
use super::{Method, store};
use crate::clock::date_in;
use crate::db::{Conn, DbError};
use crate::funds::{Appeal, Fund, Rhythm};

/// A payment that is expected and has not come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// The order.
    pub order_id: i64,
    /// The month it is for, by its first day.
    pub month: NaiveDate,
    /// The day on which the bank pays.
    pub due_on: NaiveDate,
    /// What was promised.
    pub amount_minor: i64,
    /// How it comes; a gift recorded for it should say the same.
    pub method: Method,
    /// Who promised. A gift recorded under this name and address meets the order.
    pub supporter_id: i64,
    /// Their name; may be empty.
    pub name: String,
    /// Their address.
    pub email: Option<String>,
}

/// Payments listed at once: more than any society has in the days of one statement.
const DUE_MAX: usize = 50_000;
/// Months looked at in one question.
const MONTHS_MAX: i64 = 36;

/// What is due to a fund from `from` to `until`, both included, and has not come: by day, then by order.
///
/// A gift recorded a moment ago is known here only after [`super::catch_up`]; whoever matches money inside a write
/// calls that first. A payment may come some days after it is due: ask from [`super::TOLERANCE_DAYS`] or more before
/// the first line of a statement.
///
/// # Errors
/// Only when the database fails.
pub fn due(conn: &mut Conn, fund: &Fund, from: NaiveDate, until: NaiveDate) -> Result<Vec<Due>, DbError> {
    let first = month_plus(month_of(from), -1);
    let months = (months_between(first, month_of(until)) + 1).clamp(0, MONTHS_MAX);
    let mut all = Vec::new();
    for month in (0..months).map(|count| month_plus(first, count)) {
        let is_due = |day: &u32| (from..=until).contains(&due_on(month, *day));
        let days: Vec<i64> = (1..=31).filter(is_due).map(i64::from).collect();
        let left = DUE_MAX.saturating_sub(all.len());
        if days.is_empty() || left == 0 {
            continue;
        }
        let limit = i64::try_from(left).unwrap_or(i64::MAX);
        for wait in store::waiting(conn, fund.id, month, &days, limit)? {
            let odd = || DbError::Corrupt(format!("standing order {} has an unknown method", wait.order_id));
            all.push(Due {
                order_id: wait.order_id,
                month,
                due_on: due_on(month, wait.day),
                amount_minor: wait.amount_minor,
                method: Method::from_name(&wait.method).ok_or_else(odd)?,
                supporter_id: wait.supporter_id,
                name: wait.name,
                email: wait.email,
            });
        }
    }
    all.sort_by_key(|due| (due.due_on, due.order_id, due.month));
    Ok(all)
}

/// What standing orders are expected to bring to an appeal that has not ended; nothing for one that has.
///
/// # Errors
/// Only when the database fails.
pub fn forecast(conn: &mut Conn, now: DateTime<Utc>, fund: &Fund, appeal: &Appeal) -> Result<Forecast, DbError> {
    let today = date_in(now, fund.zone);
    if today > appeal.deadline_on || appeal.closed_at.is_some() {
        return Ok(Forecast::default());
    }
    // A fund that runs once has been open since before its first day; only what comes from now on is a forecast.
    let opens_on = if fund.rhythm == Rhythm::OneOff {
        appeal.opens_on.max(month_plus(month_of(today), -1))
    } else {
        appeal.opens_on
    };
    let bundles = store::bundles(conn, fund.id, month_plus(month_of(opens_on), -1))?;
    Ok(sums::forecast(&bundles, opens_on, appeal.deadline_on, today))
}

/// How the orders of a fund stand this month.
///
/// # Errors
/// Only when the database fails.
pub fn this_month(conn: &mut Conn, fund: &Fund, today: NaiveDate) -> Result<ThisMonth, DbError> {
    Ok(sums::this_month(&store::bundles(conn, fund.id, month_of(today))?, today))
}

/// How many orders of a fund ran in each month up to this one, and what they were worth: at most `months_max` months.
///
/// # Errors
/// Only when the database fails.
pub fn over_time(
    conn: &mut Conn,
    fund: &Fund,
    today: NaiveDate,
    months_max: i64,
) -> Result<Vec<(NaiveDate, Worth)>, DbError> {
    Ok(sums::over_time(&store::steps(conn, fund.id)?, month_of(today), months_max))
}
