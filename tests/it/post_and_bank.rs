//! The post and the bank together: closed months, many at once, slips and cheques on a statement, the register's money.

use chrono::{TimeDelta, TimeZone, Utc};
use fighting_fund::batches::{self, State};
use fighting_fund::db::{Lock, hold};
use fighting_fund::donations::{Method, Status};
use fighting_fund::ledger::{self, accounts};
use fighting_fund::money::GBP;
use fighting_fund::payments::{self, Money, Portion, Purpose, Source};
use fighting_fund::staff::Role;
use fighting_fund::standing_orders;
use fighting_fund::statements::LineState;
use fighting_fund::statements::told::ToldLine;
use serde_json::json;

use crate::desk::{Desk, gift, trail};
use crate::harness::{TestApp, noon};
use crate::matching::{balance, by, day, line, promise, state, take_in};
use crate::society::Society;

const JUNE: &str = "/desk/funds/fighting-fund/appeals/2021-06";

fn choice(id: i64) -> String {
    format!("/desk/bank/lines/{id}/choice")
}

impl Desk<'_> {
    /// Opens a batch through the form: its address.
    async fn batch(&self, kind: &str, sum: &str, count: usize) -> String {
        let key = format!("batch {kind} {sum} {count}");
        let count = count.to_string();
        let form = [
            ("key", key.as_str()),
            ("kind", kind),
            ("fund", "fighting-fund"),
            ("control", sum),
            ("count", &count),
            ("received_on", "2021-06-25"),
        ];
        let (status, place) = self.send("/desk/batches/new", &form).await;
        assert_eq!(status, 303, "{place}");
        place
    }

    /// Enters a row of a batch; its key is its first field's value.
    async fn row(&self, batch: &str, fields: &[(&str, &str)]) {
        let (status, said) = self.send(&format!("{batch}/rows"), fields).await;
        assert_eq!(status, 303, "{said}");
    }

    /// Pays everything in that is ticked: the address of the slip.
    async fn pay_in(&self, cheques: &[&str]) -> String {
        let mut form = vec![("key", "slip"), ("number", "500123"), ("paid_in_on", "2021-06-26")];
        form.extend(cheques.iter().map(|cheque| ("cheque", *cheque)));
        let (status, place) = self.send("/desk/batches/slips", &form).await;
        assert_eq!(status, 303, "{place}");
        place
    }
}

#[actix_web::test]
async fn a_batch_of_a_closed_month_gets_a_sentence_with_its_row_and_stays_open() {
    let app = TestApp::start().await;
    let desk = Desk::of(&app, Role::Treasurer).await;
    let gifts = desk.batch("cheques", "30", 2).await;
    desk.row(&gifts, &[("key", "r1"), ("amount", "10"), ("received_on", "2021-06-26")]).await;
    desk.row(&gifts, &[("key", "r2"), ("amount", "20")]).await;
    let income = desk.batch("cash", "5", 1).await;
    let row = [("key", "r3"), ("amount", "5"), ("other", "5"), ("other_account", "income:subscriptions")];
    desk.row(&income, &row).await;
    app.live_at(Utc.with_ymd_and_hms(2021, 7, 3, 11, 0, 0).unwrap());
    app.close("2021-06").expect("a closed month");
    let desk = Desk::of(&app, Role::Treasurer).await;

    let (status, page) = desk.send(&format!("{gifts}/post"), &[]).await;
    let (other, said) = desk.send(&format!("{income}/post"), &[]).await;

    assert!(status == 409 || status == 422, "{status}");
    assert!(page.contains("Row 1: The books of 2021-06 are closed."), "{page}");
    assert!(other == 409 || other == 422, "{other}");
    assert!(said.contains("Row 1: The books of 2021-06 are closed, so no other income can be posted there."), "{said}");
    let states = [1, 2].map(|id| app.app.db.read(|conn| batches::batch(conn, id)).expect("it").expect("a batch").state);
    assert_eq!(states, [State::Open, State::Open]);
    assert_eq!((balance(&app, accounts::CHEQUES_IN_HAND), balance(&app, accounts::CASH)), (0, 0));
    // Its day corrected, it counts in the month that is open.
    let control = [("control", "30"), ("count", "2"), ("received_on", "2021-07-01")];
    assert_eq!(desk.send(&format!("{gifts}/control"), &control).await.0, 303);
    let row = [("amount", "10"), ("received_on", "2021-07-01")];
    assert_eq!(desk.send(&format!("{gifts}/rows/1"), &row).await.0, 303);
    assert_eq!(desk.send(&format!("{gifts}/post"), &[]).await.0, 303);
    assert_eq!(app.appeal("2021-07").2.raised_minor, 3_000);
}

