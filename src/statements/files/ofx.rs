//! Open Financial Exchange: version 1, which is SGML that leaves closing tags out, and version 2, which is XML.
//!
//! Both are the same tags, so one reader takes both: a tag with a text is a fact, a tag without one opens an aggregate.
//! quick-xml finds the tags. The crates for OFX itself are young or of 2021 and refuse what banks send.
//! OFX 1.6 and 2.2, sections 2 and 11.4.

use std::borrow::Cow;
use std::collections::HashMap;

use quick_xml::Reader;
use quick_xml::events::Event;

use super::amount::{Decimal, signed};
use super::day::{self, DayOrder};
use super::text::{joined, one_line};
use super::xml::{DOCUMENT_TYPE, resolved};
use super::{FileError, Found, LINES_MAX, Terms};
use crate::money::Currency;
use crate::statements::told::{Told, ToldLine};
use crate::statements::{Format, Kind};

const LABEL: &str = "OFX";
/// Aggregates inside each other; the standard needs ten.
const DEPTH_MAX: usize = 64;
/// Longest text of a fact.
const TEXT_BYTES_MAX: usize = 16_000;

/// Reads every statement.
///
/// # Errors
/// [`FileError`]; a line that cannot be taken is a fault of the answer.
pub fn read(text: &str, terms: &Terms<'_>) -> Result<Found, FileError> {
    let start = text.find('<').unwrap_or(text.len());
    let text = with_texts_escaped(&text[start..]);
    let mut reader = Reader::from_str(&text);
    let config = reader.config_mut();
    config.check_end_names = false;
    config.allow_unmatched_ends = true;
    config.allow_dangling_amp = true;
    config.expand_empty_elements = true;
    let mut walk = Walk::new(terms);
    loop {
        match reader.read_event() {
            Ok(Event::Start(tag)) => walk.start(&tag.local_name().as_ref().to_ascii_uppercase())?,
            Ok(Event::End(tag)) => walk.end(&tag.local_name().as_ref().to_ascii_uppercase())?,
            Ok(Event::Text(part)) => walk.say(&part),
            Ok(Event::CData(part)) => walk.say(&part),
            Ok(Event::GeneralRef(reference)) => walk.say(&resolved(&reference)),
            // No bank writes one; it could only redefine what stands in the file.
            Ok(Event::DocType(_)) => return Err(FileError::Broken(LABEL, DOCUMENT_TYPE.to_owned())),
            Ok(Event::Eof) => break,
            Ok(_) => {}
            Err(quick_xml::Error::Syntax(_)) => return Err(FileError::Truncated(LABEL)),
            Err(error) => return Err(FileError::Broken(LABEL, error.to_string())),
        }
    }
    if walk.is_whole { Ok(walk.found) } else { Err(FileError::Truncated(LABEL)) }
}

/// Banks do not escape what a payer wrote, such as "<3": only a name in capitals between `<` and `>` is a tag.
fn with_texts_escaped(text: &str) -> Cow<'_, str> {
    let is_upper = text.contains("OFX>");
    let is_tag = |rest: &str| {
        let rest = rest.strip_prefix('/').unwrap_or(rest);
        if rest.starts_with(['?', '!']) {
            return true;
        }
        let end = rest
            .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | ':')))
            .unwrap_or(rest.len());
        let name = &rest[..end];
        let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic())
            && !(is_upper && name.contains(|c: char| c.is_ascii_lowercase()));
        // `<OFX xmlns="...">` has more behind its name; a text has no `>` at all, or not on its line.
        let behind = &rest[end..];
        is_name && (behind.starts_with(['>', '/']) || (name == "OFX" && behind.starts_with(char::is_whitespace)))
    };
    let mut escaped = String::new();
    let mut from = 0;
    for (at, _) in text.match_indices('<').filter(|(at, _)| !is_tag(&text[at + 1..])) {
        escaped.push_str(&text[from..at]);
        escaped.push_str("&lt;");
        from = at + 1;
    }
    if from == 0 {
        return Cow::Borrowed(text);
    }
    escaped.push_str(&text[from..]);
    Cow::Owned(escaped)
}

/// What a fact belongs to: the innermost of these that is open.
const CONTEXTS: [&str; 14] = [
    "OFX",
    "STATUS",
    "STMTRS",
    "CCSTMTRS",
    "BANKACCTFROM",
    "CCACCTFROM",
    "BANKTRANLIST",
    "STMTTRN",
    "PAYEE",
    "BANKACCTTO",
    "LEDGERBAL",
    "AVAILBAL",
    "CURRENCY",
    "ORIGCURRENCY",
];

