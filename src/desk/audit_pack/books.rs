//! Chapters of the ledger: trial balance, entries, income, what was taken back.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::{Chapter, Checks, FETCHED, Table, Year, money};
use crate::db::{Conn, DbError};
use crate::desk::folio::{link, number, text};
use crate::desk::written::{entry_kind, short_day, who};
use crate::donations;
use crate::ledger::{self, MonthOfIncome, Turnover, verify};
use crate::money::{Currency, display};
use crate::shares::numbers::grouped;

/// Entries that are hashed again without being asked: some ten milliseconds.
const HASHED_MAX: i64 = 2_000;
/// Entries that are read one by one to be counted without being asked: as long.
const COUNTED_MAX: i64 = 50_000;

pub(super) fn trial_balance(conn: &mut Conn, year: &Year) -> Result<Chapter, DbError> {
    let mut chapter = Chapter::new("trial-balance", "Trial balance");
    let lines = ledger::turnover(conn, Some(year.from), Some(year.until))?;
    for currency in currencies(lines.iter().map(|line| line.currency)) {
        let own: Vec<&Turnover> = lines.iter().filter(|line| line.currency == currency).collect();
        let sum = |of: fn(&Turnover) -> i64| own.iter().map(|line| of(line)).sum::<i64>();
        let (before, balance) = (sum(|line| line.before_minor), sum(Turnover::balance_minor));
        let (debit, credit) = (sum(|line| line.debit_minor), sum(|line| line.credit_minor));
        let caption = format!("{} to {}, {currency}", short_day(year.from), short_day(year.until));
        let mut table = Table::new(caption, &["Account", "#Brought forward", "#Debit", "#Credit", "#Balance"], "");
        for line in &own {
            let figures = [line.before_minor, line.debit_minor, line.credit_minor, line.balance_minor()];
            let figures = figures.into_iter().map(|minor| money(minor, currency));
            table.rows.push(std::iter::once(text(&line.account)).chain(figures).collect());
        }
        let sums = [before, debit, credit, balance].map(|minor| money(minor, currency));
        table.foot = std::iter::once(text("Together")).chain(sums).collect();
        chapter.tables.push(table);
        chapter.check(
            before == 0 && balance == 0 && debit == credit,
            format!(
                "{currency}: debits equal credits, and the balances sum to nothing at the beginning and at the end."
            ),
            format!("{currency}: the two sides differ. Please run `fighting-fund verify`."),
        );
    }
    chapter.say("A balance is a debit where it is positive, a credit where it is negative.");
    if lines.is_empty() {
        chapter.words.clear();
        chapter.say("Nothing was posted up to the end of the year.");
    }
    Ok(chapter)
}

/// Each once, in the order in which they come.
fn currencies(all: impl Iterator<Item = Currency>) -> Vec<Currency> {
    let mut known = Vec::new();
    for currency in all {
        if !known.contains(&currency) {
            known.push(currency);
        }
    }
    known
}

pub(super) fn entries(conn: &mut Conn, year: &Year, checks: Checks) -> Result<Chapter, DbError> {
    let mut chapter = Chapter::new("entries", "Entries");
    let behind = ledger::head(conn)?.number - ledger::first_for(conn, year.from)?;
    let counts = checks == Checks::All || behind < COUNTED_MAX;
    match ledger::posted_between(conn, year.begins, year.ends)? {
        None => chapter.say("No entry was posted in the year."),
        Some(run) => {
            let (first, last, count) = (run.first, run.last, grouped(run.count));
            chapter.check(
                run.missing() == 0,
                format!("Posted in the year: entries {first} to {last}. That is {count}, without a gap."),
                format!(
                    "Posted in the year: entries {first} to {last}, but only {count} are there. Entries are missing."
                ),
            );
            if checks == Checks::All || run.count <= HASHED_MAX {
                let fault = verify::fault_of(conn, &run)?;
                chapter.check(
                    fault.is_none(),
                    "Each was hashed again for this page: every one balances and is what it was when it was posted.",
                    format!("The hash chain is broken: {}.", fault.unwrap_or_default()),
                );
            } else {
                chapter.say(
                    "The hashes of so many entries were not worked out anew for this page; the link above the contents \
                     does it in some seconds, and so does the program at the end.",
                );
            }
            let elsewhere = if counts { ledger::dated_elsewhere(conn, &run, year.from, year.until)? } else { 0 };
            if elsewhere > 0 {
                let entries = if elsewhere == 1 { "entry counts" } else { "entries count" };
                chapter.say(format!("{} {entries} on a day of another year.", grouped(elsewhere)));
            }
        }
    }
    if !counts {
        chapter.say("So many entries were not counted by kind either; the same link does it.");
        return Ok(chapter);
    }
    let mut table = Table::new("Entries that count in the year, by kind", &["Kind", "#Entries"], "There are none.");
    let kinds = ledger::kinds_between(conn, year.from, year.until)?;
    table.foot = vec![text("Together"), number(grouped(kinds.iter().map(|(_, count)| count).sum()))];
    table.rows = kinds.iter().map(|(kind, count)| vec![text(entry_kind(kind)), number(grouped(*count))]).collect();
    chapter.tables.push(table);
    Ok(chapter)
}

