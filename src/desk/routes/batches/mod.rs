//! The post over HTTP: the list of batches, a new one, and its setting; the sheet, what is done with it, and the slips
//! stand beside this file.
//!
//! Invariant: the same address answers with and without scripts; a script only spares the page being drawn anew.

mod deeds;
mod sheet;
mod slips;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::{Asked, Desk, Hand, Pairs, see_other, status_of};
use crate::batches::{self, By, Kind, NewBatch, NewControl, Sums};
use crate::clock::date_in;
use crate::db::{Conn, DbError};
use crate::desk::allowed::Allowed;
use crate::desk::batch::{self, BatchView};
use crate::donations::parse;
use crate::funds::{self, Fund};
use crate::http::{Form, Problem, Routes, Shell, page};
use crate::money::{Currency, parse_amount};
use crate::staff::{Actor, May};

pub(super) fn routes(at: &mut Routes) {
    at.desk()
        .get("/batches", May::Read, list)
        .get("/batches/new", May::Enter, ask)
        .post("/batches/new", May::Enter, open)
        .post("/batches/setting", May::Decide, set);
    slips::routes(at);
    sheet::routes(at);
    deeds::routes(at);
}

/// Open batches on the list: more are never left lying.
const OPEN_SHOWN: i64 = 100;
/// Batches on a page of those that are done.
const PAGE: i64 = 50;

/// The zone of the desk, which is the first fund's.
fn zone(conn: &mut Conn) -> Result<Tz, DbError> {
    Ok(funds::all(conn)?.first().map_or(Tz::UTC, |fund| fund.zone))
}

fn by(hand: &Hand) -> By {
    By { who: hand.actor.who(), request_id: hand.request_id.clone() }
}

#[derive(Template)]
#[template(path = "desk/batches/list.html")]
struct ListPage {
    shell: Shell,
    actor: Actor,
    may: Allowed,
    path: String,
    open: Vec<BatchView>,
    done: Vec<BatchView>,
    needs_two: bool,
    older: Option<i64>,
    is_first: bool,
}

async fn list(desk: Desk, asked: Asked) -> Result<HttpResponse, Problem> {
    let before = Form::sent(asked.into_inner()).value("before").parse::<i64>().ok();
    let (open, mut done, needs_two) = desk.read(move |conn, _| Ok(read_list(conn, before)?)).await?;
    let older = if done.len() as i64 > PAGE { done.pop().and(done.last().map(|batch| batch.id)) } else { None };
    let (may, is_first) = (desk.may(), before.is_none());
    let (shell, actor, path) = (desk.shell, desk.actor, desk.path);
    page(StatusCode::OK, &ListPage { shell, actor, may, path, open, done, needs_two, older, is_first })
}

type Listed = (Vec<BatchView>, Vec<BatchView>, bool);

fn read_list(conn: &mut Conn, before: Option<i64>) -> Result<Listed, DbError> {
    let zone = zone(conn)?;
    let mut open = Vec::new();
    for found in batches::open_batches(conn, OPEN_SHOWN)? {
        let sums = batches::sums_of(conn, found.id)?;
        open.push(batch::batch(&found, sums, zone));
    }
    let done = batches::posted_before(conn, before, PAGE + 1)?;
    let done = done.iter().map(|found| batch::batch(found, Sums::default(), zone)).collect();
    Ok((open, done, batches::needs_two(conn)?))
}

#[derive(Template)]
#[template(path = "desk/batches/new.html")]
struct NewPage {
    shell: Shell,
    actor: Actor,
    path: String,
    form: Form,
    funds: Vec<Fund>,
}

impl NewPage {
    fn sign(&self) -> String {
        self.funds.first().map(|fund| fund.currency.sign()).unwrap_or_default()
    }
}

async fn ask(desk: Desk) -> Result<HttpResponse, Problem> {
    let (funds, today) = desk.read(|conn, now| Ok(choices(conn, now)?)).await?;
    let fund = funds.first().map_or("", |fund| fund.slug.as_str());
    let form = Form::new().with("fund", fund).with("kind", Kind::Cheques.name()).with("received_on", today);
    answer(desk, form, funds)
}

