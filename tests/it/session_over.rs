//! A session that ended while somebody typed: the door on the spot, and nothing of what was typed is lost or done.

use chrono::TimeDelta;
use fighting_fund::donations;
use fighting_fund::staff::Role;
use reqwest::{Client, Response, StatusCode};

use crate::harness::{TestApp, browser, noon};
use crate::staff::{PASSWORD, between, get, place, post};

/// A form of the desk as somebody typed it.
const GIFT: [(&str, &str); 7] = [
    ("key", "k-1"),
    ("amount", "25.00"),
    ("name", "Zoë <b>O’Neill</b>"),
    ("tick", "one"),
    ("tick", "two"),
    ("password", "a secret of mine"),
    ("code", "123456"),
];

/// Sends a form as a browser does from a page.
async fn sent(app: &TestApp, browser: &Client, path: &str, form: &[(&str, &str)]) -> Response {
    let from = app.at("/desk/gifts/new?fund=fighting-fund");
    let request = browser.post(app.at(path)).header("Accept", "text/html").header("Referer", from).form(form);
    request.send().await.expect("an answer")
}

fn unescaped(text: &str) -> String {
    text.replace("&#34;", "\"").replace("&#60;", "<").replace("&#62;", ">").replace("&#39;", "'").replace("&#38;", "&")
}

/// What the door carries: text and seal.
fn carried(door: &str) -> (String, String) {
    let text = unescaped(between(door, "name=\"carried\" value=\"", "\""));
    (text, between(door, "name=\"carried_seal\" value=\"", "\"").to_owned())
}

async fn sign_in_with(
    app: &TestApp,
    browser: &Client,
    who: &str,
    (text, seal): &(String, String),
    password: &str,
) -> Response {
    let email = format!("{who}@paper.example");
    let form = [("email", email.as_str()), ("password", password), ("carried", text), ("carried_seal", seal)];
    post(app, browser, "/desk/sign-in", &form).await
}

/// A clerk's browser whose session has run out, and the door that answers a form of it.
async fn door_of(app: &TestApp) -> (Client, String) {
    let clerk = app.sign_in(Role::Clerk).await;
    app.set_time(noon() + TimeDelta::hours(13));
    let answer = sent(app, &clerk, "/desk/gifts/new", &GIFT).await;
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    (clerk, answer.text().await.expect("a page"))
}

#[actix_web::test]
async fn a_form_sent_after_the_session_is_shown_again_after_signing_in_and_not_done() {
    let app = TestApp::start().await;
    let (clerk, door) = door_of(&app).await;

    let wrong = sign_in_with(&app, &clerk, "clerk", &carried(&door), "not my password").await;
    let still = wrong.text().await.expect("a page");
    let answer = sign_in_with(&app, &clerk, "clerk", &carried(&still), PASSWORD).await;

    let (status, page) = (answer.status(), answer.text().await.expect("a page"));
    assert_eq!(status, StatusCode::OK);
    assert!(door.contains("What you typed is kept"), "{door}");
    for kept in [
        r#"name="amount" value="25.00""#,
        r#"name="key" value="k-1""#,
        r#"name="tick" value="one""#,
        r#"name="tick" value="two""#,
        r#"action="/desk/gifts/new""#,
        "O’Neill",
        "press the button once more",
    ] {
        assert!(page.contains(kept), "{kept}: {page}");
    }
    assert!(!page.contains("<b>"), "{page}");
    for secret in ["a secret of mine", "123456"] {
        assert!(!door.contains(secret) && !page.contains(secret), "{secret}");
    }
    assert!(app.app.db.read(|conn| donations::newest(conn, 1)).expect("gifts").is_empty(), "nothing was done");
    assert_eq!(get(&app, &clerk, "/desk/account").await.status(), StatusCode::OK, "they are in");
}

