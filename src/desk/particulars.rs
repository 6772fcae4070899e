//! The society's particulars: texts in, a society out, with the limits that keep a receipt on one page. No database.

use crate::funds::Society;
use crate::http::Form;
use crate::outbox;

/// Longest registered name: it stands on one line of a receipt, or two.
const NAME_CHARS_MAX: usize = 150;
/// Lines of the registered office: more would push the receipt off its page.
const ADDRESS_LINES_MAX: usize = 6;
/// Longest line of the registered office.
const ADDRESS_LINE_CHARS_MAX: usize = 100;
/// Longest registration, "Registered under the Co-operative ... Act 2014, No. 12750R".
const REGISTRATION_CHARS_MAX: usize = 150;
/// Longest sentence about Gift Aid.
const SENTENCE_CHARS_MAX: usize = 300;
/// Longest name of a bank account that banks compare.
const ACCOUNT_NAME_CHARS_MAX: usize = 70;
/// Longest name on a cheque.
const PAYEE_CHARS_MAX: usize = 100;
/// A sort code has six digits in the United Kingdom.
const SORT_CODE_DIGITS: usize = 6;
/// An account number has eight digits in the United Kingdom; older ones have fewer and are written with zeros before.
const ACCOUNT_DIGITS: usize = 8;

/// The particulars as they stand, as texts.
pub fn form(society: &Society) -> Form {
    Form::new()
        .with("name", &society.name)
        .with("address", &society.address)
        .with("registration", &society.registration)
        .with("charity_sentence", &society.charity_sentence)
        .with("contact_email", &society.contact_email)
        .with("bank_account_name", &society.bank_account_name)
        .with("bank_sort_code", &society.bank_sort_code)
        .with("bank_account_number", &society.bank_account_number)
        .with("cheques_payable_to", &society.cheques_payable_to)
}

/// The society as the form has it now; what is wrong is noted in the form.
pub fn society(form: &mut Form) -> Society {
    let society = Society {
        name: line(form, "name", "registered name", NAME_CHARS_MAX),
        address: address(form),
        registration: line(form, "registration", "registration", REGISTRATION_CHARS_MAX),
        charity_sentence: line(form, "charity_sentence", "sentence", SENTENCE_CHARS_MAX),
        contact_email: email(form),
        bank_account_name: line(form, "bank_account_name", "account name", ACCOUNT_NAME_CHARS_MAX),
        bank_sort_code: sort_code(form),
        bank_account_number: account_number(form),
        cheques_payable_to: line(form, "cheques_payable_to", "name on the cheque", PAYEE_CHARS_MAX),
    };
    for (field, text, sentence) in [
        ("name", &society.name, "The law asks for the society’s full registered name on every page and receipt."),
        ("address", &society.address, "Please give the registered office; it stands on every receipt."),
        (
            "registration",
            &society.registration,
            "Please give the registration, for example Registered society No. 12750R.",
        ),
        (
            "charity_sentence",
            &society.charity_sentence,
            "Please say whether gifts are eligible for Gift Aid; readers ask.",
        ),
    ] {
        if text.is_empty() && form.fault(field).is_none() {
            form.refuse(field, sentence);
        }
    }
    note_half_an_account(form, &society);
    society
}

fn note_half_an_account(form: &mut Form, society: &Society) {
    let message = "A transfer needs all three: account name, sort code and account number. Please fill this in, or \
                   leave all three empty.";
    let parts = [
        ("bank_account_name", society.bank_account_name.is_empty()),
        ("bank_sort_code", society.bank_sort_code.is_empty()),
        ("bank_account_number", society.bank_account_number.is_empty()),
    ];
    if parts.iter().all(|(_, is_empty)| *is_empty) {
        return;
    }
    for (field, _) in parts.iter().filter(|(_, is_empty)| *is_empty) {
        if form.fault(field).is_none() {
            form.refuse(field, message);
        }
    }
}

fn line(form: &mut Form, field: &str, what: &str, chars_max: usize) -> String {
    let text = form.value(field).trim().to_owned();
    if text.chars().count() > chars_max {
        form.refuse(field, format!("Please shorten the {what} to {chars_max} characters."));
    } else if text.chars().any(char::is_control) {
        form.refuse(field, format!("Please write the {what} on one line."));
    }
    text
}

fn address(form: &mut Form) -> String {
    let lines: Vec<String> =
        form.value("address").lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect();
    if lines.len() > ADDRESS_LINES_MAX {
        form.refuse("address", format!("Please write the address in at most {ADDRESS_LINES_MAX} lines."));
    } else if lines.iter().any(|line| line.chars().count() > ADDRESS_LINE_CHARS_MAX) {
        form.refuse("address", format!("Please keep each line to {ADDRESS_LINE_CHARS_MAX} characters."));
    } else if lines.iter().any(|line| line.chars().any(char::is_control)) {
        form.refuse("address", "Please leave special characters out of the address.");
    }
    lines.join("\n")
}

