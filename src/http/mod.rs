//! What every page and every answer has in common: problems, pages, waiting for the database off the event loop.

pub mod assets;
pub mod body;
pub mod compression;
pub mod described;
mod form;
pub mod kit;
pub mod limits;
pub mod log;
pub mod ops;
pub mod page;
mod parts;
pub mod place;
pub mod problem;
pub mod refusals;
mod request;
mod request_id;
pub mod routes;
pub mod spelling;

use actix_web::web;
pub use form::Form;
pub(crate) use form::seen;
pub use limits::Households;
pub use page::{Imprint, Shell, page};
pub use parts::Parts;
pub use place::{Place, Proxies};
pub use problem::{FieldError, Problem};
pub use request::{day_asked, idempotency_key, page_limit, part, understood};
pub use request_id::RequestId;
pub use routes::Routes;

/// Scheme and host that readers see, without a slash at the end.
#[derive(Debug, Clone)]
pub struct PublicUrl(pub String);

/// Whether readers can follow our links.
#[derive(Debug, Clone, Copy)]
pub struct Reach {
    /// Other machines reach this one, and no setting says under which address.
    pub is_address_missing: bool,
}

/// Runs work that waits for the database on a thread that may wait.
///
/// # Errors
/// What the work refuses, as a problem.
pub async fn blocking<T, E>(work: impl FnOnce() -> Result<T, E> + Send + 'static) -> Result<T, Problem>
where
    T: Send + 'static,
    E: Into<Problem> + Send + 'static,
{
    match web::block(work).await {
        Ok(done) => done.map_err(Into::into),
        Err(_) => Err(Problem::internal("a background thread was cancelled")),
    }
}
