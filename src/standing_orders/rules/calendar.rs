//! The days on which a standing order is due. A month is named by its first day.
//!
//! Invariant: each month has exactly one due day: the wanted one, or the last of a short month; where that is a
//! Saturday or a Sunday the bank pays on the Monday after, which may lie in the next month.

use chrono::{Datelike, Days, Months, NaiveDate, Weekday};

/// Days after the due day until a payment counts as late: the longest run of bank holidays with its weekend is four
/// (Good Friday to Easter Monday), and one more for whoever enters the statement.
pub const TOLERANCE_DAYS: u64 = 5;
/// Months missed in a row after which staff are asked whether the order has stopped.
pub const QUIET_MONTHS: i64 = 2;

/// The month of a day.
pub fn month_of(day: NaiveDate) -> NaiveDate {
    day.with_day(1).expect("every month has a first day")
}

/// The month `count` months later, or earlier where it is negative.
pub fn month_plus(month: NaiveDate, count: i64) -> NaiveDate {
    let months = Months::new(u32::try_from(count.unsigned_abs()).unwrap_or(u32::MAX));
    let moved = if count < 0 { month.checked_sub_months(months) } else { month.checked_add_months(months) };
    moved.unwrap_or(month)
}

/// Whole months from `from` to `until`; negative when `until` lies before.
///
/// ```
/// use chrono::NaiveDate;
/// use fighting_fund::standing_orders::rules::calendar::months_between;
/// let month = |year, month| NaiveDate::from_ymd_opt(year, month, 1).unwrap();
/// assert_eq!(months_between(month(2020, 11), month(2021, 2)), 3);
/// ```
pub fn months_between(from: NaiveDate, until: NaiveDate) -> i64 {
    let count = |month: NaiveDate| i64::from(month.year()) * 12 + i64::from(month.month0());
    count(until) - count(from)
}

/// The day that was agreed, or the last of a month that does not have it.
///
/// ```
/// use chrono::NaiveDate;
/// use fighting_fund::standing_orders::rules::calendar::agreed_on;
/// let february = NaiveDate::from_ymd_opt(2021, 2, 1).unwrap();
/// assert_eq!(agreed_on(february, 31), NaiveDate::from_ymd_opt(2021, 2, 28).unwrap());
/// ```
pub fn agreed_on(month: NaiveDate, day: u32) -> NaiveDate {
    let last = month_plus(month, 1) - Days::new(1);
    month.with_day(day).unwrap_or(last)
}

/// The day on which the bank pays: the agreed one, or the Monday after a weekend.
///
/// ```
/// use chrono::NaiveDate;
/// use fighting_fund::standing_orders::rules::calendar::due_on;
/// let day = |month, day| NaiveDate::from_ymd_opt(2021, month, day).unwrap();
/// assert_eq!(due_on(day(5, 1), 1), day(5, 3), "1 May 2021 was a Saturday");
/// assert_eq!(due_on(day(6, 1), 15), day(6, 15));
/// ```
pub fn due_on(month: NaiveDate, day: u32) -> NaiveDate {
    let agreed = agreed_on(month, day);
    let wait = match agreed.weekday() {
        Weekday::Sat => 2,
        Weekday::Sun => 1,
        _ => 0,
    };
    agreed + Days::new(wait)
}

/// Whether a month that has not come is late on `today`.
pub fn is_late(month: NaiveDate, day: u32, today: NaiveDate) -> bool {
    today > due_on(month, day) + Days::new(TOLERANCE_DAYS)
}

/// The latest month that is late on `today` if it has not come.
pub fn latest_late(day: u32, today: NaiveDate) -> NaiveDate {
    let this = month_of(today);
    // A due day lies at most two days after its month and is late five days later, so one of these is.
    let late = [0, -1].map(|count| month_plus(this, count)).into_iter().find(|month| is_late(*month, day, today));
    late.unwrap_or_else(|| month_plus(this, -2))
}

/// The days of the month by where they stand on a day, for questions about many orders at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    /// The days whose payment of this month is late if it has not come.
    pub late: Vec<i64>,
    /// Days, and the month up to which an order with such a day must have come so as not to be quiet.
    pub quiet: [(Vec<i64>, NaiveDate); 3],
}

