//! Giving through the public form: what is taken, what is refused with which sentence, and nothing twice.

use std::collections::HashMap;
use std::sync::mpsc;
use std::thread::JoinHandle;

use chrono::{NaiveDate, TimeZone, Utc};
use fighting_fund::db::{DbError, Lock, hold};
use fighting_fund::donations::{self, Change, ChangeError, Donation, Status};
use fighting_fund::funds::{self, Society};
use futures_util::future::join_all;
use reqwest::Response;

use crate::harness::TestApp;
use crate::till::Locked;

/// The form of the default fund, filled in as a reader would. Fields can be changed before it is sent.
struct Form<'a> {
    app: &'a TestApp,
    fund: &'static str,
    fields: HashMap<&'static str, String>,
}

impl<'a> Form<'a> {
    async fn of(app: &'a TestApp) -> Self {
        let html = app.page("/funds/fighting-fund").await;
        let fields = [
            ("key", key_in(&html)),
            ("amount", "25".to_owned()),
            ("method", "bank_transfer".to_owned()),
            ("name", "Jane Doe".to_owned()),
            ("email", "jane@example.org".to_owned()),
            ("acknowledge_as", "JD, Leeds".to_owned()),
            ("note", String::new()),
            ("website", String::new()),
        ];
        Self { app, fund: "fighting-fund", fields: fields.into() }
    }

    fn with(mut self, field: &'static str, text: impl Into<String>) -> Self {
        self.fields.insert(field, text.into());
        self
    }

    async fn send(&self) -> Response {
        let address = self.app.at(&format!("/funds/{}/donations", self.fund));
        self.app.client.post(address).form(&self.fields).send().await.expect("an answer")
    }

    async fn refused(&self) -> String {
        let answer = self.send().await;
        assert_eq!(answer.status(), 422, "{:?}", self.fields);
        answer.text().await.expect("a page")
    }

    /// The giver's page and its address.
    async fn taken(&self) -> (String, String) {
        let answer = self.send().await;
        assert_eq!(answer.status(), 303, "{:?}", self.fields);
        let place = answer.headers()["location"].to_str().expect("an address").to_owned();
        (self.app.page(&place).await, place)
    }
}

