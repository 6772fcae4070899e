//! What the public sees of a fund: one figure, the same as JSON, stream, element, frame, picture and oEmbed.

use std::time::{Duration, Instant};

use chrono::{DateTime, NaiveDate, TimeZone, Utc, Weekday};
use fighting_fund::funds::{self, Carry, Fund};
use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::harness::TestApp;
use crate::program::Place;

const JSON: &str = "/funds/fighting-fund/progress";
const STREAM: &str = "/funds/fighting-fund/progress/stream";
const PICTURE: &str = "/funds/fighting-fund/progress.svg";
const FRAME: &str = "/funds/fighting-fund/widget";

/// The contract's promise, from the commit to the client.
const CHANGE_MAX: Duration = Duration::from_secs(1);

impl TestApp {
    /// The figure of this moment, as JSON.
    async fn progress(&self, slug: &str) -> Value {
        self.app.live.refresh().expect("figures");
        let answer = self.client.get(self.at(&format!("/funds/{slug}/progress"))).send().await.expect("an answer");
        answer.json().await.expect("JSON")
    }

    async fn ask(&self, method: Method, path: &str, headers: &[(&str, &str)]) -> Response {
        let mut request = self.client.request(method, self.at(path));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.expect("an answer")
    }

    async fn get(&self, path: &str) -> Response {
        self.ask(Method::GET, path, &[]).await
    }

    /// A surface as a reader gets it at this moment.
    async fn text(&self, path: &str) -> String {
        self.app.live.refresh().expect("figures");
        self.get(path).await.text().await.expect("a text")
    }

    /// Changes what is set of a fund.
    fn change_fund(&self, slug: &str, change: impl FnOnce(&mut Fund)) {
        let mut fund = self.app.db.read(|conn| funds::by_slug(conn, slug)).expect("books").expect("a fund");
        change(&mut fund);
        self.app.db.write(|conn| funds::change_fund(conn, &fund)).expect("a changed fund");
    }
}

/// A client of the stream.
struct Listener {
    answer: Response,
    text: String,
}

impl Listener {
    async fn of(app: &TestApp) -> Self {
        Self { answer: app.get(STREAM).await, text: String::new() }
    }

    /// The next event as its lines; none when the stream has ended.
    async fn next(&mut self) -> Option<Vec<String>> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let lines = event.lines().map(str::to_owned).collect();
                self.text = rest.to_owned();
                return Some(lines);
            }
            let chunk = self.answer.chunk().await.expect("an open line")?;
            self.text.push_str(std::str::from_utf8(&chunk).expect("text"));
        }
    }

    /// The next figure: its id and its JSON.
    async fn figure(&mut self) -> (String, Value) {
        let lines = self.next().await.expect("an event");
        let field = |name: &str| {
            let prefix = format!("{name}: ");
            lines.iter().find_map(|line| line.strip_prefix(&prefix)).unwrap_or_default().to_owned()
        };
        assert_eq!(field("event"), "progress", "{lines:?}");
        (field("id"), serde_json::from_str(&field("data")).expect("JSON"))
    }
}

fn utc(month: u32, day: u32, hour: u32, minute: u32) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2021, month, day, hour, minute, 0).unwrap()
}

fn header<'a>(answer: &'a Response, name: &str) -> &'a str {
    answer.headers().get(name).map_or("", |value| value.to_str().expect("ASCII"))
}

// JSON.

#[actix_web::test]
async fn the_known_example_is_the_contracts_json() {
    let app = TestApp::start().await;
    app.give("the readers", 1, 1_328_800, None).await;
    let head = app.app.db.read(fighting_fund::ledger::head).expect("a head");

    let progress = app.progress("fighting-fund").await;

    let hash: String = head.hash.iter().map(|byte| format!("{byte:02x}")).collect();
    let expected = json!({
        "fund": "fighting-fund", "title": "Fighting Fund", "appeal": "2021-06", "state": "open", "currency": "GBP",
        "target": "18000.00", "raised": "13288.00", "needed": "4712.00", "surplus": "0.00", "percent": 73,
        "donations": 1, "days_remaining": 3, "opens_on": "2021-06-01", "deadline": "2021-06-30T23:59:59+01:00",
        "as_of": "2021-06-27T11:00:00Z", "adjustments": "0.00",
        "ledger": {"entry": 1, "hash": hash, "sum": "13288.00"},
    });
    assert_eq!(progress, expected);
}

