//! Supporters: the people and organisations that give.
//!
//! Invariant: one name with one e-mail address is one supporter; without an address each is taken as new, because a
//! name alone proves nothing. What they gave is left to `donations`.

pub mod rules;
mod store;

use chrono::{DateTime, Utc};

use crate::db::{Conn, DbError};
pub use store::words::{Matching, catch_up, is_behind, matching};
pub(crate) use store::words::{end_of, narrowed, words_begin};
pub use store::{Reach, beginning, gave_no_address, newest, page, supporter};

/// Somebody who gives, as staff know them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Supporter {
    /// Their number.
    pub id: i64,
    /// Their name; may be empty.
    pub name: String,
    /// Where their receipts go.
    pub email: Option<String>,
    /// Where a letter on paper goes, one line a line; may be empty.
    pub address: String,
    /// When they were first entered.
    pub created_at: DateTime<Utc>,
    /// Who they turned out to be; their gifts stand there.
    pub same_as: Option<i64>,
}

impl Supporter {
    /// True when a letter on paper reaches them.
    pub fn has_post(&self) -> bool {
        !self.name.is_empty() && !self.address.is_empty()
    }
}

/// A supporter as a gift names them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Named {
    /// As they wrote it; may be empty when there is an address.
    pub name: String,
    /// Where their receipts go.
    pub email: Option<String>,
}

/// Finds or enters each of `people`; the answer has their numbers in the same order.
///
/// The caller holds [`crate::db::Lock::Books`].
///
/// # Errors
/// Only when the database fails.
pub fn recognise_all(conn: &mut Conn, now: DateTime<Utc>, people: &[Named]) -> Result<Vec<i64>, DbError> {
    let identities: Vec<Option<String>> = people.iter().map(rules::identity).collect();
    let known = store::by_identities(conn, identities.iter().flatten())?;
    let (ids, new) = rules::number(people, &identities, known, store::last_id(conn)?);
    store::insert_all(conn, now, &new)?;
    Ok(ids)
}

/// Keeps where a letter on paper reaches a supporter; an empty text for nowhere.
///
/// # Errors
/// Only when the database fails.
pub fn set_address(conn: &mut Conn, id: i64, address: &str) -> Result<(), DbError> {
    store::set_address(conn, id, address)
}

/// Corrects a supporter's name and e-mail address. The answer is who they are from now on: where name and address
/// are those of a supporter whom we know already, it is that one, and this row only leads there.
///
/// # Errors
/// Only when the database fails.
pub fn correct(conn: &mut Conn, id: i64, person: &Named) -> Result<i64, DbError> {
    let identity = rules::identity(person);
    let known = store::by_identities(conn, identity.iter())?;
    if let Some(other) = known.into_values().next().filter(|other| *other != id) {
        store::lead_to(conn, id, other)?;
        return Ok(other);
    }
    store::set_person(conn, id, person, &rules::identity_of(person, id))?;
    Ok(id)
}
