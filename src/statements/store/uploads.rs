//! SQL of files that were sent and not yet recorded.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;

use crate::db::schema::statement_uploads;
use crate::db::{Conn, DbError};
use crate::statements::Upload;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = statement_uploads)]
struct UploadRow {
    id: String,
    file_name: String,
    content: Vec<u8>,
    mapping: String,
    uploaded_at: chrono::NaiveDateTime,
    uploaded_by: String,
}

/// How long a file waits for whoever sent it.
const HOURS_KEPT: i64 = 24;

/// Keeps a file in the caller's transaction, and forgets those of yesterday. The same file again is the same upload.
///
/// # Errors
/// Only when the database fails.
pub fn keep_upload(conn: &mut Conn, now: DateTime<Utc>, upload: &Upload) -> Result<(), DbError> {
    let long_ago = (now - TimeDelta::hours(HOURS_KEPT)).naive_utc();
    diesel::delete(statement_uploads::table.filter(statement_uploads::uploaded_at.lt(long_ago))).execute(conn)?;
    forget_upload(conn, &upload.id)?;
    let row = UploadRow {
        id: upload.id.clone(),
        file_name: upload.file_name.clone(),
        content: upload.content.clone(),
        mapping: upload.mapping.clone(),
        uploaded_at: now.naive_utc(),
        uploaded_by: upload.by.clone(),
    };
    diesel::insert_into(statement_uploads::table).values(row).execute(conn)?;
    Ok(())
}

/// The file with this digest, if it waits.
///
/// # Errors
/// Only when the database fails.
pub fn upload(conn: &mut Conn, id: &str) -> Result<Option<Upload>, DbError> {
    let row: Option<UploadRow> =
        statement_uploads::table.find(id).select(UploadRow::as_select()).first(conn).optional()?;
    Ok(row.map(|row| Upload {
        id: row.id,
        file_name: row.file_name,
        content: row.content,
        mapping: row.mapping,
        by: row.uploaded_by,
    }))
}

/// Files that wait, the newest first: digest, name and who sent them.
///
/// # Errors
/// Only when the database fails.
pub fn uploads(conn: &mut Conn, limit: i64) -> Result<Vec<(String, String, String)>, DbError> {
    Ok(statement_uploads::table
        .order(statement_uploads::uploaded_at.desc())
        .select((statement_uploads::id, statement_uploads::file_name, statement_uploads::uploaded_by))
        .limit(limit)
        .load(conn)?)
}

/// Notes what the columns of a file that waits mean.
///
/// # Errors
/// Only when the database fails.
pub fn map_upload(conn: &mut Conn, id: &str, mapping: &str) -> Result<(), DbError> {
    diesel::update(statement_uploads::table.find(id)).set(statement_uploads::mapping.eq(mapping)).execute(conn)?;
    Ok(())
}

/// Lets a file go.
///
/// # Errors
/// Only when the database fails.
pub fn forget_upload(conn: &mut Conn, id: &str) -> Result<(), DbError> {
    diesel::delete(statement_uploads::table.find(id)).execute(conn)?;
    Ok(())
}
