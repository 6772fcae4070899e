//! Files of banks: one reader for each format, and one answer for all.
//!
//! Invariant: no file makes this panic or grow without bound, and a file that ends in the middle is refused. Whether
//! the statement may be believed (its balances, its account) is left to `check`.

mod camt;
mod camt_parts;
pub mod csv;
mod mt940;
mod mt940_words;
mod ofx;
mod xml;

use chrono::NaiveDate;

use self::csv::layout::{Layout, Saved};
use super::Format;
use super::told::Told;
use crate::money::Currency;
pub use crate::sheet::{amount, day, text};

/// The largest file: a hundred thousand lines of CAMT would be larger, and no bank sends them at once.
pub const FILE_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Lines of a file: ten years of a busy fund.
pub const LINES_MAX: usize = 200_000;
/// Cells of a row of CSV, headings or not: with more, the rest of the file is not looked at.
const CELLS_MAX: usize = 200;
/// Statements of a file: a daily one for three years.
const STATEMENTS_MAX: usize = 1_000;

/// What a reader needs to know besides the file.
#[derive(Debug, Clone, Copy)]
pub struct Terms<'a> {
    /// The day of the clock, in the fund's zone.
    pub today: NaiveDate,
    /// What the books count in.
    pub currency: Currency,
    /// What the columns of a CSV file mean, where somebody said so.
    pub layout: Option<&'a Layout>,
    /// The layouts that are remembered.
    pub saved: &'a [Saved],
}

/// What a file holds.
#[derive(Debug, Clone)]
pub struct Found {
    /// Its format.
    pub format: Format,
    /// Its statements, the oldest first.
    pub statements: Vec<Told>,
    /// Rows that cannot be taken: the row and a sentence.
    pub faults: Vec<(i64, String)>,
    /// Rows that are left out for a good reason.
    pub notes: Vec<(i64, String)>,
}

impl Found {
    fn new(format: Format) -> Self {
        Self { format, statements: Vec::new(), faults: Vec::new(), notes: Vec::new() }
    }

    /// Lines in all.
    pub fn lines(&self) -> usize {
        self.statements.iter().map(|told| told.lines.len()).sum()
    }

    /// Takes a statement up.
    fn take(&mut self, told: Told) -> Result<(), FileError> {
        if self.statements.len() >= STATEMENTS_MAX {
            return Err(FileError::TooLong);
        }
        self.statements.push(told);
        Ok(())
    }
}

/// Why a file was not read at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// No bytes, or only space.
    #[error("The file is empty. Please download the statement again.")]
    Empty,
    /// U+0000 where a text should be.
    #[error("The file holds characters that are no text (U+0000). Please download it again; nothing was recorded.")]
    NotText,
    /// More bytes than any statement has.
    #[error("The file is larger than {} MB. Please ask the bank for fewer days at a time.", FILE_BYTES_MAX / 1024 / 1024)]
    TooLarge,
    /// More lines than any statement has.
    #[error("The file has more than {LINES_MAX} lines. Please ask the bank for fewer days at a time.")]
    TooLong,
    /// More columns than any statement has.
    #[error("The file has more than {CELLS_MAX} columns, so it is no statement. Please download it again.")]
    TooWide,
    /// Something else, which is known.
    #[error("{0}")]
    Foreign(&'static str),
    /// It ends before its end.
    #[error(
        "The {0} file ends in the middle, so the download was cut short. Please download it again; nothing was recorded."
    )]
    Truncated(&'static str),
    /// It does not follow its format.
    #[error("The {0} file cannot be read: {1}. Please download it again, or choose another format at the bank.")]
    Broken(&'static str, String),
    /// It says nothing of a statement.
    #[error("The {0} file holds no statement of a bank account. Please download a statement.")]
    NoStatement(&'static str),
    /// A quotation mark that closes behind other rows, or nowhere.
    #[error(
        "In row {0} a quotation mark opens and does not close where its text ends, so rows behind it could be lost. Please \
         take it out of that row, or download the statement as OFX, CAMT.053 or MT940; nothing was recorded."
    )]
    Swallowed(i64),
    /// No row moved money: nothing was booked, or how many rows were left out.
    #[error("{}", nothing(.0))]
    NothingBooked(usize),
    /// It says another currency than that of the books.
    #[error("This file is not in our money: it is in {0}, and these books count in {1}. It cannot be taken in.")]
    Currency(String, &'static str),
    /// A CSV file whose columns say nothing to us.
    #[error("{0}")]
    Columns(String),
}

fn nothing(left_out: &usize) -> String {
    let rows = match *left_out {
        0 => return "The file has no lines: nothing was booked in these days.".to_owned(),
        1 => "one row, which is".to_owned(),
        many => format!("{many} rows, which are"),
    };
    format!("The file has no lines that are booked: nothing was booked in these days but {rows} no money that moved.")
}

/// Reads a file of any format.
///
/// # Errors
/// [`FileError`]; rows that cannot be taken are in the answer.
pub fn read(bytes: &[u8], terms: &Terms<'_>) -> Result<Found, FileError> {
    if bytes.len() > FILE_BYTES_MAX {
        return Err(FileError::TooLarge);
    }
    if let Some(foreign) = foreign(bytes) {
        return Err(FileError::Foreign(foreign));
    }
    let text = text::decode(bytes);
    if text.trim().is_empty() {
        return Err(FileError::Empty);
    }
    if text.contains('\0') {
        return Err(FileError::NotText);
    }
    let mut found = match format_of(&text)? {
        Format::Ofx => ofx::read(&text, terms)?,
        Format::Camt => camt::read(&text, terms)?,
        Format::Mt940 => mt940::read(&text, terms)?,
        Format::Csv => csv::read(&text, terms)?,
    };
    if found.lines() > LINES_MAX {
        return Err(FileError::TooLong);
    }
    if found.statements.is_empty() && found.faults.is_empty() && !found.notes.is_empty() {
        return Err(FileError::NothingBooked(found.notes.len()));
    }
    if found.statements.is_empty() && found.faults.is_empty() {
        return Err(FileError::NoStatement(found.format.label()));
    }
    // Balances that lead from one to the next tell the order better than days, of which a bank may name the month's last.
    let leads = |pair: &[Told]| pair[0].closing_minor.is_some() && pair[0].closing_minor == pair[1].opening_minor;
    if !found.statements.windows(2).all(leads) {
        found.statements.sort_by_key(|told| super::span(told).map(|(from, until)| (until, from)));
    }
    Ok(found)
}

/// Files that people choose by mistake, by their first bytes.
fn foreign(bytes: &[u8]) -> Option<&'static str> {
    let known: [(&[u8], &str); 4] = [
        (b"PK\x03\x04", "This is a spreadsheet or an archive. Please save the statement as CSV, or unpack it first."),
        (b"\xd0\xcf\x11\xe0", "This is an old spreadsheet. Please save the statement as CSV."),
        (
            b"%PDF",
            "This is a PDF, which is made for reading. Please download the statement as CSV, OFX, CAMT.053 or MT940.",
        ),
        (b"\x1f\x8b", "This is a packed file. Please unpack it first."),
    ];
    known.into_iter().find(|(start, _)| bytes.starts_with(start)).map(|(_, sentence)| sentence)
}

