//! `/api/openapi.json`: the JSON API described for programs (OpenAPI 3.1), gathered from the handlers.
//!
//! Invariant: what the guard and the route builder answer for every route is said here once, and said of every route;
//! a handler describes only what is its own.

use actix_web::HttpResponse;
use serde_json::{Value, json};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::{Modify, OpenApi};

use crate::donations::routes::api::{DonationView, changes, gifts};
use crate::http::Routes;
use crate::http::described::{Amount, Count, Day, Figures, Member, MethodName, Number, Words};
use crate::http::problem::{FieldError, Problem};
use crate::ledger::routes as ledger;
use crate::shares::routes::api::{applications, changes as holdings, decisions, life, register, summary};

#[derive(OpenApi)]
#[openapi(
    info(title = "Fighting Fund", description = "The books of a newspaper owned by its readers. Amounts are strings with the currency's decimals; dates are ISO 8601; times are RFC 3339 in UTC; errors are RFC 9457 problems."),
    paths(
        gifts::record, gifts::list, gifts::show, changes::refund, changes::correct, changes::bounce,
        ledger::entries, ledger::accounts, ledger::head,
        register::classes, applications::apply, applications::show, applications::pay, decisions::allot,
        decisions::allot_many, decisions::refuse, decisions::withdraw, holdings::transfer,
        holdings::give_notice, holdings::show_withdrawal, holdings::agree, holdings::refuse, holdings::pay_out,
        holdings::reverse, register::member, register::register, register::roll, summary::summary, life::convert,
        life::forfeit, life::amend, life::replace
    ),
    components(schemas(
        gifts::GiftBody, gifts::GiftView, DonationView, changes::RefundBody, changes::BounceBody,
        ledger::EntryView, ledger::PostingView, ledger::AccountView, Problem, FieldError,
        Amount, Count, Day, Figures, Member, MethodName, Number, Words
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

async fn describe() -> Result<HttpResponse, Problem> {
    let mut api = serde_json::to_value(Description::openapi()).map_err(Problem::internal)?;
    let paths = api.get_mut("paths").and_then(Value::as_object_mut).into_iter().flatten();
    for (path, methods) in paths {
        for (method, operation) in methods.as_object_mut().into_iter().flatten() {
            complete(&Route { path, is_write: method == "post" }, operation);
        }
    }
    Ok(HttpResponse::Ok().json(api))
}

struct Route<'a> {
    path: &'a str,
    is_write: bool,
}

/// Adds what the handler did not say, because it does not see it.
fn complete(route: &Route<'_>, operation: &mut Value) {
    for parameter in operation.get_mut("parameters").and_then(Value::as_array_mut).into_iter().flatten() {
        complete_parameter(parameter);
    }
    let may_ask_wrongly =
        operation["parameters"].as_array().is_some_and(|all| all.iter().any(|one| one["in"] == "query"));
    if let Some(body) = operation.get_mut("requestBody") {
        complete_body(body);
    }
    let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) else { return };
    if route.is_write && route.path.starts_with("/api/v1/shares/") {
        let mut again = responses.get("201").cloned().unwrap_or_default();
        again["description"] = json!("Done before with this key");
        responses.entry("200").or_insert(again);
    }
    if route.is_write
        && let Some(again) = responses.get_mut("200")
    {
        let schema = json!({"type": "string", "const": "true"});
        again["headers"] = json!({"Idempotent-Replayed": {"required": true, "schema": schema}});
    }
    for (status, description) in refusals(route, may_ask_wrongly) {
        let told = responses.entry(status).or_insert_with(|| json!({}));
        if told["description"].is_null() {
            told["description"] = json!(description);
        }
        if let Some(name) = header_of(status) {
            told["headers"] = json!({ name: {"required": true, "schema": {"type": "string"}} });
        }
    }
    for (status, response) in responses {
        if response["description"].is_null() {
            response["description"] = json!(if status == "201" { "Done" } else { "As it is now" });
        }
        if status.starts_with(['4', '5']) {
            let schema = json!({"$ref": "#/components/schemas/Problem"});
            response["content"] = json!({"application/problem+json": {"schema": schema}});
        }
    }
}

/// What a refusal brings besides its words.
fn header_of(status: &str) -> Option<&'static str> {
    match status {
        "401" => Some("WWW-Authenticate"),
        "503" => Some("Retry-After"),
        _ => None,
    }
}

/// What every route may answer instead, or every one that changes something.
fn refusals(route: &Route<'_>, may_ask_wrongly: bool) -> Vec<(&'static str, &'static str)> {
    let mut all = vec![
        ("400", "The request cannot be read, or lacks its key"),
        ("401", "No token, or one that is not known"),
        ("403", "The token has another scope"),
        ("500", "Something is wrong on our side; nothing was recorded"),
        ("503", "Nothing was recorded; the same request may succeed in a moment"),
    ];
    if route.is_write || route.path.contains('{') {
        all.push(("404", "There is nothing of this name"));
    }
    if route.is_write {
        all.push(("408", "The body did not arrive in time; nothing was recorded"));
        all.push(("409", "The books stand against it"));
        all.push(("413", "The body is too large"));
    }
    if route.is_write || may_ask_wrongly {
        all.push(("422", "A field is at fault, or the key was used for another request"));
    }
    all
}

/// What every reference looks like, however it was typed; the last of its characters is a check, so few of these are one.
const REFERENCE: &str = "^[Ff][ -]*[Ff]([ -]*[0-9A-Za-z]){8}[ -]*$";

/// A key, a reference or a fund's name looks the same wherever it is sent; what is left out of a query is not `null`.
fn complete_parameter(parameter: &mut Value) {
    let schema = &mut parameter["schema"];
    if let Some(kinds) = schema["type"].as_array() {
        schema["type"] = kinds.iter().find(|kind| *kind != "null").cloned().unwrap_or_default();
    }
    without_null(schema);
    match parameter["name"].as_str() {
        Some("Idempotency-Key") => {
            parameter["description"] =
                json!("A new one for each request; sent again, it is answered as the first time");
            parameter["schema"] = json!({"type": "string", "pattern": "^[!-~]+$", "minLength": 1, "maxLength": 255});
        }
        Some("reference") => {
            parameter["description"] = json!("Such as FF7K3M9QXP");
            parameter["schema"] = json!({"type": "string", "pattern": REFERENCE, "example": "FF7K3M9QXP"});
        }
        Some("slug") => {
            parameter["schema"] = json!({"type": "string", "pattern": "^[0-9a-z-]+$", "example": "fighting-fund"});
        }
        _ => {}
    }
}

/// A body that may be left out is left out, and not `null`.
fn complete_body(body: &mut Value) {
    let schema = &mut body["content"]["application/json"]["schema"];
    if without_null(schema) {
        body["required"] = json!(false);
    }
}

/// Takes `null` out of a choice between it and one other; true where there was such a choice.
fn without_null(schema: &mut Value) -> bool {
    let Some(choices) = schema["oneOf"].as_array() else { return false };
    let others: Vec<Value> = choices.iter().filter(|choice| choice["type"] != "null").cloned().collect();
    match others.as_slice() {
        [only] if choices.len() == 2 => {
            *schema = only.clone();
            true
        }
        _ => false,
    }
}
