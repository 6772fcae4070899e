//! The month's end: the checklist, closing, what is carried over, and that a closed appeal does not move.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, TimeZone, Utc};
use fighting_fund::db::{Lock, hold};
use fighting_fund::desk::prover::Prover;
use fighting_fund::donations::{self, Change, ChangeError, GiftRefusal, Method, NewGift};
use fighting_fund::funds::{self, Appeal, Carry, Fund, FundError, NoAppeal, Total};
use fighting_fund::staff::Role;
use fighting_fund::{ledger, verify};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::desk::{Desk, gift, trail};
use crate::harness::{TestApp, noon};

const JUNE: &str = "/desk/funds/fighting-fund/appeals/2021-06";

/// Noon in London on 3 July 2021, when June is over.
fn july() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2021, 7, 3, 11, 0, 0).unwrap()
}

impl TestApp {
    pub fn write<T>(&self, work: impl FnOnce(&mut fighting_fund::db::Conn) -> T) -> T {
        let done = self.app.db.write(|conn| {
            hold(conn, Lock::Books)?;
            Ok::<_, fighting_fund::db::DbError>(work(conn))
        });
        done.expect("the books")
    }

    pub fn appeal(&self, name: &str) -> (Fund, Appeal, Total) {
        let all = self.app.db.read(funds::standing_rows).expect("the books");
        let fund = self.app.db.read(|conn| funds::by_slug(conn, "fighting-fund")).expect("the books").expect("a fund");
        let (appeal, total) =
            all.into_iter().find(|(appeal, _)| appeal.name == name && appeal.fund_id == fund.id).expect("an appeal");
        (fund, appeal, total)
    }

    /// Closes the books of an appeal without the checklist.
    pub fn close(&self, name: &str) -> Result<(), FundError> {
        let (fund, appeal, _) = self.appeal(name);
        self.write(|conn| funds::close(conn, self.app.clock.now(), "the test", &fund, &appeal, ""))
    }

    fn reopen(&self, name: &str, reason: &str) -> Result<(), FundError> {
        let (fund, appeal, _) = self.appeal(name);
        self.write(|conn| funds::reopen(conn, self.app.clock.now(), "the test", &fund, &appeal, reason))
    }

    fn carry(&self, carry: Carry) {
        let (fund, ..) = self.appeal("2021-06");
        self.write(|conn| funds::change_fund(conn, &Fund { carry, ..fund })).expect("a fund");
    }
}

fn change(key: &str) -> Change {
    Change {
        key: format!("test:{key}"),
        fingerprint: [0; 32],
        reason: "asked for it back".to_owned(),
        by: "the test".to_owned(),
        request_id: String::new(),
    }
}

/// June with one gift of £25, and a treasurer at the desk in July: nobody stays signed in for a week.
async fn a_june_that_is_over(app: &TestApp) -> (Desk<'_>, i64) {
    let number = Desk::of(app, Role::Treasurer).await.gift(&[]).await;
    app.send_mail();
    app.live_at(july());
    (Desk::of(app, Role::Treasurer).await, number)
}

#[actix_web::test]
async fn a_month_is_closed_after_its_checklist_and_moves_no_more() {
    let app = TestApp::start().await;
    let (desk, _) = a_june_that_is_over(&app).await;

    let open = app.page("/funds/fighting-fund").await;
    let early = desk.send(&format!("{JUNE}/closing"), &[]).await;
    let before = desk.page(&format!("{JUNE}/closing")).await;
    let proof = desk.send(&format!("{JUNE}/closing/proof"), &[]).await;
    let ready = desk.page(&format!("{JUNE}/closing")).await;
    let closed = desk.send(&format!("{JUNE}/closing"), &[("key", "k1")]).await;
    let again = desk.send(&format!("{JUNE}/closing"), &[("key", "k1")]).await;

    assert_eq!(early.0, 422, "the books are not proved yet: {}", early.1);
    assert!(before.contains("not been proved") && !before.contains("Close 2021-06"), "{before}");
    assert_eq!(proof, (303, format!("{JUNE}/closing#proof")));
    assert!(ready.contains("Every check held on 3 July 2021") && ready.contains("not kept here"), "{ready}");
    assert_eq!((closed.clone(), again), ((303, JUNE.to_owned()), closed), "a second click changes nothing");
    let page = desk.page(JUNE).await;
    assert!(page.contains("books closed") && page.contains("Books closed"), "{page}");
    let public = app.page("/funds/fighting-fund").await;
    let sentence = "June 2021 is closed: it raised £25 of £18,000 from one gift, and its figures do not move any more.";
    assert!(public.contains(sentence) && !open.contains("June 2021 is closed"), "{public}");
    let told = desk.page(&format!("{JUNE}/closing")).await;
    assert!(told.contains("Closed by The treasurer, 3 July 2021 at 12:00"), "{told}");
    let said = trail(&app);
    assert_eq!(said.iter().filter(|action| *action == "appeal closed").count(), 1, "{said:?}");
    assert!(said.contains(&"books proved".to_owned()));
    let refused = desk.send(
        "/desk/gifts/new",
        &[("fund", "fighting-fund"), ("amount", "10"), ("method", "cash"), ("received_on", "2021-06-20")],
    );
    let (status, refused) = refused.await;
    assert_eq!(status, 422);
    assert!(refused.contains("The books of 2021-06 are closed."), "{refused}");
}

