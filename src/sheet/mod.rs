//! A spreadsheet that was saved as text: its columns by name, its rows as a person counts them.
//!
//! Invariant: no row and no cell is lost in silence. A column that nobody named is left out and told; a quotation mark
//! that swallows the rows behind it stops the file. What the cells mean is left to whoever takes them in.

pub mod amount;
pub mod columns;
pub mod day;
mod quotes;
pub mod text;

use std::borrow::Cow;
use std::sync::Arc;

use unicode_normalization::UnicodeNormalization;

pub use columns::{Field, Mapping, Places};

/// Whether to keep what was checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Intent {
    /// Record it.
    Record,
    /// Check only.
    DryRun,
}

/// What became of a file.
#[derive(Debug, Default)]
pub struct Report {
    /// A line for each row that cannot be taken, was left out, or was known before.
    pub rows: Vec<String>,
    /// Rows to be mended; when there are any, nothing was recorded.
    pub faults: usize,
    /// Rows that look like ones of another file; when there are any, nothing was recorded.
    pub alike: usize,
    /// One sentence with the counts and the sum.
    pub summary: String,
}

impl Report {
    /// Notes that a row must be mended.
    pub fn fault(&mut self, row: usize, what: impl std::fmt::Display) {
        self.faults += 1;
        self.rows.push(format!("row {row}: {what}"));
    }

    /// Notes something that stops nothing.
    pub fn note(&mut self, row: usize, what: impl std::fmt::Display) {
        self.rows.push(format!("row {row}: {what}"));
    }
}

/// Why a file could not be read at all.
#[derive(Debug, thiserror::Error)]
pub enum SheetError {
    /// A column that is needed is not there, or nobody can say which it is; and how the command line says it.
    #[error("The first row must name the columns. {0}{1}")]
    Columns(String, String),
    /// A row that is not CSV.
    #[error("The file is not readable as CSV: {0}")]
    NotCsv(#[from] csv::Error),
    /// A cell that opens with a quotation mark and swallows what follows.
    #[error(
        "In row {0} a quotation mark opens a cell and does not close it, so that the rows behind it would be lost. Please take the mark out, or save the file anew from the spreadsheet."
    )]
    OpenQuote(usize),
    /// U+0000, which no database keeps alike.
    #[error("The file holds a character that is no text (U+0000). In a spreadsheet, save it as \"CSV UTF-8\".")]
    Nul,
    /// More columns than any list of people or gifts.
    #[error("The file has more than {COLUMNS_MAX} columns. Please leave out those that are not needed.")]
    TooWide,
    /// More rows than fit in memory with ease.
    #[error("The file has more than {ROWS_MAX} rows. Please split it.")]
    TooLong,
}

impl SheetError {
    /// The sentence without what only the command line can do.
    pub fn at_desk(&self) -> String {
        match self {
            Self::Columns(what, _) => format!("{what} Please choose below what each column is."),
            other => other.to_string(),
        }
    }
}

/// Ten years of a busy fund, or the members of a large society.
const ROWS_MAX: usize = 500_000;

/// Ten times what any list of ours has; a spreadsheet of another kind has more.
const COLUMNS_MAX: usize = 200;

/// A file as text, with the names of its columns. Its rows are read one by one, as often as they are asked for.
#[derive(Debug)]
pub struct Sheet<'a> {
    text: Cow<'a, str>,
    /// Where the first row begins, behind a line that only names the separator.
    start: usize,
    separator: u8,
    headings: Vec<String>,
    /// The number of each row that has something in it, as a person counts: the headings are the first.
    numbers: Vec<usize>,
}

impl<'a> Sheet<'a> {
    /// Reads bytes in any encoding and with any separator that spreadsheets write.
    ///
    /// # Errors
    /// [`SheetError`]: what stops the file as a whole.
    pub fn open(bytes: &'a [u8]) -> Result<Self, SheetError> {
        let text = text::decode(bytes);
        if text.contains('\0') {
            return Err(SheetError::Nul);
        }
        let (said, start) = separator_said(&text);
        let separator = said.unwrap_or_else(|| separator(&text[start..]));
        let mut numbers = quotes::rows(&text[start..], separator).map_err(SheetError::OpenQuote)?;
        if numbers.len() > ROWS_MAX + 1 {
            return Err(SheetError::TooLong);
        }
        let headings = first_row(&text[start..], separator)?;
        if headings.len() > COLUMNS_MAX {
            return Err(SheetError::TooWide);
        }
        numbers.drain(..numbers.len().min(1));
        Ok(Self { start, separator, headings, numbers, text })
    }

    /// The names of the columns, as they stand.
    pub fn headings(&self) -> &[String] {
        &self.headings
    }

    /// The rows that have something in them, in order.
    pub fn rows<'s>(&'s self, places: &Arc<Places>) -> impl Iterator<Item = Result<Row, SheetError>> + use<'s, 'a> {
        let places = Arc::clone(places);
        let records = reader(&self.text[self.start..], self.separator).into_records().skip(1);
        let rows = records.zip(&self.numbers).map(move |(cells, number)| {
            let cells = cells?;
            if cells.len() > COLUMNS_MAX {
                return Err(SheetError::TooWide);
            }
            Ok(Row { number: *number, cells, places: Arc::clone(&places) })
        });
        rows.filter(|row| row.as_ref().map_or(true, |row| !row.is_empty()))
    }
}

