//! All SQL of deliveries.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;

use super::NewLetter;
use crate::db::schema::deliveries;
use crate::db::{Conn, DbError};

#[derive(Insertable)]
#[diesel(table_name = deliveries, treat_none_as_default_value = false)]
struct DeliveryRow<'a> {
    id: i64,
    kind: &'a str,
    donation_id: i64,
    event_id: Option<i64>,
    recipient: &'a str,
    state: &'a str,
    attempts: i64,
    due_at: NaiveDateTime,
    last_error: &'a str,
    created_at: NaiveDateTime,
    sent_at: Option<NaiveDateTime>,
}

pub(super) fn insert_all(conn: &mut Conn, now: DateTime<Utc>, letters: &[NewLetter]) -> Result<(), DbError> {
    let last: Option<i64> = deliveries::table.select(diesel::dsl::max(deliveries::id)).first(conn)?;
    let rows: Vec<DeliveryRow<'_>> = letters
        .iter()
        .zip(last.unwrap_or(0) + 1..)
        .map(|(letter, id)| DeliveryRow {
            id,
            kind: letter.kind.name(),
            donation_id: letter.donation_id,
            event_id: letter.event_id,
            recipient: &letter.recipient,
            state: "queued",
            attempts: 0,
            due_at: now.naive_utc(),
            last_error: "",
            created_at: now.naive_utc(),
            sent_at: None,
        })
        .collect();
    insert_all!(conn, deliveries::table, &rows)?;
    Ok(())
}
