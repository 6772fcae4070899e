//! A bank's file, taken into the books: all of it or nothing, and nothing twice.
//!
//! Invariant: a file that is refused, or only looked at, leaves no trace. What the lines are for is left to the
//! matching, which runs when they are in.

use chrono::{DateTime, NaiveDate, Utc};
use sha2::{Digest, Sha256};

use super::check::{self, OurAccount};
use super::files::csv::layout::{Layout, Saved};
use super::files::{self, FileError, Found, Terms};
use super::record::{Bringing, Parted, as_kept, keep, part};
use super::{Line, LineState, Statement, as_waiting, matching, span, store};
use crate::db::{Conn, Db, DbError, Lock, hold};
use crate::funds;
use crate::ledger;
use crate::money::{Currency, GBP, display};
use crate::payments::By;
use crate::sheet::{Intent, Report};

/// Why a file was not taken in at all.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// It cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// Nobody saved a layout of this name.
    #[error("No layout is called {0}. {1}")]
    UnknownLayout(String, String),
    /// It was read, and may not be believed.
    #[error("{0}")]
    Refused(String),
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
}

/// How a file is brought.
#[derive(Debug, Clone, Default)]
pub struct How {
    /// What the file is called.
    pub file_name: String,
    /// Who brings it: "staff:3 Jane Doe".
    pub by: String,
    /// The request it came with; empty from the command line.
    pub request_id: String,
    /// The name of the layout to read it by.
    pub layout_name: Option<String>,
    /// The layout to read it by.
    pub layout: Option<Layout>,
}

/// What became of a file.
#[derive(Debug, Default)]
pub struct Taken {
    /// A line for each row that is known, left out or at fault; the counts and the sum.
    pub report: Report,
    /// The statements that were kept, or would be.
    pub statements: Vec<Statement>,
    /// Lines that nobody told before.
    pub fresh: usize,
    /// Lines that an earlier statement brought.
    pub known: usize,
    /// What is odd about it and no fault: a gap before it, a balance that the books do not have yet.
    pub notices: Vec<String>,
}

/// What a file is judged by: read once, before it.
#[derive(Debug, Clone)]
pub struct Books {
    /// The account that statements must be of.
    pub ours: OurAccount,
    /// The day of the clock in the fund's zone.
    pub today: NaiveDate,
    /// The layouts that are remembered.
    pub saved: Vec<Saved>,
}

impl Books {
    /// Reads what a file is judged by.
    ///
    /// # Errors
    /// Only when the database fails.
    pub fn read(conn: &mut Conn, now: DateTime<Utc>) -> Result<Self, DbError> {
        let society = funds::society(conn)?;
        let fund = funds::all(conn)?.into_iter().next();
        let (currency, zone) = fund.map_or((GBP, chrono_tz::Europe::London), |fund| (fund.currency, fund.zone));
        let ours = OurAccount { sort_code: society.bank_sort_code, number: society.bank_account_number, currency };
        Ok(Self { ours, today: now.with_timezone(&zone).date_naive(), saved: store::layouts(conn)? })
    }

    /// Reads a file.
    ///
    /// # Errors
    /// [`ImportError::File`] and [`ImportError::UnknownLayout`].
    pub fn read_file(&self, bytes: &[u8], how: &How) -> Result<Found, ImportError> {
        let named = how.layout_name.as_ref().map(|name| self.layout(name)).transpose()?;
        let layout = how.layout.as_ref().or(named);
        let terms = Terms { today: self.today, currency: self.ours.currency, layout, saved: &self.saved };
        let mut found = files::read(bytes, &terms)?;
        check::keep_ours(&mut found, &self.ours).map_err(ImportError::Refused)?;
        Ok(found)
    }

    fn layout(&self, name: &str) -> Result<&Layout, ImportError> {
        let found = self.saved.iter().find(|saved| saved.name.eq_ignore_ascii_case(name));
        found.map(|saved| &saved.layout).ok_or_else(|| {
            let names: Vec<&str> = self.saved.iter().map(|saved| saved.name.as_str()).collect();
            let known = if names.is_empty() {
                "None is remembered yet: layouts are saved at the desk under Bank.".to_owned()
            } else {
                format!("These are remembered: {}.", names.join(", "))
            };
            ImportError::UnknownLayout(name.to_owned(), known)
        })
    }
}

