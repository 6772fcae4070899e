//! Which gift met which month. Worked out anew from all orders and gifts of a giver, so that the order in which things
//! are entered does not matter.
//!
//! Invariant: a gift meets one month and a month is met by one gift.

use std::collections::HashSet;

use chrono::{Days, NaiveDate};

use super::amount_at;
use super::calendar::{due_on, month_of, month_plus};
use crate::ledger::Method;
use crate::standing_orders::{Arrival, Change, StandingOrder};

/// A received gift, as far as standing orders look at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// The donation.
    pub id: i64,
    /// Who gave it.
    pub supporter_id: i64,
    /// The fund it went to.
    pub fund_id: i64,
    /// The day the money arrived.
    pub on: NaiveDate,
    /// The gross gift.
    pub amount_minor: i64,
    /// How it came.
    pub method: Method,
}

/// A bank never pays before the day; a clerk may have noted the day of a letter.
const EARLY_DAYS: u64 = 5;
/// The latest that a payment still meets its month: up to there it looks for the month before.
const LATEST_DAYS: u64 = 45;
/// Another amount than was promised is believed only this near to the due day.
const OTHER_AMOUNT_DAYS: u64 = 10;
/// A day too early is as unlikely as this many days too late.
const EARLY_WEIGHT: i64 = 4;

/// How well a gift fits a month; the smallest wins.
type Fit = (bool, i64, NaiveDate, i64, i64);

/// Works out which of the gifts met which month of the orders. All are of one giver and one fund.
pub fn link(orders: &[StandingOrder], changes: &[Change], gifts: &[Seen]) -> Vec<Arrival> {
    let mut fits: Vec<Fit> = Vec::new();
    for order in orders {
        for gift in gifts {
            let around = month_of(gift.on);
            for month in [-2, -1, 0, 1].map(|count| month_plus(around, count)) {
                fits.extend(fit(order, changes, gift, month));
            }
        }
    }
    fits.sort_unstable();
    let (mut months, mut used, mut arrivals) = (HashSet::new(), HashSet::new(), Vec::new());
    for (_, _, month, order_id, donation_id) in fits {
        if !months.contains(&(order_id, month)) && used.insert(donation_id) {
            months.insert((order_id, month));
            arrivals.push(Arrival { order_id, month, donation_id });
        }
    }
    arrivals
}

fn fit(order: &StandingOrder, changes: &[Change], gift: &Seen, month: NaiveDate) -> Option<Fit> {
    if !order.expects(month) {
        return None;
    }
    let due = due_on(month, order.day);
    let is_other = amount_at(order, changes, month) != gift.amount_minor;
    if is_other && gift.method == Method::BankTransfer {
        return None;
    }
    let latest = due + Days::new(if is_other { OTHER_AMOUNT_DAYS } else { LATEST_DAYS });
    if gift.on + Days::new(EARLY_DAYS) < due || gift.on > latest {
        return None;
    }
    let days = (gift.on - due).num_days();
    let far = if days < 0 { -days * EARLY_WEIGHT } else { days };
    Some((is_other, far, month, order.id, gift.id))
}
