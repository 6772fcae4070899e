//! The lines of the bank's statements, the oldest first, with the account that they are of and whether somebody has said
//! what each is for. With days, those booked on them.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::table::{Column, Rows, Value, columns, typed, word};
use super::{CHUNK, ExportError, Span};
use crate::db::{Conn, DbError};
use crate::statements::{self, Line, Statement, Wanted};

pub(super) const COLUMNS: [Column; 10] = columns([
    ("booked_on", 12),
    ("amount", 14),
    ("currency", 9),
    ("payer", 28),
    ("payer_account", 26),
    ("reference", 30),
    ("description", 40),
    ("balance", 14),
    ("account", 26),
    ("state", 10),
]);

pub(super) fn rows(conn: &mut Conn, days: &Span, out: &mut dyn Rows) -> Result<(), ExportError> {
    let mut known: HashMap<i64, Statement> = HashMap::new();
    let mut after = None;
    loop {
        let wanted = Wanted { from: days.from, until: days.until, after, ..Wanted::default() };
        let page = statements::lines(conn, &wanted, CHUNK)?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(last.place());
        for line in &page {
            if let Entry::Vacant(place) = known.entry(line.statement_id) {
                let odd = || DbError::Corrupt(format!("line {} is of a statement that is not there", line.id));
                let statement = statements::statement(conn, line.statement_id)?.ok_or_else(odd)?;
                place.insert(statement);
            }
            if let Some(statement) = known.get(&line.statement_id) {
                out.row(&row(line, statement))?;
            }
        }
    }
}

fn row(line: &Line, statement: &Statement) -> [Value; 10] {
    let currency = statement.currency;
    [
        line.booked_on.into(),
        Value::Money(line.amount_minor, currency),
        word(currency.code()),
        typed(&line.payer),
        typed(&line.payer_account),
        typed(&line.reference),
        typed(&line.description),
        line.balance_minor.map_or(Value::Empty, |minor| Value::Money(minor, currency)),
        typed(&statement.account),
        line.state.name().into(),
    ]
}
