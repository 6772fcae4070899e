//! SQL that reads donations; beside it what records them, what changes them and what adds them up.

mod changes;
mod contact;
mod events;
pub(super) mod forms;
mod letters;
pub(super) mod lists;
pub(super) mod promises;
mod record;
pub(super) mod reminders;
mod returns;
pub(super) mod statements;
mod sums;
mod thanks;
pub(super) mod watch;

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::Bool;

use super::{Donation, Method, Status};
use crate::db::schema::{appeals, donations, funds, receipts, supporters};
use crate::db::{Conn, DbError};
use crate::money::Currency;
use crate::receipts::ReceiptNumber;
use crate::supporters::{Matching, narrowed};
pub use changes::hold_in;
pub(super) use changes::{Received, set_cancelled, set_received, set_returned, set_right, set_taken_back, source_of};
pub(super) use contact::{giver_of, move_gifts, receipts_without_letter, set_giver};
pub use events::{Event, event_numbered, events_of, events_posting};
pub(super) use events::{NewEvent, event_by_key, events_by_keys, insert_event, insert_events};
pub use letters::{ReceiptLetters, receipt_letters};
pub use lists::is_quiet;
pub(super) use lists::{keep_quiet, speak};
pub use record::number_of_key;
pub(super) use record::{by_keys, insert_all, last_id, link_key};
pub use returns::{Return, appeals_with_returns, returns_of};
pub(super) use returns::{bears_elsewhere, gone_and_counted, lowered_by, returned_elsewhere, set_bearer};
pub use sums::count_pledged;
pub(super) use sums::{DayOfGifts, alone, sums_by_appeal, sums_by_day_and_method, without_letter, without_receipt};
pub use thanks::{Thanked, came, thanked};

#[derive(Queryable, Selectable)]
#[diesel(table_name = donations)]
struct DonationRow {
    id: i64,
    appeal_id: i64,
    supporter_id: Option<i64>,
    amount_minor: i64,
    returned_minor: i64,
    method: String,
    status: String,
    received_on: Option<NaiveDate>,
    entry: Option<i64>,
    acknowledge_as: String,
    anonymous: bool,
    note: String,
    recorded_at: NaiveDateTime,
    recorded_by: String,
    request_id: String,
    in_memory_of: String,
    memory_in_print: bool,
    held_in: Option<String>,
}

type FullRow = (DonationRow, String, String, String, Option<(String, Option<String>, String)>, Option<(i64, i64)>);

fn donation_of((row, appeal, fund, currency, person, receipt): FullRow) -> Result<Donation, DbError> {
    let odd = |what: &str| DbError::Corrupt(format!("donation {} has an unknown {what}", row.id));
    let (name, email, address) = person.unwrap_or_default();
    Ok(Donation {
        id: row.id,
        fund,
        appeal,
        appeal_id: row.appeal_id,
        currency: Currency::from_code(&currency).ok_or_else(|| odd("currency"))?,
        amount_minor: row.amount_minor,
        returned_minor: row.returned_minor,
        method: Method::from_name(&row.method).ok_or_else(|| odd("method"))?,
        status: Status::from_name(&row.status).ok_or_else(|| odd("status"))?,
        received_on: row.received_on,
        entry: row.entry,
        receipt: receipt.map(|(year, number)| ReceiptNumber { year, number }),
        supporter: row.supporter_id,
        name,
        email,
        address,
        acknowledge_as: row.acknowledge_as,
        anonymous: row.anonymous,
        note: row.note,
        in_memory_of: row.in_memory_of,
        memory_in_print: row.memory_in_print,
        recorded_at: row.recorded_at.and_utc(),
        recorded_by: row.recorded_by,
        request_id: row.request_id,
        held_in: row.held_in,
    })
}

/// Every donation with its appeal, fund, supporter and receipt.
macro_rules! donations_in_full {
    () => {
        donations::table
            .inner_join(appeals::table.inner_join(funds::table))
            .left_join(supporters::table)
            .left_join(receipts::table)
            .select((
                DonationRow::as_select(),
                appeals::name,
                funds::slug,
                funds::currency,
                (supporters::name, supporters::email, supporters::address).nullable(),
                (receipts::year, receipts::number).nullable(),
            ))
    };
}
use donations_in_full;

/// The donation with this number.
///
/// # Errors
/// Only when the database fails.
pub fn by_number(conn: &mut Conn, number: i64) -> Result<Option<Donation>, DbError> {
    let row: Option<FullRow> = donations_in_full!().filter(donations::id.eq(number)).first(conn).optional()?;
    row.map(donation_of).transpose()
}

/// Donations asked for in one statement, below SQLite's limit of placeholders.
const NUMBERS_PER_QUERY_MAX: usize = 1_000;

