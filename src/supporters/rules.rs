//! Who is the same supporter. No clock, no database.

use std::collections::HashMap;

use unicode_normalization::UnicodeNormalization;

use super::Named;
use crate::unseen;

/// What makes a supporter the same: the name and the address, without their accidents of case and spacing.
///
/// ```
/// use fighting_fund::supporters::{Named, rules::identity};
/// let a = Named { name: "Jane  DOE".into(), email: Some("Jane@Example.org".into()) };
/// let b = Named { name: "jane doe".into(), email: Some("jane@example.org".into()) };
/// assert_eq!(identity(&a), identity(&b));
/// assert_eq!(identity(&Named { name: "Jane Doe".into(), email: None }), None);
/// ```
pub fn identity(person: &Named) -> Option<String> {
    let email = person.email.as_ref()?;
    Some(format!("{}\n{}", normal(&person.name), email.to_lowercase()))
}

/// A text without its accidents: compatible forms unified, lower case, single spaces.
pub fn normal(text: &str) -> String {
    if text.is_ascii() {
        let mut plain = String::with_capacity(text.len());
        for word in text.split_ascii_whitespace() {
            if !plain.is_empty() {
                plain.push(' ');
            }
            plain.extend(word.chars().map(|c| c.to_ascii_lowercase()));
        }
        return plain;
    }
    let folded: String = text.nfkc().flat_map(char::to_lowercase).collect();
    folded.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The same for a supporter with a number, which tells those apart who left no e-mail address.
pub(super) fn identity_of(person: &Named, id: i64) -> String {
    identity(person).unwrap_or_else(|| format!("{}\n#{id}", normal(&person.name)))
}

/// Lines of a postal address: with the name above them they must fit the window of an envelope.
pub const ADDRESS_LINES_MAX: usize = 6;
/// What fits across the window.
pub const ADDRESS_LINE_CHARS_MAX: usize = 45;

/// A postal address as it is kept: lines without blanks at their ends, none of them empty. An empty text is nowhere.
///
/// ```
/// use fighting_fund::supporters::rules::address;
/// assert_eq!(address(" 1 High St \r\n\r\nLeeds  LS1 1AA"), Ok("1 High St\nLeeds LS1 1AA".to_owned()));
/// assert!(address("1\n2\n3\n4\n5\n6\n7").is_err());
/// ```
///
/// # Errors
/// A sentence that says what to do.
pub fn address(text: &str) -> Result<String, String> {
    let text = unseen::cleaned(text);
    let tidy = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let lines: Vec<String> = text.lines().map(tidy).filter(|line| !line.is_empty()).collect();
    if lines.len() > ADDRESS_LINES_MAX {
        return Err(format!(
            "Please write the address on at most {ADDRESS_LINES_MAX} lines; more do not fit a window."
        ));
    }
    if let Some(long) = lines.iter().find(|line| line.chars().count() > ADDRESS_LINE_CHARS_MAX) {
        let start: String = long.chars().take(20).collect();
        return Err(format!(
            "Please break the line that begins “{start}”; a line of an address has at most {ADDRESS_LINE_CHARS_MAX} characters."
        ));
    }
    if lines.iter().any(|line| line.chars().any(char::is_control)) {
        return Err("Please leave characters that cannot be seen out of the address.".to_owned());
    }
    Ok(lines.join("\n"))
}

/// A supporter to be entered.
pub(super) struct NewSupporter<'a> {
    pub id: i64,
    pub person: &'a Named,
    pub identity: String,
}

/// Gives each person a number: the known one, or the next.
pub(super) fn number<'a>(
    people: &'a [Named],
    identities: &[Option<String>],
    mut known: HashMap<String, i64>,
    mut last: i64,
) -> (Vec<i64>, Vec<NewSupporter<'a>>) {
    let mut new = Vec::new();
    let mut ids = Vec::with_capacity(people.len());
    for (person, identity) in people.iter().zip(identities) {
        if let Some(id) = identity.as_ref().and_then(|identity| known.get(identity)) {
            ids.push(*id);
            continue;
        }
        last += 1;
        if let Some(identity) = identity {
            known.insert(identity.clone(), last);
        }
        let identity = identity.clone().unwrap_or_else(|| identity_of(person, last));
        new.push(NewSupporter { id: last, person, identity });
        ids.push(last);
    }
    (ids, new)
}
