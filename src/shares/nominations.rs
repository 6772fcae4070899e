//! The book of nominations (Act of 2014, sections 37 and 38): whom a member wants to have their property on death.

use chrono::{DateTime, NaiveDate, Utc};

use super::numbers::MemberNumber;
use super::store::nominations as store;
pub use super::store::nominations::{Nomination, of as nominations_of};
use super::{Deed, ShareError, apply, past_or_today};
use crate::db::Conn;

/// Relatives by whom an officer or employee may be nominated (section 37).
pub const CLOSE_RELATIONS: [&str; 9] =
    ["spouse", "civil partner", "parent", "child", "brother", "sister", "nephew", "niece", "none of these"];

/// A nomination to be entered.
#[derive(Debug, Clone)]
pub struct NewNomination {
    /// Whose property.
    pub member: MemberNumber,
    /// Who is nominated.
    pub nominee: String,
    /// Their address.
    pub address: String,
    /// What the member is to them, in the words of [`CLOSE_RELATIONS`].
    pub relation: String,
    /// They are an officer or employee of the society.
    pub is_officer: bool,
    /// How much of the property, in per cent.
    pub percent: i64,
    /// The day of the signed statement; today where nothing is said.
    pub made_on: Option<NaiveDate>,
}

/// Enters a nomination beside those in force.
///
/// # Errors
/// [`ShareError`]: an unknown member, a day to come, more than the whole, an officer who is no close relative.
pub fn nominate(conn: &mut Conn, now: DateTime<Utc>, deed: &Deed, new: &NewNomination) -> Result<i64, ShareError> {
    let (made_on, _) = past_or_today(conn, now, new.made_on)?;
    let holder = apply::known(conn, new.member)?;
    let is_close = CLOSE_RELATIONS[..8].contains(&new.relation.as_str());
    if new.is_officer && !is_close {
        return Err(ShareError::OfficerNotRelative);
    }
    let others = store::of(conn, holder.id)?.into_iter().filter(|known| known.revoked_on.is_none());
    let whole = others.map(|known| known.percent).sum::<i64>() + new.percent;
    if whole > 100 {
        return Err(ShareError::AboveWhole(whole));
    }
    Ok(store::insert(conn, now, deed, holder.id, made_on, new)?)
}

/// Revokes a nomination, by the member's word or because the member married since (schedule 3).
///
/// # Errors
/// [`ShareError`]: unknown or revoked before, a day to come, no reason.
pub fn revoke(
    conn: &mut Conn,
    now: DateTime<Utc>,
    id: i64,
    revoked_on: Option<NaiveDate>,
    reason: &str,
) -> Result<(), ShareError> {
    if reason.is_empty() {
        return Err(ShareError::ReasonMissing);
    }
    let (revoked_on, _) = past_or_today(conn, now, revoked_on)?;
    if store::revoke(conn, id, revoked_on, reason)? { Ok(()) } else { Err(ShareError::UnknownNomination) }
}
