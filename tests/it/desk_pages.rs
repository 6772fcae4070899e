//! The desk: today, the search among gifts, the ledger, funds and appeals, settings.

use fighting_fund::db::{Lock, hold};
use fighting_fund::donations::{self, Method, NewGift};
use fighting_fund::reference::Reference;
use fighting_fund::staff::Role;

use crate::desk::{Desk, gift, trail};
use crate::harness::TestApp;

/// Cash gifts of 1.01, 1.02 and so on, received on the days that `on` says.
fn fill(app: &TestApp, count: i64, on: impl Fn(i64) -> Option<chrono::NaiveDate>) {
    let gifts: Vec<NewGift> = (1..=count)
        .map(|number| NewGift {
            key: format!("test:{number}"),
            fingerprint: [1; 32],
            fund_id: 1,
            appeal: None,
            amount_minor: 100 + number,
            method: Method::Cash,
            is_pledge: false,
            received_on: on(number),
            name: format!("Giver {number}"),
            email: None,
            acknowledge_as: String::new(),
            anonymous: false,
            note: String::new(),
            in_memory_of: String::new(),
            memory_in_print: false,
            by: "test".to_owned(),
            request_id: String::new(),
            stranger: None,
        })
        .collect();
    let recorded = app.app.db.write(|conn| {
        hold(conn, Lock::Books)?;
        donations::record_all(conn, app.app.clock.now(), &gifts)
    });
    assert!(recorded.expect("the books").iter().all(Result::is_ok));
}

