//! A death, and what follows from it on every road: votes, transfers, applications, letters; and its taking back.

use fighting_fund::shares::{self, held_letters};
use fighting_fund::staff::Role;
use serde_json::json;

use crate::desk::Desk;
use crate::society::Society;

/// Notes that a member died, at the desk: the status, and where it leads or the page.
async fn died(desk: &Desk<'_>, key: &str, member: &str, on: &str, person: &str) -> (u16, String) {
    let fields = [("key", key), ("died_on", on), ("person", person), ("reason", "certificate of death seen")];
    desk.send(&format!("/desk/shares/members/{member}/death"), &fields).await
}

fn last_note(society: &Society) -> i64 {
    let newest = society.app.app.db.read(|conn| shares::notes::of_kinds(conn, &[], i64::MAX, 1)).expect("notes");
    newest[0].number
}

async fn taken_back(society: &Society, desk: &Desk<'_>, key: &str) {
    let place = format!("/desk/shares/notes/{}/taking-back", last_note(society));
    assert_eq!(desk.send(&place, &[("key", key), ("reason", "another Ann Lee")]).await.0, 303);
}

fn held(society: &Society) -> i64 {
    society.app.app.db.read(held_letters::count).expect("a count")
}

async fn votes(society: &Society) -> Vec<String> {
    let roll = society.get("roll").await;
    let members = roll["members"].as_array().expect("members");
    members.iter().map(|line| line["voter"].as_str().expect("a voter").to_owned()).collect()
}

/// Joint holders with shares: their number.
async fn joint(society: &Society, names: &[&str]) -> String {
    let holder = json!({"kind": "joint", "names": names, "address": "2 Mill Lane\nLeeds LS1 1AB"});
    let sent = json!({"class": "ordinary", "shares": 8, "holder": holder, "accepts_rules": true});
    let (_, applied) = society.post("applications", sent).await;
    let reference = applied["reference"].as_str().expect("a reference").to_owned();
    society.post(&format!("applications/{reference}/payment"), json!({"amount": "8.00", "method": "cheque"})).await;
    let (status, allotted) = society.post(&format!("applications/{reference}/allotment"), json!({})).await;
    assert_eq!(status, 201, "{allotted}");
    allotted["member"].as_str().expect("a number").to_owned()
}

#[actix_web::test]
async fn who_died_does_nothing_by_any_road_from_that_day_on_and_all_of_it_again_when_it_was_an_error() {
    let society = Society::start().await;
    let (ann, bo) = (society.member("Ann Lee", "ordinary", 10).await, society.member("Bo Lee", "ordinary", 5).await);
    let desk = Desk::of(&society.app, Role::Secretary).await;
    assert_eq!(died(&desk, "d1", &ann, "2021-06-20", "").await.0, 303);

    let transfer = |from: &str, to: &str| json!({"from": from, "to": to, "class": "ordinary", "shares": 2});
    let (from, why_from) = society.post("transfers", transfer(&ann, &bo)).await;
    let (to, why_to) = society.post("transfers", transfer(&bo, &ann)).await;
    let more = json!({"class": "ordinary", "shares": 2, "member": ann, "accepts_rules": true});
    let (applied, why) = society.post("applications", more.clone()).await;
    let given = json!({"member": ann, "class": "ordinary", "shares": 1, "kind": "surrender", "reason": "a letter"});
    let (surrender, _) = society.post("forfeitures", given).await;
    assert_eq!((from, to, applied, surrender), (409, 409, 409, 409), "{why_from} {why_to} {why}");
    assert!(why_from["detail"].as_str().is_some_and(|told| told.contains("died on 20 June 2021")), "{why_from}");
    assert!(why_from["detail"].as_str().is_some_and(|told| told.contains("transmission")), "{why_from}");

    assert_eq!(votes(&society).await, ["Bo Lee"]);
    assert_eq!(society.get("summary").await["votes"], 1);
    let member = society.get(&format!("members/{ann}")).await;
    assert_eq!((&member["votes"], &member["died_on"]), (&json!(0), &json!("2021-06-20")));
    assert!(!desk.page("/desk/shares/labels").await.contains("Ann Lee"));
    assert!(desk.page("/desk/shares/register").await.contains("Ann Lee (died on 20 June 2021)"));
    let (twice, told) = died(&desk, "d2", &ann, "2021-06-21", "").await;
    assert!(twice == 422 && told.contains("in the register already, with the day 20 June 2021"), "{told}");

    taken_back(&society, &desk, "t1").await;
    assert_eq!(votes(&society).await, ["Ann Lee", "Bo Lee"]);
    assert_eq!(society.post("applications", more).await.0, 201);
    assert_eq!(society.post("transfers", transfer(&ann, &bo)).await.0, 201);
    assert_eq!(society.app.fault(), None);
}

