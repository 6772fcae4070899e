//! One appeal: its figures, what was changed of it and why, a new target, a moved deadline.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use chrono::{DateTime, Months, Utc};

use super::funds::found;
use super::{Desk, Pairs, see_other};
use crate::clock::date_in;
use crate::db::{Conn, DbError};
use crate::desk::allowed::Allowed;
use crate::desk::chart::{self, Before, Chart};
use crate::desk::closing;
use crate::desk::promises::foretold;
use crate::desk::targets::{self, ChangeLine};
use crate::desk::today;
use crate::donations;
use crate::funds::words::{self, Told};
use crate::funds::{self, Appeal, Fund, Rhythm, State};
use crate::http::Form;
use crate::http::{Problem, Routes, Shell, page};
use crate::money::plain;
use crate::staff::{Actor, May};
use crate::standing_orders;

pub(super) fn routes(at: &mut Routes) {
    at.desk()
        .get("/funds/{slug}/appeals/{name}", May::Read, show)
        .post("/funds/{slug}/appeals/{name}/target", May::Decide, change_target)
        .post("/funds/{slug}/appeals/{name}/deadline", May::Decide, change_deadline);
}

#[derive(Template)]
#[template(path = "desk/appeal.html")]
struct AppealPage {
    shell: Shell,
    actor: Actor,
    may: Allowed,
    whole: Whole,
    target: Form,
    deadline: Form,
}

/// An appeal and everything that hangs on it.
struct Whole {
    fund: Fund,
    appeal: Appeal,
    told: Told,
    chart: Chart,
    /// What standing orders are expected to bring.
    foretold: Vec<String>,
    changes: Vec<ChangeLine>,
    promised_count: i64,
    promised_sum: String,
    /// "From May 2021: shortfall £212.00", with the other appeal's page.
    carried: Vec<Carried>,
    /// "Closed on 2 July 2021"; empty while its books are open.
    closed: String,
    /// True when its last day is over.
    is_over: bool,
}

/// What came from or went to another appeal.
struct Carried {
    words: String,
    place: String,
    /// True while it follows a total that moves.
    moves: bool,
}

pub(super) fn appeal_named(conn: &mut Conn, slug: &str, name: &str) -> Result<(Fund, Appeal), Problem> {
    let fund = found(conn, slug)?;
    let appeal = funds::appeal_by_name(conn, fund.id, name)?;
    let appeal = appeal.ok_or_else(|| Problem::not_found(format!("This fund has no appeal called {name}.")))?;
    Ok((fund, appeal))
}

fn whole(conn: &mut Conn, now: DateTime<Utc>, slug: &str, name: &str) -> Result<Whole, Problem> {
    let (fund, appeal) = appeal_named(conn, slug, name)?;
    let standing = funds::standing(conn, now, &fund, &appeal)?;
    let changes = funds::changes_of(conn, appeal.id)?;
    let came = donations::sums_by_day(conn, appeal.id)?;
    let before = year_before(conn, &fund, &appeal)?;
    let (promised_count, promised_sum) = today::promised(donations::count_pledged(conn, appeal.id)?, fund.currency);
    let carried = carried(conn, &fund, &appeal, standing.books_minor)?;
    let mut told = words::tell(&fund, &appeal, &standing, &changes);
    told.given_back = donations::given_back(conn, &fund, &appeal, &standing)?;
    Ok(Whole {
        carried,
        closed: appeal.closed_at.map(|at| words::day(date_in(at, fund.zone))).unwrap_or_default(),
        is_over: date_in(now, fund.zone) > funds::rules::last_day(&fund, &appeal),
        told,
        chart: chart::draw(&standing, date_in(now, fund.zone), &came, before.as_ref()),
        foretold: foretold(&standing_orders::forecast(conn, now, &fund, &appeal)?, fund.currency),
        changes: changes.iter().rev().map(|change| targets::change_line(change, &fund)).collect(),
        promised_count,
        promised_sum,
        fund,
        appeal,
    })
}

/// What it took over and what it leaves, each with the page of the other appeal.
fn carried(conn: &mut Conn, fund: &Fund, appeal: &Appeal, raised_minor: i64) -> Result<Vec<Carried>, Problem> {
    let line = |word: &str, other: &Appeal, minor: i64, moves: bool| Carried {
        words: format!("{word} {}: {}", closing::label(fund, other), closing::carried(minor, fund.currency)),
        place: format!("/desk/funds/{}/appeals/{}", fund.slug, other.name),
        moves,
    };
    let mut lines = Vec::new();
    if let Some(before) = funds::neighbour_before(conn, appeal)?
        && appeal.carried_minor != 0
    {
        let moves = appeal.closed_at.is_none() && before.closed_at.is_none();
        lines.push(line("From", &before, appeal.carried_minor, moves));
    }
    if let Some(after) = funds::follower(conn, appeal.id)? {
        let is_fixed = appeal.closed_at.is_some() || after.closed_at.is_some();
        let minor =
            if is_fixed { after.carried_minor } else { funds::rules::carried(fund.carry, appeal, raised_minor) };
        if minor != 0 {
            lines.push(line("To", &after, minor, !is_fixed));
        }
    }
    Ok(lines)
}

