//! One's own account in the hands of somebody else: a session alone changes nothing about how its owner signs in.

use chrono::TimeDelta;
use fighting_fund::staff::{Role, audit};
use reqwest::StatusCode;

use crate::harness::{TestApp, browser, noon};
use crate::staff::{PASSWORD, between, code, is_signed_in, number_of, post, set_up_codes, sign_in};

/// Every deed of one's own account that changes how one signs in, without the present password.
const DEEDS: [(&str, &[(&str, &str)]); 3] = [
    ("/desk/account/password", &[("password", "seven new words in one row")]),
    ("/desk/account/codes", &[]),
    ("/desk/account/codes/off", &[]),
];

#[actix_web::test]
async fn the_present_password_is_guessed_five_times_and_then_not_asked_for() {
    for (deed, more) in DEEDS {
        let app = TestApp::start().await;
        let clerk = app.sign_in(Role::Clerk).await;
        let with = |current: &'static str| {
            let form: Vec<(&str, &str)> = more.iter().copied().chain([("current", current)]).collect();
            let (app, clerk) = (&app, &clerk);
            async move { post(app, clerk, deed, &form).await.status() }
        };

        for _ in 0..5 {
            assert_eq!(with("a wrong password").await, StatusCode::UNPROCESSABLE_ENTITY, "{deed}");
        }
        let locked = with(PASSWORD).await;
        let door = sign_in(&app, &browser(), "clerk@paper.example", PASSWORD, "").await.status();

        assert_eq!(locked, StatusCode::TOO_MANY_REQUESTS, "{deed}");
        assert_eq!(door, StatusCode::SEE_OTHER, "who knows the password comes in by the door");
        let steps = app.app.db.read(|conn| audit::before(conn, None, "The clerk", 100)).expect("the trail");
        let guesses = steps.iter().find(|step| step.action == "present password wrong").expect("a row of the trail");
        assert_eq!((guesses.times, guesses.detail.as_str()), (5, "from 127.0.0.1"), "{deed}");
        assert!(steps.iter().any(|step| step.action == "present password locked"), "{deed}");
    }
}

#[actix_web::test]
async fn guesses_through_a_session_count_against_its_place_too() {
    let app = TestApp::start().await;
    let clerk = app.sign_in(Role::Clerk).await;
    for (deed, _) in DEEDS.iter().cycle().take(6) {
        for _ in 0..5 {
            post(&app, &clerk, deed, &[("current", "a wrong password")]).await;
        }
        // Coming in by the door opens this way again, but not the place.
        let back = sign_in(&app, &clerk, "clerk@paper.example", PASSWORD, "").await;
        assert_eq!(back.status(), StatusCode::SEE_OTHER, "this browser is remembered");
    }

    let stranger = sign_in(&app, &browser(), "nobody@paper.example", "a wrong password", "").await;

    assert_eq!(stranger.status(), StatusCode::TOO_MANY_REQUESTS);
}

#[actix_web::test]
async fn codes_are_turned_on_with_the_password_only_and_with_a_secret_of_ours() {
    let app = TestApp::start().await;
    let (clerk, other) = (app.sign_in(Role::Clerk).await, app.sign_in(Role::Clerk).await);
    let confirm = |browser: &reqwest::Client, secret: String, code: String| {
        let (app, browser) = (&app, browser.clone());
        async move {
            let form = [("secret", secret.as_str()), ("code", code.as_str())];
            post(app, &browser, "/desk/account/codes/confirm", &form).await.status()
        }
    };

    let without = post(&app, &clerk, "/desk/account/codes", &[]).await.status();
    let page = post(&app, &clerk, "/desk/account/codes", &[("current", PASSWORD)]).await.text().await.expect("a page");
    let carried = between(&page, "name=\"secret\" value=\"", "\"").to_owned();
    let letters = between(&page, "<span class=\"ref\">", "</span>").to_owned();
    let own = "3132333435363738393031323334353637383930".to_owned();
    let own_letters = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
    let of_thief = confirm(&clerk, own.clone(), code(own_letters, noon())).await;
    let signed = carried.replacen(carried.split('.').next().expect("a secret"), &own, 1);
    let of_thief_signed = confirm(&clerk, signed, code(own_letters, noon())).await;
    let of_other_session = confirm(&other, carried.clone(), code(&letters, noon())).await;
    let late = noon() + TimeDelta::minutes(15);
    app.set_time(late);
    let too_late = confirm(&clerk, carried, code(&letters, late)).await;

    assert_eq!(without, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!([of_thief, of_thief_signed, of_other_session, too_late], [StatusCode::BAD_REQUEST; 4]);
    assert_eq!(sign_in(&app, &browser(), "clerk@paper.example", PASSWORD, "").await.status(), StatusCode::SEE_OTHER);
}

#[actix_web::test]
async fn an_administrator_takes_their_own_codes_off_with_the_password_only() {
    let app = TestApp::start().await;
    let administrator = app.sign_in(Role::Administrator).await;
    set_up_codes(&app, &administrator, noon()).await;
    let path = format!("/desk/staff/{}/codes-off", number_of(&app, Role::Administrator));

    let refused = post(&app, &administrator, &path, &[]).await;
    let still_asked = sign_in(&app, &browser(), "administrator@paper.example", PASSWORD, "").await;
    let off = post(&app, &administrator, "/desk/account/codes/off", &[("current", PASSWORD)]).await;

    assert_eq!(refused.status(), StatusCode::CONFLICT);
    assert_eq!(still_asked.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(off.status(), StatusCode::SEE_OTHER);
}

#[actix_web::test]
async fn a_new_password_is_not_ones_own_address_or_name_or_a_row_of_keys() {
    let app = TestApp::start().await;
    let clerk = app.sign_in(Role::Clerk).await;

    for weak in ["111111111112", "clerk@paper.example", "The clerk 2026", "qwertyuiop12", "fightingfund1"] {
        let form = [("current", PASSWORD), ("password", weak)];
        let answer = post(&app, &clerk, "/desk/account/password", &form).await;

        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY, "{weak}");
        assert!(answer.text().await.expect("a page").contains("a thief would try"), "{weak}");
    }
    assert!(is_signed_in(&app, &clerk).await);
}
