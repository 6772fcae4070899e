//! Who is the same supporter. No clock, no database.

use std::collections::HashMap;

use unicode_normalization::UnicodeNormalization;

use super::Named;

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
        let identity = identity.clone().unwrap_or_else(|| format!("{}\n#{last}", normal(&person.name)));
        new.push(NewSupporter { id: last, person, identity });
        ids.push(last);
    }
    (ids, new)
}
