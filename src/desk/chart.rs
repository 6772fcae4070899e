//! An appeal's days as a line against its target, with the same month of the year before behind it: where everything
//! stands in the picture. No clock, no database.
//!
//! Invariant: the picture and the table under it show the same numbers, and the last of them is what was raised.
//! Places are hundredths of a percent, worked out in whole numbers; the template draws them.

use std::fmt;

use chrono::{Datelike, Days, NaiveDate};

use super::written::short_day;
use crate::funds::Standing;
use crate::money::{Currency, display, display_short};

/// A place along one side of the picture, in hundredths of a percent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place(i64);

/// The whole side.
const WHOLE: i64 = 10_000;

impl Place {
    /// The far end of a side.
    pub(super) const WHOLE: Self = Self(WHOLE);

    /// A place in hundredths of a percent.
    pub(super) fn of(hundredths: i64) -> Self {
        Self(hundredths)
    }

    /// In hundredths of a percent.
    pub(super) fn hundredths(self) -> i64 {
        self.0
    }

    /// The same height counted from above, as a picture counts.
    pub(super) fn below_top(self) -> Self {
        Self(WHOLE - self.0)
    }
}

/// How high an amount stands in a picture that ends at `top`.
pub(super) fn place(minor: i64, top: i64) -> Place {
    Place(share(minor.clamp(0, top), top))
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02}", self.0 / 100, self.0 % 100)
    }
}

/// The picture and its table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chart {
    /// "0.00,100.00 3.33,92.10": the line of what was raised, as SVG writes points.
    pub line: String,
    /// The line, closed along the bottom.
    pub area: String,
    /// Where the line has come to.
    pub end: (Place, Place),
    /// How high the target stands.
    pub target: Place,
    /// The target as its label says it.
    pub target_label: String,
    /// Levels across the picture: height and label.
    pub levels: Vec<(Place, String)>,
    /// Days under the picture: place, label and the side on which the label hangs.
    pub days: Vec<(Place, String, &'static str)>,
    /// The days on which something came, for the table.
    pub rows: Vec<Row>,
    /// The picture in words.
    pub spoken: String,
    /// The line of the year before, where there is one.
    pub before: Option<Behind>,
}

/// The same month of the year before, as it is drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Behind {
    /// "June 2020"
    pub label: String,
    /// Its line, as SVG writes points.
    pub line: String,
    /// What it came to.
    pub sum: String,
}

/// The same month of the year before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Before {
    /// "June 2020"
    pub label: String,
    /// Its first day.
    pub opens_on: NaiveDate,
    /// What came each day.
    pub came: Vec<(NaiveDate, i64)>,
}

/// A day of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// "3 Jun 2021"
    pub day: String,
    /// What came that day.
    pub came: String,
    /// All of it up to that day.
    pub so_far: String,
    /// All of it up to the same day of the year before; empty where nothing is behind.
    pub before: String,
}

/// Levels across the picture, at most: more is hard to read on a phone.
const LEVELS_MAX: i64 = 4;
/// The longest appeal drawn day by day; a longer one is drawn as far as its first ten years.
const DAYS_MAX: i64 = 3_660;

