//! Large books: a page of gifts, the export of the ledger, `verify`.

use std::process::Stdio;
use std::time::{Duration, Instant};

use chrono::Utc;
use fighting_fund::db::{Conn, Db, DbError};
use fighting_fund::donations::{self, Search};
use fighting_fund::supporters::{self, Reach};
use fighting_fund::threads::Threads;
use fighting_fund::{exports, outbox};

use crate::program::{command, megabytes};
use crate::table::{Table, median};
use crate::{Effort, in_process, rivals};

const BATCH: usize = 500;
const PAGE: i64 = 50;

pub fn measure(effort: Effort, table: &mut Table) {
    let folder = tempfile::tempdir().expect("a folder");
    let database = format!("sqlite:{}", folder.path().join("million.db").display());
    let db = rivals::open(&database);
    db.keep_log_short(&Threads::default()).expect("a checkpoint thread");
    let start = Instant::now();
    for number in (0..effort.million as u64).step_by(BATCH) {
        in_process::record_batch(&db, number, BATCH);
    }
    let count = effort.million;
    table.row(
        format!("{count} gifts: recorded at"),
        format!("{:.0}/s", count as f64 / start.elapsed().as_secs_f64()),
        "",
    );

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
