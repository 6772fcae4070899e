//! A name is found however it is spelt, by the desk's searches of gifts, supporters, standing orders and members.

use fighting_fund::db::{Lock, hold};
use fighting_fund::staff::Role;
use fighting_fund::supporters::{self, Matching};
use serde_json::{Value, json};

use crate::desk::Desk;
use crate::harness::TestApp;
use crate::society::Society;

async fn gift(app: &TestApp, name: &str, email: &str) -> String {
    let token = app.token("donations:write").await;
    let body = json!({"amount": "25.00", "method": "card", "name": name, "email": email});
    let request = app.client.post(app.at("/api/v1/funds/fighting-fund/donations")).bearer_auth(token).json(&body);
    let answer =
        request.header("Idempotency-Key", format!("{}-{}", email, name.len())).send().await.expect("an answer");
    let told: Value = answer.json().await.expect("a gift");
    told["reference"].as_str().expect("a reference").to_owned()
}

fn write_words(app: &TestApp) {
    let step = |conn: &mut fighting_fund::db::Conn| {
        hold(conn, Lock::Books)?;
        supporters::catch_up(conn)
    };
    while app.app.db.write(step).expect("a step") {}
}

const SPELLINGS: [(&str, &str, &[&str]); 5] = [
    ("Seán O’Neill", "sean@example.org", &["O'Neill", "oneill", "o neill sean", "NEILL", "seán o`neill", "sean@exa"]),
    ("Łukasz Groß", "lg@example.org", &["lukasz", "Gross Łukasz", "groß", "GROSS"]),
    ("Jürgen Müller", "jm@example.org", &["muller", "Mueller", "müller jur", "juergen"]),
    ("Zoë Smith-Jones", "zoe@example.org", &["smith jones", "Jones, Zoe", "zoë", "jones-smith"]),
    ("Nguyễn Thị Hoa", "hoa@example.org", &["nguyen", "hoa nguyen", "thi hoa"]),
];

#[actix_web::test]
async fn gifts_and_supporters_are_found_by_folded_words_in_any_order() {
    let app = TestApp::start().await;
    let mut references = Vec::new();
    for (name, email, _) in SPELLINGS {
        references.push(gift(&app, name, email).await);
    }
    let desk = Desk::of(&app, Role::Clerk).await;

    for is_written in [false, true] {
        if is_written {
            write_words(&app);
        }
        for (at, (name, _, ways)) in SPELLINGS.iter().enumerate() {
            for way in *ways {
                let found = app.app.db.read(|conn| supporters::matching(conn, way)).expect("a search");
                assert_eq!(found, Matching::one(at as i64 + 1), "{way}, words written: {is_written}");
                let query = format!("/desk/supporters?q={}", way.replace(' ', "+").replace('`', "%60"));
                assert!(desk.page(&query).await.contains(name), "{way}");
            }
        }
    }
    let page = desk.page("/desk/gifts?q=ONEILL+s").await;
    assert!(page.contains(&references[0]) && !page.contains(&references[1]), "{page}");
    let nobody = app.app.db.read(|conn| supporters::matching(conn, "O'Neill Zoe")).expect("a search");
    assert_eq!(nobody, Matching::default(), "every word is asked for");
}

#[actix_web::test]
async fn two_spellings_with_one_address_are_one_supporter() {
    let app = TestApp::start().await;
    for name in ["Seán O’Neill", "SEAN O'NEILL", "Sean  Oneill "] {
        gift(&app, name, "Sean@Example.org").await;
    }
    gift(&app, "Mary O’Neill", "sean@example.org").await;

    let found = app.app.db.read(|conn| supporters::matching(conn, "oneill")).expect("a search");
    assert_eq!(found.ids, [2, 1], "a household has one address and two people");
}

#[actix_web::test]
async fn who_is_called_otherwise_is_found_by_the_new_name_only() {
    let app = TestApp::start().await;
    gift(&app, "Ann Lee", "ann@example.org").await;
    write_words(&app);

    let renamed = supporters::Named { name: "Ann Øster".to_owned(), email: Some("ann@example.org".to_owned()) };
    let done = app.app.db.write(|conn| {
        hold(conn, Lock::Books)?;
        supporters::correct(conn, 1, &renamed)
    });
    assert_eq!(done.expect("a correction"), 1);

    let found = |text: &str| app.app.db.read(|conn| supporters::matching(conn, text)).expect("a search").ids;
    assert_eq!((found("oster"), found("oester ann"), found("lee")), (vec![1], vec![1], vec![]));
}

#[actix_web::test]
async fn a_name_that_thousands_bear_finds_them_all_page_by_page() {
    let app = TestApp::start().await;
    let people: Vec<supporters::Named> = (0..4_500)
        .map(|at| supporters::Named { name: format!("Reader {at}"), email: Some(format!("r{at}@example.org")) })
        .collect();
    let now = app.app.clock.now();
    let entered = app.app.db.write(|conn| {
        hold(conn, Lock::Books)?;
        supporters::recognise_all(conn, now, &people)
    });
    assert_eq!(entered.expect("people").len(), 4_500);
    write_words(&app);

    let (mut count, mut before) = (0, None);
    loop {
        let page = app.app.db.read(|conn| supporters::page(conn, "READER", supporters::Reach::Any, before, 500));
        let page = page.expect("a page");
        let Some(last) = page.last() else { break };
        (count, before) = (count + page.len(), Some(last.id));
    }
    assert_eq!(count, 4_500);
}

#[actix_web::test]
async fn members_are_found_by_folded_words_in_any_order() {
    let society = Society::start().await;
    let member = society.member("Seán O’Neill", "ordinary", 10).await;
    society.member("Ann Lee", "ordinary", 10).await;
    let desk = Desk::of(&society.app, Role::Secretary).await;

    for way in ["ONEILL", "O%27Neill", "oneill+sean", "o%E2%80%99neill+high+street"] {
        let page = desk.page(&format!("/desk/shares/register?q={way}")).await;
        assert!(page.contains(&member) && !page.contains("Ann Lee"), "{way}: {page}");
    }
}