struct Walk<'a> {
    terms: &'a Terms<'a>,
    open: Vec<String>,
    /// A tag that may turn out a fact or an aggregate, and its text so far.
    last: Option<(String, String)>,
    /// Facts of the statement and of its line, "BANKACCTFROM/ACCTID".
    statement: HashMap<String, String>,
    line: HashMap<String, String>,
    lines: Vec<ToldLine>,
    number: i64,
    found: Found,
    is_whole: bool,
}

impl<'a> Walk<'a> {
    fn new(terms: &'a Terms<'a>) -> Self {
        Self {
            terms,
            open: Vec::new(),
            last: None,
            statement: HashMap::new(),
            line: HashMap::new(),
            lines: Vec::new(),
            number: 0,
            found: Found::new(Format::Ofx),
            is_whole: false,
        }
    }

    fn start(&mut self, name: &str) -> Result<(), FileError> {
        if let Some(aggregate) = self.settle() {
            self.open.push(aggregate);
        }
        if self.open.len() >= DEPTH_MAX {
            return Err(FileError::Broken(LABEL, "its tags are nested too deeply".to_owned()));
        }
        self.last = Some((name.to_owned(), String::new()));
        Ok(())
    }

    fn say(&mut self, text: &str) {
        if let Some((_, said)) = &mut self.last
            && said.len() < TEXT_BYTES_MAX
        {
            said.push_str(text);
        }
    }

    /// Notes the last tag as a fact if it has a text; otherwise gives its name back.
    fn settle(&mut self) -> Option<String> {
        let (name, text) = self.last.take()?;
        let text = one_line(&text);
        if text.is_empty() {
            return Some(name);
        }
        let context =
            self.open.iter().rev().find(|open| CONTEXTS.contains(&open.as_str())).cloned().unwrap_or_default();
        let is_of_line = self.open.iter().any(|open| matches!(open.as_str(), "STMTTRN" | "STMTTRNP"));
        let facts = if is_of_line { &mut self.line } else { &mut self.statement };
        facts.entry(format!("{context}/{name}")).or_insert(text);
        None
    }

    fn end(&mut self, name: &str) -> Result<(), FileError> {
        let is_own = self.last.as_ref().is_some_and(|(last, _)| last == name);
        if self.settle().is_some_and(|aggregate| aggregate == name) || is_own {
            return Ok(());
        }
        if !self.open.iter().any(|open| open == name) {
            return Ok(());
        }
        while let Some(closed) = self.open.pop() {
            match closed.as_str() {
                "STMTTRN" => self.line_ends()?,
                "STMTTRNP" => {
                    self.number += 1;
                    self.line.clear();
                    self.found.notes.push((self.number, "not booked yet; left out".to_owned()));
                }
                "STMTRS" | "CCSTMTRS" => self.statement_ends()?,
                "OFX" => self.is_whole = true,
                _ => {}
            }
            if closed == name {
                break;
            }
        }
        Ok(())
    }

    fn line_ends(&mut self) -> Result<(), FileError> {
        self.number += 1;
        if self.lines.len() >= LINES_MAX {
            return Err(FileError::TooLong);
        }
        let facts = std::mem::take(&mut self.line);
        match line_of(&facts, self.number, self.terms) {
            Ok(Some(line)) => self.lines.push(line),
            Ok(None) => self.found.notes.push((self.number, "no money moved; left out".to_owned())),
            Err(fault) => self.found.faults.push((self.number, fault)),
        }
        Ok(())
    }

