//! One application: what was asked for, what came, and what the committee decides.

use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};

use super::applications::standing;
use super::proposed::{self, Proposable};
use super::{Desk, Done, Pairs, Sent, day_in, drawn, holder_cell, letters, money, on_one_line, once, words_in, wrong};
use crate::db::Conn;
use crate::desk::allowed::Allowed;
use crate::desk::folio::{Deed, Folio, Kind, Table, choice, field, hinted, link, number, text};
use crate::desk::written::{short_day, who};
use crate::funds::words::day;
use crate::http::{Form, Problem, Routes};
use crate::ledger::Method;
use crate::money::{parse_amount, plain};
use crate::outbox::LetterKind;
use crate::reference::Reference;
use crate::shares::notes::NoteKind;
use crate::shares::numbers::application_of;
use crate::shares::{
    self, Allotment, Application, ApplicationStatus, NewPayment, ShareClass, ShareError, Surplus, counted,
};
use crate::staff::May;

pub(super) fn routes(at: &mut Routes) {
    at.desk()
        .get("/shares/applications/{reference}", May::Read, show)
        .post("/shares/applications/{reference}/payment", May::EnterShares, pay)
        .post("/shares/applications/{reference}/allotment", May::Keep, allot)
        .post("/shares/applications/{reference}/refusal", May::Keep, refuse)
        .post("/shares/applications/{reference}/withdrawal", May::EnterShares, withdraw);
}

pub(super) fn id_of(reference: &str) -> Result<i64, Problem> {
    let reference: Reference = reference.parse().map_err(Problem::not_found)?;
    application_of(reference).ok_or_else(|| ShareError::UnknownApplication.into())
}

async fn show(desk: Desk, reference: web::Path<String>) -> Result<HttpResponse, Problem> {
    shown_with(desk, id_of(&reference)?, None).await
}

async fn shown_with(desk: Desk, id: i64, sent: Sent) -> Result<HttpResponse, Problem> {
    drawn(desk, sent, move |conn, now, may, sent| folio(conn, now, may, id, sent)).await
}

fn folio(
    conn: &mut Conn,
    now: DateTime<Utc>,
    may: Allowed,
    id: i64,
    sent: Option<&(String, Form)>,
) -> Result<Folio, Problem> {
    let one = shares::application(conn, id)?.ok_or(ShareError::UnknownApplication)?;
    let class = shares::class(conn, one.class_id)?;
    let holder = shares::holder(conn, one.holder_id)?.ok_or(ShareError::UnknownApplication)?;
    let zone = shares::settings(conn)?.zone;
    let today = crate::clock::date_in(now, zone);
    let mut folio = Folio::under(
        "Applications",
        "/desk/shares/applications",
        format!("{} for {}", counted(one.shares, &class), holder.name),
    );
    let (word, tone) = standing(&one);
    folio.badge = Some((word.to_owned(), tone));
    folio.fact("Reference", text(one.reference().to_string()));
    folio.fact("Applicant", holder_cell(&holder));
    folio.fact("Address", text(on_one_line(&holder.address)));
    folio.fact("E-mail", text(holder.email.clone().unwrap_or_else(|| "none: letters are printed".to_owned())));
    if holder.member.is_none() {
        for number in shares::alike(conn, holder.id)? {
            folio.fact("Same name and address", link(number.to_string(), format!("/desk/shares/members/{number}")));
        }
    }
    folio.fact("Price", number(money(one.amount_minor, &class)));
    folio.fact("Kept for it", number(money(one.held_minor, &class)));
    if one.gift_minor > 0 {
        let words = money(one.gift_minor, &class);
        folio.fact(
            "Gift besides",
            match one.gift_donation {
                Some(gift) => link(words, format!("/desk/gifts/{}", Reference::of(gift))),
                None => text(format!("{words}, not here yet")),
            },
        );
    }
    folio.fact("Applied on", text(day(one.applied_on)));
    folio.fact("Rules accepted", text(format!("version {}", one.rules_version)));
    folio.fact("Entered by", text(who(&one.recorded_by)));
    folio.fact("Decided by", text(one.decided_by.as_deref().map(who).unwrap_or_default()));
    folio.fact("Minute", text(&one.minute));
    folio.fact("Reason", text(&one.reason));
    if let Some(event) = one.event {
        folio.fact("Event", link(event.to_string(), format!("/desk/shares/events/{event}")));
    }
    let reference = one.reference().to_string();
    super::proposals::waits(conn, &mut folio, &reference)?;
    super::proposals::entered(conn, &mut folio, &format!("/desk/shares/applications/{reference}"))?;
    folio.tables.push(money_table(conn, id, &class)?);
    if one.status == ApplicationStatus::Waiting {
        folio.deeds = deeds(&one, &class, may, &today.to_string(), sent);
    }
    folio.history.push(super::notes::of_row(conn, NoteKind::ApplicationRefused, id)?);
    folio.history.push(letters::table(conn, id, LetterKind::is_about_application, zone)?);
    Ok(folio)
}

