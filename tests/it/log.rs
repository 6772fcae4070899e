//! What the log knows: routes and numbers; never a secret, a link, an address or a name.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use diesel::connection::{Connection, SimpleConnection};
use reqwest::Client;

use crate::harness::browser;
use crate::postmaster::{Postmaster, Protection};
use crate::program::{Place, Running};

const PASSWORD: &str = "quarrelsome walrus under marmalade";
const WRONG: &str = "peculiar walrus beside marmalade";
const MAIL_PASSWORD: &str = "mail-Zq8vK3-password";

/// Names and addresses of the day, each found nowhere else.
const WORDS: [&str; 14] = [
    "Quibblethorpe",
    "zerlina@giver.example",
    "Frobisher",
    "ottoline@giver.example",
    "Brambleworth",
    "hyacinth@owner.example",
    "Larkspur Passage",
    "prunella@paper.example",
    "Prunella",
    "peregrine@paper.example",
    "Snodgrass",
    "stranger@nowhere.example",
    "a-secret-referrer",
    "an-odd-user-agent",
];

/// Somebody whose browser says more of itself than it should.
struct Day<'a> {
    program: &'a Running,
    browser: Client,
    /// Every secret that was handed out or used.
    secrets: RefCell<Vec<String>>,
}

impl<'a> Day<'a> {
    fn new(program: &'a Running) -> Self {
        Self { program, browser: browser(), secrets: RefCell::default() }
    }

    fn at(&self, path: &str) -> String {
        format!("{}{path}", self.program.url)
    }

    async fn get(&self, path: &str) -> (u16, String) {
        let request = self.browser.get(self.at(path)).header("Referer", "http://x.example/a-secret-referrer");
        let answer = request.header("User-Agent", "an-odd-user-agent").send().await.expect("an answer");
        (answer.status().as_u16(), answer.text().await.expect("a page"))
    }

    /// Sends a form; the answer is where it leads, or the page.
    async fn post(&self, path: &str, fields: &[(&str, &str)]) -> (u16, String) {
        let answer = self.browser.post(self.at(path)).form(fields).send().await.expect("an answer");
        let place = answer.headers().get("location").map(|place| place.to_str().expect("ASCII").to_owned());
        for cookie in answer.headers().get_all("set-cookie") {
            let value = cookie.to_str().expect("ASCII").split(['=', ';']).nth(1).unwrap_or_default();
            self.secrets.borrow_mut().extend((value.len() > 8).then(|| value.to_owned()));
        }
        (answer.status().as_u16(), place.unwrap_or(answer.text().await.expect("a page")))
    }

    fn keep(&self, address: &str) -> String {
        let secret = address.rsplit('/').next().expect("the last part").to_owned();
        assert!(secret.len() > 8, "{address}");
        self.secrets.borrow_mut().push(secret);
        address.to_owned()
    }

    async fn give(&self) -> String {
        let fields = [
            ("amount", "25.00"),
            ("method", "bank_transfer"),
            ("name", "Zerlina Quibblethorpe"),
            ("email", "zerlina@giver.example"),
            ("key", "the-gift-of-the-day"),
        ];
        let (status, place) = self.post("/funds/fighting-fund/donations", &fields).await;
        assert_eq!(status, 303, "{place}");
        self.keep(&place)
    }

    async fn give_by_program(&self, token: &str) {
        let gift = serde_json::json!({"amount": "5.00", "method": "cash", "name": "Ottoline Frobisher",
            "email": "ottoline@giver.example"});
        for (token, status) in [(token, 201), ("not-a-token-9d8f7e6a5b4c", 401)] {
            let request = self.browser.post(self.at("/api/v1/funds/fighting-fund/donations")).bearer_auth(token);
            let answer =
                request.header("Idempotency-Key", "key-7f3a-secret").json(&gift).send().await.expect("an answer");
            assert_eq!(answer.status().as_u16(), status);
            self.secrets.borrow_mut().push(token.to_owned());
        }
        self.secrets.borrow_mut().push("key-7f3a-secret".to_owned());
    }

    async fn sign_in(&self) {
        let door = "/desk/sign-in";
        let wrong = self.post(door, &[("email", "prunella@paper.example"), ("password", WRONG)]).await;
        let unknown = self.post(door, &[("email", "stranger@nowhere.example"), ("password", WRONG)]).await;
        let right = self.post(door, &[("email", "prunella@paper.example"), ("password", PASSWORD)]).await;
        assert_eq!((wrong.0, unknown.0, right.0), (422, 422, 303), "{right:?}");
    }

    async fn invite(&self) -> String {
        let (_, page) = self.post("/desk/staff/invitations", &[("role", "clerk")]).await;
        let (_, rest) = page.split_once("/desk/welcome/").expect("a link");
        let secret = rest.split(|c: char| !c.is_ascii_alphanumeric()).next().expect("a secret");
        self.keep(&format!("/desk/welcome/{secret}"))
    }

    async fn apply(&self) -> String {
        let fields = [
            ("shares", "5"),
            ("name", "Hyacinth Brambleworth"),
            ("email", "hyacinth@owner.example"),
            ("address", "1 Larkspur Passage"),
            ("accepts_rules", "on"),
            ("key", "the-application-of-the-day"),
        ];
        let (status, place) = self.post("/shares/applications", &fields).await;
        assert_eq!(status, 303, "{place}");
        self.keep(&place)
    }
}

