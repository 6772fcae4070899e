//! All SQL of donations and of what happened to them.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::rules::{Known, Returned};
use super::{Change, Donation, Method, Recap, Status, Taken};
use crate::db::schema::{appeals, donation_events, donations, funds, receipts, supporters};
use crate::db::{Conn, DbError};
use crate::funds::Appeal;
use crate::money::Currency;
use crate::receipts::ReceiptNumber;

/// Keys asked for in one statement, below SQLite's limit of placeholders.
const KEYS_PER_QUERY_MAX: usize = 1_000;

pub(super) fn by_keys<'a>(
    conn: &mut Conn,
    keys: impl Iterator<Item = &'a str>,
) -> Result<HashMap<String, Known>, DbError> {
    let keys: Vec<&str> = keys.collect();
    let mut found: Vec<(i64, String, Vec<u8>)> = Vec::new();
    for some in keys.chunks(KEYS_PER_QUERY_MAX) {
        let rows: Vec<(i64, String, Vec<u8>)> = donations::table
            .filter(donations::key.eq_any(some))
            .select((donations::id, donations::key, donations::fingerprint))
            .load(conn)?;
        found.extend(rows);
    }
    let mut known = HashMap::with_capacity(found.len());
    for (id, key, fingerprint) in found {
        let donation = by_number(conn, id)?.ok_or_else(|| DbError::Corrupt(format!("donation {id} has no appeal")))?;
        let was_pledged = donation.entry.is_none() || has_event(conn, id, "received")?;
        let recap = Recap {
            id,
            status: if was_pledged { Status::Pledged } else { Status::Received },
            amount_minor: donation.amount_minor,
            currency: donation.currency,
            appeal: donation.appeal,
            receipt: donation.receipt.filter(|_| !was_pledged),
            entry: donation.entry.filter(|_| !was_pledged),
        };
        known.insert(key, Known { fingerprint, recap });
    }
    Ok(known)
}

pub(super) fn last_id(conn: &mut Conn) -> Result<i64, DbError> {
    let last: Option<i64> = donations::table.select(diesel::dsl::max(donations::id)).first(conn)?;
    Ok(last.unwrap_or(0))
}

#[derive(Insertable)]
#[diesel(table_name = donations, treat_none_as_default_value = false)]
struct NewRow<'a> {
    id: i64,
    key: &'a str,
    fingerprint: &'a [u8],
    appeal_id: i64,
    supporter_id: Option<i64>,
    amount_minor: i64,
    returned_minor: i64,
    method: &'a str,
    status: &'a str,
    received_on: Option<NaiveDate>,
    entry: Option<i64>,
    acknowledge_as: &'a str,
    anonymous: bool,
    note: &'a str,
    recorded_at: NaiveDateTime,
    recorded_by: &'a str,
    request_id: &'a str,
}

pub(super) fn insert_all(conn: &mut Conn, now: DateTime<Utc>, taken: &[Taken<'_>]) -> Result<(), DbError> {
    let rows: Vec<NewRow<'_>> = taken
        .iter()
        .map(|taken| {
            let gift = taken.placed.gift;
            NewRow {
                id: taken.id,
                key: &gift.key,
                fingerprint: &gift.fingerprint,
                appeal_id: taken.placed.appeal_id,
                supporter_id: taken.supporter_id,
                amount_minor: gift.amount_minor,
                returned_minor: 0,
                method: gift.method.name(),
                status: if taken.posted.is_some() { Status::Received } else { Status::Pledged }.name(),
                received_on: taken.posted.as_ref().map(|_| taken.placed.date),
                entry: taken.posted.as_ref().map(|posted| posted.number),
                acknowledge_as: &gift.acknowledge_as,
                anonymous: gift.anonymous,
                note: &gift.note,
                recorded_at: now.naive_utc(),
                recorded_by: &gift.by,
                request_id: &gift.request_id,
            }
        })
        .collect();
    insert_all!(conn, donations::table, &rows)?;
    Ok(())
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = donations)]
struct DonationRow {
    id: i64,
    appeal_id: i64,
    amount_minor: i64,
    returned_minor: i64,
    method: String,
    status: String,
    received_on: Option<NaiveDate>,
    entry: Option<i64>,
    acknowledge_as: String,
    anonymous: bool,
    note: String,
    recorded_at: NaiveDateTime,
    recorded_by: String,
}

