//! One declaration of interest: what everybody gets of it, its payment, its story, and its taking back.

use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};

use super::proposed::{self, Proposable};
use super::{Desk, Done, Pairs, Sent, class_named, day_in, drawn, holder_cell, money, notes, once, words_in};
use crate::db::Conn;
use crate::desk::allowed::Allowed;
use crate::desk::folio::{Deed, Folio, Kind, Table, field, hinted, link, number, text};
use crate::desk::written::short_day;
use crate::funds::words::day;
use crate::http::{Form, Problem, Routes};
use crate::shares::interest::{self, InterestRun};
use crate::shares::notes::NoteKind;
use crate::shares::numbers::grouped;
use crate::shares::{self, ShareClass, ShareError};
use crate::staff::May;

pub(super) fn routes(at: &mut Routes) {
    at.desk().get("/shares/interest/{id}", May::Read, show);
    at.desk().post("/shares/interest/{id}/taking-back", May::Keep, take_back);
}

/// Members shown.
const SHOWN_MAX: usize = 500;

/// Where a declaration is shown.
pub(super) fn place(id: i64) -> String {
    format!("/desk/shares/interest/{id}")
}

async fn show(desk: Desk, id: web::Path<i64>) -> Result<HttpResponse, Problem> {
    shown_with(desk, *id, None).await
}

async fn shown_with(desk: Desk, id: i64, sent: Sent) -> Result<HttpResponse, Problem> {
    drawn(desk, sent, move |conn, _, may, sent| folio(conn, may, id, sent)).await
}

fn folio(conn: &mut Conn, may: Allowed, id: i64, sent: Option<&(String, Form)>) -> Result<Folio, Problem> {
    let run = interest::run(conn, id)?.ok_or_else(|| Problem::not_found(ShareError::UnknownInterest))?;
    let classes = shares::classes(conn)?;
    let class = shares::class(conn, run.class_id)?;
    let title = format!("Interest until {}", day(run.until_on));
    let mut folio = Folio::under("Interest on shares", "/desk/shares/interest", title);
    folio.badge = Some(standing(&run));
    if run.taken_back_at.is_some() {
        folio.notice = Some(("This declaration was taken back and does not count.".to_owned(), "wait"));
    }
    let entry = |number: i64| link(number.to_string(), format!("/desk/ledger/entries/{number}"));
    folio.fact("Class", text(class_named(&classes, run.class_id)));
    folio.fact("From", text(day(run.from_on)));
    folio.fact("Rate", text(format!("{}.{:02} % a year", run.rate_bp / 100, run.rate_bp % 100)));
    folio.fact("Amount", number(money(run.total_minor, &class)));
    folio.fact("Declared on", text(day(run.declared_on)));
    folio.fact("Minute", text(&run.minute));
    folio.fact("Entry in the ledger", entry(run.entry));
    folio.fact("How", text(if run.is_added { "added to the holdings, the rest paid" } else { "paid" }));
    folio.fact("Paid on", text(run.paid_on.map(day).unwrap_or_default()));
    if let Some(paid) = run.paid_entry {
        folio.fact("Entry of the payment", entry(paid));
    }
    super::proposals::entered(conn, &mut folio, &place(id))?;
    if run.paid_on.is_none() && run.taken_back_at.is_none() && may.decide {
        folio.deeds.push(payment(&run).again(sent));
    }
    if run.taken_back_at.is_none() && may.keep {
        folio.deeds.push(taking_back(&run).again(sent));
    }
    folio.history.push(notes::of_row(conn, NoteKind::Interest, id)?);
    folio.history.push(lines_table(conn, &run, &class)?);
    Ok(folio)
}

fn standing(run: &InterestRun) -> (String, &'static str) {
    match (run.taken_back_at, run.paid_on) {
        (Some(_), _) => ("taken back".to_owned(), "bad"),
        (None, Some(on)) => (format!("paid on {}", short_day(on)), "good"),
        (None, None) => ("declared, not paid".to_owned(), "wait"),
    }
}

