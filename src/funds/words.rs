//! An appeal in words, as pages tell it. No clock, no database, no HTML.
//!
//! Invariant: every figure is one of [`Standing`]'s, only written out; nothing is worked out anew here.

use chrono::{NaiveDate, NaiveTime};

use super::{Appeal, Change, Fund, Rhythm, Standing, State};
use crate::clock::date_in;
use crate::money::{Currency, display, display_short, parse_amount};

/// How an appeal stands, in the words of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// "June 2021" of a monthly fund; empty for one that runs once.
    pub period: String,
    /// Whether it takes gifts.
    pub state: State,
    /// "£13,288"
    pub raised: String,
    /// "£18,000"
    pub target: String,
    /// "£4,712"
    pub needed: String,
    /// "£1,200"; empty unless the target is passed.
    pub surplus: String,
    /// 73
    pub percent: i64,
    /// Whole days left.
    pub days: u32,
    /// Of them, those on which the paper appears.
    pub papers: Option<u32>,
    /// 412
    pub gifts: i64,
    /// "30 June 2021"
    pub last_day: String,
    /// "30 Jun 2021"
    pub last_day_short: String,
    /// "18:00", where it ends at a time of day.
    pub last_time: String,
    /// "1 June 2021"
    pub first_day: String,
    /// "1 Jun 2021"
    pub first_day_short: String,
    /// "The target includes £1,200 that was missing from the month before."
    pub carried: String,
    /// "The books of this appeal were closed on 2 July 2021; its figures do not move any more."; empty while open.
    pub closed: String,
    /// "May 2021 is closed: it raised £13,288 of £18,000 from 412 gifts, and its figures do not move any more."; empty
    /// unless the month before is.
    pub before: String,
    /// "£9.50 of September’s gifts was given back in October."; empty where nothing was.
    pub given_back: String,
    /// "−£9.50", where the books stand below nothing; else empty.
    pub books: String,
    /// What was moved, oldest first, a sentence each.
    pub changes: Vec<String>,
    /// The ledger's entry at which all this is so; 0 before the first.
    pub entry: i64,
}

/// Tells how `appeal` stands and what was changed of it.
pub fn tell(fund: &Fund, appeal: &Appeal, standing: &Standing, changes: &[Change]) -> Told {
    let currency = fund.currency;
    let money = |minor| display_short(minor, currency);
    Told {
        period: month(fund, &appeal.name).unwrap_or_default(),
        state: standing.state,
        raised: money(standing.raised_minor),
        target: money(standing.target_minor),
        needed: money(standing.needed_minor),
        surplus: if standing.surplus_minor > 0 { money(standing.surplus_minor) } else { String::new() },
        percent: standing.percent,
        days: standing.days_remaining,
        papers: standing.publication_days_remaining,
        gifts: standing.donations,
        last_day: day(appeal.deadline_on),
        last_day_short: short_day(appeal.deadline_on),
        last_time: appeal.deadline_time.map(|time| time.format("%H:%M").to_string()).unwrap_or_default(),
        first_day: day(appeal.opens_on),
        first_day_short: short_day(appeal.opens_on),
        carried: carried(appeal, currency),
        closed: closed(fund, appeal),
        before: String::new(),
        given_back: String::new(),
        books: if standing.books_minor < 0 { display(standing.books_minor, currency) } else { String::new() },
        changes: changes.iter().filter_map(|change| sentence(fund, change)).collect(),
        entry: standing.entry,
    }
}

impl Told {
    /// True on the day at whose end the appeal closes.
    pub fn is_last_day(&self) -> bool {
        self.state == State::Open && self.days == 0
    }

    /// True when what was asked for is there.
    pub fn is_complete(&self) -> bool {
        self.percent >= 100
    }

    /// "3 days left", "1 day left", "Last day"
    pub fn days_left(&self) -> String {
        match self.days {
            0 => "Last day".to_owned(),
            1 => "1 day left".to_owned(),
            days => format!("{days} days left"),
        }
    }

    /// All of it in one breath, for those who hear the page: the bar's text.
    pub fn spoken(&self) -> String {
        let raised = format!("{} raised of {}, {} percent.", self.raised, self.target, self.percent);
        let missing = if self.surplus.is_empty() {
            format!("{} still needed.", self.needed)
        } else {
            format!("{} more than the target.", self.surplus)
        };
        match self.state {
            State::NotYetOpen => format!("Opens on {}. The target is {}.", self.first_day, self.target),
            State::Open => format!("{raised} {missing} {}.", self.days_left()),
            State::Closed => format!("{raised} Closed on {}.", self.last_day),
        }
    }

    /// How far the bar is filled, in percent. Past the target the whole bar is what was raised.
    pub fn bar_now(&self) -> i64 {
        self.percent.clamp(0, 100)
    }

    /// Where the target stands on the bar once it is passed.
    pub fn goal_mark(&self) -> Option<String> {
        (self.percent > 100).then(|| format!("{:.2}%", 10_000.0 / self.percent as f64))
    }
}

