//! SQL of withdrawals.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;

use crate::db::schema::share_withdrawals;
use crate::db::{Conn, DbError};
use crate::reference::Reference;
use crate::shares::Deed;
use crate::shares::numbers::withdrawal_reference;

/// Where a withdrawal stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WithdrawalStatus {
    /// Notice was given; the committee has not decided.
    NoticeGiven,
    /// Agreed: the shares are gone, the money is owed.
    Agreed,
    /// The committee said no.
    Refused,
    /// The money has left.
    Paid,
    /// The notice was taken back.
    TakenBack,
}

impl WithdrawalStatus {
    /// Every status.
    pub const ALL: [Self; 5] = [Self::NoticeGiven, Self::Agreed, Self::Refused, Self::Paid, Self::TakenBack];

    /// As JSON and the database write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::NoticeGiven => "notice_given",
            Self::Agreed => "agreed",
            Self::Refused => "refused",
            Self::Paid => "paid",
            Self::TakenBack => "taken_back",
        }
    }

    /// For people.
    pub fn label(self) -> &'static str {
        match self {
            Self::NoticeGiven => "waiting for the committee",
            Self::Agreed => "agreed",
            Self::Refused => "refused",
            Self::Paid => "paid out",
            Self::TakenBack => "taken back",
        }
    }

    /// Reads the name back.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }
}

/// A member's wish to be repaid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Withdrawal {
    /// Its row.
    pub id: i64,
    /// Whose.
    pub holder_id: i64,
    /// Of which class.
    pub class_id: i64,
    /// How many.
    pub shares: i64,
    /// What they are worth.
    pub amount_minor: i64,
    /// The day of the notice, which stays (Act of 2014, section 124).
    pub notice_given_on: NaiveDate,
    /// When the notice has run out.
    pub due_on: NaiveDate,
    /// Where it stands.
    pub status: WithdrawalStatus,
    /// Who recorded it.
    pub recorded_by: String,
    /// Why it was refused.
    pub reason: String,
    /// Where the decision is written down.
    pub minute: String,
    /// The withdrawal in the book.
    pub event: Option<i64>,
    /// When the money left.
    pub paid_on: Option<NaiveDate>,
    /// The entry of that.
    pub paid_entry: Option<i64>,
}

impl Withdrawal {
    /// What the member sees.
    pub fn reference(&self) -> Reference {
        withdrawal_reference(self.id)
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = share_withdrawals)]
struct Row {
    id: i64,
    holder_id: i64,
    class_id: i64,
    shares: i64,
    amount_minor: i64,
    notice_given_on: NaiveDate,
    due_on: NaiveDate,
    status: String,
    recorded_by: String,
    reason: String,
    minute: String,
    event: Option<i64>,
    paid_on: Option<NaiveDate>,
    paid_entry: Option<i64>,
}

fn withdrawal_of(row: Row) -> Result<Withdrawal, DbError> {
    let status = WithdrawalStatus::from_name(&row.status)
        .ok_or_else(|| DbError::Corrupt(format!("withdrawal {} is {}", row.id, row.status)))?;
    Ok(Withdrawal {
        id: row.id,
        holder_id: row.holder_id,
        class_id: row.class_id,
        shares: row.shares,
        amount_minor: row.amount_minor,
        notice_given_on: row.notice_given_on,
        due_on: row.due_on,
        status,
        recorded_by: row.recorded_by,
        reason: row.reason,
        minute: row.minute,
        event: row.event,
        paid_on: row.paid_on,
        paid_entry: row.paid_entry,
    })
}

/// A withdrawal to be entered.
pub(in crate::shares) struct Notice {
    pub holder_id: i64,
    pub class_id: i64,
    pub shares: i64,
    pub amount_minor: i64,
    pub notice_given_on: NaiveDate,
    pub due_on: NaiveDate,
}

pub(in crate::shares) fn insert(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &Deed,
    new: &Notice,
) -> Result<i64, DbError> {
    let last: Option<i64> = share_withdrawals::table.select(diesel::dsl::max(share_withdrawals::id)).first(conn)?;
    let id = last.unwrap_or(0) + 1;
    diesel::insert_into(share_withdrawals::table)
        .values((
            share_withdrawals::id.eq(id),
            share_withdrawals::holder_id.eq(new.holder_id),
            share_withdrawals::class_id.eq(new.class_id),
            share_withdrawals::shares.eq(new.shares),
            share_withdrawals::amount_minor.eq(new.amount_minor),
            share_withdrawals::notice_given_on.eq(new.notice_given_on),
            share_withdrawals::due_on.eq(new.due_on),
            share_withdrawals::status.eq(WithdrawalStatus::NoticeGiven.name()),
            share_withdrawals::recorded_at.eq(now.naive_utc()),
            share_withdrawals::recorded_by.eq(&deed.by),
            share_withdrawals::reason.eq(""),
            share_withdrawals::minute.eq(""),
        ))
        .execute(conn)?;
    Ok(id)
}

/// The withdrawal with this number.
///
/// # Errors
/// Only when the database fails.
pub fn withdrawal(conn: &mut Conn, id: i64) -> Result<Option<Withdrawal>, DbError> {
    let row: Option<Row> = share_withdrawals::table.find(id).select(Row::as_select()).first(conn).optional()?;
    row.map(withdrawal_of).transpose()
}

