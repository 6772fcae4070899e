//! The way in. The fund's page itself shows the donation form, so it stands with the gifts (`donations/routes/give.rs`).

use actix_web::http::header::LOCATION;
use actix_web::{HttpResponse, web};

use super::{FundError, store};
use crate::db::Db;
use crate::http::{FieldError, Problem, Routes, blocking};

/// The addresses of this room.
pub fn routes(at: &mut Routes) {
    at.public().get("/", front);
}

/// The front door leads to the first fund.
async fn front(db: web::Data<Db>) -> Result<HttpResponse, Problem> {
    let first = blocking(move || db.read(store::all)).await?.into_iter().next();
    let fund = first.ok_or_else(|| Problem::not_found("There is no fund here yet."))?;
    Ok(HttpResponse::SeeOther().insert_header((LOCATION, format!("/funds/{}", fund.slug))).finish())
}

impl From<FundError> for Problem {
    fn from(error: FundError) -> Self {
        if let FundError::Db(error) = error {
            return error.into();
        }
        let field = match &error {
            FundError::BadSlug(_) | FundError::SlugTaken(_) => "slug",
            FundError::BadTitle => "title",
            FundError::BadTarget => "target",
            FundError::DeadlineBeforeOpening(_) | FundError::DeadlineOutsideMonth(_) => "deadline",
            FundError::ReasonMissing => "reason",
            FundError::Closed(_)
            | FundError::AlreadyClosed(_)
            | FundError::NotOver(..)
            | FundError::EarlierOpen(_)
            | FundError::NotClosed(_)
            | FundError::LaterClosed(_)
            | FundError::Db(_) => return Self::conflict(error),
        };
        Self::fields(vec![FieldError::new(field, error)])
    }
}
