//! What each letter says.

use super::*;

#[actix_web::test]
async fn a_receipt_reads_like_a_letter() {
    let app = TestApp::start().await;
    name_the_society(&app);

    give(&app, &[a_gift()]);

    let mail = last_mail(&app);
    assert_eq!(mail.to, "jane@example.org");
    assert_eq!(mail.subject, "Thank you: receipt 2021-000001 for £25.00");
    insta::assert_snapshot!(settled_text(&app, &mail), @r#"
    Dear Jane Doe,

    Thank you. Your gift is here, and it is in our books.

      Receipt    2021-000001
      Amount     £25.00
      Received   27 June 2021, by cheque
      For        Fighting Fund, June 2021
      Reference  FFQFEV4EP3

    Your gift, and this receipt, are always here:
    https://fund.example/donations/[token]

    How the fund stands today:
    https://fund.example/funds/fighting-fund

    If anything here is not right, please answer this letter or write to
    fund@paper.example; somebody reads it.

    With warm thanks,
    People's Press Printing Society Limited

    -- 
    People's Press Printing Society Limited
    Registered society No. 12750R
    52 Beachy Road
    London
    E3 2NS
    fund@paper.example
    We are a co-operative society and not a charity, so this gift is not
    eligible for Gift Aid.
    "#);
}

#[actix_web::test]
async fn a_pledge_by_transfer_says_where_to_pay() {
    let app = TestApp::start().await;
    name_the_society(&app);

    give(&app, &[NewGift { is_pledge: true, method: Method::BankTransfer, ..a_gift() }]);

    let mail = last_mail(&app);
    assert_eq!(mail.subject, "How to pay your gift of £25.00 to Fighting Fund");
    insta::assert_snapshot!(settled_text(&app, &mail), @r#"
    Dear friend,

    Thank you for your promise of £25.00 to Fighting Fund, June 2021. It
    counts from the day it reaches us.

    Please send it from your bank with these details. The reference tells us
    that it is yours.

      Account name    PPPS Fighting Fund
      Sort code       60-83-01
      Account number  20253530
      Amount          £25.00
      Reference       FFQFEV4EP3

    When it is here, we send you a receipt. Until then you find all this
    again at:
    https://fund.example/donations/[token]

    If anything here is not right, please answer this letter or write to
    fund@paper.example; somebody reads it.

    With warm thanks,
    People's Press Printing Society Limited

    -- 
    People's Press Printing Society Limited
    Registered society No. 12750R
    52 Beachy Road
    London
    E3 2NS
    fund@paper.example
    We are a co-operative society and not a charity, so this gift is not
    eligible for Gift Aid.
    "#);
}

#[actix_web::test]
async fn a_pledge_by_cheque_says_where_to_post_it() {
    let app = TestApp::start().await;
    name_the_society(&app);

    give(&app, &[NewGift { is_pledge: true, ..a_gift() }]);

    insta::assert_snapshot!(settled_text(&app, &last_mail(&app)), @r#"
    Dear friend,

    Thank you for your promise of £25.00 to Fighting Fund, June 2021. It
    counts from the day it reaches us.

    Please make your cheque out to PPPS, write the reference on its back,
    and post it to us:

      People's Press Printing Society Limited
      52 Beachy Road
      London
      E3 2NS

      Amount     £25.00
      Reference  FFQFEV4EP3

    When it is here, we send you a receipt. Until then you find all this
    again at:
    https://fund.example/donations/[token]

    If anything here is not right, please answer this letter or write to
    fund@paper.example; somebody reads it.

    With warm thanks,
    People's Press Printing Society Limited

    -- 
    People's Press Printing Society Limited
    Registered society No. 12750R
    52 Beachy Road
    London
    E3 2NS
    fund@paper.example
    We are a co-operative society and not a charity, so this gift is not
    eligible for Gift Aid.
    "#);
}

#[actix_web::test]
async fn a_pledge_to_a_society_without_bank_details_asks_to_write() {
    let app = TestApp::start().await;

    give(&app, &[NewGift { is_pledge: true, method: Method::BankTransfer, name: String::new(), ..a_gift() }]);

    let mail = last_mail(&app);
    assert!(mail.text.contains("Dear friend,") && mail.text.contains("send you our bank details"), "{}", mail.text);
    assert_eq!(mail.header("Reply-To"), None);
}

#[actix_web::test]
async fn a_refund_in_part_says_what_stays() {
    let app = TestApp::start().await;
    name_the_society(&app);
    let id = give(&app, &[a_gift()]);

    change(&app, |conn, now| donations::refund(conn, now, id, 1_000, &a_change("r1")));

    let mail = last_mail(&app);
    assert_eq!(mail.subject, "We have sent back £10.00 of your gift");
    insta::assert_snapshot!(settled_text(&app, &mail), @r#"
    Dear Jane Doe,

    On 27 June 2021 we sent back £10.00 of your gift of £25.00 to Fighting
    Fund, June 2021. It goes the way it came, and a bank may take a few days
    over it.

      Sent back   £10.00
      Still given £15.00
      Receipt     2021-000001
      Reference   FFQFEV4EP3

    Your receipt now stands for £15.00. Thank you for what stays with us.

    You can see your gift here:
    https://fund.example/donations/[token]

    If anything here is not right, please answer this letter or write to
    fund@paper.example; somebody reads it.

    With warm thanks,
    People's Press Printing Society Limited

    -- 
    People's Press Printing Society Limited
    Registered society No. 12750R
    52 Beachy Road
    London
    E3 2NS
    fund@paper.example
    We are a co-operative society and not a charity, so this gift is not
    eligible for Gift Aid.
    "#);
}

#[actix_web::test]
async fn each_refund_tells_what_was_left_after_it() {
    let app = TestApp::start().await;
    let id = give(&app, &[a_gift()]);

    change(&app, |conn, now| donations::refund(conn, now, id, 1_000, &a_change("r1")));
    change(&app, |conn, now| donations::refund(conn, now, id, 1_500, &a_change("r2")));

    let texts: Vec<String> = app.mails().into_iter().skip(1).map(|mail| mail.text).collect();
    assert!(texts[0].contains("sent back £10.00 of your gift of £25.00"), "{}", texts[0]);
    assert!(texts[0].contains("Your receipt now stands for £15.00."), "{}", texts[0]);
    assert!(texts[1].contains("the last £15.00 of £25.00"), "{}", texts[1]);
    assert!(texts[1].contains("Your receipt no longer stands"), "{}", texts[1]);
    assert!(texts.iter().all(|text| !text.contains("clerk's own words")));
}

#[actix_web::test]
async fn a_bounce_is_told_kindly() {
    let app = TestApp::start().await;
    name_the_society(&app);
    let id = give(&app, &[a_gift()]);

    change(&app, |conn, now| donations::bounce(conn, now, id, &a_change("b1")));

    let mail = last_mail(&app);
    assert_eq!(mail.subject, "Your cheque for £25.00 came back unpaid");
    insta::assert_snapshot!(settled_text(&app, &mail), @r#"
    Dear Jane Doe,

    We are sorry to trouble you. Your cheque for £25.00, which we received
    on 27 June 2021, has come back from the bank unpaid. That happens
    easily, and often nobody is to blame.

      Not paid   £25.00
      Gift       £25.00 to Fighting Fund, June 2021
      Receipt    2021-000001, which no longer stands
      Reference  FFQFEV4EP3

    We have taken the amount out of our total. You owe us nothing. If you
    would still like to give, you can do it here:
    https://fund.example/funds/fighting-fund

    Your gift as our books have it:
    https://fund.example/donations/[token]

    If anything here is not right, please answer this letter or write to
    fund@paper.example; somebody reads it.

    With warm thanks,
    People's Press Printing Society Limited

    -- 
    People's Press Printing Society Limited
    Registered society No. 12750R
    52 Beachy Road
    London
    E3 2NS
    fund@paper.example
    We are a co-operative society and not a charity, so this gift is not
    eligible for Gift Aid.
    "#);
}

#[actix_web::test]
async fn a_duplicate_says_so_and_keeps_number_and_date() {
    let app = TestApp::start().await;
    name_the_society(&app);
    let id = give(&app, &[a_gift()]);
    app.send_mail();
    app.set_time(later(60 * 24 * 40));

    change(&app, |conn, now| donations::resend_receipt(conn, now, id, &a_change("d1")));

    let mails = app.mails();
    assert_eq!(mails.len(), 2);
    let mail = &mails[1];
    assert_eq!(mail.subject, "DUPLICATE receipt 2021-000001 for £25.00");
    assert!(mail.html.contains("DUPLICATE of receipt 2021-000001, issued on 27 June 2021"), "{}", mail.html);
    assert_ne!(mail.header("Message-ID"), mails[0].header("Message-ID"));
    insta::assert_snapshot!(settled_text(&app, mail), @r#"
    DUPLICATE of receipt 2021-000001, issued on 27 June 2021. It is no
    second gift.

    Dear Jane Doe,

    Here is your receipt once more.

      Receipt    2021-000001
      Amount     £25.00
      Received   27 June 2021, by cheque
      For        Fighting Fund, June 2021
      Reference  FFQFEV4EP3

    Your gift, and this receipt, are always here:
    https://fund.example/donations/[token]

    How the fund stands today:
    https://fund.example/funds/fighting-fund

    If anything here is not right, please answer this letter or write to
    fund@paper.example; somebody reads it.

    With warm thanks,
    People's Press Printing Society Limited

    -- 
    People's Press Printing Society Limited
    Registered society No. 12750R
    52 Beachy Road
    London
    E3 2NS
    fund@paper.example
    We are a co-operative society and not a charity, so this gift is not
    eligible for Gift Aid.
    "#);
}

#[actix_web::test]
async fn a_promise_kept_gets_its_receipt() {
    let app = TestApp::start().await;
    let id = give(&app, &[NewGift { is_pledge: true, ..a_gift() }]);
    app.send_mail();

    change(&app, |conn, now| donations::receive(conn, now, id, None, &a_change("k1")));

    let subjects: Vec<String> = app.mails().into_iter().map(|mail| mail.subject).collect();
    assert_eq!(
        subjects,
        ["How to pay your gift of £25.00 to Fighting Fund", "Thank you: receipt 2021-000001 for £25.00"]
    );
}

#[actix_web::test]
async fn the_page_of_the_link_in_a_receipt_opens() {
    let app = TestApp::start().await;
    give(&app, &[a_gift()]);
    let mail = last_mail(&app);
    let link = mail.text.split_whitespace().find(|word| word.contains("/donations/")).expect("a link");

    let page = app.client.get(link).send().await.expect("an answer");

    assert_eq!(page.status(), 200);
    assert!(mail.html.contains(link), "{}", mail.html);
}

#[actix_web::test]
async fn every_letter_is_well_formed_html_and_names_the_society() {
    let app = TestApp::start().await;
    name_the_society(&app);
    let odd = "O'Brien & <b>Söhne</b> \"日本\"";
    let methods = [Method::Cheque, Method::Cash, Method::BankTransfer, Method::Card];
    let pledges = methods.map(|method| NewGift { is_pledge: true, method, name: odd.to_owned(), ..a_gift() });
    give(&app, &pledges);
    let id = give(&app, &[NewGift { name: odd.to_owned(), ..a_gift() }]);
    change(&app, |conn, now| donations::refund(conn, now, id, 1_000, &a_change("r1")));
    app.send_mail();
    change(&app, |conn, now| donations::bounce(conn, now, id, &a_change("b1")));
    change(&app, |conn, now| donations::resend_receipt(conn, now, id, &a_change("d1")));

    let mails = app.mails();

    assert_eq!(mails.len(), 8);
    // A name with a stroke in it is no greeting.
    let greeting = format!("Dear {},", outbox::greetable(odd)).replace("Dear ,", "Dear friend,");
    for mail in mails {
        let options = roxmltree::ParsingOptions { allow_dtd: true, ..Default::default() };
        let page = roxmltree::Document::parse_with_options(&mail.html, options).expect("well-formed HTML");
        let words: String = page.descendants().filter_map(|node| node.text()).collect();
        let greeting = if mail.subject.starts_with("How to pay") { "Dear friend," } else { &greeting };
        for expected in [
            greeting,
            "People's Press Printing Society Limited",
            "Registered society No. 12750R",
            "52 Beachy Road",
            "fund@paper.example",
            "not a charity",
        ] {
            assert!(words.contains(expected), "{}: no {expected} in {words}", mail.subject);
            assert!(mail.text.contains(expected) || expected.contains("not a"), "{}: no {expected}", mail.text);
        }
        assert!(mail.text.replace('\n', " ").contains("not a charity"));
    }
}
