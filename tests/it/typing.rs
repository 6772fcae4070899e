//! What people type and paste: invisible characters, links with an amount, slips in an address, rows that come too late.

use fighting_fund::donations::{self, Donation};
use fighting_fund::staff::Role;
use reqwest::{Response, StatusCode};

use crate::harness::TestApp;
use crate::staff::{between, place, post};

async fn give(app: &TestApp, fields: &[(&str, &str)]) -> Response {
    let html = app.page("/funds/fighting-fund").await;
    let key = between(&html, r#"name="key" value=""#, "\"").to_owned();
    let mut form: Vec<(&str, &str)> = vec![("method", "bank_transfer"), ("key", &key)];
    form.extend(fields);
    if !fields.iter().any(|(name, _)| *name == "email") {
        form.push(("email", "jane@example.org"));
    }
    app.client.post(app.at("/funds/fighting-fund/donations")).form(&form).send().await.expect("an answer")
}

fn newest(app: &TestApp) -> Option<Donation> {
    app.app.db.read(|conn| donations::newest(conn, 1)).expect("gifts").pop()
}

#[actix_web::test]
async fn what_is_pasted_with_an_amount_is_understood_and_never_as_another_amount() {
    let app = TestApp::start().await;
    let understood = [
        ("\u{a0}£\u{202f}1\u{2009}000.00", 100_000),
        ("\u{feff}25.50\u{200b}", 2_550),
        ("￡２５", 2_500),
        ("\u{2068}£25\u{2069}", 2_500),
        ("2\u{ad}5", 2_500),
    ];
    let refused = ["\u{202e}52", "£\u{202d}25", "10²", "1\u{a0}0", "10\u{2009}50", "２５，５０", "①0"];

    for (text, minor) in understood {
        assert_eq!(give(&app, &[("amount", text), ("name", "Ann")]).await.status(), 303, "{text:?}");
        assert_eq!(newest(&app).expect("a gift").amount_minor, minor, "{text:?}");
    }
    let before = newest(&app).map(|gift| gift.id);
    for text in refused {
        assert_eq!(give(&app, &[("amount", text), ("name", "Ann")]).await.status(), 422, "{text:?}");
    }
    assert_eq!(newest(&app).map(|gift| gift.id), before, "nothing was recorded");
    app.send_mail();
}

#[actix_web::test]
async fn a_name_is_kept_as_it_is_seen_from_the_form_and_from_a_program() {
    let app = TestApp::start().await;
    let token = app.token("donations:write").await;
    let typed = "\u{202e}Ann\u{200b}\u{a0}Lee\u{ad}\u{e0041}";

    give(&app, &[("amount", "5"), ("name", typed), ("acknowledge_as", "AL,\u{2009}Leeds\u{2066}")]).await;
    let of_form = newest(&app).expect("a gift");
    let body =
        serde_json::json!({"amount": "6.00", "method": "cash", "name": typed, "email": "ann\u{200b}@example.org"});
    let request = app.client.post(app.at("/api/v1/funds/fighting-fund/donations")).bearer_auth(token);
    let answer = request.header("Idempotency-Key", "k1").json(&body).send().await.expect("an answer");
    let of_program = newest(&app).expect("a gift");

    assert_eq!(answer.status(), StatusCode::CREATED);
    assert_eq!((of_form.name.as_str(), of_form.acknowledge_as.as_str()), ("Ann Lee", "AL, Leeds"));
    assert_eq!((of_program.name.as_str(), of_program.email.as_deref()), ("Ann Lee", Some("ann@example.org")));
    app.send_mail();
}

#[actix_web::test]
async fn a_reference_is_found_with_full_width_letters_and_what_is_not_seen() {
    let app = TestApp::start().await;
    let clerk = app.sign_in(Role::Clerk).await;
    give(&app, &[("amount", "5"), ("name", "Ann Lee")]).await;
    let reference = newest(&app).expect("a gift").reference().to_string();
    let wide: String = reference.chars().map(|c| char::from_u32(u32::from(c) + 0xfee0).unwrap_or(c)).collect();

    for typed in [wide, format!("\u{200b}{reference}\u{feff}"), reference.replace("FF", "FF\u{a0}")] {
        let query: String = typed.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let answer = clerk.get(app.at(&format!("/desk/gifts?q={query}"))).send().await.expect("an answer");

        assert!(place(&answer).contains(&reference), "{typed:?}: {}", answer.status());
    }
    app.send_mail();
}

#[actix_web::test]
async fn a_link_brings_its_amount_into_the_form_and_says_what_is_wrong_with_it() {
    let app = TestApp::start().await;

    let plain = app.page("/funds/fighting-fund").await;
    let good = app.page("/funds/fighting-fund?amount=25").await;
    let pence = app.page("/funds/fighting-fund?amount=%C2%A312.5").await;
    let small = app.page("/funds/fighting-fund?amount=0.50").await;
    let words = app.page("/funds/fighting-fund?amount=call+me").await;

    assert!(
        plain.contains(r#"href="/funds/fighting-fund?amount=25#give""#) && plain.contains("to the penny"),
        "{plain}"
    );
    assert!(good.contains(r#"name="amount" value="25""#) && good.contains(r#"aria-current="true">£25</a>"#), "{good}");
    assert!(pence.contains(r#"name="amount" value="12.50""#), "{pence}");
    assert!(small.contains("smallest gift we can take is £1.00") && small.contains(" autofocus>"), "{small}");
    assert!(words.contains(r#"name="amount" value="""#) && !words.contains("call me"), "{words}");
}

#[actix_web::test]
async fn a_mail_domain_with_a_slip_is_asked_about_once_and_then_taken_as_it_is() {
    let app = TestApp::start().await;
    let fields = [("amount", "5"), ("name", "Ann"), ("email", "ann@gmial.com")];

    let asked = give(&app, &fields).await;
    let status = asked.status();
    let page = asked.text().await.expect("a page");
    let again = give(&app, &[&fields[..], &[("asked_about", "ann@gmial.com")]].concat()).await;

    assert_eq!(status, 422);
    assert!(page.contains("Did you mean ann@gmail.com?"), "{page}");
    assert!(page.contains(r#"name="asked_about" value="ann@gmial.com""#), "{page}");
    assert_eq!(again.status(), 303);
    assert_eq!(newest(&app).expect("a gift").email.as_deref(), Some("ann@gmial.com"));
    assert_eq!(give(&app, &[("amount", "5"), ("email", "ann@hotmial.co.uk")]).await.status(), 422);
    assert_eq!(give(&app, &[("amount", "5"), ("email", "ann@mail.paper.example")]).await.status(), 303);
    app.send_mail();
}

#[actix_web::test]
async fn a_giver_corrects_the_address_of_their_own_gift_and_of_no_other() {
    let app = TestApp::start().await;
    give(&app, &[("amount", "5"), ("name", "Ann Lee"), ("email", "ann@example.org")]).await;
    let first = newest(&app).expect("a gift");
    let answer = give(&app, &[("amount", "6"), ("name", "Ann Lee"), ("email", "ann@example.org")]).await;
    let page = place(&answer).to_owned();

    let wrong = app.client.post(app.at(&format!("{page}/address"))).form(&[("email", "ann@")]).send().await;
    let right =
        app.client.post(app.at(&format!("{page}/address"))).form(&[("email", "ann.lee@example.org")]).send().await;

    assert_eq!(wrong.expect("an answer").status(), 422);
    assert_eq!(place(&right.expect("an answer")), page);
    let second = newest(&app).expect("a gift");
    let first = app.app.db.read(|conn| donations::by_number(conn, first.id)).expect("the books").expect("a gift");
    assert_eq!(second.email.as_deref(), Some("ann.lee@example.org"));
    assert_eq!(first.email.as_deref(), Some("ann@example.org"), "the other gift stays as it is");
    app.send_mail();
    let to: Vec<String> = app.mails().iter().filter_map(|mail| mail.header("To")).collect();
    assert_eq!(to.iter().filter(|to| to.contains("ann.lee@example.org")).count(), 1, "{to:?}");
    assert_eq!(to.len(), 2, "{to:?}");
}

#[actix_web::test]
async fn a_fourth_letter_to_one_mailbox_is_not_written_by_correcting_addresses() {
    let app = TestApp::start().await;
    for round in 0..5 {
        let email = format!("reader{round}@example.org");
        let answer = give(&app, &[("amount", "5"), ("name", "A Reader"), ("email", &email)]).await;
        let address = app.at(&format!("{}/address", place(&answer)));
        app.client.post(address).form(&[("email", "victim@example.org")]).send().await.expect("an answer");
    }
    app.send_mail();

    let to = app.mails().iter().filter_map(|mail| mail.header("To")).filter(|to| to.contains("victim")).count();
    assert_eq!(to, 3);
}

/// A batch of cheques that was counted: its address.
async fn batch(app: &TestApp, browser: &reqwest::Client, key: &str, sum: &str) -> String {
    let form = [
        ("key", key),
        ("fund", "fighting-fund"),
        ("kind", "cheques"),
        ("received_on", "2021-06-25"),
        ("control", sum),
        ("count", "1"),
        ("note", ""),
    ];
    place(&post(app, browser, "/desk/batches/new", &form).await).to_owned()
}

#[actix_web::test]
async fn a_row_for_a_batch_that_was_posted_meanwhile_is_kept_and_told_where_it_can_go() {
    let app = TestApp::start().await;
    let clerk = app.sign_in(Role::Clerk).await;
    let first = batch(&app, &clerk, "b1", "20").await;
    post(&app, &clerk, &format!("{first}/rows"), &[("key", "r1"), ("amount", "20"), ("from", "Bo Lee")]).await;
    post(&app, &clerk, &format!("{first}/post"), &[]).await;
    let row = [("key", "r2"), ("amount", "31.50"), ("from", "Cy Lee"), ("cheque_number", "000 123")];

    let alone = post(&app, &clerk, &format!("{first}/rows"), &row).await.text().await.expect("a page");
    let second = batch(&app, &clerk, "b2", "31.50").await;
    let late = post(&app, &clerk, &format!("{first}/rows"), &row).await;
    let (status, page) = (late.status(), late.text().await.expect("a page"));
    let script = post(&app, &clerk, &format!("{first}/rows"), &[&row[..], &[("fragment", "1")]].concat()).await;
    let entered = post(&app, &clerk, &format!("{second}/rows"), &row).await;
    let corrected = post(&app, &clerk, &format!("{first}/rows/1"), &[("amount", "21"), ("from", "Bo Lee")]).await;
    let corrected = corrected.text().await.expect("a page");

    assert!(
        alone.contains("This row was not entered") && alone.contains("No other batch of this kind is open"),
        "{alone}"
    );
    assert_eq!((status, script.status()), (StatusCode::UNPROCESSABLE_ENTITY, StatusCode::CONFLICT));
    assert!(page.contains("The batch was posted by The clerk") && page.contains(r#"value="31.50""#), "{page}");
    assert!(page.contains(&format!(r#"formaction="{second}/rows""#)), "{page}");
    assert_eq!(entered.status(), StatusCode::SEE_OTHER);
    assert!(corrected.contains("The row was not corrected") && corrected.contains(r#"value="21""#), "{corrected}");
    app.send_mail();
}

#[actix_web::test]
async fn a_cheques_number_stands_on_its_row_in_hand_and_on_its_slip() {
    let app = TestApp::start().await;
    let clerk = app.sign_in(Role::Clerk).await;
    let batch = batch(&app, &clerk, "b1", "20").await;
    let row = |number| [("key", "r1"), ("amount", "20"), ("from", "Bo Lee"), ("cheque_number", number)];

    let odd = post(&app, &clerk, &format!("{batch}/rows"), &row("12/34")).await;
    let astray = post(&app, &clerk, &format!("{batch}/rows"), &row("ff7k 3m9q xx")).await;
    post(&app, &clerk, &format!("{batch}/rows"), &row("００１ 234")).await;
    let sheet = clerk.get(app.at(&batch)).send().await.expect("an answer").text().await.expect("a page");
    post(&app, &clerk, &format!("{batch}/post"), &[]).await;
    let hand = clerk.get(app.at("/desk/batches/slips")).send().await.expect("an answer").text().await.expect("a page");
    let form = [("key", "s1"), ("number", "500"), ("paid_in_on", "2021-06-27"), ("cheque", "row-1"), ("cash", "")];
    let slip = post(&app, &clerk, "/desk/batches/slips", &form).await;
    let slip = clerk.get(app.at(place(&slip))).send().await.expect("an answer").text().await.expect("a page");

    assert_eq!((odd.status(), astray.status()), (StatusCode::UNPROCESSABLE_ENTITY, StatusCode::UNPROCESSABLE_ENTITY));
    let astray = astray.text().await.expect("a page");
    assert!(astray.contains("It belongs under Promised gift, or under Application."), "{astray}");
    for (what, page) in [("sheet", sheet), ("in hand", hand), ("slip", slip)] {
        assert!(page.contains("cheque 001234"), "{what}: {page}");
    }
    app.send_mail();
}
