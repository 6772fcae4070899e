//! Money that arrived is allocated once, and taken back as if it had never been.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use fighting_fund::db::{Conn, DbError, Lock, hold};
use fighting_fund::donations::{self, Change, ChangeError, Donation, Method, NewGift, Status};
use fighting_fund::ledger::{self, accounts};
use fighting_fund::money::GBP;
use fighting_fund::payments::{
    self, By, GiftFor, Money, Outcome, PaymentError, Portion, Purpose, PurposeKind, Refusal, Source,
};
use fighting_fund::{funds, shares};

use crate::harness::{TestApp, noon};
use crate::society::Society;

fn by() -> By {
    By { who: "staff:1 Jane Doe".to_owned(), request_id: "r1".to_owned() }
}

fn line(id: i64, amount_minor: i64) -> Money {
    Money {
        source: Source::StatementLine(id),
        method: Method::BankTransfer,
        received_on: day("2021-06-20"),
        amount_minor,
        currency: GBP,
    }
}

fn row(id: i64, amount_minor: i64) -> Money {
    Money { source: Source::BatchRow(id), method: Method::Cheque, ..line(id, amount_minor) }
}

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

fn gift(name: &str) -> Purpose {
    let email = format!("{}@example.org", name.to_lowercase());
    Purpose::NewGift(GiftFor { fund_id: 1, name: name.to_owned(), email: Some(email), ..GiftFor::default() })
}

fn account(name: &str) -> Purpose {
    Purpose::Account { account: name.to_owned(), note: "a year's subscription".to_owned() }
}

fn whole(money: Money, purpose: Purpose) -> (Money, Vec<Portion>) {
    let portion = Portion { amount_minor: money.amount_minor, purpose };
    (money, vec![portion])
}

fn write<T, E: From<DbError>>(
    app: &TestApp,
    work: impl FnOnce(&mut Conn, DateTime<Utc>) -> Result<T, E>,
) -> Result<T, E> {
    let now = app.app.clock.now();
    app.app.db.write(|conn| {
        hold(conn, Lock::Books)?;
        work(conn, now)
    })
}

fn allocate(app: &TestApp, payments: &[(Money, Vec<Portion>)]) -> Result<Vec<Outcome>, PaymentError> {
    write(app, |conn, now| payments::allocate_all(conn, now, &by(), payments))
}

fn take_back(app: &TestApp, source: Source) -> Result<(), PaymentError> {
    write(app, |conn, now| payments::take_back(conn, now, &by(), source, "typed twice"))
}

fn balance(app: &TestApp, account: &str, as_at: &str) -> i64 {
    let balances = app.app.db.read(|conn| ledger::balances(conn, day(as_at))).expect("balances");
    let of_account = balances.iter().filter(|balance| balance.account == account);
    of_account.map(|balance| balance.debit_minor - balance.credit_minor).sum()
}

fn donation(app: &TestApp, number: i64) -> Donation {
    app.app.db.read(|conn| donations::by_number(conn, number)).expect("the database").expect("a donation")
}

fn raised(app: &TestApp) -> i64 {
    let rows = app.app.db.read(funds::standing_rows).expect("totals");
    rows.iter().map(|(_, total)| total.raised_minor).sum()
}

/// A gift of £25 promised by bank transfer.
fn promise(app: &TestApp) -> i64 {
    let gift = NewGift {
        key: "promise".to_owned(),
        fingerprint: [1; 32],
        fund_id: 1,
        appeal: None,
        amount_minor: 2_500,
        method: Method::BankTransfer,
        is_pledge: true,
        received_on: None,
        name: "Ann".to_owned(),
        email: Some("ann@example.org".to_owned()),
        acknowledge_as: String::new(),
        anonymous: false,
        note: String::new(),
        in_memory_of: String::new(),
        memory_in_print: false,
        by: "public".to_owned(),
        request_id: String::new(),
        stranger: None,
    };
    let outcome = write(app, |conn, now| donations::record_all(conn, now, &[gift])).expect("the database");
    outcome.into_iter().next().expect("an outcome").expect("a promise").donation.id
}

fn refusal(result: Result<impl std::fmt::Debug, PaymentError>) -> Refusal {
    match result {
        Err(PaymentError::Refused { why, .. }) => why,
        other => panic!("not refused: {other:?}"),
    }
}

