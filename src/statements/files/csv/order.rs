//! The order of lines, their signs where the file leaves them open, and the balances before and after them.
//!
//! Invariant: where a bank tells a balance after each line, every line leads from one to the next; otherwise a line is
//! missing, or was changed, and the file is refused. What two readings prove alike is asked and not chosen.

use crate::money::{Currency, display};
use crate::statements::told::ToldLine;

/// A line, and what it comes to where its row is read in the other way.
pub struct Moved {
    /// As it is most likely meant.
    pub told: ToldLine,
    /// As it may be meant too.
    pub other_minor: Option<i64>,
}

/// What the rows say beside the lines.
#[derive(Debug, Clone, Copy, Default)]
pub struct Said {
    /// The balance before all lines.
    pub opening_minor: Option<i64>,
    /// The balance after them.
    pub closing_minor: Option<i64>,
    /// Whether no row says whether money came or went.
    pub is_unsigned: bool,
    /// Whether the other reading must be disproved before the likely one is taken.
    pub wants_proof: bool,
}

/// Lines, the oldest first, with the balances before and after them where the bank tells any.
pub struct Arranged {
    /// The lines.
    pub lines: Vec<ToldLine>,
    /// Before the first.
    pub opening_minor: Option<i64>,
    /// After the last.
    pub closing_minor: Option<i64>,
}

const NO_PROOF: &str = "it has a fee beside its amount, and no balance shows whether the amount is before or after the fee; \
                        please say at the desk under Bank what the columns are, or download a statement with balances";
const NO_SIGN: &str = "no row says whether money came or went: no amount has a sign, and the balances show that some money \
                       went; please download the statement with signs or with columns for paid in and paid out, or say at \
                       the desk under Bank which column tells";

/// Puts lines in order, whether the file has the oldest first or the newest.
///
/// Within a day the balances tell which came first: some banks list days downwards and the lines of a day upwards. Where
/// days alone do not lead from balance to balance, the file's own order may: a building society dates interest back.
///
/// # Errors
/// The row where the balances break, and a sentence.
pub fn arrange(moved: Vec<Moved>, said: Said, currency: Currency) -> Result<Arranged, (i64, String)> {
    let likely: Vec<i64> = moved.iter().map(|line| line.told.amount_minor).collect();
    let open_at = moved.iter().find(|line| line.other_minor.is_some()).map(|line| line.told.line);
    let orders = orders(&moved);
    let has_balances = moved.iter().any(|line| line.told.balance_minor.is_some());
    let is_proved = has_balances || (said.opening_minor.is_some() && said.closing_minor.is_some());
    if let Some(row) = open_at.filter(|_| said.wants_proof && !is_proved) {
        return Err((row, NO_PROOF.to_owned()));
    }
    let holds = |amounts: &[i64]| orders.iter().find(|order| first_break(&moved, amounts, order, said).is_none());
    let other: Vec<i64> = moved.iter().map(|line| line.other_minor.unwrap_or(line.told.amount_minor)).collect();
    let of_likely = holds(&likely);
    let of_other = if open_at.is_some() { holds(&other) } else { None };
    let (order, amounts) = match (of_likely, of_other) {
        (Some(_), Some(_)) if said.wants_proof => return Err((open_at.unwrap_or_default(), NO_PROOF.to_owned())),
        (Some(order), _) => (order.clone(), likely),
        (None, Some(order)) => (order.clone(), other),
        (None, None) if said.is_unsigned && orders.iter().any(|order| fits_but_for_signs(&moved, order)) => {
            let by_balance = orders.iter().find_map(|order| Some((order.clone(), signs(&moved, order, said)?)));
            let row = moved.first().map_or(0, |line| line.told.line);
            by_balance.ok_or_else(|| (row, NO_SIGN.to_owned()))?
        }
        (None, None) => return Err(broken(&moved, &likely, &orders[0], said, currency)),
    };
    Ok(finished(moved, &amounts, &order, said))
}

