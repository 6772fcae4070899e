//! Shares that end without being repaid: forfeited under the rules, or given to the society.

use chrono::{DateTime, NaiveDate, Utc};

use super::book::{self, EventKind, NewEvent, NewLine, Recorded};
use super::living::check_alive;
use super::numbers::MemberNumber;
use super::positions::Positions;
use super::{Deed, ShareError, apply, class_on, past_or_today};
use crate::db::Conn;
use crate::ledger::{EntryKind, Line, NewEntry, accounts};

/// How shares end without being repaid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The rules take them.
    Forfeiture,
    /// The member gives them.
    Surrender,
}

/// Shares to be taken out of the register.
#[derive(Debug, Clone)]
pub struct NewForfeiture {
    /// Whose.
    pub member: MemberNumber,
    /// The class's code.
    pub class: String,
    /// How many.
    pub shares: i64,
    /// How they end.
    pub ending: Ending,
    /// From which day; today where nothing is said.
    pub effective_on: Option<NaiveDate>,
    /// Why, or by which letter of the member.
    pub reason: String,
    /// Where the committee's decision is written down.
    pub minute: String,
}

/// Ends shares; their capital becomes income of the society. The answer has what is still held.
///
/// # Errors
/// [`ShareError`]: unknown members and classes, shares that are not there, no reason.
pub fn forfeit(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &Deed,
    new: &NewForfeiture,
) -> Result<(Recorded, i64), ShareError> {
    if new.reason.is_empty() {
        return Err(ShareError::ReasonMissing);
    }
    let (date, _) = past_or_today(conn, now, new.effective_on)?;
    let (class, terms) = class_on(conn, &new.class, date)?;
    let holder = apply::known(conn, new.member)?;
    if new.ending == Ending::Surrender {
        check_alive(&holder, date, "Only whoever the shares pass to can give them to the society.")?;
    }
    let mut positions = Positions::load(conn, &[holder.id], date)?;
    positions.fall(&holder, (&class, &terms), date, new.shares)?;
    let amount_minor = class.price_minor(new.shares);
    let subject = new.member.to_string();
    let line = |account: String, amount_minor| Line { account, amount_minor, appeal_id: None };
    let event = NewEvent {
        kind: match new.ending {
            Ending::Forfeiture => EventKind::Forfeiture,
            Ending::Surrender => EventKind::Surrender,
        },
        effective_on: date,
        subject: subject.clone(),
        reason: new.reason.clone(),
        minute: new.minute.clone(),
        reverses: None,
        ground: None,
        is_interest: false,
        entry: Some(NewEntry {
            effective_on: date,
            kind: EntryKind::Forfeiture,
            subject,
            corrects: None,
            currency: class.currency,
            lines: vec![
                line(accounts::share_capital(&class.code), amount_minor),
                line(accounts::OTHER_INCOME.to_owned(), -amount_minor),
            ],
        }),
        lines: NewLine::pair(Some(holder.id), None, class.id, new.shares, amount_minor),
    };
    let recorded = book::record_all(conn, now, deed, &[event])?.remove(0);
    let today = past_or_today(conn, now, None)?.0;
    Ok((recorded, positions.held(holder.id, class.id, today)))
}
