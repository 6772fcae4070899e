//! Whether the bank's balance and ours agree on a day, and what explains the difference.
//!
//! Invariant: the parts add up by construction. The bank's balance less ours is what stood between them before the
//! first statement, and what no statement tells of, and the lines that the books do not have by that day, less what the
//! books have and no line tells of by that day. Only the first two are unexplained; they are told loudly.

mod store;

use chrono::{DateTime, NaiveDate, Utc};

use super::matching::home;
use super::store::waiting_until;
use super::{LineState, Wanted, lines};
use crate::db::{Conn, DbError};
use crate::ledger::{self, EntryKind, Line as PostingLine, NewEntry, accounts};
use crate::money::Currency;

/// Lines and entries listed; the rest are summed.
const LISTED_MAX: usize = 200;

/// Something that explains a part of the difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The day on which the one has it.
    pub on: NaiveDate,
    /// How much of the difference it is, as the bank account would move.
    pub amount_minor: i64,
    /// Its line of a statement.
    pub line: Option<i64>,
    /// Its entry in the books.
    pub entry: Option<i64>,
    /// Who paid, or what the entry is.
    pub words: String,
    /// The day on which the other has it, where it has.
    pub other_on: Option<NaiveDate>,
}

/// Items with their sum; the list may be shorter than the count.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Side {
    /// The first of them.
    pub items: Vec<Item>,
    /// How many there are.
    pub count: usize,
    /// What they add up to.
    pub sum_minor: i64,
}

impl Side {
    fn of(mut items: Vec<Item>) -> Self {
        let (count, sum_minor) = (items.len(), items.iter().map(|item| item.amount_minor).sum());
        items.truncate(LISTED_MAX);
        Self { items, count, sum_minor }
    }

    /// This side with another behind it.
    fn and(mut self, other: Self) -> Self {
        self.items.extend(other.items);
        self.items.truncate(LISTED_MAX);
        Self { items: self.items, count: self.count + other.count, sum_minor: self.sum_minor + other.sum_minor }
    }
}

/// Bank and books on one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reconciliation {
    /// The day.
    pub on: NaiveDate,
    /// What both count in.
    pub currency: Currency,
    /// The first day of the first statement, and the last day of the last.
    pub span: (NaiveDate, NaiveDate),
    /// The bank's balance; none where no statement tells one.
    pub statement_minor: Option<i64>,
    /// Ours.
    pub books_minor: i64,
    /// On the statement and not in the books: lines that wait, and lines that the books have on another day.
    pub on_statement_only: Side,
    /// In the books and not on the statement.
    pub in_books_only: Side,
    /// What stood between bank and books before the first statement.
    pub before_minor: i64,
    /// What the bank's balances say and no line tells: a statement is missing.
    pub missing_minor: i64,
}

impl Reconciliation {
    /// The bank's balance less ours.
    pub fn difference_minor(&self) -> i64 {
        self.before_minor + self.missing_minor + self.on_statement_only.sum_minor - self.in_books_only.sum_minor
    }

    /// Whether lines and entries explain all of the difference.
    pub fn is_explained(&self) -> bool {
        self.before_minor == 0 && self.missing_minor == 0
    }
}

/// Compares bank and books at the end of a day; nothing while there is no statement up to it.
///
/// # Errors
/// Only when the database fails.
pub fn reconcile(conn: &mut Conn, on: NaiveDate) -> Result<Option<Reconciliation>, DbError> {
    let (currency, _) = home(conn)?;
    let Some(span) = store::span(conn)? else { return Ok(None) };
    let (first, _) = span;
    if on < first {
        return Ok(None);
    }
    let days = ledger::days_of(conn, accounts::BANK, currency)?;
    let up_to = |day: NaiveDate| days.iter().filter(|(on, _)| *on <= day).map(|(_, moved)| moved).sum::<i64>();
    let books_before = up_to(first.pred_opt().unwrap_or(first));
    let (told, opening) = (store::standing(conn, on)?, store::opening(conn, first)?);
    let moved = store::lines_between(conn, first, on)?;
    let opening = opening.or(told.map(|told| told - moved)).unwrap_or(books_before);
    let waiting = waiting(conn, on)?;
    let elsewhere = store::lines_on_other_days(conn, first, on)?;
    Ok(Some(Reconciliation {
        on,
        currency,
        span,
        statement_minor: told,
        books_minor: up_to(on),
        on_statement_only: waiting.and(Side::of(elsewhere)),
        in_books_only: Side::of(in_books_only(conn, currency, &days, (first, on))?),
        before_minor: opening - books_before,
        missing_minor: told.map_or(0, |told| told - opening - moved),
    }))
}

