//! Reads a mail that came in answer to a letter of ours: what it is, which letter it is about, to whom, and why.
//!
//! Invariant: only a report that says so is a bounce; what is not understood is [`MailKind::Unknown`] and left to people,
//! never guessed. Nothing is kept here, and what is done about a mail is left to whoever asked.

mod fields;
mod prose;

use mail_parser::{Message, MessageParser, MimeHeaders};

use self::fields::{Lines, Report};
use super::{LetterKind, store};
use crate::db::{Conn, DbError};

/// What a mail is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum MailKind {
    /// The letter will never arrive at this address (RFC 3464: failed, status 5).
    HardBounce,
    /// It did not arrive yet, or not this time (delayed, or status 4).
    SoftBounce,
    /// It arrived, or was handed on (delivered, relayed, expanded).
    Success,
    /// A program answered: a holiday reply, an acknowledgement (RFC 3834).
    AutoReply,
    /// Somebody wrote.
    Person,
    /// It cannot be told.
    #[default]
    Unknown,
}

impl MailKind {
    /// Every kind.
    pub const ALL: [Self; 6] =
        [Self::HardBounce, Self::SoftBounce, Self::Success, Self::AutoReply, Self::Person, Self::Unknown];

    /// As the database writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::HardBounce => "hard",
            Self::SoftBounce => "soft",
            Self::Success => "success",
            Self::AutoReply => "auto-reply",
            Self::Person => "person",
            Self::Unknown => "unknown",
        }
    }

    /// Reads the name back.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// For people: "The letter came back for good".
    pub fn label(self) -> &'static str {
        match self {
            Self::HardBounce => "The letter came back for good",
            Self::SoftBounce => "The letter is late or could not be taken this time",
            Self::Success => "A report that the letter arrived",
            Self::AutoReply => "An automatic reply",
            Self::Person => "A letter from a person",
            Self::Unknown => "We do not know what this is",
        }
    }
}

/// What a mail says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Returned {
    /// What it is.
    pub kind: MailKind,
    /// The letter that its Message-ID names, when it is one of ours.
    pub letter: Option<(LetterKind, i64)>,
    /// Whether it names a letter that another installation wrote, and none of ours.
    pub is_foreign: bool,
    /// The addresses that were not reached, in lower case.
    pub recipients: Vec<String>,
    /// Why, in the words of the server; may be empty.
    pub reason: String,
    /// Who wrote it; may be empty.
    pub sender: String,
    /// What about; may be empty.
    pub subject: String,
    /// The addresses that it was sent to, in lower case: one of them may be a return path of ours.
    pub sent_to: Vec<String>,
}

/// Addresses taken from one mail; one that came back names one or two.
const RECIPIENTS_MAX: usize = 5;
/// Headers that say where a mail was delivered.
const WHERE_TO: [&str; 6] = ["To", "Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "Apparently-To"];

/// Reads a mail as staff paste it: whole, without its headers, or quoted in another one.
///
/// # Errors
/// Only when the database fails.
pub fn read_returned(conn: &mut Conn, text: &str) -> Result<Returned, DbError> {
    let installation = store::known_installation(conn)?.map(|name| crate::hex::hex(&name));
    Ok(read(text.as_bytes(), installation.as_deref().unwrap_or_default(), Source::Pasted))
}

/// Where a mail was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::outbox) enum Source {
    /// Staff read it and put it in: the fields of a report count wherever they stand.
    Pasted,
    /// It lay in the mailbox: they count only in the place where a server writes them, for anybody may quote them.
    Mailbox,
}