#[actix_web::test]
async fn any_site_may_ask_and_a_cache_keeps_it_for_a_second() {
    let app = TestApp::start().await;

    let answer = app.ask(Method::GET, JSON, &[("Origin", "https://paper.example")]).await;

    assert_eq!(answer.status(), 200);
    assert_eq!(header(&answer, "content-type"), "application/json");
    assert_eq!(header(&answer, "cache-control"), "public, max-age=1, stale-while-revalidate=30");
    assert_eq!(header(&answer, "access-control-allow-origin"), "*");
    assert_eq!(header(&answer, "as-of"), "2021-06-27T11:00:00Z");
    assert!(header(&answer, "access-control-expose-headers").contains("As-Of"));
}

#[actix_web::test]
async fn who_has_the_figure_is_answered_304_in_every_form_of_the_question() {
    let app = TestApp::start().await;
    let first = app.get(JSON).await;
    let tag = header(&first, "etag").to_owned();
    let strong = tag.strip_prefix("W/").expect("a weak tag").to_owned();
    let list = format!("\"x\", {tag} , \"y\"");

    for known in [tag.as_str(), &strong, &list, "*"] {
        let answer = app.ask(Method::GET, JSON, &[("If-None-Match", known)]).await;

        assert_eq!(answer.status(), 304, "{known}");
        assert_eq!(header(&answer, "etag"), tag, "{known}");
        assert_eq!(header(&answer, "access-control-allow-origin"), "*", "{known}");
        assert_eq!(header(&answer, "as-of"), "2021-06-27T11:00:00Z", "{known}");
        assert_eq!(answer.text().await.expect("nothing"), "", "{known}");
    }
    for other in ["\"x\"", "", "\"x\", W/\"y\"", "nonsense"] {
        assert_eq!(app.ask(Method::GET, JSON, &[("If-None-Match", other)]).await.status(), 200, "{other}");
    }
}

#[actix_web::test]
async fn the_name_of_the_figure_changes_with_a_gift_and_not_with_the_clock() {
    let app = TestApp::start().await;
    let etag = || async {
        app.app.live.refresh().expect("figures");
        let answer = app.get(JSON).await;
        (header(&answer, "etag").to_owned(), header(&answer, "as-of").to_owned())
    };

    let (at_noon, _) = etag().await;
    app.set_time(utc(6, 27, 11, 10));
    let (later, as_of) = etag().await;
    app.give("a gift", 1, 100, None).await;
    let (after_a_gift, _) = etag().await;
    app.set_time(utc(6, 27, 23, 0));
    let (on_the_next_day, _) = etag().await;

    assert_eq!(later, at_noon);
    assert_eq!(as_of, "2021-06-27T11:10:00Z", "though it is the same figure, it is known to be so now");
    assert_ne!(after_a_gift, at_noon);
    assert_ne!(on_the_next_day, after_a_gift, "a day fewer remains");
}

#[actix_web::test]
async fn head_and_options_are_answered_and_other_methods_are_not() {
    let app = TestApp::start().await;
    let length = app.get(JSON).await.content_length();

    let head = app.ask(Method::HEAD, JSON, &[]).await;
    let asked = [("Origin", "https://paper.example"), ("Access-Control-Request-Headers", "if-none-match")];
    let options = app.ask(Method::OPTIONS, JSON, &asked).await;
    let post = app.ask(Method::POST, JSON, &[]).await;

    assert_eq!(head.status(), 200);
    assert_eq!(header(&head, "content-length"), length.expect("a length").to_string());
    assert_eq!(head.text().await.expect("nothing"), "");
    assert_eq!(options.status(), 204);
    assert!(header(&options, "access-control-allow-headers").contains("If-None-Match"));
    assert_eq!(post.status(), 405);
    assert_eq!(header(&post, "allow"), "GET, HEAD, OPTIONS");
}

