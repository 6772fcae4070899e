//! The real application on port 0 with a database of its own and a clock that stands still.
//!
//! When a test ends, its books must still be proved by `verify`, and all of its mail must have left.

use std::net::TcpListener;

use chrono::{DateTime, TimeZone, Utc};
use fighting_fund::app::App;
use fighting_fund::clock::Clock;
use fighting_fund::config::{RawSettings, Settings};
use fighting_fund::db::{DbError, Lock, hold};
use fighting_fund::http::Proxies;
use fighting_fund::staff::{self, Actor, NewMember, Password, Passwords, Role, StaffError, add_token, tokens};
use fighting_fund::{outbox, verify, worker};

/// A running application.
pub struct TestApp {
    pub app: App,
    pub url: String,
    pub client: reqwest::Client,
    pub folder: tempfile::TempDir,
    postgres: Option<String>,
    checks_books: bool,
    checks_mail: bool,
}

/// A mail as its reader gets it.
pub struct Mail {
    pub file: String,
    pub raw: String,
    pub to: String,
    pub subject: String,
    pub text: String,
    pub html: String,
}

impl Mail {
    /// Reads a mail as a mail program would.
    pub fn read(file: String, raw: &[u8]) -> Self {
        let parsed = mail_parser::MessageParser::default().parse(raw).expect("a mail");
        let to = parsed.to().and_then(|to| to.first()).and_then(|to| to.address()).expect("a recipient").to_owned();
        let subject = parsed.subject().expect("a subject").to_owned();
        let text = parsed.body_text(0).expect("a text").replace("\r\n", "\n");
        let html = parsed.body_html(0).expect("HTML").replace("\r\n", "\n");
        Self { file, raw: String::from_utf8(raw.to_vec()).expect("ASCII"), to, subject, text, html }
    }

    /// A header as it stands, folded lines joined.
    pub fn header(&self, name: &str) -> Option<String> {
        let (headers, _) = self.raw.split_once("\r\n\r\n").expect("headers");
        let unfolded = headers.replace("\r\n ", " ").replace("\r\n\t", " ");
        let start = format!("{name}: ");
        unfolded.lines().find_map(|line| line.strip_prefix(&start)).map(str::to_owned)
    }
}

/// Noon in London on 27 June 2021, three days before the deadline.
pub fn noon() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2021, 6, 27, 11, 0, 0).unwrap()
}

impl TestApp {
    /// Starts at noon in London on 27 June 2021.
    pub async fn start() -> Self {
        Self::start_at(noon()).await
    }

    /// Starts at `now`.
    pub async fn start_at(now: DateTime<Utc>) -> Self {
        Self::start_with(now, None).await
    }

    /// Starts at noon with mail going to this address.
    pub async fn start_with_mail(mail: &str) -> Self {
        Self::start_with(noon(), Some(mail)).await
    }

    /// Starts at noon behind proxies that the settings name.
    pub async fn start_behind(proxies: Proxies) -> Self {
        Self::start_with_all(noon(), None, proxies).await
    }

    async fn start_with(now: DateTime<Utc>, mail: Option<&str>) -> Self {
        Self::start_with_all(now, mail, Proxies::default()).await
    }

