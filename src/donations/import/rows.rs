//! A row of a list as a gift, or why it is none.
//!
//! Invariant: money, day, currency and state are read or refused with the row; a row that is left out is told.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, NaiveDateTime};

use super::words::{self, State};
use crate::donations::parse::{self, CheckedGift, Limits, RawGift};
use crate::funds::Fund;
use crate::ledger::Method;
use crate::reference::Reference;
use crate::sheet::amount::{Decimal, signed};
use crate::sheet::day::{self, DayOrder, Seen};
use crate::sheet::{Field, Places, Row, unguarded};
use crate::supporters;

/// What a list may tell of a gift: the columns of the API and of our own export, and what other programs have besides.
pub const FIELDS: [Field; 23] = [
    Field::one("key", &[]),
    Field::one("reference", &[]),
    Field::one("fund", &[]),
    Field::one("status", &["paymentstatus", "donationstatus", "contributionstatus", "state"]),
    Field::one("amount", &[]),
    Field::one("confirmed", &[]),
    Field::one("refunded", &["amountrefunded", "refundedamount"]),
    Field::one("refund_of", &["referencetxnid"]),
    Field::one("fee", &["fees", "feeamount", "processingfee"]),
    Field::one("currency", &["currencycode"]),
    Field { constants: &METHODS, ..Field::one("method", &["paymentmethod", "howpaid"]) },
    Field::one("received_on", &["date", "received", "datereceived", "donationdate", "day"]),
    Field::many("name", &["fullname", "donor", "donorname", "giver", "supporter", "displayname"]),
    Field::many("first_name", &["firstname", "forename", "givenname"]),
    Field::many("last_name", &["surname", "familyname"]),
    Field::one("email", &["emailaddress", "donoremail"]),
    Field::many("address", &["postaladdress"]),
    Field::one("acknowledge_as", &[]),
    Field::one("anonymous", &["isanonymous", "anonymousdonation"]),
    Field::many("note", &["notes", "comment", "comments", "donorcomment", "message"]),
    Field::one("in_memory_of", &["inmemory"]),
    Field::one("memory_in_print", &[]),
    Field::one("appeal", &[]),
];

const METHODS: [&str; 8] =
    ["cash", "cheque", "bank_transfer", "standing_order", "direct_debit", "card", "paypal", "other"];

/// As in the API.
const KEY_CHARS_MAX: usize = 255;

/// What all rows of a file settle together.
#[derive(Debug, Default)]
pub(super) struct Survey {
    days: Seen,
    has_point: bool,
    has_comma: bool,
    /// What went back of each gift on rows of its own, by the gift's key.
    refunds: HashMap<String, i64>,
    /// The gift's key and the amount, as they stand.
    rows_of_refunds: Vec<(String, String)>,
}

impl Survey {
    /// Looks at a row.
    pub fn look(&mut self, row: &Row) {
        self.days.look(row.cell("received_on"));
        let amount = row.cell("amount");
        match decimals(amount) {
            Some(('.', 1..=2)) => self.has_point = true,
            Some((',', 1..=2)) => self.has_comma = true,
            _ => {}
        }
        let of = row.cell("refund_of");
        // A refund that failed took nothing back.
        let has_failed = words::state(row.cell("status")) == Some(State::NotPaid);
        let is_refund = has_failed && row.cell("status").to_lowercase().contains("refund");
        if !of.is_empty() && (!has_failed || is_refund) {
            self.rows_of_refunds.push((of.to_owned(), amount.to_owned()));
        }
    }

    /// Adds up what went back, once all rows have said how amounts are written.
    pub fn settle(&mut self, fund: &Fund) {
        for (of, amount) in std::mem::take(&mut self.rows_of_refunds) {
            if let Ok(Some(minor @ ..0)) = signed(&amount, self.decimal(), fund.currency) {
                *self.refunds.entry(of).or_default() -= minor;
            }
        }
    }

    fn decimal(&self) -> Decimal {
        if self.has_comma && !self.has_point { Decimal::Comma } else { Decimal::Point }
    }

    /// Whether day or month stands first, as the rows settle it.
    pub fn days(&self) -> Seen {
        self.days
    }
}

/// The last sign among the digits of an amount, and how many digits stand behind it.
fn decimals(text: &str) -> Option<(char, usize)> {
    let figure = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let at = figure.rfind(['.', ','])?;
    let behind = &figure[at + 1..];
    let is_figure = !behind.is_empty() && behind.bytes().all(|byte| byte.is_ascii_digit());
    is_figure.then(|| (if figure[at..].starts_with('.') { '.' } else { ',' }, behind.len()))
}

