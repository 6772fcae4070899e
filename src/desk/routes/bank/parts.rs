//! What a form says a line is for: one choice, a new gift, an account, a payout, or several parts that add up.

use crate::donations::parse::{self, Limits, RawGift};
use crate::funds::Fund;
use crate::http::{FieldError, Form, Problem};
use crate::ledger::{Method, accounts};
use crate::money::{Currency, display, parse_amount};
use crate::payments::GiftFor;
use crate::reference::Reference;
use crate::shares::numbers::application_of;
use crate::statements::Line;
use crate::statements::matching::{For, Part, What};

/// What the one key for money that is no gift posts to: the bank's fees where it went out.
pub(super) fn other(line: &Line) -> &'static str {
    if line.amount_minor > 0 { accounts::OTHER_INCOME } else { accounts::PAYMENT_FEES }
}

/// The whole of a line for one choice of a button.
pub(super) fn chosen(line: &Line, code: &str) -> Result<Part, Problem> {
    let what = match code {
        "unallocated" => Some(For::Unallocated),
        "other" => Some(For::Account(other(line).to_owned(), String::new())),
        code => What::of_code(code).map(For::Offered),
    };
    let what = what.ok_or_else(|| Problem::conflict("Please choose what the money is for."))?;
    Ok(Part { amount_minor: line.amount_minor, what })
}

/// The fields of a new gift.
pub(super) const GIFT_FIELDS: [&str; 7] = ["fund", "appeal", "name", "email", "acknowledge_as", "in_memory_of", "note"];

/// The whole of a line as a gift that the books do not know; what is wrong stands in the form.
pub(super) fn gift(line: &Line, form: &mut Form, funds: &[Fund]) -> Option<Part> {
    let fund = funds.iter().find(|fund| fund.slug == form.value("fund")).or(funds.first().filter(|_| funds.len() == 1));
    let fund = form.checked("fund", fund.ok_or("Please choose the fund."))?;
    let raw = RawGift {
        amount: believable(fund),
        method: Method::BankTransfer.name().to_owned(),
        name: form.value("name").to_owned(),
        email: form.value("email").to_owned(),
        acknowledge_as: form.value("acknowledge_as").to_owned(),
        anonymous: form.has("anonymous", "true"),
        note: form.value("note").to_owned(),
        in_memory_of: form.value("in_memory_of").to_owned(),
        memory_in_print: form.is_ticked("memory_in_print"),
        ..RawGift::default()
    };
    if let Err(faults) = parse::check(&raw, fund, Limits::Here) {
        for fault in faults {
            let field = if GIFT_FIELDS.contains(&fault.field) { fault.field } else { "name" };
            form.refuse(field, fault.message);
        }
        return None;
    }
    let appeal = form.value("appeal").trim();
    let appeal = match appeal.split_once('/') {
        Some((slug, name)) if slug == fund.slug => Some(name.to_owned()),
        _ => None,
    };
    let what = For::NewGift(GiftFor {
        fund_id: fund.id,
        appeal,
        name: raw.name.trim().to_owned(),
        email: Some(raw.email.trim().to_owned()).filter(|email| !email.is_empty()),
        acknowledge_as: raw.acknowledge_as.trim().to_owned(),
        anonymous: raw.anonymous,
        note: raw.note.trim().to_owned(),
        memory_in_print: raw.memory_in_print && !raw.in_memory_of.trim().is_empty(),
        in_memory_of: raw.in_memory_of.trim().to_owned(),
    });
    Some(Part { amount_minor: line.amount_minor, what })
}

/// An amount that no check minds: what came has come, however much or little it is.
fn believable(fund: &Fund) -> String {
    crate::money::plain(parse::SMALLEST_MINOR, fund.currency)
}

/// The whole of a line to an account that was written or chosen.
pub(super) fn account(line: &Line, form: &mut Form) -> Option<Part> {
    let account = form.value("account").trim().to_owned();
    let note = form.value("note").trim().to_owned();
    if note.chars().count() > NOTE_CHARS_MAX {
        form.refuse("note", format!("Please shorten this to {NOTE_CHARS_MAX} characters."));
        return None;
    }
    Some(Part { amount_minor: line.amount_minor, what: For::Account(account, note) })
}

/// The longest word on a posting: a line of a statement.
const NOTE_CHARS_MAX: usize = 200;

