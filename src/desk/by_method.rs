//! What a fund raised in a year, by month and by method, as stacked columns: where everything stands in the picture.
//! No clock, no database.
//!
//! Invariant: the picture and the table under it show the same figures; each month's methods add up to what it raised.

use super::chart::{Place, levels, place, top};
use crate::funds::{Appeal, DayOfMethod, Fund, words};
use crate::ledger::Method;
use crate::money::{Currency, display, display_short};

/// The picture and its table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ByMethod {
    /// The methods that brought anything, the largest first: that is the order of the columns of the table, and of
    /// the pieces from the bottom up.
    pub methods: Vec<Share>,
    /// Its months, the first first.
    pub months: Vec<Month>,
    /// Everything together.
    pub sum: String,
    /// Levels across the picture: height and label.
    pub levels: Vec<(Place, String)>,
    /// The picture in words.
    pub spoken: String,
}

/// What one method brought in the year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    /// "standing_order": the end of its class in the stylesheet.
    pub name: &'static str,
    /// "standing order"
    pub label: &'static str,
    /// "£4,120.00"
    pub sum: String,
}

/// A month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Month {
    /// "June 2021"
    pub label: String,
    /// "Jun"
    pub short: String,
    /// The appeal's name in addresses.
    pub name: String,
    /// Where its label stands.
    pub middle: Place,
    /// Its pieces, from the bottom up: what is nothing has none.
    pub pieces: Vec<Piece>,
    /// What each method brought, in the order of the methods.
    pub sums: Vec<String>,
    /// Together.
    pub sum: String,
}

/// A piece of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Its method.
    pub name: &'static str,
    /// Where it begins, and how wide it is.
    pub x: Place,
    /// How wide.
    pub width: Place,
    /// Where its top is.
    pub y: Place,
    /// How high.
    pub height: Place,
}

/// A column takes this share of its month, in percent.
const COLUMN_PERCENT: i64 = 66;
/// The widest column, in hundredths of a percent.
const COLUMN_MAX: i64 = 1_200;
/// As many letters as twelve columns leave room for on a phone.
const SHORT_CHARS: usize = 3;

/// Draws a year from what its appeals raised of each day by each method; nothing where nothing came.
pub fn draw(fund: &Fund, appeals: &[Appeal], days: &[DayOfMethod]) -> Option<ByMethod> {
    let currency = fund.currency;
    let mut methods: Vec<(Method, i64)> = Method::ALL
        .into_iter()
        .map(|method| (method, days.iter().filter(|day| day.method == method).map(|day| day.raised_minor).sum()))
        .filter(|(_, sum): &(Method, i64)| *sum != 0)
        .collect();
    methods.sort_by_key(|(_, sum)| -sum);
    let of = |appeal: &Appeal, method: Method| -> i64 {
        let of_both = days.iter().filter(|day| day.appeal_id == appeal.id && day.method == method);
        of_both.map(|day| day.raised_minor).sum()
    };
    let rows: Vec<(&Appeal, Vec<i64>)> = appeals
        .iter()
        .map(|appeal| (appeal, methods.iter().map(|(method, _)| of(appeal, *method)).collect()))
        .collect();
    if methods.is_empty() {
        return None;
    }
    let top_minor = top(rows.iter().map(|(_, sums)| sums.iter().sum()).max().unwrap_or(0));
    let months = rows.iter().enumerate().map(|(at, row)| month(fund, row, at, rows.len(), &methods, top_minor));
    let months: Vec<Month> = months.collect();
    let all = methods.iter().map(|(_, sum)| sum).sum();
    Some(ByMethod {
        spoken: spoken(&methods, all, currency),
        methods: methods
            .iter()
            .map(|(method, sum)| Share { name: method.name(), label: method.label(), sum: display(*sum, currency) })
            .collect(),
        months,
        sum: display(all, currency),
        levels: levels(top_minor, currency)
            .into_iter()
            .map(|(minor, label)| (place(minor, top_minor).below_top(), label))
            .collect(),
    })
}

fn month(
    fund: &Fund,
    (appeal, sums): &(&Appeal, Vec<i64>),
    at: usize,
    count: usize,
    methods: &[(Method, i64)],
    top_minor: i64,
) -> Month {
    let (at, count) = (i64::try_from(at).unwrap_or(0), i64::try_from(count).unwrap_or(1).max(1));
    let whole = Place::WHOLE.hundredths();
    let width = (whole / count * COLUMN_PERCENT / 100).min(COLUMN_MAX);
    let middle = (at * 2 + 1) * whole / (2 * count);
    let mut below = 0;
    let mut pieces = Vec::new();
    for ((method, _), sum) in methods.iter().zip(sums).filter(|(_, sum)| **sum > 0) {
        let (foot, head) = (place(below, top_minor), place(below + sum, top_minor));
        below += sum;
        pieces.push(Piece {
            name: method.name(),
            x: Place::of(middle - width / 2),
            width: Place::of(width),
            y: head.below_top(),
            height: Place::of(head.hundredths() - foot.hundredths()),
        });
    }
    let label = words::month(fund, &appeal.name).unwrap_or_else(|| appeal.name.clone());
    Month {
        short: label.chars().take(SHORT_CHARS).collect(),
        label,
        name: appeal.name.clone(),
        middle: Place::of(middle),
        pieces,
        sums: sums.iter().map(|sum| display(*sum, fund.currency)).collect(),
        sum: display(sums.iter().sum(), fund.currency),
    }
}

fn spoken(methods: &[(Method, i64)], all: i64, currency: Currency) -> String {
    let told = |(method, sum): &(Method, i64)| format!("{} by {}", display_short(*sum, currency), method.label());
    let most: Vec<String> = methods.iter().take(3).map(told).collect();
    let rest = if methods.len() > 3 { ", and the rest by other ways" } else { "" };
    format!("{} together: {}{rest}.", display_short(all, currency), most.join(", "))
}
