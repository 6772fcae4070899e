//! Statements of the bank at the desk: files in, what they would do, and what they did.
//!
//! Invariant: a file is sent once. It waits until somebody records it or lets it go, so that what is confirmed is what
//! was shown. What the lines are for is said elsewhere.

mod file;
mod import;
mod list;
mod statement;

use super::{Asked, Desk, Pairs, see_other, status_of};
use crate::http::Routes;
use crate::money::{Currency, display};
use crate::statements::Line;

pub(super) fn routes(at: &mut Routes) {
    import::routes(at);
    file::routes(at);
    list::routes(at);
    statement::routes(at);
}

/// A line of the bank as a row of a page.
struct Row {
    /// Where its page is.
    id: i64,
    day: String,
    /// Who paid or was paid, or the first text there is.
    who: String,
    /// The other texts.
    texts: String,
    kind: &'static str,
    paid_in: String,
    paid_out: String,
    balance: String,
    is_done: bool,
}

impl Row {
    fn of(line: &Line, currency: Currency) -> Self {
        let mut texts: Vec<&str> = [&line.payer, &line.reference, &line.description]
            .into_iter()
            .map(String::as_str)
            .filter(|text| !text.is_empty())
            .collect();
        let who = if texts.is_empty() { "nothing is said".to_owned() } else { texts.remove(0).to_owned() };
        let amount = display(line.amount_minor.abs(), currency);
        let (paid_in, paid_out) = if line.amount_minor > 0 { (amount, String::new()) } else { (String::new(), amount) };
        Self {
            id: line.id,
            day: crate::desk::written::short_day(line.booked_on),
            who,
            texts: texts.join(" · "),
            kind: line.kind.label(),
            paid_in,
            paid_out,
            balance: line.balance_minor.map(|minor| display(minor, currency)).unwrap_or_default(),
            is_done: line.state == crate::statements::LineState::Done,
        }
    }
}

/// "12,345"
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}