#[actix_web::test]
async fn an_unknown_fund_is_a_problem_that_any_site_may_read() {
    let app = TestApp::start().await;

    for path in ["/funds/none/progress", "/funds/none/progress/stream"] {
        let answer = app.get(path).await;

        assert_eq!(answer.status(), 404, "{path}");
        assert_eq!(header(&answer, "content-type"), "application/problem+json", "{path}");
        assert_eq!(header(&answer, "access-control-allow-origin"), "*", "{path}");
    }
    for path in ["/funds/none/widget", "/funds/none/progress.svg", "/embed?fund=none"] {
        assert_eq!(app.get(path).await.status(), 404, "{path}");
    }
}

#[actix_web::test]
async fn a_fund_that_another_process_adds_is_shown_by_itself() {
    let app = TestApp::start().await;
    app.add_fund_until("roof", "A new roof", NaiveDate::from_ymd_opt(2021, 7, 10).expect("a date"));

    let until = Instant::now() + 10 * CHANGE_MAX;
    while app.get("/funds/roof/progress").await.status() != 200 {
        assert!(Instant::now() < until, "the fund is never shown");
        actix_web::rt::time::sleep(Duration::from_millis(20)).await;
    }

    assert_eq!(app.progress("roof").await["days_remaining"], 13);
}

// States.

#[actix_web::test]
async fn before_its_first_day_the_appeal_is_not_yet_open() {
    let app = TestApp::start().await;
    app.set_time(utc(5, 30, 11, 0));

    let progress = app.progress("fighting-fund").await;

    assert_eq!((&progress["state"], &progress["days_remaining"]), (&json!("not_yet_open"), &json!(31)));
    assert!(app.text(FRAME).await.contains("Opens on 1 June 2021"));
    assert!(app.text(PICTURE).await.contains("Opens on 1 June 2021"));
}

#[actix_web::test]
async fn the_last_day_is_called_so_until_its_midnight_and_then_it_is_closed() {
    let app = TestApp::start().await;
    app.add_fund_until("roof", "A new roof", NaiveDate::from_ymd_opt(2021, 6, 30).expect("a date"));

    app.set_time(utc(6, 30, 22, 59));
    let last = app.progress("roof").await;
    let last_frame = app.text("/funds/roof/widget").await;
    app.set_time(utc(6, 30, 23, 0));
    let over = app.progress("roof").await;
    let over_frame = app.text("/funds/roof/widget").await;

    assert_eq!((&last["state"], &last["days_remaining"]), (&json!("open"), &json!(0)));
    assert!(last_frame.contains("Last day"), "{last_frame}");
    assert_eq!((&over["state"], &over["days_remaining"]), (&json!("closed"), &json!(0)));
    assert!(over_frame.contains("Closed") && over_frame.contains("Short of the target"), "{over_frame}");
}

#[actix_web::test]
async fn past_the_target_every_surface_shows_the_surplus() {
    let app = TestApp::start().await;
    app.give("a legacy", 1, 2_250_050, None).await;

    let progress = app.progress("fighting-fund").await;
    let (frame, picture) = (app.text(FRAME).await, app.text(PICTURE).await);

    assert_eq!((&progress["needed"], &progress["surplus"]), (&json!("0.00"), &json!("4500.50")));
    assert_eq!(progress["percent"], 125);
    for text in [frame, picture] {
        assert!(text.contains("£22,500.50") && text.contains("More than the target: £4,500.50"), "{text}");
    }
}

