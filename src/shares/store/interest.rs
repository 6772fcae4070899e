//! SQL of interest.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use diesel::prelude::*;

use crate::db::schema::{share_interest_lines, share_interest_runs};
use crate::db::{Conn, DbError};
use crate::shares::Deed;
use crate::shares::interest::{NewInterest, Worked};

/// Interest that was declared.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = share_interest_runs)]
pub struct InterestRun {
    /// Its row.
    pub id: i64,
    /// Of which class.
    pub class_id: i64,
    /// The first day.
    pub from_on: NaiveDate,
    /// The last day.
    pub until_on: NaiveDate,
    /// Hundredths of a per cent a year.
    pub rate_bp: i64,
    /// When it was declared.
    pub declared_on: NaiveDate,
    /// Where the decision is written down.
    pub minute: String,
    /// What it comes to.
    pub total_minor: i64,
    /// Its entry in the ledger.
    pub entry: i64,
    /// When it was paid.
    pub paid_on: Option<NaiveDate>,
    /// The entry of that; of the last shares where all of it became shares.
    pub paid_entry: Option<i64>,
    /// Whether it is added to the holdings, as far as it makes whole shares.
    pub is_added: bool,
    /// When it was taken back, in UTC.
    pub taken_back_at: Option<NaiveDateTime>,
}

/// What one member gets.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = share_interest_lines)]
pub struct InterestLine {
    /// Who.
    pub holder_id: i64,
    /// Days times shares.
    pub share_days: i64,
    /// How much.
    pub amount_minor: i64,
    /// Shares that were added for it; they stay here when the payment was taken back, until it is paid anew.
    pub shares: i64,
    /// The event that added them.
    pub event: Option<i64>,
}

/// Every declaration, the newest first.
///
/// # Errors
/// Only when the database fails.
pub fn runs(conn: &mut Conn) -> Result<Vec<InterestRun>, DbError> {
    Ok(share_interest_runs::table.order(share_interest_runs::id.desc()).select(InterestRun::as_select()).load(conn)?)
}

/// The declaration with this number.
///
/// # Errors
/// Only when the database fails.
pub fn run(conn: &mut Conn, id: i64) -> Result<Option<InterestRun>, DbError> {
    Ok(share_interest_runs::table.find(id).select(InterestRun::as_select()).first(conn).optional()?)
}

/// What everybody gets of a declaration; or one holder, where one is named.
///
/// # Errors
/// Only when the database fails.
pub fn lines(conn: &mut Conn, run: i64, holder: Option<i64>) -> Result<Vec<InterestLine>, DbError> {
    let mut wanted = share_interest_lines::table.filter(share_interest_lines::run_id.eq(run)).into_boxed();
    if let Some(holder) = holder {
        wanted = wanted.filter(share_interest_lines::holder_id.eq(holder));
    }
    Ok(wanted.order(share_interest_lines::holder_id).select(InterestLine::as_select()).load(conn)?)
}

#[derive(Insertable)]
#[diesel(table_name = share_interest_lines, treat_none_as_default_value = false)]
struct LineRow {
    run_id: i64,
    holder_id: i64,
    share_days: i64,
    amount_minor: i64,
    shares: i64,
}

pub(in crate::shares) fn insert(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &Deed,
    (new, class_id, declared_on): (&NewInterest, i64, NaiveDate),
    worked: &Worked,
    entry: i64,
) -> Result<InterestRun, DbError> {
    let last: Option<i64> = share_interest_runs::table.select(diesel::dsl::max(share_interest_runs::id)).first(conn)?;
    let id = last.unwrap_or(0) + 1;
    diesel::insert_into(share_interest_runs::table)
        .values((
            share_interest_runs::id.eq(id),
            share_interest_runs::class_id.eq(class_id),
            share_interest_runs::from_on.eq(new.from_on),
            share_interest_runs::until_on.eq(new.until_on),
            share_interest_runs::rate_bp.eq(new.rate_bp),
            share_interest_runs::declared_on.eq(declared_on),
            share_interest_runs::minute.eq(&new.minute),
            share_interest_runs::total_minor.eq(worked.total_minor),
            share_interest_runs::entry.eq(entry),
            share_interest_runs::is_added.eq(new.is_added),
            share_interest_runs::recorded_at.eq(now.naive_utc()),
            share_interest_runs::recorded_by.eq(&deed.by),
        ))
        .execute(conn)?;
    let rows: Vec<LineRow> = worked
        .lines
        .iter()
        .map(|line| LineRow {
            run_id: id,
            holder_id: line.holder_id,
            share_days: line.share_days,
            amount_minor: line.amount_minor,
            shares: 0,
        })
        .collect();
    insert_all!(conn, share_interest_lines::table, &rows)?;
    Ok(share_interest_runs::table.find(id).select(InterestRun::as_select()).first(conn)?)
}

