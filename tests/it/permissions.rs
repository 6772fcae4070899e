//! Who may do what: the table as it is registered, and every route of it tried by everybody, however it is spelled.

use std::io::{Read, Write};
use std::net::TcpStream;

use actix_web::HttpResponse;
use fighting_fund::app::registered;
use fighting_fund::http::Routes;
use fighting_fund::http::routes::Registered;
use fighting_fund::staff::permissions::Need;
use fighting_fund::staff::{May, Role, Scope, Staff};
use reqwest::{Client, StatusCode};

use crate::harness::{TestApp, browser};

/// Where staff mind their own account: an auditor does too.
const OWN_ACCOUNT: &[&str] = &["/desk/sign-out", "/desk/account"];

/// Changes nothing but the trail, in which it stands who took what.
const TAKING_A_FILE: &str = "/desk/exports/{file}";

/// Someone who asks.
struct Asker {
    name: String,
    role: Option<Role>,
    scopes: Vec<Scope>,
    /// The header that says who they are: a cookie, a token, or nothing.
    credential: String,
    browser: Client,
}

impl Asker {
    async fn all(app: &TestApp) -> Vec<Self> {
        let mut all = vec![Self::nobody()];
        for role in Role::ALL {
            all.push(Self::staff(app, role).await);
        }
        for scope in Scope::ALL {
            let credential = format!("authorization: Bearer {}\r\n", app.token(scope.name()).await);
            let name = format!("a token for {}", scope.name());
            all.push(Self { name, role: None, scopes: vec![scope], credential, browser: browser() });
        }
        all
    }

    fn nobody() -> Self {
        Self { name: "nobody".to_owned(), role: None, scopes: vec![], credential: String::new(), browser: browser() }
    }

    async fn staff(app: &TestApp, role: Role) -> Self {
        let (browser, cookie) = app.sign_in_with_cookie(role).await;
        let credential = format!("cookie: {cookie}\r\n");
        Self { name: role.name().to_owned(), role: Some(role), scopes: vec![], credential, browser }
    }

    /// What the table says of this one, said again in the test's own words.
    fn should_enter(&self, need: Need) -> bool {
        match need {
            Need::Nothing => true,
            Need::Staff(may) => self.role.is_some_and(|role| may.roles().contains(&role)),
            Need::Program(wanted) => self.scopes.iter().any(|held| {
                let family = |scope: &Scope| scope.name().split(':').next().map(str::to_owned);
                held == &wanted || (held.name().ends_with(":write") && family(held) == family(&wanted))
            }),
        }
    }

    async fn enters(&self, app: &TestApp, route: &Registered) -> bool {
        let mut request =
            self.browser.request(route.method.as_str().parse().expect("a method"), app.at(&address(route)));
        if route.method == "POST" {
            request = request.form(&[("nothing", "")]);
        }
        if let Some(token) = self.credential.strip_prefix("authorization: Bearer ") {
            request = request.bearer_auth(token.trim());
        }
        let answer = request.send().await.expect("an answer");
        let place = answer.headers().get("location").and_then(|place| place.to_str().ok()).unwrap_or_default();
        let is_refused = matches!(answer.status(), StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN)
            || place.starts_with("/desk/sign-in?next=");
        assert!(!answer.status().is_server_error(), "{route:?} fails for {}: {}", self.name, answer.status());
        !is_refused
    }
}

/// An address that the pattern matches.
fn address(route: &Registered) -> String {
    let reference = fighting_fund::reference::Reference::of(99).to_string();
    let filled =
        [("{slug}", "fighting-fund"), ("{reference}", reference.as_str()), ("{id}", "999"), ("{name}", "fund.css")];
    let address = filled.iter().fold(route.pattern.clone(), |address, (name, value)| address.replace(name, value));
    let mut plain = String::new();
    let mut depth = 0;
    for c in address.chars() {
        match c {
            '{' => {
                depth += 1;
                plain.push('x');
            }
            '}' => depth -= 1,
            c if depth == 0 => plain.push(c),
            _ => {}
        }
    }
    plain
}

#[test]
fn the_table_of_permissions_is_as_it_was_agreed() {
    let mut table = String::new();
    for Registered { method, pattern, need } in registered() {
        table.push_str(&format!("{method} {pattern}: {need}\n"));
    }

    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true, snapshot_path => "." }, {
        insta::assert_snapshot!("permissions", table);
    });
}

