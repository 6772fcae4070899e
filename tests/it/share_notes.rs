//! What moves no shares: each noun has its page, its story, and is taken back by another note only.

use fighting_fund::shares::{self, register};
use fighting_fund::staff::Role;
use serde_json::{Value, json};

use crate::desk::Desk;
use crate::harness::noon;
use crate::society::Society;

/// The number of the newest note.
fn last_note(society: &Society) -> i64 {
    let newest = society.app.app.db.read(|conn| shares::notes::of_kinds(conn, &[], i64::MAX, 1)).expect("notes");
    newest[0].number
}

/// Takes a note back at the desk: the status, and where it leads or the page with what is wrong.
async fn take_back(desk: &Desk<'_>, key: &str, number: i64, more: &[(&str, &str)]) -> (u16, String) {
    let mut fields = vec![("key", key), ("reason", "entered in error")];
    fields.extend_from_slice(more);
    desk.send(&format!("/desk/shares/notes/{number}/taking-back"), &fields).await
}

async fn holding(society: &Society, member: &str) -> Value {
    society.get(&format!("members/{member}")).await["holdings"][0]["shares"].clone()
}

#[actix_web::test]
async fn a_death_noted_in_error_is_taken_back_unless_shares_passed_on_because_of_it() {
    let society = Society::start().await;
    let ann = society.member("Ann Lee", "ordinary", 10).await;
    let desk = Desk::of(&society.app, Role::Secretary).await;
    let at = |slug: &str| format!("/desk/shares/members/{ann}/{slug}");
    let death = |key: &'static str| [("key", key), ("died_on", "2021-06-20"), ("reason", "certificate of death seen")];
    let pass = [
        ("key", "p1"),
        ("class", "ordinary"),
        ("shares", "10"),
        ("ground", "small_estate"),
        ("kind", "person"),
        ("name", "Cy Lee"),
        ("address", "3 Mill Lane"),
        ("reason", "certificate of death seen"),
    ];
    assert_eq!(desk.send(&at("death"), &death("d1")).await.0, 303);
    let note = last_note(&society);
    assert_eq!(desk.send(&at("transmission"), &pass).await.0, 303);

    let (held, why) = take_back(&desk, "t1", note, &[]).await;
    assert!(held == 422 && why.contains("reverse event 2 first"), "{why}");
    assert_eq!(desk.send("/desk/shares/events/2/reversal", &[("key", "r1"), ("reason", "in error")]).await.0, 303);
    let (status, place) = take_back(&desk, "t2", note, &[]).await;
    let (twice, told) = take_back(&desk, "t3", note, &[]).await;

    assert_eq!((status, place), (303, format!("/desk/shares/notes/{}", note + 1)));
    assert!(twice == 422 && told.contains("was taken back before"), "{told}");
    let member = desk.page(&format!("/desk/shares/members/{ann}")).await;
    assert!(member.contains("member, one vote") && !member.contains("<dt>Died on</dt>"), "{member}");
    assert!(desk.page(&format!("/desk/shares/notes/{note}")).await.contains("does not count"));
    assert!(desk.page("/desk/shares/deaths").await.contains("taken back"));
    assert_eq!(desk.send(&at("death"), &death("d2")).await.0, 303, "the right death may be noted");
}

