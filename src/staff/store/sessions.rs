//! SQL of sessions.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;

use crate::db::schema::{sessions, staff};
use crate::db::{Conn, DbError};
use crate::staff::{Actor, Role, Secret};

pub(in crate::staff) fn insert(
    conn: &mut Conn,
    now: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    secret: &Secret,
    staff_id: i64,
    agent: &str,
) -> Result<(), DbError> {
    diesel::insert_into(sessions::table)
        .values((
            sessions::digest.eq(secret.digest().to_vec()),
            sessions::staff_id.eq(staff_id),
            sessions::created_at.eq(now.naive_utc()),
            sessions::seen_at.eq(now.naive_utc()),
            sessions::expires_at.eq(expires_at.naive_utc()),
            sessions::agent.eq(agent),
        ))
        .execute(conn)?;
    Ok(())
}

/// Who signed in with this secret, and when they were last seen, unless the session is over.
pub(in crate::staff) fn open(
    conn: &mut Conn,
    now: DateTime<Utc>,
    idle_since: DateTime<Utc>,
    secret: &Secret,
) -> Result<Option<(Actor, DateTime<Utc>)>, DbError> {
    let row: Option<(i64, String, String, NaiveDateTime)> = sessions::table
        .inner_join(staff::table)
        .filter(sessions::digest.eq(secret.digest().to_vec()))
        .filter(sessions::expires_at.gt(now.naive_utc()))
        .filter(sessions::seen_at.gt(idle_since.naive_utc()))
        .filter(staff::left_at.is_null())
        .select((staff::id, staff::name, staff::role, sessions::seen_at))
        .first(conn)
        .optional()?;
    row.map(|(id, name, role, seen_at)| {
        let role = Role::from_name(&role).ok_or_else(|| DbError::Corrupt(format!("staff {id} has an unknown role")))?;
        Ok((Actor::Staff { id, name, role }, seen_at.and_utc()))
    })
    .transpose()
}

pub(in crate::staff) fn set_seen(conn: &mut Conn, now: DateTime<Utc>, secret: &Secret) -> Result<(), DbError> {
    diesel::update(sessions::table.find(secret.digest().to_vec()))
        .set(sessions::seen_at.eq(now.naive_utc()))
        .execute(conn)?;
    Ok(())
}

pub(in crate::staff) fn end(conn: &mut Conn, secret: &Secret) -> Result<(), DbError> {
    diesel::delete(sessions::table.find(secret.digest().to_vec())).execute(conn)?;
    Ok(())
}

/// Ends every session of somebody.
pub(in crate::staff) fn end_sessions(conn: &mut Conn, staff_id: i64) -> Result<(), DbError> {
    diesel::delete(sessions::table.filter(sessions::staff_id.eq(staff_id))).execute(conn)?;
    Ok(())
}

/// Ends every session of somebody but this one.
pub(in crate::staff) fn end_others(conn: &mut Conn, staff_id: i64, this: &Secret) -> Result<(), DbError> {
    let others = sessions::table.filter(sessions::staff_id.eq(staff_id));
    diesel::delete(others.filter(sessions::digest.ne(this.digest().to_vec()))).execute(conn)?;
    Ok(())
}

/// Ends those that nobody could use any more.
pub(in crate::staff) fn forget_expired(conn: &mut Conn, now: DateTime<Utc>) -> Result<(), DbError> {
    diesel::delete(sessions::table.filter(sessions::expires_at.le(now.naive_utc()))).execute(conn)?;
    Ok(())
}

/// Places on one page: nobody is signed in from more.
const PLACES_MAX: i64 = 50;

/// A place from which somebody is signed in.
pub(in crate::staff) struct Place {
    pub created_at: DateTime<Utc>,
    pub seen_at: DateTime<Utc>,
    pub agent: String,
    pub is_this: bool,
}

pub(in crate::staff) fn places(
    conn: &mut Conn,
    now: DateTime<Utc>,
    staff_id: i64,
    this: &Secret,
) -> Result<Vec<Place>, DbError> {
    let rows: Vec<(Vec<u8>, NaiveDateTime, NaiveDateTime, String)> = sessions::table
        .filter(sessions::staff_id.eq(staff_id))
        .filter(sessions::expires_at.gt(now.naive_utc()))
        .order(sessions::seen_at.desc())
        .limit(PLACES_MAX)
        .select((sessions::digest, sessions::created_at, sessions::seen_at, sessions::agent))
        .load(conn)?;
    let place = |(digest, created_at, seen_at, agent): (Vec<u8>, NaiveDateTime, NaiveDateTime, String)| Place {
        is_this: digest == this.digest(),
        created_at: created_at.and_utc(),
        seen_at: seen_at.and_utc(),
        agent,
    };
    Ok(rows.into_iter().map(place).collect())
}
