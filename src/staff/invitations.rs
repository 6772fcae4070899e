//! Links by which somebody joins the staff: made, listed, withdrawn, used.
//!
//! Invariant: a link works once, for a day, and only while whoever made it may still make one: leaving, or losing the
//! role, withdraws what they left open. A link of the first start ends when anybody joins.

use std::net::IpAddr;

use chrono::{DateTime, TimeDelta, Utc};

use super::audit::Failure;
use super::store::invitations as store;
use super::{Actor, Attempts, Member, NewMember, Role, Secret, StaffError, audit};
use crate::db::{Conn, Db, Lock, hold};
pub use store::Invitation;

/// How long a link to join the staff works.
const LINK_HOURS: i64 = 24;
/// Addresses that a link may name and that somebody has already; one more, and it is spent: whoever found a link must
/// not learn with it who is on the staff.
const REFUSALS_MAX: i64 = 5;

/// Makes a link with which one person may join the staff in `role`; the answer is the secret that it ends with.
///
/// # Errors
/// [`StaffError`]: no randomness, or the database failed.
pub fn invite(
    conn: &mut Conn,
    now: DateTime<Utc>,
    by: &Actor,
    role: Role,
    request_id: &str,
) -> Result<Secret, StaffError> {
    let secret = Secret::new()?;
    store::insert(conn, now, now + TimeDelta::hours(LINK_HOURS), &secret, role, by)?;
    audit::record(conn, now, by, "staff invited", role.name(), "", request_id)?;
    Ok(secret)
}

/// The secret of a link for the first member of staff, or nothing when there is somebody already.
///
/// # Errors
/// [`StaffError`]: no randomness, or the database failed.
pub fn first_invitation(conn: &mut Conn, now: DateTime<Utc>) -> Result<Option<Secret>, StaffError> {
    if !super::store::is_empty(conn)? {
        return Ok(None);
    }
    // An earlier start printed a link that may lie in a log; only the newest works.
    store::withdraw_of(conn, now, None)?;
    invite(conn, now, &Actor::Operator, Role::Administrator, "").map(Some)
}

/// Those that still work, the first to end first.
///
/// # Errors
/// Only when the database fails.
pub fn open(conn: &mut Conn, now: DateTime<Utc>) -> Result<Vec<Invitation>, StaffError> {
    Ok(store::open(conn, now)?)
}

/// The role that a link leads to, while it works.
///
/// # Errors
/// [`StaffError::LinkSpent`], or the database failed.
pub fn invited_role(conn: &mut Conn, now: DateTime<Utc>, secret: &Secret) -> Result<Role, StaffError> {
    store::role_of(conn, now, secret)?.ok_or(StaffError::LinkSpent)
}

/// Takes a link back before it was used.
///
/// # Errors
/// [`StaffError::LinkSpent`] when it does not work any more.
pub fn withdraw(conn: &mut Conn, now: DateTime<Utc>, by: &Actor, id: i64, request_id: &str) -> Result<(), StaffError> {
    let open = store::open(conn, now)?.into_iter().find(|invitation| invitation.id == id);
    let invitation = open.ok_or(StaffError::LinkSpent)?;
    store::withdraw(conn, now, id)?;
    let detail = format!("made by {}", invitation.invited_by);
    Ok(audit::record(conn, now, by, "invitation withdrawn", invitation.role.name(), &detail, request_id)?)
}

/// Withdraws whatever a member of staff left open.
pub(super) fn withdraw_all_of(
    conn: &mut Conn,
    now: DateTime<Utc>,
    by: &Actor,
    member: &Member,
    request_id: &str,
) -> Result<(), StaffError> {
    let open = store::open(conn, now)?.into_iter().filter(|invitation| invitation.inviter_id == Some(member.id));
    for invitation in open {
        let detail = format!("made by {}, who may not invite any more", invitation.invited_by);
        audit::record(conn, now, by, "invitation withdrawn", invitation.role.name(), &detail, request_id)?;
    }
    Ok(store::withdraw_of(conn, now, Some(member.id))?)
}

/// The link that the first start printed may lie in a log: once there is somebody, it leads nowhere.
pub(super) fn withdraw_first(conn: &mut Conn, now: DateTime<Utc>) -> Result<(), StaffError> {
    Ok(store::withdraw_of(conn, now, None)?)
}

/// Joins the staff by a link, which is spent by it.
///
/// # Errors
/// [`StaffError`]: a spent link, an address that is taken or cannot be, no name.
pub fn join(
    conn: &mut Conn,
    now: DateTime<Utc>,
    secret: &Secret,
    new: NewMember,
    request_id: &str,
) -> Result<Member, StaffError> {
    let role = invited_role(conn, now, secret)?;
    if !store::spend(conn, now, secret)? {
        return Err(StaffError::LinkSpent);
    }
    super::add(conn, now, &Actor::Public, &NewMember { role, ..new }, request_id)
}

/// Notes that a link named an address that somebody has; too many, and it is spent. Counts against the place as a wrong
/// password does.
pub(super) fn note_refusal(
    db: &Db,
    now: DateTime<Utc>,
    attempts: &Attempts,
    secret: &Secret,
    place: IpAddr,
    request_id: &str,
) -> Result<(), StaffError> {
    attempts.fail(now, place);
    db.write(|conn| {
        hold(conn, Lock::Door)?;
        if store::count_refusal(conn, secret)? > REFUSALS_MAX {
            store::spend(conn, now, secret)?;
        }
        let failure = Failure { action: "joining refused", subject: "an address that somebody has", place, request_id };
        Ok(audit::record_failure(conn, now, &Actor::Public, &failure)?)
    })
}
