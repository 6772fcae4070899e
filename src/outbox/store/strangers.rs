//! All SQL of what strangers asked for.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::dsl::{count_star, max};
use diesel::prelude::*;
use diesel::sql_types::Bool;

use crate::db::schema::stranger_requests as requests;
use crate::db::{Conn, DbError};
use crate::outbox::LetterKind;
use crate::outbox::strangers::{Asked, Limit};

#[derive(Insertable)]
#[diesel(table_name = requests, treat_none_as_default_value = false)]
struct NewRow {
    id: i64,
    kind: &'static str,
    subject_id: i64,
    network: String,
    mailbox: Option<String>,
    recipient: String,
    withheld: Option<&'static str>,
    asked_at: NaiveDateTime,
}

pub(in crate::outbox) fn insert_all(
    conn: &mut Conn,
    now: DateTime<Utc>,
    asked: &[(&Asked, String, Option<Limit>)],
) -> Result<(), DbError> {
    let last: Option<i64> = requests::table.select(max(requests::id)).first(conn)?;
    let row = |((one, mailbox, withheld), id): (&(&Asked, String, Option<Limit>), i64)| NewRow {
        id,
        kind: one.kind.name(),
        subject_id: one.subject_id,
        network: one.stranger.network.clone(),
        mailbox: (!mailbox.is_empty()).then(|| mailbox.clone()),
        recipient: one.recipient.clone(),
        withheld: withheld.map(Limit::name),
        asked_at: now.naive_utc(),
    };
    let rows: Vec<NewRow> = asked.iter().zip(last.unwrap_or(0) + 1..).map(row).collect();
    insert_all!(conn, requests::table, &rows)?;
    Ok(())
}

/// How many letters were written to each mailbox after `since`.
pub(in crate::outbox) fn written_since(
    conn: &mut Conn,
    since: DateTime<Utc>,
    mailboxes: &[String],
) -> Result<HashMap<String, i64>, DbError> {
    let wanted: Vec<&String> = mailboxes.iter().filter(|mailbox| !mailbox.is_empty()).collect();
    let rows: Vec<(Option<String>, i64)> = requests::table
        .filter(requests::mailbox.eq_any(wanted))
        .filter(requests::asked_at.gt(since.naive_utc()))
        .filter(requests::withheld.is_null())
        .group_by(requests::mailbox)
        .select((requests::mailbox, count_star()))
        .load(conn)?;
    Ok(rows.into_iter().filter_map(|(mailbox, count)| mailbox.map(|mailbox| (mailbox, count))).collect())
}

/// A letter that was over a budget.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StrangerRequest {
    /// Its number.
    pub id: i64,
    /// What the letter tells.
    pub kind: LetterKind,
    /// The gift or the application.
    pub subject_id: i64,
    /// The household that asked.
    pub network: String,
    /// Where it would go.
    pub recipient: String,
    /// Whose budget was spent.
    pub limit: Limit,
    /// When.
    pub asked_at: DateTime<Utc>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = requests)]
struct Row {
    id: i64,
    kind: String,
    subject_id: i64,
    network: String,
    recipient: String,
    withheld: Option<String>,
    asked_at: NaiveDateTime,
}

fn request_of(row: Row) -> Result<StrangerRequest, DbError> {
    let odd = |what: &str| DbError::Corrupt(format!("the stranger's request {} has an unknown {what}", row.id));
    let limit = row.withheld.as_deref().and_then(Limit::from_name).ok_or_else(|| odd("limit"))?;
    Ok(StrangerRequest {
        id: row.id,
        kind: LetterKind::from_name(&row.kind).ok_or_else(|| odd("kind"))?,
        subject_id: row.subject_id,
        network: row.network,
        recipient: row.recipient,
        limit,
        asked_at: row.asked_at.and_utc(),
    })
}

/// Word for word the condition of the index `stranger_requests_withheld`.
fn is_withheld() -> diesel::expression::SqlLiteral<Bool> {
    diesel::dsl::sql("withheld IS NOT NULL")
}

/// How many letters were not written.
///
/// # Errors
/// Only when the database fails.
pub fn count_withheld(conn: &mut Conn) -> Result<i64, DbError> {
    Ok(requests::table.filter(is_withheld()).count().get_result(conn)?)
}

/// Letters that were not written, newest first, below the number `before`.
///
/// # Errors
/// Only when the database fails.
pub fn withheld(conn: &mut Conn, before: Option<i64>, limit: i64) -> Result<Vec<StrangerRequest>, DbError> {
    let rows: Vec<Row> = requests::table
        .filter(is_withheld())
        .filter(requests::id.lt(before.unwrap_or(i64::MAX)))
        .order(requests::id.desc())
        .limit(limit)
        .select(Row::as_select())
        .load(conn)?;
    rows.into_iter().map(request_of).collect()
}

/// Notes that a letter is written after all; nothing where it was not withheld.
pub(in crate::outbox) fn take_withheld(conn: &mut Conn, id: i64) -> Result<Option<StrangerRequest>, DbError> {
    let row: Option<Row> =
        requests::table.find(id).filter(is_withheld()).select(Row::as_select()).first(conn).optional()?;
    let Some(row) = row else { return Ok(None) };
    diesel::update(requests::table.find(id)).set(requests::withheld.eq(None::<String>)).execute(conn)?;
    request_of(row).map(Some)
}

/// Forgets what was asked for about these nouns: they came to nothing, and so did their letters.
///
/// # Errors
/// Only when the database fails.
pub fn forget(conn: &mut Conn, kind: LetterKind, subjects: &[i64]) -> Result<(), DbError> {
    let gone = requests::table.filter(requests::kind.eq(kind.name())).filter(requests::subject_id.eq_any(subjects));
    diesel::delete(gone).execute(conn)?;
    Ok(())
}

/// Whether anything was asked for before a moment.
///
/// # Errors
/// Only when the database fails.
pub fn is_any_before(conn: &mut Conn, moment: DateTime<Utc>) -> Result<bool, DbError> {
    let old = requests::table.filter(requests::asked_at.lt(moment.naive_utc())).select(requests::id);
    Ok(old.first::<i64>(conn).optional()?.is_some())
}

/// Forgets what was asked for before a moment; the answer is how many requests, at most `limit`.
///
/// # Errors
/// Only when the database fails.
pub fn forget_before(conn: &mut Conn, moment: DateTime<Utc>, limit: i64) -> Result<usize, DbError> {
    let old: Vec<i64> = requests::table
        .filter(requests::asked_at.lt(moment.naive_utc()))
        .order(requests::asked_at)
        .limit(limit)
        .select(requests::id)
        .load(conn)?;
    Ok(diesel::delete(requests::table.filter(requests::id.eq_any(old))).execute(conn)?)
}
