//! What may happen to a gift after it was recorded: the money comes, or goes back, or never comes.
//!
//! Invariant: a change is made once, however often its key is sent; money that moves is a new entry that names the
//! first one.

use chrono::{DateTime, NaiveDate, Utc};

use super::store::NewEvent;
use super::{Donation, rules, store};
use crate::clock::date_in;
use crate::db::{Conn, DbError};
use crate::funds::{self, Credit, Fund, NoAppeal};
use crate::ledger;
use crate::outbox::{self, LetterKind, NewLetter};

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

/// Where money was counted that became a gift. Each says how it is put right there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MoneySource {
    /// A row of a batch.
    #[error(
        "This gift is a row of a batch, which adds up to what was counted. Please take the batch back at the desk under Post, correct the row there and post it again."
    )]
    Batch,
    /// A line of the bank's statement.
    #[error(
        "This gift is what a line of the bank’s statement was for. Please undo that line at the desk under Bank, and say anew what it is."
    )]
    Statement,
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
    /// A letter without an address.
    #[error("This giver left no address. Give an e-mail or a postal address first; the receipt follows by itself.")]
    NoAddress,
    /// The appeal's books are closed.
    #[error(transparent)]
    NoAppeal(#[from] NoAppeal),
    /// Its appeal is closed, and no other one can bear what goes back.
    #[error(
        "The books of {0} are closed, and the fund has no open appeal whose total could fall instead. A treasurer can open them again, with a reason."
    )]
    NothingOpen(String),
    /// A mistake in closed books stays there.
    #[error(
        "The books of {0} are closed, so nothing in them can be taken back. A treasurer can reopen them, or refund the gift."
    )]
    Closed(String),
    /// Some of it was refunded.
    #[error("Part of this gift has gone back already. Please refund the rest.")]
    ReturnedInPart,
    /// Its cheque is in the bank.
    #[error("This cheque was paid in. Please take it off its paying-in slip first, or refund the gift.")]
    PaidIn,
    /// Nothing came.
    #[error("The amount that came must be more than nothing.")]
    NothingCame,
    /// A change that moves money, without a reason.
    #[error("Please say why; the reason is kept with the gift.")]
    ReasonMissing,
    /// It came from where money is counted.
    #[error("{0}")]
    HeldElsewhere(MoneySource),
    /// What was sent is what is there.
    #[error("That is what the books say already. Please change the amount, the giver or the fund.")]
    NothingToCorrect,
    /// No such fund.
    #[error("There is no fund with this name. Please choose one from the list.")]
    NoFund,
    /// Two currencies.
    #[error("{0} counts in another currency, so this gift cannot stand there.")]
    OtherCurrency(String),
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
    give_back(conn, now, (number, None), change, rules::GoingBack::Refund(amount_minor))
}

/// Takes back a gift that the bank did not pay: the whole of what is left.
///
/// # Errors
/// [`ChangeError`]: unknown, not received, a method that cannot bounce, already gone back.
pub fn bounce(conn: &mut Conn, now: DateTime<Utc>, number: i64, change: &Change) -> Result<Donation, ChangeError> {
    give_back(conn, now, (number, None), change, rules::GoingBack::Bounce)
}

/// The same on the bank's day: a month that is over and not closed yet is right to its last day. Where the gift's own
/// appeal is closed, that of the day bears it. Today where no day is given.
///
/// # Errors
/// Those of [`bounce`].
pub fn bounce_on(
    conn: &mut Conn,
    now: DateTime<Utc>,
    number: i64,
    on: Option<NaiveDate>,
    change: &Change,
) -> Result<Donation, ChangeError> {
    give_back(conn, now, (number, on), change, rules::GoingBack::Bounce)
}

fn give_back(
    conn: &mut Conn,
    now: DateTime<Utc>,
    (number, on): (i64, Option<NaiveDate>),
    change: &Change,
    back: rules::GoingBack,
) -> Result<Donation, ChangeError> {
    let Some(donation) = not_yet_done(conn, number, change)? else { return found(conn, number) };
    let returned = rules::give_back(&donation, back)?;
    let fund = fund_of(conn, &donation)?;
    let today = date_in(now, fund.zone);
    let came_on = rules::came_on(&donation)?;
    let day = on.map_or(today, |on| on.max(came_on).min(today));
    let bearer = bearer_of(conn, now, &fund, &donation, day)?;
    let bears_elsewhere = bearer != donation.appeal_id;
    let entry = rules::returning_entry(&donation, &fund, &returned, bearer, day);
    let posted = ledger::post_all(conn, now, &[entry]).map_err(DbError::from)?;
    let new = NewEvent::of(&donation, returned.event, returned.amount_minor);
    let event = store::insert_event(conn, now, change, &NewEvent { entry: Some(posted[0].number), ..new })?;
    // A gift counts in its own appeal for as long as anything of it does.
    let leaves = returned.is_whole && !bears_elsewhere && store::bears_elsewhere(conn, &donation)? == 0;
    store::set_bearer(conn, event, bearer)?;
    store::set_returned(conn, &donation, &returned)?;
    funds::credit(
        conn,
        &[Credit {
            appeal_id: bearer,
            day: if bears_elsewhere { day } else { came_on },
            method: donation.method,
            raised_minor: -returned.amount_minor,
            donations: if leaves { -1 } else { 0 },
            adjusted_minor: if bears_elsewhere { returned.amount_minor } else { 0 },
            entry: posted[0].number,
            hash: posted[0].hash.clone(),
        }],
    )?;
    tell(conn, now, &donation, returned.letter, Some(event))?;
    found(conn, number)
}