/// A row with something in it.
#[derive(Debug, Clone)]
pub struct Row {
    /// As a person counts rows in a spreadsheet: the header is the first.
    pub number: usize,
    cells: csv::StringRecord,
    places: Arc<Places>,
}

impl Row {
    /// What stands in a column, without space around it; empty where there is no such column.
    pub fn cell(&self, column: &str) -> &str {
        self.places.of(column).first().map_or("", |at| self.at(*at))
    }

    /// What stands in all columns that are called this, with something between: a first and a last name.
    pub fn joined(&self, column: &str, between: &str) -> String {
        let cells = self.places.of(column).iter().map(|at| unguarded(self.at(*at)));
        cells.filter(|cell| !cell.is_empty()).collect::<Vec<_>>().join(between)
    }

    /// Refuses a row with more cells than columns: a separator in a text that was not quoted.
    ///
    /// # Errors
    /// A sentence with both counts.
    pub fn check_length(&self) -> Result<(), String> {
        let filled = (0..self.cells.len()).rev().find(|at| !self.at(*at).is_empty()).map_or(0, |at| at + 1);
        if filled > self.places.columns() {
            return Err(format!("it has {filled} cells, the first row names {} columns", self.places.columns()));
        }
        Ok(())
    }

    fn at(&self, place: usize) -> &str {
        self.cells.get(place).unwrap_or_default().trim()
    }

    fn is_empty(&self) -> bool {
        self.cells.iter().all(|cell| cell.trim().is_empty())
    }
}

fn reader(text: &str, separator: u8) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new().flexible(true).has_headers(false).delimiter(separator).from_reader(text.as_bytes())
}

fn first_row(text: &str, separator: u8) -> Result<Vec<String>, SheetError> {
    let first = reader(text, separator).into_records().next().transpose()?;
    let mut headings: Vec<String> = first.iter().flatten().map(text::one_line).collect();
    // Spreadsheets write the separators of columns that are empty.
    while headings.last().is_some_and(String::is_empty) {
        headings.pop();
    }
    Ok(headings)
}

/// "sep=;" in the first line, as a spreadsheet writes it, and where the rows begin.
fn separator_said(text: &str) -> (Option<u8>, usize) {
    let line = text.lines().next().unwrap_or_default();
    let said = line.trim().trim_matches('"').to_ascii_lowercase();
    match said.strip_prefix("sep=").map(str::as_bytes) {
        Some([separator]) => (Some(*separator), text.find('\n').map_or(text.len(), |at| at + 1)),
        // A tab is trimmed with the space around the line.
        Some([]) => (Some(b'\t'), text.find('\n').map_or(text.len(), |at| at + 1)),
        _ => (None, 0),
    }
}

/// The sign that parts the headings, of which a comma inside one of them is none.
fn separator(text: &str) -> u8 {
    let cells = |separator: u8| first_row(text, separator).map_or(0, |headings| headings.len());
    let mut best = (b',', cells(b','));
    for other in [b';', b'\t', b'|'] {
        let count = cells(other);
        if count > best.1 {
            best = (other, count);
        }
    }
    best.0
}

/// A cell as it was before a spreadsheet was kept from reading it as a formula.
///
/// ```
/// use fighting_fund::sheet::unguarded;
/// assert_eq!([unguarded("'=A1"), unguarded("'tis"), unguarded("Ann")], ["=A1", "'tis", "Ann"]);
/// ```
pub fn unguarded(text: &str) -> &str {
    text.strip_prefix('\'').filter(|rest| is_like_formula(rest)).unwrap_or(text)
}

/// Whether a spreadsheet may take a text for a formula. It looks past what is not seen, and some read the full-width
/// signs of East Asian keyboards as the plain ones.
///
/// ```
/// use fighting_fund::sheet::is_like_formula;
/// assert!(is_like_formula("=1+1") && is_like_formula("\u{ff1d}1+1") && is_like_formula(" \u{200b}@SUM(A1)"));
/// assert!(is_like_formula("\t1") && !is_like_formula("A Reader") && !is_like_formula("Smith-Jones"));
/// ```
pub fn is_like_formula(text: &str) -> bool {
    let is_unseen = |c: char| c.is_whitespace() || c.is_control() || UNSEEN.contains(&c);
    let seen = text.trim_start_matches(is_unseen);
    let first = seen.chars().next().and_then(|first| std::iter::once(first).nfkc().next());
    text.starts_with(['\t', '\r', '\n']) || matches!(first, Some('=' | '+' | '-' | '@'))
}

/// Characters without width: of joining, of direction, and the mark of byte order.
const UNSEEN: [char; 12] = [
    '\u{ad}', '\u{200b}', '\u{200c}', '\u{200d}', '\u{200e}', '\u{200f}', '\u{202a}', '\u{202b}', '\u{202d}',
    '\u{202e}', '\u{2060}', '\u{feff}',
];
