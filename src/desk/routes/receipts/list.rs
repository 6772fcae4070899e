//! The first page of the receipts desk: what failed, what waits, the numbers of the years, and the search.

use actix_web::HttpResponse;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::{Desk, Pairs, about, subject_of};
use crate::db::{Conn, DbError};
use crate::desk::allowed::Allowed;
use crate::desk::folio::{Deed, Folio, Kind, Table, choice, field, hinted, number, text};
use crate::desk::receipts::{self, counted};
use crate::desk::routes::Asked;
use crate::desk::routes::folio::{Done, Sent, asked, drawn, lookup_form, once, wrong};
use crate::desk::search;
use crate::desk::written::moment;
use crate::donations::{self, ReceiptWatch, Search};
use crate::http::{Form, Problem, Routes};
use crate::outbox::{self, AmendError, Delivery, LetterKind, TryAgainError};
use crate::staff::May;
use crate::{funds, supporters};

pub(super) fn routes(at: &mut Routes) {
    at.desk().get("/receipts", May::Read, show);
    at.desk().post("/receipts/failed", May::Enter, with_the_ticked);
    at.desk().post("/receipts/missing", May::Enter, write_missing);
}

/// Letters of a list on the first page.
const SHOWN: usize = 20;
/// Letters of a list on a page of its own.
const PAGE: usize = 50;
/// Lists of gifts, on the first page.
const QUIET_SHOWN: i64 = 20;
/// Gifts of one search.
const FOUND_MAX: i64 = 50;
/// Letters of one search.
const LETTERS_FOUND_MAX: i64 = 200;

async fn show(desk: Desk, asked: Asked) -> Result<HttpResponse, Problem> {
    shown_with(desk, asked.into_inner(), None).await
}

async fn shown_with(desk: Desk, pairs: Vec<(String, String)>, sent: Sent) -> Result<HttpResponse, Problem> {
    // Figures that must agree are read in one view.
    let watch = desk.view(|conn, _| Ok(donations::receipt_watch(conn)?)).await?;
    drawn(desk, sent, move |conn, now, may, sent| {
        let mut folio = page(conn, now, may, &pairs, sent)?;
        tell_watch(&mut folio, &watch, may);
        Ok(folio)
    })
    .await
}

fn page(
    conn: &mut Conn,
    now: DateTime<Utc>,
    may: Allowed,
    pairs: &[(String, String)],
    sent: Option<&(String, Form)>,
) -> Result<Folio, DbError> {
    let zone = funds::all(conn)?.first().map_or(Tz::UTC, |fund| fund.zone);
    let mut folio = Folio::new("Receipts");
    let (failed, waiting) = (outbox::count_failed(conn)?, outbox::count_waiting(conn)?);
    let to_print = outbox::count_to_post(conn, LetterKind::is_about_giving)?;
    folio.lead = lead(failed, waiting, to_print);
    if to_print > 0 {
        folio.link(&counted(to_print, "Print one letter", "Print {} letters"), "/desk/receipts/print");
    }
    if may.record {
        folio.link("A mail came back", "/desk/receipts/returned");
    }
    let mut lookup = lookup_form(pairs);
    let looked = look(conn, &mut lookup)?;
    let hint = "A receipt’s number, a reference, a name or an e-mail address.";
    folio.lookup = Some(Deed {
        form: lookup,
        ..Deed::new("find", "Receipts", "/desk/receipts")
            .asking(vec![hinted("q", "Find", hint, Kind::Line)])
            .saying("", "Find")
    });
    if let Some(letters) = looked {
        folio.tables.push(found(conn, &letters, zone)?);
        return Ok(folio);
    }
    folio.history.extend(quiet_table(conn, zone)?);
    let list = asked(pairs, "list");
    let key = asked(pairs, "from").parse().ok();
    if list != "waiting" {
        folio.tables.push(failed_table(conn, now, may, key.filter(|_| list == "failed"), sent, &mut folio.pager)?);
    }
    if list != "failed" {
        folio.tables.push(waiting_table(conn, now, zone, key.filter(|_| list == "waiting"), &mut folio.pager)?);
    }
    Ok(folio)
}

/// Lists whose gifts were taken in without a letter; nothing when there are none.
fn quiet_table(conn: &mut Conn, zone: Tz) -> Result<Option<Table>, DbError> {
    let mut lists = donations::import::lists(conn, QUIET_SHOWN)?;
    lists.retain(|list| !list.has_letters);
    let mut table = Table::new("Receipts that were not to be sent", &["List", "Taken in", "#Receipts"], "");
    for list in &lists {
        let name = if list.file_name.is_empty() { "A list" } else { &list.file_name };
        table.row(vec![text(name), text(moment(list.taken_at, zone)), number(list.gifts)]);
    }
    Ok((!lists.is_empty()).then_some(table))
}

