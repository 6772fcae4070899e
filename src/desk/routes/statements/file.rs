//! A file that waits: what it would do, what its columns are, and the button that records it.
//!
//! Invariant: what is recorded is the file that was shown; a second click, or a second person, finds it recorded.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use chrono::{DateTime, Utc};

use super::{Desk, Pairs, Row, grouped, see_other};
use crate::db::{Conn, DbError};
use crate::desk::allowed::Allowed;
use crate::desk::upload::{self, Choice, Mapped, Preview};
use crate::http::{Form, Problem, Routes, Shell, blocking, page};
use crate::payments::By;
use crate::staff::{Actor, May};
use crate::statements::files::csv::layout::{Column, Layout, Saved, plain};
use crate::statements::import::{self, Books, How, ImportError};
use crate::statements::{self, Upload};

pub(super) fn routes(at: &mut Routes) {
    at.desk().get("/bank/import/{id}", May::Read, show).post("/bank/import/{id}", May::Enter, act);
}

#[derive(Template)]
#[template(path = "desk/statements/file.html")]
struct FilePage {
    shell: Shell,
    actor: Actor,
    may: Allowed,
    path: String,
    form: Form,
    preview: Preview,
    rows: Vec<Row>,
    columns: &'static [Column],
}

impl FilePage {
    fn count(&self, number: impl std::borrow::Borrow<usize>) -> String {
        grouped(*number.borrow())
    }

    /// What stands in a column of a row.
    fn cell<'r>(&self, row: &'r [String], at: &usize) -> &'r str {
        row.get(*at).map_or("", String::as_str)
    }
}

async fn show(desk: Desk, id: web::Path<String>) -> Result<HttpResponse, Problem> {
    match waiting(&desk, &id).await? {
        Waiting::Here(upload) => {
            let mapped = Mapped::read(&upload.mapping);
            shown(desk, *upload, mapped, Form::new()).await
        }
        Waiting::Recorded(place) => Ok(see_other(&place)),
    }
}

enum Waiting {
    Here(Box<Upload>),
    /// Where the statement is that it became.
    Recorded(String),
}

async fn waiting(desk: &Desk, id: &str) -> Result<Waiting, Problem> {
    let id = id.to_owned();
    desk.read(move |conn, _| Ok(find(conn, &id)?))
        .await?
        .ok_or_else(|| Problem::not_found("This file is not waiting any more. Please choose it again under Bank."))
}

fn find(conn: &mut Conn, id: &str) -> Result<Option<Waiting>, DbError> {
    if let Some(upload) = statements::upload(conn, id)? {
        return Ok(Some(Waiting::Here(Box::new(upload))));
    }
    let Some(digest) = upload::digest_of(id) else { return Ok(None) };
    let known = statements::of_file(conn, &digest)?;
    Ok(known.last().map(|id| Waiting::Recorded(format!("/desk/bank/statements/{id}"))))
}

async fn shown(desk: Desk, upload: Upload, mapped: Option<Mapped>, mut form: Form) -> Result<HttpResponse, Problem> {
    let books = desk.read(|conn, now| Ok(Books::read(conn, now)?)).await?;
    let is_typed = form.has_field("do");
    let preview = desk.read(move |conn, now| Ok(upload::preview(conn, now, &books, &upload, mapped.as_ref())?)).await?;
    if !is_typed {
        form = filled(form, &preview);
    }
    let status = if form.is_refused() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let rows = preview.lines.iter().map(|line| Row::of(line, preview.currency)).collect();
    let columns = &Column::ALL;
    let may = desk.may();
    page(status, &FilePage { shell: desk.shell, actor: desk.actor, may, path: desk.path, form, preview, rows, columns })
}

/// The form with what the columns are taken for.
fn filled(form: Form, preview: &Preview) -> Form {
    let Some(sample) = &preview.sample else { return form };
    let layout = &sample.layout;
    let columns = layout.columns.iter().enumerate();
    let form = columns.fold(form, |form, (at, column)| form.with(&format!("column_{at}"), column.name()));
    form.with("days", upload::days_name(layout.days))
        .with("decimal", upload::decimal_name(layout.decimal))
        .with("bank", &preview.bank)
}