#[actix_web::test]
async fn a_withdrawal_that_was_paid_is_reversed_step_by_step_and_the_books_agree_at_each() {
    let society = Society::start().await;
    let ann = society.member("Ann Lee", "ordinary", 10).await;
    let desk = Desk::of(&society.app, Role::Administrator).await;
    let (_, notice) = society.post("withdrawals", json!({"member": ann, "class": "ordinary", "shares": 4})).await;
    let reference = notice["reference"].as_str().expect("a reference").to_owned();
    society.post(&format!("withdrawals/{reference}/agreement"), json!({})).await;
    society.post(&format!("withdrawals/{reference}/payment"), json!({})).await;
    let paid = last_note(&society);
    let sums = || {
        (
            society.owed("equity:share-capital:ordinary"),
            society.owed("liabilities:withdrawals-payable"),
            -society.owed("assets:bank"),
        )
    };
    let bank = sums().2 + 400;
    assert_eq!(sums(), (600, 0, bank - 400));

    let (early, told) = desk.send("/desk/shares/events/2/reversal", &[("key", "e1"), ("reason", "in error")]).await;
    assert!(early == 422 && told.contains("take the payment back first"), "{told}");
    society.app.set_time(noon() + chrono::TimeDelta::days(3));
    let desk = Desk::of(&society.app, Role::Administrator).await;
    let before = [("on", "2021-06-01")];
    let (impossible, told) = take_back(&desk, "e2", paid, &before).await;
    assert!(impossible == 422 && told.contains("cannot have come back before"), "{told}");
    let (status, _) = take_back(&desk, "e3", paid, &[("on", "2021-06-29")]).await;
    assert_eq!((status, sums(), society.app.fault()), (303, (600, 400, bank), None));
    assert_eq!(society.get(&format!("withdrawals/{reference}")).await["status"], "agreed");
    assert_eq!(desk.send("/desk/shares/events/2/reversal", &[("key", "e4"), ("reason", "in error")]).await.0, 303);
    assert_eq!((sums(), society.app.fault()), ((1_000, 0, bank), None));
    assert_eq!(society.get(&format!("withdrawals/{reference}")).await["status"], "notice_given");
    let notice = paid - 1;
    assert_eq!(take_back(&desk, "e5", notice, &[]).await.0, 303, "the notice, which stands alone now");

    assert_eq!(society.get(&format!("withdrawals/{reference}")).await["status"], "taken_back");
    assert_eq!(holding(&society, &ann).await, json!(10));
    let page = desk.page(&format!("/desk/shares/withdrawals/{reference}")).await;
    assert!(page.contains("Withdrawal paid out") && page.contains("taken back by note"), "its story: {page}");
}

#[actix_web::test]
async fn a_refused_application_waits_again_with_its_money() {
    let society = Society::start().await;
    let reference = society.paid("Ann Lee", 10).await;
    let desk = Desk::of(&society.app, Role::Secretary).await;
    society.post(&format!("applications/{reference}/refusal"), json!({"reason": "Wrong form."})).await;
    assert_eq!(society.owed("liabilities:share-applications"), 0);

    let note = last_note(&society);
    let (status, _) = take_back(&desk, "a1", note, &[]).await;

    let application = society.get(&format!("applications/{reference}")).await;
    assert_eq!(
        (status, application["status"].as_str(), application["paid"].as_str()),
        (303, Some("paid"), Some("10.00"))
    );
    assert_eq!((society.owed("liabilities:share-applications"), society.app.fault()), (1_000, None));
    let (allotted, _) = society.post(&format!("applications/{reference}/allotment"), json!({})).await;
    assert_eq!(allotted, 201);
}

#[actix_web::test]
async fn a_refusal_taken_back_leaves_the_money_with_the_day_and_the_way_on_which_it_came() {
    let society = Society::start().await;
    let (one, other) = (society.paid("Ann Lee", 10).await, society.paid("Bo Lee", 20).await);
    society.app.set_time(noon() + chrono::TimeDelta::days(3));
    let desk = Desk::of(&society.app, Role::Secretary).await;
    for (key, reference) in [("w1", &one), ("w2", &other)] {
        society.post(&format!("applications/{reference}/refusal"), json!({"reason": "Wrong form."})).await;
        assert_eq!(take_back(&desk, key, last_note(&society), &[]).await.0, 303);
    }

    let page = desk.page(&format!("/desk/shares/applications/{one}")).await;
    let early = json!({"effective_on": "2021-06-28"});
    let (allotted, why) = society.post(&format!("applications/{one}/allotment"), early).await;
    let gift = json!({"reason": "Wrong form.", "money": "gift"});
    let (refused, answer) = society.post(&format!("applications/{other}/refusal"), gift).await;

    assert!(page.contains("had not been let go"), "{page}");
    assert_eq!(allotted, 201, "the money was here on the 27th: {why}");
    assert_eq!(refused, 201, "{answer}");
    assert_eq!(society.owed("assets:cheques-in-hand"), -3_000, "the gift came by the cheque, not by the bank");
    assert_eq!((society.owed("income:donations:fighting-fund"), society.app.fault()), (2_000, None));
}

