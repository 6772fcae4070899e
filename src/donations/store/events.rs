//! SQL of what happened to gifts after they were recorded.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use diesel::prelude::*;

use crate::db::schema::{donation_events, donations};
use crate::db::{Conn, DbError};
use crate::donations::rules::Returned;
use crate::donations::{Change, Donation, Status};
use crate::funds::Appeal;

/// Something that happened to a donation after it was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its number.
    pub id: i64,
    /// "received", "refunded", "bounced", "cancelled".
    pub kind: String,
    /// How much.
    pub amount_minor: i64,
    /// The entry it posted.
    pub entry: Option<i64>,
    /// Why.
    pub reason: String,
    /// When.
    pub recorded_at: DateTime<Utc>,
    /// Who.
    pub recorded_by: String,
    /// From which request.
    pub request_id: String,
    /// The appeal whose total fell, where it is not the gift's own because that one was closed.
    pub counts_in: Option<i64>,
}

type EventRow = (i64, String, i64, Option<i64>, String, NaiveDateTime, String, String, Option<i64>);

fn event_of(
    (id, kind, amount_minor, entry, reason, recorded_at, recorded_by, request_id, counts_in): EventRow,
) -> Event {
    let recorded_at = recorded_at.and_utc();
    Event { id, kind, amount_minor, entry, reason, recorded_at, recorded_by, request_id, counts_in }
}

const EVENT_COLUMNS: (
    donation_events::id,
    donation_events::kind,
    donation_events::amount_minor,
    donation_events::entry,
    donation_events::reason,
    donation_events::recorded_at,
    donation_events::recorded_by,
    donation_events::request_id,
    donation_events::counts_in,
) = (
    donation_events::id,
    donation_events::kind,
    donation_events::amount_minor,
    donation_events::entry,
    donation_events::reason,
    donation_events::recorded_at,
    donation_events::recorded_by,
    donation_events::request_id,
    donation_events::counts_in,
);

/// What happened to a donation, oldest first.
///
/// # Errors
/// Only when the database fails.
pub fn events_of(conn: &mut Conn, donation_id: i64) -> Result<Vec<Event>, DbError> {
    let rows: Vec<EventRow> = donation_events::table
        .filter(donation_events::donation_id.eq(donation_id))
        .order(donation_events::id)
        .select(EVENT_COLUMNS)
        .load(conn)?;
    Ok(rows.into_iter().map(event_of).collect())
}

/// The event with this number.
///
/// # Errors
/// Only when the database fails.
pub fn event_numbered(conn: &mut Conn, id: i64) -> Result<Option<Event>, DbError> {
    let row: Option<EventRow> = donation_events::table.find(id).select(EVENT_COLUMNS).first(conn).optional()?;
    Ok(row.map(event_of))
}

/// What happened of some kinds to these donations until `at`, oldest first.
pub(super) fn events_among(
    conn: &mut Conn,
    donations: &[i64],
    kinds: &[&str],
    at: DateTime<Utc>,
) -> Result<Vec<(i64, Event)>, DbError> {
    let rows: Vec<(i64, EventRow)> = donation_events::table
        .filter(donation_events::donation_id.eq_any(donations))
        .filter(donation_events::kind.eq_any(kinds))
        .filter(donation_events::recorded_at.le(at.naive_utc()))
        .order(donation_events::id)
        .select((donation_events::donation_id, EVENT_COLUMNS))
        .load(conn)?;
    Ok(rows.into_iter().map(|(donation, row)| (donation, event_of(row))).collect())
}

pub(in crate::donations) fn event_by_key(conn: &mut Conn, key: &str) -> Result<Option<(i64, Vec<u8>)>, DbError> {
    Ok(donation_events::table
        .filter(donation_events::key.eq(key))
        .select((donation_events::donation_id, donation_events::fingerprint))
        .first(conn)
        .optional()?)
}

pub(super) fn has_event(conn: &mut Conn, donation_id: i64, kind: &str) -> Result<bool, DbError> {
    let count: i64 = donation_events::table
        .filter(donation_events::donation_id.eq(donation_id))
        .filter(donation_events::kind.eq(kind))
        .count()
        .get_result(conn)?;
    Ok(count > 0)
}

pub(in crate::donations) fn insert_event(
    conn: &mut Conn,
    now: DateTime<Utc>,
    donation: &Donation,
    change: &Change,
    kind: &str,
    amount_minor: i64,
    entry: Option<i64>,
) -> Result<i64, DbError> {
    let last: Option<i64> = donation_events::table.select(diesel::dsl::max(donation_events::id)).first(conn)?;
    let id = last.unwrap_or(0) + 1;
    diesel::insert_into(donation_events::table)
        .values((
            donation_events::id.eq(id),
            donation_events::donation_id.eq(donation.id),
            donation_events::key.eq(&change.key),
            donation_events::fingerprint.eq(change.fingerprint.to_vec()),
            donation_events::kind.eq(kind),
            donation_events::amount_minor.eq(amount_minor),
            donation_events::entry.eq(entry),
            donation_events::reason.eq(&change.reason),
            donation_events::recorded_at.eq(now.naive_utc()),
            donation_events::recorded_by.eq(&change.by),
            donation_events::request_id.eq(&change.request_id),
        ))
        .execute(conn)?;
    Ok(id)
}

pub(in crate::donations) fn set_returned(
    conn: &mut Conn,
    donation: &Donation,
    returned: &Returned,
) -> Result<(), DbError> {
    diesel::update(donations::table.find(donation.id))
        .set((
            donations::returned_minor.eq(donation.returned_minor + returned.amount_minor),
            donations::status.eq(returned.status.name()),
        ))
        .execute(conn)?;
    Ok(())
}

pub(in crate::donations) fn set_received(
    conn: &mut Conn,
    donation: &Donation,
    appeal: &Appeal,
    date: NaiveDate,
    entry: i64,
) -> Result<(), DbError> {
    diesel::update(donations::table.find(donation.id))
        .set((
            donations::status.eq(Status::Received.name()),
            donations::appeal_id.eq(appeal.id),
            donations::received_on.eq(date),
            donations::entry.eq(entry),
        ))
        .execute(conn)?;
    Ok(())
}

pub(in crate::donations) fn set_cancelled(conn: &mut Conn, donation: &Donation) -> Result<(), DbError> {
    diesel::update(donations::table.find(donation.id))
        .set(donations::status.eq(Status::Cancelled.name()))
        .execute(conn)?;
    Ok(())
}
