//! Cuts a text into rows of cells, with quotation marks as banks and payers write them.
//!
//! Invariant: a quotation mark never swallows a row. One that does not close within its cell is a letter that a payer
//! wrote, and is left out; one that closes only behind other rows is refused with the row in which it opens.

use csv::StringRecord;

use super::super::amount::{Decimal, signed};
use super::super::day::{DayOrder, read as read_day};
use super::super::{CELLS_MAX, FileError};
use crate::money::Currency;

/// Longest quoted cell: no text of a bank comes near, and what is longer is a mark that does not close.
const QUOTED_BYTES_MAX: usize = 4_000;

/// A row, where it begins as a person counts lines, and whether a quotation mark in it did not close.
#[derive(Debug)]
pub struct Cut {
    /// Counted from one.
    pub number: i64,
    /// Its cells, as they stand.
    pub cells: StringRecord,
    /// Whether a mark was taken for a letter.
    pub is_mended: bool,
}

/// Rows of a text, one after the other.
pub struct Cutter<'a> {
    text: &'a str,
    separator: u8,
    at: usize,
    number: i64,
    currency: Currency,
}

impl<'a> Cutter<'a> {
    /// Begins with the first row.
    pub fn new(text: &'a str, separator: u8, currency: Currency) -> Self {
        Self { text, separator, at: 0, number: 1, currency }
    }

    fn row(&mut self) -> Result<Cut, FileError> {
        let mut cut = Cut { number: self.number, cells: StringRecord::new(), is_mended: false };
        loop {
            if cut.cells.len() > CELLS_MAX {
                return Err(FileError::TooWide);
            }
            let ends_row = match self.quoted()? {
                Quoted::Cell(text, ends_row) => {
                    cut.cells.push_field(&text);
                    ends_row
                }
                quoted => {
                    let is_stray = matches!(quoted, Quoted::Stray);
                    cut.is_mended |= is_stray;
                    let (text, ends_row) = self.plain();
                    cut.cells.push_field(if is_stray { text.trim_start().trim_start_matches('"') } else { text });
                    ends_row
                }
            };
            if ends_row {
                return Ok(cut);
            }
        }
    }

    /// A cell without marks: up to the separator or the end of the line.
    fn plain(&mut self) -> (&'a str, bool) {
        let bytes = self.text.as_bytes();
        let from = self.at;
        let is_end = |byte: &u8| *byte == self.separator || matches!(byte, b'\n' | b'\r');
        let end = bytes[from..].iter().position(is_end).map_or(bytes.len(), |length| from + length);
        self.at = end;
        (&self.text[from..end], self.step())
    }

    /// Goes over the separator or the end of the line; whether the row ends there.
    fn step(&mut self) -> bool {
        let rest = &self.text.as_bytes()[self.at..];
        match rest {
            [b'\r', b'\n', ..] => self.at += 2,
            [b'\n' | b'\r', ..] => self.at += 1,
            [_, ..] => {
                self.at += 1;
                return false;
            }
            [] => return true,
        }
        self.number += 1;
        true
    }

    /// A cell in marks, if one begins here. A mark closes where a separator or the end of a line follows.
    fn quoted(&mut self) -> Result<Quoted, FileError> {
        let bytes = self.text.as_bytes();
        let mut at = self.at;
        while bytes.get(at) == Some(&b' ') {
            at += 1;
        }
        if bytes.get(at) != Some(&b'"') {
            return Ok(Quoted::No);
        }
        let begin = at + 1;
        let (mut at, mut text, mut from) = (begin, String::new(), begin);
        let mut end = (begin + QUOTED_BYTES_MAX).min(bytes.len());
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        while let Some(length) = self.text.get(at..end).and_then(|rest| rest.find('"')) {
            let mark = at + length;
            let mut behind = mark + 1;
            while bytes.get(behind) == Some(&b' ') && self.separator != b' ' {
                behind += 1;
            }
            let closes = bytes.get(behind).is_none_or(|byte| *byte == self.separator || matches!(byte, b'\n' | b'\r'));
            if bytes.get(mark + 1) == Some(&b'"') {
                text.push_str(&self.text[from..=mark]);
                (at, from) = (mark + 2, mark + 2);
            } else if closes {
                text.push_str(&self.text[from..mark]);
                return self.close(text, behind);
            } else {
                at = mark + 1;
            }
        }
        Ok(Quoted::Stray)
    }

    fn close(&mut self, text: String, behind: usize) -> Result<Quoted, FileError> {
        if text.lines().skip(1).any(|line| self.is_like_row(line)) {
            return Err(FileError::Swallowed(self.number));
        }
        let ends = text.bytes().filter(|byte| *byte == b'\n').count();
        self.number += i64::try_from(ends).unwrap_or_default();
        self.at = behind;
        let ends_row = self.step();
        Ok(Quoted::Cell(text, ends_row))
    }

    /// Whether a line within a cell says a day and an amount, as rows do.
    fn is_like_row(&self, line: &str) -> bool {
        let cells = || line.split(char::from(self.separator)).map(|cell| cell.trim().trim_matches('"'));
        let is_day =
            |cell: &str| read_day(cell, DayOrder::DayFirst).or_else(|| read_day(cell, DayOrder::MonthFirst)).is_some();
        let is_amount = |cell: &str| {
            cell.contains(|c: char| c.is_ascii_digit())
                && [Decimal::Point, Decimal::Comma].iter().any(|one| signed(cell, *one, self.currency).is_ok())
        };
        cells().count() > 1 && cells().any(is_day) && cells().any(|cell| !is_day(cell) && is_amount(cell))
    }
}

enum Quoted {
    No,
    Cell(String, bool),
    /// A mark opens and does not close.
    Stray,
}

impl Iterator for Cutter<'_> {
    type Item = Result<Cut, FileError>;

    fn next(&mut self) -> Option<Self::Item> {
        (self.at < self.text.len()).then(|| self.row())
    }
}

/// The text without what stands in quotation marks, which says nothing of the separator.
pub fn without_quoted(text: &str, bytes_max: usize) -> String {
    let mut left = String::new();
    let mut is_begin = true;
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if left.len() > bytes_max {
            break;
        }
        if c == '"' && is_begin {
            let closes = |at: &usize| {
                rest[at + 1..]
                    .trim_start_matches(' ')
                    .chars()
                    .next()
                    .is_none_or(|next| SEPARATORS_AND_ENDS.contains(next))
            };
            let marks = rest.char_indices().skip(1).take(QUOTED_BYTES_MAX).filter(|(_, c)| *c == '"').map(|(at, _)| at);
            if let Some(end) = marks.into_iter().find(closes) {
                rest = &rest[end + 1..];
                is_begin = false;
                continue;
            }
        }
        is_begin = SEPARATORS_AND_ENDS.contains(c) || (is_begin && c == ' ');
        left.push(c);
        rest = &rest[c.len_utf8()..];
    }
    left
}

const SEPARATORS_AND_ENDS: &str = ",;\t|\r\n";
