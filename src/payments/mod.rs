//! Payments: money that arrived, and what it is for.
//!
//! Invariant: the portions of a payment add up to it, and each names the entry that the books have for it; nothing is
//! allocated twice, whoever clicks. Where the money is listed, in a batch of the post or on a bank statement, is left to
//! those rooms; what a gift or an application is, to theirs.

mod allocate;
mod error;
pub mod routes;
pub mod rules;
mod store;
mod take_back;
pub mod verify;

use chrono::{DateTime, NaiveDate, Utc};

use crate::ledger::Method;
use crate::money::Currency;
pub use allocate::allocate_all;
pub use error::{PaymentError, Refusal};
pub use store::{allocations_of, allocations_of_entry};
pub use take_back::{take_back, take_back_all};

/// Where money is listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Source {
    /// A row of a batch of the post.
    BatchRow(i64),
    /// A line of a bank statement.
    StatementLine(i64),
}

impl Source {
    /// As the database writes its kind.
    pub fn name(self) -> &'static str {
        match self {
            Self::BatchRow(_) => "batch_row",
            Self::StatementLine(_) => "statement_line",
        }
    }

    /// Its number among those of its kind.
    pub fn id(self) -> i64 {
        match self {
            Self::BatchRow(id) | Self::StatementLine(id) => id,
        }
    }

    /// Reads kind and number back.
    pub fn of(name: &str, id: i64) -> Option<Self> {
        match name {
            "batch_row" => Some(Self::BatchRow(id)),
            "statement_line" => Some(Self::StatementLine(id)),
            _ => None,
        }
    }
}

/// Money that arrived, or (negative) left the bank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Money {
    /// Where it is listed.
    pub source: Source,
    /// How it came, and so where it is.
    pub method: Method,
    /// The day it came.
    pub received_on: NaiveDate,
    /// How much; negative for money that left.
    pub amount_minor: i64,
    /// What it counts in.
    pub currency: Currency,
}

/// A gift that somebody made with this money.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GiftFor {
    /// The fund.
    pub fund_id: i64,
    /// The appeal that staff place it in; otherwise its date decides.
    pub appeal: Option<String>,
    /// The giver's name; may be empty.
    pub name: String,
    /// Where the receipt goes.
    pub email: Option<String>,
    /// How to thank the giver in the paper.
    pub acknowledge_as: String,
    /// True when the giver does not want to be named.
    pub anonymous: bool,
    /// The giver's or the clerk's words.
    pub note: String,
    /// Whom the gift remembers; may be empty.
    pub in_memory_of: String,
    /// True when the giver agreed that the paper may print it.
    pub memory_in_print: bool,
}

/// What money is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Purpose {
    /// A gift that the books do not know yet.
    NewGift(GiftFor),
    /// A promised gift arrives, with what came of it, also when another amount was promised.
    Promise {
        /// Its number.
        donation: i64,
    },
    /// Money for an application for shares.
    Shares {
        /// Its number.
        application: i64,
    },
    /// Anything else that has an account: a subscription, a fee, interest, the parts of a processor's payout.
    Account {
        /// "income:subscriptions"
        account: String,
        /// What it is, for people; may be empty.
        note: String,
    },
    /// Nobody knows yet.
    Unallocated,
    /// The books have it already: it is linked, and nothing is posted.
    Known {
        /// The entry's number.
        entry: i64,
    },
}

/// A part of a payment, with what it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Portion {
    /// How much; with the sign of the money, except where a fee is taken off a payout.
    pub amount_minor: i64,
    /// What for.
    pub purpose: Purpose,
}

/// What an allocation is for, in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PurposeKind {
    /// A gift that this money made.
    Gift,
    /// A promised gift that arrived with it.
    Promise,
    /// Money for an application.
    Shares,
    /// Another account.
    Account,
    /// Nobody knows yet.
    Unallocated,
    /// The books had it already.
    Known,
}

impl PurposeKind {
    /// Every kind.
    pub const ALL: [Self; 6] = [Self::Gift, Self::Promise, Self::Shares, Self::Account, Self::Unallocated, Self::Known];

    /// As the database writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gift => "gift",
            Self::Promise => "promise",
            Self::Shares => "shares",
            Self::Account => "account",
            Self::Unallocated => "unallocated",
            Self::Known => "known",
        }
    }

    /// Reads the name back.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

impl Purpose {
    /// In a word.
    pub fn kind(&self) -> PurposeKind {
        match self {
            Self::NewGift(_) => PurposeKind::Gift,
            Self::Promise { .. } => PurposeKind::Promise,
            Self::Shares { .. } => PurposeKind::Shares,
            Self::Account { .. } => PurposeKind::Account,
            Self::Unallocated => PurposeKind::Unallocated,
            Self::Known { .. } => PurposeKind::Known,
        }
    }
}

/// A portion as the books have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allocation {
    /// Its number.
    pub id: i64,
    /// The money.
    pub source: Source,
    /// How much of it.
    pub amount_minor: i64,
    /// What for.
    pub purpose: PurposeKind,
    /// The reference of the gift or application, the account's name, or the entry's number.
    pub subject: String,
    /// For people; may be empty.
    pub note: String,
    /// The entry that the books have for it.
    pub entry: i64,
    /// When it was made.
    pub made_at: DateTime<Utc>,
    /// By whom.
    pub made_by: String,
    /// From which request.
    pub request_id: String,
    /// When it was taken back, if it was.
    pub undone_at: Option<DateTime<Utc>>,
    /// By whom.
    pub undone_by: Option<String>,
    /// Why.
    pub undone_reason: Option<String>,
    /// The entry that took it back.
    pub undone_entry: Option<i64>,
}

impl Allocation {
    /// Whether it stands.
    pub fn is_live(&self) -> bool {
        self.undone_at.is_none()
    }
}

/// What became of one payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The money.
    pub source: Source,
    /// Its portions, in order.
    pub allocations: Vec<Allocation>,
}

/// Who allocates, from which request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct By {
    /// Who, as the trail writes it.
    pub who: String,
    /// From which request.
    pub request_id: String,
}
