//! The yearly statement: everything that somebody gave in a year, once for everybody, by mail or on paper.

use std::time::{Duration, Instant};

use chrono::{DateTime, TimeZone, Utc};
use fighting_fund::db::{Db, Lock, hold};
use fighting_fund::donations::statements::{self, Run, RunState};
use fighting_fund::donations::{self, Method, NewGift};
use fighting_fund::outbox::{self, Delivery, DeliveryState, LetterKind};
use fighting_fund::reference::Reference;
use fighting_fund::staff::Role;

use crate::desk::{Desk, gift, trail};
use crate::harness::{Mail, TestApp};
use crate::load::books_of;
use crate::program::Place;

/// Noon in London on 3 January 2022.
fn january() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2022, 1, 3, 12, 0, 0).unwrap()
}

fn statements_in(db: &Db) -> Vec<Delivery> {
    let all: Vec<i64> = (1..5_000).collect();
    let is_statement = |kind| kind == LetterKind::GivingStatement;
    let of = |some: &[i64]| db.read(|conn| outbox::about_all(conn, some, is_statement, 10_000)).expect("letters");
    all.chunks(500).flat_map(of).collect()
}

fn newest_run(db: &Db) -> Run {
    db.read(|conn| statements::newest_runs(conn, 1)).expect("runs").pop().expect("a run")
}

fn statement_mails(app: &TestApp) -> Vec<Mail> {
    app.mails().into_iter().filter(|mail| mail.subject.starts_with("Your gifts in")).collect()
}

async fn some_gifts(desk: &Desk<'_>) -> [i64; 3] {
    let ann = desk.gift(&[]).await;
    desk.gift(&[("amount", "10"), ("method", "cash"), ("received_on", "2021-06-27")]).await;
    let ben =
        desk.gift(&[("name", "Ben O'Neill"), ("email", ""), ("address", "2 Low Street\nYork"), ("amount", "40")]).await;
    let cy = desk.gift(&[("name", "Cy Grant"), ("email", ""), ("amount", "5")]).await;
    desk.gift(&[("name", ""), ("email", ""), ("method", "cash"), ("amount", "7")]).await;
    [ann, ben, cy]
}

