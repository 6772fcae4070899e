//! One statement: what it says of itself, and its lines, a hundred a page.
//!
//! Invariant: a page is found by the line it goes on from, never by counting.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;

use super::list::{days, place_of};
use super::{Asked, Desk, Row};
use crate::db::{Conn, DbError};
use crate::desk::written::{short_day, who};
use crate::http::{Form, Problem, Routes, Shell, page};
use crate::money::display;
use crate::staff::{Actor, May};
use crate::statements::{self, Line, LineState, Statement, Wanted, check};

/// Lines on a page.
const PAGE: usize = 100;

pub(super) fn routes(at: &mut Routes) {
    at.desk().get("/bank/statements/{id}", May::Read, show);
}

#[derive(Template)]
#[template(path = "desk/statements/statement.html")]
struct StatementPage {
    shell: Shell,
    actor: Actor,
    path: String,
    id: i64,
    title: String,
    facts: Vec<(&'static str, String)>,
    /// Earlier statements that brought lines of this one: number, how many.
    known: Vec<(i64, i64)>,
    notices: Vec<String>,
    waiting: i64,
    only_waiting: bool,
    rows: Vec<Row>,
    newer: Option<String>,
    older: Option<String>,
}

async fn show(desk: Desk, id: web::Path<i64>, asked: Asked) -> Result<HttpResponse, Problem> {
    let form = Form::sent(asked.into_inner());
    let (id, only_waiting) = (id.into_inner(), form.has("state", "waiting"));
    let wanted = Wanted {
        state: only_waiting.then_some(LineState::Waiting),
        statement: Some(id),
        after: place_of(form.value("after")),
        before: place_of(form.value("before")).filter(|_| form.value("after").is_empty()),
        ..Wanted::default()
    };
    let found = desk.read(move |conn, _| Ok(look(conn, id, &wanted)?)).await?;
    let Some(found) = found else { return Err(Problem::not_found("There is no statement with this number.")) };
    let currency = found.statement.currency;
    let page_of = StatementPage {
        shell: desk.shell,
        actor: desk.actor,
        path: desk.path,
        id,
        title: days(&found.statement),
        facts: facts(&found.statement),
        known: found.known,
        notices: found.notices,
        waiting: found.waiting,
        only_waiting,
        rows: found.lines.iter().map(|line| Row::of(line, currency)).collect(),
        newer: found.newer,
        older: found.older,
    };
    page(StatusCode::OK, &page_of)
}

struct Found {
    statement: Statement,
    known: Vec<(i64, i64)>,
    notices: Vec<String>,
    waiting: i64,
    lines: Vec<Line>,
    /// Where the page before ends, and where the next begins.
    newer: Option<String>,
    older: Option<String>,
}

fn look(conn: &mut Conn, id: i64, wanted: &Wanted) -> Result<Option<Found>, DbError> {
    let Some(statement) = statements::statement(conn, id)? else { return Ok(None) };
    let limit = i64::try_from(PAGE + 1).expect("a page is small");
    let mut lines = statements::lines(conn, wanted, limit)?;
    let goes_on = lines.len() > PAGE;
    let is_back = wanted.before.is_some();
    if goes_on {
        // The line too many says that the pages go on that way.
        lines.remove(if is_back { 0 } else { PAGE });
    }
    let place = |line: &Line| format!("{}.{}", line.booked_on, line.id);
    let has_before = if is_back { goes_on } else { wanted.after.is_some() };
    let has_after = is_back || goes_on;
    let (before, after) = statements::neighbours(conn, statement.from_on, statement.until_on)?;
    let gaps = [
        before.and_then(|before| check::gap(&before, &statement)),
        after.and_then(|after| check::gap(&statement, &after)),
    ];
    Ok(Some(Found {
        known: statements::known_of(conn, id)?,
        notices: gaps.into_iter().flatten().collect(),
        waiting: statements::count(conn, LineState::Waiting, Some(id))?,
        newer: lines.first().filter(|_| has_before).map(place),
        older: lines.last().filter(|_| has_after).map(place),
        lines,
        statement,
    }))
}

fn facts(statement: &Statement) -> Vec<(&'static str, String)> {
    let sum = |minor: Option<i64>| minor.map(|minor| display(minor, statement.currency)).unwrap_or_default();
    let facts = [
        ("Opening balance", sum(statement.opening_minor)),
        ("Closing balance", sum(statement.closing_minor)),
        ("Lines", statement.lines.to_string()),
        ("Account", statement.account.clone()),
        ("The bank’s number", statement.bank_number.clone()),
        ("File", format!("{}, {}", statement.file_name, statement.format.label())),
        ("Taken in", format!("{} by {}", short_day(statement.imported_at.date_naive()), who(&statement.imported_by))),
    ];
    facts.into_iter().filter(|(_, text)| !text.is_empty()).collect()
}
