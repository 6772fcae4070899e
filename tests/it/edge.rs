//! The edge of the program: what is refused before any room sees it, what one address may hold, what leaves packed.

use std::time::{Duration, Instant};

use fighting_fund::app::registered;
use fighting_fund::staff::Role;
use reqwest::{StatusCode, multipart};

use crate::harness::TestApp;
use crate::line::{Line, form, get, place_of};
use crate::program::Place;

const STREAM: &str = "/funds/fighting-fund/progress/stream";
const GIVE: &str = "/funds/fighting-fund/donations";
/// More than any address may hold, and more than the files that a process may have open by custom.
const MANY: usize = 1_100;

fn gift(key: &str) -> String {
    let (method, email) = ("bank_transfer", format!("{key}@giver.example"));
    form(GIVE, &[("amount", "5.00"), ("method", method), ("name", "A Reader"), ("email", &email), ("key", key)])
}

/// A reader at an address of their own gives.
async fn gives(program: std::net::SocketAddr, host: u8) {
    let mut line = Line::open(program, 1, host).await.expect("a connection");
    let since = Instant::now();
    let answer = line.ask(&gift(&format!("reader-{host}"))).await.expect("an answer");
    assert_eq!(answer.status, 303, "{answer:?}");
    assert!(since.elapsed() < Duration::from_secs(5), "{:?}", since.elapsed());
}

#[actix_web::test]
async fn an_honest_reader_gives_while_one_address_holds_slow_bodies_and_streams() {
    let place = Place::new();
    let program = place.serve();
    let to = place_of(&program.url);

    let mut slow = Vec::new();
    for number in 0..MANY {
        let Ok(mut line) = Line::open(to, 0, 66).await else { continue };
        let head = match number % 3 {
            0 => format!("POST {GIVE} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\namount="),
            1 => "POST /nowhere HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n".to_owned(),
            _ => "GET /funds/fighting-fund/progress HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n".to_owned(),
        };
        drop(line.write(&head).await);
        slow.push(line);
    }
    gives(to, 1).await;
    let mut streams = Vec::new();
    for _ in 0..MANY {
        let Ok(mut line) = Line::open(to, 0, 67).await else { continue };
        drop(line.write(&get(STREAM, "")).await);
        streams.push(line);
    }
    gives(to, 2).await;

    // What was begun and not ended is over in its time, with a word on it.
    let late = slow.first_mut().expect("a line").answer().await.expect("an answer");
    assert_eq!((late.status, late.header("connection")), (408, Some("close")), "{late:?}");
    for line in &mut slow {
        assert!(line.ends_within(Duration::from_secs(15)).await, "a slow body is held for ever");
    }
    gives(to, 3).await;
    let log = program.log();
    program.stop();
    assert!(!log.contains("Too many open files"), "{log}");
}

#[actix_web::test]
async fn the_hundred_and_first_stream_of_an_address_is_told_to_come_back_and_others_are_not() {
    let place = Place::new().with("RUST_LOG", "info");
    let program = place.serve();
    let to = place_of(&program.url);
    let mut held = Vec::new();
    for _ in 0..100 {
        let mut line = Line::open(to, 0, 70).await.expect("a connection");
        line.write(&get(STREAM, "")).await.expect("a request");
        assert_eq!(line.head().await.expect("a stream").0, 200);
        held.push(line);
    }

    let one_more = Line::open(to, 0, 70).await.expect("a line").ask(&get(STREAM, "")).await.expect("an answer");
    let figure = get("/funds/fighting-fund/progress", "");
    let polled = Line::open(to, 0, 70).await.expect("a line").ask(&figure).await.expect("an answer");
    let mut neighbour = Line::open(to, 0, 71).await.expect("a line");
    neighbour.write(&get(STREAM, "")).await.expect("a request");

    assert_eq!((one_more.status, one_more.header("retry-after")), (503, Some("2")), "{one_more:?}");
    assert_eq!(one_more.header("access-control-allow-origin"), Some("*"));
    assert_eq!((polled.status, neighbour.head().await.expect("a stream").0), (200, 200));
    assert!(program.log().contains("files that may be open"), "{}", program.log());
    program.stop();
}

#[actix_web::test]
async fn a_household_of_ten_behind_one_address_notices_nothing() {
    let place = Place::new();
    let program = place.serve();
    let to = place_of(&program.url);
    let mut open = Vec::new();
    for reader in 0..10 {
        for _ in 0..6 {
            let mut line = Line::open(to, 0, 80).await.expect("a connection");
            assert_eq!(line.ask(&get("/funds/fighting-fund", "")).await.expect("a page").status, 200);
            open.push(line);
        }
        let mut stream = Line::open(to, 0, 80).await.expect("a connection");
        stream.write(&get(STREAM, "")).await.expect("a request");
        assert_eq!(stream.head().await.expect("a stream").0, 200);
        open.push(stream);
        let answer = open[0].ask(&gift(&format!("home-{reader}"))).await;
        let answer = match answer {
            Some(answer) => answer,
            // The browser opens another when an idle one was closed.
            None => {
                let mut line = Line::open(to, 0, 80).await.expect("a connection");
                line.ask(&gift(&format!("home-{reader}"))).await.expect("an answer")
            }
        };
        assert_eq!(answer.status, 303);
    }
    program.stop();
}