fn email(form: &mut Form) -> String {
    let text = form.value("contact_email").trim().to_owned();
    if text.is_empty() {
        return text;
    }
    form.checked("contact_email", outbox::address(&text)).unwrap_or(text)
}

fn sort_code(form: &mut Form) -> String {
    let Some(digits) = digits(form, "bank_sort_code") else { return String::new() };
    match digits {
        Ok(digits) if digits.len() == SORT_CODE_DIGITS => {
            format!("{}-{}-{}", &digits[..2], &digits[2..4], &digits[4..])
        }
        _ => {
            form.refuse("bank_sort_code", "A sort code has six digits, for example 12-34-56.");
            form.value("bank_sort_code").trim().to_owned()
        }
    }
}

fn account_number(form: &mut Form) -> String {
    let Some(digits) = digits(form, "bank_account_number") else { return String::new() };
    match digits {
        Ok(digits) if digits.len() == ACCOUNT_DIGITS => digits,
        Ok(digits) if (6..ACCOUNT_DIGITS).contains(&digits.len()) => {
            let filled = format!("{digits:0>ACCOUNT_DIGITS$}");
            let message =
                format!("An account number has eight digits. A shorter one is written with zeros before it: {filled}.");
            form.refuse("bank_account_number", message);
            digits
        }
        _ => {
            form.refuse("bank_account_number", "An account number has eight digits, for example 12345678.");
            form.value("bank_account_number").trim().to_owned()
        }
    }
}

/// The digits of a field without the spaces and dashes people put between them; nothing when it is empty.
fn digits(form: &Form, field: &str) -> Option<Result<String, ()>> {
    let bare: String = form.value(field).chars().filter(|c| !c.is_whitespace() && !matches!(c, '-' | '–')).collect();
    if bare.is_empty() {
        return None;
    }
    Some(if bare.bytes().all(|byte| byte.is_ascii_digit()) { Ok(bare) } else { Err(()) })
}

/// What changed, for the audit trail, with what it was before: a changed account number is how money is stolen.
pub fn differences(before: &Society, after: &Society) -> String {
    let fields = [
        ("name", &before.name, &after.name),
        ("address", &before.address, &after.address),
        ("registration", &before.registration, &after.registration),
        ("Gift Aid sentence", &before.charity_sentence, &after.charity_sentence),
        ("contact", &before.contact_email, &after.contact_email),
        ("account name", &before.bank_account_name, &after.bank_account_name),
        ("sort code", &before.bank_sort_code, &after.bank_sort_code),
        ("account number", &before.bank_account_number, &after.bank_account_number),
        ("cheques payable to", &before.cheques_payable_to, &after.cheques_payable_to),
    ];
    let changed = fields.into_iter().filter(|(_, before, after)| before != after);
    changed.map(|(name, before, after)| format!("{name}: {before:?} to {after:?}")).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled() -> Form {
        Form::new()
            .with("name", "Press Society Limited")
            .with("address", " Ruskin House \r\n\r\n23 Coombe Road ")
            .with("registration", "Registered society No. 12750R")
            .with("charity_sentence", "Not eligible for Gift Aid.")
    }

    #[test]
    fn an_address_is_kept_line_by_line_without_its_accidents() {
        let mut form = filled();

        let society = society(&mut form);

        assert_eq!(society.address, "Ruskin House\n23 Coombe Road");
        assert!(!form.is_refused(), "{:?}", form.faults());
    }

    #[test]
    fn a_sort_code_is_understood_however_it_is_written() {
        for typed in ["123456", "12-34-56", "12 34 56", " 12–34–56 "] {
            let mut form = filled()
                .with("bank_sort_code", typed)
                .with("bank_account_name", "Press Society")
                .with("bank_account_number", "1234 5678");

            let society = society(&mut form);

            assert!(!form.is_refused(), "{typed}: {:?}", form.faults());
            assert_eq!(
                (society.bank_sort_code.as_str(), society.bank_account_number.as_str()),
                ("12-34-56", "12345678")
            );
        }
    }

    #[test]
    fn half_a_bank_account_is_noticed_where_it_is_missing() {
        let mut form = filled().with("bank_sort_code", "12-34-56").with("bank_account_number", "1234567");

        society(&mut form);

        assert!(form.fault("bank_account_name").is_some());
        assert!(form.fault("bank_account_number").is_some_and(|fault| fault.contains("01234567")));
        assert!(form.fault("bank_sort_code").is_none());
    }
}
