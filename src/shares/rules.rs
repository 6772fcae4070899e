//! What a holding may become. No clock, no database.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};

use super::Terms;

/// How one holding rises and falls, a number for each day on which it did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Timeline(BTreeMap<NaiveDate, i64>);

impl Timeline {
    /// Notes that `shares` came (or, negative, went) on `date`.
    pub fn add(&mut self, date: NaiveDate, shares: i64) {
        *self.0.entry(date).or_default() += shares;
    }

    /// What is held at the end of `date`.
    pub fn at(&self, date: NaiveDate) -> i64 {
        self.0.range(..=date).map(|(_, shares)| shares).sum()
    }

    /// The end of each day from `date` on at which the holding may differ, with what is held then.
    pub fn from(&self, date: NaiveDate) -> Vec<(NaiveDate, i64)> {
        let mut held = self.at(date);
        let mut levels = vec![(date, held)];
        let after = self.0.range(date..).filter(|(day, _)| **day > date);
        levels.extend(after.map(|(day, shares)| {
            held += shares;
            (*day, held)
        }));
        levels
    }

    /// The days on which anything changed.
    pub fn days(&self) -> impl Iterator<Item = NaiveDate> {
        self.0.keys().copied()
    }
}

/// What the rules would break.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Breach {
    NotEnough { date: NaiveDate, short: i64 },
    BelowMinimum { left: i64 },
    AboveMaximum { would_be: i64 },
}

/// A holding after `shares` went on `date`: never negative, and on that day nothing or at least the minimum.
pub(super) fn check_fall(after: &Timeline, date: NaiveDate, terms: &Terms) -> Result<(), Breach> {
    let levels = after.from(date);
    if let Some((day, held)) = levels.iter().filter(|(_, held)| *held < 0).min_by_key(|(_, held)| *held) {
        return Err(Breach::NotEnough { date: *day, short: -held });
    }
    let below = |held: &i64| *held > 0 && *held < terms.minimum_shares;
    levels
        .iter()
        .map(|(_, held)| held)
        .find(|held| below(held))
        .map_or(Ok(()), |left| Err(Breach::BelowMinimum { left: *left }))
}

/// A holding after `shares` came on `date`: never above the maximum, and at least the minimum.
pub(super) fn check_rise(after: &Timeline, date: NaiveDate, terms: &Terms) -> Result<(), Breach> {
    let levels = after.from(date);
    let most = levels.iter().map(|(_, held)| *held).max().unwrap_or(0);
    if most > terms.maximum_shares {
        return Err(Breach::AboveMaximum { would_be: most });
    }
    let on_the_day = after.at(date);
    if on_the_day < terms.minimum_shares {
        return Err(Breach::BelowMinimum { left: on_the_day });
    }
    Ok(())
}

/// Full years between two days. Somebody born on 29 February is a year older on 1 March of a year without that day.
pub(super) fn age_on(born: NaiveDate, date: NaiveDate) -> u32 {
    let years = date.year() - born.year();
    let had_birthday = (date.month(), date.day()) >= (born.month(), born.day());
    u32::try_from(years - i32::from(!had_birthday)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(number: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 6, number).expect("a day of June")
    }

    fn terms() -> Terms {
        Terms {
            class_id: 1,
            valid_from: day(1),
            withdrawable: true,
            transferable: true,
            needs_consent: false,
            voting: true,
            minimum_shares: 5,
            maximum_shares: 100,
            notice_days: 90,
            yearly_limit_percent: None,
            rule_ref: String::new(),
        }
    }

    fn held(moves: &[(u32, i64)]) -> Timeline {
        let mut timeline = Timeline::default();
        moves.iter().for_each(|(on, shares)| timeline.add(day(*on), *shares));
        timeline
    }

    #[test]
    fn a_fall_that_is_dated_back_sees_every_later_day() {
        let after = held(&[(1, 10), (20, -10), (10, -5)]);

        assert_eq!(check_fall(&after, day(10), &terms()), Err(Breach::NotEnough { date: day(20), short: 5 }));
    }

    #[test]
    fn a_fall_leaves_nothing_or_the_minimum() {
        assert_eq!(check_fall(&held(&[(1, 10), (5, -10)]), day(5), &terms()), Ok(()));
        assert_eq!(check_fall(&held(&[(1, 10), (5, -5)]), day(5), &terms()), Ok(()));
        let too_few = check_fall(&held(&[(1, 10), (5, -6)]), day(5), &terms());
        assert_eq!(too_few, Err(Breach::BelowMinimum { left: 4 }));
    }

    #[test]
    fn a_rise_that_is_dated_back_counts_what_came_later() {
        let after = held(&[(1, 10), (20, 60), (5, 40)]);

        assert_eq!(check_rise(&after, day(5), &terms()), Err(Breach::AboveMaximum { would_be: 110 }));
        assert_eq!(check_rise(&held(&[(1, 4)]), day(1), &terms()), Err(Breach::BelowMinimum { left: 4 }));
        assert_eq!(check_rise(&held(&[(1, 100)]), day(1), &terms()), Ok(()));
    }

    #[test]
    fn ages_turn_on_the_birthday() {
        let born = NaiveDate::from_ymd_opt(2008, 2, 29).expect("a leap day");
        let on = |y, m, d| age_on(born, NaiveDate::from_ymd_opt(y, m, d).expect("a date"));

        assert_eq!((on(2024, 2, 28), on(2024, 2, 29)), (15, 16));
        assert_eq!((on(2026, 2, 28), on(2026, 3, 1)), (17, 18));
    }
}