type FullRow = (DonationRow, String, String, String, Option<(String, Option<String>)>, Option<(i64, i64)>);

fn donation_of((row, appeal, fund, currency, person, receipt): FullRow) -> Result<Donation, DbError> {
    let odd = |what: &str| DbError::Corrupt(format!("donation {} has an unknown {what}", row.id));
    let (name, email) = person.unwrap_or_default();
    Ok(Donation {
        id: row.id,
        fund,
        appeal,
        appeal_id: row.appeal_id,
        currency: Currency::from_code(&currency).ok_or_else(|| odd("currency"))?,
        amount_minor: row.amount_minor,
        returned_minor: row.returned_minor,
        method: Method::from_name(&row.method).ok_or_else(|| odd("method"))?,
        status: Status::from_name(&row.status).ok_or_else(|| odd("status"))?,
        received_on: row.received_on,
        entry: row.entry,
        receipt: receipt.map(|(year, number)| ReceiptNumber { year, number }),
        name,
        email,
        acknowledge_as: row.acknowledge_as,
        anonymous: row.anonymous,
        note: row.note,
        recorded_at: row.recorded_at.and_utc(),
        recorded_by: row.recorded_by,
    })
}

/// Every donation with its appeal, fund, supporter and receipt.
macro_rules! donations_in_full {
    () => {
        donations::table
            .inner_join(appeals::table.inner_join(funds::table))
            .left_join(supporters::table)
            .left_join(receipts::table)
            .select((
                DonationRow::as_select(),
                appeals::name,
                funds::slug,
                funds::currency,
                (supporters::name, supporters::email).nullable(),
                (receipts::year, receipts::number).nullable(),
            ))
    };
}

/// The donation with this number.
///
/// # Errors
/// Only when the database fails.
pub fn by_number(conn: &mut Conn, number: i64) -> Result<Option<Donation>, DbError> {
    let row: Option<FullRow> = donations_in_full!().filter(donations::id.eq(number)).first(conn).optional()?;
    row.map(donation_of).transpose()
}

/// A fund's donations above `after`, in the order they were recorded.
///
/// # Errors
/// Only when the database fails.
pub fn after(conn: &mut Conn, fund_id: Option<i64>, after: i64, limit: i64) -> Result<Vec<Donation>, DbError> {
    let mut query = donations_in_full!().filter(donations::id.gt(after)).order(donations::id).limit(limit).into_boxed();
    if let Some(fund_id) = fund_id {
        query = query.filter(appeals::fund_id.eq(fund_id));
    }
    let rows: Vec<FullRow> = query.load(conn)?;
    rows.into_iter().map(donation_of).collect()
}

/// The newest donations of all funds.
///
/// # Errors
/// Only when the database fails.
pub fn newest(conn: &mut Conn, limit: i64) -> Result<Vec<Donation>, DbError> {
    search(conn, &Search::default(), limit)
}

/// What staff look for. Every field that is set narrows the answer.
#[derive(Debug, Clone, Default)]
pub struct Search {
    /// Supporters whose name or address matched.
    pub supporters: Option<Vec<i64>>,
    /// This donation.
    pub number: Option<i64>,
    /// This amount.
    pub amount_minor: Option<i64>,
    /// Received on or after.
    pub from: Option<NaiveDate>,
    /// Received on or before.
    pub until: Option<NaiveDate>,
    /// This appeal.
    pub appeal_id: Option<i64>,
    /// This status.
    pub status: Option<Status>,
    /// Recorded before this donation: the next page.
    pub before: Option<i64>,
}

