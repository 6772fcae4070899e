//! Gifts from a list that a spreadsheet or another program wrote: all of them or none, and no letter unless told.
//!
//! Invariant: the same list taken in twice records nothing the second time, and rows that only look like ones of another
//! list are asked about. The file is read three times, row by row, so that a long one needs no more memory than its text:
//! what all rows settle, whether each is right, and then the gifts.

mod known;
mod lists;
mod record;
mod rows;
pub mod words;

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use super::record::Letters;
use crate::db::{Conn, Db, DbError, Lock, hold};
use crate::funds::{self, Fund};
use crate::money::display;
use crate::sheet::day::DayOrder;
use crate::sheet::{Intent, Mapping, Places, Report, Sheet, SheetError};
pub(super) use known::Print;
use known::{Line, part_of};
pub(super) use lists::PRINT_BYTES;
pub use lists::{
    KeptMapping, List, ListUpload, forget_mapping, forget_upload, heading_digest, keep_mapping, keep_upload, lists,
    map_upload, mappings, upload, uploads,
};
pub use rows::FIELDS;
use rows::{Read, Reader, Survey, Told};

/// Why a file could not be read at all.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// No fund of this name.
    #[error("There is no fund called {0}. `fighting-fund fund add` makes one.")]
    UnknownFund(String),
    /// It is no readable list.
    #[error(transparent)]
    Sheet(#[from] SheetError),
    /// A column that was said cannot be.
    #[error("{0}")]
    Mapping(String),
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
}

/// How a list is to be taken in.
#[derive(Debug, Clone)]
pub struct How {
    /// What the columns are; where nothing is said, as it is remembered for these headings.
    pub mapping: Mapping,
    /// Whether day or month stands first; where nothing is said, as the rows settle it, and else the day.
    pub days: Option<DayOrder>,
    /// Whether receipts leave.
    pub letters: Letters,
    /// Take rows that look like ones of another list.
    pub again: bool,
    /// What the file is called.
    pub file_name: String,
    /// Who brings it.
    pub by: String,
    /// The request it came with; empty from the command line.
    pub request_id: String,
}

impl Default for How {
    fn default() -> Self {
        Self {
            mapping: Mapping::default(),
            days: None,
            letters: Letters::NotToBeSent,
            again: false,
            file_name: String::new(),
            by: "operator, from a file".to_owned(),
            request_id: String::new(),
        }
    }
}

/// What became of a list.
#[derive(Debug, Default)]
pub struct Taken {
    /// A line for each row at fault, known, alike or left out; the counts and the sum.
    pub report: Report,
    /// Gifts that are new.
    pub fresh: usize,
    /// Gifts that were taken in before.
    pub known: usize,
    /// What the new ones come to.
    pub sum_minor: i64,
    /// Rows that are no gifts, by why.
    pub left_out: BTreeMap<String, usize>,
    /// New gifts whose giver has an e-mail address.
    pub by_mail: usize,
    /// New gifts whose giver has only a postal address.
    pub by_post: usize,
    /// What fee columns say; never taken off.
    pub fees_minor: i64,
}

/// As [`take`], as nobody said anything about the file.
///
/// # Errors
/// [`ImportError`].
pub fn run(
    db: &Db,
    now: DateTime<Utc>,
    fund: &str,
    bytes: &[u8],
    intent: Intent,
    mut progress: impl FnMut(u64, u64),
) -> Result<Report, ImportError> {
    Ok(take(db, now, fund, &How::default(), bytes, intent, &mut progress)?.report)
}

