//! The trail: who did what, from which request.
//!
//! Invariant: rows are added and never changed. What a stranger can cause as often as they like is one row a day for each
//! subject and place, with a count beside it, so that thousands of attempts do not bury what staff did.

use std::net::IpAddr;

use chrono::{DateTime, Utc};

use super::{Actor, store, throttle};
use crate::db::{Conn, DbError};
pub use store::trail::{Step, before, counts_between, of_actions};

/// Notes that `actor` did `action` to `subject`, in the transaction of what was done.
///
/// # Errors
/// Only when the database fails.
pub fn record(
    conn: &mut Conn,
    now: DateTime<Utc>,
    actor: &Actor,
    action: &str,
    subject: &str,
    detail: &str,
    request_id: &str,
) -> Result<(), DbError> {
    let step = step(now, actor, action, subject, detail, request_id);
    store::trail::insert(conn, &step)
}

fn step(now: DateTime<Utc>, actor: &Actor, action: &str, subject: &str, detail: &str, request_id: &str) -> Step {
    Step {
        id: 0,
        at: now,
        who: actor.who(),
        action: action.to_owned(),
        subject: subject.to_owned(),
        detail: detail.to_owned(),
        request_id: request_id.to_owned(),
        times: 1,
        last_at: now,
    }
}

/// Something that went wrong and may go wrong again and again.
pub(super) struct Failure<'a> {
    /// "sign-in failed"
    pub action: &'static str,
    /// At whose address, or that it is nobody's.
    pub subject: &'a str,
    /// From where.
    pub place: IpAddr,
    /// From which request.
    pub request_id: &'a str,
}

/// Places that one subject names in a day; whatever comes from more is counted in one row more.
const PLACES_MAX: i64 = 20;
const MORE_PLACES: &str = "other places";

/// Notes a failure, or counts it where the same happened that day. The caller holds `Lock::Door`.
pub(super) fn record_failure(
    conn: &mut Conn,
    now: DateTime<Utc>,
    actor: &Actor,
    failure: &Failure<'_>,
) -> Result<(), DbError> {
    let place = throttle::network_name(failure.place);
    let step = |place: &str| {
        let detail = format!("from {place}");
        step(now, actor, failure.action, failure.subject, &detail, failure.request_id)
    };
    if store::trail::count_again(conn, &step(&place), &place)? {
        return Ok(());
    }
    if store::trail::places_of(conn, &step(&place))? < PLACES_MAX {
        return store::trail::insert_counted(conn, &step(&place), &place);
    }
    if store::trail::count_again(conn, &step(MORE_PLACES), MORE_PLACES)? {
        return Ok(());
    }
    store::trail::insert_counted(conn, &step(MORE_PLACES), MORE_PLACES)
}
