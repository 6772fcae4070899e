//! One event of the book: its lines, its entry, its certificates, and its reversal.

use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};

use super::proposed::{self, Proposable};
use super::{Desk, Done, Pairs, Sent, class_named, drawn, holder_cell, money, once, words_in};
use crate::db::Conn;
use crate::desk::allowed::Allowed;
use crate::desk::folio::{Deed, Folio, Kind, Table, hinted, link, number, text};
use crate::desk::written::{moment, who};
use crate::funds::words::day;
use crate::http::{Form, Problem, Routes};
use crate::shares::numbers::grouped;
use crate::shares::{self, Ground, ShareError};
use crate::staff::May;

pub(super) fn routes(at: &mut Routes) {
    at.desk().get("/shares/events/{number}", May::Read, show);
    at.desk().post("/shares/events/{number}/reversal", May::Keep, reverse);
}

/// Where an event is shown.
pub(super) fn place(number: i64) -> String {
    format!("/desk/shares/events/{number}")
}

async fn show(desk: Desk, number: web::Path<i64>) -> Result<HttpResponse, Problem> {
    shown_with(desk, *number, None).await
}

async fn shown_with(desk: Desk, number: i64, sent: Sent) -> Result<HttpResponse, Problem> {
    drawn(desk, sent, move |conn, _, may, sent| folio(conn, may, number, sent)).await
}

fn folio(conn: &mut Conn, may: Allowed, number_of: i64, sent: Option<&(String, Form)>) -> Result<Folio, Problem> {
    let whole = shares::event_whole(conn, number_of)?.ok_or(ShareError::UnknownEvent(number_of))?;
    let (event, zone) = (&whole.event, shares::settings(conn)?.zone);
    let classes = shares::classes(conn)?;
    let mut folio =
        Folio::under("The register", "/desk/shares/register", format!("Event {number_of}: {}", event.kind.name()));
    if let Some(by) = whole.reversed_by {
        folio.notice = Some((format!("This event was reversed by event {by} and does not count."), "wait"));
        folio.fact("Reversed by", link(by.to_string(), format!("/desk/shares/events/{by}")));
    }
    folio.fact("Counts from", text(day(event.effective_on)));
    folio.fact("Recorded", text(moment(event.recorded_at.and_utc(), zone)));
    folio.fact("By", text(who(&event.recorded_by)));
    super::proposals::entered_event(conn, &mut folio, event)?;
    folio.fact("About", text(&event.subject));
    folio.fact("Minute", text(&event.minute));
    folio.fact("Ground", text(event.ground.map_or("", Ground::label)));
    folio.fact("Reason", text(&event.reason));
    if let Some(entry) = event.entry {
        folio.fact("Entry in the ledger", link(entry.to_string(), format!("/desk/ledger/entries/{entry}")));
    }
    if let Some(reverses) = event.reverses {
        folio.fact("Reverses", link(reverses.to_string(), format!("/desk/shares/events/{reverses}")));
    }
    folio.fact("Hash", text(crate::hex::hex(&event.hash)));
    let mut lines = Table::new("Lines", &["Holder", "Class", "#Shares", "#Paid"], "");
    for line in &whole.lines {
        let class = classes.iter().find(|class| class.id == line.class);
        lines.row(vec![
            line.holder.as_ref().map_or_else(|| text("the society"), holder_cell),
            text(class_named(&classes, line.class)),
            number(grouped(line.shares)),
            number(class.map(|class| money(line.paid_minor, class)).unwrap_or_default()),
        ]);
    }
    folio.tables.push(lines);
    if may.keep && event.reverses.is_none() && whole.reversed_by.is_none() {
        folio.deeds.push(
            Deed::new("reversal", "Reverse this event", format!("/desk/shares/events/{number_of}/reversal"))
                .asking(vec![hinted("reason", "Why", "It stays in the book for ever.", Kind::Line)])
                .saying(
                    "The event, its entry and its certificates are taken back from its own day on. Both stay in the book. \
                     Later events that stand on it must be reversed first.",
                    "Reverse it",
                )
                .again(sent),
        );
    }
    Ok(folio)
}

async fn reverse(desk: Desk, number: web::Path<i64>, pairs: Pairs) -> Result<HttpResponse, Problem> {
    let number = *number;
    let done = once(&desk, "reversal", &["reason"], pairs.into_inner(), move |conn, now, deed, form| {
        proposed::enter(conn, now, deed, Proposable::Reversal, &number.to_string(), form)
    });
    match done.await? {
        Ok(answer) => Ok(answer),
        Err(sent) => shown_with(desk, number, Some(sent)).await,
    }
}

/// Reverses an event for the reason in the form.
pub(super) fn perform(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &shares::Deed,
    number: i64,
    form: &Form,
) -> Result<Done, Problem> {
    let reason = words_in(form, "reason")?;
    let done = shares::reverse(conn, now, deed, number, &reason)?;
    let by = done.recorded.event;
    Ok(Done::new(place(by), "event of the register reversed", format!("event {number}")).saying(reason).event(by))
}
