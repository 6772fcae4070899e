//! The post: counted, typed, posted when it adds up, paid into the bank, and taken back.

use fighting_fund::batches::slips::{self, Cheque, PayingIn};
use fighting_fund::batches::{self, BatchError, By, Kind, NewBatch, NewControl, NewRow, Posted, State};
use fighting_fund::db::{Conn, Lock, hold};
use fighting_fund::donations::{self, Status};
use fighting_fund::ledger::{self, accounts};
use fighting_fund::money::GBP;
use fighting_fund::outbox::{self, DeliveryState};
use fighting_fund::reference::Reference;
use fighting_fund::staff::Role;
use reqwest::StatusCode;

use crate::harness::TestApp;
use crate::society::Society;

fn by(who: &str) -> By {
    By { who: who.to_owned(), request_id: String::new() }
}

const CLERK: &str = "staff:1 Jane Doe";
const OTHER: &str = "staff:2 Bo Lee";

fn write<T>(app: &TestApp, work: impl FnOnce(&mut Conn) -> Result<T, BatchError>) -> Result<T, BatchError> {
    app.app.db.write(|conn| {
        hold(conn, Lock::Books)?;
        work(conn)
    })
}

fn open(app: &TestApp, kind: Kind, sum_minor: i64, count: i64) -> i64 {
    let control =
        NewControl { received_on: "2021-06-25".parse().expect("a day"), sum_minor, count, note: String::new() };
    let new = NewBatch { key: format!("b{sum_minor}"), kind, fund_id: 1, control };
    write(app, |conn| batches::open(conn, app.app.clock.now(), &by(CLERK), &new)).expect("a batch")
}

fn typed(key: &str, amount: &str, from: &str) -> NewRow {
    NewRow { key: key.to_owned(), amount: amount.to_owned(), from: from.to_owned(), ..NewRow::default() }
}

fn enter(app: &TestApp, batch: i64, row: &NewRow) -> Result<batches::Row, BatchError> {
    write(app, |conn| batches::enter(conn, app.app.clock.now(), &by(CLERK), batch, row))
}

fn post(app: &TestApp, batch: i64) -> Result<Posted, BatchError> {
    write(app, |conn| batches::post(conn, app.app.clock.now(), &by(CLERK), batch))
}

fn pay_in(app: &TestApp, cheques: Vec<Cheque>) -> Result<i64, BatchError> {
    let key = format!("slip{cheques:?}{}", app.app.clock.now());
    let number = "500123".to_owned();
    let paying = PayingIn { key, number, paid_in_on: None, cheques, cash_minor: 0, currency: GBP };
    write(app, |conn| slips::pay_in(conn, app.app.clock.now(), &by(CLERK), &paying))
}

fn balance(app: &TestApp, account: &str) -> i64 {
    app.app.db.read(|conn| slips::balance(conn, account, GBP)).expect("a balance")
}

fn in_hand(app: &TestApp) -> Vec<slips::ChequeView> {
    app.app.db.read(|conn| slips::in_hand(conn, None, 100)).expect("cheques").cheques
}

fn fields(refused: Result<impl std::fmt::Debug, BatchError>) -> Vec<&'static str> {
    match refused {
        Err(BatchError::Faults(faults)) => faults.iter().map(|fault| fault.field).collect(),
        other => panic!("not refused: {other:?}"),
    }
}

