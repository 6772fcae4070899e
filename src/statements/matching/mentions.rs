//! Which of our references the texts of a statement's line mention, however hands and banks have mangled them. Pure.
//!
//! Invariant: only a reference that stands as we wrote it, a word of its own, is [`Spelling::Exact`]. Everything else
//! is a guess that somebody has to look at, however good: spaces, lower case, a word glued to its neighbours, a field
//! that the bank cut off, one wrong character.

use std::ops::RangeInclusive;

use crate::reference::{Reference, one_slip_away};

/// How a reference stands in the texts of a line, from the surest down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Spelling {
    /// As we wrote it: ten capital letters and figures, a word of its own.
    Exact,
    /// Each character is right, but with spaces, dashes, lower case, or glued to other words.
    Loose,
    /// Each character is right, but some stand in one field of the bank and some in the next.
    Spread,
    /// The beginning of it, at the end of a field.
    CutOff,
    /// One character is wrong, missing, doubled or in its neighbour's place.
    OneSlip,
}

/// A reference that a line may mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    /// Which.
    pub reference: Reference,
    /// How it stands there.
    pub spelling: Spelling,
    /// What stands there.
    pub written: String,
}

/// The references that are in use: guesses outside these ranges are not worth looking up.
#[derive(Debug, Clone)]
pub struct InUse {
    /// Numbers of gifts.
    pub gifts: RangeInclusive<i64>,
    /// Numbers that stand for applications.
    pub applications: RangeInclusive<i64>,
    /// References that wait for money, as they are written, in order: what a cut-off one may be the beginning of.
    pub waiting: Vec<String>,
}

impl InUse {
    fn has(&self, reference: Reference) -> bool {
        self.gifts.contains(&reference.number()) || self.applications.contains(&reference.number())
    }
}

/// Characters of a reference as it is written.
const WRITTEN: usize = 10;
/// The fewest characters of one that was cut off: FF and four more tell a million references apart.
const CUT_MIN: usize = 6;
/// The longest text looked at. Banks give at most some hundred characters.
const TEXT_CHARS_MAX: usize = 500;
/// More guesses than this say nothing.
const MENTIONS_MAX: usize = 12;

/// Every reference in use that the texts of a line may mention, the surest first, each once.
///
/// `texts` are the line's fields in the order in which a person reads them.
///
/// ```
/// use fighting_fund::reference::Reference;
/// use fighting_fund::statements::matching::mentions::{InUse, Spelling, find};
/// let reference = Reference::of(412).to_string();
/// let in_use = InUse { gifts: 1..=500, applications: 1..=0, waiting: vec![reference.clone()] };
/// assert_eq!(find(&[&format!("GIFT {reference}")], &in_use)[0].spelling, Spelling::Exact);
/// assert_eq!(find(&[&reference.to_lowercase()], &in_use)[0].spelling, Spelling::Loose);
/// assert_eq!(find(&[&reference[..7], &reference[7..]], &in_use)[0].spelling, Spelling::Spread);
/// assert_eq!(find(&[&format!("GIFT TO YOU {}", &reference[..6])], &in_use)[0].spelling, Spelling::CutOff);
/// ```
pub fn find(texts: &[&str], in_use: &InUse) -> Vec<Mention> {
    let fields: Vec<Field> = texts.iter().map(|text| Field::of(text)).filter(|field| !field.bare.is_empty()).collect();
    let mut found = Vec::new();
    for field in &fields {
        exact(field, &mut found);
        loose(&field.bare, Spelling::Loose, &mut found);
    }
    for (first, second) in neighbours(&fields) {
        let start = first.bare.len().saturating_sub(WRITTEN - 1);
        let joined = format!("{}{}", &first.bare[start..], second.bare.get(..WRITTEN - 1).unwrap_or(&second.bare));
        loose(&joined, Spelling::Spread, &mut found);
    }
    let is_clean = found.iter().any(|mention| in_use.has(mention.reference));
    if !is_clean {
        for field in &fields {
            cut_off(&field.bare, in_use, &mut found);
            one_slip(&field.bare, in_use, &mut found);
        }
    }
    found.retain(|mention| in_use.has(mention.reference));
    found.sort_by_key(|mention| mention.spelling);
    let mut seen = std::collections::HashSet::new();
    found.retain(|mention| seen.insert(mention.reference));
    found.truncate(MENTIONS_MAX);
    found
}

/// A text, and the same without spaces and signs, in capitals.
struct Field {
    text: String,
    bare: String,
}

impl Field {
    fn of(text: &str) -> Self {
        let text: String = text.chars().take(TEXT_CHARS_MAX).collect();
        let bare = text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect();
        Self { text, bare }
    }
}

/// Fields that a reference may be spread over: each with the next, and with the one before, since banks differ in
/// which of them they fill first.
fn neighbours(fields: &[Field]) -> impl Iterator<Item = (&Field, &Field)> {
    fields.windows(2).flat_map(|pair| [(&pair[0], &pair[1]), (&pair[1], &pair[0])])
}

fn exact(field: &Field, found: &mut Vec<Mention>) {
    for word in field.text.split(|c: char| !c.is_alphanumeric()) {
        if let Ok(reference) = word.parse::<Reference>()
            && reference.to_string() == word
        {
            found.push(Mention { reference, spelling: Spelling::Exact, written: word.to_owned() });
        }
    }
}

