//! Donations: one gift to one appeal, from the promise to the money and, now and then, back again.
//!
//! Invariant: one key is one gift, however often it is sent; a received gift has its entry, its receipt and its share
//! of the public total in the same transaction. How the mail travels is left to `outbox`.

mod arrive;
mod bounce_day;
mod changes;
mod contact;
mod correct;
pub mod forms;
pub mod import;
pub mod lapse;
pub mod letters;
pub mod link;
pub mod misspelt;
mod overtaken;
mod own_address;
pub mod parse;
mod record;
pub mod reminders;
pub mod routes;
pub mod rules;
pub mod statements;
mod status;
mod store;
mod take_back;
pub mod till;
pub mod verify;
mod watch;

use chrono::{DateTime, NaiveDate, Utc};

use crate::db::{Conn, DbError};
use crate::funds::{self, Appeal, Fund, NoAppeal, Standing};
pub use crate::ledger::Method;
use crate::money::Currency;
use crate::receipts::ReceiptNumber;
use crate::reference::Reference;
pub use arrive::{Arrival, receive, receive_all};
pub use bounce_day::{BounceDayError, check_bounce_day};
pub use changes::{Change, ChangeError, MoneySource, bounce, bounce_on, cancel, refund, resend_receipt};
pub use contact::{Contact, ContactError, Reached, give_address, name_giver, reach};
pub use correct::{Correction, correct};
pub use own_address::{OwnAddressError, can_correct, correct_address};
pub use record::{Letters, record_all, record_with};
pub use rules::{NewGift, Taken};
pub use status::Status;
pub use store::{
    Event, ReceiptLetters, Return, Search, Thanked, after, appeals_with_returns, by_number, by_numbers, came,
    cheques_in_hand, count_pledged, event_numbered, events_of, hold_in, is_quiet, newest, number_of_key,
    receipt_letters, returns_of, search, thanked,
};
pub use store::{Issued, events_posting, issued};
pub use take_back::take_back;
pub use watch::{ReceiptWatch, ReceiptYear, prove_receipts, receipt_watch, send_missing};

/// What of other appeals' gifts went back while this one bore it, in a sentence; empty where nothing did.
///
/// # Errors
/// Only when the database fails.
pub fn given_back(conn: &mut Conn, fund: &Fund, appeal: &Appeal, standing: &Standing) -> Result<String, DbError> {
    if standing.adjusted_minor == 0 {
        return Ok(String::new());
    }
    Ok(funds::words::given_back(fund, appeal, &store::lowered_by(conn, appeal.id)?))
}

/// What an appeal received each day, gifts that went back taken off the day they came; where a
/// gift's own appeal was closed by then, off the day they went back, in the appeal whose total fell.
///
/// # Errors
/// Only when the database fails.
pub fn sums_by_day(conn: &mut Conn, appeal_id: i64) -> Result<Vec<(NaiveDate, i64)>, DbError> {
    let mut days: Vec<(NaiveDate, i64)> = Vec::new();
    for of_method in funds::days_of(conn, &[appeal_id])? {
        match days.last_mut() {
            Some((day, sum)) if *day == of_method.day => *sum += of_method.raised_minor,
            _ => days.push((of_method.day, of_method.raised_minor)),
        }
    }
    Ok(days)
}

/// A donation as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Donation {
    /// Its number.
    pub id: i64,
    /// The fund's slug.
    pub fund: String,
    /// The appeal's name.
    pub appeal: String,
    /// The appeal's number.
    pub appeal_id: i64,
    /// What it counts in.
    pub currency: Currency,
    /// The gross gift.
    pub amount_minor: i64,
    /// Refunded, bounced or lost.
    pub returned_minor: i64,
    /// How it came.
    pub method: Method,
    /// Where it stands.
    pub status: Status,
    /// The day the money arrived; none while it is a promise.
    pub received_on: Option<NaiveDate>,
    /// The entry that recorded it.
    pub entry: Option<i64>,
    /// Its receipt.
    pub receipt: Option<ReceiptNumber>,
    /// Who gave it, where a name or an e-mail address was left.
    pub supporter: Option<i64>,
    /// The giver's name.
    pub name: String,
    /// The giver's e-mail address.
    pub email: Option<String>,
    /// Where a letter on paper reaches the giver; may be empty.
    pub address: String,
    /// How the giver wants to be thanked in the paper; empty for not at all.
    pub acknowledge_as: String,
    /// True when the giver does not want to be named.
    pub anonymous: bool,
    /// The giver's or the clerk's words.
    pub note: String,
    /// Whom the gift commemorates; may be empty.
    pub in_memory_of: String,
    /// True when the giver agreed that the paper may print it.
    pub memory_in_print: bool,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
    /// By whom.
    pub recorded_by: String,
    /// From which request.
    pub request_id: String,
    /// The account that has its money, once a payment or a paying-in slip says so.
    pub held_in: Option<String>,
}

impl Donation {
    /// What the giver and the bank see.
    pub fn reference(&self) -> Reference {
        Reference::of(self.id)
    }

    /// Where its letters go: to the e-mail address, or nowhere in particular for a letter on paper; none when there is no
    /// way to write.
    pub fn recipient(&self) -> Option<String> {
        let has_post = !self.name.is_empty() && !self.address.is_empty();
        self.email.clone().or_else(|| has_post.then(String::new))
    }

    /// The account that has its money: a cheque is in hand until it is paid in.
    pub fn account(&self) -> &str {
        self.held_in.as_deref().unwrap_or(self.method.account())
    }

    /// Whether it is a cheque that was paid into the bank.
    pub fn is_paid_in(&self) -> bool {
        self.account() != self.method.account()
    }

    /// What has not gone back.
    pub fn remaining_minor(&self) -> i64 {
        self.amount_minor - self.returned_minor
    }
}

/// A gift that was recorded, now or the first time its key was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// As it stood when it was recorded.
    pub donation: Recap,
    /// True when the key was known already and nothing changed.
    pub is_replay: bool,
}

/// What a giver or a program is told of a gift.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recap {
    /// Its number.
    pub id: i64,
    /// Pledged or received.
    pub status: Status,
    /// The amount.
    pub amount_minor: i64,
    /// What it counts in.
    pub currency: Currency,
    /// The appeal's name.
    pub appeal: String,
    /// Its receipt, once received.
    pub receipt: Option<ReceiptNumber>,
    /// Its entry, once received.
    pub entry: Option<i64>,
}

/// Why a gift was not recorded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GiftRefusal {
    /// One key, two contents.
    #[error("This key was used before for a different gift. Use a new key for a new gift.")]
    KeyReused,
    /// The appeal is over, the date lies ahead, or the books are closed.
    #[error(transparent)]
    NoAppeal(#[from] NoAppeal),
    /// The appeal that staff named is not there.
    #[error("There is no appeal called {0} in this fund.")]
    UnknownAppeal(String),
}

/// A gift's outcome.
pub type Outcome = Result<Recorded, GiftRefusal>;
