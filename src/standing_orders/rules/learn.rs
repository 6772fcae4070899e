//! What gifts promise by their pattern: three months in a row, the same amount, days near each other.
//!
//! Invariant: a pattern is learnt while it runs, never long after it stopped, and a gift is part of one pattern.

use chrono::{Days, NaiveDate};

use super::calendar::{agreed_on, due_on, month_of, month_plus};
use super::link::Seen;
use crate::ledger::Method;

/// Months in a row that make a pattern.
pub const MONTHS_NEEDED: usize = 3;
/// Days that the payments of a pattern may lie from their due days.
pub const NEAR_DAYS: i64 = 4;
/// A pattern whose last gift is older than this has stopped before it was noticed.
const FRESH_DAYS: u64 = 62;
/// The longest run that is followed back.
const MONTHS_MAX: usize = 600;

/// What gifts promise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    /// Each time.
    pub amount_minor: i64,
    /// The day of the month.
    pub day: u32,
    /// Standing order or direct debit.
    pub method: Method,
    /// The agreed day of the first month.
    pub since_on: NaiveDate,
    /// True when the gifts themselves say that a bank repeats them.
    pub is_said: bool,
    /// Its gifts, the newest first.
    pub gifts: Vec<Seen>,
}

/// Finds what the gifts of one giver to one fund promise, `today`.
pub fn learn(gifts: &[Seen], today: NaiveDate) -> Vec<Pattern> {
    let mut left: Vec<Seen> = gifts.to_vec();
    left.sort_unstable_by_key(|gift| (std::cmp::Reverse(gift.on), std::cmp::Reverse(gift.id)));
    let mut patterns = Vec::new();
    let mut at = 0;
    while at < left.len() {
        let newest = left[at];
        if newest.on + Days::new(FRESH_DAYS) < today {
            break;
        }
        let alike: Vec<Seen> = left[at..].iter().filter(|gift| is_alike(gift, &newest)).copied().collect();
        match pattern(&alike) {
            Some(pattern) => {
                left.retain(|gift| !pattern.gifts.contains(gift));
                patterns.push(pattern);
            }
            None => at += 1,
        }
    }
    patterns
}

fn is_alike(gift: &Seen, other: &Seen) -> bool {
    gift.amount_minor == other.amount_minor && gift.method == other.method
}

/// The pattern that the first of `alike` ends, under the day of the month that fits it best.
fn pattern(alike: &[Seen]) -> Option<Pattern> {
    let newest = alike.first()?;
    let runs = (1..=31).filter_map(|day| {
        let run = run(alike, day);
        let far: i64 = run.iter().take(MONTHS_NEEDED).map(|(gift, month)| far(gift, *month, day)).sum();
        (run.len() >= MONTHS_NEEDED).then_some((day, run, far))
    });
    let (day, run, _) = runs.min_by_key(|(day, _, far)| (*far, u32::from(!is_seen(alike, *day)), *day))?;
    let first = run.last()?.1;
    Some(Pattern {
        amount_minor: newest.amount_minor,
        day,
        method: if newest.method == Method::DirectDebit { Method::DirectDebit } else { Method::StandingOrder },
        since_on: agreed_on(first, day),
        is_said: newest.method != Method::BankTransfer,
        gifts: run.into_iter().map(|(gift, _)| gift).collect(),
    })
}

/// Whether one of the latest gifts came on just this day of its month.
fn is_seen(alike: &[Seen], day: u32) -> bool {
    use chrono::Datelike;
    alike.iter().take(MONTHS_NEEDED).any(|gift| gift.on.day() == day)
}

/// The gifts that meet this day of the month, one a month, back from the newest until a month has none.
fn run(alike: &[Seen], day: u32) -> Vec<(Seen, NaiveDate)> {
    let Some(newest) = alike.first() else { return Vec::new() };
    let around = month_of(newest.on);
    let near = |gift: &Seen, month: NaiveDate| far(gift, month, day) <= NEAR_DAYS;
    let months = [1, 0, -1].map(|count| month_plus(around, count));
    let Some(mut month) = months.into_iter().find(|month| near(newest, *month)) else { return Vec::new() };
    let mut run = vec![(*newest, month)];
    while run.len() < MONTHS_MAX {
        month = month_plus(month, -1);
        let of_month = alike.iter().filter(|gift| near(gift, month) && run.iter().all(|(used, _)| used.id != gift.id));
        let Some(best) = of_month.min_by_key(|gift| (far(gift, month, day), gift.id)) else { break };
        run.push((*best, month));
    }
    run
}

fn far(gift: &Seen, month: NaiveDate, day: u32) -> i64 {
    (gift.on - due_on(month, day)).num_days().abs()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gifts(days: &[(i32, u32, u32)]) -> Vec<Seen> {
        let gift = |(id, (year, month, day)): (i64, &(i32, u32, u32))| Seen {
            id,
            supporter_id: 1,
            fund_id: 1,
            on: NaiveDate::from_ymd_opt(*year, *month, *day).expect("a date"),
            amount_minor: 1_000,
            method: Method::StandingOrder,
        };
        (1..).zip(days).map(gift).collect()
    }

    fn today() -> NaiveDate {
        NaiveDate::from_ymd_opt(2021, 6, 27).expect("a date")
    }

    #[test]
    fn three_months_in_a_row_are_learnt_with_the_day_before_the_weekends() {
        // 1 May 2021 was a Saturday.
        let learnt = learn(&gifts(&[(2021, 4, 1), (2021, 5, 3), (2021, 6, 1)]), today());

        assert_eq!(learnt.len(), 1);
        assert_eq!((learnt[0].day, learnt[0].since_on.to_string().as_str()), (1, "2021-04-01"));
        assert!(learnt[0].is_said);
    }

    #[test]
    fn the_last_day_of_the_month_is_learnt_through_short_ones() {
        // 28 February 2021 was a Sunday, so that month came on 1 March.
        let learnt = learn(&gifts(&[(2021, 3, 1), (2021, 3, 31), (2021, 4, 30), (2021, 5, 31)]), today());

        assert_eq!((learnt.len(), learnt[0].day, learnt[0].gifts.len()), (1, 31, 4));
    }

    #[test]
    fn two_months_a_gap_another_day_or_an_old_run_are_no_pattern() {
        for days in [
            &[(2021, 5, 3), (2021, 6, 1)][..],
            &[(2021, 3, 1), (2021, 5, 3), (2021, 6, 1)],
            &[(2021, 4, 1), (2021, 5, 20), (2021, 6, 1)],
            &[(2020, 4, 1), (2020, 5, 1), (2020, 6, 1)],
        ] {
            assert_eq!(learn(&gifts(days), today()), [], "{days:?}");
        }
    }

    #[test]
    fn two_promises_of_one_amount_are_two_patterns() {
        let days = [(2021, 4, 1), (2021, 4, 15), (2021, 5, 3), (2021, 5, 17), (2021, 6, 1), (2021, 6, 15)];

        let mut learnt = learn(&gifts(&days), today());
        learnt.sort_by_key(|pattern| pattern.day);

        assert_eq!(learnt.iter().map(|pattern| pattern.day).collect::<Vec<_>>(), [1, 15]);
    }

    #[test]
    fn a_transfer_is_a_pattern_that_nobody_said() {
        let mut gifts = gifts(&[(2021, 4, 6), (2021, 5, 6), (2021, 6, 7)]);
        gifts.iter_mut().for_each(|gift| gift.method = Method::BankTransfer);

        let learnt = learn(&gifts, today());

        assert_eq!((learnt.len(), learnt[0].is_said, learnt[0].method), (1, false, Method::StandingOrder));
    }
}
