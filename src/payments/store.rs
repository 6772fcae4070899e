//! All SQL of allocations.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::{Allocation, By, PurposeKind, Source};
use crate::db::schema::{allocations, entries};
use crate::db::{Conn, DbError};
use crate::ledger::{self, Entry};

/// Numbers asked for in one statement, below SQLite's limit of placeholders.
const NUMBERS_PER_QUERY_MAX: usize = 1_000;

/// As [`Source::name`] writes it.
const STATEMENT_LINE: &str = "statement_line";

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = allocations, treat_none_as_default_value = false)]
struct AllocationRow {
    id: i64,
    source: String,
    source_id: i64,
    amount_minor: i64,
    purpose: String,
    subject: String,
    note: String,
    entry: i64,
    made_at: NaiveDateTime,
    made_by: String,
    request_id: String,
    undone_at: Option<NaiveDateTime>,
    undone_by: Option<String>,
    undone_reason: Option<String>,
    undone_entry: Option<i64>,
}

impl TryFrom<AllocationRow> for Allocation {
    type Error = DbError;

    fn try_from(row: AllocationRow) -> Result<Self, DbError> {
        let odd = |what: &str| DbError::Corrupt(format!("allocation {} has an unknown {what}", row.id));
        Ok(Self {
            id: row.id,
            source: Source::of(&row.source, row.source_id).ok_or_else(|| odd("source"))?,
            amount_minor: row.amount_minor,
            purpose: PurposeKind::from_name(&row.purpose).ok_or_else(|| odd("purpose"))?,
            subject: row.subject,
            note: row.note,
            entry: row.entry,
            made_at: row.made_at.and_utc(),
            made_by: row.made_by,
            request_id: row.request_id,
            undone_at: row.undone_at.map(|at| at.and_utc()),
            undone_by: row.undone_by,
            undone_reason: row.undone_reason,
            undone_entry: row.undone_entry,
        })
    }
}

/// The allocations of these payments, those that were taken back too, oldest first.
///
/// # Errors
/// Only when the database fails.
pub fn allocations_of(conn: &mut Conn, sources: &[Source]) -> Result<Vec<Allocation>, DbError> {
    let mut found = Vec::new();
    for name in ["batch_row", "statement_line"] {
        let ids: Vec<i64> = sources.iter().filter(|source| source.name() == name).map(|source| source.id()).collect();
        for some in ids.chunks(NUMBERS_PER_QUERY_MAX) {
            let rows: Vec<AllocationRow> = allocations::table
                .filter(allocations::source.eq(name))
                .filter(allocations::source_id.eq_any(some))
                .order(allocations::id)
                .select(AllocationRow::as_select())
                .load(conn)?;
            for row in rows {
                found.push(Allocation::try_from(row)?);
            }
        }
    }
    Ok(found)
}

/// The allocations that this entry is of or is linked to, those that were taken back too, oldest first.
///
/// # Errors
/// Only when the database fails.
pub fn allocations_of_entry(conn: &mut Conn, entry: i64) -> Result<Vec<Allocation>, DbError> {
    let rows: Vec<AllocationRow> = allocations::table
        .filter(allocations::entry.eq(entry))
        .order(allocations::id)
        .select(AllocationRow::as_select())
        .load(conn)?;
    rows.into_iter().map(Allocation::try_from).collect()
}

/// A portion to be noted.
pub(super) struct NewAllocation<'a> {
    pub source: Source,
    pub amount_minor: i64,
    pub purpose: PurposeKind,
    pub subject: String,
    pub note: &'a str,
    pub entry: i64,
}