#[actix_web::test]
async fn money_that_became_a_gift_does_not_come_back_by_taking_the_refusal_back() {
    let society = Society::start().await;
    let reference = society.paid("Ann Lee", 10).await;
    let refusal = json!({"reason": "Wrong form.", "money": "gift"});
    let (status, answer) = society.post(&format!("applications/{reference}/refusal"), refusal).await;
    assert_eq!(status, 201, "{answer}");
    let desk = Desk::of(&society.app, Role::Secretary).await;

    let (status, told) = take_back(&desk, "g1", last_note(&society), &[]).await;

    assert!(status == 422 && told.contains("became the gift FF"), "{told}");
}

#[actix_web::test]
async fn the_book_of_nominations_keeps_variations_and_revocations_and_what_was_wrong() {
    let society = Society::start().await;
    let ann = society.member("Ann Lee", "ordinary", 10).await;
    let desk = Desk::of(&society.app, Role::Secretary).await;
    let form = |key: &'static str, nominee: &'static str, percent: &'static str| {
        [
            ("key", key),
            ("nominee", nominee),
            ("address", "3 Mill Lane"),
            ("relation", "parent"),
            ("percent", percent),
            ("made_on", "2021-06-20"),
        ]
    };
    assert_eq!(desk.send(&format!("/desk/shares/members/{ann}/nomination"), &form("n1", "Cy Lee", "100")).await.0, 303);
    let first = last_note(&society);
    let (varied, place) = desk.send("/desk/shares/nominations/1/variation", &form("n2", "Di Lee", "60")).await;
    assert_eq!((varied, place.as_str()), (303, "/desk/shares/nominations/2"));
    let (stands, told) = take_back(&desk, "n3", first, &[]).await;
    assert!(stands == 422 && told.contains("take note"), "{told}");
    let (over, _) = desk.send(&format!("/desk/shares/members/{ann}/nomination"), &form("n4", "Ed Lee", "50")).await;
    assert_eq!(over, 422, "60 and 50");
    let revoked =
        desk.send("/desk/shares/nominations/2/revocation", &[("key", "n5"), ("reason", "married since")]).await;
    assert_eq!(revoked.0, 303);
    let book = desk.page("/desk/shares/nominations").await;
    assert!(book.contains("married since") && book.contains("varied by a later one"), "{book}");

    let (status, _) = take_back(&desk, "n6", first + 2, &[]).await;
    let in_force = desk.page("/desk/shares/nominations/2").await;
    let (back, _) = take_back(&desk, "n7", first + 1, &[]).await;

    assert!(status == 303 && in_force.contains("in force"), "{in_force}");
    assert_eq!(back, 303);
    assert!(desk.page("/desk/shares/nominations/1").await.contains("in force"), "as before the variation");
    assert!(desk.page("/desk/shares/nominations/2").await.contains("entered in error"));
    let after = [("key", "d1"), ("died_on", "2021-06-10"), ("reason", "certificate seen")];
    assert_eq!(desk.send(&format!("/desk/shares/members/{ann}/death"), &after).await.0, 303);
    let (late, told) = desk.send(&format!("/desk/shares/members/{ann}/nomination"), &form("n8", "Ed Lee", "0")).await;
    assert!(late == 422 && told.contains("between 1 and 100"), "{told}");
    let (late, told) = desk.send("/desk/shares/nominations/1/variation", &form("n9", "Ed Lee", "10")).await;
    assert!(late == 422 && told.contains("made before"), "{told}");
}

