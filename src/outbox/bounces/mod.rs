//! Mail that comes back, read by itself: from a folder or an IMAP mailbox.
//!
//! Invariant: a mail is taken once, by the sum of its bytes, in one transaction with what is done about it; only then is it
//! marked or moved, so a program that is killed between the two finds it again and changes nothing. A mailbox that is away
//! or slow keeps nobody else waiting. What a mail means is left to `returned`, what is done about it to `intake`.

mod folder;
mod imap;
mod intake;
mod limited;
mod setting;

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use parking_lot::Mutex;

use super::{MailKind, Post, store};
use crate::clock::Clock;
use crate::db::{Db, DbError, Lock, hold};
pub use setting::BouncesFrom;

/// What was done about a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MailDeed {
    /// Its letter counts as returned, and nothing more is sent to the address.
    Marked,
    /// It was noted, and changed nothing.
    Noted,
    /// It is about another society's letter, and was left where it lay.
    Left,
    /// Staff must look at it.
    Staff,
    /// It was too large to be read; staff must look at it.
    TooLarge,
}

impl MailDeed {
    /// Every deed.
    pub const ALL: [Self; 5] = [Self::Marked, Self::Noted, Self::Left, Self::Staff, Self::TooLarge];

    /// As the database writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Marked => "marked",
            Self::Noted => "noted",
            Self::Left => "left",
            Self::Staff => "staff",
            Self::TooLarge => "too-large",
        }
    }

    /// Reads the name back.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|deed| deed.name() == name)
    }

    /// For people.
    pub fn label(self) -> &'static str {
        match self {
            Self::Marked => "the letter counts as returned; mail to the address stopped",
            Self::Noted => "noted; nothing was changed",
            Self::Left => "about another society’s letter; left where it lay",
            Self::Staff => "please look at it in the mailbox",
            Self::TooLarge => "too large to be read; please look at it in the mailbox",
        }
    }
}

/// A mail that was read by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailRead {
    /// Its number.
    pub id: i64,
    /// What it is.
    pub kind: MailKind,
    /// What was done.
    pub deed: MailDeed,
    /// The letter it is about.
    pub delivery: Option<i64>,
    /// The address of ours that it is about, in small letters; may be empty.
    pub recipient: String,
    /// Who wrote it; kept for what staff must look at.
    pub sender: String,
    /// What about; likewise.
    pub subject: String,
    /// Why, in the words of the server.
    pub reason: String,
    /// When.
    pub read_at: DateTime<Utc>,
    /// When staff had seen it.
    pub seen_at: Option<DateTime<Utc>>,
}

/// An address that takes no mail, until staff correct it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoppedAddress {
    /// In small letters.
    pub address: String,
    /// Why.
    pub reason: String,
    /// Since when.
    pub since: DateTime<Utc>,
}

/// Why mail that comes back cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailboxTrouble {
    /// In the server's words.
    pub reason: String,
    /// When it began.
    pub since: DateTime<Utc>,
}

/// Mails of one visit: the next visit takes the rest.
const MAILS_MAX: usize = 100;
/// The largest mail that is read: a report with the letter it is about, a hundred times over.
const MAIL_BYTES_MAX: u64 = 1024 * 1024;
/// How often a folder is looked at, and a mailbox: an address that is wrong was wrong for weeks.
const FOLDER_EVERY: Duration = Duration::from_secs(5);
const MAILBOX_EVERY: Duration = Duration::from_secs(60);
/// How often it is looked whether the program is to stop.
const LOOKS_EVERY: Duration = Duration::from_millis(100);
/// Mails that were left alone and are remembered, so that they are not fetched each minute.
const LEFT_MAX: usize = 10_000;

/// How this process reads the mail that comes back. One for each process, for as long as it runs.
pub struct Bounces {
    from: BouncesFrom,
    /// Where mails of other societies lie.
    left: Mutex<HashSet<String>>,
    trouble_since: AtomicI64,
}

/// A mail that was found.
enum Found {
    /// It was read.
    Mail(Vec<u8>),
    /// It was not: where it lies, and how large it is.
    TooLarge { place: String, bytes: u64 },
}

/// What a visit needs.
struct Visit<'a> {
    bounces: &'a Bounces,
    db: &'a Db,
    clock: &'a Clock,
    post: &'a Post,
    stop: &'a AtomicBool,
}

