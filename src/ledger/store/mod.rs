//! SQL of accounts, entries, postings and their days; beside it what reads a span of days.

mod days;
mod year;

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use diesel::upsert::excluded;

use super::rules::{AccountIds, Day};
use super::{NewEntry, Posted};
use crate::db::schema::{account_days, accounts, entries, postings};
use crate::db::{Conn, DbError};
use crate::money::Currency;
pub use days::{MonthOfIncome, Opened, Turnover, entries_between, income_by_month, opened, turnover};
pub use year::{Run, corrected_by_kind, corrections, dated_elsewhere, first_for, kinds_between, posted_between};

/// An entry as it stands in the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// 1..n
    pub number: i64,
    /// The day it counts from.
    pub effective_on: NaiveDate,
    /// When it was posted.
    pub recorded_at: DateTime<Utc>,
    /// "donation", "refund", "bounce".
    pub kind: String,
    /// The public reference of what caused it.
    pub subject: String,
    /// The entry that it takes back.
    pub corrects: Option<i64>,
    /// SHA-256 of its canonical line.
    pub hash: Vec<u8>,
    /// Its lines, in order.
    pub postings: Vec<Posting>,
}

/// A line of an entry as it stands in the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posting {
    /// "assets:bank"
    pub account: String,
    /// Debit is positive, credit negative.
    pub amount_minor: i64,
    /// What it counts in.
    pub currency: Currency,
    /// The appeal whose total it moves.
    pub appeal_id: Option<i64>,
}

/// The last entry's place in the chain; number 0 and [`super::GENESIS`] before the first.
///
/// # Errors
/// Only when the database fails.
pub fn head(conn: &mut Conn) -> Result<Posted, DbError> {
    Ok(tip(conn)?.0)
}

/// The head with the moment at which it was recorded; none while there is no entry.
pub(super) fn tip(conn: &mut Conn) -> Result<(Posted, Option<DateTime<Utc>>), DbError> {
    let last: Option<(i64, Vec<u8>, NaiveDateTime)> = entries::table
        .order(entries::number.desc())
        .select((entries::number, entries::hash, entries::recorded_at))
        .first(conn)
        .optional()?;
    Ok(match last {
        Some((number, hash, moment)) => (Posted { number, hash }, Some(moment.and_utc())),
        None => (Posted { number: 0, hash: super::GENESIS.to_vec() }, None),
    })
}

/// The numbers of all accounts that `new` names; those not known yet are opened.
pub(super) fn accounts_for(conn: &mut Conn, new: &[NewEntry]) -> Result<AccountIds, DbError> {
    let wanted: BTreeSet<(&str, &'static str)> = new
        .iter()
        .flat_map(|entry| entry.lines.iter().map(|line| (line.account.as_str(), entry.currency.code())))
        .collect();
    let names: BTreeSet<&str> = wanted.iter().map(|(name, _)| *name).collect();
    let known: Vec<(i64, String, String)> = accounts::table.filter(accounts::name.eq_any(names)).load(conn)?;
    let mut ids = AccountIds::new();
    for (name, currency) in wanted {
        let known = known.iter().find(|(_, n, c)| n == name && c == currency).map(|(id, _, _)| *id);
        let id = match known {
            Some(id) => id,
            None => open_account(conn, name, currency)?,
        };
        ids.insert((name.to_owned(), currency), id);
    }
    Ok(ids)
}

fn open_account(conn: &mut Conn, name: &str, currency: &str) -> Result<i64, DbError> {
    let last: Option<i64> = accounts::table.select(diesel::dsl::max(accounts::id)).first(conn)?;
    let id = last.unwrap_or(0) + 1;
    diesel::insert_into(accounts::table)
        .values((accounts::id.eq(id), accounts::name.eq(name), accounts::currency.eq(currency)))
        .execute(conn)?;
    Ok(id)
}

#[derive(Insertable)]
#[diesel(table_name = entries, treat_none_as_default_value = false)]
struct EntryRow {
    number: i64,
    effective_on: NaiveDate,
    recorded_at: NaiveDateTime,
    kind: &'static str,
    subject: String,
    corrects: Option<i64>,
    hash: Vec<u8>,
}

#[derive(Insertable)]
#[diesel(table_name = postings, treat_none_as_default_value = false)]
struct PostingRow {
    entry: i64,
    line: i64,
    account_id: i64,
    amount_minor: i64,
    appeal_id: Option<i64>,
}

pub(super) fn insert_all(
    conn: &mut Conn,
    now: DateTime<Utc>,
    new: &[NewEntry],
    posted: &[Posted],
    ids: &AccountIds,
) -> Result<(), DbError> {
    let rows: Vec<EntryRow> = new
        .iter()
        .zip(posted)
        .map(|(entry, place)| EntryRow {
            number: place.number,
            effective_on: entry.effective_on,
            recorded_at: now.naive_utc(),
            kind: entry.kind.name(),
            subject: entry.subject.clone(),
            corrects: entry.corrects,
            hash: place.hash.to_vec(),
        })
        .collect();
    let lines: Vec<PostingRow> = new
        .iter()
        .zip(posted)
        .flat_map(|(entry, place)| {
            entry.lines.iter().zip(1..).map(|(line, at)| PostingRow {
                entry: place.number,
                line: at,
                account_id: ids[&(line.account.clone(), entry.currency.code())],
                amount_minor: line.amount_minor,
                appeal_id: line.appeal_id,
            })
        })
        .collect();
    insert_all!(conn, entries::table, &rows)?;
    insert_all!(conn, postings::table, &lines)?;
    Ok(())
}

#[derive(Insertable)]
#[diesel(table_name = account_days, treat_none_as_default_value = false)]
struct DayRow {
    account_id: i64,
    day: NaiveDate,
    debit_minor: i64,
    credit_minor: i64,
}

pub(super) fn add_to_days(conn: &mut Conn, days: &[Day]) -> Result<(), DbError> {
    for day in days {
        let row = DayRow {
            account_id: day.account_id,
            day: day.day,
            debit_minor: day.debit_minor,
            credit_minor: day.credit_minor,
        };
        on_backend!(conn, |c| diesel::insert_into(account_days::table)
            .values(&row)
            .on_conflict((account_days::account_id, account_days::day))
            .do_update()
            .set((
                account_days::debit_minor.eq(account_days::debit_minor + excluded(account_days::debit_minor)),
                account_days::credit_minor.eq(account_days::credit_minor + excluded(account_days::credit_minor)),
            ))
            .execute(c))?;
    }
    Ok(())
}

/// An account with what was debited and credited up to a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Balance {
    /// "assets:bank"
    pub account: String,
    /// What it counts in.
    pub currency: Currency,
    /// All debits.
    pub debit_minor: i64,
    /// All credits.
    pub credit_minor: i64,
}

