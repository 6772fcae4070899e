//! Pages that are data ([`crate::desk::folio`]), and the forms on them.
//!
//! Invariant: a deed is done once for its form's key, in one transaction with its line of the audit trail; a refusal
//! shows the page again with what was typed.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;
use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use super::{Desk, see_other};
use crate::db::Conn;
use crate::desk::allowed::Allowed;
use crate::desk::folio::{Folio, Kind};
use crate::http::{FieldError, Form, Problem, Shell, page};
use crate::shares::{self, Deed as ShareDeed, ShareError};
use crate::staff::Actor;

#[derive(Template)]
#[template(path = "desk/shares/folio.html")]
struct FolioPage {
    shell: Shell,
    actor: Actor,
    path: String,
    folio: Folio,
}

impl FolioPage {
    fn is_about_shares(&self) -> bool {
        self.path.starts_with("/desk/shares")
    }

    fn is_refused(&self) -> bool {
        self.folio.has_refused || self.folio.is_refused()
    }
}

/// Shows a page.
pub(super) fn shown(desk: Desk, folio: Folio) -> Result<HttpResponse, Problem> {
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
pub(super) async fn drawn(
    desk: Desk,
    sent: Sent,
    draw: impl FnOnce(&mut Conn, DateTime<Utc>, Allowed, Option<&(String, Form)>) -> Result<Folio, Problem> + Send + 'static,
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
pub(super) type Sent = Option<(String, Form)>;

/// What was done, for the trail, and where the reader goes next.
pub(super) struct Done {
    pub(super) place: String,
    /// Where it is kept, for whoever wants to know what came of a proposal.
    pub(super) kept: Option<String>,
    pub(super) action: &'static str,
    pub(super) subject: String,
    pub(super) detail: String,
}

impl Done {
    pub(super) fn new(place: impl Into<String>, action: &'static str, subject: impl ToString) -> Self {
        Self { place: place.into(), kept: None, action, subject: subject.to_string(), detail: String::new() }
    }

    pub(super) fn saying(self, detail: impl Into<String>) -> Self {
        Self { detail: detail.into(), ..self }
    }
}

/// Does a deed once for its form; the answer leads on, or is the form with what is wrong with it.
pub(super) async fn once(
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

/// Longest reason or reference to a minute.
const WORDS_CHARS_MAX: usize = 1_000;

/// Words on one line.
pub(super) fn words_in(form: &Form, name: &'static str) -> Result<String, Problem> {
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
pub(super) fn needed_in(form: &Form, name: &'static str, what: &str) -> Result<String, Problem> {
    match words_in(form, name)? {
        text if text.is_empty() => Err(wrong(name, format!("Please give {what}."))),
        text => Ok(text),
    }
}

pub(super) fn wrong(name: &str, message: impl ToString) -> Problem {
    Problem::fields(vec![FieldError::new(name, message)])
}

/// The first value of a question in the address.
pub(super) fn asked<'a>(pairs: &'a [(String, String)], name: &str) -> &'a str {
    pairs.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str()).trim()
}

/// What may be asked: whatever was typed, in a form that shows it again.
pub(super) fn lookup_form(pairs: &[(String, String)]) -> Form {
    Form::sent(pairs.to_vec())
}
