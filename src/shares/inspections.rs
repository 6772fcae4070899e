//! Who looked at the register, as what, and at which form of it (Act of 2014, section 103).

use chrono::{DateTime, NaiveDate, Utc};

use super::store::officers as store;
pub use super::store::officers::{Inspection, inspections as all};
use super::{Deed, ShareError, past_or_today};
use crate::db::Conn;

/// An inspection to be noted.
#[derive(Debug, Clone)]
pub struct NewInspection {
    /// Who.
    pub name: String,
    /// As what: a member, a person with an interest in the funds.
    pub capacity: String,
    /// What they were shown.
    pub shown: String,
    /// When; today where nothing is said.
    pub inspected_on: Option<NaiveDate>,
}

/// Notes an inspection.
///
/// # Errors
/// [`ShareError::InFuture`].
pub fn note(conn: &mut Conn, now: DateTime<Utc>, deed: &Deed, new: &NewInspection) -> Result<(), ShareError> {
    let (on, _) = past_or_today(conn, now, new.inspected_on)?;
    Ok(store::inspect(conn, now, deed, on, new)?)
}
