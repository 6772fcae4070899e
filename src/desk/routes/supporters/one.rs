//! One supporter: how they are reached, what they gave, their letters and their statements.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use chrono::{DateTime, Datelike, Utc};
use chrono_tz::Tz;

use super::{Desk, Pairs};
use crate::clock::date_in;
use crate::db::{Conn, DbError};
use crate::desk::allowed::Allowed;
use crate::desk::folio::{Cell, Deed, Folio, Kind, Table, badge, choice, field, hinted, link, number, text};
use crate::desk::gift;
use crate::desk::receipts::{self, About};
use crate::desk::routes::Asked;
use crate::desk::routes::contact::{FIELDS, contact_in, told};
use crate::desk::routes::folio::{Done, Sent, asked, drawn, once, wrong};
use crate::desk::routes::receipts::{PrintPage, writer, written};
use crate::desk::written::short_day;
use crate::donations::link::LinkKey;
use crate::donations::statements::{self, GivingYear, Way};
use crate::donations::{self, Contact, ContactError, Donation, Search};
use crate::funds;
use crate::http::{Form, Problem, PublicUrl, Routes, page};
use crate::money::display;
use crate::outbox::{self, Delivery, LetterKind};
use crate::staff::May;
use crate::supporters::{self, Matching, Supporter};

pub(super) fn routes(at: &mut Routes) {
    at.desk()
        .get("/supporters/{id}", May::Read, show)
        .post("/supporters/{id}/contact", May::Enter, contact)
        .post("/supporters/{id}/statement", May::Enter, statement)
        .get("/supporters/{id}/statements/{year}", May::Read, print);
}

/// Gifts on a page.
const PAGE: usize = 50;
/// Gifts that are added up by year: more than anybody gave in a life of weeks.
const ADDED_UP_MAX: i64 = 10_000;
/// Letters of the gifts on a page.
const LETTERS_MAX: i64 = 200;
/// Years to choose from.
const YEARS_OFFERED: i32 = 6;

async fn show(desk: Desk, id: web::Path<i64>, pairs: Asked) -> Result<HttpResponse, Problem> {
    let before = asked(&pairs, "before").parse().ok();
    shown_with(desk, *id, before, None).await
}

async fn shown_with(desk: Desk, id: i64, before: Option<i64>, sent: Sent) -> Result<HttpResponse, Problem> {
    drawn(desk, sent, move |conn, now, may, sent| drawn_for(conn, now, may, id, before, sent)).await
}

fn known(conn: &mut Conn, id: i64) -> Result<Supporter, Problem> {
    Ok(supporters::supporter(conn, id)?.ok_or(ContactError::Unknown)?)
}

fn drawn_for(
    conn: &mut Conn,
    now: DateTime<Utc>,
    may: Allowed,
    id: i64,
    before: Option<i64>,
    sent: Option<&(String, Form)>,
) -> Result<Folio, Problem> {
    let one = known(conn, id)?;
    let zone = funds::all(conn)?.first().map_or(Tz::UTC, |fund| fund.zone);
    let title = if one.name.is_empty() { one.email.clone().unwrap_or_default() } else { one.name.clone() };
    let mut folio = Folio::under("Supporters", "/desk/supporters", title);
    if let Some(other) = one.same_as {
        let place = format!("/desk/supporters/{other}");
        folio.lead = "This turned out to be somebody whom we knew already; the gifts stand there.".to_owned();
        folio.link("Go there", place);
        return Ok(folio);
    }
    folio.fact("E-mail", text(one.email.clone().unwrap_or_else(|| "none".to_owned())));
    folio.fact("Postal address", text(on_one_line(&one.address)));
    folio.fact("Since", text(short_day(date_in(one.created_at, zone))));
    let years = statements::giving_years(conn, id, ADDED_UP_MAX)?;
    let of_years = outbox::about_all(conn, &[id], |kind| kind == LetterKind::GivingStatement, LETTERS_MAX)?;
    folio.tables.push(by_year(id, &years, &of_years, zone));
    let gifts = gifts_of(conn, id, before, &mut folio.pager)?;
    folio.history.push(listed(&gifts, zone));
    folio.history.push(letters(conn, &gifts, of_years, zone)?);
    if may.record {
        folio.deeds = deeds(&one, &years, date_in(now, zone).year(), sent);
    }
    Ok(folio)
}

