//! A CSV file as rows of cells: which sign parts its columns, and which row names them.

use std::collections::HashMap;
use std::ops::Range;

use csv::StringRecord;

use super::super::{FileError, LINES_MAX};
use super::cells::{Cutter, without_quoted};
use super::layout::{Column, Layout, Saved, heading_digest, headless_digest};
use super::{guess, headings};
use crate::money::Currency;

/// Rows before the headings: a bank's greeting, the account's name and balance.
const PREAMBLE_ROWS_MAX: usize = 40;
/// Rows that a guess looks at.
const GUESSED_ROWS: usize = 500;
/// Characters that show which sign parts the columns.
const LOOKED_AT: usize = 64 * 1024;
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

/// What the columns of a table mean.
#[derive(Debug, Clone)]
pub struct Meaning {
    /// What each is.
    pub layout: Layout,
    /// Where that comes from.
    pub source: Source,
    /// What a person must say before it can be read.
    pub open: Option<String>,
}

impl Table {
    /// Cuts a text into cells.
    ///
    /// # Errors
    /// [`FileError`] for a text that has no columns, or too many rows.
    pub fn read(text: &str, saved: &[Saved], currency: Currency) -> Result<Self, FileError> {
        let (said, rest) = separator_said(text);
        let separator = said.unwrap_or_else(|| separator(rest, currency));
        let skipped = i64::from(said.is_some());
        let (mut rows, mut mended) = (Vec::new(), Vec::new());
        for cut in Cutter::new(rest, separator, currency) {
            let cut = cut?;
            if rows.len() > LINES_MAX + PREAMBLE_ROWS_MAX {
                return Err(FileError::TooLong);
            }
            if cut.cells.iter().any(|cell| !cell.trim().is_empty()) {
                if cut.is_mended {
                    mended.push(rows.len());
                }
                rows.push((cut.number + skipped, cut.cells));
            }
        }
        let mut table = Self { rows, heading: None, first: 0 };
        table.find_heading(saved);
        table.check_mended(&mended, text)?;
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

    /// A row in which a mark was taken for a letter must have as many cells as the others, and must not be the end of a
    /// download that was cut short.
    fn check_mended(&self, mended: &[usize], text: &str) -> Result<(), FileError> {
        let mut widths = HashMap::<usize, usize>::new();
        for (_, row) in self.body().take(GUESSED_ROWS) {
            *widths.entry(row.len()).or_default() += 1;
        }
        let usual = widths.into_iter().max_by_key(|(width, rows)| (*rows, *width)).map_or(0, |(width, _)| width);
        for at in mended.iter().copied().filter(|at| *at >= self.first) {
            let (number, row) = &self.rows[at];
            let width = if self.heading.is_some() { self.headings().len() } else { usual };
            let is_cut_short = at + 1 == self.rows.len() && !text.ends_with(['\n', '\r']);
            if row.len() != width || is_cut_short {
                return Err(FileError::Swallowed(*number));
            }
        }
        Ok(())
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

    /// What the rows before the headings say of the whole file: "Account number:" and what stands beside it.
    pub fn said(&self, column: Column) -> Option<&str> {
        let before = &self.rows[..self.heading.unwrap_or(self.first)];
        before.iter().find_map(|(_, row)| {
            let cells: Vec<&str> = cells(row);
            let (label, beside) = cells.iter().copied().find(|cell| !cell.is_empty()).map(|first| {
                let beside =
                    cells.iter().copied().skip_while(|cell| *cell != first).skip(1).find(|cell| !cell.is_empty());
                first
                    .split_once(':')
                    .filter(|(_, rest)| !rest.trim().is_empty())
                    .map_or((first.trim_end_matches(':'), beside.unwrap_or_default()), |(label, rest)| {
                        (label, rest.trim())
                    })
            })?;
            let is_meant = headings::meant(label).is_some_and(|(meant, _)| meant == column);
            (is_meant && !beside.is_empty()).then_some(beside)
        })
    }

    /// What its layout is recognised by.
    pub fn digest(&self) -> [u8; 32] {
        match self.heading {
            Some(_) => heading_digest(self.headings()),
            None => headless_digest(self.width()),
        }
    }

    /// What its columns mean: as somebody said, as it is remembered, or as it is guessed. A layout that is said or
    /// remembered follows its headings, wherever they stand now.
    pub fn layout(&self, given: Option<&Layout>, saved: &[Saved], currency: Currency) -> Meaning {
        let headings = self.headings();
        if let Some(layout) = given {
            return self.given(layout, &headings);
        }
        let digest = self.digest();
        if let Some(known) = saved.iter().find(|known| known.heading == digest) {
            let source = Source::Remembered(known.name.clone());
            return Meaning { layout: known.layout.clone(), source, open: None };
        }
        let mut alike = saved.iter().filter(|known| known.layout.has_headings(&headings));
        if let Some((name, layout)) = alike.find_map(|known| Some((&known.name, known.layout.moved_to(&headings)?))) {
            return Meaning { layout, source: Source::Remembered(name.clone()), open: None };
        }
        let rows: Vec<Vec<&str>> = self.body().take(GUESSED_ROWS).map(|(_, row)| cells(row)).collect();
        match self.heading {
            Some(_) => {
                let layout = guess::from_headings(&headings, &rows, currency);
                Meaning { layout, source: Source::Guessed, open: None }
            }
            None => {
                let (layout, open) = guess::from_rows(&rows, currency);
                Meaning { layout, source: Source::Guessed, open: open.map(str::to_owned) }
            }
        }
    }

    fn given(&self, layout: &Layout, headings: &[&str]) -> Meaning {
        let is_as_it_was = layout.headings.is_empty()
            || self.heading.is_none()
            || heading_digest(layout.headings.iter().map(String::as_str)) == self.digest();
        let moved = if is_as_it_was { Some(layout.clone()) } else { layout.moved_to(headings) };
        let open = moved.is_none().then(|| {
            "The layout names columns that this file does not have, or has twice. Please say at the desk under Bank what \
             the columns are."
                .to_owned()
        });
        Meaning { layout: moved.unwrap_or_else(|| layout.clone()), source: Source::Given, open }
    }

    /// What its columns most likely mean, whatever they are called.
    pub fn by_rows(&self, currency: Currency) -> Layout {
        let rows: Vec<Vec<&str>> = self.body().take(GUESSED_ROWS).map(|(_, row)| cells(row)).collect();
        guess::from_rows(&rows, currency).0
    }

    /// Whether a row names its columns.
    pub fn has_heading(&self) -> bool {
        self.heading.is_some()
    }

    /// A row that is remembered, or that says day and amount, or that stands before the first row with a day in it.
    fn find_heading(&mut self, saved: &[Saved]) {
        let looked_at: Range<usize> = 0..self.rows.len().min(PREAMBLE_ROWS_MAX);
        let is_known = |at: &usize| {
            let row = cells(&self.rows[*at].1);
            let digest = heading_digest(row.iter().copied());
            saved.iter().any(|known| known.heading == digest || known.layout.has_headings(&row))
        };
        let found = looked_at
            .clone()
            .find(is_known)
            .or_else(|| looked_at.clone().find(|at| headings::is_heading(&cells(&self.rows[*at].1))));
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

/// "sep=;" in the first line, as a spreadsheet writes it.
fn separator_said(text: &str) -> (Option<u8>, &str) {
    let (line, rest) = text.split_once('\n').unwrap_or((text, ""));
    match line.trim().trim_matches('"').to_ascii_lowercase().strip_prefix("sep=").map(str::as_bytes) {
        Some([separator]) if !separator.is_ascii_alphanumeric() => (Some(*separator), rest),
        _ => (None, text),
    }
}

/// The sign by which a row names columns that are known; else the one by which most rows have the same number of cells,
/// and many of them. What stands within quotation marks says nothing.
fn separator(text: &str, currency: Currency) -> u8 {
    let bare = without_quoted(text, LOOKED_AT);
    let score = |separator: u8| {
        let mut widths = HashMap::<usize, usize>::new();
        for line in bare.lines().filter(|line| !line.trim().is_empty()).take(GUESSED_ROWS) {
            *widths.entry(line.split(char::from(separator)).count()).or_default() += 1;
        }
        let rows = Cutter::new(text, separator, currency).take(PREAMBLE_ROWS_MAX).flatten();
        let is_understood = rows.into_iter().any(|cut| headings::is_heading(&cells(&cut.cells)));
        let many = widths.into_iter().filter(|(width, _)| *width > 1).map(|(width, rows)| rows * (width + 3)).max();
        (is_understood, many.unwrap_or(0))
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
