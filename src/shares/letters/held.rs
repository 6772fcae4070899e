//! To which address a holder's letters go, and which are held back because there is none.
//!
//! Invariant: no letter is lost by it. What is held back is written anew, and leaves, as soon as somebody can be written
//! to: representatives are noted, a new address comes, or the death or the mark was an error and is taken back.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use super::{Told, of_holder, queue};
use crate::db::{Conn, DbError};
use crate::outbox::{self, DeliveryState, LetterKind};
use crate::shares::Holder;
pub use crate::shares::store::held::{HeldLetter, after, count, of_holder as of};
use crate::shares::store::{deaths, held as store};

/// Where a letter goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Way {
    /// To an electronic address.
    Mail(String),
    /// By post.
    Post,
    /// Nowhere yet.
    Held,
}

/// Where the letters of these holders go.
pub(super) fn ways(conn: &mut Conn, holders: &HashMap<i64, Holder>) -> Result<HashMap<i64, Way>, DbError> {
    let mut ways = HashMap::with_capacity(holders.len());
    for (id, holder) in holders {
        let way = match (holder.died_on(), &holder.email) {
            (Some(_), _) => match deaths::estate(conn, *id, None)? {
                Some(estate) => estate.email.map_or(Way::Post, Way::Mail),
                None => Way::Held,
            },
            (None, Some(email)) => Way::Mail(email.clone()),
            (None, None) if holder.gone_away_since.is_some() => Way::Held,
            (None, None) => Way::Post,
        };
        ways.insert(*id, way);
    }
    Ok(ways)
}

/// Why a holder's letters are held back, for people; nothing where they are not.
pub fn reason(holder: &Holder) -> &'static str {
    match (holder.died_on(), holder.gone_away_since) {
        (Some(_), _) => "the member died, and nobody is noted who writes for the estate",
        (None, Some(_)) => "the member is gone away from the postal address and has no e-mail address",
        (None, None) => "",
    }
}

/// Sends what has not left, and what is held back, to where a holder's letters go now.
pub(in crate::shares) fn address_anew(conn: &mut Conn, now: DateTime<Utc>, holder: i64) -> Result<(), DbError> {
    let unsent = [DeliveryState::Queued, DeliveryState::Failed, DeliveryState::Post];
    let mut told = taken_out(conn, holder)?;
    for letter in of_holder(conn, holder)? {
        if unsent.contains(&letter.state) && letter.settled_at.is_none() {
            outbox::drop_waiting(conn, letter.subject_id, letter.event_id, &[letter.kind])?;
            let again =
                Told { kind: letter.kind, subject_id: letter.subject_id, event_id: letter.event_id, holder_id: holder };
            if !told.contains(&again) {
                told.push(again);
            }
        }
    }
    queue(conn, now, &told).map(drop)
}

/// Sends what is held back to where a holder's letters go now, if that is anywhere.
pub(in crate::shares) fn release(conn: &mut Conn, now: DateTime<Utc>, holder: i64) -> Result<(), DbError> {
    let told = taken_out(conn, holder)?;
    queue(conn, now, &told).map(drop)
}

/// Drops letters whose reason is gone and which have not left, held back or not. The answer is whether that was all there
/// were: a letter that is on its way may arrive.
pub(in crate::shares) fn drop_waiting(
    conn: &mut Conn,
    subject: i64,
    event: Option<i64>,
    kinds: &[LetterKind],
) -> Result<bool, DbError> {
    store::drop_all(conn, subject, event, kinds)?;
    outbox::drop_waiting(conn, subject, event, kinds)
}

fn taken_out(conn: &mut Conn, holder: i64) -> Result<Vec<Told>, DbError> {
    let held = store::of_holder(conn, holder)?;
    store::let_go(conn, holder)?;
    let told = held.into_iter().map(|letter| Told {
        kind: letter.kind,
        subject_id: letter.subject_id,
        event_id: letter.event_id,
        holder_id: holder,
    });
    Ok(told.collect())
}
