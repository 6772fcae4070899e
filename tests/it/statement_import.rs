//! A bank's file comes in: all of it or nothing, and nothing twice.

use std::fmt::Write;

use fighting_fund::funds;
use fighting_fund::sheet::Intent;
use fighting_fund::statements::files::csv::layout::{Column, Layout, Saved, heading_digest};
use fighting_fund::statements::import::{How, ImportError, Taken, run};
use fighting_fund::statements::{self, Line, Wanted};

use crate::harness::{TestApp, noon};
use crate::program::Place;
use crate::statement_files::case;

fn bring(app: &TestApp, name: &str, bytes: &[u8], intent: Intent) -> Result<Taken, ImportError> {
    let how = How { file_name: name.to_owned(), by: "operator".to_owned(), ..How::default() };
    run(&app.app.db, noon(), &how, bytes, intent, &mut |_, _| {})
}

fn take(app: &TestApp, name: &str, bytes: &[u8]) -> Taken {
    let taken = bring(app, name, bytes, Intent::Record).expect("a readable file");
    assert_eq!(taken.report.faults, 0, "{:?}", taken.report.rows);
    taken
}

fn refusal(app: &TestApp, bytes: &[u8]) -> String {
    let before = lines(app).len();
    let refusal = bring(app, "file", bytes, Intent::Record).expect_err("a refusal").to_string();
    assert_eq!(lines(app).len(), before, "a refused file leaves nothing behind");
    refusal
}

fn lines(app: &TestApp) -> Vec<Line> {
    app.app.db.read(|conn| statements::lines(conn, &Wanted::default(), 100_000)).expect("lines")
}

fn name_our_account(app: &TestApp, sort_code: &str, number: &str) {
    let named = app.app.db.write(|conn| {
        let mut society = funds::society(conn)?;
        (society.bank_sort_code, society.bank_account_number) = (sort_code.to_owned(), number.to_owned());
        funds::update_society(conn, &society)
    });
    named.expect("settings");
}

#[actix_web::test]
async fn the_same_file_again_adds_nothing_and_a_dry_run_adds_nothing_at_all() {
    let app = TestApp::start().await;
    let file = case("signed-amount.csv");

    let dry = bring(&app, "june.csv", &file, Intent::DryRun).expect("a readable file");
    assert_eq!((dry.fresh, dry.known, lines(&app).len()), (5, 0, 0));
    assert_eq!(dry.report.summary, "5 lines with £1,288.50 in all; 0 known already.");

    assert_eq!(take(&app, "june.csv", &file).fresh, 5);
    let again = take(&app, "june.csv", &file);

    assert_eq!((again.fresh, again.known, lines(&app).len()), (0, 5, 5));
    assert!(again.report.summary.starts_with("This file was taken in on 27 June 2021 as statement 1."), "{again:?}");
}

#[actix_web::test]
async fn two_gifts_that_say_the_same_stay_two_over_any_overlap() {
    let app = TestApp::start().await;
    let row = "25/06/2021,J JONES FF7K3M9QXP,10.00\n";
    let file = |days: &str| format!("Date,Description,Amount\n{days}").into_bytes();

    take(&app, "one.csv", &file(&format!("24/06/2021,A,1.00\n{row}{row}")));
    take(&app, "two.csv", &file(&format!("{row}{row}{row}26/06/2021,B,2.00\n")));
    take(&app, "three.csv", &file(&format!("26/06/2021,B,2.00\n{row}{row}24/06/2021,A,1.00\n")));

    let told: Vec<i64> = lines(&app).iter().map(|line| line.amount_minor).collect();
    assert_eq!(told, [100, 1_000, 1_000, 1_000, 200]);
}

