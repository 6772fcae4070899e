//! SQL that records gifts.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use diesel::prelude::*;

use super::by_number;
use super::events::{entered, promised};
use crate::db::schema::donations;
use crate::db::{Conn, DbError};
use crate::donations::rules::Known;
use crate::donations::{Recap, Status, Taken};

/// Keys asked for in one statement, below SQLite's limit of placeholders.
const KEYS_PER_QUERY_MAX: usize = 1_000;

pub(in crate::donations) fn by_keys<'a>(
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
        let arrived = promised(conn, id)?;
        let (entered_minor, appeal) =
            entered(conn, id)?.unwrap_or_else(|| (donation.amount_minor, donation.appeal.clone()));
        let was_pledged = donation.entry.is_none() || arrived.is_some();
        let recap = Recap {
            id,
            status: if was_pledged { Status::Pledged } else { Status::Received },
            amount_minor: arrived.flatten().unwrap_or(entered_minor),
            currency: donation.currency,
            appeal,
            receipt: donation.receipt.filter(|_| !was_pledged),
            entry: donation.entry.filter(|_| !was_pledged),
        };
        known.insert(key, Known { fingerprint, recap });
    }
    Ok(known)
}

/// The donation that was made with this key.
///
/// # Errors
/// Only when the database fails.
pub fn number_of_key(conn: &mut Conn, key: &str) -> Result<Option<i64>, DbError> {
    Ok(donations::table.filter(donations::key.eq(key)).select(donations::id).first(conn).optional()?)
}

pub(in crate::donations) fn last_id(conn: &mut Conn) -> Result<i64, DbError> {
    let last: Option<i64> = donations::table.select(diesel::dsl::max(donations::id)).first(conn)?;
    Ok(last.unwrap_or(0))
}

#[derive(Insertable)]
#[diesel(table_name = donations, treat_none_as_default_value = false)]
struct NewRow {
    id: i64,
    key: String,
    fingerprint: Vec<u8>,
    appeal_id: i64,
    supporter_id: Option<i64>,
    amount_minor: i64,
    returned_minor: i64,
    method: &'static str,
    status: &'static str,
    received_on: Option<NaiveDate>,
    entry: Option<i64>,
    acknowledge_as: String,
    anonymous: bool,
    note: String,
    recorded_at: NaiveDateTime,
    recorded_by: String,
    request_id: String,
    in_memory_of: String,
    memory_in_print: bool,
}

pub(in crate::donations) fn insert_all(
    conn: &mut Conn,
    now: DateTime<Utc>,
    taken: &[Taken<'_>],
) -> Result<(), DbError> {
    let rows: Vec<NewRow> = taken
        .iter()
        .map(|taken| {
            let gift = taken.placed.gift;
            NewRow {
                id: taken.id,
                key: gift.key.clone(),
                fingerprint: gift.fingerprint.to_vec(),
                appeal_id: taken.placed.appeal_id,
                supporter_id: taken.supporter_id,
                amount_minor: gift.amount_minor,
                returned_minor: 0,
                method: gift.method.name(),
                status: if taken.posted.is_some() { Status::Received } else { Status::Pledged }.name(),
                received_on: taken.posted.as_ref().map(|_| taken.placed.date),
                entry: taken.posted.as_ref().map(|posted| posted.number),
                acknowledge_as: gift.acknowledge_as.clone(),
                anonymous: gift.anonymous,
                note: gift.note.clone(),
                recorded_at: now.naive_utc(),
                recorded_by: gift.by.clone(),
                request_id: gift.request_id.clone(),
                in_memory_of: gift.in_memory_of.clone(),
                memory_in_print: gift.memory_in_print,
            }
        })
        .collect();
    insert_all!(conn, donations::table, &rows)?;
    Ok(())
}

/// The key that signs links, made the first time it is asked for.
pub(in crate::donations) fn link_key(conn: &mut Conn) -> Result<Vec<u8>, DbError> {
    use crate::db::schema::secrets;
    let known: Option<Vec<u8>> = secrets::table.find("links").select(secrets::value).first(conn).optional()?;
    if let Some(key) = known {
        return Ok(key);
    }
    let mut key = vec![0; 32];
    getrandom::fill(&mut key).map_err(|error| DbError::System(format!("it gave no random numbers: {error}")))?;
    diesel::insert_into(secrets::table).values((secrets::name.eq("links"), secrets::value.eq(&key))).execute(conn)?;
    Ok(key)
}
