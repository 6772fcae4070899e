//! What holds for any gifts in any order, any amount, and any change of the ledger.

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use fighting_fund::db::{Db, DbError, Lock, hold};
use fighting_fund::donations::{self, Change, ChangeError, Method, NewGift};
use fighting_fund::funds::{self, Fund, FundError, NewFund};
use fighting_fund::ledger::verify::expected_hash;
use fighting_fund::ledger::{Entry, Posting};
use fighting_fund::money::{Currency, GBP, display, display_short, parse_amount, plain};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};

use crate::harness::{TestApp, noon};

/// One gift and all that becomes of it.
#[derive(Debug, Clone)]
struct Story {
    amount_minor: i64,
    method: Method,
    fate: Fate,
}

#[derive(Debug, Clone)]
enum Fate {
    Kept,
    /// Given back in these parts, which leave something or nothing.
    Refunded(Vec<i64>),
    Bounced,
}

/// One request; a story's number and, for a refund, which part.
#[derive(Debug, Clone, Copy)]
enum Event {
    Give(usize),
    Refund(usize, usize),
    Bounce(usize),
}

impl Story {
    fn left_minor(&self) -> i64 {
        match &self.fate {
            Fate::Kept => self.amount_minor,
            Fate::Refunded(parts) => self.amount_minor - parts.iter().sum::<i64>(),
            Fate::Bounced => 0,
        }
    }

    fn events(&self, number: usize) -> Vec<Event> {
        let after = match &self.fate {
            Fate::Kept => Vec::new(),
            Fate::Refunded(parts) => (0..parts.len()).map(|part| Event::Refund(number, part)).collect(),
            Fate::Bounced => vec![Event::Bounce(number)],
        };
        std::iter::once(Event::Give(number)).chain(after).collect()
    }
}

fn a_story() -> impl Strategy<Value = Story> {
    let fate = prop_oneof![
        3 => Just(Vec::new()),
        1 => prop::collection::vec(1_i64..=50, 1..=2),
    ];
    (100_i64..=1_000_000, 0..Method::ALL.len(), fate, prop::bool::weighted(0.2)).prop_map(
        |(amount_minor, method, percents, is_bounced)| {
            let parts: Vec<i64> = percents.iter().map(|percent| amount_minor * percent / 100).collect();
            match is_bounced {
                true => Story { amount_minor, method: Method::Cheque, fate: Fate::Bounced },
                false if parts.is_empty() => Story { amount_minor, method: Method::ALL[method], fate: Fate::Kept },
                false => Story { amount_minor, method: Method::ALL[method], fate: Fate::Refunded(parts) },
            }
        },
    )
}

/// Stories, and their requests in some order, each sent one to three times.
fn a_month() -> impl Strategy<Value = (Vec<Story>, Vec<Event>)> {
    prop::collection::vec((a_story(), 1_usize..=3), 1..12).prop_flat_map(|stories| {
        let events: Vec<Event> = stories
            .iter()
            .enumerate()
            .flat_map(|(number, (story, times))| story.events(number).repeat(*times))
            .collect();
        (Just(stories.into_iter().map(|(story, _)| story).collect()), Just(events).prop_shuffle())
    })
}

/// Sends requests as they come; what a request needs is sent before it.
struct Month<'a> {
    db: &'a Db,
    fund: Fund,
    stories: &'a [Story],
    numbers: Vec<Option<i64>>,
}

impl Month<'_> {
    fn happen(&mut self, event: Event) -> Result<(), TestCaseError> {
        match event {
            Event::Give(story) => self.give(story).map(drop),
            Event::Refund(story, part) => {
                let Fate::Refunded(parts) = &self.stories[story].fate else { return Ok(()) };
                let (id, amount_minor) = (self.give(story)?, parts[part]);
                let change = self.change(&format!("refund:{story}:{part}"));
                self.write(|conn| donations::refund(conn, noon(), id, amount_minor, &change).map(drop))
            }
            Event::Bounce(story) => {
                let id = self.give(story)?;
                let change = self.change(&format!("bounce:{story}"));
                self.write(|conn| donations::bounce(conn, noon(), id, &change).map(drop))
            }
        }
    }

    /// Sends the gift, again if it was sent before; the same donation must answer.
    fn give(&mut self, story: usize) -> Result<i64, TestCaseError> {
        let Story { amount_minor, method, .. } = self.stories[story];
        let gift = NewGift {
            key: format!("{}:{story}", self.fund.slug),
            fingerprint: [0; 32],
            fund_id: self.fund.id,
            appeal: None,
            amount_minor,
            method,
            is_pledge: false,
            received_on: None,
            name: format!("Giver {story}"),
            email: None,
            acknowledge_as: String::new(),
            anonymous: false,
            note: String::new(),
            in_memory_of: String::new(),
            memory_in_print: false,
            by: "the test".to_owned(),
            request_id: String::new(),
            stranger: None,
        };
        let mut id = 0;
        self.write(|conn| {
            let outcomes = donations::record_all(conn, noon(), &[gift.clone(), gift.clone()])?;
            let ids: Vec<i64> = outcomes.iter().flatten().map(|recorded| recorded.donation.id).collect();
            assert_eq!(ids.len(), 2, "{outcomes:?}");
            assert_eq!(ids[0], ids[1], "one key, two gifts");
            id = ids[0];
            Ok(())
        })?;
        prop_assert!(self.numbers[story].is_none_or(|known| known == id), "one key, two gifts");
        self.numbers[story] = Some(id);
        Ok(id)
    }

    fn change(&self, key: &str) -> Change {
        Change {
            key: format!("{}:{key}", self.fund.slug),
            fingerprint: [0; 32],
            reason: "asked for it back".to_owned(),
            by: "the test".to_owned(),
            request_id: String::new(),
        }
    }

    fn write(
        &self,
        work: impl FnOnce(&mut fighting_fund::db::Conn) -> Result<(), ChangeError>,
    ) -> Result<(), TestCaseError> {
        let done = self.db.write(|conn| {
            hold(conn, Lock::Books)?;
            work(conn)
        });
        done.map_err(|error: ChangeError| TestCaseError::fail(error.to_string()))
    }
}

