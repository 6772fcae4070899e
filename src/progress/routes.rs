//! The addresses of the figure.

use actix_web::web;

use super::{json, pages, stream};

/// What thousands ask at once: answered from memory, outside the log and the guard, for everyone.
pub fn hot_routes(at: &mut web::ServiceConfig) {
    at.service(
        web::resource("/funds/{slug}/progress")
            .route(web::get().to(json::show))
            .route(web::head().to(json::show))
            .route(web::method(actix_web::http::Method::OPTIONS).to(json::options)),
    )
    .service(web::resource("/funds/{slug}/progress/stream").route(web::get().to(stream::open)));
}

/// Pages and pictures.
pub fn routes(at: &mut web::ServiceConfig) {
    at.service(web::resource("/funds/{slug}/widget").route(web::get().to(pages::widget)))
        .service(web::resource("/funds/{slug}/progress.svg").route(web::get().to(pages::picture)))
        .service(web::resource("/widget.js").route(web::get().to(pages::script)))
        .service(web::resource("/oembed").route(web::get().to(pages::oembed)))
        .service(web::resource("/embed").route(web::get().to(pages::embed)));
}
