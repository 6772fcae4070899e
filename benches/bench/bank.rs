//! A bank's statement and a spreadsheet of gifts, taken in by the command line as an operator would.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use chrono::{Days, NaiveDate, Utc};
use fighting_fund::db::{Db, Lock, hold};
use fighting_fund::donations::{self, NewGift};
use fighting_fund::ledger::Method;
use fighting_fund::reference::Reference;
use fighting_fund::statements::{self, LineState, matching};

use crate::program::{command, megabytes};
use crate::table::Table;
use crate::{Effort, rivals};

/// Of ten lines, those that carry the reference of a promise.
const REFERENCED_OF_TEN: usize = 3;
/// Promises recorded at a time.
const BATCH: usize = 500;

pub fn measure(name: &str, server: Option<&str>, effort: Effort, table: &mut Table) {
    let folder = tempfile::tempdir().expect("a folder");
    let database = server.map_or_else(
        || format!("sqlite:{}", folder.path().join("bank.db").display()),
        |server| rivals::fresh_postgres(server, "bench_bank"),
    );
    let db = rivals::open(&database);
    // As many as the aims name, and a tenth of that where the run is a quick one.
    let share = if effort.rounds == 1 { 10 } else { 1 };
    let (lines, rows, gifts, most) = (10_000 / share, 50_000 / share, 50_000 / share, 200_000 / share);
    promise(&db, lines * REFERENCED_OF_TEN / 10);
    db.write(|conn| matching::set_posts_certain(conn, true)).expect("a setting");
    let today = Utc::now().date_naive();

    let cases = [
        (
            "bank",
            "statement.csv",
            statement(today, lines),
            format!("a statement of {lines} lines, 30 % with references, taken in and matched"),
            "below 5 s",
        ),
        ("bank", "long.csv", plain_statement(today, rows), format!("a CSV of {rows} rows"), "below 3 s"),
        (
            "bank",
            "most.csv",
            longest_statement(today, most),
            format!("a CSV of {most} rows, the most that a file may have"),
            "below 4 s and 150 MB",
        ),
        (
            "donations",
            "gifts.csv",
            sheet(today, gifts),
            format!("`import donations` of {gifts} gifts"),
            "below 15 s on SQLite",
        ),
    ];
    for (what, file, text, words, aim) in cases {
        std::fs::write(folder.path().join(file), text).expect("a file");
        let start = Instant::now();
        let peak = import(&database, folder.path(), what, file);
        if file == "statement.csv" {
            let done = db.read(|conn| statements::count(conn, LineState::Done, None)).expect("a count");
            assert_eq!(done as usize, lines * REFERENCED_OF_TEN / 10, "each line with a reference is matched");
        }
        table.row(
            format!("{name}: {words}"),
            format!("{:.2} s, at most {peak:.0} MB", start.elapsed().as_secs_f64()),
            aim,
        );
    }
}

/// The answer is the most memory that it took, in megabytes.
fn import(database: &str, folder: &Path, what: &str, file: &str) -> f64 {
    let mut import = command(database, folder);
    let mut child = import.args(["import", what, file]).stdout(Stdio::null()).spawn().expect("it starts");
    let mut peak = 0.0_f64;
    let done = loop {
        peak = peak.max(megabytes(child.id(), "VmHWM").unwrap_or(0.0));
        if let Some(done) = child.try_wait().expect("a child") {
            break done;
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    assert!(done.success(), "import {what} {file}");
    peak
}

/// Promises of ten pounds each, whose references are those of the first numbers.
fn promise(db: &Db, count: usize) {
    let gifts: Vec<NewGift> = (1..=count).map(pledge).collect();
    for some in gifts.chunks(BATCH) {
        let recorded = db.write(|conn| {
            hold(conn, Lock::Books)?;
            donations::record_all(conn, Utc::now(), some)
        });
        assert!(recorded.expect("promises").iter().all(Result::is_ok));
    }
}

fn pledge(number: usize) -> NewGift {
    NewGift {
        key: format!("promise:{number}"),
        fingerprint: [0; 32],
        fund_id: 1,
        appeal: None,
        amount_minor: 1_000,
        method: Method::BankTransfer,
        is_pledge: true,
        received_on: None,
        name: format!("Reader {number}"),
        email: None,
        acknowledge_as: String::new(),
        anonymous: false,
        note: String::new(),
        in_memory_of: String::new(),
        memory_in_print: false,
        by: "bench".to_owned(),
        request_id: String::new(),
        stranger: None,
    }
}

/// Three lines of ten with the reference of a promise and its amount; yesterday's, so that each promise was made before.
fn statement(today: NaiveDate, lines: usize) -> String {
    let mut file = "Date,Description,Paid out,Paid in\n".to_owned();
    let mut promise = 0;
    for line in 0..lines {
        let words = if line % 10 < REFERENCED_OF_TEN {
            promise += 1;
            format!("READER {promise} {}", Reference::of(promise))
        } else {
            format!("SOMEBODY {line}")
        };
        writeln!(file, "{},{words},,10.00", today.format("%d/%m/%Y")).expect("text");
    }
    file
}

fn plain_statement(today: NaiveDate, rows: usize) -> String {
    let mut file = "Date,Description,Amount,Balance\n".to_owned();
    for row in 0..rows {
        let day = today - Days::new(1 + (rows - row) as u64 / 300);
        writeln!(file, "{},A LINE {row},1.00,{}.00", day.format("%d/%m/%Y"), row + 1).expect("text");
    }
    file
}

/// Other texts and days than those of [`plain_statement`], so that no line is known.
fn longest_statement(today: NaiveDate, rows: usize) -> String {
    let mut file = "Date,Description,Paid out,Paid in,Balance\n".to_owned();
    for row in 0..rows {
        let day = today - Days::new(1_000 + (rows - row) as u64 / 300);
        writeln!(file, "{},ANOTHER LINE {row},,1.00,{}.00", day.format("%d/%m/%Y"), row + 1).expect("text");
    }
    file
}

fn sheet(today: NaiveDate, gifts: usize) -> String {
    let mut file = "key,amount,method,received_on,name,email\n".to_owned();
    for gift in 0..gifts {
        let day = today - Days::new((gifts - gift) as u64 / 300);
        let person = gift % 20_000;
        writeln!(file, "k{gift},{}.00,cheque,{day},Reader {person},r{person}@example.org", 5 + gift % 50)
            .expect("text");
    }
    file
}