/// The trial balance at the end of `as_at`, by account name.
///
/// # Errors
/// Only when the database fails.
pub fn balances(conn: &mut Conn, as_at: NaiveDate) -> Result<Vec<Balance>, DbError> {
    let rows: Vec<(String, String, i64, i64)> = account_days::table
        .inner_join(accounts::table)
        .filter(account_days::day.le(as_at))
        .group_by((accounts::name, accounts::currency))
        .select((
            accounts::name,
            accounts::currency,
            diesel::dsl::sql::<BigInt>("CAST(SUM(debit_minor) AS BIGINT)"),
            diesel::dsl::sql::<BigInt>("CAST(SUM(credit_minor) AS BIGINT)"),
        ))
        .order((accounts::name, accounts::currency))
        .load(conn)?;
    rows.into_iter()
        .map(|(account, code, debit_minor, credit_minor)| {
            Ok(Balance { currency: currency(&code)?, account, debit_minor, credit_minor })
        })
        .collect()
}

fn currency(code: &str) -> Result<Currency, DbError> {
    Currency::from_code(code).ok_or_else(|| DbError::Corrupt(format!("an account counts in {code}")))
}

/// What moved an account on each day: debit less credit.
///
/// # Errors
/// Only when the database fails.
pub fn days_of(conn: &mut Conn, account: &str, currency: Currency) -> Result<Vec<(NaiveDate, i64)>, DbError> {
    let rows: Vec<(NaiveDate, i64, i64)> = account_days::table
        .inner_join(accounts::table)
        .filter(accounts::name.eq(account))
        .filter(accounts::currency.eq(currency.code()))
        .order(account_days::day)
        .select((account_days::day, account_days::debit_minor, account_days::credit_minor))
        .load(conn)?;
    Ok(rows.into_iter().map(|(day, debit, credit)| (day, debit - credit)).collect())
}

/// Entries above `after`, in order, with their lines.
///
/// # Errors
/// Only when the database fails.
pub fn entries_after(conn: &mut Conn, after: i64, limit: i64) -> Result<Vec<Entry>, DbError> {
    let heads: Vec<EntryHead> =
        entries::table.filter(entries::number.gt(after)).order(entries::number).limit(limit).load(conn)?;
    with_lines(conn, heads)
}

/// Entries below `before` (or from the newest), newest first, with their lines.
///
/// # Errors
/// Only when the database fails.
pub fn entries_before(conn: &mut Conn, before: Option<i64>, limit: i64) -> Result<Vec<Entry>, DbError> {
    let heads: Vec<EntryHead> = entries::table
        .filter(entries::number.lt(before.unwrap_or(i64::MAX)))
        .order(entries::number.desc())
        .limit(limit)
        .load(conn)?;
    with_lines(conn, heads)
}

/// The entries of these numbers, in order, with their lines.
///
/// # Errors
/// Only when the database fails.
pub fn entries_numbered(conn: &mut Conn, numbers: &[i64]) -> Result<Vec<Entry>, DbError> {
    let heads: Vec<EntryHead> =
        entries::table.filter(entries::number.eq_any(numbers)).order(entries::number).load(conn)?;
    with_lines(conn, heads)
}

