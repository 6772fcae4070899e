//! What one person entered and another decides: the list, each on its page in words, and both answers.

use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};

use super::proposed::{self, Proposable};
use super::{Desk, Done, Pairs, Sent, asked, drawn, once, said, words_in};
use crate::db::Conn;
use crate::desk::allowed::Allowed;
use crate::desk::folio::{Cell, Deed, Folio, Kind, Table, badge, hinted, link, text};
use crate::desk::routes::Asked;
use crate::desk::written::{moment, who};
use crate::http::{Form, Problem, Routes};
use crate::shares::numbers::grouped;
use crate::shares::proposals::{self, Proposal, ProposalStatus, Verdict};
use crate::shares::{self, Event, ShareError};
use crate::staff::May;

pub(super) fn routes(at: &mut Routes) {
    at.desk()
        .get("/shares/proposals", May::Read, list)
        .get("/shares/proposals/{id}", May::Read, show)
        .post("/shares/proposals/{id}/approval", May::Keep, approve)
        .post("/shares/proposals/{id}/refusal", May::Keep, refuse);
}

/// Proposals on one page, of those that wait and of those that were decided.
const SHOWN: i64 = 100;

/// Where a proposal is shown.
pub(super) fn place(id: i64) -> String {
    format!("/desk/shares/proposals/{id}")
}

/// Adds who entered what is kept at a place, when another decided it.
pub(super) fn entered(conn: &mut Conn, folio: &mut Folio, at: &str) -> Result<(), Problem> {
    for one in proposals::of_place(conn, at)? {
        entered_by(folio, &one);
    }
    Ok(())
}

/// Adds who entered an event of the book; one that was decided with others is found by the moment of that decision.
pub(super) fn entered_event(conn: &mut Conn, folio: &mut Folio, event: &Event) -> Result<(), Problem> {
    entered(conn, folio, &super::event::place(event.number))?;
    let many = Proposable::Allotments.name();
    for one in proposals::approved_at(conn, many, event.recorded_at)? {
        if proposed::form_of(&one)?.has("chosen", &event.subject) {
            entered_by(folio, &one);
        }
    }
    Ok(())
}

fn entered_by(folio: &mut Folio, one: &Proposal) {
    let by = one.decided_by.as_deref().map(who).unwrap_or_default();
    let words = format!("{}: entered by {}, decided by {by}", one.deed, who(&one.recorded_by));
    folio.fact("Two people", link(words, place(one.id)));
}

/// Adds what waits for a second person about an application or a withdrawal, so that nobody enters it twice.
pub(super) fn waits(conn: &mut Conn, folio: &mut Folio, reference: &str) -> Result<(), Problem> {
    for one in proposals::waiting_about(conn, reference, &[Proposable::Allotments.name()])? {
        if one.subject == reference || proposed::form_of(&one)?.has("chosen", reference) {
            let words = format!("{}, entered by {}", one.deed, who(&one.recorded_by));
            folio.fact("Waits for a second person", link(words, place(one.id)));
        }
    }
    Ok(())
}

/// A list of proposals: all that wait, page by page, and then all that were decided.
async fn list(desk: Desk, pairs: Asked) -> Result<HttpResponse, Problem> {
    let pairs = pairs.into_inner();
    drawn(desk, None, move |conn, _, _, _| {
        let mut folio = Folio::under("Overview", "/desk/shares", "For a second person");
        folio.lead = "Nobody decides what they entered; nothing counts before it is approved.".to_owned();
        let number = |name| asked(&pairs, name).parse::<i64>().ok();
        let (after, before) = (number("after").unwrap_or(0), number("before"));
        let mut waiting = proposals::waiting(conn, after, SHOWN + 1)?;
        let is_more = waiting.len() as i64 > SHOWN;
        waiting.truncate(SHOWN as usize);
        if is_more {
            let count = grouped(proposals::count_waiting(conn)?);
            folio.notice = Some((format!("{count} wait in all; the next page has more of them."), "wait"));
        }
        let mut decided = proposals::decided(conn, before.unwrap_or(i64::MAX), SHOWN + 1)?;
        let is_older = decided.len() as i64 > SHOWN;
        decided.truncate(SHOWN as usize);
        let at = |query: String| format!("/desk/shares/proposals?{query}");
        folio.pager.0 = (after > 0 || before.is_some()).then(|| "/desk/shares/proposals".to_owned());
        folio.pager.1 = if is_more {
            waiting.last().map(|last| at(format!("after={}", last.id)))
        } else {
            decided.last().filter(|_| is_older).map(|last| at(format!("after={after}&before={}", last.id)))
        };
        folio.tables.push(table(conn, "", "Nothing waits for a second person.", &waiting)?);
        folio.history.push(table(conn, "Decided", "Nothing was decided yet.", &decided)?);
        Ok(folio)
    })
    .await
}

fn table(conn: &mut Conn, title: &str, empty: &str, found: &[Proposal]) -> Result<Table, Problem> {
    let zone = shares::settings(conn)?.zone;
    let mut table = Table::new(title, &["Number", "What will be done", "By", "When", "State"], empty);
    for one in found {
        table.row(vec![
            link(one.id.to_string(), place(one.id)),
            text(said::proposal(conn, one)?),
            text(who(&one.recorded_by)),
            text(moment(one.recorded_at.and_utc(), zone)),
            state(one),
        ]);
    }
    Ok(table)
}

async fn show(desk: Desk, id: web::Path<i64>) -> Result<HttpResponse, Problem> {
    shown_with(desk, *id, None).await
}

async fn shown_with(desk: Desk, id: i64, sent: Sent) -> Result<HttpResponse, Problem> {
    let me = desk.actor.who();
    drawn(desk, sent, move |conn, now, may, sent| folio(conn, now, (may, &me), id, sent)).await
}

