//! The statements, the newest first, and the gaps between them.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;

use super::{Asked, Desk, grouped};
use crate::db::{Conn, DbError};
use crate::desk::allowed::Allowed;
use crate::desk::written::{short_day, who};
use crate::http::{Form, Problem, Routes, Shell, page};
use crate::money::display;
use crate::staff::{Actor, May};
use crate::statements::{self, Place, Statement, check};

/// Statements on a page: a year of weeks.
const PAGE: usize = 52;

pub(super) fn routes(at: &mut Routes) {
    at.desk().get("/bank/statements", May::Read, show);
}

#[derive(Template)]
#[template(path = "desk/statements/list.html")]
struct ListPage {
    shell: Shell,
    actor: Actor,
    may: Allowed,
    path: String,
    items: Vec<Item>,
    is_first: bool,
    older: Option<String>,
}

/// A statement as a row.
struct Item {
    id: i64,
    days: String,
    opening: String,
    closing: String,
    lines: String,
    waiting: i64,
    file: String,
    who: String,
    /// What is odd between it and the one below.
    gap: Option<String>,
}

async fn show(desk: Desk, asked: Asked) -> Result<HttpResponse, Problem> {
    let form = Form::sent(asked.into_inner());
    let before = place_of(form.value("before"));
    let (items, older) = desk.read(move |conn, _| Ok(items(conn, before)?)).await?;
    let may = desk.may();
    let page_of = ListPage {
        shell: desk.shell,
        actor: desk.actor,
        may,
        path: desk.path,
        items,
        is_first: before.is_none(),
        older,
    };
    page(StatusCode::OK, &page_of)
}

/// "2021-06-25.12": the day and the number of what a page goes on from.
pub(super) fn place_of(text: &str) -> Option<Place> {
    let (day, id) = text.split_once('.')?;
    Some((day.parse().ok()?, id.parse().ok()?))
}

fn items(conn: &mut Conn, before: Option<Place>) -> Result<(Vec<Item>, Option<String>), DbError> {
    let limit = i64::try_from(PAGE + 1).expect("a page is small");
    let found = statements::statements(conn, before, limit)?;
    let waiting = statements::waiting_of(conn)?;
    let items = found
        .iter()
        .take(PAGE)
        .enumerate()
        .map(|(at, statement)| {
            let waiting = waiting.iter().find(|(id, _)| *id == statement.id).map_or(0, |(_, count)| *count);
            let gap = found.get(at + 1).and_then(|older| check::gap(older, statement));
            item(statement, waiting, gap)
        })
        .collect();
    let last = found.get(PAGE - 1).filter(|_| found.len() > PAGE);
    Ok((items, last.map(|last| format!("{}.{}", last.until_on, last.id))))
}

fn item(statement: &Statement, waiting: i64, gap: Option<String>) -> Item {
    let sum =
        |minor: Option<i64>| minor.map_or_else(|| "not told".to_owned(), |minor| display(minor, statement.currency));
    let known = match statement.known {
        0 => String::new(),
        known => format!(", {} known", grouped(usize::try_from(known).unwrap_or_default())),
    };
    Item {
        id: statement.id,
        days: days(statement),
        opening: sum(statement.opening_minor),
        closing: sum(statement.closing_minor),
        lines: format!("{}{known}", grouped(usize::try_from(statement.lines).unwrap_or_default())),
        waiting,
        file: format!("{}, {}", statement.file_name, statement.format.label()),
        who: format!("{}, {}", who(&statement.imported_by), short_day(statement.imported_at.date_naive())),
        gap,
    }
}

/// "1 Jun 2021 to 30 Jun 2021"
pub(super) fn days(statement: &Statement) -> String {
    if statement.from_on == statement.until_on {
        return short_day(statement.until_on);
    }
    format!("{} to {}", short_day(statement.from_on), short_day(statement.until_on))
}
