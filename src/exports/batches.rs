//! The batches of the post: what was counted, what was entered, and who did what with them. Those of the days on which
//! they came; an amount that differs from its control says that the batch is not posted yet.

use std::collections::HashMap;

use super::table::{Column, Rows, Value, columns, typed, word};
use super::{CHUNK, ExportError, Span};
use crate::batches::{self, Batch, Sums};
use crate::db::Conn;
use crate::funds;

pub(super) const COLUMNS: [Column; 20] = columns([
    ("batch", 8),
    ("kind", 12),
    ("status", 11),
    ("fund", 16),
    ("received_on", 12),
    ("counted", 10),
    ("entered", 10),
    ("control", 14),
    ("amount", 14),
    ("currency", 9),
    ("note", 30),
    ("counted_by", 22),
    ("opened_at", 20),
    ("checked_by", 22),
    ("checked_at", 20),
    ("closed_by", 22),
    ("closed_at", 20),
    ("reversed_by", 22),
    ("reversed_at", 20),
    ("reversed_reason", 30),
]);

pub(super) fn rows(conn: &mut Conn, days: &Span, out: &mut dyn Rows) -> Result<(), ExportError> {
    let slugs: HashMap<i64, String> = funds::all(conn)?.into_iter().map(|fund| (fund.id, fund.slug)).collect();
    let mut last = 0;
    loop {
        let page = batches::after(conn, last, CHUNK)?;
        let Some(newest) = page.last() else { return Ok(()) };
        last = newest.id;
        for batch in page.iter().filter(|batch| days.has(batch.received_on)) {
            let sums = batches::sums_of(conn, batch.id)?;
            let fund = slugs.get(&batch.fund_id).map_or("", String::as_str);
            out.row(&row(batch, &sums, fund))?;
        }
    }
}

fn row(batch: &Batch, sums: &Sums, fund: &str) -> [Value; 20] {
    let who = |who: &Option<String>| typed(who.as_deref().unwrap_or_default());
    [
        Value::Number(batch.id),
        batch.kind.name().into(),
        batch.state.name().into(),
        word(fund),
        Value::Day(batch.received_on),
        Value::Number(batch.control_count),
        Value::Number(sums.count),
        Value::Money(batch.control_minor, batch.currency),
        Value::Money(sums.sum_minor, batch.currency),
        batch.currency.code().into(),
        typed(&batch.note),
        typed(&batch.counted_by),
        Value::Moment(batch.opened_at),
        who(&batch.checked_by),
        batch.checked_at.map_or(Value::Empty, Value::Moment),
        who(&batch.closed_by),
        batch.closed_at.map_or(Value::Empty, Value::Moment),
        who(&batch.reversed_by),
        batch.reversed_at.map_or(Value::Empty, Value::Moment),
        who(&batch.reversed_reason),
    ]
}