#[actix_web::test]
async fn a_refund_falls_out_of_the_figure_at_once() {
    let app = TestApp::start().await;
    let token = app.token("donations:write").await;
    let post = |path: String, key: &'static str, body: Value| {
        let request = app.client.post(app.at(&format!("/api/v1{path}"))).bearer_auth(&token);
        request.header("Idempotency-Key", key).json(&body).send()
    };
    let gift = json!({"amount": "25.00", "method": "cash"});
    let gift = post("/funds/fighting-fund/donations".to_owned(), "gift", gift).await.expect("an answer");
    let gift: Value = gift.json().await.expect("JSON");
    let reference = gift["reference"].as_str().expect("a reference");

    let refund = json!({"amount": "10.00", "reason": "asked for it back"});
    let refund = post(format!("/donations/{reference}/refunds"), "refund", refund).await.expect("an answer");

    assert!(refund.status().is_success(), "{}", refund.status());
    assert_eq!(app.progress("fighting-fund").await["raised"], "15.00");
}

#[actix_web::test]
async fn publication_days_are_shown_in_brackets_and_explained_to_those_who_listen() {
    let app = TestApp::start().await;
    app.change_fund("fighting-fund", |fund| {
        use Weekday::{Fri, Mon, Thu, Tue, Wed};
        fund.publication_days = vec![Mon, Tue, Wed, Thu, Fri];
    });
    app.set_time(utc(6, 16, 11, 0));

    let progress = app.progress("fighting-fund").await;
    let frame = app.text(FRAME).await;

    assert_eq!((&progress["days_remaining"], &progress["publication_days_remaining"]), (&json!(14), &json!(10)));
    assert!(frame.contains("14 (10) days remaining"), "{frame}");
    assert!(frame.contains("14 days remaining, 10 of them with a paper"), "{frame}");
}

#[actix_web::test]
async fn the_figure_turns_to_the_next_month_at_local_midnight_with_what_is_carried() {
    let app = TestApp::start().await;
    let fund = app.add_monthly_fund("short", Carry::Shortfall);
    app.give("June's", fund.id, 1_328_800, None).await;

    app.live_at(utc(6, 30, 22, 59));
    let before = app.progress("short").await;
    app.live_at(utc(6, 30, 23, 0));
    let after = app.progress("short").await;
    app.live_at(utc(9, 2, 9, 0));
    let after_two_months_off = app.progress("short").await;

    assert_eq!((&before["appeal"], &before["days_remaining"]), (&json!("2021-06"), &json!(0)));
    let shown = |progress: &Value| ["appeal", "raised", "target", "days_remaining"].map(|name| progress[name].clone());
    assert_eq!(shown(&after), [json!("2021-07"), json!("0.00"), json!("22712.00"), json!(30)]);
    assert_eq!(shown(&after_two_months_off), [json!("2021-09"), json!("0.00"), json!("58712.00"), json!(28)]);
}

// Stream.

#[actix_web::test]
async fn the_stream_begins_with_the_figure_and_says_when_to_come_back() {
    let app = TestApp::start().await;
    app.give("before", 1, 1_328_800, None).await;
    app.app.live.refresh().expect("figures");

    let mut listener = Listener::of(&app).await;

    assert_eq!(header(&listener.answer, "content-type"), "text/event-stream");
    assert_eq!(header(&listener.answer, "cache-control"), "no-store");
    assert_eq!(header(&listener.answer, "x-accel-buffering"), "no");
    assert_eq!(header(&listener.answer, "access-control-allow-origin"), "*");
    let lines = listener.next().await.expect("an event");
    let retry = lines[0].strip_prefix("retry: ").and_then(|retry| retry.parse::<u64>().ok());
    assert!(retry.is_some_and(|retry| (1_000..=10_000).contains(&retry)), "{lines:?}");
    assert_eq!(&lines[1..3], ["event: progress", "id: 1"]);
    let data: Value = serde_json::from_str(lines[3].strip_prefix("data: ").expect("data")).expect("JSON");
    assert_eq!(data, app.progress("fighting-fund").await);
}

