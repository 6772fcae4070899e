//! Somebody says what a line is for, or takes that back.
//!
//! Invariant: of two people who settle one line, one wins and the other is told what was done; what was done can be
//! undone until its month is closed, and then everything that the line made is taken back together.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::offer::What;
use super::payer::{PayerKey, Remembered};
use super::{load, payers, store, unpaid};
use crate::batches::BatchError;
use crate::db::{Conn, DbError};
use crate::donations::{self, ChangeError, Search};
use crate::ledger::{Method, accounts};
use crate::payments::{
    self, Allocation, By, GiftFor, Money, Outcome, PaymentError, Portion, Purpose, PurposeKind, Source,
};
use crate::reference::Reference;
use crate::standing_orders::{self, StandingOrder};
use crate::statements::{self, Kind, Line, LineState};

/// A part of a line, with what it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// How much, with the sign of the line.
    pub amount_minor: i64,
    /// What for.
    pub what: For,
}

/// What a part of a line is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum For {
    /// Something that the books know: what was offered, or found by a search.
    Offered(What),
    /// A gift that the books do not know yet.
    NewGift(GiftFor),
    /// Income or an expense of its own, with a word for people.
    Account(String, String),
    /// Nobody knows yet.
    Unallocated,
}

/// How a line stood when somebody looked at it: what they say of it holds only while it still does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// It waited.
    Waiting,
    /// Its money was left unallocated.
    Unallocated,
}

/// Why a line was not settled, or not given back to the queue.
#[derive(Debug, thiserror::Error)]
pub enum SettleError {
    /// No line has this number.
    #[error("There is no such line.")]
    UnknownLine,
    /// Somebody was first.
    #[error("This line is done already: {0} took it up first. It can be undone on its own page.")]
    AlreadyDone(String),
    /// Nobody was.
    #[error("This line waits, so there is nothing to undo.")]
    NotDone,
    /// The payer is not remembered any more.
    #[error("Nothing is remembered of this payer any more. Please pick what the money is for.")]
    NotRemembered,
    /// The gift that it should be like is gone.
    #[error("There is no gift with this reference. Please check each character.")]
    UnknownGift,
    /// The entry belongs to another line.
    #[error("Entry {0} is on the statement already, in another line. Please pick something else.")]
    EntryLinked(i64),
    /// The fee is less than nothing, or more than all.
    #[error("The gross must be at least what came, and the fee is the rest.")]
    BadGross,
    /// The gift could not bounce.
    #[error(transparent)]
    Change(#[from] ChangeError),
    /// The cheque is not what the line says.
    #[error("This cheque comes to {0}, and a cheque comes back whole. Please pick the cheque of this line’s amount.")]
    OtherCheque(String),
    /// Some of it was refunded before it came back.
    #[error(
        "{refunded} of this {whole} went back to its giver before, so only {left} is left to take back. Please split this line: {left} for what the bank did not pay, by the reference of the gift, and the rest to an account, such as expenses:unpaid-cheques."
    )]
    PartRefunded {
        /// What came.
        whole: String,
        /// What was refunded of it.
        refunded: String,
        /// What is left of it.
        left: String,
    },
    /// The cheque could not be taken off its slip.
    #[error(transparent)]
    Cheque(Box<BatchError>),
    /// The money could not be put there, or not taken back.
    #[error(transparent)]
    Payment(#[from] PaymentError),
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
}

/// Settles a line wholly, in the caller's transaction, under the lock of the books: one that waits, or one whose money
/// was left unallocated, as it was seen. Its payer is remembered.
///
/// # Errors
/// [`SettleError`]: a line that somebody else has done, parts that do not add up, whatever refuses the money.
pub fn settle(
    conn: &mut Conn,
    now: DateTime<Utc>,
    by: &By,
    (line_id, seen): (i64, Seen),
    parts: &[Part],
) -> Result<(Line, Outcome), SettleError> {
    let line = statements::line(conn, line_id)?.ok_or(SettleError::UnknownLine)?;
    check_open(conn, &line, seen)?;
    let (currency, _) = load::home(conn)?;
    let mut portions = Vec::with_capacity(parts.len());
    let mut method = method_of(&line);
    for (at, part) in parts.iter().enumerate() {
        let (some, how) = portions_of(conn, now, by, &line, at, part)?;
        portions.extend(some);
        if let Some(how) = how.filter(|_| parts.len() == 1) {
            method = how;
        }
    }
    let money = Money {
        source: Source::StatementLine(line.id),
        method,
        received_on: line.booked_on,
        amount_minor: line.amount_minor,
        currency,
    };
    let outcome = payments::allocate_all(conn, now, by, &[(money, portions)])?.pop();
    let outcome = outcome.ok_or_else(|| DbError::Corrupt("a payment has no outcome".to_owned()))?;
    statements::set_state(conn, line.id, LineState::Done)?;
    if let [part] = parts
        && let Some(what) = taught(part, &outcome, method)
    {
        payers::remember(conn, now, &by.who, &line, &what)?;
    }
    Ok((line, outcome))
}

