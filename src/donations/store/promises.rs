//! SQL of promises, many at once.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::dsl::{count_star, exists, sql};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool};

use super::{DonationRow, FullRow, PROMISED, donation_of, donations_in_full};
use crate::db::schema::{appeals, donations, funds, receipts, stranger_requests, supporters};
use crate::db::{Conn, DbError};
use crate::donations::{Donation, Status};
use crate::outbox::{LetterKind, Selection};
use crate::supporters::rules::folded;

/// Promises of a selection, of all currencies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Promises {
    /// How many.
    pub count: i64,
    /// What they come to, where all are in one currency.
    pub sum_minor: i64,
}

/// Narrows a boxed query of donations to the promises of a selection.
macro_rules! meant {
    ($query:expr, $meant:expr) => {{
        let mut query = $query.filter(sql::<Bool>(PROMISED));
        if let Some(from) = $meant.from {
            query = query.filter(donations::recorded_at.ge(from.naive_utc()));
        }
        if let Some(until) = $meant.until {
            query = query.filter(donations::recorded_at.lt(until.naive_utc()));
        }
        if !$meant.text.is_empty() {
            let people = supporters::table
                .filter(
                    supporters::identity
                        .like(pattern(&folded(&$meant.text)))
                        .escape('!')
                        .or(supporters::identity.like(pattern(&$meant.text.trim().to_lowercase())).escape('!')),
                )
                .select(supporters::id.nullable());
            let note = donations::note.like(pattern($meant.text.trim())).escape('!');
            query = query.filter(donations::supporter_id.eq_any(people).assume_not_null().or(note));
        }
        if !$meant.network.is_empty() {
            let asked = stranger_requests::table
                .filter(stranger_requests::subject_id.eq(donations::id))
                .filter(stranger_requests::kind.eq(LetterKind::Pledge.name()))
                .filter(stranger_requests::network.eq($meant.network.clone()));
            query = query.filter(exists(asked));
        }
        query
    }};
}

/// The text anywhere, with the signs that LIKE reads as any text marked.
fn pattern(text: &str) -> String {
    format!("%{}%", text.replace('!', "!!").replace('%', "!%").replace('_', "!_"))
}

/// How many promises a selection has.
///
/// # Errors
/// Only when the database fails.
pub fn count_promised(conn: &mut Conn, meant: &Selection) -> Result<Promises, DbError> {
    let sum = sql::<BigInt>("CAST(COALESCE(SUM(donations.amount_minor), 0) AS BIGINT)");
    let query = meant!(donations::table.select((count_star(), sum)).into_boxed(), meant);
    let (count, sum_minor) = query.first(conn)?;
    Ok(Promises { count, sum_minor })
}

/// Promises of a selection, newest first.
///
/// # Errors
/// Only when the database fails.
pub fn promised(conn: &mut Conn, meant: &Selection, limit: i64) -> Result<Vec<Donation>, DbError> {
    let ids = meant!(donations::table.select(donations::id).into_boxed(), meant);
    let ids: Vec<i64> = ids.order(donations::id.desc()).limit(limit).load(conn)?;
    let rows: Vec<FullRow> =
        donations_in_full!().filter(donations::id.eq_any(ids)).order(donations::id.desc()).load(conn)?;
    rows.into_iter().map(donation_of).collect()
}

/// When the oldest promise was made; nothing where there is none.
pub(in crate::donations) fn oldest(conn: &mut Conn) -> Result<Option<DateTime<Utc>>, DbError> {
    let at: Option<NaiveDateTime> = donations::table
        .filter(sql::<Bool>(PROMISED))
        .order(donations::id)
        .select(donations::recorded_at)
        .first(conn)
        .optional()?;
    Ok(at.map(|at| at.and_utc()))
}

/// Number and amount of the next promises of a selection, in order.
pub(in crate::donations) fn next(
    conn: &mut Conn,
    meant: &Selection,
    after: i64,
    limit: i64,
) -> Result<Vec<(i64, i64)>, DbError> {
    let query = meant!(donations::table.select((donations::id, donations::amount_minor)).into_boxed(), meant);
    Ok(query.filter(donations::id.gt(after)).order(donations::id).limit(limit).load(conn)?)
}

/// Notes that these promises will not come.
pub(in crate::donations) fn set_cancelled(conn: &mut Conn, ids: &[i64]) -> Result<(), DbError> {
    diesel::update(donations::table.filter(donations::id.eq_any(ids)))
        .set(donations::status.eq(Status::Cancelled.name()))
        .execute(conn)?;
    Ok(())
}
