//! What strangers may make us do: letters to an address that may be anybody's, promises and applications without end.

use chrono::{TimeDelta, TimeZone, Utc};
use fighting_fund::donations::{self, Status};
use fighting_fund::http::Proxies;
use fighting_fund::outbox;
use fighting_fund::staff::Role;
use reqwest::{Response, StatusCode};
use serde_json::json;

use crate::harness::{TestApp, noon};

/// Sends the public form with a new key; fields named again replace the usual ones.
async fn promise(app: &TestApp, changed: &[(&str, &str)], from: &str) -> Response {
    let key = uuid::Uuid::now_v7().to_string();
    let usual = [
        ("key", key.as_str()),
        ("amount", "25"),
        ("method", "bank_transfer"),
        ("name", "Jane Doe"),
        ("email", "jane@example.org"),
    ];
    let is_changed = |name: &str| changed.iter().any(|(changed, _)| *changed == name);
    let fields: Vec<_> =
        usual.into_iter().filter(|(name, _)| !is_changed(name)).chain(changed.iter().copied()).collect();
    let request = app.client.post(app.at("/funds/fighting-fund/donations")).form(&fields);
    let answer = request.header("x-forwarded-for", from).send().await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::SEE_OTHER, "it is recorded: {fields:?}");
    answer
}

/// An application behind a proxy on this machine that the settings name.
async fn behind_a_proxy() -> TestApp {
    TestApp::start_behind(Proxies::parse("127.0.0.1").expect("a proxy")).await
}

fn withheld(app: &TestApp) -> i64 {
    app.app.db.read(outbox::count_withheld).expect("a count")
}

#[actix_web::test]
async fn one_mailbox_gets_three_letters_a_day_however_its_address_is_spelled() {
    let app = behind_a_proxy().await;
    let spelled = ["v@example.org", "V@example.org", "v+1@EXAMPLE.org", "v+2@example.org", "v@Example.org"];

    for (at, email) in spelled.iter().enumerate() {
        // Each from a place of its own.
        promise(&app, &[("email", email)], &format!("192.0.{at}.7")).await;
    }
    app.send_mail();
    let on_the_day = app.mails().len();
    app.set_time(noon() + TimeDelta::hours(25));
    promise(&app, &[("email", "v@example.org")], "192.0.9.7").await;
    app.send_mail();

    assert_eq!((on_the_day, app.mails().len(), withheld(&app)), (3, 4, 2));
}

#[actix_web::test]
async fn the_letter_that_a_stranger_asks_for_carries_none_of_their_words() {
    let app = TestApp::start().await;
    let words = "Claim 500 pounds at evil-prize.example/claim";
    let form = [
        ("name", words),
        ("note", "see evil-prize.example/note"),
        ("acknowledge_as", "evil-prize.example/thanks"),
        ("in_memory_of", "evil-prize.example/memory"),
    ];

    promise(&app, &form, "").await;
    promise(&app, &[("name", "Only A Name"), ("email", "other@example.org")], "").await;
    let share = [
        ("shares", "5"),
        ("name", words),
        ("email", "third@example.org"),
        ("address", "evil-prize.example/address"),
        ("accepts_rules", "on"),
    ];
    let answer = app.client.post(app.at("/shares/applications")).form(&share).send().await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    app.send_mail();

    let mails = app.mails();
    assert_eq!(mails.len(), 3);
    for mail in mails {
        for part in [&mail.raw, &mail.text, &mail.html, &mail.subject] {
            assert!(!part.contains("evil") && !part.contains("Only A Name"), "{part}");
        }
        assert_eq!(mail.header("To").as_deref(), Some(mail.to.as_str()));
    }
}

#[actix_web::test]
async fn one_place_makes_us_write_thirty_letters_and_all_promises_are_recorded() {
    let app = behind_a_proxy().await;

    for number in 0..40 {
        promise(&app, &[("email", &format!("victim{number}@example.org"))], "192.0.2.7").await;
    }
    promise(&app, &[("email", "honest@example.org")], "198.51.100.1").await;
    app.send_mail();

    assert_eq!((app.mails().len(), withheld(&app)), (31, 10));
    assert_eq!(app.app.db.read(|conn| donations::count_pledged(conn, 1)).expect("a count").0, 41);
    assert!(app.mails().iter().any(|mail| mail.to == "honest@example.org"));
}

#[actix_web::test]
async fn a_household_of_ten_on_one_address_gives_ten_gifts_in_a_minute_and_gets_ten_letters() {
    let app = TestApp::start().await;

    for number in 0..10 {
        promise(&app, &[("email", &format!("child{number}@example.org"))], "").await;
    }
    app.send_mail();

    assert_eq!((app.mails().len(), withheld(&app)), (10, 0));
}

