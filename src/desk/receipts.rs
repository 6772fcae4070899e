//! The receipts desk in words: which letter, for whom, how it stands and since when. No clock, no database.

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;

use super::folio::{Cell, badge, link, number, text};
use super::gift;
use super::written::moment;
use crate::donations::{ReceiptWatch, ReceiptYear};
use crate::outbox::Delivery;
use crate::receipts::ReceiptNumber;
use crate::reference::Reference;

/// What a letter is about, for a line of a list.
#[derive(Debug, Clone, Default)]
pub struct About {
    /// "2021-000123", "FF7K3M9QXP", "the gifts of 2021".
    pub words: String,
    /// Where that is.
    pub place: String,
    /// Whose it is; may be empty.
    pub name: String,
}

/// Where a letter has its page.
pub fn place_of(letter: &Delivery) -> String {
    let room = if letter.kind.is_about_shares() { "shares" } else { "receipts" };
    format!("/desk/{room}/letters/{}", letter.id)
}

/// The columns of letters that did not arrive.
pub const FAILED_HEADS: [&str; 6] = ["Letter", "About", "To", "Why", "Since", "#Tried"];

/// A letter that did not arrive.
pub fn failed_line(letter: &Delivery, about: &About, now: DateTime<Utc>) -> Vec<Cell> {
    let why = match letter.returned_at {
        Some(_) => format!("It came back: {}", letter.last_error),
        None => letter.last_error.clone(),
    };
    vec![
        link(letter.kind.label(), place_of(letter)),
        link(&about.words, &about.place),
        text(to(letter, about)),
        text(why),
        text(age(letter.due_at, now)),
        number(letter.attempts),
    ]
}

/// The columns of letters that wait.
pub const WAITING_HEADS: [&str; 6] = ["Letter", "About", "To", "Waits for", "Next try", "#Tried"];

/// A letter on its way.
pub fn waiting_line(letter: &Delivery, about: &About, now: DateTime<Utc>, zone: Tz) -> Vec<Cell> {
    let next = if letter.due_at <= now { "now".to_owned() } else { moment(letter.due_at, zone) };
    let next = if letter.last_error.is_empty() { next } else { format!("{next}. {}", letter.last_error) };
    vec![
        link(letter.kind.label(), place_of(letter)),
        link(&about.words, &about.place),
        text(to(letter, about)),
        text(age(letter.created_at, now)),
        text(next),
        number(letter.attempts),
    ]
}

/// The columns of letters that were looked for.
pub const FOUND_HEADS: [&str; 5] = ["Letter", "About", "To", "State", "When"];

/// A letter that was looked for.
pub fn found_line(letter: &Delivery, about: &About, zone: Tz) -> Vec<Cell> {
    let view = gift::letter_of(letter, zone);
    vec![
        link(view.what, place_of(letter)),
        link(&about.words, &about.place),
        text(to(letter, about)),
        badge(view.status.word, view.status.tone),
        text(if view.trouble.is_empty() { view.when } else { format!("{} {}", view.when, view.trouble) }),
    ]
}

/// "Ann Lee, ann@example.org"
fn to(letter: &Delivery, about: &About) -> String {
    let way = if letter.recipient.is_empty() { "by post" } else { letter.recipient.as_str() };
    [about.name.as_str(), way].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
}

/// What must be told when receipts and gifts disagree; nothing when they do not.
pub fn alarm(watch: &ReceiptWatch) -> Vec<String> {
    let mut said = Vec::new();
    let (arrived, issued) = (watch.arrived, watch.issued());
    if arrived != issued {
        let arrived = counted(arrived, "One gift arrived", "{} gifts arrived");
        let issued = counted(issued, "one receipt was issued", "{} receipts were issued");
        said.push(format!("{arrived} and {issued}. {KEEP_AND_VERIFY}, which names the gift."));
    }
    if let Some(number) = watch.gap() {
        said.push(format!("Receipt {number} is missing from the numbers of its year. {KEEP_AND_VERIFY}."));
    }
    let first = watch.years.iter().find_map(|year| year.first_unsent).map(Reference::of);
    if let Some(first) = first.filter(|_| watch.unsent() > 0) {
        let (one, many) = ("One receipt has", "{} receipts have");
        said.push(format!(
            "{} an address and no letter; the first is of gift {first}. It can be written on the page of the receipts.",
            counted(watch.unsent(), one, many)
        ));
    }
    said
}

const KEEP_AND_VERIFY: &str =
    "Please keep the database as it is, and ask whoever runs the program to run “fighting-fund verify”";

/// The columns of the receipts of each year.
pub const YEAR_HEADS: [&str; 4] = ["Year", "From", "To", "Numbering"];

/// The numbers of a year.
pub fn year_line(year: &ReceiptYear) -> Vec<Cell> {
    let numbered = |number| ReceiptNumber { year: year.year, number }.to_string();
    let state = match year.gap {
        Some(gap) => badge(format!("{} is missing", numbered(gap)), "bad"),
        None if year.proved < year.last => badge(format!("proved to {}", numbered(year.proved)), "wait"),
        None => badge("no gap", "good"),
    };
    vec![text(year.year.to_string()), text(numbered(1)), text(numbered(year.last)), state]
}

/// How long ago something was, as people say it: "3 days", "2 hours", "5 minutes".
///
pub fn age(since: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let span = (now - since).max(TimeDelta::zero());
    let (count, unit) = match (span.num_days(), span.num_hours(), span.num_minutes()) {
        (2.., _, _) => (span.num_days(), "days"),
        (_, 2.., _) => (span.num_hours(), "hours"),
        (_, _, 2..) => (span.num_minutes(), "minutes"),
        _ => return "a moment".to_owned(),
    };
    format!("{count} {unit}")
}

/// "One letter failed", "3 letters failed".
pub fn counted(count: i64, one: &str, many: &str) -> String {
    if count == 1 { one.to_owned() } else { many.replace("{}", &count.to_string()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_said_in_the_unit_that_people_would_use() {
        let now = DateTime::from_timestamp(1_624_791_600, 0).expect("a date");
        let said = |minutes| age(now - TimeDelta::minutes(minutes), now);

        assert_eq!([said(0), said(90), said(300), said(3_000)], ["a moment", "90 minutes", "5 hours", "2 days"]);
        assert_eq!(age(now + TimeDelta::hours(1), now), "a moment");
    }

    #[test]
    fn an_alarm_says_what_is_wrong_and_is_silent_otherwise() {
        let year = ReceiptYear { year: 2021, last: 10, proved: 10, gap: None, unsent: 0, first_unsent: None };
        let watch = |arrived, year| ReceiptWatch { years: vec![year], arrived };

        assert!(alarm(&watch(10, year)).is_empty());
        assert!(alarm(&watch(11, year))[0].starts_with("11 gifts arrived and 10 receipts were issued."));
        let one = ReceiptYear { last: 1, proved: 1, ..year };
        assert!(alarm(&watch(2, one))[0].starts_with("2 gifts arrived and one receipt was issued."));
        assert!(
            alarm(&watch(10, ReceiptYear { gap: Some(4), ..year }))[0].starts_with("Receipt 2021-000004 is missing")
        );
        let unsent = ReceiptYear { unsent: 2, first_unsent: Some(7), ..year };
        assert!(alarm(&watch(10, unsent))[0].starts_with("2 receipts have an address and no letter"));
    }
}