/// Checks that a line still stands as it was seen.
///
/// # Errors
/// [`SettleError::AlreadyDone`], or the database fails.
pub fn check_open(conn: &mut Conn, line: &Line, seen: Seen) -> Result<(), SettleError> {
    if line.state == LineState::Done {
        let live = live(conn, line.id)?;
        let is_open = live.iter().all(|allocation| allocation.purpose == PurposeKind::Unallocated);
        if seen == Seen::Waiting || !is_open {
            return Err(SettleError::AlreadyDone(live.last().map_or_else(String::new, |it| it.made_by.clone())));
        }
    }
    Ok(())
}

/// Takes back everything that a line made, in the caller's transaction, under the lock of the books: it waits again.
///
/// # Errors
/// [`SettleError`]: a line that waits, a closed month, a gift that has gone back since.
pub fn undo(conn: &mut Conn, now: DateTime<Utc>, by: &By, line_id: i64, reason: &str) -> Result<Line, SettleError> {
    let line = statements::line(conn, line_id)?.ok_or(SettleError::UnknownLine)?;
    if line.state == LineState::Waiting {
        return Err(SettleError::NotDone);
    }
    payments::take_back(conn, now, by, Source::StatementLine(line_id), reason)?;
    statements::set_state(conn, line_id, LineState::Waiting)?;
    payers::forget(conn, &line)?;
    Ok(line)
}

/// What a line is allocated to now.
///
/// # Errors
/// Only when the database fails.
pub fn live(conn: &mut Conn, line_id: i64) -> Result<Vec<Allocation>, DbError> {
    let all = payments::allocations_of(conn, &[Source::StatementLine(line_id)])?;
    Ok(all.into_iter().filter(Allocation::is_live).collect())
}

/// The line that somebody settled last and that still is: what "undo" undoes.
///
/// # Errors
/// Only when the database fails.
pub fn last_of(conn: &mut Conn, who: &str) -> Result<Option<i64>, DbError> {
    store::last_of(conn, who)
}

/// Lines whose money was left unallocated, by number, behind one.
///
/// # Errors
/// Only when the database fails.
pub fn unallocated(conn: &mut Conn, after: i64, limit: i64) -> Result<Vec<Line>, DbError> {
    let ids = store::unallocated(conn, after, limit)?;
    let mut lines = Vec::with_capacity(ids.len());
    for id in ids {
        lines.extend(statements::line(conn, id)?);
    }
    Ok(lines)
}

/// How many parts of lines were left unallocated, and what they add up to.
///
/// # Errors
/// Only when the database fails.
pub fn sum_unallocated(conn: &mut Conn) -> Result<(i64, i64), DbError> {
    store::sum_unallocated(conn)
}

/// How the money of a line came, so that it is in the bank.
pub(super) fn method_of(line: &Line) -> Method {
    match line.kind {
        Kind::StandingOrder => Method::StandingOrder,
        Kind::DirectDebit => Method::DirectDebit,
        _ => Method::BankTransfer,
    }
}

/// The portions of a part, and how its money came where what it is for says so.
fn portions_of(
    conn: &mut Conn,
    now: DateTime<Utc>,
    by: &By,
    line: &Line,
    at: usize,
    part: &Part,
) -> Result<(Vec<Portion>, Option<Method>), SettleError> {
    let amount_minor = part.amount_minor;
    let one = |purpose| vec![Portion { amount_minor, purpose }];
    Ok(match &part.what {
        For::NewGift(gift) => (one(Purpose::NewGift(gift.clone())), None),
        For::Account(account, note) => (one(Purpose::Account { account: account.clone(), note: note.clone() }), None),
        For::Unallocated => (one(Purpose::Unallocated), None),
        For::Offered(What::Promise(donation)) => {
            let gift = donations::by_number(conn, *donation)?.ok_or(SettleError::UnknownGift)?;
            let how = Some(gift.method).filter(|method| method.account() == accounts::BANK);
            (one(Purpose::Promise { donation: *donation }), how)
        }
        For::Offered(What::Shares(application)) => (one(Purpose::Shares { application: *application }), None),
        For::Offered(What::Again(number)) => (one(Purpose::NewGift(like(conn, *number)?)), None),
        For::Offered(What::AsBefore) => {
            let (number, method) = before(conn, line)?;
            (one(Purpose::NewGift(like(conn, number)?)), Some(method))
        }
        For::Offered(What::Order(id)) => {
            let order = standing_orders::by_number(conn, *id)?.ok_or(SettleError::UnknownGift)?;
            (one(Purpose::NewGift(of_order(conn, &order)?)), Some(order.method))
        }
        For::Offered(What::Account(account)) => {
            let note = noted_before(conn, line, account)?;
            (one(Purpose::Account { account: account.clone(), note }), None)
        }
        For::Offered(What::Payout { gross_minor }) => (payout(amount_minor, *gross_minor)?, None),
        For::Offered(What::Known(entry)) => {
            if store::is_told(conn, *entry)? {
                return Err(SettleError::EntryLinked(*entry));
            }
            (one(Purpose::Known { entry: *entry }), None)
        }
        For::Offered(What::Bounce(number)) => {
            (unpaid::bounced(conn, now, by, (line, at, amount_minor), *number)?, None)
        }
    })
}

