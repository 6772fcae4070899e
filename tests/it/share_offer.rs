//! The offer, the form and the pages of a reader who becomes an owner.

use fighting_fund::staff::Role;

use crate::desk::Desk;
use crate::harness::TestApp;
use crate::society::Society;

fn form<'a>(fields: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let own = [
        ("key", "k1"),
        ("class", "ordinary"),
        ("shares", "10"),
        ("gift", ""),
        ("kind", "person"),
        ("name", "Ann Lee"),
        ("names", ""),
        ("representative", ""),
        ("email", "ann@example.org"),
        ("email_purposes", "meetings"),
        ("address", "1 High Street\nLeeds LS1 1AA"),
        ("date_of_birth", ""),
        ("accepts_rules", "true"),
        ("method", "bank_transfer"),
        ("website", ""),
    ];
    let rest = own.into_iter().filter(|(name, _)| !fields.iter().any(|(given, _)| given == name));
    fields.iter().copied().chain(rest).collect()
}

async fn send(app: &TestApp, fields: &[(&str, &str)]) -> (u16, String) {
    let sent = app.client.post(app.at("/shares/applications")).form(&form(fields)).header("Accept", "text/html").send();
    let answer = sent.await.expect("an answer");
    let status = answer.status().as_u16();
    match answer.headers().get("location") {
        Some(place) => (status, place.to_str().expect("a place").to_owned()),
        None => (status, answer.text().await.expect("a page")),
    }
}

async fn page(app: &TestApp, path: &str) -> (u16, String) {
    let answer = app.client.get(app.at(path)).header("Accept", "text/html").send().await.expect("an answer");
    (answer.status().as_u16(), answer.text().await.expect("a page"))
}

#[actix_web::test]
async fn a_reader_applies_once_however_often_the_button_is_pressed_and_is_answered_by_mail() {
    let app = TestApp::start().await;

    let first = send(&app, &[]).await;
    let second = send(&app, &[]).await;
    let (other, again) = send(&app, &[("shares", "11")]).await;

    assert_eq!(first.0, 303);
    assert_eq!(first, second);
    assert_eq!(other, 422);
    assert!(again.contains("that application is recorded"), "{again}");
    let (status, own) = page(&app, &first.1).await;
    assert_eq!(status, 200);
    assert!(own.contains("10 ordinary shares") && own.contains("£10.00"), "{own}");
    let mails = app.mails();
    assert_eq!(mails.len(), 1);
    assert_eq!(
        (mails[0].to.as_str(), mails[0].subject.as_str()),
        ("ann@example.org", "Your application for 10 ordinary shares")
    );
    assert!(mails[0].text.contains(&first.1), "the link to the page");
}

#[actix_web::test]
async fn what_was_typed_comes_back_with_a_sentence_for_each_fault() {
    let app = TestApp::start().await;

    let (status, shown) = send(&app, &[("shares", "30000"), ("name", "Ann <i>Lee</i>")]).await;
    let (_, many) = send(
        &app,
        &[("shares", "ten"), ("address", " "), ("email", "nowhere"), ("accepts_rules", ""), ("method", "card")],
    )
    .await;
    let (_, young) = send(&app, &[("date_of_birth", "2010-02-28")]).await;

    assert_eq!(status, 422);
    assert!(shown.contains("20,000") && shown.contains("Ann &#60;i&#62;Lee&#60;/i&#62;"), "{shown}");
    for sentence in ["whole figures", "the register must have it", "accept the society", "cards are not taken here yet"]
    {
        assert!(many.contains(sentence), "{sentence} in {many}");
    }
    assert!(young.contains("28 February 2026"), "when they would be welcome: {young}");
    assert_eq!(app.app.db.read(fighting_fund::outbox::counts).expect("counts").waiting, 0, "nobody was written to");
}

#[actix_web::test]
async fn joint_holders_organisations_and_members_apply_through_the_same_form() {
    let app = TestApp::start().await;

    let several: Vec<(&str, &str)> =
        form(&[("kind", "joint"), ("key", "k2")]).into_iter().filter(|(name, _)| *name != "names").collect();
    let several: Vec<_> =
        several.into_iter().chain([("names", "Ann Lee"), ("names", "Bo Lee"), ("names", "")]).collect();
    let joint = app.client.post(app.at("/shares/applications")).form(&several).send().await.expect("an answer");
    let (lone, refused) = send(&app, &[("kind", "joint"), ("names", "Ann Lee"), ("key", "k3")]).await;
    let (body, place) =
        send(&app, &[("kind", "organisation"), ("name", "Unite"), ("representative", "Bo Lee"), ("key", "k4")]).await;
    let (member, place_of_member) = send(&app, &[("kind", "member"), ("member", "M000001"), ("key", "k5")]).await;

    assert_eq!(joint.status(), 303);
    assert!(lone == 422 && refused.contains("two to four joint holders"), "{refused}");
    assert_eq!(body, 303, "{place}");
    assert_eq!((member, place_of_member.as_str()), (303, "/shares/applications/sent"), "nobody learns who is a member");
}

