//! What is done about a mail that came by itself.
//!
//! Invariant: only a hard bounce, or the third soft one in a row over a week, marks a letter and stops its address; and only
//! where the mail proves that it is about a letter of ours: by the return path that we made for it, or, where letters leave
//! without one, by the letter's Message-ID together with its address.

use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest, Sha256};

use super::{Found, MailDeed, MailRead};
use crate::db::{Conn, DbError};
use crate::hex::hex;
use crate::outbox::returned::{self, MailKind, Returned, Source};
use crate::outbox::{Delivery, DeliveryState, LetterKind, Post, amend, store};

/// Soft bounces in a row that count as a hard one.
const SOFT_MAX: usize = 3;
/// And the time from the first to the last of them: a mailbox that is full on Monday is emptied by Friday.
const SOFT_WITHIN: TimeDelta = TimeDelta::days(7);
/// A letter of which nothing came back for so long arrived; servers give up after five days (RFC 5321, 4.5.4.1).
const ARRIVED_AFTER: TimeDelta = TimeDelta::days(5);
/// Mails about one address that are looked at.
const LOOKED_AT_MAX: i64 = 50;
/// Longest name, subject or reason that is kept.
const KEPT_CHARS_MAX: usize = 200;

/// Takes a mail once; one that was taken before is answered as it was then. The caller holds the books.
pub(super) fn take(conn: &mut Conn, now: DateTime<Utc>, post: &Post, found: &Found) -> Result<MailDeed, DbError> {
    let key = match found {
        Found::Mail(bytes) => hex(&Sha256::digest(bytes)),
        Found::TooLarge { place, .. } => place.clone(),
    };
    if let Some(deed) = store::mailbox::deed_of(conn, &key)? {
        return Ok(deed);
    }
    let mail = match found {
        Found::Mail(bytes) => judged(conn, now, post, &returned::read(bytes, &post.installation, Source::Mailbox))?,
        Found::TooLarge { bytes, .. } => too_large(now, *bytes),
    };
    if mail.deed == MailDeed::Marked {
        mark(conn, now, &mail)?;
    }
    store::mailbox::insert(conn, &key, &mail)?;
    Ok(mail.deed)
}

/// Whom a mail is about.
enum About {
    /// A letter of ours, proved.
    Ours(Delivery),
    /// Another society's.
    Foreign,
    /// It does not say, or does not prove it.
    Nothing,
}

fn judged(conn: &mut Conn, now: DateTime<Utc>, post: &Post, said: &Returned) -> Result<MailRead, DbError> {
    let about = about(conn, post, said)?;
    let mut mail = MailRead {
        id: 0,
        kind: said.kind,
        deed: MailDeed::Staff,
        delivery: None,
        recipient: String::new(),
        sender: String::new(),
        subject: String::new(),
        reason: kept(&said.reason),
        read_at: now,
        seen_at: None,
    };
    mail.deed = match (&about, said.kind) {
        (About::Foreign, _) => MailDeed::Left,
        (About::Ours(letter), MailKind::HardBounce) if is_out(letter) => MailDeed::Marked,
        (About::Ours(letter), MailKind::SoftBounce) if is_out(letter) => {
            let is_third = is_last_straw(conn, now, letter)?;
            if is_third {
                mail.reason = kept(&format!("For the third time in more than a week: {}", said.reason));
            }
            if is_third { MailDeed::Marked } else { MailDeed::Noted }
        }
        // It was noted before, or sent elsewhere meanwhile.
        (About::Ours(_), MailKind::HardBounce | MailKind::SoftBounce) => MailDeed::Noted,
        (_, MailKind::Success | MailKind::AutoReply) => MailDeed::Noted,
        (About::Nothing, MailKind::SoftBounce) => MailDeed::Noted,
        (_, MailKind::Person | MailKind::Unknown) | (About::Nothing, MailKind::HardBounce) => MailDeed::Staff,
    };
    if let About::Ours(letter) = about {
        mail.delivery = Some(letter.id);
        mail.recipient = letter.recipient.to_lowercase();
    }
    if mail.deed == MailDeed::Staff {
        mail.sender = kept(&said.sender);
        mail.subject = kept(&said.subject);
    }
    Ok(mail)
}

