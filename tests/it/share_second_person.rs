//! Where two people decide: one enters a decision of the committee, another approves it, also of what came from the web.

use fighting_fund::shares;
use fighting_fund::staff::Role;
use serde_json::json;

use crate::desk::Desk;
use crate::society::Society;

/// A society in which two people decide, with somebody for each of the two.
async fn two(society: &Society) -> (Desk<'_>, Desk<'_>) {
    society.change_settings(|settings| settings.needs_second_person = true);
    (Desk::of(&society.app, Role::Secretary).await, Desk::of(&society.app, Role::Administrator).await)
}

async fn approve(desk: &Desk<'_>, key: &str, proposal: &str) -> (u16, String) {
    desk.send(&format!("{proposal}/approval"), &[("key", key)]).await
}

#[actix_web::test]
async fn an_application_from_the_web_is_allotted_by_two_people() {
    let society = Society::start().await;
    let reference = society.paid("Ann Lee", 10).await;
    let (one, other) = two(&society).await;
    let at = format!("/desk/shares/applications/{reference}");

    let (by_program, why) = society.post(&format!("applications/{reference}/allotment"), json!({})).await;
    let (all_by_program, _) = society.post("applications/allotments", json!({"applications": [reference]})).await;
    let (faulty, told) = one.send(&format!("{at}/allotment"), &[("key", "f1"), ("shares", "11")]).await;
    let form = [("key", "a1"), ("shares", "10"), ("effective_on", "2021-06-27"), ("minute", "5/1")];
    let (entered, place) = one.send(&format!("{at}/allotment"), &form).await;
    let (page, proposal) = (other.page(&at).await, other.page(&place).await);
    let before = society.owed("equity:share-capital:ordinary");
    let own = approve(&one, "a2", &place).await;
    let (approved, member) = approve(&other, "a3", &place).await;

    assert_eq!((by_program, all_by_program), (409, 409), "{why}");
    assert!(faulty == 422 && told.contains("£1.00"), "tried when it is entered: {told}");
    assert_eq!((entered, place.as_str()), (303, "/desk/shares/proposals/1"));
    assert!(
        page.contains("Waits for a second person") && page.contains("allotment, entered by The secretary"),
        "{page}"
    );
    let words = "Allotment of 10 ordinary shares to Ann Lee, 1 High Street, Leeds LS1 1AA, on 27 June 2021";
    assert!(proposal.contains(words), "{proposal}");
    assert_eq!((before, own.0, approved, member.as_str()), (0, 422, 303, "/desk/shares/members/M000001"), "{}", own.1);
    assert_eq!(society.owed("equity:share-capital:ordinary"), 1_000);
    let event = other.page("/desk/shares/events/1").await;
    assert!(event.contains("entered by The secretary, decided by The administrator"), "{event}");
    assert!(!other.page(&at).await.contains("Waits for a second person"));
}

#[actix_web::test]
async fn one_decision_for_many_is_approved_as_a_whole_or_not_at_all() {
    let society = Society::start().await;
    let (ann, bo, cy) =
        (society.paid("Ann Lee", 10).await, society.paid("Bo Lee", 20).await, society.paid("Cy Lee", 5).await);
    let dee = society.paid("Dee Lee", 3).await;
    let (one, other) = two(&society).await;
    let many = |key: &'static str, [first, second]: [&String; 2]| {
        [("key", key), ("effective_on", "2021-06-27"), ("minute", "5/1"), ("chosen", first), ("chosen", second)]
            .map(|(name, value): (&str, &str)| (name.to_owned(), value.to_owned()))
    };
    let enter = async |form: [(String, String); 5]| {
        let pairs: Vec<(&str, &str)> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        one.send("/desk/shares/allotments", &pairs).await
    };

    let (entered, place) = enter(many("m1", [&ann, &bo])).await;
    let (twice, waits) = enter(many("m2", [&ann, &cy])).await;
    let (with_others, second) = enter(many("m5", [&cy, &dee])).await;
    let listed = other.page(&place).await;
    let (approved, _) = approve(&other, "m3", &place).await;
    let moved = [("key", "w1"), ("reason", "I have moved abroad.")];
    let (withdrawn, _) = one.send(&format!("/desk/shares/applications/{dee}/withdrawal"), &moved).await;
    let (stale, why) = approve(&other, "m4", &second).await;

    assert_eq!((entered, with_others, approved, withdrawn), (303, 303, 303, 303), "{place} {second}");
    assert!(twice == 422 && waits.contains("waits"), "Ann's allotment is entered already: {waits}");
    assert!(listed.contains("2 applications, 30 shares for £30.00 in all"), "{listed}");
    assert!(listed.contains("Ann Lee") && listed.contains("Bo Lee") && !listed.contains("Cy Lee"), "{listed}");
    assert!(stale == 422 && why.contains("withdrawn"), "Dee withdrew meanwhile: {why}");
    assert_eq!((society.owed("equity:share-capital:ordinary"), society.app.fault()), (3_000, None), "Cy waits");
    for event in ["1", "2"] {
        let page = other.page(&format!("/desk/shares/events/{event}")).await;
        assert!(page.contains("entered by The secretary, decided by The administrator"), "{page}");
    }
}

