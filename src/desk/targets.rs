//! Forms of funds and appeals: texts in, funds, targets and deadlines out. No clock, no database.

use chrono::{NaiveDate, NaiveTime, Weekday};

use super::search::read_date;
use super::written::{moment, who};
use crate::donations::parse::{self, SMALLEST_MINOR};
use crate::funds::rules::{TITLE_CHARS_MAX, days_from_text, days_to_text};
use crate::funds::{Carry, Change, Fund, FundError, NewFund};
use crate::http::Form;
use crate::money::{Currency, display, display_short, parse_amount, plain};

/// The fields of a new fund.
pub const NEW_FUND: [&str; 8] = ["title", "slug", "currency", "zone", "target", "deadline", "time", "carry"];
/// The fields of a new target.
pub const TARGET: [&str; 2] = ["target", "reason"];
/// The fields of a moved deadline.
pub const DEADLINE: [&str; 3] = ["deadline", "time", "reason"];

/// The days of the week, as the form sends them and as people read them.
pub const WEEK: [(&str, &str); 7] = [
    ("mon", "Monday"),
    ("tue", "Tuesday"),
    ("wed", "Wednesday"),
    ("thu", "Thursday"),
    ("fri", "Friday"),
    ("sat", "Saturday"),
    ("sun", "Sunday"),
];

/// What the next appeal takes over, in words.
pub const CARRIES: [(&str, &str, &str); 3] = [
    ("none", "Nothing", "Each month starts afresh."),
    ("shortfall", "What was missing", "A month that falls short raises the next one’s target."),
    ("both", "What was missing or too much", "A surplus lowers the next one’s target as well."),
];

/// A fund as it stands, as texts.
pub fn fund_form(fund: &Fund) -> Form {
    let form = Form::new()
        .with("title", &fund.title)
        .with("target", plain(fund.target_minor, fund.currency))
        .with("ceiling", plain(fund.ceiling_minor, fund.currency))
        .with("carry", fund.carry.name());
    let days = days_to_text(&fund.publication_days);
    days.split(',').filter(|day| !day.is_empty()).fold(form, |form, day| form.with("days", day))
}

/// The fund as the form has it now, or nothing and a note of what is wrong.
pub fn changed_fund(form: &mut Form, fund: &Fund) -> Option<Fund> {
    let title = title(form);
    let target = target(form, fund.currency);
    let ceiling = ceiling(form, fund.currency);
    let carry = carry(form);
    let days = days(form);
    Some(Fund {
        title: title?,
        target_minor: target?,
        ceiling_minor: ceiling?,
        carry: carry?,
        publication_days: days?,
        ..fund.clone()
    })
}

/// A new fund, or nothing and a note of what is wrong.
pub fn new_fund(form: &mut Form) -> Option<NewFund> {
    let title = title(form);
    let currency = Currency::from_code(form.value("currency").trim().to_uppercase().as_str())
        .ok_or("Please write a currency as three letters, for example GBP or EUR.");
    let currency = form.checked("currency", currency);
    let zone = form.value("zone").trim().parse().map_err(
        |_| "Please write a time zone as Area/City, for example Europe/London. Its midnight ends the fund’s days.",
    );
    let zone = form.checked("zone", zone);
    let target = currency.and_then(|currency| target(form, currency));
    let carry = carry(form);
    let deadline = if form.has("rhythm", "one_off") { deadline(form).map(Some) } else { Some(None) };
    Some(NewFund {
        slug: form.value("slug").trim().to_lowercase(),
        title: title?,
        currency: currency?,
        zone: zone?,
        target_minor: target?,
        deadline: deadline?,
        carry: carry?,
    })
}

/// A new target, or nothing and a note of what is wrong.
pub fn new_target(form: &mut Form, currency: Currency) -> Option<(i64, String)> {
    let target = target(form, currency);
    let reason = reason(form);
    Some((target?, reason?))
}

/// A deadline and why it moves, or nothing and a note of what is wrong.
pub fn new_deadline(form: &mut Form) -> Option<((NaiveDate, Option<NaiveTime>), String)> {
    let deadline = deadline(form);
    let reason = reason(form);
    Some((deadline?, reason?))
}

fn title(form: &mut Form) -> Option<String> {
    let title = form.value("title").trim().to_owned();
    let fits = !title.is_empty() && title.chars().count() <= TITLE_CHARS_MAX && !title.chars().any(char::is_control);
    form.checked("title", if fits { Ok(title) } else { Err(FundError::BadTitle) })
}

fn target(form: &mut Form, currency: Currency) -> Option<i64> {
    let typed = form.value("target").to_owned();
    form.checked("target", parse_amount(&typed, currency))
}

fn ceiling(form: &mut Form, currency: Currency) -> Option<i64> {
    let typed = form.value("ceiling").to_owned();
    let ceiling = form.checked("ceiling", parse_amount(&typed, currency))?;
    if ceiling < SMALLEST_MINOR {
        let least = display(SMALLEST_MINOR, currency);
        form.refuse("ceiling", format!("The largest gift cannot be below the smallest, which is {least}."));
        return None;
    }
    Some(ceiling)
}

