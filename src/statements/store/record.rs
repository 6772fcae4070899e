//! SQL that records statements.

use std::collections::HashMap;

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;

use crate::db::schema::{statement_lines, statement_overlaps, statements as statements_table};
use crate::db::{Conn, DbError};
use crate::statements::identity::Identity;
use crate::statements::told::ToldLine;
use crate::statements::{LineState, Statement};

/// Identities asked for in one statement of SQL, below SQLite's limit of placeholders.
const IDENTITIES_PER_QUERY_MAX: usize = 1_000;

/// The lines that are known already, by identity.
pub fn known(conn: &mut Conn, identities: &[Identity]) -> Result<HashMap<Vec<u8>, i64>, DbError> {
    let mut found = HashMap::new();
    for some in identities.chunks(IDENTITIES_PER_QUERY_MAX) {
        let rows: Vec<(Vec<u8>, i64)> = statement_lines::table
            .filter(statement_lines::identity.eq_any(some.iter().map(|identity| identity.to_vec())))
            .select((statement_lines::identity, statement_lines::id))
            .load(conn)?;
        found.extend(rows);
    }
    Ok(found)
}

/// The number of the last statement and of the last line.
pub fn last_ids(conn: &mut Conn) -> Result<(i64, i64), DbError> {
    let statement: Option<i64> = statements_table::table.select(diesel::dsl::max(statements_table::id)).first(conn)?;
    let line: Option<i64> = statement_lines::table.select(diesel::dsl::max(statement_lines::id)).first(conn)?;
    Ok((statement.unwrap_or(0), line.unwrap_or(0)))
}

#[derive(Insertable)]
#[diesel(table_name = statements_table, treat_none_as_default_value = false)]
struct NewStatementRow {
    id: i64,
    format: &'static str,
    file_name: String,
    digest: Vec<u8>,
    part: i64,
    bank_number: String,
    account: String,
    currency: &'static str,
    from_on: NaiveDate,
    until_on: NaiveDate,
    opening_minor: Option<i64>,
    closing_minor: Option<i64>,
    lines: i64,
    known: i64,
    imported_at: NaiveDateTime,
    imported_by: String,
    request_id: String,
}

/// Where a statement came from.
pub struct Origin<'a> {
    /// SHA-256 of its file.
    pub digest: &'a [u8],
    /// Which statement of the file it is.
    pub part: i64,
    /// The request that brought it.
    pub request_id: &'a str,
}

/// Inserts a statement; its lines come after it.
pub fn insert_statement(conn: &mut Conn, statement: &Statement, origin: &Origin<'_>) -> Result<(), DbError> {
    let row = NewStatementRow {
        id: statement.id,
        format: statement.format.name(),
        file_name: statement.file_name.clone(),
        digest: origin.digest.to_vec(),
        part: origin.part,
        bank_number: statement.bank_number.clone(),
        account: statement.account.clone(),
        currency: statement.currency.code(),
        from_on: statement.from_on,
        until_on: statement.until_on,
        opening_minor: statement.opening_minor,
        closing_minor: statement.closing_minor,
        lines: statement.lines,
        known: statement.known,
        imported_at: statement.imported_at.naive_utc(),
        imported_by: statement.imported_by.clone(),
        request_id: origin.request_id.to_owned(),
    };
    diesel::insert_into(statements_table::table).values(row).execute(conn)?;
    Ok(())
}

#[derive(Insertable)]
#[diesel(table_name = statement_lines, treat_none_as_default_value = false)]
struct NewLineRow {
    id: i64,
    statement_id: i64,
    line: i64,
    booked_on: NaiveDate,
    amount_minor: i64,
    kind: &'static str,
    payer: String,
    payer_account: String,
    reference: String,
    description: String,
    bank_id: String,
    identity: Vec<u8>,
    balance_minor: Option<i64>,
    state: &'static str,
}

/// Inserts lines of a statement, the first with the number `id`, the others behind it; all wait.
pub fn insert_lines(
    conn: &mut Conn,
    statement_id: i64,
    id: i64,
    lines: &[(&ToldLine, Identity)],
) -> Result<(), DbError> {
    let rows: Vec<NewLineRow> = (id..)
        .zip(lines)
        .map(|(id, (line, identity))| NewLineRow {
            id,
            statement_id,
            line: line.line,
            booked_on: line.booked_on,
            amount_minor: line.amount_minor,
            kind: line.kind.name(),
            payer: line.payer.clone(),
            payer_account: line.payer_account.clone(),
            reference: line.reference.clone(),
            description: line.description.clone(),
            bank_id: line.bank_id.clone(),
            identity: identity.to_vec(),
            balance_minor: line.balance_minor,
            state: LineState::Waiting.name(),
        })
        .collect();
    insert_all!(conn, statement_lines::table, &rows)?;
    Ok(())
}

#[derive(Insertable)]
#[diesel(table_name = statement_overlaps, treat_none_as_default_value = false)]
struct NewOverlapRow {
    statement_id: i64,
    line_id: i64,
}

/// Notes that a statement tells of lines that an earlier one had brought.
pub fn insert_overlaps(conn: &mut Conn, statement_id: i64, lines: &[i64]) -> Result<(), DbError> {
    let rows: Vec<NewOverlapRow> =
        lines.iter().map(|line_id| NewOverlapRow { statement_id, line_id: *line_id }).collect();
    insert_all!(conn, statement_overlaps::table, &rows)?;
    Ok(())
}

/// The statements that a file brought, by its digest.
///
/// # Errors
/// Only when the database fails.
pub fn of_file(conn: &mut Conn, digest: &[u8]) -> Result<Vec<i64>, DbError> {
    Ok(statements_table::table
        .filter(statements_table::digest.eq(digest))
        .select(statements_table::id)
        .order(statements_table::id)
        .load(conn)?)
}

/// Every line between two days with its number, day, amount and the format that brought it, in the order of the bank.
pub fn told_between(
    conn: &mut Conn,
    from: NaiveDate,
    until: NaiveDate,
) -> Result<Vec<(i64, NaiveDate, i64, String)>, DbError> {
    Ok(statement_lines::table
        .inner_join(statements_table::table)
        .filter(statement_lines::booked_on.ge(from))
        .filter(statement_lines::booked_on.le(until))
        .order((statement_lines::booked_on, statement_lines::id))
        .select((
            statement_lines::id,
            statement_lines::booked_on,
            statement_lines::amount_minor,
            statements_table::format,
        ))
        .load(conn)?)
}
