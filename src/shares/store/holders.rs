//! SQL of holders and what the register says of them.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use diesel::prelude::*;

use super::deaths;
use crate::db::schema::{holder_interests, holder_particulars, holders};
use crate::db::{Conn, DbError};
use crate::shares::Deed;
use crate::shares::holder::{Holder, HolderKind, NewHolder};
use crate::shares::numbers::MemberNumber;
use crate::supporters::rules::normal;

/// Holders asked for in one statement, below SQLite's limit of placeholders.
const HOLDERS_PER_QUERY_MAX: usize = 1_000;

/// Enters a holder with particulars from `valid_from` on.
pub(in crate::shares) fn insert(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &Deed,
    valid_from: NaiveDate,
    new: &NewHolder,
) -> Result<i64, DbError> {
    let last: Option<i64> = holders::table.select(diesel::dsl::max(holders::id)).first(conn)?;
    let id = last.unwrap_or(0) + 1;
    diesel::insert_into(holders::table)
        .values((
            holders::id.eq(id),
            holders::member_number.eq(None::<i64>),
            holders::kind.eq(new.kind.name()),
            holders::date_of_birth.eq(new.date_of_birth),
            holders::created_at.eq(now.naive_utc()),
        ))
        .execute(conn)?;
    let particulars = Particulars { holder_id: id, valid_from, reason: "entered" };
    insert_particulars(conn, now, deed, &particulars, new)?;
    insert_persons(conn, id, new)?;
    Ok(id)
}

/// Keeps what changed about a holder from a day on.
pub(in crate::shares) fn amend(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &Deed,
    place: &Particulars<'_>,
    new: &NewHolder,
) -> Result<i64, DbError> {
    let row = insert_particulars(conn, now, deed, place, new)?;
    diesel::delete(holder_interests::table.filter(holder_interests::holder_id.eq(place.holder_id))).execute(conn)?;
    insert_persons(conn, place.holder_id, new)?;
    Ok(row)
}

/// Takes back what was said of a holder in error.
pub(in crate::shares) fn take_back(conn: &mut Conn, now: DateTime<Utc>, row: i64) -> Result<(), DbError> {
    diesel::update(holder_particulars::table.find(row))
        .set(holder_particulars::taken_back_at.eq(now.naive_utc()))
        .execute(conn)?;
    Ok(())
}

/// Counts a holder as the persons that the register names now.
pub(in crate::shares) fn set_persons(conn: &mut Conn, holder: &Holder) -> Result<(), DbError> {
    diesel::delete(holder_interests::table.filter(holder_interests::holder_id.eq(holder.id))).execute(conn)?;
    let new = NewHolder {
        kind: holder.kind,
        name: holder.name.clone(),
        names: holder.names.clone(),
        representative: holder.representative.clone(),
        address: holder.address.clone(),
        email: None,
        email_purposes: String::new(),
        date_of_birth: None,
    };
    insert_persons(conn, holder.id, &new)
}

/// What one row says of a holder, and from which day; and what was said before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// As the row has them.
    pub holder: Holder,
    /// As they were before.
    pub before: Option<Holder>,
}

/// What a change of particulars says.
///
/// # Errors
/// Only when the database fails.
pub fn said(conn: &mut Conn, row: i64) -> Result<Option<Said>, DbError> {
    let found: Option<(Head, ParticularsRow)> = holder_particulars::table
        .inner_join(holders::table)
        .filter(holder_particulars::id.eq(row))
        .select((HEAD, ParticularsRow::as_select()))
        .first(conn)
        .optional()?;
    let Some((head, said)) = found else { return Ok(None) };
    let before: Option<ParticularsRow> = holder_particulars::table
        .filter(holder_particulars::holder_id.eq(said.holder_id))
        .filter(holder_particulars::id.lt(row))
        .filter(holder_particulars::taken_back_at.is_null())
        .order((holder_particulars::valid_from.desc(), holder_particulars::id.desc()))
        .select(ParticularsRow::as_select())
        .first(conn)
        .optional()?;
    let before = before.map(|before| holder_of(head.clone(), before)).transpose()?;
    Ok(Some(Said { holder: holder_of(head, said)?, before }))
}

fn insert_persons(conn: &mut Conn, id: i64, new: &NewHolder) -> Result<(), DbError> {
    for person in persons_of(new) {
        diesel::insert_into(holder_interests::table)
            .values((holder_interests::holder_id.eq(id), holder_interests::person.eq(person)))
            .execute(conn)?;
    }
    Ok(())
}

