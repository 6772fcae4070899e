//! Standing orders over time as two rows of columns, what they are worth and how many there are: where everything
//! stands in the picture. No clock, no database.
//!
//! Invariant: the picture and the table under it show the same months and the same figures.

use chrono::{Datelike, NaiveDate};

use super::chart::{Place, levels, place, top};
use super::promises::{long_month, short_month};
use crate::money::{Currency, display, display_short};
use crate::standing_orders::Worth;

/// The picture and its table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OverTime {
    /// Its months, the first first.
    pub months: Vec<Month>,
    /// The line of how many, as SVG writes points.
    pub line: String,
    /// Levels of what they are worth: height and label.
    pub levels: Vec<(Place, String)>,
    /// Labels under the picture: place, text, and the side on which it hangs.
    pub labels: Vec<(Place, String, &'static str)>,
    /// What the last month is worth, and how many run in it, where the picture says so.
    pub last: (String, String),
    /// The picture in words.
    pub spoken: String,
}

/// A month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Month {
    /// "June 2021"
    pub label: String,
    /// How many orders ran.
    pub orders: i64,
    /// What they were worth.
    pub worth: String,
    /// Where its column begins, how wide it is, and how high.
    pub x: Place,
    /// How wide.
    pub width: Place,
    /// Where its top is.
    pub y: Place,
    /// How high.
    pub height: Place,
    /// Where its point is in the row of how many.
    pub point: (Place, Place),
}

/// A column takes this share of its month, in percent.
const COLUMN_PERCENT: i64 = 72;
/// The widest column, in hundredths of a percent: a fund of one month is not one block.
const COLUMN_MAX: i64 = 800;

/// Draws the months; nothing where no order ever ran.
pub fn draw(months: &[(NaiveDate, Worth)], currency: Currency) -> Option<OverTime> {
    let ((first, _), (last, now)) = (months.first()?, months.last()?);
    let whole = Place::WHOLE.hundredths();
    let count = i64::try_from(months.len()).unwrap_or(1);
    let top_minor = top(months.iter().map(|(_, worth)| worth.sum_minor).max().unwrap_or(0));
    let most = months.iter().map(|(_, worth)| worth.orders).max().unwrap_or(0).max(1);
    let width = (whole / count * COLUMN_PERCENT / 100).min(COLUMN_MAX);
    let middle = |at: usize| (i64::try_from(at).unwrap_or(0) * 2 + 1) * whole / (2 * count);
    let drawn: Vec<Month> = months
        .iter()
        .enumerate()
        .map(|(at, (month, worth))| {
            let height = place(worth.sum_minor.max(0), top_minor);
            Month {
                label: long_month(*month),
                orders: worth.orders,
                worth: display(worth.sum_minor, currency),
                x: Place::of(middle(at) - width / 2),
                width: Place::of(width),
                y: height.below_top(),
                height,
                point: (Place::of(middle(at)), place(worth.orders.max(0), most).below_top()),
            }
        })
        .collect();
    let points = drawn.iter().map(|month| format!("{},{}", month.point.0, month.point.1));
    Some(OverTime {
        line: points.collect::<Vec<_>>().join(" "),
        levels: levels(top_minor, currency)
            .into_iter()
            .map(|(minor, label)| (place(minor, top_minor).below_top(), label))
            .collect(),
        labels: labels(months, middle),
        last: (display_short(now.sum_minor, currency), now.orders.to_string()),
        spoken: spoken(*first, *last, months, currency),
        months: drawn,
    })
}

/// The first month, each January, and the last.
fn labels(months: &[(NaiveDate, Worth)], middle: impl Fn(usize) -> i64) -> Vec<(Place, String, &'static str)> {
    let last = months.len() - 1;
    let is_far = |at: usize| at > last / 6 && last - at > last / 6;
    let shown = |(at, month): (usize, NaiveDate)| match at {
        0 if last == 0 => Some((Place::of(middle(0)), short_month(month), "middle")),
        0 => Some((Place::of(0), short_month(month), "start")),
        at if at == last => Some((Place::WHOLE, short_month(month), "end")),
        at if month.month() == 1 && is_far(at) => Some((Place::of(middle(at)), short_month(month), "middle")),
        _ => None,
    };
    months.iter().map(|(month, _)| *month).enumerate().filter_map(shown).collect()
}

fn spoken(first: NaiveDate, last: NaiveDate, months: &[(NaiveDate, Worth)], currency: Currency) -> String {
    let told = |worth: &Worth| {
        let noun = if worth.orders == 1 { "order" } else { "orders" };
        format!("{} {noun} worth {}", worth.orders, display_short(worth.sum_minor, currency))
    };
    let (begun, now) = (&months[0].1, &months[months.len() - 1].1);
    if first == last {
        return format!("In {}, {}.", long_month(first), told(begun));
    }
    format!("From {} in {} to {} in {}.", told(begun), long_month(first), told(now), long_month(last))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::GBP;

    fn month(month: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2021, month, 1).expect("a date")
    }

    #[test]
    fn one_month_is_one_narrow_column_and_none_is_no_picture() {
        let drawn = draw(&[(month(6), Worth { orders: 3, sum_minor: 4_500 })], GBP).expect("a picture");

        assert_eq!(draw(&[], GBP), None);
        assert_eq!(drawn.months[0].width, Place::of(COLUMN_MAX));
        assert_eq!(drawn.spoken, "In June 2021, 3 orders worth £45.");
        assert_eq!(drawn.labels.len(), 1);
    }

    #[test]
    fn columns_stand_beside_each_other_and_none_leaves_the_picture() {
        let months: Vec<(NaiveDate, Worth)> =
            (1..=12).map(|at| (month(at), Worth { orders: at.into(), sum_minor: i64::from(at) * 1_000 })).collect();

        let drawn = draw(&months, GBP).expect("a picture");

        for (one, next) in drawn.months.iter().zip(&drawn.months[1..]) {
            assert!(one.x.hundredths() + one.width.hundredths() <= next.x.hundredths());
            assert!(one.height < next.height);
        }
        let last = drawn.months.last().expect("a month");
        assert!(last.x.hundredths() + last.width.hundredths() <= Place::WHOLE.hundredths());
        assert_eq!(drawn.last, ("£120".to_owned(), "12".to_owned()));
    }
}
