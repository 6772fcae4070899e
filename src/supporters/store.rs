//! All SQL of supporters.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;

use super::rules::{NewSupporter, normal};
use crate::db::schema::supporters;
use crate::db::{Conn, DbError};

/// Identities asked for in one statement, below SQLite's limit of placeholders.
const IDENTITIES_PER_QUERY_MAX: usize = 1_000;

pub(super) fn by_identities<'a>(
    conn: &mut Conn,
    identities: impl Iterator<Item = &'a String>,
) -> Result<HashMap<String, i64>, DbError> {
    let identities: Vec<&String> = identities.collect();
    let mut known = HashMap::new();
    for some in identities.chunks(IDENTITIES_PER_QUERY_MAX) {
        let rows: Vec<(String, i64)> = supporters::table
            .filter(supporters::identity.eq_any(some.iter().map(|identity| identity.as_str())))
            .select((supporters::identity, supporters::id))
            .load(conn)?;
        known.extend(rows);
    }
    Ok(known)
}

pub(super) fn last_id(conn: &mut Conn) -> Result<i64, DbError> {
    let last: Option<i64> = supporters::table.select(diesel::dsl::max(supporters::id)).first(conn)?;
    Ok(last.unwrap_or(0))
}

#[derive(Insertable)]
#[diesel(table_name = supporters, treat_none_as_default_value = false)]
struct SupporterRow {
    id: i64,
    name: String,
    email: Option<String>,
    identity: String,
    created_at: NaiveDateTime,
}

pub(super) fn insert_all(conn: &mut Conn, now: DateTime<Utc>, new: &[NewSupporter<'_>]) -> Result<(), DbError> {
    let rows: Vec<SupporterRow> = new
        .iter()
        .map(|new| SupporterRow {
            id: new.id,
            name: new.person.name.clone(),
            email: new.person.email.clone(),
            identity: new.identity.clone(),
            created_at: now.naive_utc(),
        })
        .collect();
    insert_all!(conn, supporters::table, &rows)?;
    Ok(())
}

/// The most supporters that one search names.
const MATCHES_MAX: i64 = 500;

/// The supporters whose name or address contains `text`, newest first.
///
/// # Errors
/// Only when the database fails.
pub fn matching(conn: &mut Conn, text: &str) -> Result<Vec<i64>, DbError> {
    let escaped = normal(text).replace('!', "!!").replace('%', "!%").replace('_', "!_");
    Ok(supporters::table
        .filter(supporters::identity.like(format!("%{escaped}%")).escape('!'))
        .order(supporters::id.desc())
        .limit(MATCHES_MAX)
        .select(supporters::id)
        .load(conn)?)
}
