//! Paying-in slips: what is in hand, what went to the bank, and what came back from there.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use chrono::{DateTime, Utc};

use super::{by, zone};
use crate::batches::BatchError;
use crate::batches::slips::{self, Cheque, PayingIn, Place};
use crate::clock::date_in;
use crate::db::{Conn, DbError};
use crate::desk::allowed::Allowed;
use crate::desk::batch::{self, ChequeLine, SlipView};
use crate::desk::routes::origin::{self, Origin};
use crate::desk::routes::{Asked, Desk, Hand, Pairs, see_other};
use crate::desk::search::read_date;
use crate::donations::{self, parse};
use crate::funds;
use crate::http::{FieldError, Form, Problem, Routes, Shell, page};
use crate::ledger::accounts;
use crate::money::{Currency, GBP, display, parse_amount};
use crate::staff::{Actor, May};

pub(super) fn routes(at: &mut Routes) {
    at.desk()
        .get("/batches/slips", May::Read, list)
        .post("/batches/slips", May::Enter, pay_in)
        .get("/batches/slips/{id}", May::Read, show)
        .post("/batches/slips/{id}/undo", May::Decide, undo)
        .post("/batches/slips/{id}/bounce", May::Decide, bounce);
}

/// Cheques on a page, the oldest first: as many as go on a slip.
const CHEQUES_SHOWN: i64 = slips::CHEQUES_MAX as i64;
/// Slips on a page.
const PAGE: i64 = 50;

#[derive(Template)]
#[template(path = "desk/batches/slips.html")]
struct SlipsPage {
    shell: Shell,
    actor: Actor,
    may: Allowed,
    path: String,
    form: Form,
    stand: Stand,
}

struct Stand {
    in_hand: Vec<ChequeLine>,
    /// Where this page of cheques begins, as the address has it; empty for the start.
    behind: String,
    /// Where the next one begins.
    next: Option<String>,
    old: usize,
    cheques: String,
    cash: String,
    has_cash: bool,
    sign: String,
    today: String,
    slips: Vec<SlipView>,
    older: Option<i64>,
}

fn currency(conn: &mut Conn) -> Result<Currency, DbError> {
    Ok(funds::all(conn)?.first().map_or(GBP, |fund| fund.currency))
}

/// The cheques behind a place, and the slips before a number.
fn stand(conn: &mut Conn, now: DateTime<Utc>, (behind, before): (&str, Option<i64>)) -> Result<Stand, DbError> {
    let (zone, currency) = (zone(conn)?, currency(conn)?);
    let today = date_in(now, zone);
    let behind = Place::from_text(behind);
    let found = slips::in_hand(conn, behind, CHEQUES_SHOWN)?;
    let in_hand: Vec<ChequeLine> = found.cheques.iter().map(|view| batch::cheque(view, today)).collect();
    let cash = slips::balance(conn, accounts::CASH, currency)?;
    let cheques = slips::balance(conn, accounts::CHEQUES_IN_HAND, currency)?;
    let mut slips: Vec<SlipView> =
        slips::newest(conn, before, PAGE + 1)?.iter().map(|slip| batch::slip(slip, zone)).collect();
    let older = if slips.len() as i64 > PAGE { slips.pop().and(slips.last().map(|slip| slip.id)) } else { None };
    Ok(Stand {
        old: in_hand.iter().filter(|cheque| cheque.is_old).count(),
        in_hand,
        behind: behind.map(Place::text).unwrap_or_default(),
        next: found.next.map(Place::text),
        cheques: display(cheques, currency),
        cash: display(cash, currency),
        has_cash: cash > 0,
        sign: currency.sign(),
        today: today.to_string(),
        slips,
        older,
    })
}

async fn list(desk: Desk, asked: Asked) -> Result<HttpResponse, Problem> {
    let asked = Form::sent(asked.into_inner());
    let before = asked.value("before").parse::<i64>().ok();
    let stand = desk.read(move |conn, now| Ok(stand(conn, now, (asked.value("behind"), before))?)).await?;
    let form = Form::new().with("paid_in_on", &stand.today);
    let (may, shell, actor, path) = (desk.may(), desk.shell, desk.actor, desk.path);
    page(StatusCode::OK, &SlipsPage { shell, actor, may, path, form, stand })
}

async fn pay_in(desk: Desk, pairs: Pairs) -> Result<HttpResponse, Problem> {
    let mut form = Form::sent(pairs.into_inner());
    let (hand, sent) = (desk.hand(), form.clone());
    match desk.write(move |conn, now| paid_in(conn, now, &sent, &hand)).await {
        Ok(id) => Ok(see_other(&format!("/desk/batches/slips/{id}"))),
        Err(problem) => {
            form.take(problem, &["number", "paid_in_on", "cash"])?;
            let behind = form.value("behind").to_owned();
            let stand = desk.read(move |conn, now| Ok(stand(conn, now, (&behind, None))?)).await?;
            let (may, shell, actor, path) = (desk.may(), desk.shell, desk.actor, desk.path);
            page(StatusCode::UNPROCESSABLE_ENTITY, &SlipsPage { shell, actor, may, path, form, stand })
        }
    }
}

fn fault(field: &'static str, error: impl ToString) -> Problem {
    Problem::fields(vec![FieldError::new(field, error)])
}

