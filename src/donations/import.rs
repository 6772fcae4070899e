//! Gifts from a CSV file, all of them or none.
//!
//! Invariant: taking the same file in twice records nothing the second time. A row without a key of its own gets one
//! from what it says and how many rows before it say the same.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use csv::StringRecord;

use super::parse::{self, RawGift, Sending};
use super::{NewGift, record_all};
use crate::db::{Conn, Db, DbError, Lock, hold};
use crate::funds::{self, Fund};
use crate::ledger::chain::hex;
use crate::money::display;

/// Whether to keep what was checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Intent {
    /// Record the gifts.
    Record,
    /// Check only.
    DryRun,
}

/// What became of a file.
#[derive(Debug, Default)]
pub struct Report {
    /// A line for each row that cannot be taken, or was known before.
    pub rows: Vec<String>,
    /// Rows to be mended; when there are any, nothing was recorded.
    pub faults: usize,
    /// One sentence with the counts and the sum.
    pub summary: String,
}

/// Why a file could not be read at all.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// No fund of this name.
    #[error("There is no fund called {0}. `fighting-fund fund add` makes one.")]
    UnknownFund(String),
    /// Bytes that are no text.
    #[error("The file is not UTF-8 text. In a spreadsheet, save it as \"CSV UTF-8\".")]
    NotText,
    /// The first line names no column that is needed, or one nobody knows.
    #[error("The first row must name the columns. {0}")]
    Columns(String),
    /// A row that is not CSV.
    #[error("The file is not readable as CSV: {0}")]
    NotCsv(#[from] csv::Error),
    /// More rows than fit in memory with ease.
    #[error("The file has more than {ROWS_MAX} rows. Please split it.")]
    TooLong,
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
}

/// Ten years of a busy fund.
const ROWS_MAX: usize = 500_000;
/// Gifts recorded at a time, all in one transaction.
const BATCH: usize = 500;
/// The columns that a file may have, in any order.
const COLUMNS: [&str; 10] =
    ["key", "amount", "method", "received_on", "name", "email", "acknowledge_as", "anonymous", "note", "appeal"];

/// Checks every row, and when all are right and the intent is to record, records them in one transaction.
///
/// `progress` hears how many rows of how many are done.
///
/// # Errors
/// [`ImportError`]: what stops the file as a whole. Rows at fault are in the report.
pub fn run(
    db: &Db,
    now: DateTime<Utc>,
    fund: &str,
    bytes: &[u8],
    intent: Intent,
    mut progress: impl FnMut(u64, u64),
) -> Result<Report, ImportError> {
    let found = db.read(|conn| funds::by_slug(conn, fund))?;
    let fund = found.ok_or_else(|| ImportError::UnknownFund(fund.to_owned()))?;
    let mut report = Report::default();
    let gifts = read(bytes, &fund, &mut report)?;
    if report.faults > 0 {
        return Ok(report);
    }
    let done = db.write(|conn| {
        hold(conn, Lock::Books)?;
        record(conn, now, &fund, &gifts, &mut report, &mut progress)?;
        let keep = intent == Intent::Record && report.faults == 0;
        if keep { Ok(()) } else { Err(Stop::Wanted) }
    });
    match done {
        Ok(()) | Err(Stop::Wanted) => Ok(report),
        Err(Stop::Db(error)) => Err(error.into()),
    }
}

/// Leaves the transaction without keeping it.
enum Stop {
    Wanted,
    Db(DbError),
}

impl From<DbError> for Stop {
    fn from(error: DbError) -> Self {
        Self::Db(error)
    }
}

fn read(bytes: &[u8], fund: &Fund, report: &mut Report) -> Result<Vec<(usize, NewGift)>, ImportError> {
    let text = std::str::from_utf8(bytes).map_err(|_| ImportError::NotText)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    let header = reader.headers()?.clone();
    let columns = columns(&header)?;
    let mut seen: HashMap<[u8; 32], usize> = HashMap::new();
    let mut gifts = Vec::new();
    // As a person counts rows in a spreadsheet: the header is the first.
    for (row, number) in reader.records().zip(2..) {
        let row = row?;
        if gifts.len() >= ROWS_MAX {
            return Err(ImportError::TooLong);
        }
        if row.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        match gift(&row, &header, &columns, fund, &mut seen) {
            Ok(gift) => gifts.push((number, gift)),
            Err(faults) => {
                report.faults += 1;
                report.rows.push(format!("row {number}: {faults}"));
            }
        }
    }
    Ok(gifts)
}

