//! SQL of who gave what, and of the receipts that have no letter.

use diesel::prelude::*;

use crate::db::schema::{deliveries, donations, quiet_receipts, receipts};
use crate::db::{Conn, DbError};
use crate::donations::Status;
use crate::outbox::LetterKind;

/// The supporter who gave a donation.
pub(in crate::donations) fn giver_of(conn: &mut Conn, donation: i64) -> Result<Option<i64>, DbError> {
    let known: Option<Option<i64>> =
        donations::table.find(donation).select(donations::supporter_id).first(conn).optional()?;
    Ok(known.flatten())
}

pub(in crate::donations) fn set_giver(conn: &mut Conn, donation: i64, supporter: i64) -> Result<(), DbError> {
    diesel::update(donations::table.find(donation)).set(donations::supporter_id.eq(supporter)).execute(conn)?;
    Ok(())
}

/// Moves the gifts of one supporter to another, who is the same.
pub(in crate::donations) fn move_gifts(conn: &mut Conn, from: i64, to: i64) -> Result<usize, DbError> {
    let theirs = donations::table.filter(donations::supporter_id.eq(from));
    Ok(diesel::update(theirs).set(donations::supporter_id.eq(to)).execute(conn)?)
}

/// Donations of a supporter that have a receipt and no letter with it.
pub(in crate::donations) fn receipts_without_letter(
    conn: &mut Conn,
    supporter: i64,
    limit: i64,
) -> Result<Vec<i64>, DbError> {
    let letters = deliveries::table
        .filter(deliveries::subject_id.eq(donations::id))
        .filter(deliveries::kind.eq(LetterKind::Receipt.name()))
        .select(deliveries::id);
    let quiet =
        quiet_receipts::table.filter(quiet_receipts::donation_id.eq(donations::id)).select(quiet_receipts::donation_id);
    Ok(donations::table
        .inner_join(receipts::table)
        .filter(donations::supporter_id.eq(supporter))
        .filter(diesel::dsl::not(diesel::dsl::exists(quiet)))
        // What was taken back needs no receipt any more.
        .filter(donations::status.ne_all([Status::Pledged, Status::Cancelled].map(Status::name)))
        .filter(diesel::dsl::not(diesel::dsl::exists(letters)))
        .order(donations::id)
        .limit(limit)
        .select(donations::id)
        .load(conn)?)
}
