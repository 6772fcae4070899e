//! SQL of meetings, where they are held, and who voted.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use diesel::prelude::*;

use crate::db::schema::{share_meetings, share_sittings, share_votes};
use crate::db::{Conn, DbError};
use crate::shares::Deed;
use crate::shares::register::View;

/// A meeting of members.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = share_meetings)]
pub struct Meeting {
    /// Its row.
    pub id: i64,
    /// "Annual meeting 2026"
    pub name: String,
    /// Who was a member at the end of this day votes.
    pub record_on: NaiveDate,
    /// What was known of it: nothing that was recorded after this moment, in UTC.
    pub known_at: NaiveDateTime,
    /// The last event by then.
    pub known_event: i64,
    /// The last death that was noted by then.
    pub known_death: i64,
    /// Votes on the roll.
    pub votes: i64,
    /// When it was taken back.
    pub taken_back_at: Option<NaiveDateTime>,
    /// Who opened it.
    pub recorded_by: String,
}

impl Meeting {
    /// The view of the register that its roll is.
    pub fn view(&self) -> View {
        View {
            as_at: self.record_on,
            as_known: self.known_at.and_utc(),
            event: self.known_event,
            death: self.known_death,
        }
    }
}

/// Where a meeting is held.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = share_sittings)]
pub struct Sitting {
    /// Its row.
    pub id: i64,
    /// Of which meeting.
    pub meeting_id: i64,
    /// For which section; none is everybody.
    pub section_id: Option<i64>,
    /// On which day.
    pub held_on: NaiveDate,
    /// In which hall.
    pub place: String,
}

/// Somebody who came.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = share_votes)]
pub struct Vote {
    /// Its row.
    pub id: i64,
    /// Of which meeting.
    pub meeting_id: i64,
    /// Where.
    pub sitting_id: i64,
    /// Whose vote.
    pub holder_id: i64,
    /// Whether it was cast, or they only came.
    pub has_voted: bool,
    /// Who came for them.
    pub voter: String,
    /// When it was noted, in UTC.
    pub recorded_at: NaiveDateTime,
    /// By whom.
    pub recorded_by: String,
    /// When it was taken back.
    pub taken_back_at: Option<NaiveDateTime>,
    /// By whom.
    pub taken_back_by: Option<String>,
    /// Why.
    pub taken_back_reason: String,
}

/// Every meeting that was not opened in error, the newest first.
///
/// # Errors
/// Only when the database fails.
pub fn meetings(conn: &mut Conn, limit: i64) -> Result<Vec<Meeting>, DbError> {
    Ok(share_meetings::table
        .filter(share_meetings::taken_back_at.is_null())
        .order((share_meetings::record_on.desc(), share_meetings::id.desc()))
        .limit(limit)
        .select(Meeting::as_select())
        .load(conn)?)
}

/// The meeting of this row.
///
/// # Errors
/// Only when the database fails.
pub fn meeting(conn: &mut Conn, id: i64) -> Result<Option<Meeting>, DbError> {
    Ok(share_meetings::table.find(id).select(Meeting::as_select()).first(conn).optional()?)
}

pub(in crate::shares) fn insert(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &Deed,
    name: &str,
    view: &View,
    votes: i64,
) -> Result<i64, DbError> {
    let last: Option<i64> = share_meetings::table.select(diesel::dsl::max(share_meetings::id)).first(conn)?;
    let id = last.unwrap_or(0) + 1;
    diesel::insert_into(share_meetings::table)
        .values((
            share_meetings::id.eq(id),
            share_meetings::name.eq(name),
            share_meetings::record_on.eq(view.as_at),
            share_meetings::known_at.eq(view.as_known.naive_utc()),
            share_meetings::known_event.eq(view.event),
            share_meetings::known_death.eq(view.death),
            share_meetings::votes.eq(votes),
            share_meetings::recorded_at.eq(now.naive_utc()),
            share_meetings::recorded_by.eq(&deed.by),
        ))
        .execute(conn)?;
    Ok(id)
}

pub(in crate::shares) fn take_back(conn: &mut Conn, now: DateTime<Utc>, id: i64) -> Result<(), DbError> {
    diesel::update(share_meetings::table.find(id))
        .set(share_meetings::taken_back_at.eq(now.naive_utc()))
        .execute(conn)?;
    Ok(())
}