#[actix_web::test]
async fn a_statement_reads_like_a_letter() {
    let app = TestApp::start().await;
    let desk = Desk::of(&app, Role::Treasurer).await;
    let [ann, ..] = some_gifts(&desk).await;
    let refund = [("key", "r1"), ("amount", "5"), ("reason", "asked for it back")];
    desk.send(&format!("/desk/gifts/{}/refund", Reference::of(ann)), &refund).await;
    app.set_time(january());
    let desk = Desk::of(&app, Role::Treasurer).await;
    let supporter = gift(&app, ann).supporter.expect("Ann");

    let written = [("key", "s1"), ("year", "2021"), ("way", "mail")];
    let (status, place) = desk.send(&format!("/desk/supporters/{supporter}/statement"), &written).await;

    assert_eq!(status, 303, "{place}");
    let mail = statement_mails(&app).pop().expect("a statement");
    assert_eq!((mail.to.as_str(), mail.subject.as_str()), ("ann@example.org", "Your gifts in 2021"));
    insta::assert_snapshot!(mail.text, @r#"
    Dear Ann Ashworth,

    Thank you for what you gave us in 2021. Here is all of it on one page,
    as it stands in our books on 3 January 2022.

      26 June 2021: £25.00 by cheque
        Fighting Fund, June 2021; receipt 2021-000001
        £5.00 went back to you on 27 June 2021

      27 June 2021: £10.00 in cash
        Fighting Fund, June 2021; receipt 2021-000002

    Together that is 2 gifts, £35.00. £5.00 of it went back, so £30.00
    stands.

    Each gift has had its own receipt. This letter only brings them
    together; it is no further receipt.

    If anything here is not right, please answer this letter; somebody reads
    it.

    With warm thanks,
    Our Newspaper Co-operative Limited

    -- 
    Our Newspaper Co-operative Limited
    Registered society, number to be set under Settings
    The registered office (set under Settings)
    We are a co-operative society and not a charity, so this gift is not
    eligible for Gift Aid.
    "#);
    for said in
        ["26 June 2021", "Receipt 2021-000001", "£5.00 went back to you on 27 June 2021", "Together, 2 gifts", "£30.00"]
    {
        assert!(mail.html.contains(said), "{said}: {}", mail.html);
    }
}

#[actix_web::test]
async fn one_supporter_gets_a_year_once_unless_it_is_asked_for_again() {
    let app = TestApp::start().await;
    let desk = Desk::of(&app, Role::Clerk).await;
    let [ann, ben, cy] = some_gifts(&desk).await;
    let of = |number: i64| gift(&app, number).supporter.expect("a supporter");
    let place = |number: i64| format!("/desk/supporters/{}/statement", of(number));

    let (first, _) = desk.send(&place(ann), &[("key", "a1"), ("year", "2021"), ("way", "mail")]).await;
    let (same, _) = desk.send(&place(ann), &[("key", "a1"), ("year", "2021"), ("way", "mail")]).await;
    let (refused, page) = desk.send(&place(ann), &[("key", "a2"), ("year", "2021"), ("way", "mail")]).await;
    let again = [("key", "a3"), ("year", "2021"), ("way", "mail"), ("again", "true")];
    let (once_more, _) = desk.send(&place(ann), &again).await;
    let (paper, _) = desk.send(&place(ben), &[("key", "b1"), ("year", "2021"), ("way", "post")]).await;
    let (no_mail, says) = desk.send(&place(ben), &[("key", "b2"), ("year", "2021"), ("way", "mail")]).await;
    let (nowhere, asks) = desk.send(&place(cy), &[("key", "c1"), ("year", "2021"), ("way", "post")]).await;
    let (no_gifts, none) = desk.send(&place(ann), &[("key", "a4"), ("year", "2020"), ("way", "mail")]).await;

    assert_eq!((first, same, once_more, paper), (303, 303, 303, 303));
    assert_eq!((refused, no_mail, nowhere, no_gifts), (422, 422, 422, 422));
    assert!(page.contains("was written to them before"), "{page}");
    assert!(
        says.contains("There is no e-mail address") && asks.contains("needs a name and a postal address"),
        "{says}"
    );
    assert!(none.contains("Nothing of theirs was received in 2020"), "{none}");
    assert_eq!(statement_mails(&app).len(), 2);
    let printed = desk.page("/desk/receipts/print").await;
    assert!(
        printed.contains("Your gifts in 2021") && printed.contains("Ben O&#39;Neill<br>2 Low Street<br>York"),
        "{printed}"
    );
    let shown = desk.page(&format!("/desk/supporters/{}", of(ann))).await;
    for said in ["£35.00", "Statement of the year", "the gifts of 2021", "2021-000002"] {
        assert!(shown.contains(said), "{said}: {shown}");
    }
    let one = desk.page(&format!("/desk/supporters/{}/statements/2021", of(cy))).await;
    assert!(one.contains("Dear Cy Grant,") && one.contains("£5.00"), "printed without being queued: {one}");
}

#[actix_web::test]
async fn everybody_gets_the_statement_after_a_preview_and_nobody_gets_it_twice() {
    let app = TestApp::start().await;
    let desk = Desk::of(&app, Role::Treasurer).await;
    some_gifts(&desk).await;

    let (refused, page) = desk.send("/desk/statements", &[("key", "c4"), ("year", "next")]).await;
    let (counted, _) = desk.send("/desk/statements", &[("key", "c1"), ("year", "2021")]).await;
    let preview = desk.page("/desk/statements").await;
    let before = statements_in(&app.app.db).len();
    let run = newest_run(&app.app.db);
    let write = format!("/desk/statements/{}/write", run.id);
    let (written, _) = desk.send(&write, &[("key", "w1")]).await;
    let (clicked_again, _) = desk.send(&write, &[("key", "w2")]).await;
    app.send_mail();
    desk.send("/desk/statements", &[("key", "c2"), ("year", "2021")]).await;
    let second = desk.page("/desk/statements").await;
    let nothing_left = newest_run(&app.app.db);
    desk.send(&format!("/desk/statements/{}/drop", nothing_left.id), &[("key", "d1")]).await;
    desk.send("/desk/statements", &[("key", "c3"), ("year", "2021"), ("again", "true")]).await;
    let again = newest_run(&app.app.db);

    assert_eq!((counted, written, clicked_again), (303, 303, 303));
    assert!(preview.contains("would be 2 letters. Nothing has been written yet."), "{preview}");
    assert_eq!(before, 0);
    assert_eq!((run.mail, run.post, run.unreachable, run.had_it), (1, 1, 1, 0));
    assert_eq!(statements_in(&app.app.db).len(), 2);
    assert_eq!(statement_mails(&app).len(), 1);
    assert!(second.contains("Nobody would get the statement of 2021"), "{second}");
    assert_eq!((nothing_left.mail, nothing_left.had_it), (0, 2));
    assert_eq!((again.mail, again.post, again.had_it, again.state), (1, 1, 2, RunState::Counted));
    assert_eq!(refused, 422);
    assert!(page.contains("Please give the year in four figures") && page.contains("next"), "{page}");
    assert_eq!(trail(&app).iter().filter(|action| *action == "statements written").count(), 2, "both clicks are noted");
}

#[actix_web::test]
async fn a_refund_of_an_earlier_year_stands_in_the_statement_of_its_own() {
    let app = TestApp::start().await;
    let desk = Desk::of(&app, Role::Treasurer).await;
    let [ann, ..] = some_gifts(&desk).await;
    app.set_time(january());
    let desk = Desk::of(&app, Role::Treasurer).await;
    desk.gift(&[("received_on", "2022-01-02"), ("amount", "20")]).await;
    let refund = [("key", "r1"), ("amount", "5"), ("reason", "asked for it back")];
    desk.send(&format!("/desk/gifts/{}/refund", Reference::of(ann)), &refund).await;
    let supporter = gift(&app, ann).supporter.expect("Ann");

    let page = desk.page(&format!("/desk/supporters/{supporter}/statements/2022")).await;
    let before = desk.page(&format!("/desk/supporters/{supporter}/statements/2021")).await;

    assert!(page.contains("Together, one gift") && page.contains("£20.00"), "{page}");
    assert!(page.contains("something also went back of what you gave before"), "{page}");
    assert!(page.contains("£5.00 went back to you on 3 January 2022"), "{page}");
    assert!(before.contains("£5.00 went back to you on 3 January 2022"), "{before}");
}

fn cash_of(number: usize) -> NewGift {
    NewGift {
        key: format!("test:{number}"),
        fingerprint: [1; 32],
        fund_id: 1,
        appeal: None,
        amount_minor: 500,
        method: Method::Cash,
        is_pledge: false,
        received_on: None,
        name: format!("Giver {number}"),
        email: None,
        acknowledge_as: String::new(),
        anonymous: false,
        note: String::new(),
        by: "test".to_owned(),
        request_id: String::new(),
        in_memory_of: String::new(),
        memory_in_print: false,
        stranger: None,
    }
}

/// More than two steps of a run.
const GIVERS: usize = 2_200;

#[actix_web::test]
async fn a_run_that_is_killed_goes_on_where_it_was() {
    let place = Place::new();
    place.run_well(&["migrate"]);
    let program = place.serve();
    let db = books_of(&place);
    let now = Utc.with_ymd_and_hms(2021, 6, 27, 11, 0, 0).unwrap();
    for some in (0..GIVERS).collect::<Vec<_>>().chunks(500) {
        let gifts: Vec<NewGift> = some.iter().map(|number| cash_of(*number)).collect();
        let recorded = db.write(|conn| {
            hold(conn, Lock::Books)?;
            for outcome in donations::record_all(conn, now, &gifts)? {
                let id = outcome.expect("taken").donation.id;
                donations::give_address(conn, now, id, "1 High Street").expect("an address");
            }
            Ok::<_, fighting_fund::db::DbError>(())
        });
        recorded.expect("the books");
    }
    let this_year = 2_021;
    let run = db
        .write(|conn| {
            hold(conn, Lock::Books)?;
            statements::begin(conn, now, 2_021, this_year, false, "test")
        })
        .expect("a run");
    until("it has counted", || newest_run(&db).state == RunState::Counted);

    db.write(|conn| {
        hold(conn, Lock::Books)?;
        statements::write_all(conn, now, run.id)
    })
    .expect("it writes");
    until("it has written some", || newest_run(&db).queued > 0);
    program.kill();
    let program = place.serve();
    until("it has written all", || newest_run(&db).state == RunState::Done);
    program.stop();

    let mut whose: Vec<i64> = statements_in(&db).iter().map(|letter| letter.subject_id).collect();
    let letters = whose.len();
    whose.sort_unstable();
    whose.dedup();
    assert_eq!((letters, whose.len()), (GIVERS, GIVERS), "each giver has one");
    assert!(statements_in(&db).iter().all(|letter| letter.state == DeliveryState::Post));
    assert_eq!(newest_run(&db).queued, GIVERS as i64);
    place.run_well(&["verify"]);
}

fn until(what: &str, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(60), "never: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
