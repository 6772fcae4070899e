//! Standing orders that readers set up themselves: the form for their bank is about a promise like any other, whose
//! reference every line of the bank will carry, and that has a day of the month.
//!
//! Invariant: a form makes one promise. The day is kept under the promise's key before the promise is made, so no letter can
//! leave without it.

use super::store::forms as store;
use crate::db::{Conn, DbError};
pub use store::{days_of, keep_day};

/// A day of the month as it was typed.
///
/// # Errors
/// A sentence that says what to do.
pub fn day(text: &str) -> Result<u32, String> {
    let day = text.trim().parse().ok().filter(|day| (1..=31).contains(day));
    day.ok_or_else(|| "Please give the day of the month, 1 to 31. 31 stands for the last one.".to_owned())
}

/// "on the 5th of each month", "on the last day of each month"
///
/// ```
/// use fighting_fund::donations::forms::each_month;
/// assert_eq!(each_month(1), "on the 1st of each month");
/// assert_eq!(each_month(12), "on the 12th of each month");
/// assert_eq!(each_month(23), "on the 23rd of each month");
/// assert_eq!(each_month(31), "on the last day of each month");
/// ```
pub fn each_month(day: u32) -> String {
    let ending = match (day % 10, day / 10) {
        (_, 1) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    if day >= 31 { "on the last day of each month".to_owned() } else { format!("on the {day}{ending} of each month") }
}

/// The day of the month of a promise by standing order; nothing where its giver made none by a form.
///
/// # Errors
/// Only when the database fails.
pub fn day_of(conn: &mut Conn, donation: i64) -> Result<Option<u32>, DbError> {
    Ok(days_of(conn, &[donation])?.remove(&donation))
}