/// The numbers of each year, and what is wrong with them.
fn tell_watch(folio: &mut Folio, watch: &ReceiptWatch, may: Allowed) {
    let mut table = Table::new("Numbers of each year", &receipts::YEAR_HEADS, "No receipt was issued yet.");
    watch.years.iter().for_each(|year| table.row(receipts::year_line(year)));
    folio.history.push(table);
    let alarm = receipts::alarm(watch);
    if !alarm.is_empty() {
        folio.notice = Some((alarm.join(" "), "bad"));
    }
    if watch.unsent() > 0 && may.record {
        folio.deeds.push(
            Deed::new("missing", "Write the missing letters", "/desk/receipts/missing")
                .saying("Each receipt that has an address and no letter gets one, once.", "Write them")
                .open(),
        );
    }
}

async fn write_missing(desk: Desk, pairs: Pairs) -> Result<HttpResponse, Problem> {
    let done = once(&desk, "missing", &[], pairs.into_inner(), |conn, now, _, _| {
        let count = donations::send_missing(conn, now)?;
        Ok(Done::new("/desk/receipts", "missing receipts written", format!("{count} letters")))
    });
    match done.await? {
        Ok(answer) => Ok(answer),
        Err(sent) => shown_with(desk, Vec::new(), Some(sent)).await,
    }
}

fn lead(failed: i64, waiting: i64, to_print: i64) -> String {
    let mut parts = Vec::new();
    if failed > 0 {
        parts.push(counted(failed, "One letter did not arrive", "{} letters did not arrive"));
    }
    if waiting > 0 {
        parts.push(counted(waiting, "one is on its way", "{} are on their way"));
    }
    if to_print > 0 {
        parts.push(counted(to_print, "one is to be printed", "{} are to be printed"));
    }
    match parts.is_empty() {
        true => "Every letter has left, and none came back.".to_owned(),
        false => {
            let said = parts.join(", ") + ".";
            said[..1].to_uppercase() + &said[1..]
        }
    }
}

/// Takes off the letter too many, which says that the list goes on, and says where.
fn paged(letters: &mut Vec<Delivery>, list: &str, from: Option<i64>, pager: &mut (Option<String>, Option<String>)) {
    let most = if from.is_some() { PAGE } else { SHOWN };
    if letters.len() > most {
        letters.truncate(most);
        pager.1 = letters.last().map(|last| format!("/desk/receipts?list={list}&from={}", last.id));
    }
    if from.is_some() {
        pager.0 = Some("/desk/receipts".to_owned());
    }
}

fn limit(from: Option<i64>) -> i64 {
    let most = if from.is_some() { PAGE } else { SHOWN };
    i64::try_from(most + 1).expect("a page is small")
}

fn failed_table(
    conn: &mut Conn,
    now: DateTime<Utc>,
    may: Allowed,
    from: Option<i64>,
    sent: Option<&(String, Form)>,
    pager: &mut (Option<String>, Option<String>),
) -> Result<Table, DbError> {
    let mut letters = outbox::failed(conn, from, limit(from))?;
    paged(&mut letters, "failed", from, pager);
    let mut table = Table::new("Did not arrive", &receipts::FAILED_HEADS, "Nothing failed, and nothing came back.");
    for letter in &letters {
        let about = about(conn, letter)?;
        table.choice(letter.id.to_string(), receipts::failed_line(letter, &about, now));
    }
    if may.record && !letters.is_empty() {
        let ways = choice([("again", "Try again, to the same address"), ("print", "Print it and post it instead")]);
        table.deed = Some(
            Deed::new("ticked", "With those you tick", "/desk/receipts/failed")
                .asking(vec![field("way", "What to do", ways)])
                .saying("To correct an address, open the letter.", "Do it")
                .again(sent),
        );
    }
    Ok(table)
}

fn waiting_table(
    conn: &mut Conn,
    now: DateTime<Utc>,
    zone: Tz,
    from: Option<i64>,
    pager: &mut (Option<String>, Option<String>),
) -> Result<Table, DbError> {
    let mut letters = outbox::waiting(conn, from, limit(from))?;
    let mut own = (None, None);
    paged(&mut letters, "waiting", from, &mut own);
    // On the first page the longer list of the two leads on; the other is one link away in its own list.
    *pager = (pager.0.take().or(own.0), pager.1.take().or(own.1));
    let mut table = Table::new("On their way", &receipts::WAITING_HEADS, "Nothing waits.");
    for letter in &letters {
        let about = about(conn, letter)?;
        table.row(receipts::waiting_line(letter, &about, now, zone));
    }
    Ok(table)
}

