//! Standing orders: promises that recur, learnt from what came or entered by hand, and what is expected of them.
//!
//! Invariant: which gift met which month is worked out from the gifts and only noted here; a gift meets one month, a
//! month is met by one gift. What is expected is a forecast and never part of a total. Personal data stays with the
//! supporter.
//!
//! **Learnt.** Three months in a row of one giver to one fund, one amount, days near each other. Where the giver is
//! known by an e-mail address and the gifts came by standing order or direct debit, the pattern is kept at once: the
//! bank repeats it, whether staff say so or not. A pattern of plain transfers, and one of a giver known by name alone,
//! is offered, and staff keep or decline it.

mod change;
mod enter;
mod expected;
mod read;
pub mod rules;
mod store;
pub mod verify;

use chrono::{DateTime, NaiveDate, Utc};

use crate::db::DbError;
pub use crate::ledger::Method;
use crate::money::Currency;
pub use change::{change_amount, decline, keep, resume, stop};
pub use enter::{Checked, FIELDS, RawOrder, check, enter};
pub use expected::{Due, due, forecast, over_time, this_month};
pub use read::{catch_up, is_behind};
pub use rules::calendar::{QUIET_MONTHS, Stand, TOLERANCE_DAYS};
pub use rules::sums::{Forecast, ThisMonth, Worth};
pub use store::{Filter, Met, Wanted, by_number, changes_of, count_in, met, page};

/// A promise that recurs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandingOrder {
    /// Its number.
    pub id: i64,
    /// The fund it is for.
    pub fund_id: i64,
    /// That fund's name in addresses.
    pub fund: String,
    /// What it counts in.
    pub currency: Currency,
    /// Who promised.
    pub supporter_id: i64,
    /// Their name; empty where only the address is known.
    pub name: String,
    /// Their address.
    pub email: Option<String>,
    /// Standing order or direct debit.
    pub method: Method,
    /// Learnt or entered.
    pub origin: Origin,
    /// Offered, kept or declined.
    pub state: State,
    /// What it is worth each month, now.
    pub amount_minor: i64,
    /// What it was worth at first.
    pub first_minor: i64,
    /// The day of the month, 1 to 31.
    pub day: u32,
    /// Since when.
    pub since_on: NaiveDate,
    /// Until when, where it has an end.
    pub until_on: Option<NaiveDate>,
    /// The first month that is expected, by its first day.
    pub first_month: NaiveDate,
    /// The first month that is not expected any more.
    pub end_month: Option<NaiveDate>,
    /// The latest month that came, or the one before the first.
    pub met_month: NaiveDate,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
    /// By whom.
    pub recorded_by: String,
    /// From which request.
    pub request_id: String,
}

impl StandingOrder {
    /// Whether a gift is expected for this month.
    pub fn expects(&self, month: NaiveDate) -> bool {
        self.first_month <= month && self.end_month.is_none_or(|end| month < end)
    }

    /// Whether it has no month to come after `month`.
    pub fn has_ended(&self, month: NaiveDate) -> bool {
        self.end_month.is_some_and(|end| end <= month)
    }
}

/// How an order became known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// From the pattern of gifts.
    Learnt,
    /// By hand.
    Entered,
}

impl Origin {
    /// As the database writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Learnt => "learnt",
            Self::Entered => "entered",
        }
    }

    /// Reads the name back.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Learnt, Self::Entered].into_iter().find(|origin| origin.name() == name)
    }
}

/// Whether an order counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Staff are asked.
    Offered,
    /// It counts, until it ends.
    Kept,
    /// Staff said that it is none.
    Declined,
}

impl State {
    /// As the database writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Offered => "offered",
            Self::Kept => "kept",
            Self::Declined => "declined",
        }
    }

    /// Reads the name back.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Offered, Self::Kept, Self::Declined].into_iter().find(|state| state.name() == name)
    }
}

/// A change of an order as it was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The order.
    pub order_id: i64,
    /// "amount", "stopped", "resumed", "kept", "declined".
    pub kind: String,
    /// The day it counts from.
    pub from_on: NaiveDate,
    /// The first month it counts for.
    pub from_month: NaiveDate,
    /// Worth before.
    pub old_minor: i64,
    /// Worth after.
    pub new_minor: i64,
    /// Why, in the words of who did it.
    pub reason: String,
    /// When.
    pub changed_at: DateTime<Utc>,
    /// By whom.
    pub changed_by: String,
}

impl Change {
    /// Whether the order was worth another amount from then on.
    pub fn is_of_amount(&self) -> bool {
        self.kind == "amount"
    }
}

/// Which gift met which month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Arrival {
    /// The order.
    pub order_id: i64,
    /// The month, by its first day.
    pub month: NaiveDate,
    /// The gift.
    pub donation_id: i64,
}

/// Who does something, from which request, with the key that makes a second sending harmless.
#[derive(Debug, Clone)]
pub struct Deed {
    /// Where it came from and the sender's key.
    pub key: String,
    /// As the audit trail writes it.
    pub by: String,
    /// From which request.
    pub request_id: String,
}

/// Why an order was not entered or changed.
#[derive(Debug, thiserror::Error)]
pub enum OrderError {
    /// No order has this number.
    #[error("There is no standing order with this number.")]
    Unknown,
    /// The same promise is known already.
    #[error("{0} has this standing order already: {1} on day {2}. Change that one, or correct what you typed.")]
    Known(String, String, u32),
    /// It is not kept, so it cannot be changed.
    #[error("This standing order is only offered. Keep it first.")]
    NotKept,
    /// It has an end already.
    #[error("This standing order has stopped already.")]
    HasStopped,
    /// It has no end.
    #[error("This standing order has not stopped.")]
    HasNotStopped,
    /// It was decided before.
    #[error("This was decided already.")]
    Decided,
    /// A change without a reason.
    #[error("Please say why, in a few words: the reason is kept with the change.")]
    ReasonMissing,
    /// The day lies ahead.
    #[error("{0} has not come yet. Please enter the change when it has.")]
    InFuture(NaiveDate),
    /// The day lies before the order.
    #[error("The order began on {0}. Please give a day on or after it.")]
    BeforeBeginning(NaiveDate),
    /// The day lies before a change that is recorded.
    #[error("The amount was changed from {0} on. Please give a day on or after it.")]
    BeforeChange(NaiveDate),
    /// Nothing changes.
    #[error("It is worth {0} already.")]
    SameAmount(String),
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
}
