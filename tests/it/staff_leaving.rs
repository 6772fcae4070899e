//! What somebody leaves behind: invitations end with those who may not make them, tokens are named.

use fighting_fund::staff::{Actor, NewMember, Password, Role, add, by_email};
use reqwest::{Client, StatusCode};

use crate::harness::{TestApp, browser, noon};
use crate::staff::{NEWCOMER, between, get, number_of, post, trail};

async fn text(app: &TestApp, browser: &Client, path: &str) -> String {
    get(app, browser, path).await.text().await.expect("a page")
}

async fn invite(app: &TestApp, browser: &Client, role: &str) -> String {
    let answer = post(app, browser, "/desk/staff/invitations", &[("role", role)]).await;
    let page = answer.text().await.expect("a page");
    format!("/desk/welcome/{}", between(&page, "/desk/welcome/", "<").trim())
}

/// A second administrator, who was a clerk.
async fn second_administrator(app: &TestApp, first: &Client) -> (Client, i64) {
    let second = app.sign_in(Role::Clerk).await;
    let id = number_of(app, Role::Clerk);
    post(app, first, &format!("/desk/staff/{id}/role"), &[("role", "administrator")]).await;
    (second, id)
}

#[actix_web::test]
async fn invitations_end_when_their_maker_leaves_or_is_no_longer_administrator() {
    for (deed, form) in [("leave", &[][..]), ("role", &[("role", "treasurer")][..])] {
        let app = TestApp::start().await;
        let first = app.sign_in(Role::Administrator).await;
        let (second, id) = second_administrator(&app, &first).await;
        let (theirs, kept) = (invite(&app, &second, "administrator").await, invite(&app, &first, "clerk").await);

        post(&app, &first, &format!("/desk/staff/{id}/{deed}"), form).await;

        let used = post(&app, &browser(), &theirs, &NEWCOMER).await.status();
        assert_eq!(used, StatusCode::NOT_FOUND, "{deed}");
        assert_eq!(get(&app, &browser(), &theirs).await.status(), StatusCode::NOT_FOUND, "{deed}");
        assert_eq!(post(&app, &browser(), &kept, &NEWCOMER).await.status(), StatusCode::SEE_OTHER, "nobody else's");
        assert!(
            trail(&app).iter().any(|step| step.ends_with("invitation withdrawn administrator")),
            "{:?}",
            trail(&app)
        );
    }
}

#[actix_web::test]
async fn an_administrator_who_stays_one_keeps_their_invitations() {
    let app = TestApp::start().await;
    let first = app.sign_in(Role::Administrator).await;
    let (second, id) = second_administrator(&app, &first).await;
    let theirs = invite(&app, &second, "clerk").await;

    post(&app, &first, &format!("/desk/staff/{id}/role"), &[("role", "administrator")]).await;

    assert_eq!(post(&app, &browser(), &theirs, &NEWCOMER).await.status(), StatusCode::SEE_OTHER);
}

#[actix_web::test]
async fn an_open_invitation_is_listed_and_withdrawn_once() {
    let app = TestApp::start().await;
    let (administrator, clerk) = (app.sign_in(Role::Administrator).await, app.sign_in(Role::Clerk).await);
    let link = invite(&app, &administrator, "secretary").await;

    let listed = text(&app, &administrator, "/desk/staff").await;
    let path = format!("/desk/staff/invitations/{}", between(&listed, "action=\"/desk/staff/invitations/", "\""));
    let by_clerk = post(&app, &clerk, &path, &[]).await.status();
    let withdrawn = post(&app, &administrator, &path, &[]).await.status();
    let again = post(&app, &administrator, &path, &[]).await.status();
    let after = text(&app, &administrator, "/desk/staff").await;

    let table = between(&listed, "aria-label=\"Open invitations\"", "</table>");
    assert!(
        ["secretary", "The administrator", "28 Jun 2021, 11:00 UTC"].iter().all(|said| table.contains(said)),
        "{table}"
    );
    assert!(!table.contains(link.trim_start_matches("/desk/welcome/")), "the secret is not shown again");
    assert!(path.ends_with("/withdrawal"), "{path}");
    assert_eq!((by_clerk, withdrawn, again), (StatusCode::FORBIDDEN, StatusCode::SEE_OTHER, StatusCode::NOT_FOUND));
    assert!(!after.contains("Open invitations"), "{after}");
    assert_eq!(post(&app, &browser(), &link, &NEWCOMER).await.status(), StatusCode::NOT_FOUND);
    assert!(trail(&app)[0].ends_with("invitation withdrawn secretary"), "{:?}", trail(&app));
}

