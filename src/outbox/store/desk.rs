//! SQL of what staff see and do with letters: those that failed, wait or are to be printed.
//!
//! Invariant: each list is a page found by a key in a small index, so that it costs the same in any books.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::Bool;

use super::{DeliveryRow, delivery_of, is_open};
use crate::db::schema::deliveries;
use crate::db::{Conn, DbError};
use crate::outbox::{Addressee, Delivery, DeliveryState, LetterKind};

/// Words and no placeholder, so that both databases see that the index of the failed serves.
fn is_failed() -> diesel::expression::SqlLiteral<Bool> {
    diesel::dsl::sql("state = 'failed' AND settled_at IS NULL")
}

/// The same for those to be printed.
fn is_to_post() -> diesel::expression::SqlLiteral<Bool> {
    diesel::dsl::sql("state = 'post'")
}

fn names(is_kind: fn(LetterKind) -> bool) -> Vec<&'static str> {
    LetterKind::ALL.into_iter().filter(|kind| is_kind(*kind)).map(LetterKind::name).collect()
}

/// Letters that failed, the newest first, below `before`: each with what went wrong.
///
/// # Errors
/// Only when the database fails.
pub fn failed(conn: &mut Conn, before: Option<i64>, limit: i64) -> Result<Vec<Delivery>, DbError> {
    let rows: Vec<DeliveryRow> = deliveries::table
        .filter(is_failed())
        .filter(deliveries::id.lt(before.unwrap_or(i64::MAX)))
        .order(deliveries::id.desc())
        .limit(limit)
        .select(DeliveryRow::as_select())
        .load(conn)?;
    rows.into_iter().map(delivery_of).collect()
}

/// How many letters failed and wait for staff.
///
/// # Errors
/// Only when the database fails.
pub fn count_failed(conn: &mut Conn) -> Result<i64, DbError> {
    Ok(deliveries::table.filter(is_failed()).count().get_result(conn)?)
}

/// Letters on their way, those that are due first; a page begins after the letter `after`.
///
/// # Errors
/// Only when the database fails.
pub fn waiting(conn: &mut Conn, after: Option<i64>, limit: i64) -> Result<Vec<Delivery>, DbError> {
    let mut query = deliveries::table
        .filter(is_open())
        .order((deliveries::due_at, deliveries::id))
        .limit(limit)
        .select(DeliveryRow::as_select())
        .into_boxed();
    if let Some(id) = after {
        let edge: Option<NaiveDateTime> =
            deliveries::table.find(id).select(deliveries::due_at).first(conn).optional()?;
        if let Some(due_at) = edge {
            query = query
                .filter(deliveries::due_at.ge(due_at))
                .filter(deliveries::due_at.gt(due_at).or(deliveries::id.gt(id)));
        }
    }
    let rows: Vec<DeliveryRow> = query.load(conn)?;
    rows.into_iter().map(delivery_of).collect()
}

/// How many letters are on their way.
///
/// # Errors
/// Only when the database fails.
pub fn count_waiting(conn: &mut Conn) -> Result<i64, DbError> {
    Ok(deliveries::table.filter(is_open()).count().get_result(conn)?)
}

/// Letters of some kinds that wait to be printed and posted, oldest first, above `after`.
///
/// # Errors
/// Only when the database fails.
pub fn to_post(
    conn: &mut Conn,
    is_kind: fn(LetterKind) -> bool,
    after: i64,
    limit: i64,
) -> Result<Vec<Delivery>, DbError> {
    let rows: Vec<DeliveryRow> = deliveries::table
        .filter(is_to_post())
        .filter(deliveries::kind.eq_any(names(is_kind)))
        .filter(deliveries::id.gt(after))
        .order(deliveries::id)
        .limit(limit)
        .select(DeliveryRow::as_select())
        .load(conn)?;
    rows.into_iter().map(delivery_of).collect()
}

/// How many letters of some kinds wait to be printed and posted.
///
/// # Errors
/// Only when the database fails.
pub fn count_to_post(conn: &mut Conn, is_kind: fn(LetterKind) -> bool) -> Result<i64, DbError> {
    let of_kinds = deliveries::table.filter(is_to_post()).filter(deliveries::kind.eq_any(names(is_kind)));
    Ok(of_kinds.count().get_result(conn)?)
}

/// Notes that letters were posted, each with the name and address on its envelope; the answer is how many of them
/// still waited.
///
/// # Errors
/// Only when the database fails.
pub fn posted(conn: &mut Conn, now: DateTime<Utc>, letters: &[(i64, Addressee)]) -> Result<usize, DbError> {
    let mut count = 0;
    for (id, went_to) in letters {
        let waiting = deliveries::table.find(id).filter(deliveries::state.eq(DeliveryState::Post.name()));
        count += diesel::update(waiting)
            .set((
                deliveries::state.eq(DeliveryState::Sent.name()),
                deliveries::sent_at.eq(now.naive_utc()),
                deliveries::went_to_name.eq(&went_to.name),
                deliveries::went_to_address.eq(&went_to.address),
            ))
            .execute(conn)?;
    }
    Ok(count)
}

