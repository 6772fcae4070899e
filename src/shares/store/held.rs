//! SQL of letters that are held back.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;

use crate::db::schema::share_held_letters;
use crate::db::stored::stored_as_text;
use crate::db::{Conn, DbError};
use crate::outbox::LetterKind;

stored_as_text!(LetterKind);

/// A letter that is held back.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = share_held_letters)]
pub struct HeldLetter {
    /// Its row.
    pub id: i64,
    /// Whom it would tell.
    pub holder_id: i64,
    /// What.
    pub kind: LetterKind,
    /// About what.
    pub subject_id: i64,
    /// And what happened to it.
    pub event_id: Option<i64>,
    /// Since when, in UTC.
    pub held_at: NaiveDateTime,
}

#[derive(Insertable)]
#[diesel(table_name = share_held_letters, treat_none_as_default_value = false)]
struct NewRow {
    id: i64,
    holder_id: i64,
    kind: &'static str,
    subject_id: i64,
    event_id: Option<i64>,
    held_at: NaiveDateTime,
}

/// Holds letters back: holder, kind, subject and event of each.
pub(in crate::shares) fn insert_all(
    conn: &mut Conn,
    now: DateTime<Utc>,
    letters: &[(i64, LetterKind, i64, Option<i64>)],
) -> Result<(), DbError> {
    let last: Option<i64> = share_held_letters::table.select(diesel::dsl::max(share_held_letters::id)).first(conn)?;
    let rows: Vec<NewRow> = letters
        .iter()
        .zip(last.unwrap_or(0) + 1..)
        .map(|((holder_id, kind, subject_id, event_id), id)| NewRow {
            id,
            holder_id: *holder_id,
            kind: kind.name(),
            subject_id: *subject_id,
            event_id: *event_id,
            held_at: now.naive_utc(),
        })
        .collect();
    insert_all!(conn, share_held_letters::table, &rows)?;
    Ok(())
}

/// The letters to a holder that are held back, oldest first.
///
/// # Errors
/// Only when the database fails.
pub fn of_holder(conn: &mut Conn, holder: i64) -> Result<Vec<HeldLetter>, DbError> {
    Ok(share_held_letters::table
        .filter(share_held_letters::holder_id.eq(holder))
        .order(share_held_letters::id)
        .select(HeldLetter::as_select())
        .load(conn)?)
}

/// Letters that are held back, oldest first, above a number.
///
/// # Errors
/// Only when the database fails.
pub fn after(conn: &mut Conn, after: i64, limit: i64) -> Result<Vec<HeldLetter>, DbError> {
    Ok(share_held_letters::table
        .filter(share_held_letters::id.gt(after))
        .order(share_held_letters::id)
        .limit(limit)
        .select(HeldLetter::as_select())
        .load(conn)?)
}

/// How many letters are held back.
///
/// # Errors
/// Only when the database fails.
pub fn count(conn: &mut Conn) -> Result<i64, DbError> {
    Ok(share_held_letters::table.count().get_result(conn)?)
}

pub(in crate::shares) fn let_go(conn: &mut Conn, holder: i64) -> Result<(), DbError> {
    diesel::delete(share_held_letters::table.filter(share_held_letters::holder_id.eq(holder))).execute(conn)?;
    Ok(())
}

/// Drops letters that are held back and whose reason is gone.
pub(in crate::shares) fn drop_all(
    conn: &mut Conn,
    subject: i64,
    event: Option<i64>,
    kinds: &[LetterKind],
) -> Result<(), DbError> {
    let names: Vec<&str> = kinds.iter().map(|kind| kind.name()).collect();
    let mut gone = diesel::delete(share_held_letters::table)
        .filter(share_held_letters::subject_id.eq(subject))
        .filter(share_held_letters::kind.eq_any(names))
        .into_boxed();
    if let Some(event) = event {
        gone = gone.filter(share_held_letters::event_id.eq(event));
    }
    gone.execute(conn)?;
    Ok(())
}