fn on_one_line(address: &str) -> String {
    match address {
        "" => "none".to_owned(),
        address => address.lines().collect::<Vec<_>>().join(", "),
    }
}

fn by_year(id: i64, years: &[GivingYear], written: &[Delivery], zone: Tz) -> Table {
    let heads = ["Year", "#Gifts", "#Given", "#Went back", "Statement"];
    let mut table = Table::new("What they gave", &heads, "Nothing of theirs has arrived yet.");
    for known in years {
        let last = written.iter().rfind(|letter| letter.event_id == Some(i64::from(known.year)));
        let state = match last.map(|letter| (letter, gift::letter_of(letter, zone))) {
            Some((letter, view)) => Cell {
                href: Some(receipts::place_of(letter)),
                ..text(format!("{} {}", view.status.word, view.when).trim().to_owned())
            },
            None => link("print", format!("/desk/supporters/{id}/statements/{}", known.year)),
        };
        let back =
            if known.returned_minor == 0 { String::new() } else { display(known.returned_minor, known.currency) };
        table.row(vec![
            text(known.year.to_string()),
            number(known.gifts),
            number(display(known.given_minor, known.currency)),
            number(back),
            state,
        ]);
    }
    table
}

fn gifts_of(
    conn: &mut Conn,
    id: i64,
    before: Option<i64>,
    pager: &mut (Option<String>, Option<String>),
) -> Result<Vec<Donation>, DbError> {
    let limit = i64::try_from(PAGE + 1).expect("a page is small");
    let wanted = Search { supporters: Some(Matching::one(id)), before, ..Search::default() };
    let mut gifts = donations::search(conn, &wanted, limit)?;
    if gifts.len() > PAGE {
        gifts.truncate(PAGE);
        pager.1 = gifts.last().map(|last| format!("/desk/supporters/{id}?before={}", last.id));
    }
    pager.0 = before.map(|_| format!("/desk/supporters/{id}"));
    Ok(gifts)
}

fn listed(gifts: &[Donation], zone: Tz) -> Table {
    let heads = ["Gift", "Day", "#Amount", "By", "Appeal", "Receipt", "State"];
    let mut table = Table::new("Gifts", &heads, "No gift is noted for them.");
    for one in gifts {
        let line = gift::line(one, zone);
        let amount = if line.left.is_empty() { line.amount } else { format!("{}, {} left", line.amount, line.left) };
        table.row(vec![
            link(&line.reference, format!("/desk/gifts/{}", line.reference)),
            text(line.day),
            number(amount),
            text(line.method),
            text(line.appeal),
            text(one.receipt.map(|receipt| receipt.to_string()).unwrap_or_default()),
            badge(line.status.word, line.status.tone),
        ]);
    }
    table
}

fn letters(conn: &mut Conn, gifts: &[Donation], of_years: Vec<Delivery>, zone: Tz) -> Result<Table, DbError> {
    let numbers: Vec<i64> = gifts.iter().map(|gift| gift.id).collect();
    let mut letters = outbox::about_all(conn, &numbers, LetterKind::is_about_gift, LETTERS_MAX)?;
    letters.extend(of_years);
    letters.sort_by_key(|letter| std::cmp::Reverse(letter.id));
    let mut table = Table::new("Letters", &receipts::FOUND_HEADS, "Nothing was written to them yet.");
    for letter in &letters {
        let gift = gifts.iter().find(|gift| letter.kind.is_about_gift() && gift.id == letter.subject_id);
        let about = match gift {
            Some(gift) => {
                let words = gift.receipt.map_or_else(|| gift.reference().to_string(), |receipt| receipt.to_string());
                About { words, place: format!("/desk/gifts/{}", gift.reference()), name: String::new() }
            }
            None => {
                let year = letter.event_id.unwrap_or_default();
                let place = format!("/desk/supporters/{}/statements/{year}", letter.subject_id);
                About { words: format!("the gifts of {year}"), place, name: String::new() }
            }
        };
        table.row(receipts::found_line(letter, &about, zone));
    }
    Ok(table)
}