/// From when a holder's particulars are what they are, and why.
pub(in crate::shares) struct Particulars<'a> {
    pub holder_id: i64,
    pub valid_from: NaiveDate,
    pub reason: &'a str,
}

fn insert_particulars(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &Deed,
    place: &Particulars<'_>,
    new: &NewHolder,
) -> Result<i64, DbError> {
    let last: Option<i64> = holder_particulars::table.select(diesel::dsl::max(holder_particulars::id)).first(conn)?;
    let id = last.unwrap_or(0) + 1;
    diesel::insert_into(holder_particulars::table)
        .values((
            holder_particulars::id.eq(id),
            holder_particulars::holder_id.eq(place.holder_id),
            holder_particulars::valid_from.eq(place.valid_from),
            holder_particulars::name.eq(&new.name),
            holder_particulars::names.eq(new.names.join("\n")),
            holder_particulars::representative.eq(&new.representative),
            holder_particulars::address.eq(&new.address),
            holder_particulars::email.eq(&new.email),
            holder_particulars::email_purposes.eq(&new.email_purposes),
            holder_particulars::search.eq(new.searchable()),
            holder_particulars::reason.eq(place.reason),
            holder_particulars::recorded_at.eq(now.naive_utc()),
            holder_particulars::recorded_by.eq(&deed.by),
        ))
        .execute(conn)?;
    Ok(id)
}

/// The same name at the same address is the same person.
pub(in crate::shares) fn persons_of(new: &NewHolder) -> Vec<String> {
    let names = if new.names.is_empty() { std::slice::from_ref(&new.name) } else { &new.names };
    let address = normal(&new.address);
    let mut persons: Vec<String> = names.iter().map(|name| format!("{}\n{address}", normal(name))).collect();
    persons.sort_unstable();
    persons.dedup();
    persons
}

/// The persons of these holders, with every holder that shares one: holder and person.
pub(in crate::shares) fn sharing_persons(conn: &mut Conn, ids: &[i64]) -> Result<Vec<(i64, String)>, DbError> {
    let mut found: HashMap<(i64, String), ()> = HashMap::new();
    for some in ids.chunks(HOLDERS_PER_QUERY_MAX) {
        let persons: Vec<String> = holder_interests::table
            .filter(holder_interests::holder_id.eq_any(some))
            .select(holder_interests::person)
            .load(conn)?;
        for some in persons.chunks(HOLDERS_PER_QUERY_MAX) {
            let rows: Vec<(i64, String)> = holder_interests::table
                .filter(holder_interests::person.eq_any(some))
                .select((holder_interests::holder_id, holder_interests::person))
                .load(conn)?;
            found.extend(rows.into_iter().map(|row| (row, ())));
        }
    }
    Ok(found.into_keys().collect())
}

/// Gives each of these holders that has none a member number, in their order.
pub(in crate::shares) fn number_all(conn: &mut Conn, ids: &[i64]) -> Result<(), DbError> {
    let last: Option<i64> = holders::table.select(diesel::dsl::max(holders::member_number)).first(conn)?;
    let mut number = last.unwrap_or(0);
    for id in ids {
        number += 1;
        let given = diesel::update(holders::table.find(id).filter(holders::member_number.is_null()))
            .set(holders::member_number.eq(number))
            .execute(conn)?;
        if given == 0 {
            number -= 1;
        }
    }
    Ok(())
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = holder_particulars)]
struct ParticularsRow {
    holder_id: i64,
    name: String,
    names: String,
    representative: String,
    address: String,
    email: Option<String>,
    email_purposes: String,
}

/// A holder without particulars: row, member number, kind, and the dates on paper.
type Head = (i64, Option<i64>, String, Option<NaiveDate>, Option<NaiveDate>, Option<i64>);
const HEAD: (
    holders::id,
    holders::member_number,
    holders::kind,
    holders::paper_entered_on,
    holders::paper_ceased_on,
    holders::section_id,
) = (
    holders::id,
    holders::member_number,
    holders::kind,
    holders::paper_entered_on,
    holders::paper_ceased_on,
    holders::section_id,
);

