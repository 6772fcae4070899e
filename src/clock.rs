//! The time, in UTC with microseconds, as both databases keep it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, NaiveDate, SubsecRound, TimeZone, Utc};
use chrono_tz::Tz;

/// Where `now` comes from. Only the outermost call asks; everything inside is told.
#[derive(Debug, Clone, Default)]
pub enum Clock {
    /// The machine's clock.
    #[default]
    System,
    /// A clock that stands still until it is set, for tests.
    Fixed(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that stands at `now`.
    pub fn fixed(now: DateTime<Utc>) -> Self {
        Self::Fixed(Arc::new(AtomicI64::new(now.timestamp_micros())))
    }

    /// The present moment.
    pub fn now(&self) -> DateTime<Utc> {
        match self {
            Self::System => Utc::now().trunc_subsecs(6),
            Self::Fixed(micros) => {
                DateTime::from_timestamp_micros(micros.load(Ordering::SeqCst)).expect("it was made from a date")
            }
        }
    }

    /// Moves a fixed clock; the machine's clock cannot be moved.
    pub fn set(&self, now: DateTime<Utc>) {
        if let Self::Fixed(micros) = self {
            micros.store(now.timestamp_micros(), Ordering::SeqCst);
        }
    }
}

/// The date that a calendar on a wall in `zone` shows at `now`.
///
/// ```
/// use chrono::{NaiveDate, TimeZone, Utc};
/// let half_past_midnight_in_london = Utc.with_ymd_and_hms(2021, 6, 26, 23, 30, 0).unwrap();
/// let date = fighting_fund::clock::date_in(half_past_midnight_in_london, chrono_tz::Europe::London);
/// assert_eq!(date, NaiveDate::from_ymd_opt(2021, 6, 27).unwrap());
/// ```
pub fn date_in(now: DateTime<Utc>, zone: Tz) -> NaiveDate {
    now.with_timezone(&zone).date_naive()
}

/// The first moment of a day on the wall of `zone`; where summer time skips midnight, the moment after.
///
/// ```
/// use chrono::NaiveDate;
/// let day = NaiveDate::from_ymd_opt(2021, 6, 27).unwrap();
/// let begins = fighting_fund::clock::begin_of(day, chrono_tz::Europe::London);
/// assert_eq!(begins.to_rfc3339(), "2021-06-26T23:00:00+00:00");
/// ```
pub fn begin_of(day: NaiveDate, zone: Tz) -> DateTime<Utc> {
    let hours = (0..24).filter_map(|hour| day.and_hms_opt(hour, 0, 0));
    let mut moments = hours.filter_map(|time| zone.from_local_datetime(&time).earliest());
    // A zone that skips a whole day has crossed the date line; then the day begins where it would in UTC.
    moments.next().map_or_else(|| day.and_time(chrono::NaiveTime::MIN).and_utc(), |moment| moment.with_timezone(&Utc))
}
