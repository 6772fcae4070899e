//! The cookies of the door: the session, and that a browser is remembered.
//!
//! Invariant: no script and no other site reads or sends them, and over https no plain connection does.

use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, CookieBuilder, SameSite};
use actix_web::{HttpRequest, HttpResponse};

use crate::http::{Problem, PublicUrl};
use crate::staff::devices::{REMEMBERED, SHOWN_MAX};
use crate::staff::guard::cookie_name;
use crate::staff::{Remembrance, Secret};

/// Days after which the browser forgets the session; it may end before.
const SESSION_DAYS: i64 = 14;

/// Hands out a session.
pub(super) fn hand_out(answer: &mut HttpResponse, session: &Secret, url: &PublicUrl) -> Result<(), Problem> {
    let cookie = Cookie::build(cookie_name(url), session.reveal());
    set(answer, url, cookie.same_site(SameSite::Lax).max_age(Duration::days(SESSION_DAYS)))
}

/// Makes the browser forget the session.
pub(super) fn forget(answer: &mut HttpResponse, url: &PublicUrl) -> Result<(), Problem> {
    set(answer, url, Cookie::build(cookie_name(url), "").same_site(SameSite::Lax).max_age(Duration::ZERO))
}

/// Has the browser remember that this member of staff signed in here. Signing out does not end it: that is when it is
/// needed.
pub(super) fn remember(answer: &mut HttpResponse, device: &Remembrance, url: &PublicUrl) -> Result<(), Problem> {
    let name = format!("{}{}", device_prefix(url), device.staff_id);
    let cookie = Cookie::build(name, device.cookie.as_str());
    set(answer, url, cookie.same_site(SameSite::Strict).max_age(Duration::days(REMEMBERED.num_days())))
}

/// What this browser shows of those whom it remembers.
pub(super) fn devices(request: &HttpRequest, url: &PublicUrl) -> Vec<String> {
    let Ok(cookies) = request.cookies() else { return Vec::new() };
    let ours = cookies.iter().filter(|cookie| cookie.name().starts_with(device_prefix(url)));
    ours.map(|cookie| cookie.value().to_owned()).take(SHOWN_MAX).collect()
}

/// What this browser says of who signed in last.
pub(super) fn typist(request: &HttpRequest, url: &PublicUrl) -> Option<String> {
    request.cookie(typist_name(url)).map(|cookie| cookie.value().to_owned())
}

/// Has the browser remember who signed in last, also when the session is over: what it sends then was typed by them.
pub(super) fn keep_typist(answer: &mut HttpResponse, typist: &str, url: &PublicUrl) -> Result<(), Problem> {
    let cookie = Cookie::build(typist_name(url), typist);
    set(answer, url, cookie.same_site(SameSite::Strict).max_age(Duration::days(REMEMBERED.num_days())))
}

fn typist_name(url: &PublicUrl) -> &'static str {
    if is_https(url) { "__Host-typist" } else { "typist" }
}

/// One for each person, because a computer in the office has several.
fn device_prefix(url: &PublicUrl) -> &'static str {
    if is_https(url) { "__Host-device-" } else { "device-" }
}

fn is_https(url: &PublicUrl) -> bool {
    url.0.starts_with("https://")
}

fn set(answer: &mut HttpResponse, url: &PublicUrl, cookie: CookieBuilder<'_>) -> Result<(), Problem> {
    let cookie = cookie.path("/").http_only(true).secure(is_https(url)).finish();
    answer.add_cookie(&cookie).map_err(Problem::internal)
}
