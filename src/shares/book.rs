//! The book of the register: events and their lines, numbered without gaps and chained by hash.
//!
//! Invariant: an event's lines sum to nothing in each class, with the society itself as a holder; it lands in one
//! transaction with its entry in the ledger and its certificates. Whether it may be recorded is decided before, in the
//! verb that records it.
//!
//! The canonical line, which the hash covers with the hash before it as the ledger's chain does, is
//!
//! ```text
//! NUMBER|EFFECTIVE_ON|RECORDED_AT|KIND|SUBJECT|REVERSES|ENTRY|LINE;LINE...
//! ```
//!
//! with each `LINE` as `HOLDER CLASS SHARES PAID`: the holder's row or `-` for the society. No name stands in it.

use std::fmt::Write;

use chrono::{DateTime, NaiveDate, Utc};

use super::ground::Ground;
use super::{Deed, ShareError, certificates, store};
use crate::db::{Conn, DbError};
use crate::ledger::{self, NewEntry, chain};

/// What happened to shares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EventKind {
    /// Held before this register was kept here.
    Opening,
    /// New shares.
    Allotment,
    /// From one holder to another.
    Transfer,
    /// To whoever the law names after a death or a bankruptcy.
    Transmission,
    /// Repaid by the society.
    Withdrawal,
    /// From one class to another, at par.
    Conversion,
    /// Lost under the rules.
    Forfeiture,
    /// Given to the society.
    Surrender,
    /// The event it names never counted.
    Reversal,
}

impl EventKind {
    /// Every kind.
    pub const ALL: [Self; 9] = [
        Self::Opening,
        Self::Allotment,
        Self::Transfer,
        Self::Transmission,
        Self::Withdrawal,
        Self::Conversion,
        Self::Forfeiture,
        Self::Surrender,
        Self::Reversal,
    ];

    /// As JSON, CSV and the database write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Opening => "opening",
            Self::Allotment => "allotment",
            Self::Transfer => "transfer",
            Self::Transmission => "transmission",
            Self::Withdrawal => "withdrawal",
            Self::Conversion => "conversion",
            Self::Forfeiture => "forfeiture",
            Self::Surrender => "surrender",
            Self::Reversal => "reversal",
        }
    }

    /// Reads the name back.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// An event to be recorded.
pub(super) struct NewEvent {
    pub kind: EventKind,
    pub effective_on: NaiveDate,
    /// A reference or a member number; never a name.
    pub subject: String,
    pub reason: String,
    pub minute: String,
    pub reverses: Option<i64>,
    /// On which ground shares passed on without a transfer.
    pub ground: Option<Ground>,
    /// Whether interest was added to a holding by it.
    pub is_interest: bool,
    /// What it posts.
    pub entry: Option<NewEntry>,
    pub lines: Vec<NewLine>,
}

/// A line of an event: shares that come to a holder, or go.
#[derive(Debug, Clone, Copy)]
pub(super) struct NewLine {
    /// None is the society.
    pub holder: Option<i64>,
    pub class: i64,
    pub shares: i64,
    pub paid_minor: i64,
}

impl NewLine {
    /// The two lines of shares that come to `to` from `from`.
    pub fn pair(from: Option<i64>, to: Option<i64>, class: i64, shares: i64, paid_minor: i64) -> Vec<Self> {
        vec![
            Self { holder: from, class, shares: -shares, paid_minor: -paid_minor },
            Self { holder: to, class, shares, paid_minor },
        ]
    }
}

/// An event that was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// Its number in the book.
    pub event: i64,
    /// Its entry in the ledger, where it moved money.
    pub entry: Option<i64>,
    /// The certificates that it issued: holder and number.
    pub issued: Vec<(i64, i64)>,
}

/// Records events in order, numbered on from the last: entries, lines, certificates, all in the caller's transaction.
///
/// The caller holds [`crate::db::Lock::Books`] and has checked that each may be recorded.
///
/// # Errors
/// Only when the database fails.
pub(super) fn record_all(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &Deed,
    events: &[NewEvent],
) -> Result<Vec<Recorded>, ShareError> {
    if events.is_empty() {
        return Ok(Vec::new());
    }
    let entries: Vec<NewEntry> = events.iter().filter_map(|event| event.entry.clone()).collect();
    let mut posted = ledger::post_all(conn, now, &entries).map_err(DbError::from)?.into_iter();
    let (mut number, mut hash) = store::book::head(conn)?;
    let mut rows = Vec::with_capacity(events.len());
    for event in events {
        number += 1;
        let entry = event.entry.as_ref().and_then(|_| posted.next()).map(|posted| posted.number);
        let line = canonical_line(&Head::of(number, now, event, entry), event.lines.iter().copied());
        hash = chain::hash(&hash, &line).to_vec();
        rows.push(store::book::Numbered { number, entry, hash: hash.clone(), event });
    }
    store::book::insert_all(conn, now, deed, &rows)?;
    store::sums::carry(conn, rows.first().map_or(number, |row| row.number))?;
    let issued = certificates::follow(conn, now, &rows)?;
    Ok(rows.iter().zip(issued).map(|(row, issued)| Recorded { event: row.number, entry: row.entry, issued }).collect())
}

/// An event without its lines, as the chain covers it.
pub(super) struct Head<'a> {
    pub number: i64,
    pub effective_on: NaiveDate,
    pub recorded_at: DateTime<Utc>,
    pub kind: &'a str,
    pub subject: &'a str,
    pub reverses: Option<i64>,
    pub entry: Option<i64>,
}

impl<'a> Head<'a> {
    fn of(number: i64, now: DateTime<Utc>, event: &'a NewEvent, entry: Option<i64>) -> Self {
        Self {
            number,
            effective_on: event.effective_on,
            recorded_at: now,
            kind: event.kind.name(),
            subject: &event.subject,
            reverses: event.reverses,
            entry,
        }
    }
}

pub(super) fn canonical_line(head: &Head<'_>, lines: impl Iterator<Item = NewLine>) -> String {
    let recorded_at = head.recorded_at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
    let optional = |number: Option<i64>| number.map(|number| number.to_string()).unwrap_or_default();
    let mut text = format!(
        "{}|{}|{recorded_at}|{}|{}|{}|{}",
        head.number,
        head.effective_on,
        head.kind,
        head.subject,
        optional(head.reverses),
        optional(head.entry)
    );
    let mut mark = '|';
    for line in lines {
        let holder = line.holder.map_or_else(|| "-".to_owned(), |id| id.to_string());
        let written = write!(text, "{mark}{holder} {} {} {}", line.class, line.shares, line.paid_minor);
        debug_assert!(written.is_ok(), "writing to a string does not fail");
        mark = ';';
    }
    text
}
