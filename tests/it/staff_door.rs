//! The door under attack: who is on the staff is not told, strangers lock nobody out, and the trail stays readable.

use std::net::{IpAddr, Ipv4Addr};

use chrono::{DateTime, TimeDelta, Utc};
use fighting_fund::staff::{
    self, Attempts, Opened, Password, Passwords, Role, SignIn, SignInError, audit, open_session,
};
use reqwest::StatusCode;

use crate::harness::{TestApp, browser, noon};
use crate::staff::{PASSWORD, between, get, number_of, place, post, sign_in, trail};

const PLACE: IpAddr = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 5));

fn typed(email: &str, password: &str, place: IpAddr) -> SignIn {
    SignIn {
        email: email.to_owned(),
        password: Password::new(password),
        code: String::new(),
        agent: String::new(),
        before: None,
        devices: Vec::new(),
        place,
        request_id: String::new(),
    }
}

/// Tries the door of a process that has just started: what it knows of earlier attempts stands in the database.
fn tried(app: &TestApp, passwords: &Passwords, now: DateTime<Utc>, typed: &SignIn) -> Result<Opened, SignInError> {
    open_session(&app.app.db, now, passwords, &Attempts::default(), typed)
}

fn guess(app: &TestApp, email: &str, place: IpAddr) -> Result<Opened, SignInError> {
    tried(app, &app.app.passwords, noon(), &typed(email, "a wrong password", place))
}

#[actix_web::test]
async fn a_restart_forgets_no_lock_whoever_has_the_address() {
    let app = TestApp::start().await;
    app.sign_in(Role::Clerk).await;

    for email in ["clerk@paper.example", "nobody@paper.example"] {
        for _ in 0..5 {
            assert!(matches!(guess(&app, email, PLACE), Err(SignInError::Wrong)), "{email}");
        }

        let sixth = guess(&app, &format!(" {} ", email.to_uppercase()), PLACE);

        assert!(matches!(sixth, Err(SignInError::Locked(words)) if words == "a minute"), "{email}");
    }
}

#[actix_web::test]
async fn a_wrong_sign_in_is_answered_alike_whoever_has_the_address_and_however_long_the_password_is() {
    let app = TestApp::start().await;
    app.sign_in(Role::Administrator).await;
    app.sign_in(Role::Clerk).await;
    app.sign_in(Role::Treasurer).await;
    let left = number_of(&app, Role::Treasurer);
    let leave = |conn: &mut _| staff::leave(conn, noon(), &staff::Actor::Operator, left, "");
    app.app.db.write(leave).expect("they leave");
    let long = "words in a row ".repeat(1_000);
    let kinds = [
        ("somebody", "clerk@paper.example", "a wrong password"),
        ("somebody, a long password", "administrator@paper.example", long.as_str()),
        ("nobody", "nobody@paper.example", "a wrong password"),
        ("nobody, a long password", "nobody2@paper.example", long.as_str()),
        ("somebody who left", "treasurer@paper.example", "four words in a row"),
        ("no address", "", "a wrong password"),
    ];

    for round in 0..9 {
        // Long enough after the last that no lock is left.
        let now = noon() + TimeDelta::hours(2 * round);
        for (kind, email, password) in &kinds {
            let answer = tried(&app, &app.app.passwords, now, &typed(email, password, PLACE));

            assert!(matches!(answer, Err(SignInError::Wrong)), "{kind}");
        }
    }
}

#[actix_web::test]
async fn a_lock_that_strangers_caused_lets_a_remembered_browser_in() {
    let app = TestApp::start().await;
    let clerk = app.sign_in(Role::Clerk).await;
    post(&app, &clerk, "/desk/sign-out", &[]).await;
    for _ in 0..5 {
        sign_in(&app, &browser(), "clerk@paper.example", "a wrong password", "").await;
    }
    let stranger = sign_in(&app, &browser(), "clerk@paper.example", PASSWORD, "").await;
    // And then so often that their whole network is shut, which is the clerk's too.
    for n in 0..30 {
        sign_in(&app, &browser(), &format!("{n}@paper.example"), "a wrong password", "").await;
    }
    let neighbour = sign_in(&app, &browser(), "new@paper.example", "a wrong password", "").await;

    let owner = sign_in(&app, &clerk, "clerk@paper.example", PASSWORD, "").await;
    let other = sign_in(&app, &clerk, "nobody@paper.example", PASSWORD, "").await;

    assert_eq!((stranger.status(), neighbour.status()), (StatusCode::TOO_MANY_REQUESTS, StatusCode::TOO_MANY_REQUESTS));
    assert_eq!(owner.status(), StatusCode::SEE_OTHER);
    assert_eq!(other.status(), StatusCode::TOO_MANY_REQUESTS, "it is remembered for one person");
    let still = sign_in(&app, &browser(), "clerk@paper.example", PASSWORD, "").await;
    assert_eq!(still.status(), StatusCode::TOO_MANY_REQUESTS, "strangers win no new attempts by it");
}