/// Where a meeting is held, in the order of days.
///
/// # Errors
/// Only when the database fails.
pub fn sittings(conn: &mut Conn, meeting: i64) -> Result<Vec<Sitting>, DbError> {
    Ok(share_sittings::table
        .filter(share_sittings::meeting_id.eq(meeting))
        .order((share_sittings::held_on, share_sittings::id))
        .select(Sitting::as_select())
        .load(conn)?)
}

/// The sitting of this row.
///
/// # Errors
/// Only when the database fails.
pub fn sitting(conn: &mut Conn, id: i64) -> Result<Option<Sitting>, DbError> {
    Ok(share_sittings::table.find(id).select(Sitting::as_select()).first(conn).optional()?)
}

pub(in crate::shares) fn insert_sitting(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &Deed,
    (meeting, section): (i64, Option<i64>),
    (held_on, place): (NaiveDate, &str),
) -> Result<i64, DbError> {
    let last: Option<i64> = share_sittings::table.select(diesel::dsl::max(share_sittings::id)).first(conn)?;
    let id = last.unwrap_or(0) + 1;
    diesel::insert_into(share_sittings::table)
        .values((
            share_sittings::id.eq(id),
            share_sittings::meeting_id.eq(meeting),
            share_sittings::section_id.eq(section),
            share_sittings::held_on.eq(held_on),
            share_sittings::place.eq(place),
            share_sittings::recorded_at.eq(now.naive_utc()),
            share_sittings::recorded_by.eq(&deed.by),
        ))
        .execute(conn)?;
    Ok(id)
}

/// Who came to a meeting, wherever it was held, those taken back too; in the order they were noted.
///
/// # Errors
/// Only when the database fails.
pub fn votes_at(conn: &mut Conn, meeting: i64) -> Result<Vec<Vote>, DbError> {
    Ok(share_votes::table
        .filter(share_votes::meeting_id.eq(meeting))
        .order(share_votes::id)
        .select(Vote::as_select())
        .load(conn)?)
}

/// Which of these holders came to a meeting.
pub(in crate::shares) fn came(conn: &mut Conn, meeting: i64, holders: &[i64]) -> Result<Vec<Vote>, DbError> {
    Ok(share_votes::table
        .filter(share_votes::meeting_id.eq(meeting))
        .filter(share_votes::holder_id.eq_any(holders))
        .filter(share_votes::taken_back_at.is_null())
        .select(Vote::as_select())
        .load(conn)?)
}

/// Where a holder came, with those taken back.
///
/// # Errors
/// Only when the database fails.
pub fn votes_of(conn: &mut Conn, holder: i64) -> Result<Vec<Vote>, DbError> {
    Ok(share_votes::table
        .filter(share_votes::holder_id.eq(holder))
        .order(share_votes::id)
        .select(Vote::as_select())
        .load(conn)?)
}

/// The vote of this row.
pub(in crate::shares) fn vote(conn: &mut Conn, id: i64) -> Result<Option<Vote>, DbError> {
    Ok(share_votes::table.find(id).select(Vote::as_select()).first(conn).optional()?)
}

/// Notes that somebody came: holder, and who came for them.
pub(in crate::shares) fn insert_votes(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &Deed,
    sitting: &Sitting,
    has_voted: bool,
    who: &[(i64, String)],
) -> Result<(), DbError> {
    let last: Option<i64> = share_votes::table.select(diesel::dsl::max(share_votes::id)).first(conn)?;
    for ((holder, voter), id) in who.iter().zip(last.unwrap_or(0) + 1..) {
        diesel::insert_into(share_votes::table)
            .values((
                share_votes::id.eq(id),
                share_votes::meeting_id.eq(sitting.meeting_id),
                share_votes::sitting_id.eq(sitting.id),
                share_votes::holder_id.eq(holder),
                share_votes::has_voted.eq(has_voted),
                share_votes::voter.eq(voter),
                share_votes::recorded_at.eq(now.naive_utc()),
                share_votes::recorded_by.eq(&deed.by),
                share_votes::taken_back_reason.eq(""),
            ))
            .execute(conn)?;
    }
    Ok(())
}

/// What was noted of somebody in error.
pub(in crate::shares) fn take_vote_back(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &Deed,
    id: i64,
    reason: &str,
) -> Result<(), DbError> {
    diesel::update(share_votes::table.find(id))
        .set((
            share_votes::taken_back_at.eq(now.naive_utc()),
            share_votes::taken_back_by.eq(&deed.by),
            share_votes::taken_back_reason.eq(reason),
        ))
        .execute(conn)?;
    Ok(())
}