#[actix_web::test]
async fn the_same_days_in_another_format_add_nothing() {
    let app = TestApp::start().await;
    take(&app, "june.xml", &case("camt-053-001-02.xml"));
    let csv = "Date,Description,Amount,Balance\n\
               24/06/2021,SMITH A FF7K3M9QXP,25.00,1025.00\n\
               25/06/2021,JONES,10.00,1035.00\n\
               25/06/2021,LEEDS READERS,20.00,1055.00\n\
               25/06/2021,CHARGES,-6.50,1048.50\n\
               26/06/2021,NEW FF7K3M9QXP,5.00,1053.50\n";

    let taken = take(&app, "june.csv", csv.as_bytes());

    assert_eq!((taken.fresh, taken.known), (1, 4));
    assert_eq!(take(&app, "new.xml", &case("camt-053-001-08.xml")).fresh, 0);
    assert_eq!(lines(&app).len(), 5);
}

#[actix_web::test]
async fn a_page_of_the_bank_may_say_what_the_page_before_said() {
    let app = TestApp::start().await;
    let page = |number: u32, opening: u32, closing: u32| {
        format!(
            ":20:A\n:25:20000012345678\n:28C:{number}/1\n:60F:C210625GBP{opening},\n:61:210625C10,NTRFFUND\n:86:J JONES\n:62F:C210625GBP{closing},\n"
        )
    };

    take(&app, "1.sta", page(1, 0, 10).as_bytes());
    take(&app, "2.sta", page(2, 10, 20).as_bytes());
    take(&app, "3.sta", format!("{}{}", page(1, 0, 10), page(2, 10, 20)).as_bytes());

    assert_eq!(lines(&app).len(), 2);
}

#[actix_web::test]
async fn a_wrong_closing_balance_is_refused_with_both_figures_and_the_difference() {
    let app = TestApp::start().await;
    let wrong = String::from_utf8(case("camt-053-001-02.xml")).expect("text").replace("1048.50", "1058.50");

    let refusal = refusal(&app, wrong.as_bytes());

    assert!(
        refusal.starts_with("The closing balance is £1,058.50, but the opening balance of £1,000.00 and the lines come to £1,048.50: a difference of £10.00."),
        "{refusal}"
    );
}

#[actix_web::test]
async fn a_statement_of_another_account_or_currency_is_refused() {
    let app = TestApp::start().await;
    name_our_account(&app, "20-00-00", "12345678");
    for name in
        ["signed-amount.csv", "paid-in-paid-out.csv", "ofx1.ofx", "ofx2.ofx", "camt-053-001-08.xml", "mt940.sta"]
    {
        bring(&app, name, &case(name), Intent::DryRun).expect("ours");
    }

    name_our_account(&app, "20-00-00", "87654321");
    for name in
        ["signed-amount.csv", "paid-in-paid-out.csv", "ofx1.ofx", "ofx2.ofx", "camt-053-001-08.xml", "mt940.sta"]
    {
        let refusal = refusal(&app, &case(name));
        assert!(refusal.starts_with("This is a statement of another account"), "{refusal}");
        assert!(
            refusal.ends_with("The society's account is 20-00-00 87654321; it is set under Settings."),
            "{refusal}"
        );
    }
    name_our_account(&app, "20-00-00", "12345678");
    let euros = String::from_utf8(case("ofx1.ofx")).expect("text").replace("GBP", "EUR");
    assert_eq!(
        refusal(&app, euros.as_bytes()),
        "This statement is in EUR, and these books count in GBP. It cannot be taken in."
    );
}

#[actix_web::test]
async fn a_file_that_was_cut_short_leaves_nothing_behind() {
    let app = TestApp::start().await;
    for name in ["ofx1.ofx", "ofx2.ofx", "camt-053-001-08.xml", "mt940.sta"] {
        let file = case(name);
        let refusal = refusal(&app, &file[..file.len() * 2 / 3]);
        assert!(refusal.contains("ends in the middle, so the download was cut short"), "{name}: {refusal}");
    }
}

#[actix_web::test]
async fn one_bad_row_stops_the_whole_file_and_is_named() {
    let app = TestApp::start().await;
    let file = "Date,Description,Amount\n25/06/2021,good,1.00\n25/06/1926,old,1.00\n25/06/2126,young,1.00\n";

    let taken = bring(&app, "file.csv", file.as_bytes(), Intent::Record).expect("a readable file");

    assert_eq!(
        taken.report.rows,
        [
            "row 3: the day 25 June 1926 is too long ago; please check its year",
            "row 4: the day 25 June 2126 has not come yet; please check its year",
        ]
    );
    assert_eq!((taken.report.faults, lines(&app).len()), (2, 0));
}

