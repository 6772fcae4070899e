//! All SQL of deliveries: how they are queued, carried and settled; beside it what staff see and do with them.

mod desk;
mod installation;
pub(super) mod mailbox;
pub(super) mod strangers;

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Bool, Nullable, Timestamp};

pub use desk::{
    about_all, count_failed, count_to_post, count_waiting, drop_overtaken, failed, posted, sent_with, to_post,
    unsent_to, waiting,
};
pub(super) use desk::{redirect, set_post, set_returned, set_settled};
pub(super) use installation::{installation, known_installation, return_key};

use super::rules::Settlement;
use super::{Addressee, Delivery, DeliveryState, LetterKind, NewLetter};
use crate::db::schema::deliveries;
use crate::db::{Conn, DbError};

#[derive(Insertable)]
#[diesel(table_name = deliveries, treat_none_as_default_value = false)]
struct NewRow {
    id: i64,
    kind: &'static str,
    subject_id: i64,
    event_id: Option<i64>,
    recipient: String,
    state: &'static str,
    attempts: i64,
    due_at: NaiveDateTime,
    last_error: &'static str,
    created_at: NaiveDateTime,
    sent_at: Option<NaiveDateTime>,
}

pub(super) fn insert_all(conn: &mut Conn, now: DateTime<Utc>, letters: &[NewLetter]) -> Result<(), DbError> {
    if letters.is_empty() {
        return Ok(());
    }
    let last: Option<i64> = deliveries::table.select(diesel::dsl::max(deliveries::id)).first(conn)?;
    let rows: Vec<NewRow> = letters
        .iter()
        .zip(last.unwrap_or(0) + 1..)
        .map(|(letter, id)| NewRow {
            id,
            kind: letter.kind.name(),
            subject_id: letter.subject_id,
            event_id: letter.event_id,
            recipient: letter.recipient.clone(),
            state: if letter.recipient.is_empty() { DeliveryState::Post } else { DeliveryState::Queued }.name(),
            attempts: 0,
            due_at: now.naive_utc(),
            last_error: "",
            created_at: now.naive_utc(),
            sent_at: None,
        })
        .collect();
    insert_all!(conn, deliveries::table, &rows)?;
    Ok(())
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = deliveries)]
struct DeliveryRow {
    id: i64,
    kind: String,
    subject_id: i64,
    event_id: Option<i64>,
    recipient: String,
    state: String,
    attempts: i64,
    due_at: NaiveDateTime,
    last_error: String,
    created_at: NaiveDateTime,
    sent_at: Option<NaiveDateTime>,
    returned_at: Option<NaiveDateTime>,
    settled_at: Option<NaiveDateTime>,
    went_to_name: Option<String>,
    went_to_address: Option<String>,
}

fn delivery_of(row: DeliveryRow) -> Result<Delivery, DbError> {
    let odd = |what: &str| DbError::Corrupt(format!("delivery {} has an unknown {what}", row.id));
    Ok(Delivery {
        id: row.id,
        kind: LetterKind::from_name(&row.kind).ok_or_else(|| odd("kind"))?,
        subject_id: row.subject_id,
        event_id: row.event_id,
        recipient: row.recipient,
        state: DeliveryState::from_name(&row.state).ok_or_else(|| odd("state"))?,
        attempts: row.attempts,
        due_at: row.due_at.and_utc(),
        last_error: row.last_error,
        created_at: row.created_at.and_utc(),
        sent_at: row.sent_at.map(|at| at.and_utc()),
        returned_at: row.returned_at.map(|at| at.and_utc()),
        settled_at: row.settled_at.map(|at| at.and_utc()),
        went_to: row.went_to_name.zip(row.went_to_address).map(|(name, address)| Addressee { name, address }),
    })
}

/// Words and no placeholders, so that both databases see that the index of what is due serves.
fn is_open() -> diesel::expression::SqlLiteral<Bool> {
    diesel::dsl::sql("state IN ('queued', 'sending')")
}

/// Whether a letter waits that may be sent now, or was left behind by somebody who died.
///
/// # Errors
/// Only when the database fails.
pub fn is_any_due(conn: &mut Conn, now: DateTime<Utc>) -> Result<bool, DbError> {
    let due: Option<i64> = deliveries::table
        .filter(is_open())
        .filter(deliveries::due_at.le(now.naive_utc()))
        .select(deliveries::id)
        .first(conn)
        .optional()?;
    Ok(due.is_some())
}

