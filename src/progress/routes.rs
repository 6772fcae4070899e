//! The addresses of the figure.

use crate::http::Routes;
use actix_web::http::Method;

use super::{json, pages, stream};

/// What thousands ask at once: answered from memory, outside the log and the guard, for everyone.
pub fn hot_routes(at: &mut Routes) {
    at.public()
        .get("/funds/{slug}/progress", json::show)
        .on(Method::HEAD, "/funds/{slug}/progress", json::show)
        .on(Method::OPTIONS, "/funds/{slug}/progress", json::options)
        .get("/funds/{slug}/progress/stream", stream::open);
}

/// Pages and pictures.
pub fn routes(at: &mut Routes) {
    at.public()
        .get("/funds/{slug}/widget", pages::widget)
        .get("/funds/{slug}/progress.svg", pages::picture)
        .get("/widget.js", pages::script)
        .get("/oembed", pages::oembed)
        .get("/embed", pages::embed);
}
