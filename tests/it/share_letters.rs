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
    society.app.send_mail();
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
async fn how_to_pay_for_shares_is_not_sent_once_the_money_is_here_or_the_application_is_refused() {
    let society = Society::start().await;
    let apply = async |name: &str| {
        let email = format!("{name}@example.org");
        let holder = json!({"kind": "person", "name": name, "address": "1 High St", "email": email});
        let sent = json!({"class": "ordinary", "shares": 10, "holder": holder, "accepts_rules": true});
        let (_, applied) = society.post("applications", sent).await;
        applied["reference"].as_str().expect("a reference").to_owned()
    };
    let (paid, refused) = (apply("ann").await, apply("ben").await);
    society.post(&format!("applications/{paid}/payment"), json!({"amount": "10.00", "method": "cash"})).await;
    society.post(&format!("applications/{refused}/refusal"), json!({"reason": "no minute"})).await;

    let mails = society.app.mails();

    let subjects: Vec<&str> = mails.iter().map(|mail| mail.subject.as_str()).collect();
    assert!(!subjects.iter().any(|subject| subject.starts_with("Your application for")), "{subjects:?}");
    assert!(subjects.contains(&"We have received £10.00 for your shares"), "{subjects:?}");
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

/// The text of the newest mail, with what changes from run to run in words.
fn newest(society: &Society) -> String {
    let mail = society.app.mails().pop().expect("a mail");
    let words = mail.text.replace(&society.app.url, "https://fund.example");
    let word = |word: &str| {
        let is_reference =
            word.len() >= 10 && word.starts_with("FF") && word[2..10].bytes().all(|b| b.is_ascii_alphanumeric());
        if is_reference { format!("FF********{}", &word[10..]) } else { word.to_owned() }
    };
    let lines = words.lines().map(|line| line.split(' ').map(word).collect::<Vec<_>>().join(" "));
    let whole = format!("{}\n\n{}", mail.subject, lines.collect::<Vec<_>>().join("\n"));
    // What every letter ends with is proved with the receipts.
    whole.split("\n\nIf anything here is not right").next().unwrap_or_default().to_owned()
}

/// The text of the newest mail, without the link that is its own.
fn newest_unlinked(society: &Society) -> String {
    newest(society).split("\n\nHow your application stands").next().unwrap_or_default().to_owned()
}

/// A member with an e-mail address: the number.
async fn reachable(society: &Society, shares: i64) -> String {
    let holder = json!({"kind": "person", "name": "Ann Lee", "address": "1 High St", "email": "ann@example.org"});
    let sent = json!({"class": "ordinary", "shares": shares, "holder": holder, "accepts_rules": true});
    let (_, applied) = society.post("applications", sent).await;
    let reference = applied["reference"].as_str().expect("a reference").to_owned();
    let money = json!({"amount": applied["amount"], "method": "cash"});
    society.post(&format!("applications/{reference}/payment"), money).await;
    let (_, allotted) = society.post(&format!("applications/{reference}/allotment"), json!({})).await;
    allotted["member"].as_str().expect("a number").to_owned()
}

#[actix_web::test]
async fn the_letters_of_a_withdrawal_read_like_letters_from_a_person() {
    let society = Society::start().await;
    let ann = reachable(&society, 10).await;
    let notice = json!({"member": ann, "class": "ordinary", "shares": 4});
    let (_, first) = society.post("withdrawals", notice.clone()).await;
    let reference = first["reference"].as_str().expect("a reference").to_owned();

    society.post(&format!("withdrawals/{reference}/agreement"), json!({})).await;
    let agreed = newest(&society);
    society.post(&format!("withdrawals/{reference}/payment"), json!({})).await;
    let paid = newest(&society);
    let (_, second) = society.post("withdrawals", notice).await;
    let reference = second["reference"].as_str().expect("a reference").to_owned();
    society.post(&format!("withdrawals/{reference}/refusal"), json!({"reason": "The bank balance is low."})).await;
    let refused = newest(&society);

    insta::assert_snapshot!(agreed, @r#"
    Your withdrawal is agreed

    Dear Ann Lee,

    The committee has agreed to your withdrawal of 4 ordinary shares, of
    which you gave notice on 27 June 2021. The shares have left your
    holding, and the society owes you £4.00.

    We send the money from our bank and write once more when it has left. If
    we do not know your account yet, please answer this letter and give the
    reference FF********.

    You still hold:

      6 ordinary shares, £6.00
    "#);
    insta::assert_snapshot!(paid, @r#"
    We have paid you £4.00 for your shares

    Dear Ann Lee,

    On 27 June 2021 we paid you £4.00 for the 4 ordinary shares that you
    withdrew, FF********. It should be in your account within a few days;
    please write to us when it is not.

    Thank you for the time your money worked for the paper.
    "#);
    insta::assert_snapshot!(refused, @r#"
    About your withdrawal of shares

    Dear Ann Lee,

    The committee has considered your notice of 27 June 2021 to withdraw 4
    ordinary shares, FF********, and has not agreed to it. This is its
    reason:

      The bank balance is low.

    The shares stay yours, with their vote, and you may give notice again
    whenever you like. If you need the money badly, please write and tell
    us; the committee reads it.
    "#);
}

#[actix_web::test]
async fn a_refusal_says_why_and_what_happens_to_the_money() {
    let society = Society::start().await;
    let apply = |name: &'static str| {
        let holder = json!({"kind": "person", "name": name, "address": "1 High St", "email": "ann@example.org"});
        json!({"class": "ordinary", "shares": 10, "holder": holder, "accepts_rules": true})
    };
    let reason = json!({"reason": "We could not read the signature."});
    let (_, unpaid) = society.post("applications", apply("Ann Lee")).await;
    let unpaid = unpaid["reference"].as_str().expect("a reference").to_owned();
    society.post(&format!("applications/{unpaid}/refusal"), reason.clone()).await;
    let nothing_sent = newest(&society);
    let (_, paid) = society.post("applications", apply("Bo Lee")).await;
    let paid = paid["reference"].as_str().expect("a reference").to_owned();
    society.post(&format!("applications/{paid}/payment"), json!({"amount": "10.00", "method": "cash"})).await;
    society.post(&format!("applications/{paid}/refusal"), reason).await;
    let goes_back = newest(&society);

    insta::assert_snapshot!(nothing_sent, @r#"
    About your application for shares

    Dear Ann Lee,

    Thank you for wanting to own a part of the paper. The committee has
    considered your application for 10 ordinary shares, FF********, and has
    decided not to allot them. This is its reason:

      We could not read the signature.

    Nothing has reached us for it, so nothing is owed on either side. Please
    send nothing any more.

    If you think that we have misunderstood something, please answer this
    letter. You may also apply again.
    "#);
    insta::assert_snapshot!(goes_back, @r#"
    About your application for shares

    Dear Bo Lee,

    Thank you for wanting to own a part of the paper. The committee has
    considered your application for 10 ordinary shares, FF********, and has
    decided not to allot them. This is its reason:

      We could not read the signature.

    The £10.00 that you sent for the shares goes back to you in full. You
    need not do anything for it.

    If you think that we have misunderstood something, please answer this
    letter. You may also apply again.
    "#);
}

#[actix_web::test]
async fn interest_and_the_yearly_statement_tell_a_member_what_is_theirs() {
    let society = Society::start().await;
    reachable(&society, 1_000).await;
    society.change_settings(|settings| settings.pays_interest = true);
    society.app.set_time(crate::harness::noon() + chrono::TimeDelta::days(400));
    let desk = Desk::of(&society.app, Role::Administrator).await;
    let declare = |key: &'static str, from: &'static str, until: &'static str, added: &'static str| {
        [
            ("key", key),
            ("class", "ordinary"),
            ("from_on", from),
            ("until_on", until),
            ("rate", "2.55"),
            ("minute", "9/1"),
            ("is_added", added),
        ]
    };

    desk.send("/desk/shares/interest", &declare("i1", "2021-07-01", "2022-06-30", "")).await;
    let interest = newest(&society);
    desk.send("/desk/shares/statements", &[("key", "s1"), ("as_at", "2022-06-30")]).await;
    let statement = newest(&society);
    desk.send("/desk/shares/interest", &declare("i2", "2022-07-01", "2022-07-31", "true")).await;
    let added = newest(&society);

    insta::assert_snapshot!(interest, @r#"
    Interest on your shares until 30 June 2022

    Dear Ann Lee,

    The society pays interest of 2.55 per cent a year on ordinary shares for
    the time from 1 July 2021 to 30 June 2022. Yours is worked out on the
    days on which you held them.

      Your interest  £25.50
      Declared on    1 August 2022

    We send it to you from our bank. If we do not know your account yet,
    please answer this letter.

    No tax is taken off. If you pay tax on interest, you may have to declare
    it.
    "#);
    insta::assert_snapshot!(statement, @r#"
    Your shares on 30 June 2022

    Dear Ann Lee,

    This is what the register of members says of you at the end of 30 June
    2022. Please read it, and tell us when anything in it is not right;
    above all when you have moved.

      Member       M000001
      Member since 27 June 2021
      Name         Ann Lee
      Address      1 High St

      1,000 ordinary shares, £1,000.00

    You have one vote, whatever you hold. Nothing needs to be done when all
    of it is right.
    "#);
    insta::assert_snapshot!(added, @r#"
    Interest on your shares until 31 July 2022

    Dear Ann Lee,

    The society pays interest of 2.55 per cent a year on ordinary shares for
    the time from 1 July 2022 to 31 July 2022. Yours is worked out on the
    days on which you held them.

      Your interest  £2.17
      Declared on    1 August 2022

    Whole shares are added to your holding for it, with a certificate, and
    what is left is sent to you from our bank.

    No tax is taken off. If you pay tax on interest, you may have to declare
    it.
    "#);
    assert_eq!(society.owed("liabilities:interest-payable"), 2_550 + 217);
    let before = society.owed("assets:bank");
    assert_eq!(desk.send("/desk/shares/interest/2/payment", &[("key", "i3")]).await.0, 303);
    assert_eq!(society.owed("equity:share-capital:ordinary"), 100_200, "two whole shares");
    assert_eq!((society.owed("assets:bank") - before, society.owed("liabilities:interest-payable")), (17, 2_550));
    assert!(newest(&society).contains("Now yours: 2 ordinary shares"));
    let (held, told) = desk.send("/desk/shares/events/2/reversal", &[("key", "i4"), ("reason", "in error")]).await;
    assert!(held == 422 && told.contains("interest that was added"), "{told}");
}

/// Takes the newest note back at the desk.
async fn take_newest_back(society: &Society, desk: &Desk<'_>, key: &str, reason: &str, on: &str) {
    use fighting_fund::shares::notes;
    let newest = society.app.app.db.read(|conn| notes::of_kinds(conn, &[], i64::MAX, 1)).expect("notes");
    let path = format!("/desk/shares/notes/{}/taking-back", newest[0].number);
    assert_eq!(desk.send(&path, &[("key", key), ("reason", reason), ("on", on)]).await.0, 303, "{key}");
}

#[actix_web::test]
async fn a_refusal_that_is_taken_back_is_followed_by_a_letter_that_says_what_holds_now() {
    let society = Society::start().await;
    let holder = json!({"kind": "person", "name": "Ann Lee", "address": "1 High St", "email": "ann@example.org"});
    let sent = json!({"class": "ordinary", "shares": 10, "holder": holder, "accepts_rules": true});
    let (_, applied) = society.post("applications", sent).await;
    let reference = applied["reference"].as_str().expect("a reference").to_owned();
    let desk = Desk::of(&society.app, Role::Secretary).await;
    let refusal = json!({"reason": "We could not read the signature."});

    society.post(&format!("applications/{reference}/refusal"), refusal.clone()).await;
    assert!(newest(&society).starts_with("About your application"));
    take_newest_back(&society, &desk, "b1", "The signature is in order.", "").await;
    let unpaid = newest_unlinked(&society);
    society.post(&format!("applications/{reference}/payment"), json!({"amount": "10.00", "method": "cash"})).await;
    society.post(&format!("applications/{reference}/refusal"), refusal).await;
    let second = newest(&society);
    take_newest_back(&society, &desk, "b2", "The signature is in order.", "").await;
    let paid = newest_unlinked(&society);
    society.post(&format!("applications/{reference}/withdrawal"), json!({})).await;
    take_newest_back(&society, &desk, "b3", "Another Ann Lee wrote to us.", "").await;
    let withdrawn = newest_unlinked(&society);

    assert!(second.contains("The £10.00 that you sent"), "{second}");
    insta::assert_snapshot!(unpaid, @r#"
    Your application for shares is open again

    Dear Ann Lee,

    We are sorry to trouble you. We wrote to you that the committee had
    decided not to allot the 10 ordinary shares for which you applied,
    FF********. That was our mistake, and it does not hold any more: your
    application waits for the committee again.

    This is what we noted about it:

      The signature is in order.

    Nothing has reached us for it yet. The shares cost £10.00; please give
    the reference FF******** when you pay.

    We write to you when the committee has decided.
    "#);
    insta::assert_snapshot!(paid, @r#"
    Your application for shares is open again

    Dear Ann Lee,

    We are sorry to trouble you. We wrote to you that the committee had
    decided not to allot the 10 ordinary shares for which you applied,
    FF********. That was our mistake, and it does not hold any more: your
    application waits for the committee again.

    This is what we noted about it:

      The signature is in order.

    The £10.00 that you sent is here, and is kept apart for your shares as
    before. You need not send it again. If it has reached you meanwhile,
    please tell us.

    We write to you when the committee has decided.
    "#);
    insta::assert_snapshot!(withdrawn, @r#"
    Your application for shares is open again

    Dear Ann Lee,

    We are sorry to trouble you. We had noted that you did not want the 10
    ordinary shares any more for which you applied, FF********. That was our
    mistake, and it does not hold any more: your application waits for the
    committee again. If you did withdraw it, please answer this letter.

    This is what we noted about it:

      Another Ann Lee wrote to us.

    The £10.00 that you sent is here, and is kept apart for your shares as
    before. You need not send it again. If it has reached you meanwhile,
    please tell us.

    We write to you when the committee has decided.
    "#);
    let html = society.app.mails().pop().expect("a mail").html;
    assert!(
        html.contains("Another Ann Lee wrote to us.") && html.contains("See how your application stands"),
        "{html}"
    );
    let page = desk.page(&format!("/desk/shares/applications/{reference}")).await;
    assert!(page.contains("Application open again"), "{page}");
}

#[actix_web::test]
async fn what_was_told_of_a_withdrawal_and_does_not_hold_is_corrected_by_letter() {
    let society = Society::start().await;
    let ann = reachable(&society, 10).await;
    let notice = json!({"member": ann, "class": "ordinary", "shares": 4});
    let (_, given) = society.post("withdrawals", notice).await;
    let reference = given["reference"].as_str().expect("a reference").to_owned();
    let at = |step: &str| format!("withdrawals/{reference}/{step}");

    society.post(&at("refusal"), json!({"reason": "The bank balance is low."})).await;
    society.app.mails();
    let desk = Desk::of(&society.app, Role::Administrator).await;
    take_newest_back(&society, &desk, "c1", "It was another member’s.", "").await;
    let refusal = newest(&society);
    society.post(&at("agreement"), json!({})).await;
    society.post(&at("payment"), json!({})).await;
    society.app.mails();
    society.app.set_time(crate::harness::noon() + chrono::TimeDelta::days(3));
    let desk = Desk::of(&society.app, Role::Administrator).await;
    take_newest_back(&society, &desk, "c2", "The account was closed.", "2021-06-29").await;
    let payment = newest(&society);
    let event = desk.send("/desk/shares/events/2/reversal", &[("key", "c3"), ("reason", "in error")]).await;
    let mails = society.app.mails().len();
    society.post(&at("refusal"), json!({"reason": "Not this year."})).await;
    take_newest_back(&society, &desk, "c4", "In error.", "").await;

    assert_eq!(event.0, 303);
    insta::assert_snapshot!(refusal, @r#"
    A correction: your notice of withdrawal stands

    Dear Ann Lee,

    We are sorry to trouble you. We wrote to you that the committee had not
    agreed to your withdrawal of 4 ordinary shares, FF********. That was our
    mistake, and it does not hold any more: your notice of 27 June 2021
    stands, with its day and its place in the queue.

    This is what we noted about it:

      It was another member’s.

    The shares are yours until the committee agrees. We write to you when it
    has decided.
    "#);
    insta::assert_snapshot!(payment, @r#"
    A correction: we have not paid you yet

    Dear Ann Lee,

    We are sorry to trouble you. We wrote to you that on 27 June 2021 we had
    paid you £4.00 for the 4 ordinary shares that you withdrew, FF********.
    That does not hold any more: the money came back to our bank on 29 June
    2021.

    This is what we noted about it:

      The account was closed.

    The society owes you the £4.00 as before, and we write once more when it
    has left. If your account has changed, please answer this letter. If the
    money has reached you all the same, please tell us.
    "#);
    assert_eq!(society.app.mails().len(), mails + 1, "the second refusal had not left; the first one had");
}

#[actix_web::test]
async fn a_letter_that_has_not_left_is_dropped_and_nothing_is_said() {
    let society = Society::start().await;
    let reference = society.paid("Bo Lee", 10).await;
    let desk = Desk::of(&society.app, Role::Secretary).await;
    let to_post = || {
        let count = society.app.app.db.read(|conn| outbox::count_to_post(conn, LetterKind::is_about_shares));
        count.expect("a count")
    };
    let before = to_post();

    society.post(&format!("applications/{reference}/refusal"), json!({"reason": "Wrong form."})).await;
    let between = to_post();
    take_newest_back(&society, &desk, "d1", "It was the right form.", "").await;

    assert_eq!((between - before, to_post() - before), (1, 0), "the letter lay in the tray of the post");
}

#[actix_web::test]
async fn members_are_told_that_interest_and_its_shares_were_taken_back() {
    let society = Society::start().await;
    reachable(&society, 1_000).await;
    society.change_settings(|settings| settings.pays_interest = true);
    society.app.set_time(crate::harness::noon() + chrono::TimeDelta::days(400));
    let desk = Desk::of(&society.app, Role::Administrator).await;
    let declare = [
        ("key", "i1"),
        ("class", "ordinary"),
        ("from_on", "2022-07-01"),
        ("until_on", "2022-07-31"),
        ("rate", "2.55"),
        ("minute", "9/1"),
        ("is_added", "true"),
    ];
    desk.send("/desk/shares/interest", &declare).await;
    desk.send("/desk/shares/interest/1/payment", &[("key", "i2")]).await;
    society.app.mails();

    take_newest_back(&society, &desk, "i3", "The bank was closed.", "").await;
    let payment = newest(&society);
    desk.send("/desk/shares/interest/1/payment", &[("key", "i4")]).await;
    let mails = society.app.mails().len();
    let back = [("key", "i5"), ("reason", "The meeting did not agree.")];
    assert_eq!(desk.send("/desk/shares/interest/1/taking-back", &back).await.0, 303);
    let whole = newest(&society);

    insta::assert_snapshot!(payment, @r#"
    A correction about your interest

    Dear Ann Lee,

    We are sorry to trouble you. We wrote to you that on 1 August 2022 2
    ordinary shares came to you for your interest until 31 July 2022. That
    does not hold any more: the shares have left your holding again, and
    their certificate is cancelled by its number.

    This is what we noted about it:

      The bank was closed.

    The society owes you the interest of £2.17 as before.

    You hold now:

      1,000 ordinary shares, £1,000.00
    "#);
    insta::assert_snapshot!(whole, @r#"
    A correction about your interest

    Dear Ann Lee,

    We are sorry to trouble you. We wrote to you that the society pays you
    £2.17 of interest on ordinary shares for the time from 1 July 2022 to 31
    July 2022. That does not hold any more: the declaration was taken back,
    and nothing is owed for it. The 2 ordinary shares that we had added to
    your holding for it have left it again, and their certificate is
    cancelled by its number.

    This is what we noted about it:

      The meeting did not agree.

    You hold now:

      1,000 ordinary shares, £1,000.00
    "#);
    assert_eq!(society.app.mails().len(), mails + 1, "one letter says both");
}
