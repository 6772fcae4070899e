//! A slip goes to the bank, and comes back from there as if it had never gone.
//!
//! Invariant: the entry moves exactly what the cheques and the cash come to, and everything that the cheques made knows
//! where its money is now.

use chrono::{DateTime, NaiveDate, Utc};

use super::{CHEQUES_MAX, Cheque, ChequeView, PayingIn, Slip, balance, cheques_of, given_back, views};
use crate::batches::store::{self, NewItem, NewSlip};
use crate::batches::{BatchError, By};
use crate::clock::date_in;
use crate::db::{Conn, DbError};
use crate::donations;
use crate::funds;
use crate::ledger::{self, EntryKind, Line, NewEntry, accounts};
use crate::money::{Currency, display};
use crate::payments::{self, Allocation, PurposeKind, Source};
use crate::reference::Reference;
use crate::shares;

/// Pays cheques and cash into the bank: one slip, one entry. The answer is the slip's number; a second sending of the same
/// form leads to the same slip. The caller holds [`crate::db::Lock::Books`].
///
/// # Errors
/// [`BatchError`]: nothing chosen, a cheque that is not in hand any more, a day before it came, more cash than there is.
pub fn pay_in(conn: &mut Conn, now: DateTime<Utc>, by: &By, paying: &PayingIn) -> Result<i64, BatchError> {
    if let Some(known) = store::slip_by_key(conn, &paying.key)? {
        return Ok(known);
    }
    let mut chosen = paying.cheques.clone();
    chosen.sort_by_key(|cheque| (cheque.name(), cheque.id()));
    chosen.dedup();
    if chosen.is_empty() && paying.cash_minor <= 0 {
        return Err(BatchError::NothingToPayIn);
    }
    if chosen.len() > CHEQUES_MAX {
        return Err(BatchError::TooManyCheques(CHEQUES_MAX));
    }
    let views = views(conn, &chosen)?;
    if views.len() != chosen.len() || !are_in_hand(conn, &views)? {
        return Err(BatchError::NotInHand);
    }
    let currency = views.first().map_or(paying.currency, |view| view.currency);
    if views.iter().any(|view| view.currency != currency) {
        return Err(BatchError::MixedCurrencies);
    }
    let paid_in_on = day_of(conn, now, paying, &views)?;
    check_cash(conn, paying.cash_minor, currency)?;
    let cheques_minor: i64 = views.iter().map(|view| view.amount_minor).sum();
    let id = store::next_id(conn)?;
    let entry = banking(id, paid_in_on, currency, (cheques_minor, paying.cash_minor));
    let mut entries = given_back::out_of_bank(conn, &views, (paid_in_on, now))?;
    entries.push(entry);
    let posted = ledger::post_all(conn, now, &entries).map_err(DbError::from)?.pop();
    let posted = posted.ok_or_else(|| DbError::Corrupt("a slip was posted without an entry".to_owned()))?;
    let own_number = format!("{id:06}");
    let number = if paying.number.trim().is_empty() { own_number.as_str() } else { paying.number.trim() };
    let new = NewSlip {
        id,
        key: &paying.key,
        number,
        paid_in_on,
        currency,
        cheques_minor,
        cash_minor: paying.cash_minor,
        entry: posted.number,
    };
    let items: Vec<NewItem> =
        views.iter().map(|view| NewItem { cheque: view.cheque, amount_minor: view.amount_minor }).collect();
    store::insert_slip(conn, now, by, &new, &items)?;
    hold(conn, &views, Place::Bank)?;
    Ok(id)
}

/// A slip's number as the ledger has it.
fn banking(id: i64, on: NaiveDate, currency: Currency, (cheques_minor, cash_minor): (i64, i64)) -> NewEntry {
    let amounts = [
        (accounts::BANK, cheques_minor + cash_minor),
        (accounts::CHEQUES_IN_HAND, -cheques_minor),
        (accounts::CASH, -cash_minor),
    ];
    let lines = amounts.into_iter().filter(|(_, minor)| *minor != 0);
    let lines =
        lines.map(|(account, amount_minor)| Line { account: account.to_owned(), amount_minor, appeal_id: None });
    NewEntry {
        effective_on: on,
        kind: EntryKind::Banking,
        subject: format!("slip:{id}"),
        corrects: None,
        currency,
        lines: lines.collect(),
    }
}

fn are_in_hand(conn: &mut Conn, views: &[ChequeView]) -> Result<bool, DbError> {
    for view in views {
        let is_here = match view.cheque {
            Cheque::Row(id) => store::row(conn, id)?.is_some_and(|row| row.in_hand),
            Cheque::Gift(id) => donations::by_number(conn, id)?.is_some_and(|gift| {
                gift.method == donations::Method::Cheque
                    && gift.held_in.is_none()
                    && gift.status == donations::Status::Received
            }),
            Cheque::Shares(id) => shares::payments_numbered(conn, &[id])?.iter().any(|payment| {
                payment.method == donations::Method::Cheque.name()
                    && payment.held_in.is_none()
                    && payment.amount_minor > 0
            }),
        };
        if !is_here || !view.is_worth_something() || store::item_of(conn, view.cheque)?.is_some() {
            return Ok(false);
        }
    }
    Ok(true)
}

