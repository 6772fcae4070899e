//! The figures in memory, read again four times a second by one thread, however many look at them.
//!
//! Invariant: a snapshot is never older than the last time the database could be asked; while it cannot, the figures
//! stay and their `as_of` tells their age.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use arc_swap::ArcSwap;
use parking_lot::Mutex;
use tokio::sync::watch;

use super::Figure;
use crate::clock::{Clock, date_in};
use crate::db::{Db, DbError};
use crate::funds::{self, rules};
use crate::threads::{self, AskedToEnd, Threads};

/// How long the poller rests. A change is seen by all within this and the time to wake them.
const PAUSE: Duration = Duration::from_millis(250);
/// A figure that stands still gets a new `as_of` after this many seconds.
const AGE_SECONDS: i64 = 5;

/// The figures of all funds. Cheap to clone; the poller ends with the last clone.
#[derive(Clone)]
pub struct Live(Arc<Inner>);

struct Inner {
    db: Db,
    clock: Clock,
    turn: Mutex<()>,
    figures: ArcSwap<HashMap<String, Arc<Figure>>>,
    changed: Mutex<HashMap<String, watch::Sender<Arc<Figure>>>>,
    streams: AtomicU64,
    is_closing: AtomicBool,
}

impl Live {
    /// Reads the figures and starts the poller.
    ///
    /// # Errors
    /// When the database cannot be read or the system gives no thread.
    pub fn open(db: Db, clock: Clock, threads: &Threads) -> Result<Self, DbError> {
        let inner = Inner {
            db,
            clock,
            turn: Mutex::default(),
            figures: ArcSwap::default(),
            changed: Mutex::default(),
            streams: AtomicU64::default(),
            is_closing: AtomicBool::default(),
        };
        let live = Self(Arc::new(inner));
        live.refresh()?;
        let weak = Arc::downgrade(&live.0);
        let started = threads.spawn("progress", move || poll(&weak));
        started.map(|_| live).map_err(|error| DbError::System(format!("it gave no thread: {error}")))
    }

    /// The fund's figure, from memory.
    pub fn figure(&self, slug: &str) -> Option<Arc<Figure>> {
        self.0.figures.load().get(slug).cloned()
    }

    /// Every fund's figure, by slug.
    pub fn all(&self) -> Vec<Arc<Figure>> {
        let mut all: Vec<_> = self.0.figures.load().values().cloned().collect();
        all.sort_by(|a, b| a.standing.slug.cmp(&b.standing.slug));
        all
    }

    /// The fund's figure now, and each time it changes; only now when the program is closing.
    pub(super) fn watch(&self, slug: &str) -> Option<watch::Receiver<Arc<Figure>>> {
        let watched = self.0.changed.lock().get(slug).map(watch::Sender::subscribe);
        watched.or_else(|| self.figure(slug).map(|figure| watch::channel(figure).1))
    }

    /// Streams that are open.
    pub fn streams_open(&self) -> u64 {
        self.0.streams.load(Ordering::Relaxed)
    }

    pub(super) fn count_stream(&self, opened: bool) {
        if opened {
            self.0.streams.fetch_add(1, Ordering::Relaxed);
        } else {
            self.0.streams.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// Ends every stream, so that the server can close.
    pub fn close(&self) {
        let mut changed = self.0.changed.lock();
        self.0.is_closing.store(true, Ordering::Relaxed);
        changed.clear();
    }

    /// Reads the figures again; streams of those that changed are woken.
    ///
    /// # Errors
    /// Only when the database fails; the figures stay as they were.
    pub fn refresh(&self) -> Result<(), DbError> {
        self.0.refresh()
    }
}

fn poll(inner: &Weak<Inner>) -> AskedToEnd {
    let mut was_away = false;
    loop {
        std::thread::sleep(PAUSE);
        threads::turn();
        let Some(inner) = inner.upgrade() else { return AskedToEnd };
        match inner.refresh() {
            Ok(()) => was_away = false,
            Err(error) if !was_away => {
                tracing::warn!(%error, "the figures cannot be read; the last ones stay");
                was_away = true;
            }
            Err(_) => {}
        }
    }
}

/// Whether the same is shown, and not for too long already.
fn is_same(old: &Figure, new: &Figure) -> bool {
    old.etag == new.etag && (new.standing.as_of - old.standing.as_of).num_seconds().abs() < AGE_SECONDS
}

impl Inner {
    fn refresh(&self) -> Result<(), DbError> {
        // One at a time: of two that overlap, the older reading could be shown last.
        let _turn = self.turn.lock();
        let fresh = self.read()?;
        let old = self.figures.load_full();
        let figures = fresh.into_iter().map(|figure| {
            let slug = figure.standing.slug.clone();
            let kept = old.get(&slug).filter(|old| is_same(old, &figure)).cloned();
            (slug, kept.unwrap_or_else(|| Arc::new(figure)))
        });
        let figures = Arc::new(figures.collect());
        self.figures.store(Arc::clone(&figures));
        self.wake(&figures);
        Ok(())
    }

    fn wake(&self, figures: &HashMap<String, Arc<Figure>>) {
        let mut changed = self.changed.lock();
        if self.is_closing.load(Ordering::Relaxed) {
            return;
        }
        for (slug, figure) in figures {
            let Some(sender) = changed.get(slug) else {
                changed.insert(slug.clone(), watch::Sender::new(figure.clone()));
                continue;
            };
            // A figure that was only read again wakes nobody; who comes now should see its moment all the same.
            sender.send_if_modified(|known| {
                let is_changed = known.etag != figure.etag;
                known.clone_from(figure);
                is_changed
            });
        }
    }

    fn read(&self) -> Result<Vec<Figure>, DbError> {
        let now = self.clock.now();
        self.db.read(|conn| {
            let funds = funds::all(conn)?;
            let rows = funds::standing_rows(conn)?;
            let figures = funds.iter().filter_map(|fund| {
                let today = date_in(now, fund.zone);
                let own = || rows.iter().filter(|(appeal, _)| appeal.fund_id == fund.id);
                let begun =
                    own().filter(|(appeal, _)| appeal.opens_on <= today).max_by_key(|(appeal, _)| appeal.opens_on);
                let shown = begun.or_else(|| own().min_by_key(|(appeal, _)| appeal.opens_on));
                shown.map(|(appeal, total)| Figure::new(rules::standing(now, fund, appeal, total)))
            });
            Ok(figures.collect())
        })
    }
}
