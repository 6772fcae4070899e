//! The JSON API of gifts and of the ledger, and files of gifts.

use fighting_fund::donations::import;
use fighting_fund::sheet::{Intent, Report};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::harness::{TestApp, noon};

const GIFTS: &str = "/api/v1/funds/fighting-fund/donations";

fn a_gift() -> Value {
    json!({"amount": "25.00", "method": "cheque", "received_on": "2021-06-27", "name": "A Reader",
           "email": "a@example.org", "acknowledge_as": "AR, Glasgow", "anonymous": false, "note": ""})
}

struct Api {
    app: TestApp,
    token: String,
}

impl Api {
    async fn start() -> Self {
        let app = TestApp::start().await;
        let token = app.token("donations:write,ledger:read").await;
        Self { app, token }
    }

    async fn post(&self, path: &str, key: Option<&str>, body: &Value) -> reqwest::Response {
        let mut request = self.app.client.post(self.app.at(path)).bearer_auth(&self.token).json(body);
        if let Some(key) = key {
            request = request.header("Idempotency-Key", key);
        }
        request.send().await.expect("an answer")
    }

    async fn get(&self, path: &str) -> Value {
        let answer = self.app.client.get(self.app.at(path)).bearer_auth(&self.token).send().await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        answer.json().await.expect("JSON")
    }

    async fn give(&self, key: &str, body: &Value) -> Value {
        let answer = self.post(GIFTS, Some(key), body).await;
        assert_eq!(answer.status(), StatusCode::CREATED);
        answer.json().await.expect("JSON")
    }
}

#[actix_web::test]
async fn a_gift_is_answered_with_its_receipt_and_entry() {
    let api = Api::start().await;

    let answer = api.give("k1", &a_gift()).await;

    let reference = answer["reference"].as_str().expect("a reference");
    assert!(reference.parse::<fighting_fund::reference::Reference>().is_ok());
    assert_eq!(
        answer,
        json!({"reference": reference, "status": "received", "amount": "25.00", "currency": "GBP",
               "appeal": "2021-06", "receipt": "2021-000001", "entry": 1})
    );
}

#[actix_web::test]
async fn the_same_key_with_the_same_gift_changes_nothing() {
    let api = Api::start().await;
    let first = api.give("k1", &a_gift()).await;

    let again = api.post(GIFTS, Some("k1"), &a_gift()).await;

    assert_eq!(again.status(), StatusCode::OK);
    assert_eq!(again.headers()["Idempotent-Replayed"], "true");
    assert_eq!(again.json::<Value>().await.expect("JSON"), first);
    assert_eq!(api.get("/api/v1/ledger/head").await["entry"], 1);
}

#[actix_web::test]
async fn the_same_key_with_another_gift_is_refused() {
    let api = Api::start().await;
    api.give("k1", &a_gift()).await;
    let mut other = a_gift();
    other["amount"] = json!("26.00");

    let answer = api.post(GIFTS, Some("k1"), &other).await;

    assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    assert_eq!(api.get("/api/v1/ledger/head").await["entry"], 1);
}

#[actix_web::test]
async fn a_key_is_needed_and_must_be_visible_ascii() {
    let api = Api::start().await;

    let none = api.post(GIFTS, None, &a_gift()).await;
    let long = api.post(GIFTS, Some(&"k".repeat(256)), &a_gift()).await;
    let spaced = api.post(GIFTS, Some("two words"), &a_gift()).await;

    for answer in [none, long, spaced] {
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    }
}

#[actix_web::test]
async fn every_field_at_fault_gets_its_sentence() {
    let api = Api::start().await;
    let body = json!({"amount": "1e3", "method": "gold", "received_on": "27/06/2021", "email": "a@b",
                      "name": "x".repeat(2_000)});

    let answer = api.post(GIFTS, Some("k1"), &body).await;

    assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let problem: Value = answer.json().await.expect("JSON");
    let fields: Vec<&str> =
        problem["errors"].as_array().expect("errors").iter().filter_map(|e| e["field"].as_str()).collect();
    assert_eq!(fields, ["amount", "method", "received_on", "name", "email"]);
}

#[actix_web::test]
async fn an_amount_that_is_a_number_is_refused_with_a_sentence() {
    let api = Api::start().await;

    let answer = api.post(GIFTS, Some("k1"), &json!({"amount": 25.0, "method": "cash"})).await;

    assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.text().await.expect("text").contains("sent as strings"));
}