/// The appeal whose total falls when money of this gift goes back on a day: its own, or the day's where its own is closed.
fn bearer_of(
    conn: &mut Conn,
    now: DateTime<Utc>,
    fund: &Fund,
    donation: &Donation,
    day: NaiveDate,
) -> Result<i64, ChangeError> {
    let own = funds::appeal(conn, donation.appeal_id)?;
    let own = own.ok_or_else(|| DbError::Corrupt(format!("the appeal {} is not there", donation.appeal)))?;
    if own.closed_at.is_none() {
        return Ok(own.id);
    }
    let open = funds::appeal_for(conn, now, fund, day)?;
    open.map(|appeal| appeal.id).map_err(|_| ChangeError::NothingOpen(own.name))
}

/// Notes that a promised gift will not come. No letter, no entry: it never counted.
///
/// # Errors
/// [`ChangeError`]: unknown, or received before.
pub fn cancel(conn: &mut Conn, now: DateTime<Utc>, number: i64, change: &Change) -> Result<Donation, ChangeError> {
    let Some(donation) = not_yet_done(conn, number, change)? else { return found(conn, number) };
    rules::check_receivable(&donation)?;
    store::set_cancelled(conn, &donation)?;
    store::insert_event(conn, now, change, &NewEvent::of(&donation, "cancelled", donation.amount_minor))?;
    found(conn, number)
}

/// Sends the receipt once more, marked as a duplicate, and notes that it was asked for.
///
/// # Errors
/// [`ChangeError`]: unknown, without a receipt, or without an address.
pub fn resend_receipt(
    conn: &mut Conn,
    now: DateTime<Utc>,
    number: i64,
    change: &Change,
) -> Result<Donation, ChangeError> {
    let Some(donation) = not_yet_done(conn, number, change)? else { return found(conn, number) };
    if donation.receipt.is_none() {
        return Err(ChangeError::NotReceived);
    }
    if donation.recipient().is_none() {
        return Err(ChangeError::NoAddress);
    }
    store::insert_event(conn, now, change, &NewEvent::of(&donation, "resent", 0))?;
    // What was not to be sent is no duplicate when somebody sends it after all.
    let kind = if store::speak(conn, donation.id)? { LetterKind::Receipt } else { LetterKind::Duplicate };
    tell(conn, now, &donation, kind, None)?;
    Ok(donation)
}

/// The donation, or nothing when this very change was made before.
pub(super) fn not_yet_done(conn: &mut Conn, number: i64, change: &Change) -> Result<Option<Donation>, ChangeError> {
    let donation = found(conn, number)?;
    match store::event_by_key(conn, &change.key)? {
        None => Ok(Some(donation)),
        Some((id, fingerprint)) if id == number && fingerprint == change.fingerprint => Ok(None),
        Some(_) => Err(ChangeError::KeyReused),
    }
}

pub(super) fn found(conn: &mut Conn, number: i64) -> Result<Donation, ChangeError> {
    store::by_number(conn, number)?.ok_or(ChangeError::Unknown)
}

pub(super) fn fund_of(conn: &mut Conn, donation: &Donation) -> Result<Fund, DbError> {
    let fund = funds::by_slug(conn, &donation.fund)?;
    fund.ok_or_else(|| DbError::Corrupt(format!("the fund {} is not there", donation.fund)))
}

pub(super) fn tell(
    conn: &mut Conn,
    now: DateTime<Utc>,
    donation: &Donation,
    kind: LetterKind,
    event_id: Option<i64>,
) -> Result<(), DbError> {
    let Some(recipient) = donation.recipient() else { return Ok(()) };
    outbox::enqueue_all(conn, now, &[NewLetter { kind, subject_id: donation.id, event_id, recipient }])
}
