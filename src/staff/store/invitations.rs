//! SQL of links to join the staff.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;

use crate::db::schema::invitations;
use crate::db::{Conn, DbError};
use crate::staff::{Actor, Role, Secret};

/// A link that works, without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// Its number.
    pub id: i64,
    /// What whoever uses it may do.
    pub role: Role,
    /// "staff:3 Jane Doe"
    pub invited_by: String,
    /// The member of staff who made it; nobody for the operator.
    pub inviter_id: Option<i64>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Until when it works.
    pub expires_at: DateTime<Utc>,
}

pub(in crate::staff) fn insert(
    conn: &mut Conn,
    now: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    secret: &Secret,
    role: Role,
    by: &Actor,
) -> Result<(), DbError> {
    diesel::insert_into(invitations::table)
        .values((
            invitations::digest.eq(secret.digest().to_vec()),
            invitations::role.eq(role.name()),
            invitations::invited_by.eq(by.who()),
            invitations::inviter_id.eq(by.staff_id()),
            invitations::created_at.eq(now.naive_utc()),
            invitations::expires_at.eq(expires_at.naive_utc()),
            invitations::refusals.eq(0_i64),
        ))
        .execute(conn)?;
    Ok(())
}

/// The role that a link leads to, unless it was used, withdrawn, or has run out.
pub(in crate::staff) fn role_of(conn: &mut Conn, now: DateTime<Utc>, secret: &Secret) -> Result<Option<Role>, DbError> {
    let role: Option<String> = invitations::table
        .filter(invitations::digest.eq(secret.digest().to_vec()))
        .filter(invitations::used_at.is_null())
        .filter(invitations::withdrawn_at.is_null())
        .filter(invitations::expires_at.gt(now.naive_utc()))
        .select(invitations::role)
        .first(conn)
        .optional()?;
    role.map(|role| role_named(&role)).transpose()
}

fn role_named(name: &str) -> Result<Role, DbError> {
    Role::from_name(name).ok_or_else(|| DbError::Corrupt("an invitation has an unknown role".to_owned()))
}

/// Those that work, the first to end first.
pub(in crate::staff) fn open(conn: &mut Conn, now: DateTime<Utc>) -> Result<Vec<Invitation>, DbError> {
    type Row = (i64, String, String, Option<i64>, NaiveDateTime, NaiveDateTime);
    let rows: Vec<Row> = invitations::table
        .filter(invitations::used_at.is_null())
        .filter(invitations::withdrawn_at.is_null())
        .filter(invitations::expires_at.gt(now.naive_utc()))
        .order((invitations::expires_at, invitations::id))
        .select((
            invitations::id,
            invitations::role,
            invitations::invited_by,
            invitations::inviter_id,
            invitations::created_at,
            invitations::expires_at,
        ))
        .load(conn)?;
    let invitation = |(id, role, invited_by, inviter_id, created_at, expires_at): Row| {
        let (created_at, expires_at) = (created_at.and_utc(), expires_at.and_utc());
        Ok(Invitation { id, role: role_named(&role)?, invited_by, inviter_id, created_at, expires_at })
    };
    rows.into_iter().map(invitation).collect()
}

/// Uses a link up; false when somebody else just did.
pub(in crate::staff) fn spend(conn: &mut Conn, now: DateTime<Utc>, secret: &Secret) -> Result<bool, DbError> {
    let unused = invitations::table
        .filter(invitations::digest.eq(secret.digest().to_vec()))
        .filter(invitations::used_at.is_null())
        .filter(invitations::withdrawn_at.is_null());
    Ok(diesel::update(unused).set(invitations::used_at.eq(now.naive_utc())).execute(conn)? == 1)
}

/// Counts an address that was refused; the answer is how many there were.
pub(in crate::staff) fn count_refusal(conn: &mut Conn, secret: &Secret) -> Result<i64, DbError> {
    let link = invitations::table.filter(invitations::digest.eq(secret.digest().to_vec()));
    diesel::update(link).set(invitations::refusals.eq(invitations::refusals + 1)).execute(conn)?;
    let link = invitations::table.filter(invitations::digest.eq(secret.digest().to_vec()));
    Ok(link.select(invitations::refusals).first(conn)?)
}

/// Takes a link back.
pub(in crate::staff) fn withdraw(conn: &mut Conn, now: DateTime<Utc>, id: i64) -> Result<(), DbError> {
    diesel::update(invitations::table.find(id)).set(invitations::withdrawn_at.eq(now.naive_utc())).execute(conn)?;
    Ok(())
}

/// Takes every link back that this member of staff made and nobody used; those of the operator where none is named.
pub(in crate::staff) fn withdraw_of(
    conn: &mut Conn,
    now: DateTime<Utc>,
    inviter_id: Option<i64>,
) -> Result<(), DbError> {
    let unused = invitations::table.filter(invitations::used_at.is_null()).filter(invitations::withdrawn_at.is_null());
    let now = invitations::withdrawn_at.eq(now.naive_utc());
    match inviter_id {
        Some(id) => diesel::update(unused.filter(invitations::inviter_id.eq(id))).set(now).execute(conn)?,
        None => diesel::update(unused.filter(invitations::inviter_id.is_null())).set(now).execute(conn)?,
    };
    Ok(())
}