#[actix_web::test]
async fn somebody_else_who_signs_in_is_told_whose_form_it_was_and_gets_the_page_empty() {
    let app = TestApp::start().await;
    app.sign_in(Role::Treasurer).await;
    let (clerk, door) = door_of(&app).await;

    let page = sign_in_with(&app, &clerk, "treasurer", &carried(&door), PASSWORD).await.text().await.expect("a page");

    assert!(page.contains("This form was The clerk’s"), "{page}");
    assert!(page.contains(r#"href="/desk/gifts/new?fund=fighting-fund""#), "{page}");
    assert!(!page.contains("25.00") && !page.contains("O’Neill"), "{page}");
}

#[actix_web::test]
async fn a_form_that_was_made_elsewhere_or_changed_is_not_shown() {
    let app = TestApp::start().await;
    let (clerk, door) = door_of(&app).await;
    let (text, seal) = carried(&door);
    let attacker = browser();
    let theirs = sent(&app, &attacker, "/desk/gifts/new", &[("amount", "9000.00")]).await.text().await.expect("a page");
    let changed = (text.replace("25.00", "2500.00"), seal.clone());

    for (what, form) in [("changed", changed), ("another browser's", carried(&theirs))] {
        let page = sign_in_with(&app, &clerk, "clerk", &form, PASSWORD).await.text().await.expect("a page");

        assert!(page.contains("could not be shown again"), "{what}: {page}");
        assert!(!page.contains("2500.00") && !page.contains("9000.00"), "{what}");
    }
    let page = sign_in_with(&app, &clerk, "clerk", &(text, seal), PASSWORD).await.text().await.expect("a page");
    assert!(page.contains("Here is what you typed"), "another tab of the same browser still opens: {page}");
}

#[actix_web::test]
async fn a_form_from_another_site_is_still_refused_and_carries_nothing() {
    let app = TestApp::start().await;
    let clerk = app.sign_in(Role::Clerk).await;
    app.set_time(noon() + TimeDelta::hours(13));

    let request = clerk.post(app.at("/desk/gifts/new")).header("Accept", "text/html").form(&GIFT);
    let answer = request.header("Origin", "https://evil.example").send().await.expect("an answer");

    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
    assert!(!answer.text().await.expect("a page").contains("name=\"carried\""));
}

#[actix_web::test]
async fn a_row_a_decision_and_a_button_are_carried_too_and_a_long_text_says_how_to_save_it() {
    let app = TestApp::start().await;
    let clerk = app.sign_in(Role::Clerk).await;
    app.set_time(noon() + TimeDelta::hours(13));
    let long = "x".repeat(63_000);
    let long_in_utf8 = "é".repeat(10_000);
    type Sent<'a> = Vec<(&'a str, &'a str)>;
    let cases: [(&str, Sent<'_>, &str); 4] = [
        ("/desk/batches/1/rows", vec![("amount", "7"), ("fragment", "1")], "name=\"carried\""),
        ("/desk/gifts/FF7K3M9QXP/refund", vec![("reason", &long_in_utf8)], "name=\"carried\""),
        ("/desk/batches/1/post", vec![], "name=\"carried\""),
        ("/desk/gifts/new", vec![("note", &long), ("name", &long_in_utf8)], "too long to be carried along"),
    ];

    for (path, form, expected) in cases {
        let answer = sent(&app, &clerk, path, &form).await;

        let (status, page) = (answer.status(), answer.text().await.expect("a page"));
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{path}");
        assert!(page.contains(expected), "{path}: {expected}");
    }
}

#[actix_web::test]
async fn a_file_is_told_as_missing_and_the_fields_beside_it_are_kept() {
    let app = TestApp::start().await;
    let clerk = app.sign_in(Role::Clerk).await;
    app.set_time(noon() + TimeDelta::hours(13));
    let body = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"june.csv\"\r\n\r\nDate,Amount\r\n\
                --b\r\nContent-Disposition: form-data; name=\"bank\"\r\n\r\nUnity Trust\r\n--b--\r\n";
    let request = clerk.post(app.at("/desk/bank/import")).header("Content-Type", "multipart/form-data; boundary=b");

    let door = request.header("Accept", "text/html").body(body).send().await.expect("an answer").text().await;
    let page = sign_in_with(&app, &clerk, "clerk", &carried(&door.expect("a page")), PASSWORD).await.text().await;

    let page = page.expect("a page");
    assert!(page.contains("Unity Trust") && page.contains(r#"type="file""#), "{page}");
    assert!(page.contains("Please choose it again") && page.contains("multipart/form-data"), "{page}");
    assert!(!page.contains("Date,Amount"), "{page}");
}

#[actix_web::test]
async fn a_program_that_asks_for_json_gets_its_problem_and_a_role_leads_back_to_the_desk() {
    let app = TestApp::start().await;
    let auditor = app.sign_in(Role::Auditor).await;

    let page = auditor.get(app.at("/desk/gifts/new")).header("Accept", "text/html").send().await.expect("an answer");
    let (status, page) = (page.status(), page.text().await.expect("a page"));
    let json = browser().post(app.at("/desk/gifts/new")).header("Accept", "application/json").form(&GIFT).send().await;
    let json = json.expect("an answer");
    let elsewhere =
        app.client.get(app.at("/nothing/here")).header("Accept", "text/html").send().await.expect("an answer");

    assert_eq!((status, json.status()), (StatusCode::FORBIDDEN, StatusCode::UNAUTHORIZED));
    assert!(page.contains(r#"href="/desk">Back to the desk"#) && !page.contains("To the fund"), "{page}");
    assert_eq!(json.headers()["content-type"], "application/problem+json");
    assert!(elsewhere.text().await.expect("a page").contains("To the fund"));
    assert_eq!(place(&get(&app, &browser(), "/desk/gifts").await), "/desk/sign-in?next=/desk/gifts");
}
