//! A clerk takes a list of gifts in at the desk: it is shown first, its columns are said once, and a second click does
//! nothing.

use fighting_fund::donations;
use fighting_fund::staff::Role;
use reqwest::{Client, Response, StatusCode, multipart};

use crate::harness::TestApp;

const LIST: &str = "Wann,Wer,Total,Mail\n24/06/2021,Ann Lee,25.00,ann@example.org\n25/06/2021,Bo Orr,6.00,\n";
/// The same headings in another order.
const TURNED: &str = "Total,Mail,Wann,Wer\n7.00,cy@example.org,26/06/2021,Cy Dunn\n";
const COLUMNS: [(&str, &str); 7] = [
    ("do", "look"),
    ("column_0", "received_on"),
    ("column_1", "name"),
    ("column_2", "amount"),
    ("column_3", "email"),
    ("method", "card"),
    ("program", "Wunder"),
];

async fn send(app: &TestApp, browser: &Client, text: &str) -> String {
    let part = multipart::Part::bytes(text.as_bytes().to_vec()).file_name("list.csv");
    let form = multipart::Form::new().part("file", part);
    place(&browser.post(app.at("/desk/gifts/import")).multipart(form).send().await.expect("an answer"))
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
    browser.post(app.at(place)).form(form).send().await.expect("an answer")
}

fn amounts(app: &TestApp) -> Vec<(i64, String)> {
    let gifts = app.app.db.read(|conn| donations::after(conn, None, 0, 100)).expect("gifts");
    gifts.into_iter().map(|gift| (gift.amount_minor, gift.name)).collect()
}

#[actix_web::test]
async fn columns_are_said_once_and_known_again_though_they_changed_places() {
    let app = TestApp::start().await;
    let clerk = app.sign_in(Role::Clerk).await;

    let file = send(&app, &clerk, LIST).await;
    let asked = read(&app, &clerk, &file).await;
    assert!(asked.contains("It cannot be taken in yet.") && asked.contains(">Wann</label>"), "{asked}");
    let half = post(&app, &clerk, &file, &COLUMNS[..3]).await;
    assert_eq!(half.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(place(&post(&app, &clerk, &file, &COLUMNS).await), file);
    let shown = read(&app, &clerk, &file).await;
    assert!(shown.contains("Take in 2 gifts") && shown.contains("£31.00") && shown.contains("1 by e-mail"), "{shown}");
    assert!(amounts(&app).is_empty(), "nothing is recorded yet");
    assert_eq!(place(&post(&app, &clerk, &file, &[("do", "record")]).await), "/desk/gifts");
    assert_eq!(place(&post(&app, &clerk, &file, &[("do", "record")]).await), "/desk/gifts");
    let expected = [(2_500, "Ann Lee".to_owned()), (600, "Bo Orr".to_owned())];
    assert_eq!(amounts(&app), expected);
    assert!(app.mails().is_empty(), "no letter leaves without its tick");

    let turned = send(&app, &clerk, TURNED).await;
    let shown = read(&app, &clerk, &turned).await;
    assert!(shown.contains("read as remembered for Wunder") && shown.contains("Take in one gift"), "{shown}");
    post(&app, &clerk, &turned, &[("do", "record"), ("letters", "yes")]).await;
    assert_eq!(amounts(&app)[2], (700, "Cy Dunn".to_owned()));
    assert_eq!(app.mails().len(), 1);
    let page = read(&app, &clerk, "/desk/gifts/import").await;
    assert!(page.contains("receipts not to be sent") && page.contains("with letters"), "{page}");
    let receipts = read(&app, &clerk, "/desk/receipts").await;
    assert!(receipts.contains("Receipts that were not to be sent"), "{receipts}");
    let gift = app.app.db.read(|conn| donations::after(conn, None, 0, 1)).expect("gifts").remove(0);
    let gift = read(&app, &clerk, &format!("/desk/gifts/{}", gift.reference())).await;
    assert!(gift.contains("was not to be sent"), "{gift}");
}

#[actix_web::test]
async fn two_people_who_take_in_one_list_at_once_take_it_once() {
    let app = TestApp::start().await;
    let (clerk, treasurer) = (app.sign_in(Role::Clerk).await, app.sign_in(Role::Treasurer).await);
    let list = "amount,method,received_on\n10.00,cash,2021-06-03\n10.00,cash,2021-06-03\n";
    let file = send(&app, &clerk, list).await;
    assert_eq!(send(&app, &treasurer, list).await, file);

    let form = [("do", "record")];
    let (one, other) = tokio::join!(post(&app, &clerk, &file, &form), post(&app, &treasurer, &file, &form));

    assert_eq!((place(&one), place(&other)), ("/desk/gifts".to_owned(), "/desk/gifts".to_owned()));
    assert_eq!(amounts(&app).len(), 2);
}

#[actix_web::test]
async fn a_second_tin_is_asked_about_on_the_page_too() {
    let app = TestApp::start().await;
    let clerk = app.sign_in(Role::Clerk).await;
    let tin = "amount,method,received_on\n10.00,cash,2021-06-03\n10.00,cash,2021-06-03\n";
    let file = send(&app, &clerk, tin).await;
    post(&app, &clerk, &file, &[("do", "record")]).await;

    let second = send(&app, &clerk, &format!("{tin}20.00,cash,2021-06-03\n")).await;
    let shown = read(&app, &clerk, &second).await;
    assert!(shown.contains("2 rows look like another list’s"), "{shown}");
    assert_eq!(place(&post(&app, &clerk, &second, &[("do", "record")]).await), second, "it waits for a word");
    assert_eq!(amounts(&app).len(), 2);
    assert_eq!(place(&post(&app, &clerk, &second, &[("do", "record"), ("again", "yes")]).await), "/desk/gifts");
    assert_eq!(amounts(&app).len(), 5);
}
