//! Bad input to the register: what is refused, with a sentence, and nothing half done.

use chrono::TimeDelta;
use serde_json::json;

use crate::harness::noon;
use crate::society::Society;

#[actix_web::test]
async fn two_secretaries_who_allot_one_application_at_once_make_one_holding() {
    let society = Society::start().await;
    let reference = society.paid("Ann Lee", 10).await;
    let path = format!("applications/{reference}/allotment");

    let (one, other) = futures_util::future::join(
        society.post_keyed("a", &path, json!({})),
        society.post_keyed("b", &path, json!({})),
    )
    .await;

    let mut statuses = [one.0, other.0];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409], "{one:?} {other:?}");
    assert_eq!(society.get("register").await["members"].as_array().map(Vec::len), Some(1));
    assert_eq!(society.owed("equity:share-capital:ordinary"), 1_000);
}

#[actix_web::test]
async fn a_repeated_key_is_answered_as_the_first_time() {
    let society = Society::start().await;
    let reference = society.paid("Ann Lee", 10).await;
    let path = format!("applications/{reference}/allotment");

    let first = society.post_keyed("same", &path, json!({"minute": "1/2"})).await;
    let second = society.post_keyed("same", &path, json!({"minute": "1/2"})).await;
    let other = society.post_keyed("same", &path, json!({"minute": "3/4"})).await;

    assert_eq!((first.0, second.0, other.0), (201, 200, 422));
    assert_eq!(first.1, second.1);
}

#[actix_web::test]
async fn shares_that_were_withdrawn_a_minute_ago_are_not_there_to_be_transferred() {
    let society = Society::start().await;
    let (ann, bo) = (society.member("Ann Lee", "ordinary", 10).await, society.member("Bo Lee", "ordinary", 1).await);
    let (_, notice) = society.post("withdrawals", json!({"member": ann, "class": "ordinary", "shares": 8})).await;
    let reference = notice["reference"].as_str().expect("a reference");
    let (status, agreed) = society.post(&format!("withdrawals/{reference}/agreement"), json!({})).await;
    assert_eq!(status, 201, "{agreed}");
    society.app.set_time(noon() + TimeDelta::minutes(1));

    let transfer = json!({"from": ann, "to": bo, "class": "ordinary", "shares": 3});
    let (status, refused) = society.post("transfers", transfer).await;

    assert_eq!((status, refused["errors"][0]["field"].as_str()), (422, Some("shares")), "{refused}");
    assert_eq!(society.owed("liabilities:withdrawals-payable"), 800);
}

#[actix_web::test]
async fn an_event_that_is_dated_back_may_not_leave_a_later_day_below_nothing() {
    let society = Society::start().await;
    let (ann, bo) = (society.member("Ann Lee", "ordinary", 10).await, society.member("Bo Lee", "ordinary", 1).await);
    society.app.set_time(noon() + TimeDelta::days(10));
    let later = json!({"from": ann, "to": bo, "class": "ordinary", "shares": 8, "effective_on": "2021-07-05"});
    assert_eq!(society.post("transfers", later).await.0, 201);

    let earlier = json!({"from": ann, "to": bo, "class": "ordinary", "shares": 5, "effective_on": "2021-07-01"});
    let (status, refused) = society.post("transfers", earlier).await;

    assert_eq!((status, refused["errors"][0]["field"].as_str()), (422, Some("shares")), "{refused}");
    assert!(refused["errors"][0]["message"].as_str().is_some_and(|words| words.contains("5 July 2021")), "{refused}");
}

#[actix_web::test]
async fn nobody_comes_above_the_laws_maximum_through_a_joint_holding() {
    let society = Society::start().await;
    society.change_terms(|terms| terms.maximum_shares = 1_000_000);
    society.member("Ann Lee", "ordinary", 60_000).await;

    let holder = json!({"kind": "joint", "names": ["Ann Lee", "Cy Lee"], "address": "1 High Street, Leeds LS1 1AA"});
    let holder = json!({"kind": holder["kind"], "names": holder["names"], "address": "1 High Street\nLeeds LS1 1AA"});
    let sent = |shares| json!({"class": "ordinary", "shares": shares, "holder": holder, "accepts_rules": true});
    let (above, refused) = society.post("applications", sent(40_001)).await;
    let (within, taken) = society.post("applications", sent(40_000)).await;

    assert_eq!((above, refused["errors"][0]["field"].as_str()), (422, Some("shares")), "{refused}");
    assert!(refused["errors"][0]["message"].as_str().is_some_and(|words| words.contains("£100,000")), "{refused}");
    assert_eq!(within, 201, "{taken}");
}

