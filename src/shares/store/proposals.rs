//! SQL of proposals.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;

use crate::db::schema::share_proposals;
use crate::db::stored::stored_as_text;
use crate::db::{Conn, DbError};
use crate::shares::Deed;
use crate::shares::proposals::{NewProposal, Verdict};

/// Where a proposal stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProposalStatus {
    /// For the second person.
    Waiting,
    /// It was done.
    Approved,
    /// It was not done.
    Refused,
}

impl ProposalStatus {
    /// Every status.
    pub const ALL: [Self; 3] = [Self::Waiting, Self::Approved, Self::Refused];

    /// As the database writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Approved => "approved",
            Self::Refused => "refused",
        }
    }

    /// Reads the name back.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }
}

stored_as_text!(ProposalStatus);

/// What one person entered and another is to decide.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = share_proposals)]
pub struct Proposal {
    /// Its row.
    pub id: i64,
    /// "transfer", "reversal", ...
    pub deed: String,
    /// A member number or the number of an event.
    pub subject: String,
    /// The form, as it was sent.
    pub form: String,
    /// When it was entered, in UTC.
    pub recorded_at: NaiveDateTime,
    /// By whom.
    pub recorded_by: String,
    /// Where it stands.
    pub status: ProposalStatus,
    /// Who decided.
    pub decided_by: Option<String>,
    /// Why it was refused.
    pub reason: String,
    /// Where what came of it is kept.
    pub place: Option<String>,
}

/// The proposal with this number.
///
/// # Errors
/// Only when the database fails.
pub fn proposal(conn: &mut Conn, id: i64) -> Result<Option<Proposal>, DbError> {
    Ok(share_proposals::table.find(id).select(Proposal::as_select()).first(conn).optional()?)
}

/// The proposals that what is kept at a place came of, oldest first.
///
/// # Errors
/// Only when the database fails.
pub fn of_place(conn: &mut Conn, place: &str) -> Result<Vec<Proposal>, DbError> {
    Ok(share_proposals::table
        .filter(share_proposals::place.eq(place))
        .order(share_proposals::id)
        .select(Proposal::as_select())
        .load(conn)?)
}

/// The proposals of a kind that were approved at a moment.
///
/// # Errors
/// Only when the database fails.
pub fn approved_at(conn: &mut Conn, deed: &str, at: NaiveDateTime) -> Result<Vec<Proposal>, DbError> {
    Ok(share_proposals::table
        .filter(share_proposals::deed.eq(deed))
        .filter(share_proposals::decided_at.eq(at))
        .select(Proposal::as_select())
        .load(conn)?)
}

/// Notes where what came of a proposal is kept.
///
/// # Errors
/// Only when the database fails.
pub fn set_place(conn: &mut Conn, id: i64, place: &str) -> Result<(), DbError> {
    diesel::update(share_proposals::table.find(id)).set(share_proposals::place.eq(place)).execute(conn)?;
    Ok(())
}

/// Proposals that wait, the oldest first, above a number.
///
/// # Errors
/// Only when the database fails.
pub fn waiting(conn: &mut Conn, after: i64, limit: i64) -> Result<Vec<Proposal>, DbError> {
    Ok(share_proposals::table
        .filter(share_proposals::status.eq(ProposalStatus::Waiting.name()))
        .filter(share_proposals::id.gt(after))
        .order(share_proposals::id)
        .limit(limit)
        .select(Proposal::as_select())
        .load(conn)?)
}

/// Every proposal of these kinds that waits and is about a subject, the oldest first.
///
/// # Errors
/// Only when the database fails.
pub fn waiting_about(conn: &mut Conn, subject: &str, kinds_of_many: &[&str]) -> Result<Vec<Proposal>, DbError> {
    let own = share_proposals::subject.eq(subject).or(share_proposals::deed.eq_any(kinds_of_many.to_vec()));
    Ok(share_proposals::table
        .filter(share_proposals::status.eq(ProposalStatus::Waiting.name()))
        .filter(own)
        .order(share_proposals::id)
        .select(Proposal::as_select())
        .load(conn)?)
}

/// Proposals that were decided, the newest first, below a number.
///
/// # Errors
/// Only when the database fails.
pub fn decided(conn: &mut Conn, before: i64, limit: i64) -> Result<Vec<Proposal>, DbError> {
    Ok(share_proposals::table
        .filter(share_proposals::status.ne(ProposalStatus::Waiting.name()))
        .filter(share_proposals::id.lt(before))
        .order(share_proposals::id.desc())
        .limit(limit)
        .select(Proposal::as_select())
        .load(conn)?)
}

/// How many proposals wait.
///
/// # Errors
/// Only when the database fails.
pub fn count_waiting(conn: &mut Conn) -> Result<i64, DbError> {
    use diesel::sql_types::Bool;
    let waiting = diesel::dsl::sql::<Bool>("status = 'waiting'");
    Ok(share_proposals::table.filter(waiting).count().get_result(conn)?)
}

pub(in crate::shares) fn insert(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &Deed,
    new: &NewProposal<'_>,
) -> Result<i64, DbError> {
    let last: Option<i64> = share_proposals::table.select(diesel::dsl::max(share_proposals::id)).first(conn)?;
    let id = last.unwrap_or(0) + 1;
    diesel::insert_into(share_proposals::table)
        .values((
            share_proposals::id.eq(id),
            share_proposals::deed.eq(new.deed),
            share_proposals::subject.eq(new.subject),
            share_proposals::form.eq(new.form),
            share_proposals::recorded_at.eq(now.naive_utc()),
            share_proposals::recorded_by.eq(&deed.by),
            share_proposals::status.eq(ProposalStatus::Waiting.name()),
            share_proposals::reason.eq(""),
        ))
        .execute(conn)?;
    Ok(id)
}

/// Decides one that waits; false when none does.
pub(in crate::shares) fn decide(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &Deed,
    id: i64,
    verdict: &Verdict,
) -> Result<bool, DbError> {
    let (status, reason) = match verdict {
        Verdict::Approved => (ProposalStatus::Approved, ""),
        Verdict::Refused(reason) => (ProposalStatus::Refused, reason.as_str()),
    };
    let decided = diesel::update(
        share_proposals::table.find(id).filter(share_proposals::status.eq(ProposalStatus::Waiting.name())),
    )
    .set((
        share_proposals::status.eq(status.name()),
        share_proposals::reason.eq(reason),
        share_proposals::decided_at.eq(now.naive_utc()),
        share_proposals::decided_by.eq(&deed.by),
    ))
    .execute(conn)?;
    Ok(decided == 1)
}