/// Donations that match, newest first.
///
/// # Errors
/// Only when the database fails.
pub fn search(conn: &mut Conn, wanted: &Search, limit: i64) -> Result<Vec<Donation>, DbError> {
    let mut query = donations_in_full!().order(donations::id.desc()).limit(limit).into_boxed();
    if let Some(ids) = &wanted.supporters {
        query = query.filter(donations::supporter_id.eq_any(ids.clone()));
    }
    if let Some(number) = wanted.number {
        query = query.filter(donations::id.eq(number));
    }
    if let Some(amount) = wanted.amount_minor {
        query = query.filter(donations::amount_minor.eq(amount));
    }
    if let Some(from) = wanted.from {
        query = query.filter(donations::received_on.ge(from));
    }
    if let Some(until) = wanted.until {
        query = query.filter(donations::received_on.le(until));
    }
    if let Some(appeal_id) = wanted.appeal_id {
        query = query.filter(donations::appeal_id.eq(appeal_id));
    }
    if let Some(status) = wanted.status {
        query = query.filter(donations::status.eq(status.name()));
    }
    if let Some(before) = wanted.before {
        query = query.filter(donations::id.lt(before));
    }
    let rows: Vec<FullRow> = query.load(conn)?;
    rows.into_iter().map(donation_of).collect()
}

/// How many promised gifts have not arrived, and their sum.
///
/// # Errors
/// Only when the database fails.
pub fn count_pledged(conn: &mut Conn, appeal_id: i64) -> Result<(i64, i64), DbError> {
    Ok(donations::table
        .filter(donations::appeal_id.eq(appeal_id))
        .filter(donations::status.eq(Status::Pledged.name()))
        .select((
            diesel::dsl::count_star(),
            diesel::dsl::sql::<BigInt>("CAST(COALESCE(SUM(amount_minor), 0) AS BIGINT)"),
        ))
        .first(conn)?)
}

/// What an appeal received each day, gifts that went back taken off the day they came.
///
/// # Errors
/// Only when the database fails.
pub fn sums_by_day(conn: &mut Conn, appeal_id: i64) -> Result<Vec<(NaiveDate, i64)>, DbError> {
    let rows: Vec<(Option<NaiveDate>, i64)> = donations::table
        .filter(donations::appeal_id.eq(appeal_id))
        .filter(donations::received_on.is_not_null())
        .group_by(donations::received_on)
        .select((
            donations::received_on,
            diesel::dsl::sql::<BigInt>("CAST(SUM(amount_minor - returned_minor) AS BIGINT)"),
        ))
        .order(donations::received_on)
        .load(conn)?;
    Ok(rows.into_iter().filter_map(|(day, sum)| day.map(|day| (day, sum))).collect())
}

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
}

type EventRow = (i64, String, i64, Option<i64>, String, NaiveDateTime, String, String);

