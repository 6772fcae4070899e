//! A load generator: kept-alive connections on one thread, each sending its next request when the last was answered,
//! or, at a steady rate, when its time has come. Latency counts from the time at which a request was due.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What to send, and how fast.
#[derive(Clone, Copy)]
pub struct Load {
    /// Open connections.
    pub connections: usize,
    /// How long.
    pub length: Duration,
    /// Requests a second in all; as fast as possible where none is set.
    pub rate: Option<u32>,
}

/// What came back.
#[derive(Debug)]
pub struct Figures {
    pub per_second: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
    pub statuses: BTreeMap<u16, u64>,
}

impl Figures {
    /// Fails the run when anything but `status` came back.
    pub fn only(self, status: u16) -> Self {
        assert!(self.statuses.keys().all(|known| *known == status), "expected only {status}: {:?}", self.statuses);
        self
    }
}

/// Sends `request(n)` for n = 0, 1, 2... and measures.
pub fn run(address: SocketAddr, load: Load, request: impl Fn(u64) -> Vec<u8> + Send + Sync + 'static) -> Figures {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async move {
        let (request, count) = (Arc::new(request), Arc::new(AtomicU64::new(0)));
        let start = Instant::now();
        let tasks: Vec<_> = (0..load.connections)
            .map(|_| tokio::spawn(connection(address, load, start, request.clone(), count.clone())))
            .collect();
        let mut answers: Vec<(u16, Duration)> = Vec::new();
        for task in tasks {
            answers.extend(task.await.expect("a connection ends"));
        }
        let seconds = start.elapsed().as_secs_f64();
        figures(answers, seconds)
    })
}

async fn connection<F: Fn(u64) -> Vec<u8>>(
    address: SocketAddr,
    load: Load,
    start: Instant,
    request: Arc<F>,
    count: Arc<AtomicU64>,
) -> Vec<(u16, Duration)> {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    stream.set_nodelay(true).expect("an option");
    let mut buffer = Vec::with_capacity(8192);
    let mut answers = Vec::new();
    while start.elapsed() < load.length {
        let number = count.fetch_add(1, Ordering::Relaxed);
        let due = match load.rate {
            None => Instant::now(),
            Some(rate) => start + Duration::from_secs_f64(number as f64 / f64::from(rate)),
        };
        if load.rate.is_some() {
            tokio::time::sleep_until(due.into()).await;
        }
        stream.write_all(&request(number)).await.expect("a request leaves");
        let status = answer(&mut stream, &mut buffer).await;
        answers.push((status, due.elapsed()));
    }
    answers
}

/// Reads one answer whole and gives its status.
async fn answer(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> u16 {
    buffer.clear();
    loop {
        let read = stream.read_buf(buffer).await.expect("an answer");
        assert!(read > 0, "the server closed the connection");
        let Some(head) = buffer.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let text = std::str::from_utf8(&buffer[..head]).expect("a head is ASCII");
        let status: u16 = text[9..12].parse().expect("a status");
        let length = text
            .split("\r\n")
            .find_map(|line| {
                line.to_ascii_lowercase().strip_prefix("content-length:").map(|n| n.trim().parse::<usize>())
            })
            .map_or(0, |length| length.expect("a length"));
        let missing = if status == 304 { 0 } else { (head + 4 + length).saturating_sub(buffer.len()) };
        if missing > 0 {
            let mut rest = vec![0; missing];
            stream.read_exact(&mut rest).await.expect("a body");
        }
        return status;
    }
}

fn figures(answers: Vec<(u16, Duration)>, seconds: f64) -> Figures {
    let mut statuses = BTreeMap::new();
    for (status, _) in &answers {
        *statuses.entry(*status).or_insert(0) += 1;
    }
    let mut latencies: Vec<Duration> = answers.into_iter().map(|(_, latency)| latency).collect();
    latencies.sort_unstable();
    let at = |share: f64| {
        let index = ((latencies.len() as f64 * share) as usize).min(latencies.len().saturating_sub(1));
        latencies.get(index).map_or(f64::NAN, |latency| latency.as_secs_f64() * 1000.0)
    };
    Figures { per_second: latencies.len() as f64 / seconds, p50_ms: at(0.5), p99_ms: at(0.99), statuses }
}
