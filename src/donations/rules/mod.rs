//! What a gift is, what it posts, and what may still happen to it. No clock, no database.

mod mistaken;

use std::collections::HashMap;

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use chrono_tz::Tz;

use super::{ChangeError, Donation, GiftRefusal, Method, Outcome, Recap, Recorded, Status};
use crate::clock::date_in;
use crate::funds::{Appeal, Credit, Fund};
use crate::ledger::{EntryKind, Line, NewEntry, Posted, accounts};
use crate::money::{self, Currency};
use crate::outbox::{Asked, LetterKind, NewLetter, Stranger};
use crate::receipts::ReceiptNumber;
use crate::reference::Reference;
use crate::supporters::Named;
pub(super) use mistaken::{
    Right, came_on, check_mistaken, correcting_entry, received_entry, rectifying_credits, rectifying_entry,
};

/// A gift to be recorded, already understood and checked at the edge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewGift {
    /// Where it came from and the sender's key: one key is one gift.
    pub key: String,
    /// SHA-256 of the request.
    pub fingerprint: [u8; 32],
    /// The fund it is for.
    pub fund_id: i64,
    /// The appeal that staff placed it in; otherwise its date decides.
    pub appeal: Option<String>,
    /// More than nothing.
    pub amount_minor: i64,
    /// How it comes or came.
    pub method: Method,
    /// True when the money has not arrived.
    pub is_pledge: bool,
    /// The day the money arrived; today where none is given.
    pub received_on: Option<NaiveDate>,
    /// The giver's name; may be empty.
    pub name: String,
    /// Where the receipt goes.
    pub email: Option<String>,
    /// How to thank the giver in the paper.
    pub acknowledge_as: String,
    /// True when the giver does not want to be named.
    pub anonymous: bool,
    /// The giver's or the clerk's words.
    pub note: String,
    /// Whom the gift commemorates; may be empty.
    pub in_memory_of: String,
    /// True when the giver agreed that the paper may print it.
    pub memory_in_print: bool,
    /// Who records it.
    pub by: String,
    /// From which request.
    pub request_id: String,
    /// Who sent the public form it came by; nothing where a clerk, a program or a file brought it.
    pub stranger: Option<Stranger>,
}

impl NewGift {
    pub(super) fn supporter(&self) -> Option<Named> {
        let is_named = !self.name.is_empty() || self.email.is_some();
        is_named.then(|| Named { name: self.name.clone(), email: self.email.clone() })
    }
}

/// A gift with its appeal.
#[derive(Debug, Clone)]
pub(super) struct Placed<'a> {
    pub gift: &'a NewGift,
    pub appeal_id: i64,
    pub appeal: String,
    pub fund: String,
    pub currency: Currency,
    pub zone: Tz,
    pub date: NaiveDate,
}

pub(super) fn placed<'a>(gift: &'a NewGift, fund: &Fund, appeal: &Appeal, date: NaiveDate) -> Placed<'a> {
    Placed {
        gift,
        appeal_id: appeal.id,
        appeal: appeal.name.clone(),
        fund: fund.slug.clone(),
        currency: fund.currency,
        zone: fund.zone,
        date,
    }
}

/// A gift on its way into the books.
#[derive(Debug, Clone)]
pub struct Taken<'a> {
    pub(super) placed: Placed<'a>,
    pub(super) id: i64,
    pub(super) supporter_id: Option<i64>,
    pub(super) posted: Option<Posted>,
    pub(super) receipt: Option<ReceiptNumber>,
}

/// A donation that an earlier request made, with the fingerprint of that request.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub fingerprint: Vec<u8>,
    pub recap: Recap,
}

/// The gifts whose key nobody has seen, each key once.
pub(super) fn unknown<'a>(gifts: &'a [NewGift], known: &HashMap<String, Known>) -> Vec<&'a NewGift> {
    let mut seen: std::collections::HashSet<&str> = std::collections::HashSet::new();
    gifts.iter().filter(|gift| !known.contains_key(&gift.key) && seen.insert(&gift.key)).collect()
}

pub(super) fn numbered<'a>(placed: &[Placed<'a>], supporter_ids: &[i64], last: i64) -> Vec<Taken<'a>> {
    let mut supporters = supporter_ids.iter();
    placed
        .iter()
        .zip(last + 1..)
        .map(|(placed, id)| Taken {
            id,
            supporter_id: placed.gift.supporter().and_then(|_| supporters.next().copied()),
            placed: placed.clone(),
            posted: None,
            receipt: None,
        })
        .collect()
}

