//! Whether bank and books agree on a day, and what explains the difference.

use chrono::{Days, NaiveDate};
use fighting_fund::db::{Lock, hold};
use fighting_fund::demo;
use fighting_fund::donations::Method;
use fighting_fund::ledger::accounts;
use fighting_fund::reference::Reference;
use fighting_fund::staff::Role;
use fighting_fund::statements::matching::{self, For, Part, Seen, What};
use fighting_fund::statements::reconciled_to;
use fighting_fund::statements::reconciliation::{Reconciliation, reconcile};
use fighting_fund::statements::told::ToldLine;

use crate::desk::{Desk, gift, trail};
use crate::harness::{TestApp, noon};
use crate::matching::{balance, by, day, line, promise, recorded, take_in};

fn told(app: &TestApp, on: NaiveDate) -> Reconciliation {
    app.app.db.read(|conn| reconcile(conn, on)).expect("the books").expect("a statement")
}

fn to(app: &TestApp) -> Option<NaiveDate> {
    app.app.db.read(reconciled_to).expect("the books")
}

fn settle(app: &TestApp, id: i64, amount_minor: i64, what: For) {
    let settled = app.app.db.write(|conn| {
        hold(conn, Lock::Books)?;
        let parts = [Part { amount_minor, what }];
        matching::settle(conn, app.app.clock.now(), &by(), (id, Seen::Waiting), &parts)
    });
    settled.expect("a settled line");
}

fn other(lines: &[fighting_fund::statements::Line], app: &TestApp) {
    for line in lines {
        settle(app, line.id, line.amount_minor, For::Account(accounts::OTHER_INCOME.to_owned(), String::new()));
    }
}

#[actix_web::test]
async fn without_a_statement_there_is_nothing_to_compare() {
    let app = TestApp::start().await;
    let desk = Desk::of(&app, Role::Treasurer).await;

    let page = desk.page("/desk/bank/reconciliation").await;

    assert!(page.contains("No statement has been taken in yet"), "{page}");
    assert_eq!(to(&app), None);
    let (status, _) = desk.get("/desk/bank/reconciliation?on=2021").await;
    assert_eq!(status, 422);
}

#[actix_web::test]
async fn lines_that_wait_and_entries_on_their_way_explain_the_difference_exactly() {
    let app = TestApp::start().await;
    let lines = take_in(&app, 1, Some(0), vec![line(20, 1_000, "A"), line(22, 2_500, "B"), line(24, -300, "FEE")]);
    other(&lines[..1], &app);
    // Entered by hand, and not on the statement yet.
    recorded(&app, "hand", 7_000, Method::BankTransfer, Some(day(23)));

    let compared = told(&app, day(24));

    assert_eq!(compared.statement_minor, Some(3_200));
    assert_eq!(compared.books_minor, 8_000);
    assert_eq!((compared.on_statement_only.sum_minor, compared.on_statement_only.count), (2_200, 2));
    assert_eq!((compared.in_books_only.sum_minor, compared.in_books_only.count), (7_000, 1));
    assert_eq!(compared.difference_minor(), 3_200 - 8_000);
    assert!(compared.is_explained());
    assert_eq!(to(&app), Some(day(21)), "up to the first line that waits");
    let desk = Desk::of(&app, Role::Auditor).await;
    let page = desk.page("/desk/bank/reconciliation?on=2021-06-24").await;
    for said in ["£32.00", "£80.00", "−£48.00", "explain all of the difference", "not on any statement", "waits"] {
        assert!(page.contains(said), "{said}: {page}");
    }
    app.send_mail();
}

#[actix_web::test]
async fn when_all_is_done_bank_and_books_agree_to_the_penny() {
    let app = TestApp::start().await;
    let lines = take_in(&app, 1, Some(0), vec![line(20, 1_000, "A"), line(22, 2_500, "B")]);
    other(&lines, &app);

    let desk = Desk::of(&app, Role::Auditor).await;

    assert!(desk.page("/desk/bank/reconciliation").await.contains("Bank and books agree, to the penny."));
    assert_eq!(to(&app), Some(day(22)));
    let home = desk.page("/desk/bank").await;
    assert!(home.contains("£35.00") && home.contains("22 June 2021") && home.contains("none"), "{home}");
}

#[actix_web::test]
async fn what_the_account_held_before_the_first_statement_is_told_and_posted_once() {
    let app = TestApp::start().await;
    let lines = take_in(&app, 1, Some(50_000), vec![line(20, 1_000, "A")]);
    other(&lines, &app);
    let treasurer = Desk::of(&app, Role::Treasurer).await;
    assert_eq!((told(&app, day(20)).before_minor, to(&app)), (50_000, None));
    let page = treasurer.page("/desk/bank/reconciliation").await;
    assert!(
        page.contains("£500.00 from before the first statement") && page.contains("as the opening balance"),
        "{page}"
    );
    let clerk = Desk::of(&app, Role::Clerk).await;
    assert_eq!(clerk.send("/desk/bank/opening-balance", &[]).await.0, 403);

    for _ in 0..2 {
        assert_eq!(treasurer.send("/desk/bank/opening-balance", &[]).await.0, 303);
    }

    assert_eq!((balance(&app, accounts::BANK), balance(&app, accounts::OPENING_BALANCES)), (51_000, -50_000));
    assert_eq!((told(&app, day(20)).difference_minor(), to(&app)), (0, Some(day(20))));
    assert_eq!(trail(&app).iter().filter(|action| *action == "opening balance posted").count(), 1);
}

