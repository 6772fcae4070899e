//! SQL of appeals, their totals and their changes.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use diesel::prelude::*;

use crate::db::schema::{appeal_changes, appeal_totals, appeals, funds};
use crate::db::{Conn, DbError};
use crate::funds::rules::{NewChange, Period};
use crate::funds::{Appeal, Change, Credit, Fund, Total};

#[derive(Queryable, Insertable)]
#[diesel(table_name = appeals, treat_none_as_default_value = false)]
struct AppealRow {
    id: i64,
    fund_id: i64,
    name: String,
    opens_on: NaiveDate,
    deadline_on: NaiveDate,
    deadline_time: Option<String>,
    target_minor: i64,
    carried_minor: i64,
    carried_from: Option<i64>,
    closed_at: Option<NaiveDateTime>,
}

impl TryFrom<AppealRow> for Appeal {
    type Error = DbError;

    fn try_from(row: AppealRow) -> Result<Self, DbError> {
        let deadline_time = row.deadline_time.map(|time| time.parse::<NaiveTime>()).transpose();
        Ok(Self {
            id: row.id,
            fund_id: row.fund_id,
            opens_on: row.opens_on,
            deadline_on: row.deadline_on,
            deadline_time: deadline_time
                .map_err(|_| DbError::Corrupt(format!("the appeal {} ends at no time of day", row.name)))?,
            target_minor: row.target_minor,
            carried_minor: row.carried_minor,
            carried_from: row.carried_from,
            closed_at: row.closed_at.map(|at| at.and_utc()),
            name: row.name,
        })
    }
}

pub(in crate::funds) fn insert_appeal(
    conn: &mut Conn,
    fund: &Fund,
    period: &Period,
    carried_from: Option<i64>,
    carried_minor: i64,
) -> Result<(), DbError> {
    let last: Option<i64> = appeals::table.select(diesel::dsl::max(appeals::id)).first(conn)?;
    let row = AppealRow {
        id: last.unwrap_or(0) + 1,
        fund_id: fund.id,
        name: period.name.clone(),
        opens_on: period.opens_on,
        deadline_on: period.deadline_on,
        deadline_time: period.deadline_time.map(|time| time.format("%H:%M:%S").to_string()),
        target_minor: fund.target_minor,
        carried_minor,
        carried_from,
        closed_at: None,
    };
    diesel::insert_into(appeals::table).values(&row).execute(conn)?;
    diesel::insert_into(appeal_totals::table)
        .values((
            appeal_totals::appeal_id.eq(row.id),
            appeal_totals::raised_minor.eq(0_i64),
            appeal_totals::donations.eq(0_i64),
            appeal_totals::entry.eq(0_i64),
            appeal_totals::hash.eq(crate::ledger::GENESIS.to_vec()),
        ))
        .execute(conn)?;
    Ok(())
}

/// The appeal with this number.
///
/// # Errors
/// Only when the database fails.
pub fn appeal(conn: &mut Conn, id: i64) -> Result<Option<Appeal>, DbError> {
    appeals::table.find(id).first::<AppealRow>(conn).optional()?.map(Appeal::try_from).transpose()
}

/// The appeal that took over what this one left.
///
/// # Errors
/// Only when the database fails.
pub fn follower(conn: &mut Conn, appeal_id: i64) -> Result<Option<Appeal>, DbError> {
    let next = appeals::table.filter(appeals::carried_from.eq(appeal_id)).order(appeals::opens_on);
    next.first::<AppealRow>(conn).optional()?.map(Appeal::try_from).transpose()
}

/// The appeal of this name.
///
/// # Errors
/// Only when the database fails.
pub fn appeal_by_name(conn: &mut Conn, fund_id: i64, name: &str) -> Result<Option<Appeal>, DbError> {
    let wanted = appeals::table.filter(appeals::fund_id.eq(fund_id)).filter(appeals::name.eq(name));
    wanted.first::<AppealRow>(conn).optional()?.map(Appeal::try_from).transpose()
}

pub(in crate::funds) fn latest_appeal(conn: &mut Conn, fund_id: i64) -> Result<Option<Appeal>, DbError> {
    Ok(appeals_of(conn, fund_id, 1)?.pop())
}

