//! What readers see: the fund's page in every state, files, and pages for refusals.

use chrono::{NaiveDate, TimeZone, Utc};
use fighting_fund::db::{Lock, hold};
use fighting_fund::donations::{Method, NewGift};
use fighting_fund::funds::{self, FundError, NewFund};
use fighting_fund::http::assets;

use crate::harness::{TestApp, noon};

const PAGE: &str = "/funds/fighting-fund";

/// What a browser asks for.
const HTML: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

impl TestApp {
    /// The page as a browser gets it.
    pub async fn page(&self, path: &str) -> String {
        let answer = self.client.get(self.at(path)).header("Accept", HTML).send().await.expect("an answer");
        answer.text().await.expect("a text")
    }

    /// Cash of this amount, received now.
    async fn receive(&self, fund_id: i64, amount_minor: i64) {
        let gift = NewGift {
            key: format!("test:{fund_id}:{amount_minor}"),
            fingerprint: [1; 32],
            fund_id,
            appeal: None,
            amount_minor,
            method: Method::Cash,
            is_pledge: false,
            received_on: None,
            name: String::new(),
            email: None,
            acknowledge_as: String::new(),
            anonymous: false,
            note: String::new(),
            in_memory_of: String::new(),
            memory_in_print: false,
            by: "test".to_owned(),
            request_id: String::new(),
            stranger: None,
        };
        self.app.till.record(gift).await.expect("an open till").expect("a recorded gift");
    }

    /// A fund that runs once, until the end of this day.
    pub fn add_fund_until(&self, slug: &str, title: &str, last_day: NaiveDate) -> i64 {
        let new = NewFund {
            slug: slug.to_owned(),
            title: title.to_owned(),
            deadline: Some((last_day, None)),
            ..NewFund::default_fund()
        };
        self.app
            .db
            .write(|conn| {
                hold(conn, Lock::Books)?;
                funds::add(conn, self.app.clock.now(), "test", &new)
            })
            .expect("a fund")
            .id
    }
}

fn june(day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2021, 6, day).expect("a date")
}

#[actix_web::test]
async fn the_front_door_leads_to_the_first_fund() {
    let app = TestApp::start().await;

    let answer = app.client.get(app.at("/")).send().await.expect("an answer");

    assert_eq!(answer.status(), 303);
    assert_eq!(answer.headers()["location"], PAGE);
}

