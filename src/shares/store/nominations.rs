//! SQL of nominations.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use diesel::prelude::*;

use crate::db::schema::share_nominations;
use crate::db::{Conn, DbError};
use crate::shares::Deed;
use crate::shares::nominations::NewNomination;

/// Whom a member nominated.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = share_nominations)]
pub struct Nomination {
    /// Its number in the book.
    pub id: i64,
    /// Whose property.
    pub holder_id: i64,
    /// Who is nominated.
    pub nominee: String,
    /// Their address.
    pub address: String,
    /// "child"
    pub relation: String,
    /// An officer or employee of the society.
    pub is_officer: bool,
    /// How much of the property.
    pub percent: i64,
    /// The day of the statement.
    pub made_on: NaiveDate,
    /// When it ended.
    pub revoked_on: Option<NaiveDate>,
    /// Why.
    pub revoked_reason: String,
    /// The nomination whose place it took.
    pub varies: Option<i64>,
    /// When it was taken back, because it was entered in error.
    pub taken_back_at: Option<NaiveDateTime>,
}

impl Nomination {
    /// Whether somebody would get something by it.
    pub fn is_in_force(&self) -> bool {
        self.revoked_on.is_none() && self.taken_back_at.is_none()
    }
}

/// The nominations of a holder, oldest first.
///
/// # Errors
/// Only when the database fails.
pub fn of(conn: &mut Conn, holder: i64) -> Result<Vec<Nomination>, DbError> {
    Ok(share_nominations::table
        .filter(share_nominations::holder_id.eq(holder))
        .order(share_nominations::id)
        .select(Nomination::as_select())
        .load(conn)?)
}

/// The nomination with this number.
///
/// # Errors
/// Only when the database fails.
pub fn numbered(conn: &mut Conn, id: i64) -> Result<Option<Nomination>, DbError> {
    Ok(share_nominations::table.find(id).select(Nomination::as_select()).first(conn).optional()?)
}

/// The book of nominations, the newest first, before a number.
///
/// # Errors
/// Only when the database fails.
pub fn book(conn: &mut Conn, before: i64, limit: i64) -> Result<Vec<Nomination>, DbError> {
    Ok(share_nominations::table
        .filter(share_nominations::id.lt(before))
        .order(share_nominations::id.desc())
        .limit(limit)
        .select(Nomination::as_select())
        .load(conn)?)
}

pub(in crate::shares) fn insert(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &Deed,
    (holder, varies): (i64, Option<i64>),
    made_on: NaiveDate,
    new: &NewNomination,
) -> Result<i64, DbError> {
    let last: Option<i64> = share_nominations::table.select(diesel::dsl::max(share_nominations::id)).first(conn)?;
    let id = last.unwrap_or(0) + 1;
    diesel::insert_into(share_nominations::table)
        .values((
            share_nominations::id.eq(id),
            share_nominations::holder_id.eq(holder),
            share_nominations::nominee.eq(&new.nominee),
            share_nominations::address.eq(&new.address),
            share_nominations::relation.eq(&new.relation),
            share_nominations::is_officer.eq(new.is_officer),
            share_nominations::percent.eq(new.percent),
            share_nominations::made_on.eq(made_on),
            share_nominations::revoked_reason.eq(""),
            share_nominations::varies.eq(varies),
            share_nominations::recorded_at.eq(now.naive_utc()),
            share_nominations::recorded_by.eq(&deed.by),
        ))
        .execute(conn)?;
    Ok(id)
}

/// Revokes one that is in force; false when there is none.
pub(in crate::shares) fn revoke(conn: &mut Conn, id: i64, on: NaiveDate, reason: &str) -> Result<bool, DbError> {
    let in_force = share_nominations::table
        .find(id)
        .filter(share_nominations::revoked_on.is_null())
        .filter(share_nominations::taken_back_at.is_null());
    let revoked = diesel::update(in_force)
        .set((share_nominations::revoked_on.eq(on), share_nominations::revoked_reason.eq(reason)))
        .execute(conn)?;
    Ok(revoked == 1)
}

/// Puts a nomination in force again.
pub(in crate::shares) fn restore(conn: &mut Conn, id: i64) -> Result<(), DbError> {
    diesel::update(share_nominations::table.find(id))
        .set((share_nominations::revoked_on.eq(None::<NaiveDate>), share_nominations::revoked_reason.eq("")))
        .execute(conn)?;
    Ok(())
}

/// Takes a nomination back that was entered in error.
pub(in crate::shares) fn take_back(conn: &mut Conn, now: DateTime<Utc>, id: i64) -> Result<(), DbError> {
    diesel::update(share_nominations::table.find(id))
        .set(share_nominations::taken_back_at.eq(now.naive_utc()))
        .execute(conn)?;
    Ok(())
}
