//! Paying-in slips: cheques and cash go to the bank, in one entry a slip.
//!
//! Invariant: a cheque stands on one slip at most; a slip's entry moves exactly what its cheques and its cash come to.

use std::collections::HashMap;
use std::collections::hash_map::Entry::{Occupied, Vacant};

use chrono::{DateTime, NaiveDate, Utc};

use super::{Row, store};
use crate::db::{Conn, DbError};
use crate::donations::{self, Donation};
use crate::ledger;
use crate::money::Currency;
use crate::payments::{self, Allocation, PurposeKind, Source};
use crate::reference::Reference;
use crate::shares;

mod bounce;
mod given_back;
mod hand;
mod pay_in;

pub use bounce::{Bounced, bounce, bounce_on};
pub use hand::{InHand, Place, in_hand};
pub use pay_in::{pay_in, take_back};

/// The most cheques of one slip: a paying-in book has room for a fraction of it.
pub const CHEQUES_MAX: usize = 500;
/// Days after which a cheque in hand stands out: longer than anybody plans to keep one in a drawer.
pub const OLD_DAYS: i64 = 7;

/// Where a cheque is entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cheque {
    /// A row of a batch.
    Row(i64),
    /// A gift that was entered by itself.
    Gift(i64),
    /// A payment for an application for shares that was entered by itself.
    Shares(i64),
}

impl Cheque {
    /// As the database writes its kind.
    pub fn name(self) -> &'static str {
        match self {
            Self::Row(_) => "row",
            Self::Gift(_) => "gift",
            Self::Shares(_) => "shares",
        }
    }

    /// Its number among those of its kind.
    pub fn id(self) -> i64 {
        match self {
            Self::Row(id) | Self::Gift(id) | Self::Shares(id) => id,
        }
    }

    /// Reads kind and number back.
    pub fn of(name: &str, id: i64) -> Option<Self> {
        match name {
            "row" => Some(Self::Row(id)),
            "gift" => Some(Self::Gift(id)),
            "shares" => Some(Self::Shares(id)),
            _ => None,
        }
    }

    /// Reads "row-12" back.
    ///
    /// ```
    /// use fighting_fund::batches::slips::Cheque;
    /// assert_eq!(Cheque::from_text("row-12"), Some(Cheque::Row(12)));
    /// assert_eq!(Cheque::from_text("row12"), None);
    /// ```
    pub fn from_text(text: &str) -> Option<Self> {
        let (name, id) = text.split_once('-')?;
        Self::of(name, id.parse().ok()?)
    }

    /// "row-12"
    pub fn text(self) -> String {
        format!("{}-{}", self.name(), self.id())
    }
}

/// A cheque that is here, or stands on a slip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChequeView {
    /// Where it is entered.
    pub cheque: Cheque,
    /// What is written on it, and what the bank takes in.
    pub amount_minor: i64,
    /// What of it went back to the giver meanwhile.
    pub given_back_minor: i64,
    /// What it counts in.
    pub currency: Currency,
    /// The day it came.
    pub received_on: NaiveDate,
    /// Who gave it; may be empty.
    pub name: String,
    /// The number printed on it; empty where nobody typed it.
    pub number: String,
    /// The gifts that it made.
    pub gifts: Vec<Reference>,
    /// The application it is for.
    pub application: Option<Reference>,
    /// The batch and the row in which it was entered.
    pub row: Option<(i64, i64)>,
    /// Whether it came back from the bank.
    pub bounced: bool,
}

impl ChequeView {
    /// Whether anything of it is left: a cheque that was refunded in full was handed back.
    fn is_worth_something(&self) -> bool {
        self.amount_minor > self.given_back_minor
    }
}

/// A paying-in slip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slip {
    /// Its number among all slips.
    pub id: i64,
    /// As the paying-in book and the bank's statement have it: what a statement line is matched by.
    pub number: String,
    /// The day it went to the bank.
    pub paid_in_on: NaiveDate,
    /// What it counts in.
    pub currency: Currency,
    /// How many cheques.
    pub cheques: i64,
    /// Their sum.
    pub cheques_minor: i64,
    /// The cash.
    pub cash_minor: i64,
    /// The entry that moved it to the bank.
    pub entry: i64,
    /// When it was made.
    pub made_at: DateTime<Utc>,
    /// By whom.
    pub made_by: String,
    /// When it was taken back, if it was.
    pub undone_at: Option<DateTime<Utc>>,
    /// By whom.
    pub undone_by: Option<String>,
    /// Why.
    pub undone_reason: Option<String>,
    /// The entry that took it back.
    pub undone_entry: Option<i64>,
}

