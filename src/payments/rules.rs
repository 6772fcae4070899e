//! What portions may be, and what they post. No clock, no database.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::{Money, Portion, Purpose, Refusal, Source};
use crate::ledger::{Entry, EntryKind, Line, NewEntry, accounts};
use crate::money::display;

/// The most parts of one payment: more than any envelope ever held.
pub const PORTIONS_MAX: usize = 20;
/// The longest name of an account.
const ACCOUNT_CHARS_MAX: usize = 100;

/// Checks that portions add up to the money, and that each could be what it is for.
///
/// # Errors
/// The first [`Refusal`], with the portion it is about.
pub fn check(money: &Money, portions: &[Portion]) -> Result<(), (usize, Refusal)> {
    if portions.is_empty() || portions.len() > PORTIONS_MAX {
        return Err((0, Refusal::BadPortions(PORTIONS_MAX)));
    }
    for (at, portion) in portions.iter().enumerate() {
        check_portion(money, portion).map_err(|refusal| (at, refusal))?;
    }
    let sum: i128 = portions.iter().map(|portion| i128::from(portion.amount_minor)).sum();
    if sum != i128::from(money.amount_minor) {
        let sum = i64::try_from(sum).unwrap_or(i64::MAX);
        let told = (display(sum, money.currency), display(money.amount_minor, money.currency));
        return Err((0, Refusal::Unequal(told.0, told.1)));
    }
    Ok(())
}

fn check_portion(money: &Money, portion: &Portion) -> Result<(), Refusal> {
    if portion.amount_minor == 0 {
        return Err(Refusal::BadPortions(PORTIONS_MAX));
    }
    match &portion.purpose {
        Purpose::NewGift(_) | Purpose::Promise { .. } | Purpose::Shares { .. } if portion.amount_minor < 0 => {
            Err(Refusal::NotMoneyIn)
        }
        Purpose::Account { account, .. } => check_account(account, money.method.account()),
        _ => Ok(()),
    }
}

/// Checks the name of an account that money can be put to by hand; `held_in` is where the money itself is.
///
/// # Errors
/// [`Refusal::BadAccount`], or [`Refusal::KeptElsewhere`] for accounts that only gifts or the register may move.
///
/// ```
/// use fighting_fund::payments::rules::check_account;
/// assert!(check_account("income:subscriptions", "assets:bank").is_ok());
/// assert!(check_account("Subscriptions", "assets:bank").is_err());
/// assert!(check_account("income:donations:fighting-fund", "assets:bank").is_err());
/// ```
pub fn check_account(name: &str, held_in: &str) -> Result<(), Refusal> {
    let mut parts = name.split(':');
    let is_root = parts.next().is_some_and(|root| ROOTS.contains(&root));
    let is_part = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    let has_parts = name.contains(':') && parts.all(is_part);
    if !is_root || !has_parts || name.len() > ACCOUNT_CHARS_MAX {
        return Err(Refusal::BadAccount(name.to_owned()));
    }
    let is_kept = name.starts_with("income:donations") || name.starts_with("equity:share-capital");
    if is_kept || KEPT.contains(&name) || name == held_in {
        return Err(Refusal::KeptElsewhere(name.to_owned()));
    }
    Ok(())
}

const ROOTS: [&str; 5] = ["assets", "liabilities", "equity", "income", "expenses"];
const KEPT: [&str; 4] = [
    accounts::SHARE_APPLICATIONS,
    accounts::WITHDRAWALS_PAYABLE,
    accounts::INTEREST_PAYABLE,
    accounts::UNALLOCATED_RECEIPTS,
];

/// What the ledger calls this money: never a name of a person.
pub fn subject(source: Source) -> String {
    match source {
        Source::BatchRow(id) => format!("batch-row:{id}"),
        Source::StatementLine(id) => format!("statement-line:{id}"),
    }
}

/// One entry for all portions of a payment that go to accounts by name; nothing when there are none.
pub(super) fn account_entry(money: &Money, portions: &[Portion]) -> Option<NewEntry> {
    let mut to: BTreeMap<&str, i64> = BTreeMap::new();
    for portion in portions {
        if let Purpose::Account { account, .. } = &portion.purpose {
            *to.entry(account).or_default() -= portion.amount_minor;
        }
    }
    let kind = match money.source {
        _ if to.contains_key(accounts::CARD_CLEARING) => EntryKind::Payout,
        _ if to.keys().all(|account| account.starts_with("income:")) => EntryKind::OtherIncome,
        Source::BatchRow(_) => EntryKind::OtherIncome,
        Source::StatementLine(_) => EntryKind::BankPosting,
    };
    let lines: Vec<(&str, i64)> = to.into_iter().filter(|(_, minor)| *minor != 0).collect();
    if lines.is_empty() { None } else { Some(entry(money, kind, &lines)) }
}

/// Money that nobody knows the purpose of.
pub(super) fn unallocated_entry(money: &Money, amount_minor: i64) -> NewEntry {
    entry(money, EntryKind::Unallocated, &[(accounts::UNALLOCATED_RECEIPTS, -amount_minor)])
}

/// An entry whose first line is what the account of the money gets.
fn entry(money: &Money, kind: EntryKind, others: &[(&str, i64)]) -> NewEntry {
    let line = |account: &str, amount_minor| Line { account: account.to_owned(), amount_minor, appeal_id: None };
    let sum: i64 = others.iter().map(|(_, minor)| minor).sum();
    let own = (sum != 0).then(|| line(money.method.account(), -sum));
    NewEntry {
        effective_on: money.received_on,
        kind,
        subject: subject(money.source),
        corrects: None,
        currency: money.currency,
        lines: own.into_iter().chain(others.iter().map(|(account, minor)| line(account, *minor))).collect(),
    }
}

/// The entry that takes another back, on the day of that one.
pub(super) fn reversed(entry: &Entry) -> Option<NewEntry> {
    let currency = entry.postings.first()?.currency;
    let lines = entry.postings.iter().map(|posting| Line {
        account: posting.account.clone(),
        amount_minor: -posting.amount_minor,
        appeal_id: posting.appeal_id,
    });
    Some(NewEntry {
        effective_on: entry.effective_on,
        kind: EntryKind::Correction,
        subject: entry.subject.clone(),
        corrects: Some(entry.number),
        currency,
        lines: lines.collect(),
    })
}

/// What an entry moved an account by.
pub fn moved(entry: &Entry, account: &str) -> i64 {
    entry.postings.iter().filter(|posting| posting.account == account).map(|posting| posting.amount_minor).sum()
}

/// Whether `part` is a part of `whole`: of its sign, and not more.
pub(super) fn is_within(part: i64, whole: i64) -> bool {
    part.signum() == whole.signum() && part.abs() <= whole.abs()
}

/// The day that an entry counts from, for the message about closed books.
pub(super) fn days(entries: &[Entry]) -> Vec<NaiveDate> {
    let mut days: Vec<NaiveDate> = entries.iter().map(|entry| entry.effective_on).collect();
    days.sort_unstable();
    days.dedup();
    days
}
