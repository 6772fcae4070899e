//! One standing order: its months, what was changed of it, and what can be done with it.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use chrono::{DateTime, NaiveDate, Utc};

use super::fund_of;
use crate::clock::date_in;
use crate::db::Conn;
use crate::desk::allowed::Allowed;
use crate::desk::promises::{self, Happening, Line, MonthLine};
use crate::desk::routes::{Asked, Desk, Hand, Pairs, see_other};
use crate::donations::parse;
use crate::funds::Fund;
use crate::http::{Form, Problem, Routes, Shell, page};
use crate::money::{display, parse_amount, plain};
use crate::staff::{Actor, May};
use crate::standing_orders::rules::calendar::{latest_late, month_of, month_plus, months_between};
use crate::standing_orders::rules::sums::is_quiet;
use crate::standing_orders::{self, Deed, OrderError, StandingOrder, State};

pub(super) fn routes(at: &mut Routes) {
    at.desk()
        .get("/standing-orders/{id}", May::Read, show)
        .post("/standing-orders/{id}/amount", May::Enter, change_amount)
        .post("/standing-orders/{id}/stop", May::Enter, stop)
        .post("/standing-orders/{id}/resume", May::Enter, resume)
        .post("/standing-orders/{id}/keep", May::Enter, keep)
        .post("/standing-orders/{id}/decline", May::Enter, decline);
}

/// Months on a page: two years.
const MONTHS_SHOWN: i64 = 24;

#[derive(Template)]
#[template(path = "desk/standing_order.html")]
struct OrderPage {
    shell: Shell,
    actor: Actor,
    may: Allowed,
    whole: Whole,
    forms: Forms,
}

/// An order and everything that hangs on it.
struct Whole {
    order: StandingOrder,
    fund: Fund,
    line: Line,
    until: String,
    months: Vec<MonthLine>,
    /// The month before which the older page ends.
    older: Option<String>,
    newer: bool,
    history: Vec<Happening>,
    /// How many months it has missed in a row, where these are so many that it may have stopped.
    quiet: Option<i64>,
    /// The amount of the latest gifts, where it is another.
    other: Option<String>,
    has_ended: bool,
}

/// The forms of the page.
struct Forms {
    amount: Form,
    stop: Form,
    resume: Form,
}

impl OrderPage {
    fn is_refused(&self) -> bool {
        [&self.forms.amount, &self.forms.stop, &self.forms.resume].into_iter().any(Form::is_refused)
    }

    fn can_change(&self) -> bool {
        self.may.record && self.whole.order.state == State::Kept && !self.whole.has_ended
    }
}

fn whole(conn: &mut Conn, now: DateTime<Utc>, id: i64, before: &str) -> Result<(Whole, Forms), Problem> {
    let order = standing_orders::by_number(conn, id)?.ok_or(OrderError::Unknown)?;
    let fund = fund_of(conn, &order)?;
    let today = date_in(now, fund.zone);
    // What has come early stands above this month; what was stopped ends with its last month.
    let newest = month_of(today).max(order.met_month);
    let newest = order.end_month.map_or(newest, |end| newest.min(month_plus(end, -1)));
    let asked: Option<NaiveDate> = [before, "-01"].concat().parse().ok();
    let last = asked.map_or(newest, |asked| newest.min(month_plus(asked, -1)));
    let first = order.first_month.max(month_plus(last, 1 - MONTHS_SHOWN));
    let changes = standing_orders::changes_of(conn, &[id])?;
    let met = standing_orders::met(conn, id, first, month_plus(last, 1))?;
    let other = if last == newest { promises::other_amount(&order, &met) } else { None };
    let (quiet, has_ended) = (missed(&order, today), order.has_ended(month_of(today)));
    let forms = forms(&order, other, today);
    let whole = Whole {
        line: promises::line(&order, today),
        until: order.until_on.map(crate::funds::words::day).unwrap_or_default(),
        months: promises::months(&order, &changes, &met, (first, last), today),
        older: (first > order.first_month).then(|| first.format("%Y-%m").to_string()),
        newer: last < newest,
        history: promises::history(&order, &changes, fund.zone),
        quiet,
        other: other.map(|minor| display(minor, order.currency)),
        has_ended,
        fund,
        order,
    };
    Ok((whole, forms))
}

