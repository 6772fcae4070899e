//! The present password, asked again of somebody who is signed in, before a deed on their own credentials.
//!
//! Invariant: a session that somebody else got hold of guesses here no better than at the door: wrong ones are counted,
//! lock this way for longer each time, count against the place, and stand in the trail under the session's name.

use std::net::IpAddr;

use chrono::{DateTime, TimeDelta, Utc};

use super::audit::Failure;
use super::locks::{self, Way};
use super::{Attempts, Member, Password, Passwords, Staff, StaffError, audit, rules, store};
use crate::db::{Db, DbError, Lock, hold};

/// What somebody typed as their present password, and from where.
pub(super) struct Retyped {
    pub password: Password,
    pub place: IpAddr,
}

/// Why the deed is not done.
#[derive(Debug, thiserror::Error)]
pub(super) enum RetypeError {
    #[error("That is not your present password.")]
    Wrong,
    #[error(
        "Too many attempts went wrong, so your password is not asked for {0}. Please come back then, or sign out and in."
    )]
    Locked(String),
    #[error(transparent)]
    Staff(#[from] StaffError),
}

impl From<DbError> for RetypeError {
    fn from(error: DbError) -> Self {
        Self::Staff(error.into())
    }
}

impl RetypeError {
    fn locked(length: TimeDelta) -> Self {
        Self::Locked(rules::in_words(length))
    }
}

/// The member of staff whose present password this is. Waits for the database and for the hashing.
///
/// # Errors
/// [`RetypeError`].
pub(super) fn check(
    db: &Db,
    now: DateTime<Utc>,
    passwords: &Passwords,
    attempts: &Attempts,
    staff: &Staff,
    typed: &Retyped,
) -> Result<Member, RetypeError> {
    let way = Way::Account(staff.id());
    let (member, wait) =
        db.read(|conn| Ok::<_, DbError>((store::member(conn, staff.id())?, locks::wait(conn, now, &way)?)))?;
    let member = member.ok_or(StaffError::Unknown)?;
    if let Some(length) = wait {
        return Err(RetypeError::locked(length));
    }
    let is_right = passwords.is_right(&typed.password, Some(&member.password_hash));
    let checked = db.write(|conn| {
        hold(conn, Lock::Door)?;
        if let Some(length) = locks::wait(conn, now, &way)? {
            return Ok(Err(RetypeError::locked(length)));
        }
        if is_right {
            locks::clear(conn, &way)?;
            return Ok::<_, DbError>(Ok(()));
        }
        let is_locked = locks::fail(conn, now, &way)?.is_some();
        let (subject, place, request_id) = (member.email.as_str(), typed.place, staff.request_id());
        let note = |action| Failure { action, subject, place, request_id };
        audit::record_failure(conn, now, staff.actor(), &note("present password wrong"))?;
        if is_locked {
            audit::record_failure(conn, now, staff.actor(), &note("present password locked"))?;
        }
        Ok(Err(RetypeError::Wrong))
    })?;
    if matches!(checked, Err(RetypeError::Wrong)) {
        attempts.fail(now, typed.place);
    }
    checked.map(|()| member)
}
