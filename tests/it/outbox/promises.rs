//! Promises of readers: asked about once, called off, and made each month by standing order.

use fighting_fund::staff::Role;

use super::*;

async fn promise(app: &TestApp, email: &str) -> String {
    let form = [
        ("key", uuid::Uuid::now_v7().to_string()),
        ("amount", "25".to_owned()),
        ("method", "bank_transfer".to_owned()),
        ("name", "Jane Doe".to_owned()),
        ("email", email.to_owned()),
    ];
    let answer = app.client.post(app.at("/funds/fighting-fund/donations")).form(&form).send().await.expect("an answer");
    assert_eq!(answer.status().as_u16(), 303);
    answer.headers()["location"].to_str().expect("a place").to_owned()
}

async fn post(app: &TestApp, path: &str) {
    let answer = app.client.post(app.at(path)).send().await.expect("an answer");
    assert_eq!(answer.status().as_u16(), 303, "{path}");
}

fn reminders(app: &TestApp) -> Vec<Mail> {
    app.mails().into_iter().filter(|mail| mail.file.contains("reminder")).collect()
}

#[actix_web::test]
async fn a_promise_is_asked_about_once_and_never_after_the_giver_said_stop() {
    let app = TestApp::start().await;
    promise(&app, "ann@example.org").await;
    let stopped = promise(&app, "ben@example.org").await;
    let called_off = promise(&app, "cat@example.org").await;
    give(&app, &[NewGift { is_pledge: true, ..gift_to("by-staff@example.org") }]);
    assert_eq!(app.mails().len(), 4);
    post(&app, &format!("{stopped}/no-reminder")).await;
    post(&app, &format!("{stopped}/no-reminder")).await;
    post(&app, &format!("{called_off}/call-off")).await;
    post(&app, &format!("{called_off}/call-off")).await;
    app.set_time(noon() + TimeDelta::days(20));
    assert!(reminders(&app).is_empty());
    app.set_time(noon() + TimeDelta::days(21));

    let asked = reminders(&app);

    let to: Vec<&str> = asked.iter().map(|mail| mail.to.as_str()).collect();
    assert_eq!(to, ["ann@example.org"]);
    assert_eq!(asked[0].subject, "Your promise of £25.00 to Fighting Fund");
    assert!(!asked[0].text.contains("Jane") && asked[0].text.contains("27 June 2021"), "{}", asked[0].text);
    app.set_time(noon() + TimeDelta::days(60));
    assert_eq!(reminders(&app).len(), 1, "once and not again");
    let page = app.client.get(app.at(&called_off)).send().await.expect("an answer").text().await.expect("a page");
    assert!(page.contains("was cancelled"), "{page}");
}

#[actix_web::test]
async fn a_reminder_that_was_stopped_before_it_left_is_not_sent() {
    let app = TestApp::start().await;
    let place = promise(&app, "ann@example.org").await;
    app.send_mail();
    app.set_time(noon() + TimeDelta::days(22));
    let now = app.app.clock.now();
    app.app
        .db
        .write(|conn| {
            hold(conn, Lock::Books)?;
            donations::reminders::remind(conn, now, 21)
        })
        .expect("asked");
    post(&app, &format!("{place}/no-reminder")).await;

    assert!(reminders(&app).is_empty());
    let letters = deliveries(&app, 1);
    assert_eq!(letters[1].last_error, "The giver asked not to be reminded.");
}

#[actix_web::test]
async fn nobody_is_asked_where_the_setting_says_never() {
    let mut app = TestApp::start().await;
    app.app.remind_days = 0;
    promise(&app, "ann@example.org").await;
    app.send_mail();
    app.set_time(noon() + TimeDelta::days(60));

    assert!(reminders(&app).is_empty());
}

#[actix_web::test]
async fn a_standing_order_form_is_printed_mailed_and_kept_with_its_first_payment() {
    let app = TestApp::start().await;
    name_the_society(&app);
    let form = |day: &str| {
        [("key", "one-form"), ("amount", "10"), ("day", day), ("name", "Jane Doe"), ("email", "jane@example.org")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
    };
    let path = app.at("/funds/fighting-fund/standing-order");
    let refused = app.client.post(&path).form(&form("40")).send().await.expect("an answer");
    assert_eq!(refused.status().as_u16(), 422);
    let asked = app.client.post(&path).form(&form("5")).send().await.expect("an answer");
    assert_eq!(asked.status().as_u16(), 303);
    let again = app.client.post(&path).form(&form("5")).send().await.expect("an answer");
    assert_eq!(asked.headers()["location"], again.headers()["location"], "one form makes one promise");
    let place = asked.headers()["location"].to_str().expect("a place").to_owned();

    let page = app.client.get(app.at(&place)).send().await.expect("an answer").text().await.expect("a page");

    for part in ["£10.00", "on the 5th of each month", "Standing order"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let mail = last_mail(&app);
    assert_eq!(mail.subject, "Your standing order of £10.00 to Fighting Fund");
    for part in ["on the 5th of each month", "60-83-01", "20253530", "PPPS Fighting Fund"] {
        assert!(mail.text.contains(part), "{part}: {}", mail.text);
    }
    app.set_time(noon() + TimeDelta::days(9));
    change(&app, |conn, now| donations::receive(conn, now, 1, None, &a_change("came")));
    app.send_mail();
    let treasurer = app.sign_in(Role::Treasurer).await;
    let orders = treasurer.get(app.at("/desk/standing-orders")).send().await.expect("an answer");
    let orders = orders.text().await.expect("a page");
    assert!(orders.contains("Jane Doe") && orders.contains("£10.00"), "{orders}");
}