#[actix_web::test]
async fn an_open_batch_stands_in_the_checklist_and_refuses_the_close() {
    let app = TestApp::start().await;
    let desk = Desk::of(&app, Role::Treasurer).await;
    let batch = desk.batch("cash", "5", 1).await;
    desk.row(&batch, &[("key", "r1"), ("amount", "5")]).await;
    app.live_at(Utc.with_ymd_and_hms(2021, 7, 3, 11, 0, 0).unwrap());
    let desk = Desk::of(&app, Role::Treasurer).await;
    desk.send(&format!("{JUNE}/closing/proof"), &[]).await;

    let shown = desk.page(&format!("{JUNE}/closing")).await;
    let (early, refused) = desk.send(&format!("{JUNE}/closing"), &[("key", "k1")]).await;

    assert!(
        shown.contains("One batch that came until then is still open.") && shown.contains("/desk/batches"),
        "{shown}"
    );
    assert_eq!(early, 422);
    assert!(refused.contains("One batch that came until then is still open."), "{refused}");
    assert_eq!(desk.send(&format!("{batch}/post"), &[]).await.0, 303);
    desk.send(&format!("{JUNE}/closing/proof"), &[]).await;
    assert!(desk.page(&format!("{JUNE}/closing")).await.contains("No batch of the post is open."));
    assert_eq!(desk.send(&format!("{JUNE}/closing"), &[("key", "k2")]).await.0, 303);
    app.send_mail();
}

#[actix_web::test]
async fn a_row_of_june_in_a_batch_of_july_stands_in_the_way_too() {
    let app = TestApp::start().await;
    app.live_at(Utc.with_ymd_and_hms(2021, 7, 3, 11, 0, 0).unwrap());
    let desk = Desk::of(&app, Role::Treasurer).await;
    let batch = desk.batch("cash", "5", 1).await;
    let control = [("control", "5"), ("count", "1"), ("received_on", "2021-07-02")];
    assert_eq!(desk.send(&format!("{batch}/control"), &control).await.0, 303);
    assert!(desk.page(&format!("{JUNE}/closing")).await.contains("No batch of the post is open."));

    desk.row(&batch, &[("key", "r1"), ("amount", "5"), ("received_on", "2021-06-30")]).await;

    assert!(desk.page(&format!("{JUNE}/closing")).await.contains("One batch that came until then is still open."));
}

#[actix_web::test]
async fn three_thousand_promises_arrive_in_one_transaction() {
    let mut app = TestApp::start().await;
    app.leave_mail_unsent();
    let numbers: Vec<i64> = (0..3_000).map(|at| promise(&app, &format!("p{at}"), 1_000 + at)).collect();
    let payment = |(at, number): (usize, &i64)| {
        let amount_minor = 1_000 + at as i64;
        let source = Source::BatchRow(at as i64 + 1);
        let money = Money { source, method: Method::Cheque, received_on: day(25), amount_minor, currency: GBP };
        (money, vec![Portion { amount_minor, purpose: Purpose::Promise { donation: *number } }])
    };
    let all: Vec<(Money, Vec<Portion>)> = numbers.iter().enumerate().map(payment).collect();

    let outcomes = app.app.db.write(|conn| {
        hold(conn, Lock::Books)?;
        payments::allocate_all(conn, app.app.clock.now(), &by(), &all)
    });

    assert_eq!(outcomes.expect("allocated").len(), 3_000);
    let sum: i64 = (0..3_000).map(|at| 1_000 + at).sum();
    assert_eq!(balance(&app, accounts::CHEQUES_IN_HAND), sum);
    assert_eq!(app.appeal("2021-06").2.raised_minor, sum);
    assert_eq!(gift(&app, numbers[2_999]).status, Status::Received);
}

