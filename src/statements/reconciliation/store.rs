//! SQL that lays statements and the bank account side by side.

use std::collections::HashMap;

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::Item;
use crate::db::schema::{accounts, allocations, entries, postings, statement_lines, statements};
use crate::db::{Conn, DbError};
use crate::ledger;
use crate::money::Currency;

/// The first day of all statements and the last.
pub fn span(conn: &mut Conn) -> Result<Option<(NaiveDate, NaiveDate)>, DbError> {
    let (first, last): (Option<NaiveDate>, Option<NaiveDate>) = statements::table
        .select((diesel::dsl::min(statements::from_on), diesel::dsl::max(statements::until_on)))
        .first(conn)?;
    Ok(first.zip(last))
}

/// What the first statement says that the account held before it; none where it does not say.
pub fn opening(conn: &mut Conn, first: NaiveDate) -> Result<Option<i64>, DbError> {
    let found: Option<Option<i64>> = statements::table
        .filter(statements::from_on.eq(first))
        .filter(statements::opening_minor.is_not_null())
        .order(statements::id)
        .select(statements::opening_minor)
        .first(conn)
        .optional()?;
    Ok(found.flatten())
}

/// The bank's balance at the end of a day: the nearest that a statement tells, with the lines between the two.
pub fn standing(conn: &mut Conn, on: NaiveDate) -> Result<Option<i64>, DbError> {
    if let Some((day, closing)) = crate::statements::standing(conn, on)? {
        let after = day.succ_opt().unwrap_or(day);
        return Ok(Some(closing + lines_between(conn, after, on)?));
    }
    let next: Option<(NaiveDate, Option<i64>)> = statements::table
        .filter(statements::from_on.le(on))
        .filter(statements::opening_minor.is_not_null())
        .order((statements::from_on.desc(), statements::id))
        .select((statements::from_on, statements::opening_minor))
        .first(conn)
        .optional()?;
    match next {
        Some((from, Some(opening))) => Ok(Some(opening + lines_between(conn, from, on)?)),
        _ => Ok(None),
    }
}

/// What the lines of a span of days add up to.
pub fn lines_between(conn: &mut Conn, from: NaiveDate, until: NaiveDate) -> Result<i64, DbError> {
    Ok(statement_lines::table
        .filter(statement_lines::booked_on.between(from, until))
        .select(diesel::dsl::sql::<BigInt>("CAST(COALESCE(SUM(amount_minor), 0) AS BIGINT)"))
        .first(conn)?)
}

/// What the lines up to `on` tell of entries of each day from `first` to `on`.
pub fn linked_by_day(conn: &mut Conn, first: NaiveDate, on: NaiveDate) -> Result<HashMap<NaiveDate, i64>, DbError> {
    let rows: Vec<(NaiveDate, i64)> = allocations::table
        .inner_join(entries::table.on(entries::number.eq(allocations::entry)))
        .inner_join(statement_lines::table.on(statement_lines::id.eq(allocations::source_id)))
        .filter(allocations::source.eq("statement_line"))
        .filter(allocations::undone_at.is_null())
        .filter(statement_lines::booked_on.le(on))
        .filter(entries::effective_on.between(first, on))
        .group_by(entries::effective_on)
        .select((entries::effective_on, diesel::dsl::sql::<BigInt>("CAST(SUM(allocations.amount_minor) AS BIGINT)")))
        .load(conn)?;
    Ok(rows.into_iter().collect())
}

type OtherRow = (i64, NaiveDate, String, String, i64, i64, NaiveDate);

/// Lines up to `on` whose entries count from a day after it, or from before the first statement.
pub fn lines_on_other_days(conn: &mut Conn, first: NaiveDate, on: NaiveDate) -> Result<Vec<Item>, DbError> {
    let rows: Vec<OtherRow> = allocations::table
        .inner_join(entries::table.on(entries::number.eq(allocations::entry)))
        .inner_join(statement_lines::table.on(statement_lines::id.eq(allocations::source_id)))
        .filter(allocations::source.eq("statement_line"))
        .filter(allocations::undone_at.is_null())
        .filter(statement_lines::booked_on.le(on))
        .filter(entries::effective_on.gt(on).or(entries::effective_on.lt(first)))
        .order((statement_lines::booked_on, statement_lines::id))
        .select((
            statement_lines::id,
            statement_lines::booked_on,
            statement_lines::payer,
            statement_lines::description,
            allocations::amount_minor,
            entries::number,
            entries::effective_on,
        ))
        .load(conn)?;
    Ok(rows
        .into_iter()
        .map(|(line, booked_on, payer, description, amount_minor, entry, effective_on)| Item {
            on: booked_on,
            amount_minor,
            line: Some(line),
            entry: Some(entry),
            words: if payer.trim().is_empty() { description } else { payer },
            other_on: Some(effective_on),
        })
        .collect())
}