#[actix_web::test]
async fn a_form_on_another_page_may_leave_out_what_has_one_usual_answer() {
    let app = TestApp::start().await;
    let form = [
        ("shares", "5"),
        ("name", "Ann Lee"),
        ("email", "ann@example.org"),
        ("address", "1 High St"),
        ("accepts_rules", "on"),
    ];

    let answer = app.client.post(app.at("/shares/applications")).form(&form).send().await.expect("an answer");

    assert_eq!(answer.status(), 303);
    assert_eq!(app.mails().len(), 1);
}

#[actix_web::test]
async fn one_payment_gives_and_joins() {
    let society = Society::start().await;
    let (status, place) = send(&society.app, &[("gift", "15")]).await;
    assert_eq!(status, 303, "{place}");
    let reference = place.rsplit('/').next().and_then(|token| token.split('-').next()).expect("a reference").to_owned();

    let money = serde_json::json!({"amount": "25.00", "method": "bank_transfer"});
    let (paid, answer) = society.post(&format!("applications/{reference}/payment"), money).await;

    assert_eq!((paid, answer["status"].as_str()), (201, Some("paid")), "{answer}");
    assert_eq!(society.owed("liabilities:share-applications"), 1_000);
    assert_eq!(society.owed("income:donations:fighting-fund"), 1_500);
    assert_eq!(society.owed("assets:bank"), -2_500, "one payment, split in the ledger");
    let subjects: Vec<String> = society.app.mails().into_iter().map(|mail| mail.subject).collect();
    assert!(subjects.iter().any(|subject| subject.starts_with("Thank you: receipt")), "{subjects:?}");
}

#[actix_web::test]
async fn a_closed_offer_takes_nothing_and_says_so() {
    let society = Society::start().await;
    society.change_settings(|settings| settings.is_open = false);

    let (_, shown) = page(&society.app, "/shares").await;
    let (status, refused) = send(&society.app, &[]).await;

    assert!(shown.contains("The offer is closed") && !shown.contains("name=\"shares\""), "{shown}");
    assert!(status == 422 && refused.contains("The offer is closed"), "{refused}");
}

#[actix_web::test]
async fn a_certificate_is_confirmed_by_its_code_and_tells_nobody_whose_it_is() {
    let society = Society::start().await;
    let member = society.member("Ann Lee", "ordinary", 10).await;
    let desk = Desk::of(&society.app, Role::Secretary).await;
    let code = society
        .app
        .app
        .db
        .read(|conn| {
            let holder = fighting_fund::shares::holder_by_member(conn, member.parse().expect("a number"))?;
            fighting_fund::shares::certificates_of(conn, holder.expect("a holder").id)
        })
        .expect("certificates")[0]
        .code
        .clone();

    let (found, told) = page(&society.app, &format!("/certificates/{code}")).await;
    let spaced = format!("/certificates?code={}", code.to_lowercase().replace('0', "o"));
    let asked = society.app.client.get(society.app.at(&spaced)).send().await.expect("an answer");
    let (unknown, nobody) = page(&society.app, "/certificates/0000000000000000").await;
    let (replaced, place) = desk
        .send(
            &format!("/desk/shares/members/{member}/replacement"),
            &[("key", "r1"), ("certificate", "C000001"), ("reason", "lost")],
        )
        .await;
    let (_, cancelled) = page(&society.app, &format!("/certificates/{code}")).await;

    assert_eq!(found, 200);
    assert!(told.contains("In force") && told.contains("10 ordinary shares") && !told.contains("Ann"), "{told}");
    assert_eq!(asked.headers()["location"].to_str().expect("a place"), format!("/certificates/{code}"));
    assert!(unknown == 404 && nobody.contains("We have issued no certificate"), "{nobody}");
    assert_eq!(replaced, 303, "{place}");
    assert!(cancelled.contains("Not in force"), "{cancelled}");
}
