//! The guard: who asks, may they, and did a page of ours send them?
//!
//! Invariant: a [`Staff`] or a [`Program`] is the proof that somebody was let in, and only this file makes one. A change
//! that a browser sends from another site is refused, whatever cookie it brings. Which route asks what is left to
//! `http::routes`, which calls the guard on the very route that was chosen.

use std::time::Instant;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{AUTHORIZATION, HOST, HeaderName, HeaderValue, ORIGIN};
use actix_web::middleware::Next;
use actix_web::{Error, FromRequest, HttpRequest, web};

use super::permissions::May;
use super::{Actor, Scope, Secret, Tokens, sign_in};
use crate::clock::Clock;
use crate::db::Db;
use crate::http::{Problem, PublicUrl, RequestId, blocking, part};

/// A member of staff who was let in. Only [`admit_staff`] makes one.
#[derive(Clone)]
pub struct Staff {
    actor: Actor,
    id: i64,
    session: Secret,
    request_id: RequestId,
}

impl Staff {
    /// Who it is.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// Their number.
    pub fn id(&self) -> i64 {
        self.id
    }

    /// The secret of the session by which they came.
    pub(super) fn session(&self) -> &Secret {
        &self.session
    }

    /// The request's number.
    pub fn request_id(&self) -> &str {
        &self.request_id.0
    }
}

/// A program whose token was accepted. Only [`admit_program`] makes one.
#[derive(Clone)]
pub struct Program {
    actor: Actor,
    request_id: RequestId,
}

impl Program {
    /// Which it is.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// The request's number.
    pub fn request_id(&self) -> &str {
        &self.request_id.0
    }
}

/// What becomes of somebody who asks for a page of the desk.
pub enum Admission {
    /// They are let in.
    In(Staff),
    /// They are sent to the door first: this is where.
    SignIn(String),
    /// They sent a form, and their session is over: the answer is the door, which carries what they typed.
    Over,
}

/// Lets a member of staff in who may do this, once it is sure that no other site sends them.
///
/// # Errors
/// [`Problem`]: not signed in, another role, or a form of another site.
pub async fn admit_staff(may: May, request: &HttpRequest) -> Result<Admission, Problem> {
    check_origin(request)?;
    let Some(staff) = signed_in(request).await? else { return Ok(not_signed_in(request)) };
    if staff.actor.is_one_of(may.roles()) {
        return Ok(Admission::In(staff));
    }
    let roles: Vec<&str> = may.roles().iter().map(|role| role.name()).collect();
    Err(Problem::forbidden(format!("Your role does not allow this. It is for: {}.", roles.join(", "))))
}

/// Lets a program in whose token has this scope, or one that covers it. No page can send a token by itself, so it does
/// not matter from where it comes.
///
/// # Errors
/// [`Problem`]: no token, an unknown one, or another scope.
pub async fn admit_program(scope: Scope, request: &HttpRequest) -> Result<Program, Problem> {
    let holder = holder(request).await?;
    if !holder.scopes.iter().any(|held| held.covers(scope)) {
        return Err(Problem::forbidden(format!("This token may not do that; it needs the scope {}.", scope.name())));
    }
    Ok(Program { actor: holder.actor.clone(), request_id: request_id(request) })
}

fn request_id(request: &HttpRequest) -> RequestId {
    let Ok(number) = RequestId::extract(request).into_inner();
    number
}

async fn holder(request: &HttpRequest) -> Result<std::sync::Arc<super::tokens::Holder>, Problem> {
    let bearer = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let bearer = bearer
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .and_then(|(_, text)| Secret::shown(text.trim()));
    let bearer = bearer.ok_or_else(|| Problem::unauthorized("Please send a token: Authorization: Bearer ..."))?;
    let (tokens, db) = (part::<Tokens>(request)?, part::<Db>(request)?);
    if let Some(holder) = tokens.remembered(&bearer) {
        if tokens.is_due() {
            // Nobody waits for it; if it fails, the next request that finds nothing remembered says so.
            drop(actix_web::rt::task::spawn_blocking(move || tokens.renew(&db)));
        }
        return Ok(holder);
    }
    let since = Instant::now();
    if let Some(pause) = tokens.pause() {
        actix_web::rt::time::sleep(pause).await;
    }
    let holder = blocking(move || tokens.look_up(&db, &bearer, since)).await?;
    holder.ok_or_else(|| Problem::unauthorized("This token is not known, or was taken back."))
}

