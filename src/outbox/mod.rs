//! Mail that leaves because a transaction landed.
//!
//! Invariant: a delivery is queued in the transaction that caused it, is sent at least once and, short of a crash
//! between the server's answer and our note of it, once only. What a letter says is left to whoever knows ([`Compose`]).
//!
//! The walk: `store::claim` takes what is due by lease, `round` has it composed and carried with no transaction open
//! ([`Post`] over `smtp` or `folder`), `rules` decides what becomes of it, `store::settle` writes that down.

mod address;
mod amend;
mod bounces;
mod budget;
mod folder;
mod kind;
mod message;
mod post;
mod return_path;
mod returned;
mod round;
mod rules;
mod settings;
mod smtp;
mod store;
mod strangers;
mod text;
pub mod verify;

use chrono::{DateTime, Utc};

use crate::db::{Conn, DbError};
pub use address::{AddressError, address};
pub use amend::{AmendError, came_back, leave, print_instead, redirect};
pub use bounces::{Bounces, BouncesFrom, MailDeed, MailRead, MailboxTrouble, StoppedAddress};
pub use budget::LetterBudgets;
pub use kind::LetterKind;
pub use post::{Post, Trouble};
pub use return_path::BounceAddress;
pub use returned::{MailKind, Returned, read_returned};
pub use round::{Round, send_due};
pub use settings::{BadMailSetting, MailSettings, MailTarget, Sender, SmtpServer};
pub use store::mailbox::{count_unseen, mails, set_seen, trouble as mailbox_trouble};
pub use store::{
    Counts, about, about_all, count_failed, count_to_post, count_waiting, counts, delivery, drop_overtaken,
    drop_waiting, drop_waiting_about, failed, has_left, is_any_due, of_donation, posted, sent_with, to_post, unsent_to,
    waiting,
};
pub use strangers::{
    Asked, Limit, MAILBOX_LETTERS_MAX, Selection, Stranger, StrangerRequest, count_withheld, enqueue_for_strangers,
    forget, forget_before, is_any_before, mailbox, withheld, write_withheld,
};
pub use text::{copy_of, greetable, greeting, wrapped};

/// A letter to be queued.
#[derive(Debug, Clone)]
pub struct NewLetter {
    /// What it tells.
    pub kind: LetterKind,
    /// What it is about, as its kind says.
    pub subject_id: i64,
    /// What happened to that.
    pub event_id: Option<i64>,
    /// The address; without one the letter waits to be printed and posted.
    pub recipient: String,
}

/// Queues letters in the caller's transaction.
///
/// # Errors
/// Only when the database fails.
pub fn enqueue_all(conn: &mut Conn, now: DateTime<Utc>, letters: &[NewLetter]) -> Result<(), DbError> {
    store::insert_all(conn, now, letters)
}

/// Where a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DeliveryState {
    /// It waits for its time.
    Queued,
    /// Somebody has it in hand, until the lease runs out.
    Sending,
    /// The server took it.
    Sent,
    /// It will not be tried again unless staff say so.
    Failed,
    /// It has no electronic address: staff print and post it.
    Post,
    /// Its reason was gone before it left, so it was not sent; `last_error` says why.
    Dropped,
}

impl DeliveryState {
    /// Every state.
    pub const ALL: [Self; 6] = [Self::Queued, Self::Sending, Self::Sent, Self::Failed, Self::Post, Self::Dropped];

    /// As the database writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::Post => "post",
            Self::Dropped => "dropped",
        }
    }

    /// Reads the name back.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// A letter on its way, or at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Its number.
    pub id: i64,
    /// What it tells.
    pub kind: LetterKind,
    /// What it is about, as its kind says.
    pub subject_id: i64,
    /// What happened to that.
    pub event_id: Option<i64>,
    /// The address.
    pub recipient: String,
    /// Where it stands.
    pub state: DeliveryState,
    /// How often it was offered to a server.
    pub attempts: i64,
    /// When it is tried next; while it is in hand, when the lease runs out.
    pub due_at: DateTime<Utc>,
    /// What went wrong last; empty when nothing did.
    pub last_error: String,
    /// When it was queued.
    pub created_at: DateTime<Utc>,
    /// When the server took it.
    pub sent_at: Option<DateTime<Utc>>,
    /// When it came back although the server had taken it.
    pub returned_at: Option<DateTime<Utc>>,
    /// When staff left it as it is, because nothing more can be done.
    pub settled_at: Option<DateTime<Utc>>,
    /// To whom it went, as they were called and lived then; none before it left.
    pub went_to: Option<Addressee>,
}

impl Delivery {
    /// Whether its reader has it, as far as we know: it went, or came back after it went.
    pub fn has_left(&self) -> bool {
        self.sent_at.is_some() || (self.went_to.is_some() && self.state == DeliveryState::Failed)
    }
}

/// Whom a letter is addressed to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Addressee {
    /// The name; may be empty.
    pub name: String,
    /// Where a letter on paper goes, one line a line; empty for mail.
    pub address: String,
}

/// What is inside the envelope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// The recipient's name; may be empty.
    pub to_name: String,
    /// Where an answer goes; empty for the sender.
    pub reply_to: String,
    /// One line.
    pub subject: String,
    /// The letter as plain text.
    pub text: String,
    /// The same as HTML.
    pub html: String,
    /// What lies in the envelope besides.
    pub enclosed: Vec<Enclosure>,
}

/// A file in the envelope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enclosure {
    /// "certificate-C000045.pdf"
    pub name: String,
    /// "application/pdf"
    pub media_type: &'static str,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// Why a letter was not written.
#[derive(Debug, thiserror::Error)]
pub enum ComposeError {
    /// What it tells of could not be read.
    #[error(transparent)]
    Db(#[from] DbError),
    /// What it tells of is not there, or cannot be put into words.
    #[error("{0}")]
    Unwritable(String),
    /// Its reason is gone, so nobody should get it any more.
    #[error("{0}")]
    Overtaken(String),
}

/// Whoever knows what a letter says. Composing the same delivery twice should give the same letter.
pub trait Compose: Sync {
    /// Writes the letter, with no transaction open.
    ///
    /// # Errors
    /// [`ComposeError`]; a failure of the database is no fault of the letter.
    fn compose(&self, delivery: &Delivery) -> Result<Letter, ComposeError>;
}

/// Why a letter was not queued again.
#[derive(Debug, thiserror::Error)]
pub enum TryAgainError {
    /// It is on its way, was sent, or was never there.
    #[error("Only a letter that failed can be tried again; this one is on its way or was sent.")]
    NotFailed,
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
}

/// Queues a failed letter as if it had never been tried.
///
/// # Errors
/// [`TryAgainError::NotFailed`], also for the second of two people who ask at once.
pub fn try_again(conn: &mut Conn, now: DateTime<Utc>, id: i64) -> Result<(), TryAgainError> {
    if store::requeue(conn, now, Some(id))? == 0 {
        return Err(TryAgainError::NotFailed);
    }
    // Whoever tries it again says that the address is right.
    let address = store::mailbox::address_of(conn, id)?;
    store::mailbox::lift(conn, &address)?;
    Ok(())
}

/// Queues every failed letter again, for when the fault was ours; the answer is how many.
///
/// # Errors
/// Only when the database fails.
pub fn try_all_again(conn: &mut Conn, now: DateTime<Utc>) -> Result<usize, DbError> {
    store::requeue(conn, now, None)
}
