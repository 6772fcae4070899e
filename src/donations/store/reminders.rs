//! SQL of promises that are asked about.

use chrono::{DateTime, Utc};
use diesel::dsl::{exists, not, sql};
use diesel::prelude::*;
use diesel::sql_types::Bool;

use super::PROMISED;
use crate::db::schema::{deliveries, donations, reminders_stopped, stranger_requests as requests};
use crate::db::{Conn, DbError};
use crate::outbox::{DeliveryState, LetterKind};

/// A promise that is to be asked about.
pub(in crate::donations) struct DueReminder {
    pub donation: i64,
    /// The household that made it.
    pub network: String,
    /// Where its letter went.
    pub recipient: String,
}

/// Promises that readers made before a moment, whose letter left, and that nobody asked about, oldest first.
pub(in crate::donations) fn due(
    conn: &mut Conn,
    before: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<DueReminder>, DbError> {
    let asked = diesel::alias!(requests as asked);
    let was_asked = asked
        .filter(asked.field(requests::subject_id).eq(donations::id))
        .filter(asked.field(requests::kind).eq(LetterKind::Reminder.name()))
        .select(asked.field(requests::id));
    let reminded = diesel::alias!(deliveries as reminded);
    let was_reminded = reminded
        .filter(reminded.field(deliveries::subject_id).eq(donations::id))
        .filter(reminded.field(deliveries::kind).eq(LetterKind::Reminder.name()))
        .select(reminded.field(deliveries::id));
    let stopped = reminders_stopped::table.filter(reminders_stopped::donation_id.eq(donations::id));
    let rows: Vec<(i64, String, String)> = donations::table
        .inner_join(requests::table.on(requests::subject_id.eq(donations::id)))
        .inner_join(deliveries::table.on(deliveries::subject_id.eq(donations::id)))
        .filter(sql::<Bool>(PROMISED))
        .filter(donations::recorded_at.le(before.naive_utc()))
        .filter(requests::kind.eq(LetterKind::Pledge.name()))
        .filter(deliveries::kind.eq(LetterKind::Pledge.name()))
        .filter(deliveries::state.eq(DeliveryState::Sent.name()))
        .filter(deliveries::recipient.ne(""))
        .filter(not(exists(was_asked)))
        .filter(not(exists(was_reminded)))
        .filter(not(exists(stopped)))
        .order((donations::id, deliveries::id))
        .limit(limit)
        .select((donations::id, requests::network, deliveries::recipient))
        .load(conn)?;
    let mut due: Vec<DueReminder> =
        rows.into_iter().map(|(donation, network, recipient)| DueReminder { donation, network, recipient }).collect();
    // One promise may have had its letter twice.
    due.dedup_by_key(|due| due.donation);
    Ok(due)
}

/// Whether the giver does not want to be asked about a promise.
///
/// # Errors
/// Only when the database fails.
pub fn is_stopped(conn: &mut Conn, donation: i64) -> Result<bool, DbError> {
    let known: Option<i64> =
        reminders_stopped::table.find(donation).select(reminders_stopped::donation_id).first(conn).optional()?;
    Ok(known.is_some())
}

pub(in crate::donations) fn stop(conn: &mut Conn, now: DateTime<Utc>, donation: i64) -> Result<(), DbError> {
    if is_stopped(conn, donation)? {
        return Ok(());
    }
    diesel::insert_into(reminders_stopped::table)
        .values((reminders_stopped::donation_id.eq(donation), reminders_stopped::stopped_at.eq(now.naive_utc())))
        .execute(conn)?;
    Ok(())
}