/// Reads a mail. `installation` names us in the letters that we wrote.
pub(in crate::outbox) fn read(bytes: &[u8], installation: &str, source: Source) -> Returned {
    let bytes = bytes.trim_ascii_start();
    let parsed = MessageParser::default().parse(bytes).filter(|mail| mail.header("From").is_some());
    let raw = String::from_utf8_lossy(bytes);
    // What travels in base64 or quoted-printable is read as it was meant.
    let text = parsed.as_ref().map_or_else(|| raw.to_string(), |mail| format!("{raw}\n\n{}", decoded(mail)));
    let lines = Lines::of(&text);
    let report = report_of(parsed.as_ref(), &lines, source);
    let by_words =
        parsed.as_ref().map_or_else(|| prose::kind_of_words(&lines), |mail| prose::kind_of_mail(mail, &lines));
    let kind = match &report {
        // Somebody who quotes a report sends none, and may mean anything.
        Some(report) if !report.is_in_its_place && by_words == MailKind::Person => MailKind::Unknown,
        Some(report) if !report.is_in_its_place && by_words == MailKind::AutoReply => MailKind::AutoReply,
        Some(report) if report.kind() != MailKind::Unknown => report.kind(),
        _ => by_words,
    };
    let mut recipients = report.as_ref().map(Report::recipients).unwrap_or_default();
    if recipients.is_empty() {
        recipients = lines.named_recipients();
    }
    fields::first_few(&mut recipients, RECIPIENTS_MAX);
    let reason = report.as_ref().and_then(Report::reason).or_else(|| lines.reason()).unwrap_or_default();
    let (letter, is_foreign) = letter(&text, installation);
    let head = |name: &'static str| parsed.as_ref().and_then(|mail| mail.header_raw(name)).unwrap_or_default();
    Returned {
        kind,
        letter,
        is_foreign,
        recipients,
        reason,
        sender: parsed.as_ref().map(prose::sender).unwrap_or_default(),
        subject: parsed.as_ref().and_then(|mail| mail.subject()).unwrap_or_default().trim().to_owned(),
        sent_to: WHERE_TO.into_iter().flat_map(|name| fields::addresses(head(name))).collect(),
    }
}

/// The words of all parts, also of the mail that lies inside, without what transport did to them.
fn decoded(mail: &Message<'_>) -> String {
    let mut words = Vec::new();
    for part in &mail.parts {
        if let Some(inner) = part.message() {
            let heads = inner.headers_raw().map(|(name, value)| format!("{name}: {}", value.trim()));
            words.push(heads.collect::<Vec<_>>().join("\n"));
        } else if let Some(text) = part.text_contents() {
            words.push(text.to_owned());
        } else if part.is_content_type("message", "delivery-status") {
            words.push(String::from_utf8_lossy(part.contents()).into_owned());
        }
    }
    words.join("\n\n")
}

/// The report in a mail (RFC 3464), where a server writes it; in what was pasted, wherever it stands.
fn report_of(parsed: Option<&Message<'_>>, lines: &Lines, source: Source) -> Option<Report> {
    let is_report = |part: &&mail_parser::MessagePart<'_>| {
        part.is_content_type("message", "delivery-status") || part.is_content_type("message", "global-delivery-status")
    };
    if let Some(part) = parsed.and_then(|mail| mail.parts.iter().find(is_report)) {
        let text =
            part.text_contents().map_or_else(|| String::from_utf8_lossy(part.contents()).into_owned(), str::to_owned);
        let mut report = Report::of(&Lines::of(&text));
        report.is_in_its_place = true;
        return Some(report);
    }
    (source == Source::Pasted).then(|| Report::of(lines)).filter(Report::is_said)
}

/// The letter in a Message-ID as we write it: kind, number, installation; and whether it is another's only.
fn letter(text: &str, installation: &str) -> (Option<(LetterKind, i64)>, bool) {
    let mut is_foreign = false;
    for word in text.split(|c: char| c.is_whitespace() || "<>\"".contains(c)) {
        let Some((name, _)) = word.split_once('@') else { continue };
        let [kind, number, by] = name.split('.').collect::<Vec<_>>()[..] else { continue };
        let Some((kind, number)) = LetterKind::from_name(kind).zip(number.parse().ok()) else { continue };
        if !installation.is_empty() && by == installation {
            return (Some((kind, number)), false);
        }
        let is_hex = !by.is_empty() && by.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_foreign |= is_hex;
    }
    (None, is_foreign)
}

#[cfg(test)]
mod tests;