fn carry(form: &mut Form) -> Option<Carry> {
    let carry = Carry::from_name(form.value("carry")).ok_or("Please choose what the next appeal takes over.");
    form.checked("carry", carry)
}

fn days(form: &mut Form) -> Option<Vec<Weekday>> {
    let ticked: Vec<&str> = WEEK.iter().map(|(day, _)| *day).filter(|day| form.has("days", day)).collect();
    let days = days_from_text(&ticked.join(",")).ok_or("Please choose days of the week.");
    form.checked("days", days)
}

fn deadline(form: &mut Form) -> Option<(NaiveDate, Option<NaiveTime>)> {
    let typed = form.value("deadline").to_owned();
    let date = if typed.trim().is_empty() { Err("Please give the last day.") } else { read_date(&typed) };
    let date = form.checked("deadline", date);
    let typed = form.value("time").trim().to_owned();
    let time = if typed.is_empty() {
        Some(None)
    } else {
        let time =
            NaiveTime::parse_from_str(&typed, "%H:%M").or_else(|_| NaiveTime::parse_from_str(&typed, "%H:%M:%S"));
        form.checked("time", time.map_err(|_| "Please write the time of day as 18:00, or leave it empty.")).map(Some)
    };
    Some((date?, time?))
}

/// Why something is done, or nothing and a note that a reason is wanted.
pub fn reason(form: &mut Form) -> Option<String> {
    let typed = form.value("reason").to_owned();
    let reason = parse::reason(&typed);
    let reason = form.checked("reason", reason)?;
    if reason.is_empty() {
        form.refuse("reason", FundError::ReasonMissing);
        return None;
    }
    Some(reason)
}

/// What changed of a fund, for the audit trail: "title, largest gift".
pub fn differences(before: &Fund, after: &Fund) -> String {
    let fields = [
        ("title", before.title != after.title),
        ("target of appeals to come", before.target_minor != after.target_minor),
        ("what is carried over", before.carry != after.carry),
        ("publication days", before.publication_days != after.publication_days),
        ("largest gift", before.ceiling_minor != after.ceiling_minor),
    ];
    fields.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name).collect::<Vec<_>>().join(", ")
}

/// A change of an appeal, as the treasurer wants to read it: with who and when.
#[derive(Debug, Clone)]
pub struct ChangeLine {
    /// "27 June 2021 at 12:00"
    pub at: String,
    /// Who.
    pub who: String,
    /// "Target"
    pub field: &'static str,
    /// Before; may be empty.
    pub old: String,
    /// After.
    pub new: String,
    /// Why.
    pub reason: String,
}

/// Puts a change into words.
pub fn change_line(change: &Change, fund: &Fund) -> ChangeLine {
    let counted =
        |text: &str| text.parse().map_or_else(|_| text.to_owned(), |minor| display_short(minor, fund.currency));
    let typed = |text: &str| {
        parse_amount(text, fund.currency).map_or_else(|_| text.to_owned(), |minor| display_short(minor, fund.currency))
    };
    let (old, new) = (change.old_value.as_str(), change.new_value.as_str());
    let (field, old, new) = match change.field.as_str() {
        "target" => ("Target", typed(old), typed(new)),
        "deadline" => ("Deadline", old.to_owned(), new.to_owned()),
        "carried" => ("Carried over", counted(old), counted(new)),
        "closed" => ("Books closed", String::new(), format!("at entry {new}")),
        "reopened" => ("Books opened again", String::new(), format!("at entry {new}")),
        _ => ("Opened", String::new(), new.to_owned()),
    };
    let at = moment(change.changed_at, fund.zone);
    ChangeLine { at, who: who(&change.changed_by), field, old, new, reason: change.reason.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::GBP;

    fn one_off() -> Form {
        Form::new()
            .with("title", "New press")
            .with("slug", "New-Press")
            .with("currency", "gbp")
            .with("zone", "Europe/London")
            .with("target", "25,000")
            .with("carry", "none")
            .with("rhythm", "one_off")
            .with("deadline", "2021-12-24")
            .with("time", "18:00")
    }

    #[test]
    fn a_fund_that_runs_once_has_its_deadline_with_the_time_of_day() {
        let new = new_fund(&mut one_off()).expect("a fund");

        let deadline = new.deadline.map(|(date, time)| (date.to_string(), time.map(|time| time.to_string())));
        assert_eq!(deadline, Some(("2021-12-24".to_owned(), Some("18:00:00".to_owned()))));
        assert_eq!((new.slug.as_str(), new.target_minor), ("new-press", 2_500_000));
    }

    #[test]
    fn every_fault_of_a_new_fund_is_noted_at_once() {
        let mut form = Form::new().with("currency", "XYZ").with("zone", "London").with("rhythm", "one_off");

        let new = new_fund(&mut form);

        assert!(new.is_none());
        for field in ["title", "currency", "zone", "carry", "deadline"] {
            assert!(form.fault(field).is_some(), "{field}: {:?}", form.faults());
        }
    }

    #[test]
    fn a_new_target_needs_a_reason() {
        let mut form = Form::new().with("target", "20000").with("reason", "  ");

        assert_eq!(new_target(&mut form, GBP), None);
        assert!(form.fault("reason").is_some());
    }
}
