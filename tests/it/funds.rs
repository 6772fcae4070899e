//! Funds and their appeals through the calendar: days, zones, summer time, months that open, money carried over.

use chrono::{DateTime, NaiveDate, NaiveTime, TimeZone, Utc, Weekday};
use chrono_tz::Tz;
use fighting_fund::clock::date_in;
use fighting_fund::db::{Lock, hold};
use fighting_fund::donations::{Method, NewGift};
use fighting_fund::funds::{self, Appeal, Carry, Fund, FundError, NewFund, Rhythm, Standing, State, Total, rules};
use fighting_fund::worker;
use proptest::prelude::*;

use crate::harness::{TestApp, noon};
use crate::program::Place;

impl TestApp {
    /// Cash of this amount, received on a day of its own or today; each key is one gift.
    pub async fn give(&self, key: &str, fund_id: i64, amount_minor: i64, received_on: Option<NaiveDate>) {
        let gift = NewGift {
            key: format!("test:{key}"),
            fingerprint: [1; 32],
            fund_id,
            appeal: None,
            amount_minor,
            method: Method::Cash,
            is_pledge: false,
            received_on,
            name: String::new(),
            email: None,
            acknowledge_as: String::new(),
            anonymous: false,
            note: String::new(),
            in_memory_of: String::new(),
            memory_in_print: false,
            by: "test".to_owned(),
            request_id: String::new(),
            stranger: None,
        };
        self.app.till.record(gift).await.expect("an open till").expect("a recorded gift");
    }

    /// Moves the clock and does the background work of that moment.
    pub fn live_at(&self, now: DateTime<Utc>) {
        self.set_time(now);
        worker::tick(&self.app).expect("a round of background work");
    }

    /// A fund of the calendar's kind that carries over by this rule.
    pub fn add_monthly_fund(&self, slug: &str, carry: Carry) -> Fund {
        let new = NewFund { slug: slug.to_owned(), carry, ..NewFund::default_fund() };
        self.app
            .db
            .write(|conn| {
                hold(conn, Lock::Books)?;
                funds::add(conn, self.app.clock.now(), "test", &new)
            })
            .expect("a fund")
    }

    fn fund(&self, slug: &str) -> Fund {
        self.app.db.read(|conn| funds::by_slug(conn, slug)).expect("books").expect("a fund")
    }

    /// The appeal that readers see now, and how it stands.
    fn current(&self, slug: &str) -> (Appeal, Standing) {
        let (now, fund) = (self.app.clock.now(), self.fund(slug));
        let read = self.app.db.read(|conn| {
            let appeal = funds::current_appeal(conn, fund.id, date_in(now, fund.zone))?.expect("an appeal");
            let standing = funds::standing(conn, now, &fund, &appeal)?;
            Ok::<_, FundError>((appeal, standing))
        });
        read.expect("books")
    }

    /// Every appeal of a fund, oldest first.
    fn appeals(&self, slug: &str) -> Vec<Appeal> {
        let fund = self.fund(slug);
        let mut appeals = self.app.db.read(|conn| funds::appeals_of(conn, fund.id, 100)).expect("books");
        appeals.reverse();
        appeals
    }
}

const FUND: &str = "fighting-fund";

fn utc(year: i32, month: u32, day: u32, hour: u32, minute: u32) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(year, month, day, hour, minute, 0).unwrap()
}

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).expect("a date")
}

fn london() -> Fund {
    Fund {
        id: 1,
        slug: FUND.to_owned(),
        title: "Fighting Fund".to_owned(),
        currency: fighting_fund::money::GBP,
        zone: Tz::Europe__London,
        rhythm: Rhythm::Monthly,
        target_minor: 1_800_000,
        carry: Carry::None,
        publication_days: Vec::new(),
        ceiling_minor: 1_000_000,
    }
}

