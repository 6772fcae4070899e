//! The funds: what each is, how its appeals went, a new one, and changes of one that stands.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use chrono::{DateTime, Utc};

use super::{Desk, Pairs, see_other, status_of};
use crate::clock::date_in;
use crate::db::{Conn, Db, DbError};
use crate::desk::allowed::Allowed;
use crate::desk::targets::{self, CARRIES, WEEK};
use crate::funds::words::{self, Told};
use crate::funds::{self, Fund, Known, NewFund, Rhythm, State};
use crate::http::Form;
use crate::http::{Problem, Routes, Shell, blocking, page};
use crate::staff::{Actor, May};

pub(super) fn routes(at: &mut Routes) {
    at.desk()
        .get("/funds", May::Read, list)
        .get("/funds/new", May::Decide, fresh)
        .post("/funds/new", May::Decide, add)
        .get("/funds/{slug}", May::Read, show)
        .post("/funds/{slug}", May::Decide, change);
}

/// Appeals shown of a fund: three years of months.
const APPEALS_SHOWN: i64 = 36;

/// An appeal in a list.
struct Row {
    name: String,
    told: Told,
}

#[derive(Template)]
#[template(path = "desk/funds.html")]
struct FundsPage {
    shell: Shell,
    actor: Actor,
    may: Allowed,
    funds: Vec<(Fund, Row)>,
}

async fn list(desk: Desk) -> Result<HttpResponse, Problem> {
    let funds = desk.read(|conn, now| Ok(all(conn, now)?)).await?;
    let may = desk.may();
    page(StatusCode::OK, &FundsPage { shell: desk.shell, actor: desk.actor, may, funds })
}

fn all(conn: &mut Conn, now: DateTime<Utc>) -> Result<Vec<(Fund, Row)>, DbError> {
    let mut rows = Vec::new();
    for fund in funds::all(conn)? {
        if let Some(appeal) = funds::current_appeal(conn, fund.id, date_in(now, fund.zone))? {
            let standing = funds::standing(conn, now, &fund, &appeal)?;
            let row = Row { told: words::tell(&fund, &appeal, &standing, &[]), name: appeal.name };
            rows.push((fund, row));
        }
    }
    Ok(rows)
}

#[derive(Template)]
#[template(path = "desk/fund_new.html")]
struct NewFundPage {
    shell: Shell,
    actor: Actor,
    form: Form,
}

async fn fresh(desk: Desk) -> Result<HttpResponse, Problem> {
    let form = Form::new()
        .with("currency", "GBP")
        .with("zone", "Europe/London")
        .with("rhythm", "monthly")
        .with("carry", "none");
    page(StatusCode::OK, &NewFundPage { shell: desk.shell, actor: desk.actor, form })
}

async fn add(desk: Desk, known: web::Data<Known>, pairs: Pairs) -> Result<HttpResponse, Problem> {
    let mut form = Form::sent(pairs.into_inner());
    if let Some(new) = targets::new_fund(&mut form) {
        let hand = desk.hand();
        let added = desk.write(move |conn, now| {
            // The second click of the form that made it.
            if let Some(fund) = funds::by_slug(conn, &new.slug)?.filter(|fund| is_same(fund, &new)) {
                return Ok(fund.slug);
            }
            let fund = funds::add(conn, now, &hand.actor.who(), &new)?;
            hand.note(conn, now, "fund added", &fund.slug, &fund.title)?;
            Ok(fund.slug)
        });
        match added.await {
            Ok(slug) => {
                remember(known, desk.db, slug.clone()).await?;
                return Ok(see_other(&format!("/desk/funds/{slug}")));
            }
            Err(problem) => form.take(problem, &targets::NEW_FUND)?,
        }
    }
    page(status_of(&form), &NewFundPage { shell: desk.shell, actor: desk.actor, form })
}

fn is_same(fund: &Fund, new: &NewFund) -> bool {
    let is_one_off = fund.rhythm == Rhythm::OneOff;
    fund.title == new.title
        && fund.target_minor == new.target_minor
        && fund.currency == new.currency
        && fund.zone == new.zone
        && is_one_off == new.deadline.is_some()
}

/// Puts the change before the public at once, where this process remembers funds.
async fn remember(known: web::Data<Known>, db: web::Data<Db>, slug: String) -> Result<(), Problem> {
    blocking(move || known.look_up(&db, &slug)).await.map(drop)
}

#[derive(Template)]
#[template(path = "desk/fund.html")]
struct FundPage {
    shell: Shell,
    actor: Actor,
    may: Allowed,
    fund: Fund,
    appeals: Vec<Row>,
    form: Form,
}

/// The fund of an address.
pub(super) fn found(conn: &mut Conn, slug: &str) -> Result<Fund, Problem> {
    funds::by_slug(conn, slug)?.ok_or_else(|| Problem::not_found("There is no fund with this name."))
}

fn whole(conn: &mut Conn, now: DateTime<Utc>, slug: &str) -> Result<(Fund, Vec<Row>), Problem> {
    let fund = found(conn, slug)?;
    let mut rows = Vec::new();
    for appeal in funds::appeals_of(conn, fund.id, APPEALS_SHOWN)? {
        let standing = funds::standing(conn, now, &fund, &appeal)?;
        let told = words::tell(&fund, &appeal, &standing, &[]);
        rows.push(Row { name: appeal.name, told });
    }
    Ok((fund, rows))
}

async fn show(desk: Desk, slug: web::Path<String>) -> Result<HttpResponse, Problem> {
    let (fund, appeals) = desk.read(move |conn, now| whole(conn, now, &slug)).await?;
    let form = targets::fund_form(&fund);
    answer(desk, fund, appeals, form)
}

fn answer(desk: Desk, fund: Fund, appeals: Vec<Row>, form: Form) -> Result<HttpResponse, Problem> {
    let (may, status) = (desk.may(), status_of(&form));
    page(status, &FundPage { shell: desk.shell, actor: desk.actor, may, fund, appeals, form })
}

async fn change(
    desk: Desk,
    known: web::Data<Known>,
    slug: web::Path<String>,
    pairs: Pairs,
) -> Result<HttpResponse, Problem> {
    let mut form = Form::sent(pairs.into_inner());
    let (slug, wanted) = (slug.to_string(), slug.into_inner());
    let (fund, appeals) = desk.read(move |conn, now| whole(conn, now, &wanted)).await?;
    let Some(changed) = targets::changed_fund(&mut form, &fund) else { return answer(desk, fund, appeals, form) };
    let hand = desk.hand();
    desk.write(move |conn, now| {
        let before = found(conn, &changed.slug)?;
        if before != changed {
            funds::change_fund(conn, &changed)?;
            hand.note(conn, now, "fund changed", &changed.slug, &targets::differences(&before, &changed))?;
        }
        Ok(())
    })
    .await?;
    remember(known, desk.db, slug.clone()).await?;
    Ok(see_other(&format!("/desk/funds/{slug}")))
}
