//! The staff: the door, sessions, codes, who joins and who leaves, and the trail of it all.

use chrono::{DateTime, TimeDelta, Utc};
use fighting_fund::staff::{self, Role, audit};
use reqwest::{Client, Response, StatusCode};
use totp_rs::{Builder, Secret};

use crate::harness::{TestApp, browser, noon};
use crate::program::Place;

pub const PASSWORD: &str = "four words in a row";

pub async fn sign_in(app: &TestApp, browser: &Client, email: &str, password: &str, code: &str) -> Response {
    let form = [("email", email), ("password", password), ("code", code)];
    browser.post(app.at("/desk/sign-in")).form(&form).send().await.expect("an answer")
}

pub async fn get(app: &TestApp, browser: &Client, path: &str) -> Response {
    browser.get(app.at(path)).send().await.expect("an answer")
}

pub async fn post(app: &TestApp, browser: &Client, path: &str, form: &[(&str, &str)]) -> Response {
    browser.post(app.at(path)).form(form).send().await.expect("an answer")
}

pub fn place(answer: &Response) -> &str {
    answer.headers().get("location").and_then(|place| place.to_str().ok()).unwrap_or_default()
}

pub async fn is_signed_in(app: &TestApp, browser: &Client) -> bool {
    get(app, browser, "/desk/account").await.status() == StatusCode::OK
}

/// What stands in `page` between `before` and the next `after`.
pub fn between<'a>(page: &'a str, before: &str, after: &str) -> &'a str {
    let (_, rest) = page.split_once(before).unwrap_or_else(|| panic!("no {before} in {page}"));
    rest.split_once(after).map_or(rest, |(found, _)| found)
}

/// The trail, newest first: "clerk@paper.example signed in".
pub fn trail(app: &TestApp) -> Vec<String> {
    let steps = app.app.db.read(|conn| audit::before(conn, None, "", 100)).expect("the trail");
    steps.into_iter().map(|step| format!("{}: {} {}", step.who, step.action, step.subject).trim().to_owned()).collect()
}

#[actix_web::test]
async fn whoever_signs_in_is_led_to_the_page_they_asked_for() {
    let app = TestApp::start().await;
    app.sign_in(Role::Clerk).await;
    let browser = browser();

    let asked = get(&app, &browser, "/desk/account?tab=a&b=%C3%A9").await;
    let door = get(&app, &browser, place(&asked)).await.text().await.expect("a page");
    let next = between(&door, "name=\"next\" value=\"", "\"").replace("&#38;", "&").replace("&amp;", "&");
    let form = [("email", "Clerk@Paper.Example "), ("password", PASSWORD), ("next", &next)];
    let answer = post(&app, &browser, "/desk/sign-in", &form).await;

    assert_eq!(asked.status(), StatusCode::SEE_OTHER);
    assert_eq!((answer.status(), place(&answer)), (StatusCode::SEE_OTHER, "/desk/account?tab=a&b=%C3%A9"));
    assert!(is_signed_in(&app, &browser).await);
}

#[actix_web::test]
async fn nobody_is_led_to_another_site_after_signing_in() {
    let app = TestApp::start().await;
    app.sign_in(Role::Clerk).await;

    for next in
        ["https://evil.example/", "//evil.example", "/\\evil.example", "/desk//evil.example", "/funds/x", "desk"]
    {
        let form = [("email", "clerk@paper.example"), ("password", PASSWORD), ("next", next)];
        let answer = post(&app, &browser(), "/desk/sign-in", &form).await;

        assert_eq!(place(&answer), "/desk", "{next}");
    }
}

#[actix_web::test]
async fn a_wrong_password_and_an_unknown_address_are_told_in_the_same_words() {
    let app = TestApp::start().await;
    app.sign_in(Role::Clerk).await;

    let wrong = sign_in(&app, &browser(), "clerk@paper.example", "five words in a row", "").await;
    let unknown = sign_in(&app, &browser(), "nobody@paper.example", "five words in a row", "").await;

    assert_eq!(
        (wrong.status(), unknown.status()),
        (StatusCode::UNPROCESSABLE_ENTITY, StatusCode::UNPROCESSABLE_ENTITY)
    );
    let told = |page: String| between(&page, "role=\"alert\">", "</div>").to_owned();
    let (wrong, unknown) = (wrong.text().await.expect("a page"), unknown.text().await.expect("a page"));
    assert!(wrong.contains("value=\"clerk@paper.example\""), "what was typed stays");
    assert!(!wrong.contains("five words"), "but never a password");
    assert_eq!(told(wrong), told(unknown));
}