/// The references on a page, in order.
fn references(page: &str) -> Vec<i64> {
    let after = page.split(r#"<a class="ref" href="/desk/gifts/"#).skip(1);
    after
        .map(|rest| rest.split('"').next().expect("a place").parse::<Reference>().expect("a reference").number())
        .collect()
}

/// Where the link with this relation leads.
fn link(page: &str, rel: &str) -> Option<String> {
    let after = page.split_once(&format!(r#"rel="{rel}" href=""#))?.1;
    Some(after.split('"').next()?.replace("&#38;", "&").replace("&amp;", "&"))
}

#[actix_web::test]
async fn empty_books_say_so_on_every_page() {
    let app = TestApp::start().await;
    let desk = Desk::of(&app, Role::Treasurer).await;

    for (path, said) in [
        ("/desk", "No gift has been recorded yet."),
        ("/desk", "Nothing has come yet. The target is £18,000."),
        ("/desk", "The society has no name yet"),
        ("/desk/gifts", "No gift has been recorded yet."),
        ("/desk/gifts?q=nobody", "No gift matches."),
        ("/desk/ledger", "The ledger is empty."),
        ("/desk/ledger/accounts", "Nothing was posted up to 27 June 2021."),
        ("/desk/funds", "Fighting Fund"),
        ("/desk/funds/fighting-fund", "2021-06"),
        ("/desk/funds/fighting-fund/appeals/2021-06", "Opened"),
        ("/desk/gifts/new", "Is the money here?"),
        ("/desk/funds/new", "Add a fund"),
        ("/desk/settings", "These particulars came with the program."),
    ] {
        let page = desk.page(path).await;
        assert!(page.contains(said), "{path}: {said}: {page}");
        assert!(!page.contains(" style=") && !page.contains("<script"), "{path} keeps to the policy");
    }
}

#[actix_web::test]
async fn today_shows_the_figures_the_line_and_its_numbers() {
    let app = TestApp::start().await;
    let desk = Desk::of(&app, Role::Treasurer).await;
    desk.gift(&[("amount", "13288"), ("received_on", "2021-06-02")]).await;
    desk.gift(&[("state", "promised"), ("amount", "40")]).await;

    let page = desk.page("/desk").await;

    for said in [
        "£13,288",
        "£4,712",
        "73 %",
        ">3<",
        "1 gift, £40.00",
        "Target £18,000",
        "£13,288 by 27 Jun 2021",
        "2 Jun 2021",
        "promised",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
    assert!(page.contains("The books balance"), "{page}");
}

#[actix_web::test]
async fn gifts_are_found_by_what_people_remember_of_them() {
    let app = TestApp::start().await;
    let desk = Desk::of(&app, Role::Clerk).await;
    let ann = desk.gift(&[("received_on", "2021-06-10")]).await;
    let ben = desk
        .gift(&[("name", "Ben O'Neill"), ("email", "BEN@Example.net"), ("amount", "40"), ("received_on", "2021-06-20")])
        .await;
    let promise = desk.gift(&[("name", "50% Club"), ("email", ""), ("state", "promised")]).await;

    for (query, found) in [
        ("q=ashworth", vec![ann]),
        ("q=ben%40example.net", vec![ben]),
        ("q=O%27Neill", vec![ben]),
        ("q=50%25", vec![promise]),
        ("q=2021-000002", vec![ben]),
        ("amount=%C2%A340.00", vec![ben]),
        ("from=2021-06-15&until=2021-06-30", vec![ben]),
        ("status=pledged", vec![promise]),
        ("status=received", vec![ben, ann]),
        ("appeal=1", vec![promise, ben, ann]),
        ("appeal=1&status=received&amount=25", vec![ann]),
        ("q=nobody", vec![]),
    ] {
        assert_eq!(references(&desk.page(&format!("/desk/gifts?{query}")).await), found, "{query}");
    }
}

#[actix_web::test]
async fn a_reference_opens_its_gift_however_it_was_typed_and_a_wrong_character_is_told() {
    let app = TestApp::start().await;
    let desk = Desk::of(&app, Role::Clerk).await;
    let number = desk.gift(&[]).await;
    let reference = Reference::of(number).to_string();
    let mangled = format!("{}%20{}", &reference[..4].to_lowercase(), &reference[4..].to_lowercase());
    let last = if reference.ends_with('7') { '8' } else { '7' };

    let found = desk.get(&format!("/desk/gifts?q={mangled}")).await;
    let (status, page) = {
        let answer = desk.browser.get(app.at(&format!("/desk/gifts?q={}{last}", &reference[..9]))).send();
        let answer = answer.await.expect("an answer");
        (answer.status().as_u16(), answer.text().await.expect("a text"))
    };

    assert_eq!(found, (303, format!("/desk/gifts/{reference}")));
    assert_eq!(status, 422);
    assert!(page.contains("a character is wrong"), "{page}");
}

#[actix_web::test]
async fn pages_of_gifts_lead_both_ways_and_miss_none() {
    let app = TestApp::start().await;
    let desk = Desk::of(&app, Role::Auditor).await;
    fill(&app, 120, |_| None);

    let first = desk.page("/desk/gifts").await;
    let second = desk.page(&link(&first, "next").expect("older")).await;
    let third = desk.page(&link(&second, "next").expect("older")).await;
    let back = desk.page(&link(&third, "prev").expect("newer")).await;
    let top = desk.page(&link(&back, "prev").expect("newer")).await;

    let expected: Vec<i64> = (1..=120).rev().collect();
    assert_eq!([references(&first), references(&second), references(&third)].concat(), expected);
    assert_eq!((references(&back), references(&top)), (references(&second), references(&first)));
    assert_eq!((link(&first, "prev"), link(&third, "next"), link(&top, "prev")), (None, None, None));
}

#[actix_web::test]
async fn a_search_by_days_is_in_the_order_of_the_days_and_misses_none() {
    let app = TestApp::start().await;
    let desk = Desk::of(&app, Role::Auditor).await;
    let today = fighting_fund::clock::date_in(app.app.clock.now(), chrono_tz::Europe::London);
    fill(&app, 130, |number| Some(today - chrono::Days::new(number.unsigned_abs() % 20)));

    let mut path = Some("/desk/gifts?from=2021-06-01&until=2021-06-27".to_owned());
    let (mut seen, mut last) = (Vec::new(), String::new());
    while let Some(here) = path {
        last = desk.page(&here).await;
        seen.extend(references(&last));
        path = link(&last, "next");
    }
    let back = desk.page(&link(&last, "prev").expect("newer")).await;

    let mut expected: Vec<i64> = (1..=130).collect();
    expected.sort_by_key(|number| (number % 20, -number));
    assert_eq!(seen, expected);
    assert_eq!(references(&back), expected[50..100]);
}

#[actix_web::test]
async fn the_ledger_shows_entries_with_their_lines_and_leads_to_the_gift() {
    let app = TestApp::start().await;
    let desk = Desk::of(&app, Role::Auditor).await;
    fill(&app, 90, |_| None);

    let first = desk.page("/desk/ledger").await;
    let entry = desk.page("/desk/ledger/entries/1").await;
    let balance = desk.page("/desk/ledger/accounts").await;
    let before = desk.page("/desk/ledger/accounts?as_at=2021-06-26").await;

    assert!(first.contains("90 entries") && first.contains("assets:cash"), "{first}");
    let older = desk.page(&link(&first, "next").expect("older")).await;
    assert_eq!(link(&older, "prev").as_deref(), Some("/desk/ledger?after=50"));
    assert!(entry.contains("£1.01") && entry.contains(&Reference::of(1).to_string()), "{entry}");
    assert!(
        balance.contains("income:donations:fighting-fund") && balance.contains("Both sides are equal."),
        "{balance}"
    );
    assert!(before.contains("Nothing was posted up to 26 June 2021."), "{before}");
    assert_eq!(desk.get("/desk/ledger/entries/91").await.0, 404);
}

#[actix_web::test]
async fn a_changed_target_and_a_moved_deadline_are_shown_to_the_public_with_their_reason() {
    let app = TestApp::start().await;
    let desk = Desk::of(&app, Role::Treasurer).await;
    let appeal = "/desk/funds/fighting-fund/appeals/2021-06";

    let target = [("key", "k1"), ("target", "20,000"), ("reason", "paper costs more")];
    let changed = desk.send(&format!("{appeal}/target"), &target).await;
    let again = desk.send(&format!("{appeal}/target"), &target).await;
    let moved = [("key", "k2"), ("deadline", "2021-06-29"), ("time", "18:00"), ("reason", "the office moves")];
    let moved = desk.send(&format!("{appeal}/deadline"), &moved).await;
    let outside = [("key", "k3"), ("deadline", "2021-07-05"), ("time", ""), ("reason", "more time")];
    let (refused, page) = desk.send(&format!("{appeal}/deadline"), &outside).await;

    assert_eq!((changed.0, again.0, moved.0, refused), (303, 303, 303, 422));
    assert!(page.contains("must stay in its month") && page.contains(r#"value="2021-07-05""#), "{page}");
    let public = app.page("/funds/fighting-fund").await;
    assert!(
        public.contains("£20,000") && public.contains("paper costs more") && public.contains("29 June 2021 at 18:00"),
        "{public}"
    );
    let own = desk.page(appeal).await;
    assert!(own.contains("The treasurer") && own.contains("the office moves"), "{own}");
    let trail = trail(&app);
    assert_eq!(trail.iter().filter(|action| *action == "target changed").count(), 1);
    assert!(trail.contains(&"deadline moved".to_owned()));
}

#[actix_web::test]
async fn a_fund_is_added_once_and_changed() {
    let app = TestApp::start().await;
    let desk = Desk::of(&app, Role::Treasurer).await;
    let new = [
        ("title", "New Press"),
        ("slug", "new-press"),
        ("rhythm", "one_off"),
        ("deadline", "2021-12-24"),
        ("target", "25000"),
        ("currency", "GBP"),
        ("zone", "Europe/London"),
        ("carry", "none"),
    ];

    let added = desk.send("/desk/funds/new", &new).await;
    let again = desk.send("/desk/funds/new", &new).await;
    let change = [
        ("title", "A New Press"),
        ("target", "30000"),
        ("ceiling", "50000"),
        ("carry", "none"),
        ("days", "sat"),
        ("days", "mon"),
    ];
    let changed = desk.send("/desk/funds/new-press", &change).await;
    let (taken, page) = desk.send("/desk/funds/new", &[new.as_slice(), &[("title", "Other")]].concat()[1..]).await;

    assert_eq!((added, again.0, changed.0), ((303, "/desk/funds/new-press".to_owned()), 303, 303));
    assert_eq!(taken, 422);
    assert!(page.contains("already a fund called new-press"), "{page}");
    let public = app.page("/funds/new-press").await;
    assert!(public.contains("A New Press") && public.contains("with a paper"), "{public}");
    assert_eq!(trail(&app).iter().filter(|action| *action == "fund added").count(), 1);
}

#[actix_web::test]
async fn the_particulars_are_kept_previewed_and_shown_on_every_page() {
    let app = TestApp::start().await;
    let desk = Desk::of(&app, Role::Administrator).await;
    let filled = [
        ("name", "Daily Lantern Society Limited"),
        ("address", "Ruskin House\n23 Coombe Road"),
        ("registration", "Registered society No. 12750R"),
        ("charity_sentence", "Not eligible for Gift Aid."),
        ("contact_email", "fund@lantern.example"),
        ("bank_account_name", "Daily Lantern"),
        ("bank_sort_code", "12 34 56"),
        ("bank_account_number", "12345678"),
        ("cheques_payable_to", ""),
    ];

    let preview = desk.send("/desk/settings", &[filled.as_slice(), &[("do", "preview")]].concat()).await;
    let before = app.page("/funds/fighting-fund").await;
    let kept = desk.send("/desk/settings", &filled).await;
    let wrong = desk.send("/desk/settings", &[&[("bank_sort_code", "1234")], filled.as_slice()].concat()).await;

    assert_eq!((preview.0, kept.0, wrong.0), (200, 303, 422));
    assert!(preview.1.contains("nothing is kept yet") && !before.contains("Daily Lantern"), "{}", preview.1);
    assert!(wrong.1.contains("A sort code has six digits") && wrong.1.contains(r#"value="1234""#), "{}", wrong.1);
    assert!(app.page("/funds/fighting-fund").await.contains("Daily Lantern Society Limited"));
    assert!(!desk.page("/desk").await.contains("The society has no name yet"));
    assert!(trail(&app).contains(&"particulars changed".to_owned()));
    let treasurer = Desk::of(&app, Role::Treasurer).await;
    assert_eq!(treasurer.send("/desk/settings", &filled).await.0, 403);
}

#[actix_web::test]
async fn nobody_who_is_not_signed_in_sees_the_desk() {
    let app = TestApp::start().await;

    for path in ["/desk", "/desk/gifts", "/desk/ledger", "/desk/settings"] {
        let answer = app.client.get(app.at(path)).send().await.expect("an answer");
        assert_eq!(answer.status(), 303, "{path}");
    }
}

#[actix_web::test]
async fn a_failed_letter_is_on_the_first_page_and_is_tried_again() {
    let mut app = TestApp::start().await;
    app.leave_mail_unsent();
    let desk = Desk::of(&app, Role::Clerk).await;
    let number = desk.gift(&[]).await;
    fail_letters(&app);

    let page = desk.page("/desk").await;
    let again = desk.send("/desk/letters/1/try-again", &[]).await;
    let second = desk.send("/desk/letters/1/try-again", &[]).await;

    assert!(page.contains("One letter was not delivered") && page.contains("no such mailbox"), "{page}");
    assert_eq!((again.0, second.0), (303, 303));
    assert!(!desk.page("/desk").await.contains("was not delivered"));
    assert_eq!(trail(&app).iter().filter(|action| *action == "letter tried again").count(), 1);
    assert_eq!(gift(&app, number).id, number);
}

/// As the outbox leaves them when the last attempt has failed.
fn fail_letters(app: &TestApp) {
    use diesel::RunQueryDsl;
    let text = "UPDATE deliveries SET state = 'failed', last_error = 'no such mailbox', attempts = 9";
    app.app
        .db
        .write(|conn| {
            match conn {
                fighting_fund::db::Conn::Postgres(c) => diesel::sql_query(text).execute(c)?,
                fighting_fund::db::Conn::Sqlite(c) => diesel::sql_query(text).execute(c)?,
            };
            Ok::<_, fighting_fund::db::DbError>(())
        })
        .expect("the outbox");
}