/// Drops letters that have not left and whose reason is gone; the answer is how many.
///
/// # Errors
/// Only when the database fails.
pub fn drop_overtaken(conn: &mut Conn, letters: &[(i64, String)]) -> Result<usize, DbError> {
    let mut count = 0;
    for (id, reason) in letters {
        let left = [DeliveryState::Post, DeliveryState::Queued].map(DeliveryState::name);
        let waiting = deliveries::table.find(id).filter(deliveries::state.eq_any(left));
        let dropped = (deliveries::state.eq(DeliveryState::Dropped.name()), deliveries::last_error.eq(reason));
        count += diesel::update(waiting).set(dropped).execute(conn)?;
    }
    Ok(count)
}

/// The letters of some kinds about many nouns, oldest first, at most `limit`.
///
/// # Errors
/// Only when the database fails.
pub fn about_all(
    conn: &mut Conn,
    subjects: &[i64],
    is_kind: fn(LetterKind) -> bool,
    limit: i64,
) -> Result<Vec<Delivery>, DbError> {
    let rows: Vec<DeliveryRow> = deliveries::table
        .filter(deliveries::subject_id.eq_any(subjects))
        .filter(deliveries::kind.eq_any(names(is_kind)))
        .order(deliveries::id)
        .limit(limit)
        .select(DeliveryRow::as_select())
        .load(conn)?;
    rows.into_iter().map(delivery_of).collect()
}

/// The letter with this number, if a server took it and it is of this kind.
///
/// # Errors
/// Only when the database fails.
pub fn sent_with(conn: &mut Conn, id: i64, kind: LetterKind) -> Result<Option<Delivery>, DbError> {
    let row: Option<DeliveryRow> = deliveries::table
        .find(id)
        .filter(deliveries::kind.eq(kind.name()))
        .filter(deliveries::recipient.ne(""))
        .select(DeliveryRow::as_select())
        .first(conn)
        .optional()?;
    row.map(delivery_of).transpose()
}

/// Letters to an address that failed or have not left, oldest first.
///
/// # Errors
/// Only when the database fails.
pub fn unsent_to(conn: &mut Conn, recipient: &str, limit: i64) -> Result<Vec<Delivery>, DbError> {
    let mut rows: Vec<DeliveryRow> = deliveries::table
        .filter(is_failed())
        .filter(deliveries::recipient.eq(recipient))
        .order(deliveries::id)
        .limit(limit)
        .select(DeliveryRow::as_select())
        .load(conn)?;
    let queued: Vec<DeliveryRow> = deliveries::table
        .filter(is_open())
        .filter(deliveries::state.eq(DeliveryState::Queued.name()))
        .filter(deliveries::recipient.eq(recipient))
        .limit(limit)
        .select(DeliveryRow::as_select())
        .load(conn)?;
    rows.extend(queued);
    rows.into_iter().map(delivery_of).collect()
}

/// Queues letters afresh for another address; those in somebody's hand and those that were sent stay.
pub(in crate::outbox) fn redirect(
    conn: &mut Conn,
    now: DateTime<Utc>,
    ids: &[i64],
    recipient: &str,
) -> Result<usize, DbError> {
    let unsent = [DeliveryState::Failed, DeliveryState::Queued].map(DeliveryState::name);
    let letters = deliveries::table.filter(deliveries::id.eq_any(ids)).filter(deliveries::state.eq_any(unsent));
    Ok(diesel::update(letters)
        .set((
            deliveries::state.eq(DeliveryState::Queued.name()),
            deliveries::recipient.eq(recipient),
            deliveries::attempts.eq(0),
            deliveries::due_at.eq(now.naive_utc()),
            deliveries::last_error.eq(""),
            deliveries::returned_at.eq(None::<NaiveDateTime>),
            deliveries::settled_at.eq(None::<NaiveDateTime>),
        ))
        .execute(conn)?)
}

/// Leaves a letter that failed as it is.
pub(in crate::outbox) fn set_settled(conn: &mut Conn, now: DateTime<Utc>, id: i64) -> Result<usize, DbError> {
    let failed = deliveries::table.find(id).filter(is_failed());
    Ok(diesel::update(failed).set(deliveries::settled_at.eq(now.naive_utc())).execute(conn)?)
}

/// Notes that a mail came back.
pub(in crate::outbox) fn set_returned(
    conn: &mut Conn,
    now: DateTime<Utc>,
    id: i64,
    reason: &str,
) -> Result<usize, DbError> {
    let sent = deliveries::table
        .find(id)
        .filter(deliveries::state.eq(DeliveryState::Sent.name()))
        .filter(deliveries::recipient.ne(""));
    Ok(diesel::update(sent)
        .set((
            deliveries::state.eq(DeliveryState::Failed.name()),
            deliveries::due_at.eq(now.naive_utc()),
            deliveries::last_error.eq(reason),
            deliveries::sent_at.eq(None::<NaiveDateTime>),
            deliveries::returned_at.eq(now.naive_utc()),
        ))
        .execute(conn)?)
}

/// Lets a letter that failed wait for the printer.
pub(in crate::outbox) fn set_post(conn: &mut Conn, id: i64) -> Result<usize, DbError> {
    let failed = deliveries::table.find(id).filter(deliveries::state.eq(DeliveryState::Failed.name()));
    Ok(diesel::update(failed)
        .set((
            deliveries::state.eq(DeliveryState::Post.name()),
            deliveries::recipient.eq(""),
            deliveries::settled_at.eq(None::<NaiveDateTime>),
        ))
        .execute(conn)?)
}
