//! The register at the desk: what a secretary sees and does, and what others may not.

use fighting_fund::shares::{self, register};
use fighting_fund::staff::Role;
use serde_json::json;

use crate::desk::Desk;
use crate::society::Society;

/// Every page that needs nothing in its address.
const PAGES: [&str; 25] = [
    "/desk/shares",
    "/desk/shares/applications",
    "/desk/shares/applications?state=allotted",
    "/desk/shares/applications/new",
    "/desk/shares/register",
    "/desk/shares/register?q=lee&as_at=2021-06-27&as_known=2021-06-27",
    "/desk/shares/register/print?form=full",
    "/desk/shares/register/print?form=inspection",
    "/desk/shares/withdrawals",
    "/desk/shares/proposals",
    "/desk/shares/applications?until=2021-06-27",
    "/desk/shares/roll",
    "/desk/shares/labels",
    "/desk/shares/returns",
    "/desk/shares/letters",
    "/desk/shares/officers",
    "/desk/shares/sections",
    "/desk/shares/rules",
    "/desk/shares/interest",
    "/desk/shares/import",
    "/desk/shares/notes",
    "/desk/shares/notes?kind=death",
    "/desk/shares/nominations",
    "/desk/shares/deaths",
    "/desk/shares/meetings",
];

#[actix_web::test]
async fn every_page_is_there_with_nothing_in_the_register_and_with_something() {
    let society = Society::start().await;
    let desk = Desk::of(&society.app, Role::Secretary).await;
    for path in PAGES {
        desk.page(path).await;
    }
    society.member("Ann Lee", "ordinary", 10).await;
    society.applied("Bo Lee", 5).await;

    for path in PAGES {
        desk.page(path).await;
    }
    let seam = desk.page("/desk").await;
    assert!(seam.contains("One application waits"), "{seam}");
    assert!(seam.contains("10 in the register") && seam.contains("the ledger says the same"), "{seam}");
    assert!(desk.page("/desk/ledger/accounts").await.contains("the ledger says the same"));
    for path in ["/desk/shares/register?as_at=2099-01-01", "/desk/shares/returns?from=nonsense"] {
        let answer = desk.browser.get(society.app.at(path)).header("Accept", "text/html").send().await;
        let answer = answer.expect("an answer");
        assert_eq!(answer.status(), 422, "{path}");
        let refused = answer.text().await.expect("a page");
        assert!(refused.contains("has not come yet") || refused.contains("a date that exists"), "{refused}");
    }
}

#[actix_web::test]
async fn a_paper_application_goes_through_the_desk_to_a_member_who_leaves_again() {
    let society = Society::start().await;
    let desk = Desk::of(&society.app, Role::Secretary).await;
    let (empty, faults) = desk.send("/desk/shares/applications/new", &[("key", "a0"), ("class", "ordinary")]).await;
    assert!(empty == 422 && faults.contains("Please say how many shares."), "{faults}");

    let form = [
        ("key", "a1"),
        ("class", "ordinary"),
        ("shares", "20"),
        ("kind", "person"),
        ("name", "Ann Lee"),
        ("address", "1 High Street\nGlasgow G1 1AA"),
        ("method", "cheque"),
        ("accepts_rules", "true"),
    ];
    let (status, place) = desk.send("/desk/shares/applications/new", &form).await;
    assert_eq!(status, 303, "{place}");
    let (again, same) = desk.send("/desk/shares/applications/new", &form).await;
    assert_eq!((again, same.as_str()), (303, place.as_str()), "a second click enters nothing");
    let money = [("key", "a2"), ("amount", "20"), ("method", "cheque"), ("received_on", "2021-06-27")];
    assert_eq!(desk.send(&format!("{place}/payment"), &money).await.0, 303);
    let reference = place.rsplit('/').next().expect("a reference").to_owned();
    let many = [("key", "a3"), ("chosen", reference.as_str()), ("effective_on", "2021-06-27"), ("minute", "5/1")];
    let (status, listed) = desk.send("/desk/shares/allotments", &many).await;
    assert_eq!((status, listed.as_str()), (303, "/desk/shares/applications?state=allotted"));
    let member = desk.page("/desk/shares/members/M000001").await;
    assert!(
        member.contains("Ann Lee") && member.contains("member, one vote") && member.contains("C000001"),
        "{member}"
    );

    let notice = [("key", "a4"), ("class", "ordinary"), ("shares", "20"), ("notice_given_on", "2021-06-27")];
    let (status, withdrawal) = desk.send("/desk/shares/members/M000001/notice", &notice).await;
    assert_eq!(status, 303, "{withdrawal}");
    let agreed = [("key", "a5"), ("effective_on", "2021-06-27"), ("minute", "5/2")];
    assert_eq!(desk.send(&format!("{withdrawal}/agreement"), &agreed).await.0, 303);
    let (by_secretary, _) = desk.send(&format!("{withdrawal}/payment"), &[("key", "a6")]).await;
    let treasurer = Desk::of(&society.app, Role::Treasurer).await;
    let (by_treasurer, _) = treasurer.send(&format!("{withdrawal}/payment"), &[("key", "a6")]).await;
    assert_eq!((by_secretary, by_treasurer), (403, 303), "money leaves by the treasurer's hand");
    let gone = desk.page("/desk/shares/members/M000001").await;
    assert!(gone.contains("no longer a member"), "{gone}");
    let pdf = desk.browser.get(society.app.at("/desk/shares/certificates/C000001")).send().await.expect("an answer");
    assert_eq!(pdf.headers()["content-type"], "application/pdf");
    assert!(treasurer.page("/desk/audit").await.contains("withdrawal agreed"));
}

