//! Mail that comes back by itself, from a folder and from an IMAP mailbox.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use fighting_fund::outbox::{BounceAddress, Bounces, BouncesFrom, MailDeed, MailKind, MailRead};

use super::*;
use crate::imap_server::{ImapServer, Stored};

/// A report of a server about a letter to Jane, sent to `to`.
fn report(to: &str, action: &str, status: &str) -> String {
    format!(
        "Return-Path: <>\nFrom: MAILER-DAEMON@mx.example.org\nTo: {to}\nSubject: Delivery report\nAuto-Submitted: auto-replied\n\
         MIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary=\"b1\"\n\n\
         --b1\nContent-Type: text/plain\n\nThis is the mail system.\n\n--b1\nContent-Type: message/delivery-status\n\n\
         Reporting-MTA: dns; mx.example.org\n\nFinal-Recipient: rfc822; jane@example.org\nAction: {action}\nStatus: {status}\n\
         Diagnostic-Code: smtp; {} no such user\n\n--b1--\n",
        status.replace('.', "")
    )
}

/// The application with return paths, reading from `from`.
fn reading(app: &mut TestApp, from: &str, bounces_to: Option<&str>) {
    let settings = MailSettings {
        target: MailTarget::parse(&format!("dir:{}", app.folder.path().join("mail").display())).expect("a folder"),
        from: Sender::parse("Fighting Fund <fund@paper.example>").expect("a sender"),
        bounces_to: bounces_to.map(|address| BounceAddress::parse(address).expect("an address")),
    };
    app.app.post = Arc::new(Post::open(&app.app.db, &settings).expect("a post"));
    app.app.bounces = Some(Arc::new(Bounces::new(BouncesFrom::parse(from).expect("a mailbox"))));
}

async fn with_a_folder() -> (TestApp, PathBuf) {
    let mut app = TestApp::start().await;
    let folder = app.folder.path().join("back");
    std::fs::create_dir(&folder).expect("a folder");
    let from = format!("dir:{}", folder.display());
    reading(&mut app, &from, Some("bounces@paper.example"));
    (app, folder)
}

fn put(folder: &Path, name: &str, text: &str) {
    std::fs::write(folder.join(name), text).expect("a mail");
}

fn read(app: &TestApp) -> Vec<MailRead> {
    worker::tick(&app.app).expect("a round");
    app.app.db.read(|conn| outbox::mails(conn, 50)).expect("mails")
}

fn return_path(mail: &Mail) -> String {
    let line = mail.raw.lines().next().expect("a line");
    line.trim_start_matches("Return-Path: <").trim_end_matches('>').to_owned()
}

#[actix_web::test]
async fn a_letter_that_came_back_for_good_is_marked_once_and_its_address_takes_nothing_more() {
    let (mut app, folder) = with_a_folder().await;
    let gift = give(&app, &[a_gift()]);
    let path = return_path(&last_mail(&app));
    put(&folder, "1.eml", &report(&path, "failed", "5.1.1"));

    let mails = read(&app);

    assert_eq!((mails.len(), mails[0].kind, mails[0].deed), (1, MailKind::HardBounce, MailDeed::Marked));
    let letter = only_delivery(&app, gift);
    assert_eq!((letter.state, letter.returned_at.is_some()), (DeliveryState::Failed, true));
    assert_eq!(letter.last_error, "511 no such user");
    assert!(folder.join("done/1.eml").exists() && !folder.join("1.eml").exists());
    // The program was killed before the file was moved.
    put(&folder, "again.eml", &report(&path, "failed", "5.1.1"));
    assert_eq!(read(&app).len(), 1);
    let second = give(&app, &[gift_to("Jane@Example.org")]);
    app.send_mail();
    let refused = only_delivery(&app, second);
    assert_eq!(refused.state, DeliveryState::Failed);
    assert!(refused.last_error.starts_with("Mail to this address came back on 27 June 2021"), "{}", refused.last_error);
    // Whoever tries it again says that the address is right.
    let now = app.app.clock.now();
    app.app.db.write(|conn| outbox::try_again(conn, now, refused.id)).expect("tried again");
    app.send_mail();
    assert_eq!(only_delivery(&app, second).state, DeliveryState::Sent);
    app.leave_mail_unsent();
}

