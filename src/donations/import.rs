//! Gifts from a CSV file, all of them or none.
//!
//! Invariant: taking the same file in twice records nothing the second time. A row without a key of its own gets one
//! from what it says and how many rows before it say the same.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use super::parse::{self, Limits, RawGift, Sending};
use super::{NewGift, record_all};
use crate::db::{Conn, Db, DbError, Lock, hold};
use crate::funds::{self, Fund};
use crate::ledger::chain::hex;
use crate::money::display;
use crate::sheet::{self, Columns, Intent, Report, Row, SheetError};

/// Why a file could not be read at all.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// No fund of this name.
    #[error("There is no fund called {0}. `fighting-fund fund add` makes one.")]
    UnknownFund(String),
    /// It is no readable CSV.
    #[error(transparent)]
    Sheet(#[from] SheetError),
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
}

/// Gifts recorded at a time, all in one transaction.
const BATCH: usize = 500;
/// The columns that a file may have, in any order.
const COLUMNS: [&str; 13] = [
    "key",
    "amount",
    "confirmed",
    "method",
    "received_on",
    "name",
    "email",
    "acknowledge_as",
    "anonymous",
    "note",
    "in_memory_of",
    "memory_in_print",
    "appeal",
];

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
    let rows = sheet::read(bytes, Columns { known: &COLUMNS, needed: &["amount", "method"], called: &[] })?;
    let mut seen: HashMap<[u8; 32], usize> = HashMap::new();
    let mut gifts = Vec::new();
    for row in rows {
        match gift(&row, fund, &mut seen) {
            Ok(gift) => gifts.push((row.number, gift)),
            Err(faults) => report.fault(row.number, faults),
        }
    }
    Ok(gifts)
}

fn gift(row: &Row, fund: &Fund, seen: &mut HashMap<[u8; 32], usize>) -> Result<NewGift, String> {
    row.check_length()?;
    let cell = |name: &str| row.cell(name).to_owned();
    let is_true = |name: &str| match cell(name).to_lowercase().as_str() {
        "" | "false" | "no" | "0" => Ok(false),
        "true" | "yes" | "1" => Ok(true),
        _ => Err(format!("{name}: Please write true or false.")),
    };
    let raw = RawGift {
        amount: cell("amount"),
        method: cell("method"),
        received_on: cell("received_on"),
        name: cell("name"),
        email: cell("email"),
        acknowledge_as: cell("acknowledge_as"),
        anonymous: is_true("anonymous")?,
        note: cell("note"),
        in_memory_of: cell("in_memory_of"),
        memory_in_print: is_true("memory_in_print")?,
        appeal: cell("appeal"),
        confirmed: is_true("confirmed")?,
    };
    let checked = parse::check(&raw, fund, Limits::Here).map_err(|faults| {
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
    let sending = Sending {
        key,
        by: "operator, from a file".to_owned(),
        request_id: String::new(),
        is_pledge: false,
        stranger: None,
    };
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
                    report.fault(*row, refusal);
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