/// Draws an appeal on `today`, from what came each day, before what came in the same month of the year before.
pub fn draw(standing: &Standing, today: NaiveDate, came: &[(NaiveDate, i64)], before: Option<&Before>) -> Chart {
    let first = standing.opens_on;
    let last = standing.deadline.date_naive().max(first);
    let length = ((last - first).num_days() + 1).clamp(1, DAYS_MAX);
    let until = today.clamp(first, last);
    let sums = so_far(came, first, until);
    let behind = before.map(|before| so_far(&moved(before, first), first, last)).unwrap_or_default();
    let highest = sums.iter().chain(&behind).map(|(_, _, sum)| *sum).max().unwrap_or(0);
    let top = top(standing.target_minor.max(highest));
    let across = |day: NaiveDate| Place((((day - first).num_days() + 1).clamp(0, length)) * WHOLE / length);
    let up = |minor: i64| Place(WHOLE - share(minor.clamp(0, top), top));
    let drawn = |sums: &[(NaiveDate, i64, i64)], until| points(sums, until, across, up);
    let points = drawn(&sums, until);
    let line = written(&points);
    let end = points.last().copied().unwrap_or((Place(0), Place(WHOLE)));
    Chart {
        area: format!("{line} {},{} 0.00,{}", end.0, Place(WHOLE), Place(WHOLE)),
        line,
        end,
        target: up(standing.target_minor),
        target_label: format!("Target {}", display_short(standing.target_minor, standing.currency)),
        levels: levels(top, standing.currency).into_iter().map(|(minor, label)| (up(minor), label)).collect(),
        days: days(first, last, length, across),
        rows: rows(&sums, &behind, before.is_some(), standing.currency),
        spoken: spoken(standing, until, &sums, before.map(|before| (before, &behind[..]))),
        before: before.map(|before| Behind {
            label: before.label.clone(),
            line: written(&drawn(&behind, last)),
            sum: display_short(behind.last().map_or(0, |(_, _, sum)| *sum), standing.currency),
        }),
    }
}

fn written(points: &[(Place, Place)]) -> String {
    points.iter().map(|(x, y)| format!("{x},{y}")).collect::<Vec<_>>().join(" ")
}

/// The days of the year before, moved under those of this one: the first under the first.
fn moved(before: &Before, first: NaiveDate) -> Vec<(NaiveDate, i64)> {
    before.came.iter().map(|(day, minor)| (first + (*day - before.opens_on), *minor)).collect()
}

/// Each day with what came and the sum so far. What came before the first day, or is dated after the last, is counted
/// with the day nearest to it: it belongs to this appeal because staff placed it here.
fn so_far(came: &[(NaiveDate, i64)], first: NaiveDate, until: NaiveDate) -> Vec<(NaiveDate, i64, i64)> {
    let mut sums: Vec<(NaiveDate, i64, i64)> = Vec::new();
    let mut sum = 0;
    for (day, minor) in came {
        let day = (*day).clamp(first, until);
        sum += minor;
        match sums.last_mut() {
            Some(last) if last.0 == day => (last.1, last.2) = (last.1 + minor, sum),
            _ => sums.push((day, *minor, sum)),
        }
    }
    sums
}

fn points(
    sums: &[(NaiveDate, i64, i64)],
    until: NaiveDate,
    across: impl Fn(NaiveDate) -> Place,
    up: impl Fn(i64) -> Place,
) -> Vec<(Place, Place)> {
    let mut points = vec![(Place(0), up(0))];
    let mut sum = 0;
    for (day, _, so_far) in sums {
        // A quiet day is level: the line turns where the day begins.
        let eve = across(*day - Days::new(1));
        if points.last().is_some_and(|last| last.0 < eve) {
            points.push((eve, up(sum)));
        }
        sum = *so_far;
        points.push((across(*day), up(sum)));
    }
    if points.last().is_some_and(|last| last.0 < across(until)) {
        points.push((across(until), up(sum)));
    }
    points
}

fn share(part: i64, whole: i64) -> i64 {
    i64::try_from(i128::from(part) * i128::from(WHOLE) / i128::from(whole.max(1))).unwrap_or(WHOLE)
}

/// The height of the picture: a little above what must fit, so that a label has room.
pub(super) fn top(highest: i64) -> i64 {
    (highest + highest / 8).max(100)
}

/// Round levels up to `top`: 1, 2, 2.5 or 5 times a power of ten apart, as people count.
pub(super) fn levels(top: i64, currency: Currency) -> Vec<(i64, String)> {
    let step = [10, 20, 25, 50]
        .into_iter()
        .flat_map(|start| std::iter::successors(Some(start), |step: &i64| step.checked_mul(10)).take(15))
        .filter(|step| top / step <= LEVELS_MAX)
        .min()
        .unwrap_or(top);
    (1..=top / step).map(|n| (n * step, display_short(n * step, currency))).collect()
}

