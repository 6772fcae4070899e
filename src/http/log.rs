//! What stands in the log of a request: its number, its method, the pattern of its route, how it ended.
//!
//! Invariant: nothing that whoever asks wrote themselves, for there stand secrets (links, invitations), names (searches)
//! and whatever a stranger likes: neither path nor query, no header, no address. Who did what is in the audit trail.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{Method, StatusCode};
use actix_web::{Error, HttpMessage};
use tracing::Span;
use tracing::field::Empty;
use tracing_actix_web::{RequestId, RootSpanBuilder};

use super::Problem;

/// Opens the span of each request.
pub struct RequestSpan;

impl RootSpanBuilder for RequestSpan {
    fn on_request_start(request: &ServiceRequest) -> Span {
        let number = request.extensions().get::<RequestId>().map(ToString::to_string).unwrap_or_default();
        let route = request.match_pattern().unwrap_or_else(|| "none".to_owned());
        tracing::info_span!("request", number, method = method(request.method()), route, status = Empty)
    }

    fn on_request_end<B: MessageBody>(span: Span, outcome: &Result<ServiceResponse<B>, Error>) {
        let (status, error) = match outcome {
            Ok(response) => (response.status(), response.response().error()),
            Err(error) => (error.as_response_error().status_code(), Some(error)),
        };
        span.record("status", status.as_u16());
        // A problem told its cause when it was made. A client's fault is no fault of ours.
        let is_told = error.is_some_and(|error| error.as_error::<Problem>().is_some());
        if status == StatusCode::INTERNAL_SERVER_ERROR && !is_told {
            tracing::error!("a request failed below us");
        } else {
            tracing::debug!("answered");
        }
    }
}

/// A method that has a name; a client may write any other word there.
fn method(method: &Method) -> &'static str {
    let known = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    known.into_iter().find(|known| method.as_str() == *known).unwrap_or("other")
}

/// The libraries below us may say in the log that they start, stop or fail, and no more: what they tell of a request,
/// a letter or a statement at finer levels has its words in it. `actix_http` calls it an error when a client hangs up.
pub fn is_fit(about: &tracing::Metadata<'_>) -> bool {
    let crate_name = about.target().split("::").next().unwrap_or_default();
    match crate_name {
        "fighting_fund" => true,
        "actix_http" => false,
        _ => *about.level() <= tracing::Level::INFO,
    }
}
