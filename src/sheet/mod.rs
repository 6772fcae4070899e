//! A spreadsheet that was saved as CSV: its columns by name, its rows as a person counts them.
//!
//! Invariant: a column nobody knows stops the file, because what is misspelt would be lost in silence. What the cells
//! mean is left to whoever takes them in.

pub mod amount;
pub mod day;
pub mod text;

use std::collections::HashMap;
use std::sync::Arc;

use unicode_normalization::UnicodeNormalization;

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
    /// A line for each row that cannot be taken, or was known before.
    pub rows: Vec<String>,
    /// Rows to be mended; when there are any, nothing was recorded.
    pub faults: usize,
    /// One sentence with the counts and the sum.
    pub summary: String,
}

impl Report {
    /// Notes that a row must be mended.
    pub fn fault(&mut self, row: usize, what: impl std::fmt::Display) {
        self.faults += 1;
        self.rows.push(format!("row {row}: {what}"));
    }
}

/// Why a file could not be read at all.
#[derive(Debug, thiserror::Error)]
pub enum SheetError {
    /// Bytes that are no text.
    #[error("The file is not UTF-8 text. In a spreadsheet, save it as \"CSV UTF-8\".")]
    NotText,
    /// The first line names no column that is needed, or one nobody knows.
    #[error("The first row must name the columns. {0}")]
    Columns(String),
    /// A row that is not CSV.
    #[error("The file is not readable as CSV: {0}")]
    NotCsv(#[from] csv::Error),
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

/// Ten years of a busy fund, or the members of a large society.
const ROWS_MAX: usize = 500_000;

/// Ten times what any list of ours has; a spreadsheet of another kind has more.
const COLUMNS_MAX: usize = 200;

/// Refuses a row with more cells than any file of ours has columns.
///
/// # Errors
/// [`SheetError::TooWide`].
pub fn check_width(cells: &csv::StringRecord) -> Result<(), SheetError> {
    if cells.len() > COLUMNS_MAX { Err(SheetError::TooWide) } else { Ok(()) }
}

/// The columns that a file may have, in any order.
#[derive(Debug, Clone, Copy)]
pub struct Columns<'a> {
    /// All of them.
    pub known: &'a [&'static str],
    /// Those that must be there.
    pub needed: &'a [&'static str],
    /// Other headings for them: heading and column.
    pub called: &'a [(String, String)],
}

/// A row with something in it.
#[derive(Debug, Clone)]
pub struct Row {
    /// As a person counts rows in a spreadsheet: the header is the first.
    pub number: usize,
    cells: csv::StringRecord,
    places: Arc<HashMap<&'static str, usize>>,
    columns: usize,
}

impl Row {
    /// What stands in a column, without space around it; empty where there is no such column.
    pub fn cell(&self, column: &str) -> &str {
        self.places.get(column).and_then(|at| self.cells.get(*at)).unwrap_or_default().trim()
    }

    /// Refuses a row with more cells than columns: a comma in a text that was not quoted.
    ///
    /// # Errors
    /// A sentence with both counts.
    pub fn check_length(&self) -> Result<(), String> {
        if self.cells.len() > self.columns {
            return Err(format!("it has {} cells, the first row names {} columns", self.cells.len(), self.columns));
        }
        Ok(())
    }
}

/// Reads every row that has something in it.
///
/// # Errors
/// [`SheetError`]: what stops the file as a whole.
pub fn read(bytes: &[u8], columns: Columns<'_>) -> Result<Vec<Row>, SheetError> {
    let text = std::str::from_utf8(bytes).map_err(|_| SheetError::NotText)?;
    if text.contains('\0') {
        return Err(SheetError::Nul);
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    let header = reader.headers()?.clone();
    check_width(&header)?;
    let places = Arc::new(places(&header, columns)?);
    let mut rows = Vec::new();
    for (cells, number) in reader.records().zip(2..) {
        let cells = cells?;
        check_width(&cells)?;
        if rows.len() >= ROWS_MAX {
            return Err(SheetError::TooLong);
        }
        if cells.iter().any(|cell| !cell.trim().is_empty()) {
            rows.push(Row { number, cells, places: places.clone(), columns: header.len() });
        }
    }
    Ok(rows)
}

fn places(header: &csv::StringRecord, columns: Columns<'_>) -> Result<HashMap<&'static str, usize>, SheetError> {
    let mut places = HashMap::new();
    for (at, heading) in header.iter().map(str::trim).enumerate() {
        let called = columns.called.iter().find(|(name, _)| name == heading).map(|(_, column)| column.as_str());
        let wanted = called.unwrap_or(heading);
        let Some(name) = columns.known.iter().find(|known| **known == wanted) else {
            return Err(SheetError::Columns(format!("\"{heading}\" is not one of {}.", columns.known.join(", "))));
        };
        if places.insert(*name, at).is_some() {
            return Err(SheetError::Columns(format!("\"{name}\" stands there twice.")));
        }
    }
    match columns.needed.iter().find(|needed| !places.contains_key(**needed)) {
        Some(missing) => Err(SheetError::Columns(format!("\"{missing}\" is missing."))),
        None => Ok(places),
    }
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
