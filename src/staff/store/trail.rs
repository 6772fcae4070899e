//! SQL of the trail.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;

use crate::db::schema::{audit, audit_folds};
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
    /// How often on that day; more than once only where a failure happened again.
    pub times: i64,
    /// When it happened last.
    pub last_at: DateTime<Utc>,
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

/// Counts a step that stands there from the same day and place; false when there is none.
pub(in crate::staff) fn count_again(conn: &mut Conn, step: &Step, place: &str) -> Result<bool, DbError> {
    let same = audit_folds::table.find((step.at.date_naive(), &step.action, &step.subject, place));
    let again = (audit_folds::times.eq(audit_folds::times + 1), audit_folds::last_at.eq(step.at.naive_utc()));
    Ok(diesel::update(same).set(again).execute(conn)? == 1)
}

/// From how many places the same came on that day.
pub(in crate::staff) fn places_of(conn: &mut Conn, step: &Step) -> Result<i64, DbError> {
    Ok(audit_folds::table
        .filter(audit_folds::day.eq(step.at.date_naive()))
        .filter(audit_folds::action.eq(&step.action))
        .filter(audit_folds::subject.eq(&step.subject))
        .count()
        .get_result(conn)?)
}

/// Adds a step that may happen again.
pub(in crate::staff) fn insert_counted(conn: &mut Conn, step: &Step, place: &str) -> Result<(), DbError> {
    insert(conn, step)?;
    // Among the newest, and the only one of this action that is being added: the caller holds the lock.
    let id: i64 = audit::table
        .filter(audit::action.eq(&step.action))
        .filter(audit::subject.eq(&step.subject))
        .order(audit::id.desc())
        .select(audit::id)
        .first(conn)?;
    diesel::insert_into(audit_folds::table)
        .values((
            audit_folds::day.eq(step.at.date_naive()),
            audit_folds::action.eq(&step.action),
            audit_folds::subject.eq(&step.subject),
            audit_folds::place.eq(place),
            audit_folds::step_id.eq(id),
            audit_folds::times.eq(1_i64),
            audit_folds::last_at.eq(step.at.naive_utc()),
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
    let mut steps: Vec<Step> = rows.into_iter().map(step_of).collect();
    let ids: Vec<i64> = steps.iter().map(|step| step.id).collect();
    let counted: Vec<(i64, i64, NaiveDateTime)> = audit_folds::table
        .filter(audit_folds::step_id.eq_any(ids))
        .select((audit_folds::step_id, audit_folds::times, audit_folds::last_at))
        .load(conn)?;
    let counted: HashMap<i64, (i64, NaiveDateTime)> =
        counted.into_iter().map(|(id, times, last_at)| (id, (times, last_at))).collect();
    for step in &mut steps {
        if let Some((times, last_at)) = counted.get(&step.id) {
            (step.times, step.last_at) = (*times, last_at.and_utc());
        }
    }
    Ok(steps)
}

/// Steps of these actions before a moment, oldest first. None of those that are counted is among them.
///
/// # Errors
/// Only when the database fails.
pub fn of_actions(
    conn: &mut Conn,
    actions: &[&str],
    (from, until): (DateTime<Utc>, DateTime<Utc>),
    limit: i64,
) -> Result<Vec<Step>, DbError> {
    let rows: Vec<Row> = audit::table
        .filter(audit::action.eq_any(actions.iter().copied()))
        .filter(audit::at.ge(from.naive_utc()))
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
    let mut counts: Vec<(String, i64)> = audit::table
        .filter(audit::at.ge(from.naive_utc()))
        .filter(audit::at.lt(until.naive_utc()))
        .group_by(audit::action)
        .select((audit::action, diesel::dsl::count_star()))
        .order(audit::action)
        .load(conn)?;
    // A few rows a day at most. The sum of BIGINT is NUMERIC on PostgreSQL, so it is made here.
    let counted: Vec<(String, i64)> = audit_folds::table
        .inner_join(audit::table)
        .filter(audit::at.ge(from.naive_utc()))
        .filter(audit::at.lt(until.naive_utc()))
        .filter(audit_folds::times.gt(1))
        .select((audit::action, audit_folds::times))
        .load(conn)?;
    for (action, times) in counted {
        if let Some((_, count)) = counts.iter_mut().find(|(name, _)| *name == action) {
            *count += times - 1;
        }
    }
    Ok(counts)
}

type Row = (i64, NaiveDateTime, String, String, String, String, String);

fn step_of((id, at, who, action, subject, detail, request_id): Row) -> Step {
    let at = at.and_utc();
    Step { id, at, who, action, subject, detail, request_id, times: 1, last_at: at }
}
