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
use crate::shares::import::{self, COLUMNS, How};
use crate::shares::parse;
use crate::sheet::{self, Intent, Report, SheetError};
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
    columns: &'static [&'static str],
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
    let columns = &COLUMNS;
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
        let text = String::from_utf8(bytes).map_err(|_| {
            Problem::conflict("The file is not UTF-8 text. In a spreadsheet, save it as \"CSV UTF-8\".")
        })?;
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
    let (db, now, text_of) = (desk.db.clone(), desk.clock.now(), without_left_out(&text, &headings));
    let done = blocking(move || {
        import::run(&db, now, &how, text_of.as_bytes(), intent, &mut |_, _| {}).map_err(|error| match error {
            import::ImportError::Db(error) => Problem::from(error),
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
    let called = headings.iter().filter(|(_, column)| column != LEFT_OUT).cloned().collect();
    Ok(How { on, called })
}

/// The column of a heading that is not taken in.
const LEFT_OUT: &str = "-";

/// The headings of the file, each with the column chosen for it or the one it is called like.
fn headings(form: &Form, text: &str) -> Result<Vec<(String, String)>, SheetError> {
    let mut reader =
        csv::ReaderBuilder::new().flexible(true).from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let Ok(found) = reader.headers() else { return Ok(Vec::new()) };
    sheet::check_width(found)?;
    let like = |heading: &str| {
        let plain = heading.trim().to_lowercase().replace([' ', '-'], "_");
        let known = COLUMNS.iter().find(|column| **column == plain || LIKE.contains(&(plain.as_str(), **column)));
        known.map_or_else(String::new, |column| (*column).to_owned())
    };
    let chosen = |at: usize, heading: &str| match form.value(&format!("heading_{at}")) {
        "" => like(heading),
        column => column.to_owned(),
    };
    let told = found.iter().take(HEADINGS_MAX).enumerate();
    Ok(told.map(|(at, heading)| (heading.trim().to_owned(), chosen(at, heading))).collect())
}

/// What paper registers call things.
const LIKE: [(&str, &str); 14] = [
    ("member_no", "member"),
    ("member_number", "member"),
    ("number", "member"),
    ("no", "member"),
    ("full_name", "name"),
    ("postal_address", "address"),
    ("e_mail", "email"),
    ("date_entered", "entered_on"),
    ("joined", "entered_on"),
    ("date_ceased", "ceased_on"),
    ("left", "ceased_on"),
    ("shares_held", "shares"),
    ("amount_paid", "paid"),
    ("certificate_numbers", "certificates"),
];

/// The file without the columns that are left out, because a column nobody knows stops a file.
fn without_left_out(text: &str, headings: &[(String, String)]) -> String {
    if headings.iter().all(|(_, column)| column != LEFT_OUT) {
        return text.to_owned();
    }
    let is_kept = |at: usize| headings.get(at).is_none_or(|(_, column)| column != LEFT_OUT);
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .has_headers(false)
        .from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let mut csv = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
    for record in reader.records().map_while(Result::ok) {
        let kept: Vec<&str> = record.iter().enumerate().filter(|(at, _)| is_kept(*at)).map(|(_, cell)| cell).collect();
        if csv.write_record(kept).is_err() {
            return text.to_owned();
        }
    }
    csv.into_inner().ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_else(|| text.to_owned())
}