#[actix_web::test]
async fn every_listener_hears_of_a_gift_within_a_second() {
    let app = TestApp::start().await;
    let mut listeners = Vec::new();
    for _ in 0..20 {
        let mut listener = Listener::of(&app).await;
        assert_eq!(listener.figure().await.1["raised"], "0.00");
        listeners.push(listener);
    }

    app.give("a gift", 1, 2_500, None).await;
    let recorded = Instant::now();

    for listener in &mut listeners {
        let (id, figure) = listener.figure().await;
        assert_eq!((id.as_str(), &figure["raised"], &figure["ledger"]["entry"]), ("1", &json!("25.00"), &json!(1)));
    }
    assert!(recorded.elapsed() < CHANGE_MAX, "{:?}", recorded.elapsed());
    assert_eq!(app.app.live.streams_open(), 20);
}

#[actix_web::test]
async fn the_stream_tells_of_a_new_day_though_nobody_gave() {
    let app = TestApp::start().await;
    let mut listener = Listener::of(&app).await;
    listener.figure().await;

    app.set_time(utc(6, 27, 23, 0));

    assert_eq!(listener.figure().await.1["days_remaining"], 2);
}

#[actix_web::test]
async fn who_comes_back_with_an_id_gets_the_figure_of_now() {
    let app = TestApp::start().await;
    app.give("a gift", 1, 2_500, None).await;
    app.app.live.refresh().expect("figures");

    for id in ["0", "1", "99", "nonsense"] {
        let answer = app.ask(Method::GET, STREAM, &[("Last-Event-ID", id)]).await;
        let mut listener = Listener { answer, text: String::new() };

        assert_eq!(listener.figure().await.1["raised"], "25.00", "{id}");
    }
}

#[actix_web::test]
async fn streams_end_when_the_program_closes_also_those_that_come_late() {
    let app = TestApp::start().await;
    let mut listener = Listener::of(&app).await;
    listener.figure().await;

    app.app.live.close();
    app.app.live.refresh().expect("figures");
    let mut late = Listener::of(&app).await;
    late.figure().await;

    assert_eq!((listener.next().await, late.next().await), (None, None));
}

#[actix_web::test]
async fn a_program_with_open_streams_stops_when_it_is_told_to() {
    let place = Place::new();
    let mut running = place.serve();
    let mut answer = reqwest::get(format!("{}{STREAM}", running.url)).await.expect("an answer");
    answer.chunk().await.expect("an open line").expect("a figure");

    running.ask_to_stop();

    let ended = running.ended_within(Duration::from_secs(10));
    assert!(ended.is_some_and(|ended| ended.success()), "{ended:?}: {}", running.log());
}

// While the books are away.

#[actix_web::test]
async fn while_the_books_cannot_be_read_the_last_figure_stays_and_tells_its_age() {
    let mut app = TestApp::start().await;
    app.leave_books_unchecked();
    app.give("a gift", 1, 2_500, None).await;
    app.progress("fighting-fund").await;
    app.app.db.write(break_totals).expect("broken books");

    app.set_time(utc(6, 27, 11, 30));
    let read = app.app.live.refresh();
    let answer = app.get(JSON).await;

    assert!(read.is_err(), "the books cannot be read");
    assert_eq!(answer.status(), 200);
    assert_eq!(header(&answer, "as-of"), "2021-06-27T11:00:00Z");
    assert_eq!(answer.json::<Value>().await.expect("JSON")["raised"], "25.00");
}

fn break_totals(conn: &mut fighting_fund::db::Conn) -> Result<(), fighting_fund::db::DbError> {
    use diesel::RunQueryDsl;
    diesel::sql_query("ALTER TABLE appeal_totals RENAME TO away").execute(conn)?;
    Ok(())
}

// Frame, element, picture.

