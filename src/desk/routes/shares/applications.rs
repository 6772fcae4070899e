//! Applications: those that wait, the committee's list, one decision for many, and a new one from paper.

use actix_web::HttpResponse;
use chrono::{DateTime, Utc};

use super::proposed::{self, Proposable};
use super::{
    Desk, Done, Pairs, Sent, asked, class_choice, day_in, drawn, holder_cell, money, once, shown, words_in, wrong,
};
use crate::db::Conn;
use crate::desk::allowed::Allowed;
use crate::desk::folio::{Deed, Field, Folio, Kind, Table, badge, choice, field, hinted, link, number, text};
use crate::desk::routes::Asked;
use crate::desk::written::short_day;
use crate::exports::cell;
use crate::http::{Form, Problem, Routes};
use crate::ledger::Method;
use crate::money::plain;
use crate::shares::numbers::{application_of, grouped};
use crate::shares::parse::{self, RawApplication, RawHolder};
use crate::shares::{self, Allotment, Application, ApplicationStatus, HolderKind, ShareClass, ShareError};
use crate::staff::May;

pub(super) fn routes(at: &mut Routes) {
    at.desk()
        .get("/shares/applications", May::Read, show)
        .get("/shares/applications.csv", May::Read, list)
        .get("/shares/applications/new", May::EnterShares, ask)
        .post("/shares/applications/new", May::EnterShares, enter)
        .post("/shares/allotments", May::Keep, allot_many);
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
    let mut table =
        Table::new("", HEADS, if is_waiting { "No application waits." } else { "There is none in this state." });
    let mut found = shares::applications_in_state(conn, status, 0, SHOWN_MAX + 1)?;
    if found.len() as i64 > SHOWN_MAX {
        found.truncate(SHOWN_MAX as usize);
        folio.notice = Some((format!("The first {SHOWN_MAX} are shown; the CSV has all of them."), "wait"));
    }
    found.retain(|one| until.is_none_or(|until| one.applied_on <= until));
    let is_ready = |one: &Application| one.standing() == "paid";
    found.sort_by_key(|one| !is_ready(one));
    for one in &found {
        let (reference, cells) = row(conn, one)?;
        table.choice(if is_ready(one) { reference } else { String::new() }, cells);
    }
    if is_waiting && may.keep && found.iter().any(is_ready) {
        let settings = shares::settings(conn)?;
        let today = crate::clock::date_in(now, settings.zone);
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
    Ok(folio)
}

/// What a list of applications says of each.
const HEADS: &[&str] = &["Reference", "Applicant", "Applied on", "#Shares", "#Price", "#Here", "State"];

/// An application as a line of the list, with its reference.
fn row(conn: &mut Conn, one: &Application) -> Result<(String, Vec<crate::desk::folio::Cell>), Problem> {
    let class = shares::class(conn, one.class_id)?;
    let holder = shares::holder(conn, one.holder_id)?.ok_or(ShareError::UnknownApplication)?;
    let (word, tone) = standing(one);
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
            let mut csv = csv::Writer::from_writer(Vec::new());
            let heads =
                ["reference", "name", "address", "member", "class", "shares", "price", "paid", "state", "applied_on"];
            csv.write_record(heads).map_err(Problem::internal)?;
            let waiting = shares::applications_in_state(conn, ApplicationStatus::Waiting, 0, i64::MAX)?;
            for one in waiting.iter().filter(|one| until.is_none_or(|until| one.applied_on <= until)) {
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

/// Kinds of holder, for forms.
pub(super) fn kinds() -> Kind {
    choice([
        (HolderKind::Person.name(), "A person"),
        (HolderKind::Joint.name(), "Joint holders"),
        (HolderKind::Organisation.name(), "An organisation"),
        (HolderKind::Society.name(), "A registered society"),
    ])
}

/// The fields of a holder who is not on the register.
pub(super) fn holder_fields() -> Vec<Field> {
    vec![
        field("kind", "Who holds them", kinds()),
        hinted("name", "Name", "In full; empty for joint holders.", Kind::Line),
        hinted("names", "Joint holders", "Two to four names, one a line; the first votes.", Kind::Area),
        hinted("representative", "Representative", "Of an organisation.", Kind::Line),
        hinted("address", "Postal address", "With the postcode.", Kind::Area),
        hinted("email", "E-mail address", "May stay empty; letters are then printed.", Kind::Line),
        field("for_meetings", "Notices of meetings may go there", Kind::Tick),
        hinted("date_of_birth", "Date of birth", "Only for who is under 18.", Kind::Day),
    ]
}

/// A holder as it was typed at the desk.
pub(super) fn holder_in(form: &Form) -> RawHolder {
    let field = |name: &str| form.value(name).to_owned();
    let purposes = if form.is_ticked("for_meetings") { vec!["meetings".to_owned()] } else { Vec::new() };
    RawHolder {
        kind: field("kind"),
        name: field("name"),
        names: form.value("names").lines().map(str::to_owned).collect(),
        representative: field("representative"),
        email: field("email"),
        email_purposes: purposes,
        address: field("address"),
        date_of_birth: field("date_of_birth"),
    }
}

fn new_deed(classes: &[ShareClass], today: &str) -> Deed {
    let methods = Method::ALL.map(|method| (method.name(), method.label()));
    let mut fields = vec![
        field("class", "Class", class_choice(classes)),
        field("shares", "Shares", Kind::Figure),
        hinted("member", "Member number", "For a member who wants more; then leave the holder empty.", Kind::Line),
    ];
    fields.extend(holder_fields());
    fields.extend([
        field("method", "How the money comes", choice(methods)),
        hinted("gift", "A gift besides", "May stay empty.", Kind::Figure),
        field("applied_on", "Applied on", Kind::Day),
        field("accepts_rules", "The form is signed: the rules are accepted", Kind::Tick),
    ]);
    Deed::new("new", "The form", "/desk/shares/applications/new")
        .asking(fields)
        .saying("The applicant is answered at once, by e-mail or with a letter to be posted.", "Enter the application")
        .with("applied_on", today)
        .with("method", "cheque")
        .open()
}

async fn ask(desk: Desk) -> Result<HttpResponse, Problem> {
    asked_again(desk, None).await
}

async fn asked_again(desk: Desk, sent: Sent) -> Result<HttpResponse, Problem> {
    drawn(desk, sent, move |conn, now, _, sent| {
        let settings = shares::settings(conn)?;
        let today = crate::clock::date_in(now, settings.zone).to_string();
        let classes = shares::classes(conn)?;
        let mut folio = Folio::under("Applications", "/desk/shares/applications", "An application from paper");
        folio.deeds.push(new_deed(&classes, &today).again(sent));
        Ok(folio)
    })
    .await
}

/// The fields of a new application, for what is wrong with them.
const NEW_FIELDS: &[&str] = &[
    "class",
    "shares",
    "member",
    "kind",
    "name",
    "names",
    "representative",
    "address",
    "email",
    "date_of_birth",
    "method",
    "gift",
    "applied_on",
    "accepts_rules",
];

async fn enter(desk: Desk, pairs: Pairs) -> Result<HttpResponse, Problem> {
    let done = once(&desk, "new", NEW_FIELDS, pairs.into_inner(), |conn, now, deed, form| {
        let settings = shares::settings(conn)?;
        let today = crate::clock::date_in(now, settings.zone);
        let raw = RawApplication {
            class: form.value("class").to_owned(),
            shares: form.value("shares").to_owned(),
            member: form.value("member").to_owned(),
            holder: holder_in(form),
            accepts_rules: form.is_ticked("accepts_rules"),
            method: form.value("method").to_owned(),
            gift: form.value("gift").to_owned(),
            applied_on: form.value("applied_on").to_owned(),
        };
        let new = parse::check(&raw, &settings, today).map_err(told)?;
        let application = shares::apply(conn, now, deed, &new)?;
        let reference = application.reference().to_string();
        Ok(Done::new(format!("/desk/shares/applications/{reference}"), "application entered", reference))
    });
    match done.await? {
        Ok(answer) => Ok(answer),
        Err(sent) => asked_again(desk, Some(sent)).await,
    }
}

/// What is wrong with a holder's own words, at the fields of the desk.
pub(super) fn told(faults: Vec<crate::fault::Fault>) -> Problem {
    let faults = faults.into_iter().map(|fault| {
        let name = fault.field.trim_start_matches("holder.");
        crate::http::FieldError::new(name, fault.message)
    });
    match faults.collect::<Vec<_>>() {
        none if none.is_empty() => wrong("name", "Please check the form."),
        faults => Problem::fields(faults),
    }
}
