//! Applications: those that wait, the committee's list, and one decision for many.

use actix_web::HttpResponse;
use chrono::{DateTime, NaiveDate, Utc};

use super::proposed::{self, Proposable};
use super::{Desk, Done, Pairs, Sent, asked, day_in, holder_cell, money, once, shown, words_in, wrong};
use crate::db::Conn;
use crate::desk::allowed::Allowed;
use crate::desk::folio::{Deed, Folio, Kind, Table, badge, choice, field, hinted, link, number, text};
use crate::desk::routes::Asked;
use crate::desk::written::short_day;
use crate::exports::{BOM, cell};
use crate::http::{Form, Problem, Routes};
use crate::money::plain;
use crate::shares::numbers::{application_of, grouped};
use crate::shares::parse;
use crate::shares::{self, Allotment, Application, ApplicationStatus, InState, ShareError};
use crate::staff::May;

pub(super) fn routes(at: &mut Routes) {
    at.desk().get("/shares/applications", May::Read, show).get("/shares/applications.csv", May::Read, list).post(
        "/shares/allotments",
        May::Keep,
        allot_many,
    );
}

/// Applications on one page: a long meeting.
const SHOWN_MAX: i64 = 500;

/// How an application stands, as a word and a tone.
pub(super) fn standing(application: &Application) -> (&'static str, &'static str) {
    match application.standing() {
        "awaiting_payment" => ("no money yet", ""),
        "part_paid" => ("paid in part", "wait"),
        "overpaid" => ("overpaid", "wait"),
        "paid" => ("paid", "good"),
        "allotted" => ("allotted", "good"),
        "refused" => ("refused", "bad"),
        _ => ("withdrawn", ""),
    }
}

async fn show(desk: Desk, pairs: Asked) -> Result<HttpResponse, Problem> {
    shown_with(desk, pairs.into_inner(), None).await
}

async fn shown_with(desk: Desk, pairs: Vec<(String, String)>, sent: Sent) -> Result<HttpResponse, Problem> {
    let may = desk.may();
    let folio = desk.read(move |conn, now| folio(conn, now, may, &pairs, sent.as_ref())).await?;
    shown(desk, folio)
}

fn folio(
    conn: &mut Conn,
    now: DateTime<Utc>,
    may: Allowed,
    pairs: &[(String, String)],
    sent: Option<&(String, Form)>,
) -> Result<Folio, Problem> {
    let status = ApplicationStatus::from_name(asked(pairs, "state")).unwrap_or(ApplicationStatus::Waiting);
    let is_waiting = status == ApplicationStatus::Waiting;
    let mut folio = Folio::new(if is_waiting { "Applications for the committee" } else { "Applications" });
    if may.enter_shares {
        folio.link("Enter one from paper", "/desk/shares/applications/new");
    }
    let mut search = lookup(status, pairs);
    let until = match parse::date(asked(pairs, "until")) {
        Ok(until) => until,
        Err(message) => {
            search.form.refuse("until", message);
            None
        }
    };
    folio.lookup = Some(search);
    let of_day = until.map(|day| format!("?until={day}")).unwrap_or_default();
    folio.link("Committee list as CSV", format!("/desk/shares/applications.csv{of_day}"));
    folio.lead = until.map(|day| format!("For the meeting on {}.", crate::funds::words::day(day))).unwrap_or_default();
    let (found, ready) = one_page(conn, &mut folio, (status, until), pairs)?;
    let title = if is_waiting && ready > 0 { format!("Ready to decide: {}", grouped(ready)) } else { String::new() };
    let empty = if is_waiting { "No application waits." } else { "There is none in this state." };
    let mut table = Table::new(&title, HEADS, empty);
    let mut others = Table::new("Not ready yet", HEADS, "");
    let today = crate::clock::date_in(now, shares::settings(conn)?.zone);
    for one in &found {
        let (reference, cells) = row(conn, one)?;
        match (is_waiting, is_ready(conn, one, today)?) {
            (true, false) => others.row(cells),
            (_, is_ready) => table.choice(if is_ready { reference } else { String::new() }, cells),
        }
    }
    if is_waiting && table.rows.is_empty() && !others.rows.is_empty() {
        table.empty = "Nothing here is ready to decide: money is missing, or too much came.".to_owned();
    }
    if is_waiting && may.keep && table.rows.iter().any(|(chosen, _)| !chosen.is_empty()) {
        table.deed = Some(
            Deed::new("allot", "One decision for those you ticked", "/desk/shares/allotments")
                .asking(vec![
                    hinted("effective_on", "Allotted on", "The day of the committee’s decision.", Kind::Day),
                    hinted("minute", "Minute", "Where the decision is written down.", Kind::Line),
                ])
                .saying(
                    "All of them, or none when one cannot be allotted. Each gets a letter with the certificate.",
                    "Allot",
                )
                .with("effective_on", today.to_string())
                .again(sent),
        );
    }
    folio.tables.push(table);
    if !others.rows.is_empty() {
        folio.tables.push(others);
    }
    Ok(folio)
}

