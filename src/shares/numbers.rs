//! The numbers of the register, each of its own kind: members, certificates, applications, withdrawals.
//!
//! Invariant: no number is ever used again, and none can be read as one of another kind.

use std::fmt;
use std::str::FromStr;

use crate::reference::Reference;

/// Applications stand above all gifts in the numbers that references are made of.
const APPLICATIONS_FROM: i64 = 1 << 33;
/// Withdrawals stand above all applications.
const WITHDRAWALS_FROM: i64 = 1 << 34;

/// The public reference of an application for shares.
///
/// ```
/// use fighting_fund::shares::numbers::{application_of, application_reference};
/// let reference = application_reference(12);
/// assert_eq!(application_of(reference), Some(12));
/// ```
pub fn application_reference(id: i64) -> Reference {
    Reference::of(APPLICATIONS_FROM + id)
}

/// The application that a reference means, unless it means something else.
pub fn application_of(reference: Reference) -> Option<i64> {
    (APPLICATIONS_FROM..WITHDRAWALS_FROM).contains(&reference.number()).then(|| reference.number() - APPLICATIONS_FROM)
}

/// The public reference of a withdrawal.
pub fn withdrawal_reference(id: i64) -> Reference {
    Reference::of(WITHDRAWALS_FROM + id)
}

/// The withdrawal that a reference means, unless it means something else.
pub fn withdrawal_of(reference: Reference) -> Option<i64> {
    (reference.number() >= WITHDRAWALS_FROM).then(|| reference.number() - WITHDRAWALS_FROM)
}

/// A count with commas between its thousands: "12,500".
///
/// ```
/// assert_eq!(fighting_fund::shares::numbers::grouped(1_234_567), "1,234,567");
/// assert_eq!(fighting_fund::shares::numbers::grouped(12), "12");
/// ```
pub fn grouped(count: i64) -> String {
    let digits = count.unsigned_abs().to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().map(|part| std::str::from_utf8(part).unwrap_or("")).collect();
    let sign = if count < 0 { "-" } else { "" };
    format!("{sign}{}", groups.join(","))
}

/// "One vote", "12,500 votes"
pub fn counted_votes(count: i64) -> String {
    if count == 1 { "One vote".to_owned() } else { format!("{} votes", grouped(count)) }
}

/// A member's number, for life: `M000123`.
///
/// ```
/// use fighting_fund::shares::numbers::MemberNumber;
/// assert_eq!(MemberNumber(123).to_string(), "M000123");
/// for written in ["M000123", "m123", "123", "000123", " M 000 123 ", "m-123", "No. 123", "M000123."] {
///     assert_eq!(written.parse(), Ok(MemberNumber(123)), "{written}");
/// }
/// assert!("C000123".parse::<MemberNumber>().is_err());
/// assert!("M0".parse::<MemberNumber>().is_err());
/// ```
///
/// However people write it, it is read here: forms, files, addresses, searches, the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MemberNumber(pub i64);

/// A certificate's number: `C000045`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CertificateNumber(pub i64);

/// What stands in the place of a number but is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Member numbers look like M000123 and certificate numbers like C000045; please check it.")]
pub struct NotANumber;

impl fmt::Display for MemberNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "M{:06}", self.0)
    }
}

impl fmt::Display for CertificateNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "C{:06}", self.0)
    }
}

impl FromStr for MemberNumber {
    type Err = NotANumber;

    fn from_str(text: &str) -> Result<Self, NotANumber> {
        digits_after(text, 'M').map(Self)
    }
}

impl FromStr for CertificateNumber {
    type Err = NotANumber;

    fn from_str(text: &str) -> Result<Self, NotANumber> {
        digits_after(text, 'C').map(Self)
    }
}

/// Digits of the longest number; more would be no number of ours.
const DIGITS_MAX: usize = 12;

/// The number behind a letter, which may be left out: people write blanks, hyphens and full stops as they like, and a
/// spreadsheet takes the letter or the noughts off.
fn digits_after(text: &str, letter: char) -> Result<i64, NotANumber> {
    let is_mark = |c: char| {
        c.is_whitespace()
            || matches!(c, '.' | '-' | '\u{2010}'..='\u{2013}' | '#' | ':' | '\u{ad}' | '\u{200b}' | '\u{feff}')
    };
    let bare: String = text.chars().filter(|c| !is_mark(*c)).collect::<String>().to_uppercase();
    let bare = ["NO", "№"].into_iter().find_map(|word| bare.strip_prefix(word)).unwrap_or(&bare);
    let digits = bare.strip_prefix(letter).unwrap_or(bare);
    if !(1..=DIGITS_MAX).contains(&digits.len()) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(NotANumber);
    }
    digits.parse().ok().filter(|number| *number > 0).ok_or(NotANumber)
}

/// The numbers in a list as it was typed or pasted: one a line, or with commas, semicolons or blanks between. A letter
/// that stands apart from its number ("M 6") belongs to the number behind it. A word that is none is the error.
///
/// ```
/// use fighting_fund::shares::numbers::{MemberNumber, members_in};
/// assert_eq!(members_in("6, m7\nM 8; 000009"), Ok([6, 7, 8, 9].map(MemberNumber).to_vec()));
/// assert_eq!(members_in("6 Ann"), Err("Ann".to_owned()));
/// ```
///
/// # Errors
/// The first word that is no number.
pub fn members_in(text: &str) -> Result<Vec<MemberNumber>, String> {
    let mut numbers = Vec::new();
    let mut letter = "";
    for word in text.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';')).filter(|word| !word.is_empty()) {
        if letter.is_empty() && word.eq_ignore_ascii_case("m") {
            letter = word;
            continue;
        }
        numbers.push(format!("{letter}{word}").parse().map_err(|_| format!("{letter}{word}"))?);
        letter = "";
    }
    if letter.is_empty() { Ok(numbers) } else { Err(letter.to_owned()) }
}
