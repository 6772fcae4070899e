//! SQL that finds what lines may be matched with, for many lines at once.

pub mod payers;
pub mod proofs;

use std::collections::{HashMap, HashSet};

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use diesel::sql_types::Bool;

use crate::clock::date_in;
use crate::db::schema::{accounts, allocations, appeals, donations, entries, postings, share_applications, supporters};
use crate::db::{Conn, DbError, by_halving};
use crate::donations::Status;
use crate::ledger::{self, EntryKind, Method};
use crate::money::Currency;
use crate::payments::GiftFor;
use crate::statements::matching::candidates::{Gift, GiftState, Posted};
use crate::statements::matching::payer::Name;

/// Numbers asked for in one statement, below SQLite's limit of placeholders.
const PER_QUERY_MAX: usize = 1_000;
/// Promises that a cut-off reference is looked for among: the newest. A society with more lets its old ones lapse.
const PROMISES_MAX: i64 = 50_000;
/// Promises and gifts of the amounts of one page of lines.
const SAME_AMOUNT_MAX: i64 = 2_000;
/// Word for word the condition of the index `donations_promised`.
const PROMISED: &str = "donations.status = 'pledged'";

/// The number of the last gift.
pub fn last_gift(conn: &mut Conn) -> Result<i64, DbError> {
    let last: Option<i64> = donations::table.select(diesel::dsl::max(donations::id)).first(conn)?;
    Ok(last.unwrap_or(0))
}

/// The number of the last application for shares.
pub fn last_application(conn: &mut Conn) -> Result<i64, DbError> {
    let last: Option<i64> = share_applications::table.select(diesel::dsl::max(share_applications::id)).first(conn)?;
    Ok(last.unwrap_or(0))
}

/// The numbers of the gifts that are promised, the newest first.
pub fn promised(conn: &mut Conn) -> Result<Vec<i64>, DbError> {
    Ok(donations::table
        // With the condition of the index that has them in this order.
        .filter(donations::status.eq(Status::Pledged.name()))
        .filter(diesel::dsl::sql::<Bool>("donations.status <> 'received'"))
        .order(donations::id.desc())
        .limit(PROMISES_MAX)
        .select(donations::id)
        .load(conn)?)
}

/// The promises of these amounts that come through the bank and were made since a moment.
pub fn promised_of(conn: &mut Conn, amounts: &[i64], since: NaiveDateTime) -> Result<Vec<i64>, DbError> {
    let (first, mut found) = (first_gift_since(conn, since)?, Vec::new());
    for some in amounts.chunks(PER_QUERY_MAX) {
        let rows: Vec<i64> = donations::table
            .filter(diesel::dsl::sql::<Bool>(PROMISED))
            .filter(donations::amount_minor.eq_any(some))
            .filter(donations::id.ge(first))
            .filter(donations::method.eq_any(BY_BANK.map(Method::name)))
            .order(donations::id.desc())
            .limit(SAME_AMOUNT_MAX)
            .select(donations::id)
            .load(conn)?;
        found.extend(rows);
    }
    Ok(found)
}

/// The number of the first gift that was recorded at a moment or later. Numbers rise with time, so it is found by
/// halving.
fn first_gift_since(conn: &mut Conn, moment: NaiveDateTime) -> Result<i64, DbError> {
    by_halving(last_gift(conn)?, |number| {
        let from_there = donations::table.filter(donations::id.ge(number)).order(donations::id);
        let at: NaiveDateTime = from_there.select(donations::recorded_at).first(conn)?;
        Ok(at >= moment)
    })
}

const BY_BANK: [Method; 4] = [Method::BankTransfer, Method::StandingOrder, Method::DirectDebit, Method::Other];
const CAN_COME_BACK: [Method; 3] = [Method::Cheque, Method::StandingOrder, Method::DirectDebit];

/// Gifts of these amounts, received in a span of days, that a bank may send back.
pub fn returnable(
    conn: &mut Conn,
    amounts: &[i64],
    (from, until): (NaiveDate, NaiveDate),
) -> Result<Vec<i64>, DbError> {
    let mut found = Vec::new();
    for some in amounts.chunks(PER_QUERY_MAX) {
        let rows: Vec<i64> = donations::table
            .filter(donations::received_on.between(from, until))
            .filter(donations::status.eq(Status::Received.name()))
            .filter(donations::method.eq_any(CAN_COME_BACK.map(Method::name)))
            .filter(donations::amount_minor.eq_any(some))
            .order((donations::received_on.desc(), donations::id.desc()))
            .limit(SAME_AMOUNT_MAX)
            .select(donations::id)
            .load(conn)?;
        found.extend(rows);
    }
    Ok(found)
}

