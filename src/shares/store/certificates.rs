//! SQL of certificates.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use diesel::prelude::*;

use crate::db::schema::{share_certificates, share_reinstatements};
use crate::db::{Conn, DbError};
use crate::shares::register::View;

/// Holders asked for in one statement, below SQLite's limit of placeholders.
const HOLDERS_PER_QUERY_MAX: usize = 1_000;

#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = share_certificates, treat_none_as_default_value = false)]
pub(in crate::shares) struct NewCertificate {
    pub number: i64,
    pub holder_id: i64,
    pub class_id: i64,
    pub shares: i64,
    pub code: String,
    pub issued_on: NaiveDate,
    pub issued_at: NaiveDateTime,
    pub issued_event: i64,
    pub cancelled_on: Option<NaiveDate>,
    pub cancelled_at: Option<NaiveDateTime>,
    pub cancelled_event: Option<i64>,
    pub replaces: Option<i64>,
    pub old_number: String,
    pub reason: String,
}

/// A certificate, in force or cancelled.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = share_certificates)]
pub struct Certificate {
    /// Its number.
    pub number: i64,
    /// Whose.
    pub holder_id: i64,
    /// Of which class.
    pub class_id: i64,
    /// For how many.
    pub shares: i64,
    /// What confirms it.
    pub code: String,
    /// Since when.
    pub issued_on: NaiveDate,
    /// When that was recorded, in UTC.
    pub issued_at: NaiveDateTime,
    /// By which event.
    pub issued_event: i64,
    /// Until when, once it is cancelled.
    pub cancelled_on: Option<NaiveDate>,
    /// When that was recorded, in UTC.
    pub cancelled_at: Option<NaiveDateTime>,
    /// By which event.
    pub cancelled_event: Option<i64>,
    /// The certificate whose place it took.
    pub replaces: Option<i64>,
    /// Its number in the paper register; empty for none.
    pub old_number: String,
    /// Why it was replaced; empty where the book says so.
    pub reason: String,
}

impl Certificate {
    /// Whether it proves anything today.
    pub fn is_in_force(&self) -> bool {
        self.cancelled_on.is_none()
    }
}

impl From<NewCertificate> for Certificate {
    fn from(new: NewCertificate) -> Self {
        Self {
            number: new.number,
            holder_id: new.holder_id,
            class_id: new.class_id,
            shares: new.shares,
            code: new.code,
            issued_on: new.issued_on,
            issued_at: new.issued_at,
            issued_event: new.issued_event,
            cancelled_on: new.cancelled_on,
            cancelled_at: new.cancelled_at,
            cancelled_event: new.cancelled_event,
            replaces: new.replaces,
            old_number: new.old_number,
            reason: new.reason,
        }
    }
}

/// A certificate that an event takes away.
pub(in crate::shares) struct Cancelled {
    pub number: i64,
    pub on: NaiveDate,
    pub event: i64,
}

/// The certificate in a holder's name that an event issued.
pub(in crate::shares) fn issued_by(conn: &mut Conn, holder: i64, event: i64) -> Result<Option<Certificate>, DbError> {
    Ok(share_certificates::table
        .filter(share_certificates::holder_id.eq(holder))
        .filter(share_certificates::issued_event.eq(event))
        .order(share_certificates::number)
        .select(Certificate::as_select())
        .first(conn)
        .optional()?)
}

pub(in crate::shares) fn last(conn: &mut Conn) -> Result<i64, DbError> {
    let last: Option<i64> =
        share_certificates::table.select(diesel::dsl::max(share_certificates::number)).first(conn)?;
    Ok(last.unwrap_or(0))
}

pub(in crate::shares) fn in_force_of(conn: &mut Conn, holders: &[i64]) -> Result<Vec<Certificate>, DbError> {
    let mut found = Vec::new();
    for some in holders.chunks(HOLDERS_PER_QUERY_MAX) {
        let rows: Vec<Certificate> = share_certificates::table
            .filter(share_certificates::holder_id.eq_any(some))
            .filter(share_certificates::cancelled_on.is_null())
            .select(Certificate::as_select())
            .load(conn)?;
        found.extend(rows);
    }
    Ok(found)
}

pub(in crate::shares) fn insert_all(conn: &mut Conn, new: Vec<NewCertificate>) -> Result<(), DbError> {
    insert_all!(conn, share_certificates::table, &new)?;
    Ok(())
}

pub(in crate::shares) fn cancel_all(
    conn: &mut Conn,
    now: DateTime<Utc>,
    cancelled: &[Cancelled],
) -> Result<(), DbError> {
    for gone in cancelled {
        diesel::update(share_certificates::table.find(gone.number))
            .set((
                share_certificates::cancelled_on.eq(gone.on),
                share_certificates::cancelled_at.eq(now.naive_utc()),
                share_certificates::cancelled_event.eq(gone.event),
            ))
            .execute(conn)?;
    }
    Ok(())
}

