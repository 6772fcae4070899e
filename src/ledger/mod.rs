//! The ledger: accounts, entries and postings in double entry, numbered without gaps and chained by hash.
//!
//! Invariant: an entry balances, is never changed and never deleted; a mistake is corrected by another entry that
//! names it. The ledger knows nothing of donations or shares: they tell it what to post.

pub mod accounts;
pub mod chain;
mod method;
pub mod proofs;
pub mod routes;
pub mod rules;
mod store;
pub mod verify;

use chrono::{DateTime, NaiveDate, Utc};

use crate::db::{Conn, DbError};
use crate::money::Currency;
pub use chain::GENESIS;
pub use method::Method;
pub use store::{
    Balance, Entry, MonthOfIncome, Opened, Posting, Run, Turnover, balances, corrected_by_kind, corrections,
    dated_elsewhere, days_of, entries_after, entries_before, entries_between, entries_numbered, first_for, head,
    income_by_month, kinds_between, opened, posted_between, raised_by_appeal, turnover,
};

/// Why an entry was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    /// A gift was received.
    Donation,
    /// A gift went back, in part or whole.
    Refund,
    /// A cheque or a direct debit was not paid.
    Bounce,
    /// A gift or another allocation was entered by mistake and is taken back as if it had never been.
    Correction,
    /// Cheques or cash were paid into the bank.
    Banking,
    /// Money arrived and nobody knows yet what it is for.
    Unallocated,
    /// Money arrived that is neither a gift nor for shares.
    OtherIncome,
    /// A card processor paid out what it held, less its fee.
    Payout,
    /// The bank's own doing: a fee, interest, a payment out.
    BankPosting,
    /// What the society had before these books were kept.
    OpeningBalance,
    /// Money came for an application for shares.
    ShareMoney,
    /// Money of an application went back.
    ShareMoneyReturned,
    /// Shares were allotted.
    Allotment,
    /// Shares were withdrawn: the society owes their money.
    Withdrawal,
    /// A withdrawal was paid.
    WithdrawalPaid,
    /// Shares of one class became shares of another.
    Conversion,
    /// Shares were forfeited or given to the society.
    Forfeiture,
    /// Shares that were held before these books were kept.
    OpeningShares,
    /// Interest on shares was declared.
    ShareInterest,
    /// Interest on shares was paid.
    ShareInterestPaid,
    /// An event of the share register was reversed.
    ShareReversal,
}

impl EntryKind {
    /// Every kind.
    pub const ALL: [Self; 21] = [
        Self::Donation,
        Self::Refund,
        Self::Bounce,
        Self::Correction,
        Self::Banking,
        Self::Unallocated,
        Self::OtherIncome,
        Self::Payout,
        Self::BankPosting,
        Self::OpeningBalance,
        Self::ShareMoney,
        Self::ShareMoneyReturned,
        Self::Allotment,
        Self::Withdrawal,
        Self::WithdrawalPaid,
        Self::Conversion,
        Self::Forfeiture,
        Self::OpeningShares,
        Self::ShareInterest,
        Self::ShareInterestPaid,
        Self::ShareReversal,
    ];

    /// As the journal writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Donation => "donation",
            Self::Refund => "refund",
            Self::Bounce => "bounce",
            Self::Correction => "correction",
            Self::Banking => "banking",
            Self::Unallocated => "unallocated",
            Self::OtherIncome => "other-income",
            Self::Payout => "payout",
            Self::BankPosting => "bank-posting",
            Self::OpeningBalance => "opening-balance",
            Self::ShareMoney => "share-money",
            Self::ShareMoneyReturned => "share-money-returned",
            Self::Allotment => "allotment",
            Self::Withdrawal => "withdrawal",
            Self::WithdrawalPaid => "withdrawal-paid",
            Self::Conversion => "conversion",
            Self::Forfeiture => "forfeiture",
            Self::OpeningShares => "opening-shares",
            Self::ShareInterest => "share-interest",
            Self::ShareInterestPaid => "share-interest-paid",
            Self::ShareReversal => "share-reversal",
        }
    }

    /// Reads the name back.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// An entry to be posted.
#[derive(Debug, Clone)]
pub struct NewEntry {
    /// The day it counts from.
    pub effective_on: NaiveDate,
    /// Why.
    pub kind: EntryKind,
    /// The public reference of what caused it; never personal data.
    pub subject: String,
    /// The entry that it takes back, in part or whole.
    pub corrects: Option<i64>,
    /// What it counts in.
    pub currency: Currency,
    /// At least two, summing to nothing.
    pub lines: Vec<Line>,
}

/// One line of an entry.
#[derive(Debug, Clone)]
pub struct Line {
    /// "assets:bank"
    pub account: String,
    /// Debit is positive, credit negative.
    pub amount_minor: i64,
    /// The appeal whose total it moves.
    pub appeal_id: Option<i64>,
}

/// Where an entry stands in the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posted {
    /// Its number.
    pub number: i64,
    /// SHA-256 of its canonical line.
    pub hash: Vec<u8>,
}

/// Why entries were not posted.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The lines do not sum to nothing, or there are none.
    #[error("the entry for {0} does not balance")]
    Unbalanced(String),
    /// A name or a reference that would blur the canonical line.
    #[error("\"{0}\" may not stand in the ledger")]
    BadText(String),
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<LedgerError> for DbError {
    /// For callers whose entries balance by construction.
    fn from(error: LedgerError) -> Self {
        match error {
            LedgerError::Db(error) => error,
            other => Self::Corrupt(other.to_string()),
        }
    }
}

/// Posts entries in order, numbered on from the head of the chain, in the caller's transaction.
///
/// The caller holds [`crate::db::Lock::Books`].
///
/// # Errors
/// [`LedgerError`]: an entry that does not balance refuses them all.
pub fn post_all(conn: &mut Conn, now: DateTime<Utc>, entries: &[NewEntry]) -> Result<Vec<Posted>, LedgerError> {
    for entry in entries {
        rules::check(entry)?;
    }
    let accounts = store::accounts_for(conn, entries)?;
    let (mut last, latest) = store::tip(conn)?;
    // A clock that was set back waits until it is where it was: numbers rise with time.
    let now = latest.map_or(now, |latest| latest.max(now));
    let mut posted = Vec::with_capacity(entries.len());
    for entry in entries {
        let number = last.number + 1;
        let hash = chain::hash(&last.hash, &chain::canonical_line(number, now, entry));
        last = Posted { number, hash: hash.to_vec() };
        posted.push(last.clone());
    }
    store::insert_all(conn, now, entries, &posted, &accounts)?;
    store::add_to_days(conn, &rules::daily(entries, &accounts))?;
    Ok(posted)
}