/// The same month of the year before, where the fund has months and something came then.
pub(super) fn year_before(conn: &mut Conn, fund: &Fund, appeal: &Appeal) -> Result<Option<Before>, DbError> {
    if fund.rhythm == Rhythm::OneOff {
        return Ok(None);
    }
    let name = (appeal.opens_on - Months::new(12)).format("%Y-%m").to_string();
    let Some(earlier) = funds::appeal_by_name(conn, fund.id, &name)? else { return Ok(None) };
    let came = donations::sums_by_day(conn, earlier.id)?;
    let label = words::month(fund, &earlier.name).unwrap_or(name);
    Ok((!came.is_empty()).then_some(Before { label, opens_on: earlier.opens_on, came }))
}

pub(super) type Named = web::Path<(String, String)>;

async fn show(desk: Desk, named: Named) -> Result<HttpResponse, Problem> {
    let (slug, name) = named.into_inner();
    let whole = desk.read(move |conn, now| whole(conn, now, &slug, &name)).await?;
    let (target, deadline) = (target_form(&whole), deadline_form(&whole));
    answer(StatusCode::OK, desk, whole, target, deadline)
}

fn target_form(whole: &Whole) -> Form {
    Form::new().with("target", plain(whole.appeal.target_minor, whole.fund.currency))
}

fn deadline_form(whole: &Whole) -> Form {
    let time = whole.appeal.deadline_time.map(|time| time.format("%H:%M").to_string());
    Form::new().with("deadline", whole.appeal.deadline_on.to_string()).with("time", time.unwrap_or_default())
}

fn answer(status: StatusCode, desk: Desk, whole: Whole, target: Form, deadline: Form) -> Result<HttpResponse, Problem> {
    let may = desk.may();
    page(status, &AppealPage { shell: desk.shell, actor: desk.actor, may, whole, target, deadline })
}

const REFUSED: StatusCode = StatusCode::UNPROCESSABLE_ENTITY;

async fn change_target(desk: Desk, named: Named, pairs: Pairs) -> Result<HttpResponse, Problem> {
    let (slug, name) = named.into_inner();
    let mut form = Form::sent(pairs.into_inner());
    let place = format!("/desk/funds/{slug}/appeals/{name}");
    let wanted = (slug.clone(), name.clone());
    let whole = desk.read(move |conn, now| whole(conn, now, &wanted.0, &wanted.1)).await?;
    if let Some((target_minor, reason)) = targets::new_target(&mut form, whole.fund.currency) {
        let hand = desk.hand();
        let written = desk.write(move |conn, now| {
            let (fund, appeal) = appeal_named(conn, &slug, &name)?;
            funds::change_target(conn, now, &hand.actor.who(), &fund, &appeal, target_minor, &reason)?;
            if appeal.target_minor != target_minor {
                let detail = format!("{}: {reason}", plain(target_minor, fund.currency));
                hand.note(conn, now, "target changed", &format!("{slug}/{name}"), &detail)?;
            }
            Ok(())
        });
        match written.await {
            Ok(()) => return Ok(see_other(&place)),
            Err(problem) => form.take(problem, &targets::TARGET)?,
        }
    }
    let deadline = deadline_form(&whole);
    answer(REFUSED, desk, whole, form, deadline)
}

async fn change_deadline(desk: Desk, named: Named, pairs: Pairs) -> Result<HttpResponse, Problem> {
    let (slug, name) = named.into_inner();
    let mut form = Form::sent(pairs.into_inner());
    let place = format!("/desk/funds/{slug}/appeals/{name}");
    if let Some((deadline, reason)) = targets::new_deadline(&mut form) {
        let (hand, slug, name) = (desk.hand(), slug.clone(), name.clone());
        let written = desk.write(move |conn, now| {
            let (fund, appeal) = appeal_named(conn, &slug, &name)?;
            funds::change_deadline(conn, now, &hand.actor.who(), &fund, &appeal, deadline, &reason)?;
            if (appeal.deadline_on, appeal.deadline_time) != deadline {
                let detail = format!("{}: {reason}", deadline.0);
                hand.note(conn, now, "deadline moved", &format!("{slug}/{name}"), &detail)?;
            }
            Ok(())
        });
        match written.await {
            Ok(()) => return Ok(see_other(&place)),
            Err(problem) => form.take(problem, &targets::DEADLINE)?,
        }
    }
    let whole = desk.read(move |conn, now| whole(conn, now, &slug, &name)).await?;
    let target = target_form(&whole);
    answer(REFUSED, desk, whole, target, form)
}
