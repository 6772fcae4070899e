//! Files that users met, each with what is right: `tests/cases/files/expected.json`.

use chrono::NaiveDate;
use fighting_fund::money::{GBP, plain};
use fighting_fund::statements::check::{self, OurAccount};
use fighting_fund::statements::files::Found;
use fighting_fund::statements::import::{Books, How};
use fighting_fund::statements::told::ToldLine;
use serde_json::Value;

fn folder() -> String {
    format!("{}/tests/cases/files", env!("CARGO_MANIFEST_DIR"))
}

/// What a file of 2026 holds for a society with this account, or the sentence by which it is refused.
pub fn taken(bytes: &[u8], sort_code: &str, number: &str) -> Result<Found, String> {
    let today = NaiveDate::from_ymd_opt(2026, 11, 30).expect("a day");
    let ours = OurAccount { sort_code: sort_code.to_owned(), number: number.to_owned(), currency: GBP };
    let books = Books { ours, today, saved: Vec::new() };
    let found = books.read_file(bytes, &How::default()).map_err(|error| error.to_string())?;
    if let Some((row, what)) = found.faults.first() {
        return Err(format!("row {row}: {what}"));
    }
    found.statements.iter().try_for_each(|told| check::check(told, &books.ours, books.today))?;
    Ok(found)
}

fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_uppercase).collect()
}

fn has_words(said: &str, wanted: &str) -> bool {
    let said = words(said);
    words(wanted).iter().all(|word| said.contains(word))
}

fn is_line(line: &ToldLine, wanted: &Value) -> bool {
    let text = |name: &str| wanted[name].as_str();
    let all = [&line.payer, &line.reference, &line.description].map(String::as_str).join(" ");
    text("date") == Some(&line.booked_on.to_string())
        && text("amount") == Some(&plain(line.amount_minor, GBP))
        && text("payer").is_none_or(|payer| payer == line.payer)
        && has_words(&all, text("text").unwrap_or_default())
}

/// Why a case is not as it should be.
fn fault(name: &str, wanted: &Value) -> Option<String> {
    let setting = |name: &str| wanted["settings"][name].as_str().unwrap_or_default();
    let bytes = std::fs::read(format!("{}/{name}", folder())).expect("a file");
    let taken = taken(&bytes, setting("bank_sort_code"), setting("bank_account_number"));
    let may_be_refused = wanted["notes"].as_str().is_some_and(|notes| notes.contains("refused with"));
    match (taken, wanted["refused_with_words_on"].as_str()) {
        (Err(sentence), Some(said)) if has_words(&sentence, said) => None,
        (Err(_), None) if may_be_refused => None,
        (Err(sentence), _) => Some(format!("refused: {sentence}")),
        (Ok(_), Some(_)) => Some("it is not refused".to_owned()),
        (Ok(found), None) => {
            let lines: Vec<&ToldLine> = found.statements.iter().flat_map(|told| &told.lines).collect();
            let all = wanted["lines"].as_array().expect("lines");
            let balance = |minor: Option<i64>| minor.map(|minor| plain(minor, GBP));
            let opening = balance(found.statements.first().and_then(|told| told.opening_minor));
            let closing = balance(found.statements.last().and_then(|told| told.closing_minor));
            let are_lines = lines.len() == all.len() && lines.iter().zip(all).all(|(line, one)| is_line(line, one));
            let are_balances = wanted["opening_balance"].as_str() == opening.as_deref()
                && wanted["closing_balance"].as_str() == closing.as_deref();
            (!are_lines || !are_balances).then(|| format!("{opening:?} {lines:?} {closing:?}"))
        }
    }
}

#[test]
fn every_file_that_users_met_is_read_right_or_refused_with_the_way_out() {
    let text = std::fs::read_to_string(format!("{}/expected.json", folder())).expect("what is right");
    let cases: serde_json::Map<String, Value> = serde_json::from_str(&text).expect("JSON");
    let of_banks: Vec<(&String, &Value)> = cases.iter().filter(|(_, case)| case["command"] == "import bank").collect();

    let faults: Vec<String> =
        of_banks.iter().filter_map(|(name, case)| Some(format!("{name}: {}", fault(name, case)?))).collect();

    assert_eq!(of_banks.len(), 40);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
