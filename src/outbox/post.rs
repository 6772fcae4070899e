//! The way out: a folder or a server, its open connections, and whether it is worth trying at present.
//!
//! Invariant: while the server is away nothing is claimed, so no letter spends an attempt on an outage.

use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use chrono::{DateTime, Utc};
use parking_lot::Mutex;

use super::message::Sealed;
use super::return_path::ReturnPaths;
use super::rules::{Settlement, for_the_log, rest};
use super::smtp::{Line, Setback, Stop};
use super::{Counts, Delivery, MailSettings, MailTarget, Sender, SmtpServer, folder, store};
use crate::db::{Db, DbError, Lock, hold};

/// How this process sends mail. One for each process, for as long as it runs.
pub struct Post {
    pub(super) sender: Sender,
    pub(super) installation: String,
    pub(super) return_paths: Option<ReturnPaths>,
    way: Way,
    trouble: Mutex<Option<Trouble>>,
    /// Carried letters that the database could not be told of yet.
    pub(super) unsettled: Mutex<Vec<(Delivery, Settlement)>>,
    tally: Tally,
}

enum Way {
    Folder(PathBuf),
    Smtp { server: Box<SmtpServer>, idle: Mutex<Vec<Line>> },
}

/// Why nothing is being sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// In the server's words.
    pub reason: String,
    /// When it began.
    pub since: DateTime<Utc>,
    /// When it is tried again.
    pub until: DateTime<Utc>,
    rounds: usize,
}

/// What was sent, for `/metrics`.
#[derive(Debug, Default)]
struct Tally {
    sent: AtomicU64,
    waiting: AtomicI64,
    failed: AtomicI64,
    oldest_at: AtomicI64,
}

impl Post {
    /// Reads what tells this installation's mail from another's. Nothing is connected before there is mail.
    ///
    /// # Errors
    /// Only when the database fails.
    pub fn open(db: &Db, settings: &MailSettings) -> Result<Self, DbError> {
        let (name, key) = db.write(|conn| {
            hold(conn, Lock::Books)?;
            Ok::<_, DbError>((store::installation(conn)?, store::return_key(conn)?))
        })?;
        let way = match &settings.target {
            MailTarget::Folder(folder) => Way::Folder(folder.clone()),
            MailTarget::Smtp(server) => Way::Smtp { server: server.clone(), idle: Mutex::default() },
        };
        Ok(Self {
            sender: settings.from.clone(),
            return_paths: settings.bounces_to.clone().map(|address| ReturnPaths::new(address, key)),
            installation: crate::ledger::chain::hex(&name),
            way,
            trouble: Mutex::default(),
            unsettled: Mutex::default(),
            tally: Tally::default(),
        })
    }

    /// Why nothing is being sent at present, if so.
    pub fn trouble(&self) -> Option<Trouble> {
        self.trouble.lock().clone()
    }

    /// Letters that this process has sent.
    pub fn sent(&self) -> u64 {
        self.tally.sent.load(Ordering::Relaxed)
    }

    /// Letters on their way, as they were counted last.
    pub fn waiting(&self) -> u64 {
        u64::try_from(self.tally.waiting.load(Ordering::Relaxed)).unwrap_or(0)
    }

    /// Letters that failed, as they were counted last.
    pub fn failed(&self) -> u64 {
        u64::try_from(self.tally.failed.load(Ordering::Relaxed)).unwrap_or(0)
    }

    /// Unix time at which the oldest letter on its way was queued; 0 when none is.
    pub fn oldest_at(&self) -> u64 {
        u64::try_from(self.tally.oldest_at.load(Ordering::Relaxed)).unwrap_or(0)
    }

    /// Remembers the counts for whoever asks for the metrics.
    pub fn note_counts(&self, counts: &Counts) {
        self.tally.waiting.store(counts.waiting, Ordering::Relaxed);
        self.tally.failed.store(counts.failed, Ordering::Relaxed);
        self.tally.oldest_at.store(counts.oldest.map_or(0, |at| at.timestamp()), Ordering::Relaxed);
    }

    pub(super) fn note_sent(&self, count: usize) {
        self.tally.sent.fetch_add(count as u64, Ordering::Relaxed);
    }

    pub(super) fn rests(&self, now: DateTime<Utc>) -> bool {
        self.trouble.lock().as_ref().is_some_and(|trouble| now < trouble.until)
    }

    /// Rests after an outage, each time longer.
    pub(super) fn take_rest(&self, now: DateTime<Utc>, reason: String) {
        let mut trouble = self.trouble.lock();
        let (since, rounds) = trouble.as_ref().map_or((now, 1), |before| (before.since, before.rounds + 1));
        let until = now + rest(rounds);
        if rounds == 1 {
            tracing::warn!(reason = for_the_log(&reason), "mail cannot be sent; it stays queued and is tried again");
        } else {
            tracing::debug!(reason = for_the_log(&reason), rounds, "mail still cannot be sent");
        }
        *trouble = Some(Trouble { reason, since, until, rounds });
    }

    pub(super) fn end_rest(&self) {
        if let Some(trouble) = self.trouble.lock().take() {
            tracing::info!(since = %trouble.since, "mail can be sent again");
        }
    }

    /// A connection, open and tried; the folder, made.
    pub(super) fn courier(&self, stop: &Stop) -> Result<Courier<'_>, String> {
        match &self.way {
            Way::Folder(folder) => folder::make(folder).map(|()| Courier { post: self, line: None }),
            Way::Smtp { server, idle } => {
                // One at a time, so that the lock is not held while a server thinks.
                let mut parked = idle.lock().pop();
                while let Some(mut line) = parked {
                    if line.is_ready() && line.is_alive(stop) {
                        return Ok(Courier { post: self, line: Some(line) });
                    }
                    line.hang_up();
                    parked = idle.lock().pop();
                }
                Line::open(server, stop).map(|line| Courier { post: self, line: Some(line) })
            }
        }
    }

    /// Takes leave of the servers, when no more mail is to be sent.
    pub fn hang_up(&self) {
        if let Way::Smtp { idle, .. } = &self.way {
            let parked = std::mem::take(&mut *idle.lock());
            parked.into_iter().for_each(Line::hang_up);
        }
    }
}

/// Somebody who carries letters one after the other.
pub(super) struct Courier<'a> {
    post: &'a Post,
    line: Option<Line>,
}

impl Courier<'_> {
    /// Hands one letter over, over a new connection where the last one is used up.
    pub(super) fn carry(&mut self, delivery: &Delivery, sealed: &Sealed, stop: &Stop) -> Result<(), Setback> {
        match &self.post.way {
            Way::Folder(folder) => folder::put(folder, delivery, sealed).map_err(Setback::Outage),
            Way::Smtp { server, .. } => {
                let line = match self.line.take() {
                    Some(line) if line.is_ready() => line,
                    old => {
                        old.into_iter().for_each(Line::hang_up);
                        Line::open(server, stop).map_err(Setback::Outage)?
                    }
                };
                let (outcome, line) = line.carry(sealed, stop);
                self.line = line;
                outcome
            }
        }
    }
}

impl Drop for Courier<'_> {
    fn drop(&mut self) {
        if let (Way::Smtp { idle, .. }, Some(line)) = (&self.post.way, self.line.take())
            && line.is_ready()
        {
            idle.lock().push(line);
        }
    }
}
