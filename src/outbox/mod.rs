//! Mail that leaves because a transaction landed.
//!
//! Invariant: a delivery is queued in the transaction that caused it, is sent at least once and, short of a crash
//! between the server's answer and our note of it, once only.

mod store;

use chrono::{DateTime, Utc};

use crate::db::{Conn, DbError};

/// What a letter tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LetterKind {
    /// A gift was promised: how to pay it.
    Pledge,
    /// Money was received: the numbered receipt.
    Receipt,
    /// The receipt once more, marked as a duplicate.
    Duplicate,
    /// Money went back, in part or whole.
    Refund,
    /// A cheque or a direct debit bounced.
    Bounce,
}

impl LetterKind {
    /// As the database writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pledge => "pledge",
            Self::Receipt => "receipt",
            Self::Duplicate => "duplicate",
            Self::Refund => "refund",
            Self::Bounce => "bounce",
        }
    }
}

/// A letter to be queued.
#[derive(Debug, Clone)]
pub struct NewLetter {
    /// What it tells.
    pub kind: LetterKind,
    /// The donation it is about.
    pub donation_id: i64,
    /// The refund or bounce it is about.
    pub event_id: Option<i64>,
    /// The address.
    pub recipient: String,
}

/// Queues letters in the caller's transaction.
///
/// # Errors
/// Only when the database fails.
pub fn enqueue_all(conn: &mut Conn, now: DateTime<Utc>, letters: &[NewLetter]) -> Result<(), DbError> {
    store::insert_all(conn, now, letters)
}

/// Where mail goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailTarget {
    /// A folder of `.eml` files.
    Folder(std::path::PathBuf),
    /// An SMTP server, `smtp://user:password@host:587?tls=required` or `smtps://...`.
    Smtp(String),
}

/// Where mail goes and who sends it.
#[derive(Debug, Clone)]
pub struct MailSettings {
    /// A folder or a server.
    pub target: MailTarget,
    /// The sender.
    pub from: Sender,
}

/// Why a mail setting was not understood.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct BadMailSetting(String);

impl MailTarget {
    /// Reads `dir:FOLDER`, `smtp://...` or `smtps://...`.
    ///
    /// # Errors
    /// A sentence that says what to write.
    pub fn parse(text: &str) -> Result<Self, BadMailSetting> {
        if let Some(folder) = text.strip_prefix("dir:").filter(|folder| !folder.is_empty()) {
            return Ok(Self::Folder(folder.into()));
        }
        if text.starts_with("smtp://") || text.starts_with("smtps://") {
            return Ok(Self::Smtp(text.to_owned()));
        }
        Err(BadMailSetting(
            "write dir:FOLDER, smtp://user:password@host:587?tls=required or smtps://user:password@host".to_owned(),
        ))
    }
}

/// The sender of all mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sender(lettre::message::Mailbox);

impl Sender {
    /// Reads "Fighting Fund <fund@paper.example>".
    ///
    /// # Errors
    /// A sentence that says what to write.
    pub fn parse(text: &str) -> Result<Self, BadMailSetting> {
        text.parse().map(Self).map_err(|_| {
            BadMailSetting(format!("\"{text}\" is not a sender, such as Fighting Fund <fund@paper.example>"))
        })
    }
}

/// Why an address cannot be written to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Not an address at all.
    #[error("Please check the e-mail address: it should look like name@example.org.")]
    NotAnAddress,
    /// Longer than mail allows (RFC 5321, 4.5.3.1).
    #[error("That e-mail address is too long to be delivered. Please check it.")]
    TooLong,
}

/// Checks an address that a reader typed: mail to it must at least be able to leave.
///
/// ```
/// use fighting_fund::outbox::address;
/// assert_eq!(address(" a@example.org "), Ok("a@example.org".to_owned()));
/// assert!(address("a@b").is_err());
/// assert!(address("a@example.org\r\nBcc: all@example.org").is_err());
/// ```
///
/// # Errors
/// [`AddressError`], one sentence a reason.
pub fn address(text: &str) -> Result<String, AddressError> {
    let text = text.trim();
    if text.len() > 254 {
        return Err(AddressError::TooLong);
    }
    let address: lettre::Address = text.parse().map_err(|_| AddressError::NotAnAddress)?;
    let labels: Vec<&str> = address.domain().split('.').collect();
    if labels.len() < 2 || labels.iter().any(|label| label.is_empty()) {
        return Err(AddressError::NotAnAddress);
    }
    Ok(address.to_string())
}
