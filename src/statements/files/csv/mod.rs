//! A bank's CSV file: as each bank likes it, read by a layout.
//!
//! Invariant: every row is taken, told at fault, or told left out; none is lost in silence.

mod cells;
pub mod guess;
mod habits;
pub mod headings;
mod kinds;
pub mod layout;
mod order;
mod rows;
pub mod table;
pub mod words;

use self::layout::{Column, Layout};
use self::order::Said;
use self::rows::Group;
use self::table::{Meaning, Source, Table};
use super::{FileError, Found, Terms};
use crate::statements::Format;
use crate::statements::told::Told;

/// Reads the statements of a CSV file, one for each account.
///
/// # Errors
/// [`FileError`]; rows at fault are in the answer.
pub fn read(text: &str, terms: &Terms<'_>) -> Result<Found, FileError> {
    let table = Table::read(text, terms.saved, terms.currency)?;
    let meaning = table.layout(terms.layout, terms.saved, terms.currency);
    if let Some(open) = &meaning.open {
        return Err(FileError::Columns(not_understood(open, &table, &meaning.source)));
    }
    let Meaning { layout, source, .. } = meaning;
    layout.check().map_err(|what| FileError::Columns(not_understood(&what, &table, &source)))?;
    if let Some(other) = other_currency(&table, &layout, terms) {
        return Err(FileError::Currency(other, terms.currency.code()));
    }
    if table.body().next().is_none() {
        return Err(FileError::NothingBooked(0));
    }
    let found = with(&table, &layout, source == Source::Guessed, terms);
    // A guess without headings that fits no row is no guess to show faults of.
    if source == Source::Guessed && !table.has_heading() && found.lines() == 0 && !found.faults.is_empty() {
        let (row, what) = &found.faults[0];
        let what = format!("Row {row}: {what}. Please say what the columns are.");
        return Err(FileError::Columns(not_understood(&what, &table, &source)));
    }
    Ok(found)
}

/// A currency that is not ours, said by a heading of amounts or by the rows before the headings.
fn other_currency(table: &Table, layout: &Layout, terms: &Terms<'_>) -> Option<String> {
    let headings = table.headings();
    let is_money = |column: &Column| {
        matches!(column, Column::Amount | Column::PaidIn | Column::PaidOut | Column::Balance | Column::Fee)
    };
    let named = layout.columns.iter().zip(headings).filter(|(column, _)| is_money(column));
    let by_heading = named.into_iter().find_map(|(_, heading)| headings::other_currency(heading, terms.currency));
    by_heading.or_else(|| {
        let said = table.said(Column::Currency)?;
        let known = crate::money::Currency::from_code(said)?;
        (known != terms.currency).then(|| said.to_owned())
    })
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
    let table = Table::read(text, terms.saved, terms.currency)?;
    let Meaning { mut layout, source, open } = table.layout(terms.layout, terms.saved, terms.currency);
    let width = table.width();
    if source == Source::Guessed && open.is_none() && layout.check().is_err() {
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
fn with(table: &Table, layout: &Layout, is_guessed: bool, terms: &Terms<'_>) -> Found {
    let mut found = Found::new(Format::Csv);
    let groups = rows::read(table, layout, is_guessed, terms, &mut found);
    if !found.faults.is_empty() {
        return found;
    }
    let is_unsigned = layout.place(Column::Amount).is_some() && layout.place(Column::Direction).is_none();
    for group in groups.into_iter().filter(|group| !group.lines.is_empty()) {
        let has_minus = group.lines.iter().any(|line| line.told.amount_minor < 0);
        let said = Said {
            opening_minor: group.opening.map(|(_, minor)| minor),
            closing_minor: group.closing.map(|(_, minor)| minor),
            is_unsigned: is_unsigned && !has_minus,
            wants_proof: is_guessed && layout.place(Column::Fee).is_some(),
        };
        match statement(group, said, table, terms) {
            Ok(told) => found.statements.push(told),
            Err(fault) => found.faults.push(fault),
        }
    }
    found
}

fn statement(group: Group, said: Said, table: &Table, terms: &Terms<'_>) -> Result<Told, (i64, String)> {
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).count();
    let before = table.said(Column::Account).filter(|text| digits(text) >= ACCOUNT_DIGITS_MIN);
    let account = if group.account.is_empty() { before.unwrap_or_default().to_owned() } else { group.account };
    let arranged = order::arrange(group.lines, said, terms.currency)?;
    Ok(Told {
        account,
        opening_minor: arranged.opening_minor,
        closing_minor: arranged.closing_minor,
        lines: arranged.lines,
        ..Told::default()
    })
}

/// Digits by which a text names an account: the last four stand on every card.
const ACCOUNT_DIGITS_MIN: usize = 4;

/// Where a person says what columns are.
pub const WAY_OUT: &str = "That is done once for each bank, at the desk under Bank, where the file is shown.";

fn not_understood(what: &str, table: &Table, source: &Source) -> String {
    match source {
        Source::Guessed => {
            let headings = table.headings().join(", ");
            let named = if headings.is_empty() {
                "no row names them".to_owned()
            } else {
                format!("they are called {headings}")
            };
            format!("The columns of this file are not understood ({named}). {what} {WAY_OUT}")
        }
        Source::Given | Source::Remembered(_) => what.to_owned(),
    }
}