#[actix_web::test]
async fn a_clerk_enters_and_an_auditor_reads_and_neither_decides() {
    let society = Society::start().await;
    let reference = society.paid("Ann Lee", 10).await;
    let (clerk, auditor) = (Desk::of(&society.app, Role::Clerk).await, Desk::of(&society.app, Role::Auditor).await);
    let allotment = format!("/desk/shares/applications/{reference}/allotment");

    let statuses = [
        clerk.send(&allotment, &[("key", "c1"), ("shares", "10")]).await.0,
        auditor.send(&allotment, &[("key", "c2"), ("shares", "10")]).await.0,
        auditor.send(&format!("/desk/shares/applications/{reference}/payment"), &[("key", "c3")]).await.0,
    ];

    assert_eq!(statuses, [403, 403, 403]);
    assert!(!clerk.page(&format!("/desk/shares/applications/{reference}")).await.contains("Allot the shares"));
    assert!(auditor.page("/desk/shares/register").await.contains("The register of members"));
}

#[actix_web::test]
async fn the_inspection_print_shows_no_shares_and_does_not_change_with_them() {
    let society = Society::start().await;
    let (ann, bo) = (society.member("Ann Lee", "ordinary", 777).await, society.member("Bo Lee", "ordinary", 1).await);
    let desk = Desk::of(&society.app, Role::Secretary).await;

    let before = desk.page("/desk/shares/register/print?form=inspection").await;
    let full = desk.page("/desk/shares/register/print?form=full").await;
    society.post("transfers", json!({"from": ann, "to": bo, "class": "ordinary", "shares": 500})).await;
    let after = desk.page("/desk/shares/register/print?form=inspection").await;

    let members = |page: &str| {
        let table = page.split("<tbody>").nth(1).expect("a table").split("</tbody>").next().expect("rows");
        table.to_owned()
    };
    assert!(full.contains("777") && !before.contains("777"), "{before}");
    assert_eq!(members(&before), members(&after), "who holds what does not show");
}

