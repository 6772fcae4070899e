//! The real application on port 0 with a database of its own and a clock that stands still.
//!
//! When a test ends, its books must still be proved by `verify`.

use std::net::TcpListener;

use chrono::{DateTime, TimeZone, Utc};
use fighting_fund::app::App;
use fighting_fund::clock::Clock;
use fighting_fund::config::{RawSettings, Settings};
use fighting_fund::db::DbError;
use fighting_fund::verify;

/// A running application.
pub struct TestApp {
    pub app: App,
    pub url: String,
    pub client: reqwest::Client,
    pub folder: tempfile::TempDir,
    postgres: Option<String>,
    checks_books: bool,
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
            ff_mail: Some(format!("dir:{}", folder.path().join("mail").display())),
            ff_mail_from: Some("Fighting Fund <fund@paper.example>".to_owned()),
            ..RawSettings::default()
        })
        .expect("good settings");
        let app = App::open(&settings, Clock::fixed(now)).expect("an application");
        let server = app.serve(listener).expect("a server");
        actix_web::rt::spawn(server);
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .cookie_store(true)
            .build()
            .expect("a client");
        Self { app, url, client, folder, postgres: postgres.map(|(name, _)| name), checks_books: true }
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
    pub async fn token(&self, _scopes: &str) -> String {
        "none".to_owned()
    }

    /// For tests that break the books on purpose.
    pub fn leave_books_unchecked(&mut self) {
        self.checks_books = false;
    }

    /// The first fault that `verify` finds.
    pub fn fault(&self) -> Option<String> {
        let proofs = self.app.db.snapshot(verify::all).expect("verify reads");
        proofs.into_iter().find_map(|proof| proof.fault)
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        if !std::thread::panicking() && self.checks_books {
            assert_eq!(self.fault(), None, "the books do not hold at the end of the test");
        }
        if let (Some(name), Ok(server)) = (&self.postgres, std::env::var("TEST_POSTGRES_URL")) {
            drop(on_postgres(&server, &format!("DROP DATABASE {name} WITH (FORCE)")));
        }
    }
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
