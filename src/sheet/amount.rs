//! Amounts as banks write them: with signs, thousands and letters for credit and debit.
//!
//! Invariant: what is not surely an amount is none; nothing passes through a float.

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
/// assert_eq!(read("12.00 CR"), Some(1_200));
/// assert_eq!(read("0.00"), Some(0));
/// assert_eq!(read(" "), None);
/// assert_eq!(signed("1.234,56", Decimal::Comma, GBP), Ok(Some(123_456)));
/// ```
///
/// # Errors
/// A sentence on what is wrong with it.
pub fn signed(text: &str, decimal: Decimal, currency: Currency) -> Result<Option<i64>, String> {
    let plain: String = text.chars().filter(|c| !c.is_whitespace() && *c != '\'' && *c != '"').collect();
    let (bare, is_debit) = unsigned(&plain);
    if bare.is_empty() {
        return if plain.is_empty() { Ok(None) } else { Err(not_an_amount(text)) };
    }
    let bare = match decimal {
        Decimal::Point => bare.to_owned(),
        Decimal::Comma => bare
            .chars()
            .map(|c| {
                if c == ',' {
                    '.'
                } else if c == '.' {
                    ','
                } else {
                    c
                }
            })
            .collect(),
    };
    // "1.234,5" is a whole with pence; so is "12," in MT940.
    let bare = bare.strip_suffix('.').unwrap_or(&bare);
    if is_nothing(bare, currency) {
        return Ok(Some(0));
    }
    match parse_amount(bare, currency) {
        Ok(minor) => Ok(Some(if is_debit { -minor } else { minor })),
        Err(AmountError::TooFine(..)) => Err(format!("{text:?} has more decimals than {}", currency.code())),
        Err(AmountError::TooLarge) => Err(format!("{text:?} is more than can be counted")),
        Err(_) => Err(not_an_amount(text)),
    }
}

fn not_an_amount(text: &str) -> String {
    let short: String = text.trim().chars().take(40).collect();
    format!("{short:?} is not an amount")
}

/// The figure without its sign, and whether it is a debit.
fn unsigned(plain: &str) -> (&str, bool) {
    let (mut bare, mut is_debit) = (plain, false);
    if let Some(inner) = bare.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        (bare, is_debit) = (inner, true);
    }
    for (mark, debit) in [("CR", false), ("DR", true), ("cr", false), ("dr", true), ("Cr", false), ("Dr", true)] {
        if let Some(rest) = bare.strip_suffix(mark) {
            bare = rest;
            is_debit ^= debit;
            break;
        }
    }
    for mark in ['-', '−', '+'] {
        if let Some(rest) = bare.strip_prefix(mark).or_else(|| bare.strip_suffix(mark)) {
            bare = rest;
            is_debit ^= mark != '+';
            break;
        }
        // "£-12.00"
        let inner = bare.char_indices().nth(1).filter(|(_, c)| *c == mark && bare.starts_with(['£', '€', '$']));
        if let Some((at, c)) = inner {
            bare = &bare[at + c.len_utf8()..];
            is_debit ^= mark != '+';
            break;
        }
    }
    (bare, is_debit)
}

/// "0", "0.00", "£0.00", ".00": what banks write where nothing moved.
fn is_nothing(bare: &str, currency: Currency) -> bool {
    let sign = currency.sign();
    let bare = bare.strip_prefix(sign.trim()).unwrap_or(bare);
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