#[actix_web::test]
async fn a_withdrawal_is_agreed_by_two_and_an_applicants_own_word_needs_nobody_else() {
    let society = Society::start().await;
    let (ann, waiting) = (society.member("Ann Lee", "ordinary", 10).await, society.paid("Bo Lee", 5).await);
    let (_, notice) = society.post("withdrawals", json!({"member": ann, "class": "ordinary", "shares": 4})).await;
    let withdrawal = notice["reference"].as_str().expect("a reference").to_owned();
    let (one, other) = two(&society).await;
    let at = format!("/desk/shares/withdrawals/{withdrawal}");

    let (by_program, _) = society.post(&format!("withdrawals/{withdrawal}/agreement"), json!({})).await;
    let form = [("key", "w1"), ("effective_on", "2021-06-27"), ("minute", "5/2")];
    let (entered, place) = one.send(&format!("{at}/agreement"), &form).await;
    let words = other.page(&place).await;
    let (approved, _) = approve(&other, "w2", &place).await;
    let own_word = [("key", "w3"), ("reason", "I have moved abroad.")];
    let (withdrawn, leads) = one.send(&format!("/desk/shares/applications/{waiting}/withdrawal"), &own_word).await;

    assert_eq!((by_program, entered, approved), (409, 303, 303));
    assert!(words.contains("of 4 ordinary shares (£4.00) by Ann Lee (M000001) is agreed on 27 June 2021"), "{words}");
    assert_eq!(society.owed("liabilities:withdrawals-payable"), 400);
    assert_eq!((withdrawn, leads), (303, format!("/desk/shares/applications/{waiting}")));
    assert_eq!(society.get(&format!("applications/{waiting}")).await["status"], "withdrawn");
}

#[actix_web::test]
async fn rules_change_by_two_people_and_the_words_of_the_offer_by_one() {
    let society = Society::start().await;
    let (one, other) = two(&society).await;
    let terms = [
        ("key", "t1"),
        ("class", "ordinary"),
        ("valid_from", "2021-06-27"),
        ("notice_days", "90"),
        ("minimum_shares", "1"),
        ("maximum_shares", "500"),
        ("transferable", "true"),
        ("voting", "true"),
        ("rule_ref", "rule 9"),
    ];
    let in_force = || {
        let day = "2021-06-27".parse().expect("a date");
        society.app.app.db.read(|conn| shares::class_on(conn, "ordinary", day)).expect("terms").1.maximum_shares
    };
    let before = in_force();
    let (entered, place) = one.send("/desk/shares/terms", &terms).await;
    let words = other.page(&place).await;
    let between = in_force();
    let (approved, _) = approve(&other, "t2", &place).await;

    assert_eq!((entered, between, approved, in_force()), (303, before, 303, 500));
    assert!(words.contains("not withdrawable; transferable; with a vote; 1 to 500 shares (rule 9)."), "{words}");
    assert!(words.contains("What is kept for that day: "), "{words}");

    let settings = || society.app.app.db.read(shares::settings).expect("settings");
    let alone = [
        ("key", "s1"),
        ("offer", "A share is a part of the paper."),
        ("rules_version", "2"),
        ("age_min", "18"),
        ("law_maximum", "100000.00"),
    ];
    let (status, place) = one.send("/desk/shares/rules", &alone).await;
    let kept = settings();
    assert_eq!((status, place.as_str()), (303, "/desk/shares/proposals/2"));
    assert_eq!((kept.offer.as_str(), kept.rules_version.as_str()), ("A share is a part of the paper.", "2"));
    assert!(kept.needs_second_person && kept.age_min != 18, "nobody alone decides that one is enough");
    let trail = other.page("/desk/audit").await;
    assert!(trail.contains("settings, 2; the offer was changed"), "{trail}");
    let words = other.page(&place).await;
    assert!(words.contains("lowest age 18") && words.contains("one person decides"), "{words}");
    assert_eq!(approve(&other, "s2", &place).await.0, 303);
    assert!(!settings().needs_second_person && settings().age_min == 18);
}
