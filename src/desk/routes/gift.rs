//! One gift: what it is, what it posted, what was sent about it, and its receipt to print.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use chrono::{DateTime, Utc};

use super::Desk;
use super::deeds::Deed;
use super::origin::{self, Origin};
use crate::clock::date_in;
use crate::db::{Conn, DbError};
use crate::desk::allowed::Allowed;
use crate::desk::gift::{View, view};
use crate::desk::journal::{self, EntryView};
use crate::donations;
use crate::funds::{self, Fund, words};
use crate::http::Form;
use crate::http::{Problem, Routes, Shell, page};
use crate::reference::Reference;
use crate::staff::{Actor, May};
use crate::{ledger, outbox};

pub(super) fn routes(at: &mut Routes) {
    at.desk().get("/gifts/{reference}", May::Read, show).get("/gifts/{reference}/receipt", May::Read, receipt);
}

/// The number in an address; a mistyped one is told so.
pub(super) fn number_of(reference: &str) -> Result<i64, Problem> {
    reference.parse::<Reference>().map(Reference::number).map_err(Problem::not_found)
}

/// A gift and everything that hangs on it.
struct Whole {
    fund: Fund,
    view: View,
    entries: Vec<EntryView>,
    origins: Vec<Origin>,
    today: String,
    issued_on: String,
    /// The funds that a gift may have been meant for.
    funds: Vec<Fund>,
    /// Its receipt was not to be sent.
    is_quiet: bool,
}

fn whole(conn: &mut Conn, now: DateTime<Utc>, number: i64, may: Allowed) -> Result<Whole, Problem> {
    let gift = donations::by_number(conn, number)?.ok_or(donations::ChangeError::Unknown)?;
    let fund = funds::by_slug(conn, &gift.fund)?;
    let fund = fund.ok_or_else(|| DbError::Corrupt(format!("the fund {} is not there", gift.fund)))?;
    let events = donations::events_of(conn, number)?;
    let letters = outbox::of_donation(conn, number)?;
    let numbers: Vec<i64> = gift.entry.into_iter().chain(events.iter().filter_map(|event| event.entry)).collect();
    let entries = ledger::entries_numbered(conn, &numbers)?;
    // A receipt is issued when the gift is recorded, or when its promise is kept.
    let kept_at = events.iter().find(|event| event.kind == "received").map(|event| event.recorded_at);
    Ok(Whole {
        origins: origin::of(conn, &gift)?,
        issued_on: words::day(date_in(kept_at.unwrap_or(gift.recorded_at), fund.zone)),
        view: view(gift, fund.zone, &events, &letters, may),
        entries: entries.into_iter().map(|entry| journal::entry(entry, fund.zone)).collect(),
        today: date_in(now, fund.zone).to_string(),
        funds: funds::all(conn)?.into_iter().filter(|other| other.currency == fund.currency).collect(),
        is_quiet: donations::is_quiet(conn, number)?,
        fund,
    })
}

#[derive(Template)]
#[template(path = "desk/gift.html")]
struct GiftPage {
    shell: Shell,
    actor: Actor,
    whole: Whole,
    forms: Forms,
}

/// The forms of the page, each with a key of its own.
struct Forms {
    refund: Form,
    bounce: Form,
    receive: Form,
    cancel: Form,
    resend: Form,
    correct: Form,
    contact: Form,
}

impl Forms {
    /// New forms, with what was refused in its place.
    fn of(whole: &Whole, refused: Option<(Deed, Form)>) -> Self {
        let mut forms = Self {
            refund: Form::new().with("amount", &whole.view.left_plain),
            bounce: Form::new().with("reason", "Returned unpaid by the bank"),
            receive: Form::new().with("amount", &whole.view.left_plain).with("received_on", &whole.today),
            cancel: Form::new(),
            resend: Form::new(),
            correct: Form::new()
                .with("amount", &whole.view.left_plain)
                .with("fund", &whole.fund.slug)
                .with("giver", "same"),
            contact: Form::new()
                .with("name", &whole.view.gift.name)
                .with("email", whole.view.gift.email.as_deref().unwrap_or_default())
                .with("address", &whole.view.gift.address),
        };
        match refused {
            Some((Deed::Refund, form)) => forms.refund = form,
            Some((Deed::Bounce, form)) => forms.bounce = form,
            Some((Deed::Receive, form)) => forms.receive = form,
            Some((Deed::Cancel, form)) => forms.cancel = form,
            Some((Deed::Resend, form)) => forms.resend = form,
            Some((Deed::Correct, form)) => forms.correct = form,
            Some((Deed::Contact, form)) => forms.contact = form,
            None => {}
        }
        forms
    }
}

impl GiftPage {
    /// What was refused although its form is no longer on the page, because the gift has moved on.
    fn objection(&self) -> Option<&str> {
        let may = self.whole.view.may;
        [
            (may.refund, &self.forms.refund),
            (may.bounce, &self.forms.bounce),
            (may.receive, &self.forms.receive),
            (may.cancel, &self.forms.cancel),
            (may.resend, &self.forms.resend),
            (may.correct, &self.forms.correct),
        ]
        .into_iter()
        .filter(|(is_shown, _)| !is_shown)
        .find_map(|(_, form)| form.notice().or_else(|| form.faults().first().map(|fault| fault.message.as_str())))
    }
}

async fn show(desk: Desk, reference: web::Path<String>) -> Result<HttpResponse, Problem> {
    let number = number_of(&reference)?;
    shown_with(desk, number, None).await
}

/// The gift's page, with a form that was refused.
pub(super) async fn shown_with(
    desk: Desk,
    number: i64,
    refused: Option<(Deed, Form)>,
) -> Result<HttpResponse, Problem> {
    let may = desk.may();
    let whole = desk.read(move |conn, now| whole(conn, now, number, may)).await?;
    let status = if refused.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let forms = Forms::of(&whole, refused);
    page(status, &GiftPage { shell: desk.shell, actor: desk.actor, whole, forms })
}

#[derive(Template)]
#[template(path = "desk/receipt.html")]
struct ReceiptPage {
    shell: Shell,
    actor: Actor,
    whole: Whole,
    number: String,
}

async fn receipt(desk: Desk, reference: web::Path<String>) -> Result<HttpResponse, Problem> {
    let number = number_of(&reference)?;
    let may = desk.may();
    let whole = desk.read(move |conn, now| whole(conn, now, number, may)).await?;
    let Some(number) = whole.view.gift.receipt.map(|number| number.to_string()) else {
        return Err(Problem::not_found("This gift has no receipt yet. It gets one when the money arrives."));
    };
    page(StatusCode::OK, &ReceiptPage { shell: desk.shell, actor: desk.actor, whole, number })
}
