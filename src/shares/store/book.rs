//! SQL of the book: events and lines.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use diesel::prelude::*;

use crate::db::schema::{share_events, share_lines};
use crate::db::stored::stored_as_text;
use crate::db::{Conn, DbError};
use crate::ledger::GENESIS;
use crate::shares::book::{EventKind, NewEvent, NewLine};
use crate::shares::{Deed, Ground, Holder};

/// Holders asked for in one statement, below SQLite's limit of placeholders.
const HOLDERS_PER_QUERY_MAX: usize = 1_000;

/// An event with its place in the book.
pub(in crate::shares) struct Numbered<'a> {
    pub number: i64,
    pub entry: Option<i64>,
    pub hash: Vec<u8>,
    pub event: &'a NewEvent,
}

/// The number and the hash of the last event.
pub(in crate::shares) fn head(conn: &mut Conn) -> Result<(i64, Vec<u8>), DbError> {
    let last: Option<(i64, Vec<u8>)> = share_events::table
        .order(share_events::number.desc())
        .select((share_events::number, share_events::hash))
        .first(conn)
        .optional()?;
    Ok(last.unwrap_or_else(|| (0, GENESIS.to_vec())))
}

#[derive(Insertable)]
#[diesel(table_name = share_events, treat_none_as_default_value = false)]
struct EventRow {
    number: i64,
    kind: &'static str,
    effective_on: NaiveDate,
    recorded_at: NaiveDateTime,
    recorded_by: String,
    minute: String,
    subject: String,
    reason: String,
    reverses: Option<i64>,
    entry: Option<i64>,
    request_id: String,
    hash: Vec<u8>,
    ground: Option<&'static str>,
    is_interest: bool,
}

#[derive(Insertable)]
#[diesel(table_name = share_lines, treat_none_as_default_value = false)]
struct LineRow {
    event: i64,
    line: i64,
    holder_id: Option<i64>,
    class_id: i64,
    shares: i64,
    paid_minor: i64,
    effective_on: NaiveDate,
    counts_as: i64,
}

