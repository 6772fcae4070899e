//! MT940, SWIFT's "customer statement message", as banks pass it on.
//!
//! Read here and not by the crate mt940 1.1: that one panics on an entry day such as 30 February, reads the entry day of
//! a line over New Year in the wrong year, and refuses letters and tags which banks use. SWIFT Standards Category 9.

use chrono::{Datelike, NaiveDate};

use super::amount::{Decimal, signed};
use super::day;
use super::mt940_words::about;
use super::text::one_line;
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
    let mut message = Message {
        terms,
        found: Found::new(Format::Mt940),
        told: None,
        number: 0,
        is_closed: false,
        is_paged: false,
        sides: 0,
    };
    for (tag, value) in fields(text) {
        message.field(tag, &value)?;
    }
    message.ends()?;
    // "62M" is the balance at the end of a page. A page that is whole may be the last that the bank has today.
    if message.is_paged && message.found.statements.last().is_some_and(|told| !adds_up(told)) {
        return Err(FileError::Truncated(LABEL));
    }
    Ok(message.found)
}

fn adds_up(told: &Told) -> bool {
    let sum = told.lines.iter().try_fold(0_i64, |sum, line| sum.checked_add(line.amount_minor));
    let moved = told.opening_minor.zip(told.closing_minor).and_then(|(opening, closing)| closing.checked_sub(opening));
    moved.is_none() || moved == sum
}

/// Where in a message a line stands; it decides which tags may begin there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Before a statement, and behind its end: the bank's name, service lines.
    Outside,
    /// Behind `:20:`.
    Head,
    /// Behind the opening balance.
    Lines,
    /// Behind the closing balance.
    Tail,
}

