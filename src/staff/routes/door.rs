//! The door: sign-in, sign-out, and the link by which somebody joins.

use actix_web::cookie::time::Duration as CookieDuration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::StatusCode;
use actix_web::http::header::USER_AGENT;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::{Faults, see_other, turn};
use crate::clock::Clock;
use crate::db::{Db, Lock, hold};
use crate::http::{Place, Problem, PublicUrl, RequestId, Routes, Shell, blocking, page};
use crate::staff::guard::{cookie_name, session_secret};
use crate::staff::sign_in::{Attempts, SignIn, SignInError, open_session};
use crate::staff::store::sessions;
use crate::staff::{self, May, NewMember, Passwords, Role, Secret, Staff, StaffError, audit};

pub(super) fn routes(at: &mut Routes) {
    at.door()
        .get("/sign-in", show_sign_in)
        .post("/sign-in", take_sign_in)
        .get("/welcome/{secret}", show_welcome)
        .post("/welcome/{secret}", take_welcome);
    at.desk().post("/sign-out", May::Read, sign_out);
}

#[derive(Template)]
#[template(path = "staff/sign_in.html")]
struct SignInPage {
    shell: Shell,
    email: String,
    next: String,
    refusal: Option<String>,
}

#[derive(Deserialize)]
struct Next {
    #[serde(default)]
    next: String,
}

async fn show_sign_in(shell: Shell, asked: web::Query<Next>) -> Result<HttpResponse, Problem> {
    let next = local(&asked.next).to_owned();
    page(StatusCode::OK, &SignInPage { shell, email: String::new(), next, refusal: None })
}

/// Only a place of ours: somebody may have sent a link that leads on to theirs.
fn local(place: &str) -> &str {
    let is_local = place.starts_with("/desk") && !place.contains(['\\', '\r', '\n']) && !place.contains("//");
    if is_local { place } else { "/desk" }
}

#[derive(Deserialize)]
struct SignInForm {
    #[serde(default)]
    email: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    next: String,
}

/// What a page of the door needs to make a session.
type DoorParts = (web::Data<Db>, web::Data<Clock>, web::Data<Passwords>, web::Data<Attempts>, web::Data<PublicUrl>);

async fn take_sign_in(
    (db, clock, passwords, attempts, url): DoorParts,
    shell: Shell,
    request_id: RequestId,
    request: HttpRequest,
    form: web::Form<SignInForm>,
) -> Result<HttpResponse, Problem> {
    let SignInForm { email, password, code, next } = form.into_inner();
    let agent = agent(&request);
    let typed = SignIn {
        email: email.clone(),
        password,
        code,
        agent,
        before: session_secret(&request),
        place: Place::of(&request).0,
        request_id: request_id.0,
    };
    let turn = turn(&passwords).await?;
    let opened =
        blocking(move || Ok::<_, Problem>(open_session(&db, clock.now(), &passwords, &attempts, &typed))).await?;
    drop(turn);
    match opened {
        Ok((secret, _)) => {
            let mut answer = see_other(local(&next));
            answer.add_cookie(&cookie(&secret, &url)).map_err(Problem::internal)?;
            Ok(answer)
        }
        Err(SignInError::Staff(error)) => Err(error.into()),
        Err(refusal) => {
            let status = match refusal {
                SignInError::Locked(_) => StatusCode::TOO_MANY_REQUESTS,
                SignInError::Wrong | SignInError::Staff(_) => StatusCode::UNPROCESSABLE_ENTITY,
            };
            page(status, &SignInPage { shell, email, next, refusal: Some(refusal.to_string()) })
        }
    }
}

