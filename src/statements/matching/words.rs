//! An offer in words: what it is, and why it is made. No clock, no database.

use super::candidates::{Candidates, Gift, GiftState, Posted};
use super::mentions::Spelling;
use super::offer::{Offer, What, Why};
use super::payer::{Name, PayerKey, Remembered, name_of};
use crate::funds::words::day;
use crate::ledger::accounts;
use crate::money::display;
use crate::reference::Reference;
use crate::shares::numbers::application_reference;
use crate::statements::Line;

/// An offer as a person reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// What a form sends back to take it up.
    pub code: String,
    /// "A promise of £25.00 by A Reader"
    pub title: String,
    /// "The reference differs in one character from FF7K3M9QXP."
    pub reason: String,
    /// What is not as expected; may be empty.
    pub caution: String,
    /// Where what it names is shown; may be empty.
    pub place: String,
    /// "FF7K3M9QXP"; may be empty.
    pub reference: String,
    /// Whether nobody has to look at it.
    pub is_certain: bool,
}

/// Puts an offer for a line into words.
pub fn tell(offer: &Offer, line: &Line, books: &Candidates) -> Told {
    let (title, caution) = title(offer, line, books);
    let reference = reference(&offer.what, books);
    Told {
        code: offer.what.code(),
        title,
        reason: reason(offer, &reference),
        caution,
        place: place(&offer.what, books),
        reference,
        is_certain: offer.is_certain,
    }
}

fn reference(what: &What, books: &Candidates) -> String {
    match what {
        What::Promise(number) | What::Again(number) | What::Bounce(number) => Reference::of(*number).to_string(),
        What::Shares(id) => application_reference(*id).to_string(),
        What::Known(entry) => match (gift_of_entry(*entry, books), posted(*entry, None, books)) {
            (Some(gift), _) => Reference::of(gift.number).to_string(),
            (None, Some(posted)) if posted.subject.parse::<Reference>().is_ok() => posted.subject.clone(),
            _ => String::new(),
        },
        What::AsBefore | What::Order(_) | What::Payout { .. } | What::Account(_) => String::new(),
    }
}

fn place(what: &What, books: &Candidates) -> String {
    match what {
        What::Promise(number) | What::Again(number) | What::Bounce(number) => {
            format!("/desk/gifts/{}", Reference::of(*number))
        }
        What::Shares(id) => format!("/desk/shares/applications/{}", application_reference(*id)),
        What::Known(entry) => gift_of_entry(*entry, books).map_or_else(
            || format!("/desk/ledger/entries/{entry}"),
            |gift| format!("/desk/gifts/{}", Reference::of(gift.number)),
        ),
        What::Order(id) => format!("/desk/standing-orders/{id}"),
        What::AsBefore | What::Payout { .. } | What::Account(_) => String::new(),
    }
}

fn gift_of_entry(entry: i64, books: &Candidates) -> Option<&Gift> {
    books.gifts.values().find(|gift| gift.entry == Some(entry))
}

/// What is known of an entry; of one that paid many, the part that is a line's.
fn posted<'a>(entry: i64, line: Option<&Line>, books: &'a Candidates) -> Option<&'a Posted> {
    let all = || books.posted.values().flatten().filter(|posted| posted.entry == entry);
    let of_line = line.and_then(|line| {
        let own = || all().filter(|posted| posted.amount_minor == line.amount_minor);
        let payer = Name::of(name_of(line));
        own().find(|posted| payer.is_like(&posted.name)).or_else(|| own().next())
    });
    of_line.or_else(|| all().next())
}

/// What it is, and what is odd about it.
fn title(offer: &Offer, line: &Line, books: &Candidates) -> (String, String) {
    let money = |minor: i64| display(minor, books.currency);
    let gift = |number: &i64| books.gifts.get(number);
    match &offer.what {
        What::Promise(number) => match gift(number) {
            Some(gift) => (
                format!("A promise of {}{}", money(gift.amount_minor), by(&gift.name.text)),
                difference(line.amount_minor, gift.amount_minor, books, "was promised"),
            ),
            None => ("A promise".to_owned(), String::new()),
        },
        What::Again(number) => {
            let name = gift(number).map(|gift| gift.name.text.clone()).unwrap_or_default();
            let caution = match (&offer.why, gift(number).map(|gift| gift.state)) {
                (Why::Reference { .. }, Some(GiftState::Received(on))) => {
                    format!("The gift with this reference arrived on {}; this would be another.", day(on))
                }
                (Why::Reference { .. }, Some(GiftState::Over)) => {
                    "The gift with this reference was cancelled or went back; this would be another.".to_owned()
                }
                _ => String::new(),
            };
            (format!("A new gift of {}{}", money(line.amount_minor), by(&name)), caution)
        }
        What::AsBefore => {
            let payer = PayerKey::of_line(line).and_then(|key| books.payers.get(&key));
            let (name, caution) = match payer.map(|payer| (&payer.what, payer.amount_minor)) {
                Some((Remembered::Gift { number, .. }, last)) => (
                    gift(number).map(|gift| gift.name.text.clone()).unwrap_or_default(),
                    difference(line.amount_minor, last, books, "came the last time"),
                ),
                _ => (String::new(), String::new()),
            };
            let name = if name.is_empty() { name_of(line) } else { name };
            (format!("A gift of {}{}", money(line.amount_minor), by(&name)), caution)
        }
        What::Order(id) => {
            let due = books.due.values().flatten().find(|due| due.order == *id);
            let name = due.map(|due| due.name.text.clone()).unwrap_or_default();
            (format!("The standing order of {}{}", money(line.amount_minor), by(&name)), String::new())
        }
        What::Shares(id) => match books.applications.get(id) {
            Some(application) => (
                format!("Money for the shares that {} applied for", or(&application.name, "somebody")),
                difference(line.amount_minor, application.missing_minor, books, "is still to be paid"),
            ),
            None => ("Money for shares".to_owned(), String::new()),
        },
        What::Known(entry) => (known(*entry, line, books), String::new()),
        What::Payout { gross_minor } => payout(*gross_minor, line, books),
        What::Account(account) => (account_title(account, line.amount_minor > 0), String::new()),
        What::Bounce(number) => match gift(number) {
            Some(gift) => {
                let what = format!("The gift of {}{} was not paid", money(gift.amount_minor), by(&gift.name.text));
                (what, "All of it is taken back, and the giver is told.".to_owned())
            }
            None => ("A gift was not paid".to_owned(), String::new()),
        },
    }
}