/// The money that came and went.
fn money_table(conn: &mut Conn, id: i64, class: &ShareClass) -> Result<Table, Problem> {
    let mut came = Table::new("Money", &["Day", "How", "#Amount", "Entry"], "Nothing has come yet.");
    for payment in shares::payments_of(conn, id)? {
        let label = payment.way()?.label();
        came.row(vec![
            text(short_day(payment.received_on)),
            text(match (payment.amount_minor < 0, payment.is_taking_back()) {
                (true, true) => format!("had not come, {label}"),
                (true, false) => format!("let go, {label}"),
                (false, true) => format!("had not been let go, {label}"),
                (false, false) => label.to_owned(),
            }),
            number(money(payment.amount_minor, class)),
            link(payment.entry.to_string(), format!("/desk/ledger/entries/{}", payment.entry)),
        ]);
    }
    Ok(came)
}

fn deeds(one: &Application, class: &ShareClass, may: Allowed, today: &str, sent: Option<&(String, Form)>) -> Vec<Deed> {
    let place = format!("/desk/shares/applications/{}", one.reference());
    let missing_minor = (one.amount_minor - one.held_minor).max(0) + one.gift_minor;
    let is_paid = one.held_minor >= one.amount_minor;
    let methods = Method::ALL.map(|method| (method.name(), method.label()));
    let mut deeds = Vec::new();
    if may.enter_shares {
        let mut deed = Deed::new("payment", "Money has come", format!("{place}/payment"))
            .asking(vec![
                field("amount", "Amount", Kind::Figure),
                field("method", "How", choice(methods)),
                field("received_on", "Day it arrived", Kind::Day),
            ])
            .saying("It is kept apart until the committee has decided.", "Record the money")
            .with("method", if one.method.is_empty() { "bank_transfer" } else { &one.method })
            .with("received_on", today);
        if missing_minor > 0 {
            deed = deed.with("amount", plain(missing_minor, class.currency));
        }
        deeds.push(if is_paid { deed } else { deed.open() }.again(sent));
    }
    if may.keep {
        let surplus = choice([
            ("", "Nothing is left over"),
            ("return", "It goes back"),
            ("gift", "It goes to the fund, by the applicant’s word"),
        ]);
        let deed = Deed::new("allotment", "Allot the shares", format!("{place}/allotment"))
            .asking(vec![
                hinted(
                    "shares",
                    "Shares",
                    "Fewer where less was paid, more where the applicant wants more.",
                    Kind::Figure,
                ),
                field("surplus", "Money beyond the price", surplus),
                field("effective_on", "Allotted on", Kind::Day),
                hinted("minute", "Minute", "Where the decision is written down.", Kind::Line),
            ])
            .saying("The applicant is entered on the register that day and gets the certificate by letter.", "Allot")
            .with("shares", one.shares.to_string())
            .with("effective_on", today);
        deeds.push(if is_paid { deed.open() } else { deed }.again(sent));
        let money = choice([("return", "It goes back"), ("gift", "It goes to the fund, by the applicant’s word")]);
        deeds.push(
            Deed::new("refusal", "Refuse", format!("{place}/refusal"))
                .asking(vec![
                    hinted("reason", "Why", "The applicant reads this.", Kind::Line),
                    field("minute", "Minute", Kind::Line),
                    field("money", "What was paid", money),
                ])
                .again(sent),
        );
    }
    if may.enter_shares {
        deeds.push(
            Deed::new("withdrawal", "The applicant has withdrawn", format!("{place}/withdrawal"))
                .asking(vec![field("reason", "In what words", Kind::Line)])
                .saying("What was paid goes back. Send it from the bank yourself.", "Withdraw the application")
                .again(sent),
        );
    }
    deeds
}

fn surplus_in(form: &Form, name: &str) -> Option<Surplus> {
    match form.value(name) {
        "return" => Some(Surplus::Return),
        "gift" => Some(Surplus::Gift),
        _ => None,
    }
}

