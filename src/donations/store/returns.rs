//! SQL of money that went back, and of the appeal whose total fell: the gift's own, or another where that one was
//! closed by then.

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use crate::db::schema::{appeals, donation_events, donations, entries};
use crate::db::{Conn, DbError};
use crate::donations::{Donation, Method, Status};

/// Money that went back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Return {
    /// The gift.
    pub donation_id: i64,
    /// The day on which the gift came.
    pub received_on: NaiveDate,
    /// How the gift came.
    pub method: Method,
    /// The whole gift.
    pub gift_minor: i64,
    /// The gift's own appeal.
    pub own: i64,
    /// The appeal whose total fell.
    pub bearer: i64,
    /// By how much.
    pub amount_minor: i64,
    /// The day on which it fell.
    pub on: NaiveDate,
    /// "refunded", "bounced".
    pub kind: String,
    /// True when the whole gift has been refunded or has bounced.
    pub is_gone: bool,
}

type Row = (i64, Option<NaiveDate>, String, i64, i64, Option<i64>, i64, NaiveDate, String, String);

macro_rules! returns {
    ($conn:expr, $filter:expr) => {{
        let rows: Vec<Row> = donation_events::table
            .inner_join(donations::table)
            .inner_join(entries::table)
            .filter(donation_events::counts_in.is_not_null())
            .filter($filter)
            .order(donation_events::id)
            .select((
                donations::id,
                donations::received_on,
                donations::method,
                donations::amount_minor,
                donations::appeal_id,
                donation_events::counts_in,
                donation_events::amount_minor,
                entries::effective_on,
                donation_events::kind,
                donations::status,
            ))
            .load($conn)?;
        rows.into_iter().map(return_of).collect()
    }};
}

fn return_of(row: Row) -> Result<Return, DbError> {
    let (donation_id, received_on, method, gift_minor, own, bearer, amount_minor, on, kind, status) = row;
    let odd = || DbError::Corrupt(format!("donation {donation_id} went back and never came"));
    Ok(Return {
        donation_id,
        received_on: received_on.ok_or_else(odd)?,
        method: Method::from_name(&method).ok_or_else(odd)?,
        gift_minor,
        own,
        bearer: bearer.ok_or_else(odd)?,
        amount_minor,
        on,
        kind,
        is_gone: [Status::Refunded, Status::Bounced].iter().any(|gone| gone.name() == status),
    })
}

/// Everything that lowered this appeal, of its own gifts and of closed ones, oldest first.
///
/// # Errors
/// Only when the database fails.
pub fn returns_of(conn: &mut Conn, appeal_id: i64) -> Result<Vec<Return>, DbError> {
    returns!(conn, donation_events::counts_in.eq(appeal_id))
}

/// The appeals that were lowered in these days.
///
/// # Errors
/// Only when the database fails.
pub fn appeals_with_returns(conn: &mut Conn, (from, until): (NaiveDate, NaiveDate)) -> Result<Vec<i64>, DbError> {
    let appeals: Vec<Option<i64>> = donation_events::table
        .inner_join(entries::table)
        .filter(donation_events::counts_in.is_not_null())
        .filter(entries::effective_on.between(from, until))
        .select(donation_events::counts_in)
        .distinct()
        .load(conn)?;
    Ok(appeals.into_iter().flatten().collect())
}

/// What lowered another appeal than the gift's own.
pub(in crate::donations) fn returned_elsewhere(conn: &mut Conn) -> Result<Vec<Return>, DbError> {
    returns!(conn, donation_events::counts_in.assume_not_null().ne(donations::appeal_id))
}

/// What of other appeals' gifts went back in this one: appeal and sum, the oldest appeal first.
pub(in crate::donations) fn lowered_by(conn: &mut Conn, appeal_id: i64) -> Result<Vec<(String, i64)>, DbError> {
    Ok(donation_events::table
        .inner_join(donations::table.inner_join(appeals::table))
        .filter(donation_events::counts_in.eq(appeal_id))
        .filter(donations::appeal_id.ne(appeal_id))
        .group_by((appeals::name, appeals::opens_on))
        .order(appeals::opens_on)
        .select((appeals::name, diesel::dsl::sql::<BigInt>("CAST(SUM(donation_events.amount_minor) AS BIGINT)")))
        .load(conn)?)
}

/// Gifts that went back whole and count in their own appeal all the same, because that was closed by then.
pub(in crate::donations) fn gone_and_counted(conn: &mut Conn) -> Result<i64, DbError> {
    Ok(donation_events::table
        .inner_join(donations::table)
        .filter(donation_events::counts_in.is_not_null())
        .filter(donation_events::counts_in.assume_not_null().ne(donations::appeal_id))
        .filter(donations::status.eq_any([Status::Refunded, Status::Bounced].map(Status::name)))
        .select(diesel::dsl::count(donations::id).aggregate_distinct())
        .first(conn)?)
}

/// How much of a gift went back without lowering its own appeal.
pub(in crate::donations) fn bears_elsewhere(conn: &mut Conn, donation: &Donation) -> Result<i64, DbError> {
    Ok(donation_events::table
        .filter(donation_events::donation_id.eq(donation.id))
        .filter(donation_events::counts_in.ne(donation.appeal_id))
        .select(diesel::dsl::sql::<BigInt>("CAST(COALESCE(SUM(amount_minor), 0) AS BIGINT)"))
        .first(conn)?)
}

pub(in crate::donations) fn set_bearer(conn: &mut Conn, event: i64, appeal_id: i64) -> Result<(), DbError> {
    diesel::update(donation_events::table.find(event)).set(donation_events::counts_in.eq(appeal_id)).execute(conn)?;
    Ok(())
}