#[actix_web::test]
async fn nobody_speaks_for_others_without_being_named_and_the_desk_is_told() {
    let app = TestApp::start().await;
    let clerk = app.sign_in(Role::Clerk).await;

    for number in 0..35 {
        promise(&app, &[("email", &format!("victim{number}@example.org"))], &format!("192.0.2.{number}")).await;
    }
    app.send_mail();
    let today = clerk.get(app.at("/desk")).send().await.expect("an answer").text().await.expect("a page");

    assert_eq!((app.mails().len(), withheld(&app)), (30, 5));
    assert!(today.contains("FF_TRUSTED_PROXY") && today.contains("5 letters were not written"), "{today}");
}

#[actix_web::test]
async fn the_giver_is_told_on_the_page_when_no_letter_was_written_and_staff_may_have_it_written() {
    let app = TestApp::start().await;
    let clerk = app.sign_in(Role::Clerk).await;
    for _ in 0..3 {
        promise(&app, &[], "").await;
    }

    let answer = promise(&app, &[], "").await;
    let place = answer.headers()["location"].to_str().expect("a place").to_owned();
    let page = app.page(&place).await;
    let list =
        clerk.get(app.at("/desk/letters/withheld")).send().await.expect("an answer").text().await.expect("a page");
    let id = app.app.db.read(|conn| outbox::withheld(conn, None, 9)).expect("letters")[0].id.to_string();
    for _ in 0..2 {
        let form = [("chosen", id.as_str())];
        let written = clerk.post(app.at("/desk/letters/withheld/write")).form(&form).send().await.expect("an answer");
        assert_eq!(written.status(), StatusCode::SEE_OTHER, "a second click does nothing more");
    }
    app.send_mail();

    assert!(page.contains("this one was not written to jane@example.org"), "{page}");
    assert!(list.contains("Three such letters went to this address within a day."), "{list}");
    assert_eq!((app.mails().len(), withheld(&app)), (4, 0));
}

#[actix_web::test]
async fn junk_is_found_by_place_and_words_and_ended_in_one_deed_with_its_count_said_before() {
    let app = behind_a_proxy().await;
    let (treasurer, clerk) = (app.sign_in(Role::Treasurer).await, app.sign_in(Role::Clerk).await);
    for number in 0..60 {
        promise(&app, &[("email", &format!("v{number}@example.org")), ("name", "Evil Prize")], "192.0.2.7").await;
    }
    promise(&app, &[("email", "honest@example.org")], "198.51.100.1").await;
    app.send_mail();
    let place = "/desk/gifts/promises";
    let end = |browser: &reqwest::Client, count: &str| {
        let query = format!("{place}/end?place=192.0.2.7&text=evil+prize&count={count}");
        browser.post(app.at(&query)).form(&[("reason", "A robot on Sunday"), ("key", "k")]).send()
    };

    let page = treasurer.get(app.at(&format!("{place}?place=192.0.2.7"))).send().await.expect("an answer");
    let page = page.text().await.expect("a page");
    let by_clerk = end(&clerk, "60").await.expect("an answer").status();
    let stale = end(&treasurer, "59").await.expect("an answer");
    let (stale, words) = (stale.status(), stale.text().await.expect("a page"));
    let done = end(&treasurer, "60").await.expect("an answer").status();

    assert!(page.contains("60 promises") && page.contains("End all 60 promises"), "{page}");
    assert_eq!(
        (by_clerk, stale, done),
        (StatusCode::FORBIDDEN, StatusCode::UNPROCESSABLE_ENTITY, StatusCode::SEE_OTHER)
    );
    assert!(words.contains("Meanwhile there are 60 instead of 59"), "{words}");
    assert_eq!(app.app.db.read(|conn| donations::count_pledged(conn, 1)).expect("a count").0, 1, "the honest one");
    assert_eq!(withheld(&app), 0, "letters about what was ended are not kept");
    let trail = app.app.db.read(|conn| fighting_fund::staff::audit::before(conn, None, "", 100)).expect("the trail");
    let rows: Vec<_> = trail.iter().filter(|step| step.action == "promises ended").collect();
    assert_eq!(rows.len(), 1);
    assert!(rows[0].subject.contains("60 promises") && rows[0].detail.contains("192.0.2.7"), "{:?}", rows[0]);
}

