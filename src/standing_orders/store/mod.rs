//! SQL of standing orders; beside it that of what met them, of their sums, and of the gifts they are learnt from.

mod arrivals;
mod gifts;
mod sums;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use diesel::prelude::*;

use super::rules::calendar::{Split, month_of, split};
use super::{Change, Deed, Origin, StandingOrder, State};
use crate::db::schema::{funds, standing_order_changes, standing_orders, supporters};
use crate::db::{Conn, DbError};
use crate::ledger::Method;
use crate::money::Currency;
use crate::supporters::{Matching, narrowed};
pub use arrivals::{Met, met};
pub(super) use arrivals::{arrivals_of, misplaced, replace_arrivals, set_met, strayed};
pub(super) use gifts::{gifts_of, identities, namesakes, namesakes_like, news, set_reading};
pub use sums::count_in;
pub(super) use sums::{bundles, steps, waiting};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = standing_orders, treat_none_as_default_value = false)]
struct OrderRow {
    id: i64,
    key: String,
    fund_id: i64,
    supporter_id: i64,
    method: String,
    origin: String,
    state: String,
    amount_minor: i64,
    first_minor: i64,
    day: i64,
    since_on: NaiveDate,
    until_on: Option<NaiveDate>,
    first_month: NaiveDate,
    end_month: Option<NaiveDate>,
    met_month: NaiveDate,
    recorded_at: NaiveDateTime,
    recorded_by: String,
    request_id: String,
}

type FullRow = (OrderRow, String, String, String, Option<String>);

fn order_of((row, fund, currency, name, email): FullRow) -> Result<StandingOrder, DbError> {
    let odd = |what: &str| DbError::Corrupt(format!("standing order {} has an unknown {what}", row.id));
    Ok(StandingOrder {
        id: row.id,
        fund_id: row.fund_id,
        fund,
        currency: Currency::from_code(&currency).ok_or_else(|| odd("currency"))?,
        supporter_id: row.supporter_id,
        name,
        email,
        method: Method::from_name(&row.method).ok_or_else(|| odd("method"))?,
        origin: Origin::from_name(&row.origin).ok_or_else(|| odd("origin"))?,
        state: State::from_name(&row.state).ok_or_else(|| odd("state"))?,
        amount_minor: row.amount_minor,
        first_minor: row.first_minor,
        day: u32::try_from(row.day).map_err(|_| odd("day"))?,
        since_on: row.since_on,
        until_on: row.until_on,
        first_month: row.first_month,
        end_month: row.end_month,
        met_month: row.met_month,
        recorded_at: row.recorded_at.and_utc(),
        recorded_by: row.recorded_by,
        request_id: row.request_id,
    })
}

/// Every order with its fund and its supporter.
macro_rules! orders_in_full {
    () => {
        standing_orders::table.inner_join(funds::table).inner_join(supporters::table).select((
            OrderRow::as_select(),
            funds::slug,
            funds::currency,
            supporters::name,
            supporters::email,
        ))
    };
}

/// The order with this number.
///
/// # Errors
/// Only when the database fails.
pub fn by_number(conn: &mut Conn, id: i64) -> Result<Option<StandingOrder>, DbError> {
    let row: Option<FullRow> = orders_in_full!().filter(standing_orders::id.eq(id)).first(conn).optional()?;
    row.map(order_of).transpose()
}

pub(super) fn by_key(conn: &mut Conn, key: &str) -> Result<Option<i64>, DbError> {
    Ok(standing_orders::table
        .filter(standing_orders::key.eq(key))
        .select(standing_orders::id)
        .first(conn)
        .optional()?)
}

pub(super) fn of_supporters(conn: &mut Conn, supporter_ids: &[i64]) -> Result<Vec<StandingOrder>, DbError> {
    let rows: Vec<FullRow> = orders_in_full!()
        .filter(standing_orders::supporter_id.eq_any(supporter_ids))
        .order(standing_orders::id)
        .load(conn)?;
    rows.into_iter().map(order_of).collect()
}

/// A state of this month to look for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filter {
    /// Staff are asked.
    Offered,
    /// Runs, and is not late.
    Expected,
    /// Runs, and has come.
    Arrived,
    /// Runs, and should have come.
    Late,
    /// Runs, and has missed several months in a row.
    Quiet,
    /// Has ended.
    Stopped,
}

