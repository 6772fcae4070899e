//! The paper register: members and their holdings from a CSV file, all of them or none.
//!
//! Invariant: shares come as opening events of one day, against opening balances, with the old certificate numbers;
//! the days of entering and leaving stay as the paper has them. A member who is there already is a fault, so that the
//! same file taken in twice records nothing the second time.

mod rows;

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};

use super::book::{self, EventKind, NewEvent, NewLine};
use super::holder::PaperMember;
use super::numbers::MemberNumber;
use super::positions::Positions;
use super::store::{certificates, holders, paper};
use super::{Deed, ShareError, past_or_today};
use crate::db::{Conn, Db, DbError, Lock, hold};
use crate::ledger::{EntryKind, Line, NewEntry, accounts};
use crate::money;
use crate::sheet::{Intent, Mapping, Report, SheetError};
pub use rows::FIELDS;
use rows::{Member, Opening};

/// How a file is to be read.
#[derive(Debug, Clone, Default)]
pub struct How {
    /// The day of the opening balances; today where nothing is said.
    pub on: Option<NaiveDate>,
    /// What columns are called: field and heading, or heading and field.
    pub called: Vec<(String, String)>,
    /// True when every column was asked about, so that none is taken by its own name.
    pub is_whole: bool,
}

/// Why a file could not be taken in as a whole.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// It is no readable CSV.
    #[error(transparent)]
    Sheet(#[from] SheetError),
    /// The day of the opening balances cannot be.
    #[error("{0}")]
    Day(String),
    /// A heading without a column.
    #[error("{0}")]
    Mapping(String),
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl How {
    /// Reads "FIELD=HEADING", or the other way round.
    ///
    /// # Errors
    /// [`ImportError::Mapping`].
    pub fn new(on: Option<NaiveDate>, columns: &[String]) -> Result<Self, ImportError> {
        let mapping = Mapping::said(columns).map_err(ImportError::Mapping)?;
        Ok(Self { on, called: mapping.pairs, is_whole: false })
    }
}

/// Members entered at a time, all in one transaction.
const BATCH: usize = 500;

/// Checks every row, and when all are right and the intent is to record, records them in one transaction.
///
/// `progress` hears how many members of how many are done.
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
) -> Result<Report, ImportError> {
    let mut report = Report::default();
    let done = db.write(|conn| {
        hold(conn, Lock::Books)?;
        let members = rows::read(conn, now, how, bytes, &mut report)?;
        let opened_on = past_or_today(conn, now, how.on).map_err(|error| ImportError::Day(error.to_string()))?.0;
        check_holdings(conn, opened_on, &members, &mut report)?;
        if report.faults == 0 {
            record(conn, now, opened_on, &members, &mut report, progress)?;
        }
        let keep = intent == Intent::Record && report.faults == 0;
        if keep { Ok(()) } else { Err(Stop::Wanted) }
    });
    match done {
        Ok(()) | Err(Stop::Wanted) => Ok(report),
        Err(Stop::Error(error)) => Err(error),
    }
}

/// Leaves the transaction without keeping it.
enum Stop {
    Wanted,
    Error(ImportError),
}

impl From<ImportError> for Stop {
    fn from(error: ImportError) -> Self {
        Self::Error(error)
    }
}

impl From<DbError> for Stop {
    fn from(error: DbError) -> Self {
        Self::Error(error.into())
    }
}

/// Whether each holding is one that the rules of its class allow.
fn check_holdings(
    conn: &mut Conn,
    opened_on: NaiveDate,
    members: &[Member],
    report: &mut Report,
) -> Result<(), DbError> {
    let classes = super::classes_on(conn, opened_on)?;
    for member in members {
        let mut sums: HashMap<i64, i64> = HashMap::new();
        for opening in &member.openings {
            let sum = sums.entry(opening.class.id).or_default();
            *sum += opening.shares;
            let terms = classes.iter().find(|(class, _)| class.id == opening.class.id).map(|(_, terms)| terms);
            match terms {
                None => report.fault(opening.row, format!("there were no {} on {opened_on}", opening.class.name)),
                Some(terms) if *sum > terms.maximum_shares => {
                    report.fault(
                        opening.row,
                        format!("the largest holding is {} shares, this makes {sum}", terms.maximum_shares),
                    );
                }
                Some(_) => {}
            }
        }
    }
    Ok(())
}

