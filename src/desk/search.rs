//! What staff look for among the gifts: a few texts in, a search or sentences out. No clock, no database.
//!
//! Invariant: a reference with one wrong character is told as such; it never just finds nothing.

use chrono::NaiveDate;

use crate::donations::{Search, Status};
use crate::http::Form;
use crate::money::{Currency, parse_amount};
use crate::receipts::ReceiptNumber;
use crate::reference::Reference;
use crate::unseen;

/// The fields of the search.
pub const FIELDS: [&str; 6] = ["q", "amount", "from", "until", "status", "appeal"];
/// The states to choose from, as the form sends them and as people read them.
pub const STATUSES: [(&str, &str); 5] = [
    ("received", "Received"),
    ("pledged", "Promised"),
    ("refunded", "Refunded"),
    ("bounced", "Bounced"),
    ("cancelled", "Cancelled"),
];
/// The longest text looked for: longer than any name.
const TEXT_CHARS_MAX: usize = 200;

/// A search as far as its words go: names are still to be looked up.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Everything but the names.
    pub search: Search,
    /// The name or address to look for.
    pub person: Option<String>,
    /// True when the text was a reference and nothing else narrows the search: its gift can be opened at once.
    pub is_one: bool,
}

/// What a text in the first field is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Text {
    Nothing,
    Reference(Reference),
    /// It looks like a reference, but its check character does not fit.
    Mistyped,
    Receipt(ReceiptNumber),
    Person(String),
}

/// Understands what was typed; what was not understood is noted in the form.
pub fn understand(form: &mut Form, currency: Currency) -> Wanted {
    let mut wanted = Wanted::default();
    match text(form.value("q")) {
        Text::Nothing => {}
        Text::Reference(reference) => wanted.search.number = Some(reference.number()),
        Text::Mistyped => form.refuse("q", MISTYPED),
        Text::Receipt(receipt) => wanted.search.receipt = Some(receipt),
        Text::Person(name) if name.chars().count() > TEXT_CHARS_MAX => {
            form.refuse("q", format!("Please shorten this to {TEXT_CHARS_MAX} characters."));
        }
        Text::Person(name) => wanted.person = Some(name),
    }
    wanted.search.amount_minor = amount(form, currency);
    wanted.search.from = date(form, "from");
    wanted.search.until = date(form, "until");
    if let (Some(from), Some(until)) = (wanted.search.from, wanted.search.until)
        && from > until
    {
        form.refuse("until", "The last day cannot be before the first.");
    }
    wanted.search.status = Status::from_name(form.value("status"));
    wanted.search.appeal_id = form.value("appeal").parse().ok();
    wanted.search.before = form.value("before").parse().ok();
    wanted.search.after = form.value("after").parse().ok().filter(|_| wanted.search.before.is_none());
    wanted.is_one = wanted.search.number.is_some() && !form.is_filled(&FIELDS[1..]);
    wanted
}

const MISTYPED: &str = "This looks like one of our references, but a character is wrong: the last one, which checks the \
                        others, does not fit. Please compare it with the statement letter by letter.";

fn text(typed: &str) -> Text {
    let typed = unseen::plain(typed);
    let typed = typed.trim();
    if typed.is_empty() {
        return Text::Nothing;
    }
    if let Ok(reference) = typed.parse() {
        return Text::Reference(reference);
    }
    if let Some(receipt) = receipt(typed) {
        return Text::Receipt(receipt);
    }
    if looks_like_a_reference(typed) { Text::Mistyped } else { Text::Person(typed.to_owned()) }
}

/// "2021-000123", with or without its zeros.
fn receipt(typed: &str) -> Option<ReceiptNumber> {
    let (year, number) = typed.split_once('-')?;
    let is_number = year.len() == 4 && (1..=9).contains(&number.len());
    let are_digits = typed.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    (is_number && are_digits)
        .then(|| Some(ReceiptNumber { year: year.parse().ok()?, number: number.parse().ok()? }))
        .flatten()
}

/// FF and about eight letters and figures, one figure at least, so that Ffion Jones is still a name.
fn looks_like_a_reference(typed: &str) -> bool {
    let bare: String = typed.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    let is_long_enough = (8..=12).contains(&bare.chars().count());
    let starts = bare.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("ff"));
    is_long_enough
        && starts
        && bare.chars().all(|c| c.is_ascii_alphanumeric())
        && bare.chars().any(|c| c.is_ascii_digit())
}

fn amount(form: &mut Form, currency: Currency) -> Option<i64> {
    let typed = form.value("amount").to_owned();
    if typed.trim().is_empty() {
        return None;
    }
    form.checked("amount", parse_amount(&typed, currency))
}

fn date(form: &mut Form, field: &str) -> Option<NaiveDate> {
    let typed = form.value(field).trim().to_owned();
    if typed.is_empty() {
        return None;
    }
    form.checked(field, read_date(&typed))
}

/// A date as the browser's field sends it.
///
/// # Errors
/// A sentence that says how to write it.
pub fn read_date(typed: &str) -> Result<NaiveDate, &'static str> {
    let typed = unseen::plain(typed);
    let typed = typed.trim();
    let date = typed.parse().ok().filter(|_| typed.len() == 10);
    date.ok_or("Please write the date as year-month-day, for example 2021-06-27.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::GBP;

    fn typed(field: &str, value: &str) -> Form {
        Form::new().with(field, value)
    }

    #[test]
    fn a_reference_is_found_however_it_was_typed() {
        let reference = Reference::of(412).to_string();
        let mangled = format!(" {} {} ", &reference[..4].to_lowercase(), &reference[4..].to_lowercase());

        let wanted = understand(&mut typed("q", &mangled), GBP);

        assert_eq!((wanted.search.number, wanted.is_one), (Some(412), true));
    }

    #[test]
    fn a_wrong_character_is_told_and_a_name_that_begins_alike_is_a_name() {
        let reference = Reference::of(412).to_string();
        let last = if reference.ends_with('7') { '8' } else { '7' };
        let wrong = format!("{}{last}", &reference[..9]);
        let mut form = typed("q", &wrong);

        understand(&mut form, GBP);

        assert!(form.fault("q").is_some_and(|fault| fault.contains("a character is wrong")), "{wrong}");
        assert_eq!(understand(&mut typed("q", "Ffion Jones"), GBP).person.as_deref(), Some("Ffion Jones"));
    }

    #[test]
    fn a_receipts_number_is_understood_with_and_without_its_zeros() {
        let expected = Some(ReceiptNumber { year: 2021, number: 123 });

        assert_eq!(understand(&mut typed("q", "2021-000123"), GBP).search.receipt, expected);
        assert_eq!(understand(&mut typed("q", "2021-123"), GBP).search.receipt, expected);
        assert_eq!(understand(&mut typed("q", "0117-496"), GBP).search.receipt.map(|receipt| receipt.year), Some(117));
    }

    #[test]
    fn everything_that_is_wrong_is_noted_at_its_field() {
        let form = typed("amount", "lots").with("from", "27.6.2021").with("until", "2021-06-01");
        let mut form = form;

        understand(&mut form, GBP);

        assert!(form.fault("amount").is_some() && form.fault("from").is_some() && form.fault("until").is_none());
    }
}
