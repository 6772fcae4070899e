//! All SQL of kept proofs.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::KeptProof;
use crate::db::schema::book_proofs;
use crate::db::{Conn, DbError};

#[derive(Queryable, Insertable)]
#[diesel(table_name = book_proofs)]
struct ProofRow {
    id: i64,
    entry: i64,
    hash: Vec<u8>,
    checks: i64,
    fault: String,
    proved_at: NaiveDateTime,
    proved_by: String,
    request_id: String,
}

pub(super) fn insert(conn: &mut Conn, kept: &KeptProof, request_id: &str) -> Result<(), DbError> {
    let last: Option<i64> = book_proofs::table.select(diesel::dsl::max(book_proofs::id)).first(conn)?;
    let row = ProofRow {
        id: last.unwrap_or(0) + 1,
        entry: kept.entry,
        hash: kept.hash.clone(),
        checks: kept.checks,
        fault: kept.fault.clone(),
        proved_at: kept.proved_at.naive_utc(),
        proved_by: kept.proved_by.clone(),
        request_id: request_id.to_owned(),
    };
    diesel::insert_into(book_proofs::table).values(&row).execute(conn)?;
    Ok(())
}

/// The last proof that was kept.
///
/// # Errors
/// Only when the database fails.
pub fn latest(conn: &mut Conn) -> Result<Option<KeptProof>, DbError> {
    let row: Option<ProofRow> = book_proofs::table.order(book_proofs::id.desc()).first(conn).optional()?;
    Ok(row.map(|row| KeptProof {
        entry: row.entry,
        hash: row.hash,
        checks: row.checks,
        fault: row.fault,
        proved_at: row.proved_at.and_utc(),
        proved_by: row.proved_by,
    }))
}
