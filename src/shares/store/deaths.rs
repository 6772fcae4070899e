//! SQL of deaths, of who writes for an estate, and of members who are gone away.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use diesel::prelude::*;

use super::holders::View;
use crate::db::schema::{share_absences, share_deaths, share_estates};
use crate::db::{Conn, DbError};
use crate::shares::Deed;
use crate::shares::holder::{Died, Holder};
use crate::supporters::rules::normal;

/// Holders asked for in one statement, below SQLite's limit of placeholders.
const HOLDERS_PER_QUERY_MAX: usize = 1_000;

/// What the society was told of a death.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = share_deaths)]
pub struct Death {
    /// Its row.
    pub id: i64,
    /// Whose.
    pub holder_id: i64,
    /// Which of joint holders; empty for a member by themselves.
    pub person: String,
    /// The day.
    pub died_on: NaiveDate,
    /// When the society was told.
    pub told_on: NaiveDate,
    /// What proves it.
    pub proof: String,
    /// When it was noted, in UTC.
    pub recorded_at: NaiveDateTime,
}

/// The deaths that stand of a holder, the first death first: several of joint holders.
///
/// # Errors
/// Only when the database fails.
pub fn of(conn: &mut Conn, holder: i64) -> Result<Vec<Death>, DbError> {
    Ok(share_deaths::table
        .filter(share_deaths::holder_id.eq(holder))
        .filter(share_deaths::taken_back_at.is_null())
        .order((share_deaths::died_on, share_deaths::id))
        .select(Death::as_select())
        .load(conn)?)
}

/// The death of this row.
///
/// # Errors
/// Only when the database fails.
pub fn numbered(conn: &mut Conn, id: i64) -> Result<Option<Death>, DbError> {
    Ok(share_deaths::table.find(id).select(Death::as_select()).first(conn).optional()?)
}

/// The holders of whom somebody died on a day or before.
pub(in crate::shares) fn holders_until(conn: &mut Conn, day: NaiveDate) -> Result<Vec<i64>, DbError> {
    Ok(share_deaths::table
        .filter(share_deaths::died_on.le(day))
        .filter(share_deaths::taken_back_at.is_null())
        .select(share_deaths::holder_id)
        .distinct()
        .order(share_deaths::holder_id)
        .load(conn)?)
}

/// The last death that was noted by then; 0 when none was.
pub(in crate::shares) fn known_by(conn: &mut Conn, at: DateTime<Utc>) -> Result<i64, DbError> {
    let last: Option<i64> = share_deaths::table
        .filter(share_deaths::recorded_at.le(at.naive_utc()))
        .select(diesel::dsl::max(share_deaths::id))
        .first(conn)?;
    Ok(last.unwrap_or(0))
}

/// Writes into each holder who of them died and whether they are gone away, as a view has it; as it is known now where
/// none is given.
pub(in crate::shares) fn mark(
    conn: &mut Conn,
    found: &mut HashMap<i64, Holder>,
    view: Option<View>,
) -> Result<(), DbError> {
    let ids: Vec<i64> = found.keys().copied().collect();
    for some in ids.chunks(HOLDERS_PER_QUERY_MAX) {
        let back = share_deaths::taken_back_at;
        let mut deaths = share_deaths::table
            .filter(share_deaths::holder_id.eq_any(some))
            .order((share_deaths::died_on, share_deaths::id))
            .select((share_deaths::holder_id, share_deaths::person, share_deaths::died_on))
            .into_boxed();
        deaths = match view {
            None => deaths.filter(back.is_null()),
            Some(view) => deaths
                .filter(share_deaths::died_on.le(view.as_at))
                .filter(share_deaths::id.le(view.death))
                .filter(back.is_null().or(back.assume_not_null().gt(view.as_known))),
        };
        let rows: Vec<(i64, String, NaiveDate)> = deaths.load(conn)?;
        for (holder, person, on) in rows {
            if let Some(holder) = found.get_mut(&holder) {
                holder.deaths.push(Died { person, on });
            }
        }
        for (holder, since, address) in absences(conn, some, view)? {
            if let Some(holder) = found.get_mut(&holder)
                && normal(&holder.address) == normal(&address)
            {
                holder.gone_away_since.get_or_insert(since);
            }
        }
    }
    Ok(())
}

/// Holder, day and address of each mark.
fn absences(conn: &mut Conn, holders: &[i64], view: Option<View>) -> Result<Vec<(i64, NaiveDate, String)>, DbError> {
    let back = share_absences::taken_back_at;
    let mut marks = share_absences::table
        .filter(share_absences::holder_id.eq_any(holders))
        .order((share_absences::since_on, share_absences::id))
        .select((share_absences::holder_id, share_absences::since_on, share_absences::address))
        .into_boxed();
    marks = match view {
        None => marks.filter(back.is_null()),
        Some(view) => marks
            .filter(share_absences::since_on.le(view.as_at))
            .filter(share_absences::recorded_at.le(view.as_known))
            .filter(back.is_null().or(back.assume_not_null().gt(view.as_known))),
    };
    Ok(marks.load(conn)?)
}

