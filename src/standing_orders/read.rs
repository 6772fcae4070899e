//! Reading the gifts: which met which month, and what new promises they make.
//!
//! Invariant: reading twice changes nothing. Everything of a giver is worked out anew from all their gifts, so that
//! the order in which gifts are entered, arrive or go back does not matter.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};

use super::rules::calendar::{agreed_on, due_on, first_month, month_of, month_plus};
use super::rules::learn::{self, NEAR_DAYS, Pattern};
use super::rules::link::{self, Seen};
use super::{Arrival, Method, Origin, StandingOrder, State, store};
use crate::clock::date_in;
use crate::db::{Conn, DbError};
use crate::donations::forms;
use crate::funds;

/// Who learns.
const BY: &str = "learnt from the gifts";
/// Who keeps what a giver's form says.
const BY_FORM: &str = "the giver’s form";
/// Gifts of other kinds that gather before it is written down that they were passed over.
const LAG_MAX: i64 = 2_000;

/// Whether [`catch_up`] has anything to do: a question that takes no lock.
///
/// # Errors
/// Only when the database fails.
pub fn is_behind(conn: &mut Conn) -> Result<bool, DbError> {
    let news = store::news(conn)?;
    let has_events = news.until.event > news.from.event;
    Ok(!news.supporters.is_empty() || has_events || news.until.donation - news.from.donation >= LAG_MAX)
}

/// Reads the gifts since the last time, up to a bounded number; the answer is whether there are more.
///
/// The caller holds [`crate::db::Lock::Books`].
///
/// # Errors
/// Only when the database fails.
pub fn catch_up(conn: &mut Conn, now: DateTime<Utc>) -> Result<bool, DbError> {
    let news = store::news(conn)?;
    if !news.supporters.is_empty() {
        let givers = givers(conn, &news.supporters)?;
        study(conn, &givers, Some(now))?;
    }
    if news.until != news.from {
        store::set_reading(conn, news.until)?;
    }
    Ok(news.is_more)
}

/// The supporters that count as one giver with each of these: the one of this name and address, or all of this name
/// without an address, who were each taken as new.
pub(super) fn givers(conn: &mut Conn, supporter_ids: &[i64]) -> Result<Vec<Vec<i64>>, DbError> {
    let mut givers = Vec::new();
    let mut seen: HashSet<String> = HashSet::new();
    for (id, identity) in store::identities(conn, supporter_ids)? {
        match nameless_part(&identity) {
            None => givers.push(vec![id]),
            Some(prefix) if seen.insert(prefix.to_owned()) => {
                let alike = store::namesakes_like(conn, prefix)?;
                givers.push(if alike.is_empty() { vec![id] } else { alike });
            }
            Some(_) => {}
        }
    }
    Ok(givers)
}

/// "jane doe\n#" of an identity without an address.
fn nameless_part(identity: &str) -> Option<&str> {
    let at = identity.find("\n#")?;
    identity.get(..at + 2)
}

/// Works out anew which gifts meet the orders of these givers.
pub(super) fn relink(conn: &mut Conn, givers: &[Vec<i64>]) -> Result<(), DbError> {
    study(conn, givers, None)
}

/// Everything of one giver to one fund.
#[derive(Default)]
struct Case {
    orders: Vec<StandingOrder>,
    gifts: Vec<Seen>,
    /// Whether the giver is known by more than a name.
    is_sure: bool,
}