/// Orders to try, the likely ones first: by day, then as the file stands and turned.
fn orders(moved: &[Moved]) -> Vec<Vec<usize>> {
    let down: Vec<usize> = (0..moved.len()).collect();
    let up: Vec<usize> = down.iter().rev().copied().collect();
    let day = |at: &usize| moved[*at].told.booked_on;
    let is_newest_first = down.first().zip(down.last()).is_some_and(|(first, last)| day(first) > day(last));
    let by_day = |order: &[usize]| {
        let mut order = order.to_vec();
        order.sort_by_key(day);
        order
    };
    let (likely, other) = if is_newest_first { (up, down) } else { (down, up) };
    vec![by_day(&likely), by_day(&other), likely, other]
}

/// The first row whose balance does not follow from the one before: the row, what it says and what it should be.
fn first_break(moved: &[Moved], amounts: &[i64], order: &[usize], said: Said) -> Option<(i64, i64, i64)> {
    let mut running: Option<i64> = said.opening_minor;
    for at in order {
        let summed = running.map(|balance| balance.saturating_add(amounts[*at]));
        match (summed, moved[*at].told.balance_minor) {
            (Some(summed), Some(told)) if summed != told => return Some((moved[*at].told.line, told, summed)),
            (_, Some(told)) => running = Some(told),
            (summed, None) => running = summed,
        }
    }
    let last = order.last().map_or(0, |at| moved[*at].told.line);
    match (running, said.closing_minor) {
        (Some(summed), Some(told)) if summed != told => Some((last, told, summed)),
        _ => None,
    }
}

/// Signs that follow from a balance before all lines and one after each.
fn signs(moved: &[Moved], order: &[usize], said: Said) -> Option<Vec<i64>> {
    let mut amounts: Vec<i64> = moved.iter().map(|line| line.told.amount_minor).collect();
    let mut running = said.opening_minor?;
    for at in order {
        let told = moved[*at].told.balance_minor?;
        let moved_minor = told.checked_sub(running)?;
        if moved_minor.checked_abs()? != amounts[*at].checked_abs()? {
            return None;
        }
        amounts[*at] = moved_minor;
        running = told;
    }
    Some(amounts)
}

/// Whether each line leads from one balance to the next, up or down.
fn fits_but_for_signs(moved: &[Moved], order: &[usize]) -> bool {
    order.windows(2).all(|pair| {
        let [before, line] = [&moved[pair[0]].told, &moved[pair[1]].told];
        let step = before.balance_minor.zip(line.balance_minor).and_then(|(before, after)| after.checked_sub(before));
        step.and_then(i64::checked_abs).is_some_and(|step| step == line.amount_minor.saturating_abs())
    })
}

fn broken(moved: &[Moved], amounts: &[i64], order: &[usize], said: Said, currency: Currency) -> (i64, String) {
    let (row, told, summed) = first_break(moved, amounts, order, said).unwrap_or_default();
    let (told, summed) = (display(told, currency), display(summed, currency));
    (
        row,
        format!(
            "the balance says {told}, but the balance before and this amount make {summed}; a line is missing or was \
             changed, or the column is no balance after each line"
        ),
    )
}

fn finished(moved: Vec<Moved>, amounts: &[i64], order: &[usize], said: Said) -> Arranged {
    let mut lines: Vec<Option<ToldLine>> = moved.into_iter().map(|line| Some(line.told)).collect();
    let mut lines: Vec<ToldLine> = order
        .iter()
        .filter_map(|at| lines[*at].take().map(|line| ToldLine { amount_minor: amounts[*at], ..line }))
        .collect();
    let sum = |some: &[ToldLine]| some.iter().map(|line| line.amount_minor).fold(0, i64::saturating_add);
    let first = lines.iter().enumerate().find_map(|(at, line)| line.balance_minor.map(|balance| (at, balance)));
    let last = lines.iter().enumerate().rev().find_map(|(at, line)| line.balance_minor.map(|balance| (at, balance)));
    let opening = first.map(|(at, balance)| balance.saturating_sub(sum(&lines[..=at])));
    let opening_minor = opening.or(said.opening_minor);
    let closing = last.map(|(at, balance)| balance.saturating_add(sum(&lines[at + 1..])));
    let closing_minor = closing.or_else(|| opening_minor.map(|opening| opening.saturating_add(sum(&lines))));
    lines.sort_by_key(|line| line.booked_on);
    Arranged { lines, opening_minor, closing_minor }
}
