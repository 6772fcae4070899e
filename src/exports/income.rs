//! Income by month and account: what came in, what went back, what is left.

use super::table::{Column, Rows, Value, columns, word};
use super::{ExportError, Span};
use crate::db::Conn;
use crate::ledger;

pub(super) const COLUMNS: [Column; 6] =
    columns([("month", 10), ("account", 36), ("currency", 9), ("received", 16), ("given_back", 16), ("income", 16)]);

pub(super) fn rows(conn: &mut Conn, days: &Span, out: &mut dyn Rows) -> Result<(), ExportError> {
    for month in ledger::income_by_month(conn, days.from, days.until)? {
        out.row(&[
            word(&month.month),
            word(&month.account),
            month.currency.code().into(),
            Value::Money(month.credit_minor, month.currency),
            Value::Money(month.debit_minor, month.currency),
            Value::Money(month.credit_minor - month.debit_minor, month.currency),
        ])?;
    }
    Ok(())
}
