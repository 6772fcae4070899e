//! How an appeal stands, when it ends, and what the next one takes over. No clock, no database.

mod closing;

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveTime, TimeZone, Utc, Weekday};
use chrono_tz::Tz;

use super::{Appeal, Carry, Fund, FundError, NewFund, NoAppeal, Rhythm, Total};
use crate::clock::date_in;
use crate::money;
pub(super) use closing::{check_closing, check_reopening};
pub use closing::{last_day, still_moves};

/// How an appeal stands at a moment: the same figure on every surface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The fund's name in addresses.
    pub slug: String,
    /// The fund's name for people.
    pub title: String,
    /// The appeal's name.
    pub appeal: String,
    /// The appeal's number.
    pub appeal_id: i64,
    /// Not yet open, open or closed.
    pub state: State,
    /// What it counts in.
    pub currency: money::Currency,
    /// With what was carried over.
    pub target_minor: i64,
    /// Received less given back, as the public is told: never below nothing.
    pub raised_minor: i64,
    /// The same as the books have it; below nothing where more of earlier gifts went back than came.
    pub books_minor: i64,
    /// What of other appeals' gifts went back here, because their books were closed; it is in the figures above.
    pub adjusted_minor: i64,
    /// What is still missing; never negative, and never more than the target.
    pub needed_minor: i64,
    /// What is too much; never negative.
    pub surplus_minor: i64,
    /// Floored; may pass 100.
    pub percent: i64,
    /// Gifts received.
    pub donations: i64,
    /// Midnights between now and the deadline's date.
    pub days_remaining: u32,
    /// Those of them on which the paper appears, where the fund counts them.
    pub publication_days_remaining: Option<u32>,
    /// The first day.
    pub opens_on: NaiveDate,
    /// The last moment, in the fund's zone.
    pub deadline: DateTime<Tz>,
    /// When this was worked out.
    pub as_of: DateTime<Utc>,
    /// The ledger's entry at which the total is so; 0 before the first.
    pub entry: i64,
    /// That entry's hash.
    pub hash: Vec<u8>,
}

/// Whether an appeal takes gifts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Its first day has not come.
    NotYetOpen,
    /// It runs.
    Open,
    /// Its deadline has passed.
    Closed,
}

impl State {
    /// As JSON and pages' attributes write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::NotYetOpen => "not_yet_open",
            Self::Open => "open",
            Self::Closed => "closed",
        }
    }
}

/// Works out how an appeal stands.
pub fn standing(now: DateTime<Utc>, fund: &Fund, appeal: &Appeal, total: &Total) -> Standing {
    let goal = appeal.goal_minor();
    let raised_minor = total.raised_minor.max(0);
    Standing {
        slug: fund.slug.clone(),
        title: fund.title.clone(),
        appeal: appeal.name.clone(),
        appeal_id: appeal.id,
        state: state(now, fund.zone, appeal),
        currency: fund.currency,
        target_minor: goal,
        raised_minor,
        books_minor: total.raised_minor,
        adjusted_minor: total.adjusted_minor,
        needed_minor: (goal - raised_minor).max(0),
        surplus_minor: (raised_minor - goal).max(0),
        percent: percent(raised_minor, goal),
        donations: total.donations,
        days_remaining: days_remaining(now, appeal.deadline_on, fund.zone),
        publication_days_remaining: publication_days_remaining(now, appeal.deadline_on, fund),
        opens_on: appeal.opens_on,
        deadline: deadline(appeal, fund.zone),
        as_of: now,
        entry: total.entry,
        hash: total.hash.clone(),
    }
}

/// Nights between now and the deadline's date, as people in the fund's zone count them. Never negative.
///
/// ```
/// use chrono::{NaiveDate, TimeZone, Utc};
/// use fighting_fund::funds::rules::days_remaining;
/// let noon = Utc.with_ymd_and_hms(2021, 6, 27, 11, 0, 0).unwrap();
/// let deadline = NaiveDate::from_ymd_opt(2021, 6, 30).unwrap();
/// assert_eq!(days_remaining(noon, deadline, chrono_tz::Europe::London), 3);
/// ```
pub fn days_remaining(now: DateTime<Utc>, deadline: NaiveDate, zone: Tz) -> u32 {
    u32::try_from((deadline - date_in(now, zone)).num_days()).unwrap_or(0)
}

/// Of the days that remain, those on which the paper appears.
fn publication_days_remaining(now: DateTime<Utc>, deadline: NaiveDate, fund: &Fund) -> Option<u32> {
    if fund.publication_days.is_empty() {
        return None;
    }
    let today = date_in(now, fund.zone);
    let days = today.iter_days().skip(1).take_while(|day| *day <= deadline);
    let count = days.filter(|day| fund.publication_days.contains(&day.weekday())).count();
    Some(u32::try_from(count).unwrap_or(u32::MAX))
}

