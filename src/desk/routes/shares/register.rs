//! The register on screen, as CSV and in print: at any date, as it was known on any other.

use actix_web::HttpResponse;
use chrono::{DateTime, Utc};

use super::{Desk, asked, lookup_form, money, on_one_line, shown, wrong};
use crate::db::{Conn, DbError};
use crate::desk::allowed::Allowed;
use crate::desk::folio::{Deed, Folio, Kind, Table, choice, field, hinted, link, number, text};
use crate::desk::routes::Asked;
use crate::desk::written::{moment, short_day};
use crate::exports;
use crate::http::{Problem, Routes};
use crate::shares::numbers::{MemberNumber, grouped};
use crate::shares::register::{self, Line, View};
use crate::shares::routes::stream;
use crate::shares::{self, ShareClass, ShareError, officers, parse};
use crate::staff::May;

pub(super) fn routes(at: &mut Routes) {
    at.desk().get("/shares/register", May::Read, show);
    at.desk().get("/shares/register.csv", May::Read, list);
    at.desk().get("/shares/register/print", May::Read, print);
}

/// Members on one page of the screen.
const SHOWN: usize = 50;
/// Members on one page to be printed.
const PRINTED: usize = 2_000;

/// What was asked for: a view of the register, and the question again for links.
pub(super) struct Question {
    pub view: View,
    pub query: String,
    pub after: MemberNumber,
    is_past: bool,
}

pub(super) fn question(conn: &mut Conn, now: DateTime<Utc>, pairs: &[(String, String)]) -> Result<Question, Problem> {
    let day = |name: &'static str| parse::date(asked(pairs, name)).map_err(|message| wrong(name, message));
    let (as_at, as_known) = (day("as_at")?, day("as_known")?);
    let view = register::view(conn, now, as_at, as_known).map_err(at("as_at"))?;
    let given = ["as_at", "as_known", "q", "section", "form"].into_iter().filter_map(|name| {
        let value = asked(pairs, name);
        (!value.is_empty()).then(|| format!("{name}={}", percent(value)))
    });
    let after = asked(pairs, "after").parse().unwrap_or(MemberNumber(0));
    let is_past = as_at.is_some() || as_known.is_some();
    Ok(Question { view, query: given.collect::<Vec<_>>().join("&"), after, is_past })
}

/// A refusal of the register, told at a field of the page.
pub(super) fn at(field: &'static str) -> impl Fn(ShareError) -> Problem {
    move |error| match error {
        ShareError::Db(error) => error.into(),
        other => wrong(field, other),
    }
}