#[actix_web::test]
async fn a_death_a_nomination_and_what_passes_by_it() {
    let society = Society::start().await;
    let ann = society.member("Ann Lee", "ordinary", 6_000).await;
    let desk = Desk::of(&society.app, Role::Secretary).await;
    let at = |slug: &str| format!("/desk/shares/members/{ann}/{slug}");
    let nominee = |key: &'static str, percent: &'static str, officer: &'static str| {
        [
            ("key", key),
            ("nominee", "Cy Lee"),
            ("address", "3 Mill Lane"),
            ("relation", "none of these"),
            ("is_officer", officer),
            ("percent", percent),
            ("made_on", "2021-06-01"),
        ]
    };
    let (officer, refused) = desk.send(&at("nomination"), &nominee("n1", "50", "true")).await;
    assert!(officer == 422 && refused.contains("section 37"), "{refused}");
    assert_eq!(desk.send(&at("nomination"), &nominee("n2", "60", "")).await.0, 303);
    let (whole, above) = desk.send(&at("nomination"), &nominee("n3", "50", "")).await;
    assert!(whole == 422 && above.contains("110 per cent"), "{above}");

    let page = desk.page(&format!("/desk/shares/members/{ann}")).await;
    assert!(page.contains(&format!("action=\"{}\"", at("revocation"))), "{page}");

    let passing = |key: &'static str, shares: &'static str, ground: &'static str| {
        [
            ("key", key),
            ("class", "ordinary"),
            ("shares", shares),
            ("ground", ground),
            ("kind", "person"),
            ("name", "Cy Lee"),
            ("address", "3 Mill Lane"),
            ("reason", "certificate of death seen"),
            ("effective_on", "2021-06-27"),
        ]
    };
    let (early, unknown) = desk.send(&at("transmission"), &passing("t1", "10", "nomination")).await;
    assert!(early == 422 && unknown.contains("does not know of the death"), "{unknown}");
    let death = [("key", "d1"), ("died_on", "2021-06-20"), ("reason", "certificate of death seen")];
    assert_eq!(desk.send(&at("death"), &death).await.0, 303);
    let (much, limited) = desk.send(&at("transmission"), &passing("t2", "5001", "nomination")).await;
    assert!(much == 422 && limited.contains("£5,000"), "{limited}");
    let (status, place) = desk.send(&at("transmission"), &passing("t3", "5000", "nomination")).await;
    assert_eq!((status, place.as_str()), (303, "/desk/shares/members/M000002"));
    let by_number = [
        ("key", "t5"),
        ("class", "ordinary"),
        ("shares", "1000"),
        ("ground", "grant"),
        ("to", "M000002"),
        ("reason", "grant of probate seen"),
    ];
    assert_eq!(desk.send(&at("transmission"), &by_number).await.0, 303);
    let cy = society.get("members/M000002").await;
    assert_eq!(
        (cy["holdings"][0]["shares"].as_i64(), cy["events"][0]["kind"].as_str()),
        (Some(6_000), Some("transmission"))
    );
    assert_eq!(society.get(&format!("members/{ann}")).await["votes"], 0);
    let today = [("key", "r1"), ("chosen", "1"), ("reason", "married since")];
    let (late, refused) = desk.send(&at("revocation"), &today).await;
    assert!(late == 422 && refused.contains("lifetime only"), "{refused}");
    let in_time = [("key", "r2"), ("chosen", "1"), ("reason", "married since"), ("revoked_on", "2021-06-19")];
    assert_eq!(desk.send(&at("revocation"), &in_time).await.0, 303);
    assert!(desk.page(&format!("/desk/shares/members/{ann}")).await.contains("married since"));
}

#[actix_web::test]
async fn sections_follow_from_postcodes_and_may_be_chosen() {
    let society = Society::start().await;
    let desk = Desk::of(&society.app, Role::Secretary).await;
    society.member("Ann Lee", "ordinary", 10).await;
    for (key, name) in [("s1", "North"), ("s2", "South")] {
        assert_eq!(desk.send("/desk/shares/sections", &[("key", key), ("name", name)]).await.0, 303);
    }
    let (odd, _) = desk.send("/desk/shares/sections", &[("key", "s0"), ("name", "No\0rth")]).await;
    let (nowhere, _) = desk.send("/desk/shares/sections/99", &[("key", "s9"), ("areas", "LS")]).await;
    assert_eq!((odd, nowhere), (422, 422), "no database is asked to keep what it cannot");
    let (twice, refused) = desk.send("/desk/shares/sections", &[("key", "s3"), ("name", "North")]).await;
    assert!(twice == 422 && refused.contains("of this name already"), "{refused}");
    assert_eq!(desk.send("/desk/shares/sections/1", &[("key", "s4"), ("areas", "LS, bd")]).await.0, 303);
    let (taken, refused) = desk.send("/desk/shares/sections/2", &[("key", "s5"), ("areas", "LS")]).await;
    assert!(taken == 422 && refused.contains("belongs to another section"), "{refused}");

    let csv = |path: &'static str| async {
        let answer = desk.browser.get(society.app.at(path)).send().await.expect("an answer");
        answer.text().await.expect("a text")
    };
    let (north, south) = (csv("/desk/shares/roll.csv?section=1").await, csv("/desk/shares/roll.csv?section=2").await);
    assert!(north.contains("M000001,Ann Lee,Ann Lee,") && north.contains(",North,1"), "{north}");
    assert_eq!(south.lines().count(), 1, "{south}");
    assert_eq!(desk.send("/desk/shares/members/M000001/section", &[("key", "s6"), ("section", "2")]).await.0, 303);
    assert!(csv("/desk/shares/roll.csv?section=2").await.contains(",South,1"));
    assert!(desk.page("/desk/shares/labels?section=2").await.contains("<address>Ann Lee<br>1 High Street"));
    let roll = |section: &'static str| society.get(section);
    assert_eq!(roll("roll?section=South").await["members"].as_array().map(Vec::len), Some(1));
    assert_eq!(roll("roll?section=North").await["members"].as_array().map(Vec::len), Some(0));
}