pub(super) fn income(conn: &mut Conn, year: &Year) -> Result<Chapter, DbError> {
    let mut chapter = Chapter::new("income", "Income by fund and month");
    let months = ledger::income_by_month(conn, Some(year.from), Some(year.until))?;
    let mut accounts: BTreeMap<(&str, &str), Vec<&MonthOfIncome>> = BTreeMap::new();
    for month in &months {
        accounts.entry((&month.account, month.currency.code())).or_default().push(month);
    }
    for ((account, code), own) in accounts {
        let currency = own.first().map_or(crate::money::GBP, |month| month.currency);
        let heads = &["Month", "#Received", "#Given back", "#Income"];
        let mut table = Table::new(format!("{account}, {code}"), heads, "");
        let row = |name, credit, debit| {
            vec![text(name), money(credit, currency), money(debit, currency), money(credit - debit, currency)]
        };
        table.rows = own.iter().map(|it| row(month_name(&it.month), it.credit_minor, it.debit_minor)).collect();
        let sum = |of: fn(&MonthOfIncome) -> i64| own.iter().map(|month| of(month)).sum();
        table.foot = row("Together".to_owned(), sum(|it| it.credit_minor), sum(|it| it.debit_minor));
        chapter.tables.push(table);
    }
    if months.is_empty() {
        chapter.say("The year has no income.");
    }
    Ok(chapter)
}

/// "June 2021"
fn month_name(month: &str) -> String {
    let first: Option<NaiveDate> = format!("{month}-01").parse().ok();
    first.map_or_else(|| month.to_owned(), |day| day.format("%B %Y").to_string())
}

pub(super) fn corrections(conn: &mut Conn, year: &Year) -> Result<Chapter, DbError> {
    let mut chapter = Chapter::new("corrections", "Refunds, bounces and corrections");
    let kinds = ledger::corrected_by_kind(conn, year.from, year.until)?;
    let heads = &["Kind", "#Entries", "#Together"];
    let mut sums = Table::new("By kind", heads, "Nothing was taken back in the year.");
    for (kind, currency, count, minor) in kinds {
        let currency =
            Currency::from_code(&currency).ok_or_else(|| DbError::Corrupt(format!("an entry is in {currency:?}")))?;
        sums.rows.push(vec![text(entry_kind(&kind)), number(grouped(count)), money(minor, currency)]);
    }
    let is_any = !sums.rows.is_empty();
    chapter.tables.push(sums);
    if !is_any {
        return Ok(chapter);
    }
    let taken_back = ledger::corrections(conn, year.from, year.until, FETCHED)?;
    let numbers: Vec<i64> = taken_back.iter().map(|entry| entry.number).collect();
    let events = donations::events_posting(conn, &numbers)?;
    let heads = &["#Entry", "Day", "What", "Of", "#Takes back", "#Amount", "Why, and who"];
    let mut table = Table::new("One by one", heads, "");
    for entry in &taken_back {
        let event = events.iter().find(|event| event.entry == Some(entry.number));
        let amounts = entry.postings.iter().filter(|line| line.amount_minor > 0);
        let sum = amounts.map(|line| line.amount_minor).sum();
        let currency = entry.postings.first().map_or(crate::money::GBP, |line| line.currency);
        let entry_link = |number: i64| link(number.to_string(), format!("/desk/ledger/entries/{number}"));
        let why = event.map(|event| match event.reason.as_str() {
            "" => who(&event.recorded_by),
            reason => format!("{reason} ({})", who(&event.recorded_by)),
        });
        table.rows.push(vec![
            entry_link(entry.number),
            text(short_day(entry.effective_on)),
            text(entry_kind(&entry.kind)),
            text(&entry.subject),
            entry.corrects.map_or_else(|| text(""), entry_link),
            number(display(sum, currency)),
            text(why.unwrap_or_default()),
        ]);
    }
    table.cut();
    chapter.tables.push(table);
    Ok(chapter)
}
