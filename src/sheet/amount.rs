//! Amounts as banks write them: with signs, thousands and letters for credit and debit.
//!
//! Invariant: what is not surely an amount is none; nothing passes through a float; two signs that disagree are refused.

use crate::money::{AmountError, Currency, parse_amount};

/// What stands before the pence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decimal {
    /// "1,234.56"
    #[default]
    Point,
    /// "1.234,56"
    Comma,
}

/// Reads an amount in minor units; nothing for an empty text. A debit is below zero.
///
/// ```
/// use fighting_fund::money::GBP;
/// use fighting_fund::sheet::amount::{Decimal, signed};
/// let read = |text| signed(text, Decimal::Point, GBP).ok().flatten();
/// assert_eq!(read("£1,234.56"), Some(123_456));
/// assert_eq!(read("-£12.00"), Some(-1_200));
/// assert_eq!(read("(12.00)"), Some(-1_200));
/// assert_eq!(read("12.00-"), Some(-1_200));
/// assert_eq!(read("12.00 DR"), Some(-1_200));
/// assert_eq!(read("12.00 OD"), Some(-1_200));
/// assert_eq!(read("-12.00 DR"), Some(-1_200));
/// assert_eq!(read("-12.00 CR"), None);
/// assert_eq!(read("12.00 CR"), Some(1_200));
/// assert_eq!(read(".54"), Some(54));
/// assert_eq!(read("0.00"), Some(0));
/// assert_eq!(read("12 34.00"), None);
/// assert_eq!(read(" "), None);
/// assert_eq!(signed("1.234,56", Decimal::Comma, GBP), Ok(Some(123_456)));
/// ```
///
/// # Errors
/// A sentence on what is wrong with it.
pub fn signed(text: &str, decimal: Decimal, currency: Currency) -> Result<Option<i64>, String> {
    let Some(plain) = without_space(text) else { return Err(not_an_amount(text)) };
    let (bare, is_debit) = unsigned(&plain);
    if bare.is_empty() {
        return if plain.is_empty() { Ok(None) } else { Err(not_an_amount(text)) };
    }
    let Ok(is_debit) = is_debit else {
        return Err(format!("{:?} has two signs that do not agree", short(text)));
    };
    if let Some(other) = other_currency(bare, currency) {
        return Err(format!("{:?} is in {other}, and these books count in {}", short(text), currency.code()));
    }
    let bare = match decimal {
        Decimal::Point => bare.to_owned(),
        Decimal::Comma => bare.chars().map(turned).collect(),
    };
    // "1.234,5" is a whole with pence; so is "12," in MT940, and ".54" with spreadsheets.
    let bare = bare.strip_suffix('.').unwrap_or(&bare);
    let bare = with_nought(bare);
    if is_nothing(&bare, currency) {
        return Ok(Some(0));
    }
    match parse_amount(&bare, currency) {
        Ok(minor) => Ok(Some(if is_debit { -minor } else { minor })),
        Err(AmountError::TooFine(..)) => Err(format!("{:?} has more decimals than {}", short(text), currency.code())),
        Err(AmountError::TooLarge) => Err(format!("{:?} is more than can be counted", short(text))),
        Err(_) => Err(not_an_amount(text)),
    }
}

/// Whether a text can only be of one of the two spellings: "1.234,56" and "12,5" have a comma before the pence,
/// "1,234.56" and "12.50" a point. "1.005" and "1,005" may be either.
pub fn spelling(text: &str) -> Option<Decimal> {
    let figure: String = text.chars().filter(|c| c.is_ascii_digit() || matches!(c, '.' | ',')).collect();
    let last = figure.rfind(['.', ','])?;
    let mark = figure.as_bytes()[last];
    let of_mark = if mark == b',' { Decimal::Comma } else { Decimal::Point };
    let other = if mark == b',' { Decimal::Point } else { Decimal::Comma };
    let has_both = figure.contains('.') && figure.contains(',');
    let is_repeated = figure.bytes().filter(|byte| *byte == mark).count() > 1;
    match figure.len() - last - 1 {
        _ if has_both => Some(of_mark),
        // "1.234.567"
        THOUSANDS_DIGITS if is_repeated => Some(other),
        THOUSANDS_DIGITS => None,
        _ => Some(of_mark),
    }
}

/// Digits between two marks of thousands.
const THOUSANDS_DIGITS: usize = 3;

fn turned(c: char) -> char {
    match c {
        ',' => '.',
        '.' => ',',
        other => other,
    }
}

/// Without spaces and apostrophes; none where a space stands between digits that are no thousands.
fn without_space(text: &str) -> Option<String> {
    let is_space = |c: char| c.is_whitespace() || c == '\'' || c == '’';
    let mut plain = String::with_capacity(text.len());
    let mut gap = false;
    let chars: Vec<char> = text.trim().chars().filter(|c| *c != '"').collect();
    for (at, c) in chars.iter().enumerate() {
        if is_space(*c) {
            gap = true;
            continue;
        }
        if gap && c.is_ascii_digit() && plain.ends_with(|last: char| last.is_ascii_digit()) {
            let digits = chars[at..].iter().take_while(|c| c.is_ascii_digit()).count();
            if digits != THOUSANDS_DIGITS {
                return None;
            }
        }
        gap = false;
        plain.push(*c);
    }
    Some(plain)
}

fn short(text: &str) -> String {
    text.trim().chars().take(40).collect()
}