/// Takes up to `limit` letters that are due, for as long as the lease lasts. Nobody else gets them meanwhile.
pub(super) fn claim(
    conn: &mut Conn,
    now: DateTime<Utc>,
    lease_until: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<Delivery>, DbError> {
    macro_rules! due {
        () => {
            deliveries::table
                .filter(is_open())
                .filter(deliveries::due_at.le(now.naive_utc()))
                .order((deliveries::due_at, deliveries::id))
                .limit(limit)
                .select(DeliveryRow::as_select())
        };
    }
    // On SQLite the write transaction already keeps everyone else out.
    let rows: Vec<DeliveryRow> = match conn {
        Conn::Postgres(c) => due!().for_update().skip_locked().load(c)?,
        Conn::Sqlite(c) => due!().load(c)?,
    };
    let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
    diesel::update(deliveries::table.filter(deliveries::id.eq_any(&ids)))
        .set((
            deliveries::state.eq(DeliveryState::Sending.name()),
            deliveries::due_at.eq(lease_until.naive_utc()),
            deliveries::attempts.eq(deliveries::attempts + 1),
        ))
        .execute(conn)?;
    let claimed = rows.into_iter().map(delivery_of).map(|delivery| {
        let delivery = delivery?;
        let attempts = delivery.attempts + 1;
        Ok(Delivery { state: DeliveryState::Sending, due_at: lease_until, attempts, ..delivery })
    });
    claimed.collect()
}

/// Notes what became of claimed letters. The answer counts those whose lease had passed to somebody else, and which
/// were therefore left as they are.
pub(super) fn settle(
    conn: &mut Conn,
    now: DateTime<Utc>,
    settled: &[(Delivery, Settlement)],
) -> Result<usize, DbError> {
    let mut lost = 0;
    for (delivery, settlement) in settled {
        let held = deliveries::table
            .find(delivery.id)
            .filter(deliveries::state.eq(DeliveryState::Sending.name()))
            .filter(deliveries::due_at.eq(delivery.due_at.naive_utc()))
            .filter(deliveries::attempts.eq(delivery.attempts));
        let (state, attempts, due_at, error) = match settlement {
            Settlement::Sent { .. } => (DeliveryState::Sent, delivery.attempts, now, ""),
            Settlement::Dropped { reason } => (DeliveryState::Dropped, delivery.attempts - 1, now, reason.as_str()),
            Settlement::Released => (DeliveryState::Queued, delivery.attempts - 1, now, delivery.last_error.as_str()),
            Settlement::Again { due_at, error } => (DeliveryState::Queued, delivery.attempts, *due_at, error.as_str()),
            Settlement::Failed { error } => (DeliveryState::Failed, delivery.attempts, now, error.as_str()),
        };
        let sent_at = (state == DeliveryState::Sent).then(|| now.naive_utc());
        let went_to = match settlement {
            Settlement::Sent { to_name } => Some((to_name.as_str(), "")),
            _ => delivery.went_to.as_ref().map(|went_to| (went_to.name.as_str(), went_to.address.as_str())),
        };
        let count = diesel::update(held)
            .set((
                deliveries::state.eq(state.name()),
                deliveries::attempts.eq(attempts),
                deliveries::due_at.eq(due_at.naive_utc()),
                deliveries::last_error.eq(error),
                deliveries::sent_at.eq(sent_at),
                deliveries::went_to_name.eq(went_to.map(|(name, _)| name)),
                deliveries::went_to_address.eq(went_to.map(|(_, address)| address)),
            ))
            .execute(conn)?;
        lost += usize::from(count == 0);
    }
    Ok(lost)
}

/// Queues the failed letter with this number, or all of them, afresh.
pub(super) fn requeue(conn: &mut Conn, now: DateTime<Utc>, id: Option<i64>) -> Result<usize, DbError> {
    let mut failed = diesel::update(deliveries::table)
        .set((
            deliveries::state.eq(DeliveryState::Queued.name()),
            deliveries::attempts.eq(0),
            deliveries::due_at.eq(now.naive_utc()),
            deliveries::returned_at.eq(None::<NaiveDateTime>),
            deliveries::settled_at.eq(None::<NaiveDateTime>),
        ))
        .filter(deliveries::state.eq(DeliveryState::Failed.name()))
        .into_boxed();
    if let Some(id) = id {
        failed = failed.filter(deliveries::id.eq(id));
    } else {
        failed = failed.filter(deliveries::settled_at.is_null());
    }
    Ok(failed.execute(conn)?)
}

/// The most letters that are shown of one noun.
const ABOUT_MAX: i64 = 100;

/// The letters about a donation, oldest first.
///
/// # Errors
/// Only when the database fails.
pub fn of_donation(conn: &mut Conn, donation_id: i64) -> Result<Vec<Delivery>, DbError> {
    about(conn, donation_id, LetterKind::is_about_gift)
}

/// The letters of some kinds about one noun, oldest first.
///
/// # Errors
/// Only when the database fails.
pub fn about(conn: &mut Conn, subject_id: i64, is_kind: fn(LetterKind) -> bool) -> Result<Vec<Delivery>, DbError> {
    let kinds = LetterKind::ALL.into_iter().filter(|kind| is_kind(*kind)).map(LetterKind::name);
    let rows: Vec<DeliveryRow> = deliveries::table
        .filter(deliveries::subject_id.eq(subject_id))
        .filter(deliveries::kind.eq_any(kinds))
        .order(deliveries::id)
        .limit(ABOUT_MAX)
        .select(DeliveryRow::as_select())
        .load(conn)?;
    rows.into_iter().map(delivery_of).collect()
}

/// The letter with this number.
///
/// # Errors
/// Only when the database fails.
pub fn delivery(conn: &mut Conn, id: i64) -> Result<Option<Delivery>, DbError> {
    let row: Option<DeliveryRow> =
        deliveries::table.find(id).select(DeliveryRow::as_select()).first(conn).optional()?;
    row.map(delivery_of).transpose()
}

/// Drops the letters of these kinds about one noun, or only about what happened to it, that have not left. The answer is
/// whether that was all there were: a letter that is on its way may arrive.
///
/// # Errors
/// Only when the database fails.
pub fn drop_waiting(
    conn: &mut Conn,
    subject_id: i64,
    event_id: Option<i64>,
    kinds: &[LetterKind],
) -> Result<bool, DbError> {
    let names: Vec<&str> = kinds.iter().map(|kind| kind.name()).collect();
    let waiting = [DeliveryState::Queued, DeliveryState::Failed, DeliveryState::Post].map(DeliveryState::name);
    let mut left = deliveries::table
        .filter(deliveries::state.ne(DeliveryState::Dropped.name()))
        .filter(deliveries::subject_id.eq(subject_id))
        .filter(deliveries::kind.eq_any(names.clone()))
        .count()
        .into_boxed();
    let mut drop = diesel::delete(deliveries::table)
        .filter(deliveries::subject_id.eq(subject_id))
        .filter(deliveries::kind.eq_any(names))
        .filter(deliveries::state.eq_any(waiting))
        .into_boxed();
    if let Some(event) = event_id {
        left = left.filter(deliveries::event_id.eq(event));
        drop = drop.filter(deliveries::event_id.eq(event));
    }
    drop.execute(conn)?;
    let left: i64 = left.get_result(conn)?;
    Ok(left == 0)
}

/// Whether a letter of these kinds about one noun has left, or may have.
///
/// # Errors
/// Only when the database fails.
pub fn has_left(conn: &mut Conn, subject_id: i64, kinds: &[LetterKind]) -> Result<bool, DbError> {
    let names: Vec<&str> = kinds.iter().map(|kind| kind.name()).collect();
    let waiting = [DeliveryState::Queued, DeliveryState::Failed, DeliveryState::Post].map(DeliveryState::name);
    let gone = deliveries::table
        .filter(deliveries::subject_id.eq(subject_id))
        .filter(deliveries::kind.eq_any(names))
        .filter(deliveries::state.ne_all(waiting));
    Ok(diesel::select(diesel::dsl::exists(gone)).get_result(conn)?)
}

/// Drops the letters of a kind about these nouns that have not left.
///
/// # Errors
/// Only when the database fails.
pub fn drop_waiting_about(conn: &mut Conn, kind: LetterKind, subjects: &[i64]) -> Result<(), DbError> {
    let waiting = [DeliveryState::Queued, DeliveryState::Failed, DeliveryState::Post].map(DeliveryState::name);
    diesel::delete(deliveries::table)
        .filter(deliveries::subject_id.eq_any(subjects))
        .filter(deliveries::kind.eq(kind.name()))
        .filter(deliveries::state.eq_any(waiting))
        .execute(conn)?;
    Ok(())
}

/// How the outbox stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counts {
    /// Letters on their way: queued, or in somebody's hand.
    pub waiting: i64,
    /// When the oldest of them was queued.
    pub oldest: Option<DateTime<Utc>>,
    /// Letters that wait for staff.
    pub failed: i64,
}

