//! SQL that adds up the lines of the book.

use chrono::NaiveDate;
use diesel::prelude::*;

use crate::db::schema::{share_events, share_lines};
use crate::db::{Conn, DbError};
use crate::shares::book::EventKind;

/// The capital of a class at the start of the year of `date`, and what was withdrawn in that year so far.
pub(in crate::shares) fn year_of(conn: &mut Conn, class: i64, date: NaiveDate) -> Result<(i64, i64), DbError> {
    use chrono::Datelike;
    use diesel::sql_types::BigInt;
    let new_year = date.with_ordinal(1).unwrap_or(date);
    let held = || {
        share_lines::table
            .filter(share_lines::class_id.eq(class))
            .filter(share_lines::holder_id.is_not_null())
            .into_boxed()
    };
    let sum = || diesel::dsl::sql::<BigInt>("CAST(COALESCE(SUM(paid_minor), 0) AS BIGINT)");
    let capital = held().filter(share_lines::effective_on.lt(new_year)).select(sum()).first(conn)?;
    let withdrawals = share_events::table
        .filter(share_events::kind.eq(EventKind::Withdrawal.name()))
        .filter(share_events::effective_on.ge(new_year))
        .select(share_events::number);
    // A reversal counts as what it reverses, so that both sum to nothing.
    let gone: i64 = held().filter(share_lines::counts_as.eq_any(withdrawals)).select(sum()).first(conn)?;
    Ok((capital, -gone))
}

/// How many holders have shares of any class at the end of a day.
pub(in crate::shares) fn count_holders(conn: &mut Conn, as_at: NaiveDate) -> Result<i64, DbError> {
    use diesel::sql_types::BigInt;
    let held: Vec<Option<i64>> = share_lines::table
        .filter(share_lines::effective_on.le(as_at))
        .filter(share_lines::holder_id.is_not_null())
        .group_by(share_lines::holder_id)
        .having(diesel::dsl::sql::<BigInt>("CAST(SUM(shares) AS BIGINT)").gt(0))
        .select(share_lines::holder_id)
        .load(conn)?;
    Ok(i64::try_from(held.len()).unwrap_or(i64::MAX))
}

/// Shares of a class that are held at the end of a day, and what is paid for them.
pub(in crate::shares) fn held(conn: &mut Conn, class: i64, as_at: NaiveDate) -> Result<(i64, i64), DbError> {
    use diesel::sql_types::BigInt;
    Ok(share_lines::table
        .filter(share_lines::class_id.eq(class))
        .filter(share_lines::effective_on.le(as_at))
        .filter(share_lines::holder_id.is_not_null())
        .select((
            diesel::dsl::sql::<BigInt>("CAST(COALESCE(SUM(shares), 0) AS BIGINT)"),
            diesel::dsl::sql::<BigInt>("CAST(COALESCE(SUM(paid_minor), 0) AS BIGINT)"),
        ))
        .first(conn)?)
}

/// What is paid for the shares of a class that are held at the end of a day.
pub(in crate::shares) fn capital(conn: &mut Conn, class: i64, as_at: NaiveDate) -> Result<i64, DbError> {
    use diesel::sql_types::BigInt;
    Ok(share_lines::table
        .filter(share_lines::class_id.eq(class))
        .filter(share_lines::effective_on.le(as_at))
        .filter(share_lines::holder_id.is_not_null())
        .select(diesel::dsl::sql::<BigInt>("CAST(COALESCE(SUM(paid_minor), 0) AS BIGINT)"))
        .first(conn)?)
}

/// What passed from a holder by transmissions on one ground, in money.
pub(in crate::shares) fn transmitted(conn: &mut Conn, from: i64, ground: &str) -> Result<i64, DbError> {
    use diesel::sql_types::BigInt;
    let events = share_events::table
        .filter(share_events::kind.eq(EventKind::Transmission.name()))
        .filter(share_events::reason.like(format!("{ground}:%")))
        .select(share_events::number);
    let gone: i64 = share_lines::table
        .filter(share_lines::holder_id.eq(from))
        .filter(share_lines::counts_as.eq_any(events))
        .select(diesel::dsl::sql::<BigInt>("CAST(COALESCE(SUM(paid_minor), 0) AS BIGINT)"))
        .first(conn)?;
    Ok(-gone)
}