/// The latest appeals of a fund, newest first.
///
/// # Errors
/// Only when the database fails.
pub fn appeals_of(conn: &mut Conn, fund_id: i64, limit: i64) -> Result<Vec<Appeal>, DbError> {
    let rows: Vec<AppealRow> =
        appeals::table.filter(appeals::fund_id.eq(fund_id)).order(appeals::opens_on.desc()).limit(limit).load(conn)?;
    rows.into_iter().map(Appeal::try_from).collect()
}

/// The appeal that the public sees on `today`: the latest that has begun, or else the first to come.
///
/// # Errors
/// Only when the database fails.
pub fn current_appeal(conn: &mut Conn, fund_id: i64, today: NaiveDate) -> Result<Option<Appeal>, DbError> {
    let begun: Option<AppealRow> = appeals::table
        .filter(appeals::fund_id.eq(fund_id))
        .filter(appeals::opens_on.le(today))
        .order(appeals::opens_on.desc())
        .first(conn)
        .optional()?;
    let row = match begun {
        Some(row) => Some(row),
        None => appeals::table
            .filter(appeals::fund_id.eq(fund_id))
            .order(appeals::opens_on.asc())
            .first::<AppealRow>(conn)
            .optional()?,
    };
    row.map(Appeal::try_from).transpose()
}

/// The month to which `day` belongs, when a treasurer has closed the books of it.
///
/// # Errors
/// Only when the database fails.
pub fn closed_on(conn: &mut Conn, day: NaiveDate) -> Result<Option<String>, DbError> {
    Ok(appeals::table
        .inner_join(funds::table)
        .filter(funds::rhythm.eq("monthly"))
        .filter(appeals::closed_at.is_not_null())
        .filter(appeals::opens_on.le(day))
        .filter(appeals::deadline_on.ge(day))
        .order(appeals::id)
        .select(appeals::name)
        .first(conn)
        .optional()?)
}

pub(in crate::funds) fn set_carried(conn: &mut Conn, appeal_id: i64, carried_minor: i64) -> Result<(), DbError> {
    diesel::update(appeals::table.find(appeal_id)).set(appeals::carried_minor.eq(carried_minor)).execute(conn)?;
    Ok(())
}

pub(in crate::funds) fn set_closed(
    conn: &mut Conn,
    appeal_id: i64,
    closed_at: Option<DateTime<Utc>>,
) -> Result<(), DbError> {
    let closed_at = closed_at.map(|at| at.naive_utc());
    diesel::update(appeals::table.find(appeal_id)).set(appeals::closed_at.eq(closed_at)).execute(conn)?;
    Ok(())
}

pub(in crate::funds) fn set_target(conn: &mut Conn, appeal_id: i64, target_minor: i64) -> Result<(), DbError> {
    diesel::update(appeals::table.find(appeal_id)).set(appeals::target_minor.eq(target_minor)).execute(conn)?;
    Ok(())
}

pub(in crate::funds) fn set_deadline(
    conn: &mut Conn,
    appeal_id: i64,
    on: NaiveDate,
    time: Option<NaiveTime>,
) -> Result<(), DbError> {
    let time = time.map(|time| time.format("%H:%M:%S").to_string());
    diesel::update(appeals::table.find(appeal_id))
        .set((appeals::deadline_on.eq(on), appeals::deadline_time.eq(time)))
        .execute(conn)?;
    Ok(())
}

pub(in crate::funds) fn record_change(
    conn: &mut Conn,
    appeal_id: i64,
    now: DateTime<Utc>,
    by: &str,
    change: &NewChange,
) -> Result<(), DbError> {
    let last: Option<i64> = appeal_changes::table.select(diesel::dsl::max(appeal_changes::id)).first(conn)?;
    diesel::insert_into(appeal_changes::table)
        .values((
            appeal_changes::id.eq(last.unwrap_or(0) + 1),
            appeal_changes::appeal_id.eq(appeal_id),
            appeal_changes::changed_at.eq(now.naive_utc()),
            appeal_changes::changed_by.eq(by),
            appeal_changes::field.eq(change.field),
            appeal_changes::old_value.eq(&change.old_value),
            appeal_changes::new_value.eq(&change.new_value),
            appeal_changes::reason.eq(&change.reason),
        ))
        .execute(conn)?;
    Ok(())
}

/// The most changes shown of one appeal.
const CHANGES_MAX: i64 = 200;

