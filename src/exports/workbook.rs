//! A table as XLSX: days are days and amounts are numbers, so that a spreadsheet can sort and add them; a text is stored
//! as a text and never read as a formula.
//!
//! Rows leave memory for a temporary file as they come. A sheet ends at a little over a million rows, so a longer table
//! goes on on the next. The last sheet, "About", says what the table is and at which head of the hash chain it was
//! written; the head is a property of the document too.

use std::io::Write;

use chrono::{DateTime, Utc};
use rust_xlsxwriter::{DocProperties, Format, Workbook, Worksheet, XlsxError};

use super::table::{Column, Rows, Value};
use super::{ExportError, Span};
use crate::ledger::{Posted, chain};
use crate::money::Currency;

/// Rows on one sheet; the format ends at 1,048,576 with the heading.
const ROWS_MAX: u32 = 1_000_000;

/// What stands on the sheet "About".
pub(super) struct About<'a> {
    /// "Gifts"
    pub title: &'static str,
    /// Whose books they are.
    pub society: &'a str,
    /// The days that are covered.
    pub days: Span,
    /// When it was written.
    pub made_at: DateTime<Utc>,
    /// The head of the chain at that moment.
    pub head: &'a Posted,
}

/// A workbook that is being written.
pub(super) struct WorkbookSheet<'a> {
    about: About<'a>,
    columns: &'a [Column],
    book: Workbook,
    sheets: usize,
    /// The next row of the last sheet.
    next: u32,
    rows: u64,
    looks: Looks,
}

struct Looks {
    heading: Format,
    day: Format,
    moment: Format,
    /// By the number of decimals.
    money: [Format; 5],
}

impl Looks {
    fn new() -> Self {
        let money = ["#,##0", "#,##0.0", "#,##0.00", "#,##0.000", "#,##0.0000"];
        Self {
            heading: Format::new().set_bold(),
            day: Format::new().set_num_format("yyyy-mm-dd"),
            moment: Format::new().set_num_format("yyyy-mm-dd hh:mm:ss"),
            money: money.map(|look| Format::new().set_num_format(look)),
        }
    }

    fn money(&self, currency: Currency) -> &Format {
        &self.money[(currency.decimals() as usize).min(self.money.len() - 1)]
    }
}

impl<'a> WorkbookSheet<'a> {
    /// Begins with the columns' names.
    pub(super) fn new(about: About<'a>, columns: &'a [Column]) -> Result<Self, ExportError> {
        let (book, looks) = (Workbook::new(), Looks::new());
        let mut sheet = Self { about, columns, book, sheets: 0, next: 0, rows: 0, looks };
        sheet.turn_over()?;
        Ok(sheet)
    }

    /// Goes on on a new sheet.
    fn turn_over(&mut self) -> Result<(), XlsxError> {
        self.end_sheet()?;
        self.sheets += 1;
        let name = self.about.title.to_owned();
        let name = if self.sheets == 1 { name } else { format!("{name} {}", self.sheets) };
        let sheet = self.book.add_worksheet_with_constant_memory()?.set_name(name)?.set_freeze_panes(1, 0)?;
        for (column, at) in self.columns.iter().zip(0..) {
            sheet.set_column_width(at, column.width)?;
            sheet.write_string_with_format(0, at, column.name, &self.looks.heading)?;
        }
        self.next = 1;
        Ok(())
    }

    /// Lets the reader of the last sheet narrow it down.
    fn end_sheet(&mut self) -> Result<(), XlsxError> {
        let last_column = u16::try_from(self.columns.len().saturating_sub(1)).unwrap_or_default();
        if self.next > 1 {
            self.book.worksheet_from_index(self.sheets - 1)?.autofilter(0, 0, self.next - 1, last_column)?;
        }
        Ok(())
    }

    /// Adds what the reader should know, and writes the file.
    pub(super) fn finish(mut self, out: impl Write + Send) -> Result<(), ExportError> {
        self.end_sheet()?;
        let hash = chain::hex(&self.about.head.hash);
        self.tell_about(&hash)?;
        let number = self.about.head.number.to_string();
        let properties = DocProperties::new()
            .set_title(format!("{}: {}", self.about.title, self.about.days))
            .set_company(self.about.society)
            .set_comment(format!("Head of the ledger: entry {number}, hash {hash}"))
            .set_creation_datetime(&self.about.made_at)
            .set_custom_property("Ledger entry", number)
            .set_custom_property("Ledger hash", hash);
        self.book.set_properties(&properties);
        Ok(self.book.save_to_writer(out)?)
    }

    fn tell_about(&mut self, hash: &str) -> Result<(), XlsxError> {
        let About { title, society, days, made_at, head } = &self.about;
        let made_at = format!("{} UTC", made_at.format("%Y-%m-%d %H:%M:%S"));
        let (entry, rows) = (head.number.to_string(), self.rows.to_string());
        let days = days.to_string();
        let lines = [
            ("Society", *society),
            ("Table", title),
            ("Days", &days),
            ("Rows", &rows),
            ("Written", &made_at),
            ("Last entry of the ledger", &entry),
            ("Its hash", hash),
            ("Days and times", "Times are in UTC."),
        ];
        let sheet = self.book.add_worksheet().set_name("About")?;
        sheet.set_column_width(0, 26)?.set_column_width(1, 70)?;
        for ((what, text), row) in lines.into_iter().zip(0..) {
            sheet.write_string_with_format(row, 0, what, &self.looks.heading)?;
            sheet.write_string(row, 1, text)?;
        }
        Ok(())
    }
}

impl Rows for WorkbookSheet<'_> {
    fn row(&mut self, values: &[Value]) -> Result<(), ExportError> {
        if self.next > ROWS_MAX {
            self.turn_over()?;
        }
        let (row, sheet) = (self.next, self.book.worksheet_from_index(self.sheets - 1)?);
        for (value, at) in values.iter().zip(0..) {
            write(sheet, (row, at), value, &self.looks)?;
        }
        self.next += 1;
        self.rows += 1;
        Ok(())
    }
}

fn write(sheet: &mut Worksheet, (row, at): (u32, u16), value: &Value, looks: &Looks) -> Result<(), XlsxError> {
    match value {
        Value::Empty => return Ok(()),
        Value::Text(text) => sheet.write_string(row, at, text)?,
        Value::Word(word) => sheet.write_string(row, at, word.as_ref())?,
        Value::Number(number) => sheet.write_number(row, at, *number as f64)?,
        // The nearest number there is: exact to the penny far beyond any fund.
        Value::Money(minor, currency) => {
            let amount = *minor as f64 / 10_f64.powi(currency.decimals().cast_signed());
            sheet.write_number_with_format(row, at, amount, looks.money(*currency))?
        }
        Value::Day(day) => sheet.write_datetime_with_format(row, at, day, &looks.day)?,
        Value::Moment(moment) => sheet.write_datetime_with_format(row, at, moment.naive_utc(), &looks.moment)?,
        Value::Truth(truth) => sheet.write_boolean(row, at, *truth)?,
    };
    Ok(())
}