#[actix_web::test]
async fn the_page_has_the_figures_before_any_script_and_they_are_the_totals() {
    let app = TestApp::start().await;
    app.receive(1, 1_328_800).await;

    let html = app.page(PAGE).await;

    assert!(html.contains("£13,288</strong> raised of <span data-target>£18,000</span>"), "{html}");
    assert!(html.contains("<dt data-rest-label>still needed</dt><dd data-rest>£4,712</dd>"), "{html}");
    assert!(html.contains("<dt>days left</dt><dd data-left>3</dd>"), "{html}");
    assert!(html.contains(r#"role="progressbar""#) && html.contains(r#"aria-valuenow="73""#), "{html}");
    assert!(html.contains("£13,288 raised of £18,000, 73 percent. £4,712 still needed. 3 days left."), "{html}");
}

#[actix_web::test]
async fn every_page_names_the_society_and_its_registration() {
    let app = TestApp::start().await;
    let society = funds::Society::unnamed();

    for path in [PAGE, "/nothing/here"] {
        let html = app.page(path).await;

        assert!(html.contains(&society.name) && html.contains(&society.registration), "{path}: {html}");
    }
}

#[actix_web::test]
async fn the_last_day_is_called_so() {
    let app = TestApp::start().await;
    app.set_time(Utc.with_ymd_and_hms(2021, 6, 30, 12, 0, 0).unwrap());

    let html = app.page(PAGE).await;

    assert!(html.contains("<dt>until midnight</dt><dd data-left>Last day</dd>"), "{html}");
}

#[actix_web::test]
async fn past_the_target_the_page_shows_the_surplus_and_goes_on_taking_gifts() {
    let app = TestApp::start().await;
    app.receive(1, 2_250_050).await;

    let html = app.page(PAGE).await;

    assert!(html.contains("<dt data-rest-label>more than the target</dt><dd data-rest>£4,500.50</dd>"), "{html}");
    assert!(html.contains(r#"aria-valuenow="100""#) && html.contains("125 percent"), "{html}");
    assert!(html.contains(r#"x1="80.00%""#), "the target's mark stands at 100/125 of the bar: {html}");
    assert!(html.contains(r#"name="amount""#), "{html}");
}

#[actix_web::test]
async fn an_appeal_that_is_over_shows_what_it_raised_and_where_to_go() {
    let app = TestApp::start().await;
    let roof = app.add_fund_until("roof", "Roof Fund", june(28));
    app.receive(roof, 500_000).await;

    app.set_time(Utc.with_ymd_and_hms(2021, 6, 28, 23, 0, 0).unwrap());
    let html = app.page("/funds/roof").await;

    assert!(html.contains("This appeal is over"), "{html}");
    assert!(html.contains("It closed on 28 June 2021 and raised £5,000 of £18,000, from 1 gift."), "{html}");
    assert!(html.contains(r#"href="/funds/fighting-fund""#), "{html}");
    assert!(!html.contains(r#"name="amount""#), "{html}");
}

#[actix_web::test]
async fn an_appeal_that_has_not_begun_says_when_it_opens() {
    let app = TestApp::start().await;
    app.set_time(Utc.with_ymd_and_hms(2021, 5, 31, 22, 30, 0).unwrap());

    let html = app.page(PAGE).await;

    assert!(html.contains("Not open yet") && html.contains("opens on 1 June 2021"), "{html}");
    assert!(!html.contains(r#"name="amount""#), "{html}");
}

#[actix_web::test]
async fn a_moved_deadline_and_target_are_told_with_their_reasons() {
    let app = TestApp::start().await;
    app.app
        .db
        .write(|conn| {
            let fund = funds::by_slug(conn, "fighting-fund")?.expect("the first fund");
            let appeal = funds::current_appeal(conn, fund.id, june(27))?.expect("June");
            let because = "the <post> was late";
            funds::change_deadline(conn, noon(), "staff:1 T", &fund, &appeal, (june(29), None), because)?;
            funds::change_target(conn, noon(), "staff:1 T", &fund, &appeal, 2_000_000, "paper costs more")?;
            Ok::<_, FundError>(())
        })
        .expect("two changes");

    let html = app.page(PAGE).await;

    let moved =
        "On 27 June 2021 the deadline was moved from 30 June 2021 to 29 June 2021: the &#60;post&#62; was late.";
    assert!(html.contains(moved), "{html}");
    assert!(html.contains("the target was changed from £18,000 to £20,000: paper costs more."), "{html}");
    assert!(html.contains("<dt>days left</dt><dd data-left>2</dd>"), "{html}");
}

#[actix_web::test]
async fn every_field_has_a_label_and_every_description_is_there() {
    let app = TestApp::start().await;
    let refused = app.client.post(app.at("/funds/fighting-fund/donations")).form(&[("amount", "x")]);
    let refused = refused.send().await.expect("an answer").text().await.expect("a text");

    for html in [app.page(PAGE).await, refused] {
        let fields: Vec<&str> = tags(&html, &["<input", "<textarea", "<select"]).collect();
        assert!(fields.len() > 8, "{html}");
        for field in fields.iter().filter(|field| attribute(field, "type") != Some("hidden")) {
            let id = attribute(field, "id").unwrap_or_else(|| panic!("{field} has no id"));
            assert!(
                html.contains(&format!(r#"<label for="{id}""#)) || html.contains(&format!(r#"for="{id}">"#)),
                "{id}"
            );
        }
        for tag in tags(&html, &["<"]) {
            for id in attribute(tag, "aria-describedby").into_iter().flat_map(str::split_whitespace) {
                assert!(html.contains(&format!(r#"id="{id}""#)), "{tag} is described by nothing");
            }
        }
    }
}

/// The opening tags that begin so.
fn tags<'a>(html: &'a str, starts: &'a [&'a str]) -> impl Iterator<Item = &'a str> {
    let begins = html.match_indices('<').map(|(at, _)| &html[at..]);
    let wanted = begins.filter(|tag| starts.iter().any(|start| tag.starts_with(start)));
    wanted.map(|tag| &tag[..tag.find('>').unwrap_or(tag.len())])
}

fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    rest.split('"').next()
}

#[actix_web::test]
async fn pages_have_no_inline_script_and_no_inline_style() {
    let app = TestApp::start().await;

    for path in [PAGE, "/nothing"] {
        let html = app.page(path).await;

        assert!(!html.contains(" style=") && !html.contains("<style"), "{path}");
        assert!(tags(&html, &["<script"]).all(|tag| attribute(tag, "src").is_some()), "{path}");
        assert!(tags(&html, &["<"]).all(|tag| !tag.contains(" onclick") && !tag.contains("javascript:")), "{path}");
    }
}

#[actix_web::test]
async fn a_refusal_is_a_page_for_a_browser_and_json_for_a_program_with_the_same_sentence() {
    let app = TestApp::start().await;

    for (path, status) in [("/nothing/here", 404), ("/funds/none", 404), ("/donations/FF0-0", 404)] {
        let page = app.client.get(app.at(path)).header("Accept", HTML).send().await.expect("an answer");
        let json = app.client.get(app.at(path)).send().await.expect("an answer");

        assert_eq!((page.status().as_u16(), json.status().as_u16()), (status, status), "{path}");
        assert_eq!(page.headers()["content-type"], "text/html; charset=utf-8", "{path}");
        assert_eq!(json.headers()["content-type"], "application/problem+json", "{path}");
        let json: serde_json::Value = json.json().await.expect("JSON");
        let page = page.text().await.expect("a text");
        assert!(page.contains(json["detail"].as_str().expect("a sentence")), "{path}: {page}");
    }
}

#[actix_web::test]
async fn the_api_answers_in_json_whoever_asks() {
    let app = TestApp::start().await;

    let answer = app.client.get(app.at("/api/v1/nothing")).header("Accept", HTML).send().await.expect("an answer");

    assert!((400..500).contains(&answer.status().as_u16()));
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
}

#[actix_web::test]
async fn a_wrong_method_is_405_and_says_which_are_right() {
    let app = TestApp::start().await;

    let answer = app.client.put(app.at(PAGE)).header("Accept", HTML).send().await.expect("an answer");

    assert_eq!(answer.status(), 405);
    assert_eq!(answer.headers()["allow"], "GET");
    assert_eq!(answer.headers()["content-type"], "text/html; charset=utf-8");
}

#[actix_web::test]
async fn head_is_answered_wherever_get_is_without_a_body() {
    let app = TestApp::start().await;

    let answer = app.client.head(app.at(PAGE)).send().await.expect("an answer");

    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["content-type"], "text/html; charset=utf-8");
    assert_eq!(answer.text().await.expect("nothing"), "");
}

#[actix_web::test]
async fn a_file_is_asked_for_once_and_then_known() {
    let app = TestApp::start().await;
    let first = app.client.get(app.at("/static/fund.css")).send().await.expect("an answer");
    let tag = first.headers()["etag"].to_str().expect("a tag").to_owned();

    let second = app.client.get(app.at("/static/fund.css")).header("If-None-Match", &tag).send().await;
    let second = second.expect("an answer");

    assert_eq!(first.status(), 200);
    assert_eq!(first.headers()["content-type"], "text/css; charset=utf-8");
    assert_eq!(first.headers()["cache-control"], "public, max-age=3600");
    assert_eq!(second.status(), 304);
    assert_eq!(second.headers()["etag"].to_str().expect("a tag"), tag);
}

#[actix_web::test]
async fn a_file_whose_address_names_its_content_is_kept_for_ever() {
    let app = TestApp::start().await;

    let answer = app.client.get(app.at(&assets::address("fund.css"))).send().await.expect("an answer");

    assert_eq!(answer.headers()["cache-control"], "public, max-age=31536000, immutable");
}

#[actix_web::test]
async fn robots_stay_away_from_what_belongs_to_one_reader() {
    let app = TestApp::start().await;

    let robots = app.page("/robots.txt").await;

    assert!(robots.contains("Disallow: /donations/"), "{robots}");
}

#[test]
fn the_stylesheet_stays_small() {
    let css = include_str!("../../templates/static/fund.css");

    assert!(css.len() < 20_000, "{} bytes", css.len());
}
