//! CAMT.053, the ISO 20022 "bank to customer statement", of any version from 001.02 on.
//!
//! Versions differ in a few places (`Sts` or `Sts/Cd`, `Dbtr/Nm` or `Dbtr/Pty/Nm`); both are looked for, and the
//! namespace is not asked. The crates that know the whole schema refuse versions that they do not know, and hold the
//! whole file; here memory follows one entry.

use super::amount::{Decimal, signed};
use super::camt_parts::{Own, bulk, kind, told, unparted};
use super::csv::words::{State, state};
use super::day::{self, DayOrder};
use super::text::one_line;
use super::xml::{self, Node, Piece};
use super::{FileError, Found, LINES_MAX, Terms};
use crate::money::Currency;
use crate::statements::Format;
use crate::statements::told::{Told, ToldLine};

const LABEL: &str = "CAMT.053";

/// Reads every statement.
///
/// # Errors
/// [`FileError`]; an entry that cannot be taken is a fault of the answer.
pub fn read(text: &str, terms: &Terms<'_>) -> Result<Found, FileError> {
    let mut found = Found::new(Format::Camt);
    let (mut told, mut number, mut owner) = (Told::default(), 0, String::new());
    xml::walk(text, LABEL, "Stmt", |piece| {
        match piece {
            Piece::Child(node) if node.name == "Ntry" => {
                number += 1;
                entry(&node, (number, &owner), terms, &mut told, &mut found)?;
            }
            Piece::Child(node) => {
                if node.name == "Acct" {
                    owner = one_line(node.first_at(&["Ownr/Nm", "Ownr/Pty/Nm", "Nm"]));
                }
                particular(&node, number, &mut told, &mut found, terms);
            }
            Piece::End => {
                let mut whole = std::mem::take(&mut told);
                whole.lines.sort_by_key(|line| line.booked_on);
                found.take(whole)?;
            }
        }
        Ok(())
    })?;
    Ok(found)
}

/// What stands in a statement besides its entries.
fn particular(node: &Node, number: i64, told: &mut Told, found: &mut Found, terms: &Terms<'_>) {
    match node.name.as_str() {
        "Id" if told.bank_number.is_empty() => told.bank_number = one_line(&node.text),
        "ElctrncSeqNb" => told.bank_number = one_line(&node.text),
        "FrToDt" => {
            told.from_on = day_of(node.first_at(&["FrDtTm", "FrDt"]));
            told.until_on = day_of(node.first_at(&["ToDtTm", "ToDt"])).map(|day| day.min(terms.today));
        }
        "Acct" => {
            told.account = one_line(node.first_at(&["Id/IBAN", "Id/Othr/Id", "Id/PrtryAcct/Id", "Id/BBAN"]));
            told.currency = node.text_at("Ccy").to_owned();
        }
        "Bal" => {
            if let Err(fault) = balance(node, told, terms) {
                found.faults.push((number, fault));
            }
        }
        _ => {}
    }
}

fn balance(node: &Node, told: &mut Told, terms: &Terms<'_>) -> Result<(), String> {
    let code = node.text_at("Tp/CdOrPrtry/Cd");
    if !matches!(code, "OPBD" | "PRCD" | "CLBD" | "ITBD") {
        return Ok(());
    }
    in_one_currency(node, told)?;
    let Ok(Some(minor)) = amount(node, terms) else { return Err(format!("the balance {code} cannot be read")) };
    match code {
        "OPBD" => told.opening_minor = Some(minor),
        // The day's closing of the day before opens this one.
        "PRCD" => told.opening_minor = told.opening_minor.or(Some(minor)),
        "CLBD" => told.closing_minor = Some(minor),
        // A page of a longer statement begins and ends with one of these.
        "ITBD" if told.lines.is_empty() && told.opening_minor.is_none() => told.opening_minor = Some(minor),
        "ITBD" => told.closing_minor = told.closing_minor.or(Some(minor)),
        _ => {}
    }
    Ok(())
}

/// What says first which currency a statement is in is followed by all else.
fn in_one_currency(node: &Node, told: &mut Told) -> Result<(), String> {
    let said = node.at("Amt").map_or("", |amount| amount.currency.as_str());
    if said.is_empty() || said == told.currency {
        return Ok(());
    }
    if told.currency.is_empty() {
        told.currency = said.to_owned();
        return Ok(());
    }
    Err(format!("it is in {said}, the account in {}", told.currency))
}

