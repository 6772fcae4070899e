//! The receipts desk: what did not arrive is corrected and sent once, and who has no e-mail gets a letter on paper.

use fighting_fund::outbox::{self, Delivery, DeliveryState, LetterKind};
use fighting_fund::reference::Reference;
use fighting_fund::staff::Role;

use crate::desk::{Desk, gift, trail};
use crate::harness::TestApp;
use crate::postmaster::{Postmaster, Protection};

fn letters(app: &TestApp, gift: i64) -> Vec<Delivery> {
    app.app.db.read(|conn| outbox::of_donation(conn, gift)).expect("letters")
}

fn only_letter(app: &TestApp, gift: i64) -> Delivery {
    let mut all = letters(app, gift);
    assert_eq!(all.len(), 1, "{all:?}");
    all.remove(0)
}

fn to_print(app: &TestApp) -> i64 {
    app.app.db.read(|conn| outbox::count_to_post(conn, LetterKind::is_about_giving)).expect("a count")
}

fn letter_path(letter: &Delivery, deed: &str) -> String {
    format!("/desk/receipts/letters/{}/{deed}", letter.id)
}

fn gift_path(number: i64, deed: &str) -> String {
    format!("/desk/gifts/{}/{deed}", Reference::of(number))
}

/// A server that knows everybody but the one at this address.
async fn without(address: &str) -> (Postmaster, TestApp) {
    let server = Postmaster::start(Protection::None);
    server.refuse_recipient(address, &["550 5.1.1 no such user here"; 9]);
    let app = TestApp::start_with_mail(&format!("smtp://127.0.0.1:{}", server.port)).await;
    (server, app)
}

#[actix_web::test]
async fn a_receipt_that_failed_is_corrected_for_the_supporter_and_sent_once() {
    let (server, app) = without("ann@exmaple.org").await;
    let desk = Desk::of(&app, Role::Clerk).await;
    let first = desk.gift(&[("email", "ann@exmaple.org")]).await;
    let second = desk.gift(&[("email", "ann@exmaple.org"), ("amount", "30")]).await;
    app.send_mail();

    let listed = desk.page("/desk/receipts").await;
    let letter = only_letter(&app, first);
    let page = desk.page(&format!("/desk/receipts/letters/{}", letter.id)).await;
    let wrong = [("key", "c0"), ("email", "ann at example")];
    let (refused, kept) = desk.send(&letter_path(&letter, "correct"), &wrong).await;
    let right = [("key", "c1"), ("email", "ann@example.org")];
    let (status, place) = desk.send(&letter_path(&letter, "correct"), &right).await;
    let (again, _) = desk.send(&letter_path(&letter, "correct"), &right).await;
    app.send_mail();

    assert!(listed.contains("2 letters did not arrive") && listed.contains("no such user here"), "{listed}");
    assert!(listed.contains("Ann Ashworth, ann@exmaple.org") && listed.contains("2021-000001"), "{listed}");
    assert!(page.contains("Why it did not arrive") && page.contains("a moment ago"), "{page}");
    assert_eq!(refused, 422);
    assert!(kept.contains("ann at example") && kept.contains("should look like name@example.org"), "{kept}");
    assert_eq!((status, again), (303, 303), "{place}");
    assert_eq!(gift(&app, first).email.as_deref(), Some("ann@example.org"));
    assert_eq!(gift(&app, second).email.as_deref(), Some("ann@example.org"));
    for number in [first, second] {
        assert_eq!(only_letter(&app, number).state, DeliveryState::Sent, "sent, as a first receipt and no duplicate");
    }
    assert_eq!(server.taken().len(), 2, "each once");
    assert_eq!(trail(&app).iter().filter(|action| *action == "e-mail address corrected").count(), 1);
    let third = desk.gift(&[("email", "ann@example.org")]).await;
    assert_eq!(gift(&app, third).supporter, gift(&app, first).supporter, "she is still one supporter");
}

#[actix_web::test]
async fn an_address_that_is_known_already_makes_two_supporters_one() {
    let (_server, app) = without("ann@exmaple.org").await;
    let desk = Desk::of(&app, Role::Clerk).await;
    let right = desk.gift(&[("email", "ann@example.org")]).await;
    let wrong = desk.gift(&[("email", "ann@exmaple.org")]).await;
    app.send_mail();

    let letter = only_letter(&app, wrong);
    desk.send(&letter_path(&letter, "correct"), &[("key", "c1"), ("email", "ann@example.org")]).await;
    app.send_mail();
    let back = [("key", "b1"), ("name", "Ann Ashworth"), ("email", "ann@exmaple.org"), ("address", "")];
    let (status, page) = desk.send(&gift_path(right, "contact"), &back).await;

    assert_eq!(gift(&app, wrong).supporter, gift(&app, right).supporter);
    assert_eq!(status, 303, "and back again, which nobody forbids: {page}");
    assert_eq!(gift(&app, wrong).email.as_deref(), Some("ann@exmaple.org"));
}

