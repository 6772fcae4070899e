//! Gifts over HTTP: the JSON API.

use actix_web::web;

/// The addresses of this room.
pub fn routes(_at: &mut web::ServiceConfig) {}
