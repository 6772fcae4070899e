//! One mail of each kind, as servers, programs and people write them.

use super::*;

const REPORT: &str = "From: MAILER-DAEMON@mx.example.org\nSubject: Undelivered Mail Returned to Sender\n\n\
    I'm sorry to have to inform you that your message could not be delivered.\n\n\
    Final-Recipient: rfc822; Ann@Example.org\nAction: failed\nStatus: 5.1.1\n\
    Diagnostic-Code: smtp; 550 5.1.1 <ann@example.org>: Recipient address\n    rejected: User unknown\n\n\
    Message-ID: <receipt.17.0a1b2c@paper.example>\nTo: Ann Lee <ann@example.org>\n";

fn pasted(text: &str) -> Returned {
    read(text.as_bytes(), "0a1b2c", Source::Pasted)
}

/// A whole report as a server sends it.
fn report(action: &str, status: &str, diagnostic: &str) -> String {
    format!(
        "Return-Path: <>\r\nFrom: Mail Delivery System <MAILER-DAEMON@mx.example.org>\r\nTo: fund@paper.example\r\n\
         Subject: Delivery report\r\nAuto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=\"b1\"\r\n\r\n\
         --b1\r\nContent-Type: text/plain\r\n\r\nThis is the mail system.\r\n\r\n\
         --b1\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.org\r\n\r\n\
         Final-Recipient: rfc822; ann@example.org\r\nAction: {action}\r\nStatus: {status}\r\n{diagnostic}\r\n\
         --b1\r\nContent-Type: message/rfc822\r\n\r\nFrom: fund@paper.example\r\nTo: ann@example.org\r\n\
         Message-ID: <receipt.17.0a1b2c@paper.example>\r\nSubject: Thank you\r\n\r\nDear Ann\r\n--b1--\r\n"
    )
}

#[test]
fn a_report_names_the_letter_the_address_and_the_reason() {
    let read = pasted(REPORT);

    assert_eq!(read.kind, MailKind::HardBounce);
    assert_eq!(read.letter, Some((LetterKind::Receipt, 17)));
    assert_eq!(read.recipients, ["ann@example.org"]);
    assert_eq!(read.reason, "550 5.1.1 <ann@example.org>: Recipient address rejected: User unknown");
}

#[test]
fn a_report_is_read_by_its_action_and_its_status() {
    let told = |action, status| read(report(action, status, "").as_bytes(), "0a1b2c", Source::Mailbox).kind;

    assert_eq!(told("failed", "5.1.1"), MailKind::HardBounce);
    assert_eq!(told("Failed (no such user)", "5.0.0"), MailKind::HardBounce);
    assert_eq!(told("failed", "4.4.7"), MailKind::SoftBounce);
    assert_eq!(told("delayed", "4.0.0"), MailKind::SoftBounce);
    assert_eq!(told("delivered", "2.0.0"), MailKind::Success);
    assert_eq!(told("relayed", "2.1.5"), MailKind::Success);
    assert_eq!(told("expanded", "2.0.0"), MailKind::Success);
    assert_eq!(told("vanished", "9.9.9"), MailKind::Unknown);
}

#[test]
fn a_whole_report_names_its_letter() {
    let text = report("failed", "5.1.1", "Diagnostic-Code: smtp; 550 no such user\r\n");
    let read = read(text.as_bytes(), "0a1b2c", Source::Mailbox);

    assert_eq!(read.letter, Some((LetterKind::Receipt, 17)));
    assert_eq!((read.recipients, read.reason.as_str()), (vec!["ann@example.org".to_owned()], "550 no such user"));
    assert_eq!(read.sent_to, ["fund@paper.example"]);
}

#[test]
fn a_letter_of_another_installation_is_not_ours() {
    let read = |installation| read(REPORT.as_bytes(), installation, Source::Pasted);

    assert_eq!((read("ffffff").letter, read("ffffff").is_foreign), (None, true));
    assert_eq!(read("").letter, None);
    assert!(!read("0a1b2c").is_foreign);
}