impl Bounces {
    /// Nothing is opened before it is read.
    pub fn new(from: BouncesFrom) -> Self {
        Self { from, left: Mutex::default(), trouble_since: AtomicI64::new(0) }
    }

    /// Whether it is a folder on this machine, which keeps nobody waiting.
    pub fn is_folder(&self) -> bool {
        matches!(self.from, BouncesFrom::Folder(_))
    }

    /// Unix time since when it cannot be read; 0 while it can.
    pub fn trouble_since(&self) -> u64 {
        u64::try_from(self.trouble_since.load(Ordering::Relaxed)).unwrap_or(0)
    }

    /// Reads what has come, a bounded number of mails; the answer is how many were taken. That it cannot be reached is
    /// noted for staff, and no error.
    ///
    /// # Errors
    /// Only when the database fails.
    pub fn read(&self, db: &Db, clock: &Clock, post: &Post, stop: &AtomicBool) -> Result<usize, DbError> {
        let visit = Visit { bounces: self, db, clock, post, stop };
        let read = match &self.from {
            BouncesFrom::Folder(folder) => folder::read(&visit, folder),
            // On a thread of its own: whoever reads may stand where nothing may wait.
            BouncesFrom::Imap(server) => std::thread::scope(|scope| {
                let reading = scope.spawn(|| imap::read(&visit, server)).join();
                reading
                    .unwrap_or_else(|_| Err(ReadError::Away("the conversation with the mailbox broke off".to_owned())))
            }),
        };
        match read {
            Ok(count) => {
                self.note_trouble(db, clock, None)?;
                Ok(count)
            }
            Err(ReadError::Db(error)) => Err(error),
            Err(ReadError::Away(reason)) => {
                self.note_trouble(db, clock, Some(&reason))?;
                Ok(0)
            }
        }
    }

    /// Reads again and again until `stop` is set.
    pub fn keep_reading(&self, db: &Db, clock: &Clock, post: &Post, stop: &AtomicBool) {
        let every = if self.is_folder() { FOLDER_EVERY } else { MAILBOX_EVERY };
        while !stop.load(Ordering::SeqCst) {
            match self.read(db, clock, post, stop) {
                // There may be more.
                Ok(MAILS_MAX..) => continue,
                Ok(_) => {}
                Err(error) => tracing::warn!(%error, "mail that came back could not be noted; it is read again"),
            }
            let begun = Instant::now();
            while begun.elapsed() < every && !stop.load(Ordering::SeqCst) {
                std::thread::sleep(LOOKS_EVERY);
            }
        }
    }

    /// Writes down that the mailbox is away, or back, where that is news.
    fn note_trouble(&self, db: &Db, clock: &Clock, reason: Option<&str>) -> Result<(), DbError> {
        let known = db.read(store::mailbox::trouble)?;
        let since = match (&known, reason) {
            (None, None) => 0,
            (Some(_), None) => {
                db.write(store::mailbox::end_trouble)?;
                tracing::info!("mail that comes back is read again");
                0
            }
            (Some(known), Some(reason)) if known.reason == reason => known.since.timestamp(),
            (known, Some(reason)) => {
                let now = clock.now();
                db.write(|conn| {
                    hold(conn, Lock::Books)?;
                    store::mailbox::set_trouble(conn, now, reason)
                })?;
                tracing::warn!("mail that comes back cannot be read; it is tried again");
                known.as_ref().map_or(now, |known| known.since).timestamp()
            }
        };
        self.trouble_since.store(since, Ordering::Relaxed);
        Ok(())
    }
}

impl Visit<'_> {
    /// Takes one mail into the books.
    fn take(&self, found: &Found) -> Result<MailDeed, DbError> {
        let now = self.clock.now();
        self.db.write(|conn| {
            hold(conn, Lock::Books)?;
            intake::take(conn, now, self.post, found)
        })
    }

    fn is_left(&self, place: &str) -> bool {
        self.bounces.left.lock().contains(place)
    }

    /// Remembers a mail that is another's.
    fn leave(&self, place: String) {
        let mut left = self.bounces.left.lock();
        if left.len() < LEFT_MAX {
            left.insert(place);
        }
    }

    fn is_over(&self) -> bool {
        self.stop.load(Ordering::SeqCst)
    }
}

/// Why a mailbox was not read.
#[derive(Debug)]
enum ReadError {
    /// It is away.
    Away(String),
    /// The books are.
    Db(DbError),
}

impl From<DbError> for ReadError {
    fn from(error: DbError) -> Self {
        Self::Db(error)
    }
}