#[actix_web::test]
async fn a_gift_from_tomorrow_is_refused_and_one_from_last_year_opens_its_month() {
    let api = Api::start().await;
    let tomorrow = json!({"amount": "5", "method": "cash", "received_on": "2021-06-28"});
    let last_year = json!({"amount": "5", "method": "cash", "received_on": "2020-02-29"});

    let refused = api.post(GIFTS, Some("k1"), &tomorrow).await;
    let taken = api.give("k2", &last_year).await;

    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(taken["appeal"], "2020-02");
    assert_eq!(taken["receipt"], "2021-000001", "receipts are numbered by the year of issue");
}

#[actix_web::test]
async fn a_refund_in_part_and_then_in_whole_lowers_the_total_at_once() {
    let api = Api::start().await;
    let gift = api.give("k1", &a_gift()).await;
    let refunds = format!("/api/v1/donations/{}/refunds", gift["reference"].as_str().expect("text"));

    let part = api.post(&refunds, Some("r1"), &json!({"amount": "10.00", "reason": "asked for it back"})).await;
    let replay = api.post(&refunds, Some("r1"), &json!({"amount": "10.00", "reason": "asked for it back"})).await;
    let too_much = api.post(&refunds, None, &json!({"amount": "15.01", "reason": "more"})).await;
    let rest = api.post(&refunds, None, &json!({"amount": "15.00", "reason": "the rest"})).await;
    let again = api.post(&refunds, None, &json!({"amount": "1.00", "reason": "again"})).await;

    let part: Value = part.json().await.expect("JSON");
    assert_eq!((part["status"].as_str(), part["refunded"].as_str()), (Some("received"), Some("10.00")));
    assert_eq!(replay.json::<Value>().await.expect("JSON")["refunded"], "10.00");
    assert_eq!(too_much.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(rest.json::<Value>().await.expect("JSON")["status"], "refunded");
    assert_eq!(again.status(), StatusCode::CONFLICT);
    let accounts = api.get("/api/v1/ledger/accounts?as_at=2021-06-27").await;
    let balances: Vec<&str> =
        accounts["accounts"].as_array().expect("accounts").iter().filter_map(|a| a["balance"].as_str()).collect();
    assert_eq!(balances, ["0.00", "0.00"]);
    let entries = api.get("/api/v1/ledger/entries?after=1").await;
    assert_eq!(entries["entries"][0]["corrects"], 1);
}

#[actix_web::test]
async fn a_bounced_cheque_leaves_the_total_and_cash_cannot_bounce() {
    let api = Api::start().await;
    let cheque = api.give("k1", &a_gift()).await;
    let cash = api.give("k2", &json!({"amount": "5", "method": "cash"})).await;
    let bounce = |gift: &Value| format!("/api/v1/donations/{}/bounce", gift["reference"].as_str().expect("text"));

    let bounced = api.post(&bounce(&cheque), None, &json!({})).await;
    let twice = api.post(&bounce(&cheque), None, &json!({})).await;
    let refused = api.post(&bounce(&cash), None, &json!({})).await;

    assert_eq!(bounced.json::<Value>().await.expect("JSON")["status"], "bounced");
    assert_eq!(twice.status(), StatusCode::CONFLICT);
    assert_eq!(refused.status(), StatusCode::CONFLICT);
}

#[actix_web::test]
async fn a_list_goes_on_where_the_last_page_ended() {
    let api = Api::start().await;
    for n in 0..5 {
        api.give(&format!("k{n}"), &json!({"amount": "5", "method": "cash"})).await;
    }

    let first = api.get(&format!("{GIFTS}?limit=3")).await;
    let second = api.get(&format!("{GIFTS}?limit=3&after={}", first["next"].as_str().expect("a reference"))).await;

    assert_eq!(first["donations"].as_array().map(Vec::len), Some(3));
    assert_eq!(second["donations"].as_array().map(Vec::len), Some(2));
    assert_eq!(second["next"], Value::Null);
}

#[actix_web::test]
async fn an_unknown_reference_and_an_unknown_fund_are_not_found() {
    let api = Api::start().await;
    let nobody = fighting_fund::reference::Reference::of(99);

    let gift =
        api.app.client.get(api.app.at(&format!("/api/v1/donations/{nobody}"))).bearer_auth(&api.token).send().await;
    let fund = api.post("/api/v1/funds/none/donations", Some("k1"), &a_gift()).await;

    assert_eq!(gift.expect("an answer").status(), StatusCode::NOT_FOUND);
    assert_eq!(fund.status(), StatusCode::NOT_FOUND);
}

const FILE: &str = "\u{feff}key,amount,method,received_on,name\n\
    a1,10.00,cheque,2021-06-01,\"Doe, Jane\"\n\
    ,20,cash,2021-06-02,\n,20,cash,2021-06-02,\n";

fn take(app: &TestApp, file: &str, intent: Intent) -> Report {
    import::run(&app.app.db, noon(), "fighting-fund", file.as_bytes(), intent, |_, _| {}).expect("a readable file")
}

#[actix_web::test]
async fn a_file_is_taken_once_however_often_it_is_imported() {
    let app = TestApp::start().await;

    let dry = take(&app, FILE, Intent::DryRun);
    let first = take(&app, FILE, Intent::Record);
    let second = take(&app, FILE, Intent::Record);

    assert_eq!(dry.summary, "3 gifts with £50.00 in all; 0 known already.");
    assert_eq!(first.summary, dry.summary);
    assert_eq!(second.summary, "0 gifts with £0.00 in all; 3 known already.");
}

#[actix_web::test]
async fn one_wrong_row_keeps_the_whole_file_out() {
    let app = TestApp::start().await;
    let file = format!("{FILE},25.005,cash,2021-06-02,\n,5,cash,2021-07-01,\n");

    let report = take(&app, &file, Intent::Record);
    let later = take(&app, "amount,method,received_on\n5,cash,2021-06-02\n6,cash,2021-07-01\n", Intent::Record);

    assert_eq!(report.faults, 1);
    assert!(report.rows[0].starts_with("row 5: amount: GBP has 2 decimal places"), "{:?}", report.rows);
    assert_eq!(later.faults, 1);
    let head = app.app.db.read(fighting_fund::ledger::head).expect("a head");
    assert_eq!(head.number, 0);
}

#[actix_web::test]
async fn the_api_describes_itself_and_says_how_it_is() {
    let app = TestApp::start().await;

    let described: Value =
        app.client.get(app.at("/api/openapi.json")).send().await.expect("an answer").json().await.expect("JSON");
    let ready = app.client.get(app.at("/readyz")).send().await.expect("an answer");
    let alive = app.client.get(app.at("/healthz")).send().await.expect("an answer");
    let metrics = app.client.get(app.at("/metrics")).send().await.expect("an answer").text().await.expect("text");

    let paths = described["paths"].as_object().expect("paths");
    assert!(paths.contains_key("/api/v1/funds/{slug}/donations"));
    assert_eq!(paths["/api/v1/donations/{reference}/refunds"]["post"]["tags"][0], "donations");
    assert_eq!((ready.status(), alive.status()), (StatusCode::OK, StatusCode::OK));
    assert!(metrics.contains("ff_gifts_recorded_total 0"));
}

/// What `/api/openapi.json` says.
async fn description(app: &TestApp) -> Value {
    app.client.get(app.at("/api/openapi.json")).send().await.expect("an answer").json().await.expect("JSON")
}

/// Every operation of the description: "GET /api/v1/ledger/head" and what is said of it.
fn operations(described: &Value) -> Vec<(String, Value)> {
    let paths = described["paths"].as_object().expect("paths");
    let methods = paths.iter().flat_map(|(path, item)| {
        let item = item.as_object().expect("methods");
        item.iter().map(move |(method, operation)| (format!("{} {path}", method.to_uppercase()), operation.clone()))
    });
    methods.collect()
}

#[actix_web::test]
async fn every_route_for_programs_is_described_and_nothing_else() {
    let app = TestApp::start().await;

    let described = operations(&description(&app).await);

    let mut described: Vec<String> = described.into_iter().map(|(name, _)| name).collect();
    let registered = fighting_fund::app::registered().into_iter().filter(|route| route.pattern.starts_with("/api/v1/"));
    let mut registered: Vec<String> = registered.map(|route| format!("{} {}", route.method, route.pattern)).collect();
    described.sort();
    registered.sort();
    assert_eq!(described, registered);
}

#[actix_web::test]
async fn every_operation_names_its_refusals_and_their_form() {
    let app = TestApp::start().await;

    for (name, operation) in operations(&description(&app).await) {
        let responses = operation["responses"].as_object().expect("responses");
        let mut needed = vec!["400", "401", "403", "500", "503"];
        if name.starts_with("POST") {
            needed.extend(["404", "409", "413", "422"]);
        }
        for status in needed {
            assert!(responses.contains_key(status), "{name} does not name {status}");
        }
        for (status, response) in responses {
            let kinds: Vec<&String> = response["content"].as_object().expect("a content").keys().collect();
            let kind = if status.starts_with('2') { "application/json" } else { "application/problem+json" };
            assert_eq!(kinds, [kind], "{name}: {status}");
        }
    }
}

#[actix_web::test]
async fn lists_are_described_as_what_they_are() {
    let api = Api::start().await;
    let described = description(&api.app).await;
    api.give("k1", &a_gift()).await;

    for path in ["/api/v1/ledger/entries", "/api/v1/ledger/accounts", "/api/v1/funds/{slug}/donations"] {
        let schema = &described["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"];
        let name = schema["$ref"].as_str().expect("a name").rsplit('/').next().expect("a name");
        let said = described["components"]["schemas"][name]["properties"].as_object().expect("an object");

        let answered = api.get(&path.replace("{slug}", "fighting-fund")).await;

        let answered: Vec<&String> = answered.as_object().expect("an object").keys().collect();
        assert_eq!(answered, said.keys().collect::<Vec<_>>(), "{path}");
    }
}

#[actix_web::test]
async fn the_key_is_described_as_it_is_checked() {
    let app = TestApp::start().await;

    for (name, operation) in operations(&description(&app).await).iter().filter(|(name, _)| name.starts_with("POST")) {
        let parameters = operation["parameters"].as_array().expect("parameters");
        let key = parameters.iter().find(|one| one["name"] == "Idempotency-Key").unwrap_or_else(|| panic!("{name}"));
        let expected = json!({"type": "string", "pattern": "^[!-~]+$", "minLength": 1, "maxLength": 255});
        assert_eq!(key["schema"], expected, "{name}");
    }
}

#[actix_web::test]
async fn the_ways_to_pay_are_described_as_they_are() {
    let app = TestApp::start().await;

    let described = description(&app).await;

    let pattern = described["components"]["schemas"]["MethodName"]["pattern"].as_str().expect("a pattern").to_owned();
    let named = pattern.split(['(', ')']).nth(1).expect("a choice").split('|').collect::<Vec<_>>();
    assert_eq!(named, fighting_fund::donations::Method::ALL.map(fighting_fund::donations::Method::name));
}

#[actix_web::test]
async fn a_page_of_no_rows_or_of_too_many_is_refused_and_says_so() {
    let api = Api::start().await;

    for path in ["/api/v1/ledger/entries", GIFTS] {
        for query in ["limit=0", "limit=-1", "limit=1001", "after=-1"] {
            let request = api.app.client.get(api.app.at(&format!("{path}?{query}"))).bearer_auth(&api.token);
            let answer = request.send().await.expect("an answer");

            assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY, "{path}?{query}");
            let problem: Value = answer.json().await.expect("JSON");
            let field = query.split('=').next().expect("a name");
            assert_eq!(problem["errors"][0]["field"], field, "{path}?{query}");
        }
        api.get(&format!("{path}?limit=1000")).await;
    }
}

