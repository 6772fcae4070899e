//! Money and shares move together: after each step the ledger, the register at each date and hledger agree.

use chrono::{Datelike, TimeDelta};
use fighting_fund::exports::journal::{self, Format};
use serde_json::json;

use crate::books::{hledger, read_balances};
use crate::harness::noon;
use crate::society::Society;
use crate::tools::is_installed;

impl Society {
    /// What hledger says of the capital, in minor units; nothing where hledger is not installed.
    fn hledger_capital(&self) -> Option<i64> {
        let mut text = Vec::new();
        self.app.app.db.snapshot(|conn| journal::write(conn, Format::Hledger, &mut text)).expect("a journal");
        let text = String::from_utf8(text).expect("a text");
        let asked = ["balance", "equity:share-capital", "--flat", "--no-total", "--output-format=csv"];
        is_installed("hledger").then(|| -read_balances(&hledger(&text, &asked)).values().sum::<i64>())
    }

    async fn assert_capital(&self, shares: i64, step: &str) {
        let summary = self.get("summary").await;
        assert_eq!(summary["classes"][0]["shares"], shares, "{step}: {summary}");
        assert_eq!(self.owed("equity:share-capital:ordinary"), shares * 100, "{step}");
        if let Some(told) = self.hledger_capital() {
            assert_eq!(told, shares * 100, "{step}: hledger");
        }
        assert_eq!(self.app.fault(), None, "{step}");
    }
}

#[actix_web::test]
async fn the_ledger_the_register_and_hledger_agree_at_every_step() {
    let society = Society::start().await;
    society.assert_capital(0, "nothing yet").await;
    let reference = society.paid("Ann Lee", 100).await;
    society.assert_capital(0, "paid").await;
    let (_, allotted) = society.post(&format!("applications/{reference}/allotment"), json!({"minute": "1/1"})).await;
    let ann = allotted["member"].as_str().expect("a number").to_owned();
    society.assert_capital(100, "allotted").await;
    let bo = society.member("Bo Lee", "ordinary", 5).await;
    society.assert_capital(105, "a second member").await;
    society.app.set_time(noon() + TimeDelta::days(5));
    society.post("transfers", json!({"from": ann, "to": bo, "class": "ordinary", "shares": 30})).await;
    society.assert_capital(105, "transferred").await;
    let (_, notice) = society.post("withdrawals", json!({"member": ann, "class": "ordinary", "shares": 20})).await;
    let withdrawal = notice["reference"].as_str().expect("a reference").to_owned();
    society.assert_capital(105, "notice").await;
    let (_, agreed) = society.post(&format!("withdrawals/{withdrawal}/agreement"), json!({})).await;
    society.assert_capital(85, "agreed").await;
    society.post(&format!("withdrawals/{withdrawal}/payment"), json!({})).await;
    society.assert_capital(85, "paid out").await;
    let (status, gone) =
        society.post("transfers", json!({"from": ann, "to": bo, "class": "ordinary", "shares": 50})).await;
    assert_eq!((status, gone["from"]["holding"].as_i64()), (201, Some(0)), "{gone} {agreed}");
    society.assert_capital(85, "the rest transferred").await;

    for (day, members) in [("2021-06-26", 0), ("2021-06-27", 2), ("2021-07-02", 1)] {
        let roll = society.get(&format!("roll?as_at={day}")).await;
        assert_eq!(roll["members"].as_array().map(Vec::len), Some(members), "{day}");
    }
    assert_eq!(society.get(&format!("members/{ann}")).await["ceased_on"], "2021-07-02");
}

#[actix_web::test]
async fn an_export_taken_in_again_is_the_same_register() {
    let society = Society::start().await;
    society.add_loan_shares();
    let ann = society.member("Ann \"Bill\" O’Lee", "ordinary", 100).await;
    society.member("=cmd()", "loan", 3).await;
    let body = json!({"kind": "organisation", "name": "Unite, branch 7", "representative": "Bo Lee", "address": "2 Mill Lane\nLeeds", "email": "unite@example.org", "email_purposes": ["meetings"]});
    let sent = json!({"class": "ordinary", "shares": 7, "holder": body, "accepts_rules": true});
    let (_, applied) = society.post("applications", sent).await;
    let reference = applied["reference"].as_str().expect("a reference").to_owned();
    society.post(&format!("applications/{reference}/payment"), json!({"amount": "7.00", "method": "cash"})).await;
    society.post(&format!("applications/{reference}/allotment"), json!({})).await;
    let left = society.member("Cy Lee", "ordinary", 4).await;
    society.post("transfers", json!({"from": left, "to": ann, "class": "ordinary", "shares": 4})).await;
    let first = exported(&society);

    let other = Society::start().await;
    other.add_loan_shares();
    let how = fighting_fund::shares::import::How::default();
    let intent = fighting_fund::sheet::Intent::Record;
    let now = other.app.app.clock.now();
    let report =
        fighting_fund::shares::import::run(&other.app.app.db, now, &how, first.as_bytes(), intent, &mut |_, _| {});

    let report = report.expect("a file");
    assert_eq!((report.faults, report.rows.len()), (0, 0), "{:?}", report.rows);
    assert_eq!(exported(&other), first);
    assert_eq!(other.get("summary").await["joined"], society.get("summary").await["joined"]);
    assert!(first.lines().count() > 5 && noon().year() == 2021, "{first}");
}

fn exported(society: &Society) -> String {
    let now = society.app.app.clock.now();
    let mut text = Vec::new();
    let done = society.app.app.db.snapshot(|conn| {
        let view = fighting_fund::shares::register::view(conn, now, None, None).expect("today");
        fighting_fund::exports::register::write(conn, &view, &mut text)
    });
    done.expect("an export");
    String::from_utf8(text).expect("a text")
}
