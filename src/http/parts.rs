//! The parts of an upload.
//!
//! Invariant: nobody sends so many parts that reading them is work; what is in them is left to whoever reads them.

use std::future::{Ready, ready};

use actix_multipart::{Field, Multipart};
use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::{Error, FromRequest, HttpRequest};
use futures_util::TryStreamExt;

use super::Problem;

/// Parts of any form that sends a file: ours have six at most.
const PARTS_MAX: usize = 20;

/// An upload that is being read, part by part.
pub struct Parts {
    parts: Multipart,
    left: usize,
}

impl Parts {
    /// The next part, once the one before was read to its end.
    ///
    /// # Errors
    /// [`Problem`]: it did not arrive whole, or there are too many.
    pub async fn next(&mut self) -> Result<Option<Field>, Problem> {
        let broken = |_| Problem::bad_request("The file did not arrive whole. Please send it again.");
        let Some(part) = self.parts.try_next().await.map_err(broken)? else { return Ok(None) };
        let too_many = "This form has more parts than ours. Please use the page’s own form.";
        self.left = self.left.checked_sub(1).ok_or_else(|| Problem::new(StatusCode::PAYLOAD_TOO_LARGE, too_many))?;
        Ok(Some(part))
    }

    /// One more may come: for forms with a field for each column of a file, which are counted there.
    pub fn allow_one_more(&mut self) {
        self.left += 1;
    }
}

impl FromRequest for Parts {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let parts = Multipart::from_request(request, payload).into_inner();
        ready(parts.map(|parts| Self { parts, left: PARTS_MAX }))
    }
}
