//! The queue: lines that wait, the oldest first, each as a card with the best that is known of it.
//!
//! Invariant: every choice is a plain form; the keys of the page only press its buttons.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;

use super::{Asked, Desk, Pairs, says_bounced, see_other, seen, settled, undone};
use crate::db::{Conn, DbError};
use crate::desk::allowed::Allowed;
use crate::desk::bank::{self, Card};
use crate::desk::routes::bank::parts;
use crate::http::{Form, Problem, Routes, Shell, page};
use crate::money::display;
use crate::staff::{Actor, May};
use crate::statements::matching::{self, rules, words};
use crate::statements::{self, Line, LineState, Place, Wanted};

pub(super) fn routes(at: &mut Routes) {
    at.desk().get("/bank/queue", May::Read, show);
    at.desk().post("/bank/lines/{id}/choice", May::Enter, choose);
    at.desk().post("/bank/undo", May::Enter, undo_last);
}

/// Cards on a page: a quarter of an hour's work.
const PAGE: usize = 15;

#[derive(Template)]
#[template(path = "desk/bank/queue.html")]
struct QueuePage {
    shell: Shell,
    actor: Actor,
    may: Allowed,
    path: String,
    queue: Queue,
    /// Why the last choice did not land.
    objection: Option<String>,
}

/// A page of the queue.
struct Queue {
    cards: Vec<Card>,
    /// How many wait in all.
    waiting: i64,
    /// How many of this page are certain.
    certain: usize,
    /// Where this page begins, as the address has it; empty for the start.
    after: String,
    /// Where the next page begins.
    next: Option<String>,
    /// What this member of staff did last, and can undo.
    last: Option<Last>,
    has_statements: bool,
}

struct Last {
    line: i64,
    words: String,
}

async fn show(desk: Desk, asked: Asked) -> Result<HttpResponse, Problem> {
    let after = Form::sent(asked.into_inner()).value("after").to_owned();
    shown(desk, after, None).await
}

async fn shown(desk: Desk, after: String, objection: Option<Problem>) -> Result<HttpResponse, Problem> {
    let who = desk.actor.who();
    let queue = desk.read(move |conn, _| Ok(queue(conn, &after, &who)?)).await?;
    let status = objection.as_ref().map_or(StatusCode::OK, |problem| problem.status);
    let may = desk.may();
    let objection = objection.map(|problem| problem.detail);
    let path = "/desk/bank/queue".to_owned();
    page(status, &QueuePage { shell: desk.shell, actor: desk.actor, may, path, queue, objection })
}

/// "2021-06-03:12", where a page goes on.
pub(super) fn place(text: &str) -> Option<Place> {
    let (day, id) = text.split_once(':')?;
    Some((day.parse().ok()?, id.parse().ok()?))
}

fn queue(conn: &mut Conn, after: &str, who: &str) -> Result<Queue, DbError> {
    let start = place(after);
    let wanted = Wanted { state: Some(LineState::Waiting), after: start, ..Wanted::default() };
    let mut lines = statements::lines(conn, &wanted, PAGE as i64 + 1)?;
    let goes_on = lines.len() > PAGE;
    lines.truncate(PAGE);
    let next = lines.last().filter(|_| goes_on).map(|line| format!("{}:{}", line.booked_on, line.id));
    let cards = cards(conn, &lines)?;
    let certain = cards.iter().filter(|card| card.offers.first().is_some_and(|offer| offer.is_certain)).count();
    Ok(Queue {
        certain,
        cards,
        waiting: statements::count(conn, LineState::Waiting, None)?,
        after: if start.is_some() { after.to_owned() } else { String::new() },
        next,
        last: last(conn, who)?,
        has_statements: statements::newest(conn)?.is_some(),
    })
}

/// Lines with what they may be for.
pub(super) fn cards(conn: &mut Conn, lines: &[Line]) -> Result<Vec<Card>, DbError> {
    let (books, mentions) = matching::candidates(conn, lines)?;
    let told = lines.iter().zip(&mentions).map(|(line, mentions)| {
        let offers = rules::offers(line, mentions, &books);
        let offers = offers.iter().map(|offer| words::tell(offer, line, &books)).collect();
        Card { offers, ..bank::card(line, books.currency) }
    });
    Ok(told.collect())
}

