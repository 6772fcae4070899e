//! SQL of the trail.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;

use crate::db::schema::audit;
use crate::db::{Conn, DbError};

/// Something that somebody did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Its number.
    pub id: i64,
    /// When.
    pub at: DateTime<Utc>,
    /// "staff:3 Jane Doe"
    pub who: String,
    /// "role changed"
    pub action: String,
    /// To whom or what.
    pub subject: String,
    /// More words.
    pub detail: String,
    /// From which request.
    pub request_id: String,
}

pub(in crate::staff) fn insert(conn: &mut Conn, step: &Step) -> Result<(), DbError> {
    diesel::insert_into(audit::table)
        .values((
            audit::at.eq(step.at.naive_utc()),
            audit::who.eq(&step.who),
            audit::action.eq(&step.action),
            audit::subject.eq(&step.subject),
            audit::detail.eq(&step.detail),
            audit::request_id.eq(&step.request_id),
        ))
        .execute(conn)?;
    Ok(())
}

/// Steps below `before` (or from the newest), newest first; only those of `who` where somebody is named.
///
/// # Errors
/// Only when the database fails.
pub fn before(conn: &mut Conn, before: Option<i64>, who: &str, limit: i64) -> Result<Vec<Step>, DbError> {
    let mut query = audit::table.order(audit::id.desc()).limit(limit).into_boxed();
    if let Some(before) = before {
        query = query.filter(audit::id.lt(before));
    }
    if !who.is_empty() {
        let escaped = who.replace('!', "!!").replace('%', "!%").replace('_', "!_");
        query = query.filter(audit::who.like(format!("%{escaped}%")).escape('!'));
    }
    let rows: Vec<Row> = query.load(conn)?;
    Ok(rows.into_iter().map(step_of).collect())
}

/// Steps of these actions before a moment, oldest first.
///
/// # Errors
/// Only when the database fails.
pub fn of_actions(conn: &mut Conn, actions: &[&str], until: DateTime<Utc>, limit: i64) -> Result<Vec<Step>, DbError> {
    let rows: Vec<Row> = audit::table
        .filter(audit::action.eq_any(actions.iter().copied()))
        .filter(audit::at.lt(until.naive_utc()))
        .order(audit::id)
        .limit(limit)
        .load(conn)?;
    Ok(rows.into_iter().map(step_of).collect())
}

/// How often each of these was done from the first moment on and before the second, by action.
///
/// # Errors
/// Only when the database fails.
pub fn counts_between(
    conn: &mut Conn,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<Vec<(String, i64)>, DbError> {
    Ok(audit::table
        .filter(audit::at.ge(from.naive_utc()))
        .filter(audit::at.lt(until.naive_utc()))
        .group_by(audit::action)
        .select((audit::action, diesel::dsl::count_star()))
        .order(audit::action)
        .load(conn)?)
}

type Row = (i64, NaiveDateTime, String, String, String, String, String);

fn step_of((id, at, who, action, subject, detail, request_id): Row) -> Step {
    Step { id, at: at.and_utc(), who, action, subject, detail, request_id }
}