#[actix_web::test]
async fn what_is_no_hard_bounce_marks_nothing() {
    let (app, folder) = with_a_folder().await;
    let gift = give(&app, &[a_gift()]);
    let path = return_path(&last_mail(&app));
    put(&folder, "1.eml", &report(&path, "delayed", "4.4.1"));
    put(&folder, "2.eml", &report(&path, "delivered", "2.0.0"));
    put(
        &folder,
        "3.eml",
        &format!("From: Jane <jane@example.org>\nTo: {path}\nSubject: Away\nAuto-Submitted: auto-replied\n\nAway.\n"),
    );
    put(&folder, "4.eml", &format!("From: Jane <jane@example.org>\nTo: {path}\nSubject: Re: Thank you\n\nHow kind.\n"));

    let mails = read(&app);

    let told: Vec<_> = mails.iter().rev().map(|mail| (mail.kind, mail.deed)).collect();
    assert_eq!(
        told,
        [
            (MailKind::SoftBounce, MailDeed::Noted),
            (MailKind::Success, MailDeed::Noted),
            (MailKind::AutoReply, MailDeed::Noted),
            (MailKind::Person, MailDeed::Staff),
        ]
    );
    assert_eq!(mails[0].sender, "Jane <jane@example.org>");
    assert_eq!(only_delivery(&app, gift).state, DeliveryState::Sent);
}

#[actix_web::test]
async fn nobody_sends_back_the_letter_of_somebody_else() {
    let (app, folder) = with_a_folder().await;
    let gift = give(&app, &[a_gift()]);
    let path = return_path(&last_mail(&app));
    let letter = only_delivery(&app, gift);
    let forged = path.replace(&format!("+{}.", letter.id), "+99.");
    let id = format!("Message-ID: <receipt.{}.{}@paper.example>", letter.id, "0".repeat(16));
    put(&folder, "1.eml", &report(&forged, "failed", "5.1.1"));
    put(&folder, "2.eml", &report("fund@paper.example", "failed", "5.1.1"));
    put(&folder, "3.eml", &format!("{}\n{id}\n", report("fund@other.example", "failed", "5.1.1")));

    let mails = read(&app);

    let told: Vec<_> = mails.iter().rev().map(|mail| mail.deed).collect();
    assert_eq!(told, [MailDeed::Left, MailDeed::Staff, MailDeed::Left]);
    assert!(folder.join("1.eml").exists() && folder.join("3.eml").exists(), "another's stays where it lay");
    assert!(folder.join("done/2.eml").exists());
    assert_eq!(read(&app).len(), 3);
    assert_eq!(only_delivery(&app, gift).state, DeliveryState::Sent);
}

#[actix_web::test]
async fn three_soft_bounces_in_a_row_over_a_week_count_as_hard() {
    let (mut app, folder) = with_a_folder().await;
    for days in [0, 4, 9] {
        app.set_time(noon() + TimeDelta::days(days));
        let gift = give(&app, &[NewGift { received_on: Some(noon().date_naive()), ..a_gift() }]);
        let path = return_path(&last_mail(&app));
        put(&folder, &format!("{days}.eml"), &report(&path, "failed", "4.2.2"));
        let mails = read(&app);
        let expected = if days == 9 { MailDeed::Marked } else { MailDeed::Noted };
        assert_eq!(mails[0].deed, expected, "after {days} days");
        let state = if days == 9 { DeliveryState::Failed } else { DeliveryState::Sent };
        assert_eq!(only_delivery(&app, gift).state, state);
    }
    app.leave_mail_unsent();
}

#[actix_web::test]
async fn soft_bounces_with_a_letter_that_arrived_between_them_do_not_count() {
    let (app, folder) = with_a_folder().await;
    for (days, comes_back) in [(0, true), (3, true), (10, false), (20, true)] {
        app.set_time(noon() + TimeDelta::days(days));
        give(&app, &[NewGift { received_on: Some(noon().date_naive()), ..a_gift() }]);
        let path = return_path(&last_mail(&app));
        if comes_back {
            put(&folder, &format!("{days}.eml"), &report(&path, "failed", "4.2.2"));
        }
        assert!(read(&app).iter().all(|mail| mail.deed == MailDeed::Noted), "after {days} days");
    }
}