/// What everybody gets of it.
fn lines_table(conn: &mut Conn, run: &InterestRun, class: &ShareClass) -> Result<Table, Problem> {
    let lines = interest::lines(conn, run.id, None)?;
    let title = format!("What {} members get", grouped(lines.len() as i64));
    // What was added stays known when only its payment was taken back, but nobody has it.
    let has_shares = run.is_added && (run.paid_on.is_some() || run.taken_back_at.is_some());
    let heads: &[&str] = if has_shares {
        &["Member", "#Days × shares", "#Interest", "#Shares added", "Event"]
    } else {
        &["Member", "#Days × shares", "#Interest"]
    };
    let mut table = Table::new(&title, heads, "Nobody.");
    for line in lines.iter().take(SHOWN_MAX) {
        let holder = shares::holder(conn, line.holder_id)?;
        let mut cells = vec![
            holder.as_ref().map(holder_cell).unwrap_or_default(),
            number(grouped(line.share_days)),
            number(money(line.amount_minor, class)),
        ];
        if has_shares {
            cells.push(number(if line.shares > 0 { grouped(line.shares) } else { String::new() }));
            let event = line.event.map(|event| link(event.to_string(), super::event::place(event)));
            cells.push(event.unwrap_or_default());
        }
        table.row(cells);
    }
    Ok(table)
}

/// The form by which a declaration is paid.
pub(super) fn payment(run: &InterestRun) -> Deed {
    let title = format!("Pay the interest until {}", short_day(run.until_on));
    Deed::new(format!("payment-{}", run.id), &title, format!("{}/payment", place(run.id)))
        .asking(vec![field("paid_on", "Left the bank on", Kind::Day)])
        .saying(
            if run.is_added {
                "Whole shares are added to the holdings on that day, with certificates and letters; send the rest from the \
                 bank yourself."
            } else {
                "Send the money from the bank yourself, then note it here."
            },
            if run.is_added { "Add and pay it" } else { "It is paid" },
        )
}

fn taking_back(run: &InterestRun) -> Deed {
    let mut fields = vec![hinted(
        "reason",
        "Why",
        "It stays in the book for ever, and members who had a letter about it read it.",
        Kind::Line,
    )];
    if run.paid_on.is_some() {
        fields.push(hinted("on", "The money came back on", "Empty where it never left the bank.", Kind::Day));
    }
    let hint = match (run.paid_on, run.is_added) {
        (None, _) => "Nothing is owed for it any more; another may be declared for these days.",
        (Some(_), false) => "The declaration and what was paid. To take back only the payment, open its note below.",
        (Some(_), true) => {
            "The declaration, what was paid, and the shares that were added, while every member still has them. To take \
             back only the payment, open its note below."
        }
    };
    Deed::new("taking-back", "Take all of it back", format!("{}/taking-back", place(run.id)))
        .asking(fields)
        .saying(hint, "Take it back")
}

async fn take_back(desk: Desk, id: web::Path<i64>, pairs: Pairs) -> Result<HttpResponse, Problem> {
    let id = *id;
    let done = once(&desk, "taking-back", &["reason", "on"], pairs.into_inner(), move |conn, now, deed, form| {
        proposed::enter(conn, now, deed, Proposable::InterestTakingBack, &id.to_string(), form)
    });
    match done.await? {
        Ok(answer) => Ok(answer),
        Err(sent) => shown_with(desk, id, Some(sent)).await,
    }
}

/// Takes a declaration back, with its payment, for the reason in the form.
pub(super) fn perform(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &shares::Deed,
    id: i64,
    form: &Form,
) -> Result<Done, Problem> {
    let reason = words_in(form, "reason")?;
    interest::take_back(conn, now, deed, id, (&reason, day_in(form, "on")?))?;
    let done = Done::new(place(id), "interest taken back", format!("run {id}")).saying(reason);
    Ok(Done { kept: Some(place(id)), ..done })
}
