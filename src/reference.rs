//! Public references: short enough for a bank transfer, unlike a count, and a mistyped one is detected.
//!
//! A reference is a number of ours written another way (`FF`, seven characters, a check character), so it needs no
//! column, no index and cannot collide. It grants nothing: links that show a gift are signed (`donations/link.rs`).

use std::fmt;
use std::str::FromStr;

use crate::unseen;

/// Crockford's base32: no I, L, O, U. <https://www.crockford.com/base32.html>
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const BITS: u32 = 35;
const MASK: u64 = (1 << BITS) - 1;
/// An odd number scatters neighbours; its inverse brings them back.
const SCATTER: u64 = 0x5_DEEC_E66D;

/// The public name of the donation (later also of the application) with this number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Reference(u64);

/// What stands in the place of a reference but is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("This is not one of our references. They look like FF7K3M9QXP; please check each character.")]
pub struct NotAReference;

impl Reference {
    /// The reference of a number from 1 to 2^35 - 1.
    ///
    /// ```
    /// use fighting_fund::reference::Reference;
    /// let reference = Reference::of(412);
    /// assert_eq!(reference.to_string().parse::<Reference>(), Ok(reference));
    /// assert_eq!(reference.number(), 412);
    /// ```
    pub fn of(number: i64) -> Self {
        Self(number.unsigned_abs() & MASK)
    }

    /// The number it stands for.
    pub fn number(self) -> i64 {
        i64::try_from(self.0).expect("35 bits fit")
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scattered = scatter(self.0);
        let digits: [u8; 7] = std::array::from_fn(|i| ((scattered >> (30 - 5 * i)) & 31) as u8);
        f.write_str("FF")?;
        for value in digits.iter().copied().chain([check(&digits)]) {
            write!(f, "{}", char::from(ALPHABET[usize::from(value)]))?;
        }
        Ok(())
    }
}

/// Reads what a person typed or a bank mangled: lower case, spaces, dashes, O for 0, I or L for 1.
impl FromStr for Reference {
    type Err = NotAReference;

    fn from_str(text: &str) -> Result<Self, NotAReference> {
        let text = unseen::plain(text);
        let mut typed = text.chars().filter(|c| !c.is_whitespace() && *c != '-').map(|c| c.to_ascii_uppercase());
        if typed.next() != Some('F') || typed.next() != Some('F') {
            return Err(NotAReference);
        }
        let mut values = [0_u8; 8];
        for value in &mut values {
            *value = typed.next().and_then(value_of).ok_or(NotAReference)?;
        }
        let digits: [u8; 7] = std::array::from_fn(|i| values[i]);
        if typed.next().is_some() || check(&digits) != values[7] {
            return Err(NotAReference);
        }
        let scattered = digits.iter().fold(0, |number, digit| (number << 5) | u64::from(*digit));
        Ok(Self(gather(scattered)))
    }
}

/// Characters of a reference as it is written.
const WRITTEN: usize = 10;
/// F, the first two characters of every reference.
const MARK: u8 = 15;

/// The references that `written` is once a single slip is mended: a wrong character, two neighbours in each other's
/// place, one character missing or one too many. `written` is bare: capital letters and figures, no spaces.
///
/// A reference that is right as it stands has made no slip. About one in thirty of the answers' neighbours is a
/// reference too, so whoever asks still has to look which of them exist.
///
/// ```
/// use fighting_fund::reference::{Reference, one_slip_away};
/// let reference = Reference::of(412);
/// let written = reference.to_string();
/// assert!(one_slip_away(&written[1..]).contains(&reference));
/// assert!(one_slip_away(&format!("{written}X")).contains(&reference));
/// assert!(one_slip_away("THANK YOU").is_empty());
/// ```
pub fn one_slip_away(written: &str) -> Vec<Reference> {
    let values: Vec<Option<u8>> = written.chars().take(WRITTEN + 2).map(value_of).collect();
    let marks = values.iter().take(2).filter(|value| **value == Some(MARK)).count();
    let mut found = Vec::new();
    match values.len() {
        // A character is missing: one of the two at the front, or one of the eight behind them.
        9 if marks == 2 => (2..WRITTEN).for_each(|at| each_value_at(&inserted(&values, at), at, &mut found)),
        9 if values[0] == Some(MARK) => {
            found.extend(of_values(&[&[Some(MARK)], &values[..]].concat()));
        }
        10 => {
            for at in 0..WRITTEN - 1 {
                let mut swapped = values.clone();
                swapped.swap(at, at + 1);
                found.extend(of_values(&swapped));
            }
            if marks == 2 {
                (2..WRITTEN).for_each(|at| each_value_at(&values, at, &mut found));
            } else if marks == 1 {
                found.extend(of_values(&[&[Some(MARK), Some(MARK)], &values[2..]].concat()));
            }
        }
        11 => found.extend((0..values.len()).filter_map(|at| of_values(&[&values[..at], &values[at + 1..]].concat()))),
        _ => {}
    }
    let itself = of_values(&values);
    found.retain(|reference| Some(*reference) != itself);
    found.sort_unstable_by_key(|reference| reference.0);
    found.dedup();
    found
}

