//! SQL that changes a gift after it was recorded.

use chrono::NaiveDate;
use diesel::prelude::*;

use crate::db::schema::{allocations, donations};
use crate::db::{Conn, DbError};
use crate::donations::rules::{Returned, Right};
use crate::donations::{Donation, Method, MoneySource, Status};

pub(in crate::donations) fn set_returned(
    conn: &mut Conn,
    donation: &Donation,
    returned: &Returned,
) -> Result<(), DbError> {
    diesel::update(donations::table.find(donation.id))
        .set((
            donations::returned_minor.eq(donation.returned_minor + returned.amount_minor),
            donations::status.eq(returned.status.name()),
        ))
        .execute(conn)?;
    Ok(())
}

/// What came of a promise.
pub(in crate::donations) struct Received {
    pub appeal_id: i64,
    pub date: NaiveDate,
    pub entry: i64,
    pub amount_minor: i64,
    pub method: Method,
}

pub(in crate::donations) fn set_received(conn: &mut Conn, id: i64, received: &Received) -> Result<(), DbError> {
    diesel::update(donations::table.find(id))
        .set((
            donations::status.eq(Status::Received.name()),
            donations::appeal_id.eq(received.appeal_id),
            donations::received_on.eq(received.date),
            donations::entry.eq(received.entry),
            donations::amount_minor.eq(received.amount_minor),
            donations::method.eq(received.method.name()),
        ))
        .execute(conn)?;
    Ok(())
}

pub(in crate::donations) fn set_cancelled(conn: &mut Conn, donation: &Donation) -> Result<(), DbError> {
    diesel::update(donations::table.find(donation.id))
        .set(donations::status.eq(Status::Cancelled.name()))
        .execute(conn)?;
    Ok(())
}

/// Puts a gift where it should have stood.
pub(in crate::donations) fn set_right(conn: &mut Conn, id: i64, right: &Right) -> Result<(), DbError> {
    diesel::update(donations::table.find(id))
        .set((donations::amount_minor.eq(right.amount_minor), donations::appeal_id.eq(right.appeal_id)))
        .execute(conn)?;
    Ok(())
}

/// Where the money of this entry was counted, while it still stands there.
pub(in crate::donations) fn source_of(conn: &mut Conn, entry: i64) -> Result<Option<MoneySource>, DbError> {
    let source: Option<String> = allocations::table
        .filter(allocations::entry.eq(entry))
        .filter(allocations::undone_at.is_null())
        .select(allocations::source)
        .first(conn)
        .optional()?;
    match source.as_deref() {
        None => Ok(None),
        Some("batch_row") => Ok(Some(MoneySource::Batch)),
        Some("statement_line") => Ok(Some(MoneySource::Statement)),
        Some(other) => Err(DbError::Corrupt(format!("entry {entry} was counted in {other}"))),
    }
}

/// Makes a gift what it was before its money was entered: the promise it had been, or nothing that counts.
pub(in crate::donations) fn set_taken_back(
    conn: &mut Conn,
    donation: &Donation,
    promised: Option<(i64, Method)>,
) -> Result<(), DbError> {
    let row = donations::table.find(donation.id);
    match promised {
        Some((amount_minor, method)) => diesel::update(row)
            .set((
                donations::status.eq(Status::Pledged.name()),
                donations::received_on.eq(None::<NaiveDate>),
                donations::entry.eq(None::<i64>),
                donations::amount_minor.eq(amount_minor),
                donations::method.eq(method.name()),
                donations::held_in.eq(None::<String>),
            ))
            .execute(conn)?,
        None => diesel::update(row)
            .set((donations::status.eq(Status::Cancelled.name()), donations::returned_minor.eq(donation.amount_minor)))
            .execute(conn)?,
    };
    Ok(())
}

/// Donations changed in one statement, below SQLite's limit of placeholders.
const HELD_PER_QUERY_MAX: usize = 1_000;

/// Notes which account has the money of these gifts; `None` is the one of the method.
///
/// # Errors
/// Only when the database fails.
pub fn hold_in(conn: &mut Conn, numbers: &[i64], account: Option<&str>) -> Result<(), DbError> {
    for some in numbers.chunks(HELD_PER_QUERY_MAX) {
        diesel::update(donations::table.filter(donations::id.eq_any(some)))
            .set(donations::held_in.eq(account))
            .execute(conn)?;
    }
    Ok(())
}