#[derive(Queryable)]
struct GiftRow {
    number: i64,
    amount_minor: i64,
    method: String,
    status: String,
    received_on: Option<NaiveDate>,
    entry: Option<i64>,
    recorded_at: NaiveDateTime,
    acknowledge_as: String,
    anonymous: bool,
    fund_id: i64,
    person: Option<(String, Option<String>)>,
}

/// These gifts, those that are there.
pub fn gifts(conn: &mut Conn, numbers: &[i64], zone: chrono_tz::Tz) -> Result<HashMap<i64, Gift>, DbError> {
    let mut rows: Vec<GiftRow> = Vec::new();
    for some in numbers.chunks(PER_QUERY_MAX) {
        let found: Vec<GiftRow> = donations::table
            .inner_join(appeals::table)
            .left_join(supporters::table)
            .filter(donations::id.eq_any(some))
            .select((
                donations::id,
                donations::amount_minor,
                donations::method,
                donations::status,
                donations::received_on,
                donations::entry,
                donations::recorded_at,
                donations::acknowledge_as,
                donations::anonymous,
                appeals::fund_id,
                (supporters::name, supporters::email).nullable(),
            ))
            .load(conn)?;
        rows.extend(found);
    }
    let linked = linked(conn, &rows.iter().filter_map(|row| row.entry).collect::<Vec<_>>())?;
    let gifts = rows.into_iter().map(|row| gift_of(row, &linked, zone)).collect::<Result<Vec<_>, DbError>>()?;
    Ok(gifts.into_iter().map(|gift| (gift.number, gift)).collect())
}

fn gift_of(row: GiftRow, linked: &HashSet<i64>, zone: chrono_tz::Tz) -> Result<Gift, DbError> {
    let number = row.number;
    let odd = |what: &str| DbError::Corrupt(format!("donation {number} has an unknown {what}"));
    let state = match (Status::from_name(&row.status).ok_or_else(|| odd("status"))?, row.received_on) {
        (Status::Pledged, _) => GiftState::Waits,
        (Status::Received, Some(on)) => GiftState::Received(on),
        _ => GiftState::Over,
    };
    let (name, email) = row.person.unwrap_or_default();
    Ok(Gift {
        number,
        amount_minor: row.amount_minor,
        method: Method::from_name(&row.method).ok_or_else(|| odd("method"))?,
        state,
        like: GiftFor {
            fund_id: row.fund_id,
            name: name.clone(),
            email,
            acknowledge_as: row.acknowledge_as,
            anonymous: row.anonymous,
            ..GiftFor::default()
        },
        name: Name::of(name),
        made_on: date_in(row.recorded_at.and_utc(), zone),
        entry: row.entry,
        is_on_statement: row.entry.is_some_and(|entry| linked.contains(&entry)),
    })
}

/// Those of these entries that a line of a statement tells of.
pub fn linked(conn: &mut Conn, numbers: &[i64]) -> Result<HashSet<i64>, DbError> {
    let mut found = HashSet::new();
    for some in numbers.chunks(PER_QUERY_MAX) {
        let rows: Vec<i64> = allocations::table
            .filter(allocations::entry.eq_any(some))
            .filter(allocations::source.eq("statement_line"))
            .filter(allocations::undone_at.is_null())
            .select(allocations::entry)
            .load(conn)?;
        found.extend(rows);
    }
    Ok(found)
}

/// Whether a line of a statement tells of all of this entry. Several lines may share one that pays many people at
/// once, such as interest on shares; how much of it is left is counted when it is linked.
pub fn is_told(conn: &mut Conn, entry: i64) -> Result<bool, DbError> {
    let own: i64 = allocations::table
        .filter(allocations::entry.eq(entry))
        .filter(allocations::source.eq("statement_line"))
        .filter(allocations::purpose.ne("known"))
        .filter(allocations::undone_at.is_null())
        .count()
        .get_result(conn)?;
    Ok(own > 0)
}

/// Word for word the condition of the index `allocations_unallocated`.
const UNALLOCATED: &str = "allocations.purpose = 'unallocated' AND allocations.undone_at IS NULL";

/// Lines whose money was left unallocated, the oldest first, behind a number.
pub fn unallocated(conn: &mut Conn, after: i64, limit: i64) -> Result<Vec<i64>, DbError> {
    Ok(allocations::table
        .filter(diesel::dsl::sql::<Bool>(UNALLOCATED))
        .filter(allocations::source.eq("statement_line"))
        .filter(allocations::source_id.gt(after))
        .order(allocations::source_id)
        .limit(limit)
        .select(allocations::source_id)
        .load(conn)?)
}

