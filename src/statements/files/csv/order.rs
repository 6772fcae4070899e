//! The order of lines, and the balances before and after them.
//!
//! Invariant: where a bank tells a balance after each line, every line leads from one to the next; otherwise a line is
//! missing, or was changed, and the file is refused.

use crate::money::{Currency, display};
use crate::statements::told::ToldLine;

/// Lines, the oldest first, with the balances before and after them where the bank tells any.
pub struct Arranged {
    /// The lines.
    pub lines: Vec<ToldLine>,
    /// Before the first.
    pub opening_minor: Option<i64>,
    /// After the last.
    pub closing_minor: Option<i64>,
}

/// Puts lines in order, whether the file has the oldest first or the newest.
///
/// Within a day the balances tell which came first: some banks list days downwards and the lines of a day upwards.
///
/// # Errors
/// The row where the balances break, and a sentence.
pub fn arrange(lines: Vec<ToldLine>, currency: Currency) -> Result<Arranged, (i64, String)> {
    let has_balances = lines.iter().any(|line| line.balance_minor.is_some());
    let is_newest_first = lines.first().zip(lines.last()).is_some_and(|(first, last)| first.booked_on > last.booked_on);
    let by_day = |mut lines: Vec<ToldLine>| {
        lines.sort_by_key(|line| line.booked_on);
        lines
    };
    let turned = |lines: &[ToldLine]| lines.iter().rev().cloned().collect::<Vec<_>>();
    if !has_balances {
        let lines = by_day(if is_newest_first { turned(&lines) } else { lines });
        return Ok(Arranged { lines, opening_minor: None, closing_minor: None });
    }
    let (likely, other) = if is_newest_first { (turned(&lines), lines) } else { (lines.clone(), turned(&lines)) };
    let (likely, other) = (by_day(likely), by_day(other));
    match (first_break(&likely), first_break(&other)) {
        (None, _) => Ok(with_ends(likely)),
        (Some(_), None) => Ok(with_ends(other)),
        (Some((row, told, summed)), _) => {
            let (told, summed) = (display(told, currency), display(summed, currency));
            Err((
                row,
                format!(
                    "the balance says {told}, but the balance before and this amount make {summed}; a line is missing or \
                     was changed, or the column is no balance after each line"
                ),
            ))
        }
    }
}

/// The first row whose balance does not follow from the one before: the row, what it says and what it should be.
fn first_break(lines: &[ToldLine]) -> Option<(i64, i64, i64)> {
    let mut running: Option<i64> = None;
    for line in lines {
        let summed = running.map(|balance| balance.saturating_add(line.amount_minor));
        match (summed, line.balance_minor) {
            (Some(summed), Some(told)) if summed != told => return Some((line.line, told, summed)),
            (_, Some(told)) => running = Some(told),
            (summed, None) => running = summed,
        }
    }
    None
}

fn with_ends(lines: Vec<ToldLine>) -> Arranged {
    let sum = |some: &[ToldLine]| some.iter().map(|line| line.amount_minor).fold(0, i64::saturating_add);
    let first = lines.iter().enumerate().find_map(|(at, line)| line.balance_minor.map(|balance| (at, balance)));
    let last = lines.iter().enumerate().rev().find_map(|(at, line)| line.balance_minor.map(|balance| (at, balance)));
    let opening_minor = first.map(|(at, balance)| balance.saturating_sub(sum(&lines[..=at])));
    let closing_minor = last.map(|(at, balance)| balance.saturating_add(sum(&lines[at + 1..])));
    Arranged { lines, opening_minor, closing_minor }
}
