//! The days that an export covers.

use std::fmt;

use chrono::NaiveDate;

/// From the first day to the last, both included; open where nothing is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span {
    /// The first day.
    pub from: Option<NaiveDate>,
    /// The last day.
    pub until: Option<NaiveDate>,
}

impl Span {
    /// A calendar year; none for a year that no calendar has.
    ///
    /// ```
    /// use fighting_fund::exports::Span;
    /// assert_eq!(Span::year(2021).unwrap().to_string(), "2021-01-01 to 2021-12-31");
    /// assert_eq!(Span::default().to_string(), "everything");
    /// ```
    pub fn year(year: i32) -> Option<Self> {
        let (from, until) = (NaiveDate::from_ymd_opt(year, 1, 1)?, NaiveDate::from_ymd_opt(year, 12, 31)?);
        Some(Self { from: Some(from), until: Some(until) })
    }

    /// True where no day is left out.
    pub fn is_everything(&self) -> bool {
        self.from.is_none() && self.until.is_none()
    }

    /// True for a day of the span.
    pub fn has(&self, day: NaiveDate) -> bool {
        self.from.is_none_or(|from| from <= day) && self.until.is_none_or(|until| day <= until)
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.from, self.until) {
            (None, None) => write!(f, "everything"),
            (Some(from), None) => write!(f, "from {from}"),
            (None, Some(until)) => write!(f, "up to {until}"),
            (Some(from), Some(until)) => write!(f, "{from} to {until}"),
        }
    }
}
