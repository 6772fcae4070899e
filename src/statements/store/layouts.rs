//! SQL of the layouts that are remembered.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use crate::db::schema::statement_layouts;
use crate::db::{Conn, DbError};
use crate::statements::files::csv::layout::{Layout, Saved};

/// Every layout, the newest first, so that of two with the same headings the later one is found.
///
/// # Errors
/// Only when the database fails.
pub fn layouts(conn: &mut Conn) -> Result<Vec<Saved>, DbError> {
    let rows: Vec<(String, Vec<u8>, String)> = statement_layouts::table
        .order((statement_layouts::saved_at.desc(), statement_layouts::id.desc()))
        .select((statement_layouts::name, statement_layouts::heading_digest, statement_layouts::mapping))
        .load(conn)?;
    rows.into_iter()
        .map(|(name, heading, mapping)| {
            let odd = || DbError::Corrupt(format!("the layout {name} of bank statements cannot be read"));
            let layout: Layout = serde_json::from_str(&mapping).map_err(|_| odd())?;
            Ok(Saved { heading: heading.try_into().map_err(|_| odd())?, name, layout })
        })
        .collect()
}

/// Remembers a layout in the caller's transaction, in place of one with the same name.
///
/// # Errors
/// Only when the database fails.
pub fn keep_layout(conn: &mut Conn, now: DateTime<Utc>, saved: &Saved, by: &str) -> Result<(), DbError> {
    forget_layout(conn, &saved.name)?;
    let last: Option<i64> = statement_layouts::table.select(diesel::dsl::max(statement_layouts::id)).first(conn)?;
    let mapping = serde_json::to_string(&saved.layout).map_err(|error| DbError::Corrupt(error.to_string()))?;
    diesel::insert_into(statement_layouts::table)
        .values((
            statement_layouts::id.eq(last.unwrap_or(0) + 1),
            statement_layouts::name.eq(&saved.name),
            statement_layouts::heading_digest.eq(saved.heading.to_vec()),
            statement_layouts::mapping.eq(mapping),
            statement_layouts::saved_at.eq(now.naive_utc()),
            statement_layouts::saved_by.eq(by),
        ))
        .execute(conn)?;
    Ok(())
}

/// Forgets the layout of this name; the answer is whether there was one.
///
/// # Errors
/// Only when the database fails.
pub fn forget_layout(conn: &mut Conn, name: &str) -> Result<bool, DbError> {
    let gone = diesel::delete(statement_layouts::table.filter(statement_layouts::name.eq(name))).execute(conn)?;
    Ok(gone > 0)
}
