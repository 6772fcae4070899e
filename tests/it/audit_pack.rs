//! The audit pack of a year, and the chain checked by a program that shares nothing with ours.

use std::path::Path;
use std::process::Output;

use chrono::{TimeZone, Utc};
use fighting_fund::db::{Conn, DbError};
use fighting_fund::exports::journal::{self, Format};
use fighting_fund::ledger;
use fighting_fund::staff::Role;

use crate::exports::full_books;
use crate::harness::TestApp;
use crate::tools::{is_installed, run};

async fn pack(app: &TestApp, role: Role, query: &str) -> (u16, String) {
    let browser = app.sign_in(role).await;
    let answer = browser.get(app.at(&format!("/desk/audit-pack{query}"))).send().await.expect("an answer");
    (answer.status().as_u16(), answer.text().await.expect("a page"))
}

fn journal_of(app: &TestApp) -> String {
    let mut text = Vec::new();
    app.app.db.snapshot(|conn| journal::write(conn, Format::Csv, &mut text)).expect("the journal");
    String::from_utf8(text).expect("UTF-8")
}

#[actix_web::test]
async fn the_pack_proves_the_year_and_tells_what_was_taken_back() {
    let app = full_books().await;
    app.token("donations:write").await;
    let head = app.app.db.read(ledger::head).expect("a head");

    let (status, page) = pack(&app, Role::Auditor, "?year=2021").await;

    assert_eq!(status, 200);
    for said in [
        "class=\"pack-society\"",
        "1 Jan 2021 to 31 Dec 2021",
        "The year is not over",
        &ledger::chain::hex(&head.hash),
        "Posted in the year: entries ",
        ", without a gap.",
        "every one balances and is what it was when it was posted",
        "GBP: debits equal credits",
        "income:donations:fighting-fund, GBP",
        "March 2021",
        "numbered from 1 without a gap",
        "what the register says was paid is what the ledger says the capital is",
        "Gift refunded",
        "Returned unpaid by the bank",
        "The auditor, auditor@paper.example",
        "donations:write",
        "import csv, hashlib, itertools, sys",
    ] {
        assert!(page.contains(said), "{said} is not in the pack:\n{page}");
    }
    assert!(!page.contains("notice bad"), "{page}");
}

#[actix_web::test]
async fn changes_of_targets_roles_and_failed_sign_ins_stand_in_the_pack() {
    let mut app = TestApp::start().await;
    app.leave_mail_unsent();
    let treasurer = app.sign_in(Role::Treasurer).await;
    let form = [("target", "20000.00"), ("reason", "A printer broke down")];
    let path = app.at("/desk/funds/fighting-fund/appeals/2021-06/target");
    assert_eq!(treasurer.post(path).form(&form).send().await.expect("an answer").status(), 303);
    let stranger = [("email", "treasurer@paper.example"), ("password", "not this one")];
    app.client.post(app.at("/desk/sign-in")).form(&stranger).send().await.expect("an answer");

    let (_, page) = pack(&app, Role::Administrator, "?year=2021").await;

    assert!(page.contains("A printer broke down (The treasurer)") && page.contains("£20,000.00"), "{page}");
    assert!(page.contains("One sign-in failed."), "{page}");
    assert!(page.contains("Changes of staff and tokens in the year") && page.contains("staff added"), "{page}");
    assert!(page.contains("Nothing was posted up to the end of the year."), "{page}");
}

#[actix_web::test]
async fn a_year_without_entries_and_a_year_that_is_none() {
    let app = full_books().await;

    let (status, page) = pack(&app, Role::Treasurer, "?year=1999").await;
    assert_eq!(status, 200);
    assert!(page.contains("No entry was posted in the year.") && page.contains("The year has no income."), "{page}");
    assert!(page.contains("No receipt was issued in the year.") && !page.contains("The year is not over"), "{page}");
    app.set_time(Utc.with_ymd_and_hms(2022, 2, 1, 12, 0, 0).unwrap());
    let (_, page) = pack(&app, Role::Treasurer, "").await;
    assert!(page.contains("Audit pack 2021") && !page.contains("The year is not over"), "{page}");
    for wrong in ["?year=21", "?year=twenty", "?year=0000"] {
        let (status, page) = pack(&app, Role::Treasurer, wrong).await;
        assert_eq!(status, 422, "{wrong}");
        assert!(page.contains("four figures") && page.contains(&format!("value=\"{}\"", &wrong[6..])), "{wrong}");
    }
    assert_eq!(pack(&app, Role::Clerk, "").await.0, 403);
}

