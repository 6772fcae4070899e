//! Gifts that were entered by mistake, money that is here whatever it is, and months that stand below nothing.

use chrono::{DateTime, TimeZone, Utc};
use fighting_fund::funds::NewFund;
use fighting_fund::staff::Role;
use fighting_fund::{donations, funds};
use serde_json::{Value, json};

use crate::desk::{Desk, gift, trail};
use crate::harness::TestApp;

const ADA: [(&str, &str); 3] = [("name", "Ada Brook"), ("email", "ada@example.org"), ("method", "cheque")];

fn october() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2021, 10, 5, 11, 0, 0).unwrap()
}

fn correction(number: i64) -> String {
    format!("/desk/gifts/{}/correction", fighting_fund::reference::Reference::of(number))
}

/// A gift of £780 by Ada that should have been £78.
async fn mistyped<'a>(app: &'a TestApp) -> (Desk<'a>, i64) {
    let desk = Desk::of(app, Role::Treasurer).await;
    let number = desk.gift(&[&ADA[..], &[("amount", "780"), ("received_on", "2021-06-20")]].concat()).await;
    (desk, number)
}

#[actix_web::test]
async fn a_mistyped_amount_is_put_right_on_its_own_day_and_the_giver_gets_a_correction() {
    let app = TestApp::start().await;
    let (desk, number) = mistyped(&app).await;
    app.send_mail();

    let sent = [("key", "c1"), ("amount", "78"), ("reason", "typed 780")];
    let first = desk.send(&correction(number), &sent).await;
    let again = desk.send(&correction(number), &sent).await;

    assert_eq!((first.0, again.0), (303, 303), "{} {}", first.1, again.1);
    let right = gift(&app, number);
    assert_eq!((right.amount_minor, right.returned_minor, right.status.name()), (7_800, 0, "received"));
    let (_, _, june) = app.appeal("2021-06");
    assert_eq!((june.raised_minor, june.donations), (7_800, 1));
    let days = app.app.db.read(|conn| donations::sums_by_day(conn, 1)).expect("the books");
    assert_eq!(
        days.iter().map(|(day, sum)| (day.to_string(), *sum)).collect::<Vec<_>>(),
        [("2021-06-20".to_owned(), 7_800)]
    );
    let letters = app.mails();
    let letter = letters.iter().find(|mail| mail.file.contains("correction")).expect("a correction");
    assert_eq!(letter.subject, "A correction: your gift is £78.00, not £780.00");
    assert!(letter.text.contains("Dear Ada Brook") && letter.text.contains("typed wrongly"), "{}", letter.text);
    assert_eq!(letters.len(), 2, "one receipt, one correction");
    assert!(trail(&app).contains(&"gift corrected".to_owned()));
    let page = desk.page(correction(number).trim_end_matches("/correction")).await;
    assert!(page.contains("Corrected: £780.00 had been entered, it is £78.00."), "{page}");
}

#[actix_web::test]
async fn a_receipt_that_waits_tells_the_right_amount_by_itself() {
    let app = TestApp::start().await;
    let (desk, number) = mistyped(&app).await;

    let done = desk.send(&correction(number), &[("key", "c"), ("amount", "78"), ("reason", "typed 780")]).await;

    assert_eq!(done.0, 303, "{}", done.1);
    let letters = app.mails();
    assert_eq!(letters.len(), 1);
    assert!(letters[0].subject.ends_with("for £78.00"), "{}", letters[0].subject);
}

#[actix_web::test]
async fn a_gift_that_never_was_is_taken_back_and_one_of_another_fund_or_giver_is_moved() {
    let app = TestApp::start().await;
    let fund = NewFund { slug: "press".to_owned(), title: "Press".to_owned(), ..NewFund::default_fund() };
    let press = app.write(|conn| funds::add(conn, app.app.clock.now(), "the test", &fund)).expect("a fund");
    let (desk, never) = mistyped(&app).await;
    let elsewhere = desk.gift(&[&ADA[..], &[("amount", "20")]].concat()).await;
    let another = desk.gift(&[&ADA[..], &[("amount", "30")]].concat()).await;
    app.send_mail();

    let never_was = desk.send(&correction(never), &[("key", "a"), ("amount", "0"), ("reason", "twice")]).await;
    let moved = [("key", "b"), ("amount", "25"), ("fund", "press"), ("reason", "wrong fund")];
    let moved = desk.send(&correction(elsewhere), &moved).await;
    let bens = [("giver", "other"), ("name", "Ben Cole"), ("email", "ben@example.org"), ("reason", "it was Ben")];
    let given = desk.send(&correction(another), &[&bens[..], &[("key", "c"), ("amount", "30")]].concat()).await;

    assert_eq!((never_was.0, moved.0, given.0), (303, 303, 303), "{} {} {}", never_was.1, moved.1, given.1);
    assert_eq!(gift(&app, never).status.name(), "cancelled");
    let at_press = gift(&app, elsewhere);
    assert_eq!((at_press.fund.as_str(), at_press.amount_minor), ("press", 2_500));
    let rows = app.app.db.read(funds::standing_rows).expect("the books");
    let raised =
        |fund: i64| rows.iter().filter(|(it, _)| it.fund_id == fund).map(|(_, it)| it.raised_minor).sum::<i64>();
    assert_eq!((raised(press.id), raised(1)), (2_500, 3_000));
    let letters = app.mails();
    let of_ben: Vec<_> = letters.iter().filter(|mail| mail.to == "ben@example.org").collect();
    assert!(of_ben.len() == 1 && of_ben[0].subject.contains("£30.00"), "Ben has his receipt");
    let to_ada = letters.iter().filter(|mail| mail.to == "ada@example.org" && mail.file.contains("correction"));
    assert!(to_ada.clone().all(|mail| !mail.text.contains("Ben")), "Ada does not hear whose it was");
    assert_eq!(to_ada.count(), 3);
}