fn inserted(values: &[Option<u8>], at: usize) -> Vec<Option<u8>> {
    [&values[..at], &[None], &values[at..]].concat()
}

fn each_value_at(values: &[Option<u8>], at: usize, found: &mut Vec<Reference>) {
    let mut tried = values.to_vec();
    for value in 0..32 {
        tried[at] = Some(value);
        found.extend(of_values(&tried));
    }
}

fn of_values(values: &[Option<u8>]) -> Option<Reference> {
    let values: [Option<u8>; WRITTEN] = values.try_into().ok()?;
    if values[0] != Some(MARK) || values[1] != Some(MARK) {
        return None;
    }
    let mut digits = [0_u8; 7];
    for (digit, value) in digits.iter_mut().zip(&values[2..9]) {
        *digit = (*value)?;
    }
    let scattered = digits.iter().fold(0, |number, digit| (number << 5) | u64::from(*digit));
    (values[9] == Some(check(&digits))).then(|| Reference(gather(scattered)))
}

fn value_of(c: char) -> Option<u8> {
    let c = match c {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    ALPHABET.iter().position(|known| char::from(*known) == c).and_then(|at| u8::try_from(at).ok())
}

fn scatter(number: u64) -> u64 {
    let mixed = (number ^ (number >> 18)).wrapping_mul(SCATTER) & MASK;
    mixed ^ (mixed >> 18)
}

fn gather(scattered: u64) -> u64 {
    let mixed = (scattered ^ (scattered >> 18)).wrapping_mul(inverse_of_scatter()) & MASK;
    mixed ^ (mixed >> 18)
}

/// Newton's iteration doubles the right bits each time: 3, 6, 12, 24, 48.
const fn inverse_of_scatter() -> u64 {
    let mut inverse = SCATTER;
    let mut round = 0;
    while round < 4 {
        inverse = inverse.wrapping_mul(2_u64.wrapping_sub(SCATTER.wrapping_mul(inverse)));
        round += 1;
    }
    inverse
}

/// A weighted sum in the field of 32 elements (x^5 + x^2 + 1). The weights differ and none is zero, so one wrong
/// character, or two in each other's place, always changes it.
fn check(digits: &[u8; 7]) -> u8 {
    digits.iter().fold(0, |sum, digit| times_x(sum ^ digit))
}

fn times_x(value: u8) -> u8 {
    let shifted = value << 1;
    if shifted & 32 == 0 { shifted } else { (shifted ^ 0b100101) & 31 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_number_comes_back_from_its_reference(number in 1_i64..(1 << 35)) {
            let reference = Reference::of(number);

            prop_assert_eq!(reference.to_string().parse::<Reference>(), Ok(reference));
            prop_assert_eq!(reference.to_string().len(), 10);
        }

        #[test]
        fn one_wrong_character_is_always_detected(number in 1_i64..(1 << 35), at in 2_usize..10, other in 0_usize..32) {
            let mut typed = Reference::of(number).to_string().into_bytes();
            prop_assume!(typed[at] != ALPHABET[other]);

            typed[at] = ALPHABET[other];

            let typed = String::from_utf8(typed).expect("ASCII");
            prop_assert_eq!(typed.parse::<Reference>(), Err(NotAReference));
        }

        #[test]
        fn two_characters_in_each_others_place_are_always_detected(number in 1_i64..(1 << 35), a in 2_usize..10, b in 2_usize..10) {
            let mut typed = Reference::of(number).to_string().into_bytes();
            prop_assume!(typed[a] != typed[b]);

            typed.swap(a, b);

            let typed = String::from_utf8(typed).expect("ASCII");
            prop_assert_eq!(typed.parse::<Reference>(), Err(NotAReference));
        }
    }

    proptest! {
        #[test]
        fn a_reference_with_one_slip_is_found_again(number in 1_i64..(1 << 35), at in 0_usize..10, other in 0_usize..32, kind in 0..4) {
            let reference = Reference::of(number);
            let mut typed = reference.to_string().into_bytes();
            match kind {
                0 => typed[at] = ALPHABET[other],
                1 => typed.swap(at, (at + 1) % 10),
                2 => drop(typed.remove(at)),
                _ => typed.insert(at, ALPHABET[other]),
            }
            // The first and the last are no neighbours, and what is still right has made no slip.
            prop_assume!(kind != 1 || at < 9);
            prop_assume!(typed != reference.to_string().into_bytes());

            let found = one_slip_away(std::str::from_utf8(&typed).expect("ASCII"));

            prop_assert!(found.contains(&reference), "{typed:?}");
            prop_assert!(found.len() < 30, "{}", found.len());
        }
    }

    #[test]
    fn lower_case_spaces_and_letters_that_look_like_figures_are_understood() {
        let reference = Reference::of(1);
        let mangled = reference.to_string().to_lowercase().replace('0', "o").replace('1', "l");

        assert_eq!(format!(" {} {}", &mangled[..4], &mangled[4..]).parse(), Ok(reference));
    }
}
