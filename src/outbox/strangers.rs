//! Letters that a stranger asked for, by typing an address into a public form: it may be anybody's.
//!
//! Invariant: one mailbox gets at most [`MAILBOX_LETTERS_MAX`] of them a day, however its address is spelled and
//! whatever process was asked. A letter over a budget is not written; it is kept here and shown to staff, who may have it
//! written. Such letters name nobody ([`super::LetterKind::is_asked_for_by_strangers`]).

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::store::strangers as store;
use super::{LetterKind, NewLetter, enqueue_all};
use crate::db::{Conn, DbError};
pub use store::{StrangerRequest, count_withheld, forget, forget_before, is_any_before, withheld};

/// Letters a day to one mailbox: a person who gives, mistypes and gives again.
pub const MAILBOX_LETTERS_MAX: i64 = 3;
/// What a day is here.
const DAY: TimeDelta = TimeDelta::hours(24);

/// Whose budget was spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// That of the mailbox.
    Mailbox,
    /// That of the place it was asked from.
    Place,
    /// That of all strangers together.
    House,
}

impl Limit {
    /// Every limit.
    pub const ALL: [Self; 3] = [Self::Mailbox, Self::Place, Self::House];

    /// As the database writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mailbox => "mailbox",
            Self::Place => "place",
            Self::House => "house",
        }
    }

    /// Why a letter was not written, for staff.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Mailbox => "Three such letters went to this address within a day.",
            Self::Place => "Too many letters were asked for from this place.",
            Self::House => "Too many letters were asked for in all.",
        }
    }

    /// Reads the name back.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|limit| limit.name() == name)
    }
}

/// Whoever sent a public form, as far as letters go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stranger {
    /// The network of their household: "192.0.2.7/32".
    pub network: String,
    /// The budget that was spent when they asked.
    pub over: Option<Limit>,
}

/// What a stranger asked for: a gift or an application, and perhaps a letter about it.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Who.
    pub stranger: Stranger,
    /// What the letter tells.
    pub kind: LetterKind,
    /// The gift or the application.
    pub subject_id: i64,
    /// Where the letter goes; empty for none.
    pub recipient: String,
}

/// Notes what strangers asked for and queues the letters that are within the budgets, in the caller's transaction, in a
/// fixed number of statements.
///
/// # Errors
/// Only when the database fails.
pub fn enqueue_for_strangers(conn: &mut Conn, now: DateTime<Utc>, asked: &[Asked]) -> Result<(), DbError> {
    if asked.is_empty() {
        return Ok(());
    }
    let mailboxes: Vec<String> = asked.iter().map(|one| mailbox(&one.recipient)).collect();
    let mut written: HashMap<String, i64> = store::written_since(conn, now - DAY, &mailboxes)?;
    let mut letters = Vec::new();
    let mut noted = Vec::with_capacity(asked.len());
    for (one, mailbox) in asked.iter().zip(mailboxes) {
        let so_far = written.entry(mailbox.clone()).or_default();
        let withheld = match one.stranger.over {
            _ if mailbox.is_empty() => None,
            None if *so_far >= MAILBOX_LETTERS_MAX => Some(Limit::Mailbox),
            over => over,
        };
        if withheld.is_none() && !mailbox.is_empty() {
            *so_far += 1;
            letters.push(letter(one.kind, one.subject_id, one.recipient.clone()));
        }
        noted.push((one, mailbox, withheld));
    }
    store::insert_all(conn, now, &noted)?;
    enqueue_all(conn, now, &letters)
}

fn letter(kind: LetterKind, subject_id: i64, recipient: String) -> NewLetter {
    NewLetter { kind, subject_id, event_id: None, recipient }
}

/// Has a letter written after all that was over a budget; nothing happens the second time.
///
/// # Errors
/// Only when the database fails.
pub fn write_withheld(conn: &mut Conn, now: DateTime<Utc>, id: i64) -> Result<bool, DbError> {
    let Some(request) = store::take_withheld(conn, id)? else { return Ok(false) };
    enqueue_all(conn, now, &[letter(request.kind, request.subject_id, request.recipient)])?;
    Ok(true)
}

/// The mailbox behind an address: small letters, without what follows a plus, and without dots where the provider
/// ignores them. Empty for no address.
///
/// ```
/// use fighting_fund::outbox::mailbox;
/// assert_eq!(mailbox("Ann.Lee+paper@GoogleMail.com"), "annlee@gmail.com");
/// assert_eq!(mailbox("A.Lee@Paper.example"), "a.lee@paper.example");
/// ```
pub fn mailbox(address: &str) -> String {
    let lower = address.trim().to_lowercase();
    let Some((local, domain)) = lower.rsplit_once('@') else { return String::new() };
    let local = local.split('+').next().unwrap_or_default();
    match domain {
        "gmail.com" | "googlemail.com" => format!("{}@gmail.com", local.replace('.', "")),
        domain => format!("{local}@{domain}"),
    }
}

/// Which promises and applications without money are meant, when many are dealt with at once. Every part that is set
/// narrows the choice.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// Recorded at this moment or later.
    pub from: Option<DateTime<Utc>>,
    /// Recorded before this moment.
    pub until: Option<DateTime<Utc>>,
    /// Somewhere in the name, the address or the note; empty for any.
    pub text: String,
    /// The household that asked: "192.0.2.7/32"; empty for any.
    pub network: String,
}
