//! Donations: one gift to one appeal, from the promise to the money and, now and then, back again.
//!
//! Invariant: one key is one gift, however often it is sent; a received gift has its entry, its receipt and its share
//! of the public total in the same transaction. How the mail travels is left to `outbox`.

pub mod import;
pub mod link;
pub mod parse;
pub mod routes;
pub mod rules;
mod store;
pub mod till;
pub mod verify;

use chrono::{DateTime, NaiveDate, Utc};

use crate::clock::date_in;
use crate::db::{Conn, DbError};
use crate::funds::{self, Appeal, Credit, Fund, NoAppeal};
use crate::ledger;
use crate::money::Currency;
use crate::outbox::{self, LetterKind, NewLetter};
use crate::receipts::{self, ReceiptNumber};
use crate::reference::Reference;
use crate::supporters::{self, Named};
pub use rules::{Method, NewGift, Status, Taken};
pub use store::{
    Event, Search, after, by_number, count_pledged, event_numbered, events_of, newest, search, sums_by_day,
};

/// A donation as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Donation {
    /// Its number.
    pub id: i64,
    /// The fund's slug.
    pub fund: String,
    /// The appeal's name.
    pub appeal: String,
    /// The appeal's number.
    pub appeal_id: i64,
    /// What it counts in.
    pub currency: Currency,
    /// The gross gift.
    pub amount_minor: i64,
    /// Refunded, bounced or lost.
    pub returned_minor: i64,
    /// How it came.
    pub method: Method,
    /// Where it stands.
    pub status: Status,
    /// The day the money arrived; none while it is a promise.
    pub received_on: Option<NaiveDate>,
    /// The entry that recorded it.
    pub entry: Option<i64>,
    /// Its receipt.
    pub receipt: Option<ReceiptNumber>,
    /// The giver's name.
    pub name: String,
    /// The giver's address.
    pub email: Option<String>,
    /// How the giver wants to be thanked in the paper; empty for not at all.
    pub acknowledge_as: String,
    /// True when the giver does not want to be named.
    pub anonymous: bool,
    /// The giver's or the clerk's words.
    pub note: String,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
    /// By whom.
    pub recorded_by: String,
}

impl Donation {
    /// What the giver and the bank see.
    pub fn reference(&self) -> Reference {
        Reference::of(self.id)
    }

    /// What has not gone back.
    pub fn remaining_minor(&self) -> i64 {
        self.amount_minor - self.returned_minor
    }
}

/// A gift that was recorded, now or the first time its key was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// As it stood when it was recorded.
    pub donation: Recap,
    /// True when the key was known already and nothing changed.
    pub is_replay: bool,
}

/// What a giver or a program is told of a gift.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recap {
    /// Its number.
    pub id: i64,
    /// Pledged or received.
    pub status: Status,
    /// The amount.
    pub amount_minor: i64,
    /// What it counts in.
    pub currency: Currency,
    /// The appeal's name.
    pub appeal: String,
    /// Its receipt, once received.
    pub receipt: Option<ReceiptNumber>,
    /// Its entry, once received.
    pub entry: Option<i64>,
}

/// Why a gift was not recorded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GiftRefusal {
    /// One key, two contents.
    #[error("This key was used before for a different gift. Use a new key for a new gift.")]
    KeyReused,
    /// The appeal is over, the date lies ahead, or the books are closed.
    #[error(transparent)]
    NoAppeal(#[from] NoAppeal),
    /// The appeal that staff named is not there.
    #[error("There is no appeal called {0} in this fund.")]
    UnknownAppeal(String),
}

/// A gift's outcome.
pub type Outcome = Result<Recorded, GiftRefusal>;

/// Records gifts in the books, each once, all in the caller's transaction.
///
/// The answer has one outcome per gift, in order. A gift whose key is already known is answered with the
/// donation it made the first time and changes nothing. The caller holds [`crate::db::Lock::Books`].
///
/// # Errors
/// Only when the database fails; a gift that may not be recorded is an outcome, not an error.
pub fn record_all(conn: &mut Conn, now: DateTime<Utc>, gifts: &[NewGift]) -> Result<Vec<Outcome>, DbError> {
    let known = store::by_keys(conn, gifts.iter().map(|gift| gift.key.as_str()))?;
    let fresh = rules::unknown(gifts, &known);
    let (admitted, refused) = place_all(conn, now, &fresh)?;
    let taken = take_all(conn, now, &admitted)?;
    Ok(rules::outcomes(gifts, &known, &taken, &refused))
}

