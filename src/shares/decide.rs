//! What the committee decides about applications: allotment of many at once, refusal, and the applicant's own change
//! of mind.
//!
//! Invariant: shares are allotted against money that is here, exactly; what is too much or too little needs a word.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};

use super::book::{self, EventKind, NewEvent, NewLine, Recorded};
use super::class::{ShareClass, Terms};
use super::holder::Holder;
use super::letters::{self, Told};
use super::living::check_alive;
use super::notes::{self, NewNote, Note, NoteKind};
use super::numbers::{CertificateNumber, MemberNumber};
use super::pay::Way;
use super::positions::Positions;
use super::store::applications::{self, Application, ApplicationStatus, Decision};
use super::store::holders;
use super::store::payments::Movement;
use super::{Deed, ShareError, class_on, past_or_today, pay, reverse, store};
use crate::db::{Conn, DbError};
use crate::donations::{self, Donation};
use crate::ledger::{self, EntryKind, Line, NewEntry, accounts};
use crate::money;
use crate::outbox::LetterKind;

/// What happens to money beyond the price of the shares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Surplus {
    /// It goes back.
    Return,
    /// It becomes a gift to the fund, by the applicant's word.
    Gift,
}

/// One application to be allotted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allotment {
    /// Which.
    pub application: i64,
    /// How many shares, where it is not what was applied for.
    pub shares: Option<i64>,
    /// What happens to money beyond their price.
    pub surplus: Option<Surplus>,
}

/// An application that was allotted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allotted {
    /// The application.
    pub application: i64,
    /// Who holds the shares now.
    pub member: MemberNumber,
    /// What they hold of the class in all, today.
    pub holding: i64,
    /// What proves it.
    pub certificate: CertificateNumber,
    /// The event in the book.
    pub event: i64,
    /// The entry in the ledger.
    pub entry: Option<i64>,
}

/// An application that is ready: checked, with its place.
struct Ready {
    application: Application,
    holder: Holder,
    class: ShareClass,
    terms: Terms,
    shares: i64,
    surplus_minor: i64,
    surplus: Option<Surplus>,
}

/// Allots shares on one day for one or many applications: all of them, or none when one is refused.
///
/// # Errors
/// [`ShareError`], for the first that may not be allotted.
pub fn allot_all(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &Deed,
    allotments: &[Allotment],
    effective_on: Option<NaiveDate>,
    minute: &str,
) -> Result<Vec<Allotted>, ShareError> {
    let (date, settings) = past_or_today(conn, now, effective_on)?;
    let ready = prepared(conn, allotments, date)?;
    let holders: Vec<i64> = ready.iter().map(|ready| ready.holder.id).collect();
    let mut positions = Positions::load(conn, &holders, date)?;
    for one in &ready {
        positions.rise(&one.holder, (&one.class, &one.terms), &settings, date, one.shares)?;
    }
    holders::number_all(conn, &holders)?;
    let events: Vec<NewEvent> = ready.iter().map(|one| allotment(one, date, minute)).collect();
    let recorded = book::record_all(conn, now, deed, &events)?;
    for (one, recorded) in ready.iter().zip(&recorded) {
        if one.surplus_minor > 0 {
            let way = if one.surplus == Some(Surplus::Gift) { Way::Gift } else { Way::Back };
            pay::let_go(conn, now, deed, &one.application, (one.surplus_minor, way))?;
        }
        let decision = Decision {
            status: ApplicationStatus::Allotted,
            reason: "",
            minute,
            event: Some(recorded.event),
            held_minor: 0,
        };
        applications::decide(conn, now, deed, one.application.id, &decision)?;
    }
    let told: Vec<Told> = ready.iter().zip(&recorded).map(|(one, recorded)| one.welcome(recorded)).collect();
    letters::queue(conn, now, &told)?;
    let numbered = holders::holders_now(conn, &holders)?;
    let today = past_or_today(conn, now, None)?.0;
    ready.iter().zip(&recorded).map(|(one, recorded)| allotted(one, recorded, &numbered, &positions, today)).collect()
}

impl Ready {
    fn welcome(&self, recorded: &Recorded) -> Told {
        Told::about(LetterKind::ShareAllotment, self.application.id, self.holder.id).because_of(recorded.event)
    }
}

