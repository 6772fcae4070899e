//! Exact amounts: read from what people type, kept as minor units, printed with the currency's decimals.
//!
//! Invariant: no amount ever passes through a float. Which amounts are allowed is left to each domain.

use std::fmt;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use crate::unseen;

/// A currency of ISO 4217 that has a minor unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Currency(iso_currency::Currency);

/// Pounds sterling, the currency of a new fund.
pub const GBP: Currency = Currency(iso_currency::Currency::GBP);

impl Currency {
    /// Reads a three-letter code.
    ///
    /// ```
    /// use fighting_fund::money::Currency;
    /// assert_eq!(Currency::from_code("GBP").map(|c| c.decimals()), Some(2));
    /// assert_eq!(Currency::from_code("XYZ"), None);
    /// ```
    pub fn from_code(code: &str) -> Option<Self> {
        let currency = iso_currency::Currency::from_code(code)?;
        currency.exponent().map(|_| Self(currency))
    }

    /// The three letters.
    pub fn code(self) -> &'static str {
        self.0.code()
    }

    /// Digits after the point.
    pub fn decimals(self) -> u32 {
        self.0.exponent().map_or(2, u32::from)
    }

    /// "£"; the code where there is no short sign.
    pub fn sign(self) -> String {
        let symbol = self.0.symbol().to_string();
        if symbol.is_empty() || symbol == "¤" { format!("{} ", self.code()) } else { symbol }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// Why a text is not an amount. The message is shown beside the field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    /// Nothing was typed.
    #[error("Please write an amount, for example 25 or 25.00.")]
    Missing,
    /// A mark in it shows its figures in another order than they stand.
    #[error("There is a hidden mark in this amount that turns its figures round. Please type it anew.")]
    Turned,
    /// Not digits, thousands commas and one point.
    #[error("Please write the amount in figures with a point before the pence, for example 25, 25.50 or 1,000.00.")]
    NotAnAmount,
    /// More decimals than the currency has.
    #[error("{0} has {1} decimal places; please round the amount, for example 25.50.")]
    TooFine(&'static str, u32),
    /// Zero or less.
    #[error("The amount must be more than nothing.")]
    NotPositive,
    /// More than can be counted.
    #[error("That is more than can be counted. Please check the amount.")]
    TooLarge,
}

/// Longest text read as an amount: a sign, 15 digits with commas, a point and decimals fit well within it.
const AMOUNT_CHARS_MAX: usize = 40;

/// Reads an amount above zero as people type it, in minor units.
///
/// A currency sign or code, blanks of every width around the figure or between its thousands, thousands commas and
/// full-width digits are understood. What would make another amount than is seen is refused.
///
/// ```
/// use fighting_fund::money::{GBP, parse_amount};
/// assert_eq!(parse_amount("£1,000", GBP), Ok(100_000));
/// assert_eq!(parse_amount("25.5", GBP), Ok(2_550));
/// assert_eq!(parse_amount("２５", GBP), Ok(2_500));
/// assert_eq!(parse_amount("\u{a0}£\u{202f}1\u{2009}000.00\u{200b}", GBP), Ok(100_000));
/// assert!(parse_amount("\u{202e}52", GBP).is_err());
/// assert!(parse_amount("10²", GBP).is_err());
/// assert!(parse_amount("10 50", GBP).is_err());
/// assert!(parse_amount("1e3", GBP).is_err());
/// assert!(parse_amount("25.005", GBP).is_err());
/// assert!(parse_amount("1,00", GBP).is_err());
/// ```
///
/// # Errors
/// [`AmountError`], one sentence a reason.
pub fn parse_amount(text: &str, currency: Currency) -> Result<i64, AmountError> {
    if unseen::turns(text) {
        return Err(AmountError::Turned);
    }
    let plain = unseen::plain(text);
    if plain.chars().count() > AMOUNT_CHARS_MAX {
        return Err(AmountError::TooLarge);
    }
    let bare = without_currency(plain.trim(), currency);
    if bare.is_empty() {
        return Err(AmountError::Missing);
    }
    if let Some(rest) = bare.strip_prefix(['-', '−']) {
        let digits = without_currency(rest, currency);
        return Err(if is_figure(digits) { AmountError::NotPositive } else { AmountError::NotAnAmount });
    }
    let (whole, fraction) = bare.split_once('.').unwrap_or((bare, ""));
    let whole = without_thousands(whole).ok_or(AmountError::NotAnAmount)?;
    if !is_digits(fraction) || (bare.contains('.') && fraction.is_empty()) {
        return Err(AmountError::NotAnAmount);
    }
    let fraction = if fraction.len() > currency.decimals() as usize {
        let (kept, rest) = fraction.split_at(currency.decimals() as usize);
        if rest.bytes().any(|digit| digit != b'0') {
            return Err(AmountError::TooFine(currency.code(), currency.decimals()));
        }
        kept
    } else {
        fraction
    };
    let decimal: Decimal = format!("{whole}.{fraction}0").parse().map_err(|_| AmountError::TooLarge)?;
    let scale = Decimal::from(10_i64.pow(currency.decimals()));
    let minor = decimal.checked_mul(scale).and_then(|minor| minor.to_i64()).ok_or(AmountError::TooLarge)?;
    if minor > AMOUNT_MINOR_MAX {
        return Err(AmountError::TooLarge);
    }
    if minor == 0 { Err(AmountError::NotPositive) } else { Ok(minor) }
}

/// Ten million million minor units: a million such amounts still sum without overflow.
const AMOUNT_MINOR_MAX: i64 = 10_000_000_000_000;

fn without_currency(text: &str, currency: Currency) -> &str {
    let sign = currency.sign();
    let mut bare = text;
    for mark in [sign.trim(), currency.code()] {
        bare = bare.strip_prefix(mark).unwrap_or(bare).trim_start();
        bare = bare.strip_suffix(mark).unwrap_or(bare).trim_end();
    }
    bare
}

/// Commas, or blanks, are thousands only where they stand before groups of three.
fn without_thousands(whole: &str) -> Option<String> {
    let mut groups = whole.split(if whole.contains(',') { ',' } else { ' ' });
    let first = groups.next()?;
    let rest: Vec<&str> = groups.collect();
    let grouped = rest.is_empty() || (first.len() <= 3 && rest.iter().all(|group| group.len() == 3));
    let digits = format!("{first}{}", rest.concat());
    (grouped && !first.is_empty() && is_digits(&digits)).then_some(digits)
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_figure(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b','))
}

