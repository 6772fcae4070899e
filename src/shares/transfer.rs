//! Shares that go from one member to another. The money between them never touches the society's ledger.

use chrono::{DateTime, NaiveDate, Utc};

use super::book::{self, EventKind, NewEvent, NewLine};
use super::numbers::{CertificateNumber, MemberNumber};
use super::positions::Positions;
use super::{Deed, ShareError, apply, class_on, past_or_today};
use crate::db::{Conn, DbError};

/// A transfer to be recorded.
#[derive(Debug, Clone)]
pub struct NewTransfer {
    /// Who gives.
    pub from: MemberNumber,
    /// Who takes.
    pub to: MemberNumber,
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
    if new.from == new.to {
        return Err(ShareError::SameMember);
    }
    if !terms.transferable {
        return Err(ShareError::NotTransferable(class.name));
    }
    if terms.needs_consent && new.minute.is_empty() {
        return Err(ShareError::ConsentMissing);
    }
    let (from, to) = (apply::known(conn, new.from)?, apply::member(conn, new.to, date)?);
    let mut positions = Positions::load(conn, &[from.id, to.id], date)?;
    positions.fall(&from, (&class, &terms), date, new.shares)?;
    positions.rise(&to, (&class, &terms), &settings, date, new.shares)?;
    let event = NewEvent {
        kind: EventKind::Transfer,
        effective_on: date,
        subject: new.from.to_string(),
        reason: String::new(),
        minute: new.minute.clone(),
        reverses: None,
        entry: None,
        lines: NewLine::pair(Some(from.id), Some(to.id), class.id, new.shares, class.price_minor(new.shares)),
    };
    let recorded = book::record_all(conn, now, deed, &[event])?.remove(0);
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
