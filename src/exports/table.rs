//! A table that leaves as CSV or as XLSX: its columns, and rows that come one after the other.

use std::borrow::Cow;

use chrono::{DateTime, NaiveDate, Utc};

use super::ExportError;
use crate::money::Currency;

/// A column.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// As programs know it: "received_on".
    pub name: &'static str,
    /// Its width on a spreadsheet, in characters.
    pub width: u16,
}

/// Columns from their names and widths.
pub(super) const fn columns<const N: usize>(of: [(&'static str, u16); N]) -> [Column; N] {
    let mut made = [Column { name: "", width: 0 }; N];
    let mut at = 0;
    while at < N {
        made[at] = Column { name: of[at].0, width: of[at].1 };
        at += 1;
    }
    made
}

/// What stands in a cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Nothing.
    Empty,
    /// What somebody typed: it must never become a formula.
    Text(String),
    /// A word or a number of ours, such as a reference.
    Word(Cow<'static, str>),
    /// How many, or which.
    Number(i64),
    /// Minor units.
    Money(i64, Currency),
    /// A day.
    Day(NaiveDate),
    /// A moment, told in UTC.
    Moment(DateTime<Utc>),
    /// Yes or no.
    Truth(bool),
}

impl From<&'static str> for Value {
    fn from(word: &'static str) -> Self {
        Self::Word(word.into())
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Empty, Into::into)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<NaiveDate> for Value {
    fn from(day: NaiveDate) -> Self {
        Self::Day(day)
    }
}

/// A word of ours.
pub(super) fn word(word: impl ToString) -> Value {
    Value::Word(word.to_string().into())
}

/// What somebody typed.
pub(super) fn typed(text: &str) -> Value {
    if text.is_empty() { Value::Empty } else { Value::Text(text.to_owned()) }
}

/// Takes rows as they come.
pub trait Rows {
    /// Takes one row, a value for each column.
    ///
    /// # Errors
    /// [`ExportError`]: the file could not be written.
    fn row(&mut self, values: &[Value]) -> Result<(), ExportError>;
}
