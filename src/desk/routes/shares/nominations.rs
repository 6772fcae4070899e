//! The book of nominations (Act of 2014, section 37): the whole of it, and each nomination with its variations and its
//! revocation.

use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};

use super::member_acts::{FIELDS, nomination as typed};
use super::member_deeds::{Act, nomination_fields};
use super::proposed::{self, Proposable};
use super::{Desk, Done, Pairs, Sent, asked, drawn, holder_cell, notes, number_of, on_one_line, once, shown};
use crate::db::Conn;
use crate::desk::allowed::Allowed;
use crate::desk::folio::{Cell, Deed, Field, Folio, Kind, Table, badge, hinted, link, number, text};
use crate::desk::routes::Asked;
use crate::desk::written::short_day;
use crate::funds::words::day;
use crate::http::{Form, Problem, Routes};
use crate::shares::notes::NoteKind;
use crate::shares::{self, Holder, Nomination, ShareError};
use crate::staff::May;

pub(super) fn routes(at: &mut Routes) {
    at.desk()
        .get("/shares/nominations", May::Read, list)
        .get("/shares/nominations/{id}", May::Read, show)
        .post("/shares/nominations/{id}/variation", May::Keep, send_variation)
        .post("/shares/nominations/{id}/revocation", May::Keep, send_revocation);
}

/// Nominations on one page of the book.
const SHOWN: i64 = 100;

/// Where a nomination is shown.
pub(super) fn place(id: i64) -> String {
    format!("/desk/shares/nominations/{id}")
}

/// How a nomination stands.
pub(super) fn state(one: &Nomination) -> Cell {
    match one.revoked_on {
        _ if one.taken_back_at.is_some() => badge("entered in error", ""),
        Some(on) => badge(format!("ended {}: {}", short_day(on), one.revoked_reason), ""),
        None => badge("in force", "good"),
    }
}

async fn list(desk: Desk, pairs: Asked) -> Result<HttpResponse, Problem> {
    let folio = desk
        .read(move |conn, _| {
            let mut folio = Folio::under("The register", "/desk/shares/register", "Book of nominations");
            folio.lead =
                "Whom members want to have their property in the society on death, up to £5,000 (Act of 2014, \
                          section 37). A nomination is entered on the page of the member."
                    .to_owned();
            let before = asked(&pairs, "before").parse().unwrap_or(i64::MAX);
            let mut found = shares::book_of_nominations(conn, before, SHOWN + 1)?;
            let is_more = found.len() as i64 > SHOWN;
            found.truncate(SHOWN as usize);
            let heads = ["Number", "Member", "Nominee", "Relation", "#Part", "Signed", "State"];
            let mut table = Table::new("", &heads, "Nobody was nominated yet.");
            for one in &found {
                let holder = holder_of(conn, one)?;
                table.row(vec![
                    link(one.id.to_string(), place(one.id)),
                    holder_cell(&holder),
                    text(format!("{}, {}", one.nominee, on_one_line(&one.address))),
                    text(&one.relation),
                    number(format!("{} %", one.percent)),
                    text(short_day(one.made_on)),
                    state(one),
                ]);
            }
            folio.pager.0 = (before != i64::MAX).then(|| "/desk/shares/nominations".to_owned());
            let last = found.last().filter(|_| is_more);
            folio.pager.1 = last.map(|last| format!("/desk/shares/nominations?before={}", last.id));
            folio.tables.push(table);
            Ok(folio)
        })
        .await?;
    shown(desk, folio)
}

fn holder_of(conn: &mut Conn, one: &Nomination) -> Result<Holder, Problem> {
    let holder = shares::holder(conn, one.holder_id)?;
    holder.ok_or_else(|| ShareError::UnknownNomination.into())
}

async fn show(desk: Desk, id: web::Path<i64>) -> Result<HttpResponse, Problem> {
    shown_with(desk, *id, None).await
}

async fn shown_with(desk: Desk, id: i64, sent: Sent) -> Result<HttpResponse, Problem> {
    drawn(desk, sent, move |conn, now, may, sent| folio(conn, now, may, id, sent)).await
}

fn known(conn: &mut Conn, id: i64) -> Result<Nomination, Problem> {
    shares::nomination(conn, id)?.ok_or_else(|| Problem::not_found(ShareError::UnknownNomination))
}

