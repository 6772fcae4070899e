//! The printed column and the year: they add up, and name only whoever agreed.

use fighting_fund::staff::Role;

use crate::desk::{Desk, gift};
use crate::harness::TestApp;

#[actix_web::test]
async fn the_column_adds_up_and_thanks_only_as_each_giver_agreed() {
    let app = TestApp::start().await;
    let desk = Desk::of(&app, Role::Treasurer).await;
    desk.gift(&[("amount", "100"), ("received_on", "2021-06-10"), ("acknowledge_as", "AR, Glasgow")]).await;
    desk.gift(&[("amount", "25"), ("received_on", "2021-06-21"), ("acknowledge_as", "AR, Glasgow")]).await;
    desk.gift(&[("amount", "10"), ("received_on", "2021-06-27"), ("method", "cash"), ("name", "Secret Giver")]).await;
    let hidden =
        [("amount", "5"), ("acknowledge_as", "Jane Doe"), ("anonymous", "true"), ("received_on", "2021-06-26")];
    desk.gift(&hidden).await;

    let week = desk.page("/desk/column?from=2021-06-21&until=2021-06-27").await;
    let usual = desk.page("/desk/column").await;

    let text = week.split("readonly").nth(1).expect("the text").to_owned();
    for line in [
        "Fighting Fund, June 2021",
        "21 June 2021 to 27 June 2021",
        "Cash (1)                                  £10.00",
        "Cheque (2)                                £30.00",
        "Together (3)                              £40.00",
        "Before                                   £100.00",
        "raised                            £140.00",
        "We need                               £17,860.00",
        "3 days remaining.",
        "Thanks to AR, Glasgow £25.00; and for 2 gifts without a name.",
    ] {
        assert!(text.contains(line), "{line} in {text}");
    }
    assert!(!week.contains("Secret Giver") && !week.contains("Jane Doe"), "{week}");
    assert!(usual.contains("21 June 2021 to 27 June 2021"), "a week where nothing is asked for: {usual}");
}

#[actix_web::test]
async fn whom_a_gift_remembers_is_kept_with_the_word_on_print_and_is_part_of_the_request() {
    let app = TestApp::start().await;
    let desk = Desk::of(&app, Role::Clerk).await;
    let token = app.token("donations:write").await;
    let send = async |memory: &str| {
        let body =
            serde_json::json!({"amount": "5", "method": "cash", "in_memory_of": memory, "memory_in_print": true});
        let path = app.at("/api/v1/funds/fighting-fund/donations");
        let request = app.client.post(path).bearer_auth(&token).header("Idempotency-Key", "m1").json(&body);
        request.send().await.expect("an answer").status().as_u16()
    };

    let number = desk.gift(&[("in_memory_of", " Joan Bell "), ("memory_in_print", "true")]).await;
    let untold = desk.gift(&[("in_memory_of", "Jim Bell")]).await;
    let answers = [send("Rosa").await, send("Rosa").await, send("Clara").await];

    let kept = gift(&app, number);
    assert_eq!((kept.in_memory_of.as_str(), kept.memory_in_print), ("Joan Bell", true));
    assert!(!gift(&app, untold).memory_in_print, "nobody said that it may be printed");
    assert_eq!(answers, [201, 200, 422], "one key, two memories");
    let page = desk.page(&format!("/desk/gifts/{}", gift(&app, untold).reference())).await;
    assert!(page.contains("Jim Bell") && page.contains("not to be printed"), "{page}");
}

#[actix_web::test]
async fn an_empty_span_and_days_in_the_wrong_order_are_told() {
    let app = TestApp::start().await;
    let desk = Desk::of(&app, Role::Auditor).await;

    let empty = desk.page("/desk/column?from=2021-06-01&until=2021-06-02").await;
    let (wrong, _) = desk.get("/desk/column?from=2021-06-20&until=2021-06-02").await;
    let (odd, _) = desk.get("/desk/column?from=nonsense").await;

    assert!(empty.contains("Nothing came in these days."), "{empty}");
    assert_eq!((wrong, odd), (422, 422));
}

#[actix_web::test]
async fn a_year_shows_each_month_against_its_target_and_adds_the_differences_up() {
    let app = TestApp::start().await;
    let desk = Desk::of(&app, Role::Treasurer).await;
    for amount in ["9500", "9500"] {
        desk.gift(&[("amount", amount), ("received_on", "2021-05-10")]).await;
    }
    desk.gift(&[("amount", "100"), ("received_on", "2021-06-10")]).await;

    let year = desk.page("/desk/funds/fighting-fund/year").await;
    let other = desk.page("/desk/funds/fighting-fund/year?year=1999").await;

    let may = year.find("May 2021").expect("a month");
    let june = year.find("June 2021").expect("the next month");
    assert!(may < june, "in the order of time");
    for figure in ["£19,000.00", "+£1,000.00", "£100.00", "−£17,900.00", "−£16,900.00", "£36,000.00", "£19,100.00"]
    {
        assert!(year.contains(figure), "{figure} in {year}");
    }
    assert!(other.contains("no appeal in 1999"), "{other}");
    assert_eq!(desk.get("/desk/funds/nowhere/year").await.0, 404);
}
