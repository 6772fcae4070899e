//! SQL of members of staff; beside it that of sessions, invitations, tokens and the trail.

mod invitations;
pub(super) mod sessions;
pub(super) mod tokens;
pub(super) mod trail;

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;

use super::{NewMember, Role};
use crate::db::schema::staff;
use crate::db::{Conn, DbError};
pub(super) use invitations::{forget_invitations, insert_invitation, open_invitation, spend_invitation};
pub(super) use sessions::end_sessions;

/// A member of staff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Their number.
    pub id: i64,
    /// Where they sign in with.
    pub email: String,
    /// What the trail calls them.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// Wrong passwords in a row.
    pub failures: i64,
    /// Nobody may try before.
    pub locked_until: Option<DateTime<Utc>>,
    /// When they were added.
    pub created_at: DateTime<Utc>,
    /// When they left.
    pub left_at: Option<DateTime<Utc>>,
    pub(super) password_hash: String,
    pub(super) totp_secret: Option<String>,
    pub(super) totp_step: i64,
}

impl Member {
    /// True when a code is asked for beside the password.
    pub fn has_totp(&self) -> bool {
        self.totp_secret.is_some()
    }
}

#[derive(Queryable)]
struct MemberRow {
    id: i64,
    email: String,
    name: String,
    role: String,
    password_hash: String,
    totp_secret: Option<String>,
    totp_step: i64,
    failures: i64,
    locked_until: Option<NaiveDateTime>,
    created_at: NaiveDateTime,
    left_at: Option<NaiveDateTime>,
}

impl TryFrom<MemberRow> for Member {
    type Error = DbError;

    fn try_from(row: MemberRow) -> Result<Self, DbError> {
        Ok(Self {
            id: row.id,
            role: Role::from_name(&row.role)
                .ok_or_else(|| DbError::Corrupt(format!("{} has an unknown role", row.email)))?,
            email: row.email,
            name: row.name,
            failures: row.failures,
            locked_until: row.locked_until.map(|at| at.and_utc()),
            created_at: row.created_at.and_utc(),
            left_at: row.left_at.map(|at| at.and_utc()),
            password_hash: row.password_hash,
            totp_secret: row.totp_secret,
            totp_step: row.totp_step,
        })
    }
}

pub(super) fn insert(conn: &mut Conn, now: DateTime<Utc>, email: &str, new: &NewMember) -> Result<i64, DbError> {
    diesel::insert_into(staff::table)
        .values((
            staff::email.eq(email),
            staff::name.eq(new.name.trim()),
            staff::role.eq(new.role.name()),
            staff::password_hash.eq(&new.password_hash),
            staff::totp_step.eq(0_i64),
            staff::failures.eq(0_i64),
            staff::created_at.eq(now.naive_utc()),
        ))
        .execute(conn)?;
    Ok(staff::table.filter(staff::email.eq(email)).select(staff::id).first(conn)?)
}

/// The member with this number.
///
/// # Errors
/// Only when the database fails.
pub fn member(conn: &mut Conn, id: i64) -> Result<Option<Member>, DbError> {
    let row: Option<MemberRow> = staff::table.find(id).first(conn).optional()?;
    row.map(Member::try_from).transpose()
}

/// The member with this address, in lower case.
///
/// # Errors
/// Only when the database fails.
pub fn by_email(conn: &mut Conn, email: &str) -> Result<Option<Member>, DbError> {
    let row: Option<MemberRow> = staff::table.filter(staff::email.eq(email)).first(conn).optional()?;
    row.map(Member::try_from).transpose()
}

/// Everybody who ever was on the staff, in the order they came.
///
/// # Errors
/// Only when the database fails.
pub fn all(conn: &mut Conn) -> Result<Vec<Member>, DbError> {
    staff::table.order(staff::id).load::<MemberRow>(conn)?.into_iter().map(Member::try_from).collect()
}

/// True before the first member of staff.
///
/// # Errors
/// Only when the database fails.
pub fn is_empty(conn: &mut Conn) -> Result<bool, DbError> {
    let first: Option<i64> = staff::table.select(staff::id).first(conn).optional()?;
    Ok(first.is_none())
}

pub(super) fn count_administrators(conn: &mut Conn) -> Result<i64, DbError> {
    Ok(staff::table
        .filter(staff::role.eq(Role::Administrator.name()))
        .filter(staff::left_at.is_null())
        .count()
        .get_result(conn)?)
}

pub(super) fn set_role(conn: &mut Conn, id: i64, role: Role) -> Result<(), DbError> {
    diesel::update(staff::table.find(id)).set(staff::role.eq(role.name())).execute(conn)?;
    Ok(())
}

pub(super) fn set_left(conn: &mut Conn, now: DateTime<Utc>, id: i64) -> Result<(), DbError> {
    diesel::update(staff::table.find(id)).set(staff::left_at.eq(now.naive_utc())).execute(conn)?;
    Ok(())
}

pub(super) fn set_password(conn: &mut Conn, id: i64, hash: &str) -> Result<(), DbError> {
    diesel::update(staff::table.find(id)).set(staff::password_hash.eq(hash)).execute(conn)?;
    Ok(())
}

/// Counts one wrong attempt more; the answer is how many there were in a row. Counted by the database, so that two
/// attempts at once are two.
pub(super) fn count_failure(conn: &mut Conn, id: i64) -> Result<i64, DbError> {
    diesel::update(staff::table.find(id)).set(staff::failures.eq(staff::failures + 1)).execute(conn)?;
    Ok(staff::table.find(id).select(staff::failures).first(conn)?)
}

pub(super) fn lock(conn: &mut Conn, id: i64, until: DateTime<Utc>) -> Result<(), DbError> {
    diesel::update(staff::table.find(id)).set(staff::locked_until.eq(until.naive_utc())).execute(conn)?;
    Ok(())
}

/// Forgets the wrong attempts and opens the door.
pub(super) fn unlock(conn: &mut Conn, id: i64) -> Result<(), DbError> {
    diesel::update(staff::table.find(id))
        .set((staff::failures.eq(0_i64), staff::locked_until.eq(None::<NaiveDateTime>)))
        .execute(conn)?;
    Ok(())
}

pub(super) fn set_totp(conn: &mut Conn, id: i64, secret: Option<&str>) -> Result<(), DbError> {
    diesel::update(staff::table.find(id))
        .set((staff::totp_secret.eq(secret), staff::totp_step.eq(0_i64)))
        .execute(conn)?;
    Ok(())
}

/// Uses a code's time step up; false when it was used before.
pub(super) fn use_totp_step(conn: &mut Conn, id: i64, step: i64) -> Result<bool, DbError> {
    let unused = staff::table.find(id).filter(staff::totp_step.lt(step));
    Ok(diesel::update(unused).set(staff::totp_step.eq(step)).execute(conn)? == 1)
}