fn folio(
    conn: &mut Conn,
    _: DateTime<Utc>,
    (may, me): (Allowed, &str),
    id: i64,
    sent: Option<&(String, Form)>,
) -> Result<Folio, Problem> {
    let one = proposals::proposal(conn, id)?.ok_or_else(|| Problem::not_found(ShareError::UnknownProposal))?;
    let zone = shares::settings(conn)?.zone;
    let mut folio = Folio::under("For a second person", "/desk/shares/proposals", title(&one.deed));
    let standing = state(&one);
    folio.badge = Some((standing.text, standing.tone.unwrap_or_default()));
    folio.lead = said::proposal(conn, &one)?;
    folio.fact("About", about(&one));
    folio.fact("Entered by", text(who(&one.recorded_by)));
    folio.fact("Entered", text(moment(one.recorded_at.and_utc(), zone)));
    if let Some(kept) = &one.place {
        folio.fact("What came of it", link("as it was recorded", kept));
    }
    if Proposable::from_name(&one.deed) == Some(Proposable::Allotments) {
        folio.history.push(super::applications::chosen_table(conn, &proposed::form_of(&one)?)?);
    }
    if one.status == ProposalStatus::Waiting && may.keep {
        let is_own = one.recorded_by == me;
        if is_own {
            let words = "You entered this, so somebody else approves it. You may take it back by refusing it.";
            folio.notice = Some((words.to_owned(), "wait"));
        }
        folio.deeds = deeds(&one, is_own, sent);
    }
    Ok(folio)
}

/// "Transfer", "Refusal of an application"
fn title(deed: &str) -> String {
    let mut letters = deed.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn deeds(one: &Proposal, is_own: bool, sent: Option<&(String, Form)>) -> Vec<Deed> {
    let at = place(one.id);
    let refusal = Deed::new("refusal", "Refuse", format!("{at}/refusal"))
        .asking(vec![hinted("reason", "Why", "Whoever entered it reads this.", Kind::Line)])
        .saying("It stays in this list, and nothing else happens.", "Refuse");
    if is_own {
        return vec![refusal.again(sent)];
    }
    let approval = Deed::new("approval", "Approve", format!("{at}/approval"))
        .saying("It is done at once, as the words above say. Both names are kept.", "Approve");
    vec![approval.open().again(sent), refusal.again(sent)]
}

/// What it is about, and where that is.
fn about(one: &Proposal) -> Cell {
    use Proposable as P;
    let subject = &one.subject;
    match P::from_name(&one.deed) {
        Some(P::Of(_)) => link(subject, format!("/desk/shares/members/{subject}")),
        Some(P::Reversal) => link(format!("event {subject}"), format!("/desk/shares/events/{subject}")),
        Some(P::TakingBack) => link(format!("note {subject}"), format!("/desk/shares/notes/{subject}")),
        Some(P::Allotments) => link(subject, "/desk/shares/applications"),
        Some(P::Terms) => link(format!("class {subject}"), "/desk/shares/rules"),
        Some(P::Settings) => link("the settings", "/desk/shares/rules"),
        Some(P::Allotment | P::ApplicationRefusal) => link(subject, format!("/desk/shares/applications/{subject}")),
        Some(P::WithdrawalAgreement | P::WithdrawalRefusal | P::WithdrawalPayment) => {
            link(subject, format!("/desk/shares/withdrawals/{subject}"))
        }
        Some(P::Variation) => link(format!("nomination {subject}"), format!("/desk/shares/nominations/{subject}")),
        Some(P::Suspension | P::Resumption) => link("withdrawals", "/desk/shares/withdrawals"),
        Some(P::Office | P::Departure) => link("officers", "/desk/shares/officers"),
        Some(P::Interest) => link("interest", "/desk/shares/interest"),
        Some(P::InterestPayment | P::InterestTakingBack) => {
            link(format!("declaration {subject}"), format!("/desk/shares/interest/{subject}"))
        }
        None => text(subject),
    }
}

fn state(one: &Proposal) -> Cell {
    let by = one.decided_by.as_deref().map(who).unwrap_or_default();
    match one.status {
        ProposalStatus::Approved => badge(format!("approved by {by}"), "good"),
        ProposalStatus::Refused => badge(format!("refused by {by}: {}", one.reason), "bad"),
        ProposalStatus::Waiting => badge("waiting", "wait"),
    }
}

async fn approve(desk: Desk, id: web::Path<i64>, pairs: Pairs) -> Result<HttpResponse, Problem> {
    let id = *id;
    let done = once(&desk, "approval", &[], pairs.into_inner(), move |conn, now, deed, _| {
        let one = proposals::decide(conn, now, deed, id, &Verdict::Approved)?;
        let done = proposed::approved(conn, now, deed, &one)?;
        if let Some(kept) = &done.kept {
            proposals::set_place(conn, id, kept)?;
        }
        Ok(done.saying(format!("entered by {}", who(&one.recorded_by))))
    });
    match done.await? {
        Ok(answer) => Ok(answer),
        Err(sent) => shown_with(desk, id, Some(sent)).await,
    }
}

async fn refuse(desk: Desk, id: web::Path<i64>, pairs: Pairs) -> Result<HttpResponse, Problem> {
    let id = *id;
    let done = once(&desk, "refusal", &["reason"], pairs.into_inner(), move |conn, now, deed, form| {
        let reason = words_in(form, "reason")?;
        let one = proposals::decide(conn, now, deed, id, &Verdict::Refused(reason.clone()))?;
        Ok(Done::new("/desk/shares/proposals", "proposal refused", one.subject).saying(reason))
    });
    match done.await? {
        Ok(answer) => Ok(answer),
        Err(sent) => shown_with(desk, id, Some(sent)).await,
    }
}
