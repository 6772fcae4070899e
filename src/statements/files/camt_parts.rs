//! The payments of an entry of CAMT: who is on the other side, what they wrote, and what each payment of a bulk comes to.
//!
//! Invariant: a bulk is parted only where its payments add up to it; one that cannot be parted has no payer, and keeps
//! every name and word.

use super::Terms;
use super::amount::{Decimal, signed};
use super::text::{joined, one_line};
use super::xml::Node;
use crate::money::Currency;
use crate::statements::Kind;
use crate::statements::told::ToldLine;

/// Our own account and name, as the statement has them.
pub struct Own<'a> {
    /// IBAN or number; may be empty.
    pub account: &'a str,
    /// The owner; may be empty.
    pub name: &'a str,
}

impl Own<'_> {
    fn is(&self, name: &str, account: &str) -> bool {
        let plain =
            |text: &str| text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect::<String>();
        let is_same = |one: &str, other: &str| !plain(one).is_empty() && plain(one) == plain(other);
        is_same(account, self.account) || (account.is_empty() && is_same(name, self.name))
    }
}

/// Where versions of the format tell what a payment of a bulk comes to.
const AMOUNTS: [&str; 3] = ["Amt", "AmtDtls/TxAmt/Amt", "AmtDtls/InstdAmt/Amt"];

/// The payments of a bulk, each with what it comes to; none where they do not add up to the entry.
pub fn bulk(line: &ToldLine, entry: &Node, parts: &[&Node], own: &Own<'_>, terms: &Terms<'_>) -> Option<Vec<ToldLine>> {
    let of_entry = entry.at("Amt").map_or("", |amount| amount.currency.as_str());
    let charged = charges(entry, line.amount_minor, terms);
    let (shares, fee) = AMOUNTS.into_iter().find_map(|place| {
        let share = |part: &&Node| share(part, place, line.amount_minor, of_entry, terms);
        let shares: Vec<i64> = parts.iter().map(share).collect::<Option<_>>()?;
        let sum = shares.iter().try_fold(0_i64, |sum, share| sum.checked_add(*share))?;
        if sum == line.amount_minor {
            return Some((shares, 0));
        }
        let fee = charged.filter(|fee| sum.checked_sub(*fee) == Some(line.amount_minor))?;
        Some((shares, -fee))
    })?;
    if shares.contains(&0) || parts.len() < 2 {
        return None;
    }
    let mut lines: Vec<ToldLine> = (1..)
        .zip(parts.iter().zip(shares))
        .map(|(at, (part, amount_minor))| {
            let id = one_line(part.text_at("Refs/AcctSvcrRef"));
            let bank_id = if id.is_empty() { numbered(line, &at.to_string()) } else { id };
            told(ToldLine { amount_minor, bank_id, ..line.clone() }, entry, part, own)
        })
        .collect();
    if fee != 0 {
        let description = joined(["Charges", entry.text_at("AddtlNtryInf")]);
        let (kind, bank_id) = (Kind::Fee, numbered(line, "fee"));
        lines.push(ToldLine { amount_minor: fee, kind, bank_id, description, ..line.clone() });
    }
    Some(lines)
}

fn numbered(line: &ToldLine, end: &str) -> String {
    if line.bank_id.is_empty() { String::new() } else { format!("{}/{end}", line.bank_id) }
}

/// What one payment comes to: with its own sign where it has one, else with that of the entry.
fn share(part: &Node, place: &str, whole: i64, of_entry: &str, terms: &Terms<'_>) -> Option<i64> {
    let amount = part.at(place)?;
    if !amount.currency.is_empty() && !of_entry.is_empty() && amount.currency != of_entry {
        return None;
    }
    let currency = Currency::from_code(&amount.currency).unwrap_or(terms.currency);
    let minor = signed(&amount.text, Decimal::Point, currency).ok().flatten()?;
    match part.text_at("CdtDbtInd") {
        "CRDT" => Some(minor),
        "DBIT" => Some(-minor),
        _ => Some(if whole < 0 { -minor } else { minor }),
    }
}

/// What the bank kept of an entry.
fn charges(entry: &Node, whole: i64, terms: &Terms<'_>) -> Option<i64> {
    let all = entry.at("Chrgs")?;
    let total = all.at("TtlChrgsAndTaxAmt").or_else(|| all.at("Rcrd/Amt")).or_else(|| all.at("Amt"))?;
    let currency = Currency::from_code(&total.currency).unwrap_or(terms.currency);
    signed(&total.text, Decimal::Point, currency).ok().flatten().filter(|fee| *fee != 0 && whole != 0)
}

