//! The giver's own page: thanks, what to do next, and once the money is here the receipt.
//!
//! Invariant: only a link that we signed opens it, no cache keeps it, and looking at it changes nothing.

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, LOCATION, REFERRER_POLICY};
use actix_web::{HttpResponse, web};
use askama::Template;

use super::give::Asker;
use crate::clock::{Clock, date_in};
use crate::db::{Conn, Db, DbError, Lock, hold};
use crate::donations::link::LinkKey;
use crate::donations::misspelt::meant;
use crate::donations::{self, ChangeError, Donation, Event, Method, OwnAddressError, Status, forms, reminders};
use crate::funds::words::{self, day};
use crate::funds::{self, Fund};
use crate::http::{Form, Problem, RequestId, Routes, Shell, blocking, page};
use crate::money::display;
use crate::outbox;
use crate::reference::Reference;
use crate::staff::Actor;

pub(super) fn routes(at: &mut Routes) {
    at.public()
        .get("/donations/{token}", show)
        .post("/donations/{token}/address", correct)
        .post("/donations/{token}/no-reminder", no_reminder)
        .post("/donations/{token}/call-off", call_off);
}

#[derive(Template)]
#[template(path = "donations/gift.html")]
struct GiftPage {
    shell: Shell,
    fund: Fund,
    gift: Donation,
    events: Vec<Event>,
    /// Whether a letter was written to the giver.
    is_written_to: bool,
    /// Whether a letter about it waits, so that its address can be corrected.
    can_correct: bool,
    form: Form,
    /// The day of the month, where it is promised by a standing order.
    monthly_on: Option<u32>,
    /// Whether the giver does not want to be reminded.
    is_stopped: bool,
    token: String,
}

impl GiftPage {
    /// "on the 5th of each month"
    fn each_month(&self, day: &u32) -> String {
        forms::each_month(*day)
    }

    fn amount(&self) -> String {
        display(self.gift.amount_minor, self.gift.currency)
    }

    fn left(&self) -> String {
        display(self.gift.remaining_minor(), self.gift.currency)
    }

    /// "FF7K 3M9Q XP": read aloud and typed without losing one's place; the reference is understood with its spaces.
    fn reference(&self) -> String {
        let letters: Vec<char> = self.gift.reference().to_string().chars().collect();
        letters.chunks(4).map(String::from_iter).collect::<Vec<_>>().join(" ")
    }

    /// "Fighting Fund, June 2021"
    fn purpose(&self) -> String {
        match words::month(&self.fund, &self.gift.appeal) {
            Some(month) => [self.fund.title.as_str(), &month].join(", "),
            None => self.fund.title.clone(),
        }
    }

    fn received_on(&self) -> String {
        self.gift.received_on.map(day).unwrap_or_default()
    }

    fn promised_on(&self) -> String {
        day(date_in(self.gift.recorded_at, self.fund.zone))
    }

    /// What happened after, as sentences. What staff wrote as a reason is theirs and not shown.
    fn history(&self) -> Vec<String> {
        self.events.iter().filter_map(|event| self.told(event)).collect()
    }

    fn told(&self, event: &Event) -> Option<String> {
        let when = day(date_in(event.recorded_at, self.fund.zone));
        let amount = display(event.amount_minor, self.gift.currency);
        match event.kind.as_str() {
            "refunded" => Some(format!("On {when} we sent {amount} back to you.")),
            "bounced" => Some(format!("On {when} the bank returned {amount} unpaid.")),
            "cancelled" => Some(format!("On {when} this promise was cancelled.")),
            _ => None,
        }
    }
}

async fn show(
    shell: Shell,
    db: web::Data<Db>,
    links: web::Data<LinkKey>,
    token: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let reference = links.open(&token).ok_or_else(unknown)?;
    shown(shell, db, (reference, token.into_inner()), None).await
}

/// The page of a gift, with the form for its address where that was refused.
async fn shown(
    shell: Shell,
    db: web::Data<Db>,
    (reference, token): (Reference, String),
    refused: Option<Form>,
) -> Result<HttpResponse, Problem> {
    let found = blocking(move || db.read(|conn| read(conn, reference.number()))).await?;
    let Found { fund, gift, events, is_written_to, can_correct, monthly_on, is_stopped } = found.ok_or_else(unknown)?;
    let status = if refused.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let form = refused.unwrap_or_else(|| Form::new().with("email", gift.email.clone().unwrap_or_default()));
    let gift_page =
        GiftPage { shell, fund, gift, events, is_written_to, can_correct, form, monthly_on, is_stopped, token };
    let mut answer = page(status, &gift_page)?;
    let headers = answer.headers_mut();
    headers.insert(CACHE_CONTROL, "no-store".parse().expect("a plain text"));
    headers.insert(REFERRER_POLICY, "no-referrer".parse().expect("a plain text"));
    headers.insert("X-Robots-Tag".parse().expect("a header's name"), "noindex".parse().expect("a plain text"));
    Ok(answer)
}

