//! Supporters: the people and organisations that give.
//!
//! Invariant: one name with one e-mail address is one supporter; without an address each is taken as new, because a
//! name alone proves nothing. What they gave is left to `donations`.

pub mod rules;
mod store;

use chrono::{DateTime, Utc};

use crate::db::{Conn, DbError};
pub use store::matching;

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
