//! What is certain is posted with nobody looking, where the setting says so.
//!
//! Invariant: each transaction is bounded and lands wholly; a line that is refused waits, and holds up no other.

use std::collections::HashSet;

use chrono::{DateTime, NaiveDate, Utc};

use super::candidates::Candidates;
use super::offer::{Offer, What};
use super::payer::{PayerKey, Remembered};
use super::settle::method_of;
use super::{load, rules, store};
use crate::db::{Conn, Db, DbError, Lock, hold};
use crate::funds;
use crate::ledger::{Method, accounts};
use crate::money::Currency;
use crate::payments::{self, By, Money, PaymentError, Portion, Purpose, Source};
use crate::statements::{self, Line, LineState, Place, Wanted};

/// Lines looked at in one transaction: some tenths of a second, so that nobody waits long for the books.
const LINES_PER_ROUND: i64 = 1_000;
/// Lines that one round may be refused before it leaves the rest of its certain ones to people.
const REFUSALS_MAX: usize = 25;

/// What was posted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Certain {
    /// How many lines.
    pub lines: usize,
    /// What they add up to.
    pub sum_minor: i64,
    /// How many were looked at.
    pub looked_at: usize,
}

/// Whether certain matches are posted with nobody looking.
///
/// # Errors
/// Only when the database fails.
pub fn posts_certain(conn: &mut Conn) -> Result<bool, DbError> {
    store::payers::posts_certain(conn)
}

/// Says whether they are.
///
/// # Errors
/// Only when the database fails.
pub fn set_posts_certain(conn: &mut Conn, posts: bool) -> Result<(), DbError> {
    store::payers::set_posts_certain(conn, posts)
}

/// Posts every waiting line whose match is certain, if the setting says so: what an import does when its lines are in.
/// `told` hears after each transaction how many lines were looked at.
///
/// # Errors
/// Only when the database fails; what landed before stays.
pub fn post_if_set(db: &Db, now: DateTime<Utc>, by: &By, told: impl FnMut(usize)) -> Result<Option<Certain>, DbError> {
    if !db.read(posts_certain)? {
        return Ok(None);
    }
    post_certain(db, now, by, told).map(Some)
}

/// Posts every waiting line whose match is certain.
///
/// # Errors
/// Only when the database fails; what landed before stays.
pub fn post_certain(db: &Db, now: DateTime<Utc>, by: &By, mut told: impl FnMut(usize)) -> Result<Certain, DbError> {
    let mut done = Certain::default();
    let mut after: Option<Place> = None;
    loop {
        let mut refused = HashSet::new();
        let round = loop {
            let landed = db.write(|conn| {
                hold(conn, Lock::Books)?;
                round(conn, now, by, after, &refused)
            });
            match landed {
                Ok(round) => break round,
                Err(PaymentError::Refused { of, why, .. }) => {
                    tracing::info!(line = of.id(), %why, "a certain match was refused and waits for somebody");
                    refused.insert(of.id());
                }
                Err(PaymentError::Db(error)) => return Err(error),
            }
        };
        done.lines += round.posted;
        done.sum_minor += round.sum_minor;
        done.looked_at += round.looked_at;
        told(round.looked_at);
        match round.last {
            Some(last) => after = Some(last),
            None => return Ok(done),
        }
    }
}

/// What became of one transaction.
struct Round {
    posted: usize,
    sum_minor: i64,
    looked_at: usize,
    /// Where the next one begins; none when this was the last.
    last: Option<Place>,
}

fn round(
    conn: &mut Conn,
    now: DateTime<Utc>,
    by: &By,
    after: Option<Place>,
    refused: &HashSet<i64>,
) -> Result<Round, PaymentError> {
    let wanted = Wanted { state: Some(LineState::Waiting), after, ..Wanted::default() };
    let lines = statements::lines(conn, &wanted, LINES_PER_ROUND)?;
    let last = lines.last().filter(|_| lines.len() as i64 == LINES_PER_ROUND).map(Line::place);
    let looked_at = lines.len();
    let mut payments = if refused.len() > REFUSALS_MAX { Vec::new() } else { certain(conn, &lines)? };
    payments.retain(|(money, _)| !refused.contains(&money.source.id()));
    if payments.is_empty() {
        return Ok(Round { posted: 0, sum_minor: 0, looked_at, last });
    }
    payments::allocate_all(conn, now, by, &payments)?;
    let ids: Vec<i64> = payments.iter().map(|(money, _)| money.source.id()).collect();
    statements::set_states(conn, &ids, LineState::Done)?;
    let sum_minor = payments.iter().map(|(money, _)| money.amount_minor).sum();
    Ok(Round { posted: ids.len(), sum_minor, looked_at, last })
}

/// The lines that are certain, each with what it is for; two lines never get the same promise.
fn certain(conn: &mut Conn, lines: &[Line]) -> Result<Vec<(Money, Vec<Portion>)>, PaymentError> {
    let (books, mentions) = load::candidates(conn, lines)?;
    let (currency, _) = load::home(conn)?;
    let mut months = Months::default();
    let mut taken: HashSet<What> = HashSet::new();
    let mut found = Vec::new();
    for (line, mentions) in lines.iter().zip(&mentions) {
        let offers = rules::offers(line, mentions, &books);
        let Some(offer) = offers.into_iter().find(|offer| offer.is_certain) else { continue };
        let is_once = matches!(offer.what, What::Promise(_) | What::Shares(_));
        if (is_once && taken.contains(&offer.what)) || months.is_closed(conn, line.booked_on)? {
            continue;
        }
        if let Some((method, purpose)) = purpose(line, &offer, &books) {
            let money = money(line, method, currency);
            found.push((money, vec![Portion { amount_minor: line.amount_minor, purpose }]));
            taken.insert(offer.what);
        }
    }
    Ok(found)
}

fn money(line: &Line, method: Method, currency: Currency) -> Money {
    Money {
        source: Source::StatementLine(line.id),
        method,
        received_on: line.booked_on,
        amount_minor: line.amount_minor,
        currency,
    }
}

fn purpose(line: &Line, offer: &Offer, books: &Candidates) -> Option<(Method, Purpose)> {
    match &offer.what {
        What::Promise(number) => {
            let promised = books.gifts.get(number).map(|gift| gift.method);
            let method = promised.filter(|method| method.account() == accounts::BANK);
            Some((method.unwrap_or(method_of(line)), Purpose::Promise { donation: *number }))
        }
        What::Shares(application) => Some((method_of(line), Purpose::Shares { application: *application })),
        What::AsBefore => {
            let key = PayerKey::of_line(line)?;
            let Remembered::Gift { number, method } = books.payers.get(&key)?.what else { return None };
            Some((method, Purpose::NewGift(books.gifts.get(&number)?.like.clone())))
        }
        _ => None,
    }
}

/// Whether days lie in a closed month; each is asked for once.
#[derive(Default)]
struct Months(std::collections::HashMap<NaiveDate, bool>);

impl Months {
    fn is_closed(&mut self, conn: &mut Conn, day: NaiveDate) -> Result<bool, DbError> {
        if let Some(known) = self.0.get(&day) {
            return Ok(*known);
        }
        let is_closed = funds::closed_on(conn, day)?.is_some();
        self.0.insert(day, is_closed);
        Ok(is_closed)
    }
}