#[actix_web::test]
async fn nul_is_422_wherever_it_is_sent_and_never_a_failure() {
    let app = TestApp::start().await;
    let administrator = app.sign_in(Role::Administrator).await;
    let token = app.token("donations:write,shares:write,ledger:read").await;

    for route in registered() {
        let path = route.pattern.replace("{slug}", "fighting-fund").replace(['{', '}'], "");
        if ["/desk/sign-out", "/funds/fighting-fund/progress", STREAM].contains(&path.as_str()) {
            continue;
        }
        let method: reqwest::Method = route.method.as_str().parse().expect("a method");
        let asked = |path: &str| administrator.request(method.clone(), app.at(path)).bearer_auth(&token);
        let query = asked(&format!("{path}?q=a%00b")).send().await.expect("an answer").status();
        assert_eq!(query, StatusCode::UNPROCESSABLE_ENTITY, "{method} {path} with a query");
        if route.method != "POST" {
            continue;
        }
        let urlencoded = asked(&path).header("Content-Type", "application/x-www-form-urlencoded");
        let json = asked(&path).header("Content-Type", "application/json").header("Idempotency-Key", "k");
        for request in [urlencoded.body("name=a%00b&email=%00"), json.body(r#"{"amount":"5.00","name":"a\u0000"}"#)] {
            let status = request.send().await.expect("an answer").status();
            assert!(!status.is_server_error(), "{method} {path}: {status}");
        }
    }
    let gift = [("amount", "5.00"), ("method", "bank_transfer"), ("name", "A\0B"), ("email", "a@giver.example")];
    let by_form = app.client.post(app.at(GIVE)).form(&gift).send().await.expect("an answer");
    assert_eq!(by_form.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let gift = serde_json::json!({"amount": "5.00", "method": "cash", "name": "A\0B"});
    let by_api = app.client.post(app.at("/api/v1/funds/fighting-fund/donations")).bearer_auth(&token);
    let by_api = by_api.header("Idempotency-Key", "nul").json(&gift).send().await.expect("an answer");
    assert_eq!(by_api.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(by_api.headers()["content-type"], "application/problem+json");
}

async fn upload(app: &TestApp, path: &str, form: multipart::Form) -> (StatusCode, String) {
    let secretary = app.sign_in(Role::Administrator).await;
    let answer = secretary.post(app.at(path)).multipart(form).send().await.expect("an answer");
    (answer.status(), answer.text().await.expect("a page"))
}

#[actix_web::test]
async fn a_file_with_nul_too_many_columns_or_a_form_of_too_many_parts_is_refused() {
    let app = TestApp::start().await;
    let file = |name: &str, text: &str| {
        let part = multipart::Part::text(text.to_owned()).file_name(name.to_owned());
        multipart::Form::new().part("file", part)
    };
    let wide = ["a"; 300].join(",");

    for path in ["/desk/shares/import", "/desk/bank/import"] {
        let (status, page) = upload(&app, path, file("a.csv", "name,address\nA\0B,C\n")).await;
        assert!(status == StatusCode::UNPROCESSABLE_ENTITY && page.contains("U+0000"), "{path}: {status} {page}");
        let (status, page) = upload(&app, path, file("a.csv", &format!("{wide}\n{wide}\n"))).await;
        assert!(status.is_client_error() || page.contains("200 columns"), "{path}: {status} {page}");
        let many = (0..50).fold(multipart::Form::new(), |form, number| form.text(format!("f{number}"), "x"));
        let (status, page) = upload(&app, path, many).await;
        assert!(status.is_client_error() && page.contains("more parts"), "{path}: {status} {page}");
    }

    let place = Place::new();
    place.run_well(&["migrate"]);
    place.run_well(&["fund", "add", "fighting-fund", "--title", "F", "--target", "100.00", "--monthly"]);
    std::fs::write(place.path("nul.csv"), "amount,method,received_on,name\n5.00,cash,2021-06-27,A\0B\n")
        .expect("a file");
    std::fs::write(place.path("wide.csv"), format!("{wide}\n{wide}\n")).expect("a file");
    for (kind, name, words) in [
        ("donations", "nul.csv", "U+0000"),
        ("donations", "wide.csv", "200 columns"),
        ("register", "nul.csv", "U+0000"),
        ("register", "wide.csv", "200 columns"),
    ] {
        let output = place.run(&["import", kind, name]);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(1) && told.contains(words), "{kind} {name}: {told}");
    }
}

#[actix_web::test]
async fn the_metrics_are_read_on_the_machine_itself_or_with_the_token() {
    let place = Place::new().with("FF_METRICS_TOKEN", "a-long-metrics-token");
    let program = place.serve();
    let client = reqwest::Client::new();
    let status = async |header: Option<(&str, &str)>| {
        let request = client.get(format!("{}/metrics", program.url));
        let request = header.into_iter().fold(request, |request, (name, value)| request.header(name, value));
        request.header("X-Forwarded-For", "192.0.2.7").send().await.expect("an answer").status().as_u16()
    };

    let here = client.get(format!("{}/metrics", program.url)).send().await.expect("an answer").status().as_u16();
    assert_eq!(here, 200);
    assert_eq!(status(None).await, 401, "through a proxy nobody is on the machine itself");
    assert_eq!(status(Some(("Authorization", "Bearer a-long-metrics-tokem"))).await, 401);
    assert_eq!(status(Some(("Authorization", "Bearer a-long-metrics-token"))).await, 200);
    program.stop();
}

#[actix_web::test]
async fn what_is_for_everybody_leaves_packed_and_nothing_else_does() {
    let app = TestApp::start().await;
    let (clerk, cookie) = app.sign_in_with_cookie(Role::Clerk).await;
    let packed = async |client: &reqwest::Client, path: &str, cookie: &str| {
        let request = client.get(app.at(path)).header("Accept-Encoding", "gzip, br").header("Cookie", cookie);
        let answer = request.send().await.expect("an answer");
        answer.headers().contains_key("content-encoding")
    };
    let plain = |path: &str| app.client.get(app.at(path));

    for path in ["/funds/fighting-fund", "/static/fund.css", "/shares", "/api/openapi.json"] {
        let request = plain(path).header("Accept-Encoding", "gzip");
        let answer = request.send().await.expect("an answer");
        assert_eq!(answer.headers()["content-encoding"], "gzip", "{path}");
        assert!(answer.headers()["vary"].to_str().expect("ASCII").contains("accept-encoding"), "{path}");
        if let Some(tag) = answer.headers().get("etag") {
            assert!(tag.to_str().expect("ASCII").starts_with("W/"), "{path}");
        }
        assert!(answer.bytes().await.expect("a body").starts_with(b"\x1f\x8b"), "{path}");
        let none = plain(path).header("Accept-Encoding", "gzip;q=0").send().await.expect("an answer");
        assert!(none.headers().get("content-encoding").is_none() && none.headers().contains_key("vary"), "{path}");
    }
    assert!(!packed(&app.client, "/funds/fighting-fund", &cookie).await, "whoever has a cookie may have secrets");
    for path in ["/desk", "/desk/gifts?q=Jane", "/desk/account"] {
        assert!(!packed(&clerk, path, &cookie).await, "{path}");
    }
    for path in ["/funds/fighting-fund/progress", STREAM] {
        let answer = plain(path).header("Accept-Encoding", "gzip").send().await.expect("an answer");
        assert!(answer.headers().get("content-encoding").is_none(), "{path}");
    }
}

#[actix_web::test]
async fn a_program_that_others_reach_under_no_name_says_so_in_its_log_and_at_the_desk() {
    let place = Place::new();
    let mut adding =
        place.command(&["staff", "add", "ann@paper.example", "--name", "Ann", "--role", "clerk", "--password-stdin"]);
    let mut child = adding.stdin(std::process::Stdio::piped()).spawn().expect("it starts");
    std::io::Write::write_all(&mut child.stdin.take().expect("a pipe"), b"four words in a row\n").expect("it reads");
    assert!(child.wait().expect("it ends").success());
    let mut command = place.command(&["serve"]);
    command.env_remove("FF_PUBLIC_URL").env("FF_LISTEN", "0.0.0.0:0");
    let program = place.serve_as(command);
    let url = program.url.replace("0.0.0.0", "127.0.0.1");

    let browser = crate::harness::browser();
    let sign_in = [("email", "ann@paper.example"), ("password", "four words in a row")];
    let answer = browser.post(format!("{url}/desk/sign-in")).form(&sign_in).send().await.expect("an answer");
    assert_eq!(answer.status(), 303);
    let today = browser.get(format!("{url}/desk")).send().await.expect("an answer").text().await.expect("a page");

    assert!(today.contains("FF_PUBLIC_URL") && today.contains("Links in letters lead nowhere"), "{today}");
    assert!(program.log().contains("FF_PUBLIC_URL is not set"), "{}", program.log());
    program.stop();
}
