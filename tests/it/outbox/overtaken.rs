//! Letters whose reason is gone before they leave, and whom a letter went to.

use fighting_fund::staff::Role;

use super::*;

fn a_promise() -> NewGift {
    NewGift { is_pledge: true, method: Method::BankTransfer, ..a_gift() }
}

#[actix_web::test]
async fn how_to_pay_is_not_sent_for_a_promise_that_came_or_was_called_off() {
    let app = TestApp::start().await;
    let (came, called_off) = (give(&app, &[a_promise()]), give(&app, &[a_promise()]));
    change(&app, |conn, now| donations::cancel(conn, now, called_off, &a_change("off")));
    change(&app, |conn, now| donations::receive(conn, now, came, None, &a_change("came")));

    let subjects: Vec<String> = app.mails().into_iter().map(|mail| mail.subject).collect();

    assert_eq!(subjects, ["Thank you: receipt 2021-000001 for £25.00"]);
    let dropped = only_delivery(&app, called_off);
    assert_eq!(dropped.state, DeliveryState::Dropped);
    assert_eq!(dropped.last_error, "The promise was called off, or had lapsed.");
    assert_eq!(deliveries(&app, came)[0].last_error, "The money came before this letter left.");
    let clerk = app.sign_in(Role::Clerk).await;
    let place = app.at(&format!("/desk/receipts/letters/{}", dropped.id));
    let page = clerk.get(place).send().await.expect("an answer").text().await.expect("a page");
    assert!(page.contains("no longer needed"), "{page}");
}

#[actix_web::test]
async fn a_receipt_of_what_bounced_before_it_left_is_not_sent() {
    let app = TestApp::start().await;
    let gift = give(&app, &[a_gift()]);
    change(&app, |conn, now| donations::bounce(conn, now, gift, &a_change("bounced")));

    let subjects: Vec<String> = app.mails().into_iter().map(|mail| mail.subject).collect();

    assert_eq!(subjects, ["Your cheque for £25.00 came back unpaid"]);
}

#[actix_web::test]
async fn a_posted_letter_keeps_the_address_it_went_to_and_a_later_print_is_a_copy() {
    let app = TestApp::start().await;
    let gift = give(&app, &[NewGift { email: None, ..a_gift() }]);
    let now = app.app.clock.now();
    let address = |address: &str| {
        let given = app.app.db.write(|conn| {
            hold(conn, Lock::Books)?;
            donations::give_address(conn, now, gift, address)
        });
        given.expect("an address");
    };
    address("1 High Street\nLeeds");
    let letter = only_delivery(&app, gift);
    let clerk = app.sign_in(Role::Clerk).await;
    let id = letter.id.to_string();
    let print = app.at(&format!("/desk/receipts/letters/{}/print", letter.id));
    let printed = async || clerk.get(&print).send().await.expect("an answer").text().await.expect("a page");
    assert!(!printed().await.contains("COPY"));
    let run = clerk.get(app.at("/desk/receipts/print")).send().await.expect("an answer").text().await.expect("a page");
    let sheet = run.split("name=\"sheet\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a sheet");

    address("2 Low Road\nLeeds");
    let post = async |key: &str, sheet: &str| {
        let form = [("key", key), ("chosen", id.as_str()), ("sheet", sheet)];
        clerk.post(app.at("/desk/receipts/posted")).form(&form).send().await.expect("an answer").status().as_u16()
    };
    assert_ne!(post("k1", sheet).await, 303, "the sheet has the old address");
    assert_eq!(only_delivery(&app, gift).state, DeliveryState::Post);
    let run = clerk.get(app.at("/desk/receipts/print")).send().await.expect("an answer").text().await.expect("a page");
    let sheet = run.split("name=\"sheet\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a sheet");
    assert_eq!(post("k2", sheet).await, 303);
    address("3 New Lane\nYork");

    let copy = printed().await;

    assert!(copy.contains("COPY. The first left on 27 June 2021, for Jane Doe, 2 Low Road, Leeds."), "{copy}");
    assert!(copy.contains("2 Low Road") && !copy.contains("New Lane"), "{copy}");
}
