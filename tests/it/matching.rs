//! What the lines of statements are for: offered, accepted, split, left and undone, and never counted twice.

use chrono::NaiveDate;
use diesel::{ExpressionMethods, RunQueryDsl};
use fighting_fund::db::{DbError, Lock, hold};
use fighting_fund::donations::{self, Method, NewGift, Status};
use fighting_fund::ledger::{self, accounts};
use fighting_fund::money::GBP;
use fighting_fund::payments::By;
use fighting_fund::reference::Reference;
use fighting_fund::staff::Role;
use fighting_fund::statements::matching::{self, Certain};
use fighting_fund::statements::told::{Told, ToldLine};
use fighting_fund::statements::{self, Bringing, Format, Kind, Line, LineState, Wanted};
use proptest::strategy::{Strategy, ValueTree};

use crate::desk::{Desk, gift, trail};
use crate::harness::{TestApp, noon};

pub fn day(day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2021, 6, day).expect("a day")
}

/// A line of a statement: money of A READER on a day of June.
pub fn line(on: u32, amount_minor: i64, reference: &str) -> ToldLine {
    ToldLine {
        booked_on: day(on),
        amount_minor,
        payer: "MR A READER".to_owned(),
        payer_account: "12-34-56 01234567".to_owned(),
        reference: reference.to_owned(),
        ..ToldLine::default()
    }
}

/// Takes lines in as a statement with these balances.
pub fn take_in(app: &TestApp, file: u8, opening: Option<i64>, lines: Vec<ToldLine>) -> Vec<Line> {
    let sum: i64 = lines.iter().map(|line| line.amount_minor).sum();
    let told = Told { opening_minor: opening, closing_minor: opening.map(|it| it + sum), lines, ..Told::default() };
    let from = Bringing {
        file_name: format!("{file}.csv"),
        format: Format::Csv,
        digest: [file; 32],
        by: "operator".to_owned(),
        request_id: String::new(),
    };
    app.app.db.read(|conn| statements::lines(conn, &Wanted::default(), 1)).expect("lines");
    let statement = app.app.db.write(|conn| {
        hold(conn, Lock::Books)?;
        statements::record(conn, noon(), &told, GBP, 1, &from)
    });
    let wanted = Wanted { statement: Some(statement.expect("a statement").id), ..Wanted::default() };
    app.app.db.read(|conn| statements::lines(conn, &wanted, 100_000)).expect("lines")
}

/// A promise of so much by A Reader: its number.
pub fn promise(app: &TestApp, key: &str, amount_minor: i64) -> i64 {
    recorded(app, key, amount_minor, Method::BankTransfer, None)
}

/// A gift by Ann Reader, received on a day or promised.
pub fn recorded(app: &TestApp, key: &str, amount_minor: i64, method: Method, received_on: Option<NaiveDate>) -> i64 {
    let new = NewGift {
        key: key.to_owned(),
        fingerprint: [1; 32],
        fund_id: 1,
        appeal: None,
        amount_minor,
        method,
        is_pledge: received_on.is_none(),
        received_on,
        name: "Ann Reader".to_owned(),
        email: Some("ann@example.org".to_owned()),
        acknowledge_as: "AR, Glasgow".to_owned(),
        anonymous: false,
        note: String::new(),
        in_memory_of: String::new(),
        memory_in_print: false,
        by: "test".to_owned(),
        request_id: String::new(),
        stranger: None,
    };
    let outcomes = app.app.db.write(|conn| {
        hold(conn, Lock::Books)?;
        donations::record_all(conn, app.app.clock.now(), &[new])
    });
    outcomes.expect("the books")[0].as_ref().expect("a gift").donation.id
}

pub fn by() -> By {
    By { who: "operator".to_owned(), request_id: String::new() }
}

/// Posts what is certain.
fn post(app: &TestApp) -> Certain {
    matching::post_certain(&app.app.db, app.app.clock.now(), &by(), |_| ()).expect("the books")
}

pub fn state(app: &TestApp, id: i64) -> LineState {
    app.app.db.read(|conn| statements::line(conn, id)).expect("the books").expect("a line").state
}

/// The balance of an account.
pub fn balance(app: &TestApp, account: &str) -> i64 {
    let days = app.app.db.read(|conn| ledger::days_of(conn, account, GBP)).expect("days");
    days.iter().map(|(_, moved)| moved).sum()
}

fn choice(id: i64) -> String {
    format!("/desk/bank/lines/{id}/choice")
}

fn reference(number: i64) -> String {
    Reference::of(number).to_string()
}

