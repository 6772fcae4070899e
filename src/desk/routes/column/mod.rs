//! The printed column of any span of days, and the gifts behind each of its figures.
//!
//! Invariant: a figure and the page behind it are the same sum: one adds days up, the other gifts, and `verify` proves
//! that the two agree.

mod behind;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;
use chrono::{DateTime, Days, NaiveDate, Utc};

use super::{Asked, Desk, status_of};
use crate::clock::date_in;
use crate::db::{Conn, DbError};
use crate::desk::column::{self, Column};
use crate::desk::search::read_date;
use crate::donations;
use crate::funds::{self, Appeal, Fund};
use crate::http::{Form, Problem, Routes, Shell, page};
use crate::staff::{Actor, May};

pub(super) fn routes(at: &mut Routes) {
    at.desk().get("/column", May::Read, show);
    behind::routes(at);
}

/// The span where nothing is asked for: a week.
const DAYS_USUAL: u64 = 6;
/// The longest span: a year, and so at most thirteen columns of a monthly fund.
const SPAN_DAYS_MAX: i64 = 366;
/// Appeals looked through: fifty years of months.
const APPEALS_MAX: i64 = 600;

#[derive(Template)]
#[template(path = "desk/column.html")]
struct ColumnPage {
    shell: Shell,
    actor: Actor,
    form: Form,
    funds: Vec<Fund>,
    columns: Vec<Column>,
    /// Said where the span reaches into days to come.
    note: String,
}

impl ColumnPage {
    /// All columns as one text.
    fn text(&self) -> String {
        self.columns.iter().map(Column::text).collect::<Vec<_>>().join("\n\n")
    }
}

/// The address of the gifts behind a figure.
fn place(column: &Column, of: &str, span: (Option<NaiveDate>, NaiveDate), method: &str) -> String {
    let (fund, appeal) = (&column.fund.slug, &column.appeal.name);
    let from = span.0.map(|from| format!("&from={from}")).unwrap_or_default();
    let method = if method.is_empty() { String::new() } else { format!("&method={method}") };
    format!("/desk/column/behind?fund={fund}&appeal={appeal}{from}&until={}&of={of}{method}", span.1)
}

impl Column {
    /// The gifts of these days, by one method or by all.
    fn behind(&self, of: &str, method: &str) -> String {
        place(self, of, (Some(self.span.0), self.span.1), method)
    }

    /// Everything before these days.
    fn behind_before(&self) -> String {
        place(self, "both", (None, self.span.0.pred_opt().unwrap_or(self.span.0)), "")
    }

    /// Everything up to the last of these days.
    fn behind_so_far(&self) -> String {
        place(self, "both", (None, self.span.1), "")
    }
}

async fn show(desk: Desk, asked: Asked) -> Result<HttpResponse, Problem> {
    let mut form = Form::sent(asked.into_inner());
    let day = |form: &mut Form, name: &str| match form.value(name).trim().to_owned() {
        typed if typed.is_empty() => None,
        typed => form.checked(name, read_date(&typed)),
    };
    let (from, until) = (day(&mut form, "from"), day(&mut form, "until"));
    let slug = form.value("fund").to_owned();
    let (mut columns, mut note) = (Vec::new(), String::new());
    let (funds, found) = desk.read(move |conn, now| Ok(asked_for(conn, now, &slug, (from, until))?)).await?;
    if let Some((fund, span, today)) = found.filter(|_| !form.is_refused()) {
        if let Err((field, sentence)) = check_span(span, today) {
            form.refuse(field, sentence);
        } else {
            let until = span.1.min(today);
            if until < span.1 {
                note = "The column ends today: the days after it have not come yet.".to_owned();
            }
            let fund_of = fund.clone();
            columns = desk.read(move |conn, _| Ok(columns_of(conn, &fund_of, (span.0, until))?)).await?;
        }
        for (name, value) in [("fund", fund.slug), ("from", span.0.to_string()), ("until", span.1.to_string())] {
            if form.value(name).is_empty() {
                form = form.with(name, value);
            }
        }
    }
    let status = if form.is_refused() { status_of(&form) } else { StatusCode::OK };
    page(status, &ColumnPage { shell: desk.shell, actor: desk.actor, form, funds, columns, note })
}

fn check_span((from, until): (NaiveDate, NaiveDate), today: NaiveDate) -> Result<(), (&'static str, &'static str)> {
    if until < from {
        Err(("until", "The last day lies before the first. Please check both."))
    } else if from > today {
        Err(("from", "These days have not come yet. Please choose days up to today."))
    } else if (until - from).num_days() >= SPAN_DAYS_MAX {
        Err(("from", "Please choose a year at most: each appeal in it has a column of its own."))
    } else {
        Ok(())
    }
}

type Found = (Fund, (NaiveDate, NaiveDate), NaiveDate);

/// The fund and the span that are asked for, and today on the fund's clock.
fn asked_for(
    conn: &mut Conn,
    now: DateTime<Utc>,
    slug: &str,
    (from, until): (Option<NaiveDate>, Option<NaiveDate>),
) -> Result<(Vec<Fund>, Option<Found>), DbError> {
    let all = funds::all(conn)?;
    let Some(fund) = all.iter().find(|fund| fund.slug == slug).or(all.first()).cloned() else {
        return Ok((all, None));
    };
    let today = date_in(now, fund.zone);
    let until = until.unwrap_or(today);
    let appeal = funds::current_appeal(conn, fund.id, until)?;
    let first = appeal.map_or(until, |appeal| appeal.opens_on);
    let from = from.unwrap_or_else(|| (until - Days::new(DAYS_USUAL)).max(first).min(until));
    Ok((all, Some((fund, (from, until), today))))
}

/// A column for each appeal that these days belong to, the earliest first.
fn columns_of(conn: &mut Conn, fund: &Fund, span: (NaiveDate, NaiveDate)) -> Result<Vec<Column>, DbError> {
    let mut appeals = funds::appeals_of(conn, fund.id, APPEALS_MAX)?;
    appeals.reverse();
    let moved = [funds::appeals_with_days(conn, span)?, donations::appeals_with_returns(conn, span)?].concat();
    let runs = |appeal: &Appeal| appeal.opens_on <= span.1 && funds::rules::last_day(fund, appeal) >= span.0;
    let mut concerned: Vec<Appeal> =
        appeals.iter().filter(|appeal| runs(appeal) || moved.contains(&appeal.id)).cloned().collect();
    if concerned.is_empty() {
        concerned.extend(funds::current_appeal(conn, fund.id, span.1)?);
    }
    let mut columns = Vec::new();
    for appeal in concerned {
        columns.push(column_of(conn, fund, &appeal, span)?);
    }
    Ok(columns)
}

fn column_of(conn: &mut Conn, fund: &Fund, appeal: &Appeal, span: (NaiveDate, NaiveDate)) -> Result<Column, DbError> {
    let days = funds::days_of(conn, &[appeal.id])?;
    let returns = donations::returns_of(conn, appeal.id)?;
    let came = column::came(appeal.id, &days, &returns);
    let span = column::narrowed(span, (appeal.opens_on, funds::rules::last_day(fund, appeal)), &came, &returns);
    let thanked = donations::thanked(conn, appeal.id, span)?;
    Ok(column::write((fund, appeal), span, &came, &returns, &thanked))
}
