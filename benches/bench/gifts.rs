//! Gifts over HTTP, durable, with postings, receipts and queued mail: through the till, and one transaction each.

use std::process::Command;
use std::time::Duration;

use crate::Effort;
use crate::client::{Figures, Load, run};
use crate::program::{Program, command, token};
use crate::table::{Table, median, ratios};

const CONNECTIONS: usize = 256;

pub fn measure(name: &str, server: Option<&str>, effort: Effort, table: &mut Table) {
    let (mut till, mut rival, mut steady) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..effort.rounds {
        let books = Books::new(server, round);
        till.push(through_till(&books, effort.round));
        steady.push(at_steady_rate(&books, effort.round));
        rival.push(one_by_one(&Books::new(server, round + 100), effort.round));
    }
    let rates: Vec<f64> = till.iter().map(|it| it.per_second).collect();
    let p99: Vec<f64> = till.iter().map(|it| it.p99_ms).collect();
    let p50: Vec<f64> = till.iter().map(|it| it.p50_ms).collect();
    let pairs: Vec<(f64, f64)> = till.iter().zip(&rival).map(|(a, b)| (a.per_second, b.per_second)).collect();
    let steady: Vec<f64> = steady.iter().map(|it| it.p99_ms).collect();
    let (rate_aim, ratio_aim) = if server.is_some() { ("7,000", "") } else { ("10,000", "at least 5") };
    table.row(
        format!("{name}: gifts/s over HTTP at {CONNECTIONS} connections"),
        format!("{:.0}", median(&rates)),
        rate_aim,
    );
    table.row(
        format!("{name}: p50 and p99 there"),
        format!("{:.1} and {:.1} ms", median(&p50), median(&p99)),
        "p99 below 60 ms",
    );
    table.row(format!("{name}: times one transaction a request"), ratios(&pairs), ratio_aim);
    table.row(format!("{name}: p99 at a steady 500/s"), format!("{:.1} ms", median(&steady)), "below 10 ms");
}

/// Empty books that nobody else uses.
pub struct Books {
    pub folder: tempfile::TempDir,
    pub database: String,
}

impl Books {
    pub fn new(server: Option<&str>, round: usize) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let database = match server {
            None => format!("sqlite:{}", folder.path().join("bench.db").display()),
            Some(server) => crate::rivals::fresh_postgres(server, &format!("bench_{}_{round}", std::process::id())),
        };
        Self { folder, database }
    }
}

fn through_till(books: &Books, length: Duration) -> Figures {
    let bearer = token(&books.database, books.folder.path(), "donations:write,ledger:read");
    let program = Program::start(command(&books.database, books.folder.path()));
    let load = Load { connections: CONNECTIONS, length, rate: None };
    run(program.address, load, move |number| gift(&bearer, "fast", number)).only(201)
}

fn at_steady_rate(books: &Books, length: Duration) -> Figures {
    let bearer = token(&books.database, books.folder.path(), "donations:write,ledger:read");
    let program = Program::start(command(&books.database, books.folder.path()));
    let load = Load { connections: 64, length, rate: Some(500) };
    run(program.address, load, move |number| gift(&bearer, "steady", number)).only(201)
}

fn one_by_one(books: &Books, length: Duration) -> Figures {
    let mut rival = Command::new(std::env::current_exe().expect("this file"));
    rival.arg("--serve-one-by-one").arg(&books.database);
    let program = Program::start(rival);
    let load = Load { connections: CONNECTIONS, length, rate: None };
    run(program.address, load, move |number| gift("none", "slow", number)).only(201)
}

/// A gift by one of 200,000 supporters, as a form on a website would send it.
pub fn gift(bearer: &str, run: &str, number: u64) -> Vec<u8> {
    let who = number.wrapping_mul(2_654_435_761) % 200_000;
    let body = format!(
        r#"{{"amount":"{}.00","method":"card","name":"Reader {who}","email":"reader{who}@example.org","acknowledge_as":"R{who}, Leeds","anonymous":false,"note":""}}"#,
        5 + number % 50
    );
    format!(
        "POST /api/v1/funds/fighting-fund/donations HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {bearer}\r\n\
         Idempotency-Key: {run}-{number}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}