fn is_out(letter: &Delivery) -> bool {
    letter.state == DeliveryState::Sent
}

/// The letter that a mail is about, if it proves it.
fn about(conn: &mut Conn, post: &Post, said: &Returned) -> Result<About, DbError> {
    if let Some(paths) = &post.return_paths {
        let claims: Vec<_> = said.sent_to.iter().filter_map(|address| paths.claim(address)).collect();
        for claim in &claims {
            let letter = store::delivery(conn, claim.delivery)?;
            if let Some(letter) = letter.filter(|letter| paths.is_ours(claim, &letter.recipient)) {
                return Ok(About::Ours(letter));
            }
        }
        if !claims.is_empty() && said.letter.is_none() {
            return Ok(About::Foreign);
        }
        return Ok(if said.is_foreign { About::Foreign } else { About::Nothing });
    }
    let Some((kind, id)) = said.letter else {
        return Ok(if said.is_foreign { About::Foreign } else { About::Nothing });
    };
    let letter = by_message_id(conn, kind, id)?;
    let is_named = |letter: &Delivery| said.recipients.contains(&letter.recipient.to_lowercase());
    Ok(letter.filter(is_named).map_or(About::Nothing, About::Ours))
}

fn by_message_id(conn: &mut Conn, kind: LetterKind, id: i64) -> Result<Option<Delivery>, DbError> {
    store::sent_with(conn, id, kind)
}

/// Whether a soft bounce of this letter is the third in a row, over a week or more, of different letters.
fn is_last_straw(conn: &mut Conn, now: DateTime<Utc>, letter: &Delivery) -> Result<bool, DbError> {
    let address = letter.recipient.to_lowercase();
    let before = store::mailbox::about_address(conn, &address, LOOKED_AT_MAX)?;
    let in_row = before.iter().take_while(|mail| mail.kind == MailKind::SoftBounce && mail.deed == MailDeed::Noted);
    let mut letters = vec![letter.id];
    let mut first = None;
    for mail in in_row {
        let Some(id) = mail.delivery else { continue };
        if letters.len() < SOFT_MAX && !letters.contains(&id) {
            letters.push(id);
        }
        if letters.len() == SOFT_MAX && letters.contains(&id) {
            first = Some((id, mail.read_at));
        }
    }
    let Some((id, since)) = first.filter(|(_, since)| now - *since >= SOFT_WITHIN) else { return Ok(false) };
    Ok(!store::mailbox::arrived_between(conn, &letter.recipient, id, since, now - ARRIVED_AFTER)?)
}

fn too_large(now: DateTime<Utc>, bytes: u64) -> MailRead {
    MailRead {
        id: 0,
        kind: MailKind::Unknown,
        deed: MailDeed::TooLarge,
        delivery: None,
        recipient: String::new(),
        sender: String::new(),
        subject: String::new(),
        reason: format!("It has {} KiB; no report is that large.", bytes / 1024),
        read_at: now,
        seen_at: None,
    }
}

/// The letter counts as returned, as when staff say so, and its address takes nothing more.
fn mark(conn: &mut Conn, now: DateTime<Utc>, mail: &MailRead) -> Result<(), DbError> {
    let Some(id) = mail.delivery else { return Ok(()) };
    let reason = if mail.reason.is_empty() { "The mail server gave no reason." } else { mail.reason.as_str() };
    match amend::came_back(conn, now, id, reason) {
        Err(amend::AmendError::Db(error)) => Err(error),
        // It was noted before.
        _ => Ok(()),
    }
}

fn kept(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars().filter(|c| !c.is_control()).take(KEPT_CHARS_MAX).collect()
}
