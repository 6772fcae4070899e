//! Entry of a standing order by hand.

use actix_web::HttpResponse;
use askama::Template;
use chrono::NaiveDate;

use crate::clock::date_in;
use crate::desk::routes::{Asked, Desk, Pairs, see_other, status_of};
use crate::funds::{self, Fund};
use crate::http::{Form, Problem, Routes, Shell, page};
use crate::money::display;
use crate::staff::{Actor, May};
use crate::standing_orders::{self, Checked, Deed, FIELDS, Method, RawOrder};

pub(super) fn routes(at: &mut Routes) {
    at.desk().get("/standing-orders/new", May::Enter, show).post("/standing-orders/new", May::Enter, enter);
}

/// The ways in which a bank repeats a payment.
const METHODS: [Method; 2] = [Method::StandingOrder, Method::DirectDebit];

#[derive(Template)]
#[template(path = "desk/standing_order_new.html")]
struct EnterPage {
    shell: Shell,
    actor: Actor,
    form: Form,
    funds: Vec<Fund>,
}

impl EnterPage {
    /// The sign before the amount, where one currency is all there is.
    fn sign(&self) -> String {
        let mut signs = self.funds.iter().map(|fund| fund.currency.sign());
        let first = signs.next().unwrap_or_default();
        if signs.all(|sign| sign == first) { first } else { String::new() }
    }
}

/// What may be brought along from another page, a gift's for one.
const BROUGHT: [&str; 6] = ["fund", "name", "email", "amount", "day", "since"];

async fn show(desk: Desk, asked: Asked) -> Result<HttpResponse, Problem> {
    let asked = Form::sent(asked.into_inner());
    let (funds, today) = read(&desk).await?;
    let mut form = Form::new();
    for field in BROUGHT.into_iter().filter(|field| asked.has_field(field)) {
        form = form.with(field, asked.value(field));
    }
    if !form.has_field("fund") {
        form = form.with("fund", funds.first().map_or("", |fund| fund.slug.as_str()));
    }
    if !form.has_field("since") {
        form = form.with("since", today.to_string());
    }
    form = form.with("method", Method::StandingOrder.name());
    answer(desk, form, funds)
}

async fn read(desk: &Desk) -> Result<(Vec<Fund>, NaiveDate), Problem> {
    desk.read(|conn, now| {
        let all = funds::all(conn)?;
        let today = all.first().map_or(now.date_naive(), |fund| date_in(now, fund.zone));
        Ok((all, today))
    })
    .await
}

fn answer(desk: Desk, form: Form, funds: Vec<Fund>) -> Result<HttpResponse, Problem> {
    page(status_of(&form), &EnterPage { shell: desk.shell, actor: desk.actor, form, funds })
}

async fn enter(desk: Desk, pairs: Pairs) -> Result<HttpResponse, Problem> {
    let mut form = Form::sent(pairs.into_inner());
    let (funds, today) = read(&desk).await?;
    let Some((fund, checked)) = understood(&mut form, &funds, today) else { return answer(desk, form, funds) };
    let (hand, key) = (desk.hand(), form.key().to_owned());
    let entered = desk.write(move |conn, now| {
        let key = format!("{}:{key}", hand.actor.key_space());
        let deed = Deed { key, by: hand.actor.who(), request_id: hand.request_id.clone() };
        let order = standing_orders::enter(conn, now, &fund, &deed, &checked)?;
        // A second click made nothing new; its line would say so twice.
        if order.recorded_at == now {
            let detail = format!("{} on day {}", display(order.amount_minor, order.currency), order.day);
            hand.note(conn, now, "standing order entered", &order.id.to_string(), &detail)?;
        }
        Ok(order.id)
    });
    match entered.await {
        Ok(id) => Ok(see_other(&format!("/desk/standing-orders/{id}"))),
        Err(problem) => {
            form.take(problem, &FIELDS)?;
            answer(desk, form, funds)
        }
    }
}

fn understood(form: &mut Form, funds: &[Fund], today: NaiveDate) -> Option<(Fund, Checked)> {
    let Some(fund) = funds.iter().find(|fund| fund.slug == form.value("fund")).cloned() else {
        form.refuse("fund", "Please choose a fund.");
        return None;
    };
    let value = |name: &str| form.value(name).to_owned();
    let raw = RawOrder {
        name: value("name"),
        email: value("email"),
        amount: value("amount"),
        day: value("day"),
        method: value("method"),
        since: value("since"),
        until: value("until"),
    };
    match standing_orders::check(&raw, &fund, today) {
        Ok(checked) => Some((fund, checked)),
        Err(faults) => {
            for fault in faults {
                form.refuse(fault.field, fault.message);
            }
            None
        }
    }
}