#[actix_web::test]
async fn a_remembered_browser_that_guesses_locks_itself_and_nobody_else() {
    let app = TestApp::start().await;
    let thief = app.sign_in(Role::Clerk).await;
    post(&app, &thief, "/desk/sign-out", &[]).await;
    for _ in 0..5 {
        let wrong = sign_in(&app, &thief, "clerk@paper.example", "a wrong password", "").await;
        assert_eq!(wrong.status(), StatusCode::UNPROCESSABLE_ENTITY);
    }

    let locked = sign_in(&app, &thief, "clerk@paper.example", PASSWORD, "").await.status();
    let elsewhere = sign_in(&app, &browser(), "clerk@paper.example", PASSWORD, "").await.status();
    app.set_time(noon() + TimeDelta::seconds(61));
    let opened = sign_in(&app, &thief, "clerk@paper.example", PASSWORD, "").await.status();

    assert_eq!(
        (locked, elsewhere, opened),
        (StatusCode::TOO_MANY_REQUESTS, StatusCode::SEE_OTHER, StatusCode::SEE_OTHER)
    );
}

#[actix_web::test]
async fn a_new_password_ends_what_other_browsers_remember_and_an_administrator_opens_them_all() {
    let app = TestApp::start().await;
    let administrator = app.sign_in(Role::Administrator).await;
    let (here, stolen) = (app.sign_in(Role::Clerk).await, app.sign_in(Role::Clerk).await);
    let new = "seven new words in one row";
    post(&app, &here, "/desk/account/password", &[("current", PASSWORD), ("password", new)]).await;
    for _ in 0..5 {
        sign_in(&app, &browser(), "clerk@paper.example", "a wrong password", "").await;
    }

    let from_stolen = sign_in(&app, &stolen, "clerk@paper.example", new, "").await.status();
    let from_here = sign_in(&app, &here, "clerk@paper.example", new, "").await.status();
    let unlock = format!("/desk/staff/{}/unlock", number_of(&app, Role::Clerk));
    post(&app, &administrator, &unlock, &[]).await;
    let from_anywhere = sign_in(&app, &browser(), "clerk@paper.example", new, "").await.status();

    assert_eq!(
        (from_stolen, from_here, from_anywhere),
        (StatusCode::TOO_MANY_REQUESTS, StatusCode::SEE_OTHER, StatusCode::SEE_OTHER)
    );
}

#[actix_web::test]
async fn the_cookies_of_the_door_are_for_this_site_and_no_script() {
    let app = TestApp::start().await;
    app.sign_in(Role::Clerk).await;

    let answer = sign_in(&app, &browser(), "clerk@paper.example", PASSWORD, "").await;

    let cookies: Vec<&str> =
        answer.headers().get_all("set-cookie").iter().map(|cookie| cookie.to_str().expect("ASCII")).collect();
    assert_eq!(cookies.len(), 3, "{cookies:?}");
    for (cookie, name) in cookies.iter().zip(["session=", "device-", "typist="]) {
        assert!(cookie.starts_with(name) && cookie.contains("HttpOnly") && cookie.contains("SameSite"), "{cookie}");
    }
}