#[actix_web::test]
async fn one_cheque_is_split_over_a_gift_and_a_subscription_and_stands_in_one_place() {
    let app = TestApp::start().await;
    let parts = vec![
        Portion { amount_minor: 2_000, purpose: gift("Ann") },
        Portion { amount_minor: 500, purpose: account("income:subscriptions") },
    ];

    let made = allocate(&app, &[(row(1, 2_500), parts)]).expect("allocated");

    let kinds: Vec<PurposeKind> = made[0].allocations.iter().map(|it| it.purpose).collect();
    assert_eq!(kinds, [PurposeKind::Gift, PurposeKind::Account]);
    assert_eq!(balance(&app, accounts::CHEQUES_IN_HAND, "2021-06-20"), 2_500);
    assert_eq!(balance(&app, "income:subscriptions", "2021-06-20"), -500);
    assert_eq!((raised(&app), donation(&app, 1).status), (2_000, Status::Received));
    assert_eq!(app.mails().len(), 1);
}

#[actix_web::test]
async fn money_is_never_allocated_twice() {
    let app = TestApp::start().await;
    allocate(&app, &[whole(line(1, 1_000), gift("Ann"))]).expect("allocated");

    let again = allocate(&app, &[whole(line(1, 1_000), gift("Ann"))]);
    let twice_at_once = allocate(&app, &[whole(line(2, 500), gift("Bo")), whole(line(2, 500), gift("Bo"))]);

    assert!(matches!(refusal(again), Refusal::AlreadyAllocated));
    assert!(matches!(refusal(twice_at_once), Refusal::AlreadyAllocated));
    assert_eq!(raised(&app), 1_000);
}

#[actix_web::test]
async fn parts_that_do_not_add_up_are_refused_and_nothing_lands() {
    let app = TestApp::start().await;
    let parts = vec![Portion { amount_minor: 999, purpose: gift("Bo") }];

    let refused = allocate(&app, &[whole(line(1, 1_000), gift("Ann")), (line(2, 1_000), parts)]);

    assert_eq!(refusal(refused).to_string(), "The parts add up to £9.99, and £10.00 came. Please make them agree.");
    assert_eq!(raised(&app), 0);
}

#[actix_web::test]
async fn a_gift_entered_by_mistake_leaves_its_day_as_if_it_had_never_been() {
    let app = TestApp::start().await;
    allocate(&app, &[whole(line(1, 1_000), gift("Ann"))]).expect("allocated");
    let receipt = donation(&app, 1).receipt;

    take_back(&app, Source::StatementLine(1)).expect("taken back");

    let after = donation(&app, 1);
    assert_eq!((after.status, after.remaining_minor(), after.receipt), (Status::Cancelled, 0, receipt));
    assert_eq!((balance(&app, accounts::BANK, "2021-06-20"), raised(&app)), (0, 0));
    // The receipt had not left, so nobody hears of it.
    assert_eq!(app.mails().len(), 0);
    let mended = allocate(&app, &[whole(line(1, 1_000), gift("Bo"))]).expect("allocated anew");
    assert_eq!(mended[0].allocations[0].subject, donation(&app, 2).reference().to_string());
    assert_eq!(donation(&app, 2).receipt.expect("a receipt").number, 2);
}

#[actix_web::test]
async fn a_receipt_that_has_left_is_followed_by_a_kind_letter() {
    let app = TestApp::start().await;
    allocate(&app, &[whole(line(1, 1_000), gift("Ann"))]).expect("allocated");
    app.send_mail();

    take_back(&app, Source::StatementLine(1)).expect("taken back");

    let mails = app.mails();
    assert_eq!(mails.len(), 2);
    assert_eq!(mails[1].subject, "A correction: please set receipt 2021-000001 aside");
    assert!(mails[1].text.contains("We made a mistake, and we are sorry."), "{}", mails[1].text);
    assert!(!mails[1].text.contains("typed twice"), "what staff wrote for themselves stays here");
}

#[actix_web::test]
async fn a_promise_arrives_with_what_came_and_keeps_its_receipt_when_it_arrives_again() {
    let app = TestApp::start().await;
    let number = promise(&app);
    allocate(&app, &[whole(row(1, 2_000), Purpose::Promise { donation: number })]).expect("arrived");
    let arrived = donation(&app, number);
    assert_eq!((arrived.amount_minor, arrived.method, arrived.status), (2_000, Method::Cheque, Status::Received));

    take_back(&app, Source::BatchRow(1)).expect("taken back");

    let promised = donation(&app, number);
    assert_eq!(
        (promised.amount_minor, promised.method, promised.status),
        (2_500, Method::BankTransfer, Status::Pledged)
    );
    assert_eq!((promised.received_on, promised.entry, raised(&app)), (None, None, 0));
    allocate(&app, &[whole(line(7, 2_600), Purpose::Promise { donation: number })]).expect("arrived again");
    let arrived = donation(&app, number);
    assert_eq!((arrived.receipt, raised(&app)), (promised.receipt, 2_600));
    assert_eq!(balance(&app, accounts::CHEQUES_IN_HAND, "2021-06-20"), 0);
}