#[actix_web::test]
async fn a_batch_is_posted_once_and_only_when_it_adds_up() {
    let app = TestApp::start().await;
    let batch = open(&app, Kind::Cheques, 3_600, 2);
    enter(&app, batch, &typed("r1", "20", "Ann Lee <ann@example.org>")).expect("a row");
    let short = post(&app, batch).expect_err("it does not add up").to_string();
    let second = enter(&app, batch, &typed("r2", "43", "Ngũgĩ wa Thiong’o, 平和")).expect("a row");
    let swapped = post(&app, batch).expect_err("it does not add up").to_string();
    let right = typed("", "16", "Ngũgĩ wa Thiong’o, 平和");
    write(&app, |conn| batches::correct(conn, app.app.clock.now(), batch, second.id, &right)).expect("corrected");

    let posted = [post(&app, batch), post(&app, batch)].map(|it| it.expect("posted"));

    assert!(short.contains("£16.00 less than the £36.00"), "{short}");
    assert!(short.contains("1 fewer than the 2"), "{short}");
    assert!(swapped.contains("two digits were swapped"), "{swapped}");
    assert_eq!(posted, [Posted::Now, Posted::Before]);
    assert_eq!(balance(&app, accounts::CHEQUES_IN_HAND), 3_600);
    assert_eq!(app.app.db.read(ledger::head).expect("head").number, 2);
    assert!(matches!(enter(&app, batch, &typed("r3", "1", "")), Err(BatchError::NotOpen("posted"))));
    assert_eq!(app.mails().len(), 1);
}

#[actix_web::test]
async fn two_people_who_post_at_once_post_it_once() {
    let app = TestApp::start().await;
    let batch = open(&app, Kind::Cash, 50_000, 500);
    for row in 0..500 {
        enter(&app, batch, &typed(&format!("r{row}"), "1.00", "")).expect("a row");
    }
    let handles: Vec<_> = (0..2)
        .map(|_| {
            let (db, now) = (app.app.db.clone(), app.app.clock.now());
            std::thread::spawn(move || {
                db.write(|conn| {
                    hold(conn, Lock::Books)?;
                    batches::post(conn, now, &By { who: CLERK.to_owned(), request_id: String::new() }, batch)
                })
            })
        })
        .collect();

    let outcomes: Vec<Posted> = handles.into_iter().map(|it| it.join().expect("joined").expect("posted")).collect();

    assert_eq!(outcomes.iter().filter(|it| **it == Posted::Now).count(), 1);
    assert_eq!(balance(&app, accounts::CASH), 50_000);
}

#[actix_web::test]
async fn a_row_that_cannot_be_right_is_refused_where_it_is_wrong() {
    let app = TestApp::start().await;
    let batch = open(&app, Kind::Cheques, 1_000, 1);
    let dated = |day: &str| NewRow { received_on: day.to_owned(), ..typed("r1", "10", "Ann") };

    assert_eq!(fields(enter(&app, batch, &dated("1926-06-25"))), ["received_on"]);
    assert_eq!(fields(enter(&app, batch, &dated("2126-06-25"))), ["received_on"]);
    assert_eq!(fields(enter(&app, batch, &dated("25/06/2021"))), ["received_on"]);
    assert_eq!(fields(enter(&app, batch, &typed("r1", "ten", "Ann"))), ["amount"]);
    assert_eq!(fields(enter(&app, batch, &typed("r1", "10", "Ann <nowhere>"))), ["from"]);
    assert_eq!(fields(enter(&app, batch, &typed("r1", "99999999", "Ann"))), ["confirmed"], "over the largest gift");
    let parts =
        NewRow { other: "11".to_owned(), other_account: "income:subscriptions".to_owned(), ..typed("r1", "10", "A") };
    assert_eq!(fields(enter(&app, batch, &parts)), ["other"]);
    let nowhere = NewRow { other: "1".to_owned(), ..typed("r1", "10", "A") };
    assert_eq!(fields(enter(&app, batch, &nowhere)), ["other_account"]);
    let strange = NewRow { promise: "FF7K3M9QXQ".to_owned(), ..typed("r1", "10", "A") };
    assert_eq!(fields(enter(&app, batch, &strange)), ["promise"]);
    assert_eq!(app.app.db.read(|conn| batches::sums_of(conn, batch)).expect("sums").count, 0);
}

