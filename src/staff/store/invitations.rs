//! SQL of links to join the staff.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use crate::db::schema::invitations;
use crate::db::{Conn, DbError};
use crate::staff::{Role, Secret};

pub(in crate::staff) fn insert_invitation(
    conn: &mut Conn,
    now: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    secret: &Secret,
    role: Role,
    by: &str,
) -> Result<(), DbError> {
    diesel::insert_into(invitations::table)
        .values((
            invitations::digest.eq(secret.digest().to_vec()),
            invitations::role.eq(role.name()),
            invitations::invited_by.eq(by),
            invitations::created_at.eq(now.naive_utc()),
            invitations::expires_at.eq(expires_at.naive_utc()),
        ))
        .execute(conn)?;
    Ok(())
}

/// The role that a link leads to, unless it was used or has run out.
pub(in crate::staff) fn open_invitation(
    conn: &mut Conn,
    now: DateTime<Utc>,
    secret: &Secret,
) -> Result<Option<Role>, DbError> {
    let role: Option<String> = invitations::table
        .filter(invitations::digest.eq(secret.digest().to_vec()))
        .filter(invitations::used_at.is_null())
        .filter(invitations::expires_at.gt(now.naive_utc()))
        .select(invitations::role)
        .first(conn)
        .optional()?;
    Ok(role.as_deref().and_then(Role::from_name))
}

/// Uses a link up; false when somebody else just did.
pub(in crate::staff) fn spend_invitation(
    conn: &mut Conn,
    now: DateTime<Utc>,
    secret: &Secret,
) -> Result<bool, DbError> {
    let unused = invitations::table.find(secret.digest().to_vec()).filter(invitations::used_at.is_null());
    Ok(diesel::update(unused).set(invitations::used_at.eq(now.naive_utc())).execute(conn)? == 1)
}

/// Takes back every link that was not used.
pub(in crate::staff) fn forget_invitations(conn: &mut Conn) -> Result<(), DbError> {
    diesel::delete(invitations::table.filter(invitations::used_at.is_null())).execute(conn)?;
    Ok(())
}