#[actix_web::test]
async fn a_reference_as_we_wrote_it_with_the_promised_amount_is_certain() {
    let app = TestApp::start().await;
    let promised = promise(&app, "p", 2_500);
    let lines = take_in(&app, 1, Some(0), vec![line(26, 2_500, &format!("GIFT {}", reference(promised)))]);

    let done = post(&app);

    assert_eq!((done.lines, done.sum_minor), (1, 2_500));
    assert_eq!(state(&app, lines[0].id), LineState::Done);
    let gift = gift(&app, promised);
    assert_eq!((gift.status, gift.received_on), (Status::Received, Some(day(26))));
    assert_eq!(post(&app), Certain { lines: 0, sum_minor: 0, looked_at: 0 });
    assert_eq!(balance(&app, accounts::BANK), 2_500);
}

#[actix_web::test]
async fn whatever_is_not_certain_waits_with_its_reason_in_words() {
    let app = TestApp::start().await;
    let number = promise(&app, "p", 2_500);
    let whole = reference(number);
    let wrong = format!("{}{}", &whole[..9], if whole.ends_with('7') { '8' } else { '7' });
    let cases = [
        (whole.to_lowercase(), "once spaces, signs and small letters are set right"),
        (format!("{} {}", &whole[..4], &whole[4..]), "once spaces, signs and small letters are set right"),
        (format!("READERGIFT{whole}"), "once spaces, signs and small letters are set right"),
        (format!("FROM A READER {}", &whole[..4]), "Nothing in the books is like it."),
        (format!("GIFT TO YOU {}", &whole[..6]), "the bank cut off the rest"),
        (wrong, "differs in one character from"),
        (whole[..9].to_owned(), "the bank cut off the rest"),
    ];
    let lines = cases.iter().enumerate().map(|(at, (text, _))| {
        let amount = if text.contains("FROM A READER") { 9_900 } else { 2_500 };
        ToldLine { payer: "A B C".to_owned(), ..line(10 + at as u32, amount, text) }
    });
    let lines = take_in(&app, 1, None, lines.collect());

    assert_eq!(post(&app).lines, 0);

    let desk = Desk::of(&app, Role::Clerk).await;
    for (line, (text, reason)) in lines.iter().zip(&cases) {
        let page = desk.page(&format!("/desk/bank/lines/{}", line.id)).await;
        assert!(page.contains(reason), "{text}: {reason}: {page}");
    }
    let queue = desk.page("/desk/bank/queue").await;
    assert!(
        queue.contains("7 lines wait") && queue.contains(&whole) && queue.contains("A promise of £25.00 by Ann Reader")
    );
}

#[actix_web::test]
async fn a_reference_over_two_fields_of_the_bank_is_put_together_and_offered() {
    let app = TestApp::start().await;
    let whole = reference(promise(&app, "p", 2_500));
    let spread = ToldLine { description: whole[6..].to_owned(), ..line(26, 2_500, &whole[..6]) };
    let lines = take_in(&app, 1, None, vec![spread]);

    assert_eq!(post(&app).lines, 0);
    let desk = Desk::of(&app, Role::Clerk).await;
    assert!(desk.page(&format!("/desk/bank/lines/{}", lines[0].id)).await.contains("stands in two parts"));
}

#[actix_web::test]
async fn an_offer_is_accepted_with_one_button_undone_with_another_and_accepted_again() {
    let app = TestApp::start().await;
    let number = promise(&app, "p", 2_500);
    let lines = take_in(&app, 1, None, vec![line(25, 2_500, &reference(number).to_lowercase()), line(26, 999, "?")]);
    let (id, next) = (lines[0].id, lines[1].id);
    let desk = Desk::of(&app, Role::Clerk).await;

    let promise = format!("promise:{}", reference(number));
    let (status, place) = desk.send(&choice(id), &[("choice", &promise)]).await;

    assert_eq!((status, place.as_str()), (303, format!("/desk/bank/queue#line-{next}").as_str()));
    assert_eq!(gift(&app, number).status, Status::Received);
    let queue = desk.page("/desk/bank/queue").await;
    assert!(queue.contains("You did last:") && queue.contains("One line waits"), "{queue}");
    let line_id = id.to_string();
    let (status, place) = desk.send("/desk/bank/undo", &[("line", &line_id)]).await;
    assert_eq!((status, place.as_str()), (303, format!("/desk/bank/queue#line-{id}").as_str()));
    assert_eq!((gift(&app, number).status, state(&app, id)), (Status::Pledged, LineState::Waiting));
    assert_eq!(balance(&app, accounts::BANK), 0);
    let (status, _) = desk.send("/desk/bank/undo", &[("line", &line_id)]).await;
    assert_eq!(status, 409, "a second click finds nothing");
    assert_eq!(desk.send(&choice(id), &[("choice", &promise)]).await.0, 303);
    assert_eq!((gift(&app, number).status, balance(&app, accounts::BANK)), (Status::Received, 2_500));
    let trail = trail(&app);
    assert!(
        trail.contains(&"statement line settled".to_owned()) && trail.contains(&"statement line undone".to_owned())
    );
}