async fn answered(desk: Desk, id: i64, done: Result<HttpResponse, (String, Form)>) -> Result<HttpResponse, Problem> {
    match done {
        Ok(answer) => Ok(answer),
        Err(sent) => shown_with(desk, id, Some(sent)).await,
    }
}

async fn pay(desk: Desk, reference: web::Path<String>, pairs: Pairs) -> Result<HttpResponse, Problem> {
    let id = id_of(&reference)?;
    let done = once(
        &desk,
        "payment",
        &["amount", "method", "received_on"],
        pairs.into_inner(),
        move |conn, now, deed, form| {
            let one = shares::application(conn, id)?.ok_or(ShareError::UnknownApplication)?;
            let class = shares::class(conn, one.class_id)?;
            let amount_minor =
                parse_amount(form.value("amount"), class.currency).map_err(|error| wrong("amount", error))?;
            let method =
                Method::from_name(form.value("method")).ok_or_else(|| wrong("method", "Please say how it came."))?;
            let payment =
                NewPayment { application: id, amount_minor, method, received_on: day_in(form, "received_on")? };
            let (one, _) = shares::pay(conn, now, deed, &payment)?;
            let place = format!("/desk/shares/applications/{}", one.reference());
            Ok(Done::new(place, "share money received", one.reference()).saying(money(amount_minor, &class)))
        },
    );
    let done = done.await?;
    answered(desk, id, done).await
}

async fn allot(desk: Desk, reference: web::Path<String>, pairs: Pairs) -> Result<HttpResponse, Problem> {
    let id = id_of(&reference)?;
    let fields = &["shares", "surplus", "effective_on", "minute"];
    let done = once(&desk, "allotment", fields, pairs.into_inner(), move |conn, now, deed, form| {
        proposed::enter(conn, now, deed, Proposable::Allotment, &reference, form)
    });
    let done = done.await?;
    answered(desk, id, done).await
}

/// Allots what the form says.
pub(super) fn perform_allotment(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &shares::Deed,
    reference: &str,
    form: &Form,
) -> Result<Done, Problem> {
    let shares = Some(super::shares_in(form)?);
    let allotment = Allotment { application: id_of(reference)?, shares, surplus: surplus_in(form, "surplus") };
    let (on, minute) = (day_in(form, "effective_on")?, words_in(form, "minute")?);
    let done = shares::allot_all(conn, now, deed, &[allotment], on, &minute)?.remove(0);
    let place = format!("/desk/shares/members/{}", done.member);
    Ok(Done::new(place, "shares allotted", done.member).saying(minute).event(done.event))
}

async fn refuse(desk: Desk, reference: web::Path<String>, pairs: Pairs) -> Result<HttpResponse, Problem> {
    let id = id_of(&reference)?;
    let fields = &["reason", "minute", "money"];
    let done = once(&desk, "refusal", fields, pairs.into_inner(), move |conn, now, deed, form| {
        proposed::enter(conn, now, deed, Proposable::ApplicationRefusal, &reference, form)
    });
    let done = done.await?;
    answered(desk, id, done).await
}

/// Refuses an application for the reason in the form.
pub(super) fn perform(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &shares::Deed,
    reference: &str,
    form: &Form,
) -> Result<Done, Problem> {
    let (reason, minute) = (words_in(form, "reason")?, words_in(form, "minute")?);
    let money = surplus_in(form, "money").unwrap_or(Surplus::Return);
    let done = shares::refuse(conn, now, deed, id_of(reference)?, (&reason, &minute), money)?;
    let place = format!("/desk/shares/applications/{reference}");
    Ok(Done { kept: Some(place.clone()), ..Done::new(place, "application refused", done.application.reference()) }
        .saying(reason))
}

async fn withdraw(desk: Desk, reference: web::Path<String>, pairs: Pairs) -> Result<HttpResponse, Problem> {
    let id = id_of(&reference)?;
    let done = once(&desk, "withdrawal", &["reason"], pairs.into_inner(), move |conn, now, deed, form| {
        let reason = words_in(form, "reason")?;
        let done = shares::withdraw_application(conn, now, deed, id, &reason)?;
        let reference = done.application.reference();
        let place = format!("/desk/shares/applications/{reference}");
        Ok(Done::new(place, "application withdrawn", reference).saying(reason))
    });
    let done = done.await?;
    answered(desk, id, done).await
}
