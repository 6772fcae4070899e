//! The cheques in hand, page by page.
//!
//! Invariant: pages in a row show every cheque once, however they were entered.

use chrono::NaiveDate;

use super::{Cheque, ChequeView, of_gift, of_payments, of_rows};
use crate::batches::store;
use crate::db::{Conn, DbError};
use crate::donations;
use crate::shares;

/// A page of cheques.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InHand {
    /// The cheques, the oldest first.
    pub cheques: Vec<ChequeView>,
    /// Where the next page begins; none when this is the last.
    pub next: Option<Place>,
}

/// Where a page begins: behind the cheque of this day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The day it came.
    pub received_on: NaiveDate,
    /// Which.
    pub cheque: Cheque,
}

impl Place {
    /// "2021-06-25.row-12"
    pub fn text(self) -> String {
        format!("{}.{}", self.received_on, self.cheque.text())
    }

    /// Reads "2021-06-25.row-12" back.
    ///
    /// ```
    /// use fighting_fund::batches::slips::Place;
    /// let text = "2021-06-25.row-12";
    /// assert_eq!(Place::from_text(text).map(Place::text).as_deref(), Some(text));
    /// assert_eq!(Place::from_text("row-12"), None);
    /// ```
    pub fn from_text(text: &str) -> Option<Self> {
        let (day, cheque) = text.split_once('.')?;
        Some(Self { received_on: day.parse().ok()?, cheque: Cheque::from_text(cheque)? })
    }

    fn of(view: &ChequeView) -> Self {
        Self { received_on: view.received_on, cheque: view.cheque }
    }

    fn key(self) -> (NaiveDate, &'static str, i64) {
        (self.received_on, self.cheque.name(), self.cheque.id())
    }

    /// Behind which number the cheques of one kind go on, on the day itself.
    fn bound(self, kind: &str) -> (NaiveDate, i64) {
        let (day, own, id) = self.key();
        match kind.cmp(own) {
            std::cmp::Ordering::Less => (day, i64::MAX),
            std::cmp::Ordering::Equal => (day, id),
            std::cmp::Ordering::Greater => (day, 0),
        }
    }
}

/// The cheques that are here and were not paid in, oldest first, behind a place.
///
/// # Errors
/// Only when the database fails.
pub fn in_hand(conn: &mut Conn, after: Option<Place>, limit: i64) -> Result<InHand, DbError> {
    let first = NaiveDate::from_ymd_opt(1, 1, 1).unwrap_or_default();
    let bound = |kind: &str| after.map_or((first, 0), |place| place.bound(kind));
    let rows = store::rows_in_hand(conn, bound("row"), limit)?;
    let gifts = donations::cheques_in_hand(conn, bound("gift"), limit)?;
    let payments = shares::cheques_in_hand(conn, bound("shares"), limit)?;
    let of_rows = of_rows(conn, &rows)?;
    let of_gifts: Vec<ChequeView> = gifts.iter().map(of_gift).collect();
    let of_payments = of_payments(conn, payments)?;
    let places = [&of_rows, &of_gifts, &of_payments]
        .map(|views| views.last().map(Place::of).filter(|_| views.len() as i64 >= limit));
    // What is full may go on before the last of the others.
    let mut next = places.into_iter().flatten().min_by_key(|place| place.key());
    let mut cheques = [of_rows, of_gifts, of_payments].concat();
    cheques.retain(|view| view.is_worth_something() && next.is_none_or(|cut| Place::of(view).key() <= cut.key()));
    cheques.sort_by_key(|view| Place::of(view).key());
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    if cheques.len() > limit {
        cheques.truncate(limit);
        next = cheques.last().map(Place::of);
    }
    Ok(InHand { cheques, next })
}