#[actix_web::test]
async fn used_and_expired_invitations_are_not_listed() {
    let app = TestApp::start().await;
    let administrator = app.sign_in(Role::Administrator).await;
    let used = invite(&app, &administrator, "clerk").await;
    post(&app, &browser(), &used, &NEWCOMER).await;
    let after_use = text(&app, &administrator, "/desk/staff").await;
    invite(&app, &administrator, "clerk").await;
    app.set_time(noon() + chrono::TimeDelta::hours(11));
    let open = text(&app, &administrator, "/desk/staff").await;
    app.set_time(noon() + chrono::TimeDelta::hours(22));
    text(&app, &administrator, "/desk/staff").await;
    app.set_time(noon() + chrono::TimeDelta::hours(24));
    let expired = text(&app, &administrator, "/desk/staff").await;

    let is_listed = [after_use, open, expired].map(|page| page.contains("Open invitations"));

    assert_eq!(is_listed, [false, true, false]);
}

#[actix_web::test]
async fn tokens_of_somebody_who_left_are_named_on_the_page_that_follows_and_go_on() {
    let app = TestApp::start().await;
    let first = app.sign_in(Role::Administrator).await;
    let (second, id) = second_administrator(&app, &first).await;
    for name in ["post office", "website"] {
        post(&app, &second, "/desk/tokens", &[("name", name), ("scopes", "ledger:read")]).await;
    }
    let before = text(&app, &first, "/desk/staff").await;
    let token = |page: &str, name: &str| {
        let row = page.split("<tr>").find(|row| row.contains(&format!(">{name}<"))).expect("a row").to_owned();
        between(&row, "action=\"", "\"").to_owned()
    };
    post(&app, &first, &token(&text(&app, &first, "/desk/tokens").await, "website"), &[]).await;

    let left = post(&app, &first, &format!("/desk/staff/{id}/leave"), &[]).await;
    let after = text(&app, &first, crate::staff::place(&left)).await;
    let tokens = text(&app, &first, "/desk/tokens").await;

    assert!(!before.contains("people who have left"), "{before}");
    assert!(after.contains("post office, made by The clerk") && !after.contains("website, made by"), "{after}");
    assert!(tokens.contains("The clerk, who has left"), "{tokens}");
    assert!(tokens.contains("Take post office back"), "nobody but a person takes it back");
}

#[actix_web::test]
async fn the_link_of_the_first_start_ends_when_anybody_joins() {
    let app = TestApp::start().await;
    let printed = app.app.first_link().expect("a link").expect("nobody is on the staff");
    let printed = printed.strip_prefix(&app.url).expect("an address of ours").to_owned();
    let password_hash = app.app.passwords.hash(&Password::new("four words in a row"), &[]).expect("a hash");
    let new =
        NewMember { email: "op@paper.example".to_owned(), name: "Op".to_owned(), role: Role::Clerk, password_hash };

    app.app.db.write(|conn| add(conn, noon(), &Actor::Operator, &new, "")).expect("a member");

    assert_eq!(post(&app, &browser(), &printed, &NEWCOMER).await.status(), StatusCode::NOT_FOUND);
    assert!(app.app.db.read(|conn| by_email(conn, "ann@paper.example")).expect("an answer").is_none());
}