/// The drop of the application proves the ledger, the receipts and the totals of every month that was tried.
#[actix_web::test]
async fn any_order_and_repetition_of_gifts_refunds_and_bounces_gives_the_same_total() {
    let app = TestApp::start().await;
    let db = &app.app.db;
    let mut runner = TestRunner::new(Config { cases: 24, failure_persistence: None, ..Config::default() });
    let tried = std::cell::Cell::new(0);

    let held = runner.run(&a_month(), |(stories, events)| {
        tried.set(tried.get() + 1);
        let new = NewFund { slug: format!("month-{}", tried.get()), ..NewFund::default_fund() };
        let fund = db.write(|conn| funds::add(conn, noon(), "the test", &new));
        let fund = fund.map_err(|error: FundError| TestCaseError::fail(error.to_string()))?;
        let mut month = Month { db, fund: fund.clone(), stories: &stories, numbers: vec![None; stories.len()] };

        for event in events {
            month.happen(event)?;
        }

        let standing = db.read(|conn| {
            let appeal = funds::appeals_of(conn, fund.id, 1)?.remove(0);
            funds::standing(conn, noon(), &fund, &appeal)
        });
        let standing = standing.map_err(|error: DbError| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(standing.raised_minor, stories.iter().map(Story::left_minor).sum::<i64>());
        let kept = stories.iter().filter(|story| story.left_minor() > 0).count();
        prop_assert_eq!(usize::try_from(standing.donations), Ok(kept));
        Ok(())
    });

    assert!(held.is_ok(), "{held:?}");
}

fn a_currency() -> impl Strategy<Value = Currency> {
    // No decimals, two, three.
    prop::sample::select(vec!["JPY", "GBP", "EUR", "BHD"]).prop_map(|code| Currency::from_code(code).expect("known"))
}

proptest! {
    #![proptest_config(Config { failure_persistence: None, ..Config::default() })]

    #[test]
    fn an_amount_that_is_printed_is_read_back(minor in 1_i64..=10_000_000_000_000, currency in a_currency()) {
        prop_assert_eq!(parse_amount(&plain(minor, currency), currency), Ok(minor));
        prop_assert_eq!(parse_amount(&display(minor, currency), currency), Ok(minor));
        prop_assert_eq!(parse_amount(&display_short(minor, currency), currency), Ok(minor));
    }

    #[test]
    fn whatever_is_typed_is_an_amount_above_nothing_or_a_sentence(text in "\\PC{0,30}|[0-9０-９,. £-]{0,20}") {
        match parse_amount(&text, GBP) {
            Ok(minor) => prop_assert_eq!(parse_amount(&plain(minor, GBP), GBP), Ok(minor)),
            Err(error) => prop_assert!(error.to_string().ends_with('.')),
        }
    }

    #[test]
    fn any_change_of_an_entry_breaks_its_hash(entry in an_entry(), before in any::<[u8; 32]>(), change in 0..CHANGES) {
        let hash = expected_hash(&before, &entry);

        let changed = changed(&entry, change);

        prop_assert_ne!(expected_hash(&before, &changed), hash, "{:?}", changed);
        prop_assert_ne!(expected_hash(&hash, &entry), hash, "the hash before is part of it");
    }
}

fn an_entry() -> impl Strategy<Value = Entry> {
    let posting =
        (0..3_usize, 1_i64..1_000_000, prop::option::of(1_i64..50)).prop_map(|(account, amount, appeal_id)| {
            let account = ["assets:bank", "assets:cash", "income:donations:fighting-fund"][account].to_owned();
            Posting { account, amount_minor: amount, currency: GBP, appeal_id }
        });
    let moment = (0_i64..2_000_000_000_000_000)
        .prop_map(|micros| DateTime::<Utc>::from_timestamp_micros(micros).expect("a moment before the year 2034"));
    (1_i64..1_000_000, moment, 0_u64..20_000, prop::option::of(1_i64..1_000), prop::collection::vec(posting, 1..5))
        .prop_map(|(number, recorded_at, days, corrects, postings)| Entry {
            number,
            effective_on: NaiveDate::default() + Days::new(days),
            recorded_at,
            kind: "donation".to_owned(),
            subject: "FF7K3M9QXP".to_owned(),
            corrects,
            hash: Vec::new(),
            postings,
        })
}

/// How many kinds of change [`changed`] knows.
const CHANGES: usize = 12;

fn changed(entry: &Entry, change: usize) -> Entry {
    let mut changed = entry.clone();
    let first = &mut changed.postings[0];
    match change {
        0 => changed.number += 1,
        1 => changed.effective_on = entry.effective_on + Days::new(1),
        2 => changed.recorded_at = entry.recorded_at + TimeDelta::microseconds(1),
        3 => changed.kind = "refund".to_owned(),
        4 => changed.subject = "FF7K3M9QXQ".to_owned(),
        5 => changed.corrects = entry.corrects.map_or(Some(1), |number| Some(number + 1)),
        6 => changed.corrects = if entry.corrects.is_some() { None } else { Some(7) },
        7 => first.amount_minor = -first.amount_minor,
        8 => first.account.push('x'),
        9 => first.currency = Currency::from_code("EUR").expect("known"),
        10 => first.appeal_id = first.appeal_id.map_or(Some(1), |_| None),
        _ => changed.postings.push(changed.postings[0].clone()),
    }
    changed
}
