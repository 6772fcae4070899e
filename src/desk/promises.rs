//! Standing orders as the desk shows them: a line of the list, a page with its months. No clock, no database.
//!
//! Invariant: what is expected is called expected and never stands beside what was raised as if it were.

use chrono::NaiveDate;

use super::written::{self, Badge, short_day, who};
use crate::funds::words::day;
use crate::money::{Currency, display, display_short};
use crate::standing_orders::rules::amount_at;
use crate::standing_orders::rules::calendar::{due_on, is_late, month_of, month_plus, stand};
use crate::standing_orders::rules::sums::is_quiet;
use crate::standing_orders::{Change, Forecast, Met, Origin, Stand, StandingOrder, State, ThisMonth, Worth};

/// An order in the list.
#[derive(Debug, Clone)]
pub struct Line {
    /// Its number.
    pub id: i64,
    /// The supporter's name, or address.
    pub name: String,
    /// "£10.00"
    pub amount: String,
    /// "on the 1st"
    pub day: String,
    /// "standing order"
    pub method: &'static str,
    /// "1 Mar 2021"
    pub since: String,
    /// "June 2021"; empty when none has come.
    pub last: String,
    /// Where it stands this month.
    pub status: Badge,
}

/// Puts an order into a line.
pub fn line(order: &StandingOrder, today: NaiveDate) -> Line {
    let has_come = order.met_month >= order.first_month;
    Line {
        id: order.id,
        name: named(order),
        amount: display(order.amount_minor, order.currency),
        day: ordinal(order.day),
        method: order.method.label(),
        since: short_day(order.since_on),
        last: if has_come { short_month(order.met_month) } else { String::new() },
        status: badge(order, today),
    }
}

/// The supporter's name, or their address where no name is known.
pub fn named(order: &StandingOrder) -> String {
    if order.name.is_empty() { order.email.clone().unwrap_or_default() } else { order.name.clone() }
}

/// Where an order stands this month, in a word.
pub fn badge(order: &StandingOrder, today: NaiveDate) -> Badge {
    let month = month_of(today);
    let (word, tone) = match order.state {
        State::Offered => ("offered", "wait"),
        State::Declined => ("declined", ""),
        State::Kept if order.has_ended(month) => ("stopped", ""),
        State::Kept if order.first_month > month => ("not begun", ""),
        State::Kept if order.met_month >= month => ("arrived", "good"),
        State::Kept if is_quiet(order.day, order.met_month, today) => ("quiet", "bad"),
        State::Kept if is_late(month, order.day, today) => ("late", "bad"),
        State::Kept => ("expected", "wait"),
    };
    Badge { word, tone }
}

/// "the 1st", "the 22nd", "the last day"
pub fn ordinal(day: u32) -> String {
    let end = match (day % 10, day / 10) {
        (1, tens) if tens != 1 => "st",
        (2, tens) if tens != 1 => "nd",
        (3, tens) if tens != 1 => "rd",
        _ => "th",
    };
    if day == 31 { "the last day".to_owned() } else { format!("the {day}{end}") }
}

/// "June 2021"
pub fn long_month(month: NaiveDate) -> String {
    month.format("%B %Y").to_string()
}

/// "Jun 2021"
pub fn short_month(month: NaiveDate) -> String {
    month.format("%b %Y").to_string()
}

/// A sum of the month: how many, what they are worth, and where they are listed.
#[derive(Debug, Clone)]
pub struct Sum {
    /// "arrived"
    pub label: &'static str,
    /// "£412.00"
    pub worth: String,
    /// 18
    pub orders: i64,
    /// The name of the state in the address; empty for all.
    pub state: &'static str,
}

/// The sums of the month, all first.
pub fn sums(month: &ThisMonth, currency: Currency) -> Vec<Sum> {
    let sum = |label, state, worth: Worth| Sum {
        label,
        state,
        orders: worth.orders,
        worth: display_short(worth.sum_minor, currency),
    };
    vec![
        sum("promised each month", "", month.running),
        sum("arrived", "arrived", month.arrived),
        sum("expected", "expected", month.expected),
        sum("late", "late", month.late),
        sum("quiet", "quiet", month.quiet),
    ]
}

/// "18 standing orders worth £412.00 are due before the deadline." and what must be said with it; nothing where no
/// order is due, late or quiet.
pub fn foretold(forecast: &Forecast, currency: Currency) -> Vec<String> {
    let money = |minor| display(minor, currency);
    let mut told = Vec::new();
    let Forecast { orders, payments, sum_minor, late, quiet } = *forecast;
    if orders > 0 && payments == orders {
        let (noun, verb) = if orders == 1 { ("standing order", "is") } else { ("standing orders", "are") };
        told.push(format!("{orders} {noun} worth {} {verb} due before the deadline.", money(sum_minor)));
    } else if orders > 0 {
        let (noun, verb) = if orders == 1 { ("standing order", "is") } else { ("standing orders", "are") };
        let sum = money(sum_minor);
        told.push(format!("{orders} {noun} {verb} due {payments} times before the deadline, worth {sum} together."));
    }
    if late.orders > 0 {
        let verb = if late.orders == 1 { "is" } else { "are" };
        told.push(format!(
            "{} more, worth {}, {verb} late and not counted in that.",
            late.orders,
            money(late.sum_minor)
        ));
    }
    if quiet > 0 {
        let words = if quiet == 1 { "1 has" } else { &format!("{quiet} have") };
        told.push(format!("{words} been quiet for two months or longer and may have stopped."));
    }
    told
}