fn appeal(opens_on: NaiveDate, deadline_on: NaiveDate) -> Appeal {
    Appeal {
        id: 1,
        fund_id: 1,
        name: opens_on.format("%Y-%m").to_string(),
        opens_on,
        deadline_on,
        deadline_time: None,
        target_minor: 1_800_000,
        carried_minor: 0,
        carried_from: None,
        closed_at: None,
    }
}

fn june() -> Appeal {
    appeal(day(2021, 6, 1), day(2021, 6, 30))
}

fn total(raised_minor: i64) -> Total {
    Total { raised_minor, donations: 412, entry: 1_204, hash: Vec::new(), adjusted_minor: 0 }
}

fn at(now: DateTime<Utc>, appeal: &Appeal) -> Standing {
    rules::standing(now, &london(), appeal, &total(0))
}

// Figures.

#[test]
fn the_known_example_needs_4712_with_3_days_remaining() {
    let standing = rules::standing(noon(), &london(), &june(), &total(1_328_800));

    assert_eq!((standing.needed_minor, standing.surplus_minor), (471_200, 0));
    assert_eq!((standing.percent, standing.days_remaining), (73, 3));
    assert_eq!(standing.state, State::Open);
}

#[test]
fn percent_is_floored_and_passes_100() {
    let percent = |raised| rules::standing(noon(), &london(), &june(), &total(raised)).percent;

    assert_eq!(percent(0), 0);
    assert_eq!(percent(17_999), 0);
    assert_eq!(percent(18_000), 1);
    assert_eq!(percent(1_799_999), 99, "one penny short is not the whole");
    assert_eq!(percent(1_800_000), 100);
    assert_eq!(percent(4_500_000), 250);
}

proptest! {
    #[test]
    fn either_something_is_missing_or_something_is_over(raised in 0..=i64::MAX / 200, target in 1..=i64::MAX / 200) {
        let appeal = Appeal { target_minor: target, ..june() };

        let standing = rules::standing(noon(), &london(), &appeal, &total(raised));

        prop_assert_eq!(standing.needed_minor - standing.surplus_minor, target - raised);
        prop_assert_eq!(standing.needed_minor.min(standing.surplus_minor), 0);
        prop_assert_eq!(standing.percent >= 100, standing.needed_minor == 0);
    }
}

// Days.

#[test]
fn half_past_eleven_in_utc_is_already_tomorrow_in_a_london_summer() {
    assert_eq!(at(utc(2021, 6, 26, 22, 59), &june()).days_remaining, 4);
    assert_eq!(at(utc(2021, 6, 26, 23, 0), &june()).days_remaining, 3);
    assert_eq!(at(utc(2021, 6, 26, 23, 30), &june()).days_remaining, 3);
}

#[test]
fn half_past_eleven_in_utc_is_the_same_day_in_a_london_winter() {
    let january = appeal(day(2021, 1, 1), day(2021, 1, 31));

    assert_eq!(at(utc(2021, 1, 28, 23, 30), &january).days_remaining, 3);
    assert_eq!(at(utc(2021, 1, 29, 0, 30), &january).days_remaining, 2);
}

#[test]
fn the_day_of_23_hours_is_one_day() {
    let march = appeal(day(2021, 3, 1), day(2021, 3, 31));

    let days = |now| at(now, &march).days_remaining;

    assert_eq!(days(utc(2021, 3, 27, 23, 59)), 4);
    assert_eq!(days(utc(2021, 3, 28, 0, 0)), 3, "midnight in Greenwich time");
    assert_eq!(days(utc(2021, 3, 28, 1, 0)), 3, "the clocks go on");
    assert_eq!(days(utc(2021, 3, 28, 22, 59)), 3);
    assert_eq!(days(utc(2021, 3, 28, 23, 0)), 2, "midnight in summer time");
    assert_eq!(at(noon(), &march).deadline.to_rfc3339(), "2021-03-31T23:59:59+01:00");
}

