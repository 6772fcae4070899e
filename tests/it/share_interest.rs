//! Interest that is taken back: money, shares and declaration, whole or not at all, and the register's inspections.

use chrono::TimeDelta;
use fighting_fund::shares;
use fighting_fund::staff::Role;
use serde_json::{Value, json};

use crate::desk::Desk;
use crate::harness::noon;
use crate::society::Society;

/// A society that pays interest, four hundred days on, with Ann's thousand shares and Bo's five hundred.
async fn lending() -> (Society, String, String) {
    let society = Society::start().await;
    society.change_settings(|settings| settings.pays_interest = true);
    let ann = society.member("Ann Lee", "ordinary", 1_000).await;
    let bo = society.member("Bo Lee", "ordinary", 500).await;
    society.app.set_time(noon() + TimeDelta::days(400));
    (society, ann, bo)
}

/// Declares 2.5 per cent for a year: 25.00 for Ann, 12.50 for Bo.
async fn declare(desk: &Desk<'_>, key: &str, added: &str) -> (u16, String) {
    let form = [
        ("key", key),
        ("class", "ordinary"),
        ("from_on", "2021-07-01"),
        ("until_on", "2022-06-30"),
        ("rate", "2.5"),
        ("minute", "9/1"),
        ("is_added", added),
    ];
    desk.send("/desk/shares/interest", &form).await
}

async fn holding(society: &Society, member: &str) -> Value {
    society.get(&format!("members/{member}")).await["holdings"][0]["shares"].clone()
}

/// Capital, interest that is owed, interest that was spent, and what left the bank.
fn sums(society: &Society) -> [i64; 4] {
    [
        society.owed("equity:share-capital:ordinary"),
        society.owed("liabilities:interest-payable"),
        -society.owed("expenses:share-interest"),
        society.owed("assets:bank"),
    ]
}

fn last_note(society: &Society) -> i64 {
    let newest = society.app.app.db.read(|conn| shares::notes::of_kinds(conn, &[], i64::MAX, 1)).expect("notes");
    newest[0].number
}

#[actix_web::test]
async fn interest_that_was_added_is_taken_back_whole_with_its_shares_its_money_and_its_declaration() {
    let (society, ann, bo) = lending().await;
    let desk = Desk::of(&society.app, Role::Administrator).await;
    let before = sums(&society);
    assert_eq!(declare(&desk, "d1", "true").await.0, 303);
    assert_eq!(desk.send("/desk/shares/interest/1/payment", &[("key", "p1"), ("paid_on", "2022-07-20")]).await.0, 303);
    let paid = sums(&society);
    assert_eq!((paid, society.app.fault()), ([before[0] + 3_700, 0, 3_750, before[3] + 50], None));
    assert_eq!([holding(&society, &ann).await, holding(&society, &bo).await], [json!(1_025), json!(512)]);
    let run = desk.page("/desk/shares/interest/1").await;
    assert!(run.contains("Interest paid") && run.contains("/desk/shares/events/3"), "its story and its events: {run}");

    let (silent, told) = desk.send("/desk/shares/interest/1/taking-back", &[("key", "t1")]).await;
    let back = [("key", "t2"), ("reason", "The rate was 0.25.")];
    let (status, place) = desk.send("/desk/shares/interest/1/taking-back", &back).await;
    let twice = [("key", "t3"), ("reason", "Once more.")];
    let (again, refused) = desk.send("/desk/shares/interest/1/taking-back", &twice).await;

    assert!(silent == 422 && told.contains("Please say why"), "{told}");
    assert_eq!((status, place.as_str()), (303, "/desk/shares/interest/1"));
    assert!(again == 422 && refused.contains("no interest to be paid"), "{refused}");
    assert_eq!((sums(&society), society.app.fault()), (before, None));
    assert_eq!([holding(&society, &ann).await, holding(&society, &bo).await], [json!(1_000), json!(500)]);
    let page = desk.page("/desk/shares/interest/1").await;
    assert!(page.contains("does not count") && page.contains("The rate was 0.25."), "{page}");
    let event = desk.page("/desk/shares/events/3").await;
    assert!(event.contains("was reversed by event 5"), "{event}");
    assert_eq!(declare(&desk, "d2", "").await.0, 303, "the right one may be declared for the same days");
    let (_, unpaid) = desk.send("/desk/shares/interest/1/payment", &[("key", "p2")]).await;
    assert!(unpaid.contains("no interest to be paid"), "what never was is not paid: {unpaid}");
}

#[actix_web::test]
async fn interest_stays_while_somebody_has_passed_on_the_shares_that_were_added_for_it() {
    let (society, ann, bo) = lending().await;
    let desk = Desk::of(&society.app, Role::Administrator).await;
    declare(&desk, "d1", "true").await;
    desk.send("/desk/shares/interest/1/payment", &[("key", "p1"), ("paid_on", "2022-07-20")]).await;
    let away = json!({"from": bo, "to": ann, "class": "ordinary", "shares": 512, "effective_on": "2022-07-25"});
    assert_eq!(society.post("transfers", away).await.0, 201);
    let before = sums(&society);
    let back = |key: &'static str| [("key", key), ("reason", "The rate was 0.25.")];

    let (held, why) = desk.send("/desk/shares/interest/1/taking-back", &back("t1")).await;

    assert!(held == 422 && why.contains("for this interest: Bo Lee (M000002). Reverse first"), "{why}");
    assert!(!why.contains("Ann Lee (M000001),"), "only who has them no more: {why}");
    assert_eq!((sums(&society), holding(&society, &ann).await), (before, json!(1_537)), "nothing is half done");
    assert_eq!(desk.send("/desk/shares/events/5/reversal", &[("key", "r1"), ("reason", "in error")]).await.0, 303);
    assert_eq!(desk.send("/desk/shares/interest/1/taking-back", &back("t2")).await.0, 303);
    assert_eq!((holding(&society, &bo).await, society.app.fault()), (json!(500), None));
}

