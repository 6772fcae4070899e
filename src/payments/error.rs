//! Why money was not allocated, or not taken back. Each sentence says what to do.

use super::Source;
use crate::db::DbError;
use crate::donations::{ChangeError, GiftRefusal};
use crate::shares::ShareError;

/// Why nothing was changed: one payment that was refused, or the database.
#[derive(Debug, thiserror::Error)]
pub enum PaymentError {
    /// One payment was refused, and so all of them: the caller's transaction must not land.
    #[error("{why}")]
    Refused {
        /// Which payment.
        of: Source,
        /// Which of its portions, counted from nought.
        portion: usize,
        /// Why.
        why: Refusal,
    },
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
}

/// What is wrong with one payment.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// No portions, one of nothing, or more than anybody means.
    #[error("Please give each part an amount, and at most {0} parts.")]
    BadPortions(usize),
    /// The sum is another.
    #[error("The parts add up to {0}, and {1} came. Please make them agree.")]
    Unequal(String, String),
    /// It was allocated before.
    #[error("This money is allocated already. Take that back first if it was wrong.")]
    AlreadyAllocated,
    /// Nothing stands that could be taken back.
    #[error("This money is not allocated, so there is nothing to take back.")]
    NothingAllocated,
    /// A gift or share money that would be negative.
    #[error("Only money that came in can be a gift or a payment for shares.")]
    NotMoneyIn,
    /// The fund or the class counts in something else.
    #[error("This money is in {0}, and what it is for counts in {1}.")]
    OtherCurrency(&'static str, &'static str),
    /// No such account can be.
    #[error(
        "\"{0}\" is not a name for an account. Use one such as income:subscriptions: lower-case letters, digits and \
         dashes after assets:, liabilities:, equity:, income: or expenses:."
    )]
    BadAccount(String),
    /// The account moves in another way only.
    #[error("{0} is kept by its own pages. Please choose the gift, the application or the withdrawal instead.")]
    KeptElsewhere(String),
    /// No fund has this number.
    #[error("There is no such fund.")]
    UnknownFund,
    /// No entry has this number.
    #[error("There is no entry {0} in the ledger.")]
    UnknownEntry(i64),
    /// The entry is about something else.
    #[error("Entry {entry} does not move {account} by this amount.")]
    OtherEntry {
        /// The entry.
        entry: i64,
        /// Where the money is.
        account: &'static str,
    },
    /// Other money is that entry.
    #[error("Entry {0} is linked to other money already.")]
    EntryLinked(i64),
    /// The month is closed.
    #[error("The books of {0} are closed, so nothing of that month can be taken back. A treasurer can reopen them.")]
    Closed(String),
    /// The gift was not recorded.
    #[error(transparent)]
    Gift(#[from] GiftRefusal),
    /// The gift was not changed.
    #[error(transparent)]
    Change(#[from] ChangeError),
    /// The application does not take it, or does not give it back.
    #[error(transparent)]
    Shares(#[from] ShareError),
}

impl Refusal {
    /// This refusal, of the portion of a payment.
    pub(super) fn of(self, source: Source, portion: usize) -> PaymentError {
        match self {
            Self::Change(ChangeError::Db(error)) | Self::Shares(ShareError::Db(error)) => PaymentError::Db(error),
            why => PaymentError::Refused { of: source, portion, why },
        }
    }
}
