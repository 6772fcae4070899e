//! The column that the paper prints: what came in a span of days, by method, what that makes so far, what is missing,
//! and the thanks, only as each giver agreed. No clock, no database.
//!
//! Invariant: it adds up by construction: every figure is a sum of the same gifts, and before, these days and so far
//! are worked out from one list.

use std::fmt::Write;

use chrono::NaiveDate;

use crate::donations::{Donation, Method};
use crate::funds::words::{self, day};
use crate::funds::{Appeal, Fund};
use crate::money::{Currency, display};

/// What came by one method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ByMethod {
    /// "cheque"
    pub label: &'static str,
    /// How many gifts.
    pub count: usize,
    /// Their sum.
    pub sum: String,
}

/// The column of a span of days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// "Fighting Fund, June 2021"
    pub title: String,
    /// "1 June 2021 to 7 June 2021"
    pub span: String,
    /// By method, in the order of the forms.
    pub methods: Vec<ByMethod>,
    /// Gifts of these days.
    pub count: usize,
    /// What came before these days.
    pub before: String,
    /// What came in these days.
    pub sum: String,
    /// Both.
    pub so_far: String,
    /// What is to be raised.
    pub target: String,
    /// What is missing, or what is over.
    pub needed: String,
    /// True when nothing is missing.
    pub is_complete: bool,
    /// Nights until the deadline, from the last of these days.
    pub days_left: String,
    /// Those who agreed to be named, each with the sum of their gifts, in the order of the alphabet.
    pub thanks: Vec<(String, String)>,
    /// How many gifts came from those who did not.
    pub unnamed: usize,
}

/// Writes the column of `span` from all gifts that the appeal received up to its last day.
pub fn write(fund: &Fund, appeal: &Appeal, (from, until): (NaiveDate, NaiveDate), gifts: &[Donation]) -> Column {
    let of_day = |gift: &&Donation, from: NaiveDate, until: NaiveDate| {
        gift.remaining_minor() > 0 && gift.received_on.is_some_and(|on| (from..=until).contains(&on))
    };
    let now: Vec<&Donation> = gifts.iter().filter(|gift| of_day(gift, from, until)).collect();
    let yesterday = from.pred_opt().unwrap_or(from);
    let before: Vec<&Donation> = gifts.iter().filter(|gift| of_day(gift, NaiveDate::MIN, yesterday)).collect();
    let money = |minor| display(minor, fund.currency);
    let (sum_minor, before_minor) = (sum(&now), sum(&before));
    let missing_minor = appeal.goal_minor() - before_minor - sum_minor;
    let days = (appeal.deadline_on - until).num_days().max(0);
    let (thanks, unnamed) = thanks(&now, fund.currency);
    Column {
        title: match words::month(fund, &appeal.name) {
            Some(month) => format!("{}, {month}", fund.title),
            None => fund.title.clone(),
        },
        span: if from == until { day(from) } else { format!("{} to {}", day(from), day(until)) },
        methods: methods(&now, fund.currency),
        count: now.len(),
        before: money(before_minor),
        sum: money(sum_minor),
        so_far: money(before_minor + sum_minor),
        target: money(appeal.goal_minor()),
        needed: money(missing_minor.abs()),
        is_complete: missing_minor <= 0,
        days_left: match days {
            0 => "Last day".to_owned(),
            1 => "1 day remaining".to_owned(),
            days => format!("{days} days remaining"),
        },
        thanks,
        unnamed,
    }
}

fn sum(gifts: &[&Donation]) -> i64 {
    gifts.iter().map(|gift| gift.remaining_minor()).sum()
}

fn methods(gifts: &[&Donation], currency: Currency) -> Vec<ByMethod> {
    let of = |method: Method| {
        let own: Vec<&Donation> = gifts.iter().copied().filter(|gift| gift.method == method).collect();
        ByMethod { label: method.label(), count: own.len(), sum: display(sum(&own), currency) }
    };
    Method::ALL.into_iter().map(of).filter(|line| line.count > 0).collect()
}

/// Who agreed to be named, and how many gifts came from others.
fn thanks(gifts: &[&Donation], currency: Currency) -> (Vec<(String, String)>, usize) {
    let is_named = |gift: &&&Donation| !gift.anonymous && !gift.acknowledge_as.trim().is_empty();
    let mut sums: std::collections::BTreeMap<&str, i64> = std::collections::BTreeMap::new();
    for gift in gifts.iter().filter(is_named) {
        *sums.entry(gift.acknowledge_as.trim()).or_default() += gift.remaining_minor();
    }
    let unnamed = gifts.iter().filter(|gift| !is_named(gift)).count();
    (sums.into_iter().map(|(name, minor)| (name.to_owned(), display(minor, currency))).collect(), unnamed)
}

impl Column {
    /// The column as plain text, ready to paste.
    pub fn text(&self) -> String {
        let mut text = format!("{}\n{}\n\n", self.title, self.span);
        let mut line = |words: &str, figure: &str| {
            writeln!(text, "{words:<34}{figure:>14}").expect("a string takes all that is written");
        };
        for method in &self.methods {
            let mut label = method.label.to_owned();
            if let Some(first) = label.get_mut(0..1) {
                first.make_ascii_uppercase();
            }
            line(&format!("{label} ({})", method.count), &method.sum);
        }
        line(&format!("Together ({})", self.count), &self.sum);
        line("Before", &self.before);
        line("You’ve raised", &self.so_far);
        line(if self.is_complete { "Over the target" } else { "We need" }, &self.needed);
        writeln!(text, "{}.", self.days_left).expect("a string takes all that is written");
        if !self.thanks.is_empty() || self.unnamed > 0 {
            text.push('\n');
            text.push_str(&self.thanked());
            text.push('\n');
        }
        text
    }

    /// "Thanks to AR, Glasgow £10.00; Jane Doe £25.00; and to 3 readers who gave without a name."
    pub fn thanked(&self) -> String {
        let names = self.thanks.iter().map(|(name, sum)| format!("{name} {sum}")).collect::<Vec<_>>().join("; ");
        let others = match self.unnamed {
            0 => String::new(),
            1 => "a gift without a name".to_owned(),
            count => format!("{count} gifts without a name"),
        };
        match (names.is_empty(), others.is_empty()) {
            (true, _) => format!("Thanks for {others}."),
            (false, true) => format!("Thanks to {names}."),
            (false, false) => format!("Thanks to {names}; and for {others}."),
        }
    }
}
