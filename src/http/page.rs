//! Pages: askama templates as HTML answers.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;

use super::Problem;

/// Renders a template as a page of this status.
///
/// # Errors
/// A template that cannot be rendered is ours to mend.
pub fn page(status: StatusCode, template: &impl Template) -> Result<HttpResponse, Problem> {
    let html = template.render().map_err(Problem::internal)?;
    Ok(HttpResponse::build(status).content_type("text/html; charset=utf-8").body(html))
}