fn agent(request: &HttpRequest) -> String {
    request.headers().get(USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default().to_owned()
}

/// Days after which the browser forgets it; the session may end before.
const COOKIE_DAYS: i64 = 14;

fn cookie<'a>(secret: &Secret, url: &PublicUrl) -> Cookie<'a> {
    let is_https = url.0.starts_with("https://");
    Cookie::build(cookie_name(url), secret.reveal().to_owned())
        .path("/")
        .http_only(true)
        .secure(is_https)
        .same_site(SameSite::Lax)
        .max_age(CookieDuration::days(COOKIE_DAYS))
        .finish()
}

/// Makes the browser forget the session.
pub(super) fn forget(answer: &mut HttpResponse, url: &PublicUrl) -> Result<(), Problem> {
    let is_https = url.0.starts_with("https://");
    let empty = Cookie::build(cookie_name(url), "").path("/").secure(is_https).max_age(CookieDuration::ZERO).finish();
    answer.add_cookie(&empty).map_err(Problem::internal)
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
    forget(&mut answer, &url)?;
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

#[derive(Default, Deserialize)]
struct WelcomeForm {
    #[serde(default)]
    name: String,
    #[serde(default)]
    email: String,
    #[serde(default)]
    password: String,
}

async fn show_welcome(
    db: web::Data<Db>,
    clock: web::Data<Clock>,
    shell: Shell,
    secret: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let text = secret.into_inner();
    let shown = Secret::shown(&text).ok_or_else(|| Problem::from(StaffError::LinkSpent))?;
    let role = blocking(move || db.read(|conn| staff::invited_role(conn, clock.now(), &shown))).await?;
    page(
        StatusCode::OK,
        &WelcomePage { shell, secret: text, role, form: WelcomeForm::default(), faults: Faults::none() },
    )
}

async fn take_welcome(
    (db, clock, passwords, attempts, url): DoorParts,
    shell: Shell,
    request_id: RequestId,
    request: HttpRequest,
    secret: web::Path<String>,
    form: web::Form<WelcomeForm>,
) -> Result<HttpResponse, Problem> {
    let text = secret.into_inner();
    let shown = Secret::shown(&text).ok_or_else(|| Problem::from(StaffError::LinkSpent))?;
    let form = form.into_inner();
    let typed = SignIn {
        email: form.email.clone(),
        password: form.password.clone(),
        code: String::new(),
        agent: agent(&request),
        before: session_secret(&request),
        place: Place::of(&request).0,
        request_id: request_id.0.clone(),
    };
    let (name, email, password) = (form.name.clone(), form.email.clone(), form.password.clone());
    let turn = turn(&passwords).await?;
    let joined = blocking(move || {
        let now = clock.now();
        let role = match db.read(|conn| staff::invited_role(conn, now, &shown)) {
            Ok(role) => role,
            Err(error) => return Err(Problem::from(error)),
        };
        let joined =
            join(&db, now, &passwords, &shown, NewMember { email, name, role, password_hash: password }, &request_id.0);
        Ok(joined.map_err(|error| (role, error)).map(|()| open_session(&db, now, &passwords, &attempts, &typed)))
    })
    .await?;
    drop(turn);
    match joined {
        Ok(Ok((secret, _))) => {
            let mut answer = see_other("/desk");
            answer.add_cookie(&cookie(&secret, &url)).map_err(Problem::internal)?;
            Ok(answer)
        }
        Ok(Err(_)) => Ok(see_other("/desk/sign-in")),
        Err((role, error)) => match Problem::from(error) {
            problem if problem.errors.is_empty() => Err(problem),
            problem => {
                let faults = Faults(problem.errors);
                page(StatusCode::UNPROCESSABLE_ENTITY, &WelcomePage { shell, secret: text, role, form, faults })
            }
        },
    }
}

/// `new` carries the password itself until it is hashed here.
fn join(
    db: &Db,
    now: chrono::DateTime<chrono::Utc>,
    passwords: &Passwords,
    secret: &Secret,
    new: NewMember,
    request_id: &str,
) -> Result<(), StaffError> {
    let password_hash = passwords.hash(&new.password_hash)?;
    db.write(|conn| {
        hold(conn, Lock::Books)?;
        staff::join(conn, now, secret, &NewMember { password_hash, ..new }, request_id).map(drop)
    })
}
