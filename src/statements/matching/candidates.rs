//! What the books have that lines may be matched with: loaded once for many lines, asked for each. Pure.

use std::collections::HashMap;

use chrono::NaiveDate;

use super::payer::{Name, Payer, PayerKey};
use crate::ledger::Method;
use crate::money::Currency;
use crate::payments::GiftFor;

/// Where a gift stands, as far as a statement may care.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GiftState {
    /// Promised: it may arrive.
    Waits,
    /// It has arrived.
    Received(NaiveDate),
    /// Cancelled, or gone back.
    Over,
}

/// A gift that a line may be about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gift {
    /// Its number.
    pub number: i64,
    /// What was promised or given.
    pub amount_minor: i64,
    /// How it comes or came.
    pub method: Method,
    /// Where it stands.
    pub state: GiftState,
    /// The giver.
    pub name: Name,
    /// What else a further gift of the giver takes over: fund, address, wishes.
    pub like: GiftFor,
    /// The day it was recorded.
    pub made_on: NaiveDate,
    /// The entry that received it.
    pub entry: Option<i64>,
    /// Whether a line of a statement tells of it already.
    pub is_on_statement: bool,
}

/// An application for shares that a line may be about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Application {
    /// Its number.
    pub id: i64,
    /// Whether it waits for the committee, and so may take money.
    pub is_waiting: bool,
    /// What is still to be paid, with the gift that was announced; nothing or less when all is there.
    pub missing_minor: i64,
    /// Who applies.
    pub name: String,
    /// The day.
    pub made_on: NaiveDate,
}

/// An entry that moved the bank account and that no line of a statement tells of yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posted {
    /// Its number.
    pub entry: i64,
    /// The day it counts from.
    pub on: NaiveDate,
    /// What it moved the bank account by.
    pub amount_minor: i64,
    /// "banking"
    pub kind: String,
    /// The reference of what caused it.
    pub subject: String,
    /// The giver or applicant, where there is one.
    pub name: Name,
}

/// A standing order that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// The order.
    pub order: i64,
    /// The giver.
    pub name: Name,
    /// How much.
    pub amount_minor: i64,
    /// When.
    pub on: NaiveDate,
}

/// Everything that lines may be matched with.
#[derive(Debug, Clone)]
pub struct Candidates {
    /// What the bank account counts in.
    pub currency: Currency,
    /// Gifts by number: those that are mentioned, and those that are promised.
    pub gifts: HashMap<i64, Gift>,
    /// Applications by number.
    pub applications: HashMap<i64, Application>,
    /// Remembered payers.
    pub payers: HashMap<PayerKey, Payer>,
    /// Promises that come through the bank, by amount.
    pub promised: HashMap<i64, Vec<i64>>,
    /// Entries that no line tells of, by amount.
    pub posted: HashMap<i64, Vec<Posted>>,
    /// Standing orders that are due, by amount.
    pub due: HashMap<i64, Vec<Due>>,
    /// Received gifts that the bank may have sent back, by amount.
    pub returnable: HashMap<i64, Vec<i64>>,
    /// What the processors hold, at the end of each day on which it changed.
    pub clearing: Vec<(NaiveDate, i64)>,
}

impl Candidates {
    /// Nothing at all.
    pub fn none(currency: Currency) -> Self {
        Self {
            currency,
            gifts: HashMap::new(),
            applications: HashMap::new(),
            payers: HashMap::new(),
            promised: HashMap::new(),
            posted: HashMap::new(),
            due: HashMap::new(),
            returnable: HashMap::new(),
            clearing: Vec::new(),
        }
    }

    /// What the processors held at the end of a day.
    pub fn cleared_on(&self, day: NaiveDate) -> i64 {
        let at = self.clearing.partition_point(|(on, _)| *on <= day);
        at.checked_sub(1).map_or(0, |last| self.clearing[last].1)
    }
}