#[actix_web::test]
async fn only_a_treasurer_closes_and_the_second_one_is_told_who_was_quicker() {
    let app = TestApp::start().await;
    let (desk, _) = a_june_that_is_over(&app).await;
    desk.send(&format!("{JUNE}/closing/proof"), &[]).await;
    let clerk = Desk::of(&app, Role::Clerk).await;
    let other = Desk::of(&app, Role::Administrator).await;

    let by_clerk = clerk.send(&format!("{JUNE}/closing"), &[]).await;
    let seen = clerk.page(&format!("{JUNE}/closing")).await;
    let path = format!("{JUNE}/closing");
    let (one, two) = tokio::join!(desk.send(&path, &[]), other.send(&path, &[]));

    assert_eq!(by_clerk.0, 403);
    assert!(seen.contains("A treasurer closes it."), "{seen}");
    let mut statuses = [one.0, two.0];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 422], "{} {}", one.1, two.1);
    let told = if one.0 == 422 { one.1 } else { two.1 };
    assert!(told.contains("closed already"), "{told}");
}

#[actix_web::test]
async fn a_month_that_runs_and_one_whose_neighbour_moves_are_not_closed() {
    let app = TestApp::start().await;
    let desk = Desk::of(&app, Role::Treasurer).await;
    app.carry(Carry::Both);
    desk.gift(&[]).await;
    let running = app.close("2021-06");
    app.live_at(Utc.with_ymd_and_hms(2021, 8, 2, 11, 0, 0).unwrap());
    let desk = Desk::of(&app, Role::Treasurer).await;

    let out_of_order = app.close("2021-07");
    let shown = desk.page("/desk/funds/fighting-fund/appeals/2021-07/closing").await;
    app.close("2021-06").expect("the first month");
    app.close("2021-07").expect("the next");
    let twice = app.close("2021-07");
    let held = app.reopen("2021-06", "a cheque was found");
    let held_page = desk.page(&format!("{JUNE}/closing")).await;

    let words = |refused: Result<(), FundError>| refused.expect_err("a refusal").to_string();
    assert!(words(running).contains("takes gifts until 2021-06-30"));
    assert!(words(out_of_order).contains("Please close 2021-06 first"));
    assert!(shown.contains("June 2021 is open") && shown.contains("Close that one first"), "{shown}");
    assert!(words(twice).contains("closed already"));
    assert!(words(held).contains("2021-07 took over"));
    assert!(held_page.contains("open that one first"), "{held_page}");
}

#[actix_web::test]
async fn what_is_missing_goes_to_the_next_month_as_a_line_and_never_as_a_gift() {
    let app = TestApp::start().await;
    let desk = Desk::of(&app, Role::Treasurer).await;
    app.carry(Carry::Shortfall);
    for amount in ["9000", "8788"] {
        desk.gift(&[("amount", amount)]).await;
    }
    app.live_at(july());
    let desk = Desk::of(&app, Role::Treasurer).await;
    let moving = desk.page("/desk/funds/fighting-fund/appeals/2021-07").await;

    // A late cheque, and then the books are closed before the calendar looked again.
    desk.gift(&[("amount", "12"), ("received_on", "2021-06-30")]).await;
    app.close("2021-06").expect("a closed month");

    assert!(
        moving.contains("From June 2021: shortfall £212.00") && moving.contains("It follows the total"),
        "{moving}"
    );
    let (_, july, total) = app.appeal("2021-07");
    assert_eq!((july.carried_minor, total.raised_minor, total.donations), (20_000, 0, 0));
    let here = desk.page(JUNE).await;
    let there = desk.page("/desk/funds/fighting-fund/appeals/2021-07").await;
    assert!(here.contains("To July 2021: shortfall £200.00"), "{here}");
    assert!(there.contains("From June 2021: shortfall £200.00") && !there.contains("It follows the total"), "{there}");
    app.send_mail();
}

