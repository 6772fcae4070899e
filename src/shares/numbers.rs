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

/// A member's number, for life: `M000123`.
///
/// ```
/// use fighting_fund::shares::numbers::MemberNumber;
/// assert_eq!(MemberNumber(123).to_string(), "M000123");
/// assert_eq!("m123".parse(), Ok(MemberNumber(123)));
/// assert!("C000123".parse::<MemberNumber>().is_err());
/// ```
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

fn digits_after(text: &str, letter: char) -> Result<i64, NotANumber> {
    let text = text.trim().to_ascii_uppercase();
    let digits = text.strip_prefix(letter).filter(|digits| (1..=12).contains(&digits.len())).ok_or(NotANumber)?;
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(NotANumber);
    }
    digits.parse().ok().filter(|number| *number > 0).ok_or(NotANumber)
}
