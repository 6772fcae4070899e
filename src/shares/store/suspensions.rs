//! SQL of suspensions.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use diesel::prelude::*;

use crate::db::schema::share_suspensions;
use crate::db::{Conn, DbError};
use crate::shares::Deed;

/// Days on which withdrawals of a class rest.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = share_suspensions)]
pub struct Suspension {
    /// Its row.
    pub id: i64,
    /// Of which class.
    pub class_id: i64,
    /// The first day.
    pub from_on: NaiveDate,
    /// Why.
    pub reason: String,
    /// Where the decision is written down.
    pub minute: String,
    /// The day from which withdrawals are agreed again.
    pub lifted_on: Option<NaiveDate>,
    /// Why.
    pub lifted_reason: String,
    /// When it was taken back, because it was entered in error.
    pub taken_back_at: Option<NaiveDateTime>,
}

/// The suspension of a class on a day, if any.
///
/// # Errors
/// Only when the database fails.
pub fn in_force(conn: &mut Conn, class: i64, date: NaiveDate) -> Result<Option<Suspension>, DbError> {
    Ok(share_suspensions::table
        .filter(share_suspensions::class_id.eq(class))
        .filter(share_suspensions::from_on.le(date))
        .filter(share_suspensions::taken_back_at.is_null())
        .filter(share_suspensions::lifted_on.is_null().or(share_suspensions::lifted_on.gt(date)))
        .order(share_suspensions::id)
        .select(Suspension::as_select())
        .first(conn)
        .optional()?)
}

/// Every suspension, the newest first.
///
/// # Errors
/// Only when the database fails.
pub fn all(conn: &mut Conn) -> Result<Vec<Suspension>, DbError> {
    Ok(share_suspensions::table
        .order(share_suspensions::id.desc())
        .limit(100)
        .select(Suspension::as_select())
        .load(conn)?)
}

/// The suspension of this row.
///
/// # Errors
/// Only when the database fails.
pub fn numbered(conn: &mut Conn, id: i64) -> Result<Option<Suspension>, DbError> {
    Ok(share_suspensions::table.find(id).select(Suspension::as_select()).first(conn).optional()?)
}

/// Takes one back that was entered in error.
pub(in crate::shares) fn take_back(conn: &mut Conn, now: DateTime<Utc>, id: i64) -> Result<(), DbError> {
    diesel::update(share_suspensions::table.find(id))
        .set(share_suspensions::taken_back_at.eq(now.naive_utc()))
        .execute(conn)?;
    Ok(())
}

/// Withdrawals were not resumed after all.
pub(in crate::shares) fn rest_again(conn: &mut Conn, id: i64) -> Result<(), DbError> {
    diesel::update(share_suspensions::table.find(id))
        .set((
            share_suspensions::lifted_on.eq(None::<NaiveDate>),
            share_suspensions::lifted_reason.eq(""),
            share_suspensions::lifted_by.eq(None::<String>),
        ))
        .execute(conn)?;
    Ok(())
}

pub(in crate::shares) fn insert(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &Deed,
    class_id: i64,
    from_on: NaiveDate,
    (reason, minute): (&str, &str),
) -> Result<Suspension, DbError> {
    let last: Option<i64> = share_suspensions::table.select(diesel::dsl::max(share_suspensions::id)).first(conn)?;
    let id = last.unwrap_or(0) + 1;
    diesel::insert_into(share_suspensions::table)
        .values((
            share_suspensions::id.eq(id),
            share_suspensions::class_id.eq(class_id),
            share_suspensions::from_on.eq(from_on),
            share_suspensions::reason.eq(reason),
            share_suspensions::minute.eq(minute),
            share_suspensions::recorded_at.eq(now.naive_utc()),
            share_suspensions::recorded_by.eq(&deed.by),
            share_suspensions::lifted_reason.eq(""),
        ))
        .execute(conn)?;
    Ok(share_suspensions::table.find(id).select(Suspension::as_select()).first(conn)?)
}

/// Lifts one that is in force; false when there is none.
pub(in crate::shares) fn lift(
    conn: &mut Conn,
    deed: &Deed,
    id: i64,
    on: NaiveDate,
    reason: &str,
) -> Result<bool, DbError> {
    let in_force = share_suspensions::table
        .find(id)
        .filter(share_suspensions::lifted_on.is_null())
        .filter(share_suspensions::taken_back_at.is_null());
    let lifted = diesel::update(in_force)
        .set((
            share_suspensions::lifted_on.eq(on),
            share_suspensions::lifted_reason.eq(reason),
            share_suspensions::lifted_by.eq(&deed.by),
        ))
        .execute(conn)?;
    Ok(lifted == 1)
}