/// Characters that show which format a file is of.
const LOOKED_AT: usize = 4_000;

/// Which format a text is of.
///
/// # Errors
/// [`FileError::Foreign`] for what is known and no statement.
pub fn format_of(text: &str) -> Result<Format, FileError> {
    let head: String = text.trim_start().chars().take(LOOKED_AT).collect();
    let upper = head.to_ascii_uppercase();
    if upper.starts_with("OFXHEADER") || upper.contains("OFX>") || upper.contains("?OFX") {
        return Ok(Format::Ofx);
    }
    let tag = upper.strip_prefix('<').unwrap_or_default();
    if tag.starts_with("!DOCTYPE HTML") || tag.starts_with("HTML") {
        return Err(FileError::Foreign(
            "This is a web page, perhaps the bank's sign-in page. Please download the statement again.",
        ));
    }
    if upper.starts_with('<') {
        let others = [
            ("CAMT.052", "This is a CAMT.052, a report within the day. Please download the statement, CAMT.053."),
            (
                "CAMT.054",
                "This is a CAMT.054, a notice of single credits or debits. Please download the statement, CAMT.053.",
            ),
            ("PAIN.", "This is a payment order and no statement. Please download the statement, CAMT.053."),
        ];
        return match others.into_iter().find(|(mark, _)| upper.contains(mark)) {
            Some((_, sentence)) if !upper.contains("CAMT.053") => Err(FileError::Foreign(sentence)),
            _ => Ok(Format::Camt),
        };
    }
    if upper.starts_with("!TYPE:") || upper.starts_with("!ACCOUNT") {
        return Err(FileError::Foreign(
            "This is a QIF file, which tells no balances. Please download the statement as CSV, OFX, CAMT.053 or MT940.",
        ));
    }
    let has_tag = |tag: &str| upper.starts_with(tag) || upper.contains(&format!("\n{tag}"));
    let is_of_the_day = [":34F:", ":90D:", ":90C:"].into_iter().any(has_tag) && !has_tag(":60");
    if has_tag(":20:") && (is_of_the_day || upper.contains("{2:O942") || upper.contains("{2:I942")) {
        return Err(FileError::Foreign(
            "This is an MT942, a report within the day, which tells no balances. Please download the statement, MT940.",
        ));
    }
    if upper.starts_with("{1:") || (has_tag(":20:") && (has_tag(":25:") || has_tag(":60"))) {
        return Ok(Format::Mt940);
    }
    Ok(Format::Csv)
}