/// Checks every row, and when all are right and the intent is to record, records them in one transaction.
///
/// `progress` hears how many rows of how many are done.
///
/// # Errors
/// [`ImportError`]: what stops the file as a whole. Rows at fault are in the report.
pub fn take(
    db: &Db,
    now: DateTime<Utc>,
    fund: &str,
    how: &How,
    bytes: &[u8],
    intent: Intent,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Taken, ImportError> {
    let mut taken = None;
    let done = db.write(|conn| {
        hold(conn, Lock::Books)?;
        let done = take_in(conn, now, fund, how, bytes, progress)?;
        let keep = intent == Intent::Record && done.is_right();
        taken = Some(done);
        if keep { Ok(()) } else { Err(Stop::Wanted) }
    });
    match done {
        Ok(()) | Err(Stop::Wanted) => Ok(taken.unwrap_or_default()),
        Err(Stop::Error(error)) => Err(error),
    }
}

impl Taken {
    /// Whether it may be kept.
    pub fn is_right(&self) -> bool {
        self.report.faults == 0 && self.report.alike == 0
    }
}

/// Leaves the transaction without keeping it.
enum Stop {
    Wanted,
    Error(ImportError),
}

impl From<DbError> for Stop {
    fn from(error: DbError) -> Self {
        Self::Error(error.into())
    }
}

impl From<ImportError> for Stop {
    fn from(error: ImportError) -> Self {
        Self::Error(error)
    }
}

/// Takes a list in, in the caller's transaction, under the lock of the books. Where [`Taken::is_right`] says no, the
/// caller must let the transaction go.
///
/// # Errors
/// [`ImportError`]: what stops the file as a whole. Rows at fault are in the report.
pub fn take_in(
    conn: &mut Conn,
    now: DateTime<Utc>,
    fund: &str,
    how: &How,
    bytes: &[u8],
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Taken, ImportError> {
    let all = funds::all(conn)?;
    let slugs: Vec<String> = all.iter().map(|fund| fund.slug.clone()).collect();
    let fund =
        all.into_iter().find(|known| known.slug == fund).ok_or_else(|| ImportError::UnknownFund(fund.to_owned()))?;
    let sheet = Sheet::open(bytes)?;
    let mut taken = Taken::default();
    let (mapping, days) = meant(conn, how, &sheet, &mut taken)?;
    let places = Arc::new(Places::find(sheet.headings(), &FIELDS, &["amount", "method"], &mapping)?);
    check_day(&places)?;
    taken.report.rows.extend(places.told());
    let mut survey = Survey::default();
    for row in sheet.rows(&places) {
        survey.look(&row?);
    }
    survey.settle(&fund);
    let is_utc = places.of("received_on").iter().any(|at| sheet.headings()[*at].to_lowercase().contains("utc"));
    let days = days.unwrap_or_else(|| survey.days().order());
    let reader = Reader { fund: &fund, funds: &slugs, places: &places, survey: &survey, days, is_utc };
    let mut file = List::new(how, &fund, Sha256::digest(bytes).into());
    let lines = checked(&sheet, &places, &reader, &fund, &mut file, &mut taken)?;
    if taken.report.faults > 0 {
        return Ok(taken);
    }
    let met = meet(conn, &file, &lines, how, &mut taken)?;
    if taken.report.alike > 0 {
        return Ok(taken);
    }
    let steps = record::Steps { fund: &fund, how, sheet: &sheet, reader: &reader, met: &met };
    record::record(conn, now, &steps, &mut file, &mut taken, progress)?;
    tell(&mut taken, &fund, how);
    Ok(taken)
}

/// What the columns are: as somebody said, or as it is remembered for these headings.
fn meant(
    conn: &mut Conn,
    how: &How,
    sheet: &Sheet<'_>,
    taken: &mut Taken,
) -> Result<(Mapping, Option<DayOrder>), DbError> {
    if how.mapping.is_whole || !how.mapping.pairs.is_empty() {
        return Ok((how.mapping.clone(), how.days));
    }
    let digest = heading_digest(sheet.headings());
    let Some(kept) = mappings(conn)?.into_iter().find(|kept| kept.heading == digest) else {
        return Ok((Mapping::default(), how.days));
    };
    taken.report.rows.push(format!("read as remembered for {}", kept.name));
    Ok((kept.mapping, how.days.or(kept.days)))
}

/// Without a column of days a gift is of today; where columns are left out, one of them is likely to be the day.
fn check_day(places: &Places) -> Result<(), SheetError> {
    if places.has("received_on") || places.left_out().is_empty() {
        return Ok(());
    }
    Err(SheetError::Columns(
        format!(
            "No column is named for the day (received_on), and {} would be left out. Where the gifts came today, please \
             take the other columns out.",
            places.left_out().join(", ")
        ),
        " Otherwise say which it is by --column \"received_on=HEADING\".".to_owned(),
    ))
}

/// Reads every row and keeps nothing of it but what it is known by: the rows without a key, in order.
fn checked(
    sheet: &Sheet<'_>,
    places: &Arc<Places>,
    reader: &Reader<'_>,
    fund: &Fund,
    file: &mut List,
    taken: &mut Taken,
) -> Result<Vec<(usize, Line)>, SheetError> {
    let mut lines = Vec::new();
    for row in sheet.rows(places) {
        let row = row?;
        match reader.read(&row) {
            Ok(Read::Gift(told)) => {
                file.rows += 1;
                if told.key.is_empty() {
                    let fingerprint = told.checked.fingerprint(fund.id, false);
                    let mut print = Print::default();
                    print.copy_from_slice(&fingerprint[..16]);
                    lines.push((row.number, Line { print, is_telling: is_telling(&told) }));
                }
            }
            Ok(Read::LeftOut(why)) => *taken.left_out.entry(why).or_default() += 1,
            Err(fault) => taken.report.fault(row.number, fault),
        }
    }
    file.prints = lines.iter().flat_map(|(_, line)| line.print).collect();
    Ok(lines)
}

fn is_telling(told: &Told) -> bool {
    !told.checked.name().is_empty() || told.checked.email().is_some() || !told.checked.note().is_empty()
}

/// Which rows without a key were taken in before; those that only look like it are told in the report.
fn meet(
    conn: &mut Conn,
    file: &List,
    lines: &[(usize, Line)],
    how: &How,
    taken: &mut Taken,
) -> Result<std::collections::HashSet<usize>, DbError> {
    let all: Vec<Line> = lines.iter().map(|(_, line)| *line).collect();
    let mut known = vec![false; lines.len()];
    let mut alike: Vec<Option<String>> = vec![None; lines.len()];
    for earlier in lists::of_fund(conn, file.fund_id)? {
        let prints = lists::prints(conn, earlier.id)?;
        if earlier.digest == file.digest {
            known.fill(true);
            break;
        }
        part_of(&all, &prints).into_iter().for_each(|at| known[at] = true);
        let there: std::collections::HashSet<Print> = prints.into_iter().collect();
        for (at, _) in all.iter().enumerate().filter(|(_, line)| there.contains(&line.print)) {
            alike[at].get_or_insert_with(|| earlier.words());
        }
    }
    if !how.again {
        for (((number, _), alike), _) in lines.iter().zip(&alike).zip(&known).filter(|(_, known)| !**known) {
            if let Some(words) = alike {
                taken.report.alike += 1;
                taken.report.note(*number, format!("looks like a row of {words}"));
            }
        }
    }
    if taken.report.alike > 0 {
        taken.report.summary =
            "They may be gifts of their own, such as a second tin, or the same ones again. Nothing was taken in."
                .to_owned();
    }
    Ok(lines.iter().zip(known).filter(|(_, known)| *known).map(|((number, _), _)| *number).collect())
}

/// The counts, the sum, and what is to know besides.
fn tell(taken: &mut Taken, fund: &Fund, how: &How) {
    let rows = |count: usize| if count == 1 { "1 row".to_owned() } else { format!("{count} rows") };
    for (why, count) in &taken.left_out {
        taken.report.rows.push(format!("left out: {} {why}", rows(*count)));
    }
    if taken.fees_minor > 0 {
        let fees = display(taken.fees_minor, fund.currency);
        taken.report.rows.push(format!("fees: {fees} in all, not taken off; enter them when they are paid"));
    }
    let (mail, post) = (taken.by_mail, taken.by_post);
    taken.report.rows.push(match how.letters {
        Letters::Written => format!("letters: {mail} by e-mail, {post} to be printed"),
        Letters::NotToBeSent => {
            format!("letters: none; if you asked for them, {mail} would leave by e-mail and {post} would be printed")
        }
    });
    let gifts = if taken.fresh == 1 { "gift" } else { "gifts" };
    let sum = display(taken.sum_minor, fund.currency);
    taken.report.summary = format!("{} {gifts} with {sum} in all; {} known already.", taken.fresh, taken.known);
}
