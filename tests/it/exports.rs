//! The books for others: what hledger, beancount and spreadsheets read is what our ledger says.

use std::collections::BTreeMap;
use std::io::Read;
use std::process::Stdio;

use calamine::{Data, Reader};
use fighting_fund::batches::{self, By, Kind, NewBatch, NewControl, NewRow};
use fighting_fund::demo;
use fighting_fund::exports::Span;
use fighting_fund::exports::journal::{self, Format};
use fighting_fund::ledger;
use fighting_fund::money::{GBP, plain};
use fighting_fund::staff::Role;

use crate::harness::{TestApp, noon};
use crate::program::Place;
use crate::tools::{is_installed, run_well};

/// Books with gifts of every kind, some that went back, a share register and three batches of the post.
pub async fn full_books() -> TestApp {
    let mut app = TestApp::start().await;
    app.leave_mail_unsent();
    demo::fill(&app.app.db, noon()).expect("a demo");
    let by = By { who: "staff:1 +Jane".to_owned(), request_id: String::new() };
    for (day, kind) in [("2021-05-30", Kind::Cheques), ("2021-06-01", Kind::Cash), ("2021-06-26", Kind::CardSlips)] {
        let received_on = day.parse().expect("a date");
        let control = NewControl { received_on, sum_minor: 1_250, count: 2, note: "=the bucket".to_owned() };
        let new = NewBatch { key: day.to_owned(), kind, fund_id: 1, control };
        let typed = NewRow { key: day.to_owned(), amount: "5".to_owned(), ..NewRow::default() };
        let entered = app.app.db.write(|conn| {
            let batch = batches::open(conn, noon(), &by, &new)?;
            batches::enter(conn, noon(), &by, batch, &typed)
        });
        entered.expect("a batch");
    }
    app
}

fn journal_of(app: &TestApp, format: Format, days: &Span) -> String {
    let mut text = Vec::new();
    let written = app.app.db.snapshot(|conn| journal::write_days(conn, format, days, &mut text));
    written.expect("the journal is written");
    String::from_utf8(text).expect("UTF-8")
}

/// Balances that are not zero, in the words of beancount: "Assets:Bank" and "280.00".
fn our_balances(app: &TestApp) -> BTreeMap<String, String> {
    let day = "2100-01-01".parse().expect("a date");
    let balances = app.app.db.read(|conn| ledger::balances(conn, day)).expect("balances").into_iter();
    let net = balances.map(|it| (journal::account(&it.account), it.debit_minor - it.credit_minor));
    net.filter(|(_, net)| *net != 0).map(|(account, net)| (account, plain(net, GBP))).collect()
}

fn bean_check(text: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("fund.beancount"), text).expect("the journal is kept");
    run_well("bean-check", &["fund.beancount"], folder.path());
    folder
}

#[actix_web::test]
async fn beancount_accepts_the_journal_and_finds_our_balances() {
    let app = full_books().await;

    let text = journal_of(&app, Format::Beancount, &Span::default());

    let head = app.app.db.read(ledger::head).expect("a head");
    let hash = ledger::chain::hex(&head.hash);
    assert!(text.contains(&format!("custom \"ledger-head\" {} \"{hash}\"", head.number)), "{}", &text[..800]);
    assert!(text.contains("  corrects: ") && text.contains("    appeal: \"fighting-fund/2021-06\""));
    if is_installed("bean-check") {
        let folder = bean_check(&text);
        let query = "select account, sum(position) group by account";
        let told = run_well("bean-query", &["-f", "csv", "fund.beancount", query], folder.path());
        let rows = told.lines().skip(1).filter_map(|row| row.split_once(','));
        let rows = rows.map(|(account, sum)| (account.trim(), sum.trim().trim_end_matches("GBP").trim()));
        let told: BTreeMap<String, String> = rows
            .filter(|(_, sum)| !sum.is_empty())
            .map(|(account, sum)| (account.to_owned(), sum.to_owned()))
            .collect();
        assert_eq!(told, our_balances(&app), "bean-query");
    }
}