#[actix_web::test]
async fn an_application_that_is_paid_twice_waits_for_a_choice() {
    let society = Society::start().await;
    let reference = society.paid("Ann Lee", 10).await;
    let money = json!({"amount": "10.00", "method": "cheque"});
    society.post(&format!("applications/{reference}/payment"), money).await;
    let path = format!("applications/{reference}/allotment");

    let (silent, refused) = society.post(&path, json!({})).await;
    let (chosen, allotted) = society.post(&path, json!({"surplus": "gift"})).await;

    assert_eq!((silent, refused["errors"][0]["field"].as_str()), (422, Some("surplus")), "{refused}");
    assert_eq!((chosen, allotted["holding"].as_i64()), (201, Some(10)), "{allotted}");
    assert_eq!(society.owed("liabilities:share-applications"), 0);
    assert_eq!(society.owed("income:donations:fighting-fund"), 1_000, "the rest became a gift");
    assert_eq!(society.owed("assets:cheques-in-hand"), -2_000, "the cheques are where they were");
}

#[actix_web::test]
async fn a_refused_application_gives_the_money_back_or_to_the_fund_by_the_applicants_word() {
    let society = Society::start().await;
    let (one, other) = (society.paid("Ann Lee", 10).await, society.paid("Bo Lee", 20).await);

    let (_, back) = society.post(&format!("applications/{one}/refusal"), json!({"reason": "not now"})).await;
    let gift = json!({"reason": "not now", "money": "gift"});
    let (status, given) = society.post(&format!("applications/{other}/refusal"), gift).await;

    assert_eq!((back["returned"].as_str(), back["status"].as_str()), (Some("10.00"), Some("refused")), "{back}");
    assert_eq!((status, given["status"].as_str()), (201, Some("refused")), "{given}");
    assert_eq!(society.owed("income:donations:fighting-fund"), 2_000);
    assert_eq!(society.owed("liabilities:share-applications"), 0);
}

#[actix_web::test]
async fn two_gifts_of_one_sum_on_one_day_are_two_gifts() {
    let society = Society::start().await;
    let holder = json!({"kind": "person", "name": "Ann Lee", "address": "1 High St"});
    let sent = json!({"class": "ordinary", "shares": 10, "holder": holder, "accepts_rules": true, "gift": "10.00"});
    let (_, applied) = society.post("applications", sent).await;
    let reference = applied["reference"].as_str().expect("a reference");
    society.post(&format!("applications/{reference}/payment"), json!({"amount": "20.00", "method": "cash"})).await;

    let gift = json!({"reason": "not now", "money": "gift"});
    let (status, given) = society.post(&format!("applications/{reference}/refusal"), gift).await;

    assert_eq!(status, 201, "{given}");
    assert_eq!(society.owed("income:donations:fighting-fund"), 2_000);
    assert_eq!(society.owed("assets:cash"), -2_000);
}

#[actix_web::test]
async fn too_little_money_is_met_with_what_could_be_done() {
    let society = Society::start().await;
    let reference = society.applied("Ann Lee", 10).await;
    let path = format!("applications/{reference}/allotment");

    let (unpaid, nothing) = society.post(&path, json!({})).await;
    society.post(&format!("applications/{reference}/payment"), json!({"amount": "6.50", "method": "cash"})).await;
    let (short, refused) = society.post(&path, json!({})).await;
    let (fewer, allotted) = society.post(&path, json!({"shares": 6, "surplus": "return"})).await;

    assert_eq!(unpaid, 409, "{nothing}");
    assert_eq!(short, 422, "{refused}");
    assert!(refused["errors"][0]["message"].as_str().is_some_and(|words| words.contains("£3.50")), "{refused}");
    assert_eq!((fewer, allotted["holding"].as_i64()), (201, Some(6)), "{allotted}");
}

#[actix_web::test]
async fn the_29th_of_february_is_a_day_in_leap_years_only() {
    let society = Society::start().await;
    let holder = json!({"kind": "person", "name": "Ann Lee", "address": "1 High St"});
    let sent =
        |day| json!({"class": "ordinary", "shares": 1, "holder": holder, "accepts_rules": true, "applied_on": day});

    let (odd, refused) = society.post("applications", sent("2021-02-29")).await;
    let (leap, taken) = society.post("applications", sent("2020-02-29")).await;
    let (ahead, future) = society.post("applications", sent("2024-02-29")).await;

    assert_eq!((odd, refused["errors"][0]["field"].as_str()), (422, Some("applied_on")), "{refused}");
    assert_eq!(leap, 201, "{taken}");
    assert_eq!(ahead, 422, "{future}");
}

