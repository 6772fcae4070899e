//! SQL that adds statements up.

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use crate::db::schema::{statement_lines, statement_overlaps, statements as statements_table};
use crate::db::{Conn, DbError};

/// How many statements there are.
pub fn counted(conn: &mut Conn) -> Result<i64, DbError> {
    Ok(statements_table::table.count().get_result(conn)?)
}

/// How many lines of a statement which earlier ones had brought: number of the earlier one, and how many.
///
/// # Errors
/// Only when the database fails.
pub fn known_of(conn: &mut Conn, id: i64) -> Result<Vec<(i64, i64)>, DbError> {
    Ok(statement_overlaps::table
        .inner_join(statement_lines::table)
        .filter(statement_overlaps::statement_id.eq(id))
        .group_by(statement_lines::statement_id)
        .select((statement_lines::statement_id, diesel::dsl::count_star()))
        .order(statement_lines::statement_id)
        .load(conn)?)
}

/// How many lines wait, of each statement that has any: read from the index of what waits, however many are done.
///
/// # Errors
/// Only when the database fails.
pub fn waiting_of(conn: &mut Conn) -> Result<Vec<(i64, i64)>, DbError> {
    Ok(statement_lines::table
        .filter(diesel::dsl::sql::<diesel::sql_types::Bool>(super::WAITING))
        .group_by(statement_lines::statement_id)
        .select((statement_lines::statement_id, diesel::dsl::count_star()))
        .load(conn)?)
}

/// How many lines up to a day wait, and what they add up to.
///
/// # Errors
/// Only when the database fails.
pub(in crate::statements) fn waiting_until(conn: &mut Conn, on: NaiveDate) -> Result<(i64, i64), DbError> {
    Ok(statement_lines::table
        .filter(diesel::dsl::sql::<diesel::sql_types::Bool>(super::WAITING))
        .filter(statement_lines::booked_on.le(on))
        .select((
            diesel::dsl::count_star(),
            diesel::dsl::sql::<BigInt>("CAST(COALESCE(SUM(amount_minor), 0) AS BIGINT)"),
        ))
        .first(conn)?)
}

/// The first statement whose lines, its own and those that an earlier one had brought, are not as many as it says, or
/// do not lead from its opening to its closing balance: its number, what it says and what its lines come to.
pub fn uneven(conn: &mut Conn) -> Result<Option<(i64, i64, i64)>, DbError> {
    let row: Option<Uneven> = on_backend!(conn, |c| diesel::sql_query(UNEVEN).get_result(c).optional())?;
    Ok(row.map(|row| (row.id, row.told, row.summed)))
}

#[derive(QueryableByName)]
struct Uneven {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = BigInt)]
    told: i64,
    #[diesel(sql_type = BigInt)]
    summed: i64,
}

const UNEVEN: &str = "
    WITH member AS (
        SELECT statement_id, amount_minor, 1 AS own FROM statement_lines
        UNION ALL
        SELECT o.statement_id, l.amount_minor, 0 FROM statement_overlaps o JOIN statement_lines l ON l.id = o.line_id
    ), summed AS (
        SELECT statement_id, CAST(SUM(amount_minor) AS BIGINT) AS minor, CAST(SUM(own) AS BIGINT) AS own,
               CAST(COUNT(*) AS BIGINT) AS members
        FROM member GROUP BY statement_id
    )
    SELECT s.id, CAST(COALESCE(s.closing_minor - s.opening_minor, 0) AS BIGINT) AS told,
           CAST(COALESCE(t.minor, 0) AS BIGINT) AS summed
    FROM statements s LEFT JOIN summed t ON t.statement_id = s.id
    WHERE COALESCE(t.own, 0) <> s.lines OR COALESCE(t.members, 0) <> s.lines + s.known
       OR s.closing_minor - s.opening_minor <> COALESCE(t.minor, 0)
    ORDER BY s.id LIMIT 1";