fn study(conn: &mut Conn, givers: &[Vec<i64>], learns_at: Option<DateTime<Utc>>) -> Result<(), DbError> {
    let ids: Vec<i64> = givers.concat();
    let of: HashMap<i64, usize> =
        givers.iter().enumerate().flat_map(|(at, ids)| ids.iter().map(move |id| (*id, at))).collect();
    let nameless: HashSet<i64> = store::identities(conn, &ids)?
        .into_iter()
        .filter(|(_, name)| nameless_part(name).is_some())
        .map(|(id, _)| id)
        .collect();
    let (gifts, is_cut) = store::gifts_of(conn, &ids)?;
    // Where not every gift was read, the months before the oldest that was stay as they are.
    let horizon = gifts.last().filter(|_| is_cut).map(|oldest| month_plus(month_of(oldest.on), 3));
    let mut cases: BTreeMap<(usize, i64), Case> = BTreeMap::new();
    for order in store::of_supporters(conn, &ids)? {
        cases.entry((of[&order.supporter_id], order.fund_id)).or_default().orders.push(order);
    }
    for gift in gifts {
        let case = cases.entry((of[&gift.supporter_id], gift.fund_id)).or_default();
        case.is_sure = !nameless.contains(&gift.supporter_id);
        case.gifts.push(gift);
    }
    let order_ids: Vec<i64> = cases.values().flat_map(|case| &case.orders).map(|order| order.id).collect();
    let mut known: HashMap<i64, Vec<Arrival>> = HashMap::new();
    for arrival in store::arrivals_of(conn, &order_ids)? {
        known.entry(arrival.order_id).or_default().push(arrival);
    }
    for ((_, fund_id), mut case) in cases {
        if let Some(now) = learns_at {
            learn_of(conn, now, fund_id, &mut case)?;
        }
        settle(conn, &case, &known, horizon)?;
    }
    Ok(())
}

/// Enters what the gifts promise beyond the orders that are known.
fn learn_of(conn: &mut Conn, now: DateTime<Utc>, fund_id: i64, case: &mut Case) -> Result<(), DbError> {
    keep_forms(conn, now, fund_id, case)?;
    if case.gifts.len() < learn::MONTHS_NEEDED {
        return Ok(());
    }
    let fund = funds::fund(conn, fund_id)?.ok_or_else(|| DbError::Corrupt("a gift names no fund".to_owned()))?;
    let used: HashSet<i64> = linked(conn, case)?.iter().map(|arrival| arrival.donation_id).collect();
    let free: Vec<Seen> = case.gifts.iter().filter(|gift| !used.contains(&gift.id)).copied().collect();
    for pattern in learn::learn(&free, date_in(now, fund.zone)) {
        let is_known = case.orders.iter().any(|order| is_same(order, &pattern));
        let Some(newest) = pattern.gifts.first().filter(|_| !is_known) else { continue };
        let first = first_month(pattern.since_on, pattern.day);
        let id = store::insert(
            conn,
            &store::NewOrder {
                key: format!("learnt:{}", newest.id),
                fund_id,
                supporter_id: newest.supporter_id,
                method: pattern.method,
                origin: Origin::Learnt,
                state: if pattern.is_said && case.is_sure { State::Kept } else { State::Offered },
                amount_minor: pattern.amount_minor,
                day: pattern.day,
                since_on: pattern.since_on,
                until_on: None,
                first_month: first,
                end_month: None,
                met_month: month_plus(first, -1),
                recorded_at: now,
                recorded_by: BY.to_owned(),
                request_id: String::new(),
            },
        )?;
        case.orders.extend(store::by_number(conn, id)?);
    }
    Ok(())
}

