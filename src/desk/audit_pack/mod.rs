//! The audit pack of a year: what an auditor asks for first, as chapters of sentences and tables to print.
//!
//! Invariant: every figure is summed by the database from the books as they are at the head that the cover names; a list
//! that is cut short says so, and its sums do not depend on it.

mod books;
mod people;
mod register;

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use chrono_tz::Tz;

use super::folio::{Cell, number, text};
use super::written::moment;
use crate::clock::{begin_of, date_in};
use crate::db::{Conn, DbError};
use crate::ledger::{self, Posted, chain};
use crate::money::{Currency, display};

/// The program by which an auditor checks the hash chain without us.
pub const CHECK_CHAIN: &str = include_str!("../../../docs/check_chain.py");

/// Rows of one list; what goes beyond stands in the exports.
const LISTED: usize = 500;

/// A year, on the clock of the first fund.
#[derive(Debug, Clone, Copy)]
pub struct Year {
    /// 2021
    pub number: i32,
    /// Its first day.
    pub from: NaiveDate,
    /// Its last day.
    pub until: NaiveDate,
    /// Its first moment.
    pub begins: DateTime<Utc>,
    /// The first moment of the next.
    pub ends: DateTime<Utc>,
    /// Where the clock hangs.
    pub zone: Tz,
    /// True once it is over.
    pub is_over: bool,
}

impl Year {
    /// The year of this number; none where the calendar ends.
    pub fn of(number: i32, now: DateTime<Utc>, zone: Tz) -> Option<Self> {
        let (from, next) = (NaiveDate::from_ymd_opt(number, 1, 1)?, NaiveDate::from_ymd_opt(number + 1, 1, 1)?);
        let until = next.pred_opt()?;
        let (begins, ends) = (begin_of(from, zone), begin_of(next, zone));
        Some(Self { number, from, until, begins, ends, zone, is_over: date_in(now, zone) > until })
    }

    /// The first moments of its months after the first.
    fn months(&self) -> Vec<DateTime<Utc>> {
        let days = (2..=12).filter_map(|month| NaiveDate::from_ymd_opt(self.from.year(), month, 1));
        days.map(|day| begin_of(day, self.zone)).collect()
    }
}

/// The pack.
#[derive(Debug)]
pub struct Pack {
    /// Which year.
    pub year: Year,
    /// When it was drawn up.
    pub drawn_at: String,
    /// The number of the ledger's last entry.
    pub head: i64,
    /// Its hash.
    pub hash: String,
    /// What it says.
    pub chapters: Vec<Chapter>,
}

impl Pack {
    /// True when something does not hold.
    pub fn is_broken(&self) -> bool {
        self.chapters.iter().flat_map(|chapter| &chapter.words).any(|word| word.tone == "bad")
    }
}

/// One chapter.
#[derive(Debug)]
pub struct Chapter {
    /// Its name in the page.
    pub id: &'static str,
    /// "Trial balance"
    pub title: &'static str,
    /// What it says in sentences.
    pub words: Vec<Word>,
    /// What it says in figures.
    pub tables: Vec<Table>,
}

impl Chapter {
    fn new(id: &'static str, title: &'static str) -> Self {
        Self { id, title, words: Vec::new(), tables: Vec::new() }
    }

    fn say(&mut self, said: impl Into<String>) {
        self.words.push(Word { said: said.into(), tone: "" });
    }

    /// A check that holds, or does not.
    fn check(&mut self, holds: bool, good: impl Into<String>, bad: impl Into<String>) {
        let (said, tone) = if holds { (good.into(), "good") } else { (bad.into(), "bad") };
        self.words.push(Word { said, tone });
    }
}

/// A sentence.
#[derive(Debug)]
pub struct Word {
    /// What it says.
    pub said: String,
    /// "good" for a check that holds, "bad" for one that does not, nothing for what is only told.
    pub tone: &'static str,
}

/// A table.
#[derive(Debug)]
pub struct Table {
    /// What it shows.
    pub caption: String,
    /// The columns; one that begins with `#` is of figures.
    pub heads: &'static [&'static str],
    /// The rows, the first cell naming them.
    pub rows: Vec<Vec<Cell>>,
    /// The sums; empty for none.
    pub foot: Vec<Cell>,
    /// What is said when there are no rows.
    pub empty: &'static str,
    /// What is said when the list was cut short.
    pub more: Option<String>,
}

impl Table {
    fn new(caption: impl Into<String>, heads: &'static [&'static str], empty: &'static str) -> Self {
        Self { caption: caption.into(), heads, rows: Vec::new(), foot: Vec::new(), empty, more: None }
    }

    /// Notes that only the first rows are listed, when there are more.
    fn cut(&mut self) {
        if self.rows.len() > LISTED {
            self.rows.truncate(LISTED);
            self.more = Some(format!("Only the first {LISTED} are listed; all of them are in the export of the year."));
        }
    }
}

/// One more than is listed, so that a longer list is noticed.
const FETCHED: i64 = LISTED as i64 + 1;

fn money(minor: i64, currency: Currency) -> Cell {
    number(display(minor, currency))
}

fn at(time: DateTime<Utc>, year: &Year) -> Cell {
    text(moment(time, year.zone))
}

/// Draws the pack up from one view of the books.
///
/// # Errors
/// Only when the database fails.
pub fn draw_up(conn: &mut Conn, now: DateTime<Utc>, year: Year, checks: Checks) -> Result<Pack, DbError> {
    let Posted { number: head, hash } = ledger::head(conn)?;
    let chapters = vec![
        books::trial_balance(conn, &year)?,
        books::entries(conn, &year, checks)?,
        books::income(conn, &year)?,
        books::corrections(conn, &year)?,
        register::appeals(conn, &year)?,
        register::receipts(conn, &year)?,
        register::shares(conn, &year)?,
        people::staff(conn, &year)?,
        people::programs(conn, &year)?,
        people::deeds(conn, &year)?,
    ];
    Ok(Pack { year, drawn_at: moment(now, year.zone), head, hash: chain::hex(&hash), chapters })
}

/// Whether the chain is worked out anew also where that takes long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checks {
    /// As far as it is quick.
    Quick,
    /// Whatever it takes.
    All,
}
