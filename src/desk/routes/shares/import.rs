//! The paper register, taken in: the file, what its headings mean, a dry run with a word on each row, then all of it.
//!
//! Invariant: the file travels with the page from step to step, so that nothing half done is kept anywhere.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;
use futures_util::TryStreamExt;

use super::{Desk, wrong};
use crate::desk::routes::see_other;
use crate::http::{FieldError, Form, Parts, Problem, Routes, Shell, blocking, body, page};
use crate::shares::import::{self, FIELDS, How};
use crate::shares::parse;
use crate::sheet::columns::likely;
use crate::sheet::{Field, Intent, Report, Sheet, SheetError, text};
use crate::staff::{Actor, May};

/// The largest file: a society of a hundred thousand.
const FILE_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Rows of the report on the page.
const ROWS_SHOWN: usize = 500;
/// Headings that are asked about.
const HEADINGS_MAX: usize = 60;

pub(super) fn routes(at: &mut Routes) {
    at.desk().get("/shares/import", May::Read, show).post("/shares/import", May::Keep, take);
}

#[derive(Template)]
#[template(path = "desk/shares/import.html")]
struct ImportPage {
    shell: Shell,
    actor: Actor,
    path: String,
    form: Form,
    /// Each heading of the file, and the column it is taken for.
    headings: Vec<(String, String)>,
    columns: &'static [Field],
    report: Option<Report>,
    is_checked: bool,
}

impl ImportPage {
    fn rows(&self) -> impl Iterator<Item = &String> {
        self.report.iter().flat_map(|report| report.rows.iter()).take(ROWS_SHOWN)
    }

    fn rows_hidden(&self) -> usize {
        self.report.as_ref().map_or(0, |report| report.rows.len().saturating_sub(ROWS_SHOWN))
    }

    fn faults(&self) -> usize {
        self.report.as_ref().map_or(0, |report| report.faults)
    }

    fn summary(&self) -> &str {
        self.report.as_ref().map_or("", |report| report.summary.as_str())
    }
}

async fn show(desk: Desk) -> Result<HttpResponse, Problem> {
    answer(desk, Form::new(), Vec::new(), None, false)
}

fn answer(
    desk: Desk,
    form: Form,
    headings: Vec<(String, String)>,
    report: Option<Report>,
    is_checked: bool,
) -> Result<HttpResponse, Problem> {
    let is_refused = form.is_refused() || report.as_ref().is_some_and(|report| report.faults > 0);
    let status = if is_refused { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let columns = &FIELDS;
    page(
        status,
        &ImportPage {
            shell: desk.shell,
            actor: desk.actor,
            path: desk.path,
            form,
            headings,
            columns,
            report,
            is_checked,
        },
    )
}

/// The fields of an upload, each as a text; the file is the field `file`, or `csv` when it comes again.
async fn fields(mut parts: Parts) -> Result<Vec<(String, String)>, Problem> {
    let (mut found, mut size) = (Vec::new(), 0);
    let mut headings = 0;
    while let Some(mut part) = parts.next().await? {
        let name = part.name().unwrap_or_default().to_owned();
        if name.starts_with("heading_") && headings < HEADINGS_MAX {
            headings += 1;
            parts.allow_one_more();
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = part.try_next().await.map_err(Problem::bad_request)? {
            size += chunk.len();
            if size > FILE_BYTES_MAX {
                return Err(Problem::conflict("This file is larger than 32 MB. Please split it."));
            }
            bytes.extend_from_slice(&chunk);
        }
        let text = text::decode(&bytes).into_owned();
        if name.contains('\0') || text.contains('\0') {
            return Err(Problem::fields(vec![FieldError::new("file", body::not_text().detail)]));
        }
        found.push((name, text));
    }
    Ok(found)
}

async fn take(desk: Desk, parts: Parts) -> Result<HttpResponse, Problem> {
    let mut form = match fields(parts).await {
        Ok(pairs) => Form::sent(pairs),
        Err(problem) => {
            let mut form = Form::new();
            form.take(problem, &["file"])?;
            return answer(desk, form, Vec::new(), None, false);
        }
    };
    if form.value("csv").is_empty() {
        let file = form.value("file").to_owned();
        form = form.with("csv", file);
    }
    let text = form.values("csv").into_iter().find(|text| !text.trim().is_empty()).unwrap_or_default();
    if text.is_empty() {
        form.refuse("file", "Please choose the file, saved from a spreadsheet as CSV.");
        return answer(desk, form, Vec::new(), None, false);
    }
    let headings = match headings(&form, &text) {
        Ok(headings) => headings,
        Err(words) => {
            form.refuse("file", words);
            return answer(desk, form, Vec::new(), None, false);
        }
    };
    let how = match how(&form, &headings) {
        Ok(how) => how,
        Err(problem) => {
            form.take(problem, &["on", "file"])?;
            return answer(desk, form, headings, None, false);
        }
    };
    if headings.iter().any(|(_, column)| column.is_empty()) {
        form.object("Please say what each heading means, or that it is left out.");
        return answer(desk, form, headings, None, false);
    }
    let is_meant = form.has("do", "record");
    let intent = if is_meant { Intent::Record } else { Intent::DryRun };
    let (db, now) = (desk.db.clone(), desk.clock.now());
    let done = blocking(move || {
        import::run(&db, now, &how, text.as_bytes(), intent, &mut |_, _| {}).map_err(|error| match error {
            import::ImportError::Db(error) => Problem::from(error),
            import::ImportError::Sheet(error) => Problem::conflict(error.at_desk()),
            other => Problem::conflict(other),
        })
    });
    match done.await {
        Ok(report) if is_meant && report.faults == 0 => {
            let (hand, summary) = (desk.hand(), report.summary);
            desk.write(move |conn, now| Ok(hand.note(conn, now, "paper register taken in", "register", &summary)?))
                .await?;
            Ok(see_other("/desk/shares/register"))
        }
        Ok(report) => answer(desk, form, headings, Some(report), true),
        Err(problem) => {
            form.take(problem, &["file", "on"])?;
            answer(desk, form, headings, None, false)
        }
    }
}

fn how(form: &Form, headings: &[(String, String)]) -> Result<How, Problem> {
    let on = parse::date(form.value("on")).map_err(|message| wrong("on", message))?;
    let chosen = headings.iter().filter(|(_, column)| column != LEFT_OUT);
    let called = chosen.map(|(heading, column)| (column.clone(), heading.clone())).collect();
    Ok(How { on, called, is_whole: true })
}

/// The column of a heading that is not taken in.
const LEFT_OUT: &str = "-";

/// The headings of the file, each with the column chosen for it or the one it is called like.
fn headings(form: &Form, text: &str) -> Result<Vec<(String, String)>, SheetError> {
    let sheet = Sheet::open(text.as_bytes())?;
    let chosen = |at: usize, heading: &str| match form.value(&format!("heading_{at}")) {
        _ if heading.is_empty() => LEFT_OUT.to_owned(),
        "" => likely(heading, &FIELDS).unwrap_or_default().to_owned(),
        column => column.to_owned(),
    };
    let told = sheet.headings().iter().take(HEADINGS_MAX).enumerate();
    Ok(told.map(|(at, heading)| (heading.clone(), chosen(at, heading))).collect())
}
