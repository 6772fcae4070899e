//! When the books of an appeal may be closed, and opened again. No clock, no database.

use chrono::{DateTime, NaiveDate, Utc};

use super::month_of;
use crate::clock::date_in;
use crate::funds::{Appeal, Carry, Fund, FundError, Rhythm};

/// The last day on which money may still arrive for an appeal: a month takes what comes until it is over.
pub fn last_day(fund: &Fund, appeal: &Appeal) -> NaiveDate {
    match fund.rhythm {
        Rhythm::Monthly => appeal.deadline_on.max(month_of(appeal.opens_on).deadline_on),
        Rhythm::OneOff => appeal.deadline_on,
    }
}

pub(in crate::funds) fn check_closing(
    now: DateTime<Utc>,
    fund: &Fund,
    appeal: &Appeal,
    before: Option<&Appeal>,
) -> Result<(), FundError> {
    if appeal.closed_at.is_some() {
        return Err(FundError::AlreadyClosed(appeal.name.clone()));
    }
    let last_day = last_day(fund, appeal);
    if date_in(now, fund.zone) <= last_day {
        return Err(FundError::NotOver(appeal.name.clone(), last_day));
    }
    match before {
        Some(before) if still_moves(fund, before) => Err(FundError::EarlierOpen(before.name.clone())),
        _ => Ok(()),
    }
}

/// Whether the appeal that follows `before` may still move because of it.
pub fn still_moves(fund: &Fund, before: &Appeal) -> bool {
    fund.carry != Carry::None && before.closed_at.is_none()
}

pub(in crate::funds) fn check_reopening(
    fund: &Fund,
    appeal: &Appeal,
    after: Option<&Appeal>,
    reason: &str,
) -> Result<(), FundError> {
    if appeal.closed_at.is_none() {
        return Err(FundError::NotClosed(appeal.name.clone()));
    }
    match after {
        Some(after) if fund.carry != Carry::None && after.closed_at.is_some() => {
            Err(FundError::LaterClosed(after.name.clone()))
        }
        _ if reason.trim().is_empty() => Err(FundError::ReasonMissing),
        _ => Ok(()),
    }
}