fn holder_of((id, member, kind, entered_on, ceased_on, section): Head, row: ParticularsRow) -> Result<Holder, DbError> {
    Ok(Holder {
        id,
        member: member.map(MemberNumber),
        kind: HolderKind::from_name(&kind).ok_or_else(|| DbError::Corrupt(format!("holder {id} is a {kind}")))?,
        on_paper: (entered_on, ceased_on),
        section,
        name: row.name,
        names: row.names.lines().map(str::to_owned).collect(),
        representative: row.representative,
        address: row.address,
        email: row.email,
        email_purposes: row.email_purposes,
        deaths: Vec::new(),
        gone_away_since: None,
    })
}

/// What is known of a day, by a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct View {
    /// The day.
    pub as_at: NaiveDate,
    /// Nothing that was recorded later.
    pub as_known: NaiveDateTime,
    /// The last death that was noted by then.
    pub death: i64,
}

/// These holders as the register had them.
pub(in crate::shares) fn holders_as(conn: &mut Conn, ids: &[i64], view: View) -> Result<HashMap<i64, Holder>, DbError> {
    let mut found = HashMap::with_capacity(ids.len());
    for some in ids.chunks(HOLDERS_PER_QUERY_MAX) {
        let heads: Vec<Head> = holders::table.filter(holders::id.eq_any(some)).select(HEAD).load(conn)?;
        let heads: HashMap<i64, Head> = heads.into_iter().map(|head| (head.0, head)).collect();
        // The latest comes last and stays; shares dated before the first particulars have those.
        let rows: Vec<(NaiveDate, ParticularsRow)> = holder_particulars::table
            .filter(holder_particulars::holder_id.eq_any(some))
            .filter(holder_particulars::recorded_at.le(view.as_known))
            .filter(
                holder_particulars::taken_back_at
                    .is_null()
                    .or(holder_particulars::taken_back_at.assume_not_null().gt(view.as_known)),
            )
            .order((holder_particulars::valid_from, holder_particulars::id))
            .select((holder_particulars::valid_from, ParticularsRow::as_select()))
            .load(conn)?;
        for (valid_from, row) in rows {
            if valid_from > view.as_at && found.contains_key(&row.holder_id) {
                continue;
            }
            if let Some(head) = heads.get(&row.holder_id) {
                found.insert(row.holder_id, holder_of(head.clone(), row)?);
            }
        }
    }
    deaths::mark(conn, &mut found, Some(view))?;
    Ok(found)
}

/// A holder with the particulars of today.
///
/// # Errors
/// Only when the database fails.
pub fn holder(conn: &mut Conn, id: i64) -> Result<Option<Holder>, DbError> {
    holders_now(conn, &[id]).map(|mut found| found.remove(&id))
}

/// These holders with the particulars that were recorded last, by number.
///
/// # Errors
/// Only when the database fails.
pub fn holders_now(conn: &mut Conn, ids: &[i64]) -> Result<HashMap<i64, Holder>, DbError> {
    let mut found = HashMap::with_capacity(ids.len());
    for some in ids.chunks(HOLDERS_PER_QUERY_MAX) {
        let rows: Vec<(Head, ParticularsRow)> = holder_particulars::table
            .inner_join(holders::table)
            .filter(holder_particulars::holder_id.eq_any(some))
            .filter(holder_particulars::taken_back_at.is_null())
            .order((holder_particulars::valid_from, holder_particulars::id))
            .select((HEAD, ParticularsRow::as_select()))
            .load(conn)?;
        for (head, row) in rows {
            found.insert(row.holder_id, holder_of(head, row)?);
        }
    }
    deaths::mark(conn, &mut found, None)?;
    Ok(found)
}

/// The member with this number.
///
/// # Errors
/// Only when the database fails.
pub fn holder_by_member(conn: &mut Conn, number: MemberNumber) -> Result<Option<Holder>, DbError> {
    let id: Option<i64> =
        holders::table.filter(holders::member_number.eq(number.0)).select(holders::id).first(conn).optional()?;
    match id {
        Some(id) => holder(conn, id),
        None => Ok(None),
    }
}

/// Members after a number, in the order of their numbers: row and number.
pub(in crate::shares) fn members_after(
    conn: &mut Conn,
    after: MemberNumber,
    limit: i64,
) -> Result<Vec<(i64, MemberNumber)>, DbError> {
    let rows: Vec<(i64, Option<i64>)> = holders::table
        .filter(holders::member_number.gt(after.0))
        .order(holders::member_number)
        .limit(limit)
        .select((holders::id, holders::member_number))
        .load(conn)?;
    Ok(rows.into_iter().filter_map(|(id, number)| number.map(|number| (id, MemberNumber(number)))).collect())
}
