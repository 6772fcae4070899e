//! A gift as it was typed, and the same checks for whoever typed it: the form, the API, staff, a file.
//!
//! Invariant: every fault is found at once, each with the name of its field and a sentence that says what to do.

use chrono::NaiveDate;
use sha2::{Digest, Sha256};

use super::{Method, NewGift};
pub use crate::fault::Fault;
use crate::funds::Fund;
use crate::money::{self, AmountError, parse_amount};
use crate::outbox::{self, Stranger};
use crate::unseen;

/// A gift as texts. An empty text is a field that was left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RawGift {
    /// "25", "£25.50", "1,000"
    pub amount: String,
    /// "cheque"
    pub method: String,
    /// "2021-06-27"
    pub received_on: String,
    /// The giver.
    pub name: String,
    /// Where the receipt goes.
    pub email: String,
    /// How to thank the giver in the paper.
    pub acknowledge_as: String,
    /// True when the giver does not want to be named.
    pub anonymous: bool,
    /// The giver's or the clerk's words.
    pub note: String,
    /// Whom the gift commemorates.
    pub in_memory_of: String,
    /// True when the giver agrees that the paper may print it.
    pub memory_in_print: bool,
    /// The appeal that staff place it in; empty lets the date decide.
    pub appeal: String,
    /// True when somebody looked at an amount above the fund's largest gift and says that it is right.
    pub confirmed: bool,
}

/// What binds the amount of a gift.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limits {
    /// A promise, by a reader or for one: not less than the smallest gift, not more than the fund's largest.
    Promised,
    /// Money that is here: whatever it is, and above the fund's largest gift only when that is confirmed.
    Here,
}

impl Limits {
    /// Those of a promise, or of money that is here.
    pub fn of(is_pledge: bool) -> Self {
        if is_pledge { Self::Promised } else { Self::Here }
    }
}

/// A gift that may be recorded as far as its own words go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckedGift {
    amount_minor: i64,
    method: Method,
    received_on: Option<NaiveDate>,
    name: String,
    email: Option<String>,
    acknowledge_as: String,
    anonymous: bool,
    note: String,
    in_memory_of: String,
    memory_in_print: bool,
    appeal: Option<String>,
}

/// The smallest gift: 1.00. Below it the cost of a receipt eats the gift, and card thieves try their numbers.
pub const SMALLEST_MINOR: i64 = 100;
/// Longest name, of a person or a branch.
pub const NAME_CHARS_MAX: usize = 200;
/// Longest note.
pub const NOTE_CHARS_MAX: usize = 2_000;

/// Checks a gift to `fund`.
///
/// # Errors
/// Every fault, in the order of the fields.
pub fn check(raw: &RawGift, fund: &Fund, limits: Limits) -> Result<CheckedGift, Vec<Fault>> {
    let mut faults = Vec::new();
    let amount_minor = amount(&mut faults, raw, fund, limits);
    let method = noted(&mut faults, "method", method(&raw.method));
    let received_on = noted(&mut faults, "received_on", date(&raw.received_on));
    let name = noted(&mut faults, "name", line(&raw.name, "name"));
    let email = noted(&mut faults, "email", email(&raw.email));
    let acknowledge_as = noted(&mut faults, "acknowledge_as", line(&raw.acknowledge_as, "way to thank you"));
    let note = noted(&mut faults, "note", note(&raw.note));
    let in_memory_of = noted(&mut faults, "in_memory_of", line(&raw.in_memory_of, "name"));
    let appeal = unseen::plain(&raw.appeal);
    let appeal = appeal.trim();
    match (amount_minor, method, received_on, name, email, acknowledge_as, note, in_memory_of) {
        (
            Some(amount_minor),
            Some(method),
            Some(received_on),
            Some(name),
            Some(email),
            Some(acknowledge_as),
            Some(note),
            Some(in_memory_of),
        ) => Ok(CheckedGift {
            amount_minor,
            method,
            received_on,
            name,
            email,
            acknowledge_as,
            anonymous: raw.anonymous,
            note,
            memory_in_print: raw.memory_in_print && !in_memory_of.is_empty(),
            in_memory_of,
            appeal: (!appeal.is_empty()).then(|| appeal.to_owned()),
        }),
        _ => Err(faults),
    }
}