/// Notes that shares were added for what a member gets.
pub(in crate::shares) fn set_shares(
    conn: &mut Conn,
    line: (i64, i64),
    (shares, event): (i64, i64),
) -> Result<(), DbError> {
    diesel::update(share_interest_lines::table.find(line))
        .set((share_interest_lines::shares.eq(shares), share_interest_lines::event.eq(event)))
        .execute(conn)?;
    Ok(())
}

/// Forgets the shares that were added by a payment that was taken back.
pub(in crate::shares) fn forget_shares(conn: &mut Conn, run: i64) -> Result<(), DbError> {
    diesel::update(share_interest_lines::table.filter(share_interest_lines::run_id.eq(run)))
        .set((share_interest_lines::shares.eq(0), share_interest_lines::event.eq(None::<i64>)))
        .execute(conn)?;
    Ok(())
}

/// Interest that is owed again.
pub(in crate::shares) fn unpay(conn: &mut Conn, id: i64) -> Result<(), DbError> {
    diesel::update(share_interest_runs::table.find(id))
        .set((share_interest_runs::paid_on.eq(None::<NaiveDate>), share_interest_runs::paid_entry.eq(None::<i64>)))
        .execute(conn)?;
    Ok(())
}

/// Interest that never was.
pub(in crate::shares) fn take_back(conn: &mut Conn, now: DateTime<Utc>, id: i64) -> Result<(), DbError> {
    diesel::update(share_interest_runs::table.find(id))
        .set(share_interest_runs::taken_back_at.eq(now.naive_utc()))
        .execute(conn)?;
    Ok(())
}

pub(in crate::shares) fn set_paid(conn: &mut Conn, id: i64, on: NaiveDate, entry: i64) -> Result<(), DbError> {
    diesel::update(share_interest_runs::table.find(id))
        .set((share_interest_runs::paid_on.eq(on), share_interest_runs::paid_entry.eq(entry)))
        .execute(conn)?;
    Ok(())
}

/// What was declared and not paid.
pub(in crate::shares) fn payable(conn: &mut Conn) -> Result<i64, DbError> {
    use diesel::sql_types::BigInt;
    Ok(share_interest_runs::table
        .filter(share_interest_runs::paid_on.is_null())
        .filter(share_interest_runs::taken_back_at.is_null())
        .select(diesel::dsl::sql::<BigInt>("CAST(COALESCE(SUM(total_minor), 0) AS BIGINT)"))
        .first(conn)?)
}

/// What one member was paid, as a part of an entry that paid everybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InterestPart {
    /// The entry that paid everybody.
    pub entry: i64,
    /// Its day.
    pub paid_on: NaiveDate,
    /// Who.
    pub holder_id: i64,
    /// How much left the bank for them.
    pub amount_minor: i64,
}

/// Amounts asked for in one statement, below what SQLite binds.
const AMOUNTS_PER_QUERY: usize = 5_000;

/// What was paid to single members in a span of days, where it is one of these amounts.
///
/// # Errors
/// Only when the database fails.
pub fn parts_paid(
    conn: &mut Conn,
    (from, until): (NaiveDate, NaiveDate),
    amounts: &[i64],
) -> Result<Vec<InterestPart>, DbError> {
    if amounts.is_empty() {
        return Ok(Vec::new());
    }
    let paid: Vec<(i64, i64, Option<NaiveDate>, Option<i64>)> = share_interest_runs::table
        .filter(share_interest_runs::paid_on.between(from, until))
        .filter(share_interest_runs::taken_back_at.is_null())
        .order(share_interest_runs::id)
        .select((
            share_interest_runs::id,
            share_interest_runs::class_id,
            share_interest_runs::paid_on,
            share_interest_runs::paid_entry,
        ))
        .load(conn)?;
    let mut found = Vec::new();
    for (run, class, paid_on, entry) in paid {
        let Some((paid_on, entry)) = paid_on.zip(entry) else { continue };
        let nominal_minor = crate::shares::store::class(conn, class)?.nominal_minor;
        let rest = || share_interest_lines::amount_minor - share_interest_lines::shares * nominal_minor;
        for some in amounts.chunks(AMOUNTS_PER_QUERY) {
            let rows: Vec<(i64, i64)> = share_interest_lines::table
                .filter(share_interest_lines::run_id.eq(run))
                .filter(rest().eq_any(some))
                .order(share_interest_lines::holder_id)
                .select((share_interest_lines::holder_id, rest()))
                .load(conn)?;
            let part = |(holder_id, amount_minor)| InterestPart { entry, paid_on, holder_id, amount_minor };
            found.extend(rows.into_iter().map(part));
        }
    }
    Ok(found)
}
