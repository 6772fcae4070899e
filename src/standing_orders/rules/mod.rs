//! What is decided without clock or database: which day a month is due, which gift met which month, what a pattern
//! of gifts promises, and how many are expected.

pub mod calendar;
pub mod learn;
pub mod link;
pub mod sums;

use super::{Change, StandingOrder};
use chrono::NaiveDate;

/// What an order was worth in a month. `changes` are its changes of amount, the oldest first.
pub fn amount_at(order: &StandingOrder, changes: &[Change], month: NaiveDate) -> i64 {
    let of_order = changes.iter().filter(|change| change.order_id == order.id && change.is_of_amount());
    of_order.take_while(|change| change.from_month <= month).last().map_or(order.first_minor, |change| change.new_minor)
}
