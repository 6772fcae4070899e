//! The bank at the desk: what the lines of statements are for, what is left over, and whether bank and books agree.
//!
//! Invariant: a line is settled and undone in one transaction with its line of the audit trail; somebody who was too
//! late is told who was first. Files come in through pages of their own.

mod home;
mod line;
mod parts;
mod queue;
mod reconciliation;
mod search;
mod unallocated;

use chrono::{DateTime, Utc};

use super::{Asked, Desk, Hand, Pairs, see_other, status_of};
use crate::db::{Conn, DbError};
use crate::desk::bank;
use crate::http::{Form, Problem, Routes};
use crate::ledger::{self, EntryKind};
use crate::money::display;
use crate::payments::{Allocation, By, PaymentError, PurposeKind};
use crate::statements::matching::{self, Part, Seen, SettleError};

pub(super) fn routes(at: &mut Routes) {
    home::routes(at);
    queue::routes(at);
    unallocated::routes(at);
    reconciliation::routes(at);
    line::routes(at);
}

impl Hand {
    fn by(&self) -> By {
        By { who: self.actor.who(), request_id: self.request_id.clone() }
    }
}

/// Settles a line and notes it.
fn settled(conn: &mut Conn, now: DateTime<Utc>, hand: &Hand, line: (i64, Seen), parts: &[Part]) -> Result<(), Problem> {
    let id = line.0;
    let (line, outcome) = matching::settle(conn, now, &hand.by(), line, parts).map_err(refused)?;
    let (currency, _) = matching::home(conn)?;
    let what = bank::summary(&outcome.allocations, currency);
    let detail = format!("{}: {what}", display(line.amount_minor, currency));
    Ok(hand.note(conn, now, "statement line settled", &format!("statement line {id}"), &detail)?)
}

/// Whether a line says that something bounced: undoing takes the line off it, and it stays bounced.
fn says_bounced(conn: &mut Conn, live: &[Allocation]) -> Result<bool, DbError> {
    let known: Vec<i64> =
        live.iter().filter(|it| it.purpose == PurposeKind::Known).map(|allocation| allocation.entry).collect();
    Ok(ledger::entries_numbered(conn, &known)?.iter().any(|entry| entry.kind == EntryKind::Bounce.name()))
}

/// How the line stood on the page that sent the form.
fn seen(form: &Form) -> Seen {
    if form.has("seen", "unallocated") { Seen::Unallocated } else { Seen::Waiting }
}

/// Gives a line back to the queue and notes it.
fn undone(conn: &mut Conn, now: DateTime<Utc>, hand: &Hand, id: i64, reason: &str) -> Result<(), Problem> {
    let (currency, _) = matching::home(conn)?;
    let before = matching::live(conn, id)?;
    let line = matching::undo(conn, now, &hand.by(), id, reason).map_err(refused)?;
    let amount = display(line.amount_minor, currency);
    let detail = format!("{amount} was {}", bank::summary(&before, currency));
    Ok(hand.note(conn, now, "statement line undone", &format!("statement line {id}"), &detail)?)
}

fn refused(error: SettleError) -> Problem {
    match error {
        SettleError::Db(error) | SettleError::Payment(PaymentError::Db(error)) => error.into(),
        SettleError::Payment(error) => error.into(),
        SettleError::Change(error) => error.into(),
        SettleError::Cheque(error) => (*error).into(),
        SettleError::UnknownLine => Problem::not_found(error),
        SettleError::AlreadyDone(by) => Problem::conflict(SettleError::AlreadyDone(crate::desk::written::who(&by))),
        other => Problem::conflict(other),
    }
}