#[actix_web::test]
async fn two_people_who_press_post_at_once_post_a_batch_once() {
    let app = TestApp::start().await;
    let (clerk, other) = (Desk::of(&app, Role::Clerk).await, Desk::of(&app, Role::Treasurer).await);
    let batch = clerk.batch("cash", "200", 200).await;
    for row in 0..200 {
        clerk.row(&batch, &[("key", &format!("r{row}")), ("amount", "1")]).await;
    }
    let path = format!("{batch}/post");

    let (one, two) = futures_util::future::join(clerk.send(&path, &[]), other.send(&path, &[])).await;

    assert_eq!((one, two), ((303, batch.clone()), (303, batch.clone())), "both see it posted");
    assert_eq!(balance(&app, accounts::CASH), 20_000);
    assert_eq!(trail(&app).iter().filter(|action| *action == "batch posted").count(), 1);
    assert!(clerk.page(&batch).await.contains("posted"));
}

#[actix_web::test]
async fn a_slip_is_found_on_the_statement_and_a_cheque_that_comes_back_goes_back_whole() {
    let society = Society::start().await;
    let reference = society.applied("Ann Lee", 10).await;
    let app = &society.app;
    let desk = Desk::of(app, Role::Treasurer).await;
    let batch = desk.batch("cheques", "75", 2).await;
    let split = [
        ("key", "r1"),
        ("amount", "30"),
        ("from", "Ann Lee"),
        ("shares", "10"),
        ("application", reference.as_str()),
        ("other", "5"),
        ("other_account", "income:subscriptions"),
    ];
    desk.row(&batch, &split).await;
    desk.row(&batch, &[("key", "r2"), ("amount", "45"), ("from", "Bo Lee")]).await;
    assert_eq!(desk.send(&format!("{batch}/post"), &[]).await.0, 303);
    let slip = desk.pay_in(&["row-1", "row-2"]).await;
    let credit = ToldLine { payer: "CREDIT 500123".to_owned(), ..line(26, 7_500, "500123") };
    let back = ToldLine { payer: "UNPAID CHEQUE".to_owned(), ..line(27, -3_000, "RETURNED") };
    let lines = take_in(app, 1, Some(0), vec![credit, back]);

    let page = desk.page(&format!("/desk/bank/lines/{}", lines[0].id)).await;
    let known = page.split("value=\"known:").nth(1).and_then(|rest| rest.split('"').next()).expect("the slip's entry");
    assert!(desk.page(&slip).await.contains("No line of a bank statement is linked to it yet."));
    assert_eq!(desk.send(&choice(lines[0].id), &[("choice", &format!("known:{known}"))]).await.0, 303);
    assert!(desk.page(&slip).await.contains(&format!("/desk/bank/lines/{}", lines[0].id)));
    let given = gift(app, 1).reference().to_string();
    let page = desk.page(&format!("/desk/gifts/{given}")).await;
    for place in ["/desk/batches/1#row-1", "/desk/batches/slips/1", &format!("/desk/bank/lines/{}", lines[0].id)] {
        assert!(page.contains(place), "{place}: {page}");
    }

    let line = format!("/desk/bank/lines/{}", lines[1].id);
    assert!(desk.page(&format!("{line}?q=lee")).await.contains("The bank did not pay it"));
    let other = gift(app, 2).reference().to_string();
    let (status, said) = desk.send(&choice(lines[1].id), &[("choice", &format!("bounce:{other}"))]).await;
    assert!(status == 409 && said.contains("This cheque comes to £45.00, and a cheque comes back whole."), "{said}");
    assert_eq!(gift(app, 2).status, Status::Received, "nothing of it stays");
    assert_eq!(desk.send(&choice(lines[1].id), &[("choice", &format!("bounce:{given}"))]).await.0, 303);

    assert_eq!((gift(app, 1).status, gift(app, 2).status), (Status::Bounced, Status::Received));
    assert_eq!((society.owed(accounts::SHARE_APPLICATIONS), society.owed("income:subscriptions")), (0, 0));
    assert_eq!((balance(app, accounts::BANK), balance(app, accounts::CHEQUES_IN_HAND)), (4_500, 0));
    assert!(desk.page(&slip).await.contains("bounced"));
    assert!(desk.page("/desk/bank/reconciliation").await.contains("Bank and books agree, to the penny."));
    assert_eq!(state(app, lines[1].id), LineState::Done);
}