/// The donations of these numbers, by number; one that is not there is left out.
///
/// # Errors
/// Only when the database fails.
pub fn by_numbers(conn: &mut Conn, numbers: &[i64]) -> Result<HashMap<i64, Donation>, DbError> {
    let mut found = HashMap::with_capacity(numbers.len());
    for some in numbers.chunks(NUMBERS_PER_QUERY_MAX) {
        let rows: Vec<FullRow> = donations_in_full!().filter(donations::id.eq_any(some)).load(conn)?;
        for row in rows {
            let donation = donation_of(row)?;
            found.insert(donation.id, donation);
        }
    }
    Ok(found)
}

/// Cheques that nobody has paid in and that came by themselves, not in a batch: oldest first, behind a number on
/// a day.
///
/// # Errors
/// Only when the database fails.
pub fn cheques_in_hand(conn: &mut Conn, (day, id): (NaiveDate, i64), limit: i64) -> Result<Vec<Donation>, DbError> {
    let rows: Vec<FullRow> = donations_in_full!()
        .filter(diesel::dsl::sql::<Bool>(IN_HAND))
        .filter(
            donations::received_on
                .gt(day)
                .or(donations::received_on.eq(day).and(donations::id.gt(id)))
                .assume_not_null(),
        )
        .order((donations::received_on, donations::id))
        .limit(limit)
        .load(conn)?;
    rows.into_iter().map(donation_of).collect()
}

/// Word for word the condition of the index `donations_in_hand`.
const IN_HAND: &str = "donations.method = 'cheque' AND donations.status = 'received' AND donations.held_in IS NULL";

/// A fund's donations above `after`, in the order they were recorded.
///
/// # Errors
/// Only when the database fails.
pub fn after(conn: &mut Conn, fund_id: Option<i64>, after: i64, limit: i64) -> Result<Vec<Donation>, DbError> {
    let mut query = donations_in_full!().filter(donations::id.gt(after)).order(donations::id).limit(limit).into_boxed();
    if let Some(fund_id) = fund_id {
        query = query.filter(appeals::fund_id.eq(fund_id));
    }
    let rows: Vec<FullRow> = query.load(conn)?;
    rows.into_iter().map(donation_of).collect()
}

/// A gift with the moment of its receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issued {
    /// The gift, with the receipt's number.
    pub gift: Donation,
    /// When the receipt was issued.
    pub issued_at: DateTime<Utc>,
}

/// Receipts of one year above the number `after`, in order, with their gifts; only those issued at the first moment or
/// later, and before the second.
///
/// # Errors
/// Only when the database fails.
pub fn issued(
    conn: &mut Conn,
    year: i64,
    (from, until): (Option<DateTime<Utc>>, Option<DateTime<Utc>>),
    after: i64,
    limit: i64,
) -> Result<Vec<Issued>, DbError> {
    let mut numbers = receipts::table
        .filter(receipts::year.eq(year))
        .filter(receipts::number.gt(after))
        .order(receipts::number)
        .limit(limit)
        .select((receipts::donation_id, receipts::issued_at))
        .into_boxed();
    if let Some(from) = from {
        numbers = numbers.filter(receipts::issued_at.ge(from.naive_utc()));
    }
    if let Some(until) = until {
        numbers = numbers.filter(receipts::issued_at.lt(until.naive_utc()));
    }
    let numbers: Vec<(i64, NaiveDateTime)> = numbers.load(conn)?;
    let mut gifts: HashMap<i64, Donation> = HashMap::new();
    let ids: Vec<i64> = numbers.iter().map(|(id, _)| *id).collect();
    let rows: Vec<FullRow> = donations_in_full!().filter(donations::id.eq_any(ids)).load(conn)?;
    for row in rows {
        let gift = donation_of(row)?;
        gifts.insert(gift.id, gift);
    }
    let with_gift = |(id, at): (i64, NaiveDateTime)| {
        let gift = gifts.remove(&id).ok_or_else(|| DbError::Corrupt(format!("a receipt names no donation {id}")))?;
        Ok(Issued { gift, issued_at: at.and_utc() })
    };
    numbers.into_iter().map(with_gift).collect()
}

/// The newest donations of all funds.
///
/// # Errors
/// Only when the database fails.
pub fn newest(conn: &mut Conn, limit: i64) -> Result<Vec<Donation>, DbError> {
    search(conn, &Search::default(), limit)
}