fn choices(conn: &mut Conn, now: DateTime<Utc>) -> Result<(Vec<Fund>, String), DbError> {
    let funds = funds::all(conn)?;
    let today = funds.first().map(|fund| date_in(now, fund.zone).to_string()).unwrap_or_default();
    Ok((funds, today))
}

fn answer(desk: Desk, form: Form, funds: Vec<Fund>) -> Result<HttpResponse, Problem> {
    page(status_of(&form), &NewPage { shell: desk.shell, actor: desk.actor, path: desk.path, form, funds })
}

const FIELDS: [&str; 6] = ["fund", "kind", "received_on", "control", "count", "note"];

async fn open(desk: Desk, pairs: Pairs) -> Result<HttpResponse, Problem> {
    let mut form = Form::sent(pairs.into_inner());
    let (funds, _) = desk.read(|conn, now| Ok(choices(conn, now)?)).await?;
    let fund = funds.iter().find(|fund| fund.slug == form.value("fund"));
    let kind = Kind::from_name(form.value("kind"));
    let fund = form.checked("fund", fund.ok_or("Please choose the fund."));
    let kind = form.checked("kind", kind.ok_or("Please say what lies in the envelope."));
    let control = fund.and_then(|fund| control(&mut form, fund.currency));
    if let (Some(fund), Some(kind), Some(control)) = (fund, kind, control) {
        let hand = desk.hand();
        let key = format!("{}:{}", hand.actor.key_space(), form.key());
        let new = NewBatch { key, kind, fund_id: fund.id, control };
        match desk.write(move |conn, now| opened(conn, now, &new, &hand)).await {
            Ok(id) => return Ok(see_other(&format!("/desk/batches/{id}"))),
            Err(problem) => form.take(problem, &FIELDS)?,
        }
    }
    answer(desk, form, funds)
}

fn opened(conn: &mut Conn, now: DateTime<Utc>, new: &NewBatch, hand: &Hand) -> Result<i64, Problem> {
    let newest = batches::posted_before(conn, None, 1)?.first().map_or(0, |batch| batch.id);
    let known = batches::open_batches(conn, OPEN_SHOWN)?.last().map_or(0, |batch| batch.id).max(newest);
    let id = batches::open(conn, now, &by(hand), new)?;
    if id > known {
        let detail = format!("{}, {} counted", new.kind.label(), new.control.count);
        hand.note(conn, now, "batch opened", &format!("batch {id}"), &detail)?;
    }
    Ok(id)
}

/// What was counted, or nothing and everything that is wrong with it in the form.
fn control(form: &mut Form, currency: Currency) -> Option<NewControl> {
    let typed = form.value("received_on").trim().to_owned();
    let day = typed.parse().map_err(|_| "Please write the date as year-month-day, for example 2021-06-27.");
    let received_on = form.checked("received_on", day);
    let sum = parse_amount(form.value("control"), currency);
    let sum_minor = form.checked("control", sum);
    let count = form.value("count").trim().parse::<i64>().map_err(|_| "Please count them and give a whole number.");
    let count = form.checked("count", count);
    let note = parse::reason(form.value("note")).map_err(|_| "Please shorten this to one line of 200 characters.");
    let note = form.checked("note", note);
    Some(NewControl { received_on: received_on?, sum_minor: sum_minor?, count: count?, note: note? })
}

async fn set(desk: Desk, pairs: Pairs) -> Result<HttpResponse, Problem> {
    let needs_two = Form::sent(pairs.into_inner()).is_ticked("needs_two");
    let hand = desk.hand();
    desk.write(move |conn, now| {
        if batches::needs_two(conn)? != needs_two {
            batches::set_needs_two(conn, needs_two)?;
            let detail = if needs_two { "two people are asked for" } else { "one person is enough" };
            hand.note(conn, now, "batch setting changed", "batches", detail)?;
        }
        Ok(())
    })
    .await?;
    Ok(see_other("/desk/batches"))
}