#[test]
fn a_report_in_prose_still_names_the_address_and_the_reply() {
    let text = "Your message to joe@example.net couldn't be delivered.\n\
                The response was: 552 5.2.2 The recipient's inbox is full\n";

    let read = pasted(text);

    assert_eq!(read.kind, MailKind::HardBounce);
    assert_eq!(read.recipients, ["joe@example.net"]);
    assert_eq!(read.reason, "552 5.2.2 The recipient's inbox is full");
}

#[test]
fn servers_that_write_sentences_are_understood_where_they_say_why() {
    let mail = |from: &str, subject: &str, text: &str| {
        pasted(&format!("From: {from}\nTo: fund@paper.example\nSubject: {subject}\n\n{text}\n")).kind
    };
    let qmail = "Hi. This is the qmail-send program at mx.example.\nI'm afraid I wasn't able to deliver your message \
                 to the following addresses.\nThis is a permanent error; I've given up. Sorry it didn't work out.\n\n\
                 <joe@example.net>:\nSorry, no mailbox here by that name. (#5.1.1)";
    let exchange = "Delivery has failed to these recipients or groups:\njoe@example.net\nThe email address you entered \
                    couldn't be found.\nRemote Server returned '550 5.1.10 RESOLVER.ADR.RecipientNotFound'";
    let exim = "This message was created automatically by mail delivery software.\nA message that you sent could not \
                be delivered to one or more of its recipients.\n  joe@example.net\n    host mx said: 451 4.3.0 try later";
    let warning = "A message that you sent has not yet been delivered to one or more of its recipients after 24 hours.\n\
                   No action is required. Delivery attempts will continue. 451 greylisted, still trying";

    assert_eq!(mail("MAILER-DAEMON@mx.example", "failure notice", qmail), MailKind::HardBounce);
    assert_eq!(mail("postmaster@outlook.example", "Undeliverable: Thank you", exchange), MailKind::HardBounce);
    assert_eq!(mail("Mail Delivery System <x@mx.example>", "Mail delivery failed", exim), MailKind::SoftBounce);
    assert_eq!(mail("Mail Delivery System <x@mx.example>", "Warning: message delayed", warning), MailKind::SoftBounce);
    assert_eq!(mail("postmaster@mx.example", "Undeliverable: Thank you", "Sorry."), MailKind::Unknown);
}

#[test]
fn programs_that_answer_are_no_bounce() {
    let with = |header: &str, subject: &str| {
        let text = format!(
            "From: Joe <joe@example.net>\nTo: fund@paper.example\nSubject: {subject}\n{header}\n\nI am away. 550 is my room.\n"
        );
        pasted(&text).kind
    };

    assert_eq!(with("Auto-Submitted: auto-replied", "Re: Thank you"), MailKind::AutoReply);
    assert_eq!(with("X-Autoreply: yes", "Re: Thank you"), MailKind::AutoReply);
    assert_eq!(with("Precedence: auto_reply", "Re: Thank you"), MailKind::AutoReply);
    assert_eq!(with("X-Mailer: x", "Automatic reply: Thank you"), MailKind::AutoReply);
    assert_eq!(with("X-Mailer: x", "Out of Office"), MailKind::AutoReply);
    assert_eq!(with("Auto-Submitted: no", "Re: Thank you"), MailKind::Person);
}

#[test]
fn an_answer_of_a_person_is_one_whatever_it_quotes() {
    let text = "From: Joe <joe@example.net>\nTo: fund@paper.example\nSubject: Re: Thank you: receipt 2021-000123\n\n\
                How kind! My 550 5.00 was well spent, and could not be delivered better.\n\n\
                > From: fund@paper.example\n> To: joe@example.net\n> Message-ID: <receipt.17.0a1b2c@paper.example>\n";

    assert_eq!(pasted(text).kind, MailKind::Person);
    let quoting = "From: Joe <joe@example.net>\nSubject: Re: mail\n\n> Final-Recipient: rfc822; ann@example.org\n\
                   > Action: failed\n> Status: 5.1.1\n";
    assert_eq!(read(quoting.as_bytes(), "0a1b2c", Source::Mailbox).kind, MailKind::Person);
}

#[test]
fn what_is_no_mail_says_nothing() {
    assert_eq!(pasted("the cat sat on the mat, 12 times"), Returned::default());
}
