//! An application: a request for shares, from somebody new or from a member who wants more.
//!
//! Invariant: it moves neither shares nor money; it keeps what was applied for, under which rules, and on which day.

use chrono::{DateTime, NaiveDate, Utc};

use super::holder::{Holder, NewHolder};
use super::letters::{self, Told};
use super::living::check_alive;
use super::positions::Positions;
use super::store::applications::{self, Application, Request};
use super::store::holders;
use super::{Deed, ShareError, class_on, numbers::MemberNumber, past_or_today};
use crate::db::{Conn, DbError};
use crate::outbox::{self, Asked, LetterKind, Stranger};

/// Who applies.
#[derive(Debug, Clone)]
pub enum Applicant {
    /// Somebody who is not on the register.
    New(NewHolder),
    /// A member who wants more.
    Member(MemberNumber),
}

/// A request for shares whose own words were checked.
#[derive(Debug, Clone)]
pub struct NewApplication {
    /// The class's code.
    pub class: String,
    /// How many.
    pub shares: i64,
    /// Who.
    pub applicant: Applicant,
    /// How the money will come; empty when nothing was said.
    pub method: String,
    /// A gift to the fund that comes with the money for the shares.
    pub gift_minor: i64,
    /// When it was made, for one that came on paper.
    pub applied_on: Option<NaiveDate>,
    /// Who sent the public form it came by; nothing where a clerk, a program or a file brought it.
    pub stranger: Option<Stranger>,
}

const FROM_THE_DEAD: &str =
    "Nobody applies under their number any more; whoever stands in their place applies in their own name.";

/// Enters an application, if the rules would let its shares be held.
///
/// # Errors
/// [`ShareError`]: an unknown class or member, a day to come, too few or too many shares.
pub fn apply(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &Deed,
    new: &NewApplication,
) -> Result<Application, ShareError> {
    let (applied_on, settings) = past_or_today(conn, now, new.applied_on)?;
    let (class, terms) = class_on(conn, &new.class, applied_on)?;
    let holder_id = match &new.applicant {
        Applicant::New(holder) => holders::insert(conn, now, deed, applied_on, holder)?,
        Applicant::Member(number) => {
            check_alive(&known(conn, *number)?, applied_on, FROM_THE_DEAD)?;
            member(conn, *number, applied_on)?.id
        }
    };
    let holder = entered(conn, holder_id)?;
    // Whether they could be held is asked now, so that nobody pays for what cannot be allotted; it is asked again then.
    let mut positions = Positions::load(conn, &[holder_id], applied_on)?;
    positions.rise(&holder, (&class, &terms), &settings, applied_on, new.shares)?;
    let id = applications::insert(
        conn,
        now,
        deed,
        &Request {
            holder_id,
            class_id: class.id,
            shares: new.shares,
            amount_minor: class.price_minor(new.shares),
            method: &new.method,
            gift_minor: new.gift_minor,
            rules_version: &settings.rules_version,
            applied_on,
        },
    )?;
    let kind = LetterKind::ShareApplication;
    match new.stranger.clone() {
        Some(stranger) => {
            let recipient = holder.email.clone().unwrap_or_default();
            outbox::enqueue_for_strangers(conn, now, &[Asked { stranger, kind, subject_id: id, recipient }])?;
        }
        None => {
            letters::queue(conn, now, &[Told::about(kind, id, holder_id)])?;
        }
    }
    applications::application(conn, id)?.ok_or(ShareError::UnknownApplication)
}

/// Members who have a name and address in common with a holder: perhaps the same person, entered twice.
///
/// # Errors
/// Only when the database fails.
pub fn alike(conn: &mut Conn, holder: i64) -> Result<Vec<MemberNumber>, DbError> {
    let shared = holders::sharing_persons(conn, &[holder])?;
    let ids: Vec<i64> = shared.into_iter().map(|(id, _)| id).filter(|id| *id != holder).collect();
    let mut numbers: Vec<MemberNumber> =
        holders::holders_now(conn, &ids)?.into_values().filter_map(|holder| holder.member).collect();
    numbers.sort_unstable();
    Ok(numbers)
}

/// A member who holds shares on `date`.
pub(super) fn member(conn: &mut Conn, number: MemberNumber, date: NaiveDate) -> Result<Holder, ShareError> {
    let holder = known(conn, number)?;
    let positions = Positions::load(conn, &[holder.id], date)?;
    if positions.is_empty_on(holder.id, date) {
        return Err(ShareError::NoLongerMember(number.to_string()));
    }
    Ok(holder)
}

/// A member, also one who left.
pub(super) fn known(conn: &mut Conn, number: MemberNumber) -> Result<Holder, ShareError> {
    holders::holder_by_member(conn, number)?.ok_or_else(|| ShareError::UnknownMember(number.to_string()))
}

pub(super) fn entered(conn: &mut Conn, id: i64) -> Result<Holder, DbError> {
    holders::holder(conn, id)?.ok_or_else(|| DbError::Corrupt(format!("holder {id} has no particulars")))
}