#[actix_web::test]
async fn opening_again_needs_a_reason_and_lets_the_carried_amount_follow() {
    let app = TestApp::start().await;
    app.carry(Carry::Both);
    let (desk, _) = a_june_that_is_over(&app).await;
    app.close("2021-06").expect("a closed month");

    let without = desk.send(&format!("{JUNE}/reopening"), &[("reason", " ")]).await;
    let opened = desk.send(&format!("{JUNE}/reopening"), &[("reason", "a cheque was found")]).await;
    let twice = desk.send(&format!("{JUNE}/reopening"), &[("reason", "a cheque was found")]).await;
    desk.gift(&[("amount", "75"), ("received_on", "2021-06-29")]).await;
    app.live_at(july());

    assert_eq!(without.0, 422);
    assert!(without.1.contains("Please say why"), "{}", without.1);
    assert_eq!(opened, (303, JUNE.to_owned()));
    assert_eq!(twice.0, 422);
    assert!(twice.1.contains("The books of 2021-06 are open."), "{}", twice.1);
    assert_eq!(app.appeal("2021-07").1.carried_minor, 1_800_000 - 10_000);
    let page = desk.page(JUNE).await;
    assert!(page.contains("Books opened again") && page.contains("a cheque was found"), "{page}");
    app.send_mail();
}

#[actix_web::test]
async fn money_of_a_closed_month_goes_back_from_the_month_that_is_open() {
    let app = TestApp::start().await;
    let (desk, number) = a_june_that_is_over(&app).await;
    let kept = desk.gift(&[("amount", "40"), ("received_on", "2021-07-02")]).await;
    app.close("2021-06").expect("a closed month");
    let (_, _, before) = app.appeal("2021-06");

    let path = |deed: &str| format!("/desk/gifts/{}/{deed}", gift(&app, number).reference());
    let part = desk.send(&path("refund"), &[("key", "r1"), ("amount", "10"), ("reason", "asked")]).await;
    let rest = desk.send(&path("bounce"), &[("key", "b1"), ("reason", "unpaid")]).await;

    assert_eq!((part.0, rest.0), (303, 303), "{} {}", part.1, rest.1);
    let (_, _, june) = app.appeal("2021-06");
    let (_, _, july) = app.appeal("2021-07");
    assert_eq!(june, before, "a closed month does not move");
    assert_eq!((july.raised_minor, july.donations), (4_000 - 2_500, 1));
    assert_eq!(gift(&app, number).remaining_minor(), 0);
    assert_eq!(gift(&app, kept).remaining_minor(), 4_000);
    let page = desk.page(path("").trim_end_matches('/')).await;
    assert!(page.contains("Its month was closed"), "{page}");
    assert_eq!(app.fault(), None);
    let charted = desk.page("/desk/funds/fighting-fund/appeals/2021-07").await;
    assert!(charted.contains("£15.00"), "the chart adds up to what was raised: {charted}");
    app.send_mail();
}

#[actix_web::test]
async fn after_a_fund_that_ran_once_is_closed_nothing_can_bear_a_refund() {
    let app = TestApp::start().await;
    let new = funds::NewFund {
        slug: "press".to_owned(),
        deadline: Some((NaiveDate::from_ymd_opt(2021, 6, 30).expect("a date"), None)),
        ..funds::NewFund::default_fund()
    };
    let fund = app.write(|conn| funds::add(conn, noon(), "the test", &new)).expect("a fund");
    app.give("one", fund.id, 2_500, None).await;
    app.live_at(july());
    let id = app.app.db.read(|conn| donations::newest(conn, 1)).expect("the books")[0].id;
    let appeal = app.app.db.read(|conn| funds::appeals_of(conn, fund.id, 1)).expect("the books").remove(0);
    app.write(|conn| funds::close(conn, july(), "the test", &fund, &appeal, "")).expect("a closed appeal");

    let refused = app.write(|conn| donations::refund(conn, july(), id, 100, &change("r")).map(drop));
    let page = app.page("/funds/press").await;

    assert!(matches!(refused, Err(ChangeError::NothingOpen(name)) if name == "2021-06"));
    assert!(page.contains("The books of this appeal were closed on 3 July 2021"), "{page}");
}