/// The first day, about each week, and the last; months for a long appeal.
fn days(
    first: NaiveDate,
    last: NaiveDate,
    length: i64,
    across: impl Fn(NaiveDate) -> Place,
) -> Vec<(Place, String, &'static str)> {
    let is_month = length <= 31 && first.month() == last.month();
    let label = |day: NaiveDate| if is_month { day.day().to_string() } else { day.format("%-d %b").to_string() };
    let pieces = if length < 5 { 1 } else { 4 };
    let mut days = vec![(across(first), label(first), "start")];
    for piece in 1..pieces {
        let day = first + Days::new(u64::try_from(length * piece / pieces).unwrap_or(0));
        days.push((across(day), label(day), "middle"));
    }
    if last > first {
        days.push((across(last), label(last), "end"));
    }
    days
}

/// The days on which something came, now or the year before.
fn rows(
    sums: &[(NaiveDate, i64, i64)],
    behind: &[(NaiveDate, i64, i64)],
    has_before: bool,
    currency: Currency,
) -> Vec<Row> {
    let mut days: Vec<NaiveDate> = sums.iter().chain(behind).map(|(day, _, _)| *day).collect();
    days.sort_unstable();
    days.dedup();
    let up_to = |sums: &[(NaiveDate, i64, i64)], day: NaiveDate| {
        sums.iter().rev().find(|(of, _, _)| *of <= day).map_or(0, |(_, _, sum)| *sum)
    };
    let last = sums.last().map(|(day, _, _)| *day);
    let row = |day: NaiveDate| {
        let came = sums.iter().find(|(of, _, _)| *of == day).map(|(_, came, _)| display(*came, currency));
        // After the last gift there is nothing to say of this year yet.
        let has_come = last.is_some_and(|last| day <= last);
        Row {
            day: short_day(day),
            came: came.unwrap_or_default(),
            so_far: if has_come { display(up_to(sums, day), currency) } else { String::new() },
            before: if has_before { display(up_to(behind, day), currency) } else { String::new() },
        }
    };
    days.into_iter().map(row).collect()
}

type Sums = [(NaiveDate, i64, i64)];

fn spoken(standing: &Standing, until: NaiveDate, sums: &Sums, before: Option<(&Before, &Sums)>) -> String {
    let money = |minor| display_short(minor, standing.currency);
    let behind = before.map(|(before, behind)| {
        let by_then = behind.iter().rev().find(|(day, _, _)| *day <= until).map_or(0, |(_, _, sum)| *sum);
        let all = behind.last().map_or(0, |(_, _, sum)| *sum);
        format!(" {} had {} by the same day and came to {}.", before.label, money(by_then), money(all))
    });
    let behind = behind.unwrap_or_default();
    let Some((_, _, sum)) = sums.last() else {
        return format!("Nothing has come yet. The target is {}.{behind}", money(standing.target_minor));
    };
    let best = sums.iter().max_by_key(|(_, came, _)| *came).filter(|(_, came, _)| *came > 0);
    let best = best.map(|(day, came, _)| format!(" The best day was {} with {}.", short_day(*day), money(*came)));
    format!(
        "{} by {}, of a target of {}.{}{behind}",
        money((*sum).max(0)),
        short_day(until),
        money(standing.target_minor),
        best.unwrap_or_default()
    )
}

#[cfg(test)]
mod tests {
    use chrono::{TimeZone, Utc};

    use super::*;
    use crate::funds::State;
    use crate::money::GBP;

