//! A CSV file as rows of cells: which sign parts its columns, and which row names them.

use std::ops::Range;

use csv::StringRecord;

use super::super::{CELLS_MAX, FileError, LINES_MAX};
use super::guess;
use super::layout::{Layout, Saved, heading_digest, headless_digest};
use crate::money::Currency;

/// Rows before the headings: a bank's greeting, the account's name and balance.
const PREAMBLE_ROWS_MAX: usize = 40;
/// Rows that a guess looks at.
const GUESSED_ROWS: usize = 100;
/// Columns of any bank.
pub const COLUMNS_MAX: usize = 60;

/// A file as cells.
#[derive(Debug)]
pub struct Table {
    /// Rows with something in them, each with its number as a person counts lines.
    rows: Vec<(i64, StringRecord)>,
    /// Which of the rows names the columns, where one does.
    heading: Option<usize>,
    /// Where the lines of the statement begin.
    first: usize,
}

/// Where a layout came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Somebody said it just now.
    Given,
    /// It was remembered under this name.
    Remembered(String),
    /// It follows from the headings or the rows.
    Guessed,
}

impl Table {
    /// Cuts a text into cells.
    ///
    /// # Errors
    /// [`FileError`] for a text that has no columns, or too many rows.
    pub fn read(text: &str, saved: &[Saved]) -> Result<Self, FileError> {
        let (said, text) = separator_said(text);
        let separator = said.unwrap_or_else(|| separator(text));
        let mut rows = Vec::new();
        for record in reader(text, separator).into_records() {
            let record = record.map_err(|error| FileError::Broken("CSV", error.to_string()))?;
            if rows.len() > LINES_MAX + PREAMBLE_ROWS_MAX {
                return Err(FileError::TooLong);
            }
            if record.len() > CELLS_MAX {
                return Err(FileError::TooWide);
            }
            if record.iter().any(|cell| !cell.trim().is_empty()) {
                let number = record.position().map_or(0, |place| i64::try_from(place.line()).unwrap_or(i64::MAX));
                rows.push((number, record));
            }
        }
        let mut table = Self { rows, heading: None, first: 0 };
        table.find_heading(saved);
        if table.width() < 2 {
            return Err(FileError::Columns(
                "The file has only one column, so it is no statement. Please download it as CSV, OFX, CAMT.053 or MT940."
                    .to_owned(),
            ));
        }
        if table.width() > COLUMNS_MAX {
            return Err(FileError::Columns(format!(
                "The file has more than {COLUMNS_MAX} columns, so it is no statement."
            )));
        }
        Ok(table)
    }

    /// How many columns it has.
    pub fn width(&self) -> usize {
        let widest = self.body().take(GUESSED_ROWS).map(|(_, row)| row.len()).max().unwrap_or(0);
        widest.max(self.headings().len())
    }

    /// The names of its columns; none where no row names them.
    pub fn headings(&self) -> Vec<&str> {
        self.heading.map_or_else(Vec::new, |at| cells(&self.rows[at].1))
    }

    /// The rows behind the headings, with their numbers.
    pub fn body(&self) -> impl Iterator<Item = (i64, &StringRecord)> {
        self.rows[self.first..].iter().map(|(number, row)| (*number, row))
    }

    /// What its layout is recognised by.
    pub fn digest(&self) -> [u8; 32] {
        match self.heading {
            Some(_) => heading_digest(self.headings()),
            None => headless_digest(self.width()),
        }
    }

    /// What its columns mean: as somebody said, as it is remembered, or as it is guessed.
    pub fn layout(&self, given: Option<&Layout>, saved: &[Saved], currency: Currency) -> (Layout, Source) {
        if let Some(layout) = given {
            return (layout.clone(), Source::Given);
        }
        let digest = self.digest();
        if let Some(known) = saved.iter().find(|known| known.heading == digest) {
            return (known.layout.clone(), Source::Remembered(known.name.clone()));
        }
        let rows: Vec<Vec<&str>> = self.body().take(GUESSED_ROWS).map(|(_, row)| cells(row)).collect();
        let layout = match self.heading {
            Some(_) => guess::from_headings(&self.headings(), &rows, currency),
            None => guess::from_rows(&rows, currency),
        };
        (layout, Source::Guessed)
    }

    /// What its columns most likely mean, whatever they are called.
    pub fn by_rows(&self, currency: Currency) -> Layout {
        let rows: Vec<Vec<&str>> = self.body().take(GUESSED_ROWS).map(|(_, row)| cells(row)).collect();
        guess::from_rows(&rows, currency)
    }

    /// A row that is remembered, or that says day and amount, or that stands before the first row with a day in it.
    fn find_heading(&mut self, saved: &[Saved]) {
        let looked_at: Range<usize> = 0..self.rows.len().min(PREAMBLE_ROWS_MAX);
        let is_known = |at: &usize| {
            let digest = heading_digest(cells(&self.rows[*at].1));
            saved.iter().any(|known| known.heading == digest)
        };
        let found = looked_at
            .clone()
            .find(is_known)
            .or_else(|| looked_at.clone().find(|at| guess::is_heading(&cells(&self.rows[*at].1))));
        if let Some(at) = found {
            self.heading = Some(at);
            self.first = at + 1;
            return;
        }
        let has_day = |at: &usize| self.rows[*at].1.iter().any(looks_like_day);
        self.first = looked_at.clone().find(has_day).unwrap_or(0);
        let before = self.first.checked_sub(1).filter(|at| {
            let (row, first) = (&self.rows[*at].1, &self.rows[self.first].1);
            row.len() == first.len() && row.iter().filter(|cell| !cell.trim().is_empty()).count() > 1
        });
        self.heading = before;
    }
}

fn looks_like_day(cell: &str) -> bool {
    use super::super::day::{DayOrder, read};
    read(cell, DayOrder::DayFirst).or_else(|| read(cell, DayOrder::MonthFirst)).is_some()
}

fn cells(row: &StringRecord) -> Vec<&str> {
    row.iter().map(str::trim).collect()
}

fn reader(text: &str, separator: u8) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new().flexible(true).has_headers(false).delimiter(separator).from_reader(text.as_bytes())
}

/// "sep=;" in the first line, as a spreadsheet writes it.
fn separator_said(text: &str) -> (Option<u8>, &str) {
    let (line, rest) = text.split_once('\n').unwrap_or((text, ""));
    match line.trim().trim_matches('"').to_ascii_lowercase().strip_prefix("sep=").map(str::as_bytes) {
        Some([separator]) => (Some(*separator), rest),
        _ => (None, text),
    }
}

/// The sign by which most rows have the same number of cells, and many of them.
fn separator(text: &str) -> u8 {
    let score = |separator: u8| {
        let mut widths = std::collections::HashMap::<usize, usize>::new();
        for record in reader(text, separator).into_records().take(GUESSED_ROWS).flatten() {
            *widths.entry(record.len()).or_default() += 1;
        }
        widths.into_iter().filter(|(width, _)| *width > 1).map(|(width, rows)| rows * (width + 3)).max().unwrap_or(0)
    };
    let mut best = (b',', score(b','));
    for other in [b';', b'\t', b'|'] {
        let scored = score(other);
        if scored > best.1 {
            best = (other, scored);
        }
    }
    best.0
}
