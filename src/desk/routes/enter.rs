//! Staff entry of one gift: a cheque from the post, cash from the bucket, a line of yesterday's statement.
//!
//! Invariant: the same words are understood here as in the public form and the API, because the same code reads them.

use actix_web::HttpResponse;
use askama::Template;
use chrono::{DateTime, Utc};

use super::{Asked, Desk, Hand, Pairs, see_other, status_of};
use crate::clock::date_in;
use crate::db::{Conn, DbError};
use crate::donations::parse::{self, Limits, RawGift, Sending};
use crate::donations::{self, GiftRefusal, Method, NewGift, Outcome};
use crate::funds::{self, Fund};
use crate::http::Form;
use crate::http::{Problem, Routes, Shell, page};
use crate::money::display;
use crate::reference::Reference;
use crate::staff::{Actor, May};
use crate::supporters::rules::address;

pub(super) fn routes(at: &mut Routes) {
    at.desk().get("/gifts/new", May::Enter, show).post("/gifts/new", May::Enter, enter);
}

/// The fields, from top to bottom.
const FIELDS: [&str; 12] = [
    "fund",
    "amount",
    "confirmed",
    "method",
    "received_on",
    "appeal",
    "name",
    "email",
    "address",
    "acknowledge_as",
    "in_memory_of",
    "note",
];
/// Appeals to choose from, of each fund: two years of months.
const APPEALS_OFFERED: i64 = 24;

#[derive(Template)]
#[template(path = "desk/enter.html")]
struct EnterPage {
    shell: Shell,
    actor: Actor,
    form: Form,
    choices: Choices,
}

/// What there is to choose from.
struct Choices {
    funds: Vec<Fund>,
    /// "fighting-fund/2021-05" and its label: an appeal's name says nothing without its fund.
    appeals: Vec<(String, String)>,
    today: String,
}

impl EnterPage {
    /// The sign before the amount, where one currency is all there is.
    fn sign(&self) -> String {
        let mut signs = self.choices.funds.iter().map(|fund| fund.currency.sign());
        let first = signs.next().unwrap_or_default();
        if signs.all(|sign| sign == first) { first } else { String::new() }
    }
}

async fn show(desk: Desk, asked: Asked) -> Result<HttpResponse, Problem> {
    let choices = desk.read(|conn, now| Ok(choices(conn, now)?)).await?;
    let asked = Form::sent(asked.into_inner());
    let fund = choices.funds.iter().find(|fund| fund.slug == asked.value("fund")).or(choices.funds.first());
    let form = Form::new()
        .with("fund", fund.map_or("", |fund| fund.slug.as_str()))
        .with("method", Method::Cheque.name())
        .with("state", "received")
        .with("received_on", &choices.today);
    answer(desk, form, choices)
}

fn answer(desk: Desk, form: Form, choices: Choices) -> Result<HttpResponse, Problem> {
    page(status_of(&form), &EnterPage { shell: desk.shell, actor: desk.actor, form, choices })
}

fn choices(conn: &mut Conn, now: DateTime<Utc>) -> Result<Choices, DbError> {
    let funds = funds::all(conn)?;
    let mut appeals = Vec::new();
    for fund in &funds {
        for appeal in funds::appeals_of(conn, fund.id, APPEALS_OFFERED)? {
            if appeal.closed_at.is_none() {
                appeals.push((format!("{}/{}", fund.slug, appeal.name), format!("{}, {}", fund.title, appeal.name)));
            }
        }
    }
    let today = funds.first().map(|fund| date_in(now, fund.zone).to_string()).unwrap_or_default();
    Ok(Choices { funds, appeals, today })
}