#[test]
fn the_day_of_25_hours_is_one_day_and_the_last() {
    let october = appeal(day(2021, 10, 1), day(2021, 10, 31));

    let now = |now| (at(now, &october).days_remaining, at(now, &october).state);

    assert_eq!(now(utc(2021, 10, 30, 22, 59)), (1, State::Open));
    assert_eq!(now(utc(2021, 10, 30, 23, 0)), (0, State::Open), "midnight in summer time");
    assert_eq!(now(utc(2021, 10, 31, 0, 30)), (0, State::Open), "half past one, for the first time");
    assert_eq!(now(utc(2021, 10, 31, 1, 30)), (0, State::Open), "half past one, for the second time");
    assert_eq!(now(utc(2021, 10, 31, 23, 59)), (0, State::Open));
    assert_eq!(now(utc(2021, 11, 1, 0, 0)), (0, State::Closed), "midnight in Greenwich time");
    assert_eq!(at(noon(), &october).deadline.to_rfc3339(), "2021-10-31T23:59:59+00:00");
}

#[test]
fn the_last_day_lasts_to_its_last_moment() {
    let end = utc(2021, 6, 30, 23, 0);

    let last = at(end - chrono::TimeDelta::microseconds(1), &june());
    let over = at(end, &june());

    assert_eq!((last.state, last.days_remaining), (State::Open, 0));
    assert_eq!((over.state, over.days_remaining), (State::Closed, 0));
    assert_eq!(at(utc(2022, 1, 1, 0, 0), &june()).days_remaining, 0, "never negative");
}

#[test]
fn an_appeal_opens_at_its_first_midnight() {
    assert_eq!(at(utc(2021, 5, 31, 22, 59), &june()).state, State::NotYetOpen);
    assert_eq!(at(utc(2021, 5, 31, 23, 0), &june()).state, State::Open);
}

#[test]
fn a_deadline_with_a_time_of_day_ends_then_in_the_funds_zone() {
    let until_six = Appeal { deadline_time: NaiveTime::from_hms_opt(18, 0, 0), ..june() };

    assert_eq!(at(utc(2021, 6, 30, 16, 59), &until_six).state, State::Open);
    assert_eq!(at(utc(2021, 6, 30, 17, 0), &until_six).state, State::Closed);
    assert_eq!(at(utc(2021, 6, 29, 23, 30), &until_six).days_remaining, 0, "it is the last day all day long");
    assert_eq!(at(noon(), &until_six).deadline.to_rfc3339(), "2021-06-30T18:00:00+01:00");
}

#[test]
fn a_deadline_at_a_time_that_comes_twice_is_the_later_one_and_one_that_never_comes_is_after_the_gap() {
    let half_past_one = NaiveTime::from_hms_opt(1, 30, 0);
    let twice = Appeal { deadline_time: half_past_one, ..appeal(day(2021, 10, 1), day(2021, 10, 31)) };
    let never = Appeal { deadline_time: half_past_one, ..appeal(day(2021, 3, 1), day(2021, 3, 28)) };

    assert_eq!(rules::ends_at(&twice, Tz::Europe__London), utc(2021, 10, 31, 1, 30));
    assert_eq!(rules::ends_at(&never, Tz::Europe__London), utc(2021, 3, 28, 1, 30));
}

#[test]
fn one_moment_has_other_days_left_in_another_zone() {
    let days = |zone| rules::days_remaining(utc(2021, 6, 27, 11, 0), day(2021, 6, 30), zone);

    assert_eq!(days(Tz::Pacific__Pago_Pago), 3, "midnight has just begun the 27th");
    assert_eq!(days(Tz::Europe__London), 3);
    assert_eq!(days(Tz::Pacific__Kiritimati), 2, "it is the 28th already");
}