/// What a received gift posts: its money in, the fund's income up. A pledge posts nothing.
pub(super) fn entry(taken: &Taken<'_>) -> Option<NewEntry> {
    let Placed { gift, appeal_id, fund, currency, date, .. } = &taken.placed;
    (!gift.is_pledge)
        .then(|| donation_entry(taken.id, gift.method, fund, *currency, *appeal_id, gift.amount_minor, *date))
}

fn donation_entry(
    id: i64,
    method: Method,
    fund: &str,
    currency: Currency,
    appeal_id: i64,
    amount_minor: i64,
    date: NaiveDate,
) -> NewEntry {
    NewEntry {
        effective_on: date,
        kind: EntryKind::Donation,
        subject: Reference::of(id).to_string(),
        corrects: None,
        currency,
        lines: vec![
            Line { account: method.account().to_owned(), amount_minor, appeal_id: None },
            Line { account: accounts::donations_to(fund), amount_minor: -amount_minor, appeal_id: Some(appeal_id) },
        ],
    }
}

/// A promised gift with what came of it, when, and by which way.
pub(super) struct Kept {
    pub donation: Donation,
    pub amount_minor: i64,
    pub method: Method,
    pub date: NaiveDate,
    pub appeal_id: i64,
    pub fund: String,
    /// The year in which its receipt is issued.
    pub year: i64,
}

pub(super) fn receiving_entry(kept: &Kept) -> NewEntry {
    let Kept { donation, amount_minor, method, date, appeal_id, fund, .. } = kept;
    donation_entry(donation.id, *method, fund, donation.currency, *appeal_id, *amount_minor, *date)
}

