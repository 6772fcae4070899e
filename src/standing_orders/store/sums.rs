//! SQL that adds standing orders up: what is alike is one row, and the rest is worked out in `rules`.

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use crate::db::schema::{
    standing_order_arrivals as arrivals, standing_order_changes as changes, standing_orders as orders, supporters,
};
use crate::db::{Conn, DbError};
use crate::standing_orders::State;
use crate::standing_orders::rules::sums::{Bundle, Step};

/// The kept orders of a fund that have a month from `from` on.
pub(in crate::standing_orders) fn bundles(
    conn: &mut Conn,
    fund_id: i64,
    from: NaiveDate,
) -> Result<Vec<Bundle>, DbError> {
    type Row = (i64, NaiveDate, NaiveDate, Option<NaiveDate>, i64, i64);
    let rows: Vec<Row> = orders::table
        .filter(orders::state.eq(State::Kept.name()))
        .filter(orders::fund_id.eq(fund_id))
        .filter(orders::end_month.is_null().or(orders::end_month.gt(from)))
        .group_by((orders::day, orders::met_month, orders::first_month, orders::end_month))
        .select((
            orders::day,
            orders::met_month,
            orders::first_month,
            orders::end_month,
            diesel::dsl::count_star(),
            diesel::dsl::sql::<BigInt>("CAST(SUM(amount_minor) AS BIGINT)"),
        ))
        .load(conn)?;
    let bundle = |(day, met_month, first_month, end_month, orders, sum_minor): Row| {
        let day = u32::try_from(day).map_err(|_| DbError::Corrupt("a standing order has no day".to_owned()))?;
        Ok(Bundle { day, met_month, first_month, end_month, orders, sum_minor })
    };
    rows.into_iter().map(bundle).collect()
}

/// How many orders of a fund are in a state; those kept that ended up to `ended`, where it is asked for.
///
/// # Errors
/// Only when the database fails.
pub fn count_in(conn: &mut Conn, fund_id: i64, state: State, ended: Option<NaiveDate>) -> Result<i64, DbError> {
    let mut query =
        orders::table.filter(orders::state.eq(state.name())).filter(orders::fund_id.eq(fund_id)).count().into_boxed();
    if let Some(month) = ended {
        query = query.filter(orders::end_month.le(month));
    }
    Ok(query.get_result(conn)?)
}

/// What began, ended and changed of a fund's orders, month by month.
pub(in crate::standing_orders) fn steps(conn: &mut Conn, fund_id: i64) -> Result<Vec<Step>, DbError> {
    let kept = || orders::state.eq(State::Kept.name()).and(orders::fund_id.eq(fund_id));
    let begun: Vec<(NaiveDate, i64, i64)> = orders::table
        .filter(kept())
        .group_by(orders::first_month)
        .select((
            orders::first_month,
            diesel::dsl::count_star(),
            diesel::dsl::sql::<BigInt>("CAST(SUM(first_minor) AS BIGINT)"),
        ))
        .load(conn)?;
    let ended: Vec<(Option<NaiveDate>, i64, i64)> = orders::table
        .filter(kept())
        .filter(orders::end_month.is_not_null())
        .group_by(orders::end_month)
        .select((
            orders::end_month,
            diesel::dsl::count_star(),
            diesel::dsl::sql::<BigInt>("CAST(SUM(amount_minor) AS BIGINT)"),
        ))
        .load(conn)?;
    let changed: Vec<(NaiveDate, i64)> = changes::table
        .inner_join(orders::table)
        .filter(kept())
        .filter(changes::kind.eq("amount"))
        .group_by(changes::from_month)
        .select((changes::from_month, diesel::dsl::sql::<BigInt>("CAST(SUM(new_minor - old_minor) AS BIGINT)")))
        .load(conn)?;
    let begun = begun.into_iter().map(|(month, orders, sum_minor)| Step { month, orders, sum_minor });
    let ended = ended.into_iter().filter_map(|(month, orders, sum_minor)| {
        month.map(|month| Step { month, orders: -orders, sum_minor: -sum_minor })
    });
    let changed = changed.into_iter().map(|(month, sum_minor)| Step { month, orders: 0, sum_minor });
    Ok(begun.chain(ended).chain(changed).collect())
}

/// An order whose month has not come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::standing_orders) struct Wait {
    pub order_id: i64,
    pub day: u32,
    pub amount_minor: i64,
    pub method: String,
    pub met_month: NaiveDate,
    pub supporter_id: i64,
    pub name: String,
    pub email: Option<String>,
}

/// The orders of a fund, due on one of `days`, whose `month` is expected and has not come.
pub(in crate::standing_orders) fn waiting(
    conn: &mut Conn,
    fund_id: i64,
    month: NaiveDate,
    days: &[i64],
    limit: i64,
) -> Result<Vec<Wait>, DbError> {
    type Row = (i64, i64, i64, String, NaiveDate, i64, String, Option<String>);
    let met = arrivals::table
        .filter(arrivals::order_id.eq(orders::id))
        .filter(arrivals::month.eq(month))
        .select(arrivals::donation_id);
    let rows: Vec<Row> = orders::table
        .inner_join(supporters::table)
        .filter(orders::state.eq(State::Kept.name()))
        .filter(orders::fund_id.eq(fund_id))
        .filter(orders::day.eq_any(days))
        .filter(orders::first_month.le(month))
        .filter(orders::end_month.is_null().or(orders::end_month.gt(month)))
        .filter(diesel::dsl::not(diesel::dsl::exists(met)))
        .order(orders::id)
        .limit(limit)
        .select((
            orders::id,
            orders::day,
            orders::amount_minor,
            orders::method,
            orders::met_month,
            orders::supporter_id,
            supporters::name,
            supporters::email,
        ))
        .load(conn)?;
    let wait = |(order_id, day, amount_minor, method, met_month, supporter_id, name, email): Row| {
        let day = u32::try_from(day).map_err(|_| DbError::Corrupt("a standing order has no day".to_owned()))?;
        Ok(Wait { order_id, day, amount_minor, method, met_month, supporter_id, name, email })
    };
    rows.into_iter().map(wait).collect()
}
