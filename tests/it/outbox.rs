//! Letters: what they say, and how they leave, over real SMTP and into a folder.

use std::sync::atomic::AtomicBool;

use chrono::{DateTime, TimeDelta, Utc};
use fighting_fund::db::{Conn, DbError, Lock, hold};
use fighting_fund::donations::letters::Letters;
use fighting_fund::donations::{self, Change, Method, NewGift};
use fighting_fund::funds::{self, Society};
use fighting_fund::outbox::{self, Delivery, DeliveryState, MailSettings, MailTarget, Post, Sender};
use fighting_fund::worker;

use crate::harness::{Mail, TestApp, noon};
use crate::postmaster::{HANGS_UP, Postmaster, Protection};

fn a_gift() -> NewGift {
    NewGift {
        key: uuid::Uuid::now_v7().to_string(),
        fingerprint: [7; 32],
        fund_id: 1,
        appeal: None,
        amount_minor: 2_500,
        method: Method::Cheque,
        is_pledge: false,
        received_on: None,
        name: "Jane Doe".to_owned(),
        email: Some("jane@example.org".to_owned()),
        acknowledge_as: String::new(),
        anonymous: false,
        note: String::new(),
        by: "test".to_owned(),
        request_id: "test".to_owned(),
    }
}

fn gift_to(email: &str) -> NewGift {
    NewGift { email: Some(email.to_owned()), ..a_gift() }
}

/// Records gifts; the answer is the number of the first.
fn give(app: &TestApp, gifts: &[NewGift]) -> i64 {
    let now = app.app.clock.now();
    let outcomes = app.app.db.write(|conn| {
        hold(conn, Lock::Books)?;
        donations::record_all(conn, now, gifts)
    });
    outcomes.expect("recorded")[0].as_ref().expect("taken").donation.id
}

fn name_the_society(app: &TestApp) {
    let society = Society {
        name: "People's Press Printing Society Limited".to_owned(),
        address: "52 Beachy Road\nLondon\nE3 2NS".to_owned(),
        registration: "Registered society No. 12750R".to_owned(),
        contact_email: "fund@paper.example".to_owned(),
        bank_account_name: "PPPS Fighting Fund".to_owned(),
        bank_sort_code: "60-83-01".to_owned(),
        bank_account_number: "20253530".to_owned(),
        cheques_payable_to: "PPPS".to_owned(),
        ..Society::unnamed()
    };
    app.app.db.write(|conn| funds::update_society(conn, &society)).expect("named");
}

fn a_change(key: &str) -> Change {
    Change {
        key: key.to_owned(),
        fingerprint: [1; 32],
        reason: "the clerk's own words".to_owned(),
        by: "staff:1 T".to_owned(),
        request_id: "test".to_owned(),
    }
}

fn change<T>(app: &TestApp, work: impl FnOnce(&mut Conn, DateTime<Utc>) -> Result<T, donations::ChangeError>) -> T {
    let now = app.app.clock.now();
    let done = app.app.db.write(|conn| {
        hold(conn, Lock::Books)?;
        work(conn, now)
    });
    done.expect("changed")
}

fn deliveries(app: &TestApp, donation_id: i64) -> Vec<Delivery> {
    app.app.db.read(|conn| outbox::of_donation(conn, donation_id)).expect("deliveries")
}

fn only_delivery(app: &TestApp, donation_id: i64) -> Delivery {
    let mut all = deliveries(app, donation_id);
    assert_eq!(all.len(), 1);
    all.remove(0)
}

fn later(minutes: i64) -> DateTime<Utc> {
    noon() + TimeDelta::minutes(minutes)
}

/// The text without what differs from run to run.
fn settled_text(app: &TestApp, mail: &Mail) -> String {
    let mut text = mail.text.replace(&app.url, "https://fund.example");
    while let Some(at) = text.find("/donations/FF") {
        let end = text[at..].find('\n').map_or(text.len(), |end| at + end);
        text.replace_range(at..end, "/donations/[token]");
    }
    text
}

fn last_mail(app: &TestApp) -> Mail {
    app.mails().pop().expect("a mail")
}

mod letters {
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
        Dear Jane Doe,

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
        Dear Jane Doe,

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
        change(&app, |conn, now| donations::bounce(conn, now, id, &a_change("b1")));
        change(&app, |conn, now| donations::resend_receipt(conn, now, id, &a_change("d1")));

        let mails = app.mails();

