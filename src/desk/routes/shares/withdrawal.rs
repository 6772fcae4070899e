//! One withdrawal: its notice, the committee's word, the money.

use actix_web::{HttpResponse, web};
use chrono::{DateTime, NaiveDate, Utc};

use super::proposed::{self, Proposable};
use super::withdrawals::state;
use super::{Desk, Done, Pairs, Sent, day_in, drawn, holder_cell, letters, money, once, words_in};
use crate::db::Conn;
use crate::desk::allowed::Allowed;
use crate::desk::folio::{Deed, Folio, Kind, field, hinted, link, number, text};
use crate::desk::written::who;
use crate::funds::words::day;
use crate::http::{Form, Problem, Routes};
use crate::outbox::LetterKind;
use crate::reference::Reference;
use crate::shares::notes::NoteKind;
use crate::shares::numbers::withdrawal_of;
use crate::shares::{self, ShareError, Withdrawal, WithdrawalStatus, counted};
use crate::staff::May;

pub(super) fn routes(at: &mut Routes) {
    at.desk()
        .get("/shares/withdrawals/{reference}", May::Read, show)
        .post("/shares/withdrawals/{reference}/agreement", May::Keep, agree)
        .post("/shares/withdrawals/{reference}/refusal", May::Keep, refuse)
        .post("/shares/withdrawals/{reference}/payment", May::Decide, pay);
}

pub(super) fn id_of(reference: &str) -> Result<i64, Problem> {
    let reference: Reference = reference.parse().map_err(Problem::not_found)?;
    withdrawal_of(reference).ok_or_else(|| ShareError::UnknownWithdrawal.into())
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
    let one = shares::withdrawal(conn, id)?.ok_or(ShareError::UnknownWithdrawal)?;
    let class = shares::class(conn, one.class_id)?;
    let holder = shares::holder(conn, one.holder_id)?.ok_or(ShareError::UnknownWithdrawal)?;
    let zone = shares::settings(conn)?.zone;
    let today = crate::clock::date_in(now, zone);
    let title = format!("Withdrawal of {}", counted(one.shares, &class));
    let mut folio = Folio::under("Withdrawals", "/desk/shares/withdrawals", title);
    let (word, tone) = state(&one);
    folio.badge = Some((word.to_owned(), tone));
    folio.fact("Reference", text(one.reference().to_string()));
    folio.fact("Member", holder_cell(&holder));
    folio.fact("Amount", number(money(one.amount_minor, &class)));
    folio.fact("Notice given on", text(day(one.notice_given_on)));
    folio.fact("Notice until", text(day(one.due_on)));
    folio.fact("Entered by", text(who(&one.recorded_by)));
    folio.fact("Minute", text(&one.minute));
    folio.fact("Reason", text(&one.reason));
    if let Some(event) = one.event {
        folio.fact("Event", link(event.to_string(), format!("/desk/shares/events/{event}")));
    }
    folio.fact("Paid on", text(one.paid_on.map(day).unwrap_or_default()));
    if let Some(entry) = one.paid_entry {
        folio.fact("Entry", link(entry.to_string(), format!("/desk/ledger/entries/{entry}")));
    }
    folio.deeds = deeds(&one, may, today, sent);
    super::proposals::waits(conn, &mut folio, &one.reference().to_string())?;
    super::proposals::entered(conn, &mut folio, &format!("/desk/shares/withdrawals/{}", one.reference()))?;
    folio.history.push(super::notes::of_row(conn, NoteKind::Notice, id)?);
    folio.history.push(letters::table(conn, id, LetterKind::is_about_withdrawal, zone)?);
    Ok(folio)
}