fn last(conn: &mut Conn, who: &str) -> Result<Option<Last>, DbError> {
    let Some(id) = matching::last_of(conn, who)? else { return Ok(None) };
    let Some(line) = statements::line(conn, id)? else { return Ok(None) };
    let (currency, _) = matching::home(conn)?;
    let live = matching::live(conn, id)?;
    let what = bank::summary(&live, currency);
    let caution = if says_bounced(conn, &live)? { " (what bounced stays bounced if this is undone)" } else { "" };
    let from = bank::card(&line, currency).payer;
    Ok(Some(Last { line: id, words: format!("{} from {from}: {what}{caution}", display(line.amount_minor, currency)) }))
}

/// One key: what was offered, other income, or nothing yet.
async fn choose(desk: Desk, id: web::Path<i64>, pairs: Pairs) -> Result<HttpResponse, Problem> {
    let form = Form::sent(pairs.into_inner());
    let (hand, id, sent) = (desk.hand(), *id, form.clone());
    let landed = desk
        .write(move |conn, now| {
            let line = statements::line(conn, id)?.ok_or_else(|| Problem::not_found("There is no such line."))?;
            let part = parts::chosen(&line, sent.value("choice"))?;
            settled(conn, now, &hand, (id, seen(&sent)), &[part])?;
            next_of(conn, &line)
        })
        .await;
    match landed {
        Ok(next) => Ok(see_other(&onward(&form, next))),
        Err(problem) if problem.status == StatusCode::CONFLICT || problem.status.as_u16() == 422 => {
            shown(desk, form.value("after").to_owned(), Some(problem)).await
        }
        Err(problem) => Err(problem),
    }
}

/// The line that waits behind this one; the first of all when there is none.
pub(super) fn next_of(conn: &mut Conn, line: &Line) -> Result<Option<i64>, Problem> {
    let behind = Wanted { state: Some(LineState::Waiting), after: Some(line.place()), ..Wanted::default() };
    let first = Wanted { state: Some(LineState::Waiting), ..Wanted::default() };
    let next = match statements::lines(conn, &behind, 1)?.pop() {
        Some(next) => Some(next),
        None => statements::lines(conn, &first, 1)?.pop(),
    };
    Ok(next.map(|line| line.id))
}

/// Where somebody goes on who came from the queue, or from the list of money that was left unallocated.
pub(super) fn onward(form: &Form, next: Option<i64>) -> String {
    if form.has("back", "unallocated") {
        return "/desk/bank/unallocated".to_owned();
    }
    let after = form.value("after");
    let page = place(after).map(|_| format!("?after={after}")).unwrap_or_default();
    next.map_or_else(|| "/desk/bank/queue".to_owned(), |id| format!("/desk/bank/queue{page}#line-{id}"))
}

/// Takes back what this member of staff did last.
async fn undo_last(desk: Desk, pairs: Pairs) -> Result<HttpResponse, Problem> {
    let form = Form::sent(pairs.into_inner());
    let hand = desk.hand();
    let wanted: Option<i64> = form.value("line").parse().ok();
    let landed = desk
        .write(move |conn, now| {
            // What the page showed is undone, not what came after it: a second click finds nothing to do.
            let last = matching::last_of(conn, &hand.actor.who())?.filter(|last| Some(*last) == wanted);
            let id = last.ok_or_else(|| Problem::conflict("There is nothing of yours left to undo."))?;
            undone(conn, now, &hand, id, "")?;
            Ok(id)
        })
        .await;
    match landed {
        Ok(id) => Ok(see_other(&onward(&form, Some(id)))),
        Err(problem) if problem.status == StatusCode::CONFLICT || problem.status.as_u16() == 422 => {
            shown(desk, form.value("after").to_owned(), Some(problem)).await
        }
        Err(problem) => Err(problem),
    }
}
