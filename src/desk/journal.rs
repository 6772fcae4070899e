//! Entries and balances as the desk shows them: debit left, credit right. No clock, no database.

use chrono_tz::Tz;

use super::written::{self, moment, sides};
use crate::ledger::{Balance, Entry, chain};
use crate::money::{Currency, display};
use crate::reference::Reference;

/// An entry with its lines.
#[derive(Debug, Clone)]
pub struct EntryView {
    /// 1..n
    pub number: i64,
    /// The day it counts from.
    pub day: String,
    /// "Gift received"
    pub kind: String,
    /// What caused it.
    pub subject: String,
    /// True when the subject is a gift that has a page.
    pub is_gift: bool,
    /// The entry that it takes back.
    pub corrects: Option<i64>,
    /// When it was posted.
    pub posted_at: String,
    /// 64 hexadecimal digits.
    pub hash: String,
    /// Its lines, in order.
    pub lines: Vec<LineView>,
}

/// One line of an entry.
#[derive(Debug, Clone)]
pub struct LineView {
    /// "assets:bank"
    pub account: String,
    /// "£25.00", or empty.
    pub debit: String,
    /// "£25.00", or empty.
    pub credit: String,
}

/// Puts an entry into words.
pub fn entry(entry: Entry, zone: Tz) -> EntryView {
    let line = |posting: &crate::ledger::Posting| {
        let (debit, credit) = sides(posting.amount_minor, posting.currency);
        LineView { account: posting.account.clone(), debit, credit }
    };
    EntryView {
        number: entry.number,
        day: written::short_day(entry.effective_on),
        kind: written::entry_kind(&entry.kind).to_owned(),
        is_gift: entry.subject.parse::<Reference>().is_ok(),
        subject: entry.subject,
        corrects: entry.corrects,
        posted_at: moment(entry.recorded_at, zone),
        hash: chain::hex(&entry.hash),
        lines: entry.postings.iter().map(line).collect(),
    }
}

/// The trial balance, one part a currency.
#[derive(Debug, Clone)]
pub struct Trial {
    /// "GBP"
    pub currency: &'static str,
    /// Each account on the side its balance stands on.
    pub accounts: Vec<LineView>,
    /// The sum of the debit balances.
    pub debit: String,
    /// The sum of the credit balances.
    pub credit: String,
    /// True when both are the same.
    pub is_even: bool,
}

/// The trial balance of each currency.
pub fn trials(balances: &[Balance]) -> Vec<Trial> {
    let mut currencies: Vec<Currency> = Vec::new();
    for balance in balances {
        if !currencies.contains(&balance.currency) {
            currencies.push(balance.currency);
        }
    }
    currencies.into_iter().map(|currency| trial(balances, currency)).collect()
}

fn trial(balances: &[Balance], currency: Currency) -> Trial {
    let own = || balances.iter().filter(move |balance| balance.currency == currency);
    let net = |balance: &Balance| balance.debit_minor - balance.credit_minor;
    let debit: i64 = own().map(net).filter(|net| *net > 0).sum();
    let credit: i64 = own().map(net).filter(|net| *net < 0).sum();
    let line = |balance: &Balance| {
        let (debit, credit) = sides(net(balance), currency);
        LineView { account: balance.account.clone(), debit, credit }
    };
    Trial {
        currency: currency.code(),
        accounts: own().map(line).collect(),
        debit: display(debit, currency),
        credit: display(-credit, currency),
        is_even: is_even(balances, currency),
    }
}

/// True when all debits of this currency equal all its credits.
fn is_even(balances: &[Balance], currency: Currency) -> bool {
    let own = balances.iter().filter(|balance| balance.currency == currency);
    own.map(|balance| i128::from(balance.debit_minor) - i128::from(balance.credit_minor)).sum::<i128>() == 0
}

/// True when the books balance in every currency.
pub fn are_even(balances: &[Balance]) -> bool {
    balances.iter().all(|balance| is_even(balances, balance.currency))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::GBP;

    fn balance(account: &str, debit_minor: i64, credit_minor: i64) -> Balance {
        Balance { account: account.to_owned(), currency: GBP, debit_minor, credit_minor }
    }

    #[test]
    fn each_account_stands_on_the_side_of_its_balance_and_both_sides_are_even() {
        let trials = trials(&[balance("assets:bank", 3_000, 500), balance("income:donations:fund", 500, 3_000)]);

        let [trial] = trials.as_slice() else { panic!("one currency: {trials:?}") };
        assert_eq!((trial.debit.as_str(), trial.credit.as_str()), ("£25.00", "£25.00"));
        assert_eq!((trial.accounts[0].debit.as_str(), trial.accounts[1].credit.as_str()), ("£25.00", "£25.00"));
        assert!(trial.is_even);
    }

    #[test]
    fn books_that_do_not_balance_are_noticed() {
        assert!(!are_even(&[balance("assets:bank", 3_000, 0), balance("income:donations:fund", 0, 2_999)]));
        assert!(are_even(&[]));
    }
}
