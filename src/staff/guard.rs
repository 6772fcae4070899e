//! The guard at the one door: who asks, may they, and did a page of ours send them?
//!
//! Invariant: no handler runs for an actor whom [`permissions::TABLE`] does not let in. A change that a browser sends
//! from another site is refused, whatever cookie it brings.

use std::future::{Ready, ready};

use actix_web::body::MessageBody;
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{AUTHORIZATION, CACHE_CONTROL, HOST, HeaderName, HeaderValue, LOCATION, ORIGIN};
use actix_web::middleware::Next;
use actix_web::{Error, FromRequest, HttpMessage, HttpRequest, HttpResponse, web};

use super::permissions::{self, Need};
use super::{Actor, Secret, Tokens, sign_in};
use crate::clock::Clock;
use crate::db::Db;
use crate::http::{Problem, PublicUrl, blocking};

/// Every request has an actor; one that nobody signed is the public's.
impl FromRequest for Actor {
    type Error = std::convert::Infallible;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(request.extensions().get::<Self>().cloned().unwrap_or(Self::Public)))
    }
}

/// Lets a request through to its handler, with its [`Actor`], or answers for it.
///
/// # Errors
/// Only those of the handlers inside.
pub async fn guarded(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    match check(&request).await {
        Ok(actor) => {
            request.extensions_mut().insert(actor);
            Ok(next.call(request).await?.map_into_boxed_body())
        }
        Err(Refusal::SignIn(place)) => {
            let answer = HttpResponse::SeeOther().insert_header((LOCATION, place)).finish();
            Ok(request.into_response(answer))
        }
        Err(Refusal::Problem(problem)) => Ok(request.error_response(problem)),
    }
}