#[actix_web::test]
async fn a_cheque_that_bounces_after_a_part_was_refunded_says_how_its_line_is_split() {
    let app = TestApp::start().await;
    let desk = Desk::of(&app, Role::Treasurer).await;
    let batch = desk.batch("cheques", "30", 1).await;
    desk.row(&batch, &[("key", "r1"), ("amount", "30"), ("from", "Ann Lee")]).await;
    assert_eq!(desk.send(&format!("{batch}/post"), &[]).await.0, 303);
    desk.pay_in(&["row-1"]).await;
    let given = gift(&app, 1).reference().to_string();
    let refund = [("key", "f1"), ("amount", "10"), ("reason", "asked for it back")];
    assert_eq!(desk.send(&format!("/desk/gifts/{given}/refund"), &refund).await.0, 303);
    let back = ToldLine { payer: "UNPAID CHEQUE".to_owned(), ..line(27, -3_000, "RETURNED") };
    let id = take_in(&app, 1, Some(0), vec![back])[0].id;

    let (status, said) = desk.send(&choice(id), &[("choice", &format!("bounce:{given}"))]).await;
    let page = desk.page(&format!("/desk/bank/lines/{id}")).await;
    let parts = [
        ("amount", "20"),
        ("kind", "bounce"),
        ("subject", given.as_str()),
        ("amount", "10"),
        ("kind", "account"),
        ("subject", "expenses:unpaid-cheques"),
    ];
    let split = desk.send(&format!("/desk/bank/lines/{id}/split"), &parts).await;

    assert_eq!(status, 409);
    assert!(said.contains("£10.00 of this £30.00 went back to its giver before, so only £20.00 is left"), "{said}");
    assert!(page.contains("a gift that the bank did not pay, by its reference"), "{page}");
    assert!(page.contains("a new name such as expenses:telephone"), "{page}");
    assert!(!page.contains("For a new gift write the name"), "nobody gives with money that left: {page}");
    assert_eq!(split.0, 303, "{}", split.1);
    assert_eq!((gift(&app, 1).status, balance(&app, accounts::BANK)), (Status::Bounced, -1_000));
    assert_eq!(balance(&app, "expenses:unpaid-cheques"), 1_000);
    assert_eq!(state(&app, id), LineState::Done);
}

