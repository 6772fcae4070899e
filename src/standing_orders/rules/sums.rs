//! How many orders are expected, have arrived, are late or quiet, and what they are worth. No clock, no database.
//!
//! Invariant: every order that runs in a month is counted once: arrived, quiet, late or expected.

use chrono::NaiveDate;

use super::calendar::{QUIET_MONTHS, due_on, is_late, latest_late, month_of, month_plus, months_between};

/// Orders that stand alike, so that sums are worked out of few rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle {
    /// The day of the month.
    pub day: u32,
    /// The latest month that came, or the one before the first.
    pub met_month: NaiveDate,
    /// The first month that is expected.
    pub first_month: NaiveDate,
    /// The first that is not any more.
    pub end_month: Option<NaiveDate>,
    /// How many.
    pub orders: i64,
    /// What they are worth each month.
    pub sum_minor: i64,
}

impl Bundle {
    fn expects(&self, month: NaiveDate) -> bool {
        self.first_month <= month && self.end_month.is_none_or(|end| month < end)
    }

    fn is_quiet(&self, today: NaiveDate) -> bool {
        is_quiet(self.day, self.met_month, today)
    }
}

/// Whether an order has missed so many months in a row that it may have stopped.
pub fn is_quiet(day: u32, met_month: NaiveDate, today: NaiveDate) -> bool {
    months_between(met_month, latest_late(day, today)) >= QUIET_MONTHS
}

/// A number of orders and what they are worth.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Worth {
    /// How many orders.
    pub orders: i64,
    /// What they are worth.
    pub sum_minor: i64,
}

impl Worth {
    fn add(&mut self, bundle: &Bundle) {
        self.orders += bundle.orders;
        self.sum_minor += bundle.sum_minor;
    }
}

/// How the orders of a fund stand this month.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ThisMonth {
    /// All that run.
    pub running: Worth,
    /// Not due yet, or not late yet.
    pub expected: Worth,
    /// Here.
    pub arrived: Worth,
    /// Should be here.
    pub late: Worth,
    /// Missed several months in a row.
    pub quiet: Worth,
}

/// Sums up the month of `today`.
pub fn this_month(bundles: &[Bundle], today: NaiveDate) -> ThisMonth {
    let month = month_of(today);
    let mut sums = ThisMonth::default();
    for bundle in bundles.iter().filter(|bundle| bundle.expects(month)) {
        sums.running.add(bundle);
        let of_state = if bundle.met_month >= month {
            &mut sums.arrived
        } else if bundle.is_quiet(today) {
            &mut sums.quiet
        } else if is_late(month, bundle.day, today) {
            &mut sums.late
        } else {
            &mut sums.expected
        };
        of_state.add(bundle);
    }
    sums
}

/// What standing orders are expected to bring to an appeal that runs. It is a forecast and never part of a total.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Forecast {
    /// Orders that are due before the deadline.
    pub orders: i64,
    /// Payments of theirs: more than orders where the appeal is longer than a month.
    pub payments: i64,
    /// What these payments are worth.
    pub sum_minor: i64,
    /// Orders that should be here; they may come, and are not in the sum.
    pub late: Worth,
    /// Orders that have missed several months in a row; they are not in the sum either.
    pub quiet: i64,
}

impl Forecast {
    /// True when there is nothing to say.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Months of an appeal that are looked at: ten years.
const MONTHS_MAX: i64 = 120;

/// What is due from `opens_on` to `deadline_on` and has not come by `today`.
pub fn forecast(bundles: &[Bundle], opens_on: NaiveDate, deadline_on: NaiveDate, today: NaiveDate) -> Forecast {
    let mut forecast = Forecast::default();
    // The last payment of the month before may fall into this appeal by its weekend.
    let first = month_plus(month_of(opens_on), -1);
    let months = (months_between(first, month_of(deadline_on)) + 1).min(MONTHS_MAX);
    for bundle in bundles {
        let of_appeal = (0..months).map(|count| month_plus(first, count)).filter(|month| {
            let is_due = (opens_on..=deadline_on).contains(&due_on(*month, bundle.day));
            is_due && bundle.expects(*month) && bundle.met_month < *month
        });
        let (late, due): (Vec<_>, Vec<_>) = of_appeal.partition(|month| is_late(*month, bundle.day, today));
        if bundle.is_quiet(today) {
            forecast.quiet += if late.len() + due.len() > 0 { bundle.orders } else { 0 };
            continue;
        }
        let times = |count: usize| i64::try_from(count).unwrap_or(0);
        if !due.is_empty() {
            forecast.orders += bundle.orders;
            forecast.payments += bundle.orders * times(due.len());
            forecast.sum_minor += bundle.sum_minor * times(due.len());
        }
        if !late.is_empty() {
            forecast.late.orders += bundle.orders;
            forecast.late.sum_minor += bundle.sum_minor * times(late.len());
        }
    }
    forecast
}

/// What began, ended or changed in a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// The first month in which it counts.
    pub month: NaiveDate,
    /// Orders more or fewer.
    pub orders: i64,
    /// Worth more or less.
    pub sum_minor: i64,
}

