//! The printed column of any span of days.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use chrono::{DateTime, Days, NaiveDate, Utc};

use super::{Asked, Desk, status_of};
use crate::clock::date_in;
use crate::db::{Conn, DbError};
use crate::desk::column::{self, Column};
use crate::desk::search::read_date;
use crate::donations::{self, Donation, Search};
use crate::funds::{self, Fund};
use crate::http::{Form, Problem, Shell, page};
use crate::staff::Actor;

pub(super) fn routes(at: &mut web::ServiceConfig) {
    at.service(web::resource("/desk/column").route(web::get().to(show)));
}

/// Gifts read at a time.
const CHUNK: i64 = 2_000;
/// The span where nothing is asked for: a week.
const DAYS_USUAL: u64 = 6;

#[derive(Template)]
#[template(path = "desk/column.html")]
struct ColumnPage {
    shell: Shell,
    actor: Actor,
    form: Form,
    funds: Vec<Fund>,
    column: Option<Column>,
    /// The span, for the link to the gifts behind the figures.
    span: (String, String),
}

async fn show(desk: Desk, asked: Asked) -> Result<HttpResponse, Problem> {
    let mut form = Form::sent(asked.into_inner());
    let day = |form: &mut Form, name: &str| match form.value(name).trim().to_owned() {
        typed if typed.is_empty() => None,
        typed => form.checked(name, read_date(&typed)),
    };
    let (from, until) = (day(&mut form, "from"), day(&mut form, "until"));
    let slug = form.value("fund").to_owned();
    let (funds, found) = desk.read(move |conn, now| Ok(read(conn, now, &slug, (from, until))?)).await?;
    let mut span = (String::new(), String::new());
    let mut column = None;
    if let Some((fund, appeal, from, until, gifts)) = found.filter(|_| !form.is_refused()) {
        if until < from {
            form.refuse("until", "The last day lies before the first. Please check both.");
        } else {
            span = (from.to_string(), until.to_string());
            column = Some(column::write(&fund, &appeal, (from, until), &gifts));
        }
        for (name, value) in [("fund", fund.slug.clone()), ("from", from.to_string()), ("until", until.to_string())] {
            if form.value(name).is_empty() {
                form = form.with(name, value);
            }
        }
    }
    let status = if form.is_refused() { status_of(&form) } else { StatusCode::OK };
    page(status, &ColumnPage { shell: desk.shell, actor: desk.actor, form, funds, column, span })
}

type Found = (Fund, funds::Appeal, NaiveDate, NaiveDate, Vec<Donation>);

/// The appeal of the last day, and what it received until then.
fn read(
    conn: &mut Conn,
    now: DateTime<Utc>,
    slug: &str,
    (from, until): (Option<NaiveDate>, Option<NaiveDate>),
) -> Result<(Vec<Fund>, Option<Found>), DbError> {
    let all = funds::all(conn)?;
    let Some(fund) = all.iter().find(|fund| fund.slug == slug).or(all.first()).cloned() else {
        return Ok((all, None));
    };
    let until = until.unwrap_or_else(|| date_in(now, fund.zone));
    let Some(appeal) = funds::current_appeal(conn, fund.id, until)? else { return Ok((all, None)) };
    let from = from.unwrap_or_else(|| (until - Days::new(DAYS_USUAL)).max(appeal.opens_on).min(until));
    let mut gifts: Vec<Donation> = Vec::new();
    let mut before = None;
    loop {
        let wanted = Search { appeal_id: Some(appeal.id), until: Some(until), before, ..Search::default() };
        let page = donations::search(conn, &wanted, CHUNK)?;
        before = page.last().map(|gift| gift.id);
        let is_last = (page.len() as i64) < CHUNK;
        gifts.extend(page);
        if is_last {
            break;
        }
    }
    Ok((all, Some((fund, appeal, from, until, gifts))))
}