/// The letters that were asked for; nothing when nothing was asked.
fn look(conn: &mut Conn, form: &mut Form) -> Result<Option<Vec<Delivery>>, DbError> {
    if form.value("q").trim().is_empty() {
        return Ok(None);
    }
    let mut only_text = Form::new().with("q", form.value("q"));
    let mut wanted = search::understand(&mut only_text, crate::money::GBP);
    if let Some(fault) = only_text.fault("q") {
        form.refuse("q", fault);
        return Ok(Some(Vec::new()));
    }
    if let Some(person) = &wanted.person {
        wanted.search.supporters = Some(supporters::matching(conn, person)?);
    }
    let whose = wanted.search.supporters.clone().unwrap_or_default();
    let gifts = donations::search(conn, &Search { before: None, ..wanted.search }, FOUND_MAX)?;
    let numbers: Vec<i64> = gifts.iter().map(|gift| gift.id).collect();
    let mut letters = outbox::about_all(conn, &numbers, LetterKind::is_about_gift, LETTERS_FOUND_MAX)?;
    let is_statement = |kind| kind == LetterKind::GivingStatement;
    letters.extend(outbox::about_all(conn, &whose.ids, is_statement, LETTERS_FOUND_MAX)?);
    letters.sort_by_key(|letter| std::cmp::Reverse(letter.id));
    Ok(Some(letters))
}

fn found(conn: &mut Conn, letters: &[Delivery], zone: Tz) -> Result<Table, DbError> {
    let empty = "No letter was written about this. A gift without an e-mail or postal address has none; \
                 give one on the gift’s page, and its receipt follows.";
    let mut table = Table::new("Letters found", &receipts::FOUND_HEADS, empty);
    for letter in letters {
        let about = about(conn, letter)?;
        table.row(receipts::found_line(letter, &about, zone));
    }
    Ok(table)
}

async fn with_the_ticked(desk: Desk, pairs: Pairs) -> Result<HttpResponse, Problem> {
    let done = once(&desk, "ticked", &["chosen", "way"], pairs.into_inner(), |conn, now, _, form| {
        let ids: Vec<i64> = form.values("chosen").iter().filter_map(|id| id.parse().ok()).collect();
        if ids.is_empty() {
            return Err(Problem::conflict("Please tick the letters first."));
        }
        let words = |count: usize| counted(i64::try_from(count).unwrap_or(i64::MAX), "one letter", "{} letters");
        match form.value("way") {
            "again" => Ok(Done::new("/desk/receipts", "letters tried again", words(again(conn, now, &ids)?))),
            "print" => Ok(Done::new("/desk/receipts", "letters to be printed", words(print(conn, &ids)?))),
            _ => Err(wrong("way", "Please choose what to do with them.")),
        }
    });
    match done.await? {
        Ok(answer) => Ok(answer),
        Err(sent) => shown_with(desk, Vec::new(), Some(sent)).await,
    }
}

fn again(conn: &mut Conn, now: DateTime<Utc>, ids: &[i64]) -> Result<usize, Problem> {
    let mut count = 0;
    for id in ids {
        match outbox::try_again(conn, now, *id) {
            Ok(()) => count += 1,
            // Somebody else was quicker.
            Err(TryAgainError::NotFailed) => {}
            Err(TryAgainError::Db(error)) => return Err(error.into()),
        }
    }
    Ok(count)
}

fn print(conn: &mut Conn, ids: &[i64]) -> Result<usize, Problem> {
    let (mut count, mut nowhere) = (0, Vec::new());
    for id in ids {
        let Some(letter) = outbox::delivery(conn, *id)? else { continue };
        let has_post = subject_of(conn, &letter)?.supporter.is_some_and(|supporter| supporter.has_post());
        if !has_post && letter.kind.is_about_giving() {
            nowhere.push(about(conn, &letter)?.words);
            continue;
        }
        match outbox::print_instead(conn, *id) {
            Ok(()) => count += 1,
            Err(AmendError::Db(error)) => return Err(error.into()),
            Err(_) => {}
        }
    }
    if nowhere.is_empty() {
        return Ok(count);
    }
    let whom = nowhere.join(", ");
    Err(Problem::conflict(format!(
        "There is no postal address for {whom}. Open the letter to give one, or untick it. Nothing was changed."
    )))
}
