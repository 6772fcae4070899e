//! Meetings: a roll that stays as it was, and one vote a member, wherever it is cast.

use fighting_fund::staff::Role;
use serde_json::json;

use crate::desk::Desk;
use crate::society::Society;

/// A society of two sections with a meeting in the first.
async fn with_sections(society: &Society, desk: &Desk<'_>) {
    for (key, name, areas) in [("s1", "North", "LS"), ("s2", "South", "CR")] {
        desk.send("/desk/shares/sections", &[("key", key), ("name", name)]).await;
        let id = key.trim_start_matches('s');
        desk.send(&format!("/desk/shares/sections/{id}"), &[("key", &format!("{key}a")), ("areas", areas)]).await;
    }
    let _ = society;
}

fn meeting<'a>(key: &'a str, section: &'a str) -> [(&'a str, &'a str); 6] {
    [
        ("key", key),
        ("name", "Annual meeting 2021"),
        ("record_on", "2021-06-27"),
        ("section", section),
        ("held_on", "2021-06-27"),
        ("place", "The hall, Leeds"),
    ]
}

#[actix_web::test]
async fn nobody_votes_twice_at_one_meeting_nor_at_two_sections_of_it() {
    let society = Society::start().await;
    let desk = Desk::of(&society.app, Role::Secretary).await;
    with_sections(&society, &desk).await;
    let (ann, bo) = (society.member("Ann Lee", "ordinary", 10).await, society.member("Bo Lee", "ordinary", 1).await);
    let (opened, place) = desk.send("/desk/shares/meetings", &meeting("m1", "1")).await;
    assert_eq!((opened, place.as_str()), (303, "/desk/shares/meetings/1"));
    let south = [("key", "m2"), ("section", "2"), ("held_on", "2021-06-27")];
    let (added, place) = desk.send("/desk/shares/meetings/1/sittings", &south).await;
    assert_eq!((added, place.as_str()), (303, "/desk/shares/sittings/2"));
    let (again, told) = desk
        .send("/desk/shares/meetings/1/sittings", &[("key", "m3"), ("section", "2"), ("held_on", "2021-06-27")])
        .await;
    assert!(again == 422 && told.contains("has its meeting already"), "{told}");

    let here = [("key", "v1"), ("members", ann.as_str()), ("voted", "")];
    assert_eq!(desk.send("/desk/shares/sittings/1/votes", &here).await.0, 303, "she came");
    let voted = [("key", "v2"), ("members", ann.as_str()), ("voted", "true")];
    assert_eq!(desk.send("/desk/shares/sittings/1/votes", &voted).await.0, 303, "and voted");
    assert_eq!(desk.send("/desk/shares/sittings/1/votes", &voted).await.0, 303, "a second click");
    let (twice, told) =
        desk.send("/desk/shares/sittings/1/votes", &[("key", "v3"), ("members", &ann), ("voted", "true")]).await;
    assert!(twice == 422 && told.contains("has voted at the meeting of North already"), "{told}");
    let both = format!("{bo} {ann}");
    let (elsewhere, told) =
        desk.send("/desk/shares/sittings/2/votes", &[("key", "v4"), ("members", &both), ("voted", "true")]).await;
    assert!(elsewhere == 422 && told.contains(&both), "all or none, and what was typed stays: {told}");
    assert_eq!(
        desk.send("/desk/shares/sittings/2/votes", &[("key", "v5"), ("members", &bo), ("voted", "true")]).await.0,
        303
    );

    let listed = desk.page("/desk/shares/meetings").await;
    assert!(listed.contains("Annual meeting 2021"), "{listed}");
    let member = desk.page(&format!("/desk/shares/members/{ann}")).await;
    assert!(member.contains("used") && member.contains("/desk/shares/sittings/1"), "{member}");
    let roll = desk.page("/desk/shares/sittings/1/roll").await;
    assert!(roll.contains("2 votes") && roll.contains("☑") && roll.contains("elsewhere"), "{roll}");
}