pub(in crate::shares) fn by_event(conn: &mut Conn, event: i64) -> Result<Option<Withdrawal>, DbError> {
    let row: Option<Row> = share_withdrawals::table
        .filter(share_withdrawals::event.eq(event))
        .select(Row::as_select())
        .first(conn)
        .optional()?;
    row.map(withdrawal_of).transpose()
}

/// Withdrawals in a state, in the order of their notices: the queue, from the start or behind one of them.
///
/// # Errors
/// Only when the database fails.
pub fn queue(
    conn: &mut Conn,
    status: WithdrawalStatus,
    behind: Option<&Withdrawal>,
    limit: i64,
) -> Result<Vec<Withdrawal>, DbError> {
    let mut query = share_withdrawals::table
        .filter(share_withdrawals::status.eq(status.name()))
        .order((share_withdrawals::notice_given_on, share_withdrawals::id))
        .limit(limit)
        .select(Row::as_select())
        .into_boxed();
    if let Some(last) = behind {
        let same_day = share_withdrawals::notice_given_on.eq(last.notice_given_on);
        let later = share_withdrawals::notice_given_on.gt(last.notice_given_on);
        query = query.filter(later.or(same_day.and(share_withdrawals::id.gt(last.id))));
    }
    let rows: Vec<Row> = query.load(conn)?;
    rows.into_iter().map(withdrawal_of).collect()
}

/// How many withdrawals are in a state.
///
/// # Errors
/// Only when the database fails.
pub fn count(conn: &mut Conn, status: WithdrawalStatus) -> Result<i64, DbError> {
    Ok(share_withdrawals::table.filter(share_withdrawals::status.eq(status.name())).count().get_result(conn)?)
}

/// How many notices wait for the committee.
///
/// # Errors
/// Only when the database fails.
pub fn count_notices(conn: &mut Conn) -> Result<i64, DbError> {
    count(conn, WithdrawalStatus::NoticeGiven)
}

/// The withdrawals of a holder, oldest first.
///
/// # Errors
/// Only when the database fails.
pub fn of_holder(conn: &mut Conn, holder: i64) -> Result<Vec<Withdrawal>, DbError> {
    let rows: Vec<Row> = share_withdrawals::table
        .filter(share_withdrawals::holder_id.eq(holder))
        .order(share_withdrawals::id)
        .select(Row::as_select())
        .load(conn)?;
    rows.into_iter().map(withdrawal_of).collect()
}

/// Shares for which a holder has given notice and waits.
pub(in crate::shares) fn waiting_shares(conn: &mut Conn, holder: i64, class: i64) -> Result<i64, DbError> {
    let waiting: Vec<i64> = share_withdrawals::table
        .filter(share_withdrawals::holder_id.eq(holder))
        .filter(share_withdrawals::class_id.eq(class))
        .filter(share_withdrawals::status.eq(WithdrawalStatus::NoticeGiven.name()))
        .select(share_withdrawals::shares)
        .load(conn)?;
    Ok(waiting.into_iter().sum())
}

/// A step of a withdrawal.
pub(in crate::shares) struct Step<'a> {
    pub status: WithdrawalStatus,
    pub reason: &'a str,
    pub minute: &'a str,
    pub event: Option<i64>,
}

pub(in crate::shares) fn step(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &Deed,
    id: i64,
    step: &Step<'_>,
) -> Result<(), DbError> {
    diesel::update(share_withdrawals::table.find(id))
        .set((
            share_withdrawals::status.eq(step.status.name()),
            share_withdrawals::reason.eq(step.reason),
            share_withdrawals::minute.eq(step.minute),
            share_withdrawals::event.eq(step.event),
            share_withdrawals::decided_at.eq(now.naive_utc()),
            share_withdrawals::decided_by.eq(&deed.by),
        ))
        .execute(conn)?;
    Ok(())
}

pub(in crate::shares) fn set_paid(conn: &mut Conn, id: i64, on: NaiveDate, entry: i64) -> Result<(), DbError> {
    diesel::update(share_withdrawals::table.find(id))
        .set((
            share_withdrawals::status.eq(WithdrawalStatus::Paid.name()),
            share_withdrawals::paid_on.eq(on),
            share_withdrawals::paid_entry.eq(entry),
        ))
        .execute(conn)?;
    Ok(())
}

/// The money of a withdrawal is owed again.
pub(in crate::shares) fn unpay(conn: &mut Conn, id: i64) -> Result<(), DbError> {
    diesel::update(share_withdrawals::table.find(id))
        .set((
            share_withdrawals::status.eq(WithdrawalStatus::Agreed.name()),
            share_withdrawals::paid_on.eq(None::<NaiveDate>),
            share_withdrawals::paid_entry.eq(None::<i64>),
        ))
        .execute(conn)?;
    Ok(())
}

/// What is owed for withdrawals that were agreed and not paid.
pub(in crate::shares) fn payable(conn: &mut Conn) -> Result<i64, DbError> {
    use diesel::sql_types::BigInt;
    Ok(share_withdrawals::table
        .filter(share_withdrawals::status.eq(WithdrawalStatus::Agreed.name()))
        .select(diesel::dsl::sql::<BigInt>("CAST(COALESCE(SUM(amount_minor), 0) AS BIGINT)"))
        .first(conn)?)
}