/// Tags with their texts. A line goes on with the field before unless it begins with a tag that may stand there: a text
/// broken over lines may begin with ":26:37", which is a time.
fn fields(text: &str) -> Vec<(&str, String)> {
    let mut fields: Vec<(&str, String)> = Vec::new();
    let mut place = Place::Outside;
    for line in text.lines() {
        let line = line.trim_end_matches(|c: char| c.is_control());
        // "{1:F01...}{4:" before, "-}" or "-" behind.
        let line = line.rsplit_once("{4:").map_or(line, |(_, rest)| rest);
        if line.trim_end() == "-" || line.starts_with("-}") {
            place = Place::Outside;
            continue;
        }
        if line.trim_end().is_empty() || line.starts_with('{') {
            continue;
        }
        if let Some((tag, rest)) = tag_of(line)
            && let Some(next) = place_of(tag, rest, place)
        {
            place = next;
            fields.push((tag, rest.to_owned()));
        } else if matches!(place, Place::Lines | Place::Tail)
            && let Some((_, value)) = fields.last_mut().filter(|(tag, _)| matches!(*tag, "61" | "86" | "NS"))
            && value.len() < FIELD_BYTES_MAX
        {
            value.push('\n');
            value.push_str(line);
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

/// Where a tag leads, if it may stand here.
fn place_of(tag: &str, rest: &str, place: Place) -> Option<Place> {
    let is_balance = rest.starts_with(['C', 'D', 'R']);
    match (tag, place) {
        ("20", Place::Outside | Place::Head | Place::Tail) => Some(Place::Head),
        ("60F" | "60M", _) if is_balance => Some(Place::Lines),
        ("62F" | "62M", _) if is_balance => Some(Place::Tail),
        ("61", Place::Head | Place::Lines | Place::Tail)
            if rest.get(..6).is_some_and(|day| day.bytes().all(|byte| byte.is_ascii_digit())) =>
        {
            Some(Place::Lines)
        }
        ("86" | "NS", Place::Lines) => Some(Place::Lines),
        ("86" | "NS" | "64" | "65", Place::Tail) => Some(Place::Tail),
        (_, Place::Head) => Some(Place::Head),
        ("61" | "25" | "25P" | "28" | "28C", Place::Outside) => Some(Place::Outside),
        _ => None,
    }
}

struct Message<'a> {
    terms: &'a Terms<'a>,
    found: Found,
    told: Option<Told>,
    number: i64,
    is_closed: bool,
    is_paged: bool,
    /// Whether the last line is of money that came first (1), went first (-1), or none was read (0).
    sides: i64,
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
            // A second one before the end: the statement before was cut short.
            "60F" | "60M" if told.opening_minor.is_some() => return Err(FileError::Truncated(LABEL)),
            "60F" | "60M" => {
                let (day, currency, minor) = balance(value, self.terms).map_err(broken)?;
                told.currency = currency;
                told.from_on = Some(day);
                told.opening_minor = Some(minor);
            }
            "62F" | "62M" => {
                let (day, currency, minor) = balance(value, self.terms).map_err(broken)?;
                if !told.currency.is_empty() && told.currency != currency {
                    return Err(broken(format!("its balances are in {} and in {currency}", told.currency)));
                }
                told.currency = currency;
                told.until_on = Some(day);
                told.closing_minor = Some(minor);
                self.is_closed = true;
                self.is_paged = tag == "62M";
            }
            "61" => self.line(value)?,
            "86" if !self.is_closed => {
                if let Some(line) = told.lines.last_mut().filter(|_| self.sides != 0) {
                    about(line, value, self.sides > 0);
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
        self.sides = 0;
        match line_of(value, self.number, currency, self.terms) {
            Ok(Some((line, came_first))) => {
                told.lines.push(line);
                self.sides = if came_first { 1 } else { -1 };
            }
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

/// "2106250625CR25,00NTRFFF7K3M9QXP//B7-1" and what the bank adds on the next line; beside the line whether the payment
/// first brought money, which a reversal takes back.
fn line_of(
    value: &str,
    number: i64,
    currency: Currency,
    terms: &Terms<'_>,
) -> Result<Option<(ToldLine, bool)>, String> {
    let (head, supplement) = value.split_once('\n').unwrap_or((value, ""));
    let odd = |what: &str| format!("{what} in {:?}", head.chars().take(60).collect::<String>());
    let (booked_on, rest) = entry_day(head).ok_or_else(|| odd("no day"))?;
    let booked_on = day::sane(booked_on, terms.today)?;
    // What the mark says of the balance, and whether the payment first brought money.
    let marks =
        [("RC", -1, true), ("RD", 1, false), ("EC", 1, true), ("ED", -1, false), ("C", 1, true), ("D", -1, false)];
    let (sign, came_first, rest) = marks
        .into_iter()
        .find_map(|(mark, sign, came)| rest.strip_prefix(mark).map(|rest| (sign, came, rest)))
        .ok_or_else(|| odd("neither credit nor debit"))?;
    let rest = rest.strip_prefix(|c: char| c.is_ascii_alphabetic()).unwrap_or(rest);
    let end = rest.find(|c: char| !c.is_ascii_digit() && !matches!(c, ',' | '.')).unwrap_or(rest.len());
    let (figure, rest) = rest.split_at(end);
    // The standard has a comma; some banks write a point.
    let decimal = if figure.contains('.') && !figure.contains(',') { Decimal::Point } else { Decimal::Comma };
    let minor = signed(figure, decimal, currency)?.ok_or_else(|| odd("no amount"))?;
    if minor == 0 {
        return Ok(None);
    }
    let code = rest.get(1..4).unwrap_or_default();
    let references = rest.get(4..).unwrap_or_default();
    let (own, bank) = references.split_once("//").unwrap_or((references, ""));
    let own = if NO_REFERENCES.contains(&own.trim()) { "" } else { own };
    let is_account = is_iban(supplement.trim());
    let line = ToldLine {
        line: number,
        booked_on,
        amount_minor: sign * minor,
        kind: kind(code),
        reference: one_line(own),
        payer_account: if is_account { one_line(supplement) } else { String::new() },
        description: if is_account { String::new() } else { one_line(supplement) },
        bank_id: one_line(bank),
        ..ToldLine::default()
    };
    Ok(Some((line, came_first)))
}

/// Words for "no reference", and for "see :86:".
const NO_REFERENCES: [&str; 8] = ["NONREF", "NOREF", "EREF", "PREF", "MARF", "KREF", "IREF", "NOTPROVIDED"];

fn is_iban(text: &str) -> bool {
    let is_upper = |some: &[u8]| some.iter().all(u8::is_ascii_uppercase);
    let bytes = text.as_bytes();
    (IBAN_MIN..=IBAN_MAX).contains(&bytes.len())
        && is_upper(&bytes[..2])
        && bytes[2..4].iter().all(u8::is_ascii_digit)
        && bytes[4..].iter().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase())
}

/// Norway's is the shortest, Malta's nearly the longest.
const IBAN_MIN: usize = 15;
const IBAN_MAX: usize = 34;

/// The day of the entry and what stands behind it: "2106250625", "210625", "210625    ". A value day that no calendar has,
/// of banks that count thirty days a month, only says near which day the entry is.
fn entry_day(head: &str) -> Option<(NaiveDate, &str)> {
    let (value, rest) = (head.get(..6).filter(|value| value.is_ascii())?, head.get(6..)?);
    let value_day = day_of(value);
    let near_to = value_day.or_else(|| {
        let last = NaiveDate::from_ymd_opt(2_000 + value[..2].parse::<i32>().ok()?, value[2..4].parse().ok()?, 28)?;
        matches!(&value[4..], "29" | "30" | "31").then_some(last)
    });
    match rest.get(..4) {
        Some(entry) if entry.bytes().all(|byte| byte.is_ascii_digit()) => Some((near(near_to?, entry)?, &rest[4..])),
        Some(blank) if blank.trim().is_empty() => Some((value_day?, &rest[4..])),
        _ => Some((value_day?, rest.trim_start())),
    }
}

/// The day "1231" that is nearest to another: entries over New Year are of the year before or after.
fn near(day: NaiveDate, month_and_day: &str) -> Option<NaiveDate> {
    let (month, of_month) = (month_and_day[..2].parse().ok()?, month_and_day[2..].parse().ok()?);
    let years = day.year() - 1..=day.year() + 1;
    years
        .filter_map(|year| NaiveDate::from_ymd_opt(year, month, of_month))
        .min_by_key(|near| (*near - day).num_days().abs())
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