/// How many orders ran in each month, and what they were worth, up to `last`; at most `months_max` of them.
pub fn over_time(steps: &[Step], last: NaiveDate, months_max: i64) -> Vec<(NaiveDate, Worth)> {
    let Some(begun) = steps.iter().map(|step| step.month).min().filter(|month| *month <= last) else {
        return Vec::new();
    };
    let first = begun.max(month_plus(last, 1 - months_max));
    let months = (0..=months_between(first, last)).map(|count| month_plus(first, count));
    let so_far = |month: NaiveDate| {
        let counted = steps.iter().filter(|step| step.month <= month);
        counted.fold(Worth::default(), |sum, step| Worth {
            orders: sum.orders + step.orders,
            sum_minor: sum.sum_minor + step.sum_minor,
        })
    };
    months.map(|month| (month, so_far(month))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2021, month, day).expect("a date")
    }

    fn bundle(agreed: u32, met_month: NaiveDate) -> Bundle {
        Bundle { day: agreed, met_month, first_month: day(1, 1), end_month: None, orders: 2, sum_minor: 3_000 }
    }

    #[test]
    fn each_order_of_the_month_is_counted_once() {
        let bundles = [
            bundle(1, day(6, 1)),
            bundle(1, day(5, 1)),
            bundle(28, day(5, 1)),
            bundle(1, day(3, 1)),
            Bundle { end_month: Some(day(6, 1)), ..bundle(1, day(5, 1)) },
        ];

        let sums = this_month(&bundles, day(6, 27));

        let orders = [sums.running, sums.arrived, sums.late, sums.expected, sums.quiet].map(|worth| worth.orders);
        assert_eq!(orders, [8, 2, 2, 2, 2]);
    }

    #[test]
    fn a_forecast_counts_what_is_due_and_names_what_is_late_or_quiet_apart() {
        let bundles = [bundle(28, day(5, 1)), bundle(1, day(6, 1)), bundle(1, day(5, 1)), bundle(2, day(2, 1))];

        let forecast = forecast(&bundles, day(6, 1), day(6, 30), day(6, 27));

        assert_eq!((forecast.orders, forecast.payments, forecast.sum_minor), (2, 2, 3_000));
        assert_eq!((forecast.late.orders, forecast.quiet), (2, 2));
    }

    #[test]
    fn a_payment_that_a_weekend_moves_out_of_the_month_is_not_due_before_its_deadline() {
        // 31 July 2021 was a Saturday: the bank pays on 2 August.
        let bundles = [bundle(31, day(6, 1))];

        let july = forecast(&bundles, day(7, 1), day(7, 31), day(7, 20));
        let august = forecast(&bundles, day(8, 1), day(8, 31), day(8, 1));

        assert_eq!(july.orders, 0);
        assert_eq!((august.orders, august.payments, august.sum_minor), (2, 4, 6_000));
    }

    #[test]
    fn over_time_each_month_has_what_began_less_what_ended() {
        let steps = [
            Step { month: day(1, 1), orders: 2, sum_minor: 3_000 },
            Step { month: day(3, 1), orders: 0, sum_minor: 500 },
            Step { month: day(4, 1), orders: -1, sum_minor: -2_000 },
        ];

        let months = over_time(&steps, day(5, 1), 3);

        let told: Vec<(i64, i64)> = months.iter().map(|(_, worth)| (worth.orders, worth.sum_minor)).collect();
        assert_eq!(told, [(2, 3_500), (1, 1_500), (1, 1_500)]);
        assert_eq!(over_time(&[], day(5, 1), 3), []);
    }
}
