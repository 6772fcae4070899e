//! Days as banks and spreadsheets write them.
//!
//! Invariant: a day that could be read in two ways is day-first, as here in Britain, unless the layout says otherwise.

use chrono::{Days, NaiveDate};

/// What comes first in "03/04/2021".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DayOrder {
    /// The third of April.
    #[default]
    DayFirst,
    /// The fourth of March.
    MonthFirst,
}

/// Reads a day; a time behind it is left out.
///
/// ```
/// use chrono::NaiveDate;
/// use fighting_fund::sheet::day::{DayOrder, read};
/// let june = NaiveDate::from_ymd_opt(2021, 6, 5);
/// for text in ["05/06/2021", "5.6.21", "05-06-2021", "2021-06-05", "20210605", "5 Jun 2021", "05-JUNE-21", "2021/06/05",
///     "05 Jun 21", "05/06/2021 13:45", "2021-06-05T13:45:00Z", "Sat 5th June 2021", "June 5, 2021"] {
///     assert_eq!(read(text, DayOrder::DayFirst), june, "{text}");
/// }
/// assert_eq!(read("05/06/2021", DayOrder::MonthFirst), NaiveDate::from_ymd_opt(2021, 5, 6));
/// assert_eq!(read("31/02/2021", DayOrder::DayFirst), None);
/// ```
pub fn read(text: &str, order: DayOrder) -> Option<NaiveDate> {
    let text = text.trim().trim_matches(['\'', '"']);
    if text.chars().count() > DAY_CHARS_MAX {
        return None;
    }
    let text = text
        .split_once('T')
        .filter(|(day, _)| day.ends_with(|c: char| c.is_ascii_digit()))
        .map_or(text, |(day, _)| day);
    let parts: Vec<&str> = text.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty()).collect();
    let parts = match parts.as_slice() {
        // "Sat 5 June 2021"
        [name, rest @ ..] if WEEKDAYS.contains(&lower3(name).as_str()) && month_named(name).is_none() => rest,
        all => all,
    };
    match parts {
        [one, ..] if one.len() == 8 && is_digits(one) => {
            NaiveDate::from_ymd_opt(one[..4].parse().ok()?, one[4..6].parse().ok()?, one[6..].parse().ok()?)
        }
        [first, second, third, ..] => three(first, second, third, order),
        _ => None,
    }
}

/// What the days of a column say of the order of day and month: the 25th is no month.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Seen {
    /// A day that stands first, as here in Britain.
    pub day_first: bool,
    /// A day that stands behind its month, as in America.
    pub month_first: bool,
}

impl Seen {
    /// Looks at one day.
    pub fn look(&mut self, text: &str) {
        let is_sure = |order: DayOrder, other: DayOrder| read(text, order).is_some() && read(text, other).is_none();
        self.day_first |= is_sure(DayOrder::DayFirst, DayOrder::MonthFirst);
        self.month_first |= is_sure(DayOrder::MonthFirst, DayOrder::DayFirst);
    }

    /// Day-first unless every day that settles it says otherwise; where they contradict each other, those that do not
    /// fit are no days.
    pub fn order(self) -> DayOrder {
        if self.month_first && !self.day_first { DayOrder::MonthFirst } else { DayOrder::DayFirst }
    }
}

/// Longest text that is a day with a time.
const DAY_CHARS_MAX: usize = 40;
const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

fn three(first: &str, second: &str, third: &str, order: DayOrder) -> Option<NaiveDate> {
    if let Some(month) = month_named(second) {
        return NaiveDate::from_ymd_opt(year(third)?, month, day(first)?);
    }
    if let Some(month) = month_named(first) {
        return NaiveDate::from_ymd_opt(year(third)?, month, day(second)?);
    }
    if first.len() == 4 {
        return NaiveDate::from_ymd_opt(year(first)?, month(second)?, day(third)?);
    }
    let (d, m) = match order {
        DayOrder::DayFirst => (first, second),
        DayOrder::MonthFirst => (second, first),
    };
    NaiveDate::from_ymd_opt(year(third)?, month(m)?, day(d)?)
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

fn lower3(name: &str) -> String {
    name.chars().take(3).flat_map(char::to_lowercase).collect()
}

fn month_named(name: &str) -> Option<u32> {
    let is_word = name.chars().count() >= 3 && name.chars().all(char::is_alphabetic);
    let at = MONTHS.iter().position(|month| is_word && *month == lower3(name))?;
    u32::try_from(at + 1).ok()
}

fn day(text: &str) -> Option<u32> {
    let bare = ["st", "nd", "rd", "th"].iter().find_map(|end| text.strip_suffix(end)).unwrap_or(text);
    (bare.len() <= 2 && is_digits(bare)).then(|| bare.parse().ok()).flatten()
}

fn month(text: &str) -> Option<u32> {
    (text.len() <= 2 && is_digits(text)).then(|| text.parse().ok()).flatten()
}

/// Two digits are of this century: no bank sends statements of the last one.
fn year(text: &str) -> Option<i32> {
    match text.len() {
        2 if is_digits(text) => text.parse::<i32>().ok().map(|year| 2_000 + year),
        4 if is_digits(text) => text.parse().ok(),
        _ => None,
    }
}

/// No bank sends statements of a day before this.
const EARLIEST: NaiveDate = NaiveDate::from_ymd_opt(2000, 1, 1).expect("a day of the calendar");
/// Banks date lines of a week-end to the next working day.
const DAYS_AHEAD_MAX: u64 = 7;

/// Refuses a day that no statement can have: 1926, 2126.
///
/// # Errors
/// A sentence that names the day.
pub fn sane(day: NaiveDate, today: NaiveDate) -> Result<NaiveDate, String> {
    if day < EARLIEST {
        return Err(format!("the day {} is too long ago; please check its year", day.format("%-d %B %Y")));
    }
    if today.checked_add_days(Days::new(DAYS_AHEAD_MAX)).is_some_and(|latest| day > latest) {
        return Err(format!("the day {} has not come yet; please check its year", day.format("%-d %B %Y")));
    }
    Ok(day)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_day_of_1926_or_2126_is_refused_with_its_name() {
        let today = NaiveDate::from_ymd_opt(2021, 6, 27).expect("a day");
        let of = |year| sane(NaiveDate::from_ymd_opt(year, 6, 25).expect("a day"), today);

        assert_eq!(of(1926), Err("the day 25 June 1926 is too long ago; please check its year".to_owned()));
        assert_eq!(of(2126), Err("the day 25 June 2126 has not come yet; please check its year".to_owned()));
        assert!(of(2021).is_ok());
    }

    proptest! {
        #[test]
        fn every_day_is_read_back_in_every_spelling(days in 0_u64..40_000, form in 0..7_usize) {
            let day = EARLIEST + Days::new(days % 36_000);
            let forms = ["%d/%m/%Y", "%d-%m-%Y", "%Y-%m-%d", "%Y%m%d", "%-d %B %Y", "%d.%m.%y", "%d-%b-%y"];

            prop_assert_eq!(read(&day.format(forms[form]).to_string(), DayOrder::DayFirst), Some(day));
        }

        #[test]
        fn no_text_makes_it_panic(text in ".*") {
            let _ = read(&text, DayOrder::MonthFirst);
        }
    }
}