/// Takes a death back that was noted in error.
pub(in crate::shares) fn take_back(conn: &mut Conn, now: DateTime<Utc>, id: i64) -> Result<(), DbError> {
    diesel::update(share_deaths::table.find(id)).set(share_deaths::taken_back_at.eq(now.naive_utc())).execute(conn)?;
    Ok(())
}

/// A death to be noted.
pub(in crate::shares) struct NewDeath<'a> {
    pub holder_id: i64,
    pub person: &'a str,
    pub died_on: NaiveDate,
    pub told_on: NaiveDate,
    pub proof: &'a str,
}

pub(in crate::shares) fn insert(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &Deed,
    new: &NewDeath<'_>,
) -> Result<i64, DbError> {
    let last: Option<i64> = share_deaths::table.select(diesel::dsl::max(share_deaths::id)).first(conn)?;
    let id = last.unwrap_or(0) + 1;
    diesel::insert_into(share_deaths::table)
        .values((
            share_deaths::id.eq(id),
            share_deaths::holder_id.eq(new.holder_id),
            share_deaths::person.eq(new.person),
            share_deaths::died_on.eq(new.died_on),
            share_deaths::told_on.eq(new.told_on),
            share_deaths::proof.eq(new.proof),
            share_deaths::recorded_at.eq(now.naive_utc()),
            share_deaths::recorded_by.eq(&deed.by),
        ))
        .execute(conn)?;
    Ok(id)
}

/// Who has the word for a member who died.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = share_estates)]
pub struct Estate {
    /// Its row.
    pub id: i64,
    /// Whose.
    pub holder_id: i64,
    /// Who writes for it, and is written to.
    pub name: String,
    /// The postal address.
    pub address: String,
    /// The electronic address.
    pub email: Option<String>,
    /// From which day.
    pub from_on: NaiveDate,
    /// What was seen: the grant.
    pub proof: String,
}

/// Who writes for a holder's estate, as it was noted last by a moment; now where none is given.
///
/// # Errors
/// Only when the database fails.
pub fn estate(conn: &mut Conn, holder: i64, at: Option<DateTime<Utc>>) -> Result<Option<Estate>, DbError> {
    let mut known = share_estates::table
        .filter(share_estates::holder_id.eq(holder))
        .filter(share_estates::taken_back_at.is_null())
        .order(share_estates::id.desc())
        .select(Estate::as_select())
        .into_boxed();
    if let Some(at) = at {
        known = known.filter(share_estates::recorded_at.le(at.naive_utc()));
    }
    Ok(known.first(conn).optional()?)
}

/// The representatives of this row.
///
/// # Errors
/// Only when the database fails.
pub fn estate_numbered(conn: &mut Conn, id: i64) -> Result<Option<Estate>, DbError> {
    Ok(share_estates::table.find(id).select(Estate::as_select()).first(conn).optional()?)
}

pub(in crate::shares) fn insert_estate(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &Deed,
    new: &Estate,
) -> Result<i64, DbError> {
    let last: Option<i64> = share_estates::table.select(diesel::dsl::max(share_estates::id)).first(conn)?;
    let id = last.unwrap_or(0) + 1;
    diesel::insert_into(share_estates::table)
        .values((
            share_estates::id.eq(id),
            share_estates::holder_id.eq(new.holder_id),
            share_estates::name.eq(&new.name),
            share_estates::address.eq(&new.address),
            share_estates::email.eq(&new.email),
            share_estates::from_on.eq(new.from_on),
            share_estates::proof.eq(&new.proof),
            share_estates::recorded_at.eq(now.naive_utc()),
            share_estates::recorded_by.eq(&deed.by),
        ))
        .execute(conn)?;
    Ok(id)
}

pub(in crate::shares) fn take_estate_back(conn: &mut Conn, now: DateTime<Utc>, id: i64) -> Result<(), DbError> {
    diesel::update(share_estates::table.find(id))
        .set(share_estates::taken_back_at.eq(now.naive_utc()))
        .execute(conn)?;
    Ok(())
}

/// Marks a holder as gone away from an address.
pub(in crate::shares) fn insert_absence(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &Deed,
    (holder, address): (i64, &str),
    (since_on, reason): (NaiveDate, &str),
) -> Result<i64, DbError> {
    let last: Option<i64> = share_absences::table.select(diesel::dsl::max(share_absences::id)).first(conn)?;
    let id = last.unwrap_or(0) + 1;
    diesel::insert_into(share_absences::table)
        .values((
            share_absences::id.eq(id),
            share_absences::holder_id.eq(holder),
            share_absences::since_on.eq(since_on),
            share_absences::address.eq(address),
            share_absences::reason.eq(reason),
            share_absences::recorded_at.eq(now.naive_utc()),
            share_absences::recorded_by.eq(&deed.by),
        ))
        .execute(conn)?;
    Ok(id)
}

pub(in crate::shares) fn take_absence_back(conn: &mut Conn, now: DateTime<Utc>, id: i64) -> Result<(), DbError> {
    diesel::update(share_absences::table.find(id))
        .set(share_absences::taken_back_at.eq(now.naive_utc()))
        .execute(conn)?;
    Ok(())
}
