//! A clerk takes a bank's file in: it is shown first, its columns are said once, and a second click does nothing.

use std::fmt::Write;

use fighting_fund::staff::Role;
use fighting_fund::statements::{self, Wanted};
use reqwest::{Client, Response, StatusCode, multipart};

use crate::harness::TestApp;
use crate::statement_files::case;

async fn send(app: &TestApp, browser: &Client, name: &str, bytes: Vec<u8>) -> Response {
    let part = multipart::Part::bytes(bytes).file_name(name.to_owned());
    let form = multipart::Form::new().part("file", part);
    browser.post(app.at("/desk/bank/import")).multipart(form).send().await.expect("an answer")
}

fn place(answer: &Response) -> String {
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    answer.headers()["location"].to_str().expect("a place").to_owned()
}

async fn read(app: &TestApp, browser: &Client, place: &str) -> String {
    let answer = browser.get(app.at(place)).send().await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::OK, "{place}");
    answer.text().await.expect("text")
}

async fn post(app: &TestApp, browser: &Client, place: &str, form: &[(&str, &str)]) -> Response {
    let place = place.split('#').next().expect("a place");
    browser.post(app.at(place)).form(form).send().await.expect("an answer")
}

fn lines(app: &TestApp) -> usize {
    app.app.db.read(|conn| statements::lines(conn, &Wanted::default(), 1_000)).expect("lines").len()
}

#[actix_web::test]
async fn a_file_is_shown_first_and_recorded_by_one_click_or_two() {
    let app = TestApp::start().await;
    let clerk = app.sign_in(Role::Clerk).await;
    assert!(read(&app, &clerk, "/desk/bank/statements").await.contains("No statement has been taken in yet."));

    let file = place(&send(&app, &clerk, "June.csv", case("paid-in-paid-out.csv")).await);
    let shown = read(&app, &clerk, &file).await;
    assert!(shown.contains("Take in 4 lines") && shown.contains("£1,334.50"), "{shown}");
    assert!(shown.contains("MRS E OKAFOR FF7K3M9QXP"), "{shown}");
    assert_eq!(lines(&app), 0);

    let recorded = place(&post(&app, &clerk, &file, &[("do", "record")]).await);
    let again = place(&post(&app, &clerk, &file, &[("do", "record")]).await);
    assert_eq!((recorded.as_str(), again.as_str()), ("/desk/bank/statements/1", "/desk/bank/statements/1"));
    assert_eq!(lines(&app), 4);
    let statement = read(&app, &clerk, &recorded).await;
    assert!(statement.contains("4 lines wait") && statement.contains("READERS, LEEDS"), "{statement}");
    assert!(read(&app, &clerk, "/desk/bank/statements").await.contains("24 Jun 2021 to 25 Jun 2021"));

    let sent_again = place(&send(&app, &clerk, "June.csv", case("paid-in-paid-out.csv")).await);
    assert!(read(&app, &clerk, &sent_again).await.contains("This file was taken in before"));
    post(&app, &clerk, &sent_again, &[("do", "record")]).await;
    assert_eq!(lines(&app), 4);
    let treasurer = app.sign_in(Role::Treasurer).await;
    let trail = read(&app, &treasurer, "/desk/audit").await;
    assert!(trail.contains("bank statement taken in") && trail.contains("The clerk"), "{trail}");
}

#[actix_web::test]
async fn two_people_who_record_one_file_at_once_record_it_once() {
    let app = TestApp::start().await;
    let (clerk, treasurer) = (app.sign_in(Role::Clerk).await, app.sign_in(Role::Treasurer).await);
    let file = place(&send(&app, &clerk, "June.csv", case("signed-amount.csv")).await);
    place(&send(&app, &treasurer, "June.csv", case("signed-amount.csv")).await);

    let form = [("do", "record")];
    let (one, other) = tokio::join!(post(&app, &clerk, &file, &form), post(&app, &treasurer, &file, &form));

    assert_eq!(
        (place(&one), place(&other)),
        ("/desk/bank/statements/1".to_owned(), "/desk/bank/statements/1".to_owned())
    );
    assert_eq!(lines(&app), 5);
}

