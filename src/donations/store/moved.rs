//! SQL of money that went back after its month was closed, and so lowered the total of another appeal.
//!
//! Few gifts ever do: an index over nothing else finds them.

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use crate::db::schema::{donation_events, donations, entries};
use crate::db::{Conn, DbError};
use crate::donations::{Method, Status};

/// Money of a closed appeal's gift that lowered another appeal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// The gift.
    pub donation_id: i64,
    /// The day on which the gift came.
    pub received_on: NaiveDate,
    /// How the gift came.
    pub method: Method,
    /// The gift's own appeal.
    pub from: i64,
    /// The appeal whose total fell.
    pub into: i64,
    /// By how much.
    pub amount_minor: i64,
    /// The day on which it fell.
    pub on: NaiveDate,
    /// True when the whole gift has been refunded or has bounced.
    pub is_gone: bool,
}

type Row = (i64, Option<NaiveDate>, String, i64, Option<i64>, i64, NaiveDate, String);

macro_rules! moved {
    ($conn:expr, $($filter:expr),*) => {{
        let rows: Vec<Row> = donation_events::table
            .inner_join(donations::table)
            .inner_join(entries::table)
            .filter(donation_events::counts_in.is_not_null())
            $(.filter($filter))*
            .order(donation_events::id)
            .select((
                donations::id,
                donations::received_on,
                donations::method,
                donations::appeal_id,
                donation_events::counts_in,
                donation_events::amount_minor,
                entries::effective_on,
                donations::status,
            ))
            .load($conn)?;
        rows.into_iter().map(moved_of).collect()
    }};
}

fn moved_of(row: Row) -> Result<Moved, DbError> {
    let (donation_id, received_on, method, from, into, amount_minor, on, status) = row;
    let odd = || DbError::Corrupt(format!("donation {donation_id} went back and never came"));
    let is_gone = [Status::Refunded, Status::Bounced].iter().any(|gone| gone.name() == status);
    let received_on = received_on.ok_or_else(odd)?;
    let (method, into) = (Method::from_name(&method).ok_or_else(odd)?, into.ok_or_else(odd)?);
    Ok(Moved { donation_id, received_on, method, from, into, amount_minor, on, is_gone })
}

pub(in crate::donations) fn all_moved(conn: &mut Conn) -> Result<Vec<Moved>, DbError> {
    moved!(conn,)
}

/// What lowered this appeal although its gifts belong to closed ones, oldest first.
///
/// # Errors
/// Only when the database fails.
pub fn moved_into(conn: &mut Conn, appeal_id: i64) -> Result<Vec<Moved>, DbError> {
    moved!(conn, donation_events::counts_in.eq(appeal_id))
}

/// What went back of this appeal's gifts without lowering it, because it was closed, oldest first.
///
/// # Errors
/// Only when the database fails.
pub fn moved_from(conn: &mut Conn, appeal_id: i64) -> Result<Vec<Moved>, DbError> {
    moved!(conn, donations::appeal_id.eq(appeal_id))
}

/// How much of a gift went back without lowering its own appeal.
pub(in crate::donations) fn returned_elsewhere(conn: &mut Conn, donation_id: i64) -> Result<i64, DbError> {
    Ok(donation_events::table
        .filter(donation_events::donation_id.eq(donation_id))
        .filter(donation_events::counts_in.is_not_null())
        .select(diesel::dsl::sql::<BigInt>("CAST(COALESCE(SUM(donation_events.amount_minor), 0) AS BIGINT)"))
        .first(conn)?)
}

pub(in crate::donations) fn set_counts_in(conn: &mut Conn, event: i64, appeal_id: i64) -> Result<(), DbError> {
    diesel::update(donation_events::table.find(event)).set(donation_events::counts_in.eq(appeal_id)).execute(conn)?;
    Ok(())
}