#[actix_web::test]
async fn a_row_with_an_address_and_a_memory_becomes_a_gift_with_both_and_a_letter_to_post() {
    let app = TestApp::start().await;
    let batch = open(&app, Kind::Cheques, 2_000, 2);
    let rare = NewRow {
        address: " 1 High St \r\n\r\nLeeds LS1 1AA ".to_owned(),
        in_memory_of: "Rose Lee".to_owned(),
        memory_in_print: true,
        ..typed("r1", "10", "Ann Lee")
    };
    let nameless = NewRow { from: String::new(), ..rare.clone() };
    let long = NewRow { address: "1\n2\n3\n4\n5\n6\n7".to_owned(), ..rare.clone() };
    let no_gift = NewRow { other: "10".to_owned(), other_account: "income:subscriptions".to_owned(), ..rare.clone() };
    assert_eq!(fields(enter(&app, batch, &nameless)), ["from"]);
    assert_eq!(fields(enter(&app, batch, &long)), ["address"]);
    assert_eq!(fields(enter(&app, batch, &no_gift)), ["in_memory_of", "address"]);
    enter(&app, batch, &rare).expect("a row");
    let quiet = NewRow { in_memory_of: "Bo Lee".to_owned(), ..typed("r2", "10", "Bo Lee <bo@example.org>") };
    let row = enter(&app, batch, &quiet).expect("a row");
    let kept = NewRow { memory_in_print: false, ..quiet };
    write(&app, |conn| batches::correct(conn, app.app.clock.now(), batch, row.id, &kept)).expect("corrected");

    post(&app, batch).expect("posted");

    let gifts = [1, 2].map(|id| app.app.db.read(|conn| donations::by_number(conn, id)).expect("it").expect("a gift"));
    let told = gifts.each_ref().map(|it| (it.address.as_str(), it.in_memory_of.as_str(), it.memory_in_print));
    assert_eq!(told, [("1 High St\nLeeds LS1 1AA", "Rose Lee", true), ("", "Bo Lee", false)]);
    let letters = app.app.db.read(|conn| outbox::of_donation(conn, 1)).expect("letters");
    assert_eq!(letters.iter().map(|letter| letter.state).collect::<Vec<_>>(), [DeliveryState::Post]);
}

#[actix_web::test]
async fn a_second_click_enters_a_row_once_and_a_removed_row_leaves_no_gap() {
    let app = TestApp::start().await;
    let batch = open(&app, Kind::Cheques, 1_000, 1);
    let rows: Vec<_> = ["r1", "r1", "r2", "r3"]
        .map(|key| enter(&app, batch, &typed(key, "10", "Ann")).expect("a row"))
        .into_iter()
        .collect();

    write(&app, |conn| batches::remove(conn, batch, rows[0].id)).expect("removed");

    assert_eq!(rows[0].id, rows[1].id);
    let left = app.app.db.read(|conn| batches::rows_of(conn, batch, None)).expect("rows");
    assert_eq!(left.iter().map(|row| row.line).collect::<Vec<_>>(), [1, 2]);
}

#[actix_web::test]
async fn one_cheque_pays_a_gift_shares_and_a_subscription() {
    let society = Society::start().await;
    let reference = society.applied("Ann Lee", 10).await;
    let app = &society.app;
    let batch = open(app, Kind::Cheques, 3_000, 1);
    let row = NewRow {
        shares: "10".to_owned(),
        application: reference.to_lowercase(),
        other: "5".to_owned(),
        other_account: "income:subscriptions".to_owned(),
        ..typed("r1", "30", "Ann Lee")
    };
    enter(app, batch, &row).expect("a row");

    post(app, batch).expect("posted");

    assert_eq!(society.owed(accounts::SHARE_APPLICATIONS), 1_000);
    assert_eq!(society.owed("income:subscriptions"), 500);
    assert_eq!(society.owed("income:donations:fighting-fund"), 1_500);
    let hand = in_hand(app);
    assert_eq!((hand.len(), hand[0].amount_minor), (1, 3_000), "one cheque, however it was split");
    let slip = pay_in(app, vec![hand[0].cheque]).expect("paid in");
    write(app, |conn| slips::bounce(conn, app.app.clock.now(), &by(OTHER), (slip, hand[0].cheque), "unpaid"))
        .expect("bounced");
    assert_eq!(balance(app, accounts::BANK), 0);
    assert_eq!((society.owed(accounts::SHARE_APPLICATIONS), society.owed("income:subscriptions")), (0, 0));
    let again = write(app, |conn| slips::bounce(conn, app.app.clock.now(), &by(OTHER), (slip, hand[0].cheque), "x"));
    assert!(matches!(again, Err(BatchError::AlreadyBack)));
}