#[actix_web::test]
async fn a_change_of_particulars_is_taken_back_and_the_register_of_then_still_says_it() {
    let society = Society::start().await;
    let ann = society.member("Ann Lee", "ordinary", 10).await;
    let desk = Desk::of(&society.app, Role::Secretary).await;
    let change = |key: &'static str, name: &'static str| {
        [("key", key), ("name", name), ("address", "9 New Road\nLeeds LS1 1AA"), ("reason", "letter of the member")]
    };
    let at = format!("/desk/shares/members/{ann}/particulars");
    assert_eq!(desk.send(&at, &change("c1", "Ann Ray")).await.0, 303);
    let first = last_note(&society);
    society.app.set_time(noon() + chrono::TimeDelta::days(1));
    let desk = Desk::of(&society.app, Role::Secretary).await;
    assert_eq!(desk.send(&at, &change("c2", "Ann Roe")).await.0, 303);
    society.app.set_time(noon() + chrono::TimeDelta::days(2));
    let desk = Desk::of(&society.app, Role::Secretary).await;

    let (stands, told) = take_back(&desk, "c3", first, &[]).await;
    assert!(stands == 422 && told.contains("Please take note"), "{told}");
    for (key, number) in [("c4", first + 1), ("c5", first)] {
        assert_eq!(take_back(&desk, key, number, &[]).await.0, 303);
    }

    assert_eq!(society.get(&format!("members/{ann}")).await["name"], "Ann Lee");
    let known = society.get("register?as_at=2021-06-27&as_known=2021-06-27").await;
    assert_eq!(known["members"][0]["name"], "Ann Ray", "{known}");
    let page = desk.page(&format!("/desk/shares/notes/{first}")).await;
    assert!(page.contains("name “Ann Ray” instead of “Ann Lee”"), "{page}");
    assert!(desk.page("/desk/shares/register?q=Roe").await.contains("No member matches"));
}

#[actix_web::test]
async fn a_certificate_replaced_in_error_is_in_force_again_and_each_moment_keeps_its_view() {
    let society = Society::start().await;
    let ann = society.member("Ann Lee", "ordinary", 10).await;
    let desk = Desk::of(&society.app, Role::Secretary).await;
    let in_force = |hours: i64| {
        society.app.app.db.read(|conn| {
            let view = register::View {
                as_at: noon().date_naive(),
                as_known: noon() + chrono::TimeDelta::hours(hours),
                event: 1,
                death: 0,
            };
            let holder = shares::holder_by_member(conn, ann.parse().expect("a number"))?.expect("a holder");
            let found = shares::certificates_on(conn, &[holder.id], &view)?;
            Ok::<_, shares::ShareError>(found.iter().map(|one| one.number).collect::<Vec<_>>())
        })
    };
    society.app.set_time(noon() + chrono::TimeDelta::hours(1));
    let lost = [("key", "l1"), ("certificate", "C000001"), ("reason", "lost")];
    assert_eq!(desk.send(&format!("/desk/shares/members/{ann}/replacement"), &lost).await.0, 303);
    society.app.set_time(noon() + chrono::TimeDelta::hours(3));
    let note = last_note(&society);

    assert_eq!(take_back(&desk, "l2", note, &[]).await.0, 303);

    let seen = [0, 2, 3].map(|hours| in_force(hours).expect("certificates"));
    assert_eq!(seen, [vec![1], vec![2], vec![1]], "one day, three moments");
    let code = society.app.app.db.read(|conn| shares::certificate(conn, 1)).expect("a read").expect("a certificate");
    assert!(code.is_in_force());
}

