//! Whether a statement may be believed: its account, its currency, its days and its balances.
//!
//! Invariant: what is refused here leaves nothing behind. What is only odd, such as a gap between two statements, is
//! told and not refused, because it may be mended by the next file.

use chrono::NaiveDate;

use super::files::{Found, day};
use super::told::Told;
use super::{Statement, span};
use crate::money::{Currency, display};

/// What our own account is, as Settings have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OurAccount {
    /// "12-34-56", an IBAN's beginning, or nothing.
    pub sort_code: String,
    /// "12345678", or nothing.
    pub number: String,
    /// What the books count in.
    pub currency: Currency,
}

/// Leaves the statements of our account where a file is of several, and tells what was left out.
///
/// # Errors
/// A sentence where nobody can say which is ours.
pub fn keep_ours(found: &mut Found, ours: &OurAccount) -> Result<(), String> {
    let mut accounts: Vec<&str> = Vec::new();
    for told in &found.statements {
        if !accounts.iter().any(|account| plain(account) == plain(&told.account)) {
            accounts.push(&told.account);
        }
    }
    if accounts.len() < 2 {
        return Ok(());
    }
    let named =
        accounts.iter().copied().map(|account| if account.is_empty() { "one without a number" } else { account });
    let named = named.collect::<Vec<_>>().join(", ");
    if plain(&ours.number).is_empty() {
        return Err(format!(
            "The file is of {} accounts: {named}. Please name the society's account under Settings; then its lines are taken \
             in and the others are left out.",
            if accounts.len() == 2 { "two".to_owned() } else { accounts.len().to_string() }
        ));
    }
    let is_wanted = |told: &Told| !told.account.is_empty() && is_ours(&told.account, ours);
    let mine = accounts.iter().filter(|account| !account.is_empty() && is_ours(account, ours)).count();
    if mine == 0 {
        return Err(format!(
            "The file is of several accounts, {named}, and none is the society's, {}; it is set under Settings.",
            our_name(ours)
        ));
    }
    for told in found.statements.iter().filter(|told| !is_wanted(told)) {
        let row = told.lines.iter().map(|line| line.line).min().unwrap_or(1);
        let lines = if told.lines.len() == 1 { "line" } else { "lines" };
        let account: &str = if told.account.is_empty() { "another account" } else { &told.account };
        found.notes.push((
            row,
            format!("{} {lines} of {account}, which is not the society's account; left out", told.lines.len()),
        ));
    }
    found.statements.retain(is_wanted);
    Ok(())
}

fn plain(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_uppercase()
}

/// Why a statement is refused.
///
/// # Errors
/// A sentence.
pub fn check(told: &Told, ours: &OurAccount, today: NaiveDate) -> Result<(), String> {
    if !told.account.is_empty() && !is_ours(&told.account, ours) {
        let (theirs, own) = (&told.account, our_name(ours));
        return Err(format!(
            "This is a statement of another account, {theirs}. The society's account is {own}; it is set under Settings."
        ));
    }
    if !told.currency.is_empty() && !told.currency.eq_ignore_ascii_case(ours.currency.code()) {
        return Err(format!(
            "This statement is in {}, and these books count in {}. It cannot be taken in.",
            told.currency,
            ours.currency.code()
        ));
    }
    for day in told.from_on.into_iter().chain(told.until_on) {
        day::sane(day, today).map_err(|what| format!("The statement cannot be taken in: {what}."))?;
    }
    adds_up(told, ours.currency)
}

/// The closing balance is the opening one and all lines.
fn adds_up(told: &Told, currency: Currency) -> Result<(), String> {
    let (Some(opening), Some(closing)) = (told.opening_minor, told.closing_minor) else { return Ok(()) };
    let sum = told.lines.iter().try_fold(opening, |sum, line| sum.checked_add(line.amount_minor));
    let show = |minor| display(minor, currency);
    match sum {
        Some(sum) if sum == closing => Ok(()),
        Some(sum) => Err(format!(
            "The closing balance is {}, but the opening balance of {} and the lines come to {}: a difference of {}. A line \
             is missing or was changed. Please download the statement again; nothing was recorded.",
            show(closing),
            show(opening),
            show(sum),
            show((closing - sum).saturating_abs())
        )),
        None => Err("The lines come to more than can be counted. Please check the amounts.".to_owned()),
    }
}

