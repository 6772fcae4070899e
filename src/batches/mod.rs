//! Batches of the post: cheques, cash and card slips, counted before they are typed, and posted when they add up; and the
//! paying-in slips with which cheques and cash go to the bank.
//!
//! Invariant: a batch is posted once, wholly, and only when its rows are what was counted; a cheque stands on one slip
//! at most. What a row becomes in the books is left to `payments`.

mod error;
mod open;
mod post;
pub mod routes;
mod rows;
pub mod rules;
pub mod slips;
mod store;
pub mod verify;

use chrono::{DateTime, NaiveDate, Utc};

use crate::ledger::Method;
use crate::money::Currency;
pub use crate::payments::By;
pub use error::BatchError;
pub use open::{NewBatch, NewControl, change_control, check, discard, open};
pub use post::{Posted, post, reverse};
pub use rows::{NewRow, correct, enter, remove};
pub use store::{
    after, batch, count_open, count_open_until, needs_two, open_batches, posted_before, row, rows_of, set_needs_two,
    sums_of,
};

/// What lies in the envelope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Cheques and postal orders: in hand until they are paid in.
    Cheques,
    /// Notes and coins.
    Cash,
    /// Slips with card numbers, charged by hand.
    CardSlips,
}

impl Kind {
    /// Every kind, in the order of the form.
    pub const ALL: [Self; 3] = [Self::Cheques, Self::Cash, Self::CardSlips];

    /// As the database writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cheques => "cheques",
            Self::Cash => "cash",
            Self::CardSlips => "card_slips",
        }
    }

    /// For people.
    pub fn label(self) -> &'static str {
        match self {
            Self::Cheques => "cheques",
            Self::Cash => "cash",
            Self::CardSlips => "card slips",
        }
    }

    /// Reads the name back.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// How its money comes.
    pub fn method(self) -> Method {
        match self {
            Self::Cheques => Method::Cheque,
            Self::Cash => Method::Cash,
            Self::CardSlips => Method::Card,
        }
    }
}

/// Where a batch stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// It is being entered.
    Open,
    /// It is in the books.
    Posted,
    /// It was in the books, and all of it was taken back.
    Reversed,
    /// It was put away before it reached the books.
    Discarded,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Open, Self::Posted, Self::Reversed, Self::Discarded];

    /// As the database writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Posted => "posted",
            Self::Reversed => "reversed",
            Self::Discarded => "discarded",
        }
    }

    /// Reads the name back.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// A batch as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// Its number.
    pub id: i64,
    /// What lies in it.
    pub kind: Kind,
    /// Where it stands.
    pub state: State,
    /// The fund of its gifts.
    pub fund_id: i64,
    /// What it counts in.
    pub currency: Currency,
    /// The day it came; a row may say another.
    pub received_on: NaiveDate,
    /// The sum that was counted before anything was typed.
    pub control_minor: i64,
    /// How many were counted.
    pub control_count: i64,
    /// Where it came from, for people; may be empty.
    pub note: String,
    /// Who counted and opened it.
    pub counted_by: String,
    /// When.
    pub opened_at: DateTime<Utc>,
    /// Who checked it as it stands.
    pub checked_by: Option<String>,
    /// When.
    pub checked_at: Option<DateTime<Utc>>,
    /// Who posted or discarded it.
    pub closed_by: Option<String>,
    /// When.
    pub closed_at: Option<DateTime<Utc>>,
    /// Who took it back.
    pub reversed_by: Option<String>,
    /// When.
    pub reversed_at: Option<DateTime<Utc>>,
    /// Why.
    pub reversed_reason: Option<String>,
}

/// A row of a batch: one cheque, one envelope of cash, one slip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its number among all rows.
    pub id: i64,
    /// Its batch.
    pub batch_id: i64,
    /// Its place in the batch, from 1.
    pub line: i64,
    /// How much.
    pub amount_minor: i64,
    /// The day it came.
    pub received_on: NaiveDate,
    /// Who gave it; may be empty.
    pub name: String,
    /// Where the receipt goes.
    pub email: Option<String>,
    /// How to thank the giver in the paper.
    pub acknowledge_as: String,
    /// True when the giver does not want to be named.
    pub anonymous: bool,
    /// For people; may be empty.
    pub note: String,
    /// The promised gift that this is.
    pub donation_id: Option<i64>,
    /// What of it is for shares.
    pub shares_minor: i64,
    /// For which application.
    pub application_id: Option<i64>,
    /// What of it is other income.
    pub other_minor: i64,
    /// Its account; empty for none.
    pub other_account: String,
    /// Who typed it.
    pub entered_by: String,
    /// A cheque that is here and was not paid in.
    pub in_hand: bool,
    /// Where letters on paper go, one line a line; may be empty.
    pub address: String,
    /// Whom the gift commemorates; may be empty.
    pub in_memory_of: String,
    /// True when the giver agreed that the paper may print it.
    pub memory_in_print: bool,
    /// The number printed on the cheque; may be empty.
    pub cheque_number: String,
}

impl Row {
    /// What is left of it for the fund.
    pub fn gift_minor(&self) -> i64 {
        self.amount_minor - self.shares_minor - self.other_minor
    }
}

/// What has been entered of a batch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sums {
    /// How many rows.
    pub count: i64,
    /// Their sum.
    pub sum_minor: i64,
}