impl Slip {
    /// What the bank got.
    pub fn total_minor(&self) -> i64 {
        self.cheques_minor + self.cash_minor
    }
}

/// A cheque on a slip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Item {
    /// Which.
    pub cheque: Cheque,
    /// What it was worth then.
    pub amount_minor: i64,
    /// Whether it came back from the bank.
    pub bounced: bool,
}

/// What goes to the bank.
#[derive(Debug, Clone)]
pub struct PayingIn {
    /// One form makes one slip.
    pub key: String,
    /// The number in the paying-in book; empty for one of ours.
    pub number: String,
    /// The day it goes to the bank; today where nothing is said.
    pub paid_in_on: Option<NaiveDate>,
    /// The cheques.
    pub cheques: Vec<Cheque>,
    /// The cash.
    pub cash_minor: i64,
    /// What cash counts in, where there are no cheques.
    pub currency: Currency,
}

/// The slip with this number.
///
/// # Errors
/// Only when the database fails.
pub fn slip(conn: &mut Conn, id: i64) -> Result<Option<Slip>, DbError> {
    store::slip(conn, id)
}

/// The slips below `before`, newest first.
///
/// # Errors
/// Only when the database fails.
pub fn newest(conn: &mut Conn, before: Option<i64>, limit: i64) -> Result<Vec<Slip>, DbError> {
    store::newest_slips(conn, before, limit)
}

/// The cheque with which a gift was given: the row of the post of which it is a part, or the gift by itself.
///
/// # Errors
/// Only when the database fails.
pub fn cheque_of(conn: &mut Conn, gift: &Donation) -> Result<Option<Cheque>, DbError> {
    let Some(entry) = gift.entry.filter(|_| gift.method == donations::Method::Cheque) else { return Ok(None) };
    let row = payments::allocations_of_entry(conn, entry)?.into_iter().find_map(|allocation| match allocation.source {
        Source::BatchRow(id) => Some(Cheque::Row(id)),
        Source::StatementLine(_) => None,
    });
    Ok(Some(row.unwrap_or(Cheque::Gift(gift.id))))
}

/// The slip on which a cheque stands, if it stands on one: its number and the number in the book.
///
/// # Errors
/// Only when the database fails.
pub fn slip_of(conn: &mut Conn, cheque: Cheque) -> Result<Option<(i64, String)>, DbError> {
    store::item_of(conn, cheque)
}

/// The cheques of a slip, as they stand now.
///
/// # Errors
/// Only when the database fails.
pub fn cheques_of(conn: &mut Conn, slip: i64) -> Result<Vec<ChequeView>, DbError> {
    let items = store::items_of(conn, slip)?;
    let known: HashMap<Cheque, &Item> = items.iter().map(|item| (item.cheque, item)).collect();
    let cheques: Vec<Cheque> = items.iter().map(|item| item.cheque).collect();
    let mut views = views(conn, &cheques)?;
    for view in &mut views {
        if let Some(item) = known.get(&view.cheque) {
            view.amount_minor = item.amount_minor;
            view.bounced |= item.bounced;
        }
    }
    Ok(views)
}

/// What is known of these cheques.
fn views(conn: &mut Conn, cheques: &[Cheque]) -> Result<Vec<ChequeView>, DbError> {
    let ids = |kind: &str| -> Vec<i64> {
        cheques.iter().filter(|cheque| cheque.name() == kind).map(|cheque| cheque.id()).collect()
    };
    let rows = store::rows_numbered(conn, &ids("row"))?;
    let mut views = of_rows(conn, &rows)?;
    let gifts = ids("gift");
    let known = donations::by_numbers(conn, &gifts)?;
    views.extend(gifts.iter().filter_map(|id| known.get(id)).map(of_gift));
    let payments = shares::payments_numbered(conn, &ids("shares"))?;
    views.extend(of_payments(conn, payments)?);
    Ok(views)
}

