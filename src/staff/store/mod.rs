//! SQL of members of staff; beside it that of sessions, locks, invitations, tokens and the trail.

pub(super) mod invitations;
mod keys;
pub(super) mod locks;
pub(super) mod sessions;
pub(super) mod tokens;
pub(super) mod trail;

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;

use super::{NewMember, PasswordHash, Role, totp::TotpSecret};
use crate::db::schema::staff;
use crate::db::{Conn, DbError};
pub(super) use keys::{keep_signing_key, signing_key};
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
    /// When they were added.
    pub created_at: DateTime<Utc>,
    /// When they left.
    pub left_at: Option<DateTime<Utc>>,
    pub(super) password_hash: PasswordHash,
    pub(super) totp_secret: Option<TotpSecret>,
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
    created_at: NaiveDateTime,
    left_at: Option<NaiveDateTime>,
}

impl TryFrom<MemberRow> for Member {
    type Error = DbError;

    fn try_from(row: MemberRow) -> Result<Self, DbError> {
        let corrupt = |what: &str| DbError::Corrupt(format!("staff {} has {what}", row.id));
        let totp_secret = row.totp_secret.map(|text| TotpSecret::stored(text).ok_or("no secret of codes"));
        Ok(Self {
            id: row.id,
            role: Role::from_name(&row.role).ok_or_else(|| corrupt("an unknown role"))?,
            password_hash: PasswordHash::stored(row.password_hash).ok_or_else(|| corrupt("no password's hash"))?,
            totp_secret: totp_secret.transpose().map_err(corrupt)?,
            name: row.name,
            created_at: row.created_at.and_utc(),
            left_at: row.left_at.map(|at| at.and_utc()),
            email: row.email,
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
            staff::password_hash.eq(new.password_hash.text()),
            staff::totp_step.eq(0_i64),
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

pub(super) fn set_password(conn: &mut Conn, id: i64, hash: &PasswordHash) -> Result<(), DbError> {
    diesel::update(staff::table.find(id)).set(staff::password_hash.eq(hash.text())).execute(conn)?;
    Ok(())
}

pub(super) fn set_totp(conn: &mut Conn, id: i64, secret: Option<&TotpSecret>) -> Result<(), DbError> {
    diesel::update(staff::table.find(id))
        .set((staff::totp_secret.eq(secret.map(TotpSecret::text)), staff::totp_step.eq(0_i64)))
        .execute(conn)?;
    Ok(())
}

/// Uses a code's time step up; false when it was used before.
pub(super) fn use_totp_step(conn: &mut Conn, id: i64, step: i64) -> Result<bool, DbError> {
    let unused = staff::table.find(id).filter(staff::totp_step.lt(step));
    Ok(diesel::update(unused).set(staff::totp_step.eq(step)).execute(conn)? == 1)
}