#[actix_web::test]
async fn what_cannot_be_put_right_is_told_and_nothing_moves() {
    let app = TestApp::start().await;
    let (desk, number) = mistyped(&app).await;
    app.send_mail();
    let clerk = Desk::of(&app, Role::Clerk).await;
    let send = |fields: Vec<(&'static str, &'static str)>| {
        let desk = &desk;
        async move { desk.send(&correction(number), &fields).await }
    };

    let same = send(vec![("key", "a"), ("amount", "780"), ("reason", "x")]).await;
    let why = send(vec![("key", "b"), ("amount", "78"), ("reason", " ")]).await;
    let less = send(vec![("key", "c"), ("amount", "-5"), ("reason", "x")]).await;
    let much = send(vec![("key", "d"), ("amount", "78000"), ("reason", "x")]).await;
    let fund = send(vec![("key", "e"), ("amount", "78"), ("fund", "nowhere"), ("reason", "x")]).await;
    let by_clerk = clerk.send(&correction(number), &[("key", "f"), ("amount", "78"), ("reason", "x")]).await;
    let before = gift(&app, number);
    app.live_at(october());
    app.close("2021-06").expect("a closed month");
    let desk = Desk::of(&app, Role::Treasurer).await;
    let closed = desk.send(&correction(number), &[("key", "g"), ("amount", "78"), ("reason", "x")]).await;

    assert!(same.0 == 422 && same.1.contains("That is what the books say already."), "{same:?}");
    assert!(why.0 == 422 && why.1.contains("Please say why"), "{why:?}");
    assert!(less.0 == 422 && less.1.contains("The amount must be more than nothing."), "{less:?}");
    assert!(much.0 == 422 && much.1.contains("If it is right, please confirm it."), "{much:?}");
    assert!(much.1.contains("name=\"confirmed\""), "there is a box to tick");
    assert_eq!((fund.0, by_clerk.0), (422, 403));
    assert!(closed.0 == 422 || closed.0 == 409, "{closed:?}");
    assert!(closed.1.contains("The books of 2021-06 are closed"), "{closed:?}");
    assert_eq!(gift(&app, number), before);
    app.send_mail();
}

#[actix_web::test]
async fn a_program_puts_right_what_it_entered_and_its_first_answer_stays() {
    let app = TestApp::start().await;
    let token = app.token("donations:write").await;
    let post = |path: String, key: &'static str, body: Value| {
        let request = app.client.post(app.at(&path)).bearer_auth(&token).header("Idempotency-Key", key).json(&body);
        async move {
            let answer = request.send().await.expect("an answer");
            (answer.status().as_u16(), answer.json::<Value>().await.expect("JSON"))
        }
    };
    let gifts = "/api/v1/funds/fighting-fund/donations".to_owned();
    let body = json!({"amount": "780.00", "method": "cash", "name": "Ada"});
    let (_, first) = post(gifts.clone(), "k", body.clone()).await;
    let path = format!("/api/v1/donations/{}/correction", first["reference"].as_str().expect("a reference"));

    let right = post(path.clone(), "c", json!({"amount": "78.00", "reason": "typed 780"})).await;
    let again = post(path.clone(), "c", json!({"amount": "78.00", "reason": "typed 780"})).await;
    let replay = post(gifts.clone(), "k", body).await;
    let never = post(path, "d", json!({"amount": "0.00", "reason": "it never was"})).await;

    assert_eq!(
        (right.0, right.1["amount"].as_str(), right.1["status"].as_str()),
        (201, Some("78.00"), Some("received"))
    );
    assert_eq!(again, right);
    assert_eq!((replay.0, replay.1), (200, first), "the answer of a key stays what it was");
    assert_eq!((never.0, never.1["status"].as_str()), (201, Some("cancelled")));
    let small = post(gifts.clone(), "s", json!({"amount": "0.10", "method": "cash"})).await;
    let large = post(gifts.clone(), "l", json!({"amount": "250000.00", "method": "bank_transfer"})).await;
    let sure = json!({"amount": "250000.00", "method": "bank_transfer", "confirmed": true});
    let sure = post(gifts, "m", sure).await;
    assert_eq!((small.0, large.0, sure.0), (201, 422, 201), "{large:?}");
    assert!(large.1.to_string().contains("confirmed"), "{large:?}");
    app.send_mail();
}