#[actix_web::test]
async fn beancount_accepts_a_few_days_and_empty_books() {
    let app = full_books().await;
    let june = Span { from: "2021-06-01".parse().ok(), until: "2021-06-15".parse().ok() };

    let few = journal_of(&app, Format::Beancount, &june);
    let none = journal_of(&app, Format::Beancount, &Span::year(1999).expect("a year"));

    assert!(few.contains("\n2021-06-15 * ") && !few.contains("\n2021-06-16 * ") && !few.contains("\n2021-05-31 * "));
    assert!(few.contains("2021-06-01 to 2021-06-15, out of entries 1 to "), "{}", &few[..300]);
    assert!(!none.contains(" * "), "{none}");
    let empty = TestApp::start().await;
    let empty = journal_of(&empty, Format::Beancount, &Span::default());
    assert!(empty.starts_with("; The journal of the fighting fund: no entries yet\n"), "{empty}");
    if is_installed("bean-check") {
        for text in [&few, &none, &empty] {
            bean_check(text);
        }
    }
}

#[actix_web::test]
async fn hledger_accepts_a_few_days_and_the_full_books() {
    let app = full_books().await;
    for days in [Span::default(), Span::year(2021).expect("a year"), Span::year(1999).expect("a year")] {
        let text = journal_of(&app, Format::Hledger, &days);
        if is_installed("hledger") {
            crate::books::hledger(&text, &["check"]);
        }
    }
}

/// A file as the desk gives it away.
struct Taken {
    name: String,
    head: String,
    bytes: Vec<u8>,
}

async fn take(app: &TestApp, browser: &reqwest::Client, file: &str) -> Taken {
    let (file, days) = file.split_once('?').unwrap_or((file, ""));
    let form: Vec<(&str, &str)> = days.split('&').filter_map(|day| day.split_once('=')).collect();
    let answer = browser.post(app.at(&format!("/desk/exports/{file}"))).form(&form).send().await.expect("an answer");
    assert_eq!(answer.status(), 200, "{file}");
    let header = |name: &str| answer.headers()[name].to_str().expect("ASCII").to_owned();
    let (name, head) = (header("content-disposition"), header("x-ledger-head"));
    let length: usize = header("content-length").parse().expect("a length");
    let bytes = answer.bytes().await.expect("a body").to_vec();
    assert_eq!(bytes.len(), length, "{file}");
    Taken { name, head, bytes }
}

fn csv_rows(bytes: &[u8]) -> Vec<Vec<String>> {
    let mut csv = csv::ReaderBuilder::new().has_headers(false).from_reader(bytes);
    csv.records().map(|row| row.expect("a row").iter().map(str::to_owned).collect()).collect()
}

/// The first sheet and the sheet "About" of a workbook.
fn sheets(bytes: Vec<u8>) -> (calamine::Range<Data>, calamine::Range<Data>) {
    let mut book = calamine::Xlsx::new(std::io::Cursor::new(bytes)).expect("a workbook");
    let first = book.sheet_names()[0].clone();
    for name in book.sheet_names() {
        let formulas = book.worksheet_formula(&name).expect("a sheet");
        assert!(formulas.cells().all(|(_, _, formula)| formula.is_empty()), "a formula in {name}");
    }
    (book.worksheet_range(&first).expect("a sheet"), book.worksheet_range("About").expect("a sheet"))
}

/// A cell in the words of the CSV beside it; what it is must be what the column promises.
fn cell_as_csv(cell: Option<&Data>, column: &str, beside: &str) -> String {
    match (cell, column) {
        (None | Some(Data::Empty), _) => String::new(),
        (Some(Data::String(text)), _) => fighting_fund::exports::cell(text).into_owned(),
        (Some(Data::Bool(truth)), _) => truth.to_string(),
        (Some(Data::DateTime(at)), column) if column.ends_with("_at") => {
            let at = at.as_datetime().expect("a moment");
            let told: chrono::DateTime<chrono::Utc> = beside.parse().expect("RFC 3339");
            assert!((told.naive_utc() - at).num_milliseconds().abs() < 1_000, "{at} and {beside}");
            beside.to_owned()
        }
        (Some(Data::DateTime(at)), _) => at.as_datetime().expect("a day").date().to_string(),
        (Some(Data::Float(number)), "entry" | "batch" | "counted" | "entered") => number.to_string(),
        (Some(Data::Float(number)), _) => format!("{number:.2}"),
        (Some(other), column) => panic!("{column}: {other:?}"),
    }
}