fn not_an_amount(text: &str) -> String {
    format!("{:?} is not an amount", short(text))
}

/// Signs and codes of other money that banks write beside an amount.
const OTHERS: [(&str, &str); 12] = [
    ("€", "EUR"),
    ("EUR", "EUR"),
    ("£", "GBP"),
    ("GBP", "GBP"),
    ("US$", "USD"),
    ("$", "USD"),
    ("USD", "USD"),
    ("CHF", "CHF"),
    ("SEK", "SEK"),
    ("DKK", "DKK"),
    ("PLN", "PLN"),
    ("¥", "JPY"),
];

fn other_currency(bare: &str, currency: Currency) -> Option<&'static str> {
    let upper = bare.to_uppercase();
    let has = |mark: &str| upper.starts_with(mark) || upper.ends_with(mark);
    let found = OTHERS.into_iter().find(|(mark, code)| has(mark) && *code != currency.code());
    found.map(|(_, code)| code).filter(|_| !bare.contains(currency.sign().trim()))
}

/// Letters for credit and debit, in English and German; whether each is a debit.
const LETTERS: [(&str, bool); 13] = [
    ("CREDIT", false),
    ("DEBIT", true),
    ("O/D", true),
    ("OD", true),
    ("CR.", false),
    ("DR.", true),
    ("CR", false),
    ("DR", true),
    ("C", false),
    ("D", true),
    ("H", false),
    ("S", true),
    ("DB", true),
];

/// The figure without its signs, and whether it is a debit; an error where two signs do not agree.
fn unsigned(plain: &str) -> (&str, Result<bool, ()>) {
    let (mut bare, mut signs) = (plain, Vec::new());
    loop {
        let before = bare.len();
        if let Some(inner) = bare.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
            bare = inner;
            signs.push(true);
        }
        for (mark, is_debit) in LETTERS {
            if let Some(rest) = without_letters(bare, mark) {
                bare = rest;
                signs.push(is_debit);
                break;
            }
        }
        for mark in ['-', '−', '–', '+'] {
            if let Some(rest) = bare.strip_prefix(mark).or_else(|| bare.strip_suffix(mark)) {
                bare = rest;
                signs.push(mark != '+');
                break;
            }
            // "£-12.00"
            let inner = bare.char_indices().nth(1).filter(|(_, c)| *c == mark && bare.starts_with(['£', '€', '$']));
            if let Some((at, c)) = inner {
                bare = &bare[at + c.len_utf8()..];
                signs.push(mark != '+');
                break;
            }
        }
        if bare.len() == before {
            break;
        }
    }
    let is_debit = signs.first().copied().unwrap_or(false);
    // "+12.00 OD" and "-12.00 CR" say two things.
    (bare, if signs.iter().all(|sign| *sign == is_debit) { Ok(is_debit) } else { Err(()) })
}

/// "12.00DR" and "DR12.00" without their letters, which stand next to a digit or a mark.
fn without_letters<'a>(bare: &'a str, mark: &str) -> Option<&'a str> {
    let is_figure = |c: char| c.is_ascii_digit() || matches!(c, '.' | ',' | '-' | '+' | ')' | '(' | '£' | '€' | '$');
    let behind = bare.len().checked_sub(mark.len()).filter(|at| bare.is_char_boundary(*at));
    if let Some(at) = behind
        && bare[at..].eq_ignore_ascii_case(mark)
        && bare[..at].ends_with(is_figure)
    {
        return Some(&bare[..at]);
    }
    let before = bare.get(..mark.len())?;
    (before.eq_ignore_ascii_case(mark) && bare[mark.len()..].starts_with(is_figure)).then(|| &bare[mark.len()..])
}

/// ".54" and "£.54" with their nought.
fn with_nought(bare: &str) -> String {
    match bare.find('.') {
        Some(at) if !bare[..at].ends_with(|c: char| c.is_ascii_digit()) && at + 1 < bare.len() => {
            format!("{}0{}", &bare[..at], &bare[at..])
        }
        _ => bare.to_owned(),
    }
}

/// "0", "0.00", "£0.00", ".00": what banks write where nothing moved.
fn is_nothing(bare: &str, currency: Currency) -> bool {
    let sign = currency.sign();
    let bare = bare.strip_prefix(sign.trim()).unwrap_or(bare);
    let bare = bare.strip_prefix(currency.code()).unwrap_or(bare);
    bare.contains('0') && bare.chars().all(|c| matches!(c, '0' | '.'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::money::{GBP, plain};

    proptest! {
        #[test]
        fn every_amount_is_read_back_as_a_bank_may_write_it(minor in -9_999_999_999_i64..9_999_999_999, form in 0..5) {
            let figure = plain(minor.abs(), GBP);
            let text = match (form, minor < 0) {
                (0, true) => format!("-{figure}"),
                (1, true) => format!("({figure})"),
                (2, true) => format!("{figure}-"),
                (3, true) => format!("{figure} DR"),
                (4, true) => format!("£-{figure}"),
                (3, false) => format!("£{figure} CR"),
                (_, _) => if minor < 0 { format!("-£{figure}") } else { figure },
            };

            prop_assert_eq!(signed(&text, Decimal::Point, GBP), Ok(Some(minor)));
        }

        #[test]
        fn no_text_makes_it_panic(text in ".*") {
            let _ = signed(&text, Decimal::Point, GBP);
            let _ = signed(&text, Decimal::Comma, GBP);
        }
    }
}