    fn statement_ends(&mut self) -> Result<(), FileError> {
        let facts = std::mem::take(&mut self.statement);
        let fact = |name: &str| facts.get(name).map_or("", String::as_str);
        let mut lines = std::mem::take(&mut self.lines);
        lines.sort_by_key(|line| line.booked_on);
        let either =
            |one: &str, other: &str| if fact(one).is_empty() { fact(other).to_owned() } else { fact(one).to_owned() };
        let currency = either("STMTRS/CURDEF", "CCSTMTRS/CURDEF");
        let account = joined([fact("BANKACCTFROM/BANKID"), fact("BANKACCTFROM/ACCTID"), fact("CCACCTFROM/ACCTID")]);
        let (from_on, until_on) = (day_of(fact("BANKTRANLIST/DTSTART")), day_of(fact("BANKTRANLIST/DTEND")));
        let known = Currency::from_code(&currency).unwrap_or(self.terms.currency);
        let told = amount(fact("LEDGERBAL/BALAMT"), known).ok().flatten();
        let as_of = day_of(fact("LEDGERBAL/DTASOF"));
        // A balance of a later day than the lines is not the balance after them; one of an earlier day is that of the
        // lines until then.
        let told = told.filter(|_| as_of.zip(until_on).is_none_or(|(as_of, until)| as_of <= until));
        let sum =
            |some: &mut dyn Iterator<Item = &ToldLine>| some.map(|line| line.amount_minor).fold(0, i64::saturating_add);
        let after = sum(&mut lines.iter().filter(|line| as_of.is_some_and(|as_of| line.booked_on > as_of)));
        let closing_minor = told.map(|told| told.saturating_add(after));
        let all = sum(&mut lines.iter());
        self.found.take(Told {
            bank_number: String::new(),
            account,
            currency,
            from_on: from_on.filter(|day| day::sane(*day, self.terms.today).is_ok()),
            until_on: until_on
                .map(|day| day.min(self.terms.today))
                .filter(|day| day::sane(*day, self.terms.today).is_ok()),
            // OFX tells one balance only; the other follows from the lines.
            opening_minor: closing_minor.map(|closing| closing.saturating_sub(all)),
            closing_minor,
            lines,
        })
    }
}

fn line_of(facts: &HashMap<String, String>, number: i64, terms: &Terms<'_>) -> Result<Option<ToldLine>, String> {
    let fact = |name: &str| facts.get(&format!("STMTTRN/{name}")).map_or("", String::as_str);
    let day = day_of(fact("DTPOSTED")).ok_or("it has no day of posting that can be read (DTPOSTED)")?;
    let booked_on = day::sane(day, terms.today)?;
    let amount_minor = amount(fact("TRNAMT"), terms.currency)?.ok_or("it has no amount (TRNAMT)")?;
    if amount_minor == 0 {
        return Ok(None);
    }
    if amount_minor > 0 && fact("TRNTYPE").eq_ignore_ascii_case("DEBIT") {
        return Err(
            "its type says DEBIT and its amount has no minus, so nobody can say whether money came or went".to_owned()
        );
    }
    let said = facts.get("CURRENCY/CURSYM").map_or("", String::as_str);
    if !said.is_empty() && !said.eq_ignore_ascii_case(terms.currency.code()) {
        return Err(format!("it is in {said}, and these books count in {}", terms.currency.code()));
    }
    let payee = facts.get("PAYEE/NAME").map_or("", String::as_str);
    let payer = if fact("NAME").is_empty() { payee } else { fact("NAME") };
    let account = |name: &str| facts.get(&format!("BANKACCTTO/{name}")).map_or("", String::as_str);
    let reference = if fact("MEMO").is_empty() { fact("CHECKNUM") } else { fact("MEMO") };
    Ok(Some(ToldLine {
        line: number,
        booked_on,
        amount_minor,
        kind: kind(fact("TRNTYPE")),
        payer: payer.to_owned(),
        payer_account: joined([account("BANKID"), account("ACCTID")]),
        reference: reference.to_owned(),
        description: joined([fact("REFNUM"), fact("CHECKNUM")].into_iter().filter(|text| *text != reference)),
        bank_id: fact("FITID").to_owned(),
        balance_minor: None,
    }))
}

/// "20210625120000.000[0:GMT]"
fn day_of(text: &str) -> Option<chrono::NaiveDate> {
    text.get(..8).and_then(|day| day::read(day, DayOrder::DayFirst))
}

/// The standard allows a comma before the pence, and no thousands.
fn amount(text: &str, currency: Currency) -> Result<Option<i64>, String> {
    let decimal = if text.contains(',') && !text.contains('.') { Decimal::Comma } else { Decimal::Point };
    signed(text, decimal, currency)
}

fn kind(name: &str) -> Kind {
    match name.to_ascii_uppercase().as_str() {
        "XFER" | "DEP" => Kind::Transfer,
        "REPEATPMT" => Kind::StandingOrder,
        "DIRECTDEBIT" | "DIRECTDEP" => Kind::DirectDebit,
        "CHECK" => Kind::Cheque,
        "CASH" | "ATM" => Kind::Cash,
        "POS" => Kind::Card,
        "FEE" | "SRVCHG" => Kind::Fee,
        "INT" | "DIV" => Kind::Interest,
        _ => Kind::Other,
    }
}