pub(in crate::shares) fn insert_all(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &Deed,
    rows: &[Numbered<'_>],
) -> Result<(), DbError> {
    let events: Vec<EventRow> = rows
        .iter()
        .map(|row| EventRow {
            number: row.number,
            kind: row.event.kind.name(),
            effective_on: row.event.effective_on,
            recorded_at: now.naive_utc(),
            recorded_by: deed.by.clone(),
            minute: row.event.minute.clone(),
            subject: row.event.subject.clone(),
            reason: row.event.reason.clone(),
            reverses: row.event.reverses,
            entry: row.entry,
            request_id: deed.request_id.clone(),
            hash: row.hash.clone(),
            ground: row.event.ground.map(Ground::name),
            is_interest: row.event.is_interest,
        })
        .collect();
    let lines: Vec<LineRow> = rows
        .iter()
        .flat_map(|row| {
            row.event.lines.iter().zip(1..).map(|(line, at)| LineRow {
                event: row.number,
                line: at,
                holder_id: line.holder,
                class_id: line.class,
                shares: line.shares,
                paid_minor: line.paid_minor,
                effective_on: row.event.effective_on,
                counts_as: row.event.reverses.unwrap_or(row.number),
            })
        })
        .collect();
    insert_all!(conn, share_events::table, &events)?;
    insert_all!(conn, share_lines::table, &lines)?;
    Ok(())
}

/// Every line of these holders: holder, class, day, shares.
pub(in crate::shares) fn moves_of(
    conn: &mut Conn,
    holders: &[i64],
) -> Result<Vec<(i64, i64, NaiveDate, i64)>, DbError> {
    let mut found: Vec<(Option<i64>, i64, NaiveDate, i64)> = Vec::new();
    for some in holders.chunks(HOLDERS_PER_QUERY_MAX) {
        let rows: Vec<(Option<i64>, i64, NaiveDate, i64)> = share_lines::table
            .filter(share_lines::holder_id.eq_any(some.iter().copied().map(Some)))
            .select((share_lines::holder_id, share_lines::class_id, share_lines::effective_on, share_lines::shares))
            .load(conn)?;
        found.extend(rows);
    }
    Ok(found.into_iter().filter_map(|(holder, class, on, shares)| holder.map(|id| (id, class, on, shares))).collect())
}

stored_as_text!(EventKind, Ground);

/// An event as the book has it.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = share_events)]
pub struct Event {
    /// Its number.
    pub number: i64,
    /// What happened.
    pub kind: EventKind,
    /// The day it counts from.
    pub effective_on: NaiveDate,
    /// When it was recorded, in UTC.
    pub recorded_at: NaiveDateTime,
    /// By whom.
    pub recorded_by: String,
    /// Where the committee's decision is written down.
    pub minute: String,
    /// What caused it.
    pub subject: String,
    /// Why.
    pub reason: String,
    /// The event that it reverses.
    pub reverses: Option<i64>,
    /// Its entry in the ledger.
    pub entry: Option<i64>,
    /// Its hash.
    pub hash: Vec<u8>,
    /// On which ground shares passed on without a transfer.
    pub ground: Option<Ground>,
    /// Whether interest was added to a holding by it.
    pub is_interest: bool,
}

/// The event with this number.
pub(in crate::shares) fn event(conn: &mut Conn, number: i64) -> Result<Option<Event>, DbError> {
    Ok(share_events::table.find(number).select(Event::as_select()).first(conn).optional()?)
}

/// The event that reverses this one, if any.
pub(in crate::shares) fn reversal_of(conn: &mut Conn, number: i64) -> Result<Option<i64>, DbError> {
    Ok(share_events::table
        .filter(share_events::reverses.eq(number))
        .select(share_events::number)
        .first(conn)
        .optional()?)
}

/// The lines of an event, in their order.
pub(in crate::shares) fn lines_of(conn: &mut Conn, event: i64) -> Result<Vec<NewLine>, DbError> {
    let rows: Vec<LineOf> = share_lines::table
        .filter(share_lines::event.eq(event))
        .order(share_lines::line)
        .select(LINE_COLUMNS)
        .load(conn)?;
    Ok(rows.into_iter().map(line_of).collect())
}

type LineOf = (Option<i64>, i64, i64, i64);
const LINE_COLUMNS: (share_lines::holder_id, share_lines::class_id, share_lines::shares, share_lines::paid_minor) =
    (share_lines::holder_id, share_lines::class_id, share_lines::shares, share_lines::paid_minor);

fn line_of((holder, class, shares, paid_minor): LineOf) -> NewLine {
    NewLine { holder, class, shares, paid_minor }
}

/// The newest events.
///
/// # Errors
/// Only when the database fails.
pub fn latest(conn: &mut Conn, limit: i64) -> Result<Vec<Event>, DbError> {
    Ok(share_events::table.order(share_events::number.desc()).limit(limit).select(Event::as_select()).load(conn)?)
}

/// A line of an event, with whoever it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineWhole {
    /// None is the society.
    pub holder: Option<Holder>,
    /// The class.
    pub class: i64,
    /// Signed.
    pub shares: i64,
    /// Signed.
    pub paid_minor: i64,
}

/// An event with all that belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventWhole {
    /// The event.
    pub event: Event,
    /// Its lines.
    pub lines: Vec<LineWhole>,
    /// The event that reverses it.
    pub reversed_by: Option<i64>,
}

/// The event with this number, with all that belongs to it.
///
/// # Errors
/// Only when the database fails.
pub fn event_whole(conn: &mut Conn, number: i64) -> Result<Option<EventWhole>, DbError> {
    let Some(event) = event(conn, number)? else { return Ok(None) };
    let reversed_by = reversal_of(conn, number)?;
    let mut lines = Vec::new();
    for line in lines_of(conn, number)? {
        let holder = match line.holder {
            Some(id) => super::holders::holder(conn, id)?,
            None => None,
        };
        lines.push(LineWhole { holder, class: line.class, shares: line.shares, paid_minor: line.paid_minor });
    }
    Ok(Some(EventWhole { event, lines, reversed_by }))
}