#[actix_web::test]
async fn every_route_lets_in_whom_it_says_and_nobody_else() {
    let app = TestApp::start().await;
    let mut askers = Asker::all(&app).await;
    let mut wrong = Vec::new();

    for route in registered().iter().filter(|route| route.method != "OPTIONS") {
        for asker in &mut askers {
            let (may, does) = (asker.should_enter(route.need), asker.enters(&app, route).await);
            if may != does {
                let did = if does { "got in" } else { "was refused" };
                wrong.push(format!("{} {}: {} {did}", route.method, route.pattern, asker.name));
            }
            if let Some(role) = asker.role.filter(|_| route.pattern.contains("sign-")) {
                *asker = Asker::staff(&app, role).await;
            }
        }
    }

    assert_eq!(wrong, Vec::<String>::new());
}

/// Requests sent before the answers are read: few enough that neither side waits for the other to read.
const AT_ONCE: usize = 200;

/// Asks many addresses over one connection, without waiting for each answer; the statuses, in order.
fn statuses(app: &TestApp, asker: &Asker, requests: &[(String, String)]) -> Vec<u16> {
    let host = app.url.trim_start_matches("http://");
    let mut connection = TcpStream::connect(host).expect("a connection");
    let (mut statuses, mut unread) = (Vec::new(), Vec::new());
    for some in requests.chunks(AT_ONCE) {
        let mut sent = String::new();
        for (method, path) in some {
            let credential = &asker.credential;
            let kind = "content-type: application/x-www-form-urlencoded";
            sent.push_str(&format!(
                "{method} {path} HTTP/1.1\r\nhost: {host}\r\n{credential}{kind}\r\ncontent-length: 0\r\n\r\n"
            ));
        }
        connection.write_all(sent.as_bytes()).expect("sent");
        let until = statuses.len() + some.len();
        while statuses.len() < until {
            while let Some((status, length)) = answer_in(&unread) {
                statuses.push(status);
                unread.drain(..length);
            }
            if statuses.len() < until {
                let mut piece = [0; 64 * 1024];
                let read = connection.read(&mut piece).expect("an answer");
                assert!(read > 0, "the connection was closed after {} of {requests:?}", statuses.len());
                unread.extend_from_slice(&piece[..read]);
            }
        }
    }
    statuses
}

/// The first answer in what was read: its status and its length with head and body.
fn answer_in(read: &[u8]) -> Option<(u16, usize)> {
    let head = read.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(&read[..head]).expect("a head").to_lowercase();
    let status = text.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    let length = text.lines().find_map(|line| line.strip_prefix("content-length: "));
    let body: usize = length.map_or(0, |length| length.parse().expect("a length"));
    (read.len() >= head + body).then_some((status, head + body))
}

#[actix_web::test]
async fn a_route_with_any_letter_encoded_lets_nobody_in_whoever_asks() {
    let app = TestApp::start().await;
    let mut requests = Vec::new();
    // An answer to HEAD has a length and no body; GET is the same route.
    for route in registered().into_iter().filter(|route| route.method != "HEAD") {
        let path = address(&route);
        for (at, letter) in path.char_indices().filter(|(_, letter)| *letter != '/') {
            let encoded = format!("{}%{:02X}{}", &path[..at], u32::from(letter), &path[at + 1..]);
            requests.push((route.method.to_string(), encoded));
        }
    }
    assert!(requests.len() > 5_000, "the routes were not read");

    let mut let_in = Vec::new();
    for asker in Asker::all(&app).await {
        let statuses = statuses(&app, &asker, &requests);
        let wrong = requests.iter().zip(statuses).filter(|(_, status)| !matches!(status, 400 | 404));
        let_in.extend(wrong.map(|((method, path), status)| format!("{method} {path}: {} got {status}", asker.name)));
    }

    assert_eq!(let_in, Vec::<String>::new());
}