fn paid_in(conn: &mut Conn, now: DateTime<Utc>, form: &Form, hand: &Hand) -> Result<i64, Problem> {
    let currency = currency(conn)?;
    let typed = form.value("cash").trim();
    let cash_minor =
        if typed.is_empty() { 0 } else { parse_amount(typed, currency).map_err(|error| fault("cash", error))?.max(0) };
    let day = form.value("paid_in_on").trim();
    let on = if day.is_empty() { None } else { Some(day.parse()) };
    let paid_in_on = on
        .transpose()
        .map_err(|_| fault("paid_in_on", "Please write the date as year-month-day, for example 2021-06-27."))?;
    let number = parse::reason(form.value("number")).map_err(|error| fault("number", error))?;
    let cheques = form.values("cheque").iter().filter_map(|text| Cheque::from_text(text)).collect();
    let key = format!("{}:{}", hand.actor.key_space(), form.key());
    let newest = slips::newest(conn, None, 1)?.first().map_or(0, |slip| slip.id);
    let id = slips::pay_in(conn, now, &by(hand), &PayingIn { key, number, paid_in_on, cheques, cash_minor, currency })?;
    if id > newest
        && let Some(slip) = slips::slip(conn, id)?
    {
        let total = display(slip.total_minor(), slip.currency);
        let detail = format!("{total} with {} cheques, entry {}", slip.cheques, slip.entry);
        hand.note(conn, now, "slip paid in", &format!("slip {}", slip.number), &detail)?;
    }
    Ok(id)
}

#[derive(Template)]
#[template(path = "desk/batches/slip.html")]
struct SlipPage {
    shell: Shell,
    actor: Actor,
    may: Allowed,
    path: String,
    slip: SlipView,
    cheques: Vec<ChequeLine>,
    /// The line of the bank's statement that shows it.
    shown_by: Option<Origin>,
    undo: Form,
    bounce: Form,
}

impl SlipPage {
    fn is_refused(&self) -> bool {
        self.undo.is_refused() || self.bounce.is_refused()
    }

    /// Whether a cheque is left that can come back.
    fn has_unbounced(&self) -> bool {
        self.cheques.iter().any(|cheque| !cheque.bounced)
    }
}

async fn show(desk: Desk, id: web::Path<i64>) -> Result<HttpResponse, Problem> {
    shown(desk, *id, None).await
}

/// A slip's page, with a form that was refused.
async fn shown(desk: Desk, id: i64, refused: Option<(Deed, Form)>) -> Result<HttpResponse, Problem> {
    let (slip, cheques, shown_by) = desk
        .read(move |conn, now| {
            let slip = slips::slip(conn, id)?.ok_or(BatchError::UnknownSlip)?;
            let zone = zone(conn)?;
            let today = date_in(now, zone);
            let cheques = slips::cheques_of(conn, id)?;
            let cheques = cheques.iter().map(|view| batch::cheque(view, today)).collect::<Vec<_>>();
            let shown_by = origin::line_of_slip(conn, slip.entry)?;
            Ok((batch::slip(&slip, zone), cheques, shown_by))
        })
        .await?;
    let status = if refused.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let (mut undo, mut bounce) = (Form::new(), Form::new().with("reason", "Returned unpaid by the bank"));
    match refused {
        Some((Deed::Undo, form)) => undo = form,
        Some((Deed::Bounce, form)) => bounce = form,
        None => {}
    }
    let (may, shell, actor, path) = (desk.may(), desk.shell, desk.actor, desk.path);
    page(status, &SlipPage { shell, actor, may, path, slip, cheques, shown_by, undo, bounce })
}

/// Something done with a slip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deed {
    Undo,
    Bounce,
}

async fn undo(desk: Desk, id: web::Path<i64>, pairs: Pairs) -> Result<HttpResponse, Problem> {
    changed(Deed::Undo, desk, *id, pairs).await
}

async fn bounce(desk: Desk, id: web::Path<i64>, pairs: Pairs) -> Result<HttpResponse, Problem> {
    changed(Deed::Bounce, desk, *id, pairs).await
}

async fn changed(deed: Deed, desk: Desk, id: i64, pairs: Pairs) -> Result<HttpResponse, Problem> {
    let mut form = Form::sent(pairs.into_inner());
    let (hand, sent) = (desk.hand(), form.clone());
    match desk.write(move |conn, now| done(conn, now, (deed, id), &sent, &hand)).await {
        Ok(()) => Ok(see_other(&format!("/desk/batches/slips/{id}"))),
        Err(problem) => {
            form.take(problem, &["reason", "bounced_on"])?;
            shown(desk, id, Some((deed, form))).await
        }
    }
}

fn done(conn: &mut Conn, now: DateTime<Utc>, (deed, id): (Deed, i64), form: &Form, hand: &Hand) -> Result<(), Problem> {
    let reason = parse::reason(form.value("reason")).map_err(|error| fault("reason", error))?;
    let cheque = form.value("cheque");
    let (action, slip) = match deed {
        Deed::Undo => ("slip taken back", slips::take_back(conn, now, &by(hand), id, &reason)?),
        Deed::Bounce => {
            let cheque = Cheque::from_text(cheque).ok_or(BatchError::NotOnSlip)?;
            let typed = form.value("bounced_on").trim();
            let on = if typed.is_empty() { None } else { Some(read_date(typed)) };
            let on = on.transpose().map_err(|error| fault("bounced_on", error))?;
            if let Some(on) = on {
                let slip = slips::slip(conn, id)?.ok_or(BatchError::UnknownSlip)?;
                let zone = zone(conn)?;
                donations::check_bounce_day(conn, now, zone, slip.paid_in_on, on)?;
            }
            ("cheque bounced", slips::bounce_on(conn, now, &by(hand), (id, cheque), on, &reason)?.slip)
        }
    };
    let detail = [cheque, reason.as_str()].join(" ").trim().to_owned();
    Ok(hand.note(conn, now, action, &format!("slip {}", slip.number), &detail)?)
}