fn loose(bare: &str, spelling: Spelling, found: &mut Vec<Mention>) {
    for (at, _) in bare.match_indices("FF").flat_map(|(at, _)| [(at, ()), (at + 1, ())]) {
        if let Some(written) = bare.get(at..at + WRITTEN)
            && let Ok(reference) = written.parse::<Reference>()
        {
            found.push(Mention { reference, spelling, written: written.to_owned() });
        }
    }
}

/// The end of a field that is the beginning of references that wait.
fn cut_off(bare: &str, in_use: &InUse, found: &mut Vec<Mention>) {
    let from = bare.len().saturating_sub(WRITTEN - 1);
    for at in from..bare.len().saturating_sub(CUT_MIN - 1) {
        let tail = &bare[at..];
        if !tail.starts_with("FF") {
            continue;
        }
        let start = in_use.waiting.partition_point(|reference| reference.as_str() < tail);
        for whole in in_use.waiting[start..].iter().take_while(|reference| reference.starts_with(tail)) {
            if let Ok(reference) = whole.parse() {
                found.push(Mention { reference, spelling: Spelling::CutOff, written: tail.to_owned() });
            }
        }
    }
}

fn one_slip(bare: &str, in_use: &InUse, found: &mut Vec<Mention>) {
    for at in 0..bare.len().saturating_sub(WRITTEN - 2) {
        if !bare[at..].bytes().take(3).any(|byte| byte == b'F') {
            continue;
        }
        for length in [WRITTEN, WRITTEN - 1, WRITTEN + 1] {
            let Some(written) = bare.get(at..at + length) else { continue };
            for reference in one_slip_away(written).into_iter().filter(|reference| in_use.has(*reference)) {
                found.push(Mention { reference, spelling: Spelling::OneSlip, written: written.to_owned() });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn in_use(waiting: &[i64]) -> InUse {
        let mut waiting: Vec<String> = waiting.iter().map(|number| Reference::of(*number).to_string()).collect();
        waiting.sort();
        InUse { gifts: 1..=1_000, applications: 0..=0, waiting }
    }

    fn spelled(texts: &[&str], number: i64) -> Option<Spelling> {
        let found = find(texts, &in_use(&[number]));
        found.into_iter().find(|mention| mention.reference.number() == number).map(|mention| mention.spelling)
    }

    #[test]
    fn only_a_word_of_its_own_as_we_wrote_it_is_exact() {
        let reference = Reference::of(7).to_string();

        for (text, expected) in [
            (reference.clone(), Spelling::Exact),
            (format!("REF:{reference}/GIFT"), Spelling::Exact),
            (reference.to_lowercase(), Spelling::Loose),
            (format!("{} {}", &reference[..6], &reference[6..]), Spelling::Loose),
            (format!("{}-{}", &reference[..3], &reference[3..]), Spelling::Loose),
            (format!("FROMANN{reference}"), Spelling::Loose),
            (format!("{reference}THANKS"), Spelling::Loose),
        ] {
            assert_eq!(spelled(&[&text], 7), Some(expected), "{text}");
        }
    }

    #[test]
    fn a_bank_that_cuts_at_eighteen_characters_leaves_a_beginning() {
        let whole = format!("THANK YOU {}", Reference::of(7));
        let cut: String = whole.chars().take(18).collect();

        assert_eq!(spelled(&[&cut], 7), Some(Spelling::CutOff), "{cut}");
        assert_eq!(spelled(&["THANK YOU FF"], 7), None, "two letters say nothing");
    }

    #[test]
    fn a_reference_over_two_fields_is_put_together() {
        let reference = Reference::of(7).to_string();

        assert_eq!(spelled(&[&reference[..5], &reference[5..]], 7), Some(Spelling::Spread));
        assert_eq!(spelled(&[&reference[5..], &reference[..5]], 7), Some(Spelling::Spread));
    }

    #[test]
    fn names_with_two_fs_mean_nothing() {
        assert_eq!(find(&["STAFFORDSHIRE BRANCH", "OFF TO COFFEE 12345678"], &in_use(&[7])), []);
    }

    proptest! {
        #[test]
        fn one_slip_is_found_and_never_exact(number in 1_i64..1_000, at in 0_usize..10, other in 0_u8..36, kind in 0..4, before in "[A-Z]{0,6} ?", after in " ?[A-Z]{0,4}") {
            let reference = Reference::of(number).to_string();
            let mut typed = reference.clone().into_bytes();
            let other = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[usize::from(other)];
            match kind {
                0 => typed[at] = other,
                1 => typed.swap(at, (at + 1).min(9)),
                2 => drop(typed.remove(at)),
                _ => typed.insert(at, typed[at]),
            }
            let typed = String::from_utf8(typed).expect("ASCII");
            prop_assume!(typed != reference);

            let text = format!("{before}{typed}{after}");
            // A character lost at the end may be given back by the next word.
            prop_assume!(!text.replace(' ', "").contains(&reference));

            let found = find(&[&text], &in_use(&[number]));

            let mention = found.iter().find(|mention| mention.reference.number() == number);
            prop_assert!(mention.is_some(), "{}", text);
            prop_assert!(found.iter().all(|mention| mention.spelling != Spelling::Exact), "{}", text);
        }
    }
}
