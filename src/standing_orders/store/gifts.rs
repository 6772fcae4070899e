//! SQL of the gifts that standing orders are learnt from, and of how far they have been read.

use chrono::NaiveDate;
use diesel::prelude::*;

use crate::db::schema::{
    appeals, donation_events, donations, standing_order_arrivals, standing_order_reading as reading, supporters,
};
use crate::db::{Conn, DbError};
use crate::donations::Status;
use crate::ledger::Method;
use crate::standing_orders::rules::link::Seen;
use crate::supporters::rules::folded;

/// How far the gifts and what happened to them have been read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::standing_orders) struct Reading {
    /// The last gift.
    pub donation: i64,
    /// The last event of a gift.
    pub event: i64,
}

/// Whoever gave in a way that may recur since the last reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::standing_orders) struct News {
    /// Each once.
    pub supporters: Vec<i64>,
    /// How far the reading was.
    pub from: Reading,
    /// How far this is.
    pub until: Reading,
    /// Whether there is more than one round can take.
    pub is_more: bool,
}

/// Gifts and events looked at in one round: a round holds the books for some tens of milliseconds.
const NEWS_MAX: i64 = 200;
/// Gifts of other kinds that one round passes over.
const SPAN_MAX: i64 = 20_000;

fn methods() -> [&'static str; 3] {
    [Method::StandingOrder, Method::DirectDebit, Method::BankTransfer].map(Method::name)
}

pub(in crate::standing_orders) fn news(conn: &mut Conn) -> Result<News, DbError> {
    let (donation, event): (i64, i64) =
        reading::table.find(1).select((reading::donation, reading::event)).first(conn)?;
    let last: Option<i64> = donations::table.select(diesel::dsl::max(donations::id)).first(conn)?;
    let edge = last.unwrap_or(0).min(donation + SPAN_MAX);
    let gifts: Vec<(i64, Option<i64>)> = donations::table
        .filter(donations::id.gt(donation))
        .filter(donations::id.le(edge))
        .filter(donations::method.eq_any(methods()))
        // A gift that was found when an earlier one of its giver was read needs no second look.
        .filter(diesel::dsl::not(diesel::dsl::exists(
            standing_order_arrivals::table.filter(standing_order_arrivals::donation_id.eq(donations::id)),
        )))
        .order(donations::id)
        .limit(NEWS_MAX)
        .select((donations::id, donations::supporter_id))
        .load(conn)?;
    let events: Vec<(i64, Option<i64>)> = donation_events::table
        .inner_join(donations::table)
        .filter(donation_events::id.gt(event))
        .order(donation_events::id)
        .limit(NEWS_MAX)
        .select((donation_events::id, donations::supporter_id))
        .load(conn)?;
    let is_full = |rows: &[_]| rows.len() as i64 == NEWS_MAX;
    let read_to = if is_full(&gifts) { gifts.last().map_or(edge, |(id, _)| *id) } else { edge.max(donation) };
    let until = Reading { donation: read_to, event: events.last().map_or(event, |(id, _)| *id) };
    let mut supporters: Vec<i64> = gifts.iter().chain(&events).filter_map(|(_, supporter)| *supporter).collect();
    supporters.sort_unstable();
    supporters.dedup();
    let is_more = read_to < last.unwrap_or(0) || is_full(&events);
    Ok(News { supporters, from: Reading { donation, event }, until, is_more })
}

pub(in crate::standing_orders) fn set_reading(conn: &mut Conn, until: Reading) -> Result<(), DbError> {
    diesel::update(reading::table.find(1))
        .set((reading::donation.eq(until.donation), reading::event.eq(until.event)))
        .execute(conn)?;
    Ok(())
}

/// What makes each of these supporters the same person: see `supporters::rules::identity`.
pub(in crate::standing_orders) fn identities(
    conn: &mut Conn,
    supporter_ids: &[i64],
) -> Result<Vec<(i64, String)>, DbError> {
    Ok(supporters::table
        .filter(supporters::id.eq_any(supporter_ids))
        .select((supporters::id, supporters::identity))
        .load(conn)?)
}

/// More supporters of one name without an address than this are not one person.
const NAMESAKES_MAX: i64 = 400;

/// The supporters of this name who left no address, the oldest first; nobody where they are too many to be one.
pub(in crate::standing_orders) fn namesakes(conn: &mut Conn, name: &str) -> Result<Vec<i64>, DbError> {
    namesakes_like(conn, &format!("{}\n#", folded(name)))
}

/// The supporters whose identity begins so: a range of its index.
pub(in crate::standing_orders) fn namesakes_like(conn: &mut Conn, prefix: &str) -> Result<Vec<i64>, DbError> {
    // '$' is the character after '#'.
    let end = format!("{}$", prefix.trim_end_matches('#'));
    let ids: Vec<i64> = supporters::table
        .filter(supporters::identity.ge(prefix))
        .filter(supporters::identity.lt(end))
        .order(supporters::identity)
        .limit(NAMESAKES_MAX + 1)
        .select(supporters::id)
        .load(conn)?;
    let mut ids = if ids.len() as i64 > NAMESAKES_MAX { Vec::new() } else { ids };
    ids.sort_unstable();
    Ok(ids)
}

/// Gifts looked at in one round; of those who gave more, the oldest stay as they were read before.
const GIFTS_MAX: i64 = 30_000;

/// The received gifts of these supporters that may recur, the newest first, and whether there are more.
pub(in crate::standing_orders) fn gifts_of(
    conn: &mut Conn,
    supporter_ids: &[i64],
) -> Result<(Vec<Seen>, bool), DbError> {
    type Row = (i64, Option<i64>, i64, Option<NaiveDate>, i64, String);
    let rows: Vec<Row> = donations::table
        .inner_join(appeals::table)
        .filter(donations::supporter_id.eq_any(supporter_ids))
        .filter(donations::method.eq_any(methods()))
        .filter(donations::status.eq(Status::Received.name()))
        .filter(donations::received_on.is_not_null())
        .order((donations::received_on.desc(), donations::id.desc()))
        .limit(GIFTS_MAX)
        .select((
            donations::id,
            donations::supporter_id,
            appeals::fund_id,
            donations::received_on,
            donations::amount_minor,
            donations::method,
        ))
        .load(conn)?;
    let is_cut = rows.len() as i64 == GIFTS_MAX;
    let seen = |(id, supporter_id, fund_id, on, amount_minor, method): Row| {
        let method = Method::from_name(&method)?;
        Some(Seen { id, supporter_id: supporter_id?, fund_id, on: on?, amount_minor, method })
    };
    Ok((rows.into_iter().filter_map(seen).collect(), is_cut))
}
