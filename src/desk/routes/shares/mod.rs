//! The share register at the desk: one file a noun, one template for all of them.
//!
//! Invariant: a deed is done once for its form's key, in one transaction with its line of the audit trail; a refusal
//! shows the noun again with what was typed.

mod application;
mod applications;
mod event;
mod import;
mod interest;
mod labels;
mod letters;
mod member;
mod member_acts;
mod member_deeds;
mod officers;
mod overview;
mod proposals;
mod register;
mod returns;
mod roll;
mod sections;
mod terms;
mod withdrawal;
mod withdrawals;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use chrono::{DateTime, NaiveDate, Utc};
use sha2::{Digest, Sha256};

use super::{Desk, Pairs, form_limit, see_other};
use crate::db::Conn;
use crate::desk::folio::{Folio, Kind};
use crate::desk::may::May;
use crate::http::{FieldError, Form, Problem, Shell, page};
use crate::money::display;
use crate::shares::numbers::MemberNumber;
use crate::shares::{self, Deed as ShareDeed, Holder, ShareClass, ShareError, parse};
use crate::staff::Actor;

pub(super) fn routes(at: &mut web::ServiceConfig) {
    overview::routes(at);
    applications::routes(at);
    application::routes(at);
    register::routes(at);
    member::routes(at);
    event::routes(at);
    proposals::routes(at);
    withdrawals::routes(at);
    withdrawal::routes(at);
    roll::routes(at);
    labels::routes(at);
    returns::routes(at);
    letters::routes(at);
    officers::routes(at);
    sections::routes(at);
    terms::routes(at);
    interest::routes(at);
    import::routes(at);
}

#[derive(Template)]
#[template(path = "desk/shares/folio.html")]
struct FolioPage {
    shell: Shell,
    actor: Actor,
    path: String,
    folio: Folio,
}

impl FolioPage {
    fn is_refused(&self) -> bool {
        self.folio.has_refused || self.folio.is_refused()
    }
}

/// Shows a page.
fn shown(desk: Desk, folio: Folio) -> Result<HttpResponse, Problem> {
    let page_of = FolioPage { shell: desk.shell, actor: desk.actor, path: desk.path, folio };
    let status = if page_of.is_refused() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    page(status, &page_of)
}

/// What a refused deed says, in one sentence.
fn refusal(sent: Option<&(String, Form)>) -> Option<String> {
    let (_, form) = sent.filter(|(_, form)| form.is_refused())?;
    form.notice().or_else(|| form.faults().first().map(|fault| fault.message.as_str())).map(str::to_owned)
}

/// Draws a page, for the first time or after a deed of it was refused. Where the deed is not there any more, because
/// somebody else was quicker or it is not this one's to do, the page says why above everything.
async fn drawn(
    desk: Desk,
    sent: Sent,
    draw: impl FnOnce(&mut Conn, DateTime<Utc>, May, Option<&(String, Form)>) -> Result<Folio, Problem> + Send + 'static,
) -> Result<HttpResponse, Problem> {
    let (may, refused) = (desk.may(), refusal(sent.as_ref()));
    let mut folio = desk.read(move |conn, now| draw(conn, now, may, sent.as_ref())).await?;
    if let Some(words) = refused
        && !folio.is_refused()
    {
        folio.notice = Some((words, "bad"));
        folio.has_refused = true;
    }
    shown(desk, folio)
}

/// A deed that was sent and refused: which, and what was typed.
type Sent = Option<(String, Form)>;

/// What was done, for the trail, and where the reader goes next.
struct Done {
    place: String,
    action: &'static str,
    subject: String,
    detail: String,
}

impl Done {
    fn new(place: impl Into<String>, action: &'static str, subject: impl ToString) -> Self {
        Self { place: place.into(), action, subject: subject.to_string(), detail: String::new() }
    }

    fn saying(self, detail: impl Into<String>) -> Self {
        Self { detail: detail.into(), ..self }
    }
}