const TABLES: [&str; 5] = ["donations", "batches", "receipts", "trial-balance", "income"];

#[actix_web::test]
async fn a_workbook_says_what_the_csv_says_and_both_name_the_head() {
    let app = full_books().await;
    let auditor = app.sign_in(Role::Auditor).await;
    let head = app.app.db.read(ledger::head).expect("a head");
    let hash = ledger::chain::hex(&head.hash);

    for table in TABLES {
        let csv = take(&app, &auditor, &format!("{table}.csv?from=2021-05-01&until=2021-06-20")).await;
        let xlsx = take(&app, &auditor, &format!("{table}.xlsx?from=2021-05-01&until=2021-06-20")).await;

        assert_eq!((&csv.head, &xlsx.head), (&format!("{} {hash}", head.number), &csv.head));
        let name = format!("{table}-2021-05-01-to-2021-06-20-entry-{}-{}", head.number, &hash[..8]);
        assert!(csv.name.contains(&format!("\"{name}.csv\"")), "{}", csv.name);
        assert!(xlsx.name.contains(&format!("\"{name}.xlsx\"")), "{}", xlsx.name);
        let rows = csv_rows(&csv.bytes);
        let last = rows[0].len() - 1;
        assert_eq!((rows[0][last].as_str(), &rows[1][last]), ("ledger_head", &format!("{}:{hash}", head.number)));
        assert!(rows.len() > 2 && rows[2..].iter().all(|row| row[last].is_empty()), "{table}");
        let (sheet, about) = sheets(xlsx.bytes);
        assert_eq!(sheet.height(), rows.len(), "{table}");
        for (at, row) in rows.iter().enumerate() {
            for (column, beside) in row[..last].iter().enumerate() {
                let cell = sheet.get((at, column));
                assert_eq!(&cell_as_csv(cell, &rows[0][column], beside), beside, "{table}, row {at}");
            }
        }
        let told: Vec<String> = about.rows().map(|row| row[1].to_string()).collect();
        assert!(told.contains(&hash) && told.contains(&head.number.to_string()), "{told:?}");
    }
}

#[actix_web::test]
async fn the_trial_balance_and_the_income_are_the_ledgers() {
    let app = full_books().await;
    let auditor = app.sign_in(Role::Auditor).await;

    let trial = csv_rows(&take(&app, &auditor, "trial-balance.csv?from=2021-06-01").await.bytes);
    let income = csv_rows(&take(&app, &auditor, "income.csv").await.bytes);

    let balances = trial.iter().skip(1).map(|row| (journal::account(&row[0]), row[5].clone()));
    let balances: BTreeMap<String, String> = balances.filter(|(_, balance)| balance != "0.00").collect();
    assert_eq!(balances, our_balances(&app));
    for column in [2, 5] {
        assert_eq!(trial.iter().skip(1).map(|row| minor(&row[column])).sum::<i64>(), 0, "column {column}");
    }
    for row in &trial[1..] {
        assert_eq!(minor(&row[2]) + minor(&row[3]) - minor(&row[4]), minor(&row[5]), "{row:?}");
    }
    let gifts: i64 =
        income.iter().filter(|row| row[1] == "income:donations:fighting-fund").map(|row| minor(&row[5])).sum();
    assert_eq!(plain(-gifts, GBP), our_balances(&app)["Income:Donations:Fighting-fund"]);
    let months: Vec<&str> = income[1..].iter().map(|row| row[0].as_str()).collect();
    assert!(months.is_sorted() && months.len() > 3 && months.last() == Some(&"2021-06"), "{months:?}");
}