#[actix_web::test]
async fn the_limits_of_readers_do_not_bind_staff_whose_money_is_here() {
    let app = TestApp::start().await;
    let desk = Desk::of(&app, Role::Clerk).await;

    let penny = desk.gift(&[("amount", "0.01"), ("method", "cash")]).await;
    let large = [("amount", "250000"), ("method", "bank_transfer"), ("fund", "fighting-fund"), ("state", "received")];
    let asked = desk.send("/desk/gifts/new", &[&large[..], &[("key", "x")]].concat()).await;
    let ticked = desk.send("/desk/gifts/new", &[&large[..], &[("key", "y"), ("confirmed", "true")]].concat()).await;
    let promised = [("state", "promised"), ("confirmed", "true"), ("key", "z")];
    let promised = desk.send("/desk/gifts/new", &[&large[..3], &promised[..]].concat()).await;

    assert_eq!(gift(&app, penny).amount_minor, 1);
    assert!(asked.0 == 422 && asked.1.contains("£250,000.00 is more than this fund’s largest gift"), "{asked:?}");
    assert_eq!(ticked.0, 303, "{}", ticked.1);
    assert!(promised.0 == 422 && promised.1.contains("The largest gift we take"), "{promised:?}");
    app.send_mail();
}

#[actix_web::test]
async fn a_month_that_stands_below_nothing_tells_readers_why_and_staff_what_the_books_say() {
    let app = TestApp::start_at(Utc.with_ymd_and_hms(2021, 9, 20, 11, 0, 0).unwrap()).await;
    let desk = Desk::of(&app, Role::Treasurer).await;
    let number = desk.gift(&[("amount", "40"), ("received_on", "2021-09-20")]).await;
    app.send_mail();
    app.live_at(october());
    app.close("2021-09").expect("a closed month");
    let desk = Desk::of(&app, Role::Treasurer).await;
    let refund = format!("/desk/gifts/{}/refund", fighting_fund::reference::Reference::of(number));

    let back = desk.send(&refund, &[("key", "r"), ("amount", "9.50"), ("reason", "asked")]).await;

    assert_eq!(back.0, 303, "{}", back.1);
    app.send_mail();
    let shown = app.progress_with("adjustments", "9.50").await;
    let figures =
        ["raised", "needed", "surplus", "target", "adjustments"].map(|name| shown[name].as_str().unwrap_or(""));
    assert_eq!(figures, ["0.00", "18000.00", "0.00", "18000.00", "9.50"]);
    assert_eq!((shown["ledger"]["sum"].as_str(), shown["percent"].as_i64()), (Some("-9.50"), Some(0)));
    let public = app.page("/funds/fighting-fund").await;
    assert!(public.contains("£9.50 of September’s gifts was given back in October."), "{public}");
    assert!(!public.contains("−£"), "{public}");
    let books = desk.page("/desk/funds/fighting-fund/appeals/2021-10").await;
    assert!(books.contains("The books stand at −£9.50") && !books.contains("best day"), "{books}");
    let column = desk.page("/desk/column?from=2021-10-01&until=2021-10-05").await;
    assert!(column.contains("More went back than came: the books stand at −£9.50."), "{column}");
    // The rest goes back too: a gift that counts in a closed month and is gone is no reason for an alarm.
    let rest = desk.send(&refund, &[("key", "s"), ("amount", "30.50"), ("reason", "asked")]).await;
    assert_eq!(rest.0, 303, "{}", rest.1);
    let today = desk.page("/desk").await;
    assert!(!today.contains("Keep the database") && !today.contains("receipts were issued"), "{today}");
    let watch = app.app.db.read(donations::receipt_watch).expect("the books");
    assert_eq!((watch.arrived, watch.issued()), (1, 1));
    app.send_mail();
}

impl TestApp {
    /// The figure as other sites read it, once a field of it says so.
    async fn progress_with(&self, field: &str, value: &str) -> Value {
        for _ in 0..500 {
            let answer = self.client.get(self.at("/funds/fighting-fund/progress")).send().await.expect("an answer");
            let shown: Value = answer.json().await.expect("JSON");
            if shown[field] == value {
                return shown;
            }
            actix_web::rt::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        panic!("{field} was never {value}");
    }
}
