//! What makes a line the same line in another file.
//!
//! Invariant: two gifts of one amount on one day with the same texts are two lines, and stay two however often the
//! bank tells of them. The account is no part of it: a CSV file does not name one.

use std::collections::HashMap;

use sha2::{Digest, Sha256};

use super::told::ToldLine;

/// SHA-256 of what a line says, and of how many before it in the file say the same.
pub type Identity = [u8; 32];

/// The identity of each line, in order.
///
/// The bank's own number stands for the texts where it gives one, because texts differ from format to format. Day and
/// amount stand beside it, because some banks use a number again.
pub fn identities(lines: &[ToldLine]) -> Vec<Identity> {
    identities_after(lines, &HashMap::new())
}

/// As [`identities`], of lines that go on where others end: `before` says how many of those said the same.
pub fn identities_after(lines: &[ToldLine], before: &HashMap<Identity, u64>) -> Vec<Identity> {
    let mut seen = before.clone();
    lines
        .iter()
        .map(|line| {
            let words = words(line);
            let before = seen.entry(words).or_default();
            *before += 1;
            let mut hash = Sha256::new();
            hash.update(words);
            hash.update(before.to_le_bytes());
            hash.finalize().into()
        })
        .collect()
}

/// SHA-256 of what a line says.
pub fn words(line: &ToldLine) -> Identity {
    let mut hash = Sha256::new();
    hash.update(line.booked_on.to_string());
    hash.update(line.amount_minor.to_le_bytes());
    let texts = [&line.payer, &line.payer_account, &line.reference, &line.description];
    let texts = if line.bank_id.is_empty() { &texts[..] } else { &[&line.bank_id] };
    for text in texts {
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text.as_bytes());
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gift(reference: &str, bank_id: &str) -> ToldLine {
        let booked_on = chrono::NaiveDate::from_ymd_opt(2021, 6, 25).expect("a day");
        let (reference, bank_id) = (reference.to_owned(), bank_id.to_owned());
        ToldLine { booked_on, amount_minor: 1_000, reference, bank_id, ..ToldLine::default() }
    }

    #[test]
    fn two_gifts_that_say_the_same_are_two_and_stay_the_same_two() {
        let once = identities(&[gift("A", ""), gift("A", ""), gift("B", "")]);
        let again = identities(&[gift("B", ""), gift("A", ""), gift("A", ""), gift("A", "")]);

        assert_ne!(once[0], once[1]);
        assert_eq!([again[1], again[2], again[0]], [once[0], once[1], once[2]]);
        assert!(!once.contains(&again[3]));
    }

    #[test]
    fn the_number_that_the_bank_gives_stands_for_the_texts() {
        assert_eq!(identities(&[gift("A", "7")]), identities(&[gift("a  mangled", "7")]));
        assert_ne!(identities(&[gift("A", "7")]), identities(&[gift("A", "8")]));
    }
}