/// A row that is a gift.
#[derive(Debug)]
pub(super) struct Told {
    pub checked: CheckedGift,
    /// The key of the program that it comes from; empty for none.
    pub key: String,
    /// The number of a gift of ours, where the row names one.
    pub ours: Option<i64>,
    /// Where a letter on paper goes; may be empty.
    pub address: String,
    pub fee_minor: i64,
}

/// What a row is.
pub(super) enum Read {
    Gift(Box<Told>),
    /// Why it is none: "with status “Refunded”".
    LeftOut(String),
}

/// How the rows of one file are read.
pub(super) struct Reader<'a> {
    pub fund: &'a Fund,
    /// The slugs of all funds.
    pub funds: &'a [String],
    pub places: &'a Places,
    pub survey: &'a Survey,
    pub days: DayOrder,
    /// Times of the file are in UTC, not in the fund's zone.
    pub is_utc: bool,
}

impl Reader<'_> {
    /// Reads a row.
    ///
    /// # Errors
    /// What is wrong with it, each with its column.
    pub fn read(&self, row: &Row) -> Result<Read, String> {
        row.check_length()?;
        if let Some(why) = self.not_paid(row)? {
            return Ok(Read::LeftOut(why));
        }
        let currency = row.cell("currency");
        let ours = self.fund.currency;
        if !currency.is_empty() && !currency.eq_ignore_ascii_case(ours.code()) && currency != ours.sign().trim() {
            return Err(format!(
                "currency: it is in {currency}, and this fund counts in {}. Please enter what the bank made of it.",
                ours.code()
            ));
        }
        let key = row.cell("key").to_owned();
        let amount = match self.amount(row, &key)? {
            Ok(amount) => amount,
            Err(why) => return Ok(Read::LeftOut(why)),
        };
        let raw = self.raw(row, amount)?;
        let checked = parse::check(&raw, self.fund, Limits::Here).map_err(|faults| {
            faults.iter().map(|fault| format!("{}: {}", fault.field, fault.message)).collect::<Vec<_>>().join(" ")
        })?;
        if key.chars().count() > KEY_CHARS_MAX {
            return Err(format!("key: Please use at most {KEY_CHARS_MAX} characters."));
        }
        let reference = row.cell("reference");
        let ours = reference.parse::<Reference>().ok().map(Reference::number);
        let key = if key.is_empty() && ours.is_some() { reference.to_owned() } else { key };
        let address = supporters::rules::address(&row.joined("address", "\n").replace("; ", "\n"))
            .map_err(|message| format!("address: {message}"))?;
        // What a fee column says is told, and never taken off the gift.
        let fee = signed(row.cell("fee"), self.survey.decimal(), self.fund.currency).ok().flatten();
        Ok(Read::Gift(Box::new(Told { checked, key, ours, address, fee_minor: fee.map_or(0, i64::abs) })))
    }

    /// Why the money of a row is not here, as its columns say.
    fn not_paid(&self, row: &Row) -> Result<Option<String>, String> {
        let fund = row.cell("fund");
        if fund != self.fund.slug && self.funds.iter().any(|slug| slug == fund) {
            return Ok(Some(format!("of the fund {fund}")));
        }
        if !self.places.has("status") {
            return Ok(None);
        }
        let status = row.cell("status");
        match words::state(status) {
            Some(State::Paid) => Ok(None),
            Some(State::NotPaid) => Ok(Some(format!("with status “{status}”"))),
            Some(State::InPart) => Err(format!(
                "status: \"{status}\" does not say how much of it is here. Please write that into the amount, and \"paid\" here."
            )),
            None => Err(format!(
                "status: \"{status}\" is neither a word for paid nor for not paid. Please write \"paid\", or take the row out."
            )),
        }
    }

    /// The gross gift as a text; the inner error is why there is none.
    fn amount(&self, row: &Row, key: &str) -> Result<Result<String, String>, String> {
        let text = unguarded(row.cell("amount"));
        let decimal = self.survey.decimal();
        let is_settled = self.survey.has_point || self.survey.has_comma;
        if !is_settled && matches!(decimals(text), Some(('.', 3))) {
            return Err(format!("amount: \"{text}\" may be a thousand or one. Please write it as 1,000.00 or 1.00."));
        }
        let minor = match signed(text, decimal, self.fund.currency) {
            Ok(Some(0)) => return Ok(Err("in which no money moved".to_owned())),
            Ok(Some(..0)) if self.places.has("refund_of") => {
                return Ok(Err("of money that went out".to_owned()));
            }
            Ok(Some(..0)) => {
                return Err(format!(
                    "amount: {text} went out, and this list has only gifts. If it is a refund, say which column names the \
                     gift (refund_of); otherwise please take the row out."
                ));
            }
            Ok(minor) => minor.unwrap_or(0),
            Err(_) => 0,
        };
        let back =
            signed(row.cell("refunded"), decimal, self.fund.currency).map_err(|what| format!("refunded: {what}"))?;
        let of_key = if key.is_empty() { 0 } else { self.survey.refunds.get(key).copied().unwrap_or(0) };
        match back.map_or(0, i64::abs).max(of_key) {
            0 => {}
            back if back >= minor => return Ok(Err("that went back in full".to_owned())),
            _ => {
                return Err(
                    "refunded: a part of it went back. Please write what was kept into the amount, and empty this."
                        .to_owned(),
                );
            }
        }
        Ok(Ok(match decimal {
            Decimal::Point => text.to_owned(),
            Decimal::Comma => text.replace('.', "").replace(',', "."),
        }))
    }

    fn raw(&self, row: &Row, amount: String) -> Result<RawGift, String> {
        let cell = |name: &str| unguarded(row.cell(name)).to_owned();
        let truth = |name: &str| words::truth(row.cell(name)).map_err(|message| format!("{name}: {message}"));
        let names = [row.joined("first_name", " "), row.joined("last_name", " ")];
        let whole = names.iter().filter(|name| !name.is_empty()).cloned().collect::<Vec<_>>().join(" ");
        let name = row.joined("name", " ");
        Ok(RawGift {
            amount,
            method: self.method(row)?,
            received_on: self.received_on(row)?,
            name: if name.is_empty() { whole } else { name },
            email: cell("email"),
            acknowledge_as: cell("acknowledge_as"),
            anonymous: truth("anonymous")?,
            note: row.joined("note", "\n"),
            in_memory_of: cell("in_memory_of"),
            memory_in_print: truth("memory_in_print")?,
            appeal: cell("appeal"),
            confirmed: truth("confirmed")?,
        })
    }

    fn method(&self, row: &Row) -> Result<String, String> {
        let text = row.cell("method");
        if let Some(constant) = self.places.constant("method") {
            return Ok(constant.to_owned());
        }
        words::method(text).map(str::to_owned).ok_or_else(|| {
            let known = Method::ALL.map(Method::name).join(", ");
            format!("method: \"{text}\" is not one of {known}. Where all of a list came in one way, leave the column out and say that way once (method=cheque).")
        })
    }

    /// The day of a gift in the fund's zone; empty where the file has no such column.
    fn received_on(&self, row: &Row) -> Result<String, String> {
        if !self.places.has("received_on") {
            return Ok(String::new());
        }
        let text = row.cell("received_on");
        if text.is_empty() {
            return Err("received_on: Please give the day on which it came.".to_owned());
        }
        self.day(text).map(|day| day.to_string()).ok_or_else(|| {
            let other = match self.days {
                DayOrder::DayFirst => "the day stands first, as in 27/06/2021",
                DayOrder::MonthFirst => "the month stands first, as in 06/27/2021",
            };
            format!("received_on: \"{text}\" is no day; in this file {other}.")
        })
    }

    fn day(&self, text: &str) -> Option<NaiveDate> {
        if let Ok(moment) = DateTime::parse_from_rfc3339(text) {
            return Some(moment.with_timezone(&self.fund.zone).date_naive());
        }
        if self.is_utc && text.contains(':') {
            let slashes = if self.days == DayOrder::DayFirst { "%d/%m/%Y" } else { "%m/%d/%Y" };
            let days = ["%Y-%m-%d", slashes];
            let mut forms = days.iter().flat_map(|day| ["%H:%M:%S", "%H:%M"].map(|time| format!("{day} {time}")));
            let moment = forms.find_map(|form| NaiveDateTime::parse_from_str(text, &form).ok())?;
            return Some(moment.and_utc().with_timezone(&self.fund.zone).date_naive());
        }
        day::read(text, self.days)
    }
}