const TO_THE_DEAD: &str =
    "Nothing is allotted to them. Refuse the application; what was paid goes back to whoever has the word for them.";

fn prepared(conn: &mut Conn, allotments: &[Allotment], date: NaiveDate) -> Result<Vec<Ready>, ShareError> {
    let ids: Vec<i64> = allotments.iter().map(|allotment| allotment.application).collect();
    let mut found = applications::numbered(conn, &ids)?;
    let paid_on = store::payments::paid_on(conn, &ids)?;
    let holder_ids: Vec<i64> = found.values().map(|application| application.holder_id).collect();
    let known = holders::holders_now(conn, &holder_ids)?;
    let mut classes: HashMap<i64, (ShareClass, Terms)> = HashMap::new();
    let mut ready = Vec::with_capacity(allotments.len());
    for allotment in allotments {
        // Taken out, so that one that is named twice is not there the second time.
        let application = found.remove(&allotment.application).ok_or(ShareError::UnknownApplication)?;
        if application.status != ApplicationStatus::Waiting {
            return Err(ShareError::AlreadyDecided(application.status.name()));
        }
        let (class, terms) = match classes.get(&application.class_id) {
            Some(known) => known.clone(),
            None => {
                let code = store::class(conn, application.class_id)?.code;
                classes.entry(application.class_id).or_insert(class_on(conn, &code, date)?).clone()
            }
        };
        let (shares, surplus_minor) = matched(&application, allotment, &class)?;
        if let Some(paid_on) = paid_on.get(&application.id).filter(|paid_on| **paid_on > date) {
            return Err(ShareError::BeforeMoney(*paid_on));
        }
        let holder = known.get(&application.holder_id).cloned();
        let holder = holder.ok_or_else(|| DbError::Corrupt(format!("application {} has no holder", application.id)))?;
        check_alive(&holder, date, TO_THE_DEAD)?;
        let surplus = allotment.surplus;
        ready.push(Ready { application, holder, class, terms, shares, surplus_minor, surplus });
    }
    Ok(ready)
}

/// How many shares the money is for, and what is left of it.
fn matched(application: &Application, allotment: &Allotment, class: &ShareClass) -> Result<(i64, i64), ShareError> {
    let shares = allotment.shares.unwrap_or(application.shares);
    let (price, held) = (class.price_minor(shares), application.held_minor);
    let display = |minor| money::display(minor, class.currency);
    let affordable = held / class.nominal_minor;
    if affordable == 0 {
        return Err(ShareError::NotPaid { price: display(price) });
    }
    if held < price {
        return Err(ShareError::Underpaid {
            held: display(held),
            shares,
            price: display(price),
            missing: display(price - held),
            affordable,
        });
    }
    if held > price && allotment.surplus.is_none() {
        return Err(ShareError::Overpaid {
            held: display(held),
            shares,
            price: display(price),
            surplus: display(held - price),
            affordable,
        });
    }
    Ok((shares, held - price))
}

fn allotment(one: &Ready, date: NaiveDate, minute: &str) -> NewEvent {
    let price = one.class.price_minor(one.shares);
    let line = |account: String, amount_minor| Line { account, amount_minor, appeal_id: None };
    let subject = one.application.reference().to_string();
    NewEvent {
        kind: EventKind::Allotment,
        effective_on: date,
        subject: subject.clone(),
        reason: String::new(),
        minute: minute.to_owned(),
        reverses: None,
        ground: None,
        is_interest: false,
        entry: Some(NewEntry {
            effective_on: date,
            kind: EntryKind::Allotment,
            subject,
            corrects: None,
            currency: one.class.currency,
            lines: vec![
                line(accounts::SHARE_APPLICATIONS.to_owned(), price),
                line(accounts::share_capital(&one.class.code), -price),
            ],
        }),
        lines: NewLine::pair(None, Some(one.holder.id), one.class.id, one.shares, price),
    }
}

fn allotted(
    one: &Ready,
    recorded: &Recorded,
    numbered: &HashMap<i64, Holder>,
    positions: &Positions,
    today: NaiveDate,
) -> Result<Allotted, ShareError> {
    let odd = || DbError::Corrupt(format!("holder {} was not entered as a member", one.holder.id));
    let member = numbered.get(&one.holder.id).and_then(|holder| holder.member).ok_or_else(odd)?;
    let certificate = recorded.issued.first().map(|(_, number)| CertificateNumber(*number)).ok_or_else(odd)?;
    Ok(Allotted {
        application: one.application.id,
        member,
        holding: positions.held(one.holder.id, one.class.id, today),
        certificate,
        event: recorded.event,
        entry: recorded.entry,
    })
}

