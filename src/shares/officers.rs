//! Officers, as the register must name them (Act of 2014, section 30(3)): name, address, office, dates.

use chrono::{DateTime, NaiveDate, Utc};

use super::store::officers as store;
pub use super::store::officers::{Officer, all};
use super::{Deed, ShareError, past_or_today};
use crate::db::Conn;

/// An officer to be entered.
#[derive(Debug, Clone)]
pub struct NewOfficer {
    /// In full.
    pub name: String,
    /// The postal address.
    pub address: String,
    /// The electronic address.
    pub email: Option<String>,
    /// "Secretary"
    pub office: String,
    /// The first day.
    pub from_on: NaiveDate,
}

/// Enters an officer.
///
/// # Errors
/// [`ShareError::InFuture`].
pub fn appoint(conn: &mut Conn, now: DateTime<Utc>, deed: &Deed, new: &NewOfficer) -> Result<i64, ShareError> {
    past_or_today(conn, now, Some(new.from_on))?;
    Ok(store::insert(conn, now, deed, new)?)
}

/// Notes the last day of an officer.
///
/// # Errors
/// [`ShareError`]: a day to come, or before the first.
pub fn stand_down(conn: &mut Conn, now: DateTime<Utc>, id: i64, until_on: NaiveDate) -> Result<(), ShareError> {
    past_or_today(conn, now, Some(until_on))?;
    if store::end(conn, id, until_on)? { Ok(()) } else { Err(ShareError::BadPeriod) }
}
