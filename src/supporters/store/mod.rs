//! All SQL of supporters.

pub mod words;

use std::collections::HashMap;

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::Bool;

use super::rules::{NewSupporter, folded};
use super::{Named, Supporter};
use crate::db::schema::supporters;
use crate::db::{Conn, DbError};
use words::{forget, matching, narrowed};

/// Identities asked for in one statement, below SQLite's limit of placeholders.
const IDENTITIES_PER_QUERY_MAX: usize = 1_000;

pub(super) fn by_identities<'a>(
    conn: &mut Conn,
    identities: impl Iterator<Item = &'a String>,
) -> Result<HashMap<String, i64>, DbError> {
    let identities: Vec<&String> = identities.collect();
    let mut known = HashMap::new();
    for some in identities.chunks(IDENTITIES_PER_QUERY_MAX) {
        let rows: Vec<(String, i64, Option<i64>)> = supporters::table
            .filter(supporters::identity.eq_any(some.iter().map(|identity| identity.as_str())))
            .select((supporters::identity, supporters::id, supporters::same_as))
            .load(conn)?;
        known.extend(rows.into_iter().map(|(identity, id, same_as)| (identity, same_as.unwrap_or(id))));
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
    address: String,
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
            address: String::new(),
        })
        .collect();
    insert_all!(conn, supporters::table, &rows)?;
    Ok(())
}

/// Name and address of those whose name begins with `text`, in the order of the alphabet: by a range of the index.
///
/// # Errors
/// Only when the database fails.
pub fn beginning(conn: &mut Conn, text: &str, limit: i64) -> Result<Vec<Named>, DbError> {
    let from = folded(text);
    if from.is_empty() {
        return Ok(Vec::new());
    }
    let until = format!("{from}{}", char::MAX);
    let rows: Vec<(String, Option<String>)> = supporters::table
        .filter(supporters::identity.ge(&from))
        .filter(supporters::identity.lt(&until))
        .filter(supporters::same_as.is_null())
        .filter(supporters::name.ne(""))
        .order(supporters::identity)
        .limit(limit)
        .select((supporters::name, supporters::email))
        .load(conn)?;
    Ok(rows.into_iter().map(|(name, email)| Named { name, email }).collect())
}

/// Name and address of the newest, for a page without scripts.
///
/// # Errors
/// Only when the database fails.
pub fn newest(conn: &mut Conn, limit: i64) -> Result<Vec<Named>, DbError> {
    let rows: Vec<(String, Option<String>)> = supporters::table
        .filter(supporters::same_as.is_null())
        .filter(supporters::name.ne(""))
        .order(supporters::id.desc())
        .limit(limit)
        .select((supporters::name, supporters::email))
        .load(conn)?;
    Ok(rows.into_iter().map(|(name, email)| Named { name, email }).collect())
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = supporters)]
struct KnownRow {
    id: i64,
    name: String,
    email: Option<String>,
    address: String,
    created_at: NaiveDateTime,
    same_as: Option<i64>,
}

fn supporter_of(row: KnownRow) -> Supporter {
    let KnownRow { id, name, email, address, created_at, same_as } = row;
    Supporter { id, name, email, address, created_at: created_at.and_utc(), same_as }
}

/// The supporter with this number.
///
/// # Errors
/// Only when the database fails.
pub fn supporter(conn: &mut Conn, id: i64) -> Result<Option<Supporter>, DbError> {
    let row: Option<KnownRow> = supporters::table.find(id).select(KnownRow::as_select()).first(conn).optional()?;
    Ok(row.map(supporter_of))
}

/// Which supporters are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// All of them.
    Any,
    /// Those who gave a name and no way to write to them.
    Nowhere,
}

/// Supporters below `before`, newest first, whose name or e-mail address contains `text`.
///
/// # Errors
/// Only when the database fails.
pub fn page(
    conn: &mut Conn,
    text: &str,
    reach: Reach,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<Supporter>, DbError> {
    let mut query = supporters::table
        .filter(supporters::id.lt(before.unwrap_or(i64::MAX)))
        .order(supporters::id.desc())
        .limit(limit)
        .select(KnownRow::as_select())
        .into_boxed();
    query = match reach {
        Reach::Any => query.filter(supporters::same_as.is_null()),
        Reach::Nowhere => query.filter(diesel::dsl::sql::<Bool>(UNREACHABLE)),
    };
    if !text.trim().is_empty() {
        let found = matching(conn, text)?;
        query = narrowed!(query, supporters::id, found);
    }
    let rows: Vec<KnownRow> = query.load(conn)?;
    Ok(rows.into_iter().map(supporter_of).collect())
}

/// Word for word the condition of the index `supporters_unreachable`.
const UNREACHABLE: &str = "email IS NULL AND address = '' AND name <> '' AND same_as IS NULL";

/// How many supporters gave a name and no way to write to them, counted up to `most`.
///
/// # Errors
/// Only when the database fails.
pub fn gave_no_address(conn: &mut Conn, most: i64) -> Result<i64, DbError> {
    let ids: Vec<i64> = supporters::table
        .filter(diesel::dsl::sql::<Bool>(UNREACHABLE))
        .select(supporters::id)
        .limit(most)
        .load(conn)?;
    Ok(i64::try_from(ids.len()).unwrap_or(most))
}

pub(super) fn set_address(conn: &mut Conn, id: i64, address: &str) -> Result<(), DbError> {
    diesel::update(supporters::table.find(id)).set(supporters::address.eq(address)).execute(conn)?;
    Ok(())
}

pub(super) fn set_person(conn: &mut Conn, id: i64, person: &Named, identity: &str) -> Result<(), DbError> {
    // One that only leads here may have the identity still; it is given up to the one who is meant.
    let leads_here = supporters::table.filter(supporters::identity.eq(identity)).filter(supporters::same_as.eq(id));
    let leading: Option<i64> = leads_here.select(supporters::id).first(conn).optional()?;
    if let Some(leading) = leading {
        diesel::update(supporters::table.find(leading))
            .set(supporters::identity.eq(format!("{identity}\n#{leading}")))
            .execute(conn)?;
    }
    diesel::update(supporters::table.find(id))
        .set((
            supporters::name.eq(&person.name),
            supporters::email.eq(&person.email),
            supporters::identity.eq(identity),
        ))
        .execute(conn)?;
    forget(conn, id, person)
}

/// Notes who a supporter is, also for those who led to them so far.
pub(super) fn lead_to(conn: &mut Conn, id: i64, other: i64) -> Result<(), DbError> {
    diesel::update(supporters::table.filter(supporters::id.eq(id).or(supporters::same_as.eq(id))))
        .set(supporters::same_as.eq(other))
        .execute(conn)?;
    Ok(())
}