/// Changes the books behind the program's back, past the guards of the database.
fn falsify(app: &TestApp, texts: &[&str]) {
    use diesel::connection::SimpleConnection;
    let guards = ["entries_are_never_changed", "entries_are_never_deleted", "postings_are_never_changed"];
    let guards = guards.into_iter().chain(["postings_are_never_deleted"]);
    let done = app.app.db.write(|conn| {
        let changed = match conn {
            Conn::Postgres(c) => {
                let off = "ALTER TABLE entries DISABLE TRIGGER USER; ALTER TABLE postings DISABLE TRIGGER USER;";
                c.batch_execute(&format!("{off} {}", texts.join("; ")))
            }
            Conn::Sqlite(c) => {
                let off: String = guards.map(|guard| format!("DROP TRIGGER IF EXISTS {guard}; ")).collect();
                c.batch_execute(&format!("{off} {}", texts.join("; ")))
            }
        };
        Ok::<_, DbError>(changed?)
    });
    done.expect("a change");
}

#[actix_web::test]
async fn a_gap_and_a_changed_entry_are_told_in_the_pack() {
    let mut app = full_books().await;
    app.leave_books_unchecked();
    falsify(&app, &["UPDATE postings SET amount_minor = amount_minor * 2 WHERE entry = 7"]);
    let (_, page) = pack(&app, Role::Auditor, "?year=2020").await;
    assert!(page.contains("The hash chain is broken: entry 7 is not what was hashed"), "{page}");
    assert!(page.contains("Something in these books does not hold."), "{page}");

    let gone = ["DELETE FROM postings WHERE entry = 5", "DELETE FROM entries WHERE number = 5"];
    falsify(&app, &gone);
    falsify(&app, &["DELETE FROM receipts WHERE number = 9"]);
    let (_, page) = pack(&app, Role::Auditor, "?year=2020").await;
    assert!(page.contains("Entries are missing.") && page.contains("after entry 4 comes entry 6"), "{page}");
    assert!(page.contains("Numbers are missing") && page.contains(">gap</span>"), "{page}");
}

/// Runs the auditor's program on a journal.
fn check_chain(journal: &str) -> Output {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("journal.csv"), journal).expect("a journal");
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/check_chain.py");
    run("python3", &[&program.display().to_string(), "journal.csv"], folder.path())
}

#[actix_web::test]
async fn twenty_lines_of_python_prove_the_chain_and_name_what_was_falsified() {
    let app = full_books().await;
    let treasurer = app.sign_in(Role::Treasurer).await;
    let shown = treasurer.get(app.at("/desk/audit-pack/check_chain.py")).send().await.expect("an answer");
    let shown = shown.text().await.expect("a program");
    let program = include_str!("../../docs/check_chain.py");
    assert_eq!(shown, program);
    assert!(program.lines().filter(|line| !line.trim().is_empty()).count() <= 22, "{program}");
    if !is_installed("python3") {
        return;
    }
    let journal = journal_of(&app);

    let good = check_chain(&journal);
    let head = app.app.db.read(ledger::head).expect("a head");
    let told = String::from_utf8_lossy(&good.stdout).into_owned();
    assert!(good.status.success(), "{good:?}");
    assert!(told.starts_with(&format!("{} entries, none missing", head.number)), "{told}");
    assert!(told.contains(&ledger::chain::hex(&head.hash)), "{told}");
    let empty = check_chain(journal.lines().next().expect("headings"));
    assert!(empty.status.success() && String::from_utf8_lossy(&empty.stdout).starts_with("0 entries"), "{empty:?}");

    let lines: Vec<&str> = journal.lines().collect();
    let of = |entry: &str, line: &str| line.split(',').next() == Some(entry);
    let changed = |entry: &str, what: &dyn Fn(&str) -> String| {
        let line = |line: &&str| if of(entry, line) { what(line) } else { (*line).to_owned() };
        lines.iter().map(line).collect::<Vec<_>>().join("\n") + "\n"
    };
    for (falsified, told) in [
        (changed("12", &|line| line.replace(".00,", "0.00,")), "Entry 12 is not what was hashed"),
        (changed("30", &|line| line.replace("assets:", "assets:secret-")), "Entry 30 is not what was hashed"),
        (changed("31", &|line| line.replacen(",20", ",30", 1)), "Entry 31 is not what was hashed"),
        (changed("40", &|_| String::new()), "After entry 39 comes entry 41."),
    ] {
        let output = check_chain(&falsified);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(1) && error.starts_with(told), "{told}: {error}");
    }
}