/// "30 June 2021"
///
/// ```
/// let day = chrono::NaiveDate::from_ymd_opt(2021, 6, 1).unwrap();
/// assert_eq!(fighting_fund::funds::words::day(day), "1 June 2021");
/// ```
pub fn day(date: NaiveDate) -> String {
    date.format("%-d %B %Y").to_string()
}

/// "June 2021" of the appeal "2021-06", where the fund has one each month.
pub fn month(fund: &Fund, appeal: &str) -> Option<String> {
    let first: NaiveDate = [appeal, "-01"].concat().parse().ok()?;
    (fund.rhythm == Rhythm::Monthly).then(|| first.format("%B %Y").to_string())
}

fn short_day(date: NaiveDate) -> String {
    date.format("%-d %b %Y").to_string()
}

fn closed(fund: &Fund, appeal: &Appeal) -> String {
    let Some(at) = appeal.closed_at else { return String::new() };
    let on = day(date_in(at, fund.zone));
    format!("The books of this appeal were closed on {on}; its figures do not move any more.")
}

/// The month before, once its books are closed; empty while they are open.
pub fn before(fund: &Fund, appeal: &Appeal, standing: &Standing) -> String {
    let Some(month) = month(fund, &appeal.name).filter(|_| appeal.closed_at.is_some()) else { return String::new() };
    let [raised, target] =
        [standing.raised_minor, standing.target_minor].map(|minor| display_short(minor, fund.currency));
    let gifts = if standing.donations == 1 { "one gift".to_owned() } else { format!("{} gifts", standing.donations) };
    format!("{month} is closed: it raised {raised} of {target} from {gifts}, and its figures do not move any more.")
}

/// What of other appeals’ gifts went back in this one: "£9.50 of September’s gifts was given back in October." Empty for
/// nothing.
pub fn given_back(fund: &Fund, appeal: &Appeal, lowered: &[(String, i64)]) -> String {
    let here = month(fund, &appeal.name);
    let year = appeal.name.get(..4);
    // Within one year the months' names are enough.
    let label = |name: &str| {
        let known = month(fund, name).unwrap_or_else(|| name.to_owned());
        let is_near = name.get(..4) == year && here.is_some();
        if is_near { known.split(' ').next().unwrap_or_default().to_owned() } else { known }
    };
    let parts: Vec<String> = lowered
        .iter()
        .map(|(name, minor)| format!("{} of {}’s gifts", display(*minor, fund.currency), label(name)))
        .collect();
    let verb = if parts.len() == 1 { "was" } else { "were" };
    match (parts.is_empty(), &here) {
        (true, _) => String::new(),
        (false, Some(_)) => format!("{} {verb} given back in {}.", joined(&parts), label(&appeal.name)),
        (false, None) => format!("{} {verb} given back since.", joined(&parts)),
    }
}

/// "a", "a and b", "a, b and c"
fn joined(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [some @ .., last] => format!("{} and {last}", some.join(", ")),
    }
}

fn carried(appeal: &Appeal, currency: Currency) -> String {
    let amount = display_short(appeal.carried_minor.abs(), currency);
    match appeal.carried_minor {
        0 => String::new(),
        1.. => format!("The target includes {amount} that was still missing when the last appeal ended."),
        _ => format!("The target is {amount} lower, because the last appeal raised that much more than it asked for."),
    }
}

/// One change as a sentence; the opening of an appeal is no change.
fn sentence(fund: &Fund, change: &Change) -> Option<String> {
    let when = day(date_in(change.changed_at, fund.zone));
    let why = change.reason.trim().trim_end_matches('.');
    match change.field.as_str() {
        "deadline" => {
            let (from, to) = (moment(&change.old_value), moment(&change.new_value));
            Some(format!("On {when} the deadline was moved from {from} to {to}: {why}."))
        }
        "target" => {
            let (from, to) = (typed(&change.old_value, fund), typed(&change.new_value, fund));
            Some(format!("On {when} the target was changed from {from} to {to}: {why}."))
        }
        "closed" => Some(format!("On {when} the books of this appeal were closed.")),
        "reopened" => Some(format!("On {when} the books of this appeal were opened again: {why}.")),
        "carried" => {
            let (from, to) = (counted(&change.old_value, fund), counted(&change.new_value, fund));
            Some(format!("On {when} what was carried over changed from {from} to {to}: {why}."))
        }
        _ => None,
    }
}

/// "2021-06-30 18:00" as "30 June 2021 at 18:00".
fn moment(text: &str) -> String {
    let (date, time) = text.split_once(' ').map_or((text, None), |(date, time)| (date, Some(time)));
    let date = date.parse().map_or_else(|_| date.to_owned(), day);
    match time.map(|time| NaiveTime::parse_from_str(time, "%H:%M")) {
        Some(Ok(time)) => format!("{date} at {}", time.format("%H:%M")),
        _ => date,
    }
}