#[actix_web::test]
async fn a_row_for_an_application_that_is_decided_meanwhile_refuses_the_batch_by_its_number() {
    let society = Society::start().await;
    let reference = society.paid("Ann Lee", 10).await;
    let app = &society.app;
    let batch = open(app, Kind::Cheques, 2_000, 2);
    enter(app, batch, &typed("r1", "10", "Bo")).expect("a row");
    let row = NewRow { shares: "10".to_owned(), application: reference.clone(), ..typed("r2", "10", "Ann Lee") };
    enter(app, batch, &row).expect("a row");
    society.post(&format!("applications/{reference}/allotment"), serde_json::json!({})).await;

    let refused = post(app, batch).expect_err("decided").to_string();

    assert_eq!(refused, "Row 2: This application was already allotted.");
    assert_eq!(balance(app, accounts::CHEQUES_IN_HAND), 1_000, "only the cheque that paid for the shares");
    assert_eq!(app.app.db.read(|conn| batches::batch(conn, batch)).expect("it").expect("a batch").state, State::Open);
}

#[actix_web::test]
async fn whoever_counted_cannot_check_where_two_are_asked_for() {
    let app = TestApp::start().await;
    write(&app, |conn| Ok(batches::set_needs_two(conn, true)?)).expect("set");
    let batch = open(&app, Kind::Cash, 500, 1);
    enter(&app, batch, &typed("r1", "5", "")).expect("a row");
    let check = |who: &str| write(&app, |conn| batches::check(conn, app.app.clock.now(), &by(who), batch));

    assert!(matches!(post(&app, batch), Err(BatchError::NotChecked)));
    assert!(matches!(check(CLERK), Err(BatchError::SamePerson)));
    check(OTHER).expect("checked");
    enter(&app, batch, &typed("r2", "5", "")).expect("a row");
    let after = app.app.db.read(|conn| batches::batch(conn, batch)).expect("it").expect("a batch");
    assert_eq!(after.checked_by, None, "what was signed is not what lies there now");
}

#[actix_web::test]
async fn a_batch_is_taken_back_as_a_whole_and_once() {
    let app = TestApp::start().await;
    let batch = open(&app, Kind::Cheques, 3_000, 2);
    enter(&app, batch, &typed("r1", "10", "Ann <ann@example.org>")).expect("a row");
    enter(&app, batch, &typed("r2", "20", "Bo")).expect("a row");
    post(&app, batch).expect("posted");
    let slip = pay_in(&app, in_hand(&app).iter().map(|view| view.cheque).collect()).expect("paid in");
    let reverse = |reason: &str| {
        write(&app, |conn| batches::reverse(conn, app.app.clock.now(), &by(OTHER), batch, reason).map(drop))
    };

    assert!(matches!(reverse("wrong envelope"), Err(BatchError::PaidIn { line: 1, .. })));
    write(&app, |conn| slips::take_back(conn, app.app.clock.now(), &by(OTHER), slip, "never left"))
        .expect("off the slip");
    assert!(matches!(reverse(" "), Err(BatchError::ReasonMissing)));
    reverse("wrong envelope").expect("taken back");
    assert!(matches!(reverse("again"), Err(BatchError::NotPosted("reversed"))));

    assert_eq!((balance(&app, accounts::CHEQUES_IN_HAND), balance(&app, accounts::BANK)), (0, 0));
    assert!(in_hand(&app).is_empty());
    let gift = app.app.db.read(|conn| donations::by_number(conn, 1)).expect("it").expect("a gift");
    assert_eq!((gift.status, gift.remaining_minor()), (Status::Cancelled, 0));
}