fn record(
    conn: &mut Conn,
    now: DateTime<Utc>,
    opened_on: NaiveDate,
    members: &[Member],
    report: &mut Report,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<(), DbError> {
    let deed = Deed { by: "operator, from the paper register".to_owned(), request_id: String::new() };
    let all = members.len() as u64;
    let (mut done, mut shares, mut sum) = (0_u64, 0_i64, 0_i64);
    for batch in members.chunks(BATCH) {
        let on_paper: Vec<PaperMember> = batch.iter().map(|member| member.on_paper.clone()).collect();
        let ids = paper::insert_all(conn, now, &deed, &on_paper)?;
        let openings: Vec<(i64, MemberNumber, &Opening)> = ids
            .iter()
            .zip(batch)
            .flat_map(|(id, member)| member.openings.iter().map(|one| (*id, member.on_paper.number, one)))
            .collect();
        let events: Vec<NewEvent> =
            openings.iter().map(|(id, number, one)| opening(*id, *number, one, opened_on)).collect();
        let recorded = book::record_all(conn, now, &deed, &events).map_err(in_database)?;
        for ((_, _, one), recorded) in openings.iter().zip(&recorded) {
            shares += one.shares;
            sum += one.class.price_minor(one.shares);
            if let (Some((_, number)), false) = (recorded.issued.first(), one.certificates.is_empty()) {
                certificates::note_paper(conn, *number, &one.certificates)?;
            }
        }
        check_law(conn, &ids, batch, opened_on, report)?;
        done += batch.len() as u64;
        progress(done, all);
    }
    let members = if all == 1 { "member" } else { "members" };
    report.summary = format!("{all} {members} with {shares} shares, {} in all.", money::display(sum, money::GBP));
    Ok(())
}

fn in_database(error: ShareError) -> DbError {
    match error {
        ShareError::Db(error) => error,
        other => DbError::Corrupt(other.to_string()),
    }
}

/// The law counts all that one person has; it is asked once everybody of the batch is entered.
fn check_law(
    conn: &mut Conn,
    ids: &[i64],
    batch: &[Member],
    opened_on: NaiveDate,
    report: &mut Report,
) -> Result<(), DbError> {
    let settings = super::settings(conn)?;
    let positions = Positions::load(conn, ids, opened_on)?;
    let entered = holders::holders_now(conn, ids)?;
    for (id, member) in ids.iter().zip(batch) {
        let Some(holder) = entered.get(id) else { continue };
        match positions.check_persons(conn, holder, &settings, opened_on) {
            Ok(()) => {}
            Err(ShareError::Db(error)) => return Err(error),
            Err(refusal) => report.fault(member.row, refusal),
        }
    }
    Ok(())
}

fn opening(holder: i64, number: MemberNumber, one: &Opening, opened_on: NaiveDate) -> NewEvent {
    let price = one.class.price_minor(one.shares);
    let line = |account: String, amount_minor| Line { account, amount_minor, appeal_id: None };
    NewEvent {
        kind: EventKind::Opening,
        effective_on: opened_on,
        subject: number.to_string(),
        reason: String::new(),
        minute: String::new(),
        reverses: None,
        ground: None,
        is_interest: false,
        entry: Some(NewEntry {
            effective_on: opened_on,
            kind: EntryKind::OpeningShares,
            subject: number.to_string(),
            corrects: None,
            currency: one.class.currency,
            lines: vec![
                line(accounts::OPENING_BALANCES.to_owned(), price),
                line(accounts::share_capital(&one.class.code), -price),
            ],
        }),
        lines: NewLine::pair(None, Some(holder), one.class.id, one.shares, price),
    }
}
