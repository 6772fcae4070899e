//! Figures, days, people and kinds as the desk writes them.

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;

use crate::funds;
use crate::ledger::EntryKind;
use crate::money::{Currency, display};

/// A word in a coloured frame: the word says it, the colour only helps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Badge {
    /// What it says.
    pub word: &'static str,
    /// "good", "wait", "bad" or nothing: a class of the stylesheet.
    pub tone: &'static str,
}

/// "27 Jun 2021": short enough for a column of a table.
///
pub fn short_day(date: NaiveDate) -> String {
    date.format("%-d %b %Y").to_string()
}

/// "27 June 2021 at 12:00", on the clock of the fund.
pub fn moment(at: DateTime<Utc>, zone: Tz) -> String {
    at.with_timezone(&zone).format("%-d %B %Y at %H:%M").to_string()
}

/// Whoever recorded something, as people call them: "staff:3 Jane Doe" is Jane Doe.
pub fn who(by: &str) -> String {
    let (kind, rest) = by.split_once(':').unwrap_or((by, ""));
    let name = rest.split_once(' ').map_or(rest, |(_, name)| name);
    match kind {
        "staff" if !name.is_empty() => name.to_owned(),
        "token" if !name.is_empty() => format!("the program “{name}”"),
        "public" => "the public form".to_owned(),
        "operator" => "the command line".to_owned(),
        _ => by.to_owned(),
    }
}

/// An amount on the side of the ledger it stands on: debit left, credit right.
pub fn sides(amount_minor: i64, currency: Currency) -> (String, String) {
    let amount = display(amount_minor.abs(), currency);
    if amount_minor >= 0 { (amount, String::new()) } else { (String::new(), amount) }
}

/// "Gift received", "Paid into the bank": why an entry was made, by the name of its kind in the journal.
pub fn entry_kind(name: &str) -> &str {
    match EntryKind::from_name(name) {
        Some(kind) => label(kind),
        None => name,
    }
}

/// Without a rest, so that a kind that is added cannot be forgotten here.
fn label(kind: EntryKind) -> &'static str {
    match kind {
        EntryKind::Donation => "Gift received",
        EntryKind::Refund => "Gift refunded",
        EntryKind::Bounce => "Returned unpaid by the bank",
        EntryKind::Correction => "Correction",
        EntryKind::Banking => "Paid into the bank",
        EntryKind::Unallocated => "Left unallocated",
        EntryKind::OtherIncome => "Other income",
        EntryKind::Payout => "Payout of a card processor",
        EntryKind::BankPosting => "Bank fee, interest or payment",
        EntryKind::OpeningBalance => "Opening balance",
        EntryKind::ShareMoney => "Money for shares received",
        EntryKind::ShareMoneyReturned => "Money for shares returned",
        EntryKind::Allotment => "Shares allotted",
        EntryKind::Withdrawal => "Shares withdrawn",
        EntryKind::WithdrawalPaid => "Withdrawal paid out",
        EntryKind::Conversion => "Shares converted",
        EntryKind::Forfeiture => "Shares forfeited or given up",
        EntryKind::OpeningShares => "Shares from before these books",
        EntryKind::ShareInterest => "Share interest declared",
        EntryKind::ShareInterestPaid => "Share interest paid",
        EntryKind::ShareReversal => "Share entry reversed",
    }
}

/// What an appeal raised, to go on after "It raised": "£13,288.00."; what went back of earlier gifts is said with it.
pub fn raised(standing: &funds::Standing, given_back: &str) -> String {
    let money = |minor| display(minor, standing.currency);
    match (standing.books_minor < 0, given_back) {
        (true, _) => format!("nothing. {given_back} Its books stand at {}.", money(standing.books_minor)),
        (false, "") => format!("{}.", money(standing.raised_minor)),
        (false, given_back) => format!("{}. {given_back}", money(standing.raised_minor)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_called_by_their_names_and_programs_by_theirs() {
        assert_eq!(who("staff:3 Jane Doe"), "Jane Doe");
        assert_eq!(who("token:2 post office"), "the program “post office”");
        assert_eq!(who("public"), "the public form");
        assert_eq!(who("demo"), "demo");
    }

    #[test]
    fn every_kind_of_entry_has_its_name_and_words_of_its_own() {
        let words: std::collections::HashSet<&str> =
            EntryKind::ALL.into_iter().map(|kind| entry_kind(kind.name())).collect();
        assert_eq!(words.len(), EntryKind::ALL.len());
        assert!(words.iter().all(|words| words.starts_with(char::is_uppercase) && !words.contains('-')), "{words:?}");
        assert_eq!(entry_kind("of-a-later-version"), "of-a-later-version");
    }

    #[test]
    fn a_debit_stands_left_and_a_credit_right() {
        assert_eq!(sides(2_500, crate::money::GBP), ("£25.00".to_owned(), String::new()));
        assert_eq!(sides(-2_500, crate::money::GBP), (String::new(), "£25.00".to_owned()));
    }
}
