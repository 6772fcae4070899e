//! Share classes, what the rules say of them from a day on, and the settings of the offer.

use chrono::NaiveDate;
use chrono_tz::Tz;

use super::{ShareError, store};
use crate::db::{Conn, DbError};
use crate::money::Currency;

/// A class of shares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShareClass {
    /// Its row.
    pub id: i64,
    /// "ordinary", as accounts and programs write it.
    pub code: String,
    /// For people.
    pub name: String,
    /// What it is paid in.
    pub currency: Currency,
    /// What one share costs, for ever.
    pub nominal_minor: i64,
}

impl ShareClass {
    /// What `shares` cost.
    pub fn price_minor(&self, shares: i64) -> i64 {
        self.nominal_minor.saturating_mul(shares)
    }
}

/// What the rules say of a class, from a day on (Act of 2014, section 14).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// The class.
    pub class_id: i64,
    /// The first day.
    pub valid_from: NaiveDate,
    /// The society may repay them.
    pub withdrawable: bool,
    /// They may go to another holder.
    pub transferable: bool,
    /// A transfer needs the committee's consent.
    pub needs_consent: bool,
    /// They give a vote: one a member.
    pub voting: bool,
    /// The least a member may hold, in shares.
    pub minimum_shares: i64,
    /// The most a member may hold, in shares.
    pub maximum_shares: i64,
    /// Days between notice and withdrawal.
    pub notice_days: i64,
    /// The most that may be withdrawn in a calendar year, as a percentage of the capital at its start.
    pub yearly_limit_percent: Option<i64>,
    /// Where the rules say so.
    pub rule_ref: String,
}

/// The society's settings for shares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Whether the web takes applications.
    pub is_open: bool,
    /// What a share is and is not.
    pub offer: String,
    /// The rules that an applicant accepts.
    pub rules_version: String,
    /// What days are counted in.
    pub zone: Tz,
    /// The lowest age of a member, in years.
    pub age_min: u32,
    /// The most a person may have in withdrawable shares (Act of 2014, section 24).
    pub law_maximum_minor: i64,
    /// A joint holding counts in full for each of its holders.
    pub joint_counts_in_full: bool,
    /// Two people: whoever proposes a decision may not approve it.
    pub needs_second_person: bool,
    /// Whether the society pays interest on shares at all.
    pub pays_interest: bool,
}

/// A class with what the rules say of it on `date`.
///
/// # Errors
/// [`ShareError::UnknownClass`], also for a date before the class was there.
pub fn class_on(conn: &mut Conn, code: &str, date: NaiveDate) -> Result<(ShareClass, Terms), ShareError> {
    let class = store::class_by_code(conn, code)?.ok_or_else(|| ShareError::UnknownClass(code.to_owned()))?;
    let terms = store::terms_on(conn, class.id, date)?.ok_or_else(|| ShareError::UnknownClass(code.to_owned()))?;
    Ok((class, terms))
}

/// Every class with what the rules say of it on `date`, in the order they were made.
///
/// # Errors
/// Only when the database fails.
pub fn classes_on(conn: &mut Conn, date: NaiveDate) -> Result<Vec<(ShareClass, Terms)>, DbError> {
    let mut found = Vec::new();
    for class in store::classes(conn)? {
        if let Some(terms) = store::terms_on(conn, class.id, date)? {
            found.push((class, terms));
        }
    }
    Ok(found)
}
