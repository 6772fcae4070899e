//! `/api/openapi.json`: the JSON API described for programs (OpenAPI 3.1), gathered from the handlers.

use crate::http::Routes;
use actix_web::HttpResponse;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::{Modify, OpenApi};

use crate::donations::routes::api::{DonationView, changes, gifts};
use crate::http::problem::{FieldError, Problem};
use crate::ledger::routes as ledger;
use crate::shares::routes::api::{applications, changes as holdings, decisions, life, register};

#[derive(OpenApi)]
#[openapi(
    info(title = "Fighting Fund", description = "The books of a newspaper owned by its readers. Amounts are strings with the currency's decimals; dates are ISO 8601; times are RFC 3339 in UTC; errors are RFC 9457 problems."),
    paths(
        gifts::record, gifts::list, gifts::show, changes::refund, changes::bounce,
        ledger::entries, ledger::accounts, ledger::head,
        register::classes, applications::apply, applications::show, applications::pay, decisions::allot,
        decisions::allot_many, decisions::refuse, decisions::withdraw, holdings::transfer,
        holdings::give_notice, holdings::show_withdrawal, holdings::agree, holdings::refuse, holdings::pay_out,
        holdings::reverse, register::member, register::register, register::roll, register::summary, life::convert,
        life::forfeit, life::amend, life::replace
    ),
    components(schemas(
        gifts::GiftBody, gifts::GiftView, DonationView, changes::RefundBody, changes::BounceBody,
        ledger::EntryView, ledger::PostingView, ledger::AccountView, Problem, FieldError
    )),
    modifiers(&BearerToken)
)]
struct Description;

struct BearerToken;

impl Modify for BearerToken {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let scheme = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
        openapi.components.get_or_insert_with(Default::default).add_security_scheme("bearer", scheme);
    }
}

/// The address of this description.
pub fn routes(at: &mut Routes) {
    at.public().get("/api/openapi.json", describe);
}

async fn describe() -> HttpResponse {
    HttpResponse::Ok().json(Description::openapi())
}