#[actix_web::test]
async fn no_odd_spelling_of_an_address_opens_it() {
    let app = TestApp::start().await;
    let odd: [fn(&str) -> String; 24] = [
        |path| format!("/{path}"),
        |path| path.replacen('/', "//", 2),
        |path| format!("{path}/."),
        |path| format!("{path}/.."),
        |path| format!("/.{path}"),
        |path| format!("/..{path}"),
        |path| format!("/static/..{path}"),
        |path| format!("/static/%2e%2e{path}"),
        |path| format!("/%2e{path}"),
        |path| format!("/static%2f..{path}"),
        |path| path.replacen("/desk/", "/desk%2F", 1).replacen("/api/", "/api%2f", 1),
        |path| path.replacen("/desk/", "/desk\\", 1).replacen("/api/", "/api\\", 1),
        |path| path.replacen("/desk/", "/desk%5C", 1).replacen("/api/", "/api%5c", 1),
        |path| format!("{path};x"),
        |path| path.replacen("/desk", "/desk;a=b", 1).replacen("/api", "/api;", 1),
        |path| format!("{path}%3B"),
        |path| format!("{path}%00"),
        |path| format!("/%00{path}"),
        |path| format!("{path}%0a"),
        |path| path.replacen('d', "%2564", 1).replacen("/a", "/%2561", 1),
        |path| format!("/%c0%af{path}"),
        |path| path.to_uppercase(),
        |path| path.replacen('k', "%6b", 1).replacen("/api", "/ap%69", 1),
        |path| path.replacen('/', "/\u{ff0f}", 1),
    ];
    let routes = [
        ("GET", "/desk/staff"),
        ("GET", "/desk/gifts/new"),
        ("POST", "/desk/tokens"),
        ("POST", "/desk/staff/invitations"),
        ("GET", "/api/v1/ledger/head"),
        ("POST", "/api/v1/funds/fighting-fund/donations"),
    ];
    let mut requests = Vec::new();
    for (method, path) in routes {
        requests.extend(odd.iter().map(|spell| (method.to_owned(), spell(path))));
        // As a whole, as a proxy is asked (RFC 9112, 3.2.2).
        let encoded = format!("{}%{:02x}{}", &path[..2], path.as_bytes()[2], &path[3..]);
        requests.push((method.to_owned(), format!("http://paper.example{encoded}")));
    }

    let mut let_in = Vec::new();
    for asker in Asker::all(&app).await {
        for request in &requests {
            // A connection each: the library closes one on which it read no request.
            let status = statuses(&app, &asker, std::slice::from_ref(request))[0];
            if !matches!(status, 400 | 404) {
                let_in.push(format!("{request:?}: {} got {status}", asker.name));
            }
        }
    }

    assert_eq!(let_in, Vec::<String>::new());
}

#[actix_web::test]
async fn an_address_that_is_not_registered_is_refused_to_everybody() {
    let app = TestApp::start().await;
    let administrator = app.sign_in(Role::Administrator).await;

    let page = administrator.get(app.at("/desk/no-such-page")).send().await.expect("an answer");
    let method = administrator.delete(app.at("/desk/tokens")).send().await.expect("an answer");

    assert_eq!(page.status(), StatusCode::NOT_FOUND);
    assert_eq!(method.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(method.headers()["allow"], "GET, POST");
}

async fn anything() -> HttpResponse {
    HttpResponse::Ok().finish()
}

async fn for_staff(_: Staff) -> HttpResponse {
    HttpResponse::Ok().finish()
}

#[test]
#[should_panic(expected = "/desk/secrets must say what it needs")]
fn a_page_of_the_desk_that_says_no_need_stops_the_start() {
    Routes::default().public().get("/desk/secrets", anything);
}

#[test]
#[should_panic(expected = "/api/v1/secrets must say what it needs")]
fn an_address_for_programs_that_says_no_need_stops_the_start() {
    Routes::default().public().post("/api/v1/secrets", anything);
}

#[test]
#[should_panic(expected = "GET /desk/secrets is registered twice")]
fn an_address_that_is_registered_with_two_needs_stops_the_start() {
    let mut at = Routes::default();
    at.desk().get("/secrets", May::Manage, for_staff).get("/secrets", May::Read, for_staff);
}

#[test]
fn an_auditor_changes_nothing_and_a_clerk_gives_nothing_back() {
    let mut wrong = Vec::new();

    for Registered { method, pattern, need } in registered() {
        let Need::Staff(may) = need else { continue };
        let roles = may.roles();
        let is_own = OWN_ACCOUNT.iter().any(|own| pattern.starts_with(own)) || pattern == TAKING_A_FILE;
        if method != "GET" && !is_own && roles.contains(&Role::Auditor) {
            wrong.push(format!("{method} {pattern} lets an auditor change something"));
        }
        let is_decision =
            ["refund", "bounce", "settings", "/funds", "/appeals"].iter().any(|word| pattern.contains(word));
        if method != "GET" && is_decision && (roles.contains(&Role::Clerk) || roles.contains(&Role::Secretary)) {
            wrong.push(format!("{method} {pattern} lets a clerk or a secretary decide"));
        }
        if method == "GET" && !roles.contains(&Role::Auditor) && !pattern.ends_with("/new") {
            wrong.push(format!("{method} {pattern} keeps an auditor from reading"));
        }
    }

    assert_eq!(wrong, Vec::<String>::new());
}