/// A bulk that does not say what each payment was: nobody alone is its payer.
pub fn unparted(line: ToldLine, entry: &Node, parts: &[&Node], own: &Own<'_>) -> ToldLine {
    let each: Vec<ToldLine> = parts
        .iter()
        .map(|part| told(ToldLine { amount_minor: line.amount_minor, ..ToldLine::default() }, entry, part, own))
        .collect();
    let words = each.iter().flat_map(|one| [one.payer.as_str(), one.reference.as_str()]);
    let reference = joined(words);
    let description =
        joined(std::iter::once(entry.text_at("AddtlNtryInf")).chain(each.iter().map(|one| one.description.as_str())));
    ToldLine { reference, description, ..line }
}

/// The line with what its payment says of the other side and of its purpose.
pub fn told(line: ToldLine, entry: &Node, part: &Node, own: &Own<'_>) -> ToldLine {
    let (payer, payer_account, besides) = other_side(&line, entry, part, own);
    let remittance = part.at("RmtInf");
    let mut words: Vec<&str> = Vec::new();
    for about in remittance.into_iter().flat_map(|about| about.all("Strd")) {
        words.push(about.text_at("CdtrRefInf/Ref"));
        words.extend(about.all("RfrdDocInf").map(|document| document.text_at("Nb")));
        words.extend(about.all("AddtlRmtInf").map(|more| more.text.as_str()));
    }
    words.extend(remittance.into_iter().flat_map(|about| about.all("Ustrd")).map(|text| text.text.as_str()));
    let end_to_end = Some(part.text_at("Refs/EndToEndId")).filter(|id| *id != "NOTPROVIDED").unwrap_or_default();
    let reference = joined(words);
    let (reference, other) = if reference.is_empty() { (one_line(end_to_end), "") } else { (reference, end_to_end) };
    let returned = part.at("RtrInf");
    let reasons = returned.into_iter().flat_map(|why| {
        std::iter::once(why.first_at(&["Rsn/Cd", "Rsn/Prtry"]))
            .chain(why.all("AddtlInf").map(|text| text.text.as_str()))
    });
    let said = [
        entry.text_at("AddtlNtryInf"),
        part.text_at("AddtlTxInf"),
        other,
        part.text_at("Refs/ChqNb"),
        besides.as_str(),
    ];
    let description = joined(said.into_iter().chain(reasons));
    ToldLine { payer: one_line(&payer), payer_account: one_line(&payer_account), reference, description, ..line }
}

/// Name and account of the other side, and names that may be either side.
///
/// The other side is the one whose account is not the statement's own. A return may keep the sides of the first payment
/// or turn them; where neither account nor name tells, nobody is named as payer.
fn other_side(line: &ToldLine, entry: &Node, part: &Node, own: &Own<'_>) -> (String, String, String) {
    let parties = part.at("RltdPties");
    let of = |paths: &[&str]| parties.map_or("", |parties| parties.first_at(paths)).to_owned();
    let debtor = (
        of(&["Dbtr/Nm", "Dbtr/Pty/Nm", "UltmtDbtr/Nm", "UltmtDbtr/Pty/Nm"]),
        of(&["DbtrAcct/Id/IBAN", "DbtrAcct/Id/Othr/Id"]),
    );
    let creditor = (
        of(&["Cdtr/Nm", "Cdtr/Pty/Nm", "UltmtCdtr/Nm", "UltmtCdtr/Pty/Nm"]),
        of(&["CdtrAcct/Id/IBAN", "CdtrAcct/Id/Othr/Id"]),
    );
    let is_said = |side: &(String, String)| !side.0.is_empty() || !side.1.is_empty();
    let is_return = matches!(entry.text_at("RvslInd"), "true" | "1") || part.at("RtrInf").is_some();
    let (is_own_debtor, is_own_creditor) = (own.is(&debtor.0, &debtor.1), own.is(&creditor.0, &creditor.1));
    let side = match (is_own_debtor, is_own_creditor) {
        (true, false) => creditor,
        (false, true) => debtor,
        _ if !is_return => {
            if line.amount_minor > 0 {
                debtor
            } else {
                creditor
            }
        }
        _ if !is_said(&creditor) => debtor,
        _ if !is_said(&debtor) => creditor,
        _ => return (String::new(), String::new(), joined([debtor.0.as_str(), creditor.0.as_str()])),
    };
    (side.0, side.1, String::new())
}

/// By the codes of ISO's external code sets: family and sub-family.
pub fn kind(node: &Node) -> Kind {
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
