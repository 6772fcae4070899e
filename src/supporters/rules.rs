//! Who is the same supporter. No clock, no database.

use std::collections::HashMap;

use unicode_normalization::UnicodeNormalization;

use super::Named;
use crate::unseen;

/// What makes a supporter the same: the name and the address, however they are spelt.
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
    Some(format!("{}\n{}", folded(&person.name), email.to_lowercase()))
}

/// A text without its accidents of case and spacing: compatible forms unified, lower case, single spaces.
pub fn normal(text: &str) -> String {
    let folded: String = text.nfkc().flat_map(char::to_lowercase).collect();
    folded.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A text without its accidents: plain letters in lower case, no apostrophes, single spaces for every other sign. Names
/// that a person, a bank and a keyboard abroad write each in their own way are one.
///
/// ```
/// use fighting_fund::supporters::rules::folded;
/// assert_eq!(folded("Seán  O’NEILL"), "sean oneill");
/// assert_eq!(folded("Sean O'Neill"), "sean oneill");
/// assert_eq!(folded("Łukasz Groß-Øst"), "lukasz gross ost");
/// assert_eq!(folded("*"), "*", "a name of nothing but signs stays as it is");
/// ```
pub fn folded(text: &str) -> String {
    if text.is_ascii() {
        return letters(text);
    }
    // A sign that is written in other letters by none of the tables stays out.
    let unified: String = text.nfkc().collect();
    letters(&deunicode::deunicode_with_tofu(&unified, ""))
}

fn letters(ascii: &str) -> String {
    let mut plain = String::with_capacity(ascii.len());
    let mut has_gap = false;
    for c in ascii.chars() {
        if c.is_ascii_alphanumeric() {
            if has_gap && !plain.is_empty() {
                plain.push(' ');
            }
            has_gap = false;
            plain.push(c.to_ascii_lowercase());
        } else if !matches!(c, '\'' | '`') {
            has_gap = true;
        }
    }
    if plain.is_empty() { ascii.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ") } else { plain }
}

/// A word that is asked for: how it may be written, of which one is enough; each finds the words that begin so.
pub type Asked = [String; 2];

/// Characters of a word that are kept to be found by.
const WORD_CHARS_MAX: usize = 64;

/// The words of a search, in any order.
///
/// ```
/// use fighting_fund::supporters::rules::{asked, words};
/// let known = words("Jürgen O’Neill", Some("J.Neill@Example.org"));
/// let finds = |text| asked(text).iter().all(|one| known.iter().any(|word| one.iter().any(|way| word.starts_with(way))));
/// for text in ["oneill jürgen", "O'Neill", "o neill", "juergen", "Jurgen", "j.neill@ex", "example.org", "@example"] {
///     assert!(finds(text), "{text}");
/// }
/// assert!(!finds("O'Neill Mary"));
/// ```
pub fn asked(text: &str) -> Vec<Asked> {
    let mut all = Vec::new();
    for token in text.split_whitespace() {
        match token.find('@') {
            Some(1..) => all.push([cut(&token.to_lowercase()), cut(&token.to_lowercase())]),
            _ => {
                let (plain, long) = (folded(token), folded(&spelt_out(token)));
                all.extend(plain.split(' ').zip(long.split(' ')).map(|(plain, long)| [cut(plain), cut(long)]));
            }
        }
    }
    all.retain(|[word, _]| !word.is_empty());
    all
}

/// The words that a supporter is found by, each once.
pub fn words(name: &str, email: Option<&str>) -> Vec<String> {
    let apart = name.replace(['\'', '’', '‘', 'ʼ', '`', '´'], " ");
    let mut texts = vec![folded(name), folded(&spelt_out(name)), folded(&apart)];
    let mut whole = Vec::new();
    if let Some(email) = email {
        texts.push(folded(email));
        whole.push(cut(&email.to_lowercase()));
    }
    let mut all: Vec<String> =
        texts.iter().flat_map(|text| text.split(' ')).filter(|word| !word.is_empty()).map(cut).chain(whole).collect();
    all.sort_unstable();
    all.dedup();
    all
}

fn cut(word: &str) -> String {
    word.chars().take(WORD_CHARS_MAX).collect()
}

/// Müller as Mueller, Åse as Aase: how names are written where a keyboard lacks the letter.
fn spelt_out(text: &str) -> String {
    let mut long = String::with_capacity(text.len());
    for c in text.nfc() {
        match c {
            'ä' | 'Ä' | 'æ' | 'Æ' => long.push_str("ae"),
            'ö' | 'Ö' | 'ø' | 'Ø' => long.push_str("oe"),
            'ü' | 'Ü' => long.push_str("ue"),
            'å' | 'Å' => long.push_str("aa"),
            other => long.push(other),
        }
    }
    long
}

/// The same for a supporter with a number, which tells those apart who left no e-mail address.
pub(in crate::supporters) fn identity_of(person: &Named, id: i64) -> String {
    identity(person).unwrap_or_else(|| format!("{}\n#{id}", folded(&person.name)))
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
