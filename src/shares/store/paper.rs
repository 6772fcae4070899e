//! SQL of members who come from a paper register.

use std::collections::HashSet;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use diesel::prelude::*;

use super::holders::persons_of;
use crate::db::schema::{holder_interests, holder_particulars, holders};
use crate::db::{Conn, DbError};
use crate::shares::Deed;
use crate::shares::holder::PaperMember;

/// Persons asked for in one statement, below SQLite's limit of placeholders.
const PERSONS_PER_QUERY_MAX: usize = 1_000;

#[derive(Insertable)]
#[diesel(table_name = holders, treat_none_as_default_value = false)]
struct HolderRow {
    id: i64,
    member_number: Option<i64>,
    kind: &'static str,
    date_of_birth: Option<NaiveDate>,
    paper_entered_on: Option<NaiveDate>,
    paper_ceased_on: Option<NaiveDate>,
    created_at: NaiveDateTime,
}

#[derive(Insertable)]
#[diesel(table_name = holder_particulars, treat_none_as_default_value = false)]
struct NewParticularsRow {
    id: i64,
    holder_id: i64,
    valid_from: NaiveDate,
    name: String,
    names: String,
    representative: String,
    address: String,
    email: Option<String>,
    email_purposes: String,
    search: String,
    reason: &'static str,
    recorded_at: NaiveDateTime,
    recorded_by: String,
}

#[derive(Insertable)]
#[diesel(table_name = holder_interests, treat_none_as_default_value = false)]
struct InterestRow {
    holder_id: i64,
    person: String,
}

/// Enters members from the paper register under their numbers; the answer has their rows in the same order.
pub(in crate::shares) fn insert_all(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &Deed,
    members: &[PaperMember],
) -> Result<Vec<i64>, DbError> {
    let last: Option<i64> = holders::table.select(diesel::dsl::max(holders::id)).first(conn)?;
    let last_said: Option<i64> =
        holder_particulars::table.select(diesel::dsl::max(holder_particulars::id)).first(conn)?;
    let ids: Vec<i64> = (last.unwrap_or(0) + 1..).take(members.len()).collect();
    let (mut rows, mut particulars, mut interests) = (Vec::new(), Vec::new(), Vec::new());
    for ((id, said), member) in ids.iter().zip(last_said.unwrap_or(0) + 1..).zip(members) {
        let new = &member.holder;
        rows.push(HolderRow {
            id: *id,
            member_number: Some(member.number.0),
            kind: new.kind.name(),
            date_of_birth: new.date_of_birth,
            paper_entered_on: Some(member.entered_on),
            paper_ceased_on: member.ceased_on,
            created_at: now.naive_utc(),
        });
        particulars.push(NewParticularsRow {
            id: said,
            holder_id: *id,
            valid_from: member.entered_on,
            name: new.name.clone(),
            names: new.names.join("\n"),
            representative: new.representative.clone(),
            address: new.address.clone(),
            email: new.email.clone(),
            email_purposes: new.email_purposes.clone(),
            search: new.searchable(),
            reason: "from the paper register",
            recorded_at: now.naive_utc(),
            recorded_by: deed.by.clone(),
        });
        interests.extend(persons_of(new).into_iter().map(|person| InterestRow { holder_id: *id, person }));
    }
    insert_all!(conn, holders::table, &rows)?;
    insert_all!(conn, holder_particulars::table, &particulars)?;
    insert_all!(conn, holder_interests::table, &interests)?;
    Ok(ids)
}

/// Every member number that was ever given.
pub(in crate::shares) fn member_numbers(conn: &mut Conn) -> Result<Vec<i64>, DbError> {
    let rows: Vec<Option<i64>> =
        holders::table.filter(holders::member_number.is_not_null()).select(holders::member_number).load(conn)?;
    Ok(rows.into_iter().flatten().collect())
}

/// Those of these persons who are on the register.
pub(in crate::shares) fn persons_there<'a>(
    conn: &mut Conn,
    persons: impl Iterator<Item = &'a String>,
) -> Result<HashSet<String>, DbError> {
    let persons: Vec<&String> = persons.collect();
    let mut there = HashSet::new();
    for some in persons.chunks(PERSONS_PER_QUERY_MAX) {
        let rows: Vec<String> = holder_interests::table
            .filter(holder_interests::person.eq_any(some.iter().map(|person| person.as_str())))
            .select(holder_interests::person)
            .load(conn)?;
        there.extend(rows);
    }
    Ok(there)
}
