//! A year of a fund, month by month: target, raised, what was missing, and how that adds up. No clock, no database.
//!
//! Invariant: the bars and the table show the same numbers; the balance begins with what the year took over, and each
//! month moves it by what it raised above or below its own target.

use crate::funds::words::{self, day};
use crate::funds::{Appeal, Fund, Rhythm};
use crate::money::{Currency, display, display_short};

/// An appeal of the year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Month {
    /// "June 2021"
    pub label: String,
    /// "Jun", under its bar.
    pub short: String,
    /// "2021-06", for its page.
    pub name: String,
    /// Its own target.
    pub target: String,
    /// What it took over from the one before; empty for nothing.
    pub took_over: String,
    /// What it raised.
    pub raised: String,
    /// How many gifts.
    pub gifts: i64,
    /// What was missing, or what was over, with what it took over.
    pub difference: String,
    /// What the year began with, and what each month raised above or below its own target.
    pub balance: String,
    /// True when its books are closed.
    pub is_closed: bool,
    /// The height of the bar of what was raised, in tenths of a percent of the picture.
    pub raised_height: i64,
    /// The height of the target.
    pub target_height: i64,
}

/// A fund's year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Year {
    /// Its months, the first first.
    pub months: Vec<Month>,
    /// What the year took over from the one before; empty for nothing.
    pub opening: String,
    /// True when any month took something over.
    pub has_carried: bool,
    /// The targets together.
    pub target: String,
    /// What was raised together.
    pub raised: String,
    /// The balance at the end.
    pub balance: String,
    /// The highest of all bars, as its label.
    pub top: String,
    /// The picture in words.
    pub spoken: String,
}

/// As many letters as twelve bars leave room for on a phone.
const SHORT_CHARS: usize = 3;
/// The whole height of the picture.
const WHOLE: i64 = 1_000;

/// Puts a year into words: each appeal with what it raised and how many gifts that were, in the order of time.
pub fn view(fund: &Fund, appeals: &[(Appeal, i64, i64)]) -> Year {
    let most = appeals.iter().map(|(appeal, raised, _)| appeal.target_minor.max(*raised)).max().unwrap_or(0).max(1);
    let height = |minor: i64| minor.max(0) * WHOLE / most;
    let money = |minor| display(minor, fund.currency);
    let opening_minor = -appeals.first().map_or(0, |(appeal, _, _)| appeal.carried_minor);
    let mut balance_minor = opening_minor;
    let months: Vec<Month> = appeals
        .iter()
        .map(|(appeal, raised_minor, gifts)| {
            balance_minor += raised_minor - appeal.target_minor;
            let difference_minor = raised_minor - appeal.target_minor - appeal.carried_minor;
            let label = words::month(fund, &appeal.name).unwrap_or_else(|| once(fund, appeal));
            Month {
                short: label.chars().take(SHORT_CHARS).collect(),
                label,
                name: appeal.name.clone(),
                target: money(appeal.target_minor),
                took_over: if appeal.carried_minor == 0 {
                    String::new()
                } else {
                    signed(-appeal.carried_minor, fund.currency)
                },
                is_closed: appeal.closed_at.is_some(),
                raised: money(*raised_minor),
                gifts: *gifts,
                difference: signed(difference_minor, fund.currency),
                balance: signed(balance_minor, fund.currency),
                raised_height: height(*raised_minor),
                target_height: height(appeal.target_minor),
            }
        })
        .collect();
    let raised_minor = appeals.iter().map(|(_, raised, _)| raised).sum();
    let target_minor = appeals.iter().map(|(appeal, _, _)| appeal.target_minor).sum();
    let (raised, target) = (money(raised_minor), money(target_minor));
    Year {
        spoken: match fund.rhythm {
            Rhythm::Monthly => format!("{} months raised {raised} of {target} together.", months.len()),
            Rhythm::OneOff => format!("{raised} was raised of {target}."),
        },
        opening: if opening_minor == 0 { String::new() } else { signed(opening_minor, fund.currency) },
        has_carried: appeals.iter().any(|(appeal, _, _)| appeal.carried_minor != 0),
        months,
        target,
        raised,
        balance: signed(balance_minor, fund.currency),
        top: display_short(most, fund.currency),
    }
}

/// A fund that runs once is named by its last day.
fn once(fund: &Fund, appeal: &Appeal) -> String {
    match fund.rhythm {
        Rhythm::OneOff => format!("Until {}", day(appeal.deadline_on)),
        Rhythm::Monthly => appeal.name.clone(),
    }
}

/// "+£12.00" or "−£12.00".
fn signed(minor: i64, currency: Currency) -> String {
    if minor > 0 { format!("+{}", display(minor, currency)) } else { display(minor, currency) }
}