#[actix_web::test]
async fn the_frame_shows_the_figure_before_any_script_and_may_stand_on_any_site() {
    let app = TestApp::start().await;
    app.give("the readers", 1, 1_328_800, None).await;
    app.app.live.refresh().expect("figures");

    let answer = app.get(FRAME).await;

    let policy = header(&answer, "content-security-policy").to_owned();
    assert!(policy.contains("frame-ancestors *") && policy.contains("default-src 'none'"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    let html = answer.text().await.expect("a text");
    assert!(html.contains("You’ve raised: <strong>£13,288</strong> We need: <strong>£4,712</strong>"), "{html}");
    assert!(html.contains("3 days remaining"), "{html}");
    assert!(!html.contains(" style=") && !html.contains("<style"), "{html}");
    for path in ["/funds/fighting-fund", "/embed", "/nothing/here"] {
        let policy = header(&app.get(path).await, "content-security-policy").to_owned();
        assert!(policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
    }
}

#[actix_web::test]
async fn the_script_is_below_six_kilobytes_and_any_site_may_load_it() {
    let app = TestApp::start().await;

    let answer = app.get("/widget.js").await;
    let tag = header(&answer, "etag").to_owned();
    let again = app.ask(Method::GET, "/widget.js", &[("If-None-Match", &tag)]).await;

    assert_eq!(header(&answer, "content-type"), "text/javascript; charset=utf-8");
    assert_eq!(header(&answer, "cross-origin-resource-policy"), "cross-origin");
    assert_eq!(again.status(), 304);
    let script = answer.text().await.expect("a text");
    assert!(script.len() < 7_000, "{} bytes", script.len());
    assert!(script.contains(r#"customElements.define("fund-progress""#));
    assert!(!script.contains("import ") && !script.contains("eval("), "it needs nothing else");
}

#[actix_web::test]
async fn the_picture_is_sound_at_any_length_of_title_and_figure() {
    let app = TestApp::start().await;
    let long = "<Fish & \"Chips\"> ".repeat(6).trim().to_owned();
    app.change_fund("fighting-fund", |fund| fund.title.clone_from(&long));
    app.give("a lottery", 1, 98_765_432_109, None).await;
    app.app.live.refresh().expect("figures");

    let answer = app.get(PICTURE).await;

    assert_eq!(header(&answer, "content-type"), "image/svg+xml");
    assert_eq!(header(&answer, "cache-control"), "public, max-age=1, stale-while-revalidate=30");
    let tag = header(&answer, "etag").to_owned();
    let svg = answer.text().await.expect("a text");
    let picture = roxmltree::Document::parse(&svg).expect("a sound picture");
    let named = |name: &str| picture.descendants().find(|node| node.has_tag_name(name)).and_then(|node| node.text());
    assert_eq!(named("title"), Some(long.as_str()));
    assert!(named("desc").is_some_and(|said| said.contains("£987,654,321.09")), "{svg}");
    for line in picture.descendants().filter(|node| node.has_tag_name("text")) {
        let size: f64 = line.attribute("font-size").and_then(|size| size.parse().ok()).expect("a size");
        let letters = line.text().expect("a text").chars().count() as f64;
        assert!(letters * size * 0.53 <= 440.0, "{letters} letters of {size}: {svg}");
    }
    assert_eq!(app.ask(Method::GET, PICTURE, &[("If-None-Match", &tag)]).await.status(), 304);
}

#[actix_web::test]
async fn every_surface_shows_one_figure() {
    let app = TestApp::start().await;
    app.give("the readers", 1, 1_328_877, None).await;

    let progress = app.progress("fighting-fund").await;

    assert_eq!((&progress["raised"], &progress["needed"]), (&json!("13288.77"), &json!("4711.23")));
    for path in ["/funds/fighting-fund", FRAME, PICTURE, "/embed"] {
        let text = app.text(path).await;
        assert!(text.contains("£13,288.77") && text.contains("£4,711.23"), "{path}: {text}");
    }
    let (id, streamed) = Listener::of(&app).await.figure().await;
    assert_eq!((id, streamed), ("1".to_owned(), progress));
}

// oEmbed and the editor's page.

#[actix_web::test]
async fn a_pasted_address_becomes_a_frame() {
    let app = TestApp::start().await;
    let page = app.text("/funds/fighting-fund").await;
    let discovered = page.split(r#"type="application/json+oembed""#).nth(1).expect("a link for oEmbed");
    let discovered = discovered.split(r#"href=""#).nth(1).and_then(|rest| rest.split('"').next()).expect("an address");

    let answer = app.client.get(discovered.replace("&amp;", "&")).send().await.expect("an answer");

    assert_eq!(answer.status(), 200);
    let oembed: Value = answer.json().await.expect("JSON");
    assert_eq!((&oembed["version"], &oembed["type"]), (&json!("1.0"), &json!("rich")));
    assert_eq!((&oembed["width"], &oembed["title"]), (&json!(480), &json!("Fighting Fund")));
    let frame = format!(r#"<iframe src="{}""#, app.at(FRAME));
    assert!(oembed["html"].as_str().is_some_and(|html| html.starts_with(&frame)), "{oembed}");
}

#[actix_web::test]
async fn oembed_keeps_to_the_size_that_was_asked_for_and_to_its_own_addresses() {
    let app = TestApp::start().await;
    let ask = |query: String| app.client.get(app.at(&format!("/oembed?{query}"))).send();
    let ours = format!("url={}", app.at("/funds/fighting-fund"));

    let small = ask(format!("{ours}&maxwidth=300&maxheight=150")).await.expect("an answer");
    let small: Value = small.json().await.expect("JSON");

    assert_eq!((&small["width"], &small["height"]), (&json!(300), &json!(150)));
    let foreign = app.url.replace("127.0.0.1", "127.0.0.1.evil.example");
    for (query, status) in [
        (format!("{ours}&format=json"), 200),
        (format!("{ours}/progress.svg"), 200),
        (format!("{ours}&format=xml"), 501),
        (format!("{ours}&maxwidth=wide"), 400),
        (format!("url={}", app.at("/funds/none")), 404),
        (format!("url={}", app.at("/desk")), 404),
        (format!("url={foreign}/funds/fighting-fund"), 404),
        (format!("url=https://evil.example/?{}", app.at("/funds/fighting-fund")), 404),
        (String::new(), 404),
    ] {
        assert_eq!(ask(query.clone()).await.expect("an answer").status(), status, "{query}");
    }
}

#[actix_web::test]
async fn the_editors_page_shows_each_way_and_asks_which_fund() {
    let app = TestApp::start().await;
    let one = app.text("/embed").await;
    app.add_fund_until("roof", "A new roof", NaiveDate::from_ymd_opt(2021, 7, 10).expect("a date"));

    let two = app.text("/embed?fund=roof").await;

    assert!(!one.contains("<select"), "one fund needs no choice");
    assert!(two.contains(r#"<option value="roof" selected>A new roof</option>"#), "{two}");
    assert!(two.contains(r#"<fund-progress fund="roof">"#) && two.contains(r#"<iframe src="/funds/roof/widget""#));
    for way in ["/widget.js", "/funds/roof/widget", "/funds/roof/progress.svg", "/funds/roof/progress/stream"] {
        assert!(two.contains(&app.at(way)), "{way}");
    }
}

#[actix_web::test]
async fn open_streams_are_counted_for_the_operator_and_the_gone_are_forgotten() {
    let app = TestApp::start().await;
    let mut listener = Listener::of(&app).await;
    listener.figure().await;

    let during = app.text("/metrics").await;
    drop(listener);
    // A stream is only known to be gone when something is written to it.
    let until = Instant::now() + 30 * CHANGE_MAX;
    let mut gift = 0;
    while app.app.live.streams_open() > 0 {
        assert!(Instant::now() < until, "the stream is never forgotten");
        gift += 1;
        app.give(&format!("gift {gift}"), 1, 100, None).await;
        app.app.live.refresh().expect("figures");
        actix_web::rt::time::sleep(Duration::from_millis(50)).await;
    }

    assert!(during.contains("ff_streams_open 1"), "{during}");
}