/// Whether the committee can decide now: the money is here to the penny, and somebody is there to hold the shares.
fn is_ready(conn: &mut Conn, one: &Application, today: NaiveDate) -> Result<bool, Problem> {
    if one.standing() != "paid" {
        return Ok(false);
    }
    let holder = shares::holder(conn, one.holder_id)?.ok_or(ShareError::UnknownApplication)?;
    Ok(!holder.is_dead_on(today))
}

/// A page of the list: those that are paid first, then the others, each oldest first; and how many are paid in all.
fn one_page(
    conn: &mut Conn,
    folio: &mut Folio,
    (status, until): (ApplicationStatus, Option<NaiveDate>),
    pairs: &[(String, String)],
) -> Result<(Vec<Application>, i64), Problem> {
    let of = |is_ready, after| InState { status, is_ready, until, after };
    let (paid, rest) = match status {
        ApplicationStatus::Waiting => (Some(true), Some(false)),
        _ => (None, None),
    };
    let (part, after) = (asked(pairs, "part"), asked(pairs, "after").parse().unwrap_or(0));
    let ready = shares::count_applications(conn, &of(Some(true), 0))?;
    let in_all = shares::count_applications(conn, &of(None, 0))?;
    let mut found = Vec::new();
    if part != "rest" {
        found = shares::applications_in_state(conn, &of(paid, after), SHOWN_MAX + 1)?;
    }
    let room = SHOWN_MAX + 1 - found.len() as i64;
    if rest.is_some() && room > 0 {
        let after = if part == "rest" { after } else { 0 };
        found.extend(shares::applications_in_state(conn, &of(rest, after), room)?);
    }
    let is_more = found.len() as i64 > SHOWN_MAX;
    found.truncate(SHOWN_MAX as usize);
    let day = until.map(|day| format!("&until={day}")).unwrap_or_default();
    let place = |query: String| format!("/desk/shares/applications?state={}{day}{query}", status.name());
    folio.pager.0 = (after > 0 || part == "rest").then(|| place(String::new()));
    folio.pager.1 = found.last().filter(|_| is_more).map(|last| {
        let part = if rest.is_some() && last.standing() != "paid" { "rest" } else { "" };
        place(format!("&part={part}&after={}", last.id))
    });
    if folio.pager.0.is_some() || folio.pager.1.is_some() {
        folio.notice = Some((format!("{} in all; {} on this page.", grouped(in_all), found.len()), "wait"));
    }
    Ok((found, ready))
}

/// What a list of applications says of each.
const HEADS: &[&str] = &["Reference", "Applicant", "Applied on", "#Shares", "#Price", "#Here", "State"];

/// An application as a line of the list, with its reference.
fn row(conn: &mut Conn, one: &Application) -> Result<(String, Vec<crate::desk::folio::Cell>), Problem> {
    let class = shares::class(conn, one.class_id)?;
    let holder = shares::holder(conn, one.holder_id)?.ok_or(ShareError::UnknownApplication)?;
    let (word, tone) = match holder.died_on() {
        Some(_) if one.status == ApplicationStatus::Waiting => ("applicant died", "bad"),
        _ => standing(one),
    };
    let reference = one.reference().to_string();
    let cells = vec![
        link(&reference, format!("/desk/shares/applications/{reference}")),
        holder_cell(&holder),
        text(short_day(one.applied_on)),
        number(grouped(one.shares)),
        number(money(one.amount_minor, &class)),
        number(money(one.held_minor, &class)),
        badge(word, tone),
    ];
    Ok((reference, cells))
}

