//! What the guard costs: the program against the one before it, and an honest gift while strangers promise junk.

use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use crate::Effort;
use crate::client::{Figures, Load, run};
use crate::gifts::{Books, gift};
use crate::program::{Program, command, token, token_by};
use crate::table::{Table, median, ratios};
use crate::widget::get;

const CONNECTIONS: usize = 64;
/// 10,000 a minute.
const JUNK_A_SECOND: u32 = 167;
/// How long honest gifts wait for one another: there are enough to count, and too few to be the load.
const HONEST_A_SECOND: u32 = 20;

/// The program of an earlier version, which `BENCH_BEFORE` names, in turn with this one.
pub fn against_before(effort: Effort, table: &mut Table) {
    let Ok(before) = std::env::var("BENCH_BEFORE") else {
        return table.missed("Against the version before", "BENCH_BEFORE names no program");
    };
    let (mut gifts, mut json) = (Vec::new(), Vec::new());
    for round in 0..2 * effort.rounds {
        let now = env!("CARGO_BIN_EXE_fighting-fund");
        // Each first in turn, so that neither always has the warmer machine.
        let (ours, theirs) = if round % 2 == 0 {
            let ours = gifts_and_json(now, round, effort.round);
            (ours, gifts_and_json(&before, round, effort.round))
        } else {
            let theirs = gifts_and_json(&before, round, effort.round);
            (gifts_and_json(now, round, effort.round), theirs)
        };
        gifts.push((ours.0, theirs.0));
        json.push((ours.1, theirs.1));
    }
    table.row("Gifts/s over HTTP: share of the version before", ratios(&gifts), "at least 0.97");
    table.row("Progress JSON: share of the version before", ratios(&json), "at least 0.97");
}

/// Requests a second of each.
fn gifts_and_json(program: &str, round: usize, length: Duration) -> (f64, f64) {
    let books = Books::new(None, round);
    let folder = books.folder.path();
    let bearer = token_by(of(program, &books.database, folder), "donations:write,ledger:read");
    let program = Program::start(of(program, &books.database, folder));
    let load = Load { connections: CONNECTIONS, length, rate: None };
    let gifts = run(program.address, load, move |number| gift(&bearer, "guard", number)).only(201);
    let json = run(program.address, load, |_| get("/funds/fighting-fund/progress", "")).only(200);
    (gifts.per_second, json.per_second)
}

/// `command`, with another program behind it.
fn of(program: &str, database: &str, folder: &Path) -> Command {
    let known = command(database, folder);
    let mut other = Command::new(program);
    other.envs(known.get_envs().filter_map(|(name, value)| Some((name, value?)))).current_dir(folder);
    other
}

/// An honest gift, alone and beside 10,000 promises a minute, each from another place and for another address.
pub fn beside_junk(name: &str, server: Option<&str>, effort: Effort, table: &mut Table) {
    let books = Books::new(server, 200);
    let folder = books.folder.path();
    let bearer = token(&books.database, folder, "donations:write,ledger:read");
    let mut serve = command(&books.database, folder);
    serve.env("FF_TRUSTED_PROXY", "127.0.0.1");
    let program = Program::start(serve);
    let address = program.address;
    let (mut medians, mut tails, mut rates) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..effort.rounds {
        let honest = |part: &str| {
            let load = Load { connections: 1, length: effort.round, rate: Some(HONEST_A_SECOND) };
            let (bearer, run_name) = (bearer.clone(), format!("honest-{round}-{part}"));
            run(address, load, move |number| gift(&bearer, &run_name, number)).only(201)
        };
        let alone = honest("alone");
        let strangers = thread::spawn(move || strangers(address, round, effort.round + Duration::from_secs(1)));
        thread::sleep(Duration::from_millis(500));
        let beside = honest("beside");
        let (junk, seconds) = strangers.join().expect("the strangers end");
        rates.push(junk.per_second * 60.0);
        assert!(seconds >= effort.round.as_secs_f64(), "strangers outlast the honest");
        medians.push((beside.p50_ms, alone.p50_ms));
        tails.push((beside.p99_ms, alone.p99_ms));
    }
    let times: Vec<f64> = medians.iter().map(|pair| pair.0).collect();
    table.row(format!("{name}: junk promises answered a minute"), format!("{:.0}", median(&rates)), "10,000");
    table.row(format!("{name}: an honest gift beside them, p50"), format!("{:.2} ms", median(&times)), "");
    table.row(format!("{name}: times the same gift alone, p50"), ratios(&medians), "at most 2");
    table.row(format!("{name}: times the same gift alone, p99"), ratios(&tails), "");
}

fn strangers(address: std::net::SocketAddr, round: usize, length: Duration) -> (Figures, f64) {
    let start = Instant::now();
    let load = Load { connections: 4, length, rate: Some(JUNK_A_SECOND) };
    let junk = run(address, load, move |number| promise(address, round, number)).only(303);
    (junk, start.elapsed().as_secs_f64())
}

fn promise(address: std::net::SocketAddr, round: usize, number: u64) -> Vec<u8> {
    let [_, _, _, _, _, a, b, c] = number.to_be_bytes();
    let body = format!(
        "amount=25&method=bank_transfer&name=buy+pills&email=v{round}x{number}%40mail.example&key=junk-{round}-{number}"
    );
    format!(
        "POST /funds/fighting-fund/donations HTTP/1.1\r\nHost: {address}\r\nOrigin: http://{address}\r\n\
         X-Forwarded-For: 10.{a}.{b}.{c}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}
