//! How a giver is reached: an address is given or corrected, and letters follow it.
//!
//! Invariant: whoever can be written to has a letter for each of their receipts, by mail or by post; a correction
//! sends what did not arrive, once, and nothing that did.

use chrono::{DateTime, Utc};

use super::store;
use crate::db::{Conn, DbError};
use crate::outbox::{self, LetterKind, NewLetter};
use crate::supporters::{self, Named, Supporter};

/// Letters of one supporter that are sent elsewhere at once: more than anybody ever had outstanding.
const REDIRECTED_MAX: i64 = 1_000;
/// Receipts of one supporter that get their letters at once.
const CAUGHT_UP_MAX: i64 = 10_000;

/// Why an address was not taken.
#[derive(Debug, thiserror::Error)]
pub enum ContactError {
    /// No supporter has this number.
    #[error("There is no such supporter. Please look in the list.")]
    Unknown,
    /// The gift has nobody who could be written to.
    #[error("This gift has no name, so there is nobody to write to. Please give a name too.")]
    Nameless,
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
}

/// How somebody is reached, as staff wrote it down and it was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// The name on the envelope; empty only where there is an e-mail address.
    pub name: String,
    /// Where mail goes.
    pub email: Option<String>,
    /// Where letters on paper go, one line a line; may be empty.
    pub address: String,
}

/// What a new address changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reached {
    /// Who they are from now on: somebody else when name and address are known already.
    pub supporter: i64,
    /// Letters that had failed or were waiting and now go to the new address.
    pub redirected: usize,
    /// Receipts that had no letter and now have one.
    pub caught_up: usize,
}

/// Gives a supporter a name and addresses. Mail that failed or waits goes to the new one; receipts that had no way to
/// go get their letters. The caller holds [`crate::db::Lock::Books`].
///
/// # Errors
/// [`ContactError::Unknown`], [`ContactError::Nameless`].
pub fn reach(conn: &mut Conn, now: DateTime<Utc>, id: i64, contact: &Contact) -> Result<Reached, ContactError> {
    let before = supporters::supporter(conn, id)?.ok_or(ContactError::Unknown)?;
    if contact.name.is_empty() && contact.email.is_none() {
        return Err(ContactError::Nameless);
    }
    let unsent = unsent_of(conn, &before)?;
    let mut whose = id;
    if (&contact.name, &contact.email) != (&before.name, &before.email) {
        let person = Named { name: contact.name.clone(), email: contact.email.clone() };
        whose = supporters::correct(conn, id, &person)?;
        if whose != id {
            store::move_gifts(conn, id, whose)?;
        }
    }
    let is_news = whose == id || !contact.address.is_empty();
    if is_news {
        supporters::set_address(conn, whose, &contact.address)?;
    }
    let redirected = match &contact.email {
        Some(email) if before.email.as_deref() != Some(email) => outbox::redirect(conn, now, &unsent, email)?,
        _ => 0,
    };
    Ok(Reached { supporter: whose, redirected, caught_up: catch_up(conn, now, whose)? })
}

/// The letters of a supporter that failed or have not left.
fn unsent_of(conn: &mut Conn, supporter: &Supporter) -> Result<Vec<i64>, DbError> {
    let Some(email) = &supporter.email else { return Ok(Vec::new()) };
    let mut ids = Vec::new();
    for letter in outbox::unsent_to(conn, email, REDIRECTED_MAX)? {
        let is_theirs = match letter.kind {
            LetterKind::GivingStatement => letter.subject_id == supporter.id,
            kind if kind.is_about_gift() => store::giver_of(conn, letter.subject_id)? == Some(supporter.id),
            _ => false,
        };
        if is_theirs {
            ids.push(letter.id);
        }
    }
    Ok(ids)
}

/// Queues a letter for each receipt of a supporter that has none, now that there is a way.
fn catch_up(conn: &mut Conn, now: DateTime<Utc>, id: i64) -> Result<usize, DbError> {
    let supporter = supporters::supporter(conn, id)?;
    let Some(supporter) = supporter.filter(|known| known.email.is_some() || known.has_post()) else { return Ok(0) };
    let without = store::receipts_without_letter(conn, id, CAUGHT_UP_MAX)?;
    let recipient = supporter.email.unwrap_or_default();
    let letter = |donation: &i64| NewLetter {
        kind: LetterKind::Receipt,
        subject_id: *donation,
        event_id: None,
        recipient: recipient.clone(),
    };
    let letters: Vec<NewLetter> = without.iter().map(letter).collect();
    outbox::enqueue_all(conn, now, &letters)?;
    Ok(letters.len())
}

/// Gives the giver of one gift a postal address; a receipt that had no way to go becomes a letter to be posted.
///
/// # Errors
/// [`ContactError::Nameless`] for a gift without a name or address, such as a bucket's.
pub fn give_address(
    conn: &mut Conn,
    now: DateTime<Utc>,
    donation: i64,
    address: &str,
) -> Result<Reached, ContactError> {
    let id = store::giver_of(conn, donation)?.ok_or(ContactError::Nameless)?;
    let known = supporters::supporter(conn, id)?.ok_or(ContactError::Unknown)?;
    reach(conn, now, id, &Contact { name: known.name, email: known.email, address: address.to_owned() })
}

/// Says who gave a gift that had nobody: a supporter is entered, or found where the e-mail address is known.
///
/// # Errors
/// [`ContactError::Nameless`].
pub fn name_giver(
    conn: &mut Conn,
    now: DateTime<Utc>,
    donation: i64,
    contact: &Contact,
) -> Result<Reached, ContactError> {
    if contact.name.is_empty() && contact.email.is_none() {
        return Err(ContactError::Nameless);
    }
    let id = match store::giver_of(conn, donation)? {
        Some(id) => id,
        None => {
            let person = Named { name: contact.name.clone(), email: contact.email.clone() };
            let id = supporters::recognise_all(conn, now, &[person])?.pop().ok_or(ContactError::Unknown)?;
            store::set_giver(conn, donation, id)?;
            id
        }
    };
    reach(conn, now, id, contact)
}
