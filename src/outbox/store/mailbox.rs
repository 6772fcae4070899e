//! SQL of mail that comes back by itself: what was read, which addresses take nothing, whether the mailbox is reached.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::dsl::max;
use diesel::prelude::*;
use diesel::sql_types::Bool;

use crate::db::schema::{deliveries, mailbox_trouble, mails_read, stopped_addresses};
use crate::db::{Conn, DbError};
use crate::outbox::MailKind;
use crate::outbox::bounces::{MailDeed, MailRead, MailboxTrouble, StoppedAddress};

#[derive(Insertable)]
#[diesel(table_name = mails_read, treat_none_as_default_value = false)]
struct NewRow<'a> {
    id: i64,
    key: &'a str,
    kind: &'static str,
    deed: &'static str,
    delivery_id: Option<i64>,
    recipient: &'a str,
    sender: &'a str,
    subject: &'a str,
    reason: &'a str,
    read_at: NaiveDateTime,
    seen_at: Option<NaiveDateTime>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = mails_read)]
struct Row {
    id: i64,
    kind: String,
    deed: String,
    delivery_id: Option<i64>,
    recipient: String,
    sender: String,
    subject: String,
    reason: String,
    read_at: NaiveDateTime,
    seen_at: Option<NaiveDateTime>,
}

fn mail_of(row: Row) -> Result<MailRead, DbError> {
    let odd = |what: &str| DbError::Corrupt(format!("the mail {} that was read has an unknown {what}", row.id));
    Ok(MailRead {
        id: row.id,
        kind: MailKind::from_name(&row.kind).ok_or_else(|| odd("kind"))?,
        deed: MailDeed::from_name(&row.deed).ok_or_else(|| odd("deed"))?,
        delivery: row.delivery_id,
        recipient: row.recipient,
        sender: row.sender,
        subject: row.subject,
        reason: row.reason,
        read_at: row.read_at.and_utc(),
        seen_at: row.seen_at.map(|at| at.and_utc()),
    })
}

/// What was done with a mail that was read before.
pub(in crate::outbox) fn deed_of(conn: &mut Conn, key: &str) -> Result<Option<MailDeed>, DbError> {
    let deed: Option<String> =
        mails_read::table.filter(mails_read::key.eq(key)).select(mails_read::deed).first(conn).optional()?;
    let read = |deed: String| {
        MailDeed::from_name(&deed).ok_or_else(|| DbError::Corrupt(format!("a mail that was read has the deed {deed}")))
    };
    deed.map(read).transpose()
}

/// Notes a mail that was read; its number and when it was seen are given here.
pub(in crate::outbox) fn insert(conn: &mut Conn, key: &str, mail: &MailRead) -> Result<(), DbError> {
    let last: Option<i64> = mails_read::table.select(max(mails_read::id)).first(conn)?;
    let row = NewRow {
        id: last.unwrap_or(0) + 1,
        key,
        kind: mail.kind.name(),
        deed: mail.deed.name(),
        delivery_id: mail.delivery,
        recipient: &mail.recipient,
        sender: &mail.sender,
        subject: &mail.subject,
        reason: &mail.reason,
        read_at: mail.read_at.naive_utc(),
        seen_at: None,
    };
    diesel::insert_into(mails_read::table).values(&row).execute(conn)?;
    Ok(())
}

/// Mails that were read, the newest first.
///
/// # Errors
/// Only when the database fails.
pub fn mails(conn: &mut Conn, limit: i64) -> Result<Vec<MailRead>, DbError> {
    let rows: Vec<Row> =
        mails_read::table.order(mails_read::id.desc()).limit(limit).select(Row::as_select()).load(conn)?;
    rows.into_iter().map(mail_of).collect()
}

/// Word for word the condition of the index `mails_read_unseen`.
fn is_unseen() -> diesel::expression::SqlLiteral<Bool> {
    diesel::dsl::sql("deed = 'staff' AND seen_at IS NULL")
}

/// How many mails wait for staff to look at them.
///
/// # Errors
/// Only when the database fails.
pub fn count_unseen(conn: &mut Conn) -> Result<i64, DbError> {
    Ok(mails_read::table.filter(is_unseen()).count().get_result(conn)?)
}

/// Notes that staff have seen a mail; the answer is how many waited.
///
/// # Errors
/// Only when the database fails.
pub fn set_seen(conn: &mut Conn, now: DateTime<Utc>, ids: &[i64]) -> Result<usize, DbError> {
    let unseen = mails_read::table.filter(mails_read::id.eq_any(ids)).filter(is_unseen());
    Ok(diesel::update(unseen).set(mails_read::seen_at.eq(now.naive_utc())).execute(conn)?)
}

