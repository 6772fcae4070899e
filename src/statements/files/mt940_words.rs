//! What `:86:` of MT940 says of a payment: free text, the "?20" parts of German banks, or words between slashes.
//!
//! Invariant: no word of the payer is lost; the other side is the payer of money that came and the payee of money that
//! went, and what is named on our own side is nobody's name but ours.

use super::text::{joined, one_line};
use crate::statements::told::ToldLine;

/// Puts what a field says into the line. `came_first` says that the payment brought money, though it may be taken back.
pub fn about(line: &mut ToldLine, value: &str, came_first: bool) {
    let bytes = value.as_bytes();
    let is_parted = bytes.len() > 5 && bytes[..3].iter().all(u8::is_ascii_digit) && bytes[3].is_ascii_punctuation();
    if is_parted {
        return about_parts(line, &value.replace('\n', ""));
    }
    let flat = unbroken(value, LINE_CHARS);
    if begins_with_word(&flat) {
        return about_slashed(line, &flat, came_first);
    }
    line.description = joined([line.description.as_str(), value.replace('\n', " ").as_str()]);
}

/// Characters of a line of the standard: a line as long was cut within a word, a shorter one ended with it.
const LINE_CHARS: usize = 65;
/// The same of a part of German banks.
const PART_CHARS: usize = 27;

fn unbroken(value: &str, chars_max: usize) -> String {
    let mut flat = String::with_capacity(value.len());
    for line in value.split('\n') {
        flat.push_str(line);
        if line.chars().count() < chars_max {
            flat.push(' ');
        }
    }
    flat
}

/// Words that German banks put before a part of the text, and whether what follows is the payer's own.
const GERMAN: [(&str, Said); 13] = [
    ("SVWZ+", Said::Own),
    ("EREF+", Said::Reference),
    ("KREF+", Said::Aside),
    ("MREF+", Said::Aside),
    ("CRED+", Said::Aside),
    ("DEBT+", Said::Aside),
    ("PURP+", Said::Aside),
    ("COAM+", Said::Aside),
    ("OAMT+", Said::Aside),
    ("ABWA+", Said::Aside),
    ("ABWE+", Said::Aside),
    ("IBAN+", Said::Account),
    ("BIC+", Said::Nothing),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Said {
    /// What the payer wrote.
    Own,
    /// A reference of the payer's program.
    Reference,
    /// Something else that a person may want to read.
    Aside,
    Account,
    Nothing,
}

/// "166?00TRANSFER?20SVWZ+FF7K3M9QXP?32A READER": a part of 27 characters was cut, a shorter one ends with a word.
fn about_parts(line: &mut ToldLine, value: &str) {
    let Some(mark) = value[3..].chars().next() else { return };
    let (mut texts, mut name, mut account, mut aside) = (String::new(), String::new(), String::new(), Vec::new());
    let add = |text: &mut String, part: &str| {
        text.push_str(part);
        if part.chars().count() < PART_CHARS {
            text.push(' ');
        }
    };
    for part in value[3 + mark.len_utf8()..].split(mark) {
        let (Some(number), Some(text)) = (part.get(..2), part.get(2..)) else {
            aside.push(part.to_owned());
            continue;
        };
        match number {
            "20" | "21" | "22" | "23" | "24" | "25" | "26" | "27" | "28" | "29" | "60" | "61" | "62" | "63" => {
                // A word of the bank begins a part of its own.
                if GERMAN.iter().any(|(word, _)| text.starts_with(word)) && !texts.ends_with(' ') {
                    texts.push(' ');
                }
                add(&mut texts, text);
            }
            "31" | "38" if account.is_empty() => account.push_str(text),
            "32" | "33" => add(&mut name, text),
            "00" => aside.insert(0, text.to_owned()),
            "10" | "30" | "31" | "34" | "38" => {}
            // A mark within a text of the payer is no mark.
            _ if !number.bytes().all(|byte| byte.is_ascii_digit()) => texts.push_str(part),
            _ => aside.push(text.to_owned()),
        }
    }
    let said = german(&texts);
    let of = |kind: Said| said.iter().filter(move |(what, _)| *what == kind).map(|(_, text)| text.as_str());
    line.payer = one_line(&name);
    if account.is_empty() {
        account = of(Said::Account).next().unwrap_or_default().to_owned();
    }
    if line.payer_account.is_empty() {
        line.payer_account = one_line(&account);
    }
    let references = of(Said::Own).chain(of(Said::Reference)).chain(std::iter::once(line.reference.as_str()));
    let reference = joined(references.filter(|text| one_line(text) != "NOTPROVIDED"));
    let asides = aside.iter().map(String::as_str).chain(std::iter::once(line.description.as_str()));
    let description = joined(asides.chain(of(Said::Aside)));
    (line.reference, line.description) = (reference, description);
}

/// Cuts a text at the words that German banks put before its parts.
fn german(texts: &str) -> Vec<(Said, String)> {
    let mut said: Vec<(Said, String)> = Vec::new();
    let mut kind = Said::Own;
    let mut text = String::new();
    let mut rest = texts;
    while let Some(c) = rest.chars().next() {
        let is_begin = text.is_empty() || text.ends_with(' ');
        if let Some((word, next)) = GERMAN.iter().find(|(word, _)| is_begin && rest.starts_with(word)) {
            said.push((kind, std::mem::take(&mut text)));
            kind = *next;
            rest = &rest[word.len()..];
            continue;
        }
        text.push(c);
        rest = &rest[c.len_utf8()..];
    }
    said.push((kind, text));
    said.retain(|(_, text)| !text.trim().is_empty());
    said
}

/// The words that banks put between slashes.
const SLASHED: [&str; 35] = [
    "EREF", "REMI", "NAME", "IBAN", "BIC", "TRTP", "MARF", "CSID", "BENM", "ORDP", "PREF", "IREF", "ACCW", "USTD",
    "STRD", "CNTP", "ADDR", "ISDT", "ULTB", "ULTD", "ULTC", "PURP", "RTRN", "SVCL", "EXCH", "CHGS", "CREF", "KREF",
    "SCOR", "INIT", "ID", "OCMT", "CUR", "RREF", "SUBJ",
];

fn begins_with_word(value: &str) -> bool {
    SLASHED.iter().any(|word| {
        value.strip_prefix('/').and_then(|rest| rest.strip_prefix(word)).is_some_and(|rest| rest.starts_with('/'))
    })
}

/// Whose name and account a word tells.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    /// The bank does not say.
    Open,
    Payer,
    Payee,
    /// The other side, whichever it is.
    Other,
}

