//! Letters about shares: each is written when its cause happens, by mail or to be posted.

use fighting_fund::outbox::{self, LetterKind};
use fighting_fund::staff::Role;
use serde_json::json;

use crate::desk::Desk;
use crate::society::Society;

#[actix_web::test]
async fn every_step_of_a_holding_is_told_by_letter() {
    let society = Society::start().await;
    let holder = json!({"kind": "person", "name": "Ann Lee", "address": "1 High St", "email": "ann@example.org"});
    let sent = json!({"class": "ordinary", "shares": 10, "holder": holder, "accepts_rules": true});
    let (_, applied) = society.post("applications", sent).await;
    let reference = applied["reference"].as_str().expect("a reference").to_owned();
    society.post(&format!("applications/{reference}/payment"), json!({"amount": "10.00", "method": "cash"})).await;
    let (_, allotted) = society.post(&format!("applications/{reference}/allotment"), json!({})).await;
    let ann = allotted["member"].as_str().expect("a number").to_owned();
    let bo = society.member("Bo Lee", "ordinary", 1).await;
    society.post("transfers", json!({"from": ann, "to": bo, "class": "ordinary", "shares": 2})).await;
    let (_, notice) = society.post("withdrawals", json!({"member": ann, "class": "ordinary", "shares": 8})).await;
    let withdrawal = notice["reference"].as_str().expect("a reference").to_owned();
    society.post(&format!("withdrawals/{withdrawal}/agreement"), json!({})).await;
    society.post(&format!("withdrawals/{withdrawal}/payment"), json!({})).await;

    let mails = society.app.mails();

    let subjects: Vec<&str> = mails.iter().map(|mail| mail.subject.as_str()).collect();
    assert_eq!(
        subjects,
        [
            "Your application for 10 ordinary shares",
            "We have received £10.00 for your shares",
            "Welcome: you own 10 ordinary shares",
            "Passed on: 2 ordinary shares",
            "Your notice of withdrawal is here",
            "Your withdrawal is agreed",
            "We have paid you £8.00 for your shares",
        ]
    );
    let welcome = &mails[2];
    assert!(welcome.raw.contains("certificate-C000001.pdf") && welcome.raw.contains("application/pdf"), "an enclosure");
    assert!(welcome.text.contains("M000001") && welcome.html.contains("M000001"), "{}", welcome.text);
    assert!(mails[3].text.contains("8 ordinary shares, £8.00"), "what is left: {}", mails[3].text);
}

#[actix_web::test]
async fn who_has_no_address_is_written_to_by_post_and_the_letter_leaves_once() {
    let society = Society::start().await;
    society.member("Bo Lee", "ordinary", 1).await;
    let desk = Desk::of(&society.app, Role::Secretary).await;

    let listed = desk.page("/desk/shares/letters").await;
    let printed = desk.page("/desk/shares/letters/print").await;
    let ids: Vec<String> = society
        .app
        .app
        .db
        .read(|conn| outbox::to_post(conn, LetterKind::is_about_shares, 0, 100))
        .expect("letters")
        .iter()
        .map(|letter| letter.id.to_string())
        .collect();
    let mut fields = vec![("key", "p1")];
    fields.extend(ids.iter().map(|id| ("chosen", id.as_str())));
    let (status, place) = desk.send("/desk/shares/letters/posted", &fields).await;

    assert!(listed.contains("3 letters wait"), "{listed}");
    assert!(listed.contains("/desk/shares/certificates/C000001"), "what goes into the envelope: {listed}");
    assert!(printed.contains("Dear Bo Lee,") && printed.contains("Your certificate is enclosed"), "{printed}");
    assert_eq!((status, place.as_str()), (303, "/desk/shares/letters"));
    assert_eq!(
        society.app.app.db.read(|conn| outbox::count_to_post(conn, LetterKind::is_about_shares)).expect("a count"),
        0
    );
    assert!(society.app.mails().is_empty(), "nothing went by mail");
}

#[actix_web::test]
async fn statements_go_to_every_member_of_the_day_and_not_twice_by_a_second_click() {
    let society = Society::start().await;
    society.member("Ann Lee", "ordinary", 10).await;
    society.member("Bo Lee", "ordinary", 1).await;
    let before =
        society.app.app.db.read(|conn| outbox::count_to_post(conn, LetterKind::is_about_shares)).expect("a count");
    let desk = Desk::of(&society.app, Role::Secretary).await;

    for _ in 0..2 {
        let (status, _) = desk.send("/desk/shares/statements", &[("key", "s1"), ("as_at", "2021-06-27")]).await;
        assert_eq!(status, 303);
    }

    let after =
        society.app.app.db.read(|conn| outbox::count_to_post(conn, LetterKind::is_about_shares)).expect("a count");
    assert_eq!(after - before, 2);
    let printed = desk.page("/desk/shares/letters/print").await;
    assert!(
        printed.contains("at the end of 27 June 2021") && printed.contains("10 ordinary shares, £10.00"),
        "{printed}"
    );
}
