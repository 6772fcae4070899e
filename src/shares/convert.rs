//! Conversion: shares of one class become shares of another, at par.

use chrono::{DateTime, NaiveDate, Utc};

use super::book::{self, EventKind, NewEvent, NewLine, Recorded};
use super::living::check_alive;
use super::numbers::MemberNumber;
use super::positions::Positions;
use super::{Deed, ShareError, apply, class_on, past_or_today};
use crate::db::Conn;
use crate::ledger::{EntryKind, Line, NewEntry, accounts};
use crate::money;

/// A conversion to be recorded.
#[derive(Debug, Clone)]
pub struct NewConversion {
    /// Whose.
    pub member: MemberNumber,
    /// The class that is left.
    pub from: String,
    /// The class that is entered.
    pub to: String,
    /// How many of the class that is left.
    pub shares: i64,
    /// From which day; today where nothing is said.
    pub effective_on: Option<NaiveDate>,
    /// Where the committee's decision is written down.
    pub minute: String,
}

/// Converts shares, if both holdings stay within the rules of their class. The answer has what is held of the new one.
///
/// # Errors
/// [`ShareError`]: unknown members and classes, shares that are not there, a sum the other class cannot show.
pub fn convert(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &Deed,
    new: &NewConversion,
) -> Result<(Recorded, i64), ShareError> {
    let (date, settings) = past_or_today(conn, now, new.effective_on)?;
    let (from, from_terms) = class_on(conn, &new.from, date)?;
    let (to, to_terms) = class_on(conn, &new.to, date)?;
    if from.id == to.id {
        return Err(ShareError::SameClass);
    }
    let amount_minor = from.price_minor(new.shares);
    if amount_minor % to.nominal_minor != 0 || from.currency != to.currency {
        return Err(ShareError::NotAtPar {
            amount: money::display(amount_minor, from.currency),
            nominal: money::display(to.nominal_minor, to.currency),
            to: to.name,
        });
    }
    let becomes = amount_minor / to.nominal_minor;
    let holder = apply::known(conn, new.member)?;
    check_alive(&holder, date, "Their shares stay in their class until they pass on or are repaid.")?;
    let mut positions = Positions::load(conn, &[holder.id], date)?;
    positions.fall(&holder, (&from, &from_terms), date, new.shares)?;
    positions.rise(&holder, (&to, &to_terms), &settings, date, becomes)?;
    let line =
        |class: &str, amount_minor| Line { account: accounts::share_capital(class), amount_minor, appeal_id: None };
    let subject = new.member.to_string();
    let mut lines = NewLine::pair(Some(holder.id), None, from.id, new.shares, amount_minor);
    lines.extend(NewLine::pair(None, Some(holder.id), to.id, becomes, amount_minor));
    let event = NewEvent {
        kind: EventKind::Conversion,
        effective_on: date,
        subject: subject.clone(),
        reason: String::new(),
        minute: new.minute.clone(),
        reverses: None,
        ground: None,
        is_interest: false,
        entry: Some(NewEntry {
            effective_on: date,
            kind: EntryKind::Conversion,
            subject,
            corrects: None,
            currency: from.currency,
            lines: vec![line(&from.code, amount_minor), line(&to.code, -amount_minor)],
        }),
        lines,
    };
    let recorded = book::record_all(conn, now, deed, &[event])?.remove(0);
    let today = past_or_today(conn, now, None)?.0;
    Ok((recorded, positions.held(holder.id, to.id, today)))
}
