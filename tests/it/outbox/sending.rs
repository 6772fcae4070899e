//! How letters leave: over SMTP in every protection, past refusals, outages and crashes, and into a folder.

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

        let delivery = only_delivery(&app, set_back[0].subject_id);
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
    let failed = app.app.db.read(|conn| outbox::failed(conn, None, 10)).expect("the failed");
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
    for answer in ["421 4.3.2 going down", "452 4.3.1 disk full", "550 5.7.1 you may not send", "530 5.7.0 sign in"] {
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

    let server = Postmaster::start_on(std::net::TcpListener::bind(address).expect("the same port"), Protection::None);
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
    let settings = MailSettings { target: MailTarget::parse(url).expect("a server"), from, bounces_to: None };
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
            Conn::Postgres(c) => undo!(c, format!("{set} = $1 WHERE subject_id = $2"))?,
            Conn::Sqlite(c) => undo!(c, format!("{set} = ? WHERE subject_id = ?"))?,
        })
    });
    assert_eq!(undone.expect("written"), 1);
}
