//! The guard at the one door: who asks, may they, and did a page of ours send them?
//!
//! Invariant: no handler runs for an actor whom [`permissions::TABLE`] does not let in. A change that a browser sends
//! from another site is refused, whatever cookie it brings.

use std::future::{Ready, ready};
use std::time::Instant;

use actix_web::body::MessageBody;
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::header::{
    ALLOW, AUTHORIZATION, CACHE_CONTROL, HOST, HeaderName, HeaderValue, LOCATION, ORIGIN, WWW_AUTHENTICATE,
};
use actix_web::http::{Method, StatusCode};
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
        Err(Refusal::Method(methods)) => {
            let detail = "This address cannot be used in that way. Please go back and try again.";
            let mut answer = request.error_response(Problem::new(StatusCode::METHOD_NOT_ALLOWED, detail));
            let methods = HeaderValue::from_str(&methods).expect("methods are plain ASCII");
            answer.headers_mut().insert(ALLOW, methods);
            Ok(answer)
        }
        Err(Refusal::Problem(problem)) => {
            let lacks_token = problem.status == StatusCode::UNAUTHORIZED && request.path().starts_with("/api/");
            let mut answer = request.error_response(problem);
            if lacks_token {
                // RFC 6750, section 3
                answer.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"books\""));
            }
            Ok(answer)
        }
    }
}

enum Refusal {
    Problem(Problem),
    SignIn(String),
    /// Another method than these.
    Method(String),
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

async fn check(request: &ServiceRequest) -> Result<Actor, Refusal> {
    // Where no route matches, the answer is a 404 and nobody is asked who they are.
    let Some(pattern) = request.match_pattern() else { return Ok(Actor::Public) };
    let Some(need) = permissions::need(request.method().as_str(), &pattern) else {
        // Answered here, so that no handler runs that was registered for more methods than the table names.
        return Err(match permissions::methods(&pattern) {
            methods if methods.is_empty() => Problem::not_found("There is no page at this address.").into(),
            methods => Refusal::Method(methods),
        });
    };
    if !matches!(need, Need::Scope(_)) {
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

async fn holder(request: &ServiceRequest) -> Result<std::sync::Arc<super::tokens::Holder>, Problem> {
    let bearer = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let bearer = bearer
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .and_then(|(_, text)| Secret::shown(text.trim()));
    let bearer = bearer.ok_or_else(|| Problem::unauthorized("Please send a token: Authorization: Bearer ..."))?;
    let (tokens, db) = (data::<Tokens>(request)?, data::<Db>(request)?);
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
async fn signed_in(request: &ServiceRequest) -> Result<Option<Actor>, Problem> {
    let (db, clock) = (data::<Db>(request)?, data::<Clock>(request)?);
    let Some(secret) = session_secret(request.request()) else { return Ok(None) };
    blocking(move || sign_in::session(&db, clock.now(), &secret)).await
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

/// Refuses a change that another site's page sends.
///
/// The browser's own word (Sec-Fetch-Site, which no page can set) comes first: it is right behind any proxy. Where it is
/// not sent (an old browser, or plain http beyond localhost), the form's Origin must be the host that was asked or
/// FF_PUBLIC_URL. Who sends neither is no browser of the last years, brings no cookie by accident, and passes; what
/// older browsers hold is kept home by SameSite=Lax. A token needs none of this: no page can send one by itself.
fn check_origin(request: &ServiceRequest) -> Result<(), Problem> {
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

fn is_ours(request: &ServiceRequest, origin: &str, host: Option<&str>) -> bool {
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