#[actix_web::test]
async fn a_gap_between_two_statements_is_told_whichever_comes_first() {
    let file = |day: u32, before: u32| {
        format!("Date,Description,Amount,Balance\n{day:02}/06/2021,A,1.00,{}.00\n", before + 1).into_bytes()
    };
    let says = |taken: &Taken| {
        taken.notices.iter().any(|notice| notice.starts_with("The statement before ends with £11.00 on 10 June 2021, the one of 20 June 2021 begins with £15.00: £4.00 is not told"))
    };
    let app = TestApp::start().await;
    take(&app, "one", &file(10, 10));
    assert!(says(&take(&app, "two", &file(20, 15))));
    let filled = take(&app, "three", b"Date,Description,Amount,Balance\n15/06/2021,B,4.00,15.00\n");
    assert!(!filled.notices.iter().any(|notice| notice.contains("is not told")), "{filled:?}");

    let app = TestApp::start().await;
    take(&app, "two", &file(20, 15));
    assert!(says(&take(&app, "one", &file(10, 10))));
}

#[actix_web::test]
async fn what_the_books_do_not_have_yet_is_told_and_not_refused() {
    let app = TestApp::start().await;

    let taken = take(&app, "june.csv", &case("paid-in-paid-out.csv"));

    let told = "On 25 June 2021 the bank has £1,334.50 and our books have £0.00: £1,334.50 is still to be matched.";
    assert!(taken.notices.iter().any(|notice| notice == told), "{:?}", taken.notices);
}

#[actix_web::test]
async fn a_layout_is_remembered_by_its_headings_or_asked_for_by_name() {
    let app = TestApp::start().await;
    let file = "Wann,Was,Wieviel\n25/06/2021,A SMITH,25.00\n";
    assert!(refusal(&app, file.as_bytes()).contains("are not understood"));
    let columns = vec![Column::Day, Column::Payer, Column::Amount];
    let layout = Layout { columns, ..Layout::default() };
    let saved = Saved { name: "Unity".to_owned(), heading: heading_digest(["Wann", "Was", "Wieviel"]), layout };

    let kept = app.app.db.write(|conn| statements::keep_layout(conn, noon(), &saved, "staff:1 Jane"));

    kept.expect("a layout");
    assert_eq!(take(&app, "file.csv", file.as_bytes()).fresh, 1);
    assert_eq!(lines(&app)[0].payer, "A SMITH");
    let how = How { layout_name: Some("Coop".to_owned()), ..How::default() };
    let unknown = run(&app.app.db, noon(), &how, b"a,b\n1,2\n", Intent::DryRun, &mut |_, _| {}).expect_err("a refusal");
    assert_eq!(unknown.to_string(), "No layout is called Coop. These are remembered: Unity.");
}

#[actix_web::test]
async fn fifty_thousand_rows_come_in_and_the_second_time_none_does() {
    let app = TestApp::start().await;
    let mut file = "Date,Description,Amount,Balance\n".to_owned();
    for row in 1..=50_000 {
        writeln!(file, "{:02}/06/2021,READER {} FF7K3M9QXP,1.00,{row}.00", 1 + row * 24 / 50_001, row % 40_000)
            .expect("text");
    }

    let taken = take(&app, "big.csv", file.as_bytes());
    file.push_str("26/06/2021,ONE MORE,1.00,50001.00\n");
    let again = take(&app, "bigger.csv", file.as_bytes());

    assert_eq!((taken.fresh, again.fresh, again.known), (50_000, 1, 50_000));
}

