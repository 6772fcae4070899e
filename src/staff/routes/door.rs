//! The door: sign-in, sign-out, and the link by which somebody joins.

use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::USER_AGENT;
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};
use askama::Template;
use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::{Faults, carried, cookies, see_other, turn};
use crate::clock::Clock;
use crate::db::{Db, Lock, hold};
use crate::http::spelling::is_plain;
use crate::http::{FieldError, Place, Problem, PublicUrl, RequestId, Routes, Shell, blocking, page, part};
use crate::staff::carried::{CARRIED_BYTES_MAX, Sealed};
use crate::staff::guard::session_secret;
use crate::staff::sign_in::{Opened, SignIn, SignInError, open_session};
use crate::staff::store::sessions;
use crate::staff::{
    Attempts, May, NewMember, Password, Passwords, Role, Secret, Staff, StaffError, audit, invitations, rules,
};
use crate::unseen;

pub(super) fn routes(at: &mut Routes) {
    at.door().with_forms_up_to(SIGN_IN_BYTES_MAX).get("/sign-in", show_sign_in).post("/sign-in", take_sign_in);
    at.door().get("/welcome/{secret}", show_welcome).post("/welcome/{secret}", take_welcome);
    at.desk().post("/sign-out", May::Read, sign_out);
}

/// A form at the door with what it carries: in an address's encoding each byte may take three.
const SIGN_IN_BYTES_MAX: usize = 4 * CARRIED_BYTES_MAX;

/// Somebody at the door, and what answering them needs.
#[derive(Clone)]
struct AtDoor {
    db: web::Data<Db>,
    clock: web::Data<Clock>,
    passwords: web::Data<Passwords>,
    attempts: web::Data<Attempts>,
    url: web::Data<PublicUrl>,
    shell: Shell,
    agent: String,
    before: Option<Secret>,
    devices: Vec<String>,
    place: IpAddr,
    request_id: String,
}

impl FromRequest for AtDoor {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let url = part::<PublicUrl>(&request)?;
            let agent = request.headers().get(USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
            let Ok(RequestId(request_id)) = RequestId::extract(&request).into_inner();
            Ok(Self {
                db: part(&request)?,
                clock: part(&request)?,
                passwords: part(&request)?,
                attempts: part(&request)?,
                shell: Shell::extract(&request).await?,
                agent: agent.to_owned(),
                before: session_secret(&request),
                devices: cookies::devices(&request, &url),
                place: Place::of(&request).0,
                request_id,
                url,
            })
        })
    }
}

impl AtDoor {
    fn typed(&self, email: &str, password: &Password, code: &str) -> SignIn {
        SignIn {
            email: email.to_owned(),
            password: password.clone(),
            code: code.to_owned(),
            agent: self.agent.clone(),
            before: self.before.clone(),
            devices: self.devices.clone(),
            place: self.place,
            request_id: self.request_id.clone(),
        }
    }

    /// Waits for the database and for the hashing.
    fn open(&self, now: DateTime<Utc>, typed: &SignIn) -> Result<Opened, SignInError> {
        open_session(&self.db, now, &self.passwords, &self.attempts, typed)
    }

    fn let_in(&self, opened: &Opened, place: &str) -> Result<HttpResponse, Problem> {
        let mut answer = see_other(place);
        self.hand_out(&mut answer, opened)?;
        Ok(answer)
    }

    fn hand_out(&self, answer: &mut HttpResponse, opened: &Opened) -> Result<(), Problem> {
        cookies::hand_out(answer, &opened.session, &self.url)?;
        cookies::remember(answer, &opened.device, &self.url)
    }
}

#[derive(Template)]
#[template(path = "staff/sign_in.html")]
pub(super) struct SignInPage {
    pub shell: Shell,
    pub email: String,
    pub next: String,
    pub refusal: Option<String>,
    /// A form that was sent when its session was over.
    pub carried: Option<Sealed>,
}

#[derive(Deserialize)]
struct Next {
    #[serde(default)]
    next: String,
}

async fn show_sign_in(shell: Shell, asked: web::Query<Next>) -> Result<HttpResponse, Problem> {
    let next = local(&asked.next).to_owned();
    page(StatusCode::OK, &SignInPage { shell, email: String::new(), next, refusal: None, carried: None })
}

