//! The column in words: as a text ready to paste, and line by line for the page. No clock, no database.
//!
//! Invariant: every figure is one of the column's own, only written out.

use std::fmt::Write;

use super::closing;
use super::column::{Column, Thanks};
use crate::funds::words::{self, day};
use crate::money::display;

/// The most names that are printed: a broadsheet's page holds fewer. Those left over are counted with their sum.
pub const NAMES_MAX: usize = 2_000;
/// Where the figures of the text begin.
const WORDS_WIDTH: usize = 34;
/// Room for the figures of the text.
const FIGURE_WIDTH: usize = 14;

impl Column {
    fn money(&self, minor: i64) -> String {
        display(minor, self.fund.currency)
    }

    /// "Fighting Fund, June 2021"
    pub fn title(&self) -> String {
        match words::month(&self.fund, &self.appeal.name) {
            Some(month) => format!("{}, {month}", self.fund.title),
            None => self.fund.title.clone(),
        }
    }

    /// "21 June 2021 to 27 June 2021"
    pub fn days(&self) -> String {
        let (from, until) = self.span;
        if from == until { day(from) } else { format!("{} to {}", day(from), day(until)) }
    }

    /// Each method with its number of gifts and their sum: "Cheque (2)", "£30.00", "cheque".
    pub fn lines(&self) -> Vec<(String, String, &'static str)> {
        let line = |line: &super::column::ByMethod| {
            let mut label = line.method.label().to_owned();
            if let Some(first) = label.get_mut(0..1) {
                first.make_ascii_uppercase();
            }
            (format!("{label} ({})", line.count), self.money(line.minor), line.method.name())
        };
        self.methods.iter().map(line).collect()
    }

    /// What came, in money.
    pub fn came(&self) -> String {
        self.money(self.came_minor)
    }

    /// Why the thanks come to less than the gifts of these days; empty where they do not.
    pub fn not_kept(&self) -> String {
        let kept_minor = self.named().1 + self.unnamed.1;
        match self.came_minor - kept_minor {
            0 => String::new(),
            gone_minor => format!(
                "The thanks come to {}: {} of the gifts of these days has gone back, and a gift that went back whole is not thanked.",
                self.money(kept_minor),
                self.money(gone_minor)
            ),
        }
    }

    /// "−£25.00"
    pub fn given_back(&self) -> String {
        self.money(-self.back.1)
    }

    /// What stood before.
    pub fn before(&self) -> String {
        self.money(self.before_minor)
    }

    /// What stands now.
    pub fn so_far(&self) -> String {
        self.money(self.so_far_minor().max(0))
    }

    /// "More went back than came: the books stand at −£9.50."; empty unless it is so.
    pub fn below_nothing(&self) -> String {
        match self.so_far_minor() {
            below @ ..0 => format!("More went back than came: the books stand at {}.", self.money(below)),
            _ => String::new(),
        }
    }

    /// What is to be raised.
    pub fn target(&self) -> String {
        self.money(self.appeal.goal_minor())
    }

    /// What is missing, or what is over.
    pub fn rest(&self) -> String {
        self.money(self.missing_minor().abs())
    }

    /// True when nothing is missing.
    pub fn is_complete(&self) -> bool {
        self.missing_minor() <= 0
    }

    /// "14 (10) days remaining", as such papers print days and days with a paper.
    pub fn days_left(&self) -> String {
        let papers = self.papers_left.map(|papers| format!(" ({papers})")).unwrap_or_default();
        match self.days_left {
            None => format!("The appeal ended on {}", day(self.appeal.deadline_on)),
            Some(0) => "Last day".to_owned(),
            Some(1) => format!("1{papers} day remaining"),
            Some(days) => format!("{days}{papers} days remaining"),
        }
    }

    /// "The target includes a shortfall of £212.00 from before."
    pub fn carried(&self) -> String {
        match self.appeal.carried_minor {
            0 => String::new(),
            minor => {
                format!("The target includes what was carried over: {}.", closing::carried(minor, self.fund.currency))
            }
        }
    }

    /// The column as plain text, ready to paste.
    pub fn text(&self) -> String {
        let mut text = format!("{}\n{}\n\n", self.title(), self.days());
        let mut line = |words: &str, figure: &str| {
            writeln!(text, "{words:<WORDS_WIDTH$}{figure:>FIGURE_WIDTH$}").expect("a string takes all that is written");
        };
        for (label, sum, _) in self.lines() {
            line(&label, &sum);
        }
        line(&format!("Together ({})", self.count), &self.came());
        if self.back.0 > 0 {
            line(&format!("Given back or unpaid ({})", self.back.0), &self.given_back());
        }
        line("Before", &self.before());
        line("You’ve raised", &self.so_far());
        line(if self.is_complete() { "Over the target" } else { "We need" }, &self.rest());
        let below = self.below_nothing();
        if !below.is_empty() {
            writeln!(text, "{below}").expect("a string takes all that is written");
        }
        writeln!(text, "{}.", self.days_left()).expect("a string takes all that is written");
        let thanked = self.thanked();
        if !thanked.is_empty() {
            text.push('\n');
            text.push_str(&thanked);
            text.push('\n');
        }
        text
    }

    /// "Thanks to AR, Glasgow £10.00; Jane Doe £25.00; and for 3 gifts without a name, £40.00." Empty for nobody.
    pub fn thanked(&self) -> String {
        let thanks = |thanks: &Thanks| {
            let sum = self.money(thanks.minor);
            match (thanks.name.is_empty(), thanks.in_memory_of.is_empty()) {
                (false, true) => format!("{} {sum}", thanks.name),
                (false, false) => format!("{} {sum} in memory of {}", thanks.name, thanks.in_memory_of),
                (true, _) => format!("a reader {sum} in memory of {}", thanks.in_memory_of),
            }
        };
        let mut names: Vec<String> = self.thanks.iter().take(NAMES_MAX).map(thanks).collect();
        if let Some(rest) = self.thanks.get(NAMES_MAX..).filter(|rest| !rest.is_empty()) {
            let sum = self.money(rest.iter().map(|thanks| thanks.minor).sum());
            names.push(format!("{} more by name, {sum}", rest.len()));
        }
        let sum = self.money(self.unnamed.1);
        let others = match self.unnamed.0 {
            0 => String::new(),
            1 => format!("a gift without a name, {sum}"),
            count => format!("{count} gifts without a name, {sum}"),
        };
        match (names.is_empty(), others.is_empty()) {
            (true, true) => String::new(),
            (true, false) => format!("Thanks for {others}."),
            (false, true) => format!("Thanks to {}.", names.join("; ")),
            (false, false) => format!("Thanks to {}; and for {others}.", names.join("; ")),
        }
    }
}