type Refused<'a> = Vec<(&'a str, GiftRefusal)>;
/// A fund, a date and the appeal that staff named.
type Place<'a> = (i64, NaiveDate, Option<&'a str>);

/// Finds the appeal of each gift; a few dates a batch, so each is looked up once.
fn place_all<'a>(
    conn: &mut Conn,
    now: DateTime<Utc>,
    gifts: &[&'a NewGift],
) -> Result<(Vec<rules::Placed<'a>>, Refused<'a>), DbError> {
    let mut funds_seen: Vec<Fund> = Vec::new();
    let mut seen: Vec<(Place<'_>, Result<Appeal, GiftRefusal>)> = Vec::new();
    let (mut placed, mut refused) = (Vec::with_capacity(gifts.len()), Vec::new());
    for gift in gifts {
        if !funds_seen.iter().any(|fund| fund.id == gift.fund_id) {
            let fund = funds::fund(conn, gift.fund_id)?;
            funds_seen.push(fund.ok_or_else(|| DbError::Corrupt("a gift names no fund".to_owned()))?);
        }
        let fund = funds_seen.iter().find(|fund| fund.id == gift.fund_id).expect("it was just put there");
        let date = gift.received_on.unwrap_or_else(|| date_in(now, fund.zone));
        let place = (gift.fund_id, date, gift.appeal.as_deref());
        if !seen.iter().any(|(known, _)| *known == place) {
            seen.push((place, appeal_of(conn, now, fund, date, gift.appeal.as_deref())?));
        }
        let appeal = seen.iter().find(|(known, _)| *known == place).map(|(_, appeal)| appeal);
        match appeal.expect("it was just put there") {
            Ok(appeal) => placed.push(rules::placed(gift, fund, appeal, date)),
            Err(refusal) => refused.push((gift.key.as_str(), refusal.clone())),
        }
    }
    Ok((placed, refused))
}

fn appeal_of(
    conn: &mut Conn,
    now: DateTime<Utc>,
    fund: &Fund,
    date: NaiveDate,
    named: Option<&str>,
) -> Result<Result<Appeal, GiftRefusal>, DbError> {
    let Some(name) = named else {
        return Ok(funds::appeal_for(conn, now, fund, date)?.map_err(GiftRefusal::from));
    };
    Ok(match funds::appeal_by_name(conn, fund.id, name)? {
        None => Err(GiftRefusal::UnknownAppeal(name.to_owned())),
        Some(appeal) if appeal.closed_at.is_some() => Err(NoAppeal::Closed(appeal.name).into()),
        Some(_) if date > date_in(now, fund.zone) => Err(NoAppeal::InFuture(date).into()),
        Some(appeal) => Ok(appeal),
    })
}

/// Books gifts that have their place: supporter, entry, donation, receipt, letter, total.
fn take_all<'a>(conn: &mut Conn, now: DateTime<Utc>, placed: &[rules::Placed<'a>]) -> Result<Vec<Taken<'a>>, DbError> {
    if placed.is_empty() {
        return Ok(Vec::new());
    }
    let people: Vec<Named> = placed.iter().filter_map(|gift| gift.gift.supporter()).collect();
    let supporter_ids = supporters::recognise_all(conn, now, &people)?;
    let mut taken = rules::numbered(placed, &supporter_ids, store::last_id(conn)?);

    let entries: Vec<ledger::NewEntry> = taken.iter().filter_map(rules::entry).collect();
    let posted = ledger::post_all(conn, now, &entries)?;
    rules::note_entries(&mut taken, &posted);
    store::insert_all(conn, now, &taken)?;

    let due: Vec<(i64, i64)> = taken.iter().filter_map(|gift| rules::receipt_due(gift, now)).collect();
    let issued = receipts::issue_all(conn, now, &due)?;
    rules::note_receipts(&mut taken, &issued);
    outbox::enqueue_all(conn, now, &taken.iter().filter_map(rules::letter).collect::<Vec<_>>())?;
    funds::credit(conn, &taken.iter().filter_map(rules::credit).collect::<Vec<_>>())?;
    Ok(taken)
}

