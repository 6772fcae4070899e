//! A bank's CSV file: as each bank likes it, read by a layout.
//!
//! Invariant: every row is taken, told at fault, or told left out; none is lost in silence.

pub mod guess;
pub mod layout;
mod order;
mod rows;
pub mod table;

use self::layout::Layout;
use self::table::{Source, Table};
use super::{FileError, Found, Terms};
use crate::statements::Format;
use crate::statements::told::Told;

/// Reads the one statement of a CSV file.
///
/// # Errors
/// [`FileError`]; rows at fault are in the answer.
pub fn read(text: &str, terms: &Terms<'_>) -> Result<Found, FileError> {
    let table = Table::read(text, terms.saved)?;
    let (layout, source) = table.layout(terms.layout, terms.saved, terms.currency);
    layout.check().map_err(|what| FileError::Columns(not_understood(&what, &table, &source)))?;
    Ok(with(&table, &layout, terms))
}

/// A CSV file as it stands, for whoever says what its columns are.
#[derive(Debug, Clone)]
pub struct Sample {
    /// The names of the columns; empty texts where no row names them.
    pub headings: Vec<String>,
    /// The first rows, as they stand.
    pub rows: Vec<Vec<String>>,
    /// What the columns are taken for.
    pub layout: Layout,
    /// Where that comes from.
    pub source: Source,
    /// What a layout of this file is recognised by.
    pub digest: [u8; 32],
}

/// Rows of a sample: as many as show what a column is.
const SAMPLE_ROWS: usize = 5;

/// Looks at the first rows of a CSV file.
///
/// # Errors
/// [`FileError`] for a text that has no columns.
pub fn sample(text: &str, terms: &Terms<'_>) -> Result<Sample, FileError> {
    let table = Table::read(text, terms.saved)?;
    let (mut layout, source) = table.layout(terms.layout, terms.saved, terms.currency);
    let width = table.width();
    if source == Source::Guessed && layout.check().is_err() {
        // Headings that nobody knows: what stands below them is something to begin with.
        layout = table.by_rows(terms.currency);
    }
    layout.columns.resize(width, layout::Column::Ignored);
    let mut headings: Vec<String> = table.headings().into_iter().map(super::text::one_line).collect();
    headings.resize(width, String::new());
    let rows = table.body().take(SAMPLE_ROWS).map(|(_, row)| row.iter().map(super::text::one_line).collect()).collect();
    Ok(Sample { headings, rows, layout, source, digest: table.digest() })
}

/// Reads a table by a layout that was checked.
pub fn with(table: &Table, layout: &Layout, terms: &Terms<'_>) -> Found {
    let mut found = Found::new(Format::Csv);
    let mut told = Told::default();
    let lines = rows::read(table, layout, terms, &mut told, &mut found);
    if !found.faults.is_empty() {
        return found;
    }
    match order::arrange(lines, terms.currency) {
        Ok(arranged) => {
            told.opening_minor = arranged.opening_minor;
            told.closing_minor = arranged.closing_minor;
            told.lines = arranged.lines;
            // Without a line there is no day, so nothing is told.
            if !told.lines.is_empty() {
                found.statements.push(told);
            }
        }
        Err(fault) => found.faults.push(fault),
    }
    found
}

fn not_understood(what: &str, table: &Table, source: &Source) -> String {
    match source {
        Source::Guessed => {
            let headings = table.headings().join(", ");
            let named = if headings.is_empty() {
                "no row names them".to_owned()
            } else {
                format!("they are called {headings}")
            };
            format!(
                "The columns of this file are not understood ({named}). {what} That is done once for each bank, at the desk \
                 under Bank, where the file is shown."
            )
        }
        Source::Given | Source::Remembered(_) => what.to_owned(),
    }
}
