//! The trial balance: what each account brought forward, what was debited and credited in the days, what it came to.
//! Debit is positive, credit negative; each column of balances sums to nothing.

use super::table::{Column, Rows, Value, columns, word};
use super::{ExportError, Span};
use crate::db::Conn;
use crate::ledger;

pub(super) const COLUMNS: [Column; 6] = columns([
    ("account", 36),
    ("currency", 9),
    ("brought_forward", 16),
    ("debit", 16),
    ("credit", 16),
    ("balance", 16),
]);

pub(super) fn rows(conn: &mut Conn, days: &Span, out: &mut dyn Rows) -> Result<(), ExportError> {
    for line in ledger::turnover(conn, days.from, days.until)? {
        out.row(&[
            word(&line.account),
            line.currency.code().into(),
            Value::Money(line.before_minor, line.currency),
            Value::Money(line.debit_minor, line.currency),
            Value::Money(line.credit_minor, line.currency),
            Value::Money(line.balance_minor(), line.currency),
        ])?;
    }
    Ok(())
}