/// A value as it stands in an address (RFC 3986).
fn percent(value: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
    value.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// "at the end of 30 June 2026, as it is known on 1 July 2026 at 10:00"
pub(super) fn told(view: &View, zone: chrono_tz::Tz) -> String {
    format!(
        "At the end of {}, as it was known on {}.",
        crate::funds::words::day(view.as_at),
        moment(view.as_known, zone)
    )
}

async fn show(desk: Desk, pairs: Asked) -> Result<HttpResponse, Problem> {
    let may = desk.may();
    let folio = desk.read(move |conn, now| folio(conn, now, may, &pairs)).await?;
    shown(desk, folio)
}

fn folio(conn: &mut Conn, now: DateTime<Utc>, may: Allowed, pairs: &[(String, String)]) -> Result<Folio, Problem> {
    let mut folio = Folio::new("The register of members");
    let mut search = Deed::new("find", "Members", "/desk/shares/register")
        .asking(vec![
            hinted("q", "Find", "A name, part of an address, or a member number.", Kind::Line),
            field("as_at", "At the end of", Kind::Day),
            field("as_known", "As known on", Kind::Day),
        ])
        .saying("", "Find");
    search.form = lookup_form(pairs);
    let question = match question(conn, now, pairs) {
        Ok(question) => question,
        Err(problem) => {
            search.form.take(problem, &["as_at", "as_known"])?;
            folio.lookup = Some(search);
            return Ok(folio);
        }
    };
    folio.lookup = Some(search);
    let zone = shares::settings(conn)?.zone;
    folio.lead = told(&question.view, zone);
    let query = &question.query;
    folio.link("As CSV", format!("/desk/shares/register.csv?{query}"));
    folio.link("Officers as CSV", format!("/desk/shares/officers.csv?{query}"));
    folio.link("Print in full", format!("/desk/shares/register/print?form=full&{query}"));
    folio.link("Print for inspection", format!("/desk/shares/register/print?form=inspection&{query}"));
    if may.keep {
        folio.link("Take a paper register in", "/desk/shares/import");
    }
    let classes = shares::classes(conn)?;
    let wanted = asked(pairs, "q");
    let ids = shares::search_members(conn, wanted, question.after, SHOWN as i64 + 1)?;
    let is_more = ids.len() > SHOWN;
    let page: Vec<i64> = ids.iter().take(SHOWN).map(|(id, _)| *id).collect();
    let lines = register::lines_of(conn, &question.view, &page)?;
    let empty = if wanted.is_empty() { "Nobody is on the register on this day." } else { "No member matches." };
    let mut table = Table::new("", &["Member", "Name", "Address", "Entered", "Ceased", "#Shares", "#Paid"], empty);
    for line in &lines {
        table.row(row(line, &classes));
    }
    folio.tables.push(table);
    let again = |after: Option<MemberNumber>| {
        let after = after.map(|number| format!("&after={number}")).unwrap_or_default();
        format!("/desk/shares/register?{query}{after}")
    };
    folio.pager.0 = (question.after.0 > 0).then(|| again(None));
    folio.pager.1 = is_more.then(|| ids.get(SHOWN - 1).map(|(_, number)| again(Some(*number)))).flatten();
    if question.is_past {
        let corrections = register::corrections(conn, &question.view)?;
        let mut later = Table::new("Recorded later", &["Event"], "Nothing was recorded later that changes this day.");
        if corrections.len() > SHOWN {
            later.title = format!("Recorded later: the first {SHOWN} of {}", grouped(corrections.len() as i64));
        }
        for event in corrections.iter().take(SHOWN) {
            later.row(vec![link(event.to_string(), format!("/desk/shares/events/{event}"))]);
        }
        folio.history.push(later);
    }
    Ok(folio)
}

fn row(line: &Line, classes: &[ShareClass]) -> Vec<crate::desk::folio::Cell> {
    vec![
        link(line.member.to_string(), format!("/desk/shares/members/{}", line.member)),
        text(line.holder.remarked()),
        text(on_one_line(&line.holder.address)),
        text(short_day(line.entered_on)),
        text(line.ceased_on.map(short_day).unwrap_or_default()),
        number(held(line, classes, |held, _| grouped(held.shares))),
        number(held(line, classes, |held, class| money(held.paid_minor, class))),
    ]
}

fn held(line: &Line, classes: &[ShareClass], word: impl Fn(&register::Holding, &ShareClass) -> String) -> String {
    let of = |held: &register::Holding| {
        let class = classes.iter().find(|class| class.id == held.class_id)?;
        let words = word(held, class);
        Some(if classes.len() > 1 { format!("{words} {}", class.code) } else { words })
    };
    line.holdings.iter().filter_map(of).collect::<Vec<_>>().join(", ")
}

async fn list(desk: Desk, pairs: Asked) -> Result<HttpResponse, Problem> {
    let view = desk.read(move |conn, now| Ok(question(conn, now, &pairs)?.view)).await?;
    let mut answer = HttpResponse::Ok();
    answer
        .content_type("text/csv; charset=utf-8")
        .insert_header(("Content-Disposition", format!("attachment; filename=\"register-{}.csv\"", view.as_at)));
    let head = [exports::BOM, &exports::register::head().map_err(Problem::internal)?].concat();
    Ok(stream::pages(answer, (desk.db.clone(), view), (head, ""), |conn, view, lines| {
        exports::register::page(conn, view, &lines).map_err(|error| DbError::Corrupt(error.to_string()))
    }))
}

/// In full for the society, or without holdings for whoever inspects it (Act of 2014, sections 30(7) and 103).
async fn print(desk: Desk, pairs: Asked) -> Result<HttpResponse, Problem> {
    let folio = desk
        .read(move |conn, now| {
            let question = question(conn, now, &pairs)?;
            let is_full = asked(&pairs, "form") != "inspection";
            let zone = shares::settings(conn)?.zone;
            let mut folio = Folio::under(
                "The register",
                "/desk/shares/register",
                if is_full { "Register of members" } else { "Register of members, for inspection" },
            );
            folio.lead = format!("{} Event {} was the last.", told(&question.view, zone), question.view.event);
            let classes = shares::classes(conn)?;
            let heads: &[&'static str] = if is_full {
                &["Member", "Name", "Address", "E-mail", "For", "Entered", "Ceased", "#Shares", "#Paid"]
            } else {
                &["Member", "Name", "Address", "E-mail", "For", "Entered", "Ceased"]
            };
            let mut table = Table::new("Members", heads, "Nobody is on the register on this day.");
            let ids = shares::search_members(conn, "", question.after, PRINTED as i64)?;
            let page: Vec<i64> = ids.iter().map(|(id, _)| *id).collect();
            for line in register::lines_of(conn, &question.view, &page)? {
                let mut cells = row(&line, &classes);
                let email = line.holder.email.clone().unwrap_or_default();
                let purposes =
                    if email.is_empty() { String::new() } else { line.holder.email_purposes.replace(',', ", ") };
                cells.splice(3..3, [text(email), text(purposes)]);
                if !is_full {
                    cells.truncate(7);
                }
                table.row(cells);
            }
            folio.tables.push(table);
            folio.tables.push(super::officers::table(officers::on(conn, &question.view)?));
            if ids.len() == PRINTED {
                folio.pager.1 = ids
                    .last()
                    .map(|(_, number)| format!("/desk/shares/register/print?{}&after={number}", question.query));
            }
            Ok(folio)
        })
        .await?;
    shown(desk, folio)
}

/// Kinds of print, for forms.
pub(super) fn forms() -> Kind {
    choice([
        ("the duplicate register, without holdings", "The duplicate register, without holdings"),
        ("the own account", "Their own account"),
        ("the register in full", "The register in full"),
    ])
}