#[actix_web::test]
async fn a_promise_that_two_lines_claim_arrives_once() {
    let app = TestApp::start().await;
    let number = promise(&app);
    let claim = |id| whole(line(id, 2_500), Purpose::Promise { donation: number });

    let refused = allocate(&app, &[claim(1), claim(2)]);

    assert!(matches!(refusal(refused), Refusal::Change(ChangeError::AlreadyReceived)));
    assert_eq!(raised(&app), 0);
}

#[actix_web::test]
async fn money_that_waited_leaves_unallocated_receipts_on_its_own_day() {
    let app = TestApp::start().await;
    allocate(&app, &[whole(line(1, 1_000), Purpose::Unallocated)]).expect("waits");
    assert_eq!(balance(&app, accounts::UNALLOCATED_RECEIPTS, "2021-06-20"), -1_000);
    app.set_time(noon() + TimeDelta::days(2));

    allocate(&app, &[whole(line(1, 1_000), gift("Ann"))]).expect("allocated");

    assert_eq!(balance(&app, accounts::UNALLOCATED_RECEIPTS, "2021-06-20"), 0);
    assert_eq!(balance(&app, accounts::BANK, "2021-06-20"), 1_000);
    let known = app.app.db.read(|conn| payments::allocations_of(conn, &[Source::StatementLine(1)])).expect("rows");
    assert_eq!(known.iter().map(|it| it.is_live()).collect::<Vec<_>>(), [false, true]);
}

#[actix_web::test]
async fn a_payout_is_one_entry_with_its_fee() {
    let app = TestApp::start().await;
    let parts = vec![
        Portion { amount_minor: 10_000, purpose: account(accounts::CARD_CLEARING) },
        Portion { amount_minor: -300, purpose: account(accounts::PAYMENT_FEES) },
    ];

    allocate(&app, &[(line(1, 9_700), parts)]).expect("allocated");

    assert_eq!(balance(&app, accounts::BANK, "2021-06-20"), 9_700);
    assert_eq!(balance(&app, accounts::PAYMENT_FEES, "2021-06-20"), 300);
    assert_eq!(app.app.db.read(ledger::head).expect("head").number, 1);
    take_back(&app, Source::StatementLine(1)).expect("taken back");
    assert_eq!(balance(&app, accounts::BANK, "2021-06-20"), 0);
}

#[actix_web::test]
async fn a_fee_of_the_bank_is_no_gift() {
    let app = TestApp::start().await;

    let refused = allocate(&app, &[whole(line(1, -500), gift("Ann"))]);
    allocate(&app, &[whole(line(1, -500), account("expenses:bank-charges"))]).expect("a fee");

    assert!(matches!(refusal(refused), Refusal::NotMoneyIn));
    assert_eq!(balance(&app, "expenses:bank-charges", "2021-06-20"), 500);
}

#[actix_web::test]
async fn accounts_that_other_pages_keep_are_refused_with_a_sentence() {
    let app = TestApp::start().await;
    let names =
        ["income:donations:fighting-fund", "liabilities:share-applications", "assets:bank", "Income", "income:"];

    for name in names {
        let why = refusal(allocate(&app, &[whole(line(1, 500), account(name))]));

        assert!(matches!(why, Refusal::KeptElsewhere(_) | Refusal::BadAccount(_)), "{name}: {why}");
    }
}

#[actix_web::test]
async fn an_entry_is_linked_to_money_once_and_only_if_it_moved_it() {
    let app = TestApp::start().await;
    let by_hand = Money { source: Source::BatchRow(1), ..line(1, 1_000) };
    allocate(&app, &[whole(by_hand, gift("Ann"))]).expect("the books have it");
    let known = |id, amount, entry| whole(line(id, amount), Purpose::Known { entry });

    assert!(matches!(refusal(allocate(&app, &[known(2, 1_000, 99)])), Refusal::UnknownEntry(99)));
    assert!(matches!(refusal(allocate(&app, &[known(2, 1_001, 1)])), Refusal::OtherEntry { .. }));
    allocate(&app, &[known(2, 1_000, 1)]).expect("linked");
    assert!(matches!(refusal(allocate(&app, &[known(3, 1_000, 1)])), Refusal::EntryLinked(1)));
    assert_eq!(raised(&app), 1_000);
    allocate(&app, &[whole(line(4, 700), gift("Bo"))]).expect("posted for its own line");
    assert!(matches!(refusal(allocate(&app, &[known(5, 700, 2)])), Refusal::EntryLinked(2)));
    take_back(&app, Source::StatementLine(2)).expect("unlinked");
    allocate(&app, &[known(3, 1_000, 1)]).expect("linked to the right line");
}