fn lookup(status: ApplicationStatus, pairs: &[(String, String)]) -> Deed {
    let labels = [("waiting", "Waiting"), ("allotted", "Allotted"), ("refused", "Refused"), ("withdrawn", "Withdrawn")];
    Deed::new("find", "Applications", "/desk/shares/applications")
        .asking(vec![
            field("state", "State", choice(labels)),
            hinted("until", "For a meeting on", "Leaves out what came later.", Kind::Day),
        ])
        .saying("", "Show")
        .with("state", status.name())
        .with("until", asked(pairs, "until"))
}

async fn allot_many(desk: Desk, pairs: Pairs) -> Result<HttpResponse, Problem> {
    let done =
        once(&desk, "allot", &["effective_on", "minute", "chosen"], pairs.into_inner(), |conn, now, deed, form| {
            let chosen = counted_chosen(chosen_in(form).len());
            proposed::enter(conn, now, deed, Proposable::Allotments, &chosen, form)
        });
    match done.await? {
        Ok(answer) => Ok(answer),
        Err(sent) => shown_with(desk, Vec::new(), Some(sent)).await,
    }
}

/// The applications that were ticked.
pub(super) fn chosen_in(form: &Form) -> Vec<i64> {
    form.values("chosen").iter().filter_map(|text| application_of(text.parse().ok()?)).collect()
}

/// "1 application", "12 applications"
pub(super) fn counted_chosen(count: usize) -> String {
    if count == 1 { "1 application".to_owned() } else { format!("{} applications", grouped(count as i64)) }
}

/// The applications that were ticked, as a list.
pub(super) fn chosen_table(conn: &mut Conn, form: &Form) -> Result<Table, Problem> {
    let mut table = Table::new("What is to be allotted", HEADS, "Nothing.");
    let ids = chosen_in(form);
    let mut found = shares::applications_numbered(conn, &ids)?;
    for one in ids.iter().filter_map(|id| found.remove(id)) {
        table.row(row(conn, &one)?.1);
    }
    Ok(table)
}

/// Allots what was ticked in the form, all of it or nothing.
pub(super) fn perform(conn: &mut Conn, now: DateTime<Utc>, deed: &shares::Deed, form: &Form) -> Result<Done, Problem> {
    let ids = chosen_in(form);
    if ids.is_empty() {
        return Err(Problem::conflict("Please tick the applications that the committee decided about."));
    }
    let (on, minute) = (day_in(form, "effective_on")?, words_in(form, "minute")?);
    let all: Vec<Allotment> =
        ids.iter().map(|id| Allotment { application: *id, shares: None, surplus: None }).collect();
    let allotted = shares::allot_all(conn, now, deed, &all, on, &minute)?;
    let place = "/desk/shares/applications?state=allotted";
    let done = Done::new(place, "shares allotted", counted_chosen(allotted.len())).saying(minute);
    Ok(Done { kept: Some(place.to_owned()), ..done })
}

/// The committee's list as CSV: one line an application that waits.
async fn list(desk: Desk, pairs: Asked) -> Result<HttpResponse, Problem> {
    let until = parse::date(asked(&pairs, "until")).map_err(|message| wrong("until", message))?;
    let csv = desk
        .read(move |conn, _| {
            let mut csv = csv::Writer::from_writer(BOM.to_vec());
            let heads =
                ["reference", "name", "address", "member", "class", "shares", "price", "paid", "state", "applied_on"];
            csv.write_record(heads).map_err(Problem::internal)?;
            let wanted = InState { until, ..InState::all(ApplicationStatus::Waiting) };
            for one in &shares::applications_in_state(conn, &wanted, i64::MAX)? {
                let class = shares::class(conn, one.class_id)?;
                let holder = shares::holder(conn, one.holder_id)?.ok_or(ShareError::UnknownApplication)?;
                csv.write_record([
                    one.reference().to_string(),
                    cell(&holder.name).into_owned(),
                    cell(&super::on_one_line(&holder.address)).into_owned(),
                    holder.member.map(|number| number.to_string()).unwrap_or_default(),
                    class.code.clone(),
                    one.shares.to_string(),
                    plain(one.amount_minor, class.currency),
                    plain(one.held_minor, class.currency),
                    one.standing().to_owned(),
                    one.applied_on.to_string(),
                ])
                .map_err(Problem::internal)?;
            }
            csv.into_inner().map_err(Problem::internal)
        })
        .await?;
    Ok(HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header(("Content-Disposition", "attachment; filename=\"applications.csv\""))
        .body(csv))
}