#[actix_web::test]
async fn names_may_be_of_any_script_and_300_characters_long() {
    let society = Society::start().await;
    let long = "Ó".repeat(300);

    for name in ["O’Neill-Müller", "王小明", "Фёдор Достоевский", "عمر الخيام", "D'Arcy \"Bill\" <b>", &long]
    {
        let member = society.member(name, "ordinary", 1).await;
        assert_eq!(society.get(&format!("members/{member}")).await["name"], name);
    }
    let holder = json!({"kind": "person", "name": "x".repeat(301), "address": "1 High St"});
    let sent = json!({"class": "ordinary", "shares": 1, "holder": holder, "accepts_rules": true});
    let (status, refused) = society.post("applications", sent).await;
    assert_eq!((status, refused["errors"][0]["field"].as_str()), (422, Some("holder.name")), "{refused}");
}

#[actix_web::test]
async fn suspended_withdrawals_keep_their_place_and_go_on_when_they_are_resumed() {
    use fighting_fund::shares::{self, Deed, NewSuspension, ShareError};
    let society = Society::start().await;
    let ann = society.member("Ann Lee", "ordinary", 10).await;
    let deed = Deed { by: "test".to_owned(), request_id: String::new() };
    let now = society.app.app.clock.now();
    let new = NewSuspension {
        class: "ordinary".to_owned(),
        from_on: None,
        reason: "The press must be paid for.".to_owned(),
        minute: "7/1".to_owned(),
    };
    let rest = society.app.app.db.write(|conn| shares::suspend(conn, now, &deed, &new)).expect("a suspension").0;
    let (given, notice) = society.post("withdrawals", json!({"member": ann, "class": "ordinary", "shares": 4})).await;
    let path = format!("withdrawals/{}/agreement", notice["reference"].as_str().expect("a reference"));

    let (rests, refused) = society.post(&path, json!({})).await;
    let lifted = society.app.app.db.write(|conn| shares::resume(conn, now, &deed, rest.id, None, "It is paid for."));
    let (goes_on, agreed) = society.post(&path, json!({})).await;

    assert_eq!((given, rests), (201, 409), "{notice} {refused}");
    assert!(refused["detail"].as_str().is_some_and(|words| words.contains("The press must be paid for.")), "{refused}");
    assert!(lifted.is_ok());
    assert_eq!(goes_on, 201, "{agreed}");
    let again = society.app.app.db.write(|conn| shares::resume(conn, now, &deed, rest.id, None, "twice"));
    assert!(matches!(again, Err(ShareError::UnknownSuspension)));
}

#[actix_web::test]
async fn no_more_is_withdrawn_in_a_year_than_the_rules_allow() {
    let society = Society::start().await;
    let ann = society.member("Ann Lee", "ordinary", 100).await;
    society.change_terms(|terms| terms.yearly_limit_percent = Some(10));
    society.app.set_time(noon() + TimeDelta::days(365));
    let mut statuses = Vec::new();

    for shares in [8, 3, 2] {
        let (_, notice) =
            society.post("withdrawals", json!({"member": ann, "class": "ordinary", "shares": shares})).await;
        let reference = notice["reference"].as_str().expect("a reference");
        let (status, answer) = society.post(&format!("withdrawals/{reference}/agreement"), json!({})).await;
        statuses.push(status);
        if status == 409 {
            assert!(answer["detail"].as_str().is_some_and(|words| words.contains("£2.00")), "{answer}");
        }
    }

    assert_eq!(statuses, [201, 409, 201], "eight of ten, three too many, two that are left");
}

#[actix_web::test]
async fn an_event_is_reversed_once_and_its_money_waits_again() {
    let society = Society::start().await;
    let reference = society.paid("Ann Lee", 10).await;
    let (_, allotted) = society.post(&format!("applications/{reference}/allotment"), json!({})).await;
    assert_eq!(allotted["member"], "M000001");

    let (first, done) = society.post("events/1/reversal", json!({"reason": "entered in error"})).await;
    let (second, refused) = society.post("events/1/reversal", json!({"reason": "entered in error"})).await;
    let (silent, _) = society.post("events/1/reversal", json!({})).await;

    assert_eq!((first, second), (201, 409), "{done} {refused}");
    assert!(silent == 422 || silent == 409, "{silent}");
    assert_eq!(society.owed("equity:share-capital:ordinary"), 0);
    assert_eq!(society.owed("liabilities:share-applications"), 1_000);
    assert_eq!(society.get("roll").await["members"], json!([]));
}