/// What staff look for.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// The fund.
    pub fund_id: i64,
    /// Supporters whose name or address matched.
    pub supporters: Option<Matching>,
    /// This amount.
    pub amount_minor: Option<i64>,
    /// This state.
    pub filter: Option<Filter>,
    /// Below this order: the older page.
    pub before: Option<i64>,
    /// Above this order: the newer page, which begins next to it.
    pub after: Option<i64>,
}

/// Orders that match, newest first. Those that were declined are not shown.
///
/// # Errors
/// Only when the database fails.
pub fn page(conn: &mut Conn, wanted: &Wanted, today: NaiveDate, limit: i64) -> Result<Vec<StandingOrder>, DbError> {
    let mut query = orders_in_full!().filter(standing_orders::fund_id.eq(wanted.fund_id)).limit(limit).into_boxed();
    query = match wanted.after {
        Some(id) => query.filter(standing_orders::id.gt(id)).order(standing_orders::id.asc()),
        None => query.order(standing_orders::id.desc()),
    };
    if let Some(id) = wanted.before {
        query = query.filter(standing_orders::id.lt(id));
    }
    if let Some(found) = &wanted.supporters {
        query = narrowed!(query, standing_orders::supporter_id, found.clone());
    }
    if let Some(amount) = wanted.amount_minor {
        query = query.filter(standing_orders::amount_minor.eq(amount));
    }
    let month = month_of(today);
    query = match wanted.filter {
        None => query.filter(standing_orders::state.ne(State::Declined.name())),
        Some(Filter::Offered) => query.filter(standing_orders::state.eq(State::Offered.name())),
        Some(Filter::Stopped) => {
            query.filter(standing_orders::state.eq(State::Kept.name())).filter(standing_orders::end_month.le(month))
        }
        Some(_) => query
            .filter(standing_orders::state.eq(State::Kept.name()))
            .filter(standing_orders::first_month.le(month))
            .filter(standing_orders::end_month.is_null().or(standing_orders::end_month.gt(month))),
    };
    let Split { late, quiet: [first, second, third] } = split(today);
    let is_quiet = || {
        let of = |(days, met): &(Vec<i64>, NaiveDate)| {
            standing_orders::day.eq_any(days.clone()).and(standing_orders::met_month.le(*met))
        };
        of(&first).or(of(&second)).or(of(&third))
    };
    query = match wanted.filter {
        Some(Filter::Arrived) => query.filter(standing_orders::met_month.ge(month)),
        Some(Filter::Quiet) => query.filter(standing_orders::met_month.lt(month)).filter(is_quiet()),
        Some(Filter::Late) => query
            .filter(standing_orders::met_month.lt(month))
            .filter(standing_orders::day.eq_any(late))
            .filter(diesel::dsl::not(is_quiet())),
        Some(Filter::Expected) => query
            .filter(standing_orders::met_month.lt(month))
            .filter(diesel::dsl::not(standing_orders::day.eq_any(late)))
            .filter(diesel::dsl::not(is_quiet())),
        Some(Filter::Offered | Filter::Stopped) | None => query,
    };
    let mut rows: Vec<FullRow> = query.load(conn)?;
    if wanted.after.is_some() {
        rows.reverse();
    }
    rows.into_iter().map(order_of).collect()
}

/// An order to be entered.
#[derive(Debug, Clone)]
pub(super) struct NewOrder {
    pub key: String,
    pub fund_id: i64,
    pub supporter_id: i64,
    pub method: Method,
    pub origin: Origin,
    pub state: State,
    pub amount_minor: i64,
    pub day: u32,
    pub since_on: NaiveDate,
    pub until_on: Option<NaiveDate>,
    pub first_month: NaiveDate,
    pub end_month: Option<NaiveDate>,
    pub met_month: NaiveDate,
    pub recorded_at: DateTime<Utc>,
    pub recorded_by: String,
    pub request_id: String,
}