#[actix_web::test]
async fn officers_are_those_of_the_day_as_they_were_known() {
    let society = Society::start().await;
    let desk = Desk::of(&society.app, Role::Secretary).await;
    let officer = |key: &'static str, name: &'static str, from: &'static str| {
        [("key", key), ("name", name), ("office", "Secretary"), ("address", "1 High St"), ("from_on", from)]
    };
    assert_eq!(desk.send("/desk/shares/officers", &officer("o1", "Ann Lee", "2020-01-01")).await.0, 303);
    assert_eq!(desk.send("/desk/shares/officers", &officer("o2", "Bo Lee", "2021-06-01")).await.0, 303);
    let gone = [("key", "o3"), ("chosen", "1"), ("until_on", "2021-05-31")];
    assert_eq!(desk.send("/desk/shares/officers/end", &gone).await.0, 303);
    let left = last_note(&society);
    let (app, browser) = (&society.app, &desk.browser);
    let csv = |asked: &'static str| async move {
        let path = app.at(&format!("/desk/shares/officers.csv?{asked}"));
        browser.get(path).send().await.expect("an answer").text().await.expect("a text")
    };

    let (then, now) = (csv("as_at=2021-03-01").await, csv("").await);
    let printed = desk.page("/desk/shares/register/print?as_at=2021-03-01").await;

    assert!(then.contains("Ann Lee,Secretary,1 High St,,2020-01-01,\n") && !then.contains("Bo Lee"), "{then}");
    assert!(now.contains("2020-01-01,2021-05-31") && now.contains("Bo Lee"), "{now}");
    assert!(printed.contains("Ann Lee") && !printed.contains("Bo Lee"), "{printed}");
    assert_eq!(take_back(&desk, "o4", left, &[]).await.0, 303);
    assert!(!csv("").await.contains("2021-05-31"), "she did not leave after all");
    let (early, told) =
        desk.send("/desk/shares/officers/end", &[("key", "o5"), ("chosen", "2"), ("until_on", "2021-05-01")]).await;
    assert!(early == 422 && told.contains("Nobody holds this office on that day"), "{told}");
}

#[actix_web::test]
async fn a_section_and_a_suspension_are_taken_back_too() {
    let society = Society::start().await;
    let ann = society.member("Ann Lee", "ordinary", 10).await;
    let desk = Desk::of(&society.app, Role::Secretary).await;
    desk.send("/desk/shares/sections", &[("key", "s1"), ("name", "North")]).await;
    let choose = [("key", "s2"), ("section", "1")];
    assert_eq!(desk.send(&format!("/desk/shares/members/{ann}/section"), &choose).await.0, 303);
    let chosen = last_note(&society);
    let rest = [("key", "s3"), ("class", "ordinary"), ("from_on", "2021-06-01"), ("reason", "No money.")];
    assert_eq!(desk.send("/desk/shares/suspensions", &rest).await.0, 303);
    let rests = last_note(&society);

    assert!(desk.page(&format!("/desk/shares/members/{ann}")).await.contains("North"));
    assert_eq!(take_back(&desk, "s4", chosen, &[]).await.0, 303);
    assert_eq!(take_back(&desk, "s5", rests, &[]).await.0, 303);

    let facts = desk.page(&format!("/desk/shares/members/{ann}")).await;
    assert!(!facts.contains("<dt>Section</dt>"), "{facts}");
    let page = desk.page("/desk/shares/withdrawals").await;
    assert!(page.contains("taken back") && !page.contains("rest since"), "{page}");
    let (status, agreed) = society.post("withdrawals", json!({"member": ann, "class": "ordinary", "shares": 4})).await;
    assert_eq!(status, 201, "{agreed}");
    let reference = agreed["reference"].as_str().expect("a reference").to_owned();
    assert_eq!(society.post(&format!("withdrawals/{reference}/agreement"), json!({})).await.0, 201);
}

