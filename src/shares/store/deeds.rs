//! SQL of what was answered to each key.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use crate::db::schema::share_deeds;
use crate::db::{Conn, DbError};

/// The fingerprint and the answer of a request that was done before.
pub fn answered(conn: &mut Conn, key: &str) -> Result<Option<(Vec<u8>, String)>, DbError> {
    Ok(share_deeds::table.find(key).select((share_deeds::fingerprint, share_deeds::answer)).first(conn).optional()?)
}

pub fn keep(
    conn: &mut Conn,
    now: DateTime<Utc>,
    key: &str,
    fingerprint: &[u8; 32],
    answer: &str,
) -> Result<(), DbError> {
    diesel::insert_into(share_deeds::table)
        .values((
            share_deeds::key.eq(key),
            share_deeds::fingerprint.eq(fingerprint.to_vec()),
            share_deeds::answer.eq(answer),
            share_deeds::recorded_at.eq(now.naive_utc()),
        ))
        .execute(conn)?;
    Ok(())
}
