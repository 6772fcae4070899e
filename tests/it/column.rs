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
        "Thanks to AR, Glasgow £25.00; and for 2 gifts without a name, £15.00.",
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

/// The figure behind a link of the column: what its page says is together.
async fn together(desk: &Desk<'_>, place: &str) -> String {
    let page = desk.page(&place.replace("&amp;", "&").replace("&#38;", "&")).await;
    let after = page.split("<dt>Together</dt>").nth(1).unwrap_or_else(|| panic!("no sum: {page}"));
    after.split(['>', '<']).find(|text| text.contains('£')).expect("a figure").trim().to_owned()
}

/// Each line of the columns on a page: where it leads, and its figure.
fn lines(page: &str) -> Vec<(String, String, String)> {
    let rows = page.split("<tr><th scope=\"row\"><a href=\"").skip(1);
    rows.map(|row| {
        let (place, rest) = row.split_once('"').expect("a place");
        let words = rest.split(['>', '<']).nth(1).expect("words").to_owned();
        let figure = rest.split("class=\"num\">").nth(1).expect("a figure").replace("<strong>", "");
        (place.to_owned(), words, figure.split('<').next().expect("a figure").to_owned())
    })
    .collect()
}

#[actix_web::test]
async fn every_number_of_the_column_leads_to_gifts_that_add_up_to_it() {
    let app = TestApp::start().await;
    let desk = Desk::of(&app, Role::Treasurer).await;
    desk.gift(&[("amount", "100"), ("received_on", "2021-06-10")]).await;
    let whole = desk.gift(&[("amount", "30"), ("received_on", "2021-06-22"), ("acknowledge_as", "BB")]).await;
    let part = desk.gift(&[("amount", "50"), ("received_on", "2021-06-12"), ("method", "cash")]).await;
    desk.gift(&[("amount", "7"), ("received_on", "2021-06-23"), ("method", "cash"), ("acknowledge_as", "CC")]).await;
    for (number, amount) in [(whole, "30"), (part, "20")] {
        let path = format!("/desk/gifts/{}/refund", gift(&app, number).reference());
        assert_eq!(desk.send(&path, &[("amount", amount), ("reason", "asked")]).await.0, 303);
    }

    let earlier = desk.page("/desk/column?from=2021-06-08&until=2021-06-14").await;
    let week = desk.page("/desk/column?from=2021-06-21&until=2021-06-27").await;

    let shown = lines(&week);
    let said: Vec<(&str, &str)> = shown.iter().map(|(_, words, figure)| (words.as_str(), figure.as_str())).collect();
    assert_eq!(
        said,
        [
            ("Cash (1)", "£7.00"),
            ("Cheque (1)", "£30.00"),
            ("Together (2)", "£37.00"),
            ("Given back or unpaid (2)", "−£50.00"),
            ("Before", "£150.00"),
            ("You’ve raised", "£137.00"),
            ("We need, of £18,000.00", "£17,863.00"),
        ],
        "{week}"
    );
    for (place, words, figure) in shown.iter().filter(|(place, ..)| place.contains("behind")) {
        assert_eq!(together(&desk, place).await, *figure, "{words}: {place}");
    }
    assert!(earlier.contains("£150.00"), "what was printed before anything went back: {earlier}");
    assert!(week.contains("Thanks to CC £7.00."), "a gift that went back is not thanked: {week}");
    assert!(week.contains("The thanks come to £7.00: £30.00 of the gifts of these days has gone back"), "{week}");
    let day = desk.page("/desk/column?from=2021-06-23&until=2021-06-23").await;
    assert!(!day.contains("The thanks come to"), "nothing to explain: {day}");
    app.send_mail();
}

