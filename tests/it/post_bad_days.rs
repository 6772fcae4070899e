//! A bad day of the post, with the real program as a child process: it is killed while it posts a batch.

use fighting_fund::batches::{self, By, Kind, NewBatch, NewControl, NewRow, State};
use fighting_fund::db::{Db, DbError, Lock, hold};
use fighting_fund::ledger;
use fighting_fund::staff::{self, Actor, NewMember, Password, Passwords, Role};

use crate::harness::browser;
use crate::load::books_of;
use crate::program::Place;

/// Rows of the batch: more than any morning's post, so that posting it takes long enough to be killed in.
const ROWS: i64 = 900;
/// How often the program is killed.
const KILLS: u32 = 7;

#[actix_web::test]
async fn kill_nine_in_the_middle_of_posting_a_batch_leaves_all_of_it_or_nothing() {
    let place = Place::new();
    place.serve().kill();
    let batch = a_batch(&books_of(&place));
    let mut kills = 0;

    // Each time a little later, until one gets through: before, in the middle of, and after the transaction.
    let answered = loop {
        let program = place.serve();
        let clerk = browser();
        let door = [("email", "clerk@paper.example"), ("password", "four words in a row")];
        let opened = clerk.post(format!("{}/desk/sign-in", program.url)).form(&door).send().await.expect("an answer");
        assert_eq!(opened.status(), 303);
        let posting = actix_web::rt::spawn(clerk.post(format!("{}/desk/batches/{batch}/post", program.url)).send());
        if kills < KILLS {
            actix_web::rt::time::sleep(std::time::Duration::from_millis(10 * (1 << kills))).await;
            program.kill();
            drop(posting.await);
            kills += 1;
            let (state, entries) = stands(&books_of(&place), batch);
            let is_whole = (state == State::Open && entries == 0) || (state == State::Posted && entries == ROWS);
            assert!(is_whole, "{state:?} with {entries} entries after kill {kills}");
            continue;
        }
        let answer = posting.await.expect("a task").expect("an answer");
        program.stop();
        break answer.status().as_u16();
    };

    assert_eq!(answered, 303);
    assert_eq!(stands(&books_of(&place), batch), (State::Posted, ROWS));
    place.run_well(&["verify"]);
}

/// An open batch that adds up, and a clerk who may post it.
fn a_batch(db: &Db) -> i64 {
    let now = chrono::Utc::now();
    let by = By { who: "staff:1 The clerk".to_owned(), request_id: String::new() };
    let passwords = Passwords::with_cost(8, 1).expect("a low cost");
    let password_hash = passwords.hash(&Password::new("four words in a row"), &[]).expect("a hash");
    let member = NewMember {
        email: "clerk@paper.example".to_owned(),
        name: "The clerk".to_owned(),
        role: Role::Clerk,
        password_hash,
    };
    let added = db.write(|conn| {
        hold(conn, Lock::Books)?;
        staff::add(conn, now, &Actor::Operator, &member, "")
    });
    added.expect("a clerk");
    let entered = db.write(|conn| {
        hold(conn, Lock::Books)?;
        let control =
            NewControl { received_on: now.date_naive(), sum_minor: ROWS * 100, count: ROWS, note: String::new() };
        let new = NewBatch { key: "b".to_owned(), kind: Kind::Cheques, fund_id: 1, control };
        let batch = batches::open(conn, now, &by, &new)?;
        for row in 0..ROWS {
            let from = format!("Reader {row} <reader{row}@example.org>");
            let row = NewRow { key: format!("r{row}"), amount: "1".to_owned(), from, ..NewRow::default() };
            batches::enter(conn, now, &by, batch, &row)?;
        }
        Ok::<_, batches::BatchError>(batch)
    });
    entered.expect("a batch")
}

/// Where the batch stands, and how many entries the ledger has.
fn stands(db: &Db, batch: i64) -> (State, i64) {
    let read = db.read(|conn| {
        let found = batches::batch(conn, batch)?.expect("a batch");
        Ok::<_, DbError>((found.state, ledger::head(conn)?.number))
    });
    read.expect("the books")
}