#[actix_web::test]
async fn many_failures_of_one_place_are_one_row_that_says_the_place_and_counts_them() {
    let app = TestApp::start().await;
    let auditor = app.sign_in(Role::Auditor).await;
    let elsewhere = IpAddr::V4(Ipv4Addr::new(198, 51, 100, 7));
    let before = trail(&app).len();

    for n in 0..100 {
        assert!(guess(&app, &format!("{n}@paper.example"), PLACE).is_err());
    }
    for _ in 0..3 {
        assert!(guess(&app, "auditor@paper.example", elsewhere).is_err());
    }

    let steps = app.app.db.read(|conn| audit::before(conn, None, "public", 100)).expect("the trail");
    let told: Vec<_> = steps.iter().map(|step| (step.subject.as_str(), step.detail.as_str(), step.times)).collect();
    let expected =
        [("auditor@paper.example", "from 198.51.100.7", 3), ("an address that nobody has", "from 203.0.113.5", 100)];
    assert_eq!(told, expected);
    assert_eq!(trail(&app).len(), before + 2);
    let page = get(&app, &auditor, "/desk/audit").await.text().await.expect("a page");
    assert!(page.contains("from 203.0.113.5, 100 times, last at 11:00:00"), "{page}");
    let day = |offset| noon() + TimeDelta::days(offset);
    let counts = app.app.db.read(|conn| audit::counts_between(conn, day(-1), day(1))).expect("counts");
    assert!(counts.contains(&("sign-in failed".to_owned(), 103)), "{counts:?}");
}

#[actix_web::test]
async fn failures_of_thousands_of_places_are_a_few_rows_a_day() {
    let app = TestApp::start().await;

    for n in 0..200_u8 {
        let place = IpAddr::V4(Ipv4Addr::new(192, 0, 2, n));
        assert!(guess(&app, &format!("{n}@paper.example"), place).is_err());
    }

    let steps = app.app.db.read(|conn| audit::before(conn, None, "public", 100)).expect("the trail");
    assert_eq!(steps.len(), 21);
    assert_eq!((steps[0].detail.as_str(), steps[0].times), ("from other places", 180));
}

#[actix_web::test]
async fn what_was_typed_at_the_door_stands_nowhere_when_nobody_has_it() {
    let app = TestApp::start().await;

    assert!(guess(&app, "my password in the wrong field", PLACE).is_err());

    let steps = app.app.db.read(|conn| audit::before(conn, None, "", 100)).expect("the trail");
    assert!(steps.iter().all(|step| !format!("{step:?}").contains("wrong field")), "{steps:?}");
}

#[actix_web::test]
async fn a_link_to_join_names_a_few_addresses_of_others_and_is_spent() {
    let app = TestApp::start().await;
    let administrator = app.sign_in(Role::Administrator).await;
    let page = post(&app, &administrator, "/desk/staff/invitations", &[("role", "clerk")]).await;
    let page = page.text().await.expect("a page");
    let link = format!("/desk/welcome/{}", between(&page, "/desk/welcome/", "<").trim());
    let join = |email: &'static str, password: &'static str| {
        let (app, link) = (&app, &link);
        async move { post(app, &browser(), link, &[("name", "Ann"), ("email", email), ("password", password)]).await }
    };

    let weak = join("administrator@paper.example", "administrator@paper.example").await;
    let weak = weak.text().await.expect("a page");
    let mut answers = Vec::new();
    for _ in 0..6 {
        answers.push(join("administrator@paper.example", PASSWORD).await);
    }
    let spent = join("ann@paper.example", PASSWORD).await;

    assert!(weak.contains("a thief would try") && !weak.contains("cannot be used here"), "{weak}");
    for answer in answers {
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
        let page = answer.text().await.expect("a page");
        assert!(page.contains("cannot be used here") && !page.contains("already a member"), "{page}");
    }
    assert_eq!(spent.status(), StatusCode::NOT_FOUND);
    let failures = app.app.db.read(|conn| audit::before(conn, None, "public", 1)).expect("the trail");
    assert_eq!((failures[0].action.as_str(), failures[0].times), ("joining refused", 6));
}

#[actix_web::test]
async fn whoever_signs_in_is_led_to_no_address_with_control_characters() {
    let app = TestApp::start().await;
    app.sign_in(Role::Clerk).await;

    for next in
        ["/desk/a\r\nSet-Cookie: x=y", "/desk/\u{7}", "/desk?x=\u{1b}", "/desk/\u{85}", "/desk/../funds", "/deskx"]
    {
        let form = [("email", "clerk@paper.example"), ("password", PASSWORD), ("next", next)];
        let answer = post(&app, &browser(), "/desk/sign-in", &form).await;

        assert_eq!((answer.status(), place(&answer)), (StatusCode::SEE_OTHER, "/desk"), "{next:?}");
    }
}
