//! Large books: a page of gifts, the export of the ledger, `verify`.

use std::process::Stdio;
use std::time::{Duration, Instant};

use chrono::Utc;
use fighting_fund::db::{Conn, Db, DbError, Lock, hold};
use fighting_fund::donations::{self, Search};
use fighting_fund::supporters::{self, Reach};
use fighting_fund::threads::Threads;
use fighting_fund::{exports, outbox};

use crate::program::{command, megabytes};
use crate::table::{Table, median};
use crate::{Effort, in_process, rivals};

const BATCH: usize = 500;
const PAGE: i64 = 50;

/// Books with so many gifts, one of them by somebody whose name is spelt in many ways.
fn filled(name: &str, database: &str, count: usize, table: &mut Table) -> Db {
    let db = rivals::open(database);
    db.keep_log_short(&Threads::default()).expect("a checkpoint thread");
    let start = Instant::now();
    for number in (0..count as u64).step_by(BATCH) {
        if number as usize == count / 2 / BATCH * BATCH {
            in_process::record_named(&db, "Łukasz O’Neill");
        }
        in_process::record_batch(&db, number, BATCH);
    }
    let rate = count as f64 / start.elapsed().as_secs_f64();
    table.row(format!("{name}, {count} gifts: recorded at"), format!("{rate:.0}/s"), "");
    let start = Instant::now();
    let step = |conn: &mut Conn| {
        hold(conn, Lock::Books)?;
        supporters::catch_up(conn)
    };
    while db.write(step).expect("a step") {}
    table.row(
        format!("{name}, {count} gifts: the words of names written in"),
        format!("{:.1} s", start.elapsed().as_secs_f64()),
        "",
    );
    db
}

/// Searches by folded names: one person, two words of which one is everybody's, and a word of everybody.
fn names(name: &str, db: &Db, count: usize, table: &mut Table) {
    for (what, text, found) in [
        ("one person", "oneill lukasz", 1),
        ("one person by half a word", "O'Nei", 1),
        ("two words, one of everybody", "reader 77", 50),
        ("a word of everybody", "READER", 50),
    ] {
        let times: Vec<f64> = (0..50)
            .map(|_| {
                let start = Instant::now();
                let page = db.read(|conn| {
                    let whose = supporters::matching(conn, text)?;
                    donations::search(conn, &Search { supporters: Some(whose), ..Search::default() }, PAGE)
                });
                assert_eq!(page.expect("a page").len(), found, "{text}");
                start.elapsed().as_secs_f64() * 1000.0
            })
            .collect();
        let row = format!("{name}, {count} gifts: those of a name, {what}");
        table.row(row, format!("{:.2} ms", median(&times)), "below 50 ms");
    }
}

/// Large books on a server: only what its planner may answer in another way.
pub fn measure_postgres(server: &str, effort: Effort, table: &mut Table) {
    let database = rivals::fresh_postgres(server, &format!("bench_million_{}", std::process::id()));
    let db = filled("PostgreSQL", &database, effort.million, table);
    rivals::tidy(&database);
    names("PostgreSQL", &db, effort.million, table);
}

pub fn measure(effort: Effort, table: &mut Table) {
    let folder = tempfile::tempdir().expect("a folder");
    let database = format!("sqlite:{}", folder.path().join("million.db").display());
    let count = effort.million;
    let db = filled("SQLite", &database, count, table);
    names("SQLite", &db, count, table);

    let middle = i64::try_from(count / 2).expect("fits");
    for (what, search) in [
        ("newest", Search::default()),
        ("middle", Search { before: Some(middle), ..Search::default() }),
        ("one amount", Search { amount_minor: Some(2_500), ..Search::default() }),
    ] {
        let times: Vec<f64> = (0..200)
            .map(|_| {
                let start = Instant::now();
                let page = db.read(|conn| donations::search(conn, &search, PAGE)).expect("a page");
                assert_eq!(page.len(), 50, "a full page");
                start.elapsed().as_secs_f64() * 1000.0
            })
            .collect();
        table.row(format!("{count} gifts: a page of 50, {what}"), format!("{:.2} ms", median(&times)), "below 5 ms");
    }
    receipts_desk(&db, count, table);
    let start = Instant::now();
    let written =
        db.snapshot(|conn| exports::journal::write(conn, exports::journal::Format::Hledger, &mut std::io::sink()));
    written.expect("an export");
    table.row(format!("{count} gifts: the journal in process"), format!("{:.1} s", start.elapsed().as_secs_f64()), "");
    drop(db);
    for arguments in [&["export", "journal", "--format", "hledger"][..], &["verify"][..]] {
        let mut child =
            command(&database, folder.path()).args(arguments).stdout(Stdio::null()).spawn().expect("it starts");
        let (start, mut peak) = (Instant::now(), 0.0_f64);
        while child.try_wait().expect("a child").is_none() {
            peak = peak.max(megabytes(child.id(), "VmHWM").unwrap_or(0.0));
            std::thread::sleep(Duration::from_millis(20));
        }
        table.row(
            format!("{count} gifts: `{}`", arguments[..arguments.len().min(2)].join(" ")),
            format!("{:.1} s, at most {peak:.0} MB", start.elapsed().as_secs_f64()),
            "constant memory",
        );
    }
}

/// What the receipts desk and the alarm of the first page ask, once every receipt is proved.
fn receipts_desk(db: &Db, count: usize, table: &mut Table) {
    let start = Instant::now();
    while donations::prove_receipts(db, Utc::now()).expect("a step") {}
    table.row(format!("{count} gifts: receipts proved in"), format!("{:.1} s", start.elapsed().as_secs_f64()), "");
    type Question = fn(&mut Conn) -> Result<usize, DbError>;
    let questions: [(&str, Question); 4] = [
        ("receipts against gifts", |conn| Ok(donations::receipt_watch(conn)?.years.len())),
        ("letters on their way", |conn| Ok(outbox::waiting(conn, None, PAGE)?.len())),
        ("letters that failed", |conn| Ok(outbox::failed(conn, None, PAGE)?.len())),
        ("supporters", |conn| Ok(supporters::page(conn, "", Reach::Any, None, PAGE)?.len())),
    ];
    for (what, ask) in questions {
        let times: Vec<f64> = (0..100)
            .map(|_| {
                let start = Instant::now();
                db.snapshot(ask).expect("an answer");
                start.elapsed().as_secs_f64() * 1000.0
            })
            .collect();
        table.row(format!("{count} gifts: {what}"), format!("{:.2} ms", median(&times)), "below 50 ms");
    }
}
