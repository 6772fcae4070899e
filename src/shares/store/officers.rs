//! SQL of officers and of inspections.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use diesel::prelude::*;

use crate::db::schema::{share_inspections, share_officers};
use crate::db::{Conn, DbError};
use crate::shares::Deed;
use crate::shares::inspections::NewInspection;
use crate::shares::officers::NewOfficer;

/// An officer of the society.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = share_officers)]
pub struct Officer {
    /// Their row.
    pub id: i64,
    /// In full.
    pub name: String,
    /// The postal address.
    pub address: String,
    /// The electronic address.
    pub email: Option<String>,
    /// "Secretary"
    pub office: String,
    /// The first day.
    pub from_on: NaiveDate,
    /// The last day.
    pub until_on: Option<NaiveDate>,
    /// When that was noted, in UTC.
    pub ended_at: Option<NaiveDateTime>,
}

/// Every officer who was not entered in error, those in office first.
///
/// # Errors
/// Only when the database fails.
pub fn all(conn: &mut Conn) -> Result<Vec<Officer>, DbError> {
    let mut officers: Vec<Officer> = share_officers::table
        .filter(share_officers::taken_back_at.is_null())
        .order((share_officers::from_on, share_officers::id))
        .select(Officer::as_select())
        .load(conn)?;
    officers.sort_by_key(|officer| officer.until_on.is_some());
    Ok(officers)
}

/// The officer of this row.
///
/// # Errors
/// Only when the database fails.
pub fn numbered(conn: &mut Conn, id: i64) -> Result<Option<Officer>, DbError> {
    Ok(share_officers::table.find(id).select(Officer::as_select()).first(conn).optional()?)
}

/// Who had taken office by a day, as it was known at a moment.
pub(in crate::shares) fn known(
    conn: &mut Conn,
    as_at: NaiveDate,
    as_known: NaiveDateTime,
) -> Result<Vec<Officer>, DbError> {
    let stands =
        share_officers::taken_back_at.is_null().or(share_officers::taken_back_at.assume_not_null().gt(as_known));
    Ok(share_officers::table
        .filter(share_officers::from_on.le(as_at))
        .filter(share_officers::recorded_at.le(as_known))
        .filter(stands)
        .order((share_officers::from_on, share_officers::id))
        .select(Officer::as_select())
        .load(conn)?)
}

/// Takes an officer back who was entered in error.
pub(in crate::shares) fn take_back(conn: &mut Conn, now: DateTime<Utc>, id: i64) -> Result<(), DbError> {
    diesel::update(share_officers::table.find(id))
        .set(share_officers::taken_back_at.eq(now.naive_utc()))
        .execute(conn)?;
    Ok(())
}

/// An officer did not leave after all.
pub(in crate::shares) fn go_on(conn: &mut Conn, id: i64) -> Result<(), DbError> {
    diesel::update(share_officers::table.find(id))
        .set((share_officers::until_on.eq(None::<NaiveDate>), share_officers::ended_at.eq(None::<NaiveDateTime>)))
        .execute(conn)?;
    Ok(())
}

pub(in crate::shares) fn insert(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &Deed,
    new: &NewOfficer,
) -> Result<i64, DbError> {
    let last: Option<i64> = share_officers::table.select(diesel::dsl::max(share_officers::id)).first(conn)?;
    let id = last.unwrap_or(0) + 1;
    diesel::insert_into(share_officers::table)
        .values((
            share_officers::id.eq(id),
            share_officers::name.eq(&new.name),
            share_officers::address.eq(&new.address),
            share_officers::email.eq(&new.email),
            share_officers::office.eq(&new.office),
            share_officers::from_on.eq(new.from_on),
            share_officers::recorded_at.eq(now.naive_utc()),
            share_officers::recorded_by.eq(&deed.by),
        ))
        .execute(conn)?;
    Ok(id)
}

/// Ends the office of somebody who holds it since that day or before; false otherwise.
pub(in crate::shares) fn end(conn: &mut Conn, now: DateTime<Utc>, id: i64, on: NaiveDate) -> Result<bool, DbError> {
    let ended = diesel::update(
        share_officers::table
            .find(id)
            .filter(share_officers::until_on.is_null())
            .filter(share_officers::taken_back_at.is_null())
            .filter(share_officers::from_on.le(on)),
    )
    .set((share_officers::until_on.eq(on), share_officers::ended_at.eq(now.naive_utc())))
    .execute(conn)?;
    Ok(ended == 1)
}

/// Somebody who looked at the register.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = share_inspections)]
pub struct Inspection {
    /// Its row.
    pub id: i64,
    /// The day.
    pub inspected_on: NaiveDate,
    /// Who.
    pub name: String,
    /// As what: a member, a creditor.
    pub capacity: String,
    /// What they were shown.
    pub shown: String,
    /// Who showed it.
    pub recorded_by: String,
    /// When it was taken back, in UTC.
    pub taken_back_at: Option<NaiveDateTime>,
}

/// The inspection of this row.
///
/// # Errors
/// Only when the database fails.
pub fn inspection(conn: &mut Conn, id: i64) -> Result<Option<Inspection>, DbError> {
    Ok(share_inspections::table.find(id).select(Inspection::as_select()).first(conn).optional()?)
}

/// Notes that an inspection was none.
pub(in crate::shares) fn take_inspection_back(conn: &mut Conn, now: DateTime<Utc>, id: i64) -> Result<(), DbError> {
    diesel::update(share_inspections::table.find(id))
        .set(share_inspections::taken_back_at.eq(now.naive_utc()))
        .execute(conn)?;
    Ok(())
}

/// The newest inspections.
///
/// # Errors
/// Only when the database fails.
pub fn inspections(conn: &mut Conn) -> Result<Vec<Inspection>, DbError> {
    Ok(share_inspections::table
        .order(share_inspections::id.desc())
        .limit(200)
        .select(Inspection::as_select())
        .load(conn)?)
}

pub(in crate::shares) fn inspect(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &Deed,
    on: NaiveDate,
    new: &NewInspection,
) -> Result<i64, DbError> {
    let last: Option<i64> = share_inspections::table.select(diesel::dsl::max(share_inspections::id)).first(conn)?;
    let id = last.unwrap_or(0) + 1;
    diesel::insert_into(share_inspections::table)
        .values((
            share_inspections::id.eq(id),
            share_inspections::inspected_on.eq(on),
            share_inspections::name.eq(&new.name),
            share_inspections::capacity.eq(&new.capacity),
            share_inspections::shown.eq(&new.shown),
            share_inspections::recorded_at.eq(now.naive_utc()),
            share_inspections::recorded_by.eq(&deed.by),
        ))
        .execute(conn)?;
    Ok(id)
}