#[actix_web::test]
async fn a_mail_that_came_back_is_found_by_its_number_and_counts_as_failed() {
    let app = TestApp::start().await;
    let desk = Desk::of(&app, Role::Clerk).await;
    let number = desk.gift(&[]).await;
    desk.gift(&[("name", "Ben O'Neill"), ("email", "ben@example.org")]).await;
    let mails = app.mails();
    let id = mails[0].header("Message-ID").expect("a Message-ID");
    let report = format!(
        "Your mail could not be delivered.\n\nFinal-Recipient: rfc822; ann@example.org\nAction: failed\n\
         Diagnostic-Code: smtp; 552 5.2.2 mailbox is full\n\nMessage-ID: {id}\n"
    );

    let (status, found) = desk.send("/desk/receipts/returned", &[("text", report.as_str())]).await;
    let letter = only_letter(&app, number);
    let back = [("key", "r1"), ("reason", "552 5.2.2 mailbox is full")];
    let (marked, _) = desk.send(&letter_path(&letter, "returned"), &back).await;
    let (twice, _) = desk.send(&letter_path(&letter, "returned"), &[("key", "r2"), ("reason", "once more")]).await;
    let listed = desk.page("/desk/receipts").await;
    let (_, none) = desk.send("/desk/receipts/returned", &[("text", report.as_str())]).await;
    let by_address = "Your message to ben@example.org could not be delivered: 550 no such user";
    let (_, ben) = desk.send("/desk/receipts/returned", &[("text", by_address)]).await;
    let (refused, nothing) = desk.send("/desk/receipts/returned", &[("text", "hello")]).await;

    assert_eq!(status, 200);
    assert!(found.contains("This is the letter it is about") && found.contains("2021-000001"), "{found}");
    assert!(found.contains("552 5.2.2 mailbox is full"), "the reason is there already: {found}");
    assert_eq!((marked, twice), (303, 422));
    assert_eq!(only_letter(&app, number).state, DeliveryState::Failed);
    assert!(listed.contains("It came back: 552 5.2.2 mailbox is full"), "{listed}");
    assert!(none.contains("is still noted as sent"), "{none}");
    assert!(ben.contains("Receipt to ben@example.org"), "{ben}");
    assert_eq!(refused, 422);
    assert!(
        nothing.contains("names neither a letter of ours nor an address") && nothing.contains("hello"),
        "{nothing}"
    );
    desk.send(&letter_path(&letter, "again"), &[("key", "a1")]).await;
    app.send_mail();
    assert_eq!(only_letter(&app, number).state, DeliveryState::Sent);
}