#[actix_web::test]
async fn interest_is_previewed_declared_once_and_paid() {
    let society = Society::start().await;
    let ann = society.member("Ann Lee", "ordinary", 1_000).await;
    let bo = society.member("Bo Lee", "ordinary", 333).await;
    society.app.set_time(crate::harness::noon() + chrono::TimeDelta::days(400));
    society
        .post(
            "transfers",
            json!({"from": ann, "to": bo, "class": "ordinary", "shares": 500, "effective_on": "2022-01-01"}),
        )
        .await;
    let desk = Desk::of(&society.app, Role::Administrator).await;
    let asked = "from_on=2021-07-01&until_on=2022-06-30&rate=2.5&class=ordinary";
    let (off, _) = desk.get(&format!("/desk/shares/interest?{asked}")).await;
    assert_eq!((off, desk.page("/desk/shares/interest").await.contains("pays no interest")), (422, true));
    society.change_settings(|settings| settings.pays_interest = true);

    let preview = desk.page(&format!("/desk/shares/interest?{asked}")).await;
    let form = [
        ("key", "i1"),
        ("class", "ordinary"),
        ("from_on", "2021-07-01"),
        ("until_on", "2022-06-30"),
        ("rate", "2.5"),
        ("minute", "9/1"),
    ];
    let (first, place) = desk.send("/desk/shares/interest", &form).await;
    let (second, refused) = desk
        .send("/desk/shares/interest", &form.map(|(name, value)| (name, if name == "key" { "i2" } else { value })))
        .await;

    // 1,000 for 184 days and 500 for 181; 333 for 184 and 833 for 181; 2.5 per cent on 365 days.
    assert!(preview.contains("£18.80") && preview.contains("£14.52"), "{preview}");
    assert_eq!((first, place.as_str(), second), (303, "/desk/shares/interest", 422), "{refused}");
    assert!(refused.contains("declared before"), "{refused}");
    assert_eq!(society.owed("liabilities:interest-payable"), 1_880 + 1_452);
    assert_eq!(desk.send("/desk/shares/interest/1/payment", &[("key", "i3")]).await.0, 303);
    assert_eq!(society.owed("liabilities:interest-payable"), 0);
}

#[actix_web::test]
async fn a_register_is_taken_in_through_the_screen_after_its_report() {
    let society = Society::start().await;
    let desk = Desk::of(&society.app, Role::Secretary).await;
    let post = |text: String, done: &'static str| {
        let form = reqwest::multipart::Form::new().text("csv", text).text("do", done).text("heading_4", "-");
        desk.browser.post(society.app.at("/desk/shares/import")).header("Accept", "text/html").multipart(form).send()
    };
    let good =
        "Member No,Full name,Postal address,Joined,Remarks,Shares held\n7,Ann Lee,1 High St,1999-02-28,old card,10\n";
    let faulty = good.replace("1999-02-28", "1999-02-29");

    let refused = post(faulty, "record").await.expect("an answer");
    assert_eq!(refused.status(), 422);
    let told = refused.text().await.expect("a page");
    assert!(told.contains("row 2: entered_on") && told.contains("One row has"), "{told}");
    let checked = post(good.to_owned(), "check").await.expect("an answer").text().await.expect("a page");
    assert!(checked.contains("Every row is right") && checked.contains("Nothing was recorded yet"), "{checked}");
    assert_eq!(society.get("register").await["members"], json!([]), "a dry run keeps nothing");
    let recorded = post(good.to_owned(), "record").await.expect("an answer");
    assert_eq!(recorded.status(), 303);
    let member = society.get("members/M000007").await;
    assert_eq!(
        (member["entered_on"].as_str(), member["holdings"][0]["shares"].as_i64()),
        (Some("1999-02-28"), Some(10))
    );
}