pub(super) fn insert(conn: &mut Conn, new: &NewOrder) -> Result<i64, DbError> {
    let last: Option<i64> = standing_orders::table.select(diesel::dsl::max(standing_orders::id)).first(conn)?;
    let row = OrderRow {
        id: last.unwrap_or(0) + 1,
        key: new.key.clone(),
        fund_id: new.fund_id,
        supporter_id: new.supporter_id,
        method: new.method.name().to_owned(),
        origin: new.origin.name().to_owned(),
        state: new.state.name().to_owned(),
        amount_minor: new.amount_minor,
        first_minor: new.amount_minor,
        day: i64::from(new.day),
        since_on: new.since_on,
        until_on: new.until_on,
        first_month: new.first_month,
        end_month: new.end_month,
        met_month: new.met_month,
        recorded_at: new.recorded_at.naive_utc(),
        recorded_by: new.recorded_by.clone(),
        request_id: new.request_id.clone(),
    };
    diesel::insert_into(standing_orders::table).values(&row).execute(conn)?;
    Ok(row.id)
}

pub(super) fn set_state(conn: &mut Conn, id: i64, state: State) -> Result<(), DbError> {
    diesel::update(standing_orders::table.find(id)).set(standing_orders::state.eq(state.name())).execute(conn)?;
    Ok(())
}

pub(super) fn set_amount(conn: &mut Conn, id: i64, amount_minor: i64) -> Result<(), DbError> {
    diesel::update(standing_orders::table.find(id))
        .set(standing_orders::amount_minor.eq(amount_minor))
        .execute(conn)?;
    Ok(())
}

/// Its last day, and the first month that is not expected any more.
pub(super) fn set_end(conn: &mut Conn, id: i64, end: Option<(NaiveDate, NaiveDate)>) -> Result<(), DbError> {
    let (until_on, end_month) = end.unzip();
    diesel::update(standing_orders::table.find(id))
        .set((standing_orders::until_on.eq(until_on), standing_orders::end_month.eq(end_month)))
        .execute(conn)?;
    Ok(())
}

/// A change to be recorded.
#[derive(Debug)]
pub(super) struct NewChange {
    pub kind: &'static str,
    pub from_on: NaiveDate,
    pub from_month: NaiveDate,
    /// Before and after.
    pub amounts: (i64, i64),
    pub reason: String,
}

pub(super) fn insert_change(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &Deed,
    order_id: i64,
    change: &NewChange,
) -> Result<(), DbError> {
    use standing_order_changes as changes;
    let last: Option<i64> = changes::table.select(diesel::dsl::max(changes::id)).first(conn)?;
    diesel::insert_into(changes::table)
        .values((
            changes::id.eq(last.unwrap_or(0) + 1),
            changes::order_id.eq(order_id),
            changes::key.eq(&deed.key),
            changes::kind.eq(change.kind),
            changes::from_on.eq(change.from_on),
            changes::from_month.eq(change.from_month),
            changes::old_minor.eq(change.amounts.0),
            changes::new_minor.eq(change.amounts.1),
            changes::reason.eq(&change.reason),
            changes::changed_at.eq(now.naive_utc()),
            changes::changed_by.eq(&deed.by),
            changes::request_id.eq(&deed.request_id),
        ))
        .execute(conn)?;
    Ok(())
}

pub(super) fn has_change(conn: &mut Conn, key: &str) -> Result<bool, DbError> {
    let count: i64 =
        standing_order_changes::table.filter(standing_order_changes::key.eq(key)).count().get_result(conn)?;
    Ok(count > 0)
}

type ChangeRow = (i64, String, NaiveDate, NaiveDate, i64, i64, String, NaiveDateTime, String);

/// The changes of these orders, the oldest first.
///
/// # Errors
/// Only when the database fails.
pub fn changes_of(conn: &mut Conn, order_ids: &[i64]) -> Result<Vec<Change>, DbError> {
    use standing_order_changes as changes;
    let rows: Vec<ChangeRow> = changes::table
        .filter(changes::order_id.eq_any(order_ids))
        .order(changes::id)
        .select((
            changes::order_id,
            changes::kind,
            changes::from_on,
            changes::from_month,
            changes::old_minor,
            changes::new_minor,
            changes::reason,
            changes::changed_at,
            changes::changed_by,
        ))
        .load(conn)?;
    let change = |(order_id, kind, from_on, from_month, old_minor, new_minor, reason, at, changed_by): ChangeRow| {
        let changed_at = at.and_utc();
        Change { order_id, kind, from_on, from_month, old_minor, new_minor, reason, changed_at, changed_by }
    };
    Ok(rows.into_iter().map(change).collect())
}
