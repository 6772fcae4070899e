//! SQL of which gift met which month.

use chrono::NaiveDate;
use diesel::prelude::*;

use crate::db::schema::{appeals, donations, standing_order_arrivals as arrivals, standing_orders};
use crate::db::{Conn, DbError};
use crate::donations::Status;
use crate::reference::Reference;
use crate::standing_orders::{Arrival, State};

#[derive(Insertable)]
#[diesel(table_name = arrivals, treat_none_as_default_value = false)]
struct ArrivalRow {
    order_id: i64,
    month: NaiveDate,
    donation_id: i64,
}

/// What met these orders.
pub(in crate::standing_orders) fn arrivals_of(conn: &mut Conn, order_ids: &[i64]) -> Result<Vec<Arrival>, DbError> {
    let rows: Vec<(i64, NaiveDate, i64)> = arrivals::table.filter(arrivals::order_id.eq_any(order_ids)).load(conn)?;
    Ok(rows.into_iter().map(|(order_id, month, donation_id)| Arrival { order_id, month, donation_id }).collect())
}

/// Takes `gone` out and `come` in.
pub(in crate::standing_orders) fn replace_arrivals(
    conn: &mut Conn,
    gone: &[Arrival],
    come: &[Arrival],
) -> Result<(), DbError> {
    if !gone.is_empty() {
        let ids: Vec<i64> = gone.iter().map(|arrival| arrival.donation_id).collect();
        diesel::delete(arrivals::table.filter(arrivals::donation_id.eq_any(ids))).execute(conn)?;
    }
    let row = |arrival: &Arrival| ArrivalRow {
        order_id: arrival.order_id,
        month: arrival.month,
        donation_id: arrival.donation_id,
    };
    insert_all!(conn, arrivals::table, &come.iter().map(row).collect::<Vec<_>>())?;
    Ok(())
}

pub(in crate::standing_orders) fn set_met(conn: &mut Conn, id: i64, met_month: NaiveDate) -> Result<(), DbError> {
    diesel::update(standing_orders::table.find(id)).set(standing_orders::met_month.eq(met_month)).execute(conn)?;
    Ok(())
}

/// A gift that met a month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Met {
    /// The month.
    pub month: NaiveDate,
    /// The gift.
    pub reference: Reference,
    /// The day it came.
    pub on: Option<NaiveDate>,
    /// What it was.
    pub amount_minor: i64,
    /// The appeal it counts in.
    pub appeal: String,
}

/// What met an order in the months from `from` up to, and without, `until`.
///
/// # Errors
/// Only when the database fails.
pub fn met(conn: &mut Conn, order_id: i64, from: NaiveDate, until: NaiveDate) -> Result<Vec<Met>, DbError> {
    type Row = (NaiveDate, i64, Option<NaiveDate>, i64, String);
    let rows: Vec<Row> = arrivals::table
        .inner_join(donations::table.inner_join(appeals::table))
        .filter(arrivals::order_id.eq(order_id))
        .filter(arrivals::month.ge(from))
        .filter(arrivals::month.lt(until))
        .order(arrivals::month.desc())
        .select((arrivals::month, donations::id, donations::received_on, donations::amount_minor, appeals::name))
        .load(conn)?;
    let met = |(month, id, on, amount_minor, appeal): Row| {
        let reference = Reference::of(id);
        Met { month, reference, on, amount_minor, appeal }
    };
    Ok(rows.into_iter().map(met).collect())
}

/// How many arrivals there are, and the order of one whose gift is not received, is of another fund or was given
/// before the order is expected.
pub(in crate::standing_orders) fn strayed(conn: &mut Conn) -> Result<(i64, Option<i64>), DbError> {
    let count = arrivals::table.count().get_result(conn)?;
    let stray = arrivals::table
        .inner_join(donations::table.inner_join(appeals::table))
        .inner_join(standing_orders::table)
        .filter(
            donations::status
                .ne(Status::Received.name())
                .or(appeals::fund_id.ne(standing_orders::fund_id))
                .or(standing_orders::state.ne(State::Kept.name()))
                .or(arrivals::month.lt(standing_orders::first_month)),
        )
        .select(arrivals::order_id)
        .first(conn)
        .optional()?;
    Ok((count, stray))
}

/// An order whose latest month that came is not that of its arrivals.
pub(in crate::standing_orders) fn misplaced(conn: &mut Conn) -> Result<(i64, Option<i64>), DbError> {
    type Row = (i64, NaiveDate, NaiveDate, Option<NaiveDate>);
    let latest: Vec<(i64, Option<NaiveDate>)> = arrivals::table
        .group_by(arrivals::order_id)
        .select((arrivals::order_id, diesel::dsl::max(arrivals::month)))
        .load(conn)?;
    let latest: std::collections::HashMap<i64, Option<NaiveDate>> = latest.into_iter().collect();
    let orders: Vec<(i64, NaiveDate, NaiveDate)> = standing_orders::table
        .select((standing_orders::id, standing_orders::met_month, standing_orders::first_month))
        .load(conn)?;
    let count = i64::try_from(orders.len()).unwrap_or(i64::MAX);
    let rows =
        orders.into_iter().map(|(id, met, first)| -> Row { (id, met, first, latest.get(&id).copied().flatten()) });
    let mut wrong = rows.filter(|(_, met, first, latest)| match latest {
        Some(latest) => latest != met,
        None => met >= first,
    });
    Ok((count, wrong.next().map(|(id, ..)| id)))
}