/// The whole of a line as a processor's payout, of which the gross was written.
pub(super) fn payout(line: &Line, form: &mut Form, currency: Currency) -> Option<Part> {
    let gross = form.value("gross").to_owned();
    let gross_minor = form.checked("gross", parse_amount(&gross, currency))?;
    Some(Part { amount_minor: line.amount_minor, what: For::Offered(What::Payout { gross_minor }) })
}

/// Rows of the form that splits a line.
pub(super) const ROWS: usize = 6;

/// What a row of the split may be for, as the form sends it and as people read it.
pub(super) const KINDS: [(&str, &str); 5] = [
    ("promise", "a promise or an application, by its reference"),
    ("gift", "a new gift"),
    ("other", "other income"),
    ("account", "another account"),
    ("unallocated", "not known yet"),
];

/// The same for money that left.
pub(super) const KINDS_OUT: [(&str, &str); 4] = [
    ("other", "a fee of the bank"),
    ("account", "another account"),
    ("bounce", "a gift that the bank did not pay, by its reference"),
    ("unallocated", "not known yet"),
];

/// The parts of a line as they were typed; the rest of what came is told where they do not add up.
///
/// # Errors
/// The first row that cannot be, or the difference.
pub(super) fn split(line: &Line, form: &Form, fund: &Fund) -> Result<Vec<Part>, Problem> {
    let (amounts, kinds, subjects) = (form.values("amount"), form.values("kind"), form.values("subject"));
    let mut parts = Vec::new();
    for (row, amount) in amounts.iter().enumerate().take(ROWS).filter(|(_, amount)| !amount.trim().is_empty()) {
        let at =
            |message: String| Problem::fields(vec![FieldError::new("amount", format!("Part {}: {message}", row + 1))]);
        let minor = parse_amount(amount, fund.currency).map_err(|error| at(error.to_string()))?;
        let kind = kinds.get(row).map_or("", String::as_str);
        let subject = subjects.get(row).map_or("", |subject| subject.trim());
        let what = part(line, kind, subject, fund).map_err(at)?;
        parts.push(Part { amount_minor: minor * line.amount_minor.signum(), what });
    }
    let sum: i64 = parts.iter().map(|part| part.amount_minor.abs()).sum();
    let came = line.amount_minor.abs();
    if sum != came {
        let (left, over) = ((came - sum).max(0), (sum - came).max(0));
        let words = if left > 0 {
            format!("{} of the {} is still to be placed.", display(left, fund.currency), display(came, fund.currency))
        } else {
            format!(
                "The parts are {} more than the {} of the line.",
                display(over, fund.currency),
                display(came, fund.currency)
            )
        };
        return Err(Problem::fields(vec![FieldError::new("amount", words)]));
    }
    Ok(parts)
}

fn part(line: &Line, kind: &str, subject: &str, fund: &Fund) -> Result<For, String> {
    Ok(match kind {
        "promise" => {
            let reference: Reference =
                subject.parse().map_err(|error: crate::reference::NotAReference| error.to_string())?;
            For::Offered(match application_of(reference) {
                Some(application) => What::Shares(application),
                None => What::Promise(reference.number()),
            })
        }
        "bounce" if line.amount_minor < 0 => {
            let reference: Reference =
                subject.parse().map_err(|error: crate::reference::NotAReference| error.to_string())?;
            For::Offered(What::Bounce(reference.number()))
        }
        "gift" => {
            let (name, email) = named(subject);
            let raw = RawGift {
                amount: believable(fund),
                method: Method::BankTransfer.name().to_owned(),
                name: name.clone(),
                email: email.clone().unwrap_or_default(),
                ..RawGift::default()
            };
            parse::check(&raw, fund, Limits::Here)
                .map_err(|faults| faults.first().map_or_else(String::new, |f| f.message.clone()))?;
            For::NewGift(GiftFor { fund_id: fund.id, name, email, ..GiftFor::default() })
        }
        "other" => For::Account(other(line).to_owned(), subject.to_owned()),
        "account" => For::Account(subject.to_owned(), String::new()),
        "unallocated" => For::Unallocated,
        _ => return Err("Please say what it is for.".to_owned()),
    })
}

/// "Ann Reader ann@example.org": a name, and the address where its last word is one.
fn named(text: &str) -> (String, Option<String>) {
    match text.rsplit_once(char::is_whitespace) {
        Some((name, last)) if last.contains('@') => {
            (name.trim().to_owned(), Some(last.trim_matches(['<', '>', ',']).to_owned()))
        }
        None if text.contains('@') => (String::new(), Some(text.to_owned())),
        _ => (text.to_owned(), None),
    }
}
