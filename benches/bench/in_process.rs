//! The books without HTTP: `record_all` in batches of 500, against a raw prepared loop of the same statements.

use std::path::Path;
use std::time::{Duration, Instant};

use chrono::Utc;
use fighting_fund::db::{DatabaseUrl, Db, Lock, hold};
use fighting_fund::donations::{Method, NewGift, record_all};
use fighting_fund::threads::Threads;
use rusqlite::{Connection, params};

use crate::table::{Table, median, ratios};
use crate::{Effort, rivals};

const BATCH: usize = 500;

pub fn measure(effort: Effort, table: &mut Table) {
    let mut pairs = Vec::new();
    for round in 0..effort.rounds {
        let folder = tempfile::tempdir().expect("a folder");
        let (ours, raw) = (folder.path().join("ours.db"), folder.path().join("raw.db"));
        // Each first in turn, so that neither always has the warmer machine.
        if round % 2 == 0 {
            let ours = through_record_all(&ours, effort.round);
            pairs.push((ours, through_raw_loop(&raw, effort.round)));
        } else {
            let raw = through_raw_loop(&raw, effort.round);
            pairs.push((through_record_all(&ours, effort.round), raw));
        }
    }
    let rates: Vec<f64> = pairs.iter().map(|pair| pair.0).collect();
    table.row("SQLite in process: gifts/s, 500 a batch", format!("{:.0}", median(&rates)), "");
    table.row("SQLite in process: share of a raw prepared loop", ratios(&pairs), "at least 0.85");
}

fn through_record_all(path: &Path, length: Duration) -> f64 {
    let db = rivals::open(&format!("sqlite:{}", path.display()));
    let start = Instant::now();
    let mut number = 0;
    while start.elapsed() < length {
        record_batch(&db, number, BATCH);
        number += BATCH as u64;
    }
    number as f64 / start.elapsed().as_secs_f64()
}

/// Records gifts `from..from + count` in one transaction.
pub fn record_batch(db: &Db, from: u64, count: usize) {
    let gifts: Vec<NewGift> = (from..from + count as u64).map(gift).collect();
    let outcomes = db.write(|conn| {
        hold(conn, Lock::Books)?;
        record_all(conn, Utc::now(), &gifts)
    });
    assert!(outcomes.expect("a batch").iter().all(Result::is_ok), "every gift is recorded");
}

/// Records one gift by this person.
pub fn record_named(db: &Db, name: &str) {
    let one = NewGift {
        key: format!("bench:{name}"),
        name: name.to_owned(),
        email: Some("one@example.org".to_owned()),
        ..gift(0)
    };
    let outcomes = db.write(|conn| {
        hold(conn, Lock::Books)?;
        record_all(conn, Utc::now(), std::slice::from_ref(&one))
    });
    assert!(outcomes.expect("a gift").iter().all(Result::is_ok), "it is recorded");
}

fn gift(number: u64) -> NewGift {
    let who = who(number);
    NewGift {
        key: format!("bench:{number}"),
        fingerprint: [7; 32],
        fund_id: 1,
        appeal: None,
        amount_minor: 500 + i64::try_from(number % 50).expect("below 50") * 100,
        method: Method::Card,
        is_pledge: false,
        received_on: None,
        name: format!("Reader {who}"),
        email: Some(format!("reader{who}@example.org")),
        acknowledge_as: format!("R{who}, Leeds"),
        anonymous: false,
        note: String::new(),
        in_memory_of: String::new(),
        memory_in_print: false,
        by: "token:1 bench".to_owned(),
        request_id: "0198-bench".to_owned(),
        stranger: None,
    }
}

fn who(number: u64) -> u64 {
    number.wrapping_mul(2_654_435_761) % 200_000
}

