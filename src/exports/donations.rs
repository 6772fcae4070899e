//! The gifts: the columns of the API and what became of each.
//!
//! Without days every gift is there in the order in which it was recorded, promises too; with days those that were
//! received on them, by day.

use super::table::{Column, Rows, Value, columns, typed, word};
use super::{CHUNK, ExportError, Span};
use crate::db::{Conn, DbError};
use crate::donations::{self, Donation, Search};

pub(super) const COLUMNS: [Column; 20] = columns([
    ("reference", 14),
    ("fund", 16),
    ("appeal", 12),
    ("status", 10),
    ("amount", 12),
    ("refunded", 12),
    ("currency", 9),
    ("method", 15),
    ("received_on", 12),
    ("receipt", 13),
    ("entry", 9),
    ("name", 24),
    ("email", 28),
    ("acknowledge_as", 24),
    ("anonymous", 11),
    ("note", 30),
    ("in_memory_of", 20),
    ("memory_in_print", 16),
    ("recorded_at", 20),
    ("recorded_by", 22),
]);

pub(super) fn rows(conn: &mut Conn, days: &Span, out: &mut dyn Rows) -> Result<(), ExportError> {
    let mut last = 0;
    loop {
        let gifts = next(conn, days, last)?;
        let Some(newest) = gifts.last() else { return Ok(()) };
        last = newest.id;
        gifts.iter().try_for_each(|gift| out.row(&row(gift)))?;
    }
}

fn next(conn: &mut Conn, days: &Span, last: i64) -> Result<Vec<Donation>, DbError> {
    if days.is_everything() {
        return donations::after(conn, None, last, CHUNK);
    }
    let wanted = Search { from: days.from, until: days.until, after: Some(last), ..Search::default() };
    let mut gifts = donations::search(conn, &wanted, CHUNK)?;
    // A search shows the newest first.
    gifts.reverse();
    Ok(gifts)
}

fn row(gift: &Donation) -> [Value; 20] {
    [
        word(gift.reference()),
        word(&gift.fund),
        word(&gift.appeal),
        gift.status.name().into(),
        Value::Money(gift.amount_minor, gift.currency),
        Value::Money(gift.returned_minor, gift.currency),
        gift.currency.code().into(),
        gift.method.name().into(),
        gift.received_on.into(),
        gift.receipt.map_or(Value::Empty, word),
        gift.entry.into(),
        typed(&gift.name),
        typed(gift.email.as_deref().unwrap_or_default()),
        typed(&gift.acknowledge_as),
        Value::Truth(gift.anonymous),
        typed(&gift.note),
        typed(&gift.in_memory_of),
        Value::Truth(gift.memory_in_print),
        Value::Moment(gift.recorded_at),
        typed(&gift.recorded_by),
    ]
}