/// A word between slashes, what stands behind it, and on whose side.
struct Part<'v> {
    word: &'v str,
    side: Side,
    pieces: Vec<&'v str>,
}

impl Part<'_> {
    fn text(&self) -> String {
        let some: Vec<&str> = self.pieces.iter().map(|piece| piece.trim()).filter(|piece| !piece.is_empty()).collect();
        some.join("/")
    }
}

/// "/EREF/NOTPROVIDED/REMI/FF7K3M9QXP/NAME/A READER"
fn about_slashed(line: &mut ToldLine, value: &str, came_first: bool) {
    let ours = if came_first { Side::Payee } else { Side::Payer };
    let (mut names, mut accounts, mut own, mut references, mut aside) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for part in parts(value) {
        let text = part.text();
        match part.word {
            "CNTP" => {
                // Account, bank, name, town.
                let piece = |at: usize| part.pieces.get(at).map_or("", |piece| piece.trim()).to_owned();
                accounts.push(piece(0));
                names.push(piece(2));
                aside.extend(part.pieces.iter().skip(3).map(|piece| piece.trim().to_owned()));
            }
            "NAME" | "BENM" | "ORDP" if part.side != ours && names.is_empty() && !text.is_empty() => names.push(text),
            "IBAN" | "ACCW" if part.side != ours => accounts.push(text),
            "REMI" | "USTD" | "STRD" | "SCOR" | "SUBJ" => own.push(text),
            "EREF" | "PREF" | "CREF" => references.push(text),
            "IBAN" | "ACCW" | "BIC" | "CUR" | "ISDT" => {}
            "ID" if part.side != Side::Open => {}
            _ => aside.push(text),
        }
    }
    let some = |texts: &[String]| joined(texts.iter().map(String::as_str).filter(|text| *text != "NOTPROVIDED"));
    if line.payer.is_empty() {
        line.payer = some(&names);
    }
    if line.payer_account.is_empty() {
        line.payer_account = some(&accounts[..accounts.len().min(1)]);
    }
    let (own, references) = (some(&own), some(&references));
    line.reference = joined([own.as_str(), references.as_str(), line.reference.as_str()]);
    line.description = joined([line.description.as_str(), some(&aside).as_str()]);
}

fn parts(value: &str) -> Vec<Part<'_>> {
    let mut parts: Vec<Part<'_>> = Vec::new();
    let mut side = Side::Open;
    for piece in value.split('/') {
        if let Some(word) = SLASHED.iter().find(|word| **word == piece) {
            side = match *word {
                "BENM" | "ULTB" | "ULTC" => Side::Payee,
                "ORDP" | "ULTD" => Side::Payer,
                "CNTP" => Side::Other,
                "NAME" | "IBAN" | "ACCW" | "BIC" | "ADDR" | "ID" => side,
                _ => Side::Open,
            };
            parts.push(Part { word, side, pieces: Vec::new() });
        } else if let Some(part) = parts.last_mut() {
            part.pieces.push(piece);
        }
    }
    parts
}