#[actix_web::test]
async fn who_has_no_e_mail_gets_a_letter_on_paper_and_a_bucket_gets_none() {
    let app = TestApp::start().await;
    let desk = Desk::of(&app, Role::Clerk).await;
    let ann = desk.gift(&[("email", ""), ("address", "1 High Street\r\nLeeds  LS1 1AA")]).await;
    let ben = desk.gift(&[("name", "Ben O'Neill"), ("email", ""), ("address", "2 Low Street\nYork")]).await;
    let later = desk.gift(&[("name", "Cy Grant"), ("email", "")]).await;
    let bucket = desk.gift(&[("name", ""), ("email", ""), ("method", "cash")]).await;
    let nameless = [("name", ""), ("email", ""), ("address", "3 Side Street")];

    let before = to_print(&app);
    let given = [("key", "g1"), ("name", "Cy Grant"), ("email", ""), ("address", "4 New Road\nHull")];
    let (status, place) = desk.send(&gift_path(later, "contact"), &given).await;
    let printed = desk.page("/desk/receipts/print").await;
    let reprinted = desk.page("/desk/receipts/print").await;
    let ids: Vec<String> = [ann, ben].iter().map(|gift| only_letter(&app, *gift).id.to_string()).collect();
    let mut chosen = vec![("key", "p1")];
    chosen.extend(ids.iter().map(|id| ("chosen", id.as_str())));
    let (posted, _) = desk.send("/desk/receipts/posted", &chosen).await;
    let (none_ticked, _) = desk.send("/desk/receipts/posted", &[("key", "p2")]).await;
    let (refused, asks) = desk
        .send(
            "/desk/gifts/new",
            &[&nameless[..], &[("fund", "fighting-fund"), ("amount", "5"), ("method", "cash")]].concat(),
        )
        .await;

    assert_eq!(before, 2);
    assert_eq!((status, posted, none_ticked), (303, 303, 422), "{place}");
    let letters_in = |page: &str| page.matches(r#"<article class="letter window">"#).count();
    assert_eq!((letters_in(&printed), letters_in(&reprinted)), (3, 3), "printing again does no harm");
    assert!(printed.contains("Ann Ashworth<br>1 High Street<br>Leeds LS1 1AA</address>"), "{printed}");
    assert!(printed.contains("Dear Ann Ashworth,") && printed.contains("This page is your receipt"), "{printed}");
    assert!(printed.contains("not eligible for Gift Aid"), "{printed}");
    assert_eq!(to_print(&app), 1, "those that are not ticked stay");
    assert_eq!(only_letter(&app, ann).state, DeliveryState::Sent);
    assert!(letters(&app, bucket).is_empty());
    assert_eq!(refused, 422);
    assert!(asks.contains("the name that stands above the postal address") && asks.contains("3 Side Street"), "{asks}");
    assert!(app.mails().is_empty(), "nothing went by mail");
}

#[actix_web::test]
async fn a_letter_that_failed_can_be_printed_instead_alone_or_with_others() {
    let (server, app) = without("ann@example.org").await;
    let desk = Desk::of(&app, Role::Clerk).await;
    let first = desk.gift(&[]).await;
    let second = desk.gift(&[("amount", "30")]).await;
    app.send_mail();
    let (one, two) = (only_letter(&app, first), only_letter(&app, second));
    let both = [one.id.to_string(), two.id.to_string()];
    let ticked = |key| vec![("key", key), ("way", "print"), ("chosen", both[0].as_str()), ("chosen", both[1].as_str())];

    let (refused, page) = desk.send("/desk/receipts/failed", &ticked("t1")).await;
    let given = [("key", "i1"), ("address", "1 High Street\nLeeds")];
    let (status, _) = desk.send(&letter_path(&one, "print-instead"), &given).await;
    let (all, _) = desk.send("/desk/receipts/failed", &ticked("t2")).await;

    assert_eq!(refused, 422);
    assert!(page.contains("There is no postal address for 2021-000001, 2021-000002"), "{page}");
    assert_eq!((status, all), (303, 303));
    assert_eq!(to_print(&app), 2);
    assert!(server.taken().is_empty());
    assert_eq!(gift(&app, second).address, "1 High Street\nLeeds");
}

#[actix_web::test]
async fn letters_are_found_by_receipt_name_address_and_reference() {
    let app = TestApp::start().await;
    let desk = Desk::of(&app, Role::Auditor).await;
    let clerk = Desk::of(&app, Role::Clerk).await;
    let number = clerk.gift(&[]).await;
    clerk.gift(&[("name", "Ben O'Neill"), ("email", "ben@example.org")]).await;
    let reference = Reference::of(number).to_string();
    app.send_mail();

    for asked in ["2021-1", "ashworth", "ann%40example.org", reference.as_str()] {
        let page = desk.page(&format!("/desk/receipts?q={asked}")).await;
        assert!(page.contains("Ann Ashworth, ann@example.org") && !page.contains("Ben"), "{asked}: {page}");
    }
    let none = desk.page("/desk/receipts?q=nobody").await;
    assert!(none.contains("No letter was written about this."), "{none}");
    let all = desk.page("/desk/receipts").await;
    assert!(all.contains("Every letter has left, and none came back."), "{all}");
}

#[actix_web::test]
async fn a_receipt_is_sent_once_more_as_a_duplicate_however_often_the_button_is_pressed() {
    let app = TestApp::start().await;
    let desk = Desk::of(&app, Role::Clerk).await;
    let number = desk.gift(&[("email", ""), ("address", "1 High Street")]).await;
    let id = only_letter(&app, number).id.to_string();
    desk.send("/desk/receipts/posted", &[("key", "p1"), ("chosen", id.as_str())]).await;

    for _ in 0..2 {
        desk.send(&gift_path(number, "resend"), &[("key", "d1")]).await;
    }

    let all = letters(&app, number);
    assert_eq!(all.iter().filter(|letter| letter.kind == LetterKind::Duplicate).count(), 1);
    let printed = desk.page("/desk/receipts/print").await;
    assert!(printed.contains("DUPLICATE of receipt 2021-000001"), "{printed}");
}

fn broken(app: &TestApp, statement: &str) {
    use diesel::RunQueryDsl;
    let done = app.app.db.write(|conn| {
        let count = match conn {
            fighting_fund::db::Conn::Postgres(c) => diesel::sql_query(statement).execute(c)?,
            fighting_fund::db::Conn::Sqlite(c) => diesel::sql_query(statement).execute(c)?,
        };
        Ok::<_, fighting_fund::db::DbError>(count)
    });
    assert!(done.expect("it is done") > 0, "{statement}");
}

#[actix_web::test]
async fn a_receipt_without_its_letter_raises_the_alarm_and_is_written_on_demand() {
    let app = TestApp::start().await;
    let desk = Desk::of(&app, Role::Clerk).await;
    let lost = desk.gift(&[]).await;
    desk.gift(&[("amount", "30")]).await;
    app.send_mail();
    let calm = desk.page("/desk").await;
    let numbers = desk.page("/desk/receipts").await;

    broken(&app, "DELETE FROM deliveries WHERE subject_id = 1 AND kind = 'receipt'");
    broken(&app, "DELETE FROM receipt_proofs");
    app.send_mail();
    let alarmed = desk.page("/desk").await;
    let (status, _) = desk.send("/desk/receipts/missing", &[("key", "m1")]).await;
    let (again, _) = desk.send("/desk/receipts/missing", &[("key", "m2")]).await;
    app.send_mail();
    let mended = desk.page("/desk").await;

    assert!(!calm.contains("disagree"), "{calm}");
    assert!(numbers.contains("2021-000002") && numbers.contains("no gap"), "{numbers}");
    assert!(alarmed.contains("Receipts and gifts disagree"), "{alarmed}");
    assert!(alarmed.contains(&format!("the first is of gift {}", Reference::of(lost))), "{alarmed}");
    assert_eq!((status, again), (303, 303));
    assert_eq!(only_letter(&app, lost).state, DeliveryState::Sent);
    assert!(!mended.contains("disagree"), "{mended}");
}

#[actix_web::test]
async fn a_receipt_that_is_gone_raises_the_alarm() {
    let mut app = TestApp::start().await;
    app.leave_books_unchecked();
    let desk = Desk::of(&app, Role::Auditor).await;
    let clerk = Desk::of(&app, Role::Clerk).await;
    for amount in ["10", "20", "30"] {
        clerk.gift(&[("amount", amount)]).await;
    }
    app.send_mail();

    broken(&app, "DELETE FROM receipts WHERE donation_id = 3");
    let too_few = desk.page("/desk").await;
    broken(&app, "DELETE FROM receipts WHERE donation_id = 1");
    broken(&app, "DELETE FROM receipt_proofs");
    app.send_mail();
    let gap = desk.page("/desk/receipts").await;

    assert!(too_few.contains("3 gifts arrived and 2 receipts were issued."), "{too_few}");
    assert!(gap.contains("Receipt 2021-000001 is missing") && gap.contains("2021-000001 is missing"), "{gap}");
}

#[actix_web::test]
async fn a_letter_for_which_nothing_can_be_done_is_left_and_no_longer_listed() {
    let (_server, mut app) = without("ann@example.org").await;
    let desk = Desk::of(&app, Role::Clerk).await;
    let number = desk.gift(&[]).await;
    app.send_mail();
    let letter = only_letter(&app, number);

    let (status, place) = desk.send(&letter_path(&letter, "leave"), &[("key", "l1")]).await;
    let (again, _) = desk.send(&letter_path(&letter, "leave"), &[("key", "l2")]).await;
    desk.send("/desk/letters/try-again", &[]).await;
    let listed = desk.page("/desk/receipts").await;
    let page = desk.page(&format!("/desk/gifts/{}", Reference::of(number))).await;

    assert_eq!((status, place.as_str(), again), (303, "/desk/receipts", 422));
    assert!(listed.contains("Every letter has left"), "{listed}");
    assert!(page.contains(">left<") && page.contains("no such user here"), "{page}");
    assert_eq!(only_letter(&app, number).state, DeliveryState::Failed, "it is not tried again with all the others");
    drop(desk);
    app.leave_mail_unsent();
}
