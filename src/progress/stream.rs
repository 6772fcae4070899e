//! `GET /funds/{slug}/progress/stream`: server-sent events. The figure at once, then each change, then a sign of life.
//!
//! Invariant: a stream holds a place in a queue and a timer, nothing else; the event's bytes are shared by all.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, ResponseError, web};
use futures_util::Stream;
use tokio::sync::watch;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};

use super::{Figure, Live, json};
use crate::http::limits::Held;
use crate::http::{Households, Place, Problem};

/// A comment this often: a client that has gone is noticed only by a failed write, and proxies drop what is silent.
const SIGN_OF_LIFE: Duration = Duration::from_secs(15);

/// When a client comes back after the line is cut, in milliseconds: not all in the same moment.
const RETRIES: [&[u8]; 8] = [
    b"retry: 2000\n",
    b"retry: 2500\n",
    b"retry: 3000\n",
    b"retry: 3500\n",
    b"retry: 4000\n",
    b"retry: 4500\n",
    b"retry: 5000\n",
    b"retry: 5500\n",
];

pub(super) async fn open(live: web::Data<Live>, holders: web::Data<Households>, request: HttpRequest) -> HttpResponse {
    let Some(figures) = live.watch(request.match_info().query("slug")) else { return json::unknown_to_all() };
    let Some(held) = holders.admit(Place::of(&request)) else { return too_many() };
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/event-stream"))
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((ACCESS_CONTROL_ALLOW_ORIGIN, "*"))
        // A proxy that collects the answer would hold the events back.
        .insert_header((HeaderName::from_static("x-accel-buffering"), "no"))
        .streaming(Events::new(live.get_ref().clone(), figures, SIGN_OF_LIFE).held(held))
}

/// Every other page of this household has a stream; the widget asks for the figure instead.
fn too_many() -> HttpResponse {
    let problem =
        Problem::unavailable("Too many streams are open from your network. Please ask for the figure instead.");
    let mut answer = problem.error_response();
    answer.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    answer
}

type Change = Pin<Box<dyn Future<Output = Option<watch::Receiver<Arc<Figure>>>>>>;

/// The events of one client.
pub(super) struct Events {
    live: Live,
    change: Change,
    retry: Option<Bytes>,
    first: Option<Bytes>,
    life: Interval,
    _held: Option<Held>,
}

impl Events {
    pub(super) fn new(live: Live, mut figures: watch::Receiver<Arc<Figure>>, pause: Duration) -> Self {
        let retry = RETRIES[live.streams_open() as usize % RETRIES.len()];
        live.count_stream(true);
        let first = figures.borrow_and_update().event.clone();
        let mut life = interval_at(Instant::now() + pause, pause);
        life.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            live,
            change: next_change(figures),
            retry: Some(Bytes::from_static(retry)),
            first: Some(first),
            life,
            _held: None,
        }
    }

    /// Its place among the streams of one household, until it ends.
    fn held(mut self, held: Held) -> Self {
        self._held = Some(held);
        self
    }
}

fn next_change(mut figures: watch::Receiver<Arc<Figure>>) -> Change {
    Box::pin(async move { figures.changed().await.is_ok().then_some(figures) })
}

impl Stream for Events {
    type Item = Result<Bytes, std::convert::Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        // The two together are one event.
        if let Some(opening) = self.retry.take().or_else(|| self.first.take()) {
            return Poll::Ready(Some(Ok(opening)));
        }
        match self.change.as_mut().poll(context) {
            Poll::Ready(Some(mut figures)) => {
                let event = figures.borrow_and_update().event.clone();
                self.change = next_change(figures);
                self.life.reset();
                return Poll::Ready(Some(Ok(event)));
            }
            // The program closes; clients come back by themselves.
            Poll::Ready(None) => return Poll::Ready(None),
            Poll::Pending => {}
        }
        match self.life.poll_tick(context) {
            Poll::Ready(_) => Poll::Ready(Some(Ok(Bytes::from_static(b": still here\n\n")))),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        self.live.count_stream(false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::{DatabaseUrl, Db};
    use crate::funds::{self, NewFund};
    use futures_util::{FutureExt, StreamExt};

    fn live() -> (Live, tempfile::TempDir) {
        let folder = tempfile::tempdir().expect("a folder");
        let db = Db::open(&DatabaseUrl::Sqlite(folder.path().join("a.db")), None).expect("books");
        db.migrate().expect("tables");
        let clock = crate::clock::Clock::System;
        db.write(|conn| funds::add(conn, clock.now(), "test", &NewFund::default_fund())).expect("a fund");
        (Live::open(db, clock, &crate::threads::Threads::default()).expect("figures"), folder)
    }

    #[actix_web::test]
    async fn the_figure_comes_at_once_and_then_a_sign_of_life() {
        let (live, _folder) = live();
        let figures = live.watch("fighting-fund").expect("a fund");
        let mut events = Events::new(live.clone(), figures, Duration::from_millis(20));

        let retry = events.next().await.expect("a beginning").expect("bytes");
        let first = events.next().await.expect("an event").expect("bytes");
        let at_once = events.next().now_or_never();
        let later = events.next().await.expect("a comment").expect("bytes");

        assert_eq!(&retry[..], RETRIES[0]);
        assert!(first.starts_with(b"event: progress\nid: 0\ndata: {\"fund\":\"fighting-fund\""));
        assert!(at_once.is_none());
        assert_eq!(&later[..], b": still here\n\n");
        assert_eq!(live.streams_open(), 1);
    }

    #[actix_web::test]
    async fn a_stream_ends_when_the_program_closes() {
        let (live, _folder) = live();
        let figures = live.watch("fighting-fund").expect("a fund");
        let mut events = Events::new(live.clone(), figures, SIGN_OF_LIFE);
        events.next().await.expect("a beginning").expect("bytes");
        events.next().await.expect("the figure").expect("bytes");

        live.close();

        assert!(events.next().await.is_none());
        drop(events);
        assert_eq!(live.streams_open(), 0);
    }
}
