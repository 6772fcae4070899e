//! What one person entered and another decides: the list, and both answers.

use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};

use super::member_acts;
use super::member_deeds::Act;
use super::{Desk, Done, Pairs, Sent, drawn, form_limit, number_of, once, words_in};
use crate::db::Conn;
use crate::desk::folio::{Deed, Folio, Kind, Table, badge, hinted, link, text};
use crate::desk::written::{moment, who};
use crate::http::{Form, Problem};
use crate::shares::proposals::{self, NewProposal, Proposal, Verdict};
use crate::shares::{self, ShareError};

pub(super) fn routes(at: &mut web::ServiceConfig) {
    at.service(web::resource("/desk/shares/proposals").route(web::get().to(show)))
        .service(
            web::resource("/desk/shares/proposals/{id}/approval").app_data(form_limit()).route(web::post().to(approve)),
        )
        .service(
            web::resource("/desk/shares/proposals/{id}/refusal").app_data(form_limit()).route(web::post().to(refuse)),
        );
}

/// Proposals shown.
const SHOWN_MAX: i64 = 200;
/// What a reversal is called among the proposals.
pub(super) const REVERSAL: &str = "reversal";

/// Keeps a form for somebody else to decide.
pub(super) fn propose(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &shares::Deed,
    slug: &str,
    subject: &str,
    form: &Form,
) -> Result<Done, Problem> {
    let words = serde_json::to_string(form.pairs()).map_err(Problem::internal)?;
    let id = proposals::propose(conn, now, deed, &NewProposal { deed: slug, subject, form: &words })?;
    Ok(Done::new("/desk/shares/proposals", "proposed for a second person", subject).saying(format!("{slug}, {id}")))
}

async fn show(desk: Desk) -> Result<HttpResponse, Problem> {
    shown_with(desk, None).await
}

async fn shown_with(desk: Desk, sent: Sent) -> Result<HttpResponse, Problem> {
    let me = desk.actor.who();
    drawn(desk, sent, move |conn, _, may, sent| {
        let zone = shares::settings(conn)?.zone;
        let mut folio = Folio::under("Overview", "/desk/shares", "For a second person");
        folio.lead = "Nobody decides what they entered; nothing counts before it is approved.".to_owned();
        let heads = ["What", "About", "As it was entered", "By", "When", "State"];
        let mut table = Table::new("", &heads, "Nothing waits for a second person.");
        for one in proposals::newest(conn, SHOWN_MAX)? {
            table.row(vec![
                text(&one.deed),
                subject(&one),
                text(told(&one)),
                text(who(&one.recorded_by)),
                text(moment(one.recorded_at.and_utc(), zone)),
                state(&one),
            ]);
            if one.status == "waiting" && may.keep {
                folio.deeds.extend(deeds(&one, one.recorded_by == me, sent));
            }
        }
        folio.history.push(table);
        Ok(folio)
    })
    .await
}

fn deeds(one: &Proposal, is_own: bool, sent: Option<&(String, Form)>) -> Vec<Deed> {
    let place = format!("/desk/shares/proposals/{}", one.id);
    let title = |verb: &str| format!("{verb} the {} of {}", one.deed, one.subject);
    let refusal = Deed::new(slug("refusal", one.id), &title("Refuse"), format!("{place}/refusal"))
        .asking(vec![hinted("reason", "Why", "Whoever entered it reads this.", Kind::Line)])
        .saying("", "Refuse");
    if is_own {
        return vec![refusal.again(sent)];
    }
    let approval = Deed::new(slug("approval", one.id), &title("Approve"), format!("{place}/approval"))
        .saying(&told(one), "Approve");
    vec![approval.open().again(sent), refusal.again(sent)]
}

/// The form of an answer among those of the page.
fn slug(answer: &str, id: i64) -> String {
    format!("{answer}-{id}")
}

fn pairs_of(one: &Proposal) -> Vec<(String, String)> {
    serde_json::from_str(&one.form).unwrap_or_default()
}

/// What was typed, without what was left empty: "shares: 6, to: M000001".
fn told(one: &Proposal) -> String {
    let typed = pairs_of(one).into_iter().filter(|(name, value)| name != "key" && !value.trim().is_empty());
    typed.map(|(name, value)| format!("{}: {}", name.replace('_', " "), value.trim())).collect::<Vec<_>>().join(", ")
}

fn subject(one: &Proposal) -> crate::desk::folio::Cell {
    let folder = if one.deed == REVERSAL { "events" } else { "members" };
    link(&one.subject, format!("/desk/shares/{folder}/{}", one.subject))
}

fn state(one: &Proposal) -> crate::desk::folio::Cell {
    let by = one.decided_by.as_deref().map(who).unwrap_or_default();
    match one.status.as_str() {
        "approved" => badge(format!("approved by {by}"), "good"),
        "refused" => badge(format!("refused by {by}: {}", one.reason), "bad"),
        _ => badge("waiting", "wait"),
    }
}

/// Does what was proposed.
fn perform(conn: &mut Conn, now: DateTime<Utc>, deed: &shares::Deed, one: &Proposal) -> Result<Done, Problem> {
    let form = Form::sent(pairs_of(one));
    if one.deed == REVERSAL {
        let number = one.subject.parse().map_err(|_| ShareError::UnknownProposal)?;
        return super::event::perform(conn, now, deed, number, &form);
    }
    let act = Act::PROPOSED.into_iter().find(|act| act.slug() == one.deed).ok_or(ShareError::UnknownProposal)?;
    member_acts::perform(act, number_of(&one.subject)?, conn, now, deed, &form)
}

async fn approve(desk: Desk, id: web::Path<i64>, pairs: Pairs) -> Result<HttpResponse, Problem> {
    let id = *id;
    let done = once(&desk, slug("approval", id), &[], pairs.into_inner(), move |conn, now, deed, _| {
        let one = proposals::decide(conn, now, deed, id, &Verdict::Approved)?;
        let done = perform(conn, now, deed, &one)?;
        Ok(done.saying(format!("entered by {}", who(&one.recorded_by))))
    });
    match done.await? {
        Ok(answer) => Ok(answer),
        Err(sent) => shown_with(desk, Some(sent)).await,
    }
}

async fn refuse(desk: Desk, id: web::Path<i64>, pairs: Pairs) -> Result<HttpResponse, Problem> {
    let id = *id;
    let done = once(&desk, slug("refusal", id), &["reason"], pairs.into_inner(), move |conn, now, deed, form| {
        let reason = words_in(form, "reason")?;
        let one = proposals::decide(conn, now, deed, id, &Verdict::Refused(reason.clone()))?;
        Ok(Done::new("/desk/shares/proposals", "proposal refused", one.subject).saying(reason))
    });
    match done.await? {
        Ok(answer) => Ok(answer),
        Err(sent) => shown_with(desk, Some(sent)).await,
    }
}