/// The longest address that somebody is led on to: a search with all of its fields is far below it.
const NEXT_CHARS_MAX: usize = 2_000;

/// Only a page of the desk, plainly written: somebody may have sent a link that leads on to a place of theirs, or one that
/// a browser or a proxy reads otherwise than we do.
pub(super) fn local(next: &str) -> &str {
    let (path, query) = next.split_once('?').unwrap_or((next, ""));
    let is_desk = path.strip_prefix("/desk").is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let is_visible = query.bytes().all(|byte| byte.is_ascii_graphic() && !b"\\\"<>#".contains(&byte));
    if is_desk && is_plain(path) && is_visible && next.len() <= NEXT_CHARS_MAX { next } else { "/desk" }
}

#[derive(Deserialize)]
struct SignInForm {
    #[serde(default)]
    email: String,
    #[serde(default)]
    password: Password,
    #[serde(default)]
    code: String,
    #[serde(default)]
    next: String,
    #[serde(default)]
    carried: String,
    #[serde(default)]
    carried_seal: String,
}

async fn take_sign_in(at: AtDoor, request: HttpRequest, form: web::Form<SignInForm>) -> Result<HttpResponse, Problem> {
    let SignInForm { email, password, code, next, carried, carried_seal } = form.into_inner();
    let carried = (!carried.is_empty()).then_some(Sealed { text: carried, seal: carried_seal });
    let (door, typed) = (at.clone(), at.typed(&email, &password, &code));
    let turn = turn(&at.passwords).await?;
    let opened = blocking(move || Ok::<_, Problem>(door.open(door.clock.now(), &typed))).await?;
    drop(turn);
    let next = local(&next).to_owned();
    let (status, refusal) = match opened {
        Ok(opened) => return let_in_with(at, &request, &opened, carried, &next).await,
        Err(SignInError::Staff(error)) => return Err(error.into()),
        Err(refusal @ SignInError::Locked(_)) => (StatusCode::TOO_MANY_REQUESTS, refusal),
        Err(refusal @ SignInError::Wrong) => (StatusCode::UNPROCESSABLE_ENTITY, refusal),
    };
    page(status, &SignInPage { shell: at.shell, email, next, refusal: Some(refusal.to_string()), carried })
}

/// Lets somebody in, to the page they asked for or to what they typed when their session was over.
async fn let_in_with(
    at: AtDoor,
    request: &HttpRequest,
    opened: &Opened,
    carried: Option<Sealed>,
    next: &str,
) -> Result<HttpResponse, Problem> {
    let books = (request, at.db.clone(), at.clock.clone());
    let (shown, typist) =
        carried::after_sign_in(books, at.shell.clone(), opened.device.staff_id, carried, next).await?;
    let mut answer = shown.unwrap_or_else(|| see_other(next));
    at.hand_out(&mut answer, opened)?;
    cookies::keep_typist(&mut answer, &typist, &at.url)?;
    Ok(answer)
}

async fn sign_out(
    staff: Staff,
    db: web::Data<Db>,
    clock: web::Data<Clock>,
    url: web::Data<PublicUrl>,
) -> Result<HttpResponse, Problem> {
    blocking(move || {
        db.write(|conn| {
            sessions::end(conn, staff.session())?;
            audit::record(conn, clock.now(), staff.actor(), "signed out", "", "", staff.request_id())
        })
    })
    .await?;
    let mut answer = see_other("/desk/sign-in");
    cookies::forget(&mut answer, &url)?;
    Ok(answer)
}

#[derive(Template)]
#[template(path = "staff/welcome.html")]
struct WelcomePage {
    shell: Shell,
    secret: String,
    role: Role,
    form: WelcomeForm,
    faults: Faults,
}

#[derive(Clone, Default, Deserialize)]
struct WelcomeForm {
    #[serde(default)]
    name: String,
    #[serde(default)]
    email: String,
    #[serde(default)]
    password: Password,
}

