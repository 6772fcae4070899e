//! CAMT.053, the ISO 20022 "bank to customer statement", of any version from 001.02 on.
//!
//! Versions differ in a few places (`Sts` or `Sts/Cd`, `Dbtr/Nm` or `Dbtr/Pty/Nm`); both are looked for, and the
//! namespace is not asked. The crates that know the whole schema refuse versions that they do not know, and hold the
//! whole file; here memory follows one entry.

use super::amount::{Decimal, signed};
use super::day::{self, DayOrder};
use super::text::{joined, one_line};
use super::xml::{self, Node, Piece};
use super::{FileError, Found, LINES_MAX, Terms};
use crate::money::Currency;
use crate::statements::told::{Told, ToldLine};
use crate::statements::{Format, Kind};

const LABEL: &str = "CAMT.053";

/// Reads every statement.
///
/// # Errors
/// [`FileError`]; an entry that cannot be taken is a fault of the answer.
pub fn read(text: &str, terms: &Terms<'_>) -> Result<Found, FileError> {
    let mut found = Found::new(Format::Camt);
    let (mut told, mut number) = (Told::default(), 0);
    xml::walk(text, LABEL, "Stmt", |piece| {
        match piece {
            Piece::Child(node) if node.name == "Ntry" => {
                number += 1;
                entry(&node, number, terms, &mut told, &mut found)?;
            }
            Piece::Child(node) => particular(&node, &mut told, terms),
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
fn particular(node: &Node, told: &mut Told, terms: &Terms<'_>) {
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
        "Bal" => balance(node, told, terms),
        _ => {}
    }
}

fn balance(node: &Node, told: &mut Told, terms: &Terms<'_>) {
    let Ok(Some(minor)) = amount(node, terms) else { return };
    if told.currency.is_empty() {
        told.currency = node.at("Amt").map_or_else(String::new, |amount| amount.currency.clone());
    }
    match node.text_at("Tp/CdOrPrtry/Cd") {
        "OPBD" => told.opening_minor = Some(minor),
        // The day's closing of the day before opens this one.
        "PRCD" => told.opening_minor = told.opening_minor.or(Some(minor)),
        "CLBD" => told.closing_minor = Some(minor),
        // A page of a longer statement begins and ends with one of these.
        "ITBD" if told.lines.is_empty() && told.opening_minor.is_none() => told.opening_minor = Some(minor),
        "ITBD" => told.closing_minor = told.closing_minor.or(Some(minor)),
        _ => {}
    }
}

/// An amount with its sign; the indicator is that of the booking, also of a reversal.
fn amount(node: &Node, terms: &Terms<'_>) -> Result<Option<i64>, String> {
    let amount = node.at("Amt").ok_or("it has no amount (Amt)")?;
    let currency = Currency::from_code(&amount.currency).unwrap_or(terms.currency);
    let minor = signed(&amount.text, Decimal::Point, currency)?;
    match node.text_at("CdtDbtInd") {
        "CRDT" => Ok(minor),
        "DBIT" => Ok(minor.map(|minor| -minor)),
        other => Err(format!("{other:?} says neither credit nor debit (CdtDbtInd)")),
    }
}

fn entry(node: &Node, number: i64, terms: &Terms<'_>, told: &mut Told, found: &mut Found) -> Result<(), FileError> {
    if told.lines.len() >= LINES_MAX {
        return Err(FileError::TooLong);
    }
    let status = node.first_at(&["Sts/Cd", "Sts"]);
    if !matches!(status, "BOOK" | "") {
        found.notes.push((number, format!("not booked yet ({}); left out", one_line(status))));
        return Ok(());
    }
    match lines_of(node, number, terms, &told.currency) {
        Ok(lines) if lines.is_empty() => found.notes.push((number, "no money moved; left out".to_owned())),
        Ok(lines) => told.lines.extend(lines),
        Err(fault) => found.faults.push((number, fault)),
    }
    Ok(())
}

/// The lines of an entry: one, or one for each payment of a bulk that tells what each was.
fn lines_of(node: &Node, number: i64, terms: &Terms<'_>, currency: &str) -> Result<Vec<ToldLine>, String> {
    let minor = amount(node, terms)?.ok_or("it has no amount (Amt)")?;
    let of_entry = node.at("Amt").map_or("", |amount| amount.currency.as_str());
    if !of_entry.is_empty() && !currency.is_empty() && of_entry != currency {
        return Err(format!("it is in {of_entry}, the account in {currency}"));
    }
    let day = day_of(node.first_at(&["BookgDt/Dt", "BookgDt/DtTm", "ValDt/Dt", "ValDt/DtTm"]));
    let booked_on = day::sane(day.ok_or("it has no booking day that can be read (BookgDt)")?, terms.today)?;
    if minor == 0 {
        return Ok(Vec::new());
    }
    let whole = ToldLine { line: number, booked_on, amount_minor: minor, kind: kind(node), ..ToldLine::default() };
    let parts: Vec<&Node> = node.all("NtryDtls").flat_map(|details| details.all("TxDtls")).collect();
    let bank_id = one_line(node.text_at("AcctSvcrRef"));
    let Some((first, rest)) = parts.split_first() else {
        let description = one_line(node.text_at("AddtlNtryInf"));
        return Ok(vec![ToldLine { description, bank_id, ..whole }]);
    };
    let shares: Option<Vec<i64>> = parts.iter().map(|part| share(part, minor, terms)).collect();
    let sum = shares.as_ref().map(|shares| shares.iter().fold(0, |sum: i64, share| sum.saturating_add(*share)));
    match shares {
        Some(shares) if !rest.is_empty() && sum == Some(minor) && !shares.contains(&0) => Ok((1..)
            .zip(parts.iter().zip(shares))
            .map(|(at, (part, amount_minor))| {
                let own = one_line(part.text_at("Refs/AcctSvcrRef"));
                let bank_id = if own.is_empty() && !bank_id.is_empty() { format!("{bank_id}/{at}") } else { own };
                told(ToldLine { amount_minor, bank_id, ..whole.clone() }, node, part)
            })
            .collect()),
        _ => {
            let own = one_line(first.text_at("Refs/AcctSvcrRef"));
            Ok(vec![told(ToldLine { bank_id: if bank_id.is_empty() { own } else { bank_id }, ..whole }, node, first)])
        }
    }
}

/// What one payment of a bulk comes to, with the sign of the entry.
fn share(part: &Node, whole: i64, terms: &Terms<'_>) -> Option<i64> {
    let amount = part.at("Amt").or_else(|| part.at("AmtDtls/TxAmt/Amt"))?;
    let currency = Currency::from_code(&amount.currency).unwrap_or(terms.currency);
    let minor = signed(&amount.text, Decimal::Point, currency).ok().flatten()?;
    Some(if whole < 0 { -minor } else { minor })
}

/// The line with what its payment says of the other side and of its purpose.
fn told(line: ToldLine, entry: &Node, part: &Node) -> ToldLine {
    let parties = part.at("RltdPties");
    let of = |paths: &[&str]| parties.map_or("", |parties| parties.first_at(paths));
    let (payer, payer_account) = if line.amount_minor > 0 {
        (
            of(&["Dbtr/Nm", "Dbtr/Pty/Nm", "UltmtDbtr/Nm", "UltmtDbtr/Pty/Nm"]),
            of(&["DbtrAcct/Id/IBAN", "DbtrAcct/Id/Othr/Id"]),
        )
    } else {
        (
            of(&["Cdtr/Nm", "Cdtr/Pty/Nm", "UltmtCdtr/Nm", "UltmtCdtr/Pty/Nm"]),
            of(&["CdtrAcct/Id/IBAN", "CdtrAcct/Id/Othr/Id"]),
        )
    };
    let remittance = part.at("RmtInf");
    let structured = remittance.map_or("", |about| about.text_at("Strd/CdtrRefInf/Ref"));
    let free = remittance.into_iter().flat_map(|about| about.all("Ustrd")).map(|text| text.text.as_str());
    let end_to_end = Some(part.text_at("Refs/EndToEndId")).filter(|id| *id != "NOTPROVIDED").unwrap_or_default();
    let reference = joined(std::iter::once(structured).chain(free));
    let (reference, other) = if reference.is_empty() { (one_line(end_to_end), "") } else { (reference, end_to_end) };
    let description = joined([entry.text_at("AddtlNtryInf"), part.text_at("AddtlTxInf"), other]);
    ToldLine { payer: one_line(payer), payer_account: one_line(payer_account), reference, description, ..line }
}

fn day_of(text: &str) -> Option<chrono::NaiveDate> {
    text.get(..10).and_then(|day| day::read(day, DayOrder::DayFirst))
}

/// By the codes of ISO's external code sets: family and sub-family.
fn kind(node: &Node) -> Kind {
    let family = node.text_at("BkTxCd/Domn/Fmly/Cd");
    match (family, node.text_at("BkTxCd/Domn/Fmly/SubFmlyCd")) {
        (_, "CHRG" | "COMM" | "FEES") => Kind::Fee,
        (_, "INTR") => Kind::Interest,
        (_, "STDO") => Kind::StandingOrder,
        ("RDDT" | "IDDT", _) => Kind::DirectDebit,
        ("RCHQ" | "ICHQ", _) => Kind::Cheque,
        ("CNTR", _) => Kind::Cash,
        ("CCRD" | "MCRD", _) => Kind::Card,
        ("RCDT" | "ICDT" | "RRCT" | "IRCT", _) => Kind::Transfer,
        _ => Kind::Other,
    }
}
