//! What may happen to a standing order: another amount, an end, an end taken back; what is offered, kept or declined.
//!
//! Invariant: a change is a row with its day, its reason and who made it, and what was before stays what it was.

use chrono::{DateTime, NaiveDate, Utc};

use super::enter::found;
use super::rules::calendar::{end_month, first_month};
use super::{Deed, OrderError, StandingOrder, State, read, store};
use crate::db::Conn;
use crate::money::display;

/// Changes the amount from a day on.
///
/// # Errors
/// [`OrderError`]: not kept, stopped, the same amount, no reason, a day that has not come or lies before the order or
/// an earlier change.
pub fn change_amount(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &Deed,
    id: i64,
    amount_minor: i64,
    (from_on, today): (NaiveDate, NaiveDate),
    reason: &str,
) -> Result<StandingOrder, OrderError> {
    let Some(order) = to_change(conn, deed, id)? else { return found(conn, id) };
    if order.until_on.is_some_and(|until| until < from_on) {
        return Err(OrderError::HasStopped);
    }
    if amount_minor == order.amount_minor {
        return Err(OrderError::SameAmount(display(amount_minor, order.currency)));
    }
    check_day(conn, &order, from_on, today)?;
    let change = store::NewChange {
        kind: "amount",
        from_on,
        from_month: first_month(from_on, order.day),
        amounts: (order.amount_minor, amount_minor),
        reason: given(reason)?,
    };
    store::insert_change(conn, now, deed, order.id, &change)?;
    store::set_amount(conn, order.id, amount_minor)?;
    relinked(conn, &order)
}

/// Notes that an order has stopped: `until_on` is the last day it counts for.
///
/// # Errors
/// [`OrderError`]: not kept, stopped before, no reason, a day that has not come or lies before the order or a change.
pub fn stop(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &Deed,
    id: i64,
    (until_on, today): (NaiveDate, NaiveDate),
    reason: &str,
) -> Result<StandingOrder, OrderError> {
    let Some(order) = to_change(conn, deed, id)? else { return found(conn, id) };
    if order.until_on.is_some_and(|until| until <= today) {
        return Err(OrderError::HasStopped);
    }
    check_day(conn, &order, until_on, today)?;
    let end = end_month(order.first_month, until_on, order.day);
    let change = store::NewChange {
        kind: "stopped",
        from_on: until_on,
        from_month: end,
        amounts: (order.amount_minor, order.amount_minor),
        reason: given(reason)?,
    };
    store::insert_change(conn, now, deed, order.id, &change)?;
    store::set_end(conn, order.id, Some((until_on, end)))?;
    relinked(conn, &order)
}

/// Takes an end back that was entered by mistake.
///
/// # Errors
/// [`OrderError`]: not kept, not stopped, no reason.
pub fn resume(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &Deed,
    id: i64,
    today: NaiveDate,
    reason: &str,
) -> Result<StandingOrder, OrderError> {
    let Some(order) = to_change(conn, deed, id)? else { return found(conn, id) };
    if order.until_on.is_none() {
        return Err(OrderError::HasNotStopped);
    }
    let change = store::NewChange {
        kind: "resumed",
        from_on: today,
        from_month: first_month(today, order.day),
        amounts: (order.amount_minor, order.amount_minor),
        reason: given(reason)?,
    };
    store::insert_change(conn, now, deed, order.id, &change)?;
    store::set_end(conn, order.id, None)?;
    relinked(conn, &order)
}

/// Keeps an order that was offered.
///
/// # Errors
/// [`OrderError`]: unknown, or decided before.
pub fn keep(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &Deed,
    id: i64,
    today: NaiveDate,
) -> Result<StandingOrder, OrderError> {
    decide(conn, now, deed, id, today, ("kept", State::Kept))
}

/// Declines an order that was offered: it is not offered again.
///
/// # Errors
/// [`OrderError`]: unknown, or decided before.
pub fn decline(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &Deed,
    id: i64,
    today: NaiveDate,
) -> Result<StandingOrder, OrderError> {
    decide(conn, now, deed, id, today, ("declined", State::Declined))
}

fn decide(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &Deed,
    id: i64,
    today: NaiveDate,
    (kind, state): (&'static str, State),
) -> Result<StandingOrder, OrderError> {
    let order = found(conn, id)?;
    // The second click, or somebody else's same word.
    if order.state == state {
        return Ok(order);
    }
    if order.state != State::Offered {
        return Err(OrderError::Decided);
    }
    let change = store::NewChange {
        kind,
        from_on: today,
        from_month: order.first_month,
        amounts: (order.amount_minor, order.amount_minor),
        reason: String::new(),
    };
    store::insert_change(conn, now, deed, order.id, &change)?;
    store::set_state(conn, order.id, state)?;
    relinked(conn, &order)
}

/// The order, or nothing when this very change was made before.
fn to_change(conn: &mut Conn, deed: &Deed, id: i64) -> Result<Option<StandingOrder>, OrderError> {
    let order = found(conn, id)?;
    if store::has_change(conn, &deed.key)? {
        return Ok(None);
    }
    if order.state != State::Kept {
        return Err(OrderError::NotKept);
    }
    Ok(Some(order))
}

fn check_day(conn: &mut Conn, order: &StandingOrder, day: NaiveDate, today: NaiveDate) -> Result<(), OrderError> {
    if day > today {
        return Err(OrderError::InFuture(day));
    }
    if day < order.since_on {
        return Err(OrderError::BeforeBeginning(order.since_on));
    }
    let changes = store::changes_of(conn, &[order.id])?;
    match changes.iter().rfind(|change| change.is_of_amount()) {
        Some(last) if day < last.from_on => Err(OrderError::BeforeChange(last.from_on)),
        _ => Ok(()),
    }
}

fn given(reason: &str) -> Result<String, OrderError> {
    let reason = reason.split_whitespace().collect::<Vec<_>>().join(" ");
    if reason.is_empty() { Err(OrderError::ReasonMissing) } else { Ok(reason) }
}

/// Works out anew which gifts meet it.
fn relinked(conn: &mut Conn, order: &StandingOrder) -> Result<StandingOrder, OrderError> {
    let givers = read::givers(conn, &[order.supporter_id])?;
    read::relink(conn, &givers)?;
    found(conn, order.id)
}
