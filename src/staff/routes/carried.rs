//! The answer to a form whose session is over: the door on the spot, and after it what was typed, to be sent once more.
//!
//! Invariant: nothing is done here. The person who typed it sees every value and presses the button themselves; whoever
//! else signs in is told whose form it was and gets the page without it.

use actix_web::http::StatusCode;
use actix_web::http::header::{ACCEPT, CONTENT_TYPE, REFERER};
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};
use askama::Template;
use futures_util::TryStreamExt;

use super::cookies;
use super::door::{SignInPage, local};
use crate::clock::Clock;
use crate::db::{Db, DbError};
use crate::http::{Parts, Problem, PublicUrl, Shell, blocking, page, part};
use crate::staff::carried::{CARRIED_BYTES_MAX, Carried, Sealed, Typist, may_be_carried};
use crate::staff::signing::SigningKey;
use crate::staff::{StaffError, member};

const OVER: &str =
    "You are no longer signed in, so nothing was changed. Sign in again, go back and send the form once more.";
const KEPT: &str = "Your session is over, so nothing was changed yet. What you typed is kept in this page: sign in, look it \
                    over and press the button once more.";
const TOO_LONG: &str = "Your session is over, so nothing was changed. What you typed is too long to be carried along: sign \
                        in through another tab, come back to the page before with your browser’s Back, and send it again.";
const NOT_READ: &str = "Your session is over, so nothing was changed, and what was sent could not be read. Please sign in and send it again.";

/// Answers a form that was sent when its session was over.
pub async fn session_over(request: &HttpRequest, payload: web::Payload) -> HttpResponse {
    match answered(request, payload).await {
        Ok(answer) => answer,
        Err(problem) => HttpResponse::from_error(problem),
    }
}

async fn answered(request: &HttpRequest, payload: web::Payload) -> Result<HttpResponse, Problem> {
    let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let accept = header(ACCEPT);
    if accept.contains("json") && !accept.contains("html") {
        return Err(Problem::unauthorized(OVER));
    }
    let (db, clock, url) = (part::<Db>(request)?, part::<Clock>(request)?, part::<PublicUrl>(request)?);
    let shell = Shell::extract(request).await?;
    let place = local(request.uri().path_and_query().map_or("/desk", |place| place.as_str())).to_owned();
    let from = local(page_of(header(REFERER))).to_owned();
    let sent = read(request, payload).await;
    let key = blocking(move || db.read(SigningKey::load)).await?;
    let (notice, sealed, typist) = match (sent, key) {
        (Some(sent), Some(key)) => {
            let typist = Typist::of(&key, cookies::typist(request, &url).as_deref())?;
            let mut carried = Carried::new(clock.now(), typist.staff_id, &place, &from, sent.fields);
            carried.files = sent.files;
            let sealed = if sent.is_whole { carried.sealed(&key, &typist) } else { None };
            let notice = if sealed.is_some() { KEPT } else { TOO_LONG };
            (notice, sealed, Some(typist.cookie(&key)))
        }
        _ => (NOT_READ, None, None),
    };
    let next = if from == "/desk" { place } else { from };
    let sign_in = SignInPage { shell, email: String::new(), next, refusal: Some(notice.to_owned()), carried: sealed };
    let mut answer = page(StatusCode::UNAUTHORIZED, &sign_in)?;
    if let Some(cookie) = typist {
        cookies::keep_typist(&mut answer, &cookie, &url)?;
    }
    Ok(answer)
}

/// The path and query of a whole address.
fn page_of(address: &str) -> &str {
    let rest = address.split_once("://").map_or("", |(_, rest)| rest);
    rest.find('/').map_or("", |at| rest.get(at..).unwrap_or_default())
}

/// What a form brought.
#[derive(Default)]
struct Sent {
    fields: Vec<(String, String)>,
    files: Vec<String>,
    is_whole: bool,
}

async fn read(request: &HttpRequest, payload: web::Payload) -> Option<Sent> {
    let kind = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut payload = payload.into_inner();
    if kind.trim_start().to_ascii_lowercase().starts_with("multipart/") {
        let parts = Parts::from_request(request, &mut payload).await.ok()?;
        return read_parts(parts).await;
    }
    if kind.is_empty() {
        return Some(Sent { is_whole: true, ..Sent::default() });
    }
    match web::Form::<Vec<(String, String)>>::from_request(request, &mut payload).await {
        Ok(pairs) => Some(Sent { fields: pairs.into_inner(), files: Vec::new(), is_whole: true }),
        // Almost always longer than this address takes.
        Err(_) => Some(Sent::default()),
    }
}

/// Bytes of files that are read past, to reach the fields behind them.
const PASSED_BYTES_MAX: usize = 8 * 1024 * 1024;

