//! The watch over receipts: that no number is missing, that whoever can be written to has a letter, and that there are
//! as many receipts as gifts that ever arrived.
//!
//! Invariant: what was proved is remembered, so a step reads only what came since, and the desk reads a row a year.
//! `verify` proves the same from the beginning.

use chrono::{DateTime, Utc};

use super::by_number;
use super::store::watch as store;
use crate::db::{Conn, Db, DbError, Lock, hold};
use crate::funds;
use crate::outbox::{self, LetterKind, NewLetter};
use crate::receipts::ReceiptNumber;

/// Receipts proved in one step: a few milliseconds.
const STEP: i64 = 2_000;
/// Steps of one repair: a million receipts of a year.
const REPAIR_STEPS_MAX: usize = 500;

/// The receipts of a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReceiptYear {
    /// The calendar year of issue.
    pub year: i64,
    /// The last number issued; the first is 1.
    pub last: i64,
    /// Proved up to this number.
    pub proved: i64,
    /// The first number that is not there.
    pub gap: Option<i64>,
    /// Receipts that should have a letter and have none.
    pub unsent: i64,
    /// The donation of the first of them.
    pub first_unsent: Option<i64>,
}

/// How receipts and gifts agree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptWatch {
    /// Each year with receipts, the newest first.
    pub years: Vec<ReceiptYear>,
    /// Gifts that ever arrived, also those that went back.
    pub arrived: i64,
}

impl ReceiptWatch {
    /// Receipts that were issued.
    pub fn issued(&self) -> i64 {
        self.years.iter().map(|year| year.last).sum()
    }

    /// Receipts that should have a letter and have none.
    pub fn unsent(&self) -> i64 {
        self.years.iter().map(|year| year.unsent).sum()
    }

    /// The first number that is missing.
    pub fn gap(&self) -> Option<ReceiptNumber> {
        let missing = |year: &ReceiptYear| year.gap.map(|number| ReceiptNumber { year: year.year, number });
        self.years.iter().find_map(missing)
    }

    /// True when there is nothing to be told.
    pub fn is_even(&self) -> bool {
        self.issued() == self.arrived && self.unsent() == 0 && self.gap().is_none()
    }
}

/// How receipts and gifts agree, in one view of the database; it costs the same in any books.
///
/// # Errors
/// Only when the database fails.
pub fn receipt_watch(conn: &mut Conn) -> Result<ReceiptWatch, DbError> {
    let counted: i64 = funds::standing_rows(conn)?.iter().map(|(_, total)| total.donations).sum();
    // A gift that went back after its month was closed still counts in that month.
    let is_counted_still = super::store::gone_and_counted(conn)?;
    Ok(ReceiptWatch { years: store::years(conn)?, arrived: counted + store::went_back(conn)? - is_counted_still })
}

/// Proves the next receipts, a bounded number; true when more may be left.
///
/// # Errors
/// Only when the database fails.
pub fn prove_receipts(db: &Db, now: DateTime<Utc>) -> Result<bool, DbError> {
    let behind = |year: &ReceiptYear| year.proved < year.last;
    let Some(year) = db.read(store::years)?.into_iter().find(behind) else { return Ok(false) };
    let step = db.snapshot(|conn| store::step(conn, year.year, year.proved, STEP))?;
    db.write(|conn| {
        hold(conn, Lock::Books)?;
        store::note(conn, now, &year, &step)
    })?;
    Ok(step.is_full)
}

/// Queues the letters that are missing; the answer is how many. The caller holds [`Lock::Books`].
///
/// # Errors
/// Only when the database fails.
pub fn send_missing(conn: &mut Conn, now: DateTime<Utc>) -> Result<usize, DbError> {
    let mut queued = 0;
    for year in store::years(conn)?.into_iter().filter(|year| year.unsent > 0) {
        let mut at = store::start_again(conn, &year)?;
        for _ in 0..REPAIR_STEPS_MAX {
            let mut step = store::step(conn, year.year, at.proved, STEP)?;
            let letters = letters_of(conn, &step.unsent)?;
            outbox::enqueue_all(conn, now, &letters)?;
            queued += letters.len();
            step.unsent.clear();
            store::note(conn, now, &at, &step)?;
            if !step.is_full {
                break;
            }
            at.proved = step.proved;
        }
    }
    Ok(queued)
}

fn letters_of(conn: &mut Conn, donations: &[i64]) -> Result<Vec<NewLetter>, DbError> {
    let mut letters = Vec::new();
    for id in donations {
        let recipient = by_number(conn, *id)?.and_then(|gift| gift.recipient());
        letters.extend(recipient.map(|to| NewLetter {
            kind: LetterKind::Receipt,
            subject_id: *id,
            event_id: None,
            recipient: to,
        }));
    }
    Ok(letters)
}