/// The lines that wait, however many: only those that are listed are read.
fn waiting(conn: &mut Conn, on: NaiveDate) -> Result<Side, DbError> {
    let wanted = Wanted { state: Some(LineState::Waiting), until: Some(on), ..Wanted::default() };
    let (count, sum_minor) = waiting_until(conn, on)?;
    let items = lines(conn, &wanted, LISTED_MAX as i64)?
        .into_iter()
        .map(|line| Item {
            on: line.booked_on,
            amount_minor: line.amount_minor,
            line: Some(line.id),
            entry: None,
            words: [line.payer, line.reference, line.description]
                .into_iter()
                .find(|text| !text.trim().is_empty())
                .unwrap_or_default(),
            other_on: None,
        })
        .collect();
    Ok(Side { items, count: usize::try_from(count).unwrap_or_default(), sum_minor })
}

/// Entries up to `on` that moved the bank account by more or less than the lines up to then tell. Only days whose sums
/// differ are looked into.
fn in_books_only(
    conn: &mut Conn,
    currency: Currency,
    days: &[(NaiveDate, i64)],
    (first, on): (NaiveDate, NaiveDate),
) -> Result<Vec<Item>, DbError> {
    let linked = store::linked_by_day(conn, first, on)?;
    let odd: Vec<NaiveDate> = days
        .iter()
        .filter(|(day, moved)| (first..=on).contains(day) && linked.get(day).copied().unwrap_or(0) != *moved)
        .map(|(day, _)| *day)
        .collect();
    store::entries_on(conn, currency, &odd, on)
}

/// The last day up to which every line of the statements is in the books and the balances are explained; none where
/// bank and books never agreed. What the books have and the bank has not yet is no hindrance: it is on its way.
///
/// # Errors
/// Only when the database fails.
pub fn reconciled_to(conn: &mut Conn) -> Result<Option<NaiveDate>, DbError> {
    let Some((first, last)) = store::span(conn)? else { return Ok(None) };
    let wanted = Wanted { state: Some(LineState::Waiting), ..Wanted::default() };
    let waits = lines(conn, &wanted, 1)?.pop();
    let day = waits.and_then(|line| line.booked_on.pred_opt()).map_or(last, |before| before.min(last));
    if day < first {
        return Ok(None);
    }
    let told = reconcile(conn, day)?;
    Ok(told.filter(Reconciliation::is_explained).map(|_| day))
}

/// Posts what the bank account held before the first statement, against the opening balances, on the day before it.
/// The answer is the entry; none where bank and books agreed already. The caller holds the lock of the books.
///
/// # Errors
/// Only when the database fails.
pub fn post_opening(conn: &mut Conn, now: DateTime<Utc>) -> Result<Option<(i64, i64)>, DbError> {
    let Some((first, last)) = store::span(conn)? else { return Ok(None) };
    let Some(told) = reconcile(conn, last)?.filter(|told| told.before_minor != 0) else { return Ok(None) };
    let line = |account: &str, amount_minor| PostingLine { account: account.to_owned(), amount_minor, appeal_id: None };
    let entry = NewEntry {
        effective_on: first.pred_opt().unwrap_or(first),
        kind: EntryKind::OpeningBalance,
        subject: "opening-balance".to_owned(),
        corrects: None,
        currency: told.currency,
        lines: vec![line(accounts::BANK, told.before_minor), line(accounts::OPENING_BALANCES, -told.before_minor)],
    };
    let posted = ledger::post_all(conn, now, &[entry])?;
    Ok(Some((posted[0].number, told.before_minor)))
}
