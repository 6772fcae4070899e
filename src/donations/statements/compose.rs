//! Reads what a supporter gave in a year, and writes it as a letter.

use std::collections::HashMap;

use askama::Template;
use chrono::{DateTime, NaiveDate, TimeZone, Utc};
use chrono_tz::Tz;

use super::GIFTS_MAX;
use super::rules::{Statement, StatementLine, WentBack};
use crate::clock::date_in;
use crate::db::Conn;
use crate::donations::store::statements as store;
use crate::donations::{Donation, Event};
use crate::funds::words::month;
use crate::funds::{self, Fund};
use crate::outbox::{self, Addressee, ComposeError, Delivery, Letter};
use crate::supporters;

#[derive(Template)]
#[template(path = "mail/statement.html")]
struct AsHtml<'a> {
    told: &'a Statement,
}

#[derive(Template)]
#[template(path = "mail/statement.txt")]
struct AsText<'a> {
    told: &'a Statement,
}

#[derive(Template)]
#[template(path = "mail/printed/statement.html")]
struct Printed<'a> {
    told: &'a Statement,
}

fn unwritable(error: askama::Error) -> ComposeError {
    ComposeError::Unwritable(error.to_string())
}

/// The statement as a mail.
pub(in crate::donations) fn composed(conn: &mut Conn, delivery: &Delivery) -> Result<Letter, ComposeError> {
    let told = of_delivery(conn, delivery)?;
    if told.lines.is_empty() && told.earlier.is_empty() {
        return Err(ComposeError::Overtaken(format!("Nothing of {} is left to be stated.", told.year)));
    }
    Ok(Letter {
        to_name: outbox::greetable(&told.supporter.name).to_owned(),
        reply_to: told.society.contact_email.clone(),
        subject: told.subject(),
        text: outbox::wrapped(&AsText { told: &told }.render().map_err(unwritable)?),
        html: AsHtml { told: &told }.render().map_err(unwritable)?,
        enclosed: Vec::new(),
    })
}

/// The statement as it goes into a window envelope.
pub(in crate::donations) fn printed(
    conn: &mut Conn,
    supporter: i64,
    year: i64,
    at: DateTime<Utc>,
) -> Result<String, ComposeError> {
    let told = read(conn, supporter, year, at)?;
    Printed { told: &told }.render().map_err(unwritable)
}

/// The statement of a letter as it goes into its envelope; a copy of one that has left says so, and for whom it was.
pub(in crate::donations) fn printed_letter(conn: &mut Conn, delivery: &Delivery) -> Result<String, ComposeError> {
    let mut told = of_delivery(conn, delivery)?;
    if delivery.has_left() {
        told.copy = outbox::copy_of(delivery, funds::all(conn)?.first().map_or(Tz::UTC, |fund| fund.zone));
        if let Some(went_to) = &delivery.went_to {
            told.supporter.name.clone_from(&went_to.name);
            told.supporter.address.clone_from(&went_to.address);
        }
    }
    Printed { told: &told }.render().map_err(unwritable)
}

/// Whom a statement on paper is addressed to at present.
pub(in crate::donations) fn addressee(conn: &mut Conn, delivery: &Delivery) -> Result<Addressee, ComposeError> {
    let supporter = of_delivery(conn, delivery)?.supporter;
    Ok(Addressee { name: supporter.name, address: supporter.address })
}

fn of_delivery(conn: &mut Conn, delivery: &Delivery) -> Result<Statement, ComposeError> {
    read(conn, delivery.subject_id, delivery.event_id.unwrap_or_default(), delivery.created_at)
}

/// What the books said at a moment, so that composing twice gives the same letter.
fn read(conn: &mut Conn, id: i64, year: i64, at: DateTime<Utc>) -> Result<Statement, ComposeError> {
    let gone = |what: &str| ComposeError::Unwritable(format!("The books have no {what} for this statement."));
    let mut supporter = supporters::supporter(conn, id)?.ok_or_else(|| gone("supporter"))?;
    if let Some(other) = supporter.same_as {
        supporter = supporters::supporter(conn, other)?.ok_or_else(|| gone("supporter"))?;
    }
    let (from, until) = days_of(year).ok_or_else(|| gone("year"))?;
    let funds = funds::all(conn)?;
    let zone = funds.first().map_or(Tz::UTC, |fund| fund.zone);
    let gifts = store::gifts_between(conn, supporter.id, from, until, at, GIFTS_MAX + 1)?;
    if gifts.len() as i64 > GIFTS_MAX {
        return Err(ComposeError::Unwritable(format!("More than {GIFTS_MAX} gifts do not fit a letter.")));
    }
    let earlier = store::earlier_gifts(conn, supporter.id, from, moments(from, until, zone), at)?;
    let ids: Vec<i64> = gifts.iter().chain(&earlier).map(|gift| gift.id).collect();
    let events = store::went_back(conn, &ids, at)?;
    let line = |gift: Donation| line_of(gift, &funds, &events);
    let mut told_earlier: Vec<StatementLine> = earlier.into_iter().map(line).collect();
    for line in &mut told_earlier {
        line.went_back.retain(|back| (from..=until).contains(&back.on));
    }
    Ok(Statement {
        lines: gifts.into_iter().map(|gift| line_of(gift, &funds, &events)).collect(),
        earlier: told_earlier,
        supporter,
        year,
        copy: String::new(),
        society: funds::society(conn)?,
        written_on: date_in(at, zone),
    })
}

/// The first and the last day of a calendar year.
fn days_of(year: i64) -> Option<(NaiveDate, NaiveDate)> {
    let year = i32::try_from(year).ok()?;
    NaiveDate::from_ymd_opt(year, 1, 1).zip(NaiveDate::from_ymd_opt(year, 12, 31))
}

/// When the days begin and end on the fund's clock.
fn moments(from: NaiveDate, until: NaiveDate, zone: Tz) -> (DateTime<Utc>, DateTime<Utc>) {
    let midnight = |day: NaiveDate| {
        let local = day.and_time(chrono::NaiveTime::MIN);
        zone.from_local_datetime(&local).earliest().map_or(local.and_utc(), |at| at.with_timezone(&Utc))
    };
    (midnight(from), midnight(until.succ_opt().unwrap_or(until)))
}

fn line_of(gift: Donation, funds: &[Fund], events: &HashMap<i64, Vec<Event>>) -> StatementLine {
    let fund = funds.iter().find(|fund| fund.slug == gift.fund);
    let title = fund.map(|fund| fund.title.clone()).unwrap_or_default();
    let zone = fund.map_or(Tz::UTC, |fund| fund.zone);
    let purpose = match fund.and_then(|fund| month(fund, &gift.appeal)) {
        Some(month) => format!("{title}, {month}"),
        None => title.clone(),
    };
    let back = |event: &Event| WentBack {
        on: date_in(event.recorded_at, zone),
        amount_minor: event.amount_minor,
        is_unpaid: event.kind == "bounced",
    };
    let went_back = events.get(&gift.id).into_iter().flatten().map(back).collect();
    StatementLine { gift, purpose, fund: title, went_back }
}
