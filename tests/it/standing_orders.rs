//! Standing orders: learnt from what came, entered by hand, expected, arrived, late and stopped.

use chrono::{DateTime, NaiveDate, TimeZone, Utc};
use fighting_fund::db::{Lock, hold};
use fighting_fund::donations::{self, Change, Method, NewGift};
use fighting_fund::funds::{self, Fund};
use fighting_fund::standing_orders::{self, Due, Filter, Origin, StandingOrder, State, Wanted};
use fighting_fund::worker;

use crate::harness::TestApp;

pub fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).expect("a date")
}

fn noon_of(day: NaiveDate) -> DateTime<Utc> {
    Utc.from_utc_datetime(&day.and_hms_opt(12, 0, 0).expect("noon"))
}

/// A gift by standing order of ten pounds from Ann, who left her address.
pub fn gift(on: NaiveDate) -> NewGift {
    NewGift {
        key: format!("test:{}", uuid::Uuid::now_v7()),
        fingerprint: [1; 32],
        fund_id: 1,
        appeal: None,
        amount_minor: 1_000,
        method: Method::StandingOrder,
        is_pledge: false,
        received_on: Some(on),
        name: "Ann Ashworth".to_owned(),
        email: Some("ann@example.org".to_owned()),
        acknowledge_as: String::new(),
        anonymous: false,
        note: String::new(),
        in_memory_of: String::new(),
        memory_in_print: false,
        by: "test".to_owned(),
        request_id: String::new(),
    }
}

/// Records gifts, and lets the background work read them.
pub fn give(app: &TestApp, gifts: &[NewGift]) -> Vec<i64> {
    let recorded = app.app.db.write(|conn| {
        hold(conn, Lock::Books)?;
        donations::record_all(conn, app.app.clock.now(), gifts)
    });
    let ids = recorded.expect("the books").into_iter().map(|gift| gift.expect("a gift").donation.id).collect();
    worker::tick(&app.app).expect("a round");
    ids
}

fn fund(app: &TestApp) -> Fund {
    app.app.db.read(|conn| funds::by_slug(conn, "fighting-fund")).expect("the books").expect("a fund")
}

/// Every order that is not declined, the oldest first.
pub fn orders(app: &TestApp) -> Vec<StandingOrder> {
    let wanted = Wanted { fund_id: 1, ..Wanted::default() };
    let today = app.app.clock.now().date_naive();
    let mut all = app.app.db.read(|conn| standing_orders::page(conn, &wanted, today, 1_000)).expect("the books");
    all.reverse();
    all
}

fn due(app: &TestApp, from: NaiveDate, until: NaiveDate) -> Vec<Due> {
    let fund = fund(app);
    app.app.db.read(|conn| standing_orders::due(conn, &fund, from, until)).expect("the books")
}

fn bounce(app: &TestApp, id: i64) {
    let change = Change {
        key: format!("test:bounce:{id}"),
        fingerprint: [2; 32],
        reason: "returned unpaid".to_owned(),
        by: "test".to_owned(),
        request_id: String::new(),
    };
    let bounced = app.app.db.write(|conn| {
        hold(conn, Lock::Books)?;
        donations::bounce(conn, app.app.clock.now(), id, &change)
    });
    bounced.expect("it bounces");
    worker::tick(&app.app).expect("a round");
}

#[actix_web::test]
async fn three_months_in_a_row_are_learnt_and_the_fourth_is_due_until_it_comes() {
    let app = TestApp::start().await;
    give(&app, &[gift(day(2021, 3, 1)), gift(day(2021, 4, 1))]);
    assert_eq!(orders(&app), [], "two are no pattern");

    give(&app, &[gift(day(2021, 5, 3))]);

    let order = orders(&app).pop().expect("an order");
    assert_eq!((order.amount_minor, order.day, order.since_on), (1_000, 1, day(2021, 3, 1)));
    assert_eq!((order.state, order.origin, order.met_month), (State::Kept, Origin::Learnt, day(2021, 5, 1)));
    let expected = due(&app, day(2021, 6, 1), day(2021, 6, 30));
    assert_eq!(expected.len(), 1);
    assert_eq!((expected[0].due_on, expected[0].name.as_str()), (day(2021, 6, 1), "Ann Ashworth"));
    give(&app, &[gift(day(2021, 6, 2))]);
    assert_eq!(due(&app, day(2021, 6, 1), day(2021, 6, 30)), []);
    assert_eq!(orders(&app).len(), 1, "and it is learnt once");
}

