//! What happens to a holding after its allotment: conversion, forfeiture, particulars, certificates.

use fighting_fund::shares;
use serde_json::json;

use crate::society::Society;

#[actix_web::test]
async fn shares_are_converted_at_par_and_only_where_the_sum_fits() {
    let society = Society::start().await;
    society.add_loan_shares();
    let member = society.member("Ann Lee", "ordinary", 20).await;

    let conversion = |shares| json!({"member": member, "from": "ordinary", "to": "loan", "shares": shares});
    let (odd, refused) = society.post("conversions", conversion(7)).await;
    let (status, done) = society.post("conversions", conversion(15)).await;

    assert_eq!((odd, refused["errors"][0]["field"].as_str()), (422, Some("shares")), "{refused}");
    assert_eq!((status, done["holding"].as_i64()), (201, Some(3)), "{done}");
    let holdings = society.get(&format!("members/{member}")).await["holdings"].clone();
    assert_eq!(
        holdings,
        json!([{"class": "ordinary", "shares": 5, "paid": "5.00"}, {"class": "loan", "shares": 3, "paid": "15.00"}])
    );
    let (status, transfer) =
        society.post("transfers", json!({"from": member, "to": "M000099", "class": "loan", "shares": 1})).await;
    assert_eq!((status, transfer["errors"][0]["field"].as_str()), (422, Some("class")), "{transfer}");
}

#[actix_web::test]
async fn forfeited_shares_become_income_and_the_member_leaves() {
    let society = Society::start().await;
    let member = society.member("Ann Lee", "ordinary", 20).await;

    let forfeiture = json!({"member": member, "class": "ordinary", "shares": 20, "reason": "rule 12", "minute": "3/7"});
    let (status, done) = society.post("forfeitures", forfeiture).await;

    assert_eq!((status, done["holding"].as_i64()), (201, Some(0)), "{done}");
    let gone = society.get(&format!("members/{member}")).await;
    assert_eq!((gone["votes"].as_i64(), gone["ceased_on"].as_str()), (Some(0), Some("2021-06-27")));
    assert_eq!(society.get("roll").await["members"], json!([]));
    let (status, silent) =
        society.post("forfeitures", json!({"member": member, "class": "ordinary", "shares": 1, "reason": " "})).await;
    assert_eq!((status, silent["errors"][0]["field"].as_str()), (422, Some("reason")));
}

#[actix_web::test]
async fn a_new_name_counts_from_its_day_and_the_old_register_keeps_the_old_one() {
    let society = Society::start().await;
    let member = society.member("Ann Lee", "ordinary", 20).await;
    let before = society.get("register?as_at=2021-06-27").await;
    society.app.set_time(crate::harness::noon() + chrono::TimeDelta::days(10));

    let change =
        json!({"name": "Ann O’Neill-Müller", "email": "ann@example.org", "reason": "marriage certificate seen"});
    let (status, changed) = society.post(&format!("members/{member}/particulars"), change).await;

    assert_eq!((status, changed["name"].as_str()), (201, Some("Ann O’Neill-Müller")), "{changed}");
    let then = society.get("register?as_at=2021-06-27").await;
    assert_eq!(then["members"], before["members"], "an earlier day says what was so then");
    let now = society.get("register").await;
    assert_eq!(now["members"][0]["name"], "Ann O’Neill-Müller");
    assert_eq!(now["members"][0]["address"], "1 High Street\nLeeds LS1 1AA");
}

#[actix_web::test]
async fn a_lost_certificate_is_cancelled_by_number_and_replaced_once() {
    let society = Society::start().await;
    let member = society.member("Ann Lee", "ordinary", 20).await;

    let (status, new) = society.post("certificates/C000001/replacement", json!({"reason": "lost in the post"})).await;
    let (again, refused) = society.post("certificates/C000001/replacement", json!({"reason": "lost again"})).await;

    assert_eq!((status, new["certificate"].as_str(), new["shares"].as_i64()), (201, Some("C000002"), Some(20)));
    assert_eq!(again, 409, "{refused}");
    let transfer = json!({"member": member, "class": "ordinary", "shares": 5, "reason": "given to the paper", "kind": "surrender"});
    let (status, done) = society.post("forfeitures", transfer).await;
    assert_eq!(status, 201, "{done}");
    let certificates = society.get(&format!("members/{member}")).await["certificates"].clone();
    let standing: Vec<(i64, bool)> = certificates
        .as_array()
        .expect("certificates")
        .iter()
        .map(|one| (one["shares"].as_i64().expect("shares"), one["cancelled_on"].is_null()))
        .collect();
    assert_eq!(standing, [(20, false), (20, false), (15, true)]);
}

#[actix_web::test]
async fn a_move_to_an_address_where_the_same_name_holds_too_much_is_refused() {
    let society = Society::start().await;
    let raise = |conn: &mut fighting_fund::db::Conn| {
        let mut settings = shares::settings(conn)?;
        settings.law_maximum_minor = 3_000;
        shares::update_settings(conn, &settings)
    };
    society.app.app.db.write(raise).expect("settings");
    let first = society.member("Ann Lee", "ordinary", 20).await;
    let elsewhere = json!({"address": "9 Low Road\nYork", "reason": "moved"});
    society.post(&format!("members/{first}/particulars"), elsewhere).await;
    society.member("Ann Lee", "ordinary", 20).await;

    let back = json!({"address": "1 High Street\nLeeds LS1 1AA", "reason": "moved back"});
    let (status, refused) = society.post(&format!("members/{first}/particulars"), back).await;

    assert_eq!(status, 422, "{refused}");
    assert_eq!(society.get(&format!("members/{first}")).await["address"], "9 Low Road\nYork");
}
