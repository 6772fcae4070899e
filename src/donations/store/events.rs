//! SQL of what happened to gifts after they were recorded.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;

use crate::db::schema::{appeals, donation_events};
use crate::db::{Conn, DbError};
use crate::donations::{Change, Donation, Method};

/// Something that happened to a donation after it was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its number.
    pub id: i64,
    /// "received", "refunded", "bounced", "cancelled", "resent", "taken_back", "corrected".
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
    /// The appeal whose total fell when money went back: the gift's own, or another where that one was closed.
    pub counts_in: Option<i64>,
    /// What was promised before this money came.
    pub promised_minor: Option<i64>,
    /// By which way it was promised.
    pub promised_method: Option<Method>,
    /// How much stood in the books before a correction.
    pub was_minor: Option<i64>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = donation_events)]
struct EventRow {
    id: i64,
    kind: String,
    amount_minor: i64,
    entry: Option<i64>,
    reason: String,
    recorded_at: NaiveDateTime,
    recorded_by: String,
    request_id: String,
    counts_in: Option<i64>,
    promised_minor: Option<i64>,
    promised_method: Option<String>,
    was_minor: Option<i64>,
}

fn event_of(row: EventRow) -> Event {
    Event {
        id: row.id,
        kind: row.kind,
        amount_minor: row.amount_minor,
        entry: row.entry,
        reason: row.reason,
        recorded_at: row.recorded_at.and_utc(),
        recorded_by: row.recorded_by,
        request_id: row.request_id,
        counts_in: row.counts_in,
        promised_minor: row.promised_minor,
        promised_method: row.promised_method.as_deref().and_then(Method::from_name),
        was_minor: row.was_minor,
    }
}

/// What happened to a donation, oldest first.
///
/// # Errors
/// Only when the database fails.
pub fn events_of(conn: &mut Conn, donation_id: i64) -> Result<Vec<Event>, DbError> {
    let rows: Vec<EventRow> = donation_events::table
        .filter(donation_events::donation_id.eq(donation_id))
        .order(donation_events::id)
        .select(EventRow::as_select())
        .load(conn)?;
    Ok(rows.into_iter().map(event_of).collect())
}

/// The event with this number.
///
/// # Errors
/// Only when the database fails.
pub fn event_numbered(conn: &mut Conn, id: i64) -> Result<Option<Event>, DbError> {
    let row: Option<EventRow> = donation_events::table.find(id).select(EventRow::as_select()).first(conn).optional()?;
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
        .select((donation_events::donation_id, EventRow::as_select()))
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

/// What was promised before the money first came; nothing for a gift that came with its money.
pub(super) fn promised(conn: &mut Conn, donation_id: i64) -> Result<Option<Option<i64>>, DbError> {
    Ok(donation_events::table
        .filter(donation_events::donation_id.eq(donation_id))
        .filter(donation_events::kind.eq("received"))
        .order(donation_events::id)
        .select(donation_events::promised_minor)
        .first(conn)
        .optional()?)
}

/// The amount and the appeal that a gift was entered with, where it was corrected since.
pub(super) fn entered(conn: &mut Conn, donation_id: i64) -> Result<Option<(i64, String)>, DbError> {
    Ok(donation_events::table
        .inner_join(appeals::table.on(donation_events::was_appeal_id.eq(appeals::id.nullable())))
        .filter(donation_events::donation_id.eq(donation_id))
        .filter(donation_events::was_minor.is_not_null())
        .order(donation_events::id)
        .select((donation_events::was_minor.assume_not_null(), appeals::name))
        .first(conn)
        .optional()?)
}

/// Keys asked for in one statement, below SQLite's limit of placeholders.
const KEYS_PER_QUERY_MAX: usize = 1_000;

/// Key to donation and fingerprint, for the keys that were used before.
pub(in crate::donations) fn events_by_keys<'a>(
    conn: &mut Conn,
    keys: impl Iterator<Item = &'a str>,
) -> Result<HashMap<String, (i64, Vec<u8>)>, DbError> {
    let keys: Vec<&str> = keys.collect();
    let mut known = HashMap::new();
    for some in keys.chunks(KEYS_PER_QUERY_MAX) {
        let rows: Vec<(String, i64, Vec<u8>)> = donation_events::table
            .filter(donation_events::key.eq_any(some))
            .select((donation_events::key, donation_events::donation_id, donation_events::fingerprint))
            .load(conn)?;
        known.extend(rows.into_iter().map(|(key, id, fingerprint)| (key, (id, fingerprint))));
    }
    Ok(known)
}

