//! Why something was not done to a batch or a slip. Each sentence says what to do.

use chrono::NaiveDate;

use crate::db::DbError;
use crate::donations::{ChangeError, ContactError};
use crate::fault::Fault;
use crate::payments::PaymentError;
use crate::shares::ShareError;

/// A refusal of this room.
#[derive(Debug, thiserror::Error)]
pub enum BatchError {
    /// No batch has this number.
    #[error("There is no batch with this number.")]
    Unknown,
    /// No row has this number.
    #[error("This row is not in the batch any more. Please look at the batch again.")]
    UnknownRow,
    /// It is in the books, or was put away.
    #[error("This batch is {0}, so it cannot be changed any more.")]
    NotOpen(&'static str),
    /// Nothing of it is in the books.
    #[error("This batch is {0}, so there is nothing to take back.")]
    NotPosted(&'static str),
    /// One form, two contents.
    #[error("You sent this form a moment ago with something else in it, and that was kept. Please look at the batch.")]
    KeyReused,
    /// The same of a row.
    #[error(
        "This form was sent a moment ago with something else in it, and that is row {0} now. Please correct that row; sent once more, this makes another."
    )]
    RowKept(i64),
    /// What was typed is not right.
    #[error("Please look again.")]
    Faults(Vec<Fault>),
    /// Nothing was entered.
    #[error("There is nothing in this batch yet. Please enter the rows first.")]
    Empty,
    /// Longer than a batch may be.
    #[error("A batch has at most {0} rows. Please post this one and open another.")]
    Full(i64),
    /// The rows are not what was counted; each sentence says by how much.
    #[error("{0}")]
    DoesNotAddUp(String),
    /// The setting asks for two people.
    #[error("The society asks for two people: please have somebody else check this batch and sign it.")]
    NotChecked,
    /// Counter and checker are one.
    #[error("You counted this batch, so somebody else must check it.")]
    SamePerson,
    /// A reversal without a reason.
    #[error("Please say why; the reason is kept with the batch.")]
    ReasonMissing,
    /// A row was refused by the books.
    #[error("Row {line}: {why}")]
    Row {
        /// Its place in the batch.
        line: i64,
        /// Why.
        why: Box<PaymentError>,
    },
    /// A giver could not be given the address.
    #[error("Row {line}: {why}")]
    Address {
        /// Its place in the batch.
        line: i64,
        /// Why.
        why: ContactError,
    },
    /// It came in a month that is closed.
    #[error(
        "Row {line}: The books of {month} are closed, so no other income can be posted there. Please correct the day, or let a treasurer reopen the month."
    )]
    ClosedMonth {
        /// Its place in the batch.
        line: i64,
        /// "2021-06"
        month: String,
    },
    /// A cheque of it is in the bank.
    #[error("The cheque of row {line} was paid in with slip {slip}. Please take that slip back first.")]
    PaidIn {
        /// Its place in the batch.
        line: i64,
        /// The slip's number.
        slip: String,
    },
    /// No slip has this number.
    #[error("There is no paying-in slip with this number.")]
    UnknownSlip,
    /// Nothing was chosen.
    #[error("Please tick the cheques that go to the bank, or give the cash that does.")]
    NothingToPayIn,
    /// More than a slip may have.
    #[error("A slip takes at most {0} cheques. Please pay the others in with another.")]
    TooManyCheques(usize),
    /// Somebody was quicker, or the cheque bounced meanwhile.
    #[error("One of these cheques is not in hand any more. Please look at the list again.")]
    NotInHand,
    /// Two currencies on one slip.
    #[error("These cheques are in different currencies. Please make a slip for each.")]
    MixedCurrencies,
    /// More cash than there is.
    #[error("There is {0} of cash in hand. Please pay in at most that.")]
    TooMuchCash(String),
    /// Before it came.
    #[error("A cheque that came on {0} cannot have been paid in before. Please check the day.")]
    BeforeItCame(NaiveDate),
    /// It was taken back before.
    #[error("This slip was taken back before.")]
    SlipUndone,
    /// The bank has shown it.
    #[error("A line of the bank statement is linked to this slip. Please undo that first.")]
    SlipOnStatement,
    /// A cheque of it came back.
    #[error("The cheque for {0} on this slip bounced, so the slip did go to the bank and stays.")]
    SlipBounced(String),
    /// Something of a cheque on it was given back.
    #[error("Part of the cheque for {0} on this slip was refunded since, out of the bank, so the slip stays.")]
    SlipRefunded(String),
    /// The month is closed.
    #[error("The books of {0} are closed, so this slip stays. A treasurer can reopen them.")]
    Closed(String),
    /// No such cheque on the slip.
    #[error("This cheque is not on the slip.")]
    NotOnSlip,
    /// Nothing of it is left to bounce.
    #[error("This cheque has gone back already.")]
    AlreadyBack,
    /// A gift was not changed.
    #[error(transparent)]
    Change(#[from] ChangeError),
    /// An application was not changed.
    #[error(transparent)]
    Shares(#[from] ShareError),
    /// A payment was not changed.
    #[error(transparent)]
    Payment(Box<PaymentError>),
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<PaymentError> for BatchError {
    fn from(error: PaymentError) -> Self {
        Self::Payment(Box::new(error))
    }
}

impl BatchError {
    /// A refusal of one field.
    pub fn field(field: &'static str, message: impl ToString) -> Self {
        Self::Faults(vec![Fault { field, message: message.to_string() }])
    }
}