/// Percent of the goal, floored; an appeal with nothing to raise is complete.
///
/// ```
/// use fighting_fund::funds::rules::percent;
/// assert_eq!(percent(1_328_800, 1_800_000), 73);
/// assert_eq!(percent(2_000, 1_000), 200);
/// ```
pub fn percent(raised_minor: i64, goal_minor: i64) -> i64 {
    if goal_minor == 0 {
        return 100;
    }
    i64::try_from(i128::from(raised_minor) * 100 / i128::from(goal_minor)).unwrap_or(i64::MAX)
}

/// The last second of an appeal, in the fund's zone.
pub fn deadline(appeal: &Appeal, zone: Tz) -> DateTime<Tz> {
    let end_of_day = NaiveTime::from_hms_opt(23, 59, 59).expect("a time of day");
    at_local(zone, appeal.deadline_on, appeal.deadline_time.unwrap_or(end_of_day))
}

/// The first moment at which an appeal is over: the deadline itself, or the midnight that ends its day.
pub fn ends_at(appeal: &Appeal, zone: Tz) -> DateTime<Utc> {
    match appeal.deadline_time {
        Some(time) => at_local(zone, appeal.deadline_on, time),
        None => at_local(zone, appeal.deadline_on + Days::new(1), NaiveTime::MIN),
    }
    .with_timezone(&Utc)
}

/// A time of day that the clocks skip counts from the moment they moved on; one that comes twice is the later one.
fn at_local(zone: Tz, date: NaiveDate, time: NaiveTime) -> DateTime<Tz> {
    let local = date.and_time(time);
    zone.from_local_datetime(&local).latest().unwrap_or_else(|| {
        let before = local - chrono::TimeDelta::hours(3);
        let earlier = zone.from_local_datetime(&before).latest();
        earlier.map_or_else(|| zone.from_utc_datetime(&local), |earlier| earlier + chrono::TimeDelta::hours(3))
    })
}

fn state(now: DateTime<Utc>, zone: Tz, appeal: &Appeal) -> State {
    if date_in(now, zone) < appeal.opens_on {
        State::NotYetOpen
    } else if now < ends_at(appeal, zone) {
        State::Open
    } else {
        State::Closed
    }
}

/// The days of an appeal that is to be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Period {
    /// "2021-06"
    pub name: String,
    /// The first day.
    pub opens_on: NaiveDate,
    /// The last day.
    pub deadline_on: NaiveDate,
    /// The time of day at which it ends.
    pub deadline_time: Option<NaiveTime>,
}

/// The month in which `date` falls.
///
/// ```
/// use chrono::NaiveDate;
/// let february = fighting_fund::funds::rules::month_of(NaiveDate::from_ymd_opt(2024, 2, 10).unwrap());
/// assert_eq!(february.name, "2024-02");
/// assert_eq!(february.deadline_on, NaiveDate::from_ymd_opt(2024, 2, 29).unwrap());
/// ```
pub fn month_of(date: NaiveDate) -> Period {
    let opens_on = date.with_day(1).expect("every month has a first day");
    let deadline_on = opens_on + Months::new(1) - Days::new(1);
    Period { name: opens_on.format("%Y-%m").to_string(), opens_on, deadline_on, deadline_time: None }
}

pub(super) fn month_after(first_day: NaiveDate) -> Period {
    month_of(first_day + Months::new(1))
}

/// The only period of a one-off fund. It opens today, or on its last day where that has passed already.
pub(super) fn once(today: NaiveDate, deadline_on: NaiveDate, deadline_time: Option<NaiveTime>) -> Period {
    let name = deadline_on.format("%Y-%m").to_string();
    Period { name, opens_on: today.min(deadline_on), deadline_on, deadline_time }
}

/// What the next appeal takes over: a shortfall raises its goal, a surplus lowers it.
///
/// It is the account of the appeal itself, so what that one had taken over is in it.
pub fn carried(carry: Carry, appeal: &Appeal, raised_minor: i64) -> i64 {
    let missing = appeal.target_minor + appeal.carried_minor - raised_minor;
    match carry {
        Carry::None => 0,
        Carry::Shortfall => missing.max(0),
        Carry::Both => missing,
    }
}

/// No gift to such a fund is older; an earlier year is a slip of the finger.
const YEAR_MIN: i32 = 1930;

/// Whether money can have come on `date`.
///
/// # Errors
/// [`NoAppeal`]: a day to come, or one too long ago to be meant.
pub fn check_date(date: NaiveDate, today: NaiveDate) -> Result<(), NoAppeal> {
    if date > today {
        Err(NoAppeal::InFuture(date))
    } else if date.year() < YEAR_MIN {
        Err(NoAppeal::TooLongAgo(date))
    } else {
        Ok(())
    }
}

/// Money received on `date` goes to `appeal` unless that was over by then.
pub(super) fn admit(now: DateTime<Utc>, fund: &Fund, appeal: Appeal, date: NaiveDate) -> Result<Appeal, NoAppeal> {
    if appeal.closed_at.is_some() {
        return Err(NoAppeal::Closed(appeal.name));
    }
    let ended_that_day =
        date == appeal.deadline_on && date == date_in(now, fund.zone) && now >= ends_at(&appeal, fund.zone);
    if fund.rhythm == Rhythm::OneOff && (date > appeal.deadline_on || ended_that_day) {
        return Err(NoAppeal::Over(appeal.deadline_on));
    }
    Ok(appeal)
}

