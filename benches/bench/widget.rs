//! The widget under a crowd: JSON against a hello-world, and ten thousand open streams.

use std::net::SocketAddr;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use crate::client::{Load, run};
use crate::program::{Program, command, token};
use crate::table::{Table, median, ratios};
use crate::{Effort, rivals};

const CONNECTIONS: usize = 64;
const STREAMS: usize = 10_000;
const PATH: &str = "/funds/fighting-fund/progress";

pub fn measure(effort: Effort, table: &mut Table) {
    let folder = tempfile::tempdir().expect("a folder");
    let database = format!("sqlite:{}", folder.path().join("bench.db").display());
    drop(rivals::open(&database));
    let bearer = token(&database, folder.path(), "donations:write,ledger:read");
    let program = Program::start(command(&database, folder.path()));
    json(&program, effort, table);
    streams(&program, &bearer, table);
}

fn json(program: &Program, effort: Effort, table: &mut Table) {
    let mut hello = Command::new(std::env::current_exe().expect("this file"));
    hello.arg("--serve-hello");
    let hello = Program::start(hello);
    let load = Load { connections: CONNECTIONS, length: effort.round, rate: None };
    let etag = etag_of(program.address);
    let (mut whole, mut unchanged, mut rates) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..effort.rounds {
        let plain = run(hello.address, load, |_| get("/hello", "")).only(200).per_second;
        let json = run(program.address, load, |_| get(PATH, "")).only(200).per_second;
        let condition = format!("If-None-Match: {etag}\r\n");
        let same = run(program.address, load, move |_| get(PATH, &condition)).only(304).per_second;
        rates.push(json);
        whole.push((json, plain));
        unchanged.push((same, plain));
    }
    table.row("Progress JSON: requests/s", format!("{:.0}", median(&rates)), "");
    table.row("Progress JSON: share of a hello-world", ratios(&whole), "at least 0.85");
    table.row("Progress JSON unchanged (304): share of a hello-world", ratios(&unchanged), "at least 0.85");
}

pub fn get(path: &str, more: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: bench\r\n{more}\r\n").into_bytes()
}

fn etag_of(address: SocketAddr) -> String {
    use std::io::{Read, Write};
    let mut stream = std::net::TcpStream::connect(address).expect("a connection");
    stream.write_all(&get(PATH, "Connection: close\r\n")).expect("a request");
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("an answer");
    let line = text.lines().find(|line| line.to_ascii_lowercase().starts_with("etag:")).expect("an ETag");
    line[5..].trim().to_owned()
}

/// One household may hold no more (FF_HOUSEHOLD_STREAMS), so the crowd comes from a hundred addresses.
const STREAMS_OF_A_HOUSEHOLD: usize = 100;

async fn connect(to: SocketAddr, household: usize) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    let [high, low] = u16::try_from(household + 1).unwrap_or(u16::MAX).to_be_bytes();
    socket.bind(SocketAddr::from(([127, 1, high, low], 0)))?;
    socket.connect(to).await
}

fn streams(program: &Program, bearer: &str, table: &mut Table) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let before = program.megabytes("VmRSS");
    runtime.block_on(async {
        let (seen, address) = (Arc::new(AtomicUsize::new(0)), program.address);
        let opened = Instant::now();
        for number in 0..STREAMS {
            let stream = connect(address, number / STREAMS_OF_A_HOUSEHOLD).await;
            let stream = stream.expect("a stream; `ulimit -n` must allow 20,000 files");
            tokio::spawn(watch(stream, seen.clone()));
        }
        all(&seen, STREAMS).await;
        table.row(format!("{STREAMS} streams: opened in"), format!("{:.2} s", opened.elapsed().as_secs_f64()), "");
        let mut spread = Vec::new();
        for round in 0..5_usize {
            tokio::time::sleep(Duration::from_millis(600)).await;
            give(address, bearer, round).await;
            let target = STREAMS * (round + 2);
            // From the first client that knows to the last: what the fan-out itself takes.
            all(&seen, STREAMS * (round + 1) + 1).await;
            let start = Instant::now();
            all(&seen, target).await;
            spread.push(start.elapsed().as_secs_f64() * 1000.0);
        }
        table.row(
            format!("{STREAMS} streams: a change at all of them within"),
            format!("{:.0} ms", median(&spread)),
            "250 ms",
        );
        let memory = program.megabytes("VmRSS");
        table.row(
            format!("{STREAMS} streams: memory"),
            format!("{memory:.0} MB ({before:.0} MB before)"),
            "below 150 MB",
        );
    });
}

async fn watch(mut stream: TcpStream, seen: Arc<AtomicUsize>) {
    let request = get(&format!("{PATH}/stream"), "Accept: text/event-stream\r\n");
    stream.write_all(&request).await.expect("a request");
    let mut buffer = [0; 4096];
    let mut tail = Vec::new();
    loop {
        let read = stream.read(&mut buffer).await.expect("an open stream");
        assert!(read > 0, "a stream was closed");
        tail.extend_from_slice(&buffer[..read]);
        let events = tail.windows(15).filter(|bytes| bytes == b"event: progress").count();
        seen.fetch_add(events, Ordering::Relaxed);
        let keep = tail.len().saturating_sub(14);
        tail.drain(..keep);
    }
}

async fn all(seen: &AtomicUsize, count: usize) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while seen.load(Ordering::Relaxed) < count {
        assert!(Instant::now() < deadline, "{} of {count} events arrived", seen.load(Ordering::Relaxed));
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

async fn give(address: SocketAddr, bearer: &str, round: usize) {
    let body = r#"{"amount":"5.00","method":"cash"}"#;
    let request = format!(
        "POST /api/v1/funds/fighting-fund/donations HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {bearer}\r\n\
         Idempotency-Key: stream-{round}\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    stream.write_all(request.as_bytes()).await.expect("a request");
    let mut text = String::new();
    stream.read_to_string(&mut text).await.expect("an answer");
    assert!(text.starts_with("HTTP/1.1 201"), "{text}");
}
