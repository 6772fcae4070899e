//! SQL of the money that came for applications.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;

use crate::db::schema::share_payments;
use crate::db::{Conn, DbError};
use crate::ledger::Method;
use crate::shares::Deed;

/// Applications asked for in one statement, below SQLite's limit of placeholders.
const APPLICATIONS_PER_QUERY_MAX: usize = 1_000;

/// Money that came for an application, or (negative) went back.
pub(in crate::shares) struct Movement<'a> {
    pub application_id: i64,
    pub amount_minor: i64,
    pub method: &'a str,
    pub received_on: NaiveDate,
    pub entry: i64,
}

pub(in crate::shares) fn insert_payment(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &Deed,
    new: &Movement<'_>,
) -> Result<i64, DbError> {
    let last: Option<i64> = share_payments::table.select(diesel::dsl::max(share_payments::id)).first(conn)?;
    let id = last.unwrap_or(0) + 1;
    diesel::insert_into(share_payments::table)
        .values((
            share_payments::id.eq(id),
            share_payments::application_id.eq(new.application_id),
            share_payments::amount_minor.eq(new.amount_minor),
            share_payments::method.eq(new.method),
            share_payments::received_on.eq(new.received_on),
            share_payments::entry.eq(new.entry),
            share_payments::recorded_at.eq(now.naive_utc()),
            share_payments::recorded_by.eq(&deed.by),
        ))
        .execute(conn)?;
    Ok(id)
}

/// Money that came for an application (positive) or went back (negative), oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = share_payments)]
pub struct Payment {
    /// Its row.
    pub id: i64,
    /// How much.
    pub amount_minor: i64,
    /// How.
    pub method: String,
    /// When.
    pub received_on: NaiveDate,
    /// Its entry in the ledger.
    pub entry: i64,
    /// Who entered it.
    pub recorded_by: String,
}

/// The money of an application, oldest first.
///
/// # Errors
/// Only when the database fails.
pub fn payments_of(conn: &mut Conn, application: i64) -> Result<Vec<Payment>, DbError> {
    Ok(share_payments::table
        .filter(share_payments::application_id.eq(application))
        .order(share_payments::id)
        .select(Payment::as_select())
        .load(conn)?)
}

/// How the last money of an application came.
pub(in crate::shares) fn last_method(conn: &mut Conn, application: i64) -> Result<Option<Method>, DbError> {
    let came = payments_of(conn, application)?.into_iter().rev().find(|payment| payment.amount_minor > 0);
    Ok(came.and_then(|payment| Method::from_name(&payment.method)))
}

/// The last day on which money came for each of these.
pub(in crate::shares) fn paid_on(conn: &mut Conn, ids: &[i64]) -> Result<HashMap<i64, NaiveDate>, DbError> {
    let mut found = HashMap::new();
    for some in ids.chunks(APPLICATIONS_PER_QUERY_MAX) {
        let rows: Vec<(i64, NaiveDate)> = share_payments::table
            .filter(share_payments::application_id.eq_any(some))
            .filter(share_payments::amount_minor.gt(0))
            .order(share_payments::received_on)
            .select((share_payments::application_id, share_payments::received_on))
            .load(conn)?;
        found.extend(rows);
    }
    Ok(found)
}