#[actix_web::test]
async fn a_mailbox_is_read_and_what_was_taken_is_seen() {
    let mut app = TestApp::start().await;
    let server = ImapServer::start();
    reading(&mut app, &server.url(), Some("bounces@paper.example"));
    let gift = give(&app, &[a_gift()]);
    let path = return_path(&last_mail(&app));
    server.put(&report(&path, "failed", "5.1.1"));
    server.put("From: Jane <jane@example.org>\nTo: fund@paper.example\nSubject: Re: Thank you\n\nHow kind.\n");
    server.put(&report(&path.replace("+1.", "+77."), "failed", "5.1.1"));

    let mails = read(&app);

    let told: Vec<_> = mails.iter().rev().map(|mail| mail.deed).collect();
    assert_eq!(told, [MailDeed::Marked, MailDeed::Staff, MailDeed::Left]);
    let flags: Vec<String> = server.mails().into_iter().map(|mail| mail.flags).collect();
    assert!(flags[0].contains("\\SEEN") && !flags[0].contains("FLAGGED"), "{flags:?}");
    assert!(flags[1].contains("\\SEEN") && flags[1].contains("\\FLAGGED"), "{flags:?}");
    assert_eq!(flags[2], "", "another's is left alone");
    assert_eq!(only_delivery(&app, gift).state, DeliveryState::Failed);
    assert_eq!(read(&app).len(), 3);
    assert_eq!(server.mails()[2].fetched, 1, "what is another's is not fetched each time");
    app.leave_mail_unsent();
}

#[actix_web::test]
async fn a_huge_mail_is_not_fetched_and_one_that_lies_about_its_size_ends_the_conversation() {
    let mut app = TestApp::start().await;
    let server = ImapServer::start();
    reading(&mut app, &server.url(), None);
    server.put_stored(Stored { raw: vec![b'x'; 50_000_000], ..Stored::default() });

    let mails = read(&app);

    assert_eq!((mails.len(), mails[0].deed), (1, MailDeed::TooLarge));
    let stored = server.mails().remove(0);
    assert!(stored.fetched == 0 && stored.flags.contains("\\SEEN"));
    server.put_stored(Stored { raw: vec![b'x'; 50_000_000], said_size: Some(100), ..Stored::default() });
    assert_eq!(read(&app).len(), 1);
    let trouble = app.app.db.read(outbox::mailbox_trouble).expect("read").expect("trouble");
    assert!(trouble.reason.contains("more than it was asked for"), "{}", trouble.reason);
}

#[actix_web::test]
async fn a_mailbox_that_is_away_keeps_nobody_waiting_and_is_told_with_its_moment() {
    let mut app = TestApp::start().await;
    let server = ImapServer::start();
    reading(&mut app, &server.url(), None);
    server.refuse(true);
    give(&app, &[a_gift()]);

    assert_eq!(app.mails().len(), 1, "letters leave all the same");
    app.set_time(later(30));
    read(&app);

    let trouble = app.app.db.read(outbox::mailbox_trouble).expect("read").expect("trouble");
    assert_eq!(trouble.since, noon());
    let clerk = app.sign_in(fighting_fund::staff::Role::Clerk).await;
    let page = clerk.get(app.at("/desk")).send().await.expect("an answer").text().await.expect("a page");
    assert!(page.contains("cannot be read since 27 June 2021 at 12:00"), "{page}");
    server.refuse(false);
    read(&app);
    assert_eq!(app.app.db.read(outbox::mailbox_trouble).expect("read"), None);
}

#[actix_web::test]
async fn a_pasted_mail_is_called_what_it_is_and_only_a_bounce_can_be_marked() {
    let app = TestApp::start().await;
    let gift = give(&app, &[a_gift()]);
    app.send_mail();
    let clerk = app.sign_in(fighting_fund::staff::Role::Clerk).await;
    let paste = async |text: String| {
        let form = [("key", uuid::Uuid::now_v7().to_string()), ("text", text)];
        let answer = clerk.post(app.at("/desk/receipts/returned")).form(&form).send().await.expect("an answer");
        answer.text().await.expect("a page")
    };
    let from_jane = |headers: &str| {
        format!("From: Jane <jane@example.org>\nTo: fund@paper.example\n{headers}\n\nBack on Monday.\n")
    };
    for (mail, kind, can_be_marked) in [
        (report("fund@paper.example", "failed", "5.1.1"), MailKind::HardBounce, true),
        (report("fund@paper.example", "delayed", "4.4.1"), MailKind::SoftBounce, false),
        (report("fund@paper.example", "relayed", "2.0.0"), MailKind::Success, false),
        (from_jane("Subject: Away\nAuto-Submitted: auto-replied"), MailKind::AutoReply, false),
        (from_jane("Subject: Re: Thank you"), MailKind::Person, false),
        (
            "From: postmaster@mx.example\nSubject: Undeliverable\n\nSorry about jane@example.org\n".to_owned(),
            MailKind::Unknown,
            true,
        ),
    ] {
        let page = paste(mail).await;
        assert!(page.contains(kind.label()), "{kind:?}: {page}");
        assert_eq!(page.contains("This one came back"), can_be_marked, "{kind:?}: {page}");
    }
    assert_eq!(only_delivery(&app, gift).state, DeliveryState::Sent);
}