/// Splits the days of the month on `today`.
pub fn split(today: NaiveDate) -> Split {
    let month = month_of(today);
    let days = |is_wanted: &dyn Fn(u32) -> bool| (1..=31).filter(|day| is_wanted(*day)).map(i64::from).collect();
    let quiet = [0, -1, -2].map(|lag| {
        let last = month_plus(month, lag);
        (days(&|day| latest_late(day, today) == last), month_plus(last, -QUIET_MONTHS))
    });
    Split { late: days(&|day| is_late(month, day, today)), quiet }
}

/// The first month that is expected of an order since a day.
pub fn first_month(since_on: NaiveDate, day: u32) -> NaiveDate {
    let month = month_of(since_on);
    if agreed_on(month, day) >= since_on { month } else { month_plus(month, 1) }
}

/// The first month that is not expected any more of an order until a day.
pub fn end_month(first_month: NaiveDate, until_on: NaiveDate, day: u32) -> NaiveDate {
    let month = month_of(until_on);
    let end = if agreed_on(month, day) <= until_on { month_plus(month, 1) } else { month };
    end.max(first_month)
}

/// Where a month of an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stand {
    /// Its gift is here.
    Arrived,
    /// It is not late yet.
    Expected,
    /// It should be here by now.
    Late,
    /// The next one is due already.
    Missed,
}

/// Where a month stands on `today`.
pub fn stand(month: NaiveDate, day: u32, today: NaiveDate, has_arrived: bool) -> Stand {
    if has_arrived {
        Stand::Arrived
    } else if !is_late(month, day, today) {
        Stand::Expected
    } else if today < due_on(month_plus(month, 1), day) {
        Stand::Late
    } else {
        Stand::Missed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(year: i32, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, day).expect("a date")
    }

    #[test]
    fn the_last_days_of_a_month_fall_on_the_last_day_of_a_short_one() {
        let february = day(2021, 2, 1);
        let leap = day(2024, 2, 1);

        assert_eq!([29, 30, 31].map(|agreed| agreed_on(february, agreed)), [day(2021, 2, 28); 3]);
        assert_eq!(agreed_on(leap, 29), day(2024, 2, 29));
        assert_eq!(due_on(february, 31), day(2021, 3, 1), "28 February 2021 was a Sunday");
    }

    #[test]
    fn late_begins_after_the_tolerance_and_not_on_its_last_day() {
        let june = day(2021, 6, 1);

        assert!(!is_late(june, 15, day(2021, 6, 20)));
        assert!(is_late(june, 15, day(2021, 6, 21)));
        assert_eq!(stand(june, 15, day(2021, 7, 14), false), Stand::Late);
        assert_eq!(stand(june, 15, day(2021, 7, 15), false), Stand::Missed);
    }

    #[test]
    fn every_month_of_a_life_is_due_once_and_in_order() {
        for agreed in 1..=31 {
            let mut last = day(2019, 12, 1);
            for count in 0..120 {
                let due = due_on(month_plus(day(2020, 1, 1), count), agreed);
                assert!(due > last, "{agreed}: {due} after {last}");
                assert!(!matches!(due.weekday(), Weekday::Sat | Weekday::Sun));
                last = due;
            }
        }
    }

    #[test]
    fn since_and_until_name_the_first_and_the_last_month_that_are_expected() {
        assert_eq!(first_month(day(2021, 6, 1), 1), day(2021, 6, 1));
        assert_eq!(first_month(day(2021, 6, 2), 1), day(2021, 7, 1));
        assert_eq!(end_month(day(2021, 6, 1), day(2021, 9, 1), 1), day(2021, 10, 1));
        assert_eq!(end_month(day(2021, 6, 1), day(2021, 9, 1), 2), day(2021, 9, 1));
        assert_eq!(end_month(day(2021, 6, 1), day(2020, 1, 1), 2), day(2021, 6, 1), "never before the first");
    }

    #[test]
    fn the_latest_month_that_can_be_late_is_late_and_the_next_is_not() {
        let mut today = day(2020, 1, 1);
        while today < day(2021, 4, 1) {
            for agreed in 1..=31 {
                let late = latest_late(agreed, today);
                assert!(is_late(late, agreed, today), "{agreed} on {today}");
                assert!(!is_late(month_plus(late, 1), agreed, today), "{agreed} on {today}");
            }
            today = today + Days::new(1);
        }
    }
}
