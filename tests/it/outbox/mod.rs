//! Letters: what they say, and how they leave, over real SMTP and into a folder.

mod envelopes;
mod letters;
mod overtaken;
mod promises;
mod returning;
mod sending;
mod silence;

use std::sync::atomic::AtomicBool;

use chrono::{DateTime, TimeDelta, Utc};
use fighting_fund::db::{Conn, DbError, Lock, hold};
use fighting_fund::donations::letters::Letters;
use fighting_fund::donations::{self, Change, Method, NewGift};
use fighting_fund::funds::{self, Society};
use fighting_fund::outbox::{self, Delivery, DeliveryState, MailSettings, MailTarget, Post, Sender};
use fighting_fund::worker;

use crate::harness::{Mail, TestApp, noon};
use crate::postmaster::{HANGS_UP, Postmaster, Protection};

fn a_gift() -> NewGift {
    NewGift {
        key: uuid::Uuid::now_v7().to_string(),
        fingerprint: [7; 32],
        fund_id: 1,
        appeal: None,
        amount_minor: 2_500,
        method: Method::Cheque,
        is_pledge: false,
        received_on: None,
        name: "Jane Doe".to_owned(),
        email: Some("jane@example.org".to_owned()),
        acknowledge_as: String::new(),
        anonymous: false,
        note: String::new(),
        in_memory_of: String::new(),
        memory_in_print: false,
        by: "test".to_owned(),
        request_id: "test".to_owned(),
        stranger: None,
    }
}

fn gift_to(email: &str) -> NewGift {
    NewGift { email: Some(email.to_owned()), ..a_gift() }
}

/// Records gifts; the answer is the number of the first.
fn give(app: &TestApp, gifts: &[NewGift]) -> i64 {
    let now = app.app.clock.now();
    let outcomes = app.app.db.write(|conn| {
        hold(conn, Lock::Books)?;
        donations::record_all(conn, now, gifts)
    });
    outcomes.expect("recorded")[0].as_ref().expect("taken").donation.id
}

fn name_the_society(app: &TestApp) {
    let society = Society {
        name: "People's Press Printing Society Limited".to_owned(),
        address: "52 Beachy Road\nLondon\nE3 2NS".to_owned(),
        registration: "Registered society No. 12750R".to_owned(),
        contact_email: "fund@paper.example".to_owned(),
        bank_account_name: "PPPS Fighting Fund".to_owned(),
        bank_sort_code: "60-83-01".to_owned(),
        bank_account_number: "20253530".to_owned(),
        cheques_payable_to: "PPPS".to_owned(),
        ..Society::unnamed()
    };
    app.app.db.write(|conn| funds::update_society(conn, &society)).expect("named");
}

fn a_change(key: &str) -> Change {
    Change {
        key: key.to_owned(),
        fingerprint: [1; 32],
        reason: "the clerk's own words".to_owned(),
        by: "staff:1 T".to_owned(),
        request_id: "test".to_owned(),
    }
}

fn change<T>(app: &TestApp, work: impl FnOnce(&mut Conn, DateTime<Utc>) -> Result<T, donations::ChangeError>) -> T {
    let now = app.app.clock.now();
    let done = app.app.db.write(|conn| {
        hold(conn, Lock::Books)?;
        work(conn, now)
    });
    done.expect("changed")
}

fn deliveries(app: &TestApp, donation_id: i64) -> Vec<Delivery> {
    app.app.db.read(|conn| outbox::of_donation(conn, donation_id)).expect("deliveries")
}

fn only_delivery(app: &TestApp, donation_id: i64) -> Delivery {
    let mut all = deliveries(app, donation_id);
    assert_eq!(all.len(), 1);
    all.remove(0)
}

fn later(minutes: i64) -> DateTime<Utc> {
    noon() + TimeDelta::minutes(minutes)
}

/// The text without what differs from run to run.
fn settled_text(app: &TestApp, mail: &Mail) -> String {
    let mut text = mail.text.replace(&app.url, "https://fund.example");
    while let Some(at) = text.find("/donations/FF") {
        let end = text[at..].find('\n').map_or(text.len(), |end| at + end);
        text.replace_range(at..end, "/donations/[token]");
    }
    text
}

fn last_mail(app: &TestApp) -> Mail {
    app.mails().pop().expect("a mail")
}