fn noted<T>(faults: &mut Vec<Fault>, field: &'static str, checked: Result<T, String>) -> Option<T> {
    checked.map_err(|message| faults.push(Fault { field, message })).ok()
}

fn amount(faults: &mut Vec<Fault>, raw: &RawGift, fund: &Fund, limits: Limits) -> Option<i64> {
    match limits {
        Limits::Promised => noted(faults, "amount", promised(&raw.amount, fund)),
        Limits::Here => {
            let read = parse_amount(&raw.amount, fund.currency).map_err(|error| error.to_string());
            let minor = noted(faults, "amount", read)?;
            noted(faults, "confirmed", confirmed(minor, fund, raw.confirmed))
        }
    }
}

/// An amount that a reader may promise.
///
/// # Errors
/// A sentence that says what to do.
pub fn promised(text: &str, fund: &Fund) -> Result<i64, String> {
    let minor = parse_amount(text, fund.currency).map_err(|error| error.to_string())?;
    if minor < SMALLEST_MINOR {
        return Err(format!("The smallest gift we can take is {}.", money::display(SMALLEST_MINOR, fund.currency)));
    }
    if minor > fund.ceiling_minor {
        let ceiling = money::display(fund.ceiling_minor, fund.currency);
        return Err(format!(
            "The largest gift we take without a word beforehand is {ceiling}. Please write to us about more."
        ));
    }
    Ok(minor)
}

/// Money that is here is taken however little it is; above the fund's largest gift somebody says that it is right.
fn confirmed(minor: i64, fund: &Fund, is_confirmed: bool) -> Result<i64, String> {
    if minor <= fund.ceiling_minor || is_confirmed {
        return Ok(minor);
    }
    let [typed, ceiling] = [minor, fund.ceiling_minor].map(|minor| money::display(minor, fund.currency));
    Err(format!("{typed} is more than this fund’s largest gift of {ceiling}. If it is right, please confirm it."))
}

/// What came of a promised gift, or what a gift should have been.
///
/// # Errors
/// The field at fault with a sentence that says what to do.
pub fn arrived(text: &str, fund: &Fund, is_confirmed: bool) -> Result<i64, Fault> {
    let minor =
        parse_amount(text, fund.currency).map_err(|error| Fault { field: "amount", message: error.to_string() })?;
    confirmed(minor, fund, is_confirmed).map_err(|message| Fault { field: "confirmed", message })
}

/// What a gift should have been: as [`arrived`], and nothing at all for one that never was.
///
/// # Errors
/// The field at fault with a sentence that says what to do.
pub fn corrected(text: &str, fund: &Fund, is_confirmed: bool) -> Result<i64, Fault> {
    match parse_amount(text, fund.currency) {
        Err(AmountError::NotPositive) if !text.contains(['-', '−']) => Ok(0),
        _ => arrived(text, fund, is_confirmed),
    }
}

fn method(name: &str) -> Result<Method, String> {
    let known = || Method::ALL.map(Method::name).join(", ");
    match name.trim() {
        "" => Err("Please say how the money comes.".to_owned()),
        name => Method::from_name(name).ok_or_else(|| format!("Please choose one of: {}.", known())),
    }
}

fn date(text: &str) -> Result<Option<NaiveDate>, String> {
    let text = unseen::plain(text);
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let is_iso = text.len() == 10;
    let date = text.parse().ok().filter(|_| is_iso);
    date.map(Some).ok_or_else(|| "Please write the date as year-month-day, for example 2021-06-27.".to_owned())
}

/// One line of text, without the marks that could start another header or row.
fn line(text: &str, what: &str) -> Result<String, String> {
    let text = unseen::cleaned(text);
    let text = text.trim();
    if text.chars().count() > NAME_CHARS_MAX {
        return Err(format!("Please shorten the {what} to {NAME_CHARS_MAX} characters."));
    }
    if text.chars().any(char::is_control) {
        return Err(format!("Please write the {what} on one line."));
    }
    Ok(text.to_owned())
}

