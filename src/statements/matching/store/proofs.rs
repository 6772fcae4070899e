//! SQL that proves lines and allocations against each other.

use diesel::prelude::*;
use diesel::sql_types::BigInt;

use crate::db::schema::statement_lines;
use crate::db::{Conn, DbError};

/// How many lines there are.
pub fn counted(conn: &mut Conn) -> Result<i64, DbError> {
    Ok(statement_lines::table.count().get_result(conn)?)
}

#[derive(QueryableByName)]
struct Odd {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = BigInt)]
    wanted: i64,
    #[diesel(sql_type = BigInt)]
    found: i64,
}

/// The first line that is done and not wholly allocated, or waits and is: its number, its amount, what is allocated.
pub fn unsettled(conn: &mut Conn) -> Result<Option<(i64, i64, i64)>, DbError> {
    odd(conn, UNSETTLED)
}

/// The first entry of which lines tell more than it moved the bank account by: its number, that, and what they tell.
pub fn told_twice(conn: &mut Conn) -> Result<Option<(i64, i64, i64)>, DbError> {
    odd(conn, TOLD_TWICE)
}

fn odd(conn: &mut Conn, text: &str) -> Result<Option<(i64, i64, i64)>, DbError> {
    let row: Option<Odd> = on_backend!(conn, |c| diesel::sql_query(text).get_result(c).optional())?;
    Ok(row.map(|row| (row.id, row.wanted, row.found)))
}

const UNSETTLED: &str = "
    WITH live AS (
        SELECT source_id, CAST(SUM(amount_minor) AS BIGINT) AS minor FROM allocations
        WHERE source = 'statement_line' AND undone_at IS NULL GROUP BY source_id
    )
    SELECT l.id, CAST(CASE WHEN l.state = 'done' THEN l.amount_minor ELSE 0 END AS BIGINT) AS wanted,
           CAST(COALESCE(a.minor, 0) AS BIGINT) AS found
    FROM statement_lines l LEFT JOIN live a ON a.source_id = l.id
    WHERE COALESCE(a.minor, 0) <> CASE WHEN l.state = 'done' THEN l.amount_minor ELSE 0 END
    ORDER BY l.id LIMIT 1";

const TOLD_TWICE: &str = "
    WITH told AS (
        SELECT entry, CAST(SUM(amount_minor) AS BIGINT) AS minor FROM allocations
        WHERE source = 'statement_line' AND undone_at IS NULL GROUP BY entry
    ), moved AS (
        SELECT p.entry, CAST(SUM(p.amount_minor) AS BIGINT) AS minor
        FROM postings p JOIN accounts a ON a.id = p.account_id JOIN told t ON t.entry = p.entry
        WHERE a.name = 'assets:bank' GROUP BY p.entry
    )
    SELECT t.entry AS id, CAST(COALESCE(m.minor, 0) AS BIGINT) AS wanted, t.minor AS found
    FROM told t LEFT JOIN moved m ON m.entry = t.entry
    WHERE ABS(t.minor) > ABS(COALESCE(m.minor, 0)) OR (t.minor < 0) <> (COALESCE(m.minor, 0) < 0)
    ORDER BY t.entry LIMIT 1";