async fn enter(desk: Desk, pairs: Pairs) -> Result<HttpResponse, Problem> {
    let mut form = Form::sent(pairs.into_inner());
    let choices = desk.read(|conn, now| Ok(choices(conn, now)?)).await?;
    let hand = desk.hand();
    let gift = understood(&mut form, &choices.funds, &hand);
    let address = address_in(&mut form);
    let Some(gift) = gift.filter(|_| !form.is_refused()) else { return answer(desk, form, choices) };
    match desk.write(move |conn, now| recorded(conn, now, &gift, &address, &hand)).await {
        Ok(Ok(recorded)) => return Ok(see_other(&format!("/desk/gifts/{}", Reference::of(recorded.donation.id)))),
        Ok(Err(GiftRefusal::KeyReused)) => {
            form.renew_key();
            form.object(REUSED);
        }
        Ok(Err(refusal)) => form.take(refusal.into(), &FIELDS)?,
        Err(problem) => form.take(problem, &FIELDS)?,
    }
    answer(desk, form, choices)
}

const REUSED: &str = "You recorded this form a moment ago with other details, and that gift stands. If this is another \
                      gift, press the button once more; if the first was wrong, open it and refund or cancel it.";

/// The gift, or nothing and everything that is wrong with it in the form.
fn understood(form: &mut Form, funds: &[Fund], hand: &Hand) -> Option<NewGift> {
    let fund = funds.iter().find(|fund| fund.slug == form.value("fund"));
    let fund = form.checked("fund", fund.ok_or("Please choose the fund."))?;
    let is_pledge = form.has("state", "promised");
    let chosen = form.value("appeal").trim().to_owned();
    let appeal = match chosen.split_once('/') {
        Some((slug, name)) if slug == fund.slug => name,
        Some(_) => {
            form.refuse("appeal", "That appeal belongs to another fund. Please choose one of this fund, or none.");
            ""
        }
        None => chosen.as_str(),
    };
    let raw = RawGift {
        amount: form.value("amount").to_owned(),
        method: form.value("method").to_owned(),
        received_on: if is_pledge { String::new() } else { form.value("received_on").to_owned() },
        name: form.value("name").to_owned(),
        email: form.value("email").to_owned(),
        acknowledge_as: form.value("acknowledge_as").to_owned(),
        anonymous: form.has("anonymous", "true"),
        note: form.value("note").to_owned(),
        in_memory_of: form.value("in_memory_of").to_owned(),
        memory_in_print: form.is_ticked("memory_in_print"),
        appeal: appeal.to_owned(),
        confirmed: form.is_ticked("confirmed"),
    };
    let checked = parse::check(&raw, fund, Limits::of(is_pledge));
    let faults = checked.as_ref().err().into_iter().flatten();
    faults.for_each(|fault| form.refuse(fault.field, &fault.message));
    let checked = checked.ok().filter(|_| !form.is_refused())?;
    let key = format!("{}:{}", hand.actor.key_space(), form.key());
    let (by, request_id) = (hand.actor.who(), hand.request_id.clone());
    Some(checked.into_gift(fund, Sending { key, by, request_id, is_pledge, stranger: None }))
}

/// The postal address; one without a name is told so.
fn address_in(form: &mut Form) -> String {
    let typed = form.value("address").to_owned();
    let address = form.checked("address", address(&typed)).unwrap_or_default();
    if !address.is_empty() && form.value("name").trim().is_empty() {
        form.refuse("name", "Please give the name that stands above the postal address.");
        form.sort_faults(&FIELDS);
    }
    address
}

/// Records the gift and who entered it in one transaction; the till has no room for the second.
fn recorded(
    conn: &mut Conn,
    now: DateTime<Utc>,
    gift: &NewGift,
    address: &str,
    hand: &Hand,
) -> Result<Outcome, Problem> {
    let mut outcomes = donations::record_all(conn, now, std::slice::from_ref(gift))?;
    let outcome = outcomes.pop().ok_or_else(|| DbError::Corrupt("a gift has no outcome".to_owned()))?;
    if let Ok(recorded) = &outcome
        && !recorded.is_replay
    {
        let donation = &recorded.donation;
        if !address.is_empty() {
            donations::give_address(conn, now, donation.id, address)?;
        }
        let amount = display(donation.amount_minor, donation.currency);
        let detail = format!("{amount} by {}, {}", gift.method.label(), donation.status.name());
        hand.note(conn, now, "gift recorded", &Reference::of(donation.id).to_string(), &detail)?;
    }
    Ok(outcome)
}
