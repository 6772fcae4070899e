//! The fund columns that a weekly printed, replayed gift by gift: every surface must show opening + gifts.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use chrono::{DateTime, NaiveDate, Utc};
use fighting_fund::exports::journal::{self, Format};
use fighting_fund::funds::{self, FundError, NewFund};
use fighting_fund::money::{GBP, parse_amount, plain};
use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::harness::TestApp;
use crate::tools::{is_installed, run_well};

#[derive(Deserialize)]
struct Columns {
    columns: Vec<Column>,
}

#[derive(Deserialize)]
struct Column {
    month: String,
    target: i64,
    opening: i64,
    stated_total: i64,
    #[serde(default)]
    stated_is_wrong: bool,
    days_remaining: Option<i64>,
    gifts: Vec<(String, i64, String)>,
}

impl Column {
    fn raised(&self) -> i64 {
        self.opening + self.gifts.iter().map(|(_, pounds, _)| pounds).sum::<i64>()
    }

    /// Noon in London on the 27th of the month.
    fn noon(&self) -> DateTime<Utc> {
        let day: NaiveDate = format!("{}-27", self.month).parse().expect("a month");
        let noon = day.and_hms_opt(12, 0, 0).expect("noon").and_local_timezone(chrono_tz::Europe::London);
        noon.single().expect("noon is never skipped").with_timezone(&Utc)
    }
}

fn columns() -> Vec<Column> {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases/fund-columns.json"));
    serde_json::from_str::<Columns>(&text.expect("the cases")).expect("JSON").columns
}

const SLUG: &str = "the-column";

/// A running application with the column's fund and all of its gifts.
struct Replayed {
    app: TestApp,
    token: String,
}

impl Replayed {
    async fn of(column: &Column) -> Self {
        let app = TestApp::start_at(column.noon()).await;
        let fund = NewFund { slug: SLUG.to_owned(), target_minor: column.target * 100, ..NewFund::default_fund() };
        let made = app.app.db.write(|conn| funds::add(conn, column.noon(), "the test", &fund).map(drop));
        made.map_err(|error: FundError| error.to_string()).expect("a fund");
        let replayed = Self { token: app.token("donations:write,ledger:read").await, app };
        replayed.give("opening", column.opening, "other").await;
        for (at, (giver, pounds, method)) in column.gifts.iter().enumerate() {
            // Each twice: a repeated request changes nothing.
            for expected in [StatusCode::CREATED, StatusCode::OK] {
                assert_eq!(replayed.give(&format!("{at}-{giver}"), *pounds, method).await, expected);
            }
        }
        replayed
    }

    async fn give(&self, key: &str, pounds: i64, method: &str) -> StatusCode {
        let body = json!({"amount": pounds.to_string(), "method": method, "name": key, "acknowledge_as": key});
        let path = self.app.at(&format!("/api/v1/funds/{SLUG}/donations"));
        let request = self.app.client.post(path).bearer_auth(&self.token).header("Idempotency-Key", key).json(&body);
        request.send().await.expect("an answer").status()
    }

    async fn json(&self, path: &str) -> Value {
        let answer = self.app.client.get(self.app.at(path)).bearer_auth(&self.token).send().await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        answer.json().await.expect("JSON")
    }