/// How many months it has missed in a row, where it runs and these are many.
fn missed(order: &StandingOrder, today: NaiveDate) -> Option<i64> {
    let runs = order.state == State::Kept && !order.has_ended(month_of(today));
    let is_missing = runs && is_quiet(order.day, order.met_month, today);
    is_missing.then(|| months_between(order.met_month, latest_late(order.day, today)))
}

fn forms(order: &StandingOrder, other: Option<i64>, today: NaiveDate) -> Forms {
    let amount = plain(other.unwrap_or(order.amount_minor), order.currency);
    Forms {
        amount: Form::new().with("amount", amount).with("on", today.to_string()),
        stop: Form::new().with("on", today.to_string()),
        resume: Form::new(),
    }
}

async fn show(desk: Desk, id: web::Path<i64>, asked: Asked) -> Result<HttpResponse, Problem> {
    let (id, before) = (*id, Form::sent(asked.into_inner()).value("before").trim().to_owned());
    let (whole, forms) = desk.read(move |conn, now| whole(conn, now, id, &before)).await?;
    answer(desk, whole, forms)
}

fn answer(desk: Desk, whole: Whole, forms: Forms) -> Result<HttpResponse, Problem> {
    let may = desk.may();
    let shown = OrderPage { shell: desk.shell, actor: desk.actor, may, whole, forms };
    let status = if shown.is_refused() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    page(status, &shown)
}

