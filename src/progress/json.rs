//! `GET /funds/{slug}/progress`: the figure as JSON, from memory, with 304 for those who have it.

use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderValue,
    IF_NONE_MATCH, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::{HttpRequest, HttpResponse, web};

use super::Live;
use crate::http::Problem;

/// A second in any cache; for half a minute an old one may be shown while a new one is fetched.
pub(super) const CACHE: &str = "public, max-age=1, stale-while-revalidate=30";

pub(super) async fn show(live: web::Data<Live>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let figure = live.figure(request.match_info().query("slug")).ok_or_else(unknown)?;
    if is_known(&request, &figure.etag) {
        let mut unchanged = HttpResponse::NotModified();
        unchanged.insert_header((ETAG, figure.etag.as_str()));
        return Ok(public(&mut unchanged).finish());
    }
    let mut answer = HttpResponse::Ok();
    answer.insert_header((CONTENT_TYPE, HeaderValue::from_static("application/json")));
    answer.insert_header((ETAG, figure.etag.as_str()));
    Ok(public(&mut answer).body(figure.json.clone()))
}

fn public(answer: &mut actix_web::HttpResponseBuilder) -> &mut actix_web::HttpResponseBuilder {
    answer
        .insert_header((CACHE_CONTROL, HeaderValue::from_static(CACHE)))
        .insert_header((ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")))
        .insert_header((ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("ETag")))
        .insert_header((X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")))
}

/// What a page of another site may send: a question about itself.
pub(super) async fn options() -> HttpResponse {
    HttpResponse::NoContent()
        .insert_header((ACCESS_CONTROL_ALLOW_ORIGIN, "*"))
        .insert_header((ACCESS_CONTROL_ALLOW_METHODS, "GET, HEAD, OPTIONS"))
        .insert_header((ACCESS_CONTROL_ALLOW_HEADERS, "If-None-Match, Last-Event-ID, Cache-Control"))
        .insert_header((ACCESS_CONTROL_MAX_AGE, "86400"))
        .finish()
}

/// Whether the one who asks has this very figure (RFC 9110, 13.1.2: a list, weak or strong, or `*`).
pub(super) fn is_known(request: &HttpRequest, etag: &str) -> bool {
    let Some(known) = request.headers().get(IF_NONE_MATCH).and_then(|value| value.to_str().ok()) else { return false };
    known.split(',').map(str::trim).any(|one| one == "*" || one.strip_prefix("W/").unwrap_or(one) == etag)
}

pub(super) fn unknown() -> Problem {
    Problem::not_found("There is no fund with this name. Please check the address.")
}
