//! "Each month by standing order": the form on the fund's side, and the form for the reader's bank that it makes.
//!
//! Invariant: one form, as it was shown, makes at most one promise, within the same budgets as the form for gifts. The page
//! with the bank's form is the promise's own page, left to `gift.rs`.

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, LOCATION};
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use crate::clock::Clock;
use crate::db::{Db, Lock, hold};
use crate::donations::link::LinkKey;
use crate::donations::parse::{self, CheckedGift, RawGift, Sending};
use crate::donations::till::Till;
use crate::donations::{GiftRefusal, Method, forms};
use crate::funds::{self, Fund};
use crate::http::{Form, Place, Problem, RequestId, Routes, Shell, blocking, page};
use crate::outbox::LetterBudgets;
use crate::reference::Reference;
use crate::staff::Actor;

const PATH: &str = "/funds/{slug}/standing-order";

pub(super) fn routes(at: &mut Routes) {
    at.public().get(PATH, show).post(PATH, ask);
}

/// The fields from top to bottom.
const FIELDS: [&str; 4] = ["amount", "day", "name", "email"];

#[derive(Template)]
#[template(path = "funds/standing_order.html")]
struct MonthlyPage {
    shell: Shell,
    fund: Fund,
    form: Form,
}

type Books = (web::Data<Db>, web::Data<Clock>);
/// From where the form is sent, and how many letters may still be written for it.
type Asker = (RequestId, Place, web::Data<LetterBudgets>);

async fn fund_of(db: &web::Data<Db>, slug: String) -> Result<Fund, Problem> {
    let db = db.clone();
    let found = blocking(move || db.read(|conn| funds::by_slug(conn, &slug))).await?;
    found.ok_or_else(|| Problem::not_found("There is no fund with this name. Please check the address."))
}

async fn show(
    shell: Shell,
    (db, _): Books,
    slug: web::Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let fund = fund_of(&db, slug.into_inner()).await?;
    let asked = web::Query::<Vec<(String, String)>>::from_query(request.query_string());
    let wanted = asked.map(web::Query::into_inner).unwrap_or_default();
    let amount = wanted.into_iter().find(|(name, _)| name == "amount").map(|(_, amount)| amount).unwrap_or_default();
    shown(StatusCode::OK, &MonthlyPage { shell, fund, form: Form::new().with("amount", amount) })
}

fn shown(status: StatusCode, monthly: &MonthlyPage) -> Result<HttpResponse, Problem> {
    let mut answer = page(status, monthly)?;
    // A cache that gave one key to two readers would take their two promises for one.
    answer.headers_mut().insert(CACHE_CONTROL, "private, no-cache".parse().expect("a plain text"));
    Ok(answer)
}

async fn ask(
    shell: Shell,
    (db, clock): Books,
    (till, links): (web::Data<Till>, web::Data<LinkKey>),
    slug: web::Path<String>,
    (request_id, place, budgets): Asker,
    pairs: web::Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    let fund = fund_of(&db, slug.into_inner()).await?;
    let mut form = Form::sent(pairs.into_inner());
    let Some((gift, day)) = understood(&mut form, &fund) else {
        return shown(StatusCode::UNPROCESSABLE_ENTITY, &MonthlyPage { shell, fund, form });
    };
    let key = format!("monthly:{}", form.key());
    let kept = key.clone();
    blocking(move || {
        db.write(|conn| {
            hold(conn, Lock::Books)?;
            forms::keep_day(conn, &kept, day)
        })
    })
    .await?;
    let stranger = Some(budgets.stranger(clock.now(), place.household(), place.block()));
    let sending = Sending { key, by: Actor::Public.who(), request_id: request_id.0, is_pledge: true, stranger };
    match till.record(gift.into_gift(&fund, sending)).await.map_err(Problem::from)? {
        Ok(recorded) => {
            let place = format!("/donations/{}", links.token(Reference::of(recorded.donation.id)));
            Ok(HttpResponse::SeeOther().insert_header((LOCATION, place)).finish())
        }
        Err(refusal) => {
            if refusal == GiftRefusal::KeyReused {
                form.renew_key();
            }
            form.object(refusal);
            shown(StatusCode::UNPROCESSABLE_ENTITY, &MonthlyPage { shell, fund, form })
        }
    }
}

/// The promise and its day, or nothing and a note of all that is wrong.
fn understood(form: &mut Form, fund: &Fund) -> Option<(CheckedGift, u32)> {
    let raw = RawGift {
        amount: form.value("amount").to_owned(),
        method: Method::StandingOrder.name().to_owned(),
        name: form.value("name").to_owned(),
        email: form.value("email").to_owned(),
        ..RawGift::default()
    };
    let gift = match parse::check(&raw, fund, parse::Limits::Promised) {
        Ok(gift) => Some(gift),
        Err(faults) => {
            faults.into_iter().for_each(|fault| form.refuse(fault.field, fault.message));
            None
        }
    };
    if raw.name.trim().is_empty() {
        form.refuse("name", "Please write your name, as your bank knows it.");
    }
    let typed = form.value("day").to_owned();
    let day = form.checked("day", forms::day(&typed));
    if !form.value("website").is_empty() {
        form.object(
            "A field that readers cannot see was filled in, as robots do. If you are a reader, please press the \
                     button once more; nothing was recorded yet.",
        );
    }
    form.sort_faults(&FIELDS);
    if form.is_refused() { None } else { gift.zip(day) }
}
