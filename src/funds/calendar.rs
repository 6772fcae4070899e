//! The months: each opens by itself, and takes over from the one before what the fund's rule says.
//!
//! Invariant: opening twice changes nothing, and no month is left out, however long nothing ran.

use chrono::{DateTime, NaiveDate, Utc};

use super::{Appeal, Fund, NoAppeal, Rhythm, rules, store};
use crate::clock::date_in;
use crate::db::{Conn, DbError};

/// Opens the months that have begun, for every monthly fund, and carries over what the fund's rule says.
///
/// Also makes good the months that passed while nothing ran, and lets a carried amount follow the month before it
/// for as long as that one is not closed. Doing it twice changes nothing.
///
/// # Errors
/// Only when the database fails.
pub fn open_due(conn: &mut Conn, now: DateTime<Utc>) -> Result<(), DbError> {
    for fund in store::all(conn)? {
        if fund.rhythm == Rhythm::Monthly {
            open_months(conn, now, &fund)?;
            follow_carried(conn, now, &fund)?;
        }
    }
    Ok(())
}

/// Whether [`open_due`] would change anything: a question that takes no lock.
///
/// # Errors
/// Only when the database fails.
pub fn is_any_due(conn: &mut Conn, now: DateTime<Utc>) -> Result<bool, DbError> {
    for fund in store::all(conn)? {
        if fund.rhythm != Rhythm::Monthly {
            continue;
        }
        let latest = store::latest_appeal(conn, fund.id)?;
        let has_begun = latest.is_some_and(|latest| is_followed(&latest, date_in(now, fund.zone)));
        if has_begun || !moved_carries(conn, &fund)?.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether the month after `latest` has begun.
fn is_followed(latest: &Appeal, today: NaiveDate) -> bool {
    latest.deadline_on < today && rules::month_of(today).opens_on > latest.opens_on
}

/// Opens the months of this fund that have begun.
pub(super) fn open_next(conn: &mut Conn, now: DateTime<Utc>, fund: &Fund) -> Result<(), DbError> {
    if fund.rhythm == Rhythm::Monthly { open_months(conn, now, fund) } else { Ok(()) }
}

/// Fixes what the appeals after `appeal` took over, as far as they are open: each takes from the one before it.
pub(super) fn settle(
    conn: &mut Conn,
    now: DateTime<Utc>,
    by: &str,
    fund: &Fund,
    appeal: &Appeal,
) -> Result<(), DbError> {
    let mut before = appeal.clone();
    while let Some(mut after) = store::follower(conn, before.id)?.filter(|after| after.closed_at.is_none()) {
        let new_minor = rules::carried(fund.carry, &before, store::total(conn, before.id)?.raised_minor);
        if new_minor != after.carried_minor {
            let change = rules::NewChange {
                field: "carried",
                old_value: after.carried_minor.to_string(),
                new_value: new_minor.to_string(),
                reason: format!("the books of {} were closed", appeal.name),
            };
            store::set_carried(conn, after.id, new_minor)?;
            store::record_change(conn, after.id, now, by, &change)?;
            after.carried_minor = new_minor;
        }
        before = after;
    }
    Ok(())
}

fn open_months(conn: &mut Conn, now: DateTime<Utc>, fund: &Fund) -> Result<(), DbError> {
    let today = date_in(now, fund.zone);
    let Some(mut latest) = store::latest_appeal(conn, fund.id)? else { return Ok(()) };
    while is_followed(&latest, today) {
        let period = rules::month_after(latest.opens_on);
        let carried = rules::carried(fund.carry, &latest, store::total(conn, latest.id)?.raised_minor);
        store::insert_appeal(conn, fund, &period, Some(latest.id), carried)?;
        latest = store::latest_appeal(conn, fund.id)?
            .ok_or_else(|| DbError::Corrupt("an appeal just opened is not there".to_owned()))?;
        store::record_change(conn, latest.id, now, "the calendar", &rules::opened(&latest))?;
        tracing::info!(fund = fund.slug, appeal = latest.name, "an appeal opened");
    }
    Ok(())
}

/// How many months back a late gift may still move what was carried over from its month.
const FOLLOWED_MONTHS_MAX: i64 = 12;

fn follow_carried(conn: &mut Conn, now: DateTime<Utc>, fund: &Fund) -> Result<(), DbError> {
    for moved in moved_carries(conn, fund)? {
        let change = rules::NewChange {
            field: "carried",
            old_value: moved.old_minor.to_string(),
            new_value: moved.new_minor.to_string(),
            reason: format!("the total of {} moved", moved.before),
        };
        store::set_carried(conn, moved.appeal_id, moved.new_minor)?;
        store::record_change(conn, moved.appeal_id, now, "the calendar", &change)?;
    }
    Ok(())
}

/// A carried amount that is no longer what the month before it says.
struct MovedCarry {
    appeal_id: i64,
    before: String,
    old_minor: i64,
    new_minor: i64,
}

/// Each of them, a month's own move counted before the next month is looked at.
fn moved_carries(conn: &mut Conn, fund: &Fund) -> Result<Vec<MovedCarry>, DbError> {
    let mut recent = store::appeals_of(conn, fund.id, FOLLOWED_MONTHS_MAX)?;
    recent.reverse();
    let mut moved = Vec::new();
    for i in 1..recent.len() {
        let (before, after) = (&recent[i - 1], &recent[i]);
        let is_fixed = before.closed_at.is_some() || after.closed_at.is_some();
        if after.carried_from != Some(before.id) || is_fixed {
            continue;
        }
        let (appeal_id, old_minor) = (after.id, after.carried_minor);
        let new_minor = rules::carried(fund.carry, before, store::total(conn, before.id)?.raised_minor);
        if new_minor != old_minor {
            moved.push(MovedCarry { appeal_id, before: before.name.clone(), old_minor, new_minor });
            recent[i].carried_minor = new_minor;
        }
    }
    Ok(moved)
}

/// The appeal to which money received on `date` belongs, made on the spot where it is a month of a monthly fund.
///
/// # Errors
/// The database's failure outside, the refusal inside.
pub fn appeal_for(
    conn: &mut Conn,
    now: DateTime<Utc>,
    fund: &Fund,
    date: NaiveDate,
) -> Result<Result<Appeal, NoAppeal>, DbError> {
    let today = date_in(now, fund.zone);
    if let Err(refusal) = rules::check_date(date, today) {
        return Ok(Err(refusal));
    }
    let appeal = match fund.rhythm {
        Rhythm::OneOff => store::latest_appeal(conn, fund.id)?,
        Rhythm::Monthly => Some(month_appeal(conn, now, fund, date)?),
    };
    let appeal = appeal.ok_or_else(|| DbError::Corrupt(format!("the fund {} has no appeal", fund.slug)))?;
    Ok(rules::admit(now, fund, appeal, date))
}

fn month_appeal(conn: &mut Conn, now: DateTime<Utc>, fund: &Fund, date: NaiveDate) -> Result<Appeal, DbError> {
    let period = rules::month_of(date);
    if let Some(known) = store::appeal_by_name(conn, fund.id, &period.name)? {
        return Ok(known);
    }
    // A month that has begun but is not open yet is opened with those before it; an older one stands alone.
    open_months(conn, now, fund)?;
    if let Some(opened) = store::appeal_by_name(conn, fund.id, &period.name)? {
        return Ok(opened);
    }
    store::insert_appeal(conn, fund, &period, None, 0)?;
    let opened = store::appeal_by_name(conn, fund.id, &period.name)?
        .ok_or_else(|| DbError::Corrupt("an appeal just made is not there".to_owned()))?;
    let reason = format!("a gift was received on {date}");
    let change = rules::NewChange { reason, ..rules::opened(&opened) };
    store::record_change(conn, opened.id, now, "the calendar", &change)?;
    Ok(opened)
}