fn minor(text: &str) -> i64 {
    text.replace('.', "").parse().expect("an amount")
}

#[actix_web::test]
async fn a_text_that_would_be_a_formula_stays_a_text() {
    let mut app = TestApp::start().await;
    app.leave_mail_unsent();
    let token = app.token("donations:write").await;
    for (key, name) in [
        ("1", "=HYPERLINK(\"http://bad\")"),
        ("2", "+1"),
        ("3", "-1"),
        ("4", "@SUM(A1)"),
        ("5", "\u{ff1d}1\u{ff0b}1"),
        ("6", "\u{ff20}SUM(A1)"),
        ("7", "x\u{7}y"),
    ] {
        let body = serde_json::json!({"amount": "5.00", "method": "cash", "name": name, "note": name});
        let path = app.at("/api/v1/funds/fighting-fund/donations");
        let request = app.client.post(path).bearer_auth(&token).header("Idempotency-Key", key).json(&body);
        drop(request.send().await.expect("an answer"));
    }
    let auditor = app.sign_in(Role::Auditor).await;

    let csv = csv_rows(&take(&app, &auditor, "donations.csv").await.bytes);
    let (sheet, _) = sheets(take(&app, &auditor, "donations.xlsx").await.bytes);

    let name = csv[0].iter().position(|column| column == "name").expect("a column");
    let guarded: Vec<&str> = csv[1..7].iter().map(|row| row[name].as_str()).collect();
    let full_width = ["'\u{ff1d}1\u{ff0b}1", "'\u{ff20}SUM(A1)"];
    assert_eq!(guarded[..4], ["'=HYPERLINK(\"http://bad\")", "'+1", "'-1", "'@SUM(A1)"]);
    assert_eq!(guarded[4..], full_width);
    assert_eq!(sheet.get((1, name)), Some(&Data::String("=HYPERLINK(\"http://bad\")".to_owned())));
}

#[actix_web::test]
async fn empty_books_and_a_year_without_entries_have_their_headings() {
    let (empty, full) = (TestApp::start().await, full_books().await);
    for (app, days) in [(&empty, ""), (&full, "?from=1999-01-01&until=1999-12-31")] {
        let clerk = app.sign_in(Role::Clerk).await;
        for table in TABLES {
            let csv = take(app, &clerk, &format!("{table}.csv{days}")).await;
            let (sheet, about) = sheets(take(app, &clerk, &format!("{table}.xlsx{days}")).await.bytes);
            assert_eq!((csv_rows(&csv.bytes).len(), sheet.height()), (1, 1), "{table}{days}");
            assert!(about.rows().any(|row| row[0] == "Its hash" && row[1].to_string().len() == 64));
        }
        for journal in ["journal.hledger", "journal.beancount", "journal.csv"] {
            assert!(!take(app, &clerk, &format!("{journal}{days}")).await.bytes.is_empty(), "{journal}");
        }
    }
}

#[actix_web::test]
async fn the_page_offers_each_file_for_the_days_and_says_what_is_wrong_with_them() {
    let app = full_books().await;
    let treasurer = app.sign_in(Role::Treasurer).await;
    let get = async |path: &str| {
        let answer = treasurer.get(app.at(path)).send().await.expect("an answer");
        (answer.status().as_u16(), answer.text().await.expect("a page"))
    };

    let (status, page) = get("/desk/exports?from=2021-06-01&until=2021-06-30").await;
    assert_eq!(status, 200);
    assert!(page.contains("action=\"/desk/exports/journal.beancount\""), "{page}");
    assert!(
        page.contains("name=\"from\" value=\"2021-06-01\"") && page.contains("name=\"until\" value=\"2021-06-30\"")
    );
    assert!(page.contains("?from=2021-01-01&amp;until=2021-12-31\">2021</a>"), "{page}");

    for path in ["/desk/exports", "/desk/exports/donations.csv"] {
        let (status, page) = get(&format!("{path}?from=2021-06-30&until=2021-06-01")).await;
        assert_eq!(status, 422, "{path}");
        assert!(page.contains("The last day cannot be before the first.") && page.contains("value=\"2021-06-30\""));
        let (status, page) = get(&format!("{path}?from=30%2F06%2F2021")).await;
        assert_eq!(status, 422, "{path}");
        assert!(page.contains("year-month-day") && page.contains("value=\"30/06/2021\""));
    }
    assert_eq!(get("/desk/exports/everything.zip").await.0, 404);

    take(&app, &treasurer, "donations.xlsx?until=2021-06-30").await;
    let (_, trail) = get("/desk/audit").await;
    assert!(trail.contains("books exported") && trail.contains("up to 2021-06-30, at entry "), "{trail}");
}