#[actix_web::test]
async fn a_missing_statement_is_told_loudly() {
    let app = TestApp::start().await;
    let first = take_in(&app, 1, Some(0), vec![line(2, 1_000, "A")]);
    let second = take_in(&app, 2, Some(5_000), vec![line(20, 2_000, "B")]);
    other(&first, &app);
    other(&second, &app);

    let compared = told(&app, day(20));

    assert_eq!((compared.missing_minor, compared.before_minor, compared.difference_minor()), (4_000, 0, 4_000));
    assert_eq!(to(&app), None);
    let desk = Desk::of(&app, Role::Auditor).await;
    assert!(desk.page("/desk/bank/reconciliation").await.contains("£40.00 stands on no statement"));
    assert_eq!(told(&app, day(2)).missing_minor, 0, "up to the gap all is well");
}

#[actix_web::test]
async fn what_was_undone_and_done_again_leaves_no_trace_in_the_difference() {
    let app = TestApp::start().await;
    let number = promise(&app, "p", 2_500);
    let id = take_in(&app, 1, Some(0), vec![line(20, 2_500, "?")])[0].id;
    settle(&app, id, 2_500, For::Unallocated);
    let undo = || {
        app.app.db.write(|conn| {
            hold(conn, Lock::Books)?;
            matching::undo(conn, app.app.clock.now(), &by(), id, "")
        })
    };
    undo().expect("undone");
    settle(&app, id, 2_500, For::Offered(What::Promise(number)));
    undo().expect("undone");

    let waits = told(&app, day(20));
    assert_eq!((waits.on_statement_only.sum_minor, waits.in_books_only.count), (2_500, 0));

    settle(&app, id, 2_500, For::Offered(What::Promise(number)));
    let done = told(&app, day(20));
    assert_eq!((done.difference_minor(), done.on_statement_only.count, done.in_books_only.count), (0, 0, 0));
    app.send_mail();
}

#[actix_web::test]
async fn an_entry_of_a_later_day_is_shown_on_both_days() {
    let app = TestApp::start().await;
    let number = recorded(&app, "hand", 2_500, Method::BankTransfer, Some(day(26)));
    let lines = take_in(&app, 1, Some(0), vec![line(24, 2_500, "?"), line(27, 100, "?")]);
    let entry = gift(&app, number).entry.expect("an entry");
    settle(&app, lines[0].id, 2_500, For::Offered(What::Known(entry)));

    let before = told(&app, day(25));
    assert_eq!(
        (before.on_statement_only.sum_minor, before.on_statement_only.items[0].other_on),
        (2_500, Some(day(26)))
    );
    assert_eq!((before.difference_minor(), before.books_minor), (2_500, 0));
    assert_eq!(told(&app, day(26)).difference_minor(), 0);
    app.send_mail();
}

#[actix_web::test]
async fn one_entry_that_pays_many_is_told_by_many_lines() {
    let app = TestApp::start().await;
    let paid = |on, amount| ToldLine { payer: "A HOLDER".to_owned(), ..line(on, amount, "INTEREST") };
    let number = recorded(&app, "hand", 5_000, Method::BankTransfer, Some(day(20)));
    let lines = take_in(&app, 1, Some(0), vec![paid(20, 2_000), paid(21, 3_000)]);
    let entry = gift(&app, number).entry.expect("an entry");

    settle(&app, lines[0].id, 2_000, For::Offered(What::Known(entry)));

    let half = told(&app, day(20));
    assert_eq!((half.in_books_only.sum_minor, half.in_books_only.items[0].entry), (3_000, Some(entry)));
    settle(&app, lines[1].id, 3_000, For::Offered(What::Known(entry)));
    assert_eq!(told(&app, day(21)).difference_minor(), 0);
    let reference = Reference::of(number).to_string();
    assert_eq!(gift(&app, number).reference().to_string(), reference);
    app.send_mail();
}

#[actix_web::test]
async fn the_bank_and_the_books_of_the_demo_differ_by_what_is_listed() {
    let app = TestApp::start().await;
    demo::fill(&app.app.db, noon()).expect("a demo");
    let yesterday = noon().date_naive() - Days::new(1);

    let told = told(&app, yesterday);

    let statement = told.statement_minor.expect("the statement tells a balance");
    assert_eq!(statement - told.books_minor, told.difference_minor(), "{told:?}");
    assert!(told.is_explained() && told.on_statement_only.count > 0, "{told:?}");
}