#[actix_web::test]
async fn a_joint_holding_votes_by_its_next_name_until_the_last_of_them_died() {
    let society = Society::start().await;
    let two = joint(&society, &["Ann Lee", "Bo Lee"]).await;
    let desk = Desk::of(&society.app, Role::Secretary).await;

    let (unnamed, told) = died(&desk, "d0", &two, "2021-06-20", "").await;
    assert!(unnamed == 422 && told.contains("Please say who of the joint holders died: Ann Lee, Bo Lee."), "{told}");
    assert_eq!(died(&desk, "d1", &two, "2021-06-20", "Ann Lee").await.0, 303);
    assert_eq!(votes(&society).await, ["Bo Lee"]);
    assert!(desk.page("/desk/shares/labels").await.contains("<address>Bo Lee<br>"));
    let pass = [
        ("key", "p1"),
        ("class", "ordinary"),
        ("shares", "8"),
        ("ground", "grant"),
        ("kind", "person"),
        ("name", "Cy Lee"),
        ("address", "3 Mill Lane"),
        ("reason", "grant seen"),
    ];
    let (passed, told) = desk.send(&format!("/desk/shares/members/{two}/transmission"), &pass).await;
    assert!(passed == 422 && told.contains("Bo Lee lives"), "{told}");
    let renamed = [("key", "r1"), ("names", "Anne Lee\nBo Lee"), ("reason", "spelling"), ("address", "2 Mill Lane")];
    let (spelling, told) = desk.send(&format!("/desk/shares/members/{two}/particulars"), &renamed).await;
    assert!(spelling == 422 && told.contains("The death of Ann Lee stands in the register"), "{told}");

    assert_eq!(died(&desk, "d2", &two, "2021-06-25", "Bo Lee").await.0, 303);
    assert_eq!(votes(&society).await, [""; 0]);
    let before = society.get("roll?as_at=2021-06-24").await;
    assert_eq!(before["members"], json!([]), "they held nothing yet");
}

#[actix_web::test]
async fn a_roll_that_was_fixed_before_a_death_says_so_and_the_dead_do_not_come() {
    let society = Society::start().await;
    let (ann, bo) = (society.member("Ann Lee", "ordinary", 10).await, society.member("Bo Lee", "ordinary", 5).await);
    let desk = Desk::of(&society.app, Role::Secretary).await;
    let meeting = [
        ("key", "m1"),
        ("name", "Annual meeting 2021"),
        ("record_on", "2021-06-27"),
        ("held_on", "2021-06-27"),
        ("place", "The hall"),
    ];
    assert_eq!(desk.send("/desk/shares/meetings", &meeting).await.0, 303);
    let here = |key: &'static str, members: &'static str| [("key", key), ("members", members), ("voted", "true")];
    assert_eq!(desk.send("/desk/shares/sittings/1/votes", &here("v1", "2")).await.0, 303, "a bare number");
    assert_eq!(died(&desk, "d1", &ann, "2021-06-26", "").await.0, 303);
    assert_eq!(died(&desk, "d2", &bo, "2021-06-25", "").await.0, 303);

    let (came, told) = desk.send("/desk/shares/sittings/1/votes", &here("v2", "1")).await;
    let whole = desk.page("/desk/shares/meetings/1").await;
    let door = desk.page("/desk/shares/sittings/1/roll").await;
    let sitting = desk.page("/desk/shares/sittings/1").await;

    assert!(came == 422 && told.contains("died on 26 June 2021. Nobody votes for them"), "{told}");
    assert!(
        whole.contains("2 have died since the roll was fixed; none may still vote")
            || whole.contains("2 have died since the roll was fixed; 0 may still vote"),
        "{whole}"
    );
    assert!(door.contains("2 votes") && door.contains("2 on this roll have died since it was fixed"), "{door}");
    assert!(sitting.contains("in the name of the dead: M000002"), "{sitting}");
    assert!(desk.page(&format!("/desk/shares/members/{bo}")).await.contains("Bo Lee was noted at a meeting"));
    taken_back(&society, &desk, "t1").await;
    assert!(desk.page("/desk/shares/meetings/1").await.contains("one has died since the roll was fixed; 1 may"));
}