pub(super) fn insert_all(
    conn: &mut Conn,
    now: DateTime<Utc>,
    by: &By,
    new: &[NewAllocation<'_>],
) -> Result<Vec<Allocation>, DbError> {
    let last: Option<i64> = allocations::table.select(diesel::dsl::max(allocations::id)).first(conn)?;
    let rows: Vec<AllocationRow> = new
        .iter()
        .zip(last.unwrap_or(0) + 1..)
        .map(|(new, id)| AllocationRow {
            id,
            source: new.source.name().to_owned(),
            source_id: new.source.id(),
            amount_minor: new.amount_minor,
            purpose: new.purpose.name().to_owned(),
            subject: new.subject.clone(),
            note: new.note.to_owned(),
            entry: new.entry,
            made_at: now.naive_utc(),
            made_by: by.who.clone(),
            request_id: by.request_id.clone(),
            undone_at: None,
            undone_by: None,
            undone_reason: None,
            undone_entry: None,
        })
        .collect();
    insert_all!(conn, allocations::table, &rows)?;
    rows.into_iter().map(Allocation::try_from).collect()
}

/// What lines of the bank tell of each of these entries already, linked to it or posted for it.
pub(super) fn linked_minor(conn: &mut Conn, numbers: &[i64]) -> Result<HashMap<i64, i64>, DbError> {
    let mut found = HashMap::new();
    for some in numbers.chunks(NUMBERS_PER_QUERY_MAX) {
        let rows: Vec<(i64, i64)> = allocations::table
            .filter(allocations::entry.eq_any(some))
            .filter(allocations::source.eq(STATEMENT_LINE))
            .filter(allocations::undone_at.is_null())
            .group_by(allocations::entry)
            .select((allocations::entry, diesel::dsl::sql::<BigInt>("CAST(SUM(amount_minor) AS BIGINT)")))
            .load(conn)?;
        found.extend(rows);
    }
    Ok(found)
}

/// Notes that allocations were taken back, each with the entry that did so.
pub(super) fn note_undone(
    conn: &mut Conn,
    now: DateTime<Utc>,
    by: &By,
    reason: &str,
    undone: &[(i64, Option<i64>)],
) -> Result<(), DbError> {
    for (id, entry) in undone {
        diesel::update(allocations::table.find(*id))
            .set((
                allocations::undone_at.eq(now.naive_utc()),
                allocations::undone_by.eq(&by.who),
                allocations::undone_reason.eq(reason),
                allocations::undone_entry.eq(*entry),
            ))
            .execute(conn)?;
    }
    Ok(())
}

/// Many entries with their lines, by number.
pub(super) fn entries(conn: &mut Conn, numbers: &[i64]) -> Result<Vec<Entry>, DbError> {
    let mut found = Vec::with_capacity(numbers.len());
    for some in numbers.chunks(NUMBERS_PER_QUERY_MAX) {
        found.extend(ledger::entries_numbered(conn, some)?);
    }
    Ok(found)
}

/// How many allocations there are, and one that names an entry which is not there.
pub(super) fn without_entry(conn: &mut Conn) -> Result<(i64, Option<i64>), DbError> {
    let count = allocations::table.count().get_result(conn)?;
    let there = entries::table.filter(entries::number.eq(allocations::entry)).select(entries::number);
    let alone = allocations::table
        .filter(diesel::dsl::not(diesel::dsl::exists(there)))
        .select(allocations::id)
        .first(conn)
        .optional()?;
    Ok((count, alone))
}

/// A subject of two allocations that both stand, where one is all there can be.
pub(super) fn twice(conn: &mut Conn) -> Result<Option<String>, DbError> {
    let once = [PurposeKind::Gift, PurposeKind::Promise].map(PurposeKind::name);
    let gift: Option<String> = allocations::table
        .filter(allocations::purpose.eq_any(once))
        .filter(allocations::undone_at.is_null())
        .group_by(allocations::subject)
        .having(diesel::dsl::count_star().gt(1))
        .select(allocations::subject)
        .first(conn)
        .optional()?;
    if gift.is_some() {
        return Ok(gift);
    }
    let entry: Option<i64> = allocations::table
        .filter(allocations::purpose.eq(PurposeKind::Shares.name()))
        .group_by(allocations::entry)
        .having(diesel::dsl::count_star().gt(1))
        .select(allocations::entry)
        .first(conn)
        .optional()?;
    Ok(entry.map(|entry| format!("entry {entry}")))
}

/// One that was taken back although nothing in the ledger says so.
pub(super) fn silently_undone(conn: &mut Conn) -> Result<Option<i64>, DbError> {
    Ok(allocations::table
        .filter(allocations::undone_at.is_not_null())
        .filter(allocations::undone_entry.is_null())
        .filter(allocations::purpose.ne(PurposeKind::Known.name()))
        .select(allocations::id)
        .first(conn)
        .optional()?)
}
