//! Standing orders: learnt from what came, entered by hand, expected, arrived, late and stopped.

use chrono::{DateTime, NaiveDate, TimeZone, Utc};
use fighting_fund::db::{Lock, hold};
use fighting_fund::donations::{self, Change, Method, NewGift};
use fighting_fund::funds::{self, Fund};
use fighting_fund::staff::Role;
use fighting_fund::standing_orders::{self, Due, Filter, Origin, StandingOrder, State, Wanted};
use fighting_fund::worker;

use crate::desk::{Desk, trail};
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
        stranger: None,
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

/// A standing order as the form sends it, with `fields` instead of its own.
fn typed<'a>(fields: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let own = [
        ("key", "one-form"),
        ("fund", "fighting-fund"),
        ("name", "Bernard Nolan"),
        ("email", ""),
        ("amount", "12.50"),
        ("day", "28"),
        ("method", "standing_order"),
        ("since", "2021-06-01"),
        ("until", ""),
    ];
    let rest = own.into_iter().filter(|(name, _)| !fields.iter().any(|(given, _)| given == name));
    fields.iter().copied().chain(rest).collect()
}

#[actix_web::test]
async fn an_order_entered_by_hand_is_one_however_often_its_form_is_sent() {
    let app = TestApp::start().await;
    let desk = Desk::of(&app, Role::Clerk).await;

    let first = desk.send("/desk/standing-orders/new", &typed(&[])).await;
    let second = desk.send("/desk/standing-orders/new", &typed(&[])).await;
    let (status, again) = desk.send("/desk/standing-orders/new", &typed(&[("key", "another")])).await;

    assert_eq!(first, (303, "/desk/standing-orders/1".to_owned()));
    assert_eq!(second, first);
    assert_eq!(status, 422);
    assert!(again.contains("Bernard Nolan has this standing order already: £12.50 on day 28."), "{again}");
    assert_eq!(orders(&app).len(), 1);
    let page = desk.page("/desk/standing-orders/1").await;
    for said in ["Bernard Nolan", "£12.50", "the 28th", "expected", "28 Jun 2021", "The clerk"] {
        assert!(page.contains(said), "{said}: {page}");
    }
    assert_eq!(trail(&app).first().map(String::as_str), Some("standing order entered"));
}

#[actix_web::test]
async fn a_name_alone_is_met_by_gifts_under_that_name() {
    let app = TestApp::start().await;
    let desk = Desk::of(&app, Role::Clerk).await;
    desk.send("/desk/standing-orders/new", &typed(&[("day", "1"), ("since", "2021-05-01")])).await;
    let nameless = |on| NewGift { name: "BERNARD  NOLAN".to_owned(), email: None, amount_minor: 1_250, ..gift(on) };

    give(&app, &[nameless(day(2021, 5, 4)), nameless(day(2021, 6, 1))]);

    assert_eq!(orders(&app)[0].met_month, day(2021, 6, 1));
    let page = desk.page("/desk/standing-orders/1").await;
    assert!(page.contains("4 May 2021") && page.contains("arrived"), "{page}");
}