    async fn start_with_all(now: DateTime<Utc>, mail: Option<&str>, proxies: Proxies) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let postgres = std::env::var("TEST_POSTGRES_URL").ok().map(|server| fresh_postgres(&server));
        let database = postgres
            .clone()
            .map_or_else(|| format!("sqlite:{}", folder.path().join("test.db").display()), |(_, url)| url);
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let settings = Settings::understand(RawSettings {
            database_url: Some(database),
            ff_public_url: Some(url.clone()),
            ff_mail: Some(mail.map_or_else(|| format!("dir:{}", folder.path().join("mail").display()), str::to_owned)),
            ff_mail_from: Some("Fighting Fund <fund@paper.example>".to_owned()),
            ..RawSettings::default()
        })
        .expect("good settings");
        let mut app = App::open(&settings, Clock::fixed(now)).expect("an application");
        app.passwords = Passwords::with_cost(8, 1).expect("a low cost");
        app.proxies = proxies;
        let server = app.serve(listener).expect("a server");
        actix_web::rt::spawn(server);
        let client = browser();
        Self {
            app,
            url,
            client,
            folder,
            postgres: postgres.map(|(name, _)| name),
            checks_books: true,
            checks_mail: true,
        }
    }

    /// The address of a path.
    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    /// Moves the clock.
    pub fn set_time(&self, now: DateTime<Utc>) {
        self.app.clock.set(now);
    }

    /// A bearer token with these scopes.
    pub async fn token(&self, scopes: &str) -> String {
        let scopes = tokens::scopes(scopes).expect("scopes");
        let made = self.app.db.write(|conn| {
            hold(conn, Lock::Books)?;
            add_token(conn, self.app.clock.now(), &Actor::Operator, "test", &scopes, "")
        });
        made.expect("a token").reveal().to_owned()
    }

    /// A browser in which a member of staff with this role is signed in.
    pub async fn sign_in(&self, role: Role) -> reqwest::Client {
        self.sign_in_with_cookie(role).await.0
    }

    /// The same, with the cookie for those who send it by hand: "session=...".
    pub async fn sign_in_with_cookie(&self, role: Role) -> (reqwest::Client, String) {
        let (email, password) = (format!("{}@paper.example", role.name()), "four words in a row");
        let password_hash = self.app.passwords.hash(&Password::new(password), &[]).expect("a hash");
        let new = NewMember { email: email.clone(), name: format!("The {}", role.name()), role, password_hash };
        let added = self.app.db.write(|conn| {
            hold(conn, Lock::Books)?;
            staff::add(conn, self.app.clock.now(), &Actor::Operator, &new, "")
        });
        assert!(matches!(added, Ok(_) | Err(StaffError::EmailTaken)), "a member of staff");
        let browser = browser();
        let form = [("email", email.as_str()), ("password", password)];
        let answer = browser.post(self.at("/desk/sign-in")).form(&form).send().await.expect("an answer");
        assert_eq!(answer.status(), reqwest::StatusCode::SEE_OTHER, "the door opens");
        let cookie = answer.headers()["set-cookie"].to_str().expect("a cookie");
        (browser, cookie.split(';').next().expect("a name and a value").to_owned())
    }

    /// Sends everything that is due at this moment.
    pub fn send_mail(&self) {
        let is_due = || self.app.db.read(|conn| outbox::is_any_due(conn, self.app.clock.now())).expect("the outbox");
        for _ in 0..ROUNDS_MAX {
            let sent = worker::tick(&self.app).expect("a round of background work");
            if sent.sent + sent.set_back == 0 && (!is_due() || self.app.post.trouble().is_some()) {
                return;
            }
        }
        panic!("the outbox is never empty");
    }

    /// Sends what is due, and reads every mail that ever went into the folder, oldest first.
    pub fn mails(&self) -> Vec<Mail> {
        self.send_mail();
        let Ok(files) = std::fs::read_dir(self.folder.path().join("mail")) else { return Vec::new() };
        let mut paths: Vec<_> = files.map(|file| file.expect("a file").path()).collect();
        paths.sort();
        let name = |path: &std::path::Path| path.file_name().expect("a name").to_string_lossy().into_owned();
        paths.iter().map(|path| Mail::read(name(path), &std::fs::read(path).expect("a file"))).collect()
    }

    /// For tests in which mail stays in the outbox.
    pub fn leave_mail_unsent(&mut self) {
        self.checks_mail = false;
    }

    /// For tests that break the books on purpose.
    pub fn leave_books_unchecked(&mut self) {
        self.checks_books = false;
        self.checks_mail = false;
    }

    /// The first fault that `verify` finds.
    pub fn fault(&self) -> Option<String> {
        let proofs = self.app.db.snapshot(verify::all).expect("verify reads");
        proofs.into_iter().find_map(|proof| proof.fault)
    }
}

/// More rounds than any test has mail for.
const ROUNDS_MAX: usize = 1_000;

impl Drop for TestApp {
    fn drop(&mut self) {
        if !std::thread::panicking() && self.checks_mail {
            self.send_mail();
            let left = self.app.db.read(outbox::counts).expect("the outbox");
            assert_eq!((left.waiting, left.failed), (0, 0), "mail is waiting or failed at the end of the test");
        }
        if !std::thread::panicking() && self.checks_books {
            assert_eq!(self.fault(), None, "the books do not hold at the end of the test");
        }
        if let (Some(name), Ok(server)) = (&self.postgres, std::env::var("TEST_POSTGRES_URL")) {
            drop(on_postgres(&server, &format!("DROP DATABASE {name} WITH (FORCE)")));
        }
    }
}

/// A browser of its own: it keeps cookies and shows where it is led.
pub fn browser() -> reqwest::Client {
    // Well before the server hangs up on a connection that nothing used: on a slow machine the two would meet.
    let idle = std::time::Duration::from_secs(1);
    let builder = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .cookie_store(true)
        .pool_idle_timeout(idle);
    builder.build().expect("a client")
}

/// A new database on the server: its name and its address.
pub fn fresh_postgres(server: &str) -> (String, String) {
    let name = format!("test_{}", uuid::Uuid::now_v7().simple());
    on_postgres(server, &format!("CREATE DATABASE {name} TEMPLATE template0")).expect("a database");
    let (base, _) = server.rsplit_once('/').expect("postgres://host/name");
    (name.clone(), format!("{base}/{name}"))
}

pub fn on_postgres(server: &str, statement: &str) -> Result<(), DbError> {
    use diesel::{Connection, RunQueryDsl};
    let mut conn = diesel::PgConnection::establish(server).map_err(|error| DbError::Open(error.to_string()))?;
    diesel::sql_query(statement).execute(&mut conn)?;
    Ok(())
}