#[actix_web::test]
async fn a_payment_of_interest_comes_back_on_its_day_and_is_paid_anew() {
    let (society, ..) = lending().await;
    let desk = Desk::of(&society.app, Role::Administrator).await;
    declare(&desk, "d1", "").await;
    let owed = sums(&society);
    desk.send("/desk/shares/interest/1/payment", &[("key", "p1"), ("paid_on", "2022-07-20")]).await;
    let payment = last_note(&society);
    let at = |number: i64| format!("/desk/shares/notes/{number}/taking-back");
    let back = |key: &'static str, on: &'static str| [("key", key), ("reason", "The bank sent it back."), ("on", on)];

    let (stands, told) = desk.send(&at(payment - 1), &[("key", "t0"), ("reason", "in error")]).await;
    let (early, why) = desk.send(&at(payment), &back("t1", "2022-07-19")).await;
    let (status, _) = desk.send(&at(payment), &back("t2", "2022-07-22")).await;

    assert!(stands == 422 && told.contains("came after"), "the declaration, while it is paid: {told}");
    assert!(early == 422 && why.contains("cannot have come back before"), "{why}");
    assert_eq!((status, sums(&society), society.app.fault()), (303, owed, None));
    let day = "2022-07-21".parse().expect("a date");
    let balances = society.app.app.db.read(|conn| fighting_fund::ledger::balances(conn, day)).expect("balances");
    let bank = balances.iter().find(|balance| balance.account == "assets:bank").expect("the bank");
    assert_eq!(bank.credit_minor, 3_750, "it was away for two days");
    assert_eq!(desk.send("/desk/shares/interest/1/payment", &[("key", "p2"), ("paid_on", "2022-07-25")]).await.0, 303);
    assert_eq!((society.owed("liabilities:interest-payable"), society.app.fault()), (0, None));
}

#[actix_web::test]
async fn interest_that_makes_no_whole_share_leaves_the_holdings_as_they_were() {
    let society = Society::start().await;
    society.change_settings(|settings| settings.pays_interest = true);
    let ann = society.member("Ann Lee", "ordinary", 10).await;
    society.app.set_time(noon() + TimeDelta::days(400));
    let desk = Desk::of(&society.app, Role::Administrator).await;

    declare(&desk, "d1", "true").await;
    let (paid, _) = desk.send("/desk/shares/interest/1/payment", &[("key", "p1"), ("paid_on", "2022-07-20")]).await;
    let kept = (holding(&society, &ann).await, society.app.fault());
    let back = [("key", "t1"), ("reason", "The rate was 0.25.")];
    let (taken_back, _) = desk.send("/desk/shares/interest/1/taking-back", &back).await;

    assert_eq!((paid, kept), (303, (json!(10), None)));
    assert_eq!((taken_back, society.app.fault()), (303, None));
    assert_eq!(sums(&society), [1_000, 0, 0, 0]);
}

#[actix_web::test]
async fn where_two_people_decide_interest_is_taken_back_by_two() {
    let (society, ..) = lending().await;
    let first = Desk::of(&society.app, Role::Administrator).await;
    declare(&first, "d1", "").await;
    society.change_settings(|settings| settings.needs_second_person = true);
    let one = Desk::of(&society.app, Role::Secretary).await;

    let back = [("key", "t1"), ("reason", "The rate was 0.25.")];
    let (status, place) = one.send("/desk/shares/interest/1/taking-back", &back).await;
    let words = first.page(&place).await;
    let owed = society.owed("liabilities:interest-payable");
    let (approved, _) = first.send(&format!("{place}/approval"), &[("key", "t2")]).await;

    assert_eq!((status, place.as_str(), approved), (303, "/desk/shares/proposals/1", 303));
    assert!(words.contains("Interest of 2.50 per cent a year on ordinary shares from 1 July 2021"), "{words}");
    assert_eq!((owed, society.owed("liabilities:interest-payable")), (3_750, 0));
    let page = first.page("/desk/shares/interest/1").await;
    assert!(page.contains("taking back of interest: entered by The secretary, decided by The administrator"), "{page}");
}

#[actix_web::test]
async fn an_inspection_noted_in_error_is_taken_back() {
    let society = Society::start().await;
    let desk = Desk::of(&society.app, Role::Secretary).await;
    let seen = [
        ("key", "i1"),
        ("name", "Cy Lee"),
        ("capacity", "a member"),
        ("shown", "the register without shares"),
        ("inspected_on", "2021-06-27"),
    ];
    assert_eq!(desk.send("/desk/shares/inspections", &seen).await.0, 303);
    let note = last_note(&society);
    let words = desk.page(&format!("/desk/shares/notes/{note}")).await;

    let back = [("key", "i2"), ("reason", "It was the member’s solicitor.")];
    let (status, _) = desk.send(&format!("/desk/shares/notes/{note}/taking-back"), &back).await;
    let (twice, _) =
        desk.send(&format!("/desk/shares/notes/{note}/taking-back"), &[("key", "i3"), ("reason", "again")]).await;

    assert!(words.contains("Cy Lee (a member) inspected the register on 27 June 2021"), "{words}");
    assert_eq!((status, twice, society.app.fault()), (303, 422, None));
    assert!(desk.page("/desk/shares/officers").await.contains("taken back"));
    assert!(desk.page("/desk/shares/notes?kind=inspection").await.contains("taken back by note"));
}
