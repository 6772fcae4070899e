//! SQL of wrong attempts in a row.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;

use crate::db::schema::door_locks;
use crate::db::{Conn, DbError};

pub(in crate::staff) fn locked_until(conn: &mut Conn, key: &[u8]) -> Result<Option<DateTime<Utc>>, DbError> {
    let until: Option<Option<NaiveDateTime>> =
        door_locks::table.find(key.to_vec()).select(door_locks::locked_until).first(conn).optional()?;
    Ok(until.flatten().map(|until| until.and_utc()))
}

/// Counts one wrong attempt more; the answer is how many there were in a row.
pub(in crate::staff) fn count(
    conn: &mut Conn,
    now: DateTime<Utc>,
    key: &[u8],
    staff_id: Option<i64>,
) -> Result<i64, DbError> {
    let known = diesel::update(door_locks::table.find(key.to_vec()))
        .set((door_locks::failures.eq(door_locks::failures + 1), door_locks::last_at.eq(now.naive_utc())))
        .execute(conn)?;
    if known == 0 {
        diesel::insert_into(door_locks::table)
            .values((
                door_locks::key.eq(key.to_vec()),
                door_locks::staff_id.eq(staff_id),
                door_locks::failures.eq(1_i64),
                door_locks::last_at.eq(now.naive_utc()),
            ))
            .execute(conn)?;
    }
    Ok(door_locks::table.find(key.to_vec()).select(door_locks::failures).first(conn)?)
}

pub(in crate::staff) fn lock(conn: &mut Conn, key: &[u8], until: Option<DateTime<Utc>>) -> Result<(), DbError> {
    diesel::update(door_locks::table.find(key.to_vec()))
        .set(door_locks::locked_until.eq(until.map(|until| until.naive_utc())))
        .execute(conn)?;
    Ok(())
}

pub(in crate::staff) fn forget(conn: &mut Conn, key: &[u8]) -> Result<(), DbError> {
    diesel::delete(door_locks::table.find(key.to_vec())).execute(conn)?;
    Ok(())
}

pub(in crate::staff) fn forget_of(conn: &mut Conn, staff_id: i64) -> Result<(), DbError> {
    diesel::delete(door_locks::table.filter(door_locks::staff_id.eq(staff_id))).execute(conn)?;
    Ok(())
}

pub(in crate::staff) fn forget_before(conn: &mut Conn, before: DateTime<Utc>) -> Result<(), DbError> {
    diesel::delete(door_locks::table.filter(door_locks::last_at.lt(before.naive_utc()))).execute(conn)?;
    Ok(())
}

/// Forgets all but the newest so many.
pub(in crate::staff) fn keep_newest(conn: &mut Conn, rows: i64) -> Result<(), DbError> {
    let first_too_old: Option<NaiveDateTime> = door_locks::table
        .order(door_locks::last_at.desc())
        .select(door_locks::last_at)
        .offset(rows)
        .first(conn)
        .optional()?;
    if let Some(at) = first_too_old {
        diesel::delete(door_locks::table.filter(door_locks::last_at.le(at))).execute(conn)?;
    }
    Ok(())
}

/// The keys of those that are locked now: an hour's worth at most.
pub(in crate::staff) fn all_locked(conn: &mut Conn, now: DateTime<Utc>) -> Result<Vec<Vec<u8>>, DbError> {
    let locked = door_locks::table.filter(door_locks::locked_until.gt(now.naive_utc()));
    Ok(locked.select(door_locks::key).load(conn)?)
}
