//! SQL of the forms for standing orders.

use std::collections::HashMap;

use diesel::prelude::*;

use crate::db::schema::{donations, standing_order_forms as forms};
use crate::db::{Conn, DbError};

/// Keeps the day of the month of the promise with this key; the first one counts.
///
/// # Errors
/// Only when the database fails.
pub fn keep_day(conn: &mut Conn, gift_key: &str, day: u32) -> Result<(), DbError> {
    let known: Option<i64> = forms::table.find(gift_key).select(forms::day).first(conn).optional()?;
    let mut is_made = || -> Result<bool, DbError> {
        let made: Option<i64> =
            donations::table.filter(donations::key.eq(gift_key)).select(donations::id).first(conn).optional()?;
        Ok(made.is_some())
    };
    match known {
        None => {
            diesel::insert_into(forms::table)
                .values((forms::gift_key.eq(gift_key), forms::day.eq(i64::from(day))))
                .execute(conn)?;
        }
        // A form that came back with a fault is sent again with another day.
        Some(before) if before != i64::from(day) && !is_made()? => {
            diesel::update(forms::table.find(gift_key)).set(forms::day.eq(i64::from(day))).execute(conn)?;
        }
        Some(_) => {}
    }
    Ok(())
}

/// The day of the month of each of these gifts that has one.
///
/// # Errors
/// Only when the database fails.
pub fn days_of(conn: &mut Conn, gifts: &[i64]) -> Result<HashMap<i64, u32>, DbError> {
    let rows: Vec<(i64, i64)> = donations::table
        .inner_join(forms::table.on(forms::gift_key.eq(donations::key)))
        .filter(donations::id.eq_any(gifts))
        .select((donations::id, forms::day))
        .load(conn)?;
    let day = |(id, day): (i64, i64)| {
        let day = u32::try_from(day).map_err(|_| DbError::Corrupt(format!("the form of gift {id} has no day")))?;
        Ok((id, day))
    };
    rows.into_iter().map(day).collect()
}
