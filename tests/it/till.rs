//! The till: batches, poison, a full queue, one key a hundred times.

use std::sync::mpsc;

use fighting_fund::db::{Db, DbError, Lock, hold};
use fighting_fund::donations::till::{Till, TillError};
use fighting_fund::donations::{Method, NewGift};
use fighting_fund::threads::Threads;
use futures_util::future::join_all;

use crate::harness::TestApp;

fn gift(key: &str) -> NewGift {
    NewGift {
        key: format!("test:{key}"),
        fingerprint: [1; 32],
        fund_id: 1,
        appeal: None,
        amount_minor: 2_500,
        method: Method::Cash,
        is_pledge: false,
        received_on: None,
        name: "A Reader".to_owned(),
        email: None,
        acknowledge_as: String::new(),
        anonymous: false,
        note: String::new(),
        in_memory_of: String::new(),
        memory_in_print: false,
        by: "test".to_owned(),
        request_id: String::new(),
        stranger: None,
    }
}

/// Keeps the books locked until it is dropped, so that gifts pile up.
pub struct Locked(Option<mpsc::Sender<()>>, Option<std::thread::JoinHandle<()>>);

impl Locked {
    pub fn books_of(db: &Db) -> Self {
        let ((release, released), (taken, is_taken)) = (mpsc::channel::<()>(), mpsc::channel());
        let db = db.clone();
        let thread = std::thread::spawn(move || {
            let done: Result<(), DbError> = db.write(|conn| {
                hold(conn, Lock::Books)?;
                taken.send(()).expect("somebody waits");
                released.recv().expect_err("it ends when the lock is dropped");
                Ok(())
            });
            done.expect("an empty transaction");
        });
        is_taken.recv().expect("the books are locked");
        Self(Some(release), Some(thread))
    }
}

impl Drop for Locked {
    fn drop(&mut self) {
        drop(self.0.take());
        if let Some(thread) = self.1.take() {
            thread.join().expect("the lock is released");
        }
    }
}

#[actix_web::test]
async fn a_poisoned_batch_refuses_only_the_guilty_gift() {
    let app = TestApp::start().await;
    let locked = Locked::books_of(&app.app.db);
    let mut gifts: Vec<NewGift> = (0..20).map(|n| gift(&n.to_string())).collect();
    gifts[7].fund_id = 999;
    let answers = gifts.into_iter().map(|gift| {
        let till = app.app.till.clone();
        actix_web::rt::spawn(async move { till.record(gift).await })
    });
    let answers: Vec<_> = answers.collect();
    actix_web::rt::task::yield_now().await;

    drop(locked);
    let answers: Vec<_> = join_all(answers).await.into_iter().map(|answer| answer.expect("a task")).collect();

    for (n, answer) in answers.iter().enumerate() {
        match n {
            7 => assert!(matches!(answer, Err(TillError::Failed(_))), "{answer:?}"),
            _ => assert!(matches!(answer, Ok(Ok(_))), "{n}: {answer:?}"),
        }
    }
    let head = app.app.db.read(fighting_fund::ledger::head).expect("a head");
    assert_eq!(head.number, 19, "numbers are taken only by gifts that are recorded");
}

#[actix_web::test]
async fn a_full_queue_turns_gifts_away_and_records_nothing_of_them() {
    let app = TestApp::start().await;
    let (till, _) = Till::open(app.app.db.clone(), app.app.clock.clone(), 3, &Threads::default()).expect("a till");
    let locked = Locked::books_of(&app.app.db);
    let answers: Vec<_> = (0..50)
        .map(|n| {
            let till = till.clone();
            actix_web::rt::spawn(async move { till.record(gift(&n.to_string())).await })
        })
        .collect();
    for _ in 0..100 {
        actix_web::rt::task::yield_now().await;
    }

    drop(locked);
    let answers: Vec<_> = join_all(answers).await.into_iter().map(|answer| answer.expect("a task")).collect();

    let taken = answers.iter().filter(|answer| matches!(answer, Ok(Ok(_)))).count();
    let turned_away = answers.iter().filter(|answer| matches!(answer, Err(TillError::Full))).count();
    assert_eq!(taken + turned_away, 50);
    assert!((3..50).contains(&taken), "{taken} were taken");
    let head = app.app.db.read(fighting_fund::ledger::head).expect("a head");
    assert_eq!(usize::try_from(head.number).expect("a count"), taken);
}

#[actix_web::test]
async fn one_key_sent_a_hundred_times_at_once_is_one_gift() {
    let app = TestApp::start().await;

    let answers = join_all((0..100).map(|_| app.app.till.record(gift("same")))).await;

    let recorded: Vec<_> = answers.into_iter().map(|answer| answer.expect("the till").expect("a gift")).collect();
    assert_eq!(recorded.iter().filter(|recorded| !recorded.is_replay).count(), 1);
    assert!(recorded.iter().all(|other| other.donation == recorded[0].donation));
}
