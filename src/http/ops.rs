//! For those who run the program: is it alive, is it ready, what has it done.

use super::Routes;
use std::sync::atomic::{AtomicU64, Ordering};

use actix_web::{HttpResponse, web};
use prometheus::{Encoder, IntCounter, IntGauge, Registry, TextEncoder};

use super::{Problem, blocking};
use crate::db::Db;

/// The addresses of this room.
pub fn routes(at: &mut Routes) {
    at.public().get("/healthz", alive).get("/readyz", ready).get("/metrics", metrics);
}

async fn alive() -> &'static str {
    "alive\n"
}

async fn ready(db: web::Data<Db>) -> Result<HttpResponse, Problem> {
    let is_migrated = blocking(move || db.is_migrated()).await?;
    if is_migrated {
        Ok(HttpResponse::Ok().content_type("text/plain").body("ready\n"))
    } else {
        Err(not_ready("The database waits for its migrations; run `fighting-fund migrate`."))
    }
}

fn not_ready(detail: &str) -> Problem {
    Problem::unavailable(detail)
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

async fn metrics(gauges: web::Data<Gauges>) -> Result<HttpResponse, Problem> {
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