fn key_in(html: &str) -> String {
    let (_, rest) = html.split_once(r#"name="key" value=""#).expect("a hidden key");
    rest.split('"').next().expect("a value").to_owned()
}

fn gifts(app: &TestApp) -> Vec<Donation> {
    app.app.db.read(|conn| donations::newest(conn, 100)).expect("the gifts")
}

#[actix_web::test]
async fn amounts_as_people_type_them_are_understood() {
    let app = TestApp::start().await;
    let typed = [
        ("1,000", 100_000),
        ("£25", 2_500),
        ("25.5", 2_550),
        ("２５", 2_500),
        (" 25.00 ", 2_500),
        ("£1,234.56", 123_456),
        ("25 GBP", 2_500),
        ("1", 100),
        ("18000", 1_800_000),
    ];

    for (text, minor) in typed {
        let (page, _) = Form::of(&app).await.with("amount", text).taken().await;

        assert_eq!(gifts(&app)[0].amount_minor, minor, "{text}");
        assert!(page.contains(&fighting_fund::money::display(minor, fighting_fund::money::GBP)), "{text}: {page}");
    }
    assert!(gifts(&app).iter().all(|gift| gift.status == Status::Pledged && gift.entry.is_none()));
}

#[actix_web::test]
async fn an_amount_that_cannot_be_meant_gets_its_sentence_and_nothing_is_recorded() {
    let app = TestApp::start().await;
    let typed = [
        ("1e3", "in figures"),
        ("25.005", "decimal places"),
        ("-25", "more than nothing"),
        ("", "Please write an amount"),
        ("0", "more than nothing"),
        ("0.99", "smallest gift we can take is £1.00"),
        ("18000.01", "£18,000.00"),
        ("99999999999999999999999999", "more than can be counted"),
        ("123456789012345678901234567890123456789012345", "more than can be counted"),
        ("twenty", "in figures"),
        ("25,50", "in figures"),
        ("$25", "in figures"),
        ("NaN", "in figures"),
    ];

    for (text, sentence) in typed {
        let html = Form::of(&app).await.with("amount", text).refused().await;

        let beside = html.split_once(r#"id="amount-error">"#).unwrap_or_else(|| panic!("{text}: {html}")).1;
        let beside = beside.split("</span>").next().expect("the sentence");
        assert!(beside.contains(sentence), "{text}: {beside}");
        assert!(html.contains(r#"aria-describedby="amount-hint amount-error" aria-invalid="true""#), "{text}: {html}");
        assert!(html.contains(r##"<a href="#amount">"##), "{text}: the summary leads to the field");
    }
    assert_eq!(gifts(&app), []);
}

#[actix_web::test]
async fn everything_typed_is_kept_and_every_fault_is_told_at_once() {
    let app = TestApp::start().await;
    let form = Form::of(&app).await.with("amount", "lots").with("email", "a@b").with("name", "x".repeat(2_000));
    let form = form.with("method", "cheque").with("note", "line one\nline two").with("anonymous", "true");

    let html = form.refused().await;

    for field in ["amount", "email", "name"] {
        assert!(html.contains(&format!(r#"id="{field}-error""#)), "{field}: {html}");
    }
    assert!(html.contains("Please shorten the name to 200 characters."), "{html}");
    assert!(html.contains(r#"value="lots""#) && html.contains(r#"value="a@b""#), "{html}");
    assert!(html.contains(&format!(r#"value="{}""#, "x".repeat(2_000))), "{html}");
    assert!(html.contains("line one\nline two</textarea>"), "{html}");
    assert!(html.contains(r#"value="cheque" checked"#) && html.contains(r#"value="true" checked"#), "{html}");
    assert_eq!(key_in(&html), form.fields["key"], "the key stays the same");
    assert!(html.contains("<title>Please look again"), "{html}");
}

#[actix_web::test]
async fn what_was_typed_is_never_run() {
    let app = TestApp::start().await;
    let evil = r#""><script>alert(1)</script><b x='"#;
    let form = Form::of(&app).await.with("name", evil).with("acknowledge_as", evil).with("note", evil);

    let refused = form.with("amount", evil).refused().await;
    let (taken, _) = Form::of(&app).await.with("name", evil).with("note", evil).taken().await;

    for html in [refused, taken] {
        assert!(!html.contains("<script>") && !html.contains("<b x="), "{html}");
        assert!(html.contains("&#60;script&#62;"), "{html}");
    }
}

#[actix_web::test]
async fn a_name_or_address_that_would_start_another_header_is_refused() {
    let app = TestApp::start().await;

    let name = Form::of(&app).await.with("name", "Jane\r\nBcc: all@example.org").refused().await;
    let email = Form::of(&app).await.with("email", "jane@example.org\r\nBcc: all@example.org").refused().await;
    let thanks = Form::of(&app).await.with("acknowledge_as", "JD\nLeeds").refused().await;

    assert!(name.contains("Please write the name on one line."), "{name}");
    assert!(email.contains(r#"id="email-error">Please check the e-mail address"#), "{email}");
    assert!(thanks.contains(r#"id="acknowledge_as-error""#), "{thanks}");
    assert_eq!(gifts(&app), []);
}

#[actix_web::test]
async fn a_way_to_pay_that_is_not_on_offer_gets_a_kind_sentence() {
    let app = TestApp::start().await;
    let ways = [
        ("card", "Cards and PayPal are not taken here yet"),
        ("paypal", "Cards and PayPal are not taken here yet"),
        ("standing_order", "For a gift each month, please take the page"),
        ("direct_debit", "For a gift each month, please take the page"),
        ("other", "Please choose how you will send the money."),
        ("gold", "Please choose how you will send the money."),
        ("", "Please choose how you will send the money."),
    ];

    for (method, sentence) in ways {
        let html = Form::of(&app).await.with("method", method).refused().await;

        assert!(html.contains(&format!(r#"id="method-error">{sentence}"#)), "{method}: {html}");
    }
    assert_eq!(gifts(&app), []);
}

#[actix_web::test]
async fn a_receipt_needs_an_address() {
    let app = TestApp::start().await;

    let html = Form::of(&app).await.with("email", " ").refused().await;

    assert!(html.contains(r#"id="email-error">Please give an e-mail address: your receipt goes there."#), "{html}");
}

#[actix_web::test]
async fn a_second_click_is_answered_like_the_first_and_recorded_once() {
    let app = TestApp::start().await;
    let form = Form::of(&app).await;

    let answers = join_all((0..5).map(|_| form.send())).await;

    let places: Vec<&str> = answers.iter().map(|it| it.headers()["location"].to_str().expect("an address")).collect();
    assert!(answers.iter().all(|answer| answer.status() == 303));
    assert!(places.iter().all(|place| *place == places[0]), "{places:?}");
    assert_eq!(gifts(&app).len(), 1);
}

#[actix_web::test]
async fn the_same_form_with_other_words_is_asked_about_and_not_recorded() {
    let app = TestApp::start().await;
    let first = Form::of(&app).await;
    first.taken().await;

    let html = first.with("amount", "30").refused().await;

    assert!(html.contains("You sent this form before with other details, and that gift is recorded."), "{html}");
    assert!(html.contains(r#"value="30""#), "{html}");
    assert_eq!(gifts(&app).len(), 1);
    let second = Form::of(&app).await.with("key", key_in(&html)).with("amount", "30");
    second.taken().await;
    assert_eq!(gifts(&app).len(), 2, "pressed once more, it is a second gift");
}

#[actix_web::test]
async fn a_form_without_its_key_is_shown_again_with_a_new_one() {
    let app = TestApp::start().await;

    for key in ["", "spaces are not keys", &"k".repeat(300)] {
        let html = Form::of(&app).await.with("key", key).refused().await;

        assert!(html.contains("nothing was recorded yet"), "{html}");
        assert_eq!(key_in(&html).len(), 36, "{html}");
    }
    assert_eq!(gifts(&app), []);
}

#[actix_web::test]
async fn a_robot_that_fills_every_field_records_nothing() {
    let app = TestApp::start().await;

    let html = Form::of(&app).await.with("website", "https://spam.example").refused().await;

    assert!(html.contains("nothing was recorded yet"), "{html}");
    assert_eq!(gifts(&app), []);
}

#[actix_web::test]
async fn looking_at_the_givers_page_again_changes_nothing() {
    let app = TestApp::start().await;
    let (first, place) = Form::of(&app).await.taken().await;

    let again = app.client.get(app.at(&place)).send().await.expect("an answer");

    assert_eq!(again.headers()["cache-control"], "no-store");
    assert_eq!(again.headers()["x-robots-tag"], "noindex");
    assert_eq!(again.text().await.expect("a page"), first);
    assert_eq!(gifts(&app).len(), 1);
}

#[actix_web::test]
async fn the_givers_page_opens_only_with_the_link_we_signed() {
    let app = TestApp::start().await;
    let (_, place) = Form::of(&app).await.taken().await;
    let reference = gifts(&app)[0].reference().to_string();
    let forged =
        [reference.clone(), format!("{reference}-"), format!("{reference}-{}", "0".repeat(32)), "x".to_owned()];

    for token in forged.iter().chain([&place.trim_start_matches("/donations/").replace(&reference, "FF0000000X")]) {
        let answer = app.client.get(app.at(&format!("/donations/{token}"))).send().await.expect("an answer");

        assert_eq!(answer.status(), 404, "{token}");
    }
}

#[actix_web::test]
async fn a_transfer_is_told_the_bank_details_and_its_reference() {
    let app = TestApp::start().await;
    name_society(&app);

    let (page, _) = Form::of(&app).await.taken().await;

    let reference = gifts(&app)[0].reference().to_string();
    let spaced = [&reference[..4], &reference[4..8], &reference[8..]].join(" ");
    assert!(page.contains("Thank you, Jane Doe"), "{page}");
    for told in ["Lantern Fighting Fund", "00-00-00", "12345678", "£25.00", spaced.as_str()] {
        assert!(page.contains(told), "{told}: {page}");
    }
    assert!(!page.contains("Receipt 2021"), "a promise has no receipt: {page}");
}

#[actix_web::test]
async fn the_givers_page_says_how_the_paper_will_thank() {
    let app = TestApp::start().await;

    let (named, _) = Form::of(&app).await.taken().await;
    let (unnamed, _) = Form::of(&app).await.with("anonymous", "true").taken().await;

    assert!(named.contains("you are “JD, Leeds”"), "{named}");
    assert!(unnamed.contains("Your name will not stand in the paper") && !unnamed.contains("JD, Leeds"), "{unnamed}");
}

#[actix_web::test]
async fn a_cheque_is_told_whom_to_name_and_where_to_post_it() {
    let app = TestApp::start().await;
    name_society(&app);

    let (page, _) = Form::of(&app).await.with("method", "cheque").taken().await;

    assert!(page.contains("Lantern Press Society") && page.contains("23 Coombe Road"), "{page}");
}

fn name_society(app: &TestApp) {
    let society = Society {
        name: "Daily Lantern Co-operative Press Society Limited".to_owned(),
        address: "Ruskin House\n23 Coombe Road".to_owned(),
        bank_account_name: "Lantern Fighting Fund".to_owned(),
        bank_sort_code: "00-00-00".to_owned(),
        bank_account_number: "12345678".to_owned(),
        cheques_payable_to: "Lantern Press Society".to_owned(),
        ..Society::unnamed()
    };
    app.app.db.write(|conn| funds::update_society(conn, &society)).expect("a named society");
    app.app.imprint.renew(&app.app.db).expect("the books can be read");
}

#[actix_web::test]
async fn the_givers_page_becomes_the_receipt_and_shows_what_went_back() {
    let app = TestApp::start().await;
    let (_, place) = Form::of(&app).await.with("method", "cheque").taken().await;
    let number = gifts(&app)[0].id;

    change(&app, |conn, change| donations::receive(conn, app.app.clock.now(), number, None, &change("receive")));
    let received = app.page(&place).await;
    change(&app, |conn, change| donations::refund(conn, app.app.clock.now(), number, 1_000, &change("refund")));
    let refunded = app.page(&place).await;
    change(&app, |conn, change| donations::bounce(conn, app.app.clock.now(), number, &change("bounce")));
    let bounced = app.page(&place).await;

    assert!(received.contains("Receipt 2021-000001") && received.contains("arrived on 27 June 2021"), "{received}");
    assert!(received.contains("Fighting Fund, June 2021"), "{received}");
    assert!(received.contains("not eligible for Gift Aid"), "{received}");
    assert!(refunded.contains("we sent £10.00 back to you") && refunded.contains("£15.00"), "{refunded}");
    assert!(bounced.contains("the bank returned £15.00 unpaid"), "{bounced}");
    assert!(!bounced.contains("words of staff"), "{bounced}");
}

fn change(
    app: &TestApp,
    make: impl FnOnce(&mut fighting_fund::db::Conn, &dyn Fn(&str) -> Change) -> Result<Donation, ChangeError>,
) {
    let change = |key: &str| Change {
        key: format!("test:{key}"),
        fingerprint: [3; 32],
        reason: "words of staff".to_owned(),
        by: "staff:1 T".to_owned(),
        request_id: String::new(),
    };
    let changed = app.app.db.write(|conn| {
        hold(conn, Lock::Books)?;
        make(conn, &change)
    });
    changed.expect("a change");
}

#[actix_web::test]
async fn an_appeal_that_is_over_takes_no_gift() {
    let app = TestApp::start().await;
    app.add_fund_until("roof", "Roof Fund", NaiveDate::from_ymd_opt(2021, 6, 28).expect("a date"));
    let mut form = Form::of(&app).await;
    form.fund = "roof";
    app.set_time(Utc.with_ymd_and_hms(2021, 6, 28, 23, 0, 0).unwrap());

    let html = form.refused().await;

    assert!(html.contains("This appeal is over"), "{html}");
    assert_eq!(gifts(&app), []);
}

#[actix_web::test]
async fn an_appeal_that_has_not_begun_takes_no_gift() {
    let app = TestApp::start().await;
    let form = Form::of(&app).await;
    app.set_time(Utc.with_ymd_and_hms(2021, 5, 31, 22, 30, 0).unwrap());

    let html = form.refused().await;

    assert!(html.contains("This appeal opens on 1 June 2021."), "{html}");
    assert_eq!(gifts(&app), []);
}

#[actix_web::test]
async fn while_the_books_cannot_be_written_the_form_comes_back_with_all_that_was_typed() {
    let app = TestApp::start().await;
    let form = Form::of(&app).await.with("note", "for the paper");
    let locked = Locked::books_of(&app.app.db);

    let answer = form.send().await;

    assert_eq!(answer.status(), 503);
    assert!(answer.headers().contains_key("retry-after"));
    let html = answer.text().await.expect("a page");
    assert!(html.contains("will not be recorded twice") && html.contains("for the paper"), "{html}");
    assert_eq!(key_in(&html), form.fields["key"]);
    drop(locked);
    form.taken().await;
    assert_eq!(gifts(&app).len(), 1);
}

#[actix_web::test]
async fn while_the_books_cannot_be_read_the_form_comes_back_with_all_that_was_typed() {
    let app = TestApp::start().await;
    let form = Form::of(&app).await.with("note", "for the paper");
    let busy = BusyReaders::of(&app);

    let answer = form.send().await;

    assert_eq!(answer.status(), 503);
    assert!(answer.headers().contains_key("retry-after"));
    let html = answer.text().await.expect("a page");
    assert!(html.contains("The books cannot be reached") && html.contains("for the paper"), "{html}");
    assert_eq!(key_in(&html), form.fields["key"]);
    drop(busy);
    form.taken().await;
    assert_eq!(gifts(&app).len(), 1);
}

/// Every connection that reads is in use until this is dropped.
struct BusyReaders {
    release: Vec<mpsc::Sender<()>>,
    threads: Vec<JoinHandle<()>>,
}

impl BusyReaders {
    fn of(app: &TestApp) -> Self {
        let (mut release, mut threads) = (Vec::new(), Vec::new());
        for _ in 0..READERS {
            let ((sender, released), (taken, is_taken)) = (mpsc::channel::<()>(), mpsc::channel());
            let db = app.app.db.clone();
            threads.push(std::thread::spawn(move || {
                let done: Result<(), DbError> = db.read(|_| {
                    taken.send(()).expect("somebody waits");
                    released.recv().expect_err("it ends when the readers are dropped");
                    Ok(())
                });
                done.expect("a connection");
            }));
            is_taken.recv().expect("a connection in use");
            release.push(sender);
        }
        Self { release, threads }
    }
}

/// As many as the pool has.
const READERS: usize = 8;

impl Drop for BusyReaders {
    fn drop(&mut self) {
        self.release.clear();
        self.threads.drain(..).for_each(|thread| thread.join().expect("a thread that ends"));
    }
}

#[actix_web::test]
async fn a_tab_with_faults_that_is_opened_again_leads_back_to_the_form() {
    let app = TestApp::start().await;

    let answer = app.client.get(app.at("/funds/fighting-fund/donations")).send().await.expect("an answer");

    assert_eq!(answer.status(), 303);
    assert_eq!(answer.headers()["location"], "/funds/fighting-fund");
}

#[actix_web::test]
async fn a_form_larger_than_any_reader_types_is_refused() {
    let app = TestApp::start().await;

    let answer = Form::of(&app).await.with("note", "n".repeat(70_000)).send().await;

    assert_eq!(answer.status(), 413);
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
}

#[actix_web::test]
async fn bytes_that_are_no_text_are_no_amount() {
    let app = TestApp::start().await;
    let body = format!(
        "key={}&amount=%ff%fe&method=cheque&email=a%40example.org",
        key_in(&app.page("/funds/fighting-fund").await)
    );
    let address = app.at("/funds/fighting-fund/donations");

    let request = app.client.post(address).header("Content-Type", "application/x-www-form-urlencoded").body(body);
    let answer = request.send().await.expect("an answer");

    assert_eq!(answer.status(), 422);
    assert_eq!(gifts(&app), []);
}