async fn show_welcome(
    db: web::Data<Db>,
    clock: web::Data<Clock>,
    shell: Shell,
    secret: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let text = secret.into_inner();
    let shown = Secret::shown(&text).ok_or_else(|| Problem::from(StaffError::LinkSpent))?;
    let role = blocking(move || db.read(|conn| invitations::invited_role(conn, clock.now(), &shown))).await?;
    page(
        StatusCode::OK,
        &WelcomePage { shell, secret: text, role, form: WelcomeForm::default(), faults: Faults::none() },
    )
}

/// What whoever comes by a link is told of an address that somebody has: no more than that it does not do.
const NOT_THIS_ADDRESS: &str =
    "This address cannot be used here. Please give another, or sign in if you joined before.";

async fn take_welcome(
    at: AtDoor,
    secret: web::Path<String>,
    form: web::Form<WelcomeForm>,
) -> Result<HttpResponse, Problem> {
    let (text, form) = (secret.into_inner(), form.into_inner());
    let shown = Secret::shown(&text).ok_or_else(|| Problem::from(StaffError::LinkSpent))?;
    let (door, typed) = (at.clone(), form.clone());
    let turn = turn(&at.passwords).await?;
    let joined = blocking(move || {
        let now = door.clock.now();
        let role = door.db.read(|conn| invitations::invited_role(conn, now, &shown))?;
        let joined = join(&door, now, &shown, role, &typed);
        Ok::<_, StaffError>(joined.map_err(|error| (role, error)).map(|()| {
            let typed = door.typed(&typed.email, &typed.password, "");
            door.open(now, &typed)
        }))
    })
    .await?;
    drop(turn);
    let (role, problem) = match joined {
        Ok(Ok(opened)) => return at.let_in(&opened, "/desk"),
        Ok(Err(_)) => return Ok(see_other("/desk/sign-in")),
        Err((role, StaffError::EmailTaken)) => {
            (role, Problem::fields(vec![FieldError::new("email", NOT_THIS_ADDRESS)]))
        }
        Err((role, error)) => (role, Problem::from(error)),
    };
    if problem.errors.is_empty() {
        return Err(problem);
    }
    let faults = Faults(problem.errors);
    page(StatusCode::UNPROCESSABLE_ENTITY, &WelcomePage { shell: at.shell, secret: text, role, form, faults })
}

/// Everything else is refused before an address that somebody has, so that each question about one is counted.
fn join(door: &AtDoor, now: DateTime<Utc>, secret: &Secret, role: Role, form: &WelcomeForm) -> Result<(), StaffError> {
    if let Some(length) = door.attempts.wait(now, door.place) {
        return Err(StaffError::TooManyAttempts(rules::in_words(length)));
    }
    let WelcomeForm { name, email, password } = form.clone();
    let name = unseen::cleaned(&name);
    let password_hash = door.passwords.hash(&password, &[&email, &name])?;
    let joined = door.db.write(|conn| {
        hold(conn, Lock::Books)?;
        let new = NewMember { email, name, role, password_hash };
        invitations::join(conn, now, secret, new, &door.request_id).map(drop)
    });
    if matches!(joined, Err(StaffError::EmailTaken)) {
        invitations::note_refusal(&door.db, now, &door.attempts, secret, door.place, &door.request_id)?;
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::local;

    #[test]
    fn only_a_plain_page_of_the_desk_is_led_on_to() {
        for good in ["/desk", "/desk/", "/desk/gifts/new", "/desk/audit?who=a%20b&before=3", "/desk?x=//y"] {
            assert_eq!(local(good), good);
        }
        for bad in [
            "",
            "desk",
            "/deskevil",
            "/desk.evil.example",
            "/funds/x",
            "//evil.example",
            "/\\evil.example",
            "/desk//evil.example",
            "/desk/../funds",
            "/desk/%2e%2e/funds",
            "/desk/a\rb",
            "/desk/a\nSet-Cookie: x",
            "/desk\t",
            "/desk/\0",
            "/desk?x=\0",
            "/desk?x=\u{7f}",
            "/desk?x=\\",
            "/desk?é",
            "/desk/ü",
            "/desk#x",
            "https://evil.example/desk",
            "javascript:alert(1)",
        ] {
            assert_eq!(local(bad), "/desk", "{bad:?}");
        }
        assert_eq!(local(&format!("/desk?{}", "x".repeat(5_000))), "/desk");
    }
}
