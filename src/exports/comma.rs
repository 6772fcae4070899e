//! A table as CSV: UTF-8, a comma between the values, a line feed after each row.
//!
//! The last column, `ledger_head`, has the head of the hash chain (`NUMBER:HASH`) in the first row and nothing in the
//! others: a line above or below the table would be one more gift to a program that adds the rows up.

use std::io::Write;

use super::table::{Column, Rows, Value};
use super::{ExportError, cell, moment};
use crate::ledger::{Posted, chain};
use crate::money::plain;

/// The name of the last column.
pub const HEAD_COLUMN: &str = "ledger_head";

/// A CSV file that is being written.
pub(super) struct CommaSheet<W: Write> {
    csv: csv::Writer<W>,
    head: Option<String>,
}

impl<W: Write> CommaSheet<W> {
    /// Begins with the columns' names.
    pub(super) fn new(out: W, columns: &[Column], head: &Posted) -> Result<Self, ExportError> {
        let mut csv = csv::Writer::from_writer(out);
        csv.write_record(columns.iter().map(|column| column.name).chain([HEAD_COLUMN]))?;
        Ok(Self { csv, head: Some(format!("{}:{}", head.number, chain::hex(&head.hash))) })
    }

    pub(super) fn finish(mut self) -> Result<(), ExportError> {
        Ok(self.csv.flush()?)
    }
}

impl<W: Write> Rows for CommaSheet<W> {
    fn row(&mut self, values: &[Value]) -> Result<(), ExportError> {
        for value in values {
            match value {
                Value::Empty => self.csv.write_field("")?,
                Value::Text(text) => self.csv.write_field(cell(text).as_bytes())?,
                Value::Word(word) => self.csv.write_field(word.as_bytes())?,
                Value::Number(number) => self.csv.write_field(number.to_string())?,
                Value::Money(minor, currency) => self.csv.write_field(plain(*minor, *currency))?,
                Value::Day(day) => self.csv.write_field(day.to_string())?,
                Value::Moment(at) => self.csv.write_field(moment(*at))?,
                Value::Truth(truth) => self.csv.write_field(truth.to_string())?,
            }
        }
        self.csv.write_field(self.head.take().unwrap_or_default())?;
        Ok(self.csv.write_record(None::<&[u8]>)?)
    }
}