/// Mails about an address, the newest first.
pub(in crate::outbox) fn about_address(conn: &mut Conn, address: &str, limit: i64) -> Result<Vec<MailRead>, DbError> {
    let rows: Vec<Row> = mails_read::table
        .filter(diesel::dsl::sql::<Bool>("recipient <> ''"))
        .filter(mails_read::recipient.eq(address))
        .order(mails_read::id.desc())
        .limit(limit)
        .select(Row::as_select())
        .load(conn)?;
    rows.into_iter().map(mail_of).collect()
}

/// Whether a letter to this address left in the time given and nothing came back of it. Letters are numbered as time goes,
/// so only those from `from_letter` on are looked at.
pub(in crate::outbox) fn arrived_between(
    conn: &mut Conn,
    address: &str,
    from_letter: i64,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<bool, DbError> {
    let came_back = mails_read::table.filter(mails_read::delivery_id.is_not_null()).select(mails_read::delivery_id);
    let arrived: Option<i64> = deliveries::table
        .filter(deliveries::id.ge(from_letter))
        .filter(deliveries::recipient.eq(address))
        .filter(deliveries::sent_at.gt(from.naive_utc()))
        .filter(deliveries::sent_at.lt(until.naive_utc()))
        .filter(deliveries::id.nullable().ne_all(came_back))
        .select(deliveries::id)
        .first(conn)
        .optional()?;
    Ok(arrived.is_some())
}

/// Which of these addresses take no mail, each with why.
pub(in crate::outbox) fn stopped_among(conn: &mut Conn, addresses: &[String]) -> Result<Vec<StoppedAddress>, DbError> {
    if addresses.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<(String, String, NaiveDateTime)> =
        stopped_addresses::table.filter(stopped_addresses::address.eq_any(addresses)).load(conn)?;
    let stopped = |(address, reason, since): (String, String, NaiveDateTime)| StoppedAddress {
        address,
        reason,
        since: since.and_utc(),
    };
    Ok(rows.into_iter().map(stopped).collect())
}

/// Stops mail to an address; one that is stopped already stays as it is.
pub(in crate::outbox) fn stop(conn: &mut Conn, now: DateTime<Utc>, address: &str, reason: &str) -> Result<(), DbError> {
    if address.is_empty() || !stopped_among(conn, &[address.to_owned()])?.is_empty() {
        return Ok(());
    }
    diesel::insert_into(stopped_addresses::table)
        .values((
            stopped_addresses::address.eq(address),
            stopped_addresses::reason.eq(reason),
            stopped_addresses::since.eq(now.naive_utc()),
        ))
        .execute(conn)?;
    Ok(())
}

/// Lets mail go to an address again.
pub(in crate::outbox) fn lift(conn: &mut Conn, address: &str) -> Result<(), DbError> {
    diesel::delete(stopped_addresses::table.find(address.to_lowercase())).execute(conn)?;
    Ok(())
}

const TROUBLE: i64 = 1;

/// Why the mailbox cannot be read, and since when; nothing while it can.
///
/// # Errors
/// Only when the database fails.
pub fn trouble(conn: &mut Conn) -> Result<Option<MailboxTrouble>, DbError> {
    let row: Option<(i64, String, NaiveDateTime)> = mailbox_trouble::table.find(TROUBLE).first(conn).optional()?;
    Ok(row.map(|(_, reason, since)| MailboxTrouble { reason, since: since.and_utc() }))
}

/// Notes that the mailbox cannot be read; what is noted already keeps its moment.
pub(in crate::outbox) fn set_trouble(conn: &mut Conn, now: DateTime<Utc>, reason: &str) -> Result<(), DbError> {
    if trouble(conn)?.is_some() {
        diesel::update(mailbox_trouble::table.find(TROUBLE)).set(mailbox_trouble::reason.eq(reason)).execute(conn)?;
        return Ok(());
    }
    diesel::insert_into(mailbox_trouble::table)
        .values((
            mailbox_trouble::id.eq(TROUBLE),
            mailbox_trouble::reason.eq(reason),
            mailbox_trouble::since.eq(now.naive_utc()),
        ))
        .execute(conn)?;
    Ok(())
}

/// Notes that the mailbox was read.
pub(in crate::outbox) fn end_trouble(conn: &mut Conn) -> Result<(), DbError> {
    diesel::delete(mailbox_trouble::table).execute(conn)?;
    Ok(())
}

/// The letter with this number.
pub(in crate::outbox) fn address_of(conn: &mut Conn, delivery: i64) -> Result<String, DbError> {
    let recipient: Option<String> =
        deliveries::table.find(delivery).select(deliveries::recipient).first(conn).optional()?;
    Ok(recipient.unwrap_or_default())
}