pub(super) fn note_entries(taken: &mut [Taken<'_>], posted: &[Posted]) {
    let received = taken.iter_mut().filter(|gift| !gift.placed.gift.is_pledge);
    received.zip(posted).for_each(|(gift, posted)| gift.posted = Some(posted.clone()));
}

pub(super) fn receipt_due(taken: &Taken<'_>, now: DateTime<Utc>) -> Option<(i64, i64)> {
    taken.posted.as_ref().map(|_| (year_of_issue(now, taken.placed.zone), taken.id))
}

/// Receipts are numbered by the year in which they are issued, as the fund's calendar has it.
pub(super) fn year_of_issue(now: DateTime<Utc>, zone: Tz) -> i64 {
    i64::from(date_in(now, zone).year())
}

pub(super) fn note_receipts(taken: &mut [Taken<'_>], issued: &[ReceiptNumber]) {
    let received = taken.iter_mut().filter(|gift| gift.posted.is_some());
    received.zip(issued).for_each(|(gift, receipt)| gift.receipt = Some(*receipt));
}

/// The letter about a gift that no stranger sent.
pub(super) fn letter(taken: &Taken<'_>) -> Option<NewLetter> {
    if taken.placed.gift.stranger.is_some() {
        return None;
    }
    let kind = if taken.receipt.is_some() { LetterKind::Receipt } else { LetterKind::Pledge };
    let recipient = taken.placed.gift.email.clone()?;
    Some(NewLetter { kind, subject_id: taken.id, event_id: None, recipient })
}

/// What a stranger asked for with a gift: perhaps a letter.
pub(super) fn asked(taken: &Taken<'_>) -> Option<Asked> {
    let stranger = taken.placed.gift.stranger.clone()?;
    let recipient = taken.placed.gift.email.clone().unwrap_or_default();
    Some(Asked { stranger, kind: LetterKind::Pledge, subject_id: taken.id, recipient })
}

pub(super) fn credit(taken: &Taken<'_>) -> Option<Credit> {
    let posted = taken.posted.as_ref()?;
    Some(Credit {
        appeal_id: taken.placed.appeal_id,
        day: taken.placed.date,
        method: taken.placed.gift.method,
        raised_minor: taken.placed.gift.amount_minor,
        donations: 1,
        adjusted_minor: 0,
        entry: posted.number,
        hash: posted.hash.clone(),
    })
}

pub(super) fn outcomes(
    gifts: &[NewGift],
    known: &HashMap<String, Known>,
    taken: &[Taken<'_>],
    refused: &[(&str, GiftRefusal)],
) -> Vec<Outcome> {
    let taken: HashMap<&str, &Taken<'_>> = taken.iter().map(|gift| (gift.placed.gift.key.as_str(), gift)).collect();
    let refused: HashMap<&str, &GiftRefusal> = refused.iter().map(|(key, refusal)| (*key, refusal)).collect();
    gifts
        .iter()
        .map(|gift| {
            let key = gift.key.as_str();
            if let Some(known) = known.get(key) {
                return replay(gift, &known.fingerprint, &known.recap);
            }
            if let Some(refusal) = refused.get(key) {
                return Err((*refusal).clone());
            }
            let first = taken.get(key).expect("a gift is known, refused or taken");
            if std::ptr::eq(first.placed.gift, gift) {
                Ok(Recorded { donation: recap(first), is_replay: false })
            } else {
                replay(gift, &first.placed.gift.fingerprint, &recap(first))
            }
        })
        .collect()
}

fn replay(gift: &NewGift, fingerprint: &[u8], recap: &Recap) -> Outcome {
    if gift.fingerprint[..] == *fingerprint {
        Ok(Recorded { donation: recap.clone(), is_replay: true })
    } else {
        Err(GiftRefusal::KeyReused)
    }
}

fn recap(taken: &Taken<'_>) -> Recap {
    Recap {
        id: taken.id,
        status: if taken.posted.is_some() { Status::Received } else { Status::Pledged },
        amount_minor: taken.placed.gift.amount_minor,
        currency: taken.placed.currency,
        appeal: taken.placed.appeal.clone(),
        receipt: taken.receipt,
        entry: taken.posted.as_ref().map(|posted| posted.number),
    }
}

/// How money goes back.
#[derive(Debug, Clone, Copy)]
pub(super) enum GoingBack {
    Refund(i64),
    Bounce,
}

/// Money on its way back.
#[derive(Debug)]
pub(super) struct Returned {
    pub amount_minor: i64,
    pub is_whole: bool,
    pub status: Status,
    pub entry_kind: EntryKind,
    pub event: &'static str,
    pub letter: LetterKind,
}

pub(super) fn give_back(donation: &Donation, back: GoingBack) -> Result<Returned, ChangeError> {
    match donation.status {
        Status::Pledged => return Err(ChangeError::NotReceived),
        Status::Cancelled => return Err(ChangeError::Cancelled),
        Status::Refunded | Status::Bounced => return Err(ChangeError::AlreadyReturned),
        Status::Received => {}
    }
    let left = donation.remaining_minor();
    match back {
        GoingBack::Refund(amount_minor) if amount_minor > left => {
            Err(ChangeError::MoreThanLeft(money::display(left, donation.currency)))
        }
        GoingBack::Refund(amount_minor) => Ok(Returned {
            amount_minor,
            is_whole: amount_minor == left,
            status: if amount_minor == left { Status::Refunded } else { Status::Received },
            entry_kind: EntryKind::Refund,
            event: "refunded",
            letter: LetterKind::Refund,
        }),
        GoingBack::Bounce if !donation.method.can_bounce() => Err(ChangeError::CannotBounce),
        GoingBack::Bounce => Ok(Returned {
            amount_minor: left,
            is_whole: true,
            status: Status::Bounced,
            entry_kind: EntryKind::Bounce,
            event: "bounced",
            letter: LetterKind::Bounce,
        }),
    }
}

/// What goes back, out of the account that has the money; `bearer` is the appeal whose total falls.
pub(super) fn returning_entry(
    donation: &Donation,
    fund: &Fund,
    returned: &Returned,
    bearer: i64,
    day: NaiveDate,
) -> NewEntry {
    let when = (returned.entry_kind, day);
    backwards(donation, fund, when, (returned.amount_minor, bearer))
}

fn backwards(
    donation: &Donation,
    fund: &Fund,
    (kind, effective_on): (EntryKind, NaiveDate),
    (amount_minor, bearer): (i64, i64),
) -> NewEntry {
    let income = accounts::donations_to(&fund.slug);
    NewEntry {
        effective_on,
        kind,
        subject: donation.reference().to_string(),
        corrects: donation.entry,
        currency: donation.currency,
        lines: vec![
            Line { account: income, amount_minor, appeal_id: Some(bearer) },
            Line { account: donation.account().to_owned(), amount_minor: -amount_minor, appeal_id: None },
        ],
    }
}

pub(super) fn check_receivable(donation: &Donation) -> Result<(), ChangeError> {
    match donation.status {
        Status::Pledged => Ok(()),
        Status::Cancelled => Err(ChangeError::Cancelled),
        Status::Received | Status::Refunded | Status::Bounced => Err(ChangeError::AlreadyReceived),
    }
}