        assert_eq!(mails.len(), 8);
        for mail in mails {
            let options = roxmltree::ParsingOptions { allow_dtd: true, ..Default::default() };
            let page = roxmltree::Document::parse_with_options(&mail.html, options).expect("well-formed HTML");
            let words: String = page.descendants().filter_map(|node| node.text()).collect();
            for expected in [
                "Dear O'Brien & <b>Söhne</b> \"日本\",",
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
}

mod envelopes {
    use super::*;

    #[actix_web::test]
    async fn a_mail_has_the_headers_of_a_letter_that_a_program_sent() {
        let app = TestApp::start().await;
        name_the_society(&app);

        give(&app, &[a_gift()]);

        let mail = last_mail(&app);
        assert_eq!(mail.file, "000000001-receipt.eml");
        assert_eq!(mail.header("From").as_deref(), Some("\"Fighting Fund\" <fund@paper.example>"));
        assert_eq!(mail.header("To").as_deref(), Some("\"Jane Doe\" <jane@example.org>"));
        assert_eq!(mail.header("Reply-To").as_deref(), Some("fund@paper.example"));
        assert_eq!(mail.header("Auto-Submitted").as_deref(), Some("auto-generated"));
        assert_eq!(mail.header("Date").as_deref(), Some("Sun, 27 Jun 2021 11:00:00 +0000"));
        assert!(mail.header("Content-Type").is_some_and(|kind| kind.starts_with("multipart/alternative")));
        let id = mail.header("Message-ID").expect("a number");
        assert!(id.starts_with("<receipt.1.") && id.ends_with("@paper.example>"), "{id}");
    }

    #[actix_web::test]
    async fn names_in_any_script_arrive_and_no_name_starts_a_header() {
        let app = TestApp::start().await;
        let names = [
            "Siân Œuvre".to_owned(),
            "محمد علي".to_owned(),
            "日本 太郎 🎉".to_owned(),
            "Eve\r\nBcc: all@example.org".to_owned(),
            "Eve\nX-Evil: 1\n\n<b>body</b>".to_owned(),
            "\"><script>".to_owned(),
            "x".repeat(2_000),
            "Win £1000 at https://evil.example now".to_owned(),
        ];
        let gifts: Vec<NewGift> = names.iter().map(|name| NewGift { name: name.clone(), ..a_gift() }).collect();
        give(&app, &gifts);

        let mails = app.mails();

        assert_eq!(mails.len(), names.len());
        for (mail, name) in mails.iter().zip(&names) {
            assert!(mail.raw.is_ascii() && mail.raw.lines().all(|line| line.len() <= 998), "{name}");
            assert_eq!((mail.header("Bcc"), mail.header("X-Evil")), (None, None), "{name}");
            assert_eq!(mail.to, "jane@example.org");
        }
        for (mail, name) in mails.iter().zip(&names).take(3) {
            let parsed = mail_parser::MessageParser::default().parse(mail.raw.as_bytes()).expect("a mail");
            let to = parsed.to().and_then(|to| to.first()).and_then(|to| to.name().map(str::to_owned));
            assert_eq!(to.as_ref(), Some(name));
            assert!(mail.text.contains(&format!("Dear {name},")), "{}", mail.text);
        }
        assert!(mails[5].html.contains("&#34;&#62;&#60;script&#62;"), "{}", mails[5].html);
        assert!(mails[3..5].iter().chain(&mails[6..]).all(|mail| mail.text.starts_with("Dear friend,")));
        assert!(!mails[7].raw.contains("evil.example") && !mails[7].html.contains("evil.example"));
    }

    #[actix_web::test]
    async fn an_address_that_cannot_be_written_to_is_shown_to_staff() {
        let mut app = TestApp::start().await;
        app.leave_mail_unsent();
        let id = give(&app, &[gift_to("a@b")]);

        app.send_mail();

        let delivery = only_delivery(&app, id);
        assert_eq!((delivery.state, delivery.attempts), (DeliveryState::Failed, 1));
        assert!(delivery.last_error.contains("\"a@b\" cannot be written to"), "{}", delivery.last_error);
        assert_eq!(app.mails().len(), 0);
    }
}

mod sending {
    use super::*;

    #[actix_web::test]
    async fn a_second_attempt_replaces_the_file_and_makes_no_second_one() {
        let app = TestApp::start().await;
        let id = give(&app, &[a_gift()]);
        let first = last_mail(&app);
        crash_after_sending(&app, id);
        app.set_time(later(7));

        let mails = app.mails();

        assert_eq!(mails.len(), 1);
        assert_eq!(mails[0].raw, first.raw);
    }

    #[actix_web::test]
    async fn a_folder_that_cannot_be_made_costs_no_attempt() {
        let app = TestApp::start().await;
        let folder = app.folder.path().join("mail");
        std::fs::write(&folder, "in the way").expect("a file");
        let id = give(&app, &[a_gift()]);

        app.send_mail();

        let delivery = only_delivery(&app, id);
        assert_eq!((delivery.state, delivery.attempts), (DeliveryState::Queued, 0));
        assert!(app.app.post.trouble().is_some_and(|trouble| trouble.reason.contains("cannot be made")));
        std::fs::remove_file(&folder).expect("out of the way");
        app.set_time(later(1));
        assert_eq!(app.mails().len(), 1);
    }

    #[actix_web::test]
    async fn a_server_with_a_password_is_signed_in_to() {
        let server = Postmaster::start(Protection::None);
        server.ask_password("p@ss:w/rd");
        let app = TestApp::start_with_mail(&format!("smtp://fund:p%40ss%3Aw%2Frd@127.0.0.1:{}", server.port)).await;

        give(&app, &[a_gift(), gift_to("b@example.org")]);
        app.send_mail();

        let taken = server.taken();
        assert_eq!(taken.len(), 2);
        assert_eq!(taken[0].signed_in.as_deref(), Some("\0fund\0p@ss:w/rd"));
        assert_eq!(taken[0].from, "fund@paper.example");
        assert_eq!(taken[0].mail().to, taken[0].to);
        assert!(taken[0].mail().text.contains("Your gift is here"));
    }

    #[actix_web::test]
    async fn a_wrong_password_keeps_the_mail_and_its_attempts() {
        let server = Postmaster::start(Protection::None);
        server.ask_password("right");
        let mut app = TestApp::start_with_mail(&format!("smtp://fund:wrong@127.0.0.1:{}", server.port)).await;
        app.leave_mail_unsent();
        let id = give(&app, &[a_gift()]);

        app.send_mail();

        let delivery = only_delivery(&app, id);
        assert_eq!((delivery.state, delivery.attempts), (DeliveryState::Queued, 0));
        assert!(app.app.post.trouble().is_some_and(|trouble| trouble.reason.contains("535")));
    }

    #[actix_web::test]
    async fn starttls_and_tls_protect_the_mail_with_a_private_authority() {
        for (protection, scheme) in [(Protection::StartTls, "smtp"), (Protection::Tls, "smtps")] {
            let server = Postmaster::start(protection);
            let ca = tempfile::NamedTempFile::new().expect("a file");
            std::fs::write(ca.path(), &server.certificate).expect("a certificate");
            let url = format!("{scheme}://localhost:{}?tls=required&ca={}", server.port, ca.path().display());
            let app = TestApp::start_with_mail(&url).await;

            give(&app, &[a_gift()]);
            app.send_mail();

            let taken = server.taken();
            assert_eq!((taken.len(), taken[0].was_encrypted), (1, true), "{scheme}");
        }
    }

    #[actix_web::test]
    async fn a_server_that_cannot_prove_its_name_gets_no_mail() {
        for (protection, scheme) in [(Protection::StartTls, "smtp"), (Protection::Tls, "smtps")] {
            let server = Postmaster::start(protection);
            let url = format!("{scheme}://localhost:{}?tls=required", server.port);
            let mut app = TestApp::start_with_mail(&url).await;
            app.leave_mail_unsent();
            let id = give(&app, &[a_gift()]);

            app.send_mail();

            assert_eq!(server.taken().len(), 0, "{scheme}");
            assert_eq!(only_delivery(&app, id).attempts, 0);
            assert!(app.app.post.trouble().is_some());
        }
    }

    #[actix_web::test]
    async fn where_encryption_is_required_a_server_without_it_gets_no_mail() {
        let server = Postmaster::start(Protection::None);
        let mut app = TestApp::start_with_mail(&format!("smtp://localhost:{}?tls=required", server.port)).await;
        app.leave_mail_unsent();
        give(&app, &[a_gift()]);

        app.send_mail();

        assert_eq!(server.taken().len(), 0);
        assert!(app.app.post.trouble().is_some_and(|trouble| trouble.reason.contains("STARTTLS")));
    }

    #[actix_web::test]
    async fn a_server_that_says_later_gets_the_same_mail_later() {
        for refuse in [
            (|server: &Postmaster| server.refuse_recipient("jane@example.org", &["450 4.2.0 greylisted"])) as fn(&_),
            |server| server.refuse_letter(&["451 4.3.0 try again"]),
        ] {
            let server = Postmaster::start(Protection::None);
            refuse(&server);
            let app = TestApp::start_with_mail(&format!("smtp://127.0.0.1:{}", server.port)).await;
            let id = give(&app, &[a_gift(), gift_to("b@example.org")]);

            app.send_mail();
            let set_back: Vec<Delivery> =
                (id..id + 2).map(|id| only_delivery(&app, id)).filter(|d| d.state == DeliveryState::Queued).collect();
            assert_eq!((server.taken().len(), set_back.len()), (1, 1));
            assert_eq!((set_back[0].attempts, set_back[0].due_at), (1, later(1)));
            assert!(set_back[0].last_error.contains(" 4."), "{}", set_back[0].last_error);
            app.set_time(later(1));
            app.send_mail();

            let delivery = only_delivery(&app, set_back[0].donation_id);
            assert_eq!((delivery.state, delivery.attempts), (DeliveryState::Sent, 2));
            assert_eq!((delivery.sent_at, delivery.last_error.as_str()), (Some(later(1)), ""));
            assert_eq!(server.taken().len(), 2);
        }
    }

    #[actix_web::test]
    async fn a_mail_that_never_goes_through_fails_after_two_days_and_can_be_tried_again() {
        let server = Postmaster::start(Protection::None);
        server.refuse_letter(&["554 5.7.1 we do not like it"; 9]);
        let app = TestApp::start_with_mail(&format!("smtp://127.0.0.1:{}", server.port)).await;
        let id = give(&app, &[a_gift()]);

        for _ in 0..9 {
            app.set_time(only_delivery(&app, id).due_at);
            app.send_mail();
        }
        let failed = app.app.db.read(|conn| outbox::failed(conn, 10)).expect("the failed");
        assert_eq!((failed.len(), failed[0].attempts), (1, 9));
        assert!(failed[0].last_error.contains("we do not like it"));
        assert!(app.app.clock.now() - noon() < TimeDelta::days(2));
        let now = app.app.clock.now();
        app.app.db.write(|conn| outbox::try_again(conn, now, failed[0].id)).expect("queued again");
        app.send_mail();

        assert_eq!(server.taken().len(), 1);
        assert_eq!(only_delivery(&app, id).state, DeliveryState::Sent);
        assert!(app.app.db.write(|conn| outbox::try_again(conn, now, failed[0].id)).is_err());
    }

    #[actix_web::test]
    async fn a_recipient_who_is_refused_fails_at_once_and_holds_nobody_up() {
        let server = Postmaster::start(Protection::None);
        server.refuse_recipient("gone@example.org", &["550-5.1.1 no such\r\n550 5.1.1 user here"; 3]);
        let mut app = TestApp::start_with_mail(&format!("smtp://127.0.0.1:{}", server.port)).await;
        app.leave_mail_unsent();

        let id = give(&app, &[gift_to("gone@example.org"), gift_to("a@example.org"), gift_to("b@example.org")]);
        app.send_mail();

        let delivery = only_delivery(&app, id);
        assert_eq!((delivery.state, delivery.attempts), (DeliveryState::Failed, 1));
        assert!(delivery.last_error.contains("no such user here"), "{}", delivery.last_error);
        assert_eq!(server.taken().len(), 2);
        assert_eq!(app.app.db.read(outbox::count_failed).expect("a count"), 1);
        assert_eq!(app.fault(), None);
    }

    #[actix_web::test]
    async fn a_server_that_hangs_up_over_a_letter_gets_it_once_more_and_the_others_at_once() {
        let server = Postmaster::start(Protection::None);
        server.refuse_letter(&[HANGS_UP]);
        let app = TestApp::start_with_mail(&format!("smtp://127.0.0.1:{}", server.port)).await;
        let id = give(&app, &[a_gift(), gift_to("b@example.org"), gift_to("c@example.org")]);

        app.send_mail();
        assert_eq!(server.taken().len(), 2);
        app.set_time(later(1));
        app.send_mail();

        assert_eq!(server.taken().len(), 3);
        let mut attempts: Vec<i64> = (id..id + 3).map(|id| only_delivery(&app, id).attempts).collect();
        attempts.sort_unstable();
        assert_eq!(attempts, [1, 1, 2]);
    }

    #[actix_web::test]
    async fn refused_recipients_do_not_cost_a_connection_each() {
        let server = Postmaster::start(Protection::None);
        let mut app = TestApp::start_with_mail(&format!("smtp://127.0.0.1:{}", server.port)).await;
        app.leave_mail_unsent();

        for n in 0..5 {
            let gone = format!("gone{n}@example.org");
            server.refuse_recipient(&gone, &["550 5.1.1 no such user"]);
            give(&app, &[gift_to(&gone)]);
            app.send_mail();
        }

        assert_eq!((server.taken().len(), server.connections()), (0, 1));
        assert_eq!(app.app.db.read(outbox::count_failed).expect("a count"), 5);
    }

    #[actix_web::test]
    async fn a_server_that_refuses_us_is_an_outage_and_no_fault_of_the_letters() {
        for answer in ["421 4.3.2 going down", "452 4.3.1 disk full", "550 5.7.1 you may not send", "530 5.7.0 sign in"]
        {
            let server = Postmaster::start(Protection::None);
            server.refuse_sender(&[answer; 8]);
            let app = TestApp::start_with_mail(&format!("smtp://127.0.0.1:{}", server.port)).await;
            let id = give(&app, &(0..8).map(|n| gift_to(&format!("r{n}@example.org"))).collect::<Vec<_>>());

            worker::tick(&app.app).expect("a round");

            assert!((id..id + 8).all(|id| only_delivery(&app, id).attempts == 0), "{answer}");
            assert!(app.app.post.trouble().is_some_and(|trouble| trouble.reason.contains(&answer[..3])), "{answer}");
            for minute in 1..30 {
                app.set_time(later(minute));
                app.send_mail();
            }
            assert_eq!(server.taken().len(), 8, "{answer}");
        }
    }

    #[actix_web::test]
    async fn mail_of_an_hour_without_a_server_follows_later_and_once() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        drop(listener);
        let app = TestApp::start_with_mail(&format!("smtp://{address}")).await;
        let id = give(&app, &[a_gift()]);
        for minute in 0..60 {
            app.set_time(later(minute));
            app.send_mail();
            if minute == 30 {
                give(&app, &[gift_to("b@example.org")]);
            }
        }
        let delivery = only_delivery(&app, id);
        assert_eq!((delivery.state, delivery.attempts), (DeliveryState::Queued, 0));
        let trouble = app.app.post.trouble().expect("a reason");
        assert_eq!(trouble.since, noon());
        assert!(trouble.until - app.app.clock.now() <= TimeDelta::minutes(2));

        let server =
            Postmaster::start_on(std::net::TcpListener::bind(address).expect("the same port"), Protection::None);
        for minute in 60..70 {
            app.set_time(later(minute));
            app.send_mail();
        }

        let mut to: Vec<String> = server.taken().into_iter().map(|taken| taken.to).collect();
        to.sort();
        assert_eq!(to, ["b@example.org", "jane@example.org"]);
        assert_eq!(only_delivery(&app, id).attempts, 1);
        assert_eq!(app.app.post.trouble(), None);
    }

    #[actix_web::test]
    async fn a_letter_whose_sender_died_is_sent_again_as_the_same_letter() {
        let server = Postmaster::start(Protection::None);
        let app = TestApp::start_with_mail(&format!("smtp://127.0.0.1:{}", server.port)).await;
        let id = give(&app, &[a_gift()]);
        app.send_mail();
        crash_after_sending(&app, id);

        app.set_time(later(5));
        app.send_mail();
        assert_eq!(server.taken().len(), 1, "the lease still runs");
        app.set_time(later(7));
        app.send_mail();

        let taken = server.taken();
        assert_eq!(taken.len(), 2);
        assert_eq!(taken[0].mail().header("Message-ID"), taken[1].mail().header("Message-ID"));
        assert_eq!(taken[0].raw, taken[1].raw);
        assert_eq!(only_delivery(&app, id).state, DeliveryState::Sent);
    }

    #[actix_web::test]
    async fn workers_at_once_never_send_one_mail_twice() {
        const LETTERS: usize = 250;
        let server = Postmaster::start(Protection::None);
        let url = format!("smtp://127.0.0.1:{}", server.port);
        let app = TestApp::start_with_mail(&url).await;
        give(&app, &(0..LETTERS).map(|n| gift_to(&format!("r{n}@example.org"))).collect::<Vec<_>>());

        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| send_as_another_process(&app, &url));
            }
        });

        let mut to: Vec<String> = server.taken().into_iter().map(|taken| taken.to).collect();
        assert_eq!(to.len(), LETTERS);
        to.sort();
        to.dedup();
        assert_eq!(to.len(), LETTERS);
        assert!(server.connections() <= 3 * 8, "{} connections", server.connections());
    }

    /// A worker with a way out of its own.
    fn send_as_another_process(app: &TestApp, url: &str) {
        let from = Sender::parse("Fighting Fund <fund@paper.example>").expect("a sender");
        let settings = MailSettings { target: MailTarget::parse(url).expect("a server"), from };
        let post = Post::open(&app.app.db, &settings).expect("a post");
        let letters =
            Letters { db: app.app.db.clone(), links: app.app.links.clone(), public_url: app.app.public_url.0.clone() };
        let go_on = AtomicBool::new(false);
        let is_due = || app.app.db.read(|conn| outbox::is_any_due(conn, noon())).expect("the outbox");
        while is_due() {
            outbox::send_due(&app.app.db, &app.app.clock, &post, &letters, &go_on).expect("a round");
        }
    }

    #[actix_web::test]
    async fn a_worker_that_is_told_to_stop_gives_back_what_it_has_not_begun() {
        let server = Postmaster::start(Protection::None);
        let app = TestApp::start_with_mail(&format!("smtp://127.0.0.1:{}", server.port)).await;
        let id = give(&app, &[a_gift(), gift_to("b@example.org")]);
        let letters =
            Letters { db: app.app.db.clone(), links: app.app.links.clone(), public_url: app.app.public_url.0.clone() };

        let round =
            outbox::send_due(&app.app.db, &app.app.clock, &app.app.post, &letters, &AtomicBool::new(true)).expect("it");

        assert_eq!((round.sent, server.taken().len()), (0, 0));
        let states: Vec<_> = (id..id + 2).map(|id| only_delivery(&app, id)).map(|d| (d.state, d.attempts)).collect();
        assert_eq!(states, [(DeliveryState::Queued, 0); 2]);
    }

    #[actix_web::test]
    async fn letters_of_rounds_that_follow_each_other_share_a_connection() {
        let server = Postmaster::start(Protection::None);
        let app = TestApp::start_with_mail(&format!("smtp://127.0.0.1:{}", server.port)).await;

        for n in 0..5 {
            give(&app, &[gift_to(&format!("r{n}@example.org"))]);
            app.send_mail();
        }

        assert_eq!((server.taken().len(), server.connections()), (5, 1));
    }

    #[actix_web::test]
    async fn the_metrics_count_what_is_sent_waiting_and_failed() {
        let mut app = TestApp::start().await;
        app.leave_mail_unsent();
        give(&app, &[a_gift(), gift_to("a@b")]);
        app.send_mail();
        give(&app, &[a_gift()]);
        app.app.post.note_counts(&app.app.db.read(outbox::counts).expect("counts"));

        let metrics = app.client.get(app.at("/metrics")).send().await.expect("an answer");

        let text = metrics.text().await.expect("a text");
        for line in ["ff_mail_sent_total 1", "ff_mail_waiting 1", "ff_mail_failed 1"] {
            assert!(text.lines().any(|found| found == line), "{line} is not in {text}");
        }
    }

    /// What is in the database when a process dies between the server's answer and its note of it.
    fn crash_after_sending(app: &TestApp, donation_id: i64) {
        use diesel::RunQueryDsl;
        use diesel::sql_types::{BigInt, Timestamp};
        assert_eq!(only_delivery(app, donation_id).state, DeliveryState::Sent);
        let lease_until = app.app.clock.now() + TimeDelta::minutes(6);
        macro_rules! undo {
            ($c:expr, $text:expr) => {
                diesel::sql_query($text)
                    .bind::<Timestamp, _>(lease_until.naive_utc())
                    .bind::<BigInt, _>(donation_id)
                    .execute($c)
            };
        }
        let set = "UPDATE deliveries SET state = 'sending', sent_at = NULL, due_at";
        let undone: Result<usize, DbError> = app.app.db.write(|conn| {
            Ok(match conn {
                Conn::Postgres(c) => undo!(c, format!("{set} = $1 WHERE donation_id = $2"))?,
                Conn::Sqlite(c) => undo!(c, format!("{set} = ? WHERE donation_id = ?"))?,
            })
        });
        assert_eq!(undone.expect("written"), 1);
    }
}
