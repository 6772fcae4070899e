//! Which rows of a list were taken in before, and which only look like it. No clock, no database.
//!
//! Invariant: a row without a key of its own is known only as part of a list that was taken in before in the same order,
//! and only where the rows tell enough to say so. Two tins with the same coins are two tins.

use std::collections::HashSet;

/// The first half of SHA-256 of what a row says.
pub(in crate::donations) type Print = [u8; 16];

/// A row without a key of its own.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line {
    pub print: Print,
    /// Whether it says who gave or what for.
    pub is_telling: bool,
}

/// Rows that must be the same in the same order: one alone may be a second gift.
const ROWS_MIN: usize = 2;
/// Different rows that must be the same where none of them says who gave.
const NAMELESS_MIN: usize = 3;

/// The rows of `new` that an earlier list brought, as its rows and their order show; none where they prove nothing.
pub(super) fn part_of(new: &[Line], old: &[Print]) -> Vec<usize> {
    let candidates = [whole_in(new, old), all_of(new, old), end_in_start(new, old), start_in_end(new, old)];
    let proved = candidates.into_iter().filter(|rows| is_proof(new, rows));
    proved.max_by_key(Vec::len).unwrap_or_default()
}

fn is_proof(new: &[Line], rows: &[usize]) -> bool {
    let different: HashSet<Print> = rows.iter().map(|at| new[*at].print).collect();
    let is_telling = rows.iter().any(|at| new[*at].is_telling);
    rows.len() >= ROWS_MIN && (is_telling || different.len() >= NAMELESS_MIN)
}

/// Every row, when all stand in the old list in this order.
fn whole_in(new: &[Line], old: &[Print]) -> Vec<usize> {
    let mut rest = old.iter();
    let is_part = new.iter().all(|line| rest.any(|print| *print == line.print));
    if is_part { (0..new.len()).collect() } else { Vec::new() }
}

/// The rows of the old list, when all of them stand in the new one in this order: a list that has grown.
fn all_of(new: &[Line], old: &[Print]) -> Vec<usize> {
    let mut rows = Vec::with_capacity(old.len());
    let mut at = 0;
    for print in old {
        let Some(next) = new[at..].iter().position(|line| line.print == *print) else { return Vec::new() };
        rows.push(at + next);
        at += next + 1;
    }
    rows
}

/// The first rows, when they are the last of the old list: two lists that overlap, oldest first.
fn end_in_start(new: &[Line], old: &[Print]) -> Vec<usize> {
    let pattern: Vec<Print> = new.iter().map(|line| line.print).collect();
    (0..overlap(&pattern, old)).collect()
}

/// The last rows, when they are the first of the old list: two lists that overlap, newest first.
fn start_in_end(new: &[Line], old: &[Print]) -> Vec<usize> {
    let text: Vec<Print> = new.iter().map(|line| line.print).collect();
    (new.len() - overlap(old, &text)..new.len()).collect()
}

/// How many rows at the start of `pattern` are the end of `text` (Knuth, Morris and Pratt).
fn overlap(pattern: &[Print], text: &[Print]) -> usize {
    let mut borders = vec![0; pattern.len()];
    for at in 1..pattern.len() {
        borders[at] = step(pattern, &borders, borders[at - 1], &pattern[at]);
    }
    let mut met = 0;
    for print in text {
        if met == pattern.len() {
            met = borders.last().copied().unwrap_or(0);
        }
        met = step(pattern, &borders, met, print);
    }
    met
}

fn step(pattern: &[Print], borders: &[usize], mut met: usize, next: &Print) -> usize {
    while met > 0 && pattern[met] != *next {
        met = borders[met - 1];
    }
    if pattern.get(met) == Some(next) { met + 1 } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<Line> {
        // Capitals say who gave.
        text.bytes().map(|byte| Line { print: [byte; 16], is_telling: byte.is_ascii_uppercase() }).collect()
    }

    fn part(new: &str, old: &str) -> Vec<usize> {
        let old: Vec<Print> = old.bytes().map(|byte| [byte; 16]).collect();
        part_of(&lines(new), &old)
    }

    #[test]
    fn a_part_of_a_list_and_a_list_that_has_grown_are_known() {
        assert_eq!(part("ABC", "xABCy"), [0, 1, 2]);
        assert_eq!(part("AC", "ABC"), [0, 1]);
        assert_eq!(part("ABCDE", "ABC"), [0, 1, 2]);
        assert_eq!(part("ABCDE", "BC"), [1, 2]);
        assert_eq!(part("CDE", "ABCD"), [0, 1]);
        assert_eq!(part("DEAB", "ABC"), [2, 3]);
        assert_eq!(part("abcd", "abc"), [0, 1, 2]);
    }

    #[test]
    fn a_second_tin_another_order_and_one_row_prove_nothing() {
        assert!(part("aa", "aa").is_empty());
        assert!(part("aab", "aa").is_empty());
        assert!(part("BA", "AB").is_empty());
        assert!(part("A", "ABC").is_empty());
        assert!(part("XY", "AB").is_empty());
        assert!(part("", "AB").is_empty() && part("AB", "").is_empty());
    }
}