#[actix_web::test]
async fn interest_that_the_bank_paid_member_by_member_is_matched_line_by_line() {
    let society = Society::start().await;
    let app = &society.app;
    society.member("Ann Lee", "ordinary", 1_000).await;
    society.member("Bo Khan", "ordinary", 500).await;
    app.set_time(noon() + TimeDelta::days(400));
    society.change_settings(|settings| settings.pays_interest = true);
    let desk = Desk::of(app, Role::Administrator).await;
    let declared = [
        ("key", "i1"),
        ("class", "ordinary"),
        ("from_on", "2021-07-01"),
        ("until_on", "2022-06-30"),
        ("rate", "2.5"),
        ("minute", "9/1"),
    ];
    assert_eq!(desk.send("/desk/shares/interest", &declared).await.0, 303);
    assert_eq!(desk.send("/desk/shares/interest/1/payment", &[("key", "i2")]).await.0, 303);
    let today = app.app.clock.now().date_naive();
    let told = |amount_minor, payer: &str| ToldLine {
        booked_on: today,
        payer: payer.to_owned(),
        ..line(1, amount_minor, "INTEREST")
    };
    let lines = take_in(app, 1, None, vec![told(-2_500, "MS A LEE"), told(-1_250, "KHAN B"), told(-1_250, "AGAIN")]);

    for (line, words) in lines.iter().zip(["£25.00 for Ann Lee", "£12.50 for Bo Khan"]) {
        let page = desk.page(&format!("/desk/bank/lines/{}", line.id)).await;
        assert!(page.contains(&format!("Already in the books: interest on shares of {words}")), "{page}");
        let code = page.split("name=\"choice\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
        assert_eq!(desk.send(&choice(line.id), &[("choice", code.expect("an offer"))]).await.0, 303);
    }
    let entry = app.app.db.read(|conn| fighting_fund::shares::interest::run(conn, 1)).expect("it").expect("a run");
    let known = format!("known:{}", entry.paid_entry.expect("it is paid"));
    let (status, said) = desk.send(&choice(lines[2].id), &[("choice", &known)]).await;

    assert!(status == 409 || status == 422, "{status} {said}");
    assert_eq!(balance(app, accounts::BANK), -3_750, "nothing is posted twice");
    assert_eq!(state(app, lines[2].id), LineState::Waiting, "no more than was paid is linked");
    app.send_mail();
}

#[actix_web::test]
async fn the_registers_money_is_matched_with_the_lines_of_a_statement() {
    let society = Society::start().await;
    let app = &society.app;
    let ann = society.member("Ann Lee", "ordinary", 1_000).await;
    let reference = society.applied("Bo Khan", 25).await;
    let (_, notice) = society.post("withdrawals", json!({"member": ann, "class": "ordinary", "shares": 200})).await;
    let withdrawal = notice["reference"].as_str().expect("a reference").to_owned();
    society.post(&format!("withdrawals/{withdrawal}/agreement"), json!({})).await;
    app.set_time(noon() + TimeDelta::days(400));
    let desk = Desk::of(app, Role::Administrator).await;
    let (status, paid) = society.post(&format!("withdrawals/{withdrawal}/payment"), json!({})).await;
    assert_eq!(status, 201, "{paid}");
    society.change_settings(|settings| settings.pays_interest = true);
    let declared = [
        ("key", "i1"),
        ("class", "ordinary"),
        ("from_on", "2021-07-01"),
        ("until_on", "2022-06-30"),
        ("rate", "2.5"),
        ("minute", "9/1"),
    ];
    assert_eq!(desk.send("/desk/shares/interest", &declared).await.0, 303);
    let interest = society.owed("liabilities:interest-payable");
    assert!(interest > 0);
    assert_eq!(desk.send("/desk/shares/interest/1/payment", &[("key", "i2")]).await.0, 303);
    let today = app.app.clock.now().date_naive();
    let told = |amount_minor, reference: &str| ToldLine { booked_on: today, ..line(1, amount_minor, reference) };
    let lines =
        take_in(app, 1, None, vec![told(2_500, &reference), told(-20_000, "ANN LEE"), told(-interest, "BULK PAYMENT")]);

    for (line, words) in lines.iter().zip(["the shares that Bo Khan applied for", "withdrawal", "interest"]) {
        let page = desk.page(&format!("/desk/bank/lines/{}", line.id)).await;
        assert!(page.to_lowercase().contains(&words.to_lowercase()), "{words}: {page}");
        let code = page.split("name=\"choice\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
        let code = code.expect("an offer").to_owned();
        assert_eq!(desk.send(&choice(line.id), &[("choice", &code)]).await.0, 303, "{code}");
        assert_eq!(state(app, line.id), LineState::Done, "{code}");
    }

    assert_eq!(society.owed(accounts::SHARE_APPLICATIONS), 2_500);
    assert_eq!(balance(app, accounts::BANK), 2_500 - 20_000 - interest, "nothing is posted twice");
    app.send_mail();
}

#[actix_web::test]
async fn a_standing_order_that_is_due_is_found_by_its_line_and_met() {
    let app = TestApp::start().await;
    let of = |month, on| crate::standing_orders::gift(crate::standing_orders::day(2021, month, on));
    crate::standing_orders::give(&app, &[of(3, 24), of(4, 26), of(5, 24)]);
    let order = crate::standing_orders::orders(&app).pop().expect("an order");
    let came = ToldLine { payer: "MISS A ASHWORTH".to_owned(), ..line(24, 1_000, "STANDING ORDER") };
    let id = take_in(&app, 1, None, vec![came])[0].id;
    let desk = Desk::of(&app, Role::Clerk).await;

    let page = desk.page(&format!("/desk/bank/lines/{id}")).await;
    assert!(page.contains("The standing order of £10.00 by Ann Ashworth"), "{page}");
    assert_eq!(desk.send(&choice(id), &[("choice", &format!("order:{}", order.id))]).await.0, 303);

    let made = gift(&app, 4);
    assert_eq!((made.method, made.amount_minor, made.received_on), (Method::StandingOrder, 1_000, Some(day(24))));
    app.send_mail();
    let until = crate::standing_orders::day(2021, 6, 30);
    let met = app.app.db.read(|conn| standing_orders::met(conn, order.id, day(1), until)).expect("the books");
    assert_eq!(met.len(), 1, "June is met");
}

#[actix_web::test]
async fn a_cheque_bounces_on_the_day_that_the_bank_says_also_on_its_slip() {
    let app = TestApp::start().await;
    let desk = Desk::of(&app, Role::Treasurer).await;
    let batch = desk.batch("cheques", "30", 2).await;
    desk.row(&batch, &[("key", "r1"), ("amount", "10"), ("from", "Ann Lee"), ("received_on", "2021-06-20")]).await;
    desk.row(&batch, &[("key", "r2"), ("amount", "20"), ("from", "Bo Lee"), ("received_on", "2021-06-20")]).await;
    assert_eq!(desk.send(&format!("{batch}/post"), &[]).await.0, 303);
    let slip = desk.pay_in(&["row-1", "row-2"]).await;
    app.live_at(Utc.with_ymd_and_hms(2021, 7, 3, 11, 0, 0).unwrap());
    let desk = Desk::of(&app, Role::Treasurer).await;
    let on_slip = format!("{slip}/bounce");
    let given = format!("/desk/gifts/{}/bounce", gift(&app, 2).reference());
    let sent = |key: &'static str, day: &'static str| {
        [("key", key), ("cheque", "row-1"), ("bounced_on", day), ("reason", "unpaid")]
    };

    for (key, day, words) in [
        ("k1", "2021-07-04", "The day 2021-07-04 has not come yet."),
        ("k2", "2021-06-25", "It came, or was paid in, on 2021-06-26"),
        ("k3", "yesterday", "Please write the date as year-month-day"),
    ] {
        for place in [&on_slip, &given] {
            let (status, page) = desk.send(place, &sent(key, day)).await;
            assert!(status == 422 && page.contains(words), "{place} {day}: {status} {page}");
            assert!(page.contains(&format!("value=\"{day}\"")), "what was typed is kept: {page}");
        }
    }
    assert_eq!(desk.send(&on_slip, &sent("k4", "2021-06-29")).await.0, 303);
    app.close("2021-06").expect("a closed month");
    let (status, page) = desk.send(&given, &sent("k5", "2021-06-29")).await;
    assert!(
        status == 422 && page.contains("The books of 2021-06 are closed, so nothing more bounces there."),
        "{page}"
    );
    assert_eq!(desk.send(&given, &sent("k6", "2021-07-02")).await.0, 303);
    assert_eq!(desk.send(&given, &sent("k6", "2021-07-02")).await.0, 303, "the second click");

    assert_eq!((gift(&app, 1).status, gift(&app, 2).status), (Status::Bounced, Status::Bounced));
    let bank = app.app.db.read(|conn| ledger::days_of(conn, accounts::BANK, GBP)).expect("the books");
    let july = crate::standing_orders::day(2021, 7, 2);
    assert_eq!(bank, [(day(26), 3_000), (day(29), -1_000), (july, -2_000)]);
    assert_eq!(app.appeal("2021-07").2.raised_minor, -2_000, "a closed month does not move");
    app.send_mail();
}

#[actix_web::test]
async fn whoever_goes_back_and_changes_a_row_that_was_kept_hears_of_it() {
    let app = TestApp::start().await;
    let desk = Desk::of(&app, Role::Clerk).await;
    let batch = desk.batch("cheques", "30", 2).await;
    let rows = format!("{batch}/rows");
    desk.row(&batch, &[("key", "r1"), ("amount", "10"), ("from", "Ann Lee")]).await;
    desk.row(&batch, &[("key", "r1"), ("amount", "10.00"), ("from", "Ann Lee")]).await;

    let (status, said) = desk.send(&rows, &[("key", "r1"), ("amount", "12"), ("from", "Ann Lee")]).await;
    let (other, short) = desk.send(&format!("{batch}/post"), &[]).await;

    assert_eq!(status, 422);
    assert!(said.contains("with something else in it, and that is row 1 now."), "{said}");
    assert!(said.contains("value=\"12\"") && !said.contains("value=\"r1\""), "kept, with a key of its own: {said}");
    assert!(other == 422 && short.contains("There is 1 row, 1 fewer than the 2 that were counted."), "{short}");
    desk.row(&batch, &[("key", "r2"), ("amount", "20"), ("from", "Bo Lee")]).await;
    assert_eq!(desk.send(&format!("{batch}/post"), &[]).await.0, 303);
    desk.row(&batch, &[("key", "r1"), ("amount", "10"), ("from", "Ann Lee")]).await;
    assert_eq!(balance(&app, accounts::CHEQUES_IN_HAND), 3_000, "a late repeat changes nothing");
    let ahead = [("key", "s1"), ("number", "1"), ("paid_in_on", "2126-01-01"), ("cheque", "row-1")];
    let (status, said) = desk.send("/desk/batches/slips", &ahead).await;
    assert!(status == 422 && said.contains("Please give the day on which it goes to the bank."), "{said}");
}
