//! A form: what was typed, what is wrong with it, and the key that makes a second click harmless.
//!
//! Invariant: what was typed comes back as it was seen when it was typed, whatever is wrong with it: characters that
//! nobody sees are left out where a form arrives.

use uuid::Uuid;

use super::{FieldError, Problem};
use crate::unseen;

/// The longest key taken: ours are 36 characters.
const KEY_CHARS_MAX: usize = 64;

/// A form as it is shown, new or once more.
#[derive(Debug, Clone)]
pub struct Form {
    typed: Vec<(String, String)>,
    key: String,
    faults: Vec<FieldError>,
    notice: Option<String>,
}

impl Default for Form {
    fn default() -> Self {
        Self::new()
    }
}

impl Form {
    /// An empty form with a key of its own.
    pub fn new() -> Self {
        Self { typed: Vec::new(), key: new_key(), faults: Vec::new(), notice: None }
    }

    /// A form as it was sent; one without a key gets a new one.
    pub fn sent(pairs: Vec<(String, String)>) -> Self {
        let key = pairs.iter().find(|(name, _)| name == "key").map(|(_, key)| key.trim().to_owned());
        let is_key =
            |key: &String| (1..=KEY_CHARS_MAX).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
        Self { key: key.filter(is_key).unwrap_or_else(new_key), typed: seen(pairs), ..Self::new() }
    }

    /// With this in a field to begin with.
    pub fn with(mut self, field: &str, value: impl Into<String>) -> Self {
        self.typed.push((field.to_owned(), value.into()));
        self
    }

    /// Its key.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Takes a new key: what is sent next is something else.
    pub fn renew_key(&mut self) {
        self.key = new_key();
    }

    /// What stands in a field; empty when nothing does.
    pub fn value(&self, field: &str) -> &str {
        self.typed.iter().find(|(name, _)| name == field).map_or("", |(_, value)| value.as_str())
    }

    /// Whether a box is ticked, or this choice of several was made.
    pub fn has(&self, field: &str, value: &str) -> bool {
        self.typed.iter().any(|(name, typed)| name == field && typed == value)
    }

    /// Everything that was sent.
    pub fn pairs(&self) -> &[(String, String)] {
        &self.typed
    }

    /// Whether the field was sent at all.
    pub fn has_field(&self, field: &str) -> bool {
        self.typed.iter().any(|(name, _)| name == field)
    }

    /// Everything that stands in a field that may come more than once.
    pub fn values(&self, field: &str) -> Vec<String> {
        self.typed.iter().filter(|(name, _)| name == field).map(|(_, value)| value.clone()).collect()
    }

    /// Whether a box is ticked, by any word that means yes.
    pub fn is_ticked(&self, field: &str) -> bool {
        !matches!(self.value(field).trim(), "" | "false" | "0" | "no" | "off")
    }

    /// Puts what is wrong in the order of the fields.
    pub fn sort_faults(&mut self, fields: &[&str]) {
        self.faults.sort_by_key(|fault| fields.iter().position(|field| *field == fault.field));
    }

    /// Notes what is wrong with a field.
    pub fn refuse(&mut self, field: &str, message: impl ToString) {
        self.faults.push(FieldError::new(field, message));
    }

    /// What `checked` says, or nothing and a note of what is wrong with the field.
    pub fn checked<T>(&mut self, field: &str, checked: Result<T, impl ToString>) -> Option<T> {
        checked.map_err(|message| self.refuse(field, message)).ok()
    }

    /// Notes what is wrong with the whole of it.
    pub fn object(&mut self, notice: impl ToString) {
        self.notice = Some(notice.to_string());
    }

    /// Takes up a refusal, each fault at its field, if it is one that the form can tell; otherwise gives it back.
    pub fn take(&mut self, problem: Problem, fields: &[&str]) -> Result<(), Problem> {
        if !problem.status.is_client_error() || problem.status.as_u16() == 404 {
            return Err(problem);
        }
        let (here, elsewhere): (Vec<_>, Vec<_>) =
            problem.errors.into_iter().partition(|fault| fields.contains(&fault.field.as_str()));
        if here.is_empty() || !elsewhere.is_empty() {
            self.notice = Some(elsewhere.first().map_or(problem.detail, |fault| fault.message.clone()));
        }
        self.faults.extend(here);
        Ok(())
    }

    /// What is wrong with a field.
    pub fn fault(&self, field: &str) -> Option<&str> {
        self.faults.iter().find(|fault| fault.field == field).map(|fault| fault.message.as_str())
    }

    /// Everything that is wrong with its fields.
    pub fn faults(&self) -> &[FieldError] {
        &self.faults
    }

    /// What is wrong with the whole of it.
    pub fn notice(&self) -> Option<&str> {
        self.notice.as_deref()
    }

    /// True when something is wrong with it.
    pub fn is_refused(&self) -> bool {
        !self.faults.is_empty() || self.notice.is_some()
    }

    /// What the field that comes first says to the browser: it has the focus, unless something is wrong elsewhere.
    pub fn autofocus(&self) -> &'static str {
        if self.faults.is_empty() { "autofocus" } else { "" }
    }

    /// Whether it is the first field with something wrong with it: the one to begin with.
    pub fn is_first_wrong(&self, field: &str) -> bool {
        self.faults.first().is_some_and(|fault| fault.field == field)
    }

    /// True when anything stands in any of `fields`.
    pub fn is_filled(&self, fields: &[&str]) -> bool {
        fields.iter().any(|field| !self.value(field).trim().is_empty())
    }
}

/// What can be seen of each field. A mark that turns an amount's figures round stays in it, so that it is refused.
pub(crate) fn seen(mut pairs: Vec<(String, String)>) -> Vec<(String, String)> {
    for (_, value) in &mut pairs {
        if !value.is_ascii() && !is_turned_figure(value) {
            *value = unseen::cleaned(value);
        }
    }
    pairs
}

fn is_turned_figure(value: &str) -> bool {
    unseen::turns(value) && value.chars().any(char::is_numeric)
}

fn new_key() -> String {
    Uuid::now_v7().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_of_a_field_that_the_form_does_not_have_is_told_above_it() {
        let mut form = Form::new();

        let taken = form.take(Problem::fields(vec![FieldError::new("appeal", "Closed.")]), &["amount"]);

        assert!(taken.is_ok());
        assert_eq!((form.notice(), form.faults().len()), (Some("Closed."), 0));
    }

    #[test]
    fn a_failure_of_ours_is_not_told_by_the_form() {
        let mut form = Form::new();

        let taken = form.take(Problem::unavailable("away"), &["amount"]);

        assert_eq!(taken, Err(Problem::unavailable("away")));
        assert!(!form.is_refused());
    }

    #[test]
    fn a_form_without_a_key_gets_one_and_one_with_a_key_keeps_it() {
        assert_eq!(Form::sent(vec![("key".to_owned(), " k1 ".to_owned())]).key(), "k1");
        assert_eq!(Form::sent(Vec::new()).key().len(), 36);
        assert_eq!(Form::sent(vec![("key".to_owned(), "x".repeat(300))]).key().len(), 36);
    }
}
