//! What an entry must be, and what it adds to its days. No clock, no database.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;

use super::{LedgerError, NewEntry};

/// Account numbers by name and currency code.
pub(super) type AccountIds = HashMap<(String, &'static str), i64>;

pub(super) fn check(entry: &NewEntry) -> Result<(), LedgerError> {
    let sum: i128 = entry.lines.iter().map(|line| i128::from(line.amount_minor)).sum();
    if sum != 0 || entry.lines.len() < 2 || entry.lines.iter().any(|line| line.amount_minor == 0) {
        return Err(LedgerError::Unbalanced(entry.subject.clone()));
    }
    let texts = entry.lines.iter().map(|line| &line.account).chain([&entry.subject]);
    match texts.into_iter().find(|text| !is_plain(text)) {
        Some(text) => Err(LedgerError::BadText(text.clone())),
        None => Ok(()),
    }
}

/// Letters, digits, dashes and colons: what cannot be confused with the marks between the fields.
fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b':' | b'_'))
}

/// What entries add to one account on one day.
pub(super) struct Day {
    pub account_id: i64,
    pub day: NaiveDate,
    pub debit_minor: i64,
    pub credit_minor: i64,
}

pub(super) fn daily(entries: &[NewEntry], accounts: &AccountIds) -> Vec<Day> {
    let mut days: BTreeMap<(i64, NaiveDate), (i64, i64)> = BTreeMap::new();
    for entry in entries {
        for line in &entry.lines {
            let account_id = accounts[&(line.account.clone(), entry.currency.code())];
            let (debit, credit) = days.entry((account_id, entry.effective_on)).or_default();
            if line.amount_minor > 0 {
                *debit += line.amount_minor;
            } else {
                *credit -= line.amount_minor;
            }
        }
    }
    days.into_iter()
        .map(|((account_id, day), (debit_minor, credit_minor))| Day { account_id, day, debit_minor, credit_minor })
        .collect()
}