#[actix_web::test]
async fn no_answer_for_programs_is_kept_by_anybody_between() {
    let api = Api::start().await;
    let all = api.app.token("donations:write,ledger:read,shares:write").await;
    let gift = api.give("k1", &a_gift()).await;
    let one = format!("/api/v1/donations/{}", gift["reference"].as_str().expect("a reference"));
    let paths = [one.as_str(), GIFTS, "/api/v1/ledger/entries", "/api/v1/shares/register", "/api/v1/shares/roll"];
    let refused = ["/api/v1/donations/FF00000000", "/api/v1/ledger/entries?limit=x", "/api/v1/nothing"];

    for path in paths.iter().chain(&refused) {
        for token in [all.as_str(), "unknown"] {
            let request = api.app.client.get(api.app.at(path)).bearer_auth(token);
            let answer = request.send().await.expect("an answer");

            let kept = answer.headers().get("cache-control").map(|value| value.to_str().expect("text").to_owned());
            assert_eq!(kept.as_deref(), Some("no-store"), "{path}: {}", answer.status());
        }
    }
    let answer = api.app.client.delete(api.app.at(&one)).bearer_auth(&all).send().await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(answer.headers()["allow"], "GET");
    assert_eq!(answer.headers()["cache-control"], "no-store");
}
