//! An application as it was typed, and the same checks for whoever typed it: the form, the API, the desk.
//!
//! Invariant: every fault is found at once, each with the name of its field and a sentence that says what to do. What
//! a holding may become is left to the register.

use chrono::{Months, NaiveDate};

use super::holder::{HolderKind, NewHolder, together};
use super::numbers::MemberNumber;
use super::rules::age_on;
use super::{Amendment, Applicant, NewApplication, Settings};
use crate::fault::Fault;
use crate::ledger::Method;
use crate::money::{GBP, parse_amount};
use crate::outbox;
use crate::unseen;

/// An application as texts. An empty text is a field that was left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RawApplication {
    /// "ordinary"
    pub class: String,
    /// "10"
    pub shares: String,
    /// "M000123" for a member who wants more; then the holder is left out.
    pub member: String,
    /// Who applies.
    pub holder: RawHolder,
    /// The rules were accepted.
    pub accepts_rules: bool,
    /// How the money will come.
    pub method: String,
    /// A gift to the fund that comes with the money: "15.00".
    pub gift: String,
    /// When it was made, for one that came on paper.
    pub applied_on: String,
}

/// Who applies, as texts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RawHolder {
    /// "person", "joint", "organisation", "society"
    pub kind: String,
    /// The person's or the organisation's name.
    pub name: String,
    /// Joint holders.
    pub names: Vec<String>,
    /// Who votes for an organisation.
    pub representative: String,
    /// The electronic address.
    pub email: String,
    /// What it may be used for.
    pub email_purposes: Vec<String>,
    /// The postal address, one line a line.
    pub address: String,
    /// "2001-05-31"
    pub date_of_birth: String,
}

/// What an address may be used for, as the applicant says (Act of 2014, section 30).
pub const PURPOSES: [&str; 3] = ["shares", "meetings", "news"];
/// Longest name; a body may call itself much.
pub const NAME_CHARS_MAX: usize = 300;
/// Longest postal address.
pub const ADDRESS_CHARS_MAX: usize = 500;
/// Joint holders: at least two, and as many as fit on a certificate.
pub const JOINT_HOLDERS: std::ops::RangeInclusive<usize> = 2..=4;
/// More shares than anybody holds, and few enough that their price is a number.
const SHARES_MAX: i64 = 1_000_000_000;

/// Checks an application by its own words.
///
/// # Errors
/// Every fault, in the order of the fields.
pub fn check(raw: &RawApplication, settings: &Settings, today: NaiveDate) -> Result<NewApplication, Vec<Fault>> {
    let mut faults = Vec::new();
    let class = raw.class.trim().to_owned();
    if class.is_empty() {
        faults.push(fault("class", "Please choose a class of shares."));
    }
    let shares = noted(&mut faults, "shares", shares(&raw.shares));
    let applicant = applicant(&mut faults, raw, settings, today);
    if !raw.accepts_rules {
        faults.push(fault("accepts_rules", "Please accept the society's rules; they bind every member."));
    }
    let method = noted(&mut faults, "method", method(&raw.method));
    let gift = noted(&mut faults, "gift", gift(&raw.gift));
    let applied_on = noted(&mut faults, "applied_on", date(&raw.applied_on));
    match (shares, applicant, method, gift, applied_on) {
        (Some(shares), Some(applicant), Some(method), Some(gift_minor), Some(applied_on)) if faults.is_empty() => {
            Ok(NewApplication { class, shares, applicant, method, gift_minor, applied_on, stranger: None })
        }
        _ => Err(faults),
    }
}

fn applicant(
    faults: &mut Vec<Fault>,
    raw: &RawApplication,
    settings: &Settings,
    today: NaiveDate,
) -> Option<Applicant> {
    if !raw.member.trim().is_empty() {
        let number = raw.member.parse::<MemberNumber>().map_err(|error| error.to_string());
        return noted(faults, "member", number).map(Applicant::Member);
    }
    holder(faults, &raw.holder, settings, today).map(Applicant::New)
}

/// Checks a holder by their own words.
///
/// # Errors
/// Every fault, in the order of the fields.
pub fn check_holder(raw: &RawHolder, settings: &Settings, today: NaiveDate) -> Result<NewHolder, Vec<Fault>> {
    let mut faults = Vec::new();
    let holder = holder(&mut faults, raw, settings, today);
    holder.ok_or(faults)
}