fn folio(
    conn: &mut Conn,
    now: DateTime<Utc>,
    may: Allowed,
    id: i64,
    sent: Option<&(String, Form)>,
) -> Result<Folio, Problem> {
    let one = known(conn, id)?;
    let holder = holder_of(conn, &one)?;
    let zone = shares::settings(conn)?.zone;
    let today = crate::clock::date_in(now, zone);
    let title = format!("Nomination {id}: {}", one.nominee);
    let mut folio = Folio::under("Book of nominations", "/desk/shares/nominations", title);
    let standing = state(&one);
    folio.badge = Some((standing.text, standing.tone.unwrap_or_default()));
    folio.fact("Member", holder_cell(&holder));
    folio.fact("Nominee", text(format!("{}, {}", one.nominee, on_one_line(&one.address))));
    folio.fact("The member is their", text(&one.relation));
    folio.fact("Officer or employee", text(if one.is_officer { "yes" } else { "no" }));
    folio.fact("Part of the property", text(format!("{} per cent", one.percent)));
    folio.fact("Statement signed on", text(day(one.made_on)));
    if let Some(old) = one.varies {
        folio.fact("In the place of", link(format!("nomination {old}"), place(old)));
    }
    if one.is_in_force() && may.keep {
        let at = place(id);
        folio.deeds.push(
            Deed::new("variation", "Vary it", format!("{at}/variation"))
                .asking(nomination_fields())
                .saying(
                    "By a later signed statement of the member (section 38). This one ends, the new one takes its place.",
                    "Enter the variation",
                )
                .with("nominee", &one.nominee)
                .with("address", &one.address)
                .with("relation", &one.relation)
                .with("is_officer", if one.is_officer { "true" } else { "" })
                .with("percent", one.percent.to_string())
                .with("made_on", today.to_string())
                .again(sent),
        );
        folio.deeds.push(
            Deed::new("revocation", "Revoke it", format!("{at}/revocation"))
                .asking(revocation_fields())
                .saying("", "Revoke")
                .again(sent),
        );
    }
    folio.history.push(notes::of_row(conn, NoteKind::Nomination, id)?);
    Ok(folio)
}

/// What a revocation asks: the member's word counts from its own day, also where it is read after a death.
pub(super) fn revocation_fields() -> Vec<Field> {
    vec![
        hinted("revoked_on", "Revoked on", "The day of the member’s letter; empty for today.", Kind::Day),
        hinted("reason", "Why", "The member’s letter, a marriage since.", Kind::Line),
    ]
}

async fn answered(desk: Desk, id: i64, done: Result<HttpResponse, (String, Form)>) -> Result<HttpResponse, Problem> {
    match done {
        Ok(answer) => Ok(answer),
        Err(sent) => shown_with(desk, id, Some(sent)).await,
    }
}

async fn send_variation(desk: Desk, id: web::Path<i64>, pairs: Pairs) -> Result<HttpResponse, Problem> {
    let id = *id;
    let done = once(&desk, "variation", FIELDS, pairs.into_inner(), move |conn, now, deed, form| {
        proposed::enter(conn, now, deed, Proposable::Variation, &id.to_string(), form)
    });
    let done = done.await?;
    answered(desk, id, done).await
}

async fn send_revocation(desk: Desk, id: web::Path<i64>, mut pairs: Pairs) -> Result<HttpResponse, Problem> {
    let id = *id;
    // As the list on the member's page sends it.
    pairs.0.push(("chosen".to_owned(), id.to_string()));
    let done =
        once(&desk, "revocation", &["revoked_on", "reason"], pairs.into_inner(), move |conn, now, deed, form| {
            let one = known(conn, id)?;
            let member = holder_of(conn, &one)?.called();
            number_of(&member)?;
            proposed::enter(conn, now, deed, Proposable::Of(Act::Revoke), &member, form)
        });
    let done = done.await?;
    answered(desk, id, done).await
}

/// Varies a nomination as the form says.
pub(super) fn vary(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &shares::Deed,
    id: i64,
    form: &Form,
) -> Result<Done, Problem> {
    let one = known(conn, id)?;
    let member = number_of(&holder_of(conn, &one)?.called())?;
    let note = shares::vary_nomination(conn, now, deed, id, &typed(member, form)?)?;
    let new = shares::notes::note(conn, note)?.map_or(id, |note| note.row_id);
    Ok(Done::new(place(new), "nomination varied", member).saying(format!("{id} by {new}")).noted(note))
}