/// The same tables, the same rows, each statement prepared once and run row by row.
fn through_raw_loop(path: &Path, length: Duration) -> f64 {
    let url = DatabaseUrl::Sqlite(path.to_owned());
    drop(rivals::open(&format!("sqlite:{}", path.display())));
    // The background checkpoint, as the program has it.
    let keeper = Db::open(&url, None).expect("books");
    keeper.keep_log_short(&Threads::default()).expect("a checkpoint thread");
    let mut conn = Connection::open(path).expect("books");
    conn.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; \
         PRAGMA wal_autocheckpoint = 20000; PRAGMA cache_size = -65536;",
    )
    .expect("settings");
    conn.set_prepared_statement_cache_capacity(32);
    conn.execute_batch(
        "INSERT INTO accounts VALUES (1, 'assets:card-clearing', 'GBP'), (2, 'income:donations:fighting-fund', 'GBP')",
    )
    .expect("accounts");
    let start = Instant::now();
    let mut number = 0;
    while start.elapsed() < length {
        raw_batch(&mut conn, number).expect("a batch");
        number += BATCH as u64;
    }
    number as f64 / start.elapsed().as_secs_f64()
}

fn raw_batch(conn: &mut Connection, from: u64) -> rusqlite::Result<()> {
    let tx = conn.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let now = Utc::now().naive_utc().to_string();
    let day = now[..10].to_owned();
    let mut last_supporter: i64 = tx.query_row("SELECT COALESCE(MAX(id), 0) FROM supporters", [], |row| row.get(0))?;
    for number in from..from + BATCH as u64 {
        let key = format!("bench:{number}");
        let id = number_of(number) + 1;
        let amount = 500 + i64::try_from(number % 50).expect("below 50") * 100;
        let who = who(number);
        let identity = format!("reader {who}\nreader{who}@example.org");
        let email = format!("reader{who}@example.org");
        tx.prepare_cached("SELECT id FROM donations WHERE key = ?")?.exists([&key])?;
        let known: Option<i64> = tx
            .prepare_cached("SELECT id FROM supporters WHERE identity = ?")?
            .query_row([&identity], |row| row.get(0))
            .ok();
        let supporter = match known {
            Some(id) => id,
            None => {
                last_supporter += 1;
                tx.prepare_cached("INSERT INTO supporters VALUES (?, ?, ?, ?, ?)")?.execute(params![
                    last_supporter,
                    format!("Reader {who}"),
                    email,
                    identity,
                    now
                ])?;
                last_supporter
            }
        };
        let hash = [7_u8; 32];
        tx.prepare_cached("INSERT INTO entries VALUES (?, ?, ?, 'donation', ?, NULL, ?)")?.execute(params![
            id,
            day,
            now,
            fighting_fund::reference::Reference::of(id).to_string(),
            hash
        ])?;
        let mut posting = tx.prepare_cached("INSERT INTO postings VALUES (?, ?, ?, ?, ?)")?;
        posting.execute(params![id, 1, 1, amount, None::<i64>])?;
        posting.execute(params![id, 2, 2, -amount, 1])?;
        tx.prepare_cached(
            "INSERT INTO donations VALUES (?, ?, ?, 1, ?, ?, 0, 'card', 'received', ?, ?, ?, 0, '', ?, 'token:1 bench', '0198-bench')",
        )?
        .execute(params![id, key, hash, supporter, amount, day, id, format!("R{who}, Leeds"), now])?;
        tx.prepare_cached("INSERT INTO receipts VALUES (?, 2026, ?, ?)")?.execute(params![id, id, now])?;
        tx.prepare_cached("INSERT INTO deliveries VALUES (?, 'receipt', ?, NULL, ?, 'queued', 0, ?, '', ?, NULL)")?
            .execute(params![id, id, email, now, now])?;
    }
    let sum: i64 = 1;
    for account in [1, 2] {
        tx.prepare_cached(
            "INSERT INTO account_days VALUES (?, ?, ?, ?) ON CONFLICT (account_id, day) DO UPDATE SET \
             debit_minor = debit_minor + excluded.debit_minor, credit_minor = credit_minor + excluded.credit_minor",
        )?
        .execute(params![account, day, sum, sum])?;
    }
    tx.prepare_cached(
        "UPDATE appeal_totals SET raised_minor = raised_minor + ?, donations = donations + ?, entry = ?",
    )?
    .execute(params![sum, 500, number_of(from)])?;
    tx.commit()
}

fn number_of(number: u64) -> i64 {
    i64::try_from(number).expect("a bench does not last that long")
}