/// Whether a gift made at `now` has a place in `fund`, whose current appeal is `appeal`: from its first day on, in a
/// monthly fund always, in another one until it ends. Money that arrives late goes by its own date: see `admit`.
pub fn takes_gifts(now: DateTime<Utc>, fund: &Fund, appeal: &Appeal) -> bool {
    let today = date_in(now, fund.zone);
    let is_over = match fund.rhythm {
        Rhythm::Monthly => appeal.closed_at.is_some() && today <= appeal.deadline_on,
        Rhythm::OneOff => appeal.closed_at.is_some() || now >= ends_at(appeal, fund.zone),
    };
    today >= appeal.opens_on && !is_over
}

/// A change about to be recorded.
#[derive(Debug, Clone)]
pub struct NewChange {
    /// What changed.
    pub field: &'static str,
    /// Before.
    pub old_value: String,
    /// After.
    pub new_value: String,
    /// Why.
    pub reason: String,
}

pub(super) fn opened(appeal: &Appeal) -> NewChange {
    let reason = match appeal.carried_minor {
        0 => "its first day came".to_owned(),
        1.. => "its first day came, with what was missing before".to_owned(),
        _ => "its first day came, with what was too much before".to_owned(),
    };
    NewChange { field: "opened", old_value: String::new(), new_value: appeal.name.clone(), reason }
}

/// Longest slug: it stands in addresses and account names.
const SLUG_CHARS_MAX: usize = 60;
/// Longest title: it stands in the subject of mail.
pub const TITLE_CHARS_MAX: usize = 100;

pub(super) fn check_new(new: &NewFund) -> Result<(), FundError> {
    let fits = (1..=SLUG_CHARS_MAX).contains(&new.slug.len())
        && new.slug.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && !new.slug.starts_with('-')
        && !new.slug.ends_with('-');
    if !fits {
        return Err(FundError::BadSlug(new.slug.clone()));
    }
    if new.title.trim().is_empty()
        || new.title.chars().count() > TITLE_CHARS_MAX
        || new.title.chars().any(char::is_control)
    {
        return Err(FundError::BadTitle);
    }
    if new.target_minor <= 0 { Err(FundError::BadTarget) } else { Ok(()) }
}

pub(super) fn target_change(
    fund: &Fund,
    appeal: &Appeal,
    target_minor: i64,
    reason: &str,
) -> Result<NewChange, FundError> {
    check_change(appeal, reason)?;
    if target_minor <= 0 {
        return Err(FundError::BadTarget);
    }
    Ok(NewChange {
        field: "target",
        old_value: money::plain(appeal.target_minor, fund.currency),
        new_value: money::plain(target_minor, fund.currency),
        reason: reason.trim().to_owned(),
    })
}

pub(super) fn deadline_change(
    fund: &Fund,
    appeal: &Appeal,
    (deadline_on, deadline_time): (NaiveDate, Option<NaiveTime>),
    reason: &str,
) -> Result<NewChange, FundError> {
    check_change(appeal, reason)?;
    if deadline_on < appeal.opens_on {
        return Err(FundError::DeadlineBeforeOpening(appeal.opens_on));
    }
    let month_end = month_of(appeal.opens_on).deadline_on;
    if fund.rhythm == Rhythm::Monthly && deadline_on > month_end {
        return Err(FundError::DeadlineOutsideMonth(month_end));
    }
    Ok(NewChange {
        field: "deadline",
        old_value: deadline_text(appeal.deadline_on, appeal.deadline_time),
        new_value: deadline_text(deadline_on, deadline_time),
        reason: reason.trim().to_owned(),
    })
}

fn check_change(appeal: &Appeal, reason: &str) -> Result<(), FundError> {
    if appeal.closed_at.is_some() {
        return Err(FundError::Closed(appeal.name.clone()));
    }
    if reason.trim().is_empty() { Err(FundError::ReasonMissing) } else { Ok(()) }
}

fn deadline_text(date: NaiveDate, time: Option<NaiveTime>) -> String {
    time.map_or_else(|| date.to_string(), |time| format!("{date} {}", time.format("%H:%M")))
}

/// "mon,tue" to days, in the order of the week.
pub fn days_from_text(text: &str) -> Option<Vec<Weekday>> {
    let mut days: Vec<Weekday> = Vec::new();
    for word in text.split(',').map(str::trim).filter(|word| !word.is_empty()) {
        days.push(word.parse().ok()?);
    }
    days.sort_by_key(Weekday::num_days_from_monday);
    days.dedup();
    Some(days)
}

/// Days to "mon,tue".
pub fn days_to_text(days: &[Weekday]) -> String {
    days.iter().map(|day| day.to_string().to_lowercase()).collect::<Vec<_>>().join(",")
}