#[test]
fn days_on_which_the_paper_appears_are_counted_beside_the_days() {
    use Weekday::{Fri, Mon, Sat, Thu, Tue, Wed};
    let papers = |days: &[Weekday], now| {
        let fund = Fund { publication_days: days.to_vec(), ..london() };
        let standing = rules::standing(now, &fund, &june(), &total(0));
        (standing.days_remaining, standing.publication_days_remaining)
    };

    let weekdays = [Mon, Tue, Wed, Thu, Fri];
    assert_eq!(papers(&weekdays, utc(2021, 6, 16, 11, 0)), (14, Some(10)));
    assert_eq!(papers(&[Mon, Tue, Wed, Thu, Fri, Sat], utc(2021, 6, 16, 11, 0)), (14, Some(12)));
    assert_eq!(papers(&weekdays, utc(2021, 6, 25, 23, 30)), (4, Some(3)), "counted from the fund's own midnight");
    assert_eq!(papers(&[Wed], utc(2021, 6, 30, 11, 0)), (0, Some(0)), "today's paper is out");
    assert_eq!(papers(&[], noon()), (3, None));
}

// Months.

#[actix_web::test]
async fn the_next_month_opens_by_itself_at_local_midnight() {
    let app = TestApp::start().await;

    app.live_at(utc(2021, 6, 30, 22, 59));
    let (before, _) = app.current(FUND);
    app.live_at(utc(2021, 6, 30, 23, 0));
    let (after, standing) = app.current(FUND);

    assert_eq!(before.name, "2021-06");
    assert_eq!(
        (after.name.as_str(), after.opens_on, after.deadline_on),
        ("2021-07", day(2021, 7, 1), day(2021, 7, 31))
    );
    assert_eq!((standing.state, standing.days_remaining, standing.raised_minor), (State::Open, 30, 0));
}

#[actix_web::test]
async fn months_that_began_while_nothing_ran_are_all_opened_and_only_once() {
    let app = TestApp::start().await;

    app.live_at(utc(2021, 9, 2, 9, 0));
    app.live_at(utc(2021, 9, 2, 9, 0));

    let appeals = app.appeals(FUND);
    let names: Vec<&str> = appeals.iter().map(|appeal| appeal.name.as_str()).collect();
    assert_eq!(names, ["2021-06", "2021-07", "2021-08", "2021-09"]);
    let changes = app.app.db.read(|conn| funds::changes_of(conn, appeals[3].id)).expect("books");
    let told: Vec<_> = changes.iter().map(|change| (change.field.as_str(), change.changed_by.as_str())).collect();
    assert_eq!(told, [("opened", "the calendar")]);
}

#[actix_web::test]
async fn two_workers_at_midnight_open_one_month() {
    let app = TestApp::start().await;
    app.set_time(utc(2021, 6, 30, 23, 0));

    let workers: Vec<_> = (0..4)
        .map(|_| {
            let app = app.app.clone();
            std::thread::spawn(move || worker::tick(&app).map(drop))
        })
        .collect();
    for worker in workers {
        worker.join().expect("a worker").expect("a round of background work");
    }

    assert_eq!(app.appeals(FUND).len(), 2);
}

#[actix_web::test]
async fn a_gift_just_after_midnight_opens_its_month_though_no_worker_ran() {
    let app = TestApp::start().await;
    app.set_time(utc(2021, 6, 30, 23, 30));

    app.give("first of July", 1, 2_500, None).await;

    let (appeal, standing) = app.current(FUND);
    assert_eq!((appeal.name.as_str(), standing.raised_minor), ("2021-07", 2_500));
    assert_eq!(app.appeals(FUND).len(), 2);
}

#[actix_web::test]
async fn money_belongs_to_the_month_in_which_it_was_received() {
    let app = TestApp::start().await;
    app.live_at(utc(2021, 7, 2, 9, 0));

    app.give("posted late", 1, 2_500, Some(day(2021, 6, 30))).await;
    app.give("in time", 1, 1_000, Some(day(2021, 7, 1))).await;

    let rows = app.app.db.read(funds::standing_rows).expect("books");
    let raised: Vec<_> = rows.iter().map(|(appeal, total)| (appeal.name.as_str(), total.raised_minor)).collect();
    assert_eq!(raised, [("2021-06", 2_500), ("2021-07", 1_000)]);
}