fn holder(faults: &mut Vec<Fault>, raw: &RawHolder, settings: &Settings, today: NaiveDate) -> Option<NewHolder> {
    let Some(kind) = HolderKind::from_name(raw.kind.trim()) else {
        faults.push(fault("holder.kind", "Please say whether this is a person, joint holders or an organisation."));
        return None;
    };
    let names = if kind == HolderKind::Joint { noted(faults, "holder.names", names(&raw.names)) } else { Some(vec![]) };
    let name = match (kind, &names) {
        (HolderKind::Joint, Some(names)) => Some(together(names)),
        (HolderKind::Joint, None) => None,
        _ => noted(faults, "holder.name", line(&raw.name, "name", true)),
    };
    let is_body = matches!(kind, HolderKind::Organisation | HolderKind::Society);
    let representative =
        noted(faults, "holder.representative", line(&raw.representative, "representative's name", is_body));
    let email = noted(faults, "holder.email", email(&raw.email));
    let email_purposes = noted(faults, "holder.email_purposes", purposes(&raw.email_purposes));
    let address = noted(faults, "holder.address", address(&raw.address));
    let date_of_birth = noted(faults, "holder.date_of_birth", born(&raw.date_of_birth, kind, settings, today));
    Some(NewHolder {
        kind,
        name: name?,
        names: names?,
        representative: representative?,
        address: address?,
        email: email?,
        email_purposes: email_purposes?,
        date_of_birth: date_of_birth?,
    })
}

/// What changed about a member, as texts; nothing stands for what did not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RawAmendment {
    /// The person's or the organisation's name.
    pub name: Option<String>,
    /// All joint holders.
    pub names: Option<Vec<String>>,
    /// Who votes for an organisation.
    pub representative: Option<String>,
    /// The postal address.
    pub address: Option<String>,
    /// The electronic address; empty takes it off.
    pub email: Option<String>,
    /// What it may be used for.
    pub email_purposes: Option<Vec<String>>,
    /// "2026-06-01"
    pub valid_from: String,
    /// Why.
    pub reason: String,
}

/// Checks a change of particulars by its own words.
///
/// # Errors
/// Every fault, in the order of the fields.
pub fn check_amendment(raw: &RawAmendment) -> Result<Amendment, Vec<Fault>> {
    let mut faults = Vec::new();
    let mut amendment = Amendment { reason: raw.reason.clone(), ..Amendment::default() };
    if let Some(text) = &raw.name {
        amendment.name = noted(&mut faults, "name", line(text, "name", true));
    }
    if let Some(list) = &raw.names {
        amendment.names = noted(&mut faults, "names", remaining(list));
    }
    if let Some(text) = &raw.representative {
        amendment.representative = noted(&mut faults, "representative", line(text, "representative's name", false));
    }
    if let Some(text) = &raw.address {
        amendment.address = noted(&mut faults, "address", address(text));
    }
    if let Some(text) = &raw.email {
        amendment.email = noted(&mut faults, "email", email(text));
    }
    if let Some(list) = &raw.email_purposes {
        amendment.email_purposes = noted(&mut faults, "email_purposes", purposes(list));
    }
    amendment.valid_from = noted(&mut faults, "valid_from", date(&raw.valid_from)).flatten();
    if faults.is_empty() { Ok(amendment) } else { Err(faults) }
}

/// Joint holders who stay: one may be left alone.
fn remaining(raw: &[String]) -> Result<Vec<String>, String> {
    match raw {
        [alone] => line(alone, "name", true).map(|name| vec![name]),
        several => names(several),
    }
}

fn fault(field: &'static str, message: &str) -> Fault {
    Fault { field, message: message.to_owned() }
}

fn noted<T>(faults: &mut Vec<Fault>, field: &'static str, checked: Result<T, String>) -> Option<T> {
    checked.map_err(|message| faults.push(Fault { field, message })).ok()
}

/// A number of whole shares.
///
/// # Errors
/// A sentence for the field.
pub fn shares(text: &str) -> Result<i64, String> {
    let text = text.trim().replace(',', "");
    if text.is_empty() {
        return Err("Please say how many shares.".to_owned());
    }
    match text.parse::<i64>() {
        Ok(shares @ 1..=SHARES_MAX) => Ok(shares),
        Ok(shares) if shares > SHARES_MAX => Err("That is more shares than the society could ever issue.".to_owned()),
        Ok(_) => Err("Please apply for at least one share.".to_owned()),
        Err(_) => Err("Please give the number of shares in whole figures, for example 10.".to_owned()),
    }
}

