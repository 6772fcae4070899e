//! Supporters of the demo who give each month: learnt ones, offered ones, one that went quiet, one that gives more now.
//!
//! Invariant: they give on the day on which a bank would pay, so that they are learnt as real ones are.

use chrono::NaiveDate;

use crate::donations::{Method, NewGift};
use crate::funds::Fund;
use crate::standing_orders::rules::calendar::{due_on, month_of, month_plus, months_between};

/// Someone who gives each month.
struct Regular {
    name: &'static str,
    /// Without an address the giver is known by name alone.
    has_email: bool,
    pounds: i64,
    day: u32,
    method: Method,
    /// Since how many months.
    since: i64,
    /// Since how many months nothing has come.
    quiet: i64,
}

const fn regular(name: &'static str, pounds: i64, day: u32, since: i64) -> Regular {
    Regular { name, has_email: true, pounds, day, method: Method::StandingOrder, since, quiet: 0 }
}

const fn debit(name: &'static str, pounds: i64, day: u32, since: i64) -> Regular {
    Regular { method: Method::DirectDebit, ..regular(name, pounds, day, since) }
}

const REGULARS: [Regular; 28] = [
    regular("Aneurin Pritchard", 10, 1, 12),
    regular("Beatrice Lovell", 15, 1, 12),
    regular("Cormac Daly", 20, 1, 12),
    regular("Dorothy Hale", 5, 1, 11),
    regular("Edgar Whitlock", 50, 1, 10),
    regular("Fiona MacInnes", 10, 2, 12),
    regular("Gurpreet Sandhu", 25, 3, 9),
    regular("Hettie Marsden", 12, 5, 9),
    regular("Idris Bowen", 20, 5, 8),
    regular("Jessie Calder", 8, 7, 12),
    regular("Kwame Asante", 30, 10, 7),
    regular("Lavinia Stott", 10, 12, 7),
    regular("Malachy Quinn", 15, 15, 12),
    regular("Nesta Griffith", 10, 15, 6),
    regular("Oswin Thackray", 20, 15, 6),
    regular("Philippa Gough", 5, 18, 5),
    regular("Rukhsana Mirza", 25, 20, 5),
    regular("Selwyn Harker", 10, 25, 5),
    regular("Tamsin Pascoe", 40, 28, 12),
    regular("Una Brannigan", 10, 30, 4),
    regular("Vernon Isherwood", 18, 31, 4),
    debit("Winifred Sayle", 10, 1, 12),
    debit("Yusuf Karim", 20, 15, 6),
    debit("Zillah Thorne", 15, 28, 4),
    // The bank's paper has the name and nothing else.
    Regular { has_email: false, ..regular("MRS E BLAKEY", 10, 6, 5) },
    Regular { method: Method::BankTransfer, ..regular("Rowan Ellery", 25, 22, 4) },
    Regular { quiet: 1, ..regular("Rhoda Ingleby", 20, 9, 8) },
    Regular { quiet: 3, ..regular("Clement Varley", 10, 4, 11) },
];

/// What the regulars give on `day`, where today is `today`.
pub fn gifts_on(day: NaiveDate, today: NaiveDate, fund: &Fund) -> Vec<NewGift> {
    let around = month_of(day);
    let mut gifts = Vec::new();
    for (number, regular) in REGULARS.iter().enumerate() {
        for month in [month_plus(around, -1), around] {
            let ago = months_between(month, month_of(today));
            if due_on(month, regular.day) == day && (regular.quiet..=regular.since).contains(&ago) {
                gifts.push(gift(number, regular, month, day, fund));
            }
        }
    }
    gifts
}

/// The first day of the longest of them.
pub fn begins_on(today: NaiveDate) -> NaiveDate {
    let longest = REGULARS.iter().map(|regular| regular.since).max().unwrap_or(0);
    month_plus(month_of(today), -longest)
}

fn gift(number: usize, regular: &Regular, month: NaiveDate, day: NaiveDate, fund: &Fund) -> NewGift {
    let email = regular.name.to_lowercase().replace(' ', ".");
    NewGift {
        key: format!("demo:regular:{number}:{month}"),
        fingerprint: [0; 32],
        fund_id: fund.id,
        appeal: None,
        amount_minor: regular.pounds * 100,
        method: regular.method,
        is_pledge: false,
        received_on: Some(day),
        name: regular.name.to_owned(),
        email: regular.has_email.then(|| format!("{email}@example.org")),
        acknowledge_as: initials(regular.name),
        anonymous: false,
        note: String::new(),
        in_memory_of: String::new(),
        memory_in_print: false,
        by: "demo".to_owned(),
        request_id: String::new(),
        stranger: None,
    }
}

/// "AP"
fn initials(name: &str) -> String {
    name.split_whitespace().filter_map(|part| part.chars().next()).collect()
}