#[test]
fn the_command_line_looks_first_takes_in_and_names_each_row_that_is_known() {
    let place = Place::new();
    place.run_well(&["fund", "add", "fighting-fund", "--title", "Fighting Fund", "--target", "18000.00"]);
    std::fs::write(place.path("june.ofx"), case("ofx1.ofx")).expect("a file");
    std::fs::write(place.path("cut.ofx"), &case("ofx1.ofx")[..700]).expect("a file");

    let dry = place.run_well(&["import", "bank", "june.ofx", "--dry-run"]);
    let done = place.run_well(&["import", "bank", "june.ofx"]);
    std::fs::write(place.path("again.xml"), case("ofx1.ofx").iter().chain(b"\n").copied().collect::<Vec<_>>())
        .expect("a file");
    let again = place.run_well(&["import", "bank", "again.xml"]);
    let cut = place.run(&["import", "bank", "cut.ofx"]);
    let layout = place.run(&["import", "bank", "june.ofx", "--layout", "Nowhere"]);

    assert!(dry.contains("Of 3 new lines 0 are certain, 1 has an offer, 2 are like nothing in the books."), "{dry}");
    assert!(
        dry.ends_with("3 lines with £28.50 in all; 0 known already. Nothing was recorded: this was a dry run.\n"),
        "{dry}"
    );
    assert!(done.ends_with("3 lines with £28.50 in all; 0 known already.\n"), "{done}");
    assert!(again.contains("row 2: known already, nothing changes\n"), "{again}");
    assert!(again.ends_with("0 lines with £0.00 in all; 3 known already.\n"), "{again}");
    assert_eq!((cut.status.code(), layout.status.code()), (Some(1), Some(1)));
    let said = String::from_utf8_lossy(&cut.stderr);
    assert!(said.contains("The OFX file ends in the middle") && said.lines().count() == 1, "{said}");
    assert!(String::from_utf8_lossy(&layout.stderr).contains("No layout is called Nowhere."));
}

#[actix_web::test]
async fn of_a_file_of_two_accounts_ours_is_taken_in_and_the_other_told() {
    let app = TestApp::start().await;
    let rows = "Date,Description,Amount,Balance,Account Number\n24/06/2021,A,1.00,101.00,12345678\n25/06/2021,B,2.00,103.00,12345678\n25/06/2021,SAVER,5.00,505.00,87654321\n";
    let said = refusal(&app, rows.as_bytes());
    assert!(
        said.starts_with("The file is of two accounts: 12345678, 87654321. Please name the society's account"),
        "{said}"
    );

    name_our_account(&app, "20-00-00", "12345678");
    let taken = take(&app, "both.csv", rows.as_bytes());

    assert_eq!((taken.fresh, lines(&app).len()), (2, 2));
    let left = "row 4: 1 line of 87654321, which is not the society's account; left out";
    assert!(taken.report.rows.iter().any(|row| row == left), "{:?}", taken.report.rows);
    name_our_account(&app, "20-00-00", "11111111");
    assert!(refusal(&app, format!("{rows}\n").as_bytes()).contains("none is the society's"));
}

#[test]
fn the_lines_of_the_bank_leave_as_csv_and_as_xlsx() {
    let place = Place::new();
    place.run_well(&["fund", "add", "fighting-fund", "--title", "Fighting Fund", "--target", "18000.00"]);
    std::fs::write(place.path("june.csv"), case("paid-in-paid-out.csv")).expect("a file");
    place.run_well(&["import", "bank", "june.csv"]);

    let csv = place.run_well(&["export", "bank"]);
    let some = place.run_well(&["export", "bank", "--from", "2021-06-25"]);
    place.run_well(&["export", "bank", "--format", "xlsx", "--output", "bank.xlsx"]);

    let rows: Vec<&str> = csv.lines().collect();
    assert!(
        rows[0]
            .starts_with("booked_on,amount,currency,payer,payer_account,reference,description,balance,account,state"),
        "{csv}"
    );
    assert!(
        rows[1].starts_with("2021-06-24,200.00,GBP,,,,\"READERS, LEEDS\",1200.00,20-00-00 12345678,waiting"),
        "{csv}"
    );
    assert!(rows[2].starts_with("2021-06-24,-35.50,GBP,"), "{csv}");
    assert_eq!((rows.len(), some.lines().count()), (5, 3));
    assert!(std::fs::read(place.path("bank.xlsx")).expect("a workbook").starts_with(b"PK"));
}
