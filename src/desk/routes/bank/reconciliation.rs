//! Bank and books side by side on a day, with the lines that explain the difference; good to print.

use actix_web::HttpResponse;
use askama::Template;

use super::{Asked, Desk, Pairs, see_other};
use crate::desk::allowed::Allowed;
use crate::desk::search::read_date;
use crate::desk::written::{entry_kind, short_day};
use crate::funds::words::day;
use crate::http::{Form, Problem, Routes, Shell, page};
use crate::money::{Currency, display};
use crate::staff::{Actor, May};
use crate::statements::reconciliation::{self, Item, Reconciliation, Side};
use crate::statements::{matching, newest};

pub(super) fn routes(at: &mut Routes) {
    at.desk().get("/bank/reconciliation", May::Read, show).post("/bank/opening-balance", May::Decide, post_opening);
}

#[derive(Template)]
#[template(path = "desk/bank/reconciliation.html")]
struct ReconciliationPage {
    shell: Shell,
    actor: Actor,
    may: Allowed,
    path: String,
    form: Form,
    day: String,
    told: Option<Told>,
    /// The last day of the last statement; empty where there is none.
    last: String,
}

/// Bank and books in words.
struct Told {
    statement: String,
    books: String,
    difference: String,
    is_even: bool,
    is_explained: bool,
    on_statement_only: List,
    in_books_only: List,
    before: String,
    before_day: String,
    missing: String,
    /// The day lies behind the last statement.
    is_ahead: bool,
    last: String,
}

struct List {
    rows: Vec<Row>,
    sum: String,
    hidden: usize,
    is_empty: bool,
}

struct Row {
    day: String,
    words: String,
    place: String,
    amount: String,
    note: String,
}

async fn show(desk: Desk, asked: Asked) -> Result<HttpResponse, Problem> {
    let mut form = Form::sent(asked.into_inner());
    let typed = form.value("on").trim().to_owned();
    let asked = if typed.is_empty() { None } else { form.checked("on", read_date(&typed)) };
    let is_refused = form.is_refused();
    let (on, last, told) = desk
        .read(move |conn, now| {
            let last = newest(conn)?.map(|statement| statement.until_on);
            let on = asked.or(last).unwrap_or_else(|| now.date_naive());
            let told = if is_refused { None } else { reconciliation::reconcile(conn, on)? };
            Ok((on, last, told))
        })
        .await?;
    if !is_refused && typed.is_empty() {
        form = Form::new().with("on", on.to_string());
    }
    let status = super::status_of(&form);
    let (may, path) = (desk.may(), "/desk/bank/reconciliation".to_owned());
    let told = told.as_ref().map(words);
    let last = last.map(day).unwrap_or_default();
    page(
        status,
        &ReconciliationPage { shell: desk.shell, actor: desk.actor, may, path, form, day: day(on), told, last },
    )
}

fn words(told: &Reconciliation) -> Told {
    let money = |minor: i64| display(minor, told.currency);
    let some = |minor: i64| if minor == 0 { String::new() } else { money(minor) };
    let difference = told.difference_minor();
    Told {
        statement: told.statement_minor.map(money).unwrap_or_default(),
        books: money(told.books_minor),
        difference: money(difference),
        is_even: difference == 0,
        is_explained: told.is_explained(),
        on_statement_only: list(&told.on_statement_only, told.currency, true),
        in_books_only: list(&told.in_books_only, told.currency, false),
        before: some(told.before_minor),
        before_day: day(told.span.0),
        missing: some(told.missing_minor),
        is_ahead: told.on > told.span.1,
        last: day(told.span.1),
    }
}

fn list(side: &Side, currency: Currency, is_statement: bool) -> List {
    let rows: Vec<Row> = side.items.iter().map(|item| row(item, currency, is_statement)).collect();
    List { hidden: side.count - rows.len(), is_empty: side.count == 0, sum: display(side.sum_minor, currency), rows }
}

fn row(item: &Item, currency: Currency, is_statement: bool) -> Row {
    let other = item.other_on.map(short_day);
    let note = match (is_statement, other) {
        (true, Some(on)) => format!("in the books on {on}"),
        (true, None) => "waits".to_owned(),
        (false, Some(on)) => format!("on the statement on {on}"),
        (false, None) => "not on any statement".to_owned(),
    };
    let words = if is_statement {
        if item.words.is_empty() { "A line without a name".to_owned() } else { item.words.clone() }
    } else {
        let (kind, subject) = item.words.split_once(' ').unwrap_or((&item.words, ""));
        format!("{} {subject}", entry_kind(kind))
    };
    let place = match (item.line, item.entry) {
        (Some(line), _) => format!("/desk/bank/lines/{line}"),
        (None, Some(entry)) => format!("/desk/ledger/entries/{entry}"),
        (None, None) => String::new(),
    };
    Row { day: short_day(item.on), words, place, amount: display(item.amount_minor, currency), note }
}

/// Posts what the account held before the first statement; a second click finds nothing left to post.
async fn post_opening(desk: Desk, _pairs: Pairs) -> Result<HttpResponse, Problem> {
    let hand = desk.hand();
    desk.write(move |conn, now| {
        if let Some((entry, minor)) = reconciliation::post_opening(conn, now)? {
            let (currency, _) = matching::home(conn)?;
            let detail = format!("{}, entry {entry}", display(minor, currency));
            hand.note(conn, now, "opening balance posted", "bank", &detail)?;
        }
        Ok(())
    })
    .await?;
    Ok(see_other("/desk/bank/reconciliation"))
}
