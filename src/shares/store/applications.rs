//! SQL of applications and the money that came for them.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use diesel::prelude::*;

use crate::db::schema::share_applications;
use crate::db::stored::stored_as_text;
use crate::db::{Conn, DbError};
use crate::ledger::Method;
use crate::reference::Reference;
use crate::shares::Deed;
use crate::shares::numbers::application_reference;

/// Applications asked for in one statement, below SQLite's limit of placeholders.
const APPLICATIONS_PER_QUERY_MAX: usize = 1_000;

/// Where an application stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ApplicationStatus {
    /// For money, for the committee, or for both.
    Waiting,
    /// The shares exist.
    Allotted,
    /// The committee said no.
    Refused,
    /// The applicant changed their mind.
    Withdrawn,
}

stored_as_text!(ApplicationStatus);

impl ApplicationStatus {
    /// Every status.
    pub const ALL: [Self; 4] = [Self::Waiting, Self::Allotted, Self::Refused, Self::Withdrawn];

    /// As the database writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Allotted => "allotted",
            Self::Refused => "refused",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// Reads the name back.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }
}

/// A request for shares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Application {
    /// Its row.
    pub id: i64,
    /// Who applies.
    pub holder_id: i64,
    /// For which class.
    pub class_id: i64,
    /// For how many.
    pub shares: i64,
    /// What they cost.
    pub amount_minor: i64,
    /// What is held for it in share-applications.
    pub held_minor: i64,
    /// Where it stands.
    pub status: ApplicationStatus,
    /// How the applicant said the money would come.
    pub method: String,
    /// A gift that comes with the money.
    pub gift_minor: i64,
    /// The donation that the gift became.
    pub gift_donation: Option<i64>,
    /// The rules that were accepted.
    pub rules_version: String,
    /// The day.
    pub applied_on: NaiveDate,
    /// Who recorded it.
    pub recorded_by: String,
    /// When it was decided.
    pub decided_at: Option<DateTime<Utc>>,
    /// By whom.
    pub decided_by: Option<String>,
    /// Why it was refused.
    pub reason: String,
    /// Where the decision is written down.
    pub minute: String,
    /// The allotment.
    pub event: Option<i64>,
}

impl Application {
    /// What the applicant and the bank see.
    pub fn reference(&self) -> Reference {
        application_reference(self.id)
    }

    /// The contract's word for where it stands.
    pub fn standing(&self) -> &'static str {
        match self.status {
            ApplicationStatus::Waiting if self.held_minor == 0 => "awaiting_payment",
            ApplicationStatus::Waiting if self.held_minor < self.amount_minor => "part_paid",
            ApplicationStatus::Waiting if self.held_minor > self.amount_minor => "overpaid",
            ApplicationStatus::Waiting => "paid",
            other => other.name(),
        }
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = share_applications)]
struct Row {
    id: i64,
    holder_id: i64,
    class_id: i64,
    shares: i64,
    amount_minor: i64,
    held_minor: i64,
    status: ApplicationStatus,
    method: String,
    gift_minor: i64,
    gift_donation: Option<i64>,
    rules_version: String,
    applied_on: NaiveDate,
    recorded_by: String,
    decided_at: Option<NaiveDateTime>,
    decided_by: Option<String>,
    reason: String,
    minute: String,
    event: Option<i64>,
}

fn application_of(row: Row) -> Result<Application, DbError> {
    if !row.method.is_empty() && Method::from_name(&row.method).is_none() {
        return Err(DbError::Corrupt(format!("the money of application {} comes by {:?}", row.id, row.method)));
    }
    Ok(Application {
        id: row.id,
        holder_id: row.holder_id,
        class_id: row.class_id,
        shares: row.shares,
        amount_minor: row.amount_minor,
        held_minor: row.held_minor,
        status: row.status,
        method: row.method,
        gift_minor: row.gift_minor,
        gift_donation: row.gift_donation,
        rules_version: row.rules_version,
        applied_on: row.applied_on,
        recorded_by: row.recorded_by,
        decided_at: row.decided_at.map(|at| at.and_utc()),
        decided_by: row.decided_by,
        reason: row.reason,
        minute: row.minute,
        event: row.event,
    })
}