#[actix_web::test]
async fn the_door_locks_for_longer_each_time_and_opens_again() {
    let app = TestApp::start().await;
    app.sign_in(Role::Clerk).await;
    let guess = || async { sign_in(&app, &browser(), "clerk@paper.example", "a wrong password", "").await.status() };
    let enter = || async { sign_in(&app, &browser(), "clerk@paper.example", PASSWORD, "").await };
    for _ in 0..5 {
        assert_eq!(guess().await, StatusCode::UNPROCESSABLE_ENTITY);
    }

    let locked = enter().await;
    app.set_time(noon() + TimeDelta::seconds(61));
    let sixth = guess().await;
    app.set_time(noon() + TimeDelta::seconds(61 + 61));
    let still_locked = enter().await.status();
    app.set_time(noon() + TimeDelta::seconds(61 + 121));
    let opened = enter().await;

    assert_eq!(locked.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(locked.text().await.expect("a page").contains("a minute"));
    assert_eq!(sixth, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(still_locked, StatusCode::TOO_MANY_REQUESTS, "two minutes after the sixth");
    assert_eq!(opened.status(), StatusCode::SEE_OTHER);
    assert!(trail(&app).contains(&"public: sign-in failed clerk@paper.example".to_owned()));
}

#[actix_web::test]
async fn an_address_that_nobody_has_is_locked_like_any_other() {
    let app = TestApp::start().await;
    let guess = || async { sign_in(&app, &browser(), "nobody@paper.example", "a wrong password", "").await.status() };
    for _ in 0..5 {
        assert_eq!(guess().await, StatusCode::UNPROCESSABLE_ENTITY);
    }

    let locked = guess().await;
    app.set_time(noon() + TimeDelta::seconds(61));
    let opened = guess().await;

    assert_eq!((locked, opened), (StatusCode::TOO_MANY_REQUESTS, StatusCode::UNPROCESSABLE_ENTITY));
}

#[actix_web::test]
async fn a_session_ends_when_nobody_uses_it_and_at_the_latest_after_two_weeks() {
    let app = TestApp::start().await;
    let idle = app.sign_in(Role::Clerk).await;
    let busy = app.sign_in(Role::Treasurer).await;

    app.set_time(noon() + TimeDelta::hours(11));
    let (was_in, is_busy) = (is_signed_in(&app, &idle).await, is_signed_in(&app, &busy).await);
    app.set_time(noon() + TimeDelta::hours(24));
    let is_in = is_signed_in(&app, &idle).await;
    let mut hours = 11;
    while hours < 14 * 24 - 11 {
        hours += 11;
        app.set_time(noon() + TimeDelta::hours(hours));
        assert!(is_signed_in(&app, &busy).await, "after {hours} hours of work");
    }
    app.set_time(noon() + TimeDelta::hours(14 * 24 + 1));

    assert!(was_in && is_busy && !is_in);
    assert!(!is_signed_in(&app, &busy).await);
}

#[actix_web::test]
async fn signing_out_ends_one_session_and_signing_out_everywhere_all_of_them() {
    let app = TestApp::start().await;
    let (here, there, elsewhere) =
        (app.sign_in(Role::Clerk).await, app.sign_in(Role::Clerk).await, app.sign_in(Role::Clerk).await);
    let other = app.sign_in(Role::Treasurer).await;

    post(&app, &here, "/desk/sign-out", &[]).await;
    let after_one = [is_signed_in(&app, &here).await, is_signed_in(&app, &there).await];
    let places = get(&app, &there, "/desk/account").await.text().await.expect("a page");
    post(&app, &there, "/desk/account/sign-out-everywhere", &[]).await;
    let after_all = [is_signed_in(&app, &there).await, is_signed_in(&app, &elsewhere).await];

    assert_eq!(after_one, [false, true]);
    assert_eq!(places.matches(">27 Jun 2021, 11:00 UTC</time>").count(), 2, "{places}");
    assert_eq!(after_all, [false, false]);
    assert!(is_signed_in(&app, &other).await, "nobody else's");
}

#[actix_web::test]
async fn a_new_password_is_checked_and_ends_the_other_sessions() {
    let app = TestApp::start().await;
    let (here, there) = (app.sign_in(Role::Clerk).await, app.sign_in(Role::Clerk).await);
    let change = |current: &'static str, password: &'static str| {
        let (app, here) = (&app, &here);
        async move { post(app, here, "/desk/account/password", &[("current", current), ("password", password)]).await }
    };

    let refused = [
        change("not the present one", "seven new words in one row").await,
        change(PASSWORD, "too short").await,
        change(PASSWORD, "Password1234567").await,
    ];
    let changed = change(PASSWORD, "seven new words in one row").await;

    for answer in refused {
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.text().await.expect("a page").contains("class=\"error\""));
    }
    assert_eq!(changed.status(), StatusCode::SEE_OTHER);
    assert_eq!([is_signed_in(&app, &here).await, is_signed_in(&app, &there).await], [true, false]);
    let old = sign_in(&app, &browser(), "clerk@paper.example", PASSWORD, "").await;
    let new = sign_in(&app, &browser(), "clerk@paper.example", "seven new words in one row", "").await;
    assert_eq!((old.status(), new.status()), (StatusCode::UNPROCESSABLE_ENTITY, StatusCode::SEE_OTHER));
}

/// The six digits that an app shows which was told these letters.
pub fn code(letters: &str, now: DateTime<Utc>) -> String {
    let secret = Secret::try_from_base32(letters.replace(' ', "")).expect("base32");
    let totp = Builder::new().with_secret(secret).with_account_name("x").build().expect("a generator");
    totp.generate(u64::try_from(now.timestamp()).expect("after 1970")).to_string()
}

/// Turns codes on; the answer are the letters.
pub async fn set_up_codes(app: &TestApp, browser: &Client, now: DateTime<Utc>) -> String {
    let page = post(app, browser, "/desk/account/codes", &[("current", PASSWORD)]).await.text().await.expect("a page");
    let secret = between(&page, "name=\"secret\" value=\"", "\"").to_owned();
    let letters = between(&page, "<span class=\"ref\">", "</span>").to_owned();
    let wrong = post(app, browser, "/desk/account/codes/confirm", &[("secret", &secret), ("code", "000000")]).await;
    assert_eq!(wrong.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let form = [("secret", secret.as_str()), ("code", &code(&letters, now))];
    let right = post(app, browser, "/desk/account/codes/confirm", &form).await;
    assert_eq!(right.status(), StatusCode::SEE_OTHER);
    assert!(page.contains("<svg"), "a picture for the camera");
    letters
}

#[actix_web::test]
async fn a_code_is_asked_for_and_works_once() {
    let app = TestApp::start().await;
    let clerk = app.sign_in(Role::Clerk).await;
    let letters = set_up_codes(&app, &clerk, noon()).await;
    let enter = |code: String| {
        let app = &app;
        async move { sign_in(app, &browser(), "clerk@paper.example", PASSWORD, &code).await.status() }
    };

    let used_to_confirm = enter(code(&letters, noon())).await;
    let later = noon() + TimeDelta::seconds(90);
    app.set_time(later);
    let without = enter(String::new()).await;
    let right = enter(code(&letters, later)).await;
    let again = enter(code(&letters, later)).await;
    let older = enter(code(&letters, later - TimeDelta::seconds(30))).await;

    assert_eq!([used_to_confirm, without], [StatusCode::UNPROCESSABLE_ENTITY; 2]);
    assert_eq!(right, StatusCode::SEE_OTHER);
    assert_eq!([again, older], [StatusCode::UNPROCESSABLE_ENTITY; 2]);
}

#[actix_web::test]
async fn codes_are_turned_off_with_the_password_only() {
    let app = TestApp::start().await;
    let clerk = app.sign_in(Role::Clerk).await;
    set_up_codes(&app, &clerk, noon()).await;

    let replaced = post(&app, &clerk, "/desk/account/codes", &[("current", PASSWORD)]).await;
    let wrong = post(&app, &clerk, "/desk/account/codes/off", &[("current", "not the password")]).await;
    let still_on = sign_in(&app, &browser(), "clerk@paper.example", PASSWORD, "").await;
    let right = post(&app, &clerk, "/desk/account/codes/off", &[("current", PASSWORD)]).await;
    let off = sign_in(&app, &browser(), "clerk@paper.example", PASSWORD, "").await;

    assert_eq!(replaced.status(), StatusCode::CONFLICT, "a borrowed session replaces no second factor");
    assert_eq!(wrong.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(still_on.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!((right.status(), off.status()), (StatusCode::SEE_OTHER, StatusCode::SEE_OTHER));
}

pub const NEWCOMER: [(&str, &str); 3] =
    [("name", "Ann Newcomer"), ("email", "ann@paper.example"), ("password", PASSWORD)];

#[actix_web::test]
async fn the_first_link_makes_an_administrator_once_and_only_the_newest_works() {
    let app = TestApp::start().await;
    let path = |link: String| link.strip_prefix(&app.url).expect("an address of ours").to_owned();
    let older = path(app.app.first_link().expect("a link").expect("nobody is on the staff"));
    let newest = path(app.app.first_link().expect("a link").expect("nobody is on the staff"));
    let (ann, late) = (browser(), browser());

    let stale = get(&app, &late, &older).await;
    let shown = get(&app, &ann, &newest).await;
    let short = post(&app, &ann, &newest, &[("name", "Ann"), ("email", "a@b"), ("password", "short")]).await;
    let joined = post(&app, &ann, &newest, &NEWCOMER).await;
    let again =
        post(&app, &late, &newest, &[("name", "B"), ("email", "b@paper.example"), ("password", PASSWORD)]).await;

    assert_eq!((stale.status(), shown.status()), (StatusCode::NOT_FOUND, StatusCode::OK));
    assert_eq!(short.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!((joined.status(), place(&joined)), (StatusCode::SEE_OTHER, "/desk"));
    assert_eq!(again.status(), StatusCode::NOT_FOUND);
    assert!(get(&app, &ann, "/desk/staff").await.text().await.expect("a page").contains("administrator"));
    assert_eq!(app.app.first_link().expect("an answer"), None);
}

#[actix_web::test]
async fn an_invitation_leads_to_its_role_once_and_ends_after_a_day() {
    let app = TestApp::start().await;
    let administrator = app.sign_in(Role::Administrator).await;
    let invite = || async {
        let answer = post(&app, &administrator, "/desk/staff/invitations", &[("role", "secretary")]).await;
        let page = answer.text().await.expect("a page");
        format!("/desk/welcome/{}", between(&page, "/desk/welcome/", "<").trim())
    };
    let (used, expired) = (invite().await, invite().await);

    let joined = post(&app, &browser(), &used, &NEWCOMER).await;
    app.set_time(noon() + TimeDelta::hours(25));
    let late = post(&app, &browser(), &expired, &NEWCOMER).await;

    assert_eq!((joined.status(), late.status()), (StatusCode::SEE_OTHER, StatusCode::NOT_FOUND));
    let ann = app.app.db.read(|conn| staff::by_email(conn, "ann@paper.example")).expect("an answer").expect("Ann");
    assert_eq!(ann.role, Role::Secretary);
    assert!(trail(&app).iter().any(|step| step.ends_with("staff invited secretary")), "{:?}", trail(&app));
}

pub fn number_of(app: &TestApp, role: Role) -> i64 {
    let email = format!("{}@paper.example", role.name());
    app.app.db.read(|conn| staff::by_email(conn, &email)).expect("an answer").expect("a member").id
}

#[actix_web::test]
async fn a_changed_role_holds_at_once_and_who_left_is_out_at_once() {
    let app = TestApp::start().await;
    let administrator = app.sign_in(Role::Administrator).await;
    let clerk = app.sign_in(Role::Clerk).await;
    let id = number_of(&app, Role::Clerk);

    let before = get(&app, &clerk, "/desk/tokens").await.status();
    post(&app, &administrator, &format!("/desk/staff/{id}/role"), &[("role", "administrator")]).await;
    let after = get(&app, &clerk, "/desk/tokens").await.status();
    post(&app, &administrator, &format!("/desk/staff/{id}/leave"), &[]).await;

    assert_eq!((before, after), (StatusCode::FORBIDDEN, StatusCode::OK));
    assert!(!is_signed_in(&app, &clerk).await);
    let back = sign_in(&app, &browser(), "clerk@paper.example", PASSWORD, "").await;
    assert_eq!(back.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let trail = trail(&app).join("\n");
    assert!(trail.contains("The administrator: role changed clerk@paper.example"), "{trail}");
    assert!(trail.contains("The administrator: staff left clerk@paper.example"), "{trail}");
}

#[actix_web::test]
async fn the_last_administrator_stays() {
    let app = TestApp::start().await;
    let administrator = app.sign_in(Role::Administrator).await;
    let id = number_of(&app, Role::Administrator);

    let demoted = post(&app, &administrator, &format!("/desk/staff/{id}/role"), &[("role", "clerk")]).await;
    let left = post(&app, &administrator, &format!("/desk/staff/{id}/leave"), &[]).await;

    assert_eq!((demoted.status(), left.status()), (StatusCode::CONFLICT, StatusCode::CONFLICT));
    assert!(is_signed_in(&app, &administrator).await);
}

#[actix_web::test]
async fn an_administrator_opens_a_locked_door_and_takes_lost_codes_off() {
    let app = TestApp::start().await;
    let administrator = app.sign_in(Role::Administrator).await;
    let clerk = app.sign_in(Role::Clerk).await;
    let id = number_of(&app, Role::Clerk);
    set_up_codes(&app, &clerk, noon()).await;
    for _ in 0..5 {
        sign_in(&app, &browser(), "clerk@paper.example", "a wrong password", "").await;
    }

    post(&app, &administrator, &format!("/desk/staff/{id}/unlock"), &[]).await;
    let unlocked = sign_in(&app, &browser(), "clerk@paper.example", PASSWORD, "").await;
    post(&app, &administrator, &format!("/desk/staff/{id}/codes-off"), &[]).await;
    let opened = sign_in(&app, &browser(), "clerk@paper.example", PASSWORD, "").await;

    assert_eq!(unlocked.status(), StatusCode::UNPROCESSABLE_ENTITY, "open, but the code is still asked for");
    assert_eq!(opened.status(), StatusCode::SEE_OTHER);
    assert!(!is_signed_in(&app, &clerk).await, "whoever had the lost phone signs in anew");
}

#[actix_web::test]
async fn the_trail_names_who_did_what_from_which_request_and_pages_by_who() {
    let app = TestApp::start().await;
    let auditor = app.sign_in(Role::Auditor).await;
    let administrator = app.sign_in(Role::Administrator).await;
    post(&app, &administrator, "/desk/tokens", &[("name", "website"), ("scopes", "donations:write")]).await;

    let all = get(&app, &auditor, "/desk/audit").await.text().await.expect("a page");
    let some = get(&app, &auditor, "/desk/audit?who=auditor").await.text().await.expect("a page");

    assert!(all.contains("token made") && all.contains("website") && all.contains("signed in"));
    assert!(some.contains("signed in") && !some.contains("token made"));
    let steps = app.app.db.read(|conn| audit::before(conn, None, "", 1)).expect("the trail");
    assert_eq!(steps[0].action, "token made");
    assert!(uuid::Uuid::parse_str(&steps[0].request_id).is_ok(), "{}", steps[0].request_id);
}

#[actix_web::test]
async fn the_trail_goes_on_where_a_page_ended() {
    let app = TestApp::start().await;
    let auditor = app.sign_in(Role::Auditor).await;
    app.app
        .db
        .write(|conn| {
            (0..150).try_for_each(|n| {
                audit::record(conn, noon(), &staff::Actor::Operator, "step", &format!("no. {n};"), "", "")
            })
        })
        .expect("steps");

    let newest = get(&app, &auditor, "/desk/audit").await.text().await.expect("a page");
    let older = between(&newest, "/desk/audit?before=", "\"").replace("&amp;", "&").replace("&#38;", "&");
    let older = get(&app, &auditor, &format!("/desk/audit?before={older}")).await.text().await.expect("a page");

    assert!(newest.contains("no. 149;") && newest.contains("no. 50;") && !newest.contains("no. 49;"));
    assert!(older.contains("no. 49;") && older.contains("no. 0;") && !older.contains("no. 50;"));
}

#[test]
fn the_command_line_adds_staff_and_prints_a_token_alone() {
    use std::io::Write;
    let place = Place::new();
    let add = |email: &str, password: &str| {
        let mut command =
            place.command(&["staff", "add", email, "--name", "Op", "--role", "treasurer", "--password-stdin"]);
        let mut child = command
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .expect("it runs");
        writeln!(child.stdin.take().expect("stdin"), "{password}").expect("it reads");
        child.wait().expect("it ends").code()
    };

    let added = [add("op@paper.example", PASSWORD), add("op@paper.example", PASSWORD), add("b@paper.example", "short")];
    let token = place.run_well(&["token", "add", "website", "--scope", "donations:write,ledger:read"]);
    let no_scope = place.run(&["token", "add", "website", "--scope", "everything"]);

    assert_eq!(added, [Some(0), Some(1), Some(1)]);
    assert_eq!(token.lines().count(), 1);
    assert_eq!(token.trim().len(), 64);
    assert!(String::from_utf8_lossy(&no_scope.stderr).contains("donations:write"), "it names the scopes there are");
}
