//! The audit pack of a year, to read and to print, and the program that checks the chain without us.

use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use askama::Template;
use chrono::Datelike;

use super::{Asked, Desk, status_of};
use crate::clock::date_in;
use crate::db::Conn;
use crate::desk::audit_pack::{CHECK_CHAIN, Checks, Pack, Year, draw_up};
use crate::desk::written::short_day;
use crate::funds;
use crate::http::{Form, Problem, Routes, Shell, blocking, page};
use crate::ledger;
use crate::staff::{Actor, May};

pub(super) fn routes(at: &mut Routes) {
    at.desk().get("/audit-pack", May::Inspect, show).get("/audit-pack/check_chain.py", May::Inspect, program);
}

#[derive(Template)]
#[template(path = "desk/audit_pack.html")]
struct AuditPackPage {
    shell: Shell,
    actor: Actor,
    form: Form,
    pack: Pack,
    span: String,
    program: &'static str,
}

const NO_YEAR: &str = "Please give the year with four figures, for example 2021.";

async fn show(desk: Desk, asked: Asked) -> Result<HttpResponse, Problem> {
    let mut form = Form::sent(asked.into_inner());
    let typed = form.value("year").trim().to_owned();
    let is_year = |year: &i32| (1..9999).contains(year) && typed.len() == 4;
    let wanted =
        if typed.is_empty() { None } else { form.checked("year", typed.parse().ok().filter(is_year).ok_or(NO_YEAR)) };
    let checks = if form.value("check") == "chain" { Checks::All } else { Checks::Quick };
    let (db, now) = (desk.db.clone(), desk.clock.now());
    let pack = blocking(move || {
        db.snapshot(|conn| {
            let zone = funds::all(conn)?.first().map_or(chrono_tz::Tz::UTC, |fund| fund.zone);
            let this_year = date_in(now, zone).year();
            let number = match wanted {
                Some(number) => number,
                None => usual_year(conn, this_year)?,
            };
            let year = Year::of(number, now, zone).ok_or_else(|| Problem::not_found(NO_YEAR))?;
            Ok::<_, Problem>(draw_up(conn, now, year, checks)?)
        })
    })
    .await?;
    let form = if form.is_refused() { form } else { Form::new().with("year", pack.year.number.to_string()) };
    let span = format!("{} to {}", short_day(pack.year.from), short_day(pack.year.until));
    let (status, shell, actor) = (status_of(&form), desk.shell, desk.actor);
    page(status, &AuditPackPage { shell, actor, form, pack, span, program: CHECK_CHAIN })
}

/// The year that ended last, where the books had begun; else the one that runs.
fn usual_year(conn: &mut Conn, this_year: i32) -> Result<i32, Problem> {
    let first = ledger::opened(conn)?.iter().map(|one| one.day.year()).min();
    Ok(if first.is_some_and(|first| first < this_year) { this_year - 1 } else { this_year })
}

async fn program(_: Desk) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/x-python; charset=utf-8"))
        .insert_header((CONTENT_DISPOSITION, "attachment; filename=\"check_chain.py\""))
        .body(CHECK_CHAIN)
}