/// An application to be entered.
pub(in crate::shares) struct Request<'a> {
    pub holder_id: i64,
    pub class_id: i64,
    pub shares: i64,
    pub amount_minor: i64,
    pub method: &'a str,
    pub gift_minor: i64,
    pub rules_version: &'a str,
    pub applied_on: NaiveDate,
}

pub(in crate::shares) fn insert(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &Deed,
    new: &Request<'_>,
) -> Result<i64, DbError> {
    let last: Option<i64> = share_applications::table.select(diesel::dsl::max(share_applications::id)).first(conn)?;
    let id = last.unwrap_or(0) + 1;
    diesel::insert_into(share_applications::table)
        .values((
            share_applications::id.eq(id),
            share_applications::holder_id.eq(new.holder_id),
            share_applications::class_id.eq(new.class_id),
            share_applications::shares.eq(new.shares),
            share_applications::amount_minor.eq(new.amount_minor),
            share_applications::held_minor.eq(0),
            share_applications::status.eq(ApplicationStatus::Waiting.name()),
            share_applications::method.eq(new.method),
            share_applications::gift_minor.eq(new.gift_minor),
            share_applications::rules_version.eq(new.rules_version),
            share_applications::applied_on.eq(new.applied_on),
            share_applications::recorded_at.eq(now.naive_utc()),
            share_applications::recorded_by.eq(&deed.by),
            share_applications::reason.eq(""),
            share_applications::minute.eq(""),
        ))
        .execute(conn)?;
    Ok(id)
}

/// The application with this number.
///
/// # Errors
/// Only when the database fails.
pub fn application(conn: &mut Conn, id: i64) -> Result<Option<Application>, DbError> {
    let row: Option<Row> = share_applications::table.find(id).select(Row::as_select()).first(conn).optional()?;
    row.map(application_of).transpose()
}

/// These applications, by number.
///
/// # Errors
/// Only when the database fails.
pub fn numbered(conn: &mut Conn, ids: &[i64]) -> Result<HashMap<i64, Application>, DbError> {
    let mut found = HashMap::with_capacity(ids.len());
    for some in ids.chunks(APPLICATIONS_PER_QUERY_MAX) {
        let rows: Vec<Row> = share_applications::table
            .filter(share_applications::id.eq_any(some))
            .select(Row::as_select())
            .load(conn)?;
        for row in rows {
            found.insert(row.id, application_of(row)?);
        }
    }
    Ok(found)
}

pub(in crate::shares) fn by_event(conn: &mut Conn, event: i64) -> Result<Option<Application>, DbError> {
    let row: Option<Row> = share_applications::table
        .filter(share_applications::status.eq(ApplicationStatus::Allotted.name()))
        .filter(share_applications::event.eq(event))
        .select(Row::as_select())
        .first(conn)
        .optional()?;
    row.map(application_of).transpose()
}

/// Which applications of a state are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InState {
    /// The state.
    pub status: ApplicationStatus,
    /// Only those that are paid in full, to the penny; or only the others.
    pub is_ready: Option<bool>,
    /// Made on this day or before.
    pub until: Option<NaiveDate>,
    /// Above this number.
    pub after: i64,
}

impl InState {
    /// All of a state.
    pub fn all(status: ApplicationStatus) -> Self {
        Self { status, is_ready: None, until: None, after: 0 }
    }
}

/// Narrows a boxed query to what is wanted.
macro_rules! of_state {
    ($query:expr, $wanted:expr) => {{
        let mut query = $query
            .filter(share_applications::status.eq($wanted.status.name()))
            .filter(share_applications::id.gt($wanted.after));
        if let Some(until) = $wanted.until {
            query = query.filter(share_applications::applied_on.le(until));
        }
        match $wanted.is_ready {
            Some(true) => query = query.filter(share_applications::held_minor.eq(share_applications::amount_minor)),
            Some(false) => query = query.filter(share_applications::held_minor.ne(share_applications::amount_minor)),
            None => {}
        }
        query
    }};
}