#[actix_web::test]
async fn each_giver_is_thanked_as_they_agreed_and_the_dead_only_with_consent() {
    let app = TestApp::start().await;
    let desk = Desk::of(&app, Role::Treasurer).await;
    let give = async |fields: &[(&'static str, &'static str)]| desk.gift(fields).await;
    give(&[("amount", "1"), ("acknowledge_as", "Zoe Full-Name")]).await;
    give(&[
        ("amount", "2"),
        ("acknowledge_as", "AR, Glasgow"),
        ("in_memory_of", "Joan Bell"),
        ("memory_in_print", "true"),
    ])
    .await;
    give(&[("amount", "4"), ("acknowledge_as", "AR, Glasgow"), ("in_memory_of", "Jim Silent")]).await;
    give(&[
        ("amount", "8"),
        ("anonymous", "true"),
        ("acknowledge_as", "Secret"),
        ("in_memory_of", "Rosa"),
        ("memory_in_print", "true"),
    ])
    .await;
    give(&[("amount", "16"), ("name", "Nobody Asked")]).await;
    give(&[("amount", "32"), ("acknowledge_as", "bb")]).await;

    let page = desk.page("/desk/column?from=2021-06-21&until=2021-06-27").await;

    let thanks = "Thanks to a reader £8.00 in memory of Rosa; AR, Glasgow £4.00; AR, Glasgow £2.00 in memory of Joan \
                  Bell; bb £32.00; Zoe Full-Name £1.00; and for a gift without a name, £16.00.";
    assert!(page.contains(thanks), "{page}");
    assert!(!page.contains("Jim Silent") && !page.contains("Secret") && !page.contains("Nobody Asked"), "{page}");
    for (of, sum) in [("named", "£47.00"), ("unnamed", "£16.00")] {
        let place = "/desk/column/behind?fund=fighting-fund&appeal=2021-06&from=2021-06-21&until=2021-06-27&of=";
        assert_eq!(together(&desk, &format!("{place}{of}")).await, sum, "{of}");
    }
}

#[actix_web::test]
async fn days_of_two_appeals_make_two_columns_and_days_to_come_are_told() {
    let app = TestApp::start().await;
    let desk = Desk::of(&app, Role::Treasurer).await;
    desk.gift(&[("amount", "60"), ("received_on", "2021-05-30")]).await;
    desk.gift(&[("amount", "40"), ("received_on", "2021-06-02")]).await;
    desk.gift(&[("amount", "5"), ("received_on", "2021-06-03"), ("appeal", "fighting-fund/2021-05")]).await;

    let both = desk.page("/desk/column?from=2021-05-28&until=2021-06-03").await;
    let ahead = desk.page("/desk/column?from=2021-06-25&until=2021-07-02").await;
    let (future, _) = desk.get("/desk/column?from=2021-07-01&until=2021-07-02").await;
    let (long, _) = desk.get("/desk/column?from=2019-07-01&until=2021-06-02").await;
    let (odd, _) = desk.get("/desk/column/behind?fund=fighting-fund&appeal=2021-06&of=nothing&until=2021-06-02").await;

    assert!(both.contains("more than one appeal"), "{both}");
    let (may, june) = both.split_once("Fighting Fund, June 2021").expect("two columns");
    assert!(may.contains("£65.00") && may.contains("28 May 2021 to 3 June 2021"), "a late cheque for May: {may}");
    assert!(june.contains("£40.00") && june.contains("1 June 2021 to 3 June 2021"), "{june}");
    assert!(may.contains("The appeal ended on 31 May 2021."), "{may}");
    assert!(ahead.contains("The column ends today") && ahead.contains("25 June 2021 to 27 June 2021"), "{ahead}");
    assert_eq!((future, long, odd), (422, 422, 404));
}

#[actix_web::test]
async fn the_days_with_a_paper_stand_beside_the_days() {
    let app = TestApp::start().await;
    let desk = Desk::of(&app, Role::Treasurer).await;
    let days = ["mon", "tue", "wed", "thu", "fri", "sat"].map(|day| ("days", day));
    let fund = [("title", "Fighting Fund"), ("target", "18000"), ("ceiling", "10000"), ("carry", "none")];
    assert_eq!(desk.send("/desk/funds/fighting-fund", &[&fund[..], &days[..]].concat()).await.0, 303);

    let week = desk.page("/desk/column?from=2021-06-10&until=2021-06-16").await;

    assert!(week.contains("14 (12) days remaining."), "{week}");
}