fn names(raw: &[String]) -> Result<Vec<String>, String> {
    let names: Vec<String> = raw.iter().map(|name| line(name, "name", false)).collect::<Result<_, _>>()?;
    let names: Vec<String> = names.into_iter().filter(|name| !name.is_empty()).collect();
    if !JOINT_HOLDERS.contains(&names.len()) {
        return Err("Please name two to four joint holders; the one named first votes.".to_owned());
    }
    Ok(names)
}

fn line(text: &str, what: &str, is_needed: bool) -> Result<String, String> {
    let text = unseen::cleaned(text);
    let text = text.trim();
    if text.is_empty() && is_needed {
        return Err(format!("Please give the {what}."));
    }
    if text.chars().count() > NAME_CHARS_MAX {
        return Err(format!("Please shorten the {what} to {NAME_CHARS_MAX} characters."));
    }
    if text.chars().any(char::is_control) {
        return Err(format!("Please write the {what} on one line."));
    }
    Ok(text.to_owned())
}

fn address(text: &str) -> Result<String, String> {
    let text = unseen::cleaned(text);
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let text = lines.join("\n");
    if text.is_empty() {
        return Err("Please give the postal address; the register must have it.".to_owned());
    }
    if text.chars().count() > ADDRESS_CHARS_MAX || text.chars().any(|c| c.is_control() && c != '\n') {
        return Err(format!("Please write the postal address in at most {ADDRESS_CHARS_MAX} characters."));
    }
    Ok(text)
}

fn email(text: &str) -> Result<Option<String>, String> {
    match text.trim() {
        "" => Ok(None),
        text => outbox::address(text).map(Some).map_err(|error| error.to_string()),
    }
}

fn purposes(raw: &[String]) -> Result<String, String> {
    let unknown = raw.iter().find(|purpose| !PURPOSES.contains(&purpose.as_str()));
    if unknown.is_some() {
        return Err(format!("Please choose from: {}.", PURPOSES.join(", ")));
    }
    // Letters about one's own shares go with the application itself.
    let wanted = PURPOSES.iter().filter(|known| **known == "shares" || raw.iter().any(|purpose| purpose == *known));
    Ok(wanted.copied().collect::<Vec<_>>().join(","))
}

fn method(text: &str) -> Result<String, String> {
    match text.trim() {
        "" => Ok(String::new()),
        name => Method::from_name(name)
            .map(|method| method.name().to_owned())
            .ok_or_else(|| format!("Please choose one of: {}.", Method::ALL.map(Method::name).join(", "))),
    }
}

/// A gift, or nothing where nothing was typed.
fn gift(text: &str) -> Result<i64, String> {
    match text.trim() {
        "" | "0" => Ok(0),
        text => parse_amount(text, GBP).map_err(|error| error.to_string()),
    }
}

/// A date, or nothing where nothing was typed.
///
/// # Errors
/// A sentence for the field.
pub fn date(text: &str) -> Result<Option<NaiveDate>, String> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let date: Option<NaiveDate> = text.parse().ok().filter(|_| text.len() == 10);
    let is_ours = |date: &NaiveDate| *date >= NaiveDate::from_ymd_opt(1800, 1, 1).unwrap_or_default();
    date.filter(is_ours)
        .map(Some)
        .ok_or_else(|| "Please write a date that exists as year-month-day, for example 2021-06-27.".to_owned())
}

fn born(text: &str, kind: HolderKind, settings: &Settings, today: NaiveDate) -> Result<Option<NaiveDate>, String> {
    let Some(born) = date(text)? else { return Ok(None) };
    if born > today {
        return Err("This day of birth lies ahead. Please check the year.".to_owned());
    }
    if kind == HolderKind::Person && age_on(born, today) < settings.age_min {
        let from = born.checked_add_months(Months::new(12 * settings.age_min)).unwrap_or(today);
        return Err(format!(
            "Members must be {} or older. You would be welcome from {} on.",
            settings.age_min,
            from.format("%-d %B %Y")
        ));
    }
    Ok(Some(born))
}