/// Applications in a state, oldest first.
///
/// # Errors
/// Only when the database fails.
pub fn in_state(conn: &mut Conn, wanted: &InState, limit: i64) -> Result<Vec<Application>, DbError> {
    let query = of_state!(share_applications::table.select(Row::as_select()).into_boxed(), wanted);
    let rows: Vec<Row> = query.order(share_applications::id).limit(limit).load(conn)?;
    rows.into_iter().map(application_of).collect()
}

/// How many applications are in a state.
///
/// # Errors
/// Only when the database fails.
pub fn count_in_state(conn: &mut Conn, wanted: &InState) -> Result<i64, DbError> {
    Ok(of_state!(share_applications::table.select(diesel::dsl::count_star()).into_boxed(), wanted).first(conn)?)
}

/// The applications of a holder, oldest first.
///
/// # Errors
/// Only when the database fails.
pub fn of_holder(conn: &mut Conn, holder: i64) -> Result<Vec<Application>, DbError> {
    let rows: Vec<Row> = share_applications::table
        .filter(share_applications::holder_id.eq(holder))
        .order(share_applications::id)
        .select(Row::as_select())
        .load(conn)?;
    rows.into_iter().map(application_of).collect()
}

/// Notes what is held for an application now.
pub(in crate::shares) fn set_held(conn: &mut Conn, id: i64, held_minor: i64) -> Result<(), DbError> {
    diesel::update(share_applications::table.find(id))
        .set(share_applications::held_minor.eq(held_minor))
        .execute(conn)?;
    Ok(())
}

/// Notes the donation that the gift became; none when it was taken back.
pub(in crate::shares) fn set_gift(conn: &mut Conn, id: i64, donation: Option<i64>) -> Result<(), DbError> {
    diesel::update(share_applications::table.find(id))
        .set(share_applications::gift_donation.eq(donation))
        .execute(conn)?;
    Ok(())
}

/// How an application was decided.
pub(in crate::shares) struct Decision<'a> {
    pub status: ApplicationStatus,
    pub reason: &'a str,
    pub minute: &'a str,
    pub event: Option<i64>,
    pub held_minor: i64,
}

pub(in crate::shares) fn decide(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &Deed,
    id: i64,
    decision: &Decision<'_>,
) -> Result<(), DbError> {
    diesel::update(share_applications::table.find(id))
        .set((
            share_applications::status.eq(decision.status.name()),
            share_applications::reason.eq(decision.reason),
            share_applications::minute.eq(decision.minute),
            share_applications::event.eq(decision.event),
            share_applications::held_minor.eq(decision.held_minor),
            share_applications::decided_at.eq(now.naive_utc()),
            share_applications::decided_by.eq(&deed.by),
        ))
        .execute(conn)?;
    Ok(())
}

/// Puts an application back before the committee, because its allotment was reversed.
pub(in crate::shares) fn reopen(conn: &mut Conn, id: i64, held_minor: i64) -> Result<(), DbError> {
    diesel::update(share_applications::table.find(id))
        .set((
            share_applications::status.eq(ApplicationStatus::Waiting.name()),
            share_applications::event.eq(None::<i64>),
            share_applications::held_minor.eq(held_minor),
            share_applications::decided_at.eq(None::<NaiveDateTime>),
            share_applications::decided_by.eq(None::<String>),
        ))
        .execute(conn)?;
    Ok(())
}

/// How many applications stand in each state, and what is held for them.
pub(in crate::shares) fn sums(conn: &mut Conn) -> Result<Vec<(ApplicationStatus, i64, i64)>, DbError> {
    use diesel::sql_types::BigInt;
    let held = diesel::dsl::sql::<BigInt>("CAST(COALESCE(SUM(held_minor), 0) AS BIGINT)");
    Ok(share_applications::table
        .group_by(share_applications::status)
        .select((share_applications::status, diesel::dsl::count_star(), held))
        .load(conn)?)
}