#[actix_web::test]
async fn a_cheque_stands_on_one_slip_at_most() {
    let app = TestApp::start().await;
    let batch = open(&app, Kind::Cheques, 1_000, 1);
    enter(&app, batch, &typed("r1", "10", "Ann")).expect("a row");
    post(&app, batch).expect("posted");
    let cheque = in_hand(&app)[0].cheque;

    let first = pay_in(&app, vec![cheque]).expect("paid in");
    app.set_time(app.app.clock.now() + chrono::TimeDelta::hours(1));
    let second = pay_in(&app, vec![cheque]);

    assert!(matches!(second, Err(BatchError::NotInHand)), "{second:?}");
    assert_eq!(balance(&app, accounts::BANK), 1_000);
    let slip = app.app.db.read(|conn| slips::slip_of(conn, cheque)).expect("it").expect("a slip");
    assert_eq!(slip, (first, "500123".to_owned()));
    write(&app, |conn| slips::bounce(conn, app.app.clock.now(), &by(OTHER), (first, cheque), "unpaid"))
        .expect("bounced");
    let undone = write(&app, |conn| slips::take_back(conn, app.app.clock.now(), &by(OTHER), first, "x"));
    assert!(matches!(undone, Err(BatchError::SlipBounced(_))));
}

#[actix_web::test]
async fn a_cheque_of_which_a_part_was_given_back_goes_to_the_bank_whole() {
    let app = TestApp::start().await;
    let batch = open(&app, Kind::Cheques, 3_000, 1);
    enter(&app, batch, &typed("r1", "30", "Ann")).expect("a row");
    post(&app, batch).expect("posted");
    let refund = |key: &str, minor: i64| {
        let change = donations::Change {
            key: key.to_owned(),
            fingerprint: [0; 32],
            reason: "asked for it back".to_owned(),
            by: OTHER.to_owned(),
            request_id: String::new(),
        };
        let now = app.app.clock.now();
        write(&app, |conn| Ok(donations::refund(conn, now, 1, minor, &change).map(drop)?)).expect("refunded");
    };
    let later = || app.set_time(app.app.clock.now() + chrono::TimeDelta::hours(1));
    refund("k1", 1_000);
    let view = in_hand(&app).remove(0);
    assert_eq!(
        (view.amount_minor, view.given_back_minor, balance(&app, accounts::CHEQUES_IN_HAND)),
        (3_000, 1_000, 2_000)
    );
    later();

    let slip = pay_in(&app, vec![view.cheque]).expect("paid in");

    let total = app.app.db.read(|conn| slips::slip(conn, slip)).expect("it").expect("a slip").total_minor();
    assert_eq!((total, balance(&app, accounts::BANK), balance(&app, accounts::CHEQUES_IN_HAND)), (3_000, 2_000, 0));
    write(&app, |conn| slips::take_back(conn, app.app.clock.now(), &by(OTHER), slip, "never left")).expect("back");
    assert_eq!((balance(&app, accounts::BANK), balance(&app, accounts::CHEQUES_IN_HAND)), (0, 2_000));
    later();
    let slip = pay_in(&app, vec![view.cheque]).expect("paid in again");
    later();
    refund("k2", 500);
    let stays = write(&app, |conn| slips::take_back(conn, app.app.clock.now(), &by(OTHER), slip, "x"));
    assert!(matches!(stays, Err(BatchError::SlipRefunded(_))), "{stays:?}");
    assert_eq!((balance(&app, accounts::BANK), balance(&app, accounts::CHEQUES_IN_HAND)), (1_500, 0));
}