/// `"25.00"`: for JSON, CSV and ledgers.
///
/// ```
/// use fighting_fund::money::{GBP, plain};
/// assert_eq!(plain(-2_550, GBP), "-25.50");
/// ```
pub fn plain(minor: i64, currency: Currency) -> String {
    Decimal::new(minor, currency.decimals()).to_string()
}

/// `"£13,288.00"`: for people.
///
/// ```
/// use fighting_fund::money::{GBP, display};
/// assert_eq!(display(1_328_800, GBP), "£13,288.00");
/// assert_eq!(display(-5, GBP), "−£0.05");
/// ```
pub fn display(minor: i64, currency: Currency) -> String {
    let text = plain(minor, currency);
    let (minus, text) = text.strip_prefix('-').map_or(("", text.as_str()), |rest| ("−", rest));
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let mut grouped = String::new();
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{minus}{}{grouped}{point}{fraction}", currency.sign())
}

/// `"£13,288"` where there are no pence: for headlines.
///
/// ```
/// use fighting_fund::money::{GBP, display_short};
/// assert_eq!(display_short(1_328_800, GBP), "£13,288");
/// assert_eq!(display_short(1_328_850, GBP), "£13,288.50");
/// ```
pub fn display_short(minor: i64, currency: Currency) -> String {
    let text = display(minor, currency);
    let pence = format!(".{}", "0".repeat(currency.decimals() as usize));
    text.strip_suffix(&pence).map_or(text.clone(), str::to_owned)
}
