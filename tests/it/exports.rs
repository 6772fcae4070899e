//! The books for others: what hledger, beancount and spreadsheets read is what our ledger says.

use std::collections::BTreeMap;

use fighting_fund::demo;
use fighting_fund::exports::Span;
use fighting_fund::exports::journal::{self, Format};
use fighting_fund::ledger;
use fighting_fund::money::{GBP, plain};

use crate::harness::{TestApp, noon};
use crate::tools::{is_installed, run_well};

/// Books with gifts of every kind, some that went back, and a share register.
pub async fn full_books() -> TestApp {
    let mut app = TestApp::start().await;
    app.leave_mail_unsent();
    demo::fill(&app.app.db, noon()).expect("a demo");
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