    fn day(day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2021, 6, day).expect("a date")
    }

    fn june(target_minor: i64) -> Standing {
        Standing {
            slug: "fund".to_owned(),
            title: "Fund".to_owned(),
            appeal: "2021-06".to_owned(),
            appeal_id: 1,
            state: State::Open,
            currency: GBP,
            target_minor,
            raised_minor: 0,
            books_minor: 0,
            adjusted_minor: 0,
            needed_minor: 0,
            surplus_minor: 0,
            percent: 0,
            donations: 0,
            days_remaining: 3,
            publication_days_remaining: None,
            opens_on: day(1),
            deadline: chrono_tz::Europe::London.with_ymd_and_hms(2021, 6, 30, 23, 59, 59).unwrap(),
            as_of: Utc.with_ymd_and_hms(2021, 6, 27, 11, 0, 0).unwrap(),
            entry: 0,
            hash: Vec::new(),
        }
    }

    #[test]
    fn the_line_rises_on_the_day_the_money_came_and_is_level_between() {
        let chart = draw(&june(80_000), day(15), &[(day(3), 30_000), (day(12), 15_000)], None);

        assert_eq!(chart.line, "0.00,100.00 6.66,100.00 10.00,66.67 36.66,66.67 40.00,50.00 50.00,50.00");
        assert_eq!(chart.rows.last().map(|row| row.so_far.as_str()), Some("£450.00"));
        assert_eq!(chart.target, Place(1_112));
    }

    #[test]
    fn what_staff_placed_here_from_another_month_is_counted_with_the_nearest_day() {
        let before = NaiveDate::from_ymd_opt(2021, 5, 20).expect("a date");

        let chart = draw(&june(80_000), day(15), &[(before, 1_000), (day(1), 500)], None);

        assert_eq!(chart.rows.len(), 1);
        assert_eq!(chart.rows[0].so_far, "£15.00");
    }

    #[test]
    fn an_appeal_without_gifts_is_a_level_line_and_a_sentence() {
        let chart = draw(&june(1_800_000), day(27), &[], None);

        assert_eq!(chart.line, "0.00,100.00 90.00,100.00");
        assert_eq!(chart.spoken, "Nothing has come yet. The target is £18,000.");
    }

    #[test]
    fn levels_are_round_and_few_whatever_the_target() {
        for target in [100, 999, 12_345, 1_800_000, 7_000_000_000, i64::MAX / 4] {
            let levels = levels(top(target), GBP);

            assert!((1..=LEVELS_MAX).contains(&i64::try_from(levels.len()).expect("few")), "{target}: {levels:?}");
        }
        let labels: Vec<String> = levels(top(1_800_000), GBP).into_iter().map(|(_, label)| label).collect();
        assert_eq!(labels, ["£5,000", "£10,000", "£15,000", "£20,000"]);
    }

    #[test]
    fn a_fund_of_one_day_and_one_past_its_target_are_drawn() {
        let one_day = Standing { opens_on: day(30), ..june(1_000) };

        let chart = draw(&one_day, day(30), &[(day(30), 5_000)], None);

        assert_eq!(chart.end.0, Place(10_000));
        assert!(chart.end.1 < chart.target);
    }

    #[test]
    fn the_year_before_stands_behind_day_by_day_and_in_the_table() {
        let of_2020 = |day| NaiveDate::from_ymd_opt(2020, 6, day).expect("a date");
        let before = Before {
            label: "June 2020".to_owned(),
            opens_on: of_2020(1),
            came: vec![(of_2020(3), 20_000), (of_2020(28), 70_000)],
        };

        let chart = draw(&june(80_000), day(15), &[(day(3), 30_000), (day(12), 15_000)], Some(&before));

        let behind = chart.before.expect("a year before");
        assert!(behind.line.ends_with(",11.12 100.00,11.12"), "{}", behind.line);
        assert_eq!(behind.sum, "£900");
        let told: Vec<(&str, &str)> = chart.rows.iter().map(|row| (row.so_far.as_str(), row.before.as_str())).collect();
        assert_eq!(told, [("£300.00", "£200.00"), ("£450.00", "£200.00"), ("", "£900.00")]);
        assert!(chart.spoken.ends_with("June 2020 had £200 by the same day and came to £900."), "{}", chart.spoken);
    }
}