/// An amount with its sign; the indicator is that of the booking, also of a reversal.
fn amount(node: &Node, terms: &Terms<'_>) -> Result<Option<i64>, String> {
    let amount = node.at("Amt").ok_or("it has no amount (Amt)")?;
    let currency = match amount.currency.as_str() {
        "" => terms.currency,
        code => Currency::from_code(code).ok_or_else(|| format!("{code:?} is no currency that is known"))?,
    };
    let minor = signed(&amount.text, Decimal::Point, currency)?;
    match node.text_at("CdtDbtInd") {
        "CRDT" => Ok(minor),
        "DBIT" => Ok(minor.map(|minor| -minor)),
        other => Err(format!("{other:?} says neither credit nor debit (CdtDbtInd)")),
    }
}

fn entry(
    node: &Node,
    (number, owner): (i64, &str),
    terms: &Terms<'_>,
    told: &mut Told,
    found: &mut Found,
) -> Result<(), FileError> {
    if told.lines.len() >= LINES_MAX {
        return Err(FileError::TooLong);
    }
    match not_booked(node) {
        Ok(None) => {}
        Ok(Some(why)) => {
            found.notes.push((number, why));
            return Ok(());
        }
        Err(fault) => {
            found.faults.push((number, fault));
            return Ok(());
        }
    }
    match lines_of(node, number, owner, terms, told) {
        Ok(lines) if lines.is_empty() => found.notes.push((number, "no money moved; left out".to_owned())),
        Ok(lines) => told.lines.extend(lines),
        Err(fault) => found.faults.push((number, fault)),
    }
    Ok(())
}

/// Why an entry is not booked, if it is not.
fn not_booked(node: &Node) -> Result<Option<String>, String> {
    let status = one_line(node.first_at(&["Sts/Cd", "Sts/Prtry", "Sts"]));
    match state(&status) {
        Some(State::Booked) => Ok(None),
        None if status.is_empty() => Ok(None),
        Some(State::NotBooked) => Ok(Some(format!("not booked yet ({status}); left out"))),
        None => Err(format!("its status {status:?} says neither that it is booked nor that it is not (Sts)")),
    }
}

/// The lines of an entry: one, or one for each payment of a bulk that tells what each was.
fn lines_of(
    node: &Node,
    number: i64,
    owner: &str,
    terms: &Terms<'_>,
    statement: &mut Told,
) -> Result<Vec<ToldLine>, String> {
    in_one_currency(node, statement)?;
    let ours = terms.currency.code();
    let minor = amount(node, terms)?.ok_or("it has no amount (Amt)")?;
    if node.at("Amt").is_some_and(|amount| !amount.currency.is_empty() && amount.currency != ours) {
        return Err(format!("it is in {}, and these books count in {ours}", statement.currency));
    }
    let day = day_of(node.first_at(&["BookgDt/Dt", "BookgDt/DtTm", "ValDt/Dt", "ValDt/DtTm"]));
    let booked_on = day::sane(day.ok_or("it has no booking day that can be read (BookgDt)")?, terms.today)?;
    if minor == 0 {
        return Ok(Vec::new());
    }
    let own = Own { account: &statement.account, name: owner };
    let bank_id = one_line(node.text_at("AcctSvcrRef"));
    let line =
        ToldLine { line: number, booked_on, amount_minor: minor, kind: kind(node), bank_id, ..ToldLine::default() };
    let parts: Vec<&Node> = node.all("NtryDtls").flat_map(|details| details.all("TxDtls")).collect();
    let counted: usize =
        node.all("NtryDtls").filter_map(|details| details.text_at("Btch/NbOfTxs").parse::<usize>().ok()).sum();
    match parts.as_slice() {
        [] => Ok(vec![ToldLine { description: one_line(node.text_at("AddtlNtryInf")), ..line }]),
        [part] if counted < 2 => {
            let id = one_line(part.text_at("Refs/AcctSvcrRef"));
            let bank_id = if line.bank_id.is_empty() { id } else { line.bank_id.clone() };
            Ok(vec![told(ToldLine { bank_id, ..line }, node, part, &own)])
        }
        parts => Ok(bulk(&line, node, parts, &own, terms).unwrap_or_else(|| vec![unparted(line, node, parts, &own)])),
    }
}

fn day_of(text: &str) -> Option<chrono::NaiveDate> {
    text.get(..10).and_then(|day| day::read(day, DayOrder::DayFirst))
}