#[actix_web::test]
async fn the_columns_of_a_bank_are_said_once_and_remembered_by_its_name() {
    let app = TestApp::start().await;
    let clerk = app.sign_in(Role::Clerk).await;
    let june = "Wann,Was,Wieviel,Stand\n24.06.2021,A SMITH FF7K3M9QXP,25.00,125.00\n25.06.2021,FEE,-5.00,120.00\n";

    let file = place(&send(&app, &clerk, "June.csv", june.as_bytes().to_vec()).await);
    let shown = read(&app, &clerk, &file).await;
    assert!(shown.contains("This bank is new here.") && shown.contains(">Wieviel</label>"), "{shown}");
    assert!(shown.contains("value=\"amount\" selected") && shown.contains("value=\"balance\" selected"), "{shown}");
    let half = [("do", "look"), ("column_0", "day"), ("column_1", "payer"), ("column_2", "ignored"), ("bank", "Unity")];
    let refused = post(&app, &clerk, &file, &half).await;
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let refused = refused.text().await.expect("text");
    assert!(
        refused.contains("Please say which column has the amount") && refused.contains("value=\"Unity\""),
        "{refused}"
    );

    let whole = [
        ("do", "look"),
        ("column_0", "day"),
        ("column_1", "payer"),
        ("column_2", "amount"),
        ("column_3", "balance"),
        ("bank", "Unity"),
    ];
    place(&post(&app, &clerk, &file, &whole).await);
    let shown = read(&app, &clerk, &file).await;
    assert!(shown.contains("Take in 2 lines") && shown.contains("Read as you said."), "{shown}");
    place(&post(&app, &clerk, &file, &[("do", "record")]).await);

    let july = june.replace(".06.", ".05.");
    let next = place(&send(&app, &clerk, "July.csv", july.as_bytes().to_vec()).await);
    assert!(read(&app, &clerk, &next).await.contains("Read as remembered for Unity."));
    post(&app, &clerk, "/desk/bank/layouts/forget", &[("name", "Unity")]).await;
    assert!(read(&app, &clerk, &next).await.contains("This bank is new here."));
}

#[actix_web::test]
async fn what_is_no_statement_is_refused_at_once_and_what_may_not_be_believed_when_it_is_shown() {
    let app = TestApp::start().await;
    let clerk = app.sign_in(Role::Clerk).await;
    let ofx = case("ofx1.ofx");
    let cases = [
        (Vec::new(), "The file is empty."),
        (b"%PDF-1.4".to_vec(), "This is a PDF"),
        (ofx[..ofx.len() / 2].to_vec(), "The OFX file ends in the middle"),
    ];
    for (bytes, words) in cases {
        let refused = send(&app, &clerk, "file", bytes).await;
        assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
        let page = refused.text().await.expect("text");
        assert!(page.contains(words), "{page}");
    }
    let nothing = send(&app, &clerk, "", Vec::new()).await;
    assert!(nothing.text().await.expect("text").contains("Please choose the file"));

    let wrong = String::from_utf8(case("camt-053-001-08.xml")).expect("text").replace("1048.50", "1058.50");
    let file = place(&send(&app, &clerk, "wrong.xml", wrong.into_bytes()).await);
    let shown = read(&app, &clerk, &file).await;
    assert!(shown.contains("The closing balance is £1,058.50") && shown.contains("a difference of £10.00"), "{shown}");
    assert!(!shown.contains("value=\"record\""), "there is no button");
    assert_eq!(place(&post(&app, &clerk, &file, &[("do", "record")]).await), file);
    let bad = b"Date,Description,Amount\n25/06/2021,A,1.00\n25/06/2126,B,1.00\n".to_vec();
    let file = place(&send(&app, &clerk, "bad.csv", bad).await);
    assert!(read(&app, &clerk, &file).await.contains("row 3: the day 25 June 2126 has not come yet"));
    assert_eq!(place(&post(&app, &clerk, &file, &[("do", "record")]).await), file);
    assert_eq!(lines(&app), 0);

    assert_eq!(place(&post(&app, &clerk, &file, &[("do", "discard")]).await), "/desk/bank/import");
    let gone = clerk.get(app.at(&file)).send().await.expect("an answer");
    assert_eq!(gone.status(), StatusCode::NOT_FOUND);
}

