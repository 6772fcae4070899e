//! SQL that adds gifts up, and that proves nothing is missing.

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool};

use crate::db::schema::{donations, receipts, supporters};
use crate::db::{Conn, DbError};
use crate::donations::Status;
use crate::outbox::LetterKind;

/// Appeal, day, method, sum and number.
pub(in crate::donations) type DayOfGifts = (i64, NaiveDate, String, i64, i64);

/// How many promised gifts have not arrived, and their sum.
///
/// # Errors
/// Only when the database fails.
pub fn count_pledged(conn: &mut Conn, appeal_id: i64) -> Result<(i64, i64), DbError> {
    Ok(donations::table
        .filter(donations::appeal_id.eq(appeal_id))
        .filter(diesel::dsl::sql::<Bool>(super::PROMISED))
        .select((
            diesel::dsl::count_star(),
            diesel::dsl::sql::<BigInt>("CAST(COALESCE(SUM(amount_minor), 0) AS BIGINT)"),
        ))
        .first(conn)?)
}

/// What each appeal has of each day and method according to its gifts: their sum and their number.
pub(in crate::donations) fn sums_by_day_and_method(conn: &mut Conn) -> Result<Vec<DayOfGifts>, DbError> {
    Ok(donations::table
        .filter(donations::entry.is_not_null())
        .filter(donations::received_on.is_not_null())
        .group_by((donations::appeal_id, donations::received_on, donations::method))
        .select((
            donations::appeal_id,
            donations::received_on.assume_not_null(),
            donations::method,
            diesel::dsl::sql::<BigInt>("CAST(SUM(amount_minor - returned_minor) AS BIGINT)"),
            diesel::dsl::sql::<BigInt>("CAST(SUM(CASE WHEN status = 'received' THEN 1 ELSE 0 END) AS BIGINT)"),
        ))
        .load(conn)?)
}

/// Per appeal, what its donations raised and how many they are.
pub(in crate::donations) fn sums_by_appeal(conn: &mut Conn) -> Result<Vec<(i64, i64, i64)>, DbError> {
    Ok(donations::table
        .filter(donations::entry.is_not_null())
        .group_by(donations::appeal_id)
        .select((
            donations::appeal_id,
            diesel::dsl::sql::<BigInt>("CAST(SUM(amount_minor - returned_minor) AS BIGINT)"),
            diesel::dsl::sql::<BigInt>("CAST(SUM(CASE WHEN status = 'received' THEN 1 ELSE 0 END) AS BIGINT)"),
        ))
        .load(conn)?)
}

/// How many donations were ever received, and one of them that has no receipt, if there is such a one.
pub(in crate::donations) fn without_receipt(conn: &mut Conn) -> Result<(i64, Option<i64>), DbError> {
    let received = donations::table.filter(donations::entry.is_not_null()).count().get_result(conn)?;
    let missing = donations::table
        .left_join(receipts::table)
        .filter(donations::entry.is_not_null())
        .filter(receipts::number.nullable().is_null())
        .select(donations::id)
        .first(conn)
        .optional()?;
    Ok((received, missing))
}

/// How many receipts belong to someone who can be written to, and one of them without any letter.
pub(in crate::donations) fn without_letter(conn: &mut Conn) -> Result<(i64, Option<i64>), DbError> {
    use crate::db::schema::{deliveries, quiet_receipts};
    let quiet = quiet_receipts::table.filter(quiet_receipts::donation_id.eq(donations::id));
    let addressed = receipts::table
        .inner_join(donations::table.inner_join(supporters::table))
        .filter(supporters::email.is_not_null().or(supporters::address.ne("").and(supporters::name.ne(""))))
        // What was taken back has no letter, or its letters of correction.
        .filter(donations::status.ne(Status::Pledged.name()))
        .filter(donations::status.ne(Status::Cancelled.name()))
        .filter(diesel::dsl::not(diesel::dsl::exists(quiet.select(quiet_receipts::donation_id))));
    let count = addressed.count().get_result(conn)?;
    let letters = deliveries::table
        .filter(deliveries::subject_id.eq(donations::id))
        .filter(deliveries::kind.eq("receipt"))
        .select(deliveries::id);
    let missing = addressed
        .filter(diesel::dsl::not(diesel::dsl::exists(letters)))
        .select(donations::id)
        .first(conn)
        .optional()?;
    Ok((count, missing))
}

/// A donation without the entry it names, or the number that a receipt or a letter gives to a donation that is not there.
pub(in crate::donations) fn alone(conn: &mut Conn) -> Result<Option<i64>, DbError> {
    use crate::db::schema::{deliveries, entries};
    let unposted = donations::table
        .left_join(entries::table)
        .filter(donations::entry.is_not_null())
        .filter(entries::number.nullable().is_null())
        .select(donations::id)
        .first(conn)
        .optional()?;
    if unposted.is_some() {
        return Ok(unposted);
    }
    let receipt = receipts::table
        .left_join(donations::table)
        .filter(donations::id.nullable().is_null())
        .select(receipts::donation_id)
        .first(conn)
        .optional()?;
    if receipt.is_some() {
        return Ok(receipt);
    }
    let about_gifts = LetterKind::ALL.into_iter().filter(|kind| kind.is_about_gift()).map(LetterKind::name);
    Ok(deliveries::table
        .filter(deliveries::kind.eq_any(about_gifts))
        .filter(diesel::dsl::not(diesel::dsl::exists(
            donations::table.filter(donations::id.eq(deliveries::subject_id)),
        )))
        .select(deliveries::subject_id)
        .first(conn)
        .optional()?)
}