fn of_gift(gift: &Donation) -> ChequeView {
    ChequeView {
        cheque: Cheque::Gift(gift.id),
        amount_minor: gift.amount_minor,
        given_back_minor: gift.returned_minor,
        currency: gift.currency,
        received_on: gift.received_on.unwrap_or_default(),
        name: gift.name.clone(),
        number: String::new(),
        gifts: vec![gift.reference()],
        application: None,
        row: None,
        bounced: gift.status == donations::Status::Bounced,
    }
}

fn of_payments(conn: &mut Conn, payments: Vec<shares::Payment>) -> Result<Vec<ChequeView>, DbError> {
    let mut views = Vec::with_capacity(payments.len());
    for payment in payments {
        let application = shares::application(conn, payment.application_id)?;
        let Some(application) = application else { continue };
        let class = shares::class(conn, application.class_id)?;
        let holder = shares::holder(conn, application.holder_id)?;
        views.push(ChequeView {
            cheque: Cheque::Shares(payment.id),
            amount_minor: payment.amount_minor,
            given_back_minor: 0,
            currency: class.currency,
            received_on: payment.received_on,
            name: holder.map(|holder| holder.name).unwrap_or_default(),
            number: String::new(),
            gifts: Vec::new(),
            application: Some(application.reference()),
            row: None,
            bounced: false,
        });
    }
    Ok(views)
}

/// Rows with the gifts they made; a part that bounced by itself is not worth anything any more.
fn of_rows(conn: &mut Conn, rows: &[Row]) -> Result<Vec<ChequeView>, DbError> {
    let sources: Vec<Source> = rows.iter().map(|row| Source::BatchRow(row.id)).collect();
    let allocations: Vec<Allocation> =
        payments::allocations_of(conn, &sources)?.into_iter().filter(Allocation::is_live).collect();
    let numbers: Vec<i64> = allocations.iter().filter_map(gift_of).map(Reference::number).collect();
    let gifts = donations::by_numbers(conn, &numbers)?;
    let mut currencies: HashMap<i64, Currency> = HashMap::new();
    let mut views = Vec::with_capacity(rows.len());
    for row in rows {
        let currency = match currencies.entry(row.batch_id) {
            Occupied(known) => *known.get(),
            Vacant(new) => {
                let batch = store::batch(conn, row.batch_id)?;
                let batch = batch.ok_or_else(|| DbError::Corrupt(format!("row {} has no batch", row.id)))?;
                *new.insert(batch.currency)
            }
        };
        let own = allocations.iter().filter(|allocation| allocation.source == Source::BatchRow(row.id));
        let own: Vec<Reference> = own.filter_map(gift_of).collect();
        let of_row = own.iter().filter_map(|reference| gifts.get(&reference.number()));
        let (mut given_back, mut unpaid, mut bounced, mut name) = (0, 0, false, row.name.clone());
        for gift in of_row {
            let is_unpaid = gift.status == donations::Status::Bounced;
            bounced |= is_unpaid;
            *(if is_unpaid { &mut unpaid } else { &mut given_back }) += gift.returned_minor;
            if name.is_empty() {
                name.clone_from(&gift.name);
            }
        }
        views.push(ChequeView {
            cheque: Cheque::Row(row.id),
            amount_minor: row.amount_minor - unpaid,
            given_back_minor: given_back,
            currency,
            received_on: row.received_on,
            name,
            number: row.cheque_number.clone(),
            gifts: own,
            application: row.application_id.map(shares::numbers::application_reference),
            row: Some((row.batch_id, row.line)),
            bounced,
        });
    }
    Ok(views)
}

pub(super) fn gift_of(allocation: &Allocation) -> Option<Reference> {
    let is_gift = matches!(allocation.purpose, PurposeKind::Gift | PurposeKind::Promise);
    allocation.subject.parse().ok().filter(|_| is_gift)
}

/// What an account has, at the end of all days.
///
/// # Errors
/// Only when the database fails.
pub fn balance(conn: &mut Conn, account: &str, currency: Currency) -> Result<i64, DbError> {
    Ok(ledger::days_of(conn, account, currency)?.iter().map(|(_, moved)| moved).sum())
}

/// The first of these rows whose cheque stands on a slip: its line and the slip's number.
pub(super) fn first_paid_in(conn: &mut Conn, rows: &[Row]) -> Result<Option<(i64, String)>, DbError> {
    for row in rows {
        if let Some((_, number)) = store::item_of(conn, Cheque::Row(row.id))? {
            return Ok(Some((row.line, number)));
        }
    }
    Ok(None)
}
