//! The guard: tokens, forms that other sites send, and the headers on every answer.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use fighting_fund::http::PublicUrl;
use fighting_fund::staff::{Actor, Role, revoke_token, tokens};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Response, StatusCode};

use crate::harness::{TestApp, browser, noon};

const HEAD: &str = "/api/v1/ledger/head";

async fn ask(app: &TestApp, token: &str) -> Response {
    app.client.get(app.at(HEAD)).bearer_auth(token).send().await.expect("an answer")
}

/// Takes the newest token back as another process would: nobody tells this one.
fn revoke_elsewhere(app: &TestApp) {
    let revoked = app.app.db.write(|conn| {
        let id = tokens::all(conn)?.first().expect("a token").id;
        revoke_token(conn, noon(), &Actor::Operator, id, "")
    });
    revoked.expect("it was in force");
}

#[actix_web::test]
async fn a_token_taken_back_by_another_process_is_refused_within_two_seconds() {
    let app = TestApp::start().await;
    let token = app.token("ledger:read").await;
    assert_eq!(ask(&app, &token).await.status(), StatusCode::OK);

    revoke_elsewhere(&app);
    let since = Instant::now();
    let mut status = StatusCode::OK;
    while status == StatusCode::OK && since.elapsed() < Duration::from_secs(5) {
        status = ask(&app, &token).await.status();
    }

    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert!(since.elapsed() < Duration::from_millis(2_500), "after {:?}", since.elapsed());
}

#[actix_web::test]
async fn a_token_taken_back_on_its_page_is_refused_at_once_and_a_new_one_works_at_once() {
    let app = TestApp::start().await;
    let administrator = app.sign_in(Role::Administrator).await;
    let form = [("name", "website"), ("scopes", "ledger:read"), ("scopes", "donations:write")];
    let page = administrator.post(app.at("/desk/tokens")).form(&form).send().await.expect("an answer").text().await;
    let page = page.expect("a page");
    let token =
        page.split_once("<p class=\"ref wrap\">").and_then(|(_, rest)| rest.split('<').next()).expect("a token");
    let id = app.app.db.read(tokens::all).expect("tokens")[0].id;

    let new = ask(&app, token).await.status();
    let taken = administrator.post(app.at(&format!("/desk/tokens/{id}/revoke"))).send().await.expect("an answer");
    let old = ask(&app, token).await.status();
    let list = administrator.get(app.at("/desk/tokens")).send().await.expect("an answer").text().await.expect("a page");

    assert_eq!((new, taken.status(), old), (StatusCode::OK, StatusCode::SEE_OTHER, StatusCode::UNAUTHORIZED));
    assert!(list.contains("website") && !list.contains(token), "it is shown once");
}

#[actix_web::test]
async fn a_token_without_the_scope_is_told_which_one_it_needs() {
    let app = TestApp::start().await;
    let token = app.token("donations:read").await;

    let forbidden = ask(&app, &token).await;
    let unknown = ask(&app, "no-such-token").await;
    let nothing = app.client.get(app.at(HEAD)).send().await.expect("an answer");
    let lower_case = app
        .client
        .get(app.at("/api/v1/funds/fighting-fund/donations"))
        .header("Authorization", format!("bearer {token}"));

    assert_eq!(forbidden.status(), StatusCode::FORBIDDEN);
    assert_eq!(forbidden.headers()["content-type"], "application/problem+json");
    assert!(forbidden.text().await.expect("a problem").contains("ledger:read"));
    for answer in [unknown, nothing] {
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
        assert!(answer.headers()["www-authenticate"].to_str().is_ok_and(|scheme| scheme.starts_with("Bearer")));
    }
    assert_eq!(
        lower_case.send().await.expect("an answer").status(),
        StatusCode::OK,
        "the scheme's case is free (RFC 9110)"
    );
}

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    let pair = |(name, value): &(&'static str, &str)| {
        (HeaderName::from_static(name), HeaderValue::from_str(value).expect("a value"))
    };
    pairs.iter().map(pair).collect()
}

