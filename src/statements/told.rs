//! A statement as a file tells it, before anything of it is kept.
//!
//! Invariant: every format ends in these two types, so that whatever comes after does not know which it was.

use chrono::NaiveDate;

use super::Kind;

/// A statement of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told {
    /// The bank's own number of it; may be empty.
    pub bank_number: String,
    /// The account as the file has it; empty where it does not say.
    pub account: String,
    /// Three letters; empty where it does not say.
    pub currency: String,
    /// Its first day, where it says.
    pub from_on: Option<NaiveDate>,
    /// Its last day, where it says.
    pub until_on: Option<NaiveDate>,
    /// The balance before its first line, where it says.
    pub opening_minor: Option<i64>,
    /// The balance after its last line, where it says.
    pub closing_minor: Option<i64>,
    /// Its lines, the oldest first.
    pub lines: Vec<ToldLine>,
}

/// A line of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ToldLine {
    /// Where it stands in the file, as a person counts rows or entries.
    pub line: i64,
    /// The day the bank booked it.
    pub booked_on: NaiveDate,
    /// A credit is positive, a debit negative; never nothing.
    pub amount_minor: i64,
    /// How the money moved.
    pub kind: Kind,
    /// Who paid, or was paid.
    pub payer: String,
    /// Their account.
    pub payer_account: String,
    /// What the payer wrote.
    pub reference: String,
    /// Everything else the bank says.
    pub description: String,
    /// The bank's own number of the line.
    pub bank_id: String,
    /// The balance after it.
    pub balance_minor: Option<i64>,
}
