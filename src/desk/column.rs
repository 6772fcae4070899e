//! The column that the paper prints: what came in a span of days, by method, what went back, what that makes so far,
//! what is missing, and the thanks, only as each giver agreed. No clock, no database.
//!
//! Invariant: it adds up by construction, and so do two columns in a row: what came counts on the day it came, what
//! went back on the day it went, so that "so far" of one is "before" of the next. `written` puts it into words.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};

use crate::donations::{Method, Return, Thanked};
use crate::funds::{Appeal, DayOfMethod, Fund};

/// What came on a day by a method, before anything went back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Came {
    /// The day.
    pub day: NaiveDate,
    /// How it came.
    pub method: Method,
    /// How many gifts.
    pub count: i64,
    /// Their sum.
    pub minor: i64,
}

/// What came to an appeal each day: its days as they stand, with what went back put back where it was taken off.
pub fn came(appeal_id: i64, days: &[DayOfMethod], returns: &[Return]) -> Vec<Came> {
    let mut sums: BTreeMap<(NaiveDate, &str), Came> = BTreeMap::new();
    let mut own: BTreeMap<i64, (i64, &Return)> = BTreeMap::new();
    let new = |day, method| Came { day, method, count: 0, minor: 0 };
    for day in days.iter().filter(|day| day.appeal_id == appeal_id) {
        let sum = sums.entry((day.day, day.method.name())).or_insert(new(day.day, day.method));
        sum.count += day.donations;
        sum.minor += day.raised_minor;
    }
    for back in returns {
        // A gift of a closed appeal was taken off on the day it went back, one of this appeal on the day it came.
        let taken_off = if back.own == appeal_id { back.received_on } else { back.on };
        let sum = sums.entry((taken_off, back.method.name())).or_insert(new(taken_off, back.method));
        sum.minor += back.amount_minor;
        if back.own == appeal_id {
            own.entry(back.donation_id).or_insert((0, back)).0 += back.amount_minor;
        }
    }
    for (returned_minor, back) in own.values() {
        if *returned_minor == back.gift_minor
            && let Some(sum) = sums.get_mut(&(back.received_on, back.method.name()))
        {
            sum.count += 1;
        }
    }
    sums.into_values().filter(|sum| (sum.count, sum.minor) != (0, 0)).collect()
}

/// The days of a span that are the appeal's own, unless something of it happened in the span's other days.
pub fn narrowed(
    (from, until): (NaiveDate, NaiveDate),
    (first, last): (NaiveDate, NaiveDate),
    came: &[Came],
    returns: &[Return],
) -> (NaiveDate, NaiveDate) {
    let own = (from.max(first), until.min(last));
    let is_outside = |day: NaiveDate| (from..=until).contains(&day) && !(own.0..=own.1).contains(&day);
    let happened = came.iter().map(|came| came.day).chain(returns.iter().map(|back| back.on));
    if own.0 > own.1 || happened.into_iter().any(is_outside) { (from, until) } else { own }
}

/// What came by one method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ByMethod {
    /// How.
    pub method: Method,
    /// How many gifts.
    pub count: i64,
    /// Their sum.
    pub minor: i64,
}

/// Those who agreed to be thanked in the same words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thanks {
    /// "AR, Glasgow"; empty where only the memory may be printed.
    pub name: String,
    /// "Joan Bell"; empty for none.
    pub in_memory_of: String,
    /// The sum of their gifts.
    pub minor: i64,
    /// How many gifts.
    pub count: i64,
}

/// The column of one appeal and a span of days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// The fund.
    pub fund: Fund,
    /// The appeal.
    pub appeal: Appeal,
    /// The first and the last day.
    pub span: (NaiveDate, NaiveDate),
    /// What came, by method, in the order of the forms.
    pub methods: Vec<ByMethod>,
    /// All of it.
    pub count: i64,
    /// All of it.
    pub came_minor: i64,
    /// How often money went back in these days, and how much.
    pub back: (i64, i64),
    /// What stood before these days.
    pub before_minor: i64,
    /// Nights until the deadline from the last of these days; none when it is over.
    pub days_left: Option<i64>,
    /// Of them, those on which the paper appears, where the fund counts them.
    pub papers_left: Option<i64>,
    /// Those to be thanked by name or memory, in the order of the alphabet.
    pub thanks: Vec<Thanks>,
    /// Those who are not: how many gifts, and their sum.
    pub unnamed: (i64, i64),
}