/// Something that happens to a donation.
pub(in crate::donations) struct NewEvent<'a> {
    pub donation_id: i64,
    pub kind: &'a str,
    pub amount_minor: i64,
    pub entry: Option<i64>,
    /// What was promised and by which way, when its money comes.
    pub promised: Option<(i64, Method)>,
    /// The amount and the appeal that stood there before a correction.
    pub was: Option<(i64, i64)>,
}

impl<'a> NewEvent<'a> {
    pub fn of(donation: &Donation, kind: &'a str, amount_minor: i64) -> Self {
        Self { donation_id: donation.id, kind, amount_minor, entry: None, promised: None, was: None }
    }
}

#[derive(Insertable)]
#[diesel(table_name = donation_events, treat_none_as_default_value = false)]
struct NewRow {
    id: i64,
    donation_id: i64,
    key: String,
    fingerprint: Vec<u8>,
    kind: String,
    amount_minor: i64,
    entry: Option<i64>,
    reason: String,
    recorded_at: NaiveDateTime,
    recorded_by: String,
    request_id: String,
    promised_minor: Option<i64>,
    promised_method: Option<&'static str>,
    was_minor: Option<i64>,
    was_appeal_id: Option<i64>,
}

/// Inserts events; the answer is the number of the first.
pub(in crate::donations) fn insert_events(
    conn: &mut Conn,
    now: DateTime<Utc>,
    events: &[(&Change, NewEvent<'_>)],
) -> Result<i64, DbError> {
    let last: Option<i64> = donation_events::table.select(diesel::dsl::max(donation_events::id)).first(conn)?;
    let first = last.unwrap_or(0) + 1;
    let rows: Vec<NewRow> = events
        .iter()
        .zip(first..)
        .map(|((change, new), id)| NewRow {
            id,
            donation_id: new.donation_id,
            key: change.key.clone(),
            fingerprint: change.fingerprint.to_vec(),
            kind: new.kind.to_owned(),
            amount_minor: new.amount_minor,
            entry: new.entry,
            reason: change.reason.clone(),
            recorded_at: now.naive_utc(),
            recorded_by: change.by.clone(),
            request_id: change.request_id.clone(),
            promised_minor: new.promised.map(|(minor, _)| minor),
            promised_method: new.promised.map(|(_, method)| method.name()),
            was_minor: new.was.map(|(minor, _)| minor),
            was_appeal_id: new.was.map(|(_, appeal)| appeal),
        })
        .collect();
    insert_all!(conn, donation_events::table, &rows)?;
    Ok(first)
}

pub(in crate::donations) fn insert_event(
    conn: &mut Conn,
    now: DateTime<Utc>,
    change: &Change,
    new: &NewEvent<'_>,
) -> Result<i64, DbError> {
    insert_events(conn, now, &[(change, NewEvent { ..*new })])
}

/// What was said of the entries with these numbers when they took something back.
///
/// # Errors
/// Only when the database fails.
pub fn events_posting(conn: &mut Conn, numbers: &[i64]) -> Result<Vec<Event>, DbError> {
    let rows: Vec<EventRow> = donation_events::table
        .filter(donation_events::entry.eq_any(numbers))
        .order(donation_events::id)
        .select(EventRow::as_select())
        .load(conn)?;
    Ok(rows.into_iter().map(event_of).collect())
}