fn day_of(
    conn: &mut Conn,
    now: DateTime<Utc>,
    paying: &PayingIn,
    views: &[ChequeView],
) -> Result<NaiveDate, BatchError> {
    let zone = funds::all(conn)?.first().map_or(chrono_tz::Tz::UTC, |fund| fund.zone);
    let today = date_in(now, zone);
    let on = paying.paid_in_on.unwrap_or(today);
    if on > today {
        let words = format!("The day {on} has not come yet. Please give the day on which it goes to the bank.");
        return Err(BatchError::field("paid_in_on", words));
    }
    if let Err(refusal) = funds::rules::check_date(on, today) {
        return Err(BatchError::field("paid_in_on", refusal));
    }
    if let Some(late) = views.iter().map(|view| view.received_on).find(|came| *came > on) {
        return Err(BatchError::BeforeItCame(late));
    }
    if let Some(month) = funds::closed_on(conn, on)? {
        return Err(BatchError::field("paid_in_on", format!("The books of {month} are closed. Please check the day.")));
    }
    Ok(on)
}

/// There cannot go more cash to the bank than is here.
fn check_cash(conn: &mut Conn, cash_minor: i64, currency: Currency) -> Result<(), BatchError> {
    let here = balance(conn, accounts::CASH, currency)?;
    if cash_minor > 0 && cash_minor > here {
        return Err(BatchError::TooMuchCash(display(here.max(0), currency)));
    }
    Ok(())
}

/// Where the money of cheques is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Bank,
    Hand,
}

/// Notes with everything that the cheques made where their money is now.
fn hold(conn: &mut Conn, views: &[ChequeView], place: Place) -> Result<(), DbError> {
    let (mut single, mut split, mut rows) = (Vec::new(), Vec::new(), Vec::new());
    for view in views {
        let numbers = view.gifts.iter().copied().map(Reference::number);
        match view.cheque {
            Cheque::Row(id) => {
                split.extend(numbers);
                rows.push(id);
            }
            _ => single.extend(numbers),
        }
    }
    let is_bank = place == Place::Bank;
    let in_batch = if is_bank { accounts::BANK } else { accounts::CHEQUES_IN_HAND };
    donations::hold_in(conn, &split, Some(in_batch))?;
    donations::hold_in(conn, &single, is_bank.then_some(accounts::BANK))?;
    store::set_rows_in_hand(conn, &rows, !is_bank)?;
    let sources: Vec<Source> = rows.iter().map(|id| Source::BatchRow(*id)).collect();
    let of_rows = payments::allocations_of(conn, &sources)?;
    let is_shares = |it: &&Allocation| it.is_live() && it.purpose == PurposeKind::Shares;
    let entries: Vec<i64> = of_rows.iter().filter(is_shares).map(|allocation| allocation.entry).collect();
    shares::hold_payments_in(conn, &entries, Some(in_batch))?;
    let payments: Vec<i64> =
        views.iter().filter(|view| view.cheque.name() == "shares").map(|view| view.cheque.id()).collect();
    let alone = shares::payments_numbered(conn, &payments)?;
    let alone: Vec<i64> = alone.iter().map(|payment| payment.entry).collect();
    shares::hold_payments_in(conn, &alone, is_bank.then_some(accounts::BANK))
}

/// Takes a slip back, as if it had never gone to the bank: its cheques are in hand again.
///
/// # Errors
/// [`BatchError`]: taken back before, no reason, a closed month, a linked statement line, a cheque that bounced or was
/// refunded since.
pub fn take_back(conn: &mut Conn, now: DateTime<Utc>, by: &By, id: i64, reason: &str) -> Result<Slip, BatchError> {
    let slip = store::slip(conn, id)?.ok_or(BatchError::UnknownSlip)?;
    if slip.undone_at.is_some() {
        return Err(BatchError::SlipUndone);
    }
    if reason.trim().is_empty() {
        return Err(BatchError::ReasonMissing);
    }
    if let Some(month) = funds::closed_on(conn, slip.paid_in_on)? {
        return Err(BatchError::Closed(month));
    }
    if store::is_linked(conn, slip.entry)? {
        return Err(BatchError::SlipOnStatement);
    }
    let views = cheques_of(conn, id)?;
    if let Some(view) = views.iter().find(|view| view.bounced) {
        return Err(BatchError::SlipBounced(display(view.amount_minor, view.currency)));
    }
    if let Some(view) = given_back::since(conn, &views, slip.made_at)? {
        return Err(BatchError::SlipRefunded(display(view.amount_minor, view.currency)));
    }
    let mut entry = banking(id, slip.paid_in_on, slip.currency, (slip.cheques_minor, slip.cash_minor));
    entry.kind = EntryKind::Correction;
    entry.corrects = Some(slip.entry);
    let mut entries = vec![entry];
    entries.extend(given_back::out_of_bank(conn, &views, (slip.paid_in_on, slip.made_at))?);
    entries.iter_mut().flat_map(|entry| &mut entry.lines).for_each(|line| line.amount_minor = -line.amount_minor);
    let posted = ledger::post_all(conn, now, &entries).map_err(DbError::from)?;
    store::set_undone(conn, now, by, id, (reason, posted[0].number))?;
    hold(conn, &views, Place::Hand)?;
    store::slip(conn, id)?.ok_or(BatchError::UnknownSlip)
}