#[actix_web::test]
async fn a_one_off_fund_opens_no_month() {
    let app = TestApp::start().await;
    let fund_id = app.add_fund_until("roof", "A new roof", day(2021, 7, 10));
    app.give("a slate", fund_id, 2_500, None).await;

    app.live_at(utc(2021, 9, 2, 9, 0));

    let (appeal, standing) = app.current("roof");
    assert_eq!((appeal.deadline_on, standing.state), (day(2021, 7, 10), State::Closed));
    assert_eq!(standing.raised_minor, 2_500);
    assert_eq!(app.appeals("roof").len(), 1);
}

// Money carried over.

#[test]
fn what_is_carried_is_the_account_of_the_appeal_with_what_it_had_taken_over() {
    let june = Appeal { carried_minor: 100_000, ..june() };

    let carried = |rule, raised| rules::carried(rule, &june, raised);

    assert_eq!(
        [Carry::None, Carry::Shortfall, Carry::Both].map(|rule| carried(rule, 1_328_800)),
        [0, 571_200, 571_200]
    );
    assert_eq!([Carry::None, Carry::Shortfall, Carry::Both].map(|rule| carried(rule, 2_000_000)), [0, 0, -100_000]);
    assert_eq!([Carry::None, Carry::Shortfall, Carry::Both].map(|rule| carried(rule, 1_900_000)), [0, 0, 0]);
}

#[actix_web::test]
async fn each_rule_carries_what_it_says_into_the_next_month() {
    let app = TestApp::start().await;
    let missing = [("none", Carry::None), ("short", Carry::Shortfall), ("both", Carry::Both)];
    for (slug, rule) in missing {
        let fund = app.add_monthly_fund(slug, rule);
        app.give(slug, fund.id, 1_328_800, None).await;
        let over = app.add_monthly_fund(&format!("{slug}-over"), rule);
        app.give(&over.slug, over.id, 2_000_000, None).await;
    }

    app.live_at(utc(2021, 7, 1, 9, 0));

    let targets = missing.map(|(slug, _)| app.current(slug).1.target_minor);
    let over = missing.map(|(slug, _)| app.current(&format!("{slug}-over")).1.target_minor);
    assert_eq!(targets, [1_800_000, 2_271_200, 2_271_200]);
    assert_eq!(over, [1_800_000, 1_800_000, 1_600_000]);
}

#[actix_web::test]
async fn a_shortfall_adds_up_over_months_in_which_nothing_ran() {
    let app = TestApp::start().await;
    let fund = app.add_monthly_fund("short", Carry::Shortfall);
    app.give("June's", fund.id, 1_328_800, None).await;

    app.live_at(utc(2021, 8, 3, 9, 0));

    let carried: Vec<i64> = app.appeals("short").iter().map(|appeal| appeal.carried_minor).collect();
    assert_eq!(carried, [0, 471_200, 2_271_200]);
    assert_eq!(app.current("short").1.target_minor, 4_071_200);
}

#[actix_web::test]
async fn a_surplus_above_the_next_target_leaves_nothing_to_raise() {
    let app = TestApp::start().await;
    let fund = app.add_monthly_fund("both", Carry::Both);
    app.give("a legacy", fund.id, 4_000_000, None).await;

    app.live_at(utc(2021, 7, 1, 9, 0));

    let (_, standing) = app.current("both");
    assert_eq!((standing.target_minor, standing.needed_minor, standing.percent), (0, 0, 100));
    app.live_at(utc(2021, 8, 1, 9, 0));
    assert_eq!(app.current("both").1.target_minor, 1_400_000, "what July did not use up goes on to August");
}

