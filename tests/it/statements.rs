//! What the bank says: each line is kept once, however many files tell it.

use chrono::NaiveDate;
use fighting_fund::db::{Lock, hold};
use fighting_fund::money::GBP;
use fighting_fund::statements::told::{Told, ToldLine};
use fighting_fund::statements::{self, Bringing, Format, LineState, Statement, Wanted};

use crate::harness::{TestApp, noon};

fn day(day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2021, 6, day).expect("a day")
}

fn credit(on: u32, amount_minor: i64, reference: &str) -> ToldLine {
    ToldLine { booked_on: day(on), amount_minor, reference: reference.to_owned(), ..ToldLine::default() }
}

fn keep(app: &TestApp, file: u8, opening: i64, lines: Vec<ToldLine>) -> Statement {
    let sum: i64 = lines.iter().map(|line| line.amount_minor).sum();
    let told = Told { opening_minor: Some(opening), closing_minor: Some(opening + sum), lines, ..Told::default() };
    let from = Bringing {
        file_name: format!("{file}.csv"),
        format: Format::Csv,
        digest: [file; 32],
        by: "operator".to_owned(),
        request_id: String::new(),
    };
    let kept = app.app.db.write(|conn| {
        hold(conn, Lock::Books)?;
        statements::record(conn, noon(), &told, GBP, 1, &from)
    });
    kept.expect("a statement")
}

#[actix_web::test]
async fn a_line_that_two_statements_tell_is_kept_once_and_both_add_up() {
    let app = TestApp::start().await;

    let first = keep(&app, 1, 100, vec![credit(24, 1_000, "A"), credit(25, 500, "B"), credit(25, 500, "B")]);
    let second = keep(&app, 2, 1_100, vec![credit(25, 500, "B"), credit(25, 500, "B"), credit(26, 700, "C")]);

    assert_eq!((first.lines, first.known, second.lines, second.known), (3, 0, 1, 2));
    let lines = app.app.db.read(|conn| statements::lines(conn, &Wanted::default(), 10)).expect("lines");
    let told: Vec<(i64, &str)> = lines.iter().map(|line| (line.amount_minor, line.reference.as_str())).collect();
    assert_eq!(told, [(1_000, "A"), (500, "B"), (500, "B"), (700, "C")]);
    assert_eq!(app.app.db.read(|conn| statements::standing(conn, day(30))).expect("a balance"), Some((day(26), 2_800)));
}

#[actix_web::test]
async fn lines_are_found_by_state_day_and_place() {
    let mut app = TestApp::start().await;
    // States are set without anything behind them.
    app.leave_books_unchecked();
    let statement = keep(&app, 1, 0, (1..=9).map(|on| credit(on, i64::from(on), "")).collect());

    let all = app.app.db.read(|conn| statements::lines(conn, &Wanted::default(), 100)).expect("lines");
    let done: Vec<i64> = all[..3].iter().map(|line| line.id).collect();
    app.app.db.write(|conn| statements::set_states(conn, &done, LineState::Done)).expect("states");

    let find = |wanted: Wanted| {
        let lines = app.app.db.read(|conn| statements::lines(conn, &wanted, 2)).expect("lines");
        lines.iter().map(|line| line.amount_minor).collect::<Vec<_>>()
    };
    let waiting = Wanted { state: Some(LineState::Waiting), ..Wanted::default() };
    assert_eq!(find(waiting.clone()), [4, 5]);
    assert_eq!(find(Wanted { after: Some(all[4].place()), ..waiting.clone() }), [6, 7]);
    assert_eq!(find(Wanted { before: Some(all[8].place()), ..waiting }), [7, 8]);
    assert_eq!(find(Wanted { state: Some(LineState::Done), from: Some(day(2)), ..Wanted::default() }), [2, 3]);
    assert_eq!(find(Wanted { statement: Some(statement.id), until: Some(day(1)), ..Wanted::default() }), [1]);
    let waiting = |conn: &mut _| statements::count(conn, LineState::Waiting, Some(statement.id));
    assert_eq!(app.app.db.read(waiting).expect("a count"), 6);
}

#[actix_web::test]
async fn verify_tells_a_statement_whose_lines_do_not_lead_to_its_closing_balance() {
    let mut app = TestApp::start().await;
    keep(&app, 1, 0, vec![credit(24, 1_000, "A")]);
    assert_eq!(app.fault(), None);

    app.leave_books_unchecked();
    let told = Told { opening_minor: Some(0), closing_minor: Some(5), ..Told::default() };
    let from = Bringing {
        file_name: String::new(),
        format: Format::Ofx,
        digest: [9; 32],
        by: String::new(),
        request_id: String::new(),
    };
    app.app.db.write(|conn| statements::record(conn, noon(), &told, GBP, 1, &from)).expect("a statement");

    let fault = app.fault().expect("a fault");
    assert!(fault.starts_with("statement 2 moves the balance by 5"), "{fault}");
}