fn event_of((id, kind, amount_minor, entry, reason, recorded_at, recorded_by, request_id): EventRow) -> Event {
    Event { id, kind, amount_minor, entry, reason, recorded_at: recorded_at.and_utc(), recorded_by, request_id }
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
) = (
    donation_events::id,
    donation_events::kind,
    donation_events::amount_minor,
    donation_events::entry,
    donation_events::reason,
    donation_events::recorded_at,
    donation_events::recorded_by,
    donation_events::request_id,
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

pub(super) fn event_by_key(conn: &mut Conn, key: &str) -> Result<Option<(i64, Vec<u8>)>, DbError> {
    Ok(donation_events::table
        .filter(donation_events::key.eq(key))
        .select((donation_events::donation_id, donation_events::fingerprint))
        .first(conn)
        .optional()?)
}

fn has_event(conn: &mut Conn, donation_id: i64, kind: &str) -> Result<bool, DbError> {
    let count: i64 = donation_events::table
        .filter(donation_events::donation_id.eq(donation_id))
        .filter(donation_events::kind.eq(kind))
        .count()
        .get_result(conn)?;
    Ok(count > 0)
}

pub(super) fn insert_event(
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

pub(super) fn set_returned(conn: &mut Conn, donation: &Donation, returned: &Returned) -> Result<(), DbError> {
    diesel::update(donations::table.find(donation.id))
        .set((
            donations::returned_minor.eq(donation.returned_minor + returned.amount_minor),
            donations::status.eq(returned.status.name()),
        ))
        .execute(conn)?;
    Ok(())
}

pub(super) fn set_received(
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

pub(super) fn set_cancelled(conn: &mut Conn, donation: &Donation) -> Result<(), DbError> {
    diesel::update(donations::table.find(donation.id))
        .set(donations::status.eq(Status::Cancelled.name()))
        .execute(conn)?;
    Ok(())
}

/// Per appeal, what its donations raised and how many they are.
pub(super) fn sums_by_appeal(conn: &mut Conn) -> Result<Vec<(i64, i64, i64)>, DbError> {
    Ok(donations::table
        .filter(donations::entry.is_not_null())
        .group_by(donations::appeal_id)
        .select((
            donations::appeal_id,
            diesel::dsl::sql::<BigInt>("CAST(SUM(amount_minor - returned_minor) AS BIGINT)"),
            diesel::dsl::sql::<BigInt>("CAST(SUM(CASE WHEN status = 'received' THEN 1 ELSE 0 END) AS BIGINT)"),
        ))
        .load(conn)?)
}

/// How many donations were ever received, and one of them that has no receipt, if there is such a one.
pub(super) fn without_receipt(conn: &mut Conn) -> Result<(i64, Option<i64>), DbError> {
    let received = donations::table.filter(donations::entry.is_not_null()).count().get_result(conn)?;
    let missing = donations::table
        .left_join(receipts::table)
        .filter(donations::entry.is_not_null())
        .filter(receipts::number.nullable().is_null())
        .select(donations::id)
        .first(conn)
        .optional()?;
    Ok((received, missing))
}

/// How many receipts belong to someone with an address, and one of them without any letter.
pub(super) fn without_letter(conn: &mut Conn) -> Result<(i64, Option<i64>), DbError> {
    use crate::db::schema::deliveries;
    let addressed = receipts::table
        .inner_join(donations::table.inner_join(supporters::table))
        .filter(supporters::email.is_not_null());
    let count = addressed.count().get_result(conn)?;
    let letters = deliveries::table
        .filter(deliveries::donation_id.eq(donations::id))
        .filter(deliveries::kind.eq("receipt"))
        .select(deliveries::id);
    let missing = addressed
        .filter(diesel::dsl::not(diesel::dsl::exists(letters)))
        .select(donations::id)
        .first(conn)
        .optional()?;
    Ok((count, missing))
}

/// A donation without the entry it names, or the number that a receipt or a letter gives to a donation that is not there.
pub(super) fn alone(conn: &mut Conn) -> Result<Option<i64>, DbError> {
    use crate::db::schema::{deliveries, entries};
    let unposted = donations::table
        .left_join(entries::table)
        .filter(donations::entry.is_not_null())
        .filter(entries::number.nullable().is_null())
        .select(donations::id)
        .first(conn)
        .optional()?;
    if unposted.is_some() {
        return Ok(unposted);
    }
    let receipt = receipts::table
        .left_join(donations::table)
        .filter(donations::id.nullable().is_null())
        .select(receipts::donation_id)
        .first(conn)
        .optional()?;
    if receipt.is_some() {
        return Ok(receipt);
    }
    Ok(deliveries::table
        .left_join(donations::table)
        .filter(donations::id.nullable().is_null())
        .select(deliveries::donation_id)
        .first(conn)
        .optional()?)
}

/// The key that signs links, made the first time it is asked for.
pub(super) fn link_key(conn: &mut Conn) -> Result<Vec<u8>, DbError> {
    use crate::db::schema::secrets;
    let known: Option<Vec<u8>> = secrets::table.find("links").select(secrets::value).first(conn).optional()?;
    if let Some(key) = known {
        return Ok(key);
    }
    let mut key = vec![0; 32];
    getrandom::fill(&mut key).map_err(|error| DbError::Open(format!("the system gave no random numbers: {error}")))?;
    diesel::insert_into(secrets::table).values((secrets::name.eq("links"), secrets::value.eq(&key))).execute(conn)?;
    Ok(key)
}