type Columns<'a> = HashMap<&'a str, usize>;

fn columns(header: &StringRecord) -> Result<Columns<'_>, ImportError> {
    let mut columns = Columns::new();
    for (at, name) in header.iter().map(str::trim).enumerate() {
        if !COLUMNS.contains(&name) {
            return Err(ImportError::Columns(format!("\"{name}\" is not one of {}.", COLUMNS.join(", "))));
        }
        if columns.insert(name, at).is_some() {
            return Err(ImportError::Columns(format!("\"{name}\" stands there twice.")));
        }
    }
    match ["amount", "method"].iter().find(|needed| !columns.contains_key(**needed)) {
        Some(missing) => Err(ImportError::Columns(format!("\"{missing}\" is missing."))),
        None => Ok(columns),
    }
}

fn gift(
    row: &StringRecord,
    header: &StringRecord,
    columns: &Columns<'_>,
    fund: &Fund,
    seen: &mut HashMap<[u8; 32], usize>,
) -> Result<NewGift, String> {
    if row.len() > header.len() {
        return Err(format!("it has {} cells, the first row names {} columns", row.len(), header.len()));
    }
    let cell = |name: &str| columns.get(name).and_then(|at| row.get(*at)).unwrap_or_default().trim().to_owned();
    let anonymous = match cell("anonymous").to_lowercase().as_str() {
        "" | "false" | "no" | "0" => false,
        "true" | "yes" | "1" => true,
        _ => return Err("anonymous: Please write true or false.".to_owned()),
    };
    let raw = RawGift {
        amount: cell("amount"),
        method: cell("method"),
        received_on: cell("received_on"),
        name: cell("name"),
        email: cell("email"),
        acknowledge_as: cell("acknowledge_as"),
        anonymous,
        note: cell("note"),
        appeal: cell("appeal"),
    };
    let checked = parse::check(&raw, fund).map_err(|faults| {
        faults.iter().map(|fault| format!("{}: {}", fault.field, fault.message)).collect::<Vec<_>>().join(" ")
    })?;
    let key = match cell("key") {
        key if key.chars().count() > KEY_CHARS_MAX => {
            return Err(format!("key: Please use at most {KEY_CHARS_MAX} characters."));
        }
        key if key.is_empty() => {
            let fingerprint = checked.fingerprint(fund.id, false);
            let before = seen.entry(fingerprint).or_default();
            *before += 1;
            format!("import:{}:{before}", hex(&fingerprint))
        }
        key => format!("import:{key}"),
    };
    let sending = Sending { key, by: "operator, from a file".to_owned(), request_id: String::new(), is_pledge: false };
    Ok(checked.into_gift(fund, sending))
}

/// As in the API.
const KEY_CHARS_MAX: usize = 255;

fn record(
    conn: &mut Conn,
    now: DateTime<Utc>,
    fund: &Fund,
    gifts: &[(usize, NewGift)],
    report: &mut Report,
    progress: &mut impl FnMut(u64, u64),
) -> Result<(), DbError> {
    let all = gifts.len() as u64;
    let (mut fresh, mut known, mut sum, mut done) = (0_usize, 0_usize, 0_i64, 0_u64);
    for batch in gifts.chunks(BATCH) {
        let plain: Vec<NewGift> = batch.iter().map(|(_, gift)| gift.clone()).collect();
        for ((row, gift), outcome) in batch.iter().zip(record_all(conn, now, &plain)?) {
            match outcome {
                Ok(recorded) if recorded.is_replay => {
                    known += 1;
                    report.rows.push(format!("row {row}: known already, nothing changes"));
                }
                Ok(_) => {
                    fresh += 1;
                    sum += gift.amount_minor;
                }
                Err(refusal) => {
                    report.faults += 1;
                    report.rows.push(format!("row {row}: {refusal}"));
                }
            }
        }
        done += batch.len() as u64;
        progress(done, all);
    }
    let gifts = if fresh == 1 { "gift" } else { "gifts" };
    report.summary = format!("{fresh} {gifts} with {} in all; {known} known already.", display(sum, fund.currency));
    Ok(())
}