#[actix_web::test]
async fn a_gift_for_a_closed_month_gets_a_sentence_by_every_road() {
    let app = TestApp::start().await;
    let (desk, _) = a_june_that_is_over(&app).await;
    app.close("2021-06").expect("a closed month");
    let sentence = "The books of 2021-06 are closed.";

    let token = app.token("donations:write").await;
    let body = serde_json::json!({"amount": "5", "method": "cash", "received_on": "2021-06-20"});
    let request = app.client.post(app.at("/api/v1/funds/fighting-fund/donations")).bearer_auth(&token);
    let answer = request.header("Idempotency-Key", "k").json(&body).send().await.expect("an answer");
    let api = (answer.status().as_u16(), answer.text().await.expect("a text"));
    let csv = b"amount,method,received_on\n5,cash,2021-06-20\n6,cash,2021-07-01\n";
    let intent = fighting_fund::sheet::Intent::Record;
    let file = donations::import::run(&app.app.db, july(), "fighting-fund", csv, intent, |_, _| {}).expect("a report");
    let fields = [("fund", "fighting-fund"), ("amount", "5"), ("method", "cash"), ("received_on", "2021-07-01")];
    let placed = [&fields[..], &[("appeal", "fighting-fund/2021-06")]].concat();
    let staff = desk.send("/desk/gifts/new", &placed).await;
    let target = desk.send(&format!("{JUNE}/target"), &[("target", "1"), ("reason", "x")]).await;

    assert!(api.0 == 422 && api.1.contains(sentence), "{api:?}");
    assert_eq!(file.faults, 1);
    assert!(file.rows.iter().any(|row| row.contains(sentence)), "{:?}", file.rows);
    assert!(staff.0 == 422 && staff.1.contains(sentence), "{staff:?}");
    assert!(target.0 == 422 && target.1.contains("is closed and does not move"), "{target:?}");
    assert_eq!(app.appeal("2021-07").2.donations, 0, "all of a file or nothing");
}

#[actix_web::test]
async fn what_waits_in_the_outbox_is_waived_only_with_a_reason() {
    let mut app = TestApp::start().await;
    app.leave_mail_unsent();
    let desk = Desk::of(&app, Role::Treasurer).await;
    desk.gift(&[]).await;
    app.set_time(july());
    let desk = Desk::of(&app, Role::Treasurer).await;
    desk.send(&format!("{JUNE}/closing/proof"), &[]).await;

    let shown = desk.page(&format!("{JUNE}/closing")).await;
    let plain = desk.send(&format!("{JUNE}/closing"), &[]).await;
    let silent = desk.send(&format!("{JUNE}/closing"), &[("waive", "receipts")]).await;
    let wrong = desk.send(&format!("{JUNE}/closing"), &[("waive", "proof"), ("reason", "x")]).await;
    let told = desk.send(&format!("{JUNE}/closing"), &[("waive", "receipts"), ("reason", "mail is down")]).await;

    assert!(shown.contains("One is on the way."), "{shown}");
    assert_eq!((plain.0, silent.0, wrong.0, told.0), (422, 422, 422, 303));
    assert!(silent.1.contains("Please say why") && silent.1.contains("checked"), "{}", silent.1);
    let page = desk.page(JUNE).await;
    assert!(page.contains("without “The receipts have left”: mail is down"), "{page}");
}

#[actix_web::test]
async fn an_entry_after_the_proof_asks_for_another_and_a_fault_is_told() {
    let mut app = TestApp::start().await;
    app.leave_books_unchecked();
    let (desk, _) = a_june_that_is_over(&app).await;
    desk.send(&format!("{JUNE}/closing/proof"), &[]).await;

    desk.gift(&[("received_on", "2021-06-28"), ("email", "")]).await;
    let stale = desk.page(&format!("{JUNE}/closing")).await;
    let running = app.app.prover.begin(july()).expect("none runs");
    let waits = desk.send(&format!("{JUNE}/closing/proof"), &[]).await;
    let seen = desk.page(&format!("{JUNE}/closing")).await;
    drop(running);
    app.write(|conn| {
        use diesel::RunQueryDsl;
        diesel::sql_query("UPDATE appeal_totals SET raised_minor = raised_minor + 1").execute(conn).expect("a change")
    });
    desk.send(&format!("{JUNE}/closing/proof"), &[]).await;
    let broken = desk.page(&format!("{JUNE}/closing")).await;

    assert!(stale.contains("moved the appeal after the proof"), "{stale}");
    assert_eq!(waits.0, 303);
    assert!(seen.contains("A proof runs since 3 July 2021 at 12:00"), "{seen}");
    assert!(broken.contains("A check failed: appeal 2021-06 shows"), "{broken}");
}

#[actix_web::test]
async fn a_proof_that_dies_lets_the_next_one_begin() {
    let prover: Arc<Prover> = Prover::of(verify::all);

    let run = prover.begin(noon());
    let second = prover.begin(noon()).is_some();
    drop(run);

    assert!(!second);
    assert!(prover.begin(noon()).is_some());
}