async fn read_parts(mut parts: Parts) -> Option<Sent> {
    let mut sent = Sent { is_whole: true, ..Sent::default() };
    let mut passed = 0;
    while let Some(mut field) = parts.next().await.ok()? {
        let name = field.name().unwrap_or_default().to_owned();
        let is_file = field.content_disposition().and_then(|said| said.get_filename()).is_some();
        let mut bytes = Vec::new();
        while let Some(chunk) = field.try_next().await.ok()? {
            passed += chunk.len();
            if passed > PASSED_BYTES_MAX || (!is_file && bytes.len() + chunk.len() > CARRIED_BYTES_MAX) {
                sent.is_whole = false;
                return Some(sent);
            }
            if !is_file {
                bytes.extend_from_slice(&chunk);
            }
        }
        match String::from_utf8(bytes) {
            _ if is_file => sent.files.push(name),
            Ok(text) => sent.fields.push((name, text.replace('\0', ""))),
            Err(_) => return None,
        }
    }
    Some(sent)
}

/// What was typed, after its sender has signed in.
#[derive(Template)]
#[template(path = "staff/carried.html")]
struct CarriedPage {
    shell: Shell,
    /// Whose form it was, where that is somebody else.
    of_another: Option<String>,
    carried: Option<Carried>,
    fields: Vec<Field>,
    /// Where the page stands without what was typed.
    empty: String,
}

/// A field as it is shown again.
struct Field {
    id: String,
    name: String,
    label: String,
    value: String,
    shape: Shape,
}

#[derive(PartialEq, Eq)]
enum Shape {
    Hidden,
    Tick,
    Line,
    Text,
}

/// Longest value that stands on one line.
const LINE_CHARS_MAX: usize = 60;
/// Fields that belong to the form and not to the person.
const OF_THE_FORM: [&str; 2] = ["key", "next"];
/// What a script adds to what it sends.
const OF_SCRIPTS: &str = "fragment";

fn shown(fields: &[(String, String)]) -> Vec<Field> {
    let field = |(at, (name, value)): (usize, &(String, String))| {
        let shape = match value.as_str() {
            "" => Shape::Hidden,
            _ if OF_THE_FORM.contains(&name.as_str()) => Shape::Hidden,
            "true" | "on" | "yes" => Shape::Tick,
            value if value.contains('\n') || value.chars().count() > LINE_CHARS_MAX => Shape::Text,
            _ => Shape::Line,
        };
        Field { id: format!("carried-{at}"), name: name.clone(), label: label(name), value: value.clone(), shape }
    };
    fields.iter().filter(|(name, _)| name != OF_SCRIPTS && may_be_carried(name)).enumerate().map(field).collect()
}

/// "received_on" as people read it: "Received on".
fn label(name: &str) -> String {
    let words = name.replace(['_', '-', '.'], " ");
    let mut letters = words.trim().chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => "Field".to_owned(),
    }
}

/// Keeps in the browser who signed in, and shows what it carried, if it carried anything.
///
/// # Errors
/// [`Problem`] when the database fails.
pub(super) async fn after_sign_in(
    (request, db, clock): (&HttpRequest, web::Data<Db>, web::Data<Clock>),
    shell: Shell,
    staff_id: i64,
    sealed: Option<Sealed>,
    next: &str,
) -> Result<(Option<HttpResponse>, String), Problem> {
    let url = part::<PublicUrl>(request)?;
    let cookie = cookies::typist(request, &url);
    let (now, next) = (clock.now(), next.to_owned());
    let (typist, carried, of_another) = blocking(move || {
        db.read(|conn| {
            let key = SigningKey::load(conn)?.ok_or_else(|| DbError::Corrupt("the door has no key".to_owned()))?;
            let before = Typist::of(&key, cookie.as_deref())?;
            let carried = sealed.as_ref().and_then(|sealed| Carried::opened(&key, now, &before, sealed));
            let owner = carried.as_ref().map_or(0, |carried| carried.owner);
            let of_another = if owner == 0 || owner == staff_id { None } else { member(conn, owner)? };
            let typist = before.named(staff_id).cookie(&key);
            let is_carried = sealed.is_some();
            Ok::<_, StaffError>((typist, is_carried.then_some(carried), of_another.map(|member| member.name)))
        })
    })
    .await?;
    let Some(carried) = carried else { return Ok((None, typist)) };
    let empty = carried.as_ref().map_or(next, |carried| carried.page.clone());
    let carried = carried.filter(|_| of_another.is_none());
    let fields = carried.as_ref().map_or_else(Vec::new, |carried| shown(&carried.fields));
    Ok((Some(page(StatusCode::OK, &CarriedPage { shell, of_another, carried, fields, empty })?), typist))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_known_by_its_path_and_query_alone() {
        assert_eq!(page_of("https://fund.example/desk/gifts?q=a"), "/desk/gifts?q=a");
        assert_eq!((page_of("https://fund.example"), page_of("")), ("", ""));
    }

    #[test]
    fn every_value_that_somebody_typed_is_there_to_see() {
        let typed =
            [("key", "k"), ("fragment", "1"), ("amount", "25"), ("anonymous", "true"), ("note", "a\nb"), ("x", "")];
        let typed = typed.map(|(name, value)| (name.to_owned(), value.to_owned()));

        let seen: Vec<String> =
            shown(&typed).into_iter().filter(|field| field.shape != Shape::Hidden).map(|field| field.label).collect();

        assert_eq!(seen, ["Amount", "Anonymous", "Note"]);
    }
}
