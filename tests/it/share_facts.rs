//! Facts of the register: one parser of member numbers, sentences without negative shares, lists that lack no row, and
//! columns in the place of sentences.

use fighting_fund::shares;
use fighting_fund::staff::Role;
use serde_json::json;

use crate::desk::Desk;
use crate::society::Society;

#[actix_web::test]
async fn a_member_number_is_the_same_however_it_is_written_and_wherever() {
    let society = Society::start().await;
    let ann = society.member("Ann Lee", "ordinary", 10).await;
    let desk = Desk::of(&society.app, Role::Secretary).await;

    for written in ["1", "000001", "m1", "M000001", "M%20000%20001", "%20m-1%20"] {
        assert_eq!(society.get(&format!("members/{written}")).await["member"], json!(ann), "{written}");
        let found = desk.page(&format!("/desk/shares/register?q={written}")).await;
        assert!(found.contains("Ann Lee"), "{written}: {found}");
        let page = desk.page(&format!("/desk/shares/members/{written}")).await;
        assert!(page.contains("Ann Lee"), "{written}");
    }
    for (key, written) in ["1", " m 1 ", "000001"].into_iter().enumerate() {
        let more = json!({"class": "ordinary", "shares": 1 + key, "member": written, "accepts_rules": true});
        let (status, answer) = society.post("applications", more).await;
        assert_eq!(status, 201, "{written}: {answer}");
    }
}

#[actix_web::test]
async fn shares_under_notice_are_told_as_such_and_what_is_not_there_is_never_less_than_none() {
    let society = Society::start().await;
    let (ann, bo) = (society.member("Ann Lee", "ordinary", 25).await, society.member("Bo Lee", "ordinary", 3).await);
    let notice = |member: &str, count: i64| json!({"member": member, "class": "ordinary", "shares": count});
    assert_eq!(society.post("withdrawals", notice(&ann, 5)).await.0, 201);

    let (over, why) = society.post("withdrawals", notice(&ann, 21)).await;
    let (plain, plainly) = society.post("withdrawals", notice(&bo, 4)).await;
    let transfer = json!({"from": bo, "to": ann, "class": "ordinary", "shares": 9});
    let (moved, told) = society.post("transfers", transfer).await;

    assert_eq!((over, plain, moved), (422, 422, 422));
    assert!(why.to_string().contains("5 of the 25 are under notice already; 20 are free."), "{why}");
    assert!(plainly.to_string().contains("has 3 of these shares on 27 June 2021, and 4 were to go."), "{plainly}");
    assert!(told.to_string().contains("has 3 of these shares on 27 June 2021, and 9 were to go."), "{told}");
}

#[actix_web::test]
async fn what_waits_for_a_second_person_is_found_behind_any_number_of_others_and_entered_once() {
    let society = Society::start().await;
    let reference = society.paid("Ann Lee", 10).await;
    society.change_settings(|settings| settings.needs_second_person = true);
    let desk = Desk::of(&society.app, Role::Secretary).await;
    let at = format!("/desk/shares/applications/{reference}");
    let form = |key: &'static str| [("key", key), ("shares", "10"), ("effective_on", "2021-06-27"), ("minute", "5/1")];
    assert_eq!(desk.send(&format!("{at}/allotment"), &form("a1")).await.0, 303);
    let deed = shares::Deed { by: "staff:1".to_owned(), request_id: String::new() };
    let now = society.app.app.clock.now();
    let many = society.app.app.db.write(|conn| {
        for number in 0..250_i64 {
            let (subject, form) = (format!("M{number:06}"), "[[\"reason\",\"x\"]]");
            let new = shares::proposals::NewProposal { deed: "particulars", subject: &subject, form };
            let id = shares::proposals::propose(conn, now, &deed, &new)?;
            let verdict = shares::proposals::Verdict::Refused("no".to_owned());
            shares::proposals::decide(conn, now, &deed, id, &verdict)?;
        }
        Ok::<_, shares::ShareError>(())
    });
    many.expect("many");

    let page = desk.page(&at).await;
    let list = desk.page("/desk/shares/proposals").await;
    let (again, told) = desk.send(&format!("{at}/allotment"), &form("a2")).await;
    let refusal = [("key", "r1"), ("reason", "no")];
    let (other, also) = desk.send(&format!("{at}/refusal"), &refusal).await;
    let chosen = [("key", "c1"), ("chosen", reference.as_str()), ("effective_on", "2021-06-27"), ("minute", "5/1")];
    let (with_others, _) = desk.send("/desk/shares/allotments", &chosen).await;

    assert!(page.contains("Waits for a second person"), "{page}");
    assert!(list.contains("Allotment of 10 ordinary shares to Ann Lee"), "{list}");
    assert_eq!((again, other, with_others), (422, 422, 422), "{told} {also}");
    assert!(told.contains("waits for a second person already (number 1 of the list)"), "{told}");
}

#[actix_web::test]
async fn the_ground_of_a_transmission_is_a_column_and_limits_add_up_over_it() {
    let society = Society::start().await;
    society.change_terms(|terms| terms.maximum_shares = 20_000);
    let ann = society.member("Ann Lee", "ordinary", 6_000).await;
    let desk = Desk::of(&society.app, Role::Secretary).await;
    let death = [("key", "d1"), ("died_on", "2021-06-27"), ("reason", "certificate seen")];
    assert_eq!(desk.send(&format!("/desk/shares/members/{ann}/death"), &death).await.0, 303);
    let pass = |key: &'static str, count: &'static str, ground: &'static str| {
        [
            ("key", key),
            ("class", "ordinary"),
            ("shares", count),
            ("ground", ground),
            ("kind", "person"),
            ("name", "Cy Lee"),
            ("address", "3 Mill Lane"),
            ("reason", "nomination: no, a letter"),
        ]
    };
    let place = format!("/desk/shares/members/{ann}/transmission");

    assert_eq!(desk.send(&place, &pass("p1", "4000", "small_estate")).await.0, 303);
    let (over, told) = desk.send(&place, &pass("p2", "1001", "small_estate")).await;
    assert_eq!(desk.send(&place, &pass("p3", "1000", "grant")).await.0, 303, "another ground has no limit");
    assert_eq!(desk.send(&place, &pass("p4", "1000", "small_estate")).await.0, 303, "5,000 in all");
    let event = desk.page("/desk/shares/events/2").await;

    assert!(over == 422 && told.contains("£5,001"), "{told}");
    assert!(event.contains("Without probate") && event.contains("nomination: no, a letter"), "{event}");
    assert_eq!(society.app.fault(), None);
}

#[actix_web::test]
async fn a_kind_that_no_program_writes_is_corrupt_and_never_a_default() {
    let society = Society::start().await;
    let reference = society.paid("Ann Lee", 10).await;
    let broken = society.app.app.db.write(|conn| {
        use diesel::RunQueryDsl;
        diesel::sql_query("UPDATE share_payments SET method = 'barter'").execute(conn)?;
        Ok::<_, fighting_fund::db::DbError>(())
    });
    broken.expect("an update");
    let desk = Desk::of(&society.app, Role::Secretary).await;

    let (status, page) = desk.get(&format!("/desk/shares/applications/{reference}")).await;

    assert_eq!(status, 500, "{page}");
}