fn typed(text: &str, fund: &Fund) -> String {
    parse_amount(text, fund.currency).map_or_else(|_| text.to_owned(), |minor| display_short(minor, fund.currency))
}

fn counted(text: &str, fund: &Fund) -> String {
    text.parse().map_or_else(|_| text.to_owned(), |minor: i64| display_short(minor, fund.currency))
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeZone, Utc};

    use super::*;
    use crate::funds::Carry;

    fn fund() -> Fund {
        Fund {
            id: 1,
            slug: "fund".to_owned(),
            title: "Fund".to_owned(),
            currency: crate::money::GBP,
            zone: chrono_tz::Europe::London,
            rhythm: Rhythm::Monthly,
            target_minor: 1_800_000,
            carry: Carry::None,
            publication_days: Vec::new(),
            ceiling_minor: 1_000_000,
        }
    }

    fn change(field: &str, old_value: &str, new_value: &str, reason: &str) -> Change {
        Change {
            changed_at: Utc.with_ymd_and_hms(2021, 6, 20, 23, 30, 0).unwrap(),
            changed_by: "staff:1 T".to_owned(),
            field: field.to_owned(),
            old_value: old_value.to_owned(),
            new_value: new_value.to_owned(),
            reason: reason.to_owned(),
        }
    }

    #[test]
    fn a_moved_deadline_is_told_with_its_reason_and_the_day_in_the_funds_zone() {
        let moved = change("deadline", "2021-06-25", "2021-06-30 18:00", "the post was late.");

        let told = sentence(&fund(), &moved);

        assert_eq!(
            told.as_deref(),
            Some(
                "On 21 June 2021 the deadline was moved from 25 June 2021 to 30 June 2021 at 18:00: the post was late."
            )
        );
    }

    #[test]
    fn a_changed_target_is_told_as_money() {
        let told = sentence(&fund(), &change("target", "18000.00", "20000.50", "paper costs more"));

        assert_eq!(
            told.as_deref(),
            Some("On 21 June 2021 the target was changed from £18,000 to £20,000.50: paper costs more.")
        );
    }

    fn june_appeal() -> Appeal {
        let day = |day| NaiveDate::from_ymd_opt(2021, 6, day).expect("a date");
        Appeal {
            id: 1,
            fund_id: 1,
            name: "2021-06".to_owned(),
            opens_on: day(1),
            deadline_on: day(30),
            deadline_time: None,
            target_minor: 1_800_000,
            carried_minor: 0,
            carried_from: None,
            closed_at: None,
        }
    }

    fn june(raised_minor: i64, at: DateTime<Utc>) -> Told {
        let (fund, appeal) = (fund(), june_appeal());
        let total =
            crate::funds::Total { raised_minor, donations: 412, entry: 1_204, hash: Vec::new(), adjusted_minor: 0 };
        tell(&fund, &appeal, &crate::funds::rules::standing(at, &fund, &appeal, &total), &[])
    }

    #[test]
    fn an_appeal_is_told_in_one_breath_in_each_state() {
        let noon = |month, day| Utc.with_ymd_and_hms(2021, month, day, 11, 0, 0).unwrap();

        let told = [
            june(0, noon(5, 31)),
            june(1_328_800, noon(6, 27)),
            june(1_328_800, noon(6, 29)),
            june(2_250_050, noon(6, 30)),
            june(1_328_800, noon(7, 1)),
        ]
        .map(|told| told.spoken());

        assert_eq!(
            told,
            [
                "Opens on 1 June 2021. The target is £18,000.",
                "£13,288 raised of £18,000, 73 percent. £4,712 still needed. 3 days left.",
                "£13,288 raised of £18,000, 73 percent. £4,712 still needed. 1 day left.",
                "£22,500.50 raised of £18,000, 125 percent. £4,500.50 more than the target. Last day.",
                "£13,288 raised of £18,000, 73 percent. Closed on 30 June 2021.",
            ]
        );
    }

    #[test]
    fn what_went_back_for_closed_months_is_told_with_their_names() {
        let appeal = Appeal { name: "2021-10".to_owned(), ..june_appeal() };
        let told = |lowered: &[(&str, i64)]| {
            let lowered: Vec<(String, i64)> =
                lowered.iter().map(|(name, minor)| ((*name).to_owned(), *minor)).collect();
            given_back(&fund(), &appeal, &lowered)
        };

        assert_eq!(told(&[]), "");
        assert_eq!(told(&[("2021-09", 950)]), "£9.50 of September’s gifts was given back in October.");
        assert_eq!(
            told(&[("2020-12", 1_000), ("2021-09", 950)]),
            "£10.00 of December 2020’s gifts and £9.50 of September’s gifts were given back in October."
        );
    }

    #[test]
    fn the_opening_of_an_appeal_is_no_change() {
        assert_eq!(sentence(&fund(), &change("opened", "", "2021-06", "its first day came")), None);
    }
}