/// Notes the number that a certificate has on paper.
pub(in crate::shares) fn note_paper(conn: &mut Conn, number: i64, on_paper: &str) -> Result<(), DbError> {
    diesel::update(share_certificates::table.find(number))
        .set(share_certificates::old_number.eq(on_paper))
        .execute(conn)?;
    Ok(())
}

/// The certificate with this number.
///
/// # Errors
/// Only when the database fails.
pub fn numbered(conn: &mut Conn, number: i64) -> Result<Option<Certificate>, DbError> {
    Ok(share_certificates::table.find(number).select(Certificate::as_select()).first(conn).optional()?)
}

/// Takes a certificate out of force for a reason that no event of the book tells.
pub(in crate::shares) fn retire(
    conn: &mut Conn,
    now: DateTime<Utc>,
    number: i64,
    on: NaiveDate,
    reason: &str,
) -> Result<(), DbError> {
    diesel::update(share_certificates::table.find(number))
        .set((
            share_certificates::cancelled_on.eq(on),
            share_certificates::cancelled_at.eq(now.naive_utc()),
            share_certificates::reason.eq(reason),
        ))
        .execute(conn)?;
    Ok(())
}

/// Puts a certificate that was retired in force again; that it was not for a while is kept.
pub(in crate::shares) fn reinstate(conn: &mut Conn, now: DateTime<Utc>, number: i64) -> Result<(), DbError> {
    let known = numbered(conn, number)?;
    let gone = known.and_then(|known| known.cancelled_on.zip(known.cancelled_at));
    let Some((on, at)) = gone else { return Ok(()) };
    diesel::insert_into(share_reinstatements::table)
        .values((
            share_reinstatements::certificate.eq(number),
            share_reinstatements::cancelled_on.eq(on),
            share_reinstatements::cancelled_at.eq(at),
            share_reinstatements::reinstated_at.eq(now.naive_utc()),
        ))
        .execute(conn)?;
    diesel::update(share_certificates::table.find(number))
        .set((
            share_certificates::cancelled_on.eq(None::<NaiveDate>),
            share_certificates::cancelled_at.eq(None::<NaiveDateTime>),
            share_certificates::reason.eq(""),
        ))
        .execute(conn)?;
    Ok(())
}

/// Every certificate of a holder, oldest first.
///
/// # Errors
/// Only when the database fails.
pub fn of_holder(conn: &mut Conn, holder: i64) -> Result<Vec<Certificate>, DbError> {
    Ok(share_certificates::table
        .filter(share_certificates::holder_id.eq(holder))
        .order(share_certificates::number)
        .select(Certificate::as_select())
        .load(conn)?)
}

/// The certificates of these holders that were in force at the end of a view's day, as it was known at its moment,
/// oldest first.
///
/// # Errors
/// Only when the database fails.
pub fn on(conn: &mut Conn, holders: &[i64], view: &View) -> Result<Vec<Certificate>, DbError> {
    let (as_at, known) = (view.as_at, view.as_known.naive_utc());
    let mut found = Vec::new();
    for some in holders.chunks(HOLDERS_PER_QUERY_MAX) {
        let not_yet_cancelled = share_certificates::cancelled_on
            .is_null()
            .or(share_certificates::cancelled_on.assume_not_null().gt(as_at))
            .or(share_certificates::cancelled_at.assume_not_null().gt(known));
        let held_to_be_cancelled = share_reinstatements::table
            .filter(share_reinstatements::cancelled_on.le(as_at))
            .filter(share_reinstatements::cancelled_at.le(known))
            .filter(share_reinstatements::reinstated_at.gt(known))
            .select(share_reinstatements::certificate);
        let rows: Vec<Certificate> = share_certificates::table
            .filter(share_certificates::holder_id.eq_any(some))
            .filter(share_certificates::issued_on.le(as_at))
            .filter(share_certificates::issued_at.le(known))
            .filter(not_yet_cancelled)
            .filter(share_certificates::number.ne_all(held_to_be_cancelled))
            .order(share_certificates::number)
            .select(Certificate::as_select())
            .load(conn)?;
        found.extend(rows);
    }
    Ok(found)
}

/// The certificate with this check code.
///
/// # Errors
/// Only when the database fails.
pub fn by_code(conn: &mut Conn, code: &str) -> Result<Option<Certificate>, DbError> {
    Ok(share_certificates::table
        .filter(share_certificates::code.eq(code))
        .select(Certificate::as_select())
        .first(conn)
        .optional()?)
}

/// The shares that certificates in force name, by holder and class.
pub(in crate::shares) fn sums_in_force(conn: &mut Conn) -> Result<Vec<(i64, i64, i64)>, DbError> {
    use diesel::sql_types::BigInt;
    let sum = diesel::dsl::sql::<BigInt>("CAST(COALESCE(SUM(shares), 0) AS BIGINT)");
    Ok(share_certificates::table
        .filter(share_certificates::cancelled_on.is_null())
        .group_by((share_certificates::holder_id, share_certificates::class_id))
        .select((share_certificates::holder_id, share_certificates::class_id, sum))
        .load(conn)?)
}
