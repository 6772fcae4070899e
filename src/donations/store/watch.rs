//! SQL of the watch over receipts.

use std::collections::HashSet;

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::Bool;

use super::NOT_RECEIVED;
use crate::db::schema::{deliveries, donations, quiet_receipts, receipt_proofs, receipts, supporters};
use crate::db::{Conn, DbError};
use crate::donations::Status;
use crate::donations::watch::ReceiptYear;
use crate::outbox::LetterKind;

/// Numbers asked for in one statement, below SQLite's limit of placeholders.
const IDS_PER_QUERY_MAX: usize = 1_000;
/// More calendar years than any books have.
const YEARS_MAX: usize = 300;

/// What a step found.
#[derive(Debug, Clone, Default)]
pub(in crate::donations) struct Step {
    /// The last number that was read.
    pub proved: i64,
    /// The first number that is not there.
    pub gap: Option<i64>,
    /// Donations whose receipt has no letter although there is a way to write.
    pub unsent: Vec<i64>,
    /// True when as much was read as a step reads.
    pub is_full: bool,
}

/// Each year with receipts, the newest first: its last number by the index, and how far it is proved.
pub(in crate::donations) fn years(conn: &mut Conn) -> Result<Vec<ReceiptYear>, DbError> {
    let mut found = Vec::new();
    let mut before = i64::MAX;
    for _ in 0..YEARS_MAX {
        let year: Option<i64> =
            receipts::table.filter(receipts::year.lt(before)).select(diesel::dsl::max(receipts::year)).first(conn)?;
        let Some(year) = year else { break };
        let last: Option<i64> =
            receipts::table.filter(receipts::year.eq(year)).select(diesel::dsl::max(receipts::number)).first(conn)?;
        let proof: Option<(i64, Option<i64>, i64, Option<i64>)> = receipt_proofs::table
            .find(year)
            .select((receipt_proofs::number, receipt_proofs::gap, receipt_proofs::unsent, receipt_proofs::first_unsent))
            .first(conn)
            .optional()?;
        let (proved, gap, unsent, first_unsent) = proof.unwrap_or_default();
        found.push(ReceiptYear { year, last: last.unwrap_or(0), proved, gap, unsent, first_unsent });
        before = year;
    }
    Ok(found)
}

/// Gifts that arrived and count no more, by the small index of those that are not received: each has its receipt.
pub(in crate::donations) fn went_back(conn: &mut Conn) -> Result<i64, DbError> {
    Ok(donations::table
        .inner_join(receipts::table)
        .filter(diesel::dsl::sql::<Bool>(NOT_RECEIVED))
        .count()
        .get_result(conn)?)
}

/// Number, donation, how the giver is reached, and where the gift stands.
type ReadRow = (i64, i64, Option<String>, Option<String>, Option<String>, Option<String>);

/// Reads the receipts of a year after `from`.
pub(in crate::donations) fn step(conn: &mut Conn, year: i64, from: i64, limit: i64) -> Result<Step, DbError> {
    // Flat: a join inside a join is made whole by SQLite, for all gifts, before the first row is read.
    let rows: Vec<ReadRow> = receipts::table
        .left_join(donations::table)
        .left_join(supporters::table.on(donations::supporter_id.eq(supporters::id.nullable())))
        .filter(receipts::year.eq(year))
        .filter(receipts::number.gt(from))
        .order(receipts::number)
        .limit(limit)
        .select((
            receipts::number,
            receipts::donation_id,
            supporters::email.nullable(),
            supporters::address.nullable(),
            supporters::name.nullable(),
            donations::status.nullable(),
        ))
        .load(conn)?;
    let mut step = Step { proved: from, is_full: rows.len() as i64 == limit, ..Step::default() };
    let mut reachable = Vec::new();
    for (number, donation, email, address, name, status) in rows {
        if number != step.proved + 1 && step.gap.is_none() {
            step.gap = Some(step.proved + 1);
        }
        step.proved = number;
        let is_filled = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.is_empty());
        // What was taken back needs no letter.
        let is_mistake = [Status::Pledged, Status::Cancelled].iter().any(|back| status.as_deref() == Some(back.name()));
        if !is_mistake && (email.is_some() || (is_filled(&address) && is_filled(&name))) {
            reachable.push(donation);
        }
    }
    let mut written = HashSet::new();
    for some in reachable.chunks(IDS_PER_QUERY_MAX) {
        let ids: Vec<i64> = deliveries::table
            .filter(deliveries::subject_id.eq_any(some))
            .filter(deliveries::kind.eq(LetterKind::Receipt.name()))
            .select(deliveries::subject_id)
            .load(conn)?;
        written.extend(ids);
        let quiet = quiet_receipts::table.filter(quiet_receipts::donation_id.eq_any(some));
        written.extend(quiet.select(quiet_receipts::donation_id).load::<i64>(conn)?);
    }
    step.unsent = reachable.into_iter().filter(|donation| !written.contains(donation)).collect();
    Ok(step)
}

/// Notes what a step found; nothing when somebody else noted it meanwhile.
pub(in crate::donations) fn note(
    conn: &mut Conn,
    now: DateTime<Utc>,
    from: &ReceiptYear,
    step: &Step,
) -> Result<(), DbError> {
    let known: Option<(i64, Option<i64>, i64, Option<i64>)> = receipt_proofs::table
        .find(from.year)
        .select((receipt_proofs::number, receipt_proofs::gap, receipt_proofs::unsent, receipt_proofs::first_unsent))
        .first(conn)
        .optional()?;
    let at: NaiveDateTime = now.naive_utc();
    let count = i64::try_from(step.unsent.len()).unwrap_or(i64::MAX);
    let first = step.unsent.first().copied();
    match known {
        None if from.proved == 0 => {
            diesel::insert_into(receipt_proofs::table)
                .values((
                    receipt_proofs::year.eq(from.year),
                    receipt_proofs::number.eq(step.proved),
                    receipt_proofs::gap.eq(step.gap),
                    receipt_proofs::unsent.eq(count),
                    receipt_proofs::first_unsent.eq(first),
                    receipt_proofs::proved_at.eq(at),
                ))
                .execute(conn)?;
        }
        Some((number, gap, unsent, first_known)) if number == from.proved => {
            diesel::update(receipt_proofs::table.find(from.year))
                .set((
                    receipt_proofs::number.eq(step.proved),
                    receipt_proofs::gap.eq(gap.or(step.gap)),
                    receipt_proofs::unsent.eq(unsent + count),
                    receipt_proofs::first_unsent.eq(first_known.or(first)),
                    receipt_proofs::proved_at.eq(at),
                ))
                .execute(conn)?;
        }
        _ => {}
    }
    Ok(())
}

/// Goes back to before the first receipt without its letter, and forgets what was found from there.
pub(in crate::donations) fn start_again(conn: &mut Conn, year: &ReceiptYear) -> Result<ReceiptYear, DbError> {
    let number: Option<i64> = match year.first_unsent {
        Some(donation) => receipts::table.find(donation).select(receipts::number).first(conn).optional()?,
        None => None,
    };
    let again = ReceiptYear {
        proved: number.map_or(0, |number| number - 1).min(year.proved),
        unsent: 0,
        first_unsent: None,
        ..*year
    };
    diesel::update(receipt_proofs::table.find(year.year))
        .set((
            receipt_proofs::number.eq(again.proved),
            receipt_proofs::unsent.eq(0),
            receipt_proofs::first_unsent.eq(None::<i64>),
        ))
        .execute(conn)?;
    Ok(again)
}
