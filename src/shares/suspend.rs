//! Suspension: days on which the committee agrees to no withdrawal, with its reason, and their end.

use chrono::{DateTime, NaiveDate, Utc};

use super::store::suspensions as store;
pub use super::store::suspensions::{Suspension, all as suspensions, in_force};
use super::{Deed, ShareError, class_on, past_or_today};
use crate::db::Conn;

/// A suspension to be declared.
#[derive(Debug, Clone)]
pub struct NewSuspension {
    /// The class's code.
    pub class: String,
    /// From which day; today where nothing is said.
    pub from_on: Option<NaiveDate>,
    /// Why; members are told.
    pub reason: String,
    /// Where the decision is written down.
    pub minute: String,
}

/// Suspends withdrawals of a class until they are resumed. Notices are still taken, and keep their place.
///
/// # Errors
/// [`ShareError`]: an unknown class, a day to come, no reason, suspended already.
pub fn suspend(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &Deed,
    new: &NewSuspension,
) -> Result<Suspension, ShareError> {
    if new.reason.is_empty() {
        return Err(ShareError::ReasonMissing);
    }
    let (from_on, _) = past_or_today(conn, now, new.from_on)?;
    let (class, _) = class_on(conn, &new.class, from_on)?;
    let today = past_or_today(conn, now, None)?.0;
    if let Some(known) = in_force(conn, class.id, today)? {
        return Err(ShareError::Suspended { from: known.from_on, reason: known.reason });
    }
    Ok(store::insert(conn, now, deed, class.id, from_on, (&new.reason, &new.minute))?)
}

/// Lifts a suspension from a day on.
///
/// # Errors
/// [`ShareError`]: unknown or lifted before, a day to come, no reason.
pub fn resume(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &Deed,
    id: i64,
    lifted_on: Option<NaiveDate>,
    reason: &str,
) -> Result<(), ShareError> {
    if reason.is_empty() {
        return Err(ShareError::ReasonMissing);
    }
    let (lifted_on, _) = past_or_today(conn, now, lifted_on)?;
    if store::lift(conn, deed, id, lifted_on, reason)? { Ok(()) } else { Err(ShareError::UnknownSuspension) }
}