fn deeds(one: &Supporter, years: &[GivingYear], this_year: i32, sent: Option<&(String, Form)>) -> Vec<Deed> {
    let id = one.id;
    let contact = Deed::new("contact", "Name and addresses", format!("/desk/supporters/{id}/contact"))
        .asking(vec![
            field("name", "Name", Kind::Line),
            field("email", "E-mail address", Kind::Line),
            hinted("address", "Postal address", "One line a line, as on an envelope.", Kind::Area),
        ])
        .saying("Mail that did not arrive goes to the new address; receipts that had no way to go follow.", "Keep")
        .with("name", &one.name)
        .with("email", one.email.as_deref().unwrap_or_default())
        .with("address", &one.address)
        .again(sent);
    let mut deeds = vec![contact];
    if !years.is_empty() {
        let mut offered: Vec<i32> = years.iter().map(|known| known.year).collect();
        offered.dedup();
        offered.truncate(usize::try_from(YEARS_OFFERED).unwrap_or(usize::MAX));
        let offered: Vec<(String, String)> = offered.iter().map(|year| (year.to_string(), year.to_string())).collect();
        // Last year's is the one that people ask for, once there is one.
        let usual = years.iter().map(|known| known.year).find(|year| *year < this_year);
        let usual = usual.or(years.first().map(|known| known.year)).unwrap_or(this_year);
        let way = if one.email.is_some() { "mail" } else { "post" };
        deeds.push(
            Deed::new("statement", "Write the statement of a year", format!("/desk/supporters/{id}/statement"))
                .asking(vec![
                    field("year", "Year", Kind::Choice(offered)),
                    field(
                        "way",
                        "How",
                        choice([("mail", "By e-mail"), ("post", "On paper, with the letters to print")]),
                    ),
                    field("again", "Once more, although it was written before", Kind::Tick),
                ])
                .saying("Every gift of the year with its receipt, and what went back.", "Write it")
                .with("year", usual.to_string())
                .with("way", way)
                .again(sent),
        );
    }
    deeds
}

async fn contact(desk: Desk, id: web::Path<i64>, pairs: Pairs) -> Result<HttpResponse, Problem> {
    let id = id.into_inner();
    let done = once(&desk, "contact", &FIELDS, pairs.into_inner(), move |conn, now, _, form| {
        let before = known(conn, id)?;
        let contact: Contact = contact_in(form)?;
        let reached = donations::reach(conn, now, id, &contact)?;
        let email = before.email.unwrap_or_default();
        let detail = told([&before.name, &email, &before.address], &contact, &reached);
        let place = format!("/desk/supporters/{}", reached.supporter);
        Ok(Done::new(place, "giver's addresses changed", format!("supporter {id}")).saying(detail))
    });
    match done.await? {
        Ok(answer) => Ok(answer),
        Err(sent) => shown_with(desk, id, None, Some(sent)).await,
    }
}

async fn statement(desk: Desk, id: web::Path<i64>, pairs: Pairs) -> Result<HttpResponse, Problem> {
    let id = id.into_inner();
    let fields = &["year", "way", "again"];
    let done = once(&desk, "statement", fields, pairs.into_inner(), move |conn, now, _, form| {
        let year: i64 = form.value("year").trim().parse().map_err(|_| wrong("year", "Please choose the year."))?;
        let way = match form.value("way") {
            "mail" => Way::Mail,
            "post" => Way::Post,
            _ => return Err(wrong("way", "Please choose how it goes.")),
        };
        statements::write_one(conn, now, id, year, way, form.is_ticked("again"))?;
        let detail = if way == Way::Mail { "by e-mail" } else { "on paper" };
        let subject = format!("supporter {id}");
        Ok(Done::new(format!("/desk/supporters/{id}"), "statement of a year written", subject)
            .saying(format!("{year}, {detail}")))
    });
    match done.await? {
        Ok(answer) => Ok(answer),
        Err(sent) => shown_with(desk, id, None, Some(sent)).await,
    }
}

async fn print(
    desk: Desk,
    at: web::Path<(i64, i64)>,
    (links, public_url): (web::Data<LinkKey>, web::Data<PublicUrl>),
) -> Result<HttpResponse, Problem> {
    let (id, year) = at.into_inner();
    let writer = writer(&desk, &links, &public_url);
    let letter = desk
        .read(move |conn, now| {
            known(conn, id)?;
            written(writer.statement(conn, now, id, year))
        })
        .await?;
    page(StatusCode::OK, &PrintPage::of_one(desk, letter, format!("/desk/supporters/{id}")))
}
