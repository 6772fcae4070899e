//! SQL that reads statements and their lines; beside it what records them.

mod layouts;
mod record;
mod sums;
mod uploads;

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use diesel::sql_types::Bool;

use super::{Format, Kind, Line, LineState, Place, Statement, Wanted};
use crate::db::schema::{statement_lines, statements as statements_table};
use crate::db::{Conn, DbError};
use crate::money::Currency;
pub use layouts::{forget_layout, keep_layout, layouts};
pub use record::of_file;
pub(super) use record::{Origin, insert_lines, insert_overlaps, insert_statement, known, last_ids, told_between};
pub(super) use sums::waiting_until;
pub(super) use sums::{counted, uneven};
pub use sums::{known_of, waiting_of};
pub use uploads::{forget_upload, keep_upload, map_upload, upload, uploads};

#[derive(Queryable, Selectable)]
#[diesel(table_name = statements_table)]
struct StatementRow {
    id: i64,
    format: String,
    file_name: String,
    bank_number: String,
    account: String,
    currency: String,
    from_on: NaiveDate,
    until_on: NaiveDate,
    opening_minor: Option<i64>,
    closing_minor: Option<i64>,
    lines: i64,
    known: i64,
    imported_at: NaiveDateTime,
    imported_by: String,
}

impl TryFrom<StatementRow> for Statement {
    type Error = DbError;

    fn try_from(row: StatementRow) -> Result<Self, DbError> {
        let odd = |what: &str| DbError::Corrupt(format!("statement {} has an unknown {what}", row.id));
        Ok(Self {
            id: row.id,
            format: Format::from_name(&row.format).ok_or_else(|| odd("format"))?,
            currency: Currency::from_code(&row.currency).ok_or_else(|| odd("currency"))?,
            file_name: row.file_name,
            bank_number: row.bank_number,
            account: row.account,
            from_on: row.from_on,
            until_on: row.until_on,
            opening_minor: row.opening_minor,
            closing_minor: row.closing_minor,
            lines: row.lines,
            known: row.known,
            imported_at: row.imported_at.and_utc(),
            imported_by: row.imported_by,
        })
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = statement_lines)]
struct LineRow {
    id: i64,
    statement_id: i64,
    line: i64,
    booked_on: NaiveDate,
    amount_minor: i64,
    kind: String,
    payer: String,
    payer_account: String,
    reference: String,
    description: String,
    bank_id: String,
    balance_minor: Option<i64>,
    state: String,
}

impl TryFrom<LineRow> for Line {
    type Error = DbError;

    fn try_from(row: LineRow) -> Result<Self, DbError> {
        let odd = |what: &str| DbError::Corrupt(format!("statement line {} has an unknown {what}", row.id));
        Ok(Self {
            id: row.id,
            statement_id: row.statement_id,
            line: row.line,
            booked_on: row.booked_on,
            amount_minor: row.amount_minor,
            kind: Kind::from_name(&row.kind).ok_or_else(|| odd("kind"))?,
            state: LineState::from_name(&row.state).ok_or_else(|| odd("state"))?,
            payer: row.payer,
            payer_account: row.payer_account,
            reference: row.reference,
            description: row.description,
            bank_id: row.bank_id,
            balance_minor: row.balance_minor,
        })
    }
}

/// The statement with this number.
///
/// # Errors
/// Only when the database fails.
pub fn statement(conn: &mut Conn, id: i64) -> Result<Option<Statement>, DbError> {
    let row: Option<StatementRow> =
        statements_table::table.find(id).select(StatementRow::as_select()).first(conn).optional()?;
    row.map(Statement::try_from).transpose()
}

/// Statements in the order of their last day, the newest first; `before` goes on from the last day and the number of
/// the last one shown.
///
/// # Errors
/// Only when the database fails.
pub fn statements(conn: &mut Conn, before: Option<Place>, limit: i64) -> Result<Vec<Statement>, DbError> {
    let mut query = statements_table::table
        .select(StatementRow::as_select())
        .order((statements_table::until_on.desc(), statements_table::id.desc()))
        .limit(limit)
        .into_boxed();
    if let Some((day, id)) = before {
        query = query
            .filter(statements_table::until_on.le(day))
            .filter(statements_table::until_on.lt(day).or(statements_table::id.lt(id)));
    }
    let rows: Vec<StatementRow> = query.load(conn)?;
    rows.into_iter().map(Statement::try_from).collect()
}

/// The statement that ends last before a day, and the one that begins first behind another.
///
/// # Errors
/// Only when the database fails.
pub fn neighbours(
    conn: &mut Conn,
    from: NaiveDate,
    until: NaiveDate,
) -> Result<(Option<Statement>, Option<Statement>), DbError> {
    let before: Option<StatementRow> = statements_table::table
        .filter(statements_table::until_on.lt(from))
        .order((statements_table::until_on.desc(), statements_table::id.desc()))
        .select(StatementRow::as_select())
        .first(conn)
        .optional()?;
    let after: Option<StatementRow> = statements_table::table
        .filter(statements_table::from_on.gt(until))
        .order((statements_table::from_on.asc(), statements_table::id.asc()))
        .select(StatementRow::as_select())
        .first(conn)
        .optional()?;
    Ok((before.map(Statement::try_from).transpose()?, after.map(Statement::try_from).transpose()?))
}