#[actix_web::test]
async fn the_roll_of_a_meeting_is_as_it_was_known_when_it_was_opened() {
    let society = Society::start().await;
    let desk = Desk::of(&society.app, Role::Secretary).await;
    let ann = society.member("Ann Lee", "ordinary", 10).await;
    assert_eq!(desk.send("/desk/shares/meetings", &meeting("m1", "")).await.0, 303);
    society.app.set_time(crate::harness::noon() + chrono::TimeDelta::hours(1));
    let late = society.member("Late Lee", "ordinary", 1).await;
    society
        .post(
            "forfeitures",
            json!({"member": ann, "class": "ordinary", "shares": 10, "ending": "surrender", "reason": "letter"}),
        )
        .await;

    let (refused, told) =
        desk.send("/desk/shares/sittings/1/votes", &[("key", "v1"), ("members", &late), ("voted", "true")]).await;
    let (noted, _) =
        desk.send("/desk/shares/sittings/1/votes", &[("key", "v2"), ("members", &ann), ("voted", "true")]).await;
    let (unknown, nobody) =
        desk.send("/desk/shares/sittings/1/votes", &[("key", "v3"), ("members", "M000099"), ("voted", "true")]).await;
    let (odd, words) =
        desk.send("/desk/shares/sittings/1/votes", &[("key", "v4"), ("members", "nonsense"), ("voted", "true")]).await;

    assert!(refused == 422 && told.contains("is not on the roll"), "{told}");
    assert_eq!(noted, 303, "she was a member then");
    assert!(unknown == 422 && nobody.contains("no member M000099"), "{nobody}");
    assert!(odd == 422 && words.contains("Member numbers look like"), "{words}");
    let roll = desk.page("/desk/shares/sittings/1/roll").await;
    assert!(roll.contains("One vote") || roll.contains("1 vote,"), "{roll}");
    assert!(roll.contains("Ann Lee") && !roll.contains("Late Lee"), "{roll}");
    let csv = desk.browser.get(society.app.at("/desk/shares/sittings/1/votes.csv")).send().await.expect("an answer");
    assert_eq!(
        csv.text().await.expect("a text"),
        format!("\u{feff}member,name,who_came,voted\n{ann},Ann Lee,Ann Lee,yes\n")
    );
}

#[actix_web::test]
async fn joint_holders_share_a_vote_and_a_body_votes_by_its_representative() {
    let society = Society::start().await;
    let desk = Desk::of(&society.app, Role::Secretary).await;
    let holders = [
        json!({"kind": "joint", "names": ["Ann Lee", "Bo Lee"], "address": "1 High St"}),
        json!({"kind": "organisation", "name": "Branch 7", "representative": "Cy Lee", "address": "2 High St"}),
    ];
    for holder in holders {
        let sent = json!({"class": "ordinary", "shares": 10, "holder": holder, "accepts_rules": true});
        let (_, applied) = society.post("applications", sent).await;
        let reference = applied["reference"].as_str().expect("a reference");
        society.post(&format!("applications/{reference}/payment"), json!({"amount": "10.00", "method": "cash"})).await;
        society.post(&format!("applications/{reference}/allotment"), json!({})).await;
    }
    desk.send("/desk/shares/meetings", &meeting("m1", "")).await;
    let both = [("key", "v1"), ("members", "M000001\nM000002"), ("voted", "true")];
    assert_eq!(desk.send("/desk/shares/sittings/1/votes", &both).await.0, 303);

    let page = desk.page("/desk/shares/sittings/1").await;

    assert!(page.contains("2, of whom 2 voted") && page.contains("Cy Lee"), "{page}");
    let (twice, told) = desk
        .send("/desk/shares/sittings/1/votes", &[("key", "v2"), ("members", "M000001 M000001"), ("voted", "true")])
        .await;
    assert!(twice == 422 && told.contains("named twice"), "{told}");
    let back = [("key", "v3"), ("chosen", "1"), ("reason", "another Lee")];
    assert_eq!(desk.send("/desk/shares/sittings/1/votes/taking-back", &back).await.0, 303);
    let again = [("key", "v4"), ("members", "M000001"), ("voted", "true")];
    assert_eq!(desk.send("/desk/shares/sittings/1/votes", &again).await.0, 303, "the vote is free again");
    assert!(desk.page("/desk/shares/sittings/1").await.contains("another Lee"), "what was wrong stays");
}

#[actix_web::test]
async fn a_meeting_opened_in_error_is_taken_back_while_nobody_came() {
    let society = Society::start().await;
    let desk = Desk::of(&society.app, Role::Secretary).await;
    let ann = society.member("Ann Lee", "ordinary", 10).await;
    let mut early = meeting("m0", "");
    early[4].1 = "2021-06-01";
    let (status, told) = desk.send("/desk/shares/meetings", &early).await;
    assert!(status == 422 && told.contains("not held before its record date"), "{told}");
    let mut later = meeting("m1", "");
    later[4].1 = "2021-07-27";
    assert_eq!(desk.send("/desk/shares/meetings", &later).await.0, 303);
    let (future, told) =
        desk.send("/desk/shares/sittings/1/votes", &[("key", "v1"), ("members", &ann), ("voted", "true")]).await;
    assert!(future == 422 && told.contains("has not come yet"), "{told}");

    assert_eq!(desk.send("/desk/shares/notes/1/taking-back", &[("key", "t1"), ("reason", "wrong day")]).await.0, 303);

    assert!(desk.page("/desk/shares/meetings").await.contains("No meeting was opened yet"));
    assert!(desk.page("/desk/shares/meetings/1").await.contains("opened in error"));
    assert_eq!(desk.send("/desk/shares/meetings", &meeting("m2", "")).await.0, 303);
    let vote = [("key", "v2"), ("members", ann.as_str()), ("voted", "true")];
    assert_eq!(desk.send("/desk/shares/sittings/2/votes", &vote).await.0, 303);
    let (held, told) = desk.send("/desk/shares/notes/3/taking-back", &[("key", "t2"), ("reason", "wrong day")]).await;
    assert!(held == 422 && told.contains("Somebody came"), "{told}");
}
