//! The till: a bounded queue and one thread, through which every gift goes into the books.
//!
//! Invariant: a gift is answered only after the commit that holds it is on disk. Many gifts share one commit, so the
//! more that wait, the less each costs; nobody waits for company.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};

use tokio::sync::oneshot;

use super::{NewGift, Outcome, record_all};
use crate::clock::Clock;
use crate::db::{Db, DbError, Lock, hold};
use crate::threads::{self, AskedToEnd, Threads};

/// Gifts in one transaction. Past it the gain is small and the last one waits longer.
const BATCH_MAX: usize = 500;
/// Gifts that may wait: two seconds' work. More are turned away at once with a 503.
pub const QUEUE_MAX: usize = 20_000;

/// Hands gifts to the thread that records them. Cheap to clone; the thread ends when the last one is gone.
#[derive(Clone)]
pub struct Till {
    queue: SyncSender<Waiting>,
    tally: Arc<Tally>,
}

struct Waiting {
    gift: NewGift,
    reply: oneshot::Sender<Result<Outcome, TillError>>,
}

/// What the till has done since the start, for `/metrics`.
#[derive(Debug, Default)]
pub struct Tally {
    /// Gifts recorded for the first time.
    pub recorded: AtomicU64,
    /// Gifts answered from an earlier request with the same key.
    pub replayed: AtomicU64,
    /// Gifts refused.
    pub refused: AtomicU64,
    /// Transactions.
    pub batches: AtomicU64,
    /// Gifts turned away because too many waited.
    pub turned_away: AtomicU64,
}

/// Why a gift was not answered.
#[derive(Debug, Clone, thiserror::Error)]
pub enum TillError {
    /// The queue is full.
    #[error(
        "So many gifts are arriving that this one could not be taken just now. Nothing was recorded; please try again in a moment."
    )]
    Full,
    /// The database is away; the same gift with the same key may be sent again.
    #[error("The books cannot be reached just now. Please try again in a moment; the gift will not be recorded twice.")]
    Unavailable,
    /// The database refused this gift.
    #[error("This gift could not be recorded: {0}")]
    Failed(String),
}

impl Till {
    /// Opens the till, with room for `waiting_max` gifts: starts its thread.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn open(
        db: Db,
        clock: Clock,
        waiting_max: usize,
        threads: &Threads,
    ) -> std::io::Result<(Self, std::thread::JoinHandle<()>)> {
        let (queue, waiting) = sync_channel(waiting_max);
        let tally = Arc::new(Tally::default());
        let till = Self { queue, tally: tally.clone() };
        let thread = threads.spawn("till", move || run(&db, &clock, &waiting, &tally))?;
        Ok((till, thread))
    }

    /// Records a gift and waits until it is on disk.
    ///
    /// # Errors
    /// [`TillError`]: nothing is known to be recorded, and the same gift may be sent again.
    pub async fn record(&self, gift: NewGift) -> Result<Outcome, TillError> {
        let (reply, answer) = oneshot::channel();
        match self.queue.try_send(Waiting { gift, reply }) {
            Ok(()) => answer.await.unwrap_or(Err(TillError::Unavailable)),
            Err(TrySendError::Full(_)) => {
                self.tally.turned_away.fetch_add(1, Ordering::Relaxed);
                Err(TillError::Full)
            }
            Err(TrySendError::Disconnected(_)) => Err(TillError::Unavailable),
        }
    }

    /// What it has done.
    pub fn tally(&self) -> &Tally {
        &self.tally
    }
}

fn run(db: &Db, clock: &Clock, waiting: &Receiver<Waiting>, tally: &Tally) -> AskedToEnd {
    while let Ok(first) = waiting.recv() {
        threads::turn();
        let batch: Vec<Waiting> = std::iter::once(first).chain(waiting.try_iter().take(BATCH_MAX - 1)).collect();
        let (gifts, replies): (Vec<NewGift>, Vec<_>) = batch.into_iter().map(|it| (it.gift, it.reply)).unzip();
        tally.batches.fetch_add(1, Ordering::Relaxed);
        for (reply, outcome) in replies.into_iter().zip(settle(db, clock, &gifts)) {
            count(tally, &outcome);
            // The client may have gone; its gift is recorded all the same.
            drop(reply.send(outcome));
        }
    }
    AskedToEnd
}

/// Records a batch; if the database refuses it, each gift alone, so that only the guilty one fails.
fn settle(db: &Db, clock: &Clock, gifts: &[NewGift]) -> Vec<Result<Outcome, TillError>> {
    match record(db, clock, gifts) {
        Ok(outcomes) => outcomes.into_iter().map(Ok).collect(),
        Err(error) if error.is_passing() => {
            tracing::warn!(%error, gifts = gifts.len(), "the till cannot reach the books");
            gifts.iter().map(|_| Err(TillError::Unavailable)).collect()
        }
        Err(error) if gifts.len() == 1 => {
            tracing::error!(%error, "a gift was refused by the database");
            vec![Err(TillError::Failed(error.to_string()))]
        }
        Err(error) => {
            tracing::warn!(%error, gifts = gifts.len(), "a batch was refused; its gifts are tried one by one");
            gifts.iter().flat_map(|gift| settle(db, clock, std::slice::from_ref(gift))).collect()
        }
    }
}

fn record(db: &Db, clock: &Clock, gifts: &[NewGift]) -> Result<Vec<Outcome>, DbError> {
    db.write(|conn| {
        hold(conn, Lock::Books)?;
        // Read inside the lock: what is numbered later is also recorded later.
        record_all(conn, clock.now(), gifts)
    })
}

fn count(tally: &Tally, outcome: &Result<Outcome, TillError>) {
    let counter = match outcome {
        Ok(Ok(recorded)) if recorded.is_replay => &tally.replayed,
        Ok(Ok(_)) => &tally.recorded,
        Ok(Err(_)) | Err(_) => &tally.refused,
    };
    counter.fetch_add(1, Ordering::Relaxed);
}
