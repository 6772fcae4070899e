//! The way in. The fund's page itself shows the donation form, so it stands with the gifts (`donations/routes/give.rs`).

use actix_web::http::header::LOCATION;
use actix_web::{HttpRequest, HttpResponse, web};

use super::{FundError, store};
use crate::db::Db;
use crate::http::{FieldError, Problem, Routes, blocking};

/// The addresses of this room.
pub fn routes(at: &mut Routes) {
    at.public().get("/", front);
}

/// The front door leads to the first fund, with what the link says of the gift: `/?amount=25`.
async fn front(db: web::Data<Db>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let first = blocking(move || db.read(store::all)).await?.into_iter().next();
    let fund = first.ok_or_else(|| Problem::not_found("There is no fund here yet."))?;
    let query = Some(request.query_string()).filter(|query| query.bytes().all(|byte| byte.is_ascii_graphic()));
    let query = query.filter(|query| !query.is_empty()).map_or_else(String::new, |query| format!("?{query}"));
    Ok(HttpResponse::SeeOther().insert_header((LOCATION, format!("/funds/{}{query}", fund.slug))).finish())
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