#[actix_web::test]
async fn what_is_wrong_is_said_at_each_field_and_what_was_typed_stays() {
    let app = TestApp::start().await;
    let desk = Desk::of(&app, Role::Clerk).await;
    let fields =
        [("name", ""), ("amount", "lots"), ("day", "32"), ("method", "gold"), ("since", "1.6.21"), ("until", "soon")];

    let (status, page) = desk.send("/desk/standing-orders/new", &typed(&fields)).await;
    let (_, turned) =
        desk.send("/desk/standing-orders/new", &typed(&[("since", "2021-06-01"), ("until", "2021-05-01")])).await;
    let (_, year) = desk.send("/desk/standing-orders/new", &typed(&[("since", "2126-06-01")])).await;

    assert_eq!(status, 422);
    for said in [
        "Please give the supporter’s name",
        "Please write the amount in figures",
        "Please give the day of the month, 1 to 31.",
        "Please say whether it is a standing order or a direct debit.",
        "Please write the date as year-month-day",
        "value=\"lots\"",
        "value=\"32\"",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
    assert!(turned.contains("The last day lies before the first."), "{turned}");
    assert!(year.contains("Please check the year."), "{year}");
    assert_eq!(orders(&app), []);
}

#[actix_web::test]
async fn a_changed_amount_counts_from_its_day_and_the_months_before_keep_the_old_one() {
    let app = TestApp::start().await;
    let desk = Desk::of(&app, Role::Clerk).await;
    give(&app, &[gift(day(2021, 4, 1)), gift(day(2021, 5, 3)), gift(day(2021, 6, 1))]);
    let change = |key, amount, on, reason| vec![("key", key), ("amount", amount), ("on", on), ("reason", reason)];
    let place = "/desk/standing-orders/1/amount";

    let (silent, no_reason) = desk.send(place, &change("a", "15", "2021-06-01", "")).await;
    let (ahead, not_yet) = desk.send(place, &change("b", "15", "2021-07-01", "a letter")).await;
    let (same, same_amount) = desk.send(place, &change("c", "10", "2021-06-01", "a letter")).await;
    let done = desk.send(place, &change("d", "15", "2021-06-01", "a letter")).await;
    let twice = desk.send(place, &change("d", "15", "2021-06-01", "a letter")).await;
    let (before, too_early) = desk.send(place, &change("e", "20", "2021-05-01", "a letter")).await;

    assert_eq!((silent, ahead, same, before), (422, 422, 422, 422));
    assert!(no_reason.contains("Please say why") && not_yet.contains("has not come yet"), "{not_yet}");
    assert!(same_amount.contains("It is worth £10.00 already.") && too_early.contains("was changed from"));
    assert_eq!(done, (303, "/desk/standing-orders/1".to_owned()));
    assert_eq!(twice, done);
    let page = desk.page("/desk/standing-orders/1").await;
    let months = page.split("Month by month").nth(1).expect("the months").split("What happened").next();
    let months = months.expect("the months");
    assert_eq!((months.matches("£15.00").count(), months.matches("£10.00").count()), (1, 5), "{months}");
    assert!(months.contains("another amount"), "June came as before: {months}");
    assert!(page.contains("From 1 June 2021 it is worth £15.00 instead of £10.00."), "{page}");
    assert_eq!(app.fault(), None);
}

#[actix_web::test]
async fn a_stopped_order_is_not_expected_and_an_end_entered_by_mistake_is_taken_back() {
    let app = TestApp::start().await;
    let desk = Desk::of(&app, Role::Clerk).await;
    give(&app, &[gift(day(2021, 3, 1)), gift(day(2021, 4, 1)), gift(day(2021, 5, 3))]);
    let stop = [("key", "s"), ("on", "2021-05-31"), ("reason", "the supporter moved")];

    let stopped = desk.send("/desk/standing-orders/1/stop", &stop).await;
    let twice = desk.send("/desk/standing-orders/1/stop", &stop).await;
    let (status, refused) = desk
        .send(
            "/desk/standing-orders/1/amount",
            &[("key", "x"), ("amount", "20"), ("on", "2021-06-02"), ("reason", "r")],
        )
        .await;

    assert_eq!((stopped.0, &twice), (303, &stopped));
    assert_eq!(status, 422);
    assert!(refused.contains("stopped"), "{refused}");
    assert_eq!(due(&app, day(2021, 6, 1), day(2021, 12, 31)), []);
    let list = desk.page("/desk/standing-orders?state=stopped").await;
    assert!(list.contains("Ann Ashworth"), "{list}");

    desk.send("/desk/standing-orders/1/resume", &[("key", "r"), ("reason", "it was another Ann")]).await;

    assert_eq!(due(&app, day(2021, 6, 1), day(2021, 6, 30)).len(), 1);
    let page = desk.page("/desk/standing-orders/1").await;
    assert!(page.contains("The end was taken back.") && page.contains("the supporter moved"), "{page}");
}

#[actix_web::test]
async fn staff_keep_what_is_offered_or_decline_it_for_good() {
    let app = TestApp::start().await;
    let desk = Desk::of(&app, Role::Clerk).await;
    let days = [day(2021, 4, 1), day(2021, 5, 3), day(2021, 6, 1)];
    let transfer = |on, name: &str| NewGift {
        method: Method::BankTransfer,
        name: name.to_owned(),
        email: Some(format!("{name}@example.org")),
        ..gift(on)
    };
    give(&app, &days.map(|on| transfer(on, "cora")));
    give(&app, &days.map(|on| transfer(on, "dan")));
    let list = desk.page("/desk/standing-orders?state=offered").await;
    assert!(list.contains("cora") && list.contains("dan") && list.contains("2 runs of gifts look"), "{list}");

    desk.send("/desk/standing-orders/1/keep", &[("key", "k")]).await;
    desk.send("/desk/standing-orders/1/keep", &[("key", "k2")]).await;
    desk.send("/desk/standing-orders/2/decline", &[("key", "d")]).await;
    let (status, decided) = desk.send("/desk/standing-orders/2/keep", &[("key", "e")]).await;
    app.set_time(noon_of(day(2021, 7, 2)));
    give(&app, &[transfer(day(2021, 7, 1), "cora"), transfer(day(2021, 7, 1), "dan")]);

    assert_eq!(status, 422);
    assert!(decided.contains("This was decided already."), "{decided}");
    let all = orders(&app);
    assert_eq!(all.len(), 1, "what was declined is not offered again");
    assert_eq!((all[0].state, all[0].met_month), (State::Kept, day(2021, 7, 1)));
}

#[actix_web::test]
async fn the_appeal_and_today_foretell_what_is_due_and_never_count_it_as_raised() {
    let app = TestApp::start_at(noon_of(day(2021, 6, 20))).await;
    let desk = Desk::of(&app, Role::Auditor).await;
    let from =
        |name: &str, on| NewGift { name: name.to_owned(), email: Some(format!("{name}@example.org")), ..gift(on) };
    for name in ["eve", "fred"] {
        give(&app, &[from(name, day(2021, 3, 29)), from(name, day(2021, 4, 28)), from(name, day(2021, 5, 28))]);
    }
    give(&app, &[from("gil", day(2021, 3, 1)), from("gil", day(2021, 4, 1)), from("gil", day(2021, 5, 3))]);

    for path in ["/desk", "/desk/funds/fighting-fund/appeals/2021-06", "/desk/standing-orders"] {
        let page = desk.page(path).await;
        assert!(page.contains("2 standing orders worth £20.00 are due before the deadline."), "{path}: {page}");
        assert!(page.contains("1 more, worth £10.00, is late and not counted in that."), "{path}: {page}");
    }
    let today = desk.page("/desk").await;
    assert!(today.contains("<dd>£0</dd>"), "nothing is raised in June: {today}");
    let may = desk.page("/desk/funds/fighting-fund/appeals/2021-05").await;
    assert!(!may.contains("are due before"), "a month that is over has no forecast: {may}");
}

#[actix_web::test]
async fn empty_books_have_a_page_of_standing_orders_that_says_how_they_come() {
    let app = TestApp::start().await;
    let desk = Desk::of(&app, Role::Clerk).await;

    let page = desk.page("/desk/standing-orders").await;
    let found = desk.page("/desk/standing-orders?q=nobody&state=late").await;
    let (odd, _) = desk.get("/desk/standing-orders?amount=lots").await;
    let (missing, _) = desk.get("/desk/standing-orders/99").await;

    assert!(page.contains("There is no standing order yet.") && page.contains("learnt by themselves"), "{page}");
    assert!(found.contains("No standing order matches."), "{found}");
    assert_eq!((odd, missing), (422, 404));
}

#[actix_web::test]
async fn a_long_list_is_paged_by_key_and_comes_back() {
    let app = TestApp::start().await;
    let desk = Desk::of(&app, Role::Clerk).await;
    for number in 1..=53 {
        let (key, name) = (format!("k{number}"), format!("Giver {number}"));
        let (status, _) =
            desk.send("/desk/standing-orders/new", &typed(&[("key", key.as_str()), ("name", name.as_str())])).await;
        assert_eq!(status, 303);
    }

    let first = desk.page("/desk/standing-orders").await;
    let second = desk.page("/desk/standing-orders?before=4").await;
    let back = desk.page("/desk/standing-orders?after=3").await;
    let one = desk.page("/desk/standing-orders?q=giver+17&amount=12.50&state=expected").await;

    assert!(first.contains("before=4\"") && !first.contains("rel=\"prev\""), "{first}");
    assert_eq!(second.matches(r#"<th class="g-from" scope="row" data-label="From">"#).count(), 3);
    assert!(second.contains("after=3\"") && !second.contains("rel=\"next\""), "{second}");
    assert!(back.contains("before=4\"") && !back.contains("rel=\"prev\""), "{back}");
    assert_eq!(one.matches(r#"<th class="g-from" scope="row" data-label="From">"#).count(), 1);
}