/// Runs a statement beside the program.
fn beside(place: &Place, statement: &str) {
    let url = place.setting("DATABASE_URL");
    match url.strip_prefix("sqlite:") {
        Some(path) => {
            let path = place.path(path).display().to_string();
            let mut conn = diesel::SqliteConnection::establish(&path).expect("the books open");
            conn.batch_execute(&format!("PRAGMA busy_timeout = 10000; {statement}")).expect("it runs");
        }
        None => {
            diesel::PgConnection::establish(url).expect("the books open").batch_execute(statement).expect("it runs");
        }
    }
}

fn add_staff(place: &Place) {
    let arguments = [
        "staff",
        "add",
        "prunella@paper.example",
        "--name",
        "Prunella Snodgrass",
        "--role",
        "administrator",
        "--password-stdin",
    ];
    let mut child = place.command(&arguments).stdin(std::process::Stdio::piped()).spawn().expect("it starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    std::io::Write::write_all(&mut stdin, format!("{PASSWORD}\n").as_bytes()).expect("it reads");
    drop(stdin);
    assert!(child.wait().expect("it ends").success());
}

#[actix_web::test]
async fn a_whole_day_at_trace_leaves_no_secret_no_link_and_no_name_in_the_log() {
    let server = Postmaster::start(Protection::None);
    server.ask_password(MAIL_PASSWORD);
    server.refuse_recipient("ottoline@giver.example", &["450 4.2.0 <ottoline@giver.example>: Frobisher's box is full"]);
    let place = Place::new()
        .with("RUST_LOG", "trace")
        .with("FF_MAIL", format!("smtp://mailbox-user:{MAIL_PASSWORD}@127.0.0.1:{}", server.port));
    add_staff(&place);
    let token = place.token("donations:write");
    let program = place.serve();
    let day = Day::new(&program);
    day.secrets.borrow_mut().extend([MAIL_PASSWORD, PASSWORD, WRONG].map(str::to_owned));

    let gift = day.give().await;
    day.give_by_program(&token).await;
    let application = day.apply().await;
    day.sign_in().await;
    let welcome = day.invite().await;
    let newcomer = [("name", "Peregrine Snodgrass"), ("email", "peregrine@paper.example"), ("password", PASSWORD)];
    let pages = [
        gift.clone(),
        format!("{gift}x"),
        application.clone(),
        welcome.clone(),
        format!("{welcome}0"),
        "/desk/gifts?q=Quibblethorpe".to_owned(),
        "/desk/supporters?q=Frobisher".to_owned(),
        "/desk/shares/register?q=Brambleworth".to_owned(),
        "/desk/gifts?q=Quibblethorpe%00".to_owned(),
        "/nowhere/Snodgrass?q=zerlina@giver.example".to_owned(),
        "/%64esk/Quibblethorpe".to_owned(),
    ];
    for page in &pages {
        let (status, _) = day.get(page).await;
        assert!(status < 500, "{page}: {status}");
    }
    let stranger = Day::new(&program);
    assert_eq!(stranger.post(&welcome, &newcomer).await.0, 303);
    letters(&server, 2).await;

    // And the same when nothing works.
    for table in ["donations", "staff", "holders", "share_applications"] {
        beside(&place, &format!("ALTER TABLE {table} RENAME TO lost_{table}"));
    }
    let mut failed = 0;
    for page in &pages {
        failed += usize::from(day.get(page).await.0 >= 500);
    }
    failed += usize::from(stranger.post(&welcome, &newcomer).await.0 >= 500);
    day.post("/funds/fighting-fund/donations", &[("amount", "1.00"), ("method", "cash"), ("name", "Frobisher")]).await;
    day.post("/desk/sign-in", &[("email", "prunella@paper.example"), ("password", WRONG)]).await;
    assert!(failed >= 4, "{failed}");

    let (log, secrets) = (program.log(), [day.secrets.take(), stranger.secrets.take()].concat());
    assert!(log.contains("a request failed") && log.contains("/donations/{token}"), "{log}");
    for word in WORDS.iter().map(|word| (*word).to_owned()).chain(secrets) {
        let found = log.lines().find(|line| line.contains(&word));
        assert_eq!(found, None, "{word} stands in the log");
    }
}

/// Waits until the server took so many letters.
async fn letters(server: &Postmaster, count: usize) {
    let until = Instant::now() + Duration::from_secs(60);
    while server.taken().len() < count {
        assert!(Instant::now() < until, "only {} letters came", server.taken().len());
        actix_web::rt::time::sleep(Duration::from_millis(100)).await;
    }
}

#[actix_web::test]
async fn what_a_client_does_wrong_is_no_error_in_the_log() {
    let place = Place::new().with("RUST_LOG", "info");
    let program = place.serve();
    let day = Day::new(&program);

    for path in ["/nowhere", "/%64esk", "/desk/gifts?q=%00", "/donations/none", "/funds/none"] {
        assert!((300..500).contains(&day.get(path).await.0), "{path}");
    }
    assert_eq!(day.post("/funds/fighting-fund/donations", &[("amount", "nothing")]).await.0, 422);
    let answer = day.browser.post(day.at("/api/v1/funds/fighting-fund/donations")).send().await.expect("an answer");
    assert_eq!(answer.status().as_u16(), 401);
    let address = crate::line::place_of(&program.url);
    for rubbish in [
        "\u{16}\u{3}\u{1}",
        "GET / HTTP/9.9\r\n\r\n",
        "GET /\u{0} HTTP/1.1\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
    ] {
        let mut line = crate::line::Line::open(address, 0, 1).await.expect("a connection");
        line.write(rubbish).await.expect("it is sent");
        line.ends_within(Duration::from_secs(8)).await;
    }

    let log = program.log();
    program.stop();
    assert!(!log.contains("ERROR") && !log.contains("WARN"), "{log}");
}
