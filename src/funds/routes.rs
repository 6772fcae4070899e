//! The way in. The fund's page itself shows the donation form, so it stands with the gifts (`donations/routes/give.rs`).

use actix_web::http::header::LOCATION;
use actix_web::{HttpResponse, web};

use super::store;
use crate::db::Db;
use crate::http::{Problem, blocking};

/// The addresses of this room.
pub fn routes(at: &mut web::ServiceConfig) {
    at.service(web::resource("/").route(web::get().to(front)));
}

/// The front door leads to the first fund.
async fn front(db: web::Data<Db>) -> Result<HttpResponse, Problem> {
    let first = blocking(move || db.read(store::all)).await?.into_iter().next();
    let fund = first.ok_or_else(|| Problem::not_found("There is no fund here yet."))?;
    Ok(HttpResponse::SeeOther().insert_header((LOCATION, format!("/funds/{}", fund.slug))).finish())
}