/// How many parts of lines were left unallocated, and what they add up to.
pub fn sum_unallocated(conn: &mut Conn) -> Result<(i64, i64), DbError> {
    Ok(allocations::table
        .filter(diesel::dsl::sql::<Bool>(UNALLOCATED))
        .filter(allocations::source.eq("statement_line"))
        .select((
            diesel::dsl::count_star(),
            diesel::dsl::sql::<diesel::sql_types::BigInt>("CAST(COALESCE(SUM(amount_minor), 0) AS BIGINT)"),
        ))
        .first(conn)?)
}

/// Allocations looked through for somebody's last one: an afternoon's work of everybody.
const LAST_AMONG: i64 = 5_000;

/// The line that somebody settled last and that still is.
pub fn last_of(conn: &mut Conn, who: &str) -> Result<Option<i64>, DbError> {
    let newest: Option<i64> = allocations::table.select(diesel::dsl::max(allocations::id)).first(conn)?;
    Ok(allocations::table
        .filter(allocations::id.gt(newest.unwrap_or(0) - LAST_AMONG))
        .filter(allocations::source.eq("statement_line"))
        .filter(allocations::made_by.eq(who))
        .filter(allocations::undone_at.is_null())
        .order(allocations::id.desc())
        .select(allocations::source_id)
        .first(conn)
        .optional()?)
}

type PostedRow = (i64, NaiveDate, String, String, Option<i64>, i64);

/// Entries that moved the bank account by one of `amounts` (by anything, where none are named) in a span of days and
/// that no line of a statement tells of; those that were taken back are left out with what took them back.
pub fn unlinked(
    conn: &mut Conn,
    currency: Currency,
    (from, until): (NaiveDate, NaiveDate),
    amounts: Option<&[i64]>,
) -> Result<Vec<Posted>, DbError> {
    let Some(bank) = bank(conn, currency)? else { return Ok(Vec::new()) };
    let first = ledger::first_for(conn, from)?;
    let mut query = postings::table
        .inner_join(entries::table)
        .filter(postings::entry.ge(first))
        .filter(postings::account_id.eq(bank))
        .filter(entries::effective_on.between(from, until))
        .order((postings::entry, postings::line))
        .select((
            entries::number,
            entries::effective_on,
            entries::kind,
            entries::subject,
            entries::corrects,
            postings::amount_minor,
        ))
        .into_boxed();
    if let Some(amounts) = amounts.filter(|amounts| amounts.len() <= PER_QUERY_MAX) {
        let both: Vec<i64> = amounts.iter().flat_map(|amount| [*amount, -amount]).collect();
        query = query.filter(postings::amount_minor.eq_any(both));
    }
    let rows: Vec<PostedRow> = query.load(conn)?;
    let linked = linked(conn, &rows.iter().map(|row| row.0).collect::<Vec<_>>())?;
    Ok(without_pairs(rows.into_iter().filter(|row| !linked.contains(&row.0)).collect()))
}

/// What is left once corrections have met what they take back.
fn without_pairs(rows: Vec<PostedRow>) -> Vec<Posted> {
    let mut by_entry: HashMap<i64, i64> = HashMap::new();
    for row in &rows {
        *by_entry.entry(row.0).or_default() += row.5;
    }
    let mut met: HashSet<i64> = HashSet::new();
    for row in &rows {
        if let Some(first) = row.4
            && row.2 == EntryKind::Correction.name()
            && !met.contains(&first)
            && by_entry.get(&first).is_some_and(|amount| *amount == -by_entry[&row.0])
        {
            met.extend([first, row.0]);
        }
    }
    let mut seen = HashSet::new();
    rows.into_iter()
        .filter(|row| !met.contains(&row.0) && seen.insert(row.0))
        .map(|(entry, on, kind, subject, _, _)| Posted {
            entry,
            on,
            amount_minor: by_entry[&entry],
            kind,
            subject,
            name: Name::default(),
        })
        .collect()
}

fn bank(conn: &mut Conn, currency: Currency) -> Result<Option<i64>, DbError> {
    Ok(accounts::table
        .filter(accounts::name.eq(crate::ledger::accounts::BANK))
        .filter(accounts::currency.eq(currency.code()))
        .select(accounts::id)
        .first(conn)
        .optional()?)
}
