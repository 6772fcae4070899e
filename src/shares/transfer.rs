//! Shares that go from one member to another. The money between them never touches the society's ledger.

use chrono::{DateTime, NaiveDate, Utc};

use super::book::{self, EventKind, NewEvent, NewLine};
use super::letters::{self, Told};
use super::living::check_alive;
use super::numbers::{CertificateNumber, MemberNumber};
use super::positions::Positions;
use super::store::holders;
use super::{Applicant, Deed, ShareError, apply, class_on, past_or_today};
use crate::db::{Conn, DbError};
use crate::outbox::LetterKind;

/// A transfer to be recorded.
#[derive(Debug, Clone)]
pub struct NewTransfer {
    /// Who gives.
    pub from: MemberNumber,
    /// Who takes: a member, or somebody who becomes one.
    pub to: Applicant,
    /// The class's code.
    pub class: String,
    /// How many.
    pub shares: i64,
    /// From which day; today where nothing is said.
    pub effective_on: Option<NaiveDate>,
    /// Where the committee's consent is written down.
    pub minute: String,
}

/// A transfer that was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transferred {
    /// The event in the book.
    pub event: i64,
    /// What the giver holds now.
    pub from_holding: i64,
    /// What the taker holds now.
    pub to_holding: i64,
    /// The taker's new certificate.
    pub certificate: CertificateNumber,
}

const FROM_THE_DEAD: &str = "Their shares are not transferred: they pass on by transmission, to the representatives or to whoever was nominated.";

/// Moves shares between members, if the rules of the class allow it and both holdings stay within them.
///
/// # Errors
/// [`ShareError`]: unknown members, shares that are not there, rules that forbid it, a day to come.
pub fn transfer(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &Deed,
    new: &NewTransfer,
) -> Result<Transferred, ShareError> {
    let (date, settings) = past_or_today(conn, now, new.effective_on)?;
    let (class, terms) = class_on(conn, &new.class, date)?;
    if matches!(new.to, Applicant::Member(to) if to == new.from) {
        return Err(ShareError::SameMember);
    }
    if !terms.transferable {
        return Err(ShareError::NotTransferable(class.name));
    }
    if terms.needs_consent && new.minute.is_empty() {
        return Err(ShareError::ConsentMissing);
    }
    let from = apply::known(conn, new.from)?;
    check_alive(&from, date, FROM_THE_DEAD)?;
    let to = match &new.to {
        Applicant::Member(number) => {
            let to = apply::known(conn, *number)?;
            check_alive(&to, date, "Nothing can be transferred to them.")?;
            apply::member(conn, *number, date)?
        }
        Applicant::New(holder) => {
            let id = holders::insert(conn, now, deed, date, holder)?;
            apply::entered(conn, id)?
        }
    };
    let mut positions = Positions::load(conn, &[from.id, to.id], date)?;
    positions.fall(&from, (&class, &terms), date, new.shares)?;
    positions.rise(&to, (&class, &terms), &settings, date, new.shares)?;
    holders::number_all(conn, &[to.id])?;
    let event = NewEvent {
        kind: EventKind::Transfer,
        effective_on: date,
        subject: new.from.to_string(),
        reason: String::new(),
        minute: new.minute.clone(),
        reverses: None,
        ground: None,
        is_interest: false,
        entry: None,
        lines: NewLine::pair(Some(from.id), Some(to.id), class.id, new.shares, class.price_minor(new.shares)),
    };
    let recorded = book::record_all(conn, now, deed, &[event])?.remove(0);
    let told = |holder| Told::about(LetterKind::ShareTransfer, recorded.event, holder).because_of(holder);
    letters::queue(conn, now, &[told(from.id), told(to.id)])?;
    let today = past_or_today(conn, now, None)?.0;
    let certificate = recorded.issued.iter().find(|(holder, _)| *holder == to.id).map(|(_, number)| *number);
    Ok(Transferred {
        event: recorded.event,
        from_holding: positions.held(from.id, class.id, today),
        to_holding: positions.held(to.id, class.id, today),
        certificate: certificate
            .map(CertificateNumber)
            .ok_or_else(|| DbError::Corrupt("a transfer issued no certificate".to_owned()))?,
    })
}
