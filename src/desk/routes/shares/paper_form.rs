//! An application from paper, and who holds shares as it is typed at the desk.

use actix_web::HttpResponse;

use super::{Desk, Done, Pairs, Sent, class_choice, drawn, once, wrong};
use crate::desk::folio::{Deed, Field, Folio, Kind, choice, field, hinted};
use crate::http::{Form, Problem, Routes};
use crate::ledger::Method;
use crate::shares::parse::{self, RawApplication, RawHolder};
use crate::shares::{self, HolderKind, ShareClass};
use crate::staff::May;

pub(super) fn routes(at: &mut Routes) {
    at.desk().get("/shares/applications/new", May::EnterShares, ask).post(
        "/shares/applications/new",
        May::EnterShares,
        enter,
    );
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
