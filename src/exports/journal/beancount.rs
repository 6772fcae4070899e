//! The journal for beancount (<https://beancount.github.io/docs/beancount_language_syntax.html>).
//!
//! Beancount wants each part of an account's name to begin with a capital or a digit, every account opened before its
//! first posting, and text in quotes. Names are written one to one ([`account`]); what the ledger knows besides goes
//! into metadata: on a transaction `number`, `hash`, `recorded` and `corrects`, on a posting `appeal`. The head of the
//! chain stands in a comment and, for programs, in a directive `custom "ledger-head" NUMBER "HASH"`.

use std::collections::BTreeMap;
use std::io::Write;

use super::{appeal_names, each_entry, what};
use crate::db::Conn;
use crate::exports::{ExportError, Span, moment};
use crate::ledger::{self, Entry, Opened, Posted, chain};
use crate::money::plain;

/// An account's name as beancount takes it: each part with a capital, `assets:cheques-in-hand` as
/// `Assets:Cheques-in-hand`. A part that begins with neither a small letter nor a digit, or with `0-`, gets `0-` in
/// front, so that no two names become one.
///
/// ```
/// use fighting_fund::exports::journal::account;
/// assert_eq!(account("income:donations:fighting-fund"), "Income:Donations:Fighting-fund");
/// assert_eq!(account("equity:share-capital:-b"), "Equity:Share-capital:0--b");
/// assert_ne!(account("income:donations:0--b"), account("income:donations:-b"));
/// ```
pub fn account(name: &str) -> String {
    name.split(':').map(part).collect::<Vec<_>>().join(":")
}

fn part(name: &str) -> String {
    let mut letters = name.chars();
    match letters.next() {
        Some(first) if first.is_ascii_lowercase() => format!("{}{}", first.to_ascii_uppercase(), letters.as_str()),
        Some(first) if first.is_ascii_digit() && !name.starts_with("0-") => name.to_owned(),
        _ => format!("0-{name}"),
    }
}

pub(super) fn write(conn: &mut Conn, days: &Span, out: &mut impl Write) -> Result<(), ExportError> {
    let appeals = appeal_names(conn)?;
    let head = ledger::head(conn)?;
    writeln!(out, "; The journal of the fighting fund: {}", what(days, head.number))?;
    writeln!(out, "; head hash {}", chain::hex(&head.hash))?;
    writeln!(out, "option \"title\" \"Fighting Fund\"")?;
    write_opened(&ledger::opened(conn)?, &head, out)?;
    each_entry(conn, days, |entry| {
        let Entry { number, effective_on, kind, subject, .. } = entry;
        writeln!(out, "\n{effective_on} * \"{kind} {subject}\"")?;
        writeln!(out, "  number: {number}")?;
        writeln!(out, "  recorded: \"{}\"", moment(entry.recorded_at))?;
        if let Some(corrects) = entry.corrects {
            writeln!(out, "  corrects: {corrects}")?;
        }
        writeln!(out, "  hash: \"{}\"", chain::hex(&entry.hash))?;
        for line in &entry.postings {
            let amount = plain(line.amount_minor, line.currency);
            writeln!(out, "  {:<44}  {amount:>14} {}", account(&line.account), line.currency)?;
            if let Some(appeal) = line.appeal_id.and_then(|id| appeals.get(&id)) {
                writeln!(out, "    appeal: \"{appeal}\"")?;
            }
        }
        Ok(())
    })
}

/// The currencies, the accounts with the day of their first posting, and the head of the chain.
fn write_opened(opened: &[Opened], head: &Posted, out: &mut impl Write) -> Result<(), ExportError> {
    let mut accounts: BTreeMap<&str, (chrono::NaiveDate, Vec<&str>)> = BTreeMap::new();
    for one in opened {
        let (day, currencies) = accounts.entry(&one.account).or_insert((one.day, Vec::new()));
        *day = one.day.min(*day);
        currencies.push(one.currency.code());
    }
    let Some(first_day) = opened.iter().map(|one| one.day).min() else { return Ok(()) };
    let mut currencies: Vec<&str> = opened.iter().map(|one| one.currency.code()).collect();
    currencies.sort_unstable();
    currencies.dedup();
    for currency in &currencies {
        writeln!(out, "option \"operating_currency\" \"{currency}\"")?;
    }
    for currency in currencies {
        writeln!(out, "{first_day} commodity {currency}")?;
    }
    writeln!(out, "{first_day} custom \"ledger-head\" {} \"{}\"", head.number, chain::hex(&head.hash))?;
    for (name, (day, currencies)) in accounts {
        writeln!(out, "{day} open {:<44}  {}", account(name), currencies.join(","))?;
    }
    Ok(())
}