/// A gift like an earlier one: the same giver, fund and wishes; the appeal is that of the day.
fn like(conn: &mut Conn, number: i64) -> Result<GiftFor, SettleError> {
    let gift = store::gifts(conn, &[number], Tz::UTC)?.remove(&number);
    Ok(gift.ok_or(SettleError::UnknownGift)?.like)
}

/// A gift of whoever promised a standing order, with the wishes of their last one.
fn of_order(conn: &mut Conn, order: &StandingOrder) -> Result<GiftFor, DbError> {
    let wanted = Search { supporters: Some(crate::supporters::Matching::one(order.supporter_id)), ..Search::default() };
    let last = donations::search(conn, &wanted, 1)?.pop();
    Ok(GiftFor {
        fund_id: order.fund_id,
        name: order.name.clone(),
        email: order.email.clone(),
        acknowledge_as: last.as_ref().map(|gift| gift.acknowledge_as.clone()).unwrap_or_default(),
        anonymous: last.is_some_and(|gift| gift.anonymous),
        ..GiftFor::default()
    })
}

fn before(conn: &mut Conn, line: &Line) -> Result<(i64, Method), SettleError> {
    let key = PayerKey::of_line(line).ok_or(SettleError::NotRemembered)?;
    match payers::remembered(conn, std::slice::from_ref(&key))?.remove(&key).map(|payer| payer.what) {
        Some(Remembered::Gift { number, method }) => Ok((number, method)),
        _ => Err(SettleError::NotRemembered),
    }
}

/// What was said of this payer's money the last time, where it went to the same account.
fn noted_before(conn: &mut Conn, line: &Line, account: &str) -> Result<String, DbError> {
    let Some(key) = PayerKey::of_line(line) else { return Ok(String::new()) };
    Ok(match payers::remembered(conn, std::slice::from_ref(&key))?.remove(&key).map(|payer| payer.what) {
        Some(Remembered::Account { account: known, note }) if known == account => note,
        _ => String::new(),
    })
}

/// A processor's payout: all that it held leaves the clearing account, and what did not come is its fee.
fn payout(net_minor: i64, gross_minor: i64) -> Result<Vec<Portion>, SettleError> {
    if net_minor <= 0 || gross_minor < net_minor {
        return Err(SettleError::BadGross);
    }
    let to = |account: &str, amount_minor| Portion {
        amount_minor,
        purpose: Purpose::Account { account: account.to_owned(), note: String::new() },
    };
    let mut portions = vec![to(accounts::CARD_CLEARING, gross_minor)];
    if gross_minor > net_minor {
        portions.push(to(accounts::PAYMENT_FEES, net_minor - gross_minor));
    }
    Ok(portions)
}

/// What is learnt of a payer whose money was all for one thing.
fn taught(part: &Part, outcome: &Outcome, method: Method) -> Option<Remembered> {
    let [allocation, ..] = &outcome.allocations[..] else { return None };
    match (&part.what, allocation.purpose) {
        (For::Offered(What::Payout { .. }), _) => Some(Remembered::Payout),
        (_, PurposeKind::Gift | PurposeKind::Promise) => {
            let number = allocation.subject.parse::<Reference>().ok()?.number();
            Some(Remembered::Gift { number, method })
        }
        (_, PurposeKind::Account) => {
            Some(Remembered::Account { account: allocation.subject.clone(), note: allocation.note.clone() })
        }
        (_, PurposeKind::Shares | PurposeKind::Unallocated | PurposeKind::Known) => None,
    }
}
