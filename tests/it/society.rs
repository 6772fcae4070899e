//! A society with a program that keeps its register: what tests of shares begin with.

use fighting_fund::shares::{self, Deed, Terms};
use serde_json::{Value, json};

use crate::harness::TestApp;

/// A society with a program that keeps its register.
pub struct Society {
    pub app: TestApp,
    pub token: String,
    keys: std::cell::Cell<u32>,
}

impl Society {
    pub async fn start() -> Self {
        let app = TestApp::start().await;
        let token = app.token("shares:write").await;
        Self { app, token, keys: std::cell::Cell::new(0) }
    }

    pub async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        self.keys.set(self.keys.get() + 1);
        let request = self.app.client.post(self.app.at(&format!("/api/v1/shares/{path}"))).bearer_auth(&self.token);
        let answer = request.header("Idempotency-Key", format!("k{}", self.keys.get())).json(&body).send().await;
        let answer = answer.expect("an answer");
        (answer.status().as_u16(), answer.json().await.expect("JSON"))
    }

    /// Sends the same request with a key of one's own: the status and the answer.
    pub async fn post_keyed(&self, key: &str, path: &str, body: Value) -> (u16, Value) {
        let request = self.app.client.post(self.app.at(&format!("/api/v1/shares/{path}"))).bearer_auth(&self.token);
        let answer = request.header("Idempotency-Key", key).json(&body).send().await.expect("an answer");
        (answer.status().as_u16(), answer.json().await.expect("JSON"))
    }

    /// An application of somebody new: its reference.
    pub async fn applied(&self, name: &str, shares: i64) -> String {
        let holder = json!({"kind": "person", "name": name, "address": "1 High Street\nLeeds LS1 1AA"});
        let sent = json!({"class": "ordinary", "shares": shares, "holder": holder, "accepts_rules": true});
        let (status, applied) = self.post("applications", sent).await;
        assert_eq!(status, 201, "{applied}");
        applied["reference"].as_str().expect("a reference").to_owned()
    }

    /// An application that is paid: its reference.
    pub async fn paid(&self, name: &str, shares: i64) -> String {
        let reference = self.applied(name, shares).await;
        let money = json!({"amount": format!("{shares}.00"), "method": "cheque"});
        let (status, paid) = self.post(&format!("applications/{reference}/payment"), money).await;
        assert_eq!(status, 201, "{paid}");
        reference
    }

    /// Changes what the rules say of ordinary shares from long ago on.
    pub fn change_terms(&self, change: impl Fn(&mut Terms)) {
        let deed = Deed { by: "test".to_owned(), request_id: String::new() };
        let now = self.app.app.clock.now();
        let done = self.app.app.db.write(|conn| {
            let (_, mut terms) = shares::class_on(conn, "ordinary", "2021-06-27".parse().expect("a date"))?;
            terms.valid_from = "2000-01-01".parse().expect("a date");
            change(&mut terms);
            Ok::<_, shares::ShareError>(shares::set_terms(conn, now, &deed, &terms)?)
        });
        done.expect("terms");
    }

    /// Changes the settings for shares.
    pub fn change_settings(&self, change: impl Fn(&mut shares::Settings)) {
        let done = self.app.app.db.write(|conn| {
            let mut settings = shares::settings(conn)?;
            change(&mut settings);
            shares::update_settings(conn, &settings)
        });
        done.expect("settings");
    }

    /// What an account owes, in minor units.
    pub fn owed(&self, account: &str) -> i64 {
        let day = "2100-01-01".parse().expect("a date");
        let balances = self.app.app.db.read(|conn| fighting_fund::ledger::balances(conn, day)).expect("balances");
        let of_account = balances.iter().filter(|balance| balance.account == account);
        of_account.map(|balance| balance.credit_minor - balance.debit_minor).sum()
    }

    pub async fn get(&self, path: &str) -> Value {
        let request = self.app.client.get(self.app.at(&format!("/api/v1/shares/{path}"))).bearer_auth(&self.token);
        request.send().await.expect("an answer").json().await.expect("JSON")
    }

    /// A member with shares of a class since noon's day.
    pub async fn member(&self, name: &str, class: &str, shares: i64) -> String {
        let holder = json!({"kind": "person", "name": name, "address": "1 High Street\nLeeds LS1 1AA"});
        let sent = json!({"class": class, "shares": shares, "holder": holder, "accepts_rules": true});
        let (status, applied) = self.post("applications", sent).await;
        assert_eq!(status, 201, "{applied}");
        let reference = applied["reference"].as_str().expect("a reference").to_owned();
        let money = json!({"amount": applied["amount"], "method": "cheque"});
        self.post(&format!("applications/{reference}/payment"), money).await;
        let (status, allotted) = self.post(&format!("applications/{reference}/allotment"), json!({})).await;
        assert_eq!(status, 201, "{allotted}");
        allotted["member"].as_str().expect("a number").to_owned()
    }

    /// A second class, five pounds a share, without votes.
    pub fn add_loan_shares(&self) {
        let deed = Deed { by: "test".to_owned(), request_id: String::new() };
        let now = self.app.app.clock.now();
        let add = |conn: &mut fighting_fund::db::Conn| {
            let class = shares::add_class(conn, "loan", "Loan shares", fighting_fund::money::GBP, 500)?;
            let terms = Terms {
                class_id: class.id,
                valid_from: "2000-01-01".parse().expect("a date"),
                withdrawable: false,
                transferable: false,
                needs_consent: false,
                voting: false,
                minimum_shares: 1,
                maximum_shares: 1_000,
                notice_days: 0,
                yearly_limit_percent: None,
                rule_ref: "rule 9".to_owned(),
            };
            shares::set_terms(conn, now, &deed, &terms)
        };
        self.app.app.db.write(add).expect("a class");
    }
}