#[actix_web::test]
async fn share_money_leaves_a_waiting_application_and_stays_with_a_decided_one() {
    let society = Society::start().await;
    let reference = society.applied("Ann Lee", 10).await;
    let application = shares_number(&reference);
    let pay = |id| whole(row(id, 1_000), Purpose::Shares { application });
    allocate(&society.app, &[pay(1)]).expect("paid");

    take_back(&society.app, Source::BatchRow(1)).expect("taken back");

    assert_eq!(society.owed(accounts::SHARE_APPLICATIONS), 0);
    assert!(matches!(refusal(take_back(&society.app, Source::BatchRow(1))), Refusal::NothingAllocated));
    allocate(&society.app, &[pay(2)]).expect("paid");
    let (status, _) = society.post(&format!("applications/{reference}/allotment"), serde_json::json!({})).await;
    assert_eq!(status, 201);
    let refused = refusal(take_back(&society.app, Source::BatchRow(2)));
    assert_eq!(refused.to_string(), "This application was already allotted.");
    let refused = refusal(allocate(&society.app, &[pay(3)]));
    assert_eq!(refused.to_string(), "This application was already allotted.");
}

fn shares_number(reference: &str) -> i64 {
    shares::numbers::application_of(reference.parse().expect("a reference")).expect("an application")
}

fn close(app: &TestApp, name: &str) {
    use diesel::RunQueryDsl;
    let text = format!("UPDATE appeals SET closed_at = '2021-07-02 00:00:00' WHERE name = '{name}'");
    let done = app.app.db.write(|conn| -> Result<_, DbError> {
        match conn {
            Conn::Sqlite(c) => diesel::sql_query(text).execute(c)?,
            Conn::Postgres(c) => diesel::sql_query(text).execute(c)?,
        };
        Ok(())
    });
    done.expect("closed");
}

#[actix_web::test]
async fn nothing_of_a_closed_month_is_taken_back() {
    let app = TestApp::start().await;
    let other = whole(line(2, 500), account("income:subscriptions"));
    allocate(&app, &[whole(line(1, 1_000), gift("Ann")), other]).expect("allocated");
    close(&app, "2021-06");

    for id in [1, 2] {
        let why = refusal(take_back(&app, Source::StatementLine(id))).to_string();

        assert!(why.starts_with("The books of 2021-06 are closed"), "{why}");
    }
    assert_eq!(raised(&app), 1_000);
}

fn change(key: &str) -> Change {
    Change {
        key: key.to_owned(),
        fingerprint: [7; 32],
        reason: "returned unpaid".to_owned(),
        by: "staff:1".to_owned(),
        request_id: String::new(),
    }
}

#[actix_web::test]
async fn a_cheque_that_was_paid_in_bounces_out_of_the_bank() {
    let app = TestApp::start().await;
    allocate(&app, &[whole(row(1, 1_000), gift("Ann"))]).expect("allocated");
    write(&app, |conn, _| donations::hold_in(conn, &[1], Some(accounts::BANK))).expect("paid in");

    let refused = refusal(take_back(&app, Source::BatchRow(1)));
    write(&app, |conn, now| donations::bounce(conn, now, 1, &change("b1"))).expect("bounced");

    assert!(matches!(refused, Refusal::Change(ChangeError::PaidIn)));
    assert_eq!(balance(&app, accounts::CHEQUES_IN_HAND, "2021-06-30"), 1_000);
    assert_eq!(balance(&app, accounts::BANK, "2021-06-30"), -1_000);
    assert!(app.mails().iter().any(|mail| mail.subject == "Your cheque for £10.00 came back unpaid"));
}

#[actix_web::test]
async fn many_payments_are_allocated_with_few_statements() {
    let mut app = TestApp::start().await;
    app.leave_mail_unsent();
    let payments: Vec<_> = (1..=1_000).map(|id| whole(line(id, 100 + id), gift(&format!("R{id}")))).collect();

    let started = std::time::Instant::now();
    let made = allocate(&app, &payments).expect("allocated");

    assert_eq!(made.len(), 1_000);
    assert!(started.elapsed() < std::time::Duration::from_secs(20), "{:?}", started.elapsed());
}