/// Events after a number with their lines, for whoever reads the whole book.
pub(in crate::shares) fn events_after(
    conn: &mut Conn,
    after: i64,
    limit: i64,
) -> Result<Vec<(Event, Vec<NewLine>)>, DbError> {
    let events: Vec<Event> = share_events::table
        .filter(share_events::number.gt(after))
        .order(share_events::number)
        .limit(limit)
        .select(Event::as_select())
        .load(conn)?;
    let Some(last) = events.last().map(|event| event.number) else { return Ok(Vec::new()) };
    let lines: Vec<(i64, LineOf)> = share_lines::table
        .filter(share_lines::event.gt(after))
        .filter(share_lines::event.le(last))
        .order((share_lines::event, share_lines::line))
        .select((share_lines::event, LINE_COLUMNS))
        .load(conn)?;
    let mut lines = lines.into_iter().peekable();
    Ok(events
        .into_iter()
        .map(|event| {
            let mut own = Vec::new();
            while let Some((_, line)) = lines.next_if(|(number, _)| *number == event.number) {
                own.push(line_of(line));
            }
            (event, own)
        })
        .collect())
}

/// The last event that was recorded by then; 0 when none was.
pub(in crate::shares) fn known_by(conn: &mut Conn, at: DateTime<Utc>) -> Result<i64, DbError> {
    let last: Option<i64> = share_events::table
        .filter(share_events::recorded_at.le(at.naive_utc()))
        .select(diesel::dsl::max(share_events::number))
        .first(conn)?;
    Ok(last.unwrap_or(0))
}

/// A line of a holder: the event it counts as, holder, class, day, shares, paid.
pub(in crate::shares) type Moved = (i64, i64, i64, NaiveDate, i64, i64);

/// Every line of these holders up to a day and an event, in the order of days.
pub(in crate::shares) fn history_of(
    conn: &mut Conn,
    holders: &[i64],
    as_at: NaiveDate,
    known: i64,
) -> Result<Vec<Moved>, DbError> {
    let mut found: Vec<(i64, Option<i64>, i64, NaiveDate, i64, i64)> = Vec::new();
    for some in holders.chunks(HOLDERS_PER_QUERY_MAX) {
        let rows: Vec<(i64, Option<i64>, i64, NaiveDate, i64, i64)> = share_lines::table
            .filter(share_lines::holder_id.eq_any(some.iter().copied().map(Some)))
            .filter(share_lines::effective_on.le(as_at))
            .filter(share_lines::event.le(known))
            .select((
                share_lines::counts_as,
                share_lines::holder_id,
                share_lines::class_id,
                share_lines::effective_on,
                share_lines::shares,
                share_lines::paid_minor,
            ))
            .load(conn)?;
        found.extend(rows);
    }
    found.sort_unstable_by_key(|row| (row.1, row.3, row.0));
    Ok(found
        .into_iter()
        .filter_map(|(event, holder, class, on, shares, paid)| holder.map(|id| (event, id, class, on, shares, paid)))
        .collect())
}

/// Events that count on `as_at` but were recorded only after event `known`.
pub(in crate::shares) fn recorded_later(conn: &mut Conn, as_at: NaiveDate, known: i64) -> Result<Vec<i64>, DbError> {
    Ok(share_events::table
        .filter(share_events::effective_on.le(as_at))
        .filter(share_events::number.gt(known))
        .order(share_events::number)
        .select(share_events::number)
        .load(conn)?)
}

/// Events that move a holder's shares, oldest first, with the class and the shares that they move.
///
/// # Errors
/// Only when the database fails.
pub fn events_of(conn: &mut Conn, holder: i64) -> Result<Vec<(Event, i64, i64)>, DbError> {
    let rows: Vec<(Event, i64, i64)> = share_lines::table
        .inner_join(share_events::table)
        .filter(share_lines::holder_id.eq(holder))
        .order((share_events::effective_on, share_events::number))
        .select((Event::as_select(), share_lines::class_id, share_lines::shares))
        .load(conn)?;
    Ok(rows)
}
