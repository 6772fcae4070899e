//! SQL that adds up the lines of the book.

use chrono::NaiveDate;
use diesel::prelude::*;

use crate::db::schema::{holders, share_classes, share_events, share_lines};
use crate::db::{Conn, DbError};
use crate::shares::Ground;
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

/// Adds what the events from a number on move to what holders and classes have today.
pub(in crate::shares) fn carry(conn: &mut Conn, from_event: i64) -> Result<(), DbError> {
    diesel::sql_query(format!(
        "UPDATE holders SET shares_held = shares_held + moved.shares FROM (SELECT holder_id, CAST(SUM(shares) AS BIGINT) \
         AS shares FROM share_lines WHERE event >= {from_event} AND holder_id IS NOT NULL GROUP BY holder_id) AS moved \
         WHERE holders.id = moved.holder_id"
    ))
    .execute(conn)?;
    diesel::sql_query(format!(
        "UPDATE share_classes SET shares_held = shares_held + moved.shares, paid_minor = share_classes.paid_minor + \
         moved.paid FROM (SELECT class_id, CAST(SUM(shares) AS BIGINT) AS shares, CAST(SUM(paid_minor) AS BIGINT) AS paid \
         FROM share_lines WHERE event >= {from_event} AND holder_id IS NOT NULL GROUP BY class_id) AS moved \
         WHERE share_classes.id = moved.class_id"
    ))
    .execute(conn)?;
    Ok(())
}

/// How many holders have shares of any class today, without adding up the book.
pub(in crate::shares) fn count_holders_now(conn: &mut Conn) -> Result<i64, DbError> {
    // As the partial index has it, so that both databases count the index alone.
    let with_shares = diesel::dsl::sql::<diesel::sql_types::Bool>("shares_held > 0");
    Ok(holders::table.filter(with_shares).count().get_result(conn)?)
}

/// What is held of a class today and what is paid for it, without adding up the book.
pub(in crate::shares) fn held_now(conn: &mut Conn, class: i64) -> Result<(i64, i64), DbError> {
    Ok(share_classes::table.find(class).select((share_classes::shares_held, share_classes::paid_minor)).first(conn)?)
}

/// What every holder has today, as it is kept, where that is anything: for whoever proves it.
pub(in crate::shares) fn kept(conn: &mut Conn) -> Result<Vec<(i64, i64)>, DbError> {
    Ok(holders::table.filter(holders::shares_held.ne(0)).select((holders::id, holders::shares_held)).load(conn)?)
}

/// The last day from which any event counts: on that day and later, what is held is what is held today.
pub(in crate::shares) fn last_day(conn: &mut Conn) -> Result<Option<NaiveDate>, DbError> {
    Ok(share_events::table.select(diesel::dsl::max(share_events::effective_on)).first(conn)?)
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
pub(in crate::shares) fn paid_for(conn: &mut Conn, class: i64, as_at: NaiveDate, is_now: bool) -> Result<i64, DbError> {
    let (_, paid_minor) = if is_now { held_now(conn, class)? } else { held(conn, class, as_at)? };
    Ok(paid_minor)
}

/// What passed from a holder by transmissions on one ground, in money.
pub(in crate::shares) fn transmitted(conn: &mut Conn, from: i64, ground: Ground) -> Result<i64, DbError> {
    use diesel::sql_types::BigInt;
    let events = share_events::table
        .filter(share_events::kind.eq(EventKind::Transmission.name()))
        .filter(share_events::ground.eq(ground.name()))
        .select(share_events::number);
    let gone: i64 = share_lines::table
        .filter(share_lines::holder_id.eq(from))
        .filter(share_lines::counts_as.eq_any(events))
        .select(diesel::dsl::sql::<BigInt>("CAST(COALESCE(SUM(paid_minor), 0) AS BIGINT)"))
        .first(conn)?;
    Ok(-gone)
}