/// Numbers or days asked for in one statement, below SQLite's limit of placeholders.
const PER_QUERY_MAX: usize = 1_000;

type EntryRow = (i64, NaiveDate, String, String, Option<i64>, i64);

/// Entries of these days that moved the bank account by more or less than the lines up to `on` tell.
pub fn entries_on(
    conn: &mut Conn,
    currency: Currency,
    days: &[NaiveDate],
    on: NaiveDate,
) -> Result<Vec<Item>, DbError> {
    let Some(earliest) = days.iter().min() else { return Ok(Vec::new()) };
    let number = ledger::first_for(conn, *earliest)?;
    let mut rows: Vec<EntryRow> = Vec::new();
    for some in days.chunks(PER_QUERY_MAX) {
        let found: Vec<EntryRow> = postings::table
            .inner_join(entries::table)
            .inner_join(accounts::table)
            .filter(postings::entry.ge(number))
            .filter(accounts::name.eq(ledger::accounts::BANK))
            .filter(accounts::currency.eq(currency.code()))
            .filter(entries::effective_on.eq_any(some))
            .order((entries::effective_on, postings::entry))
            .select((
                entries::number,
                entries::effective_on,
                entries::kind,
                entries::subject,
                entries::corrects,
                postings::amount_minor,
            ))
            .load(conn)?;
        rows.extend(found);
    }
    let told = told(conn, &rows.iter().map(|row| row.0).collect::<Vec<_>>(), on)?;
    Ok(items(&rows, &told))
}

/// What the lines up to a day tell of each entry, and the day of the first line that tells of it later.
type ToldOf = HashMap<i64, (i64, Option<NaiveDate>)>;

fn told(conn: &mut Conn, numbers: &[i64], on: NaiveDate) -> Result<ToldOf, DbError> {
    let mut found = ToldOf::new();
    for some in numbers.chunks(PER_QUERY_MAX) {
        let rows: Vec<(i64, i64, NaiveDate)> = allocations::table
            .inner_join(statement_lines::table.on(statement_lines::id.eq(allocations::source_id)))
            .filter(allocations::source.eq("statement_line"))
            .filter(allocations::undone_at.is_null())
            .filter(allocations::entry.eq_any(some))
            .select((allocations::entry, allocations::amount_minor, statement_lines::booked_on))
            .load(conn)?;
        for (entry, amount_minor, booked_on) in rows {
            let told = found.entry(entry).or_default();
            if booked_on <= on {
                told.0 += amount_minor;
            } else {
                told.1 = Some(told.1.map_or(booked_on, |day| day.min(booked_on)));
            }
        }
    }
    Ok(found)
}

/// What is left of each entry; a correction that meets what it takes back is left out with it.
fn items(rows: &[EntryRow], told: &ToldOf) -> Vec<Item> {
    let mut left: HashMap<i64, i64> = HashMap::new();
    for row in rows {
        *left.entry(row.0).or_default() += row.5;
    }
    for (entry, (minor, _)) in told {
        *left.entry(*entry).or_default() -= minor;
    }
    for row in rows.iter().filter(|row| row.2 == ledger::EntryKind::Correction.name()) {
        if let Some(first) = row.4
            && let (Some(a), Some(b)) = (left.get(&first).copied(), left.get(&row.0).copied())
            && a == -b
        {
            left.insert(first, 0);
            left.insert(row.0, 0);
        }
    }
    let mut items = Vec::new();
    for (entry, on, kind, subject, _, _) in rows {
        // Taken out, so that an entry with two lines in the bank stands once.
        if let Some(amount_minor) = left.remove(entry).filter(|minor| *minor != 0) {
            let other_on = told.get(entry).and_then(|(_, later)| *later);
            let words = format!("{kind} {subject}");
            items.push(Item { on: *on, amount_minor, line: None, entry: Some(*entry), words, other_on });
        }
    }
    items
}
