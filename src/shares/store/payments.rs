//! SQL of the money that came for applications.

use std::collections::{HashMap, HashSet};

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
    /// The entry that this one takes back: of a payment that was none, or of a return of money that was none.
    pub takes_back: Option<i64>,
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
            share_payments::takes_back.eq(new.takes_back),
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
    /// Its application.
    pub application_id: i64,
    /// The account that has the money, once a payment or a paying-in slip says so.
    pub held_in: Option<String>,
    /// The entry that this one takes back: of a payment that was none, or of a return of money that was none.
    pub takes_back: Option<i64>,
}

impl Payment {
    /// How the money came.
    ///
    /// # Errors
    /// [`DbError::Corrupt`] for a word that is none.
    pub fn way(&self) -> Result<Method, DbError> {
        let odd = || DbError::Corrupt(format!("payment {} for shares came by {:?}", self.id, self.method));
        Method::from_name(&self.method).ok_or_else(odd)
    }

    /// Whether it only takes back what had been entered by mistake.
    pub fn is_taking_back(&self) -> bool {
        self.takes_back.is_some()
    }

    /// Whether it says what the applicant sent: money that came, or that it had not come after all.
    pub fn is_of_applicant(&self) -> bool {
        (self.amount_minor > 0) != self.is_taking_back()
    }
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

/// The payment with this entry.
///
/// # Errors
/// Only when the database fails.
pub fn by_entry(conn: &mut Conn, entry: i64) -> Result<Option<Payment>, DbError> {
    let came = share_payments::table
        .filter(share_payments::entry.eq(entry))
        .filter(share_payments::amount_minor.gt(0))
        .filter(share_payments::takes_back.is_null());
    Ok(came.select(Payment::as_select()).first(conn).optional()?)
}

/// Whether the payment of an application with this entry was taken back.
pub(in crate::shares) fn is_taken_back(conn: &mut Conn, application: i64, entry: i64) -> Result<bool, DbError> {
    Ok(payments_of(conn, application)?.iter().any(|payment| payment.takes_back == Some(entry)))
}

/// The payments of these rows.
///
/// # Errors
/// Only when the database fails.
pub fn payments_numbered(conn: &mut Conn, ids: &[i64]) -> Result<Vec<Payment>, DbError> {
    Ok(share_payments::table
        .filter(share_payments::id.eq_any(ids))
        .order(share_payments::id)
        .select(Payment::as_select())
        .load(conn)?)
}

/// Cheques for applications that nobody has paid in and that came by themselves, not in a batch: oldest first, behind a
/// number on a day.
///
/// # Errors
/// Only when the database fails.
pub fn cheques_in_hand(conn: &mut Conn, (day, id): (NaiveDate, i64), limit: i64) -> Result<Vec<Payment>, DbError> {
    const IN_HAND: &str = "method = 'cheque' AND held_in IS NULL";
    const STANDS: &str = "NOT EXISTS (SELECT 1 FROM share_payments back WHERE back.takes_back = share_payments.entry)";
    Ok(share_payments::table
        .filter(diesel::dsl::sql::<diesel::sql_types::Bool>(IN_HAND))
        .filter(diesel::dsl::sql::<diesel::sql_types::Bool>(STANDS))
        .filter(
            share_payments::received_on.gt(day).or(share_payments::received_on.eq(day).and(share_payments::id.gt(id))),
        )
        .filter(share_payments::amount_minor.gt(0))
        .filter(share_payments::takes_back.is_null())
        .order((share_payments::received_on, share_payments::id))
        .limit(limit)
        .select(Payment::as_select())
        .load(conn)?)
}

/// Notes which account has the money of the payments with these entries; `None` is the one of the method.
///
/// # Errors
/// Only when the database fails.
pub fn hold_payments_in(conn: &mut Conn, entries: &[i64], account: Option<&str>) -> Result<(), DbError> {
    for some in entries.chunks(APPLICATIONS_PER_QUERY_MAX) {
        diesel::update(share_payments::table.filter(share_payments::entry.eq_any(some)))
            .set(share_payments::held_in.eq(account))
            .execute(conn)?;
    }
    Ok(())
}

/// How the last money of an application came.
pub(in crate::shares) fn last_method(conn: &mut Conn, application: i64) -> Result<Option<Method>, DbError> {
    let payments = payments_of(conn, application)?;
    let is_mistake = |entry| payments.iter().any(|payment| payment.takes_back == Some(entry));
    let is_money = |payment: &&Payment| payment.amount_minor > 0 && payment.is_of_applicant();
    let came = payments.iter().rev().filter(is_money).find(|payment| !is_mistake(payment.entry));
    came.map(|payment| payment.way()).transpose()
}

/// The last day on which money came for each of these.
pub(in crate::shares) fn paid_on(conn: &mut Conn, ids: &[i64]) -> Result<HashMap<i64, NaiveDate>, DbError> {
    let mut found = HashMap::new();
    for some in ids.chunks(APPLICATIONS_PER_QUERY_MAX) {
        type Came = (i64, NaiveDate, i64, i64, Option<i64>);
        let rows: Vec<Came> = share_payments::table
            .filter(share_payments::application_id.eq_any(some))
            .order(share_payments::received_on)
            .select((
                share_payments::application_id,
                share_payments::received_on,
                share_payments::amount_minor,
                share_payments::entry,
                share_payments::takes_back,
            ))
            .load(conn)?;
        let mistakes: HashSet<i64> = rows.iter().filter_map(|row| row.4).collect();
        let came =
            rows.iter().filter(|(_, _, minor, entry, back)| *minor > 0 && back.is_none() && !mistakes.contains(entry));
        found.extend(came.map(|(application, on, ..)| (*application, *on)));
    }
    Ok(found)
}