fn by(name: &str) -> String {
    if name.is_empty() { String::new() } else { format!(" by {name}") }
}

fn or<'a>(text: &'a str, other: &'a str) -> &'a str {
    if text.is_empty() { other } else { text }
}

fn difference(came: i64, expected: i64, books: &Candidates, what: &str) -> String {
    match came - expected {
        0 => String::new(),
        more @ 1.. => format!("{} more than {what}.", display(more, books.currency)),
        less => format!("{} less than {what}.", display(-less, books.currency)),
    }
}

fn known(entry: i64, line: &Line, books: &Candidates) -> String {
    if let Some(gift) = gift_of_entry(entry, books) {
        let amount = display(gift.amount_minor, books.currency);
        return format!("Already in the books: the gift of {amount}{}", by(&gift.name.text));
    }
    let Some(posted) = posted(entry, Some(line), books) else { return format!("Already in the books: entry {entry}") };
    let what = match posted.kind.as_str() {
        "banking" => "a paying-in slip",
        "donation" => "a gift",
        "refund" => "a refund",
        "bounce" => "a gift that was not paid",
        "share-money" => "money for shares",
        "share-money-returned" => "share money that went back",
        "withdrawal-paid" => "a withdrawal of shares",
        "share-interest-paid" => "interest on shares",
        "payout" => "a payout",
        _ => "an entry",
    };
    let amount = display(posted.amount_minor.abs(), books.currency);
    let whose = match posted.kind.as_str() {
        "share-interest-paid" if !posted.name.text.is_empty() => format!(" for {}", posted.name.text),
        _ => by(&posted.name.text),
    };
    format!("Already in the books: {what} of {amount}{whose}")
}

fn payout(gross_minor: i64, line: &Line, books: &Candidates) -> (String, String) {
    let fee = gross_minor - line.amount_minor;
    let gross = display(gross_minor, books.currency);
    if fee > 0 {
        return (format!("A payout of {gross} less a fee of {}", display(fee, books.currency)), String::new());
    }
    let caution = "The books do not show what the processor held, so the fee is not known. Pick another to write it.";
    (format!("A payout of {gross} without a fee"), caution.to_owned())
}

/// An account for people: "Other income".
pub fn account_title(account: &str, is_credit: bool) -> String {
    match (account, is_credit) {
        (accounts::OTHER_INCOME, true) => "Other income".to_owned(),
        (accounts::PAYMENT_FEES, false) => "A fee or interest of the bank".to_owned(),
        (accounts::PAYMENT_FEES, true) => "A fee that the bank gave back".to_owned(),
        (other, _) => format!("To the account {other}"),
    }
}

fn reason(offer: &Offer, reference: &str) -> String {
    match &offer.why {
        Why::Reference { spelling, written } => match spelling {
            Spelling::Exact => format!("The line has its reference {reference}."),
            Spelling::Loose => {
                format!("The reference is {reference} once spaces, signs and small letters are set right.")
            }
            Spelling::Spread => format!("The reference {reference} stands in two parts."),
            Spelling::CutOff => format!("“{written}” is how {reference} begins; the bank cut off the rest."),
            Spelling::OneSlip => format!("The reference “{written}” differs in one character from {reference}."),
        },
        Why::Payer(1) => "This payer’s money was for this once before.".to_owned(),
        Why::Payer(times) => format!("This payer’s money was for this {times} times before."),
        Why::Processor => "The payer is a processor of cards.".to_owned(),
        Why::Posted { days } => format!("The amount is the same, and the day {}.", apart(*days)),
        Why::Amount { days, is_namesake: true } => {
            format!("The amount and the name are the same; it was promised {}.", before(*days))
        }
        Why::Amount { days, .. } => format!("The amount is the same; it was promised {}.", before(*days)),
        Why::Due(on) => format!("The amount and the name are the same; it is due on {}.", day(*on)),
        Why::Words => "The bank’s words say so.".to_owned(),
    }
}

fn apart(days: i64) -> String {
    match days {
        0 => "is the same".to_owned(),
        1 => "is the next".to_owned(),
        days => format!("is {days} away"),
    }
}

fn before(days: i64) -> String {
    match days {
        0 => "on the same day".to_owned(),
        1 => "the day before".to_owned(),
        -1 => "the day after".to_owned(),
        days @ ..=-2 => format!("{} days after", -days),
        days => format!("{days} days before"),
    }
}