/// A month of an order.
#[derive(Debug, Clone)]
pub struct MonthLine {
    /// "June 2021"
    pub month: String,
    /// "1 Jun 2021"
    pub due: String,
    /// "£10.00"
    pub expected: String,
    /// "£10.00"; empty while nothing came.
    pub came: String,
    /// "2 Jun 2021"
    pub on: String,
    /// The gift.
    pub reference: String,
    /// Where it stands.
    pub status: Badge,
}

/// The months of an order, the newest first, from `first` to `last`.
pub fn months(
    order: &StandingOrder,
    changes: &[Change],
    met: &[Met],
    (first, last): (NaiveDate, NaiveDate),
    today: NaiveDate,
) -> Vec<MonthLine> {
    let all = std::iter::successors(Some(last), |month| Some(month_plus(*month, -1)));
    let all = all.take_while(|month| *month >= first).filter(|month| order.expects(*month));
    all.map(|month| {
        let gift = met.iter().find(|met| met.month == month);
        let expected_minor = amount_at(order, changes, month);
        MonthLine {
            month: long_month(month),
            due: short_day(due_on(month, order.day)),
            expected: display(expected_minor, order.currency),
            came: gift.map(|gift| display(gift.amount_minor, order.currency)).unwrap_or_default(),
            on: gift.and_then(|gift| gift.on).map(short_day).unwrap_or_default(),
            reference: gift.map(|gift| gift.reference.to_string()).unwrap_or_default(),
            status: month_badge(stand(month, order.day, today, gift.is_some()), gift, expected_minor),
        }
    })
    .collect()
}

fn month_badge(stand: Stand, gift: Option<&Met>, expected_minor: i64) -> Badge {
    let (word, tone) = match stand {
        Stand::Arrived if gift.is_some_and(|gift| gift.amount_minor != expected_minor) => ("another amount", "wait"),
        Stand::Arrived => ("arrived", "good"),
        Stand::Expected => ("expected", "wait"),
        Stand::Late => ("late", "bad"),
        Stand::Missed => ("missed", "bad"),
    };
    Badge { word, tone }
}

/// The amount of the latest gifts, where it is not what was promised: an offer to change the order.
pub fn other_amount(order: &StandingOrder, met: &[Met]) -> Option<i64> {
    let latest = met.first()?.amount_minor;
    (latest != order.amount_minor && met.iter().take(2).all(|met| met.amount_minor == latest)).then_some(latest)
}

/// Something that was done to an order.
#[derive(Debug, Clone)]
pub struct Happening {
    /// "27 June 2021"
    pub at: String,
    /// "From 1 June 2021 it is worth £15.00 instead of £10.00."
    pub what: String,
    /// Why.
    pub reason: String,
    /// Who.
    pub who: String,
}

/// What happened to an order, the oldest first.
pub fn history(order: &StandingOrder, changes: &[Change], zone: chrono_tz::Tz) -> Vec<Happening> {
    let first = Happening {
        at: written::moment(order.recorded_at, zone),
        what: match order.origin {
            Origin::Learnt => "Learnt from three gifts in a row.".to_owned(),
            Origin::Entered => format!("Entered: {} each month.", display(order.first_minor, order.currency)),
        },
        reason: String::new(),
        who: if order.origin == Origin::Learnt { String::new() } else { who(&order.recorded_by) },
    };
    let happened = |change: &Change| Happening {
        at: written::moment(change.changed_at, zone),
        what: what(change, order.currency),
        reason: change.reason.clone(),
        who: who(&change.changed_by),
    };
    std::iter::once(first).chain(changes.iter().map(happened)).collect()
}

fn what(change: &Change, currency: Currency) -> String {
    let (on, money) = (day(change.from_on), |minor| display(minor, currency));
    match change.kind.as_str() {
        "amount" => {
            format!("From {on} it is worth {} instead of {}.", money(change.new_minor), money(change.old_minor))
        }
        "stopped" => format!("Stopped; {on} is the last day it counts for."),
        "resumed" => "The end was taken back.".to_owned(),
        "kept" => "Kept as a standing order.".to_owned(),
        "declined" => "Declined: these gifts are no standing order.".to_owned(),
        other => other.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::GBP;

    #[test]
    fn days_are_called_as_people_call_them() {
        let called = [1, 2, 3, 4, 11, 12, 13, 21, 22, 23, 30, 31].map(ordinal).join(", ");

        assert_eq!(
            called,
            "the 1st, the 2nd, the 3rd, the 4th, the 11th, the 12th, the 13th, the 21st, the 22nd, the 23rd, the 30th, \
             the last day"
        );
    }

    #[test]
    fn a_forecast_is_one_sentence_where_all_is_well_and_none_where_nothing_is_due() {
        let forecast = Forecast { orders: 18, payments: 18, sum_minor: 41_200, ..Forecast::default() };

        assert_eq!(foretold(&forecast, GBP), ["18 standing orders worth £412.00 are due before the deadline."]);
        assert!(foretold(&Forecast::default(), GBP).is_empty());
    }

    #[test]
    fn a_forecast_says_what_it_does_not_count() {
        let late = Worth { orders: 2, sum_minor: 2_000 };
        let forecast = Forecast { orders: 1, payments: 3, sum_minor: 3_000, late, quiet: 1 };

        assert_eq!(
            foretold(&forecast, GBP),
            [
                "1 standing order is due 3 times before the deadline, worth £30.00 together.",
                "2 more, worth £20.00, are late and not counted in that.",
                "1 has been quiet for two months or longer and may have stopped.",
            ]
        );
    }
}