/// Keeps the orders that givers made with a form for their bank: the first payment under the form's reference says that the
/// bank has it.
fn keep_forms(conn: &mut Conn, now: DateTime<Utc>, fund_id: i64, case: &mut Case) -> Result<(), DbError> {
    let by_order: Vec<i64> =
        case.gifts.iter().filter(|gift| gift.method == Method::StandingOrder).map(|gift| gift.id).collect();
    if by_order.is_empty() {
        return Ok(());
    }
    let days = forms::days_of(conn, &by_order)?;
    for gift in case.gifts.clone() {
        let Some(day) = days.get(&gift.id).copied() else { continue };
        let key = format!("form:{}", gift.id);
        let is_alike = |order: &StandingOrder| order.amount_minor == gift.amount_minor && order.day == day;
        if store::by_key(conn, &key)?.is_some() || case.orders.iter().any(is_alike) {
            continue;
        }
        // A bank that pays late, or on the Monday after, pays for the month all the same.
        let around = month_of(gift.on);
        let months = [-1, 0, 1].map(|count| month_plus(around, count));
        let far = |month: &NaiveDate| (due_on(*month, day) - gift.on).num_days().abs();
        let month = months.into_iter().min_by_key(far).unwrap_or(around);
        let since_on = agreed_on(month, day).min(gift.on);
        let first = first_month(since_on, day);
        let id = store::insert(
            conn,
            &store::NewOrder {
                key,
                fund_id,
                supporter_id: gift.supporter_id,
                method: Method::StandingOrder,
                origin: Origin::Entered,
                state: State::Kept,
                amount_minor: gift.amount_minor,
                day,
                since_on,
                until_on: None,
                first_month: first,
                end_month: None,
                met_month: month_plus(first, -1),
                recorded_at: now,
                recorded_by: BY_FORM.to_owned(),
                request_id: String::new(),
            },
        )?;
        case.orders.extend(store::by_number(conn, id)?);
    }
    Ok(())
}

/// Whether a pattern is an order that staff were asked about, or that stands and was not met by these gifts.
fn is_same(order: &StandingOrder, pattern: &Pattern) -> bool {
    let days = i64::from(order.day.abs_diff(pattern.day));
    let is_near = days <= NEAR_DAYS || days >= 31 - NEAR_DAYS;
    let is_alike = order.amount_minor == pattern.amount_minor && is_near;
    is_alike && (order.state != State::Kept || order.end_month.is_none())
}

fn linked(conn: &mut Conn, case: &Case) -> Result<Vec<Arrival>, DbError> {
    let kept: Vec<StandingOrder> = case.orders.iter().filter(|order| order.state == State::Kept).cloned().collect();
    if kept.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<i64> = kept.iter().map(|order| order.id).collect();
    let changes = store::changes_of(conn, &ids)?;
    Ok(link::link(&kept, &changes, &case.gifts))
}

/// Writes down what meets the orders, where it is not what was written down before.
fn settle(
    conn: &mut Conn,
    case: &Case,
    known: &HashMap<i64, Vec<Arrival>>,
    horizon: Option<NaiveDate>,
) -> Result<(), DbError> {
    let is_seen = |arrival: &Arrival| horizon.is_none_or(|horizon| arrival.month >= horizon);
    let of_case = || case.orders.iter().filter_map(|order| known.get(&order.id)).flatten().copied();
    let unseen: HashSet<i64> =
        of_case().filter(|arrival| !is_seen(arrival)).map(|arrival| arrival.donation_id).collect();
    let is_free = |arrival: &Arrival| is_seen(arrival) && !unseen.contains(&arrival.donation_id);
    let wanted: HashSet<Arrival> = linked(conn, case)?.into_iter().filter(is_free).collect();
    let stand: HashSet<Arrival> = of_case().filter(is_seen).collect();
    if wanted != stand {
        let mut gone: Vec<Arrival> = stand.difference(&wanted).copied().collect();
        let mut come: Vec<Arrival> = wanted.difference(&stand).copied().collect();
        gone.sort_unstable();
        come.sort_unstable();
        store::replace_arrivals(conn, &gone, &come)?;
    }
    for order in &case.orders {
        let unseen = of_case().filter(|arrival| !is_seen(arrival));
        let months = wanted.iter().copied().chain(unseen).filter(|arrival| arrival.order_id == order.id);
        let met = months.map(|arrival| arrival.month).max().unwrap_or_else(|| month_plus(order.first_month, -1));
        if met != order.met_month {
            store::set_met(conn, order.id, met)?;
        }
    }
    Ok(())
}