#[actix_web::test]
async fn a_late_gift_to_the_month_before_lowers_what_was_carried_and_the_change_is_recorded() {
    let app = TestApp::start().await;
    let fund = app.add_monthly_fund("short", Carry::Shortfall);
    app.live_at(utc(2021, 7, 2, 9, 0));

    app.give("a cheque of June", fund.id, 300_000, Some(day(2021, 6, 29))).await;
    app.live_at(utc(2021, 7, 2, 9, 1));

    let (july, standing) = app.current("short");
    assert_eq!((july.carried_minor, standing.target_minor), (1_500_000, 3_300_000));
    let changes = app.app.db.read(|conn| funds::changes_of(conn, july.id)).expect("books");
    let moved = changes.iter().find(|change| change.field == "carried").expect("a recorded change");
    assert_eq!((moved.old_value.as_str(), moved.new_value.as_str()), ("1800000", "1500000"));
}

// Changes.

#[actix_web::test]
async fn a_moved_target_and_deadline_keep_what_they_were() {
    let app = TestApp::start().await;
    let (fund, (appeal, _)) = (app.fund(FUND), app.current(FUND));

    app.app
        .db
        .write(|conn| {
            funds::change_target(conn, noon(), "staff:1", &fund, &appeal, 2_000_000, "paper costs more")?;
            funds::change_deadline(conn, noon(), "staff:1", &fund, &appeal, (day(2021, 6, 28), None), "the sale is off")
        })
        .expect("two changes");

    let (_, standing) = app.current(FUND);
    assert_eq!((standing.target_minor, standing.days_remaining), (2_000_000, 1));
    let changes = app.app.db.read(|conn| funds::changes_of(conn, appeal.id)).expect("books");
    let told: Vec<_> = changes.iter().map(|c| (c.field.as_str(), c.old_value.as_str(), c.new_value.as_str())).collect();
    let expected =
        [("opened", "", "2021-06"), ("target", "18000.00", "20000.00"), ("deadline", "2021-06-30", "2021-06-28")];
    assert_eq!(told, expected);
}

#[actix_web::test]
async fn a_change_that_cannot_stand_is_refused_and_changes_nothing() {
    let app = TestApp::start().await;
    let (fund, (appeal, before)) = (app.fund(FUND), app.current(FUND));
    let until = |date| {
        let moved = |conn: &mut _| funds::change_deadline(conn, noon(), "t", &fund, &appeal, (date, None), "why not");
        app.app.db.write(moved)
    };

    let outside = until(day(2021, 7, 1));
    let before_opening = until(day(2021, 5, 31));
    let silent = app.app.db.write(|conn| funds::change_target(conn, noon(), "t", &fund, &appeal, 2_000_000, " "));
    let nothing = app.app.db.write(|conn| funds::change_target(conn, noon(), "t", &fund, &appeal, 0, "why not"));

    assert!(matches!(outside, Err(FundError::DeadlineOutsideMonth(_))), "{outside:?}");
    assert!(matches!(before_opening, Err(FundError::DeadlineBeforeOpening(_))), "{before_opening:?}");
    assert!(matches!(silent, Err(FundError::ReasonMissing)), "{silent:?}");
    assert!(matches!(nothing, Err(FundError::BadTarget)), "{nothing:?}");
    assert_eq!(app.current(FUND).1, before);
}

// The server's own zone.

#[actix_web::test]
async fn a_server_on_the_other_side_of_the_date_line_counts_the_same_days() {
    let mut seen = Vec::new();

    // London's date differs from that of one of the two at every moment.
    for zone in ["Pacific/Kiritimati", "Pacific/Pago_Pago"] {
        let place = Place::new().with("TZ", zone);
        let before = date_in(Utc::now(), Tz::Europe__London);
        let running = place.serve();
        let html = reqwest::get(format!("{}/funds/{FUND}", running.url)).await.expect("a page").text().await;
        running.stop();
        let after = date_in(Utc::now(), Tz::Europe__London);
        if before == after {
            let month = rules::month_of(before);
            let days = (month.deadline_on - before).num_days();
            let told =
                if days == 0 { "<dd data-left>Last day</dd>".to_owned() } else { format!("<dd data-left>{days}</dd>") };
            assert!(html.expect("a text").contains(&told), "{zone}: {told}");
            seen.push(zone);
        }
    }

    assert!(!seen.is_empty(), "midnight does not come twice within a test");
}