/// Takes another address for this gift.
async fn correct(
    shell: Shell,
    (db, clock): (web::Data<Db>, web::Data<Clock>),
    (links, asker): (web::Data<LinkKey>, Asker),
    token: web::Path<String>,
    pairs: web::Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    let reference = links.open(&token).ok_or_else(unknown)?;
    let (before, pairs): (Vec<_>, Vec<_>) = pairs.into_inner().into_iter().partition(|(name, _)| name == "asked_about");
    let mut form = Form::sent(pairs);
    let typed = form.value("email").trim().to_owned();
    let address = form.checked("email", outbox::address(&typed));
    let slip = meant(&typed).filter(|_| before.iter().all(|(_, asked)| asked.trim() != typed));
    if let (Some(_), Some(meant)) = (&address, slip) {
        form.refuse("email", format!("Did you mean {meant}? If {typed} is right, press the button once more."));
        form = form.with("asked_about", typed.as_str());
    }
    let Some(email) = address.filter(|_| !form.is_refused()) else {
        return shown(shell, db, (reference, token.into_inner()), Some(form)).await;
    };
    let (place, budgets) = asker;
    let stranger = budgets.stranger(clock.now(), place.household(), place.block());
    let books = db.clone();
    let corrected = blocking(move || {
        books.write(|conn| {
            hold(conn, Lock::Books)?;
            donations::correct_address(conn, clock.now(), reference.number(), &email, stranger)
        })
    });
    match corrected.await {
        Ok(()) => {
            let place = format!("/donations/{token}");
            Ok(HttpResponse::SeeOther().insert_header((LOCATION, place)).finish())
        }
        Err(problem) => {
            form.take(problem, &["email"])?;
            shown(shell, db, (reference, token.into_inner()), Some(form)).await
        }
    }
}

impl From<OwnAddressError> for Problem {
    fn from(error: OwnAddressError) -> Self {
        match error {
            OwnAddressError::NothingWaits => Self::conflict(error),
            OwnAddressError::TooMany => Self::new(StatusCode::TOO_MANY_REQUESTS, error),
            OwnAddressError::Db(error) => error.into(),
        }
    }
}

fn unknown() -> Problem {
    Problem::not_found("This link does not open a gift. Please copy it whole from the page or the e-mail we sent you.")
}

/// What the page tells.
struct Found {
    fund: Fund,
    gift: Donation,
    events: Vec<Event>,
    is_written_to: bool,
    can_correct: bool,
    monthly_on: Option<u32>,
    is_stopped: bool,
}

async fn no_reminder(
    (db, clock): (web::Data<Db>, web::Data<Clock>),
    links: web::Data<LinkKey>,
    token: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let number = links.open(&token).ok_or_else(unknown)?.number();
    let now = clock.now();
    blocking(move || {
        db.write(|conn| {
            hold(conn, Lock::Books)?;
            match donations::by_number(conn, number)? {
                Some(_) => reminders::stop(conn, now, number),
                None => Ok(()),
            }
        })
    })
    .await?;
    Ok(back_to(&token))
}

async fn call_off(
    (db, clock): (web::Data<Db>, web::Data<Clock>),
    links: web::Data<LinkKey>,
    request_id: RequestId,
    token: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let number = links.open(&token).ok_or_else(unknown)?.number();
    let now = clock.now();
    let called = blocking(move || {
        let called = db.write(|conn| {
            hold(conn, Lock::Books)?;
            reminders::call_off(conn, now, number, Actor::Public.who(), request_id.0)
        });
        match called {
            // The page says how it stands.
            Ok(_) | Err(ChangeError::Cancelled | ChangeError::AlreadyReceived) => Ok(()),
            Err(error) => Err(error),
        }
    });
    called.await?;
    Ok(back_to(&token))
}

fn back_to(token: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((LOCATION, format!("/donations/{token}"))).finish()
}

fn read(conn: &mut Conn, number: i64) -> Result<Option<Found>, DbError> {
    let Some(gift) = donations::by_number(conn, number)? else { return Ok(None) };
    let fund = funds::by_slug(conn, &gift.fund)?;
    let fund = fund.ok_or_else(|| DbError::Corrupt(format!("the fund {} is not there", gift.fund)))?;
    let events = donations::events_of(conn, gift.id)?;
    let is_written_to = !outbox::of_donation(conn, gift.id)?.is_empty();
    let can_correct = donations::can_correct(conn, gift.id, gift.status)?;
    let (monthly_on, is_stopped) = (forms::day_of(conn, gift.id)?, reminders::is_stopped(conn, gift.id)?);
    Ok(Some(Found { fund, gift, events, is_written_to, can_correct, monthly_on, is_stopped }))
}