fn note(text: &str) -> Result<String, String> {
    let text = unseen::cleaned(text).trim().replace("\r\n", "\n");
    if text.chars().count() > NOTE_CHARS_MAX {
        return Err(format!("Please shorten the note to {NOTE_CHARS_MAX} characters."));
    }
    if text.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
        return Err("Please leave special characters out of the note.".to_owned());
    }
    Ok(text)
}

/// A reason, as it is kept with a change: one paragraph of at most [`NAME_CHARS_MAX`] characters.
///
/// # Errors
/// A sentence that says what to do.
pub fn reason(text: &str) -> Result<String, String> {
    line(text, "reason")
}

/// A giver's name as it is kept: one line.
///
/// # Errors
/// A sentence that says what to do.
pub fn name(text: &str) -> Result<String, String> {
    line(text, "name")
}

/// The initials of a name, each word's first letter.
///
/// ```
/// use fighting_fund::donations::parse::initials;
/// assert_eq!(initials("Ann  van der Rose"), "AVDR");
/// assert_eq!(initials("  "), "");
/// ```
pub fn initials(name: &str) -> String {
    name.split_whitespace()
        .filter_map(|word| word.chars().find(|c| c.is_alphabetic()))
        .flat_map(char::to_uppercase)
        .collect()
}

/// Where a giver's mail goes.
///
/// # Errors
/// A sentence that says what to do.
pub fn email(text: &str) -> Result<Option<String>, String> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    outbox::address(text).map(Some).map_err(|error| error.to_string())
}

/// Who sends a gift, and with which key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sending {
    /// Scope and key: "token:3:order-17".
    pub key: String,
    /// As the audit trail writes it.
    pub by: String,
    /// From which request.
    pub request_id: String,
    /// True when the money has not arrived.
    pub is_pledge: bool,
    /// Who sent the public form.
    pub stranger: Option<Stranger>,
}

impl CheckedGift {
    /// The giver's address.
    pub fn email(&self) -> Option<&str> {
        self.email.as_deref()
    }

    /// The giver's name; may be empty.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The giver's or the clerk's words; may be empty.
    pub fn note(&self) -> &str {
        &self.note
    }

    /// How it comes.
    pub fn method(&self) -> Method {
        self.method
    }

    /// How much.
    pub fn amount_minor(&self) -> i64 {
        self.amount_minor
    }

    /// Ready for the till.
    pub fn into_gift(self, fund: &Fund, sending: Sending) -> NewGift {
        let fingerprint = self.fingerprint(fund.id, sending.is_pledge);
        NewGift {
            key: sending.key,
            fingerprint,
            fund_id: fund.id,
            appeal: self.appeal,
            amount_minor: self.amount_minor,
            method: self.method,
            is_pledge: sending.is_pledge,
            received_on: self.received_on,
            name: self.name,
            email: self.email,
            acknowledge_as: self.acknowledge_as,
            anonymous: self.anonymous,
            note: self.note,
            in_memory_of: self.in_memory_of,
            memory_in_print: self.memory_in_print,
            by: sending.by,
            request_id: sending.request_id,
            stranger: sending.stranger,
        }
    }

    /// SHA-256 of what the gift says, however it was spelt: `25` and `25.00` are the same request.
    pub fn fingerprint(&self, fund_id: i64, is_pledge: bool) -> [u8; 32] {
        let mut digest = Sha256::new();
        let date = self.received_on.map(|date| date.to_string()).unwrap_or_default();
        let numbers = format!("{fund_id} {} {is_pledge} {}", self.amount_minor, self.anonymous);
        let texts = [
            numbers.as_str(),
            self.method.name(),
            &date,
            &self.name,
            self.email.as_deref().unwrap_or_default(),
            &self.acknowledge_as,
            &self.note,
            self.appeal.as_deref().unwrap_or_default(),
        ];
        for text in texts {
            digest.update(text.as_bytes());
            // No text holds it, so that two fields cannot be taken for one.
            digest.update([0]);
        }
        // Only where it is said, so that gifts without it keep the fingerprint they always had.
        if !self.in_memory_of.is_empty() {
            digest.update(format!("in memory of {} {}", self.memory_in_print, self.in_memory_of).as_bytes());
        }
        digest.finalize().into()
    }
}
