//! The ledger.

use chrono::{DateTime, Duration, Utc};
use fighting_fund::db::{Lock, hold};
use fighting_fund::ledger::{self, EntryKind, Line, NewEntry, accounts};
use fighting_fund::money::GBP;

use crate::harness::TestApp;

#[actix_web::test]
async fn an_empty_ledger_is_proved() {
    let app = TestApp::start().await;

    let fault = app.fault();

    assert_eq!(fault, None);
}

#[actix_web::test]
async fn numbers_rise_with_time_though_a_clock_is_set_back() {
    let app = TestApp::start().await;
    let noon: DateTime<Utc> = "2021-06-25T12:00:00Z".parse().unwrap();
    let line = |account: &str, amount_minor| Line { account: account.to_owned(), amount_minor, appeal_id: None };
    let entry = NewEntry {
        effective_on: "2021-06-24".parse().unwrap(),
        kind: EntryKind::OpeningBalance,
        subject: "opening-balance".to_owned(),
        corrects: None,
        currency: GBP,
        lines: vec![line(accounts::BANK, 100), line(accounts::OPENING_BALANCES, -100)],
    };

    for now in [noon, noon - Duration::hours(1), noon + Duration::minutes(1)] {
        let posted = app.app.db.write(|conn| {
            hold(conn, Lock::Books)?;
            ledger::post_all(conn, now, std::slice::from_ref(&entry))
        });
        posted.unwrap();
    }

    let entries = app.app.db.read(|conn| ledger::entries_numbered(conn, &[1, 2, 3])).unwrap();
    let moments: Vec<_> = entries.iter().map(|entry| entry.recorded_at).collect();
    assert_eq!(moments, [noon, noon, noon + Duration::minutes(1)]);
    assert_eq!(app.fault(), None);
}
