//! What `bin/bench` measures: one table, every ratio taken between neighbours in one run.
//!
//! It measures the real program as a child process over loopback, with the load generator beside it.

mod bank;
mod client;
mod desk;
mod gifts;
mod guard;
mod in_process;
mod million;
mod program;
mod rivals;
mod shares;
mod table;
mod widget;

use std::time::Duration;

use table::Table;

/// How long each figure is measured, and how often.
#[derive(Clone, Copy)]
pub struct Effort {
    /// The length of a round.
    pub round: Duration,
    /// Rounds; the median is shown.
    pub rounds: usize,
    /// Gifts in the large books.
    pub million: usize,
    /// Members of the large society.
    pub members: usize,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        // This very file, started again as the server to compare with.
        Some("--serve-hello") => return rivals::serve_hello(),
        Some("--serve-one-by-one") => return rivals::serve_one_by_one(&arguments[1]),
        _ => {}
    }
    let only: Vec<&str> = arguments.iter().map(String::as_str).filter(|word| !word.starts_with("--")).collect();
    let is_quick = arguments.iter().any(|word| word == "--quick");
    let effort = if is_quick {
        Effort { round: Duration::from_secs(2), rounds: 1, million: 20_000, members: 2_000 }
    } else {
        Effort { round: Duration::from_secs(6), rounds: 3, million: 1_000_000, members: 100_000 }
    };
    let wants = |name: &str| only.is_empty() || only.contains(&name);

    let mut table = Table::default();
    if wants("in-process") {
        in_process::measure(effort, &mut table);
    }
    if wants("gifts") {
        gifts::measure("SQLite", None, effort, &mut table);
        match std::env::var("BENCH_POSTGRES_URL") {
            Ok(server) => gifts::measure("PostgreSQL", Some(&server), effort, &mut table),
            Err(_) => table.missed("PostgreSQL", "BENCH_POSTGRES_URL is not set; bin/bench sets it"),
        }
    }
    if wants("guard") {
        guard::against_before(effort, &mut table);
        guard::beside_junk("SQLite", None, effort, &mut table);
        match std::env::var("BENCH_POSTGRES_URL") {
            Ok(server) => guard::beside_junk("PostgreSQL", Some(&server), effort, &mut table),
            Err(_) => table.missed("PostgreSQL, junk", "BENCH_POSTGRES_URL is not set; bin/bench sets it"),
        }
    }
    if wants("widget") {
        widget::measure(effort, &mut table);
    }
    if wants("million") {
        million::measure(effort, &mut table);
        match std::env::var("BENCH_POSTGRES_URL") {
            Ok(server) => million::measure_postgres(&server, effort, &mut table),
            Err(_) => table.missed("PostgreSQL, large books", "BENCH_POSTGRES_URL is not set; bin/bench sets it"),
        }
    }
    if wants("shares") {
        shares::measure("SQLite", None, effort, &mut table);
        match std::env::var("BENCH_POSTGRES_URL") {
            Ok(server) => shares::measure("PostgreSQL", Some(&server), effort, &mut table),
            Err(_) => table.missed("PostgreSQL, shares", "BENCH_POSTGRES_URL is not set; bin/bench sets it"),
        }
    }
    if wants("bank") {
        bank::measure("SQLite", None, effort, &mut table);
        match std::env::var("BENCH_POSTGRES_URL") {
            Ok(server) => bank::measure("PostgreSQL", Some(&server), effort, &mut table),
            Err(_) => table.missed("PostgreSQL, bank", "BENCH_POSTGRES_URL is not set; bin/bench sets it"),
        }
    }
    if wants("desk") {
        desk::measure("SQLite", None, effort, &mut table);
        match std::env::var("BENCH_POSTGRES_URL") {
            Ok(server) => desk::measure("PostgreSQL", Some(&server), effort, &mut table),
            Err(_) => table.missed("PostgreSQL, desk", "BENCH_POSTGRES_URL is not set; bin/bench sets it"),
        }
    }
    table.print();
}