enum Refusal {
    Problem(Problem),
    SignIn(String),
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

async fn check(request: &ServiceRequest) -> Result<Actor, Refusal> {
    // Where no route matches, the answer is a 404 and nobody is asked who they are.
    let Some(pattern) = request.match_pattern() else { return Ok(Actor::Public) };
    let need = match permissions::need(request.method().as_str(), &pattern) {
        Some(need) => need,
        // The library below answers 405 and names the methods.
        None if permissions::is_known(&pattern) && !is_served(request) => return Ok(Actor::Public),
        None => return Err(Problem::not_found("There is no page at this address.").into()),
    };
    if !request.headers().contains_key(AUTHORIZATION) {
        check_origin(request)?;
    }
    match need {
        Need::Anyone => Ok(Actor::Public),
        Need::Scope(scope) => {
            let holder = holder(request).await?;
            if holder.scopes.iter().any(|held| held.covers(scope)) {
                Ok(holder.actor.clone())
            } else {
                Err(Problem::forbidden(format!("This token may not do that; it needs the scope {}.", scope.name()))
                    .into())
            }
        }
        Need::Roles(roles) => {
            let Some(actor) = signed_in(request).await? else { return Err(not_signed_in(request)) };
            if actor.is_one_of(roles) {
                Ok(actor)
            } else {
                let roles: Vec<&str> = roles.iter().map(|role| role.name()).collect();
                let detail = format!("Your role does not allow this. It is for: {}.", roles.join(", "));
                Err(Problem::forbidden(detail).into())
            }
        }
    }
}

/// Methods that handlers are registered for; a known address asked in another way gets its 405.
fn is_served(request: &ServiceRequest) -> bool {
    matches!(*request.method(), Method::GET | Method::POST)
}

async fn holder(request: &ServiceRequest) -> Result<std::sync::Arc<super::tokens::Holder>, Problem> {
    let bearer = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let bearer = bearer.and_then(|value| value.strip_prefix("Bearer ")).and_then(|text| Secret::shown(text.trim()));
    let bearer = bearer.ok_or_else(|| Problem::unauthorized("Please send a token: Authorization: Bearer ..."))?;
    let (tokens, db) = (data::<Tokens>(request)?, data::<Db>(request)?);
    let holder = match tokens.remembered(&bearer) {
        Some(holder) => Some(holder),
        None => blocking(move || tokens.look_up(&db, &bearer)).await?,
    };
    holder.ok_or_else(|| Problem::unauthorized("This token is not known, or was taken back."))
}

/// Who the session's cookie says it is.
async fn signed_in(request: &ServiceRequest) -> Result<Option<Actor>, Problem> {
    let (db, clock) = (data::<Db>(request)?, data::<Clock>(request)?);
    let Some(secret) = session_secret(request) else { return Ok(None) };
    blocking(move || sign_in::session(&db, clock.now(), &secret)).await
}

/// The secret in the session's cookie.
pub(super) fn session_secret(request: &impl CookieJar) -> Option<Secret> {
    [SECURE_COOKIE, PLAIN_COOKIE]
        .iter()
        .find_map(|name| request.cookie_value(name))
        .and_then(|text| Secret::shown(&text))
}

/// What has cookies: a request on its way in, or in its handler.
pub(super) trait CookieJar {
    /// The cookie's value.
    fn cookie_value(&self, name: &str) -> Option<String>;
}

impl CookieJar for ServiceRequest {
    fn cookie_value(&self, name: &str) -> Option<String> {
        self.cookie(name).map(|cookie| cookie.value().to_owned())
    }
}

impl CookieJar for HttpRequest {
    fn cookie_value(&self, name: &str) -> Option<String> {
        self.cookie(name).map(|cookie| cookie.value().to_owned())
    }
}

/// Over https: the browser itself keeps it from other hosts and from plain connections (RFC 6265bis, 4.1.3.2).
pub(super) const SECURE_COOKIE: &str = "__Host-session";
/// On a machine of one's own, without https.
pub(super) const PLAIN_COOKIE: &str = "session";

fn not_signed_in(request: &ServiceRequest) -> Refusal {
    if request.method() == Method::GET {
        let place = request.uri().path_and_query().map_or("/desk", |place| place.as_str());
        return Refusal::SignIn(format!("/desk/sign-in?next={}", encoded(place)));
    }
    let detail =
        "You are no longer signed in, so nothing was changed. Sign in again, go back and send the form once more.";
    Refusal::Problem(Problem::unauthorized(detail))
}

/// A place, which is percent-encoded already, as the value of a query.
fn encoded(place: &str) -> String {
    place.replace('%', "%25").replace('&', "%26").replace('+', "%2B").replace('#', "%23")
}

fn data<T: Clone + 'static>(request: &ServiceRequest) -> Result<T, Problem> {
    let data = request.app_data::<web::Data<T>>().map(|data| data.get_ref().clone());
    data.ok_or_else(|| Problem::internal("the application lacks a part that the guard needs"))
}

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Refuses a change that another site's page sends. A program that sends neither header brings no cookie by accident,
/// and browsers that send neither keep the cookie home (SameSite=Lax).
fn check_origin(request: &ServiceRequest) -> Result<(), Problem> {
    if matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS) {
        return Ok(());
    }
    let header = |name: HeaderName| request.headers().get(name).and_then(|value| value.to_str().ok());
    let foreign = || Problem::forbidden("This form was sent from another website, so nothing was changed.");
    if let Some(origin) = request.headers().get(ORIGIN) {
        let origin = origin.to_str().map_err(|_| foreign())?;
        let host = origin.split_once("://").map(|(_, host)| host);
        let is_ours = host.is_some_and(|host| header(HOST) == Some(host))
            || request.app_data::<web::Data<PublicUrl>>().is_some_and(|url| url.0 == origin);
        return if is_ours { Ok(()) } else { Err(foreign()) };
    }
    match header(FETCH_SITE) {
        Some("same-origin" | "none") | None => Ok(()),
        Some(_) => Err(foreign()),
    }
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
    let is_private = request.path().starts_with("/desk");
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
    if is_private {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    Ok(response)
}