#[actix_web::test]
async fn a_gap_between_statements_stands_in_the_list_and_a_long_statement_is_paged() {
    let app = TestApp::start().await;
    let clerk = app.sign_in(Role::Clerk).await;
    let mut long = "Date,Description,Amount,Balance\n".to_owned();
    for row in 1..=250 {
        writeln!(long, "{:02}/06/2021,READER {row:03},1.00,{row}.00", 1 + row / 25).expect("text");
    }
    for (name, bytes) in [
        ("long.csv", long.into_bytes()),
        ("late.csv", b"Date,Description,Amount,Balance\n20/06/2021,LATE,1.00,300.00\n".to_vec()),
    ] {
        let file = place(&send(&app, &clerk, name, bytes).await);
        place(&post(&app, &clerk, &file, &[("do", "record")]).await);
    }

    let list = read(&app, &clerk, "/desk/bank/statements").await;
    assert!(list.contains("Something is missing here.") && list.contains("£49.00 is not told by any line"), "{list}");

    let (mut place, mut seen) = ("/desk/bank/statements/1".to_owned(), Vec::new());
    loop {
        let page = read(&app, &clerk, &place).await;
        seen.extend((1..=250).filter(|row| page.contains(&format!("READER {row:03}"))));
        let Some((before, _)) = page.split_once("\">Next →") else { break };
        place = before.rsplit_once("href=\"").expect("a link").1.replace("&amp;", "&");
    }
    assert_eq!(seen, (1..=250).collect::<Vec<_>>());
    let back = read(&app, &clerk, &place).await;
    let (before, _) = back.split_once("\">← Before").expect("a way back");
    let back = read(&app, &clerk, &before.rsplit_once("href=\"").expect("a link").1.replace("&amp;", "&")).await;
    assert!(back.contains("READER 101") && back.contains("READER 200") && !back.contains("READER 201"));
}

#[actix_web::test]
async fn an_auditor_reads_statements_and_takes_none_in() {
    let app = TestApp::start().await;
    let auditor = app.sign_in(Role::Auditor).await;

    assert!(!read(&app, &auditor, "/desk/bank/statements").await.contains("Take in a file</a></p>"));
    assert_eq!(send(&app, &auditor, "June.csv", case("signed-amount.csv")).await.status(), StatusCode::FORBIDDEN);
}

#[actix_web::test]
async fn a_bank_that_moves_its_columns_is_read_by_their_headings_and_not_by_their_places() {
    let app = TestApp::start().await;
    let clerk = app.sign_in(Role::Clerk).await;
    let june = "Wann,Was,Weg,Her,Zustand\n24/06/2021,A SMITH,,25.00,Booked\n25/06/2021,FEE,5.00,,Booked\n";
    let file = place(&send(&app, &clerk, "June.csv", june.as_bytes().to_vec()).await);
    let shown = read(&app, &clerk, &file).await;
    for word in ["state", "fee", "direction", "currency", "account", "paid_in", "paid_out"] {
        assert!(shown.contains(&format!("<option value=\"{word}\"")), "{word}: {shown}");
    }
    let said = [
        ("do", "look"),
        ("column_0", "day"),
        ("column_1", "payer"),
        ("column_2", "paid_out"),
        ("column_3", "paid_in"),
        ("column_4", "state"),
        ("bank", "Unity"),
    ];
    place(&post(&app, &clerk, &file, &said).await);
    place(&post(&app, &clerk, &file, &[("do", "record")]).await);

    let july = "Zustand,Her,Weg,Was,Wann\nBooked,7.00,,B COLE,26/06/2021\nPending,3.00,,C DUNN,26/06/2021\nBooked,,2.00,FEE,26/06/2021\n";
    let next = place(&send(&app, &clerk, "July.csv", july.as_bytes().to_vec()).await);
    let shown = read(&app, &clerk, &next).await;
    assert!(
        shown.contains("Read as remembered for Unity.") && shown.contains("not booked (Pending); left out"),
        "{shown}"
    );
    place(&post(&app, &clerk, &next, &[("do", "record")]).await);

    let told = app.app.db.read(|conn| statements::lines(conn, &Wanted::default(), 100)).expect("lines");
    let told: Vec<(i64, &str)> = told.iter().map(|line| (line.amount_minor, line.payer.as_str())).collect();
    assert_eq!(told, [(2_500, "A SMITH"), (-500, "FEE"), (700, "B COLE"), (-200, "FEE")]);
}

#[actix_web::test]
async fn the_page_asks_which_column_is_paid_in_and_says_what_would_be_matched() {
    let app = TestApp::start().await;
    let clerk = app.sign_in(Role::Clerk).await;
    let file = b"24/06/2021,A SMITH,10.00,\n25/06/2021,INKWELL,,100.00\n".to_vec();
    let open = place(&send(&app, &clerk, "June.csv", file).await);

    let shown = read(&app, &clerk, &open).await;
    assert!(shown.contains("please say which is paid in and which is paid out"), "{shown}");
    let said = [
        ("do", "look"),
        ("column_0", "day"),
        ("column_1", "payer"),
        ("column_2", "paid_in"),
        ("column_3", "paid_out"),
        ("bank", ""),
    ];
    place(&post(&app, &clerk, &open, &said).await);
    let shown = read(&app, &clerk, &open).await;

    assert!(
        shown.contains("Of 2 new lines 0 are certain, 0 have an offer, 2 are like nothing in the books."),
        "{shown}"
    );
    assert_eq!(lines(&app), 0);
}
