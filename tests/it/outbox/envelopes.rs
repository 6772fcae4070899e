//! Headers and addresses: what mail programs and servers see before the letter.

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