/// Whether a file's account is ours. Where Settings name none, nobody can say, and it is taken for ours.
///
/// ```
/// use fighting_fund::money::GBP;
/// use fighting_fund::statements::check::{OurAccount, is_ours};
/// let ours = OurAccount { sort_code: "20-00-00".to_owned(), number: "12345678".to_owned(), currency: GBP };
/// assert!(is_ours("GB33BUKB20000012345678", &ours));
/// assert!(is_ours("20-00-00 12345678", &ours));
/// assert!(is_ours("****5678", &ours));
/// assert!(!is_ours("20-00-00 87654321", &ours));
/// assert!(!is_ours("30-00-00 12345678", &ours));
/// ```
pub fn is_ours(account: &str, ours: &OurAccount) -> bool {
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let (number, sort_code) = (plain(&ours.number), digits(&ours.sort_code));
    if number.is_empty() {
        return true;
    }
    let theirs = plain(account);
    // "****5678": what is not covered must fit.
    if account.contains('*') {
        let shown: String = account.rsplit('*').next().map(plain).unwrap_or_default();
        return number.ends_with(&shown);
    }
    if !theirs.contains(&number) {
        return false;
    }
    let is_with_sort_code = digits(account).len() >= number.len() + SORT_CODE_DIGITS;
    !is_with_sort_code || sort_code.is_empty() || theirs.contains(&sort_code)
}

/// British sort codes.
const SORT_CODE_DIGITS: usize = 6;

fn our_name(ours: &OurAccount) -> String {
    [ours.sort_code.as_str(), ours.number.as_str()].join(" ").trim().to_owned()
}

/// What is odd between two statements of which one ends before the other begins.
///
/// Balances that follow on prove that nothing is missing, however many days lie between.
pub fn gap(older: &Statement, newer: &Statement) -> Option<String> {
    if newer.from_on <= older.until_on {
        return None;
    }
    let show = |minor| display(minor, newer.currency);
    let on = |day: NaiveDate| day.format("%-d %B %Y").to_string();
    match (older.closing_minor, newer.opening_minor) {
        (Some(closing), Some(opening)) if closing == opening => None,
        (Some(closing), Some(opening)) => Some(format!(
            "The statement before ends with {} on {}, the one of {} begins with {}: {} is not told by any line.",
            show(closing),
            on(older.until_on),
            on(newer.from_on),
            show(opening),
            show(opening - closing)
        )),
        _ if (newer.from_on - older.until_on).num_days() > 1 => {
            Some(format!("No statement tells of the days between {} and {}.", on(older.until_on), on(newer.from_on)))
        }
        _ => None,
    }
}

/// What is odd where a statement begins inside an earlier one: `met_minor` is the sum of the lines that both tell.
pub fn jump(older: &Statement, told: &Told, met_minor: i64) -> Option<String> {
    let (from_on, _) = span(told)?;
    let (closing, opening) = older.closing_minor.zip(told.opening_minor)?;
    let reached = opening.saturating_add(met_minor);
    if reached == closing || from_on > older.until_on || from_on < older.from_on {
        return None;
    }
    let show = |minor| display(minor, older.currency);
    Some(format!(
        "The statement before ends with {} on {}; this one, which begins inside it, comes to {} there.",
        show(closing),
        older.until_on.format("%-d %B %Y"),
        show(reached)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::GBP;
    use crate::statements::told::ToldLine;

    #[test]
    fn a_wrong_closing_balance_is_told_with_both_figures_and_the_difference() {
        let ours = OurAccount { sort_code: String::new(), number: String::new(), currency: GBP };
        let day = NaiveDate::from_ymd_opt(2021, 6, 25).expect("a day");
        let line = ToldLine { booked_on: day, amount_minor: 2_500, ..ToldLine::default() };
        let told = Told { opening_minor: Some(100), closing_minor: Some(3_600), lines: vec![line], ..Told::default() };

        let refusal = check(&told, &ours, day).expect_err("a refusal");

        assert_eq!(
            refusal,
            "The closing balance is £36.00, but the opening balance of £1.00 and the lines come to £26.00: a difference of \
             £10.00. A line is missing or was changed. Please download the statement again; nothing was recorded."
        );
    }
}