#[actix_web::test]
async fn returns_count_those_of_the_paper_register_from_their_own_days() {
    let society = Society::start().await;
    let file = "name,address,entered_on,ceased_on,shares\nAnn Lee,1 High St,1999-02-28,,10\nBo Lee,2 High St,1999-02-28,2020-12-31,\nCy Lee,3 High St,2021-03-01,,5\n";
    let how = shares::import::How::default();
    let now = society.app.app.clock.now();
    let intent = fighting_fund::sheet::Intent::Record;
    shares::import::run(&society.app.app.db, now, &how, file.as_bytes(), intent, &mut |_, _| {}).expect("a file");

    let summary = society.get("summary?from=2021-01-01").await;
    let earlier = society.app.app.db.read(|conn| {
        let view = register::view(conn, now, Some("2020-12-31".parse().expect("a date")), None)?;
        register::summary(conn, &view, None).map_err(shares::ShareError::from)
    });

    assert_eq!(
        (
            summary["members_before"].as_i64(),
            summary["joined"].as_i64(),
            summary["ceased"].as_i64(),
            summary["members"].as_i64()
        ),
        (Some(1), Some(1), Some(0), Some(2)),
        "{summary}"
    );
    let earlier = earlier.expect("a summary");
    assert_eq!((earlier.members_before, earlier.ceased), (2, 1), "Bo left on the last day of 2020");
}

#[actix_web::test]
async fn where_the_setting_asks_for_two_nobody_decides_what_they_entered() {
    let society = Society::start().await;
    let (ann, bo) = (society.member("Ann Lee", "ordinary", 10).await, society.member("Bo Lee", "ordinary", 1).await);
    society.change_settings(|settings| settings.needs_second_person = true);
    let (one, other) =
        (Desk::of(&society.app, Role::Secretary).await, Desk::of(&society.app, Role::Administrator).await);
    let form =
        [("key", "t1"), ("class", "ordinary"), ("shares", "4"), ("to", bo.as_str()), ("effective_on", "2021-06-27")];

    let (entered, place) = one.send(&format!("/desk/shares/members/{ann}/transfer"), &form).await;
    let (own, refused) = one.send("/desk/shares/proposals/1/approval", &[("key", "t2")]).await;
    let before = society.get(&format!("members/{bo}")).await["holdings"][0]["shares"].clone();
    let seen = other.page("/desk/shares/proposals").await;
    let (approved, _) = other.send("/desk/shares/proposals/1/approval", &[("key", "t3")]).await;
    let (twice, _) = other.send("/desk/shares/proposals/1/approval", &[("key", "t4")]).await;
    let after = society.get(&format!("members/{bo}")).await["holdings"][0]["shares"].clone();

    assert_eq!((entered, place.as_str()), (303, "/desk/shares/proposals/1"));
    assert!(own == 422 && refused.contains("second person"), "{own} {refused}");
    assert!(seen.contains("Transfer of 4 ordinary shares from Ann Lee") && seen.contains("The secretary"), "{seen}");
    assert_eq!((approved, twice), (303, 422));
    assert_eq!((before, after), (json!(1), json!(5)));
    let (status, by_program) =
        society.post("transfers", json!({"from": ann, "to": bo, "class": "ordinary", "shares": 1})).await;
    assert_eq!(status, 409, "{by_program}");
    assert_eq!(other.send("/desk/shares/events/3/reversal", &[("key", "t5"), ("reason", "in error")]).await.0, 303);
    let refusal = [("key", "t6"), ("reason", "It was right.")];
    assert_eq!(one.send("/desk/shares/proposals/2/refusal", &refusal).await.0, 303);
    assert!(other.page("/desk/shares/proposals").await.contains("It was right."));
}

#[actix_web::test]
async fn the_second_secretary_is_told_that_somebody_was_quicker() {
    let society = Society::start().await;
    let reference = society.paid("Ann Lee", 10).await;
    let (one, other) =
        (Desk::of(&society.app, Role::Secretary).await, Desk::of(&society.app, Role::Administrator).await);
    let path = format!("/desk/shares/applications/{reference}/allotment");

    let first = one.send(&path, &[("key", "q1"), ("shares", "10")]).await;
    let (status, told) = other.send(&path, &[("key", "q2"), ("shares", "10")]).await;

    assert_eq!(first.0, 303);
    assert!(status == 422 && told.contains("already allotted"), "{told}");
}