    /// The public JSON, once it has taken in the last gift: within a second.
    async fn progress(&self, column: &Column) -> Value {
        let raised = json!(plain(column.raised() * 100, GBP));
        let until = Instant::now() + Duration::from_secs(10);
        loop {
            let path = self.app.at(&format!("/funds/{SLUG}/progress"));
            let answer = self.app.client.get(path).send().await.expect("an answer");
            let shown: Value = answer.json().await.expect("JSON");
            if shown["raised"] == raised || Instant::now() > until {
                return shown;
            }
            actix_web::rt::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Balances as the API tells them, those that are not zero.
    async fn trial_balance(&self) -> BTreeMap<String, i64> {
        let accounts = self.json("/api/v1/ledger/accounts").await;
        let rows = accounts["accounts"].as_array().expect("accounts").iter();
        let rows = rows.map(|row| (row["account"].as_str(), row["balance"].as_str()));
        let rows =
            rows.map(|(account, balance)| (account.expect("a name").to_owned(), minor(balance.expect("a text"))));
        rows.filter(|(_, balance)| *balance != 0).collect()
    }

    fn journal(&self) -> String {
        let mut text = Vec::new();
        let written = self.app.app.db.snapshot(|conn| journal::write(conn, Format::Hledger, &mut text));
        written.expect("the journal is written");
        String::from_utf8(text).expect("UTF-8")
    }
}

fn minor(text: &str) -> i64 {
    match text.strip_prefix('-') {
        Some(digits) => -minor(digits),
        None if text.trim_matches(['0', '.']).is_empty() => 0,
        None => parse_amount(text, GBP).expect("an amount"),
    }
}

#[actix_web::test]
async fn every_surface_shows_opening_and_gifts_also_where_the_paper_printed_it_wrong() {
    for column in columns() {
        let replayed = Replayed::of(&column).await;

        let raised = plain(column.raised() * 100, GBP);
        let needed = plain((column.target - column.raised()).max(0) * 100, GBP);
        assert_eq!(column.stated_total != column.raised(), column.stated_is_wrong, "{}", column.month);

        let progress = replayed.progress(&column).await;
        assert_eq!((&progress["raised"], &progress["needed"]), (&json!(raised), &json!(needed)), "{}", column.month);
        assert_eq!(progress["appeal"], json!(column.month));
        assert_eq!(progress["donations"], json!(column.gifts.len() + 1));
        if let Some(days) = column.days_remaining {
            assert_eq!(progress["days_remaining"], json!(days));
        }
        for surface in surfaces(&replayed, column.raised() * 100).await {
            assert_eq!(surface, Ok(()), "{}", column.month);
        }
        let income = replayed.trial_balance().await[&format!("income:donations:{SLUG}")];
        assert_eq!(plain(-income, GBP), raised, "{}", column.month);
        assert_hledger_agrees(&replayed.journal(), &replayed.trial_balance().await);
    }
}

#[actix_web::test]
async fn the_last_column_shows_4712_needed_and_3_days_remaining() {
    let columns = columns();
    let column = columns.last().expect("four columns");

    let replayed = Replayed::of(column).await;

    let progress = replayed.progress(column).await;
    assert_eq!((&progress["needed"], &progress["days_remaining"]), (&json!("4712.00"), &json!(3)));
    assert_eq!((&progress["raised"], &progress["percent"]), (&json!("13288.00"), &json!(73)));
}

/// Asks the page, the image, the iframe and the stream for the figure.
async fn surfaces(replayed: &Replayed, raised_minor: i64) -> Vec<Result<(), String>> {
    let shown = fighting_fund::money::display_short(raised_minor, GBP);
    let mut answers = Vec::new();
    for path in ["", "/widget", "/progress.svg"] {
        let path = format!("/funds/{SLUG}{path}");
        let text = replayed.app.client.get(replayed.app.at(&path)).send().await.expect("an answer");
        let text = text.text().await.expect("a text");
        answers.push(if text.contains(&shown) {
            Ok(())
        } else {
            Err(format!("{path} does not show {shown}:\n{text}"))
        });
    }
    let raised = format!("\"raised\":\"{}\"", plain(raised_minor, GBP));
    let first = first_event(replayed).await;
    answers.push(if first.contains(&raised) {
        Ok(())
    } else {
        Err(format!("the stream does not say {raised}: {first}"))
    });
    answers
}

/// The state that the stream tells at once.
async fn first_event(replayed: &Replayed) -> String {
    let path = replayed.app.at(&format!("/funds/{SLUG}/progress/stream"));
    let mut stream = replayed.app.client.get(path).send().await.expect("a stream");
    let mut text = String::new();
    while !text.contains("\n\n") || !text.contains("data:") {
        let piece = stream.chunk().await.expect("the stream goes on").expect("the stream goes on");
        text.push_str(&String::from_utf8_lossy(&piece));
    }
    text
}

/// The journal balances and says what our trial balance says: read here in any case, and by the real program where it
/// is installed. `bin/test` installs it and insists.
fn assert_hledger_agrees(journal: &str, ours: &BTreeMap<String, i64>) {
    assert_eq!(&sums_of(journal), ours, "the journal read line by line");
    if is_installed("hledger") {
        hledger(journal, &["check"]);
        let balances = hledger(journal, &["balance", "--flat", "--no-total", "--output-format=csv"]);
        assert_eq!(&read_balances(&balances), ours, "hledger's balance");
    }
}

/// Every posting line, "    account  amount GBP", added up by account; each entry must sum to nothing.
fn sums_of(journal: &str) -> BTreeMap<String, i64> {
    let mut sums: BTreeMap<String, i64> = BTreeMap::new();
    for entry in journal.split("\n\n").skip(1) {
        let lines = entry.lines().filter(|line| line.starts_with("    ") && !line.trim_start().starts_with(';'));
        let lines: Vec<(String, i64)> = lines.map(posting).collect();
        assert_eq!(lines.iter().map(|(_, amount)| amount).sum::<i64>(), 0, "{entry}");
        for (account, amount) in lines {
            *sums.entry(account).or_default() += amount;
        }
    }
    sums.retain(|_, sum| *sum != 0);
    sums
}

fn posting(line: &str) -> (String, i64) {
    let mut words = line.split_whitespace();
    let (account, amount) = (words.next().expect("an account"), words.next().expect("an amount"));
    (account.to_owned(), minor(amount))
}

/// Runs hledger on a journal; it must be content.
pub fn hledger(journal: &str, arguments: &[&str]) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("fund.journal"), journal).expect("the journal is kept");
    run_well("hledger", &[&["-f", "fund.journal"], arguments].concat(), folder.path())
}

/// Reads `"assets:bank","280.00 GBP"`.
pub fn read_balances(csv: &str) -> BTreeMap<String, i64> {
    let rows = csv.lines().skip(1).map(|row| row.trim_matches('"').split_once("\",\"").expect("two columns"));
    rows.map(|(account, amount)| (account.to_owned(), minor(amount.trim_end_matches(" GBP")))).collect()
}
