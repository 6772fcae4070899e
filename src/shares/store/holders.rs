//! SQL of holders and what the register says of them.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use diesel::prelude::*;

use crate::db::schema::{holder_interests, holder_particulars, holders};
use crate::db::{Conn, DbError};
use crate::shares::Deed;
use crate::shares::numbers::MemberNumber;
use crate::supporters::rules::normal;

/// Holders asked for in one statement, below SQLite's limit of placeholders.
const HOLDERS_PER_QUERY_MAX: usize = 1_000;

/// What a holder is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HolderKind {
    /// One person.
    Person,
    /// Two to four persons with one vote.
    Joint,
    /// A body that votes through its representative.
    Organisation,
    /// A registered society: the law's maximum does not bind it.
    Society,
}

impl HolderKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Person, Self::Joint, Self::Organisation, Self::Society];

    /// As JSON, CSV and the database write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Joint => "joint",
            Self::Organisation => "organisation",
            Self::Society => "society",
        }
    }

    /// Reads the name back.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// True for a registered society (Act of 2014, section 24).
    pub fn is_above_law(self) -> bool {
        self == Self::Society
    }
}

/// A holder to be entered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewHolder {
    /// What it is.
    pub kind: HolderKind,
    /// As the register writes it; for joint holders all of their names.
    pub name: String,
    /// Joint holders, the first named first; empty for others.
    pub names: Vec<String>,
    /// Who votes for an organisation.
    pub representative: String,
    /// The postal address.
    pub address: String,
    /// The electronic address.
    pub email: Option<String>,
    /// What it may be used for.
    pub email_purposes: String,
    /// Where the age rule needs it.
    pub date_of_birth: Option<NaiveDate>,
}

/// A holder as the register has it on some day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Its row.
    pub id: i64,
    /// Once shares were allotted.
    pub member: Option<MemberNumber>,
    /// What it is.
    pub kind: HolderKind,
    /// As the register writes it.
    pub name: String,
    /// Joint holders, the first named first.
    pub names: Vec<String>,
    /// Who votes for an organisation.
    pub representative: String,
    /// The postal address.
    pub address: String,
    /// The electronic address.
    pub email: Option<String>,
    /// What it may be used for.
    pub email_purposes: String,
}

impl Holder {
    /// The member's number, or the name of who has none yet.
    pub fn called(&self) -> String {
        self.member.map_or_else(|| self.name.clone(), |number| number.to_string())
    }

    /// Who casts the one vote.
    pub fn voter(&self) -> &str {
        match self.kind {
            HolderKind::Person => &self.name,
            HolderKind::Joint => self.names.first().unwrap_or(&self.name),
            HolderKind::Organisation | HolderKind::Society => &self.representative,
        }
    }
}

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
) -> Result<(), DbError> {
    insert_particulars(conn, now, deed, place, new)?;
    diesel::delete(holder_interests::table.filter(holder_interests::holder_id.eq(place.holder_id))).execute(conn)?;
    insert_persons(conn, place.holder_id, new)
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
) -> Result<(), DbError> {
    let last: Option<i64> = holder_particulars::table.select(diesel::dsl::max(holder_particulars::id)).first(conn)?;
    diesel::insert_into(holder_particulars::table)
        .values((
            holder_particulars::id.eq(last.unwrap_or(0) + 1),
            holder_particulars::holder_id.eq(place.holder_id),
            holder_particulars::valid_from.eq(place.valid_from),
            holder_particulars::name.eq(&new.name),
            holder_particulars::names.eq(new.names.join("\n")),
            holder_particulars::representative.eq(&new.representative),
            holder_particulars::address.eq(&new.address),
            holder_particulars::email.eq(&new.email),
            holder_particulars::email_purposes.eq(&new.email_purposes),
            holder_particulars::search.eq(normal(&format!("{} {} {}", new.name, new.names.join(" "), new.address))),
            holder_particulars::reason.eq(place.reason),
            holder_particulars::recorded_at.eq(now.naive_utc()),
            holder_particulars::recorded_by.eq(&deed.by),
        ))
        .execute(conn)?;
    Ok(())
}

/// The same name at the same address is the same person.
fn persons_of(new: &NewHolder) -> Vec<String> {
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

fn holder_of(id: i64, member: Option<i64>, kind: &str, row: ParticularsRow) -> Result<Holder, DbError> {
    Ok(Holder {
        id,
        member: member.map(MemberNumber),
        kind: HolderKind::from_name(kind).ok_or_else(|| DbError::Corrupt(format!("holder {id} is a {kind}")))?,
        name: row.name,
        names: row.names.lines().map(str::to_owned).collect(),
        representative: row.representative,
        address: row.address,
        email: row.email,
        email_purposes: row.email_purposes,
    })
}

/// What is known of a day, by a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct View {
    /// The day.
    pub as_at: NaiveDate,
    /// Nothing that was recorded later.
    pub as_known: NaiveDateTime,
}

/// These holders as the register had them.
pub(in crate::shares) fn holders_as(conn: &mut Conn, ids: &[i64], view: View) -> Result<HashMap<i64, Holder>, DbError> {
    let mut found = HashMap::with_capacity(ids.len());
    for some in ids.chunks(HOLDERS_PER_QUERY_MAX) {
        let heads: Vec<(i64, Option<i64>, String)> = holders::table
            .filter(holders::id.eq_any(some))
            .select((holders::id, holders::member_number, holders::kind))
            .load(conn)?;
        let heads: HashMap<i64, (Option<i64>, String)> =
            heads.into_iter().map(|(id, member, kind)| (id, (member, kind))).collect();
        // The latest comes last and stays; shares dated before the first particulars have those.
        let rows: Vec<(NaiveDate, ParticularsRow)> = holder_particulars::table
            .filter(holder_particulars::holder_id.eq_any(some))
            .filter(holder_particulars::recorded_at.le(view.as_known))
            .order((holder_particulars::valid_from, holder_particulars::id))
            .select((holder_particulars::valid_from, ParticularsRow::as_select()))
            .load(conn)?;
        for (valid_from, row) in rows {
            if valid_from > view.as_at && found.contains_key(&row.holder_id) {
                continue;
            }
            if let Some((member, kind)) = heads.get(&row.holder_id) {
                found.insert(row.holder_id, holder_of(row.holder_id, *member, kind, row)?);
            }
        }
    }
    Ok(found)
}

/// A holder with the particulars of today.
///
/// # Errors
/// Only when the database fails.
pub fn holder(conn: &mut Conn, id: i64) -> Result<Option<Holder>, DbError> {
    holders_now(conn, &[id]).map(|mut found| found.remove(&id))
}

/// These holders with the particulars that were recorded last.
pub(in crate::shares) fn holders_now(conn: &mut Conn, ids: &[i64]) -> Result<HashMap<i64, Holder>, DbError> {
    let mut found = HashMap::with_capacity(ids.len());
    for some in ids.chunks(HOLDERS_PER_QUERY_MAX) {
        let rows: Vec<(Option<i64>, String, ParticularsRow)> = holder_particulars::table
            .inner_join(holders::table)
            .filter(holder_particulars::holder_id.eq_any(some))
            .order((holder_particulars::valid_from, holder_particulars::id))
            .select((holders::member_number, holders::kind, ParticularsRow::as_select()))
            .load(conn)?;
        for (member, kind, row) in rows {
            found.insert(row.holder_id, holder_of(row.holder_id, member, &kind, row)?);
        }
    }
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