#[actix_web::test]
async fn columns_that_papers_printed_add_up_here() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases/fund-columns.json"));
    let cases: serde_json::Value = serde_json::from_str(&text.expect("the cases")).expect("JSON");
    let now = chrono::DateTime::parse_from_rfc3339("2026-01-02T12:00:00Z").expect("a time").to_utc();
    let app = TestApp::start_at(now).await;
    let desk = Desk::of(&app, Role::Treasurer).await;
    for (at, case) in cases["columns"].as_array().expect("columns").iter().enumerate() {
        let (month, slug) = (case["month"].as_str().expect("a month"), format!("c{at}"));
        let target = case["target"].as_i64().unwrap_or(2_000).to_string();
        let new = [("rhythm", "monthly"), ("title", "Column"), ("slug", &slug), ("currency", "GBP")];
        let rest = [("zone", "Europe/London"), ("target", &target), ("carry", "none")];
        assert_eq!(desk.send("/desk/funds/new", &[&new[..], &rest[..]].concat()).await.0, 303);
        let opening = case["opening"].as_i64().expect("an opening");
        let (first, week) = (format!("{month}-01"), format!("{month}-26"));
        let mut sum = 0;
        if opening > 0 {
            desk.gift(&[("fund", &slug), ("amount", &opening.to_string()), ("received_on", &first), ("email", "")])
                .await;
        }
        for one in case["gifts"].as_array().expect("gifts") {
            let (who, pounds) = (one[0].as_str().expect("a giver"), one[1].as_i64().expect("pounds"));
            let method = one[2].as_str().expect("a method");
            sum += pounds;
            let fields = [("fund", slug.as_str()), ("received_on", &week), ("email", ""), ("name", who)];
            let amount = pounds.to_string();
            let more = [("amount", amount.as_str()), ("method", method), ("acknowledge_as", who)];
            desk.gift(&[&fields[..], &more[..]].concat()).await;
        }

        let page = desk.page(&format!("/desk/column?fund={slug}&from={month}-20&until={week}")).await;

        let shown = lines(&page);
        let figure = |words: &str| {
            let line =
                shown.iter().find(|(_, said, _)| said.starts_with(words)).unwrap_or_else(|| panic!("{words}: {page}"));
            line.2.replace(['£', ','], "").trim_end_matches(".00").parse::<i64>().expect("pounds")
        };
        assert_eq!(figure("Together"), sum, "{}", case["source"]);
        assert_eq!(figure("Before"), opening);
        assert_eq!(figure("You’ve raised"), opening + sum);
        let is_right = case["stated_is_wrong"].as_bool() != Some(true);
        for (stated, words) in [("stated_week", "Together"), ("stated_total", "You’ve raised")] {
            if let Some(stated) = case[stated].as_i64().filter(|_| is_right) {
                assert_eq!(figure(words), stated, "{}", case["source"]);
            }
        }
    }
}

#[actix_web::test]
async fn a_reader_is_thanked_by_name_or_initials_without_writing_them_again() {
    let app = TestApp::start().await;
    let send = async |thanks: &str, name: &str, typed: &str| {
        let key = uuid::Uuid::now_v7().to_string();
        let form = [
            ("key", key.as_str()),
            ("amount", "5"),
            ("method", "cash"),
            ("name", name),
            ("email", "r@example.org"),
            ("thanks", thanks),
            ("acknowledge_as", typed),
        ];
        let sent = crate::harness::browser().post(app.at("/funds/fighting-fund/donations")).form(&form).send();
        let answer = sent.await.expect("an answer");
        (answer.status().as_u16(), answer.text().await.expect("a text"))
    };

    let statuses = [
        send("initials", "Ann Rose", "Glasgow").await.0,
        send("name", "Ann Rose", "").await.0,
        send("words", "Ann Rose", "A friend").await.0,
    ];
    let (refused, page) = send("initials", " ", "Glasgow").await;

    assert_eq!(statuses, [303, 303, 303]);
    let all = app.app.db.read(|conn| fighting_fund::donations::newest(conn, 3)).expect("the books");
    let words: Vec<&str> = all.iter().map(|gift| gift.acknowledge_as.as_str()).collect();
    assert_eq!(words, ["A friend", "Ann Rose", "AR, Glasgow"]);
    assert_eq!(refused, 422);
    assert!(page.contains("so that the paper can thank you by it") && page.contains("value=\"Glasgow\""), "{page}");
    assert!(page.contains("value=\"initials\" checked"), "what was chosen stays: {page}");
    app.send_mail();
}