#[actix_web::test]
async fn cheques_in_hand_are_paged_and_every_one_is_shown_once() {
    let app = TestApp::start().await;
    for (at, on) in [24, 25, 26, 25, 25].into_iter().enumerate() {
        let on = Some(crate::matching::day(on));
        crate::matching::recorded(&app, &format!("g{at}"), 1_000, donations::Method::Cheque, on);
    }
    let batch = open(&app, Kind::Cheques, 7_000, 7);
    for (at, day) in ["24", "25", "25", "25", "25", "26", "26"].into_iter().enumerate() {
        let row = NewRow { received_on: format!("2021-06-{day}"), ..typed(&format!("r{at}"), "10", "Bo") };
        enter(&app, batch, &row).expect("a row");
    }
    post(&app, batch).expect("posted");
    let whole: Vec<Cheque> = in_hand(&app).iter().map(|view| view.cheque).collect();
    assert_eq!(whole.len(), 12);

    for limit in 1..=13 {
        let (mut seen, mut behind) = (Vec::new(), None);
        loop {
            let page = app.app.db.read(|conn| slips::in_hand(conn, behind, limit)).expect("a page");
            assert!(page.cheques.len() as i64 <= limit);
            seen.extend(page.cheques.iter().map(|view| view.cheque));
            behind = page.next;
            if behind.is_none() {
                break;
            }
        }
        assert_eq!(seen, whole, "pages of {limit}");
    }
    let clerk = app.sign_in(Role::Clerk).await;
    let last = clerk.get(app.at("/desk/batches/slips?behind=2021-06-26.row-6")).send().await.expect("an answer");
    let page = last.text().await.expect("a page");
    assert!(page.contains("value=\"row-7\"") && !page.contains("value=\"row-6\""), "{page}");
    assert!(
        page.contains("← The oldest cheques") && page.contains("name=\"behind\" value=\"2021-06-26.row-6\""),
        "{page}"
    );
}

#[actix_web::test]
async fn a_clerk_opens_enters_posts_and_pays_in_without_scripts() {
    let app = TestApp::start().await;
    let clerk = app.sign_in(Role::Clerk).await;
    let form = [
        ("key", "k1"),
        ("kind", "cheques"),
        ("fund", "fighting-fund"),
        ("control", "30"),
        ("count", "2"),
        ("received_on", "2021-06-25"),
    ];
    let opened = clerk.post(app.at("/desk/batches/new")).form(&form).send().await.expect("an answer");
    assert_eq!(opened.headers()["location"], "/desk/batches/1");
    let row = [("key", "r1"), ("amount", "10"), ("from", "Ann <ann@example.org>")];
    let entered = clerk.post(app.at("/desk/batches/1/rows")).form(&row).send().await.expect("an answer");
    assert_eq!(
        (entered.status(), &entered.headers()["location"]),
        (StatusCode::SEE_OTHER, &"/desk/batches/1#amount".parse().expect("a header"))
    );
    let wrong = [("key", "r2"), ("amount", "twenty"), ("from", "Bo")];
    let refused = clerk.post(app.at("/desk/batches/1/rows")).form(&wrong).send().await.expect("an answer");
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text().await.expect("a page").contains("value=\"twenty\""));
    let row = [("key", "r2"), ("amount", "20"), ("from", "Bo"), ("fragment", "1")];
    let part = clerk.post(app.at("/desk/batches/1/rows")).form(&row).send().await.expect("an answer").text().await;
    assert!(part.expect("a part").contains("adds up"));
    let posted = clerk.post(app.at("/desk/batches/1/post")).send().await.expect("an answer");
    assert_eq!(posted.status(), StatusCode::SEE_OTHER);
    let paid =
        [("key", "s1"), ("cheque", "row-1"), ("cheque", "row-2"), ("number", "500123"), ("paid_in_on", "2021-06-27")];
    let paid = clerk.post(app.at("/desk/batches/slips")).form(&paid).send().await.expect("an answer");
    assert_eq!(paid.headers()["location"], "/desk/batches/slips/1");

    for place in
        ["/desk/batches", "/desk/batches/new", "/desk/batches/1", "/desk/batches/slips", "/desk/batches/slips/1"]
    {
        let page = clerk.get(app.at(place)).send().await.expect("an answer");
        assert_eq!(page.status(), StatusCode::OK, "{place}");
    }
    let gift = format!("/desk/gifts/{}", Reference::of(1));
    let page = clerk.get(app.at(&gift)).send().await.expect("an answer").text().await.expect("a page");
    for link in
        ["<a href=\"/desk/batches/1#row-1\">batch 1, row 1</a>", "<a href=\"/desk/batches/slips/1\">slip 500123</a>"]
    {
        assert!(page.contains(link), "{link}: {page}");
    }
    let names = clerk.get(app.at("/desk/batches/names?q=an")).send().await.expect("an answer").text().await;
    assert_eq!(names.expect("JSON"), "{\"names\":[\"Ann <ann@example.org>\"]}");
    assert_eq!(balance(&app, accounts::BANK), 3_000);
}