/// What staff look for. Every field that is set narrows the answer.
#[derive(Debug, Clone, Default)]
pub struct Search {
    /// Supporters whose name or address matched.
    pub supporters: Option<Matching>,
    /// This donation.
    pub number: Option<i64>,
    /// This amount.
    pub amount_minor: Option<i64>,
    /// Received on or after.
    pub from: Option<NaiveDate>,
    /// Received on or before.
    pub until: Option<NaiveDate>,
    /// This appeal.
    pub appeal_id: Option<i64>,
    /// This status.
    pub status: Option<Status>,
    /// By this method.
    pub method: Option<Method>,
    /// Only those whose money came, and was not entered by mistake.
    pub has_come: bool,
    /// Only those of which something was kept and who are to be thanked by name or memory, or who are not.
    pub is_named: Option<bool>,
    /// The one with this receipt.
    pub receipt: Option<ReceiptNumber>,
    /// Below this donation: the older page.
    pub before: Option<i64>,
    /// Above this donation: the newer page, which begins next to it.
    pub after: Option<i64>,
}

impl Search {
    /// True when days are asked for: then the days give the order, so that one index finds and sorts.
    fn is_by_day(&self) -> bool {
        self.from.is_some() || self.until.is_some()
    }
}

/// Donations that match, newest first: as they were recorded, or by the day of receipt where days are asked for.
///
/// # Errors
/// Only when the database fails.
pub fn search(conn: &mut Conn, wanted: &Search, limit: i64) -> Result<Vec<Donation>, DbError> {
    let is_by_day = wanted.is_by_day();
    let edge = wanted.before.or(wanted.after);
    let edge_day = if is_by_day { day_of(conn, edge)? } else { None };
    let mut query = donations_in_full!().limit(limit).into_boxed();
    query = match (is_by_day, wanted.after) {
        (true, Some(_)) => query.order((donations::received_on.asc(), donations::id.asc())),
        (true, None) => query.order((donations::received_on.desc(), donations::id.desc())),
        (false, Some(_)) => query.order(donations::id.asc()),
        (false, None) => query.order(donations::id.desc()),
    };
    query = match (wanted.before, wanted.after, edge_day) {
        (Some(id), _, Some(day)) => query
            .filter(donations::received_on.le(day))
            .filter(donations::received_on.lt(day).assume_not_null().or(donations::id.lt(id))),
        (None, Some(id), Some(day)) => query
            .filter(donations::received_on.ge(day))
            .filter(donations::received_on.gt(day).assume_not_null().or(donations::id.gt(id))),
        (Some(id), _, None) => query.filter(donations::id.lt(id)),
        (None, Some(id), None) => query.filter(donations::id.gt(id)),
        (None, None, _) => query,
    };
    if let Some(found) = &wanted.supporters {
        query = narrowed!(query, donations::supporter_id, found.clone());
    }
    if let Some(number) = wanted.number {
        query = query.filter(donations::id.eq(number));
    }
    if let Some(amount) = wanted.amount_minor {
        query = query.filter(donations::amount_minor.eq(amount));
    }
    if let Some(from) = wanted.from {
        query = query.filter(donations::received_on.ge(from));
    }
    if let Some(until) = wanted.until {
        query = query.filter(donations::received_on.le(until));
    }
    if let Some(appeal_id) = wanted.appeal_id {
        query = query.filter(donations::appeal_id.eq(appeal_id));
    }
    if let Some(status) = wanted.status {
        query = query.filter(donations::status.eq(status.name()));
        if status != Status::Received {
            query = query.filter(diesel::dsl::sql::<Bool>(NOT_RECEIVED));
        }
    }
    if let Some(method) = wanted.method {
        query = query.filter(donations::method.eq(method.name()));
    }
    if wanted.has_come {
        query = query.filter(donations::entry.is_not_null()).filter(donations::status.ne(Status::Cancelled.name()));
    }
    if let Some(is_named) = wanted.is_named {
        let named = donations::anonymous
            .eq(false)
            .and(donations::acknowledge_as.ne(""))
            .or(donations::memory_in_print.and(donations::in_memory_of.ne("")));
        query = query.filter(donations::returned_minor.lt(donations::amount_minor));
        query = if is_named { query.filter(named) } else { query.filter(diesel::dsl::not(named)) };
    }
    if let Some(receipt) = wanted.receipt {
        query = query.filter(receipts::year.eq(receipt.year)).filter(receipts::number.eq(receipt.number));
    }
    let mut rows: Vec<FullRow> = query.load(conn)?;
    if wanted.after.is_some() {
        rows.reverse();
    }
    rows.into_iter().map(donation_of).collect()
}

fn day_of(conn: &mut Conn, id: Option<i64>) -> Result<Option<NaiveDate>, DbError> {
    let Some(id) = id else { return Ok(None) };
    let day: Option<Option<NaiveDate>> =
        donations::table.find(id).select(donations::received_on).first(conn).optional()?;
    Ok(day.flatten())
}

/// Word for word the condition of the index `donations_not_received`: an index on a part of the table is used only by
/// a query that says the same.
const NOT_RECEIVED: &str = "donations.status <> 'received'";
/// The same for the indexes of promises.
const PROMISED: &str = "donations.status = 'pledged'";