/// A change of one donation, with the key that makes a second sending harmless.
#[derive(Debug, Clone)]
pub struct Change {
    /// Where it came from and the sender's key.
    pub key: String,
    /// SHA-256 of the request.
    pub fingerprint: [u8; 32],
    /// Why, in the words of who did it.
    pub reason: String,
    /// Who.
    pub by: String,
    /// From which request.
    pub request_id: String,
}

/// Why a donation was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// No donation has this number.
    #[error("There is no donation with this reference. Please check each character.")]
    Unknown,
    /// One key, two contents.
    #[error("This key was used before for something else. Use a new key for a new request.")]
    KeyReused,
    /// The money has not come, so nothing can go back.
    #[error("This gift was promised and has not arrived yet, so there is nothing to give back. It can be cancelled.")]
    NotReceived,
    /// More than is left of it.
    #[error("Only {0} of this gift is left to give back.")]
    MoreThanLeft(String),
    /// Nothing is left of it.
    #[error("This gift has already gone back in full.")]
    AlreadyReturned,
    /// It was received before.
    #[error("This gift is already marked as received.")]
    AlreadyReceived,
    /// It was cancelled.
    #[error("This gift was cancelled. Please record it as a new gift.")]
    Cancelled,
    /// Cash cannot bounce.
    #[error("Only a cheque, a direct debit, a standing order or a card payment can bounce. Use a refund instead.")]
    CannotBounce,
    /// The appeal's books are closed.
    #[error(transparent)]
    NoAppeal(#[from] NoAppeal),
    /// A refund without a reason.
    #[error("Please say why the money goes back; the reason is kept with the gift.")]
    ReasonMissing,
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
}

/// Gives back a gift in part or whole: a reversing entry, a lower total, a letter, all at once.
///
/// # Errors
/// [`ChangeError`]: unknown, not received, more than is left, a reused key.
pub fn refund(
    conn: &mut Conn,
    now: DateTime<Utc>,
    number: i64,
    amount_minor: i64,
    change: &Change,
) -> Result<Donation, ChangeError> {
    if change.reason.trim().is_empty() {
        return Err(ChangeError::ReasonMissing);
    }
    give_back(conn, now, number, change, rules::GoingBack::Refund(amount_minor))
}

/// Takes back a gift that the bank did not pay: the whole of what is left.
///
/// # Errors
/// [`ChangeError`]: unknown, not received, a method that cannot bounce, already gone back.
pub fn bounce(conn: &mut Conn, now: DateTime<Utc>, number: i64, change: &Change) -> Result<Donation, ChangeError> {
    give_back(conn, now, number, change, rules::GoingBack::Bounce)
}

fn give_back(
    conn: &mut Conn,
    now: DateTime<Utc>,
    number: i64,
    change: &Change,
    back: rules::GoingBack,
) -> Result<Donation, ChangeError> {
    let Some(donation) = not_yet_done(conn, number, change)? else { return found(conn, number) };
    let returned = rules::give_back(&donation, back)?;
    let fund = fund_of(conn, &donation)?;
    let posted =
        ledger::post_all(conn, now, &[rules::returning_entry(&donation, &fund, &returned, date_in(now, fund.zone))])
            .map_err(DbError::from)?;
    let event = store::insert_event(
        conn,
        now,
        &donation,
        change,
        returned.event,
        returned.amount_minor,
        Some(posted[0].number),
    )?;
    store::set_returned(conn, &donation, &returned)?;
    funds::credit(
        conn,
        &[Credit {
            appeal_id: donation.appeal_id,
            raised_minor: -returned.amount_minor,
            donations: if returned.is_whole { -1 } else { 0 },
            entry: posted[0].number,
            hash: posted[0].hash.clone(),
        }],
    )?;
    tell(conn, now, &donation, returned.letter, Some(event))?;
    found(conn, number)
}