/// What can be done at this step, by this member of staff.
fn deeds(one: &Withdrawal, may: Allowed, today: NaiveDate, sent: Option<&(String, Form)>) -> Vec<Deed> {
    let mut deeds = Vec::new();
    let place = format!("/desk/shares/withdrawals/{}", one.reference());
    match one.status {
        WithdrawalStatus::NoticeGiven if may.keep => {
            let early = if one.due_on > today {
                format!("The notice runs until {}; agreeing before waives the rest of it. ", day(one.due_on))
            } else {
                String::new()
            };
            deeds.push(
                Deed::new("agreement", "Agree", format!("{place}/agreement"))
                    .asking(vec![
                        field("effective_on", "Agreed on", Kind::Day),
                        hinted("minute", "Minute", "Where the decision is written down.", Kind::Line),
                    ])
                    .saying(
                        &format!("{early}The shares leave the holding that day, and the society owes the money."),
                        "Agree",
                    )
                    .with("effective_on", today.to_string())
                    .open()
                    .again(sent),
            );
            deeds.push(
                Deed::new("refusal", "Refuse", format!("{place}/refusal"))
                    .asking(vec![
                        hinted("reason", "Why", "The member reads this.", Kind::Line),
                        field("minute", "Minute", Kind::Line),
                    ])
                    .again(sent),
            );
        }
        WithdrawalStatus::Agreed if may.decide => {
            deeds.push(
                Deed::new("payment", "Pay it out", format!("{place}/payment"))
                    .asking(vec![field("paid_on", "Left the bank on", Kind::Day)])
                    .saying(
                        "Send the money from the bank yourself, then note it here. The member is told.",
                        "It is paid",
                    )
                    .with("paid_on", today.to_string())
                    .open()
                    .again(sent),
            );
        }
        _ => {}
    }
    deeds
}

async fn answered(desk: Desk, id: i64, done: Result<HttpResponse, (String, Form)>) -> Result<HttpResponse, Problem> {
    match done {
        Ok(answer) => Ok(answer),
        Err(sent) => shown_with(desk, id, Some(sent)).await,
    }
}

async fn agree(desk: Desk, reference: web::Path<String>, pairs: Pairs) -> Result<HttpResponse, Problem> {
    let id = id_of(&reference)?;
    let done =
        once(&desk, "agreement", &["effective_on", "minute"], pairs.into_inner(), move |conn, now, deed, form| {
            proposed::enter(conn, now, deed, Proposable::WithdrawalAgreement, &reference, form)
        });
    let done = done.await?;
    answered(desk, id, done).await
}

/// Agrees to a withdrawal as the form says.
pub(super) fn perform_agreement(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &shares::Deed,
    reference: &str,
    form: &Form,
) -> Result<Done, Problem> {
    let (on, minute) = (day_in(form, "effective_on")?, words_in(form, "minute")?);
    let (one, recorded, _) = shares::agree(conn, now, deed, id_of(reference)?, on, &minute)?;
    let place = format!("/desk/shares/withdrawals/{}", one.reference());
    Ok(Done::new(place, "withdrawal agreed", one.reference()).saying(minute).event(recorded.event))
}

async fn refuse(desk: Desk, reference: web::Path<String>, pairs: Pairs) -> Result<HttpResponse, Problem> {
    let id = id_of(&reference)?;
    let done = once(&desk, "refusal", &["reason", "minute"], pairs.into_inner(), move |conn, now, deed, form| {
        proposed::enter(conn, now, deed, Proposable::WithdrawalRefusal, &reference, form)
    });
    let done = done.await?;
    answered(desk, id, done).await
}

async fn pay(desk: Desk, reference: web::Path<String>, pairs: Pairs) -> Result<HttpResponse, Problem> {
    let id = id_of(&reference)?;
    let done = once(&desk, "payment", &["paid_on"], pairs.into_inner(), move |conn, now, deed, form| {
        proposed::enter(conn, now, deed, Proposable::WithdrawalPayment, &reference, form)
    });
    let done = done.await?;
    answered(desk, id, done).await
}

/// Refuses a withdrawal, or pays it out, as the form says.
pub(super) fn perform(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &shares::Deed,
    (what, reference): (Proposable, &str),
    form: &Form,
) -> Result<Done, Problem> {
    let (id, place) = (id_of(reference)?, format!("/desk/shares/withdrawals/{reference}"));
    let done = if what == Proposable::WithdrawalPayment {
        let (one, entry) = shares::pay_out(conn, now, deed, id, day_in(form, "paid_on")?)?;
        Done::new(&place, "withdrawal paid", one.reference()).saying(format!("entry {entry}"))
    } else {
        let (reason, minute) = (words_in(form, "reason")?, words_in(form, "minute")?);
        let one = shares::refuse_withdrawal(conn, now, deed, id, &reason, &minute)?;
        Done::new(&place, "withdrawal refused", one.reference()).saying(reason)
    };
    Ok(Done { kept: Some(place), ..done })
}