/// Does a deed once for its form; the answer leads on, or is the form with what is wrong with it.
async fn once(
    desk: &Desk,
    slug: impl Into<String>,
    fields: &'static [&'static str],
    pairs: Vec<(String, String)>,
    act: impl FnOnce(&mut Conn, DateTime<Utc>, &ShareDeed, &Form) -> Result<Done, Problem> + Send + 'static,
) -> Result<Result<HttpResponse, (String, Form)>, Problem> {
    let slug: String = slug.into();
    let fingerprint: [u8; 32] = Sha256::digest(format!("{slug} {pairs:?}").as_bytes()).into();
    let mut form = Form::sent(pairs);
    let (hand, sent) = (desk.hand(), form.clone());
    let done = desk.write(move |conn, now| {
        let key = format!("{}:{}", hand.actor.key_space(), sent.key());
        let deed = ShareDeed { by: hand.actor.who(), request_id: hand.request_id.clone() };
        let answer = shares::once(conn, now, &key, &fingerprint, |conn| {
            let done = act(conn, now, &deed, &sent)?;
            hand.note(conn, now, done.action, &done.subject, &done.detail)?;
            Ok::<_, Problem>(done.place)
        })?;
        Ok(answer.text)
    });
    match done.await {
        Ok(place) => Ok(Ok(see_other(&place))),
        Err(problem) if problem.detail == ShareError::KeyReused.to_string() => {
            form.renew_key();
            form.object(
                "You sent this form before with other words, and that stands. If this is something else, press the \
                 button once more.",
            );
            Ok(Err((slug, form)))
        }
        Err(problem) => {
            form.take(problem, fields)?;
            Ok(Err((slug, form)))
        }
    }
}

/// The day in a field; nothing where nothing was typed.
fn day_in(form: &Form, name: &'static str) -> Result<Option<NaiveDate>, Problem> {
    parse::date(form.value(name)).map_err(|message| wrong(name, message))
}

/// A number of shares.
fn shares_in(form: &Form) -> Result<i64, Problem> {
    parse::shares(form.value("shares")).map_err(|message| wrong("shares", message))
}

fn member_in(form: &Form, name: &'static str) -> Result<MemberNumber, Problem> {
    form.value(name).parse().map_err(|error| wrong(name, error))
}

/// Longest reason or reference to a minute.
const WORDS_CHARS_MAX: usize = 1_000;

/// Words on one line.
fn words_in(form: &Form, name: &'static str) -> Result<String, Problem> {
    let text = form.value(name).split_whitespace().collect::<Vec<_>>().join(" ");
    if text.chars().count() > WORDS_CHARS_MAX {
        return Err(wrong(name, format!("Please shorten this to {WORDS_CHARS_MAX} characters.")));
    }
    if text.chars().any(char::is_control) {
        return Err(wrong(name, "Please leave out characters that cannot be seen."));
    }
    Ok(text)
}

/// Words that must be there.
fn needed_in(form: &Form, name: &'static str, what: &str) -> Result<String, Problem> {
    match words_in(form, name)? {
        text if text.is_empty() => Err(wrong(name, format!("Please give {what}."))),
        text => Ok(text),
    }
}

fn wrong(name: &str, message: impl ToString) -> Problem {
    Problem::fields(vec![FieldError::new(name, message)])
}

/// The classes to choose from.
fn class_choice(classes: &[ShareClass]) -> Kind {
    Kind::Choice(classes.iter().map(|class| (class.code.clone(), class.name.clone())).collect())
}

fn money(amount_minor: i64, class: &ShareClass) -> String {
    display(amount_minor, class.currency)
}

fn class_named(classes: &[ShareClass], id: i64) -> String {
    classes.iter().find(|class| class.id == id).map(|class| class.name.clone()).unwrap_or_default()
}

/// A holder as a link to the member, or a name.
fn holder_cell(holder: &Holder) -> crate::desk::folio::Cell {
    match holder.member {
        Some(number) => crate::desk::folio::link(&holder.name, format!("/desk/shares/members/{number}")),
        None => crate::desk::folio::text(&holder.name),
    }
}

fn number_of(text: &str) -> Result<MemberNumber, Problem> {
    text.parse().map_err(Problem::not_found)
}

fn member_of(conn: &mut Conn, number: MemberNumber) -> Result<Holder, Problem> {
    let found = shares::holder_by_member(conn, number)?;
    found.ok_or_else(|| Problem::not_found(ShareError::UnknownMember(number.to_string())))
}

/// An address on one line.
fn on_one_line(address: &str) -> String {
    address.lines().collect::<Vec<_>>().join(", ")
}

/// The first value of a question in the address.
fn asked<'a>(pairs: &'a [(String, String)], name: &str) -> &'a str {
    pairs.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str()).trim()
}

/// What may be asked: whatever was typed, in a form that shows it again.
fn lookup_form(pairs: &[(String, String)]) -> Form {
    Form::sent(pairs.to_vec())
}