async fn send(app: &TestApp, browser: &Client, path: &str, given: &[(&'static str, &str)]) -> StatusCode {
    let request = browser.post(app.at(path)).headers(headers(given)).form(&[("nothing", "")]);
    request.send().await.expect("an answer").status()
}

#[actix_web::test]
async fn a_form_that_another_site_sends_changes_nothing() {
    let app = TestApp::start().await;
    let clerk = app.sign_in(Role::Clerk).await;
    let foreign: [&[(&'static str, &str)]; 6] = [
        &[("origin", "https://evil.example")],
        &[("origin", "null")],
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
        &[("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")],
        &[("origin", "http://127.0.0.1.evil.example")],
    ];

    for given in foreign {
        for path in ["/desk/sign-out", "/desk/sign-in", "/funds/fighting-fund/donations"] {
            assert_eq!(send(&app, &clerk, path, given).await, StatusCode::FORBIDDEN, "{path} {given:?}");
        }
    }

    let account = clerk.get(app.at("/desk/account")).send().await.expect("an answer");
    assert_eq!(account.status(), StatusCode::OK, "still signed in");
}

#[actix_web::test]
async fn our_own_forms_arrive_under_every_name_that_we_have() {
    let app = TestApp::start().await;
    let port = app.url.rsplit_once(':').expect("a port").1;
    let (localhost, by_name) = (format!("localhost:{port}"), format!("http://localhost:{port}"));
    let ours: [&[(&'static str, &str)]; 6] = [
        // A browser at the public address, at another name of this machine, and behind a proxy that keeps the host.
        &[("origin", &app.url), ("sec-fetch-site", "same-origin")],
        &[("origin", &by_name), ("host", &localhost)],
        &[("origin", "https://fund.example"), ("host", "fund.example")],
        // Behind a proxy that puts its own host: FF_PUBLIC_URL says who we are, or the browser vouches for it.
        &[("origin", &app.url), ("host", "backend:8080")],
        &[("origin", "https://fund.example"), ("host", "backend:8080"), ("sec-fetch-site", "same-origin")],
        // No browser at all.
        &[],
    ];

    for given in ours {
        let status = send(&app, &browser(), "/funds/fighting-fund/donations", given).await;

        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{given:?}");
    }
}

#[actix_web::test]
async fn every_answer_carries_the_headers_that_protect_the_reader() {
    let app = TestApp::start().await;
    let clerk = app.sign_in(Role::Clerk).await;

    for path in
        ["/funds/fighting-fund", "/no-such-page", HEAD, "/static/fund.css", "/desk/account", "/desk/sign-in", "/"]
    {
        let answer = clerk.get(app.at(path)).send().await.expect("an answer");
        let header = |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();

        let policy = header("content-security-policy");
        for rule in ["default-src 'none'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'"] {
            assert!(policy.contains(rule), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header("referrer-policy"), "same-origin", "{path}");
        assert!(!header("permissions-policy").is_empty(), "{path}");
        assert_eq!(header("strict-transport-security"), "", "{path}: not over http");
        assert_eq!(
            header("cache-control") == "no-store",
            path.starts_with("/desk") || path == "/no-such-page" || path == HEAD,
            "{path}"
        );
    }
}

#[actix_web::test]
async fn over_https_the_cookie_is_bound_to_the_host_and_the_browser_comes_back_by_https() {
    let app = TestApp::start().await;
    app.sign_in(Role::Clerk).await;
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let mut behind_proxy = app.app.clone();
    behind_proxy.public_url = PublicUrl("https://fund.example".to_owned());
    actix_web::rt::spawn(behind_proxy.serve(listener).expect("a server"));
    let form = [("email", "clerk@paper.example"), ("password", "four words in a row")];

    let secure = browser().post(format!("{url}/desk/sign-in")).form(&form).send().await.expect("an answer");
    let plain = browser().post(app.at("/desk/sign-in")).form(&form).send().await.expect("an answer");

    let cookie = |answer: &Response| answer.headers()["set-cookie"].to_str().expect("a cookie").to_owned();
    assert!(cookie(&secure).starts_with("__Host-session="), "{}", cookie(&secure));
    for part in ["HttpOnly", "SameSite=Lax", "Secure", "Path=/"] {
        assert!(cookie(&secure).contains(part), "{}", cookie(&secure));
    }
    assert!(cookie(&plain).contains("HttpOnly") && !cookie(&plain).contains("Secure"), "{}", cookie(&plain));
    assert!(secure.headers().contains_key("strict-transport-security"));
}