impl Column {
    /// What stands after these days.
    pub fn so_far_minor(&self) -> i64 {
        self.before_minor + self.came_minor - self.back.1
    }

    /// What is missing; negative when the target is passed.
    pub fn missing_minor(&self) -> i64 {
        self.appeal.goal_minor() - self.so_far_minor().max(0)
    }

    /// True when nothing happened in these days.
    pub fn is_still(&self) -> bool {
        self.count == 0 && self.back.0 == 0
    }

    /// How many gifts of these days are thanked by name or memory, and their sum.
    pub fn named(&self) -> (i64, i64) {
        self.thanks.iter().fold((0, 0), |(count, minor), thanks| (count + thanks.count, minor + thanks.minor))
    }
}

/// Adds a column up.
pub fn write(
    (fund, appeal): (&Fund, &Appeal),
    (from, until): (NaiveDate, NaiveDate),
    came: &[Came],
    returns: &[Return],
    thanked: &[Thanked],
) -> Column {
    let now: Vec<&Came> = came.iter().filter(|came| (from..=until).contains(&came.day)).collect();
    let back: Vec<&Return> = returns.iter().filter(|back| (from..=until).contains(&back.on)).collect();
    let came_before: i64 = came.iter().filter(|came| came.day < from).map(|came| came.minor).sum();
    let back_before: i64 = returns.iter().filter(|back| back.on < from).map(|back| back.amount_minor).sum();
    let (thanks, unnamed) = thanks(thanked);
    let days_left = (appeal.deadline_on - until).num_days();
    Column {
        methods: methods(&now),
        count: now.iter().map(|came| came.count).sum(),
        came_minor: now.iter().map(|came| came.minor).sum(),
        back: (back.len() as i64, back.iter().map(|back| back.amount_minor).sum()),
        before_minor: came_before - back_before,
        days_left: (days_left >= 0).then_some(days_left),
        papers_left: papers_left(fund, until, appeal.deadline_on),
        thanks,
        unnamed,
        span: (from, until),
        fund: fund.clone(),
        appeal: appeal.clone(),
    }
}

fn methods(came: &[&Came]) -> Vec<ByMethod> {
    let of = |method: Method| {
        let own = came.iter().filter(|came| came.method == method);
        own.fold(ByMethod { method, count: 0, minor: 0 }, |sum, came| ByMethod {
            count: sum.count + came.count,
            minor: sum.minor + came.minor,
            ..sum
        })
    };
    Method::ALL.into_iter().map(of).filter(|line| (line.count, line.minor) != (0, 0)).collect()
}

/// Of the days after `until`, those on which the paper appears.
fn papers_left(fund: &Fund, until: NaiveDate, deadline_on: NaiveDate) -> Option<i64> {
    if fund.publication_days.is_empty() || deadline_on < until {
        return None;
    }
    let days = until.iter_days().skip(1).take_while(|day| *day <= deadline_on);
    i64::try_from(days.filter(|day| fund.publication_days.contains(&day.weekday())).count()).ok()
}

/// Who agreed to be thanked, and what came from the others. A memory is thanked without a name, when there is none.
fn thanks(thanked: &[Thanked]) -> (Vec<Thanks>, (i64, i64)) {
    let mut named: BTreeMap<(String, String, String), (i64, i64)> = BTreeMap::new();
    let mut unnamed = (0, 0);
    for giver in thanked {
        let (name, memory) = (giver.name(), giver.memory());
        let sum = if !giver.is_named() {
            &mut unnamed
        } else {
            // As an index is sorted: capitals or not.
            named.entry((name.to_lowercase(), name.to_owned(), memory.to_owned())).or_default()
        };
        *sum = (sum.0 + giver.count, sum.1 + giver.kept_minor);
    }
    let thanks = named
        .into_iter()
        .map(|((_, name, in_memory_of), (count, minor))| Thanks { name, in_memory_of, minor, count })
        .collect();
    (thanks, unnamed)
}
