//! Pages, styles and scripts for everybody leave compressed.
//!
//! Invariant: an answer that may hold a secret or a person's data is never compressed together with what a stranger can
//! put beside it, for the length would tell of it (BREACH; `docs/decisions/compression.md`). So only public answers are:
//! a GET, answered 200, without a cookie and without `no-store`, which everything under `/desk` and `/api/v1` carries.

use actix_http::encoding::Encoder;
use actix_web::Error;
use actix_web::body::{BodySize, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, COOKIE, ContentEncoding, ETAG, HeaderMap,
    HeaderValue, SET_COOKIE, VARY,
};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;

/// Less than this fits in one packet as it is.
const BYTES_MIN: u64 = 1_024;
/// What shrinks; a stream of events is no such text, and pictures are packed already.
const TEXTS: [&str; 6] =
    ["text/html", "text/css", "text/javascript", "text/plain", "image/svg+xml", "application/json"];

/// Compresses what may be, for those who read gzip.
///
/// # Errors
/// Those of the handlers inside.
pub async fn compressed<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, Encoder<B>>>, Error> {
    let is_for_all = request.method() == Method::GET && !request.headers().contains_key(COOKIE);
    let reads_gzip = reads_gzip(request.headers());
    let mut answer = next.call(request).await?;
    let is_long = match answer.response().body().size() {
        BodySize::Sized(bytes) => bytes >= BYTES_MIN,
        BodySize::None | BodySize::Stream => false,
    };
    if !(is_for_all && is_long && answer.status() == StatusCode::OK && is_public_text(answer.headers())) {
        return Ok(answer.map_into_left_body());
    }
    let vary = HeaderValue::from_static("accept-encoding");
    if !reads_gzip {
        answer.headers_mut().append(VARY, vary);
        return Ok(answer.map_into_left_body());
    }
    weaken(answer.headers_mut());
    Ok(answer.map_body(|head, body| EitherBody::right(Encoder::response(ContentEncoding::Gzip, head, body))))
}

/// Whether the one who asks names gzip, and not to say that they do not read it (RFC 9110, 12.5.3).
fn reads_gzip(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(ACCEPT_ENCODING).filter_map(|value| value.to_str().ok());
    accepted.flat_map(|list| list.split(',')).any(|one| {
        let (name, weight) = one.split_once(';').unwrap_or((one, ""));
        let weight = weight.trim().trim_start_matches("q=");
        name.trim().eq_ignore_ascii_case("gzip")
            && (weight.is_empty() || weight.parse().is_ok_and(|weight: f32| weight > 0.0))
    })
}

fn is_public_text(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_text = TEXTS.iter().any(|kind| text(CONTENT_TYPE).starts_with(kind));
    let is_private = text(CACHE_CONTROL).contains("no-store") || headers.contains_key(SET_COOKIE);
    is_text && !is_private && !headers.contains_key(CONTENT_ENCODING)
}

/// Packed and unpacked are not the same bytes, so what marks them marks only the same content (RFC 9110, 8.8.1).
fn weaken(headers: &mut HeaderMap) {
    let tag = headers.get(ETAG).and_then(|tag| tag.to_str().ok()).filter(|tag| !tag.starts_with("W/"));
    if let Some(weak) = tag.and_then(|tag| HeaderValue::from_str(&format!("W/{tag}")).ok()) {
        headers.insert(ETAG, weak);
    }
}