#[actix_web::test]
async fn a_direct_debit_that_bounced_has_not_come() {
    let app = TestApp::start().await;
    let debit = |on| NewGift { method: Method::DirectDebit, ..gift(on) };
    let ids = give(&app, &[debit(day(2021, 4, 1)), debit(day(2021, 5, 3)), debit(day(2021, 6, 1))]);
    assert_eq!(orders(&app)[0].met_month, day(2021, 6, 1));

    bounce(&app, ids[2]);

    assert_eq!(orders(&app)[0].met_month, day(2021, 5, 1));
    assert_eq!(due(&app, day(2021, 6, 1), day(2021, 6, 30)).len(), 1);
}

#[actix_web::test]
async fn a_name_alone_and_plain_transfers_are_offered_and_not_taken() {
    let app = TestApp::start().await;
    let days = [day(2021, 4, 1), day(2021, 5, 3), day(2021, 6, 1)];
    let nameless = days.map(|on| NewGift { name: "B NOLAN".to_owned(), email: None, ..gift(on) });
    let transfer = days.map(|on| NewGift { method: Method::BankTransfer, ..gift(on) });

    give(&app, &[nameless, transfer].concat());

    let states: Vec<State> = orders(&app).iter().map(|order| order.state).collect();
    assert_eq!(states, [State::Offered, State::Offered]);
    assert_eq!(due(&app, day(2021, 6, 1), day(2021, 7, 31)), [], "what is only offered is not expected");
}

#[actix_web::test]
async fn gifts_entered_in_any_order_meet_the_same_months() {
    let app = TestApp::start().await;
    let mut gifts: Vec<NewGift> =
        [(2, 1), (3, 1), (4, 1), (5, 3), (6, 1)].map(|(month, on)| gift(day(2021, month, on))).to_vec();
    gifts.reverse();

    for one in gifts {
        give(&app, &[one]);
    }

    let order = orders(&app).pop().expect("an order");
    let met = app.app.db.read(|conn| standing_orders::met(conn, order.id, day(2021, 1, 1), day(2022, 1, 1)));
    let months: Vec<NaiveDate> = met.expect("the books").iter().map(|met| met.month).collect();
    assert_eq!(order.first_month, day(2021, 4, 1), "three were seen when it was learnt");
    assert_eq!(months, [day(2021, 6, 1), day(2021, 5, 1), day(2021, 4, 1)]);
}

#[actix_web::test]
async fn two_missed_months_are_quiet_and_a_late_one_is_late() {
    let app = TestApp::start_at(noon_of(day(2021, 6, 27))).await;
    give(&app, &[gift(day(2021, 4, 1)), gift(day(2021, 5, 3)), gift(day(2021, 6, 1))]);
    let found = |filter: Filter| {
        let wanted = Wanted { fund_id: 1, filter: Some(filter), ..Wanted::default() };
        let today = app.app.clock.now().date_naive();
        app.app.db.read(|conn| standing_orders::page(conn, &wanted, today, 10)).expect("the books").len()
    };
    let all = || [Filter::Arrived, Filter::Expected, Filter::Late, Filter::Quiet, Filter::Stopped].map(found);

    assert_eq!(all(), [1, 0, 0, 0, 0]);
    app.set_time(noon_of(day(2021, 7, 2)));
    assert_eq!(all(), [0, 1, 0, 0, 0]);
    app.set_time(noon_of(day(2021, 7, 12)));
    assert_eq!(all(), [0, 0, 1, 0, 0]);
    app.set_time(noon_of(day(2021, 8, 12)));
    assert_eq!(all(), [0, 0, 0, 1, 0]);
}