#[actix_web::test]
async fn a_link_to_a_file_takes_nothing_and_leads_to_the_page_with_its_days() {
    let app = full_books().await;
    let auditor = app.sign_in(Role::Auditor).await;
    let address = app.at("/desk/exports/donations.csv?from=2021-06-01&until=2021-06-30");

    let answer = auditor.get(address).send().await.expect("an answer");
    let trail = auditor.get(app.at("/desk/audit")).send().await.expect("an answer").text().await.expect("a page");

    assert_eq!(answer.status(), 303);
    assert_eq!(answer.headers()["location"], "/desk/exports?from=2021-06-01&until=2021-06-30#files");
    assert!(!trail.contains("books exported"), "{trail}");
}

#[test]
fn on_the_command_line_a_file_is_whole_or_not_there_and_a_closed_pipe_is_no_failure() {
    let place = Place::new();
    place.run_well(&["migrate"]);
    place.run_well(&["fund", "add", "fighting-fund", "--title", "F", "--target", "100.00", "--monthly"]);
    let rows: String = (0..3_000).map(|n| format!("5.00,cash,2021-06-27,Reader {n}\n")).collect();
    std::fs::write(place.path("gifts.csv"), format!("amount,method,received_on,name\n{rows}")).expect("a file");
    place.run_well(&["import", "donations", "gifts.csv"]);

    for arguments in [
        &["export", "journal", "--format", "beancount"][..],
        &["export", "journal", "--format", "csv"],
        &["export", "donations"],
        &["export", "donations", "--format", "xlsx"],
        &["export", "receipts", "--format", "csv"],
    ] {
        let mut command = place.command(arguments);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
        let mut first = [0; 16];
        child.stdout.take().expect("a pipe").read_exact(&mut first).expect("a beginning");
        let output = child.wait_with_output().expect("it ends");
        assert!(output.status.success() && output.stderr.is_empty(), "{arguments:?}: {output:?}");
    }

    place.run_well(&["export", "donations", "--format", "xlsx", "--year", "2021", "--output", "gifts.xlsx"]);
    let (sheet, _) = sheets(std::fs::read(place.path("gifts.xlsx")).expect("a file"));
    assert_eq!(sheet.height(), 3_001);
    let piped = place.run(&["export", "donations", "--format", "xlsx", "--year", "2021"]).stdout;
    assert_eq!(sheets(piped).0.height(), 3_001);
    place.run_well(&["export", "trial-balance", "--from", "2022-01-01"]);

    let before: Vec<_> = std::fs::read_dir(place.folder.path()).expect("a folder").collect();
    let failed = place.run(&["export", "income", "--output", "no/such/folder/income.csv"]);
    let told = String::from_utf8_lossy(&failed.stderr).into_owned();
    assert!(failed.status.code() == Some(1) && told.contains("income.csv cannot be written"), "{told}");
    let failed = place.run(&["export", "income", "--from", "2021-02-01", "--until", "2021-01-01"]);
    assert!(String::from_utf8_lossy(&failed.stderr).contains("lies before 2021-02-01"), "{failed:?}");
    assert_eq!(place.run(&["export", "income", "--year", "2021", "--until", "2021-01-01"]).status.code(), Some(2));
    assert_eq!(std::fs::read_dir(place.folder.path()).expect("a folder").count(), before.len());
}