async fn act(desk: Desk, id: web::Path<String>, pairs: Pairs) -> Result<HttpResponse, Problem> {
    let mut form = Form::sent(pairs.into_inner());
    let upload = match waiting(&desk, &id).await? {
        Waiting::Here(upload) => *upload,
        Waiting::Recorded(place) => return Ok(see_other(&place)),
    };
    let here = format!("/desk/bank/import/{}", upload.id);
    match form.value("do") {
        "discard" => {
            desk.write(move |conn, _| Ok(statements::forget_upload(conn, &upload.id)?)).await?;
            Ok(see_other("/desk/bank/import"))
        }
        "record" => {
            let place = record(&desk, upload).await?;
            Ok(see_other(&place.unwrap_or(here)))
        }
        _ => match upload::understood(&mut form) {
            Choice::Layout(mapped) => {
                let json = mapped.json();
                desk.write(move |conn, _| Ok(statements::map_upload(conn, &upload.id, &json)?)).await?;
                Ok(see_other(&format!("{here}#understood")))
            }
            Choice::Refused => {
                let mapped = Mapped::read(&upload.mapping);
                shown(desk, upload, mapped, form).await
            }
        },
    }
}

/// Records the file; nothing where it may not be recorded, which its page says.
async fn record(desk: &Desk, upload: Upload) -> Result<Option<String>, Problem> {
    let books = desk.read(|conn, now| Ok(Books::read(conn, now)?)).await?;
    let mapped = Mapped::read(&upload.mapping);
    let how = How {
        file_name: upload.file_name.clone(),
        by: desk.actor.who(),
        request_id: desk.request_id.clone(),
        layout_name: None,
        layout: mapped.as_ref().map(|mapped| mapped.layout.clone()),
    };
    let (upload, books, how, found) = blocking(move || {
        let found = books.read_file(&upload.content, &how);
        Ok::<_, Problem>((upload, books, how, found))
    })
    .await?;
    let Ok(found) = found else { return Ok(None) };
    let (hand, id) = (desk.hand(), upload.id.clone());
    let done = desk.write(move |conn, now| {
        if statements::upload(conn, &upload.id)?.is_none() {
            return Err(Problem::conflict(GONE));
        }
        let taken =
            import::take_in(conn, now, &books, &found, &upload.content, &how, &mut |_, _| {}).map_err(refused)?;
        if taken.report.faults > 0 {
            return Err(Problem::conflict(GONE));
        }
        if let Some(mapped) = &mapped {
            remember(conn, now, mapped, &books, &upload, &hand.actor.who())?;
        }
        statements::forget_upload(conn, &upload.id)?;
        let last = taken.statements.last().map(|statement| statement.id);
        let subject = last.map_or_else(|| "bank".to_owned(), |id| format!("statement {id}"));
        let detail = format!("{}: {}", upload.file_name, taken.report.summary);
        hand.note(conn, now, "bank statement taken in", &subject, &detail)?;
        Ok(last)
    });
    match done.await {
        Ok(Some(statement)) => {
            post_certain(desk).await?;
            Ok(Some(format!("/desk/bank/statements/{statement}")))
        }
        Ok(None) => Ok(Some("/desk/bank/statements".to_owned())),
        // Somebody was quicker, or the books moved: the file's own page says what is so now.
        Err(problem) if problem.status == StatusCode::CONFLICT => Ok(match waiting(desk, &id).await? {
            Waiting::Recorded(place) => Some(place),
            Waiting::Here(_) => None,
        }),
        Err(problem) => Err(problem),
    }
}

/// Posts what is certain of the new lines, where the setting says so.
async fn post_certain(desk: &Desk) -> Result<(), Problem> {
    let (db, now) = (desk.db.clone(), desk.clock.now());
    let by = By { who: desk.actor.who(), request_id: desk.request_id.clone() };
    blocking(move || statements::matching::post_if_set(&db, now, &by, |_| ())).await?;
    Ok(())
}

const GONE: &str = "This file cannot be recorded as it is.";

fn refused(error: ImportError) -> Problem {
    match error {
        ImportError::Db(error) => error.into(),
        other => Problem::conflict(other),
    }
}

/// Keeps the layout under the bank's name, if somebody gave one.
fn remember(
    conn: &mut Conn,
    now: DateTime<Utc>,
    mapped: &Mapped,
    books: &Books,
    upload: &Upload,
    by: &str,
) -> Result<(), DbError> {
    if mapped.bank.is_empty() {
        return Ok(());
    }
    let Some(sample) = upload::sample(&upload.content, books, Some(&mapped.layout)) else { return Ok(()) };
    // By heading, so that columns may change places.
    let headings = sample.headings.iter().map(|heading| plain(heading)).collect();
    let layout = Layout { headings, ..mapped.layout.clone() };
    let saved = Saved { name: mapped.bank.clone(), heading: sample.digest, layout };
    statements::keep_layout(conn, now, &saved, by)
}