/// Does something with an order, with its line of the trail; a refusal comes back with the form.
async fn act(
    desk: &Desk,
    id: i64,
    form: &mut Form,
    fields: &[&str],
    work: impl FnOnce(&mut Conn, DateTime<Utc>, &Act) -> Result<StandingOrder, Problem> + Send + 'static,
    (action, detail): (&'static str, String),
) -> Result<Option<HttpResponse>, Problem> {
    let hand = desk.hand();
    let deed = deed(&hand, form);
    let done = desk.write(move |conn, now| {
        let before = standing_orders::by_number(conn, id)?.ok_or(OrderError::Unknown)?;
        let fund = fund_of(conn, &before)?;
        let after = work(conn, now, &Act { deed, today: date_in(now, fund.zone) })?;
        // A second click changed nothing.
        if (before.amount_minor, before.until_on, before.state) != (after.amount_minor, after.until_on, after.state) {
            hand.note(conn, now, action, &id.to_string(), &detail)?;
        }
        Ok(())
    });
    match done.await {
        Ok(()) => Ok(Some(see_other(&format!("/desk/standing-orders/{id}")))),
        Err(problem) => {
            form.take(problem, fields)?;
            Ok(None)
        }
    }
}

/// The deed, and the day on the fund's calendar.
struct Act {
    deed: Deed,
    today: NaiveDate,
}

fn deed(hand: &Hand, form: &Form) -> Deed {
    let key = format!("{}:{}", hand.actor.key_space(), form.key());
    Deed { key, by: hand.actor.who(), request_id: hand.request_id.clone() }
}

/// The page again, with one of its forms as it was sent.
async fn again(desk: Desk, id: i64, put: impl FnOnce(&mut Forms)) -> Result<HttpResponse, Problem> {
    let (whole, mut forms) = desk.read(move |conn, now| whole(conn, now, id, "")).await?;
    put(&mut forms);
    answer(desk, whole, forms)
}

fn day_in(form: &mut Form) -> Option<NaiveDate> {
    let typed = form.value("on").trim().to_owned();
    let day = typed.parse().ok().filter(|_| typed.len() == 10);
    form.checked("on", day.ok_or("Please write the date as year-month-day, for example 2021-06-27."))
}

fn reason_in(form: &mut Form) -> Option<String> {
    let typed = form.value("reason").to_owned();
    let reason = form.checked("reason", parse::reason(&typed))?;
    if reason.is_empty() {
        form.refuse("reason", OrderError::ReasonMissing);
    }
    Some(reason)
}

async fn change_amount(desk: Desk, id: web::Path<i64>, pairs: Pairs) -> Result<HttpResponse, Problem> {
    let (id, mut form) = (*id, Form::sent(pairs.into_inner()));
    let order = desk.read(move |conn, _| Ok(standing_orders::by_number(conn, id)?.ok_or(OrderError::Unknown)?)).await?;
    let typed = form.value("amount").to_owned();
    let amount = form.checked("amount", parse_amount(&typed, order.currency));
    let (on, reason) = (day_in(&mut form), reason_in(&mut form));
    if let (Some(amount), Some(on), Some(reason), false) = (amount, on, reason, form.is_refused()) {
        let said = ("standing order changed", format!("{} from {on}: {reason}", plain(amount, order.currency)));
        let work = move |conn: &mut Conn, now, act: &Act| {
            let days = (on, act.today);
            Ok(standing_orders::change_amount(conn, now, &act.deed, id, amount, days, &reason)?)
        };
        if let Some(done) = act(&desk, id, &mut form, &["amount", "on", "reason"], work, said).await? {
            return Ok(done);
        }
    }
    again(desk, id, |forms| forms.amount = form).await
}

async fn stop(desk: Desk, id: web::Path<i64>, pairs: Pairs) -> Result<HttpResponse, Problem> {
    let (id, mut form) = (*id, Form::sent(pairs.into_inner()));
    let (on, reason) = (day_in(&mut form), reason_in(&mut form));
    if let (Some(on), Some(reason), false) = (on, reason, form.is_refused()) {
        let said = ("standing order stopped", format!("{on}: {reason}"));
        let work = move |conn: &mut Conn, now, act: &Act| {
            Ok(standing_orders::stop(conn, now, &act.deed, id, (on, act.today), &reason)?)
        };
        if let Some(done) = act(&desk, id, &mut form, &["on", "reason"], work, said).await? {
            return Ok(done);
        }
    }
    again(desk, id, |forms| forms.stop = form).await
}

async fn resume(desk: Desk, id: web::Path<i64>, pairs: Pairs) -> Result<HttpResponse, Problem> {
    let (id, mut form) = (*id, Form::sent(pairs.into_inner()));
    let reason = reason_in(&mut form);
    if let (Some(reason), false) = (reason, form.is_refused()) {
        let said = ("standing order taken up again", reason.clone());
        let work = move |conn: &mut Conn, now, act: &Act| {
            Ok(standing_orders::resume(conn, now, &act.deed, id, act.today, &reason)?)
        };
        if let Some(done) = act(&desk, id, &mut form, &["reason"], work, said).await? {
            return Ok(done);
        }
    }
    again(desk, id, |forms| forms.resume = form).await
}

async fn keep(desk: Desk, id: web::Path<i64>, pairs: Pairs) -> Result<HttpResponse, Problem> {
    let (id, mut form) = (*id, Form::sent(pairs.into_inner()));
    let work = move |conn: &mut Conn, now, act: &Act| Ok(standing_orders::keep(conn, now, &act.deed, id, act.today)?);
    let done = act(&desk, id, &mut form, &[], work, ("standing order kept", String::new())).await?;
    match done {
        Some(done) => Ok(done),
        None => again(desk, id, |forms| forms.resume = form).await,
    }
}

async fn decline(desk: Desk, id: web::Path<i64>, pairs: Pairs) -> Result<HttpResponse, Problem> {
    let (id, mut form) = (*id, Form::sent(pairs.into_inner()));
    let work =
        move |conn: &mut Conn, now, act: &Act| Ok(standing_orders::decline(conn, now, &act.deed, id, act.today)?);
    let done = act(&desk, id, &mut form, &[], work, ("standing order declined", String::new())).await?;
    match done {
        Some(done) => Ok(done),
        None => again(desk, id, |forms| forms.resume = form).await,
    }
}