/// Counts what is on its way and what failed.
///
/// # Errors
/// Only when the database fails.
pub fn counts(conn: &mut Conn) -> Result<Counts, DbError> {
    let (waiting, oldest): (i64, Option<NaiveDateTime>) = deliveries::table
        .filter(is_open())
        .select((diesel::dsl::count_star(), diesel::dsl::sql::<Nullable<Timestamp>>("MIN(created_at)")))
        .first(conn)?;
    Ok(Counts { waiting, oldest: oldest.map(|at| at.and_utc()), failed: count_failed(conn)? })
}

/// How many letters there are, and one that is in no state we know or was sent at no time.
pub(super) fn odd_one(conn: &mut Conn) -> Result<(i64, Option<i64>), DbError> {
    let count = deliveries::table.count().get_result(conn)?;
    let odd = deliveries::table
        .filter(
            deliveries::state
                .ne_all(DeliveryState::ALL.map(DeliveryState::name))
                .or(deliveries::kind.ne_all(LetterKind::ALL.map(LetterKind::name)))
                .or(deliveries::state.eq(DeliveryState::Sent.name()).and(deliveries::sent_at.is_null()))
                .or(deliveries::state.ne(DeliveryState::Sent.name()).and(deliveries::sent_at.is_not_null())),
        )
        .select(deliveries::id)
        .first(conn)
        .optional()?;
    Ok((count, odd))
}

/// How many letters were tried and are not sent, and one of them that does not say why.
pub(super) fn silent_failure(conn: &mut Conn) -> Result<(i64, Option<i64>), DbError> {
    let failed = count_failed(conn)?;
    let silent = deliveries::table
        .filter(diesel::dsl::sql::<Bool>("state = 'failed'"))
        .filter(deliveries::last_error.eq(""))
        .select(deliveries::id)
        .first(conn)
        .optional()?;
    Ok((failed, silent))
}
