//! MT940, SWIFT's "customer statement message", as banks pass it on.
//!
//! Read here and not by the crate mt940 1.1: that one panics on an entry day such as 30 February, reads the entry day of
//! a line over New Year in the wrong year, and refuses letters and tags which banks use. SWIFT Standards Category 9.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};

use super::amount::{Decimal, signed};
use super::day;
use super::text::{joined, one_line};
use super::{FileError, Found, LINES_MAX, Terms};
use crate::money::Currency;
use crate::statements::told::{Told, ToldLine};
use crate::statements::{Format, Kind};

const LABEL: &str = "MT940";
/// Longest field: six lines of 65 characters are the standard's, and banks send more.
const FIELD_BYTES_MAX: usize = 8_000;

/// Reads every statement; the pages of one are put together.
///
/// # Errors
/// [`FileError`]; a line that cannot be taken is a fault of the answer.
pub fn read(text: &str, terms: &Terms<'_>) -> Result<Found, FileError> {
    let mut message =
        Message { terms, found: Found::new(Format::Mt940), told: None, number: 0, is_closed: false, is_paged: false };
    for (tag, value) in fields(text) {
        message.field(&tag, &value)?;
    }
    message.ends()?;
    // "62M" is the balance at the end of a page: another must follow.
    if message.is_paged { Err(FileError::Truncated(LABEL)) } else { Ok(message.found) }
}

/// Tags with their texts: a line that begins with `:61:` opens a field, every other line goes on with it.
fn fields(text: &str) -> Vec<(String, String)> {
    let mut fields: Vec<(String, String)> = Vec::new();
    for line in text.lines() {
        let line = line.trim_end();
        // "{1:F01...}{4:" before, "-}" or "-" behind.
        let line = line.rsplit_once("{4:").map_or(line, |(_, rest)| rest);
        if line.is_empty() || line == "-" || line.starts_with("-}") || line.starts_with('{') {
            continue;
        }
        match tag_of(line) {
            Some((tag, rest)) => fields.push((tag.to_owned(), rest.to_owned())),
            None => {
                if let Some((_, value)) = fields.last_mut()
                    && value.len() < FIELD_BYTES_MAX
                {
                    value.push('\n');
                    value.push_str(line);
                }
            }
        }
    }
    fields
}

/// ":60F:C210601GBP1,00" is "60F" and the rest.
fn tag_of(line: &str) -> Option<(&str, &str)> {
    let (tag, rest) = line.strip_prefix(':')?.split_once(':')?;
    let is_tag = (2..=3).contains(&tag.len()) && tag.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_tag.then_some((tag, rest))
}

struct Message<'a> {
    terms: &'a Terms<'a>,
    found: Found,
    told: Option<Told>,
    number: i64,
    is_closed: bool,
    is_paged: bool,
}