#[actix_web::test]
async fn of_two_people_on_one_line_one_wins_and_the_other_gets_a_sentence() {
    let app = TestApp::start().await;
    let number = promise(&app, "p", 2_500);
    let id = take_in(&app, 1, None, vec![line(26, 2_500, "x")])[0].id;
    let first = Desk::of(&app, Role::Clerk).await;
    let second = Desk::of(&app, Role::Treasurer).await;
    let (choice, promise) = (choice(id), format!("promise:{}", reference(number)));

    let (one, other) = futures_util::future::join(
        first.send(&choice, &[("choice", &promise)]),
        second.send(&choice, &[("choice", "unallocated")]),
    )
    .await;

    let (won, lost) = if one.0 == 303 { (one, other) } else { (other, one) };
    assert_eq!((won.0, lost.0), (303, 409));
    assert!(lost.1.contains("This line is done already: The "), "{}", lost.1);
    assert_eq!(balance(&app, accounts::BANK), 2_500);
}

#[actix_web::test]
async fn an_over_and_an_underpaid_promise_are_offered_and_count_with_what_came() {
    let app = TestApp::start().await;
    let (more, less) = (promise(&app, "more", 2_500), promise(&app, "less", 4_000));
    let lines = take_in(&app, 1, None, vec![line(25, 3_000, &reference(more)), line(26, 1_000, &reference(less))]);
    let desk = Desk::of(&app, Role::Clerk).await;

    assert_eq!(post(&app).lines, 0, "another amount is never certain");
    let queue = desk.page("/desk/bank/queue").await;
    assert!(
        queue.contains("£5.00 more than was promised.") && queue.contains("£30.00 less than was promised."),
        "{queue}"
    );

    for (line, number) in lines.iter().zip([more, less]) {
        let promise = format!("promise:{}", reference(number));
        assert_eq!(desk.send(&choice(line.id), &[("choice", &promise)]).await.0, 303);
    }
    assert_eq!((gift(&app, more).amount_minor, gift(&app, less).amount_minor), (3_000, 1_000));
}

#[actix_web::test]
async fn two_gifts_of_one_amount_on_one_day_are_both_offered_and_neither_taken() {
    let app = TestApp::start().await;
    let (one, two) = (promise(&app, "one", 2_500), promise(&app, "two", 2_500));
    let lines = take_in(&app, 1, None, vec![line(27, 2_500, "GIFT"), line(27, 2_500, "GIFT")]);
    let desk = Desk::of(&app, Role::Clerk).await;

    assert_eq!(post(&app).lines, 0);
    let page = desk.page(&format!("/desk/bank/lines/{}", lines[0].id)).await;
    assert!(page.contains(&reference(one)) && page.contains(&reference(two)));

    // The first takes one of them; the second is then offered the other only.
    let promise = format!("promise:{}", reference(one));
    assert_eq!(desk.send(&choice(lines[0].id), &[("choice", &promise)]).await.0, 303);
    let page = desk.page(&format!("/desk/bank/lines/{}", lines[1].id)).await;
    assert!(
        !page.contains(&format!("promise:{}", reference(one))) && page.contains(&format!("promise:{}", reference(two)))
    );
    let (status, words) = desk.send(&choice(lines[1].id), &[("choice", &promise)]).await;
    assert_eq!(status, 409, "{words}");
}

#[actix_web::test]
async fn a_reference_that_comes_twice_is_taken_once() {
    let app = TestApp::start().await;
    let number = promise(&app, "p", 2_500);
    let lines = take_in(&app, 1, None, vec![line(25, 2_500, &reference(number)), line(26, 2_500, &reference(number))]);

    assert_eq!(post(&app).lines, 1);

    assert_eq!((state(&app, lines[0].id), state(&app, lines[1].id)), (LineState::Done, LineState::Waiting));
    let desk = Desk::of(&app, Role::Clerk).await;
    let page = desk.page(&format!("/desk/bank/lines/{}", lines[1].id)).await;
    assert!(page.contains("arrived on 25 June 2021; this would be another"), "{page}");
    let again = format!("again:{}", reference(number));
    assert_eq!(desk.send(&choice(lines[1].id), &[("choice", &again)]).await.0, 303);
    assert_eq!(balance(&app, accounts::BANK), 5_000);
}

#[actix_web::test]
async fn a_gift_that_was_entered_by_hand_is_linked_and_not_counted_twice() {
    let app = TestApp::start().await;
    let number = recorded(&app, "hand", 2_500, Method::StandingOrder, Some(day(24)));
    let id = take_in(&app, 1, None, vec![line(25, 2_500, "STANDING ORDER")])[0].id;
    let desk = Desk::of(&app, Role::Clerk).await;

    let page = desk.page(&format!("/desk/bank/lines/{id}")).await;
    assert!(page.contains("Already in the books: the gift of £25.00 by Ann Reader"), "{page}");
    let entry = gift(&app, number).entry.expect("an entry");
    let known = format!("known:{entry}");
    assert_eq!(desk.send(&choice(id), &[("choice", &known)]).await.0, 303);

    assert_eq!((balance(&app, accounts::BANK), state(&app, id)), (2_500, LineState::Done));
    let other = take_in(&app, 2, None, vec![line(26, 2_500, "AGAIN")])[0].id;
    assert_eq!(desk.send(&choice(other), &[("choice", &known)]).await.0, 409, "an entry is linked once");
}