/// Whether one statement tells of all days between two.
///
/// # Errors
/// Only when the database fails.
pub fn is_covered(conn: &mut Conn, from: NaiveDate, until: NaiveDate) -> Result<bool, DbError> {
    let found =
        statements_table::table.filter(statements_table::from_on.le(from)).filter(statements_table::until_on.ge(until));
    Ok(diesel::select(diesel::dsl::exists(found)).get_result(conn)?)
}

/// The statement with the last day of all.
///
/// # Errors
/// Only when the database fails.
pub fn newest(conn: &mut Conn) -> Result<Option<Statement>, DbError> {
    Ok(statements(conn, None, 1)?.pop())
}

/// The balance that the bank told last on or before a day: its day and the figure.
///
/// # Errors
/// Only when the database fails.
pub fn standing(conn: &mut Conn, on: NaiveDate) -> Result<Option<(NaiveDate, i64)>, DbError> {
    let row: Option<(NaiveDate, Option<i64>)> = statements_table::table
        .filter(statements_table::until_on.le(on))
        .filter(statements_table::closing_minor.is_not_null())
        .order((statements_table::until_on.desc(), statements_table::id.desc()))
        .select((statements_table::until_on, statements_table::closing_minor))
        .first(conn)
        .optional()?;
    Ok(row.and_then(|(day, closing)| closing.map(|closing| (day, closing))))
}

/// Lines as the bank booked them, the oldest first.
///
/// # Errors
/// Only when the database fails.
pub fn lines(conn: &mut Conn, wanted: &Wanted, limit: i64) -> Result<Vec<Line>, DbError> {
    let mut query = statement_lines::table.select(LineRow::as_select()).limit(limit).into_boxed();
    query = if wanted.before.is_some() {
        query.order((statement_lines::booked_on.desc(), statement_lines::id.desc()))
    } else {
        query.order((statement_lines::booked_on.asc(), statement_lines::id.asc()))
    };
    if let Some((day, id)) = wanted.after {
        query = query
            .filter(statement_lines::booked_on.ge(day))
            .filter(statement_lines::booked_on.gt(day).or(statement_lines::id.gt(id)));
    }
    if let Some((day, id)) = wanted.before {
        query = query
            .filter(statement_lines::booked_on.le(day))
            .filter(statement_lines::booked_on.lt(day).or(statement_lines::id.lt(id)));
    }
    if let Some(statement) = wanted.statement {
        query = query.filter(statement_lines::statement_id.eq(statement));
    }
    if let Some(from) = wanted.from {
        query = query.filter(statement_lines::booked_on.ge(from));
    }
    if let Some(until) = wanted.until {
        query = query.filter(statement_lines::booked_on.le(until));
    }
    query = match wanted.state {
        Some(LineState::Waiting) => query.filter(diesel::dsl::sql::<Bool>(WAITING)),
        Some(LineState::Done) => query.filter(statement_lines::state.eq(LineState::Done.name())),
        None => query,
    };
    let mut rows: Vec<LineRow> = query.load(conn)?;
    if wanted.before.is_some() {
        rows.reverse();
    }
    rows.into_iter().map(Line::try_from).collect()
}

/// Word for word the condition of the index `statement_lines_waiting`: an index on a part of the table is used only by
/// a query that says the same.
const WAITING: &str = "statement_lines.state = 'waiting'";

/// The line with this number.
///
/// # Errors
/// Only when the database fails.
pub fn line(conn: &mut Conn, id: i64) -> Result<Option<Line>, DbError> {
    let row: Option<LineRow> = statement_lines::table.find(id).select(LineRow::as_select()).first(conn).optional()?;
    row.map(Line::try_from).transpose()
}

/// How many lines are in a state: of one statement, or of all.
///
/// # Errors
/// Only when the database fails.
pub fn count(conn: &mut Conn, state: LineState, statement: Option<i64>) -> Result<i64, DbError> {
    let mut query = statement_lines::table.count().into_boxed();
    query = match state {
        LineState::Waiting => query.filter(diesel::dsl::sql::<Bool>(WAITING)),
        LineState::Done => query.filter(statement_lines::state.eq(LineState::Done.name())),
    };
    if let Some(statement) = statement {
        query = query.filter(statement_lines::statement_id.eq(statement));
    }
    Ok(query.get_result(conn)?)
}

/// Says where a line stands, in the caller's transaction.
///
/// # Errors
/// Only when the database fails.
pub fn set_state(conn: &mut Conn, id: i64, state: LineState) -> Result<(), DbError> {
    set_states(conn, &[id], state)
}

/// Lines of one statement of SQL, below SQLite's limit of placeholders.
const IDS_PER_QUERY_MAX: usize = 1_000;

/// Says where lines stand, in the caller's transaction.
///
/// # Errors
/// Only when the database fails.
pub fn set_states(conn: &mut Conn, ids: &[i64], state: LineState) -> Result<(), DbError> {
    for some in ids.chunks(IDS_PER_QUERY_MAX) {
        diesel::update(statement_lines::table.filter(statement_lines::id.eq_any(some)))
            .set(statement_lines::state.eq(state.name()))
            .execute(conn)?;
    }
    Ok(())
}