/// Checks a file, and when all of it is right and the intent is to record, records it in one transaction.
///
/// `progress` hears how many lines of how many are done.
///
/// # Errors
/// [`ImportError`]: what stops the file as a whole. Rows at fault are in the report.
pub fn run(
    db: &Db,
    now: DateTime<Utc>,
    how: &How,
    bytes: &[u8],
    intent: Intent,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Taken, ImportError> {
    let books = db.read(|conn| Books::read(conn, now))?;
    let found = books.read_file(bytes, how)?;
    let mut taken = None;
    let done = db.write(|conn| {
        hold(conn, Lock::Books)?;
        let mut done = take_in(conn, now, &books, &found, bytes, how, progress).map_err(Stop::Refused)?;
        let keep = intent == Intent::Record && done.report.faults == 0;
        if intent == Intent::DryRun && done.report.faults == 0 {
            for statement in &done.statements {
                done.notices.extend(matching::foretell(conn, statement.id)?.words());
            }
        }
        taken = Some(done);
        if keep { Ok(()) } else { Err(Stop::Wanted) }
    });
    match done {
        Ok(()) => {
            let mut taken = taken.unwrap_or_default();
            taken.notices.extend(match_lines(db, now, how, &taken, books.ours.currency)?);
            Ok(taken)
        }
        Err(Stop::Wanted) => Ok(taken.unwrap_or_default()),
        Err(Stop::Refused(error)) => Err(error),
        Err(Stop::Db(error)) => Err(error.into()),
    }
}

/// Posts what is certain of the new lines, where the setting says so, and says how many wait: what comes after the lines
/// of a file are in.
///
/// # Errors
/// Only when the database fails; the lines stay in.
pub fn match_lines(
    db: &Db,
    now: DateTime<Utc>,
    how: &How,
    taken: &Taken,
    currency: Currency,
) -> Result<Option<String>, DbError> {
    if taken.fresh == 0 {
        return Ok(None);
    }
    let by = By { who: how.by.clone(), request_id: how.request_id.clone() };
    let posted = matching::post_if_set(db, now, &by, |_| ())?;
    let waiting = db.read(|conn| store::count(conn, LineState::Waiting, None))?;
    let wait = if waiting == 1 { "line waits" } else { "lines wait" };
    Ok(Some(match posted.filter(|posted| posted.lines > 0) {
        Some(posted) => format!(
            "{} certain {} posted, {} in all; {waiting} {wait} in the queue.",
            posted.lines,
            if posted.lines == 1 { "match is" } else { "matches are" },
            display(posted.sum_minor, currency)
        ),
        None => format!("{waiting} {wait} in the queue."),
    }))
}

/// Leaves the transaction without keeping it.
enum Stop {
    Wanted,
    Refused(ImportError),
    Db(DbError),
}

impl From<DbError> for Stop {
    fn from(error: DbError) -> Self {
        Self::Db(error)
    }
}

/// Takes in what a file holds, in the caller's transaction, under the lock of the books. Rows at fault are told in the
/// answer, and then the caller must let the transaction go.
///
/// # Errors
/// [`ImportError::Refused`] with a sentence.
pub fn take_in(
    conn: &mut Conn,
    now: DateTime<Utc>,
    books: &Books,
    found: &Found,
    bytes: &[u8],
    how: &How,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Taken, ImportError> {
    let mut taken = Taken::default();
    for (row, what) in &found.faults {
        taken.report.fault(usize::try_from(*row).unwrap_or_default(), what);
    }
    if taken.report.faults > 0 {
        return Ok(taken);
    }
    taken.report.rows.extend(found.notes.iter().map(|(row, what)| format!("row {row}: {what}")));
    for told in &found.statements {
        check::check(told, &books.ours, books.today).map_err(ImportError::Refused)?;
    }
    let from = Bringing {
        file_name: how.file_name.clone(),
        format: found.format,
        digest: Sha256::digest(bytes).into(),
        by: how.by.clone(),
        request_id: how.request_id.clone(),
    };
    if let Some(first) = store::of_file(conn, &from.digest)?.first() {
        return known_file(conn, *first, found, taken);
    }
    let (mut sum, mut done, all) = (0_i64, 0, found.lines() as u64);
    for (at, told) in (1..).zip(&found.statements) {
        let parted = part(conn, told, from.format)?;
        done += parted.met.len() as u64;
        let mut step = |lines: usize| {
            done += lines as u64;
            progress(done, all);
        };
        sum = sum.saturating_add(one(conn, now, books, &parted, at, &from, (&mut taken, &mut step))?);
    }
    unchecked_account(books, found, &mut taken);
    against_the_books(conn, books, found, &mut taken)?;
    let lines = if taken.fresh == 1 { "line" } else { "lines" };
    taken.report.summary = format!(
        "{} {lines} with {} in all; {} known already.",
        taken.fresh,
        display(sum, books.ours.currency),
        taken.known
    );
    Ok(taken)
}

/// What a file would do, without doing it: no lock, and nothing is written.
///
/// # Errors
/// [`ImportError::Refused`] with a sentence.
pub fn look(
    conn: &mut Conn,
    now: DateTime<Utc>,
    books: &Books,
    found: &Found,
    bytes: &[u8],
) -> Result<Taken, ImportError> {
    let mut taken = Taken::default();
    for (row, what) in &found.faults {
        taken.report.fault(usize::try_from(*row).unwrap_or_default(), what);
    }
    if taken.report.faults > 0 {
        return Ok(taken);
    }
    taken.report.rows.extend(found.notes.iter().map(|(row, what)| format!("row {row}: {what}")));
    let digest: [u8; 32] = Sha256::digest(bytes).into();
    if let Some(first) = store::of_file(conn, &digest)?.first() {
        return known_file(conn, *first, found, taken);
    }
    let from = Bringing {
        file_name: String::new(),
        format: found.format,
        digest,
        by: String::new(),
        request_id: String::new(),
    };
    let mut last: Option<Statement> = None;
    let mut waiting: Vec<Line> = Vec::new();
    for told in &found.statements {
        check::check(told, &books.ours, books.today).map_err(ImportError::Refused)?;
        let parted = part(conn, told, from.format)?;
        taken.fresh += parted.fresh.len();
        taken.known += parted.met.len();
        waiting.extend(parted.fresh.iter().take(matching::SHOWN_LINES_MAX).map(|(line, _)| as_waiting(line)));
        let met = parted.met.iter().map(|(line, _)| format!("row {}: known already, nothing changes", line.line));
        taken.report.rows.extend(met);
        let Some(days) = span(told) else { continue };
        let statement = as_kept(&parted, books.ours.currency, now, days, &from);
        let (before, after) = store::neighbours(conn, days.0, days.1)?;
        taken.notices.extend(last.take().or(before).and_then(|before| check::gap(&before, &statement)));
        taken.notices.extend(after.and_then(|after| check::gap(&statement, &after)));
        taken.notices.extend(oddities(conn, &parted, days)?);
        last = Some(statement.clone());
        taken.statements.push(statement);
    }
    unchecked_account(books, found, &mut taken);
    against_the_books(conn, books, found, &mut taken)?;
    taken.notices.extend(matching::foretell_lines(conn, &waiting)?.words());
    Ok(taken)
}

/// The very same file again.
fn known_file(conn: &mut Conn, id: i64, found: &Found, mut taken: Taken) -> Result<Taken, ImportError> {
    taken.known = found.lines();
    let statement = store::statement(conn, id)?;
    let when = statement.as_ref().map(|known| known.imported_at.format("%-d %B %Y").to_string()).unwrap_or_default();
    taken.statements.extend(statement);
    taken.report.summary =
        format!("This file was taken in on {when} as statement {id}. Nothing changes; {} known already.", taken.known);
    Ok(taken)
}

/// Takes in one statement; the answer is what its new lines come to.
fn one(
    conn: &mut Conn,
    now: DateTime<Utc>,
    books: &Books,
    parted: &Parted<'_>,
    at: i64,
    from: &Bringing,
    (taken, progress): (&mut Taken, &mut dyn FnMut(usize)),
) -> Result<i64, ImportError> {
    taken.fresh += parted.fresh.len();
    taken.known += parted.met.len();
    let met = parted.met.iter().map(|(line, _)| format!("row {}: known already, nothing changes", line.line));
    taken.report.rows.extend(met);
    let Some((first, last)) = span(parted.told) else { return Ok(0) };
    if parted.fresh.is_empty() && store::is_covered(conn, first, last)? {
        return Ok(0);
    }
    let oddities = oddities(conn, parted, (first, last))?;
    let statement = keep(conn, now, parted, books.ours.currency, at, from, progress)?;
    let (before, after) = store::neighbours(conn, first, last)?;
    taken.notices.extend(before.and_then(|before| check::gap(&before, &statement)));
    taken.notices.extend(after.and_then(|after| check::gap(&statement, &after)));
    taken.notices.extend(oddities);
    taken.statements.push(statement);
    Ok(parted.fresh.iter().map(|(line, _)| line.amount_minor).fold(0, i64::saturating_add))
}

/// What is odd where it begins inside the last statement.
fn oddities(
    conn: &mut Conn,
    parted: &Parted<'_>,
    (first, last): (NaiveDate, NaiveDate),
) -> Result<Option<String>, DbError> {
    let older = store::newest(conn)?.filter(|older| older.until_on >= first && older.until_on < last);
    let met = parted.met.iter().map(|(line, _)| line.amount_minor).fold(0, i64::saturating_add);
    Ok(older.and_then(|older| check::jump(&older, parted.told, met)))
}

fn unchecked_account(books: &Books, found: &Found, taken: &mut Taken) {
    if books.ours.number.is_empty() && found.statements.iter().any(|told| !told.account.is_empty()) {
        let words =
            "Settings name no bank account of the society, so nobody checked whether this statement is of ours.";
        taken.notices.push(words.to_owned());
    }
}

/// What the bank has and what the books have, which are not the same until every line is matched.
fn against_the_books(conn: &mut Conn, books: &Books, found: &Found, taken: &mut Taken) -> Result<(), DbError> {
    let last = found.statements.iter().filter_map(|told| Some((span(told)?.1, told.closing_minor?))).next_back();
    let Some((day, closing)) = last else { return Ok(()) };
    let balances = ledger::balances(conn, day)?;
    let of_bank = |balance: &&ledger::Balance| {
        balance.account == ledger::accounts::BANK && balance.currency == books.ours.currency
    };
    let ours: i64 = balances.iter().filter(of_bank).map(|one| one.debit_minor - one.credit_minor).sum();
    if ours != closing {
        let show = |minor| display(minor, books.ours.currency);
        taken.notices.push(format!(
            "On {} the bank has {} and our books have {}: {} is still to be matched.",
            day.format("%-d %B %Y"),
            show(closing),
            show(ours),
            show((closing - ours).saturating_abs())
        ));
    }
    Ok(())
}
