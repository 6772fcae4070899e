//! SQL that asks whether the receipts of an appeal have left.

use diesel::prelude::*;
use diesel::sql_types::Bool;

use crate::db::schema::{deliveries, donations, supporters};
use crate::db::{Conn, DbError};
use crate::outbox::LetterKind;

/// Where the receipts of an appeal's gifts stand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ReceiptLetters {
    /// On their way, or to be printed and posted.
    pub waiting: i64,
    /// Failed for good, with nothing sent in their place.
    pub failed: i64,
    /// To be printed and posted.
    pub to_post: i64,
    /// Of givers who left no address of any kind.
    pub without_address: i64,
}

/// Where the receipts of this appeal's gifts stand.
///
/// # Errors
/// Only when the database fails.
pub fn receipt_letters(conn: &mut Conn, appeal_id: i64) -> Result<ReceiptLetters, DbError> {
    // Word for word the conditions of the indexes of what is due and of what failed.
    let in_state = |words: &str| diesel::dsl::sql::<Bool>(words);
    let of_appeal = deliveries::table
        .inner_join(donations::table.on(donations::id.eq(deliveries::subject_id)))
        .filter(donations::appeal_id.eq(appeal_id));
    let kinds = [LetterKind::Receipt.name(), LetterKind::Duplicate.name()];
    let waiting = of_appeal
        .filter(in_state("deliveries.state IN ('queued', 'sending')"))
        .filter(deliveries::kind.eq_any(kinds))
        .count()
        .get_result(conn)?;
    let to_post = of_appeal
        .filter(in_state("deliveries.state = 'post'"))
        .filter(deliveries::kind.eq_any(kinds))
        .count()
        .get_result(conn)?;
    let sent = diesel::alias!(deliveries as sent);
    let in_its_place = sent
        .filter(sent.field(deliveries::subject_id).eq(donations::id))
        .filter(sent.field(deliveries::kind).eq_any(kinds))
        .filter(sent.field(deliveries::state).eq("sent"))
        .select(sent.field(deliveries::id));
    let failed = of_appeal
        .filter(in_state("deliveries.state = 'failed' AND deliveries.settled_at IS NULL"))
        .filter(deliveries::kind.eq(LetterKind::Receipt.name()))
        .filter(diesel::dsl::not(diesel::dsl::exists(in_its_place)))
        .count()
        .get_result(conn)?;
    let without_address = donations::table
        .left_join(supporters::table)
        .filter(donations::appeal_id.eq(appeal_id))
        .filter(donations::entry.is_not_null())
        .filter(supporters::email.nullable().is_null())
        .filter(supporters::address.nullable().is_null().or(supporters::address.nullable().eq("")))
        .count()
        .get_result(conn)?;
    Ok(ReceiptLetters { waiting, failed, to_post, without_address })
}
