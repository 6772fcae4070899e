//! What holders are found by: their names and addresses in plain letters.

use diesel::prelude::*;

use super::holders::{holder_by_member, members_after};
use crate::db::schema::{holder_particulars, holders};
use crate::db::{Conn, DbError};
use crate::shares::numbers::MemberNumber;
use crate::supporters::rules::folded;

/// Fills in what holders are found by, where that was kept as an earlier version wrote it.
///
/// # Errors
/// Only when the database fails.
pub fn fold_searches(conn: &mut Conn) -> Result<(), DbError> {
    let old: Vec<(i64, String, String, String)> = holder_particulars::table
        .filter(diesel::dsl::sql::<diesel::sql_types::Bool>("search = ''"))
        .select((
            holder_particulars::id,
            holder_particulars::name,
            holder_particulars::names,
            holder_particulars::address,
        ))
        .load(conn)?;
    for (id, name, names, address) in old {
        diesel::update(holder_particulars::table.find(id))
            .set(holder_particulars::search.eq(folded(&format!("{name} {names} {address}"))))
            .execute(conn)?;
    }
    Ok(())
}

/// Members whose number it is, and whose name or address, now or before, has these words; all where nothing is asked.
/// Whose number it is comes first, the others in the order of their numbers, after one.
///
/// # Errors
/// Only when the database fails.
pub fn search(
    conn: &mut Conn,
    words: &str,
    after: MemberNumber,
    limit: i64,
) -> Result<Vec<(i64, MemberNumber)>, DbError> {
    let wanted = folded(words);
    if wanted.is_empty() {
        return members_after(conn, after, limit);
    }
    // A number may be a house's as well: whose number it is comes first, and then who lives there.
    let number = words.parse::<MemberNumber>().ok();
    let exact = number.map(|number| holder_by_member(conn, number)).transpose()?.flatten();
    let exact = exact.and_then(|holder| Some((holder.id, holder.member?)));
    let mut found: Vec<(i64, MemberNumber)> = exact.into_iter().filter(|_| after.0 == 0).collect();
    let mut query = holders::table
        .filter(holders::member_number.gt(after.0))
        .filter(holders::id.ne(exact.map_or(0, |(id, _)| id)))
        .order(holders::member_number)
        .limit(limit - i64::try_from(found.len()).unwrap_or(0))
        .select((holders::id, holders::member_number))
        .into_boxed();
    for word in wanted.split(' ') {
        let escaped = word.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        let having = holder_particulars::table
            .filter(holder_particulars::taken_back_at.is_null())
            .filter(holder_particulars::search.like(format!("%{escaped}%")).escape('\\'))
            .select(holder_particulars::holder_id);
        query = query.filter(holders::id.eq_any(having));
    }
    let rows: Vec<(i64, Option<i64>)> = query.load(conn)?;
    found.extend(rows.into_iter().filter_map(|(id, number)| number.map(|number| (id, MemberNumber(number)))));
    Ok(found)
}
