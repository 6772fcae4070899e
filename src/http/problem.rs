//! Refusals as `application/problem+json` (RFC 9457), or as a page where a browser asked.
//!
//! Invariant: what the reader sees is a sentence that says what to do; the cause goes to the log, once.

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, RETRY_AFTER};
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;

use crate::db::DbError;

/// A refusal with its status.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Problem {
    /// The HTTP status.
    #[serde(serialize_with = "as_number")]
    #[schema(value_type = u16)]
    pub status: StatusCode,
    /// The kind of problem, in a few words.
    pub title: String,
    /// What to do about it.
    pub detail: String,
    /// The fields at fault.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
}

/// A sentence for one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct FieldError {
    /// The field's name in the request.
    pub field: String,
    /// What to do about it.
    pub message: String,
}

impl FieldError {
    /// A sentence for `field`.
    pub fn new(field: impl Into<String>, message: impl ToString) -> Self {
        Self { field: field.into(), message: message.to_string() }
    }
}

fn as_number<S: serde::Serializer>(status: &StatusCode, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u16(status.as_u16())
}

/// Seconds after which a turned-away client may come back: the till empties a full queue in about two.
const RETRY_AFTER_SECONDS: u32 = 2;

impl Problem {
    /// A problem of this status.
    pub fn new(status: StatusCode, detail: impl ToString) -> Self {
        let title = status.canonical_reason().unwrap_or("Problem").to_owned();
        Self { status, title, detail: detail.to_string(), errors: Vec::new() }
    }

    /// 404
    pub fn not_found(detail: impl ToString) -> Self {
        Self::new(StatusCode::NOT_FOUND, detail)
    }

    /// 409
    pub fn conflict(detail: impl ToString) -> Self {
        Self::new(StatusCode::CONFLICT, detail)
    }

    /// 400
    pub fn bad_request(detail: impl ToString) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    /// 403
    pub fn forbidden(detail: impl ToString) -> Self {
        Self::new(StatusCode::FORBIDDEN, detail)
    }

    /// 401
    pub fn unauthorized(detail: impl ToString) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, detail)
    }

    /// 422, with the fields at fault.
    pub fn fields(errors: Vec<FieldError>) -> Self {
        let detail = errors.first().map_or_else(String::new, |error| error.message.clone());
        Self { errors, ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, detail) }
    }

    /// 503: the same request may succeed in a moment.
    pub fn unavailable(detail: impl ToString) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, detail)
    }

    /// 500: ours to mend. The cause goes to the log.
    pub fn internal(cause: impl ToString) -> Self {
        tracing::error!(cause = cause.to_string(), "a request failed");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "Something went wrong on our side. Nothing was recorded; please try again, and tell us if it happens twice.",
        )
    }
}

impl From<DbError> for Problem {
    fn from(error: DbError) -> Self {
        if error.is_passing() {
            tracing::warn!(%error, "the database is not available");
            Self::unavailable(
                "The books cannot be reached just now. Nothing was recorded; please try again in a moment.",
            )
        } else {
            Self::internal(error)
        }
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.detail)
    }
}

impl std::error::Error for Problem {}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse<BoxBody> {
        let mut response = HttpResponse::build(self.status);
        if self.status == StatusCode::SERVICE_UNAVAILABLE || self.status == StatusCode::TOO_MANY_REQUESTS {
            response.insert_header((RETRY_AFTER, RETRY_AFTER_SECONDS));
        }
        let body = serde_json::to_string(self).expect("a problem is plain text and numbers");
        response.insert_header((CONTENT_TYPE, "application/problem+json")).body(body)
    }
}