#[actix_web::test]
async fn where_the_setting_asks_for_two_every_deed_waits_for_the_second_and_is_told_in_words() {
    let society = Society::start().await;
    let (ann, waiting) = (society.member("Ann Lee", "ordinary", 10).await, society.paid("Bo Lee", 5).await);
    let (_, notice) = society.post("withdrawals", json!({"member": ann, "class": "ordinary", "shares": 4})).await;
    let withdrawal = notice["reference"].as_str().expect("a reference").to_owned();
    society.change_settings(|settings| settings.needs_second_person = true);
    let (one, other) =
        (Desk::of(&society.app, Role::Secretary).await, Desk::of(&society.app, Role::Administrator).await);
    let of = |slug: &str| format!("/desk/shares/members/{ann}/{slug}");
    let nomination = [
        ("nominee", "Cy Lee"),
        ("address", "3 Mill Lane"),
        ("relation", "parent"),
        ("percent", "100"),
        ("made_on", "2021-06-20"),
    ];
    let particulars = [("name", "Ann Ray"), ("address", "9 New Road"), ("reason", "her letter")];
    type Fields<'a> = &'a [(&'a str, &'a str)];
    let deeds: [(String, Fields<'_>, &str); 8] = [
        (of("particulars"), &particulars, "the name from “Ann Lee” to “Ann Ray”"),
        (of("nomination"), &nomination, "nominates Cy Lee, 3 Mill Lane, for 100 per cent"),
        (of("replacement"), &[("certificate", "C000001"), ("reason", "lost")], "Certificate C000001 of Ann"),
        (
            format!("/desk/shares/applications/{waiting}/refusal"),
            &[("reason", "Wrong form."), ("money", "return")],
            "is refused; what was paid goes back",
        ),
        (
            format!("/desk/shares/withdrawals/{withdrawal}/refusal"),
            &[("reason", "Not now.")],
            "the shares stay: Not now.",
        ),
        (
            "/desk/shares/suspensions".to_owned(),
            &[("class", "ordinary"), ("from_on", "2021-06-27"), ("reason", "No money.")],
            "Withdrawals of ordinary shares rest from 27 June 2021: No money.",
        ),
        (
            "/desk/shares/officers".to_owned(),
            &[("name", "Di Lee"), ("office", "Chair"), ("address", "4 Mill Lane"), ("from_on", "2021-06-01")],
            "Di Lee, 4 Mill Lane, is Chair from 1 June 2021.",
        ),
        (of("death"), &[("died_on", "2021-06-20"), ("reason", "certificate seen")], "died on 20 June 2021"),
    ];

    let (bad, told) = one.send(&of("death"), &[("key", "b1"), ("died_on", "2021-06-20")]).await;
    assert!(bad == 422 && told.contains("what proves it"), "tried when it is entered: {told}");
    for (number, (path, fields, words)) in (1..).zip(&deeds) {
        let (enter, approve) = (format!("e{number}"), format!("a{number}"));
        let mut form = vec![("key", enter.as_str())];
        form.extend_from_slice(fields);
        let (entered, place) = one.send(path, &form).await;
        assert_eq!((entered, place.as_str()), (303, format!("/desk/shares/proposals/{number}").as_str()), "{path}");
        let page = other.page(&place).await;
        assert!(page.contains(words), "{words}: {page}");
        assert!(one.page(&place).await.contains("somebody else approves it"));
        let (own, _) = one.send(&format!("{place}/approval"), &[("key", "own")]).await;
        let (approved, answer) = other.send(&format!("{place}/approval"), &[("key", &approve)]).await;
        assert_eq!((own, approved), (422, 303), "{path}: {answer}");
    }

    let note = last_note(&society);
    let page = other.page(&format!("/desk/shares/notes/{note}")).await;
    assert!(page.contains("entered by The secretary, decided by The administrator"), "{page}");
    let (status, place) = take_back(&one, "tb", note, &[]).await;
    assert_eq!((status, place.as_str()), (303, "/desk/shares/proposals/9"), "taking back needs two as well");
    for (path, body) in [
        (format!("members/{ann}/particulars"), json!({"name": "Ann Roe", "reason": "x"})),
        ("certificates/C000002/replacement".to_owned(), json!({"reason": "lost"})),
    ] {
        let (status, answer) = society.post(&path, body).await;
        assert_eq!(status, 409, "{path} {answer}");
    }
}
