//! The number of a request: in the log, in the audit trail, in the rows it made.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest};

/// The request's number as text; empty where nothing numbered it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(pub String);

impl FromRequest for RequestId {
    type Error = std::convert::Infallible;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let given = request.extensions().get::<tracing_actix_web::RequestId>().map(ToString::to_string);
        ready(Ok(Self(given.unwrap_or_default())))
    }
}
