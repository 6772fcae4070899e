//! A form that was sent when its session was over: sealed into the page that asks to sign in, and opened after it.
//!
//! Invariant: what is carried is shown again, never done. It opens only in the browser that sent it, within a day, and
//! only as it was sent; it names who had signed in there. Passwords, codes and secrets are never part of it.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::StaffError;
use super::secret::random;
use super::signing::SigningKey;
use crate::hex::hex;

/// Who signed in last in a browser, and a mark that no other browser has. It outlasts the session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Typist {
    /// Nobody that we know of where it is 0.
    pub staff_id: i64,
    mark: String,
}

impl Typist {
    /// The browser's typist as its cookie says, or a new one of whom nothing is known.
    ///
    /// # Errors
    /// No randomness.
    pub fn of(key: &SigningKey, cookie: Option<&str>) -> Result<Self, StaffError> {
        match cookie.and_then(|cookie| Self::recognised(key, cookie)) {
            Some(known) => Ok(known),
            None => Ok(Self { staff_id: 0, mark: hex(&random::<16>()?) }),
        }
    }

    /// The same browser in other hands. Its mark stays, so that what its other tabs carry still opens.
    pub fn named(self, staff_id: i64) -> Self {
        Self { staff_id, ..self }
    }

    /// What the browser keeps.
    pub fn cookie(&self, key: &SigningKey) -> String {
        let said = format!("{}.{}", self.staff_id, self.mark);
        format!("{said}.{}", key.sign(&format!("typist\n{said}")))
    }

    fn recognised(key: &SigningKey, cookie: &str) -> Option<Self> {
        let (said, signature) = cookie.rsplit_once('.')?;
        let (staff_id, mark) = said.split_once('.')?;
        let is_ours = key.has_signed(&format!("typist\n{said}"), signature);
        is_ours.then(|| Some(Self { staff_id: staff_id.parse().ok()?, mark: mark.to_owned() })).flatten()
    }
}

/// A form as it was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Carried {
    /// Who had signed in; 0 where nobody knows.
    pub owner: i64,
    /// When it was sent, in seconds.
    sent_at: i64,
    /// Where it was sent.
    pub place: String,
    /// The page on which it stood.
    pub page: String,
    /// What was typed, field by field, in the form's order.
    pub fields: Vec<(String, String)>,
    /// The fields in which a file was chosen, which no page can choose again.
    pub files: Vec<String>,
}

/// A carried form as the page has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sealed {
    /// What is carried.
    pub text: String,
    /// That we wrote it, for this browser.
    pub seal: String,
}

/// Bytes of what is carried: a row of a batch is a hundredth of it, a long letter a tenth.
pub(super) const CARRIED_BYTES_MAX: usize = 64 * 1024;
/// How long somebody may be away from the page.
const CARRIED_FOR: TimeDelta = TimeDelta::days(1);
/// Fields of credentials, by their whole name or a part of it.
const NEVER: [&str; 2] = ["code", "current"];
const NEVER_IN: [&str; 4] = ["password", "secret", "token", "carried"];

/// Whether a field may be carried: none that holds a password, a code or a secret.
pub(super) fn may_be_carried(field: &str) -> bool {
    let field = field.to_lowercase();
    !NEVER.contains(&field.as_str()) && !NEVER_IN.iter().any(|part| field.contains(part))
}

impl Carried {
    /// What `owner` sent to `place` from `page`.
    pub fn new(now: DateTime<Utc>, owner: i64, place: &str, page: &str, fields: Vec<(String, String)>) -> Self {
        let fields = fields.into_iter().filter(|(name, _)| may_be_carried(name)).collect();
        let (place, page) = (place.to_owned(), page.to_owned());
        Self { owner, sent_at: now.timestamp(), place, page, fields, files: Vec::new() }
    }

    /// Seals it for this browser; nothing where it is longer than a page should carry.
    pub fn sealed(&self, key: &SigningKey, typist: &Typist) -> Option<Sealed> {
        let text = serde_json::to_string(self).ok().filter(|text| text.len() <= CARRIED_BYTES_MAX)?;
        let seal = key.sign(&signed(typist, &text));
        Some(Sealed { text, seal })
    }

    /// Opens what this browser brings back.
    pub fn opened(key: &SigningKey, now: DateTime<Utc>, typist: &Typist, sealed: &Sealed) -> Option<Self> {
        if sealed.text.len() > CARRIED_BYTES_MAX || !key.has_signed(&signed(typist, &sealed.text), &sealed.seal) {
            return None;
        }
        let carried: Self = serde_json::from_str(&sealed.text).ok()?;
        let age = now.timestamp() - carried.sent_at;
        (0..=CARRIED_FOR.num_seconds()).contains(&age).then_some(carried)
    }
}

fn signed(typist: &Typist, text: &str) -> String {
    format!("carried form\n{}\n{text}", typist.mark)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typist(key: &SigningKey) -> Typist {
        Typist::of(key, None).expect("a mark")
    }

    fn form(now: DateTime<Utc>) -> Carried {
        let fields =
            [("amount", "25.00"), ("tick", "1"), ("tick", "2"), ("password", "four words"), ("code", "123456")];
        let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        Carried::new(now, 7, "/desk/gifts", "/desk/gifts/new", fields)
    }

    #[test]
    fn a_form_opens_in_its_own_browser_with_repeated_fields_and_without_secrets() {
        let (key, now) = (SigningKey::for_tests(1), DateTime::UNIX_EPOCH);
        let here = typist(&key);

        let sealed = form(now).sealed(&key, &here).expect("it is short");
        let after_sign_in = Typist::of(&key, Some(&here.clone().named(9).cookie(&key))).expect("a mark");
        let opened = Carried::opened(&key, now, &after_sign_in, &sealed).expect("it opens");

        let names: Vec<&str> = opened.fields.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!((names, opened.owner), (vec!["amount", "tick", "tick"], 7));
    }

    #[test]
    fn a_form_does_not_open_elsewhere_changed_late_or_under_another_key() {
        let (key, now) = (SigningKey::for_tests(1), DateTime::UNIX_EPOCH);
        let here = typist(&key);
        let sealed = form(now).sealed(&key, &here).expect("it is short");
        let changed = Sealed { text: sealed.text.replace("25.00", "2500.00"), ..sealed.clone() };

        assert!(Carried::opened(&key, now, &typist(&key), &sealed).is_none(), "another browser");
        assert!(Carried::opened(&key, now, &here, &changed).is_none(), "another amount");
        assert!(Carried::opened(&key, now + TimeDelta::hours(25), &here, &sealed).is_none(), "another day");
        assert!(Carried::opened(&SigningKey::for_tests(2), now, &here, &sealed).is_none(), "another key");
        let forged = here.cookie(&key).replacen("0.", "9.", 1);
        assert_ne!(Typist::of(&key, Some(&forged)).expect("a mark").staff_id, 9, "a cookie that we did not write");
    }

    #[test]
    fn more_than_a_page_should_carry_is_not_carried() {
        let (key, now) = (SigningKey::for_tests(1), DateTime::UNIX_EPOCH);
        let long = vec![("note".to_owned(), "x".repeat(CARRIED_BYTES_MAX))];

        assert!(Carried::new(now, 1, "/desk/x", "/desk", long).sealed(&key, &typist(&key)).is_none());
    }
}