/// What changed of an appeal, oldest first.
///
/// # Errors
/// Only when the database fails.
pub fn changes_of(conn: &mut Conn, appeal_id: i64) -> Result<Vec<Change>, DbError> {
    let rows: Vec<(NaiveDateTime, String, String, String, String, String)> = appeal_changes::table
        .filter(appeal_changes::appeal_id.eq(appeal_id))
        .order(appeal_changes::id)
        .limit(CHANGES_MAX)
        .select((
            appeal_changes::changed_at,
            appeal_changes::changed_by,
            appeal_changes::field,
            appeal_changes::old_value,
            appeal_changes::new_value,
            appeal_changes::reason,
        ))
        .load(conn)?;
    let change = |(at, changed_by, field, old_value, new_value, reason): (NaiveDateTime, _, _, _, _, _)| Change {
        changed_at: at.and_utc(),
        changed_by,
        field,
        old_value,
        new_value,
        reason,
    };
    Ok(rows.into_iter().map(change).collect())
}

/// A change with the appeal that it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeOf {
    /// The fund's title.
    pub fund: String,
    /// The fund's slug.
    pub slug: String,
    /// The appeal's name.
    pub appeal: String,
    /// What changed.
    pub change: Change,
}

/// When, by whom, what, before, after, why.
type ChangeColumns = (NaiveDateTime, String, String, String, String, String);

/// What changed of all appeals from the first moment on and before the second, oldest first.
///
/// # Errors
/// Only when the database fails.
pub fn changes_between(
    conn: &mut Conn,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<ChangeOf>, DbError> {
    use crate::db::schema::funds;
    let rows: Vec<(String, String, String, ChangeColumns)> = appeal_changes::table
        .inner_join(appeals::table.inner_join(funds::table))
        .filter(appeal_changes::changed_at.ge(from.naive_utc()))
        .filter(appeal_changes::changed_at.lt(until.naive_utc()))
        .order(appeal_changes::id)
        .limit(limit)
        .select((
            funds::title,
            funds::slug,
            appeals::name,
            (
                appeal_changes::changed_at,
                appeal_changes::changed_by,
                appeal_changes::field,
                appeal_changes::old_value,
                appeal_changes::new_value,
                appeal_changes::reason,
            ),
        ))
        .load(conn)?;
    let change = |(fund, slug, appeal, (at, changed_by, field, old_value, new_value, reason)): (
        _,
        _,
        _,
        (NaiveDateTime, _, _, _, _, _),
    )| {
        let change = Change { changed_at: at.and_utc(), changed_by, field, old_value, new_value, reason };
        ChangeOf { fund, slug, appeal, change }
    };
    Ok(rows.into_iter().map(change).collect())
}

/// Appeal, raised, gifts, entry, hash, adjusted.
type TotalRow = (i64, i64, i64, i64, Vec<u8>, i64);

pub(in crate::funds) fn total(conn: &mut Conn, appeal_id: i64) -> Result<Total, DbError> {
    let (_, raised_minor, donations, entry, hash, adjusted_minor): TotalRow =
        appeal_totals::table.find(appeal_id).first(conn)?;
    Ok(Total { raised_minor, donations, entry, hash, adjusted_minor })
}

pub(in crate::funds) fn add_to_total(conn: &mut Conn, credit: &Credit) -> Result<(), DbError> {
    diesel::update(appeal_totals::table.find(credit.appeal_id))
        .set((
            appeal_totals::raised_minor.eq(appeal_totals::raised_minor + credit.raised_minor),
            appeal_totals::donations.eq(appeal_totals::donations + credit.donations),
            appeal_totals::adjusted_minor.eq(appeal_totals::adjusted_minor + credit.adjusted_minor),
            appeal_totals::entry.eq(credit.entry),
            appeal_totals::hash.eq(&credit.hash),
        ))
        .execute(conn)?;
    Ok(())
}

/// Every appeal with its total, for those who watch or check them.
///
/// # Errors
/// Only when the database fails.
pub fn standing_rows(conn: &mut Conn) -> Result<Vec<(Appeal, Total)>, DbError> {
    let rows: Vec<(AppealRow, TotalRow)> =
        appeals::table.inner_join(appeal_totals::table).order(appeals::id).load(conn)?;
    rows.into_iter()
        .map(|(row, (_, raised_minor, donations, entry, hash, adjusted_minor))| {
            Ok((row.try_into()?, Total { raised_minor, donations, entry, hash, adjusted_minor }))
        })
        .collect()
}