#[actix_web::test]
async fn promises_and_applications_lapse_when_no_money_comes_for_ninety_days() {
    let app = TestApp::start().await;
    promise(&app, &[], "").await;
    let share = [
        ("shares", "5"),
        ("name", "Ann Lee"),
        ("email", "ann@example.org"),
        ("address", "1 High St"),
        ("accepts_rules", "on"),
    ];
    let answer = app.client.post(app.at("/shares/applications")).form(&share).send().await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    app.send_mail();

    app.set_time(noon() + TimeDelta::days(89));
    fighting_fund::worker::tick(&app.app).expect("a round");
    let before = app.app.db.read(|conn| donations::by_number(conn, 1)).expect("a gift").expect("a gift").status;
    app.set_time(Utc.with_ymd_and_hms(2021, 9, 26, 11, 0, 0).unwrap());
    fighting_fund::worker::tick(&app.app).expect("a round");

    let gift = app.app.db.read(|conn| donations::by_number(conn, 1)).expect("a gift").expect("a gift");
    let application = app.app.db.read(|conn| fighting_fund::shares::application(conn, 1)).expect("one").expect("one");
    let events = app.app.db.read(|conn| donations::events_of(conn, 1)).expect("events");
    assert_eq!((before, gift.status), (Status::Pledged, Status::Cancelled));
    assert_eq!(events[0].reason, "Lapsed: no money came within 90 days.");
    assert_eq!(application.status.name(), "withdrawn");
    app.send_mail();
    let lapsed = app.mails().into_iter().filter(|mail| !mail.file.contains("reminder"));
    assert_eq!(lapsed.count(), 2, "nobody is written to about it, only asked once before");
}

#[actix_web::test]
async fn thousands_of_promises_are_ended_in_one_deed() {
    let mut app = TestApp::start().await;
    app.leave_mail_unsent();
    let treasurer = app.sign_in(Role::Treasurer).await;
    let gifts: Vec<donations::NewGift> = (0..3_000)
        .map(|number| donations::NewGift {
            key: format!("junk:{number}"),
            fingerprint: [7; 32],
            fund_id: 1,
            appeal: None,
            amount_minor: 2_500,
            method: donations::Method::BankTransfer,
            is_pledge: true,
            received_on: None,
            name: "Robot".to_owned(),
            email: Some(format!("r{number}@example.org")),
            acknowledge_as: String::new(),
            anonymous: false,
            note: String::new(),
            in_memory_of: String::new(),
            memory_in_print: false,
            by: "public".to_owned(),
            request_id: String::new(),
            stranger: Some(outbox::Stranger { network: "192.0.2.7/32".to_owned(), over: Some(outbox::Limit::House) }),
        })
        .collect();
    for some in gifts.chunks(500) {
        app.app.db.write(|conn| donations::record_all(conn, noon(), some)).expect("recorded");
    }

    let form = [("reason", "junk"), ("key", "k")];
    let ended = treasurer.post(app.at("/desk/gifts/promises/end?from=2021-06-27&count=3000")).form(&form);
    let ended = ended.send().await.expect("an answer").status();

    assert_eq!(ended, StatusCode::SEE_OTHER);
    assert_eq!(app.app.db.read(|conn| donations::count_pledged(conn, 1)).expect("a count").0, 0);
    assert_eq!(withheld(&app), 0);
}

#[actix_web::test]
async fn the_share_form_tells_nobody_who_is_a_member() {
    let society = crate::society::Society::start().await;
    let app = &society.app;
    let ann = society.member("Ann Lee", "ordinary", 10).await;
    let known = json!({"email": "ann.lee@example.org", "email_purposes": ["shares"], "reason": "She told us."});
    let (status, _) = society.post(&format!("members/{ann}/particulars"), known).await;
    assert_eq!(status, 201);
    app.send_mail();
    let letters = app.mails().len();
    let send = async |member: &str, email: &str, shares: &str| {
        let key = uuid::Uuid::now_v7().to_string();
        let form = [
            ("kind", "member"),
            ("member", member),
            ("email", email),
            ("shares", shares),
            ("accepts_rules", "on"),
            ("key", &key),
        ];
        let answer = app.client.post(app.at("/shares/applications")).form(&form).send().await.expect("an answer");
        (answer.status().as_u16(), answer.headers()["location"].to_str().expect("a place").to_owned())
    };

    let right = send(&ann, "ann.lee@example.org", "5").await;
    let wrong = send(&ann, "eve@example.org", "5").await;
    let unknown = send("M000999", "ann.lee@example.org", "5").await;
    let too_many = send(&ann, "ann.lee@example.org", "90000000").await;
    let page = app.page(&right.1).await;
    app.send_mail();

    assert_eq!(app.mails().len(), letters + 1, "the answer to the right one went to the member");
    assert_eq!(right, (303, "/shares/applications/sent".to_owned()));
    assert!(
        [&wrong, &unknown, &too_many].into_iter().all(|answer| *answer == right),
        "{wrong:?} {unknown:?} {too_many:?}"
    );
    assert!(page.contains("The answer comes by e-mail"), "{page}");
}