#[actix_web::test]
async fn letters_to_the_dead_are_held_back_until_somebody_writes_for_the_estate() {
    let society = Society::start().await;
    let ann = society.member("Ann Lee", "ordinary", 10).await;
    let desk = Desk::of(&society.app, Role::Secretary).await;
    let printed = desk.page("/desk/shares/letters").await;
    assert!(printed.contains("Welcome, with the certificate"), "{printed}");

    assert_eq!(died(&desk, "d1", &ann, "2021-06-20", "").await.0, 303);
    let waiting = held(&society);
    let none = desk.page("/desk/shares/letters").await;
    let sent = [("key", "s1"), ("as_at", "2021-06-27")];
    assert_eq!(desk.send("/desk/shares/statements", &sent).await.0, 303);
    let list = desk.page("/desk/shares/letters/held").await;
    let member = desk.page(&format!("/desk/shares/members/{ann}")).await;
    assert!(waiting > 0 && none.contains("Nothing to print."), "{waiting} {none}");
    assert_eq!(held(&society), waiting + 1, "the statement too");
    assert!(
        list.contains("Statement of holding") && list.contains("nobody is noted who writes for the estate"),
        "{list}"
    );
    assert!(member.contains("Letters held back"), "{member}");

    let estate =
        [("key", "e1"), ("name", "Cy Lee"), ("address", "3 Mill Lane\nLeeds"), ("email", ""), ("reason", "grant seen")];
    assert_eq!(desk.send(&format!("/desk/shares/members/{ann}/estate"), &estate).await.0, 303);
    let letters = desk.page("/desk/shares/letters/print").await;
    assert_eq!(held(&society), 0);
    assert!(letters.contains("Cy Lee<br>3 Mill Lane") && letters.contains("for the estate of Ann Lee"), "{letters}");

    taken_back(&society, &desk, "t1").await;
    assert_eq!(held(&society), waiting + 1, "nobody is noted any more");
    let first = last_note(&society) - 2;
    let back = [("key", "t2"), ("reason", "another Ann Lee")];
    assert_eq!(desk.send(&format!("/desk/shares/notes/{first}/taking-back"), &back).await.0, 303);
    let letters = desk.page("/desk/shares/letters/print").await;
    assert!(held(&society) == 0 && letters.contains("Ann Lee<br>1 High Street"), "{letters}");
    assert_eq!(society.app.fault(), None);
}

#[actix_web::test]
async fn an_applicant_who_died_is_not_ready_to_decide_and_nothing_is_allotted_to_them() {
    let society = Society::start().await;
    let ann = society.member("Ann Lee", "ordinary", 10).await;
    let more = json!({"class": "ordinary", "shares": 3, "member": ann, "accepts_rules": true});
    let (_, applied) = society.post("applications", more).await;
    let reference = applied["reference"].as_str().expect("a reference").to_owned();
    society.post(&format!("applications/{reference}/payment"), json!({"amount": "3.00", "method": "cheque"})).await;
    let desk = Desk::of(&society.app, Role::Secretary).await;
    assert!(desk.page("/desk/shares/applications").await.contains("Ready to decide: 1"));
    assert_eq!(died(&desk, "d1", &ann, "2021-06-20", "").await.0, 303);

    let (allotted, why) = society.post(&format!("applications/{reference}/allotment"), json!({})).await;
    let page = desk.page("/desk/shares/applications").await;
    let member = desk.page(&format!("/desk/shares/members/{ann}")).await;
    let (refused, _) = society.post(&format!("applications/{reference}/refusal"), json!({"reason": "died"})).await;

    assert!(allotted == 409 && why["detail"].as_str().is_some_and(|told| told.contains("goes back")), "{why}");
    assert!(page.contains("applicant died"), "{page}");
    assert!(member.contains(&format!("application {reference}")), "{member}");
    assert_eq!((refused, society.app.fault()), (201, None));
}

#[actix_web::test]
async fn who_is_gone_away_is_not_posted_to_until_there_is_a_new_address() {
    let society = Society::start().await;
    let ann = society.member("Ann Lee", "ordinary", 10).await;
    let desk = Desk::of(&society.app, Role::Secretary).await;
    let at = |slug: &str| format!("/desk/shares/members/{ann}/{slug}");
    let gone = [("key", "g1"), ("effective_on", "2021-06-26"), ("reason", "the notice came back")];
    assert_eq!(desk.send(&at("gone-away"), &gone).await.0, 303);

    let labels = desk.page("/desk/shares/labels").await;
    assert!(held(&society) > 0 && labels.contains("M000001 Ann Lee (gone away since 26 June 2021)"), "{labels}");
    assert!(!labels.contains("<address>Ann Lee"), "{labels}");
    assert!(desk.page("/desk/shares/register").await.contains("gone away since 26 June 2021"));
    assert_eq!(votes(&society).await, ["Ann Lee"], "the vote stays");
    let moved = [("key", "a1"), ("name", "Ann Lee"), ("address", "9 New Road\nLeeds"), ("reason", "her letter")];
    assert_eq!(desk.send(&at("particulars"), &moved).await.0, 303);

    assert_eq!(held(&society), 0, "they leave to the new address");
    assert!(desk.page("/desk/shares/labels").await.contains("<address>Ann Lee<br>9 New Road"));
}