/// Who the session's cookie says it is.
async fn signed_in(request: &HttpRequest) -> Result<Option<Staff>, Problem> {
    let (db, clock) = (part::<Db>(request)?, part::<Clock>(request)?);
    let Some(session) = session_secret(request) else { return Ok(None) };
    let shown = session.clone();
    let Some(actor) = blocking(move || sign_in::session(&db, clock.now(), &shown)).await? else { return Ok(None) };
    let Actor::Staff { id, .. } = actor else { return Ok(None) };
    Ok(Some(Staff { actor, id, session, request_id: request_id(request) }))
}

/// The secret in the session's cookie.
pub(super) fn session_secret(request: &HttpRequest) -> Option<Secret> {
    let url = request.app_data::<web::Data<PublicUrl>>()?;
    request.cookie(cookie_name(url)).and_then(|cookie| Secret::shown(cookie.value()))
}

/// One name only: a cookie without the prefix could have been planted by a neighbouring host.
pub(super) fn cookie_name(url: &PublicUrl) -> &'static str {
    if url.0.starts_with("https://") { SECURE_COOKIE } else { PLAIN_COOKIE }
}

/// Over https: the browser itself keeps it from other hosts and from plain connections (RFC 6265bis, 4.1.3.2).
const SECURE_COOKIE: &str = "__Host-session";
/// On a machine of one's own, without https.
const PLAIN_COOKIE: &str = "session";

fn not_signed_in(request: &HttpRequest) -> Admission {
    if request.method() != Method::GET {
        return Admission::Over;
    }
    let place = request.uri().path_and_query().map_or("/desk", |place| place.as_str());
    Admission::SignIn(format!("/desk/sign-in?next={}", encoded(place)))
}

/// A place, which is percent-encoded already, as the value of a query.
fn encoded(place: &str) -> String {
    place.replace('%', "%25").replace('&', "%26").replace('+', "%2B").replace('#', "%23")
}

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Refuses a change that another site's page sends.
///
/// The browser's own word (Sec-Fetch-Site, which no page can set) comes first: it is right behind any proxy. Where it is
/// not sent (an old browser, or plain http beyond localhost), the form's Origin must be the host that was asked or
/// FF_PUBLIC_URL. Who sends neither is no browser of the last years, brings no cookie by accident, and passes; what
/// older browsers hold is kept home by SameSite=Lax. A token needs none of this: no page can send one by itself.
///
/// # Errors
/// [`Problem`]: the form comes from elsewhere.
pub fn check_origin(request: &HttpRequest) -> Result<(), Problem> {
    if matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS) {
        return Ok(());
    }
    let header = |name: HeaderName| request.headers().get(name).and_then(|value| value.to_str().ok());
    match (header(FETCH_SITE), header(ORIGIN)) {
        (Some("same-origin" | "none"), _) => Ok(()),
        (None, None) if !request.headers().contains_key(ORIGIN) => Ok(()),
        (_, Some(origin)) if is_ours(request, origin, header(HOST)) => Ok(()),
        _ => Err(Problem::forbidden("This form was sent from another website, so nothing was changed.")),
    }
}

fn is_ours(request: &HttpRequest, origin: &str, host: Option<&str>) -> bool {
    let public = request.app_data::<web::Data<PublicUrl>>().map_or("", |url| url.0.as_str());
    let (scheme, place) = origin.split_once("://").unwrap_or_default();
    let is_public = public.strip_prefix(origin).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    // Once readers come by https, nobody is believed who comes by http.
    let is_safe = scheme == "https" || !public.starts_with("https://");
    !place.is_empty() && (is_public || (is_safe && host == Some(place)))
}

/// What a page may load and who may frame it; a handler that says otherwise is left alone.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; \
    connect-src 'self'; font-src 'self'; form-action 'self'; frame-src 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Puts the headers on every answer that keep browsers from being turned against us.
///
/// # Errors
/// Only those of the handlers inside.
pub async fn with_headers(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let is_https = request.app_data::<web::Data<PublicUrl>>().is_some_and(|url| url.0.starts_with("https://"));
    let mut response = next.call(request).await?;
    let headers = response.headers_mut();
    let mut unless_set = |name: &'static str, value: &'static str| {
        if !headers.contains_key(name) {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
    };
    unless_set("content-security-policy", CONTENT_SECURITY_POLICY);
    unless_set("x-content-type-options", "nosniff");
    unless_set("referrer-policy", "same-origin");
    unless_set("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=()");
    if is_https {
        unless_set("strict-transport-security", "max-age=31536000");
    }
    Ok(response)
}
