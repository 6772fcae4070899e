//! For those who run the program: is it alive, is it ready, what has it done.
//!
//! Invariant: from the moment at which a thread has fallen, neither address says that all is well.

use super::Routes;
use std::sync::atomic::{AtomicU64, Ordering};

use actix_web::http::header::{AUTHORIZATION, FORWARDED, HeaderName, VIA};
use actix_web::{HttpRequest, HttpResponse, web};
use prometheus::{Encoder, IntCounter, IntGauge, Registry, TextEncoder};
use sha2::{Digest, Sha256};

use super::{Place, Problem, blocking};
use crate::db::{Db, Schema};
use crate::threads::Threads;

/// The addresses of this room.
pub fn routes(at: &mut Routes) {
    at.public().get("/healthz", alive).get("/readyz", ready).get("/metrics", metrics);
}

async fn alive(threads: web::Data<Threads>) -> Result<&'static str, Problem> {
    none_fell(&threads).map(|()| "alive\n")
}

async fn ready(db: web::Data<Db>, threads: web::Data<Threads>) -> Result<HttpResponse, Problem> {
    none_fell(&threads)?;
    let detail = match blocking(move || db.schema()).await? {
        Schema::Ours => return Ok(HttpResponse::Ok().content_type("text/plain").body("ready\n")),
        Schema::Older | Schema::Empty => "The database waits for its migrations; run `fighting-fund migrate`.",
        Schema::Newer(_) => "A newer program has changed the database; serve with that one.",
        Schema::Foreign => "The database holds no books of this program any more.",
    };
    Err(Problem::unavailable(detail))
}

fn none_fell(threads: &Threads) -> Result<(), Problem> {
    threads.fallen().map_or(Ok(()), |name| {
        Err(Problem::unavailable(format!(
            "The thread {name} has ended; the program ends too and is to be started again."
        )))
    })
}

/// A number that is read when somebody asks for the metrics.
pub struct Gauge {
    /// As Prometheus names it; `_total` at the end makes it a counter.
    pub name: &'static str,
    /// What it counts.
    pub help: &'static str,
    /// Reads it.
    pub read: Box<dyn Fn() -> u64 + Send + Sync>,
}

/// What `/metrics` shows.
pub struct Gauges(pub Vec<Gauge>);

/// The token by which other machines read the metrics, where one is set.
#[derive(Clone)]
pub struct MetricsToken(pub Option<String>);

/// Never shows it.
impl std::fmt::Debug for MetricsToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MetricsToken(not shown)")
    }
}

/// What a proxy writes: behind one on this machine everybody would come from this machine.
const OF_PROXIES: [HeaderName; 4] =
    [FORWARDED, VIA, HeaderName::from_static("x-forwarded-for"), HeaderName::from_static("x-real-ip")];

/// Lets in who asks on this machine itself, or knows the token.
fn admit(request: &HttpRequest, token: &MetricsToken) -> Result<(), Problem> {
    let is_peer_here = request.peer_addr().is_some_and(|peer| peer.ip().to_canonical().is_loopback());
    let is_sent_on = OF_PROXIES.iter().any(|name| request.headers().contains_key(name));
    if is_peer_here && !is_sent_on && Place::of(request).0.is_loopback() {
        return Ok(());
    }
    let Some(token) = &token.0 else {
        return Err(Problem::forbidden(
            "The metrics are read on the machine itself, or with the token in FF_METRICS_TOKEN.",
        ));
    };
    let shown = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let shown = shown.strip_prefix("Bearer ").unwrap_or_default();
    // Of digests it tells nothing how many bytes are alike.
    if Sha256::digest(shown.trim()) == Sha256::digest(token) {
        return Ok(());
    }
    Err(Problem::unauthorized("Please send the token in FF_METRICS_TOKEN: Authorization: Bearer ..."))
}

async fn metrics(
    request: HttpRequest,
    gauges: web::Data<Gauges>,
    token: web::Data<MetricsToken>,
) -> Result<HttpResponse, Problem> {
    admit(&request, &token)?;
    let registry = Registry::new();
    for gauge in &gauges.0 {
        let value = (gauge.read)();
        let registered = if gauge.name.ends_with("_total") {
            let shown = IntCounter::new(gauge.name, gauge.help).map_err(Problem::internal)?;
            shown.inc_by(value);
            registry.register(Box::new(shown))
        } else {
            let shown = IntGauge::new(gauge.name, gauge.help).map_err(Problem::internal)?;
            shown.set(i64::try_from(value).unwrap_or(i64::MAX));
            registry.register(Box::new(shown))
        };
        registered.map_err(Problem::internal)?;
    }
    let mut text = Vec::new();
    TextEncoder::new().encode(&registry.gather(), &mut text).map_err(Problem::internal)?;
    Ok(HttpResponse::Ok().content_type("text/plain; version=0.0.4").body(text))
}

/// Reads a counter that others count up.
pub fn reading(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}