/// Marks a promised gift as received on `date`: entry, receipt, letter and total, as if it had just come.
///
/// # Errors
/// [`ChangeError`]: unknown, received or cancelled before, a date without an appeal.
pub fn receive(
    conn: &mut Conn,
    now: DateTime<Utc>,
    number: i64,
    date: Option<NaiveDate>,
    change: &Change,
) -> Result<Donation, ChangeError> {
    let Some(donation) = not_yet_done(conn, number, change)? else { return found(conn, number) };
    rules::check_receivable(&donation)?;
    let fund = fund_of(conn, &donation)?;
    let date = date.unwrap_or_else(|| date_in(now, fund.zone));
    let appeal = funds::appeal_for(conn, now, &fund, date)??;
    let posted = ledger::post_all(conn, now, &[rules::receiving_entry(&donation, &fund, &appeal, date)])
        .map_err(DbError::from)?;
    store::set_received(conn, &donation, &appeal, date, posted[0].number)?;
    store::insert_event(conn, now, &donation, change, "received", donation.amount_minor, Some(posted[0].number))?;
    receipts::issue_all(conn, now, &[(rules::year_of_issue(now, fund.zone), donation.id)])?;
    let credit = Credit {
        appeal_id: appeal.id,
        raised_minor: donation.amount_minor,
        donations: 1,
        entry: posted[0].number,
        hash: posted[0].hash.clone(),
    };
    funds::credit(conn, &[credit])?;
    tell(conn, now, &donation, LetterKind::Receipt, None)?;
    found(conn, number)
}

/// Notes that a promised gift will not come. No letter, no entry: it never counted.
///
/// # Errors
/// [`ChangeError`]: unknown, or received before.
pub fn cancel(conn: &mut Conn, now: DateTime<Utc>, number: i64, change: &Change) -> Result<Donation, ChangeError> {
    let Some(donation) = not_yet_done(conn, number, change)? else { return found(conn, number) };
    rules::check_receivable(&donation)?;
    store::set_cancelled(conn, &donation)?;
    store::insert_event(conn, now, &donation, change, "cancelled", donation.amount_minor, None)?;
    found(conn, number)
}

/// Sends the receipt once more, marked as a duplicate.
///
/// # Errors
/// [`ChangeError`]: unknown, or without a receipt.
pub fn resend_receipt(conn: &mut Conn, now: DateTime<Utc>, number: i64) -> Result<Donation, ChangeError> {
    let donation = found(conn, number)?;
    if donation.receipt.is_none() {
        return Err(ChangeError::NotReceived);
    }
    tell(conn, now, &donation, LetterKind::Duplicate, None)?;
    Ok(donation)
}

/// The donation, or nothing when this very change was made before.
fn not_yet_done(conn: &mut Conn, number: i64, change: &Change) -> Result<Option<Donation>, ChangeError> {
    let donation = found(conn, number)?;
    match store::event_by_key(conn, &change.key)? {
        None => Ok(Some(donation)),
        Some((id, fingerprint)) if id == number && fingerprint == change.fingerprint => Ok(None),
        Some(_) => Err(ChangeError::KeyReused),
    }
}

fn found(conn: &mut Conn, number: i64) -> Result<Donation, ChangeError> {
    store::by_number(conn, number)?.ok_or(ChangeError::Unknown)
}

fn fund_of(conn: &mut Conn, donation: &Donation) -> Result<Fund, DbError> {
    let fund = funds::by_slug(conn, &donation.fund)?;
    fund.ok_or_else(|| DbError::Corrupt(format!("the fund {} is not there", donation.fund)))
}

fn tell(
    conn: &mut Conn,
    now: DateTime<Utc>,
    donation: &Donation,
    kind: LetterKind,
    event_id: Option<i64>,
) -> Result<(), DbError> {
    let Some(recipient) = donation.email.clone() else { return Ok(()) };
    outbox::enqueue_all(conn, now, &[NewLetter { kind, donation_id: donation.id, event_id, recipient }])
}