/// Something that is tried with a month after it was closed.
#[derive(Debug, Clone, Copy)]
enum Try {
    Give(i64),
    Refund(usize, i64),
    Bounce(usize),
    Close,
    Reopen,
    Target(i64),
    Calendar,
}

fn a_try() -> impl Strategy<Value = Try> {
    prop_oneof![
        (100_i64..10_000).prop_map(Try::Give),
        (0_usize..4, 1_i64..6_000).prop_map(|(gift, amount)| Try::Refund(gift, amount)),
        (0_usize..4).prop_map(Try::Bounce),
        Just(Try::Close),
        (1_i64..10_000).prop_map(Try::Target),
        Just(Try::Calendar),
        Just(Try::Reopen),
    ]
}

fn a_cheque(key: String, fund: &Fund, amount_minor: i64, on: NaiveDate) -> NewGift {
    NewGift {
        key,
        fingerprint: [0; 32],
        fund_id: fund.id,
        appeal: None,
        amount_minor,
        method: Method::Cheque,
        is_pledge: false,
        received_on: Some(on),
        name: "Giver".to_owned(),
        email: None,
        acknowledge_as: String::new(),
        anonymous: false,
        note: String::new(),
        in_memory_of: String::new(),
        memory_in_print: false,
        by: "the test".to_owned(),
        request_id: String::new(),
        stranger: None,
    }
}

#[actix_web::test]
async fn whatever_is_tried_a_closed_month_does_not_move_and_the_books_agree() {
    let app = TestApp::start_at(july()).await;
    let mut runner = TestRunner::new(Config { cases: 12, ..Config::default() });
    let case = std::cell::Cell::new(0);
    let ran = runner.run(&prop::collection::vec(a_try(), 1..14), |tries| {
        case.set(case.get() + 1);
        let number = case.get();
        let fund =
            app.add_monthly_fund(&format!("f{number}"), [Carry::None, Carry::Shortfall, Carry::Both][number % 3]);
        let june = NaiveDate::from_ymd_opt(2021, 6, 15).expect("a date");
        let gifts: Vec<NewGift> = (0..4).map(|n| a_cheque(format!("t:{number}:{n}"), &fund, 2_500, june)).collect();
        let ids: Vec<i64> = app.write(|conn| {
            let outcomes = donations::record_all(conn, july(), &gifts).expect("the books");
            outcomes.into_iter().map(|outcome| outcome.expect("a gift").donation.id).collect()
        });
        let stand = || {
            let all = app.app.db.read(funds::standing_rows).expect("the books");
            all.into_iter().find(|(a, _)| a.fund_id == fund.id && a.name == "2021-06").expect("June")
        };
        let mut still = None;
        for (at, one) in tries.iter().enumerate() {
            let (june_now, _) = stand();
            app.write(|conn| match one {
                Try::Give(amount) => {
                    let gift = a_cheque(format!("t:{number}:late:{at}"), &fund, *amount, june);
                    let outcome = donations::record_all(conn, july(), &[gift]).expect("the books").remove(0);
                    let is_closed = matches!(outcome, Err(GiftRefusal::NoAppeal(NoAppeal::Closed(_))));
                    assert_eq!(is_closed, june_now.closed_at.is_some());
                }
                Try::Refund(gift, amount) => {
                    drop(donations::refund(conn, july(), ids[*gift], *amount, &change(&format!("{number}:{at}"))));
                }
                Try::Bounce(gift) => {
                    drop(donations::bounce(conn, july(), ids[*gift], &change(&format!("{number}:{at}"))));
                }
                Try::Close => drop(funds::close(conn, july(), "the test", &fund, &june_now, "")),
                Try::Reopen => drop(funds::reopen(conn, july(), "the test", &fund, &june_now, "why")),
                Try::Target(target) => {
                    drop(funds::change_target(conn, july(), "the test", &fund, &june_now, *target, "why"));
                }
                Try::Calendar => funds::open_due(conn, july()).expect("the books"),
            });
            let now = stand();
            still = match (one, still) {
                (Try::Reopen, _) => None,
                (_, Some(before)) => {
                    prop_assert_eq!(&now, &before, "a closed month moved");
                    Some(before)
                }
                (_, None) => now.0.closed_at.is_some().then_some(now),
            };
        }
        let proofs = app.app.db.snapshot(verify::all).expect("verify reads");
        prop_assert_eq!(proofs.into_iter().find_map(|proof| proof.fault), None);
        Ok(())
    });
    ran.expect("a closed month does not move");
    assert!(app.app.db.read(ledger::head).expect("the books").number > 0);
}