impl Message<'_> {
    fn field(&mut self, tag: &str, value: &str) -> Result<(), FileError> {
        if tag == "20" {
            self.ends()?;
            self.told = Some(Told::default());
            self.is_closed = false;
            return Ok(());
        }
        let Some(told) = &mut self.told else {
            return Err(FileError::Broken(LABEL, format!("the field :{tag}: stands before the first :20:")));
        };
        match tag {
            "25" | "25P" => told.account = one_line(value),
            "28" | "28C" => told.bank_number = one_line(value),
            "60F" | "60M" => {
                let (day, currency, minor) = balance(value, self.terms).map_err(broken)?;
                told.currency = currency;
                told.from_on = Some(day);
                told.opening_minor = Some(minor);
            }
            "62F" | "62M" => {
                let (day, _, minor) = balance(value, self.terms).map_err(broken)?;
                told.until_on = Some(day);
                told.closing_minor = Some(minor);
                self.is_closed = true;
                self.is_paged = tag == "62M";
            }
            "61" => self.line(value)?,
            "86" if !self.is_closed => {
                if let Some(line) = told.lines.last_mut() {
                    about(line, value);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn line(&mut self, value: &str) -> Result<(), FileError> {
        self.number += 1;
        if self.found.lines() + self.told.as_ref().map_or(0, |told| told.lines.len()) >= LINES_MAX {
            return Err(FileError::TooLong);
        }
        let Some(told) = &mut self.told else { return Ok(()) };
        let currency = Currency::from_code(&told.currency).unwrap_or(self.terms.currency);
        match line_of(value, self.number, currency, self.terms) {
            Ok(Some(line)) => told.lines.push(line),
            Ok(None) => self.found.notes.push((self.number, "no money moved; left out".to_owned())),
            Err(fault) => self.found.faults.push((self.number, fault)),
        }
        Ok(())
    }

    /// Takes the statement up, or puts a page to the page before.
    fn ends(&mut self) -> Result<(), FileError> {
        let Some(mut told) = self.told.take() else { return Ok(()) };
        if !self.is_closed {
            return Err(FileError::Truncated(LABEL));
        }
        // The opening balance is of the evening before; a statement begins with its first line.
        if let Some(first) = told.lines.iter().map(|line| line.booked_on).min() {
            told.from_on = Some(first);
        }
        told.lines.sort_by_key(|line| line.booked_on);
        if let Some(before) = self.found.statements.last_mut()
            && before.account == told.account
            && sheet_of(&before.bank_number) == sheet_of(&told.bank_number)
            && !told.bank_number.is_empty()
            && before.closing_minor == told.opening_minor
        {
            before.lines.append(&mut told.lines);
            before.closing_minor = told.closing_minor;
            before.until_on = told.until_on.max(before.until_on);
            return Ok(());
        }
        self.found.take(told)
    }
}

/// "00123/002" is page 2 of statement 123.
fn sheet_of(bank_number: &str) -> &str {
    bank_number.split('/').next().unwrap_or_default()
}

fn broken(what: String) -> FileError {
    FileError::Broken(LABEL, what)
}

/// "C210601GBP1234,56"
fn balance(value: &str, terms: &Terms<'_>) -> Result<(NaiveDate, String, i64), String> {
    let odd = || format!("the balance {:?} is not understood", one_line(value));
    let value = value.trim();
    let (sign, day, code, figure) = (value.get(..1), value.get(1..7), value.get(7..10), value.get(10..));
    let (Some(sign), Some(day), Some(code), Some(figure)) = (sign, day, code, figure) else { return Err(odd()) };
    let currency = Currency::from_code(code).ok_or_else(odd)?;
    let minor = signed(figure, Decimal::Comma, currency)?.ok_or_else(odd)?;
    let day = day::sane(day_of(day).ok_or_else(odd)?, terms.today)?;
    match sign {
        "C" => Ok((day, code.to_owned(), minor)),
        "D" => Ok((day, code.to_owned(), -minor)),
        _ => Err(odd()),
    }
}

/// "210625"
fn day_of(text: &str) -> Option<NaiveDate> {
    if !text.is_ascii() || text.len() != 6 {
        return None;
    }
    NaiveDate::from_ymd_opt(2_000 + text[..2].parse::<i32>().ok()?, text[2..4].parse().ok()?, text[4..].parse().ok()?)
}

/// "2106250625CR25,00NTRFFF7K3M9QXP//B7-1" and what the bank adds on the next line.
fn line_of(value: &str, number: i64, currency: Currency, terms: &Terms<'_>) -> Result<Option<ToldLine>, String> {
    let (head, supplement) = value.split_once('\n').unwrap_or((value, ""));
    let odd = |what: &str| format!("{what} in {:?}", head.chars().take(60).collect::<String>());
    let value_day = head.get(..6).and_then(day_of).ok_or_else(|| odd("no day"))?;
    let rest = &head[6..];
    let (booked_on, rest) = match rest.get(..4).filter(|text| text.bytes().all(|byte| byte.is_ascii_digit())) {
        Some(month_and_day) => (near(value_day, month_and_day).ok_or_else(|| odd("no day of entry"))?, &rest[4..]),
        None => (value_day, rest),
    };
    let booked_on = day::sane(booked_on, terms.today)?;
    let marks = [("RC", -1), ("RD", 1), ("EC", 1), ("ED", -1), ("C", 1), ("D", -1)];
    let (sign, rest) = marks
        .into_iter()
        .find_map(|(mark, sign)| rest.strip_prefix(mark).map(|rest| (sign, rest)))
        .ok_or_else(|| odd("neither credit nor debit"))?;
    let rest = rest.strip_prefix(|c: char| c.is_ascii_alphabetic()).unwrap_or(rest);
    let end = rest.find(|c: char| !c.is_ascii_digit() && c != ',').unwrap_or(rest.len());
    let (figure, rest) = rest.split_at(end);
    let minor = signed(figure, Decimal::Comma, currency)?.ok_or_else(|| odd("no amount"))?;
    if minor == 0 {
        return Ok(None);
    }
    let code = rest.get(1..4).unwrap_or_default();
    let references = rest.get(4..).unwrap_or_default();
    let (own, bank) = references.split_once("//").unwrap_or((references, ""));
    let own = if matches!(own.trim(), "NONREF" | "NOREF") { "" } else { own };
    Ok(Some(ToldLine {
        line: number,
        booked_on,
        amount_minor: sign * minor,
        kind: kind(code),
        reference: one_line(own),
        description: one_line(supplement),
        bank_id: one_line(bank),
        ..ToldLine::default()
    }))
}

/// The day "1231" that is nearest to another: entries over New Year are of the year before or after.
fn near(day: NaiveDate, month_and_day: &str) -> Option<NaiveDate> {
    let (month, of_month) = (month_and_day[..2].parse().ok()?, month_and_day[2..].parse().ok()?);
    let years = day.year() - 1..=day.year() + 1;
    years
        .filter_map(|year| NaiveDate::from_ymd_opt(year, month, of_month))
        .min_by_key(|near| (*near - day).num_days().abs())
}

/// Puts what `:86:` says into the line: free text, "?20" parts, or "/REMI/" parts.
fn about(line: &mut ToldLine, value: &str) {
    let bytes = value.as_bytes();
    let is_parted = bytes.len() > 5 && bytes[..3].iter().all(u8::is_ascii_digit) && bytes[3].is_ascii_punctuation();
    if is_parted {
        return about_parts(line, &value.replace('\n', ""));
    }
    let flat = value.replace('\n', "");
    if let Some(parts) = slashed(&flat) {
        let part = |name: &str| parts.get(name).map_or("", String::as_str);
        line.payer = joined([part("NAME")]);
        line.payer_account = joined([part("IBAN"), part("ACCW")]);
        line.reference = joined(
            [part("REMI"), part("USTD"), part("EREF"), line.reference.as_str()]
                .into_iter()
                .filter(|text| *text != "NOTPROVIDED"),
        );
        line.description = joined([line.description.as_str(), part("TRTP"), part("MARF")]);
        return;
    }
    line.description = joined([line.description.as_str(), value.replace('\n', " ").as_str()]);
}

/// "166?00TRANSFER?20FF7K3M9?21QXP?32A READER": parts are cut at 27 characters, so they go together without space.
fn about_parts(line: &mut ToldLine, value: &str) {
    let Some(mark) = value[3..].chars().next() else { return };
    let (mut texts, mut account, mut name, mut posting) = (String::new(), String::new(), String::new(), String::new());
    for part in value[4..].split(mark) {
        let (Some(number), Some(text)) = (part.get(..2), part.get(2..)) else { continue };
        match number {
            "00" => posting.push_str(text),
            "20" | "21" | "22" | "23" | "24" | "25" | "26" | "27" | "28" | "29" | "60" | "61" | "62" | "63" => {
                texts.push_str(text)
            }
            "31" => account.push_str(text),
            "32" | "33" => name.push_str(text),
            _ => {}
        }
    }
    line.payer = one_line(&name);
    line.payer_account = one_line(&account);
    line.reference = joined([texts.as_str(), line.reference.as_str()]);
    line.description = joined([posting.as_str(), line.description.as_str()]);
}

/// The words that banks put between slashes.
const SLASHED: [&str; 14] =
    ["EREF", "REMI", "NAME", "IBAN", "BIC", "TRTP", "MARF", "CSID", "BENM", "ORDP", "PREF", "IREF", "ACCW", "USTD"];

/// "/EREF/NOTPROVIDED/REMI/FF7K3M9QXP/NAME/A READER"
fn slashed(value: &str) -> Option<BTreeMap<&'static str, String>> {
    if !SLASHED.iter().any(|word| value.starts_with(&format!("/{word}/"))) {
        return None;
    }
    let (mut parts, mut word) = (BTreeMap::<&'static str, String>::new(), "");
    for piece in value.split('/') {
        match SLASHED.iter().find(|known| **known == piece) {
            Some(known) => word = known,
            None if word.is_empty() || piece.is_empty() => {}
            None => {
                let text = parts.entry(word).or_default();
                if !text.is_empty() {
                    text.push('/');
                }
                text.push_str(piece);
            }
        }
    }
    Some(parts)
}

fn kind(code: &str) -> Kind {
    match code {
        "TRF" | "FPI" | "BGC" => Kind::Transfer,
        "STO" => Kind::StandingOrder,
        "DDT" => Kind::DirectDebit,
        "CHK" | "COL" => Kind::Cheque,
        "CHG" | "COM" => Kind::Fee,
        "INT" => Kind::Interest,
        _ => Kind::Other,
    }
}
