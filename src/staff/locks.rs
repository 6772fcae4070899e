//! Wrong attempts in a row by one way in, and until when nobody may try that way.
//!
//! Invariant: kept in the database, so a restart forgets none; an address that nobody has is counted as one that somebody
//! has. What strangers do at an address touches neither a remembered device nor whoever is signed in.

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest, Sha256};

use super::devices::Device;
use super::store::locks as store;
use super::{Member, rules};
use crate::db::{Conn, DbError};

/// By which way somebody tries a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Way {
    /// At the door, with this address, known or not.
    Address(String),
    /// At the door, in a browser that is remembered.
    Device(Device),
    /// Signed in, asked again before a deed on their own account.
    Account(i64),
}

impl Way {
    /// What stands for it in the database, where no typed address is kept.
    fn key(&self) -> Vec<u8> {
        let text = match self {
            Self::Address(email) => format!("address\n{email}"),
            Self::Device(device) => format!("device\n{}\n{}", device.staff_id, device.name),
            Self::Account(staff_id) => format!("account\n{staff_id}"),
        };
        Sha256::digest(text.as_bytes()).to_vec()
    }

    /// The person whose lock an administrator takes off with that of their address.
    fn owner(&self) -> Option<i64> {
        match self {
            Self::Device(device) => Some(device.staff_id),
            // A session that somebody else got hold of must not win new attempts by taking a lock off.
            Self::Address(_) | Self::Account(_) => None,
        }
    }

    pub fn is_device(&self) -> bool {
        matches!(self, Self::Device(_))
    }
}

/// Attempts are forgotten so long after the last one; the longest lock is an hour.
const REMEMBERED: TimeDelta = TimeDelta::days(7);
/// Ways that are remembered, some 4 MB; past it the oldest are forgotten, which gives five attempts for each 20,000.
const WAYS_MAX: i64 = 20_000;

/// How long nobody may try this way, if they must wait.
pub(super) fn wait(conn: &mut Conn, now: DateTime<Utc>, way: &Way) -> Result<Option<TimeDelta>, DbError> {
    let until = store::locked_until(conn, &way.key())?;
    Ok(until.filter(|until| *until > now).map(|until| until - now))
}

/// Counts a wrong attempt; the answer is until when this way is locked by it. The caller holds `Lock::Door`.
pub(super) fn fail(conn: &mut Conn, now: DateTime<Utc>, way: &Way) -> Result<Option<DateTime<Utc>>, DbError> {
    store::forget_before(conn, now - REMEMBERED)?;
    let key = way.key();
    let failures = store::count(conn, now, &key, way.owner())?;
    if failures == 1 {
        store::keep_newest(conn, WAYS_MAX)?;
    }
    let until = rules::lock_after(failures).map(|length| now + length);
    store::lock(conn, &key, until)?;
    Ok(until)
}

/// Forgets the attempts of one way, after a right one.
pub(super) fn clear(conn: &mut Conn, way: &Way) -> Result<(), DbError> {
    store::forget(conn, &way.key())
}

/// Opens the door of one member: their address and every browser that is remembered for them.
pub(super) fn unlock(conn: &mut Conn, member: &Member) -> Result<(), DbError> {
    clear(conn, &Way::Address(member.email.clone()))?;
    store::forget_of(conn, member.id)
}

/// The numbers of those whose address is locked now.
pub(super) fn locked_of(conn: &mut Conn, now: DateTime<Utc>, members: &[Member]) -> Result<HashSet<i64>, DbError> {
    let locked: HashSet<Vec<u8>> = store::all_locked(conn, now)?.into_iter().collect();
    let is_locked = |member: &&Member| locked.contains(&Way::Address(member.email.clone()).key());
    Ok(members.iter().filter(is_locked).map(|member| member.id).collect())
}