type EntryHead = (i64, NaiveDate, NaiveDateTime, String, String, Option<i64>, Vec<u8>);
type PostingLine = (i64, i64, Option<i64>, String, String);

fn with_lines(conn: &mut Conn, heads: Vec<EntryHead>) -> Result<Vec<Entry>, DbError> {
    let (Some(low), Some(high)) = (heads.iter().map(|h| h.0).min(), heads.iter().map(|h| h.0).max()) else {
        return Ok(Vec::new());
    };
    let numbers: Vec<i64> = heads.iter().map(|head| head.0).collect();
    let is_run = high - low + 1 == i64::try_from(numbers.len()).unwrap_or(i64::MAX);
    let mut query = postings::table
        .inner_join(accounts::table)
        .select((postings::entry, postings::amount_minor, postings::appeal_id, accounts::name, accounts::currency))
        .order((postings::entry, postings::line))
        .into_boxed();
    query = if is_run {
        query.filter(postings::entry.between(low, high))
    } else {
        query.filter(postings::entry.eq_any(numbers))
    };
    let lines: Vec<PostingLine> = query.load(conn)?;
    heads.into_iter().map(|head| entry_of(head, &lines)).collect()
}

fn entry_of(head: EntryHead, lines: &[PostingLine]) -> Result<Entry, DbError> {
    let (number, effective_on, recorded_at, kind, subject, corrects, hash) = head;
    let start = lines.partition_point(|line| line.0 < number);
    let own = lines[start..].iter().take_while(|line| line.0 == number);
    let postings = own
        .map(|(_, amount_minor, appeal_id, account, code)| {
            Ok(Posting {
                account: account.clone(),
                amount_minor: *amount_minor,
                currency: currency(code)?,
                appeal_id: *appeal_id,
            })
        })
        .collect::<Result<_, DbError>>()?;
    Ok(Entry { number, effective_on, recorded_at: recorded_at.and_utc(), kind, subject, corrects, hash, postings })
}

/// What the postings raised, for each appeal that has any.
///
/// # Errors
/// Only when the database fails.
pub fn raised_by_appeal(conn: &mut Conn) -> Result<Vec<(i64, i64)>, DbError> {
    let rows: Vec<(Option<i64>, i64)> = postings::table
        .filter(postings::appeal_id.is_not_null())
        .group_by(postings::appeal_id)
        .select((postings::appeal_id, diesel::dsl::sql::<BigInt>("CAST(-SUM(amount_minor) AS BIGINT)")))
        .load(conn)?;
    Ok(rows.into_iter().filter_map(|(appeal, sum)| appeal.map(|appeal| (appeal, sum))).collect())
}

/// Account and day with sums that differ from the postings', named; empty when all agree.
pub(super) fn days_that_differ(conn: &mut Conn) -> Result<Vec<String>, DbError> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = diesel::sql_types::Text)]
        name: String,
    }
    // A full outer join by two passes: SQLite before 3.39 has none, and this reads the same on both.
    let text = "WITH posted AS (SELECT p.account_id, e.effective_on AS day, \
          CAST(SUM(CASE WHEN p.amount_minor > 0 THEN p.amount_minor ELSE 0 END) AS BIGINT) AS debit_minor, \
          CAST(SUM(CASE WHEN p.amount_minor < 0 THEN -p.amount_minor ELSE 0 END) AS BIGINT) AS credit_minor \
        FROM postings p JOIN entries e ON e.number = p.entry GROUP BY p.account_id, e.effective_on), \
        odd AS (SELECT account_id, day, debit_minor, credit_minor FROM posted EXCEPT \
          SELECT account_id, day, debit_minor, credit_minor FROM account_days UNION ALL SELECT * FROM ( \
          SELECT account_id, day, debit_minor, credit_minor FROM account_days EXCEPT \
          SELECT account_id, day, debit_minor, credit_minor FROM posted) AS kept) \
        SELECT DISTINCT a.name || ' on ' || CAST(o.day AS TEXT) AS name FROM odd o JOIN accounts a ON a.id = o.account_id LIMIT 5";
    let rows: Vec<Row> = match conn {
        Conn::Postgres(c) => diesel::sql_query(text).load(c)?,
        Conn::Sqlite(c) => diesel::sql_query(text).load(c)?,
    };
    Ok(rows.into_iter().map(|row| row.name).collect())
}

/// An entry number of a posting that names no entry, account or appeal, if there is such a posting.
pub(super) fn posting_alone(conn: &mut Conn) -> Result<Option<i64>, DbError> {
    use crate::db::schema::appeals;
    let no_appeal = postings::appeal_id.is_not_null().and(appeals::id.nullable().is_null());
    let no_home = entries::number.nullable().is_null().or(accounts::id.nullable().is_null());
    Ok(postings::table
        .left_join(entries::table)
        .left_join(accounts::table)
        .left_join(appeals::table)
        .filter(no_home.or(no_appeal))
        .select(postings::entry)
        .first(conn)
        .optional()?)
}
