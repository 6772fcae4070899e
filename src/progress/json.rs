//! `GET /funds/{slug}/progress`: the figure as JSON, from memory, with 304 for those who have it.

use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderName, HeaderValue,
    IF_NONE_MATCH, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, ResponseError, web};

use super::{Figure, Live};
use crate::http::Problem;

/// A second in any cache; for half a minute an old one may be shown while a new one is fetched.
pub(super) const CACHE: &str = "public, max-age=1, stale-while-revalidate=30";

/// When the figure was last read to be so: an answer without content has its moment here.
const AS_OF: HeaderName = HeaderName::from_static("as-of");

pub(super) async fn show(live: web::Data<Live>, request: HttpRequest) -> HttpResponse {
    let Some(figure) = live.figure(request.match_info().query("slug")) else { return unknown_to_all() };
    if is_known(&request, &figure.etag) {
        return public(&mut HttpResponse::NotModified(), &figure).finish();
    }
    let mut answer = HttpResponse::Ok();
    answer.insert_header((CONTENT_TYPE, HeaderValue::from_static("application/json")));
    public(&mut answer, &figure).body(figure.json.clone())
}

fn public<'a>(answer: &'a mut HttpResponseBuilder, figure: &Figure) -> &'a mut HttpResponseBuilder {
    answer
        .insert_header((ETAG, figure.etag.clone()))
        .insert_header((AS_OF, figure.as_of.clone()))
        .insert_header((CACHE_CONTROL, HeaderValue::from_static(CACHE)))
        .insert_header((ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")))
        .insert_header((ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("ETag, As-Of, Date")))
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
pub(super) fn is_known(request: &HttpRequest, etag: &HeaderValue) -> bool {
    let known = request.headers().get_all(IF_NONE_MATCH).filter_map(|value| value.to_str().ok());
    let Ok(ours) = etag.to_str().map(opaque) else { return false };
    known.flat_map(|list| list.split(',')).map(str::trim).any(|one| one == "*" || opaque(one) == ours)
}

fn opaque(tag: &str) -> &str {
    tag.strip_prefix("W/").unwrap_or(tag)
}

pub(super) fn unknown() -> Problem {
    Problem::not_found("There is no fund with this name. Please check the address.")
}

/// The same for the pages of other sites, which may read it.
pub(super) fn unknown_to_all() -> HttpResponse {
    let mut answer = unknown().error_response();
    answer.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    answer
}