#[actix_web::test]
async fn a_new_gift_is_named_after_its_payer_and_the_payer_is_remembered() {
    let app = TestApp::start().await;
    let lines = take_in(&app, 1, None, vec![line(24, 1_500, "KEEP IT UP")]);
    let desk = Desk::of(&app, Role::Clerk).await;
    let path = format!("/desk/bank/lines/{}", lines[0].id);
    assert!(desk.page(&path).await.contains(r#"value="MR A READER""#), "the name is prefilled");

    let long = "x".repeat(201);
    let (status, page) = desk.send(&format!("{path}/gift"), &[("name", "Ann Reader"), ("in_memory_of", &long)]).await;
    assert!(status == 422 && page.contains("Please shorten the name to 200 characters."), "{page}");
    let fields = [
        ("name", "Ann Reader"),
        ("email", "ann@example.org"),
        ("acknowledge_as", "AR"),
        ("in_memory_of", "Rose Reader"),
        ("memory_in_print", "true"),
    ];
    assert_eq!(desk.send(&format!("{path}/gift"), &fields).await.0, 303);

    let known = gift(&app, 1);
    assert_eq!((known.in_memory_of.as_str(), known.memory_in_print), ("Rose Reader", true));
    let mail = app.mails();
    assert_eq!((mail.len(), mail[0].to.as_str()), (1, "ann@example.org"));
    let next = take_in(&app, 2, None, vec![line(25, 1_500, "KEEP IT UP")])[0].id;
    let page = desk.page(&format!("/desk/bank/lines/{next}")).await;
    assert!(page.contains("A gift of £15.00 by Ann Reader") && page.contains("once before"), "{page}");
    assert_eq!(post(&app).lines, 0, "once is not enough");
    assert_eq!(desk.send(&choice(next), &[("choice", "as-before")]).await.0, 303);
    assert_eq!(app.mails().len(), 2, "the receipt goes to the remembered giver");
    take_in(&app, 3, None, vec![line(26, 1_500, "KEEP IT UP"), line(26, 1_600, "KEEP IT UP")]);
    assert_eq!(post(&app).lines, 1, "twice is, for the same amount");
    app.send_mail();
}

#[actix_web::test]
async fn what_was_taught_by_mistake_is_forgotten_with_its_undoing() {
    let app = TestApp::start().await;
    let id = take_in(&app, 1, None, vec![line(24, 1_500, "x")])[0].id;
    let desk = Desk::of(&app, Role::Clerk).await;
    let path = format!("/desk/bank/lines/{id}");
    assert_eq!(desk.send(&format!("{path}/gift"), &[("name", "Wrong Person")]).await.0, 303);

    assert_eq!(desk.send(&format!("{path}/undo"), &[("reason", "another reader")]).await, (303, path.clone()));

    let page = desk.page(&path).await;
    assert!(!page.contains("as-before") && page.contains("another reader"), "{page}");
    assert_eq!(balance(&app, accounts::BANK), 0);
}

#[actix_web::test]
async fn a_line_is_split_and_the_parts_must_add_up() {
    let app = TestApp::start().await;
    let number = promise(&app, "p", 2_000);
    let id = take_in(&app, 1, None, vec![line(26, 5_000, "BRANCH")])[0].id;
    let desk = Desk::of(&app, Role::Clerk).await;
    let path = format!("/desk/bank/lines/{id}/split");
    let whole = reference(number);
    let row = |amount, kind, subject| [("amount", amount), ("kind", kind), ("subject", subject)];

    let short = [row("20", "promise", whole.as_str()), row("25", "gift", "Bea Khan bea@example.org")].concat();
    let (status, page) = desk.send(&path, &short).await;
    assert_eq!(status, 422);
    assert!(
        page.contains("£5.00 of the £50.00 is still to be placed.") && page.contains("Bea Khan bea@example.org"),
        "{page}"
    );
    let (status, page) = desk.send(&path, &row("50", "promise", "FFWRONG")).await;
    assert!(status == 422 && page.contains("Part 1: This is not one of our references."), "{page}");

    let even = [short, row("5", "other", "subscription").to_vec()].concat();
    assert_eq!(desk.send(&path, &even).await.0, 303);

    assert_eq!(gift(&app, number).status, Status::Received);
    assert_eq!((balance(&app, accounts::BANK), balance(&app, accounts::OTHER_INCOME)), (5_000, -500));
    let page = desk.page(&format!("/desk/bank/lines/{id}")).await;
    assert!(page.contains("subscription") && page.contains("Undo"), "{page}");
    assert_eq!(app.mails().len(), 2, "the receipt and Bea’s: how to pay had not left and is not needed any more");
}

#[actix_web::test]
async fn money_that_nobody_knows_waits_in_unallocated_receipts_and_is_allocated_on_its_own_day() {
    let app = TestApp::start().await;
    let number = promise(&app, "p", 2_500);
    let id = take_in(&app, 1, None, vec![line(20, 2_500, "?")])[0].id;
    let desk = Desk::of(&app, Role::Clerk).await;

    assert_eq!(desk.send(&choice(id), &[("choice", "unallocated")]).await.0, 303);
    assert_eq!((balance(&app, accounts::UNALLOCATED_RECEIPTS), balance(&app, accounts::BANK)), (-2_500, 2_500));
    let list = desk.page("/desk/bank/unallocated").await;
    assert!(list.contains("£25.00 in one receipt") && list.contains(&reference(number)), "{list}");

    let promise = format!("promise:{}", reference(number));
    let sent = desk.send(&choice(id), &[("choice", &promise), ("back", "unallocated"), ("seen", "unallocated")]).await;
    assert_eq!(sent, (303, "/desk/bank/unallocated".to_owned()));
    assert_eq!((balance(&app, accounts::UNALLOCATED_RECEIPTS), balance(&app, accounts::BANK)), (0, 2_500));
    assert_eq!(gift(&app, number).received_on, Some(day(20)));
    assert!(desk.page("/desk/bank/unallocated").await.contains("Nothing is unallocated"));
}

#[actix_web::test]
async fn fees_interest_and_other_income_have_one_key_and_any_account_has_a_form() {
    let app = TestApp::start().await;
    let fee = ToldLine { kind: Kind::Fee, payer: String::new(), ..line(24, -250, "ACCOUNT CHARGE") };
    let odd = ToldLine { payer: "PRINTERS LTD".to_owned(), ..line(25, -9_900, "INV 7") };
    let lines = take_in(&app, 1, None, vec![fee, odd, line(26, 700, "SUBSCRIPTION")]);
    let desk = Desk::of(&app, Role::Clerk).await;

    let page = desk.page(&format!("/desk/bank/lines/{}", lines[0].id)).await;
    assert!(page.contains("A fee or interest of the bank") && page.contains("The bank’s words say so."), "{page}");
    assert_eq!(desk.send(&choice(lines[0].id), &[("choice", "account:expenses:payment-fees")]).await.0, 303);
    let path = format!("/desk/bank/lines/{}/account", lines[1].id);
    let (status, page) = desk.send(&path, &[("account", "Printing")]).await;
    assert!(
        status == 409 && page.contains("is not a name for an account") && page.contains(r#"value="Printing""#),
        "{page}"
    );
    assert_eq!(desk.send(&path, &[("account", "expenses:printing"), ("note", "invoice 7")]).await.0, 303);
    assert_eq!(desk.send(&choice(lines[2].id), &[("choice", "other")]).await.0, 303);

    assert_eq!(balance(&app, "expenses:printing"), 9_900);
    assert_eq!((balance(&app, accounts::PAYMENT_FEES), balance(&app, accounts::OTHER_INCOME)), (250, -700));
    // The printers are remembered with their account.
    let bill = ToldLine { payer: "PRINTERS LTD".to_owned(), ..line(27, -8_800, "INV 8") };
    let next = take_in(&app, 2, None, vec![bill])[0].id;
    assert!(desk.page(&format!("/desk/bank/lines/{next}")).await.contains("To the account expenses:printing"));
}

#[actix_web::test]
async fn a_processors_payout_takes_the_gross_out_of_clearing_and_its_fee_off() {
    let app = TestApp::start().await;
    for (key, amount) in [("a", 10_000), ("b", 5_000)] {
        recorded(&app, key, amount, Method::Card, Some(day(20)));
    }
    let pays = |on, amount| ToldLine { payer: "STRIPE PAYMENTS UK".to_owned(), ..line(on, amount, "PO_1") };
    let id = take_in(&app, 1, None, vec![pays(22, 14_700)])[0].id;
    let desk = Desk::of(&app, Role::Clerk).await;

    let page = desk.page(&format!("/desk/bank/lines/{id}")).await;
    assert!(page.contains("A payout of £150.00 less a fee of £3.00") && page.contains("payout:15000"), "{page}");
    assert_eq!(desk.send(&choice(id), &[("choice", "payout:15000")]).await.0, 303);

    assert_eq!((balance(&app, accounts::CARD_CLEARING), balance(&app, accounts::PAYMENT_FEES)), (0, 300));
    assert_eq!(balance(&app, accounts::BANK), 14_700);
    let next = take_in(&app, 2, None, vec![pays(23, 1_000)])[0].id;
    let page = desk.page(&format!("/desk/bank/lines/{next}")).await;
    assert!(page.contains("once before") && page.contains("the fee is not known"), "{page}");
    let path = format!("/desk/bank/lines/{next}/payout");
    assert_eq!(desk.send(&path, &[("gross", "9.00")]).await.0, 409);
    assert_eq!(desk.send(&path, &[("gross", "10.20")]).await.0, 303);
    assert_eq!(balance(&app, accounts::PAYMENT_FEES), 320);
    app.send_mail();
}

#[actix_web::test]
async fn a_form_with_a_fault_for_a_line_that_somebody_did_meanwhile_says_who_did_it() {
    let app = TestApp::start().await;
    let id = take_in(&app, 1, None, vec![line(26, 999, "HELLO")])[0].id;
    let desk = Desk::of(&app, Role::Clerk).await;
    assert_eq!(desk.send(&choice(id), &[("choice", "other")]).await.0, 303);

    for (form, fields) in [
        ("gift", [("email", "nobody"), ("name", "Ann")]),
        ("split", [("amount", "x"), ("kind", "gift")]),
        ("payout", [("gross", "x"), ("key", "k")]),
    ] {
        let (status, page) = desk.send(&format!("/desk/bank/lines/{id}/{form}"), &fields).await;
        assert!(status == 409 && page.contains("This line is done already"), "{form}: {status} {page}");
    }
}

#[actix_web::test]
async fn what_a_line_would_be_matched_with_is_told_before_anything_is_posted() {
    let app = TestApp::start().await;
    let number = promise(&app, "k1", 2_500);
    let written = reference(number);
    let lines = take_in(
        &app,
        1,
        None,
        vec![
            line(26, 2_500, &written),
            line(26, 2_500, &written.to_lowercase()),
            ToldLine { payer: "NOBODY WE KNOW".to_owned(), ..line(26, 999, "HELLO") },
        ],
    );

    let told = app.app.db.read(|conn| matching::foretell(conn, lines[0].statement_id)).expect("the books");

    assert_eq!((told.certain, told.offered, told.unlike), (1, 1, 1));
    assert!(lines.iter().all(|line| state(&app, line.id) == LineState::Waiting), "nothing is posted");
}

#[actix_web::test]
async fn a_standing_order_that_the_bank_sends_back_is_offered_to_bounce() {
    let app = TestApp::start().await;
    let number = recorded(&app, "so", 2_500, Method::StandingOrder, Some(day(22)));
    let lines = take_in(&app, 1, None, vec![line(22, 2_500, "SO"), line(25, -2_500, "RETURNED UNPAID")]);
    let desk = Desk::of(&app, Role::Treasurer).await;
    let known = format!("known:{}", gift(&app, number).entry.expect("an entry"));
    assert_eq!(desk.send(&choice(lines[0].id), &[("choice", &known)]).await.0, 303);

    let page = desk.page(&format!("/desk/bank/lines/{}", lines[1].id)).await;
    assert!(page.contains("The gift of £25.00 by Ann Reader was not paid"), "{page}");
    let bounce = format!("bounce:{}", reference(number));
    assert_eq!(desk.send(&choice(lines[1].id), &[("choice", &bounce)]).await.0, 303);

    assert_eq!((gift(&app, number).status, balance(&app, accounts::BANK)), (Status::Bounced, 0));
    let queue = desk.page("/desk/bank/queue").await;
    assert!(queue.contains("what bounced stays bounced if this is undone"), "{queue}");
    let path = format!("/desk/bank/lines/{}", lines[1].id);
    assert!(desk.page(&path).await.contains("Only the line is taken off, and waits in the queue again"));
    assert_eq!(desk.send(&format!("{path}/undo"), &[("reason", "")]).await.0, 303);
    assert_eq!((gift(&app, number).status, state(&app, lines[1].id)), (Status::Bounced, LineState::Waiting));
    let page = desk.page(&path).await;
    let known = page.split("value=\"known:").nth(1).and_then(|rest| rest.split('"').next()).expect("its entry");
    assert_eq!(desk.send(&choice(lines[1].id), &[("choice", &format!("known:{known}"))]).await.0, 303);
    assert_eq!((balance(&app, accounts::BANK), state(&app, lines[1].id)), (0, LineState::Done));
    let days = app.app.db.read(|conn| ledger::days_of(conn, accounts::BANK, GBP)).expect("days");
    assert_eq!(days, [(day(22), 2_500), (day(25), -2_500)], "on the bank's day");
    app.send_mail();
}

#[actix_web::test]
async fn what_the_bank_sends_back_is_offered_by_the_way_that_it_names_also_where_it_says_a_code_alone() {
    let app = TestApp::start().await;
    let cheque = recorded(&app, "c", 1_550, Method::Cheque, Some(day(20)));
    let debit = recorded(&app, "d", 1_550, Method::DirectDebit, Some(day(24)));
    let order = recorded(&app, "o", 1_550, Method::StandingOrder, Some(day(22)));
    let back = |description: &str, kind| ToldLine {
        description: description.to_owned(),
        kind,
        payer: String::new(),
        ..line(25, -1_550, "")
    };
    let told = vec![
        back("UNPAID CHEQUE 000118", Kind::Other),
        back("AM04", Kind::DirectDebit),
        back("REFER TO PAYER", Kind::StandingOrder),
        back("OFFICE RENT", Kind::StandingOrder),
    ];
    let lines = take_in(&app, 1, None, told);
    let desk = Desk::of(&app, Role::Treasurer).await;

    let mut first = Vec::new();
    for line in &lines {
        let page = desk.page(&format!("/desk/bank/lines/{}", line.id)).await;
        let offer = page.split("value=\"bounce:").nth(1).and_then(|rest| rest.split('"').next());
        first.push(offer.map(str::to_owned));
    }

    let wanted = [cheque, debit, order].map(|number| Some(reference(number)));
    assert_eq!(first, [wanted.as_slice(), &[None]].concat());
}

#[actix_web::test]
async fn the_search_finds_by_name_reference_and_amount() {
    let app = TestApp::start().await;
    let number = promise(&app, "p", 4_200);
    let id = take_in(&app, 1, None, vec![line(26, 5_000, "x")])[0].id;
    let desk = Desk::of(&app, Role::Clerk).await;

    for query in ["reader", "42.00", reference(number).as_str()] {
        let page = desk.page(&format!("/desk/bank/lines/{id}?q={query}")).await;
        assert!(page.contains("This promise arrives") && page.contains(&reference(number)), "{query}: {page}");
    }
    assert!(desk.page(&format!("/desk/bank/lines/{id}?q=nobody")).await.contains("Nothing is found."));
}

#[actix_web::test]
async fn an_auditor_reads_the_bank_and_changes_nothing() {
    let app = TestApp::start().await;
    let id = take_in(&app, 1, None, vec![line(26, 5_000, "x")])[0].id;
    let desk = Desk::of(&app, Role::Auditor).await;

    for path in ["/desk/bank", "/desk/bank/queue", "/desk/bank/unallocated", "/desk/bank/reconciliation"] {
        let page = desk.page(path).await;
        assert!(!page.contains("data-key"), "{path}");
    }
    assert!(!desk.page(&format!("/desk/bank/lines/{id}")).await.contains("<form method=\"post\" action=\"/desk/bank"));
    assert_eq!(desk.send(&choice(id), &[("choice", "other")]).await.0, 403);
}

#[actix_web::test]
async fn the_setting_decides_whether_certain_matches_are_posted() {
    let app = TestApp::start().await;
    let number = promise(&app, "p", 2_500);
    take_in(&app, 1, None, vec![line(26, 2_500, &reference(number))]);
    let if_set = || matching::post_if_set(&app.app.db, app.app.clock.now(), &by(), |_| ()).expect("the books");
    assert_eq!(if_set(), None, "off to begin with");

    let clerk = Desk::of(&app, Role::Clerk).await;
    assert_eq!(clerk.send("/desk/bank/settings", &[("posts_certain", "true")]).await.0, 403);
    let treasurer = Desk::of(&app, Role::Treasurer).await;
    assert_eq!(treasurer.send("/desk/bank/settings", &[("posts_certain", "true")]).await.0, 303);

    assert_eq!(if_set().map(|done| done.lines), Some(1));
    assert!(trail(&app).contains(&"bank setting changed".to_owned()));
    app.send_mail();
}

#[actix_web::test]
async fn a_reference_with_one_slip_is_never_posted_silently() {
    let app = TestApp::start().await;
    let promises: Vec<String> = (0..20).map(|at| reference(promise(&app, &format!("p{at}"), 2_500))).collect();
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let slips = (0_usize..20, 0_usize..10, 0_u8..36, 0..5);
    let mut lines = Vec::new();
    for at in 0..400_u32 {
        let (which, place, other, kind) = slips.new_tree(&mut runner).expect("a slip").current();
        let whole = &promises[which];
        let mut typed = whole.clone().into_bytes();
        match kind {
            0 => typed[place] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[usize::from(other)],
            1 => typed.swap(place, (place + 1).min(9)),
            2 => drop(typed.remove(place)),
            3 => typed.insert(place, typed[place]),
            _ => typed.make_ascii_lowercase(),
        }
        let typed = String::from_utf8(typed).expect("ASCII");
        if typed != *whole {
            lines.push(line(1 + at % 27, 2_500, &typed));
        }
    }
    let count = lines.len();
    assert!(count > 300);
    take_in(&app, 1, None, lines);

    let done = post(&app);

    assert_eq!((done.lines, done.looked_at), (0, count));
    app.send_mail();
}

#[actix_web::test]
async fn verify_tells_a_line_that_is_done_and_not_allocated() {
    let mut app = TestApp::start().await;
    let id = take_in(&app, 1, None, vec![line(26, 5_000, "x")])[0].id;
    assert_eq!(app.fault(), None);

    app.app.db.write(|conn| statements::set_state(conn, id, LineState::Done)).expect("a state");

    app.leave_books_unchecked();
    let fault = app.fault().expect("a fault");
    assert!(fault.contains("should be allocated with 5000 in minor units and is with 0"), "{fault}");
}

#[actix_web::test]
async fn a_choice_can_be_undone_until_the_month_is_closed() {
    let app = TestApp::start().await;
    let number = promise(&app, "p", 2_500);
    let lines = take_in(&app, 1, None, vec![line(20, 2_500, &reference(number)), line(21, 700, "?")]);
    assert_eq!(post(&app).lines, 1);
    let closed = app.app.db.write(|conn| {
        use fighting_fund::db::schema::appeals;
        let closing = diesel::update(appeals::table).set(appeals::closed_at.eq(noon().naive_utc()));
        Ok::<_, DbError>(closing.execute(conn)?)
    });
    assert_eq!(closed.expect("a closed month"), 1);
    let desk = Desk::of(&app, Role::Treasurer).await;

    let (status, page) = desk.send(&format!("/desk/bank/lines/{}/undo", lines[0].id), &[("reason", "")]).await;

    assert_eq!((status, state(&app, lines[0].id)), (409, LineState::Done));
    assert!(page.contains("closed"), "{page}");
    let (status, page) = desk.send(&format!("/desk/bank/lines/{}/gift", lines[1].id), &[("name", "A")]).await;
    assert!(status == 422 || status == 409, "{page}");
    assert_eq!(state(&app, lines[1].id), LineState::Waiting);
}

#[actix_web::test]
async fn a_refund_stands_on_its_list_until_the_bank_shows_that_it_was_paid() {
    let app = TestApp::start().await;
    let treasurer = app.sign_in(Role::Treasurer).await;
    let number = recorded(&app, "g1", 5_000, Method::BankTransfer, Some(day(2)));
    let change = donations::Change {
        key: "refund".to_owned(),
        fingerprint: [2; 32],
        reason: "asked for it back".to_owned(),
        by: "test".to_owned(),
        request_id: String::new(),
    };
    let refunded = app.app.db.write(|conn| {
        hold(conn, Lock::Books)?;
        Ok::<_, DbError>(donations::refund(conn, noon() - chrono::TimeDelta::days(20), number, 2_000, &change))
    });
    refunded.expect("the books").expect("a refund");
    let page = async || treasurer.get(app.at("/desk/gifts/refunds")).send().await.expect("an answer").text().await;

    let waiting = page().await.expect("a page");
    // Somebody paid it three weeks later: further away than the bank's own doings are looked for.
    let lines = take_in(&app, 9, None, vec![line(27, -2_000, "")]);
    let queue =
        treasurer.get(app.at("/desk/bank/queue")).send().await.expect("an answer").text().await.expect("a page");
    let code = crate::staff::between(&queue, "name=\"choice\" value=\"known:", "\"").to_owned();
    let path = format!("/desk/bank/lines/{}/choice", lines[0].id);
    crate::staff::post(&app, &treasurer, &path, &[("choice", &format!("known:{code}"))]).await;
    let paid = page().await.expect("a page");

    assert!(waiting.contains("£20.00 in one refund") && waiting.contains("Ann Reader"), "{waiting}");
    assert!(waiting.contains("20 days"), "{waiting}");
    assert_eq!(state(&app, lines[0].id), LineState::Done);
    assert!(paid.contains("Every refund of the books stands on a statement"), "{paid}");
    app.send_mail();
}

#[actix_web::test]
async fn a_line_that_is_like_nothing_leads_to_a_new_gift_at_once() {
    let app = TestApp::start().await;
    let clerk = app.sign_in(Role::Clerk).await;
    let lines = take_in(&app, 9, None, vec![line(27, 1_234, ""), line(27, -4_321, "")]);

    let queue = clerk.get(app.at("/desk/bank/queue")).send().await.expect("an answer").text().await.expect("a page");
    let page = clerk.get(app.at(&format!("/desk/bank/lines/{}", lines[0].id))).send().await.expect("an answer");

    let place = format!("/desk/bank/lines/{}?after=&amp;back=#gift-name", lines[0].id);
    assert_eq!(queue.matches("New gift").count(), 1, "money that went out is no gift");
    assert!(queue.contains(&place), "{queue}");
    assert!(page.text().await.expect("a page").contains(r#"<details class="deed" id="gift" open>"#));
}