/// An application that will not be allotted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// As it stands now.
    pub application: Application,
    /// What went back.
    pub returned_minor: i64,
    /// The entry of that.
    pub entry: Option<i64>,
}

/// The committee says no; what was paid goes back, or becomes a gift by the applicant's word.
///
/// # Errors
/// [`ShareError`]: an unknown or decided application, no reason.
pub fn refuse(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &Deed,
    application: i64,
    (reason, minute): (&str, &str),
    money: Surplus,
) -> Result<Refused, ShareError> {
    if reason.is_empty() {
        return Err(ShareError::ReasonMissing);
    }
    let refused = end(conn, now, deed, application, ApplicationStatus::Refused, (reason, minute, money))?;
    let told = Told::about(LetterKind::ShareRefusal, application, refused.application.holder_id);
    letters::queue(conn, now, &[told])?;
    Ok(refused)
}

/// The applicant changed their mind before the allotment; what was paid goes back.
///
/// # Errors
/// [`ShareError`]: an unknown or decided application.
pub fn withdraw_application(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &Deed,
    application: i64,
    reason: &str,
) -> Result<Refused, ShareError> {
    end(conn, now, deed, application, ApplicationStatus::Withdrawn, (reason, "", Surplus::Return))
}

fn end(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &Deed,
    application: i64,
    status: ApplicationStatus,
    (reason, minute, money): (&str, &str, Surplus),
) -> Result<Refused, ShareError> {
    let application = pay::waiting(conn, application)?;
    let returned_minor = application.held_minor;
    let entry = match returned_minor {
        0 => None,
        held => {
            let way = if money == Surplus::Gift { Way::Gift } else { Way::Back };
            Some(pay::let_go(conn, now, deed, &application, (held, way))?)
        }
    };
    let decision = Decision { status, reason, minute, event: None, held_minor: 0 };
    applications::decide(conn, now, deed, application.id, &decision)?;
    let kind = match status {
        ApplicationStatus::Refused => NoteKind::ApplicationRefused,
        _ => NoteKind::ApplicationWithdrawn,
    };
    let (today, _) = past_or_today(conn, now, None)?;
    let note = NewNote::about(Some(application.holder_id), application.id, today).because(reason, minute);
    notes::write(conn, now, deed, kind, &note.posting(entry))?;
    let application = applications::application(conn, application.id)?.ok_or(ShareError::UnknownApplication)?;
    Ok(Refused { application, returned_minor, entry })
}

/// An application that was refused or withdrawn in error waits again, with its money; the answer is the entry that
/// takes the return of the money back.
pub(super) fn undo(conn: &mut Conn, now: DateTime<Utc>, deed: &Deed, note: &Note) -> Result<Option<i64>, ShareError> {
    let application = applications::application(conn, note.row_id)?.ok_or(ShareError::UnknownApplication)?;
    let payments = store::payments::payments_of(conn, application.id)?;
    let went = note.entry.and_then(|entry| payments.iter().find(|payment| payment.entry == entry));
    let Some(went) = went else {
        applications::reopen(conn, application.id, 0)?;
        return Ok(None);
    };
    let gift = application.gift_donation.map(|number| donations::by_number(conn, number)).transpose()?.flatten();
    let is_it = |gift: &Donation| gift.amount_minor == -went.amount_minor && gift.received_on == Some(went.received_on);
    if let Some(gift) = gift.filter(is_it) {
        return Err(ShareError::BecameGift(gift.reference().to_string()));
    }
    let Some(entry) = reverse::opposite(conn, note.entry)? else { return Ok(None) };
    let posted = ledger::post_all(conn, now, &[entry]).map_err(DbError::from)?;
    let back = Movement {
        application_id: application.id,
        amount_minor: -went.amount_minor,
        method: &went.method,
        received_on: went.received_on,
        entry: posted[0].number,
        takes_back: Some(went.entry),
    };
    store::payments::insert_payment(conn, now, deed, &back)?;
    applications::reopen(conn, application.id, -went.amount_minor)?;
    Ok(Some(posted[0].number))
}
