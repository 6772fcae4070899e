//! The ledger for people: entries with their lines, newest first, and the trial balance at any date.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use chrono_tz::Tz;

use super::{Asked, Desk, status_of};
use crate::clock::date_in;
use crate::db::{Conn, DbError};
use crate::desk::allowed::Allowed;
use crate::desk::journal::{self, EntryView, Trial};
use crate::desk::seam::{self, SeamLine};
use crate::desk::search::read_date;
use crate::funds::{self, words};
use crate::http::Form;
use crate::http::{Problem, Routes, Shell, page};
use crate::ledger::{self, chain};
use crate::shares;
use crate::staff::{Actor, May};

pub(super) fn routes(at: &mut Routes) {
    at.desk().get("/ledger", May::Read, list);
    at.desk().get("/ledger/accounts", May::Read, accounts);
    at.desk().get("/ledger/entries/{number}", May::Read, show);
}

/// Entries on a page; each has two lines or more.
const PAGE: i64 = 40;

/// The clock on the wall beside the ledger: that of the first fund.
fn zone(conn: &mut Conn) -> Result<Tz, DbError> {
    Ok(funds::all(conn)?.first().map_or(Tz::UTC, |fund| fund.zone))
}

#[derive(Template)]
#[template(path = "desk/ledger.html")]
struct LedgerPage {
    shell: Shell,
    actor: Actor,
    may: Allowed,
    entries: Vec<EntryView>,
    head: i64,
    hash: String,
    newer: Option<i64>,
    older: Option<i64>,
}

async fn list(desk: Desk, asked: Asked) -> Result<HttpResponse, Problem> {
    let asked = Form::sent(asked.into_inner());
    let before: Option<i64> = asked.value("before").parse().ok();
    let after: Option<i64> = asked.value("after").parse().ok().filter(|_| before.is_none());
    let (zone, mut entries, head) = desk
        .read(move |conn, _| {
            let entries = match after {
                Some(after) => ledger::entries_after(conn, after, PAGE)?,
                None => ledger::entries_before(conn, before, PAGE)?,
            };
            Ok((zone(conn)?, entries, ledger::head(conn)?))
        })
        .await?;
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.number));
    let entries: Vec<EntryView> = entries.into_iter().map(|entry| journal::entry(entry, zone)).collect();
    // Numbers have no gap, so the numbers themselves say whether anything lies beyond.
    let newer = entries.first().map(|entry| entry.number).filter(|number| *number < head.number);
    let older = entries.last().map(|entry| entry.number).filter(|number| *number > 1);
    let hash = chain::hex(&head.hash);
    let (may, shell, actor, head) = (desk.may(), desk.shell, desk.actor, head.number);
    page(StatusCode::OK, &LedgerPage { shell, actor, may, entries, head, hash, newer, older })
}

#[derive(Template)]
#[template(path = "desk/entry.html")]
struct EntryPage {
    shell: Shell,
    actor: Actor,
    entry: EntryView,
    head: i64,
}

async fn show(desk: Desk, number: web::Path<i64>) -> Result<HttpResponse, Problem> {
    let (zone, mut entries, head) = desk
        .read(move |conn, _| Ok((zone(conn)?, ledger::entries_numbered(conn, &[*number])?, ledger::head(conn)?.number)))
        .await?;
    let Some(entry) = entries.pop() else {
        return Err(Problem::not_found(format!("The ledger has no such entry. The last one is number {head}.")));
    };
    let entry = journal::entry(entry, zone);
    page(StatusCode::OK, &EntryPage { shell: desk.shell, actor: desk.actor, entry, head })
}

#[derive(Template)]
#[template(path = "desk/accounts.html")]
struct AccountsPage {
    shell: Shell,
    actor: Actor,
    form: Form,
    as_at: String,
    trials: Vec<Trial>,
    seams: Vec<SeamLine>,
}

async fn accounts(desk: Desk, asked: Asked) -> Result<HttpResponse, Problem> {
    let mut form = Form::sent(asked.into_inner());
    let typed = form.value("as_at").trim().to_owned();
    let chosen = if typed.is_empty() { None } else { form.checked("as_at", read_date(&typed)) };
    let (date, balances, seams) = desk
        .read(move |conn, now| {
            let today = date_in(now, zone(conn)?);
            let date = chosen.unwrap_or(today);
            Ok((date, ledger::balances(conn, date)?, seam::lines(&shares::seams(conn, date)?)))
        })
        .await?;
    let form = if typed.is_empty() { Form::new().with("as_at", date.to_string()) } else { form };
    let (status, trials, as_at) = (status_of(&form), journal::trials(&balances), words::day(date));
    page(status, &AccountsPage { shell: desk.shell, actor: desk.actor, form, as_at, trials, seams })
}
