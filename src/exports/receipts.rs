//! The receipts in the order of their numbers, with the gift that each acknowledges.
//!
//! With days, those issued on them, as the clock of the first fund tells the day.

use chrono_tz::Tz;

use super::table::{Column, Rows, Value, columns, typed, word};
use super::{CHUNK, ExportError, Span};
use crate::clock::{begin_of, date_in};
use crate::db::Conn;
use crate::donations::{self, Issued};
use crate::funds;
use crate::receipts;

pub(super) const COLUMNS: [Column; 15] = columns([
    ("receipt", 13),
    ("issued_on", 12),
    ("issued_at", 20),
    ("reference", 14),
    ("fund", 16),
    ("appeal", 12),
    ("status", 10),
    ("amount", 12),
    ("refunded", 12),
    ("currency", 9),
    ("method", 15),
    ("received_on", 12),
    ("entry", 9),
    ("name", 24),
    ("email", 28),
]);

pub(super) fn rows(conn: &mut Conn, days: &Span, out: &mut dyn Rows) -> Result<(), ExportError> {
    let zone = funds::all(conn)?.first().map_or(Tz::UTC, |fund| fund.zone);
    let from = days.from.map(|day| begin_of(day, zone));
    let until = days.until.and_then(|day| day.succ_opt()).map(|day| begin_of(day, zone));
    for year in receipts::years(conn)? {
        let mut last = 0;
        loop {
            let issued = donations::issued(conn, year, (from, until), last, CHUNK)?;
            let Some(number) = issued.last().and_then(|one| one.gift.receipt) else { break };
            last = number.number;
            issued.iter().try_for_each(|one| out.row(&row(one, zone)))?;
        }
    }
    Ok(())
}

fn row(one: &Issued, zone: Tz) -> [Value; 15] {
    let gift = &one.gift;
    [
        gift.receipt.map_or(Value::Empty, word),
        Value::Day(date_in(one.issued_at, zone)),
        Value::Moment(one.issued_at),
        word(gift.reference()),
        word(&gift.fund),
        word(&gift.appeal),
        gift.status.name().into(),
        Value::Money(gift.amount_minor, gift.currency),
        Value::Money(gift.returned_minor, gift.currency),
        gift.currency.code().into(),
        gift.method.name().into(),
        gift.received_on.into(),
        gift.entry.into(),
        typed(&gift.name),
        typed(gift.email.as_deref().unwrap_or_default()),
    ]
}
