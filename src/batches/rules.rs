//! Whether a batch adds up, and what its rows post. No clock, no database.

use super::{Batch, By, Kind, Row, Sums};
use crate::money::{Currency, display};
use crate::payments::{GiftFor, Money, Portion, Purpose, Source};
use crate::unseen;

/// The most rows of one batch: five hundred envelopes are a day's work, and one transaction.
pub const ROWS_MAX: i64 = 1_000;

/// What stands between a batch and the books, in sentences; nothing when it adds up.
///
/// ```
/// use fighting_fund::batches::{Sums, rules::differences};
/// use fighting_fund::money::GBP;
/// let entered = Sums { count: 2, sum_minor: 6_300 };
/// assert!(differences(entered, (6_300, 2), GBP).is_empty());
/// let told = differences(entered, (3_600, 2), GBP);
/// assert_eq!(told[0], "The rows come to £63.00, which is £27.00 more than the £36.00 that was counted.");
/// assert!(told[1].contains("two digits"));
/// let told = differences(Sums { count: 1, sum_minor: 3_600 }, (3_600, 2), GBP);
/// assert_eq!(told[0], "There is 1 row, 1 fewer than the 2 that were counted.");
/// ```
pub fn differences(entered: Sums, (control_minor, control_count): (i64, i64), currency: Currency) -> Vec<String> {
    let mut told = Vec::new();
    let over = entered.sum_minor - control_minor;
    if over != 0 {
        let [sum, by, control] = [entered.sum_minor, over.abs(), control_minor].map(|minor| display(minor, currency));
        let way = if over > 0 { "more" } else { "less" };
        told.push(format!("The rows come to {sum}, which is {by} {way} than the {control} that was counted."));
    }
    let extra = entered.count - control_count;
    if extra != 0 {
        let way = if extra > 0 { "more" } else { "fewer" };
        let (rows, by) = (counted(entered.count), extra.abs());
        let [are, were] = [entered.count, control_count].map(|count| count == 1);
        let (are, were) = (if are { "is" } else { "are" }, if were { "was" } else { "were" });
        told.push(format!("There {are} {rows}, {by} {way} than the {control_count} that {were} counted."));
    }
    if over != 0 && extra == 0 && over % 9 == 0 {
        told.push(
            "A difference that nine divides often means that two digits were swapped, such as 63 for 36. Please compare \
             the amounts with that in mind."
                .to_owned(),
        );
    } else if over != 0 && extra == 0 && over % 2 == 0 {
        told.push(format!(
            "Half of the difference is {}: please look for an amount of it that was typed on the wrong side.",
            display(over.abs() / 2, currency)
        ));
    }
    told
}

/// "1 row", "12 rows"
pub fn counted(count: i64) -> String {
    if count == 1 { "1 row".to_owned() } else { format!("{count} rows") }
}

/// What a row is in the books: its money and what that is for.
pub fn payment(batch: &Batch, row: &Row) -> (Money, Vec<Portion>) {
    let money = Money {
        source: Source::BatchRow(row.id),
        method: batch.kind.method(),
        received_on: row.received_on,
        amount_minor: row.amount_minor,
        currency: batch.currency,
    };
    let mut portions = Vec::new();
    if row.gift_minor() > 0 {
        let purpose = match row.donation_id {
            Some(donation) => Purpose::Promise { donation },
            None => Purpose::NewGift(gift(batch, row)),
        };
        portions.push(Portion { amount_minor: row.gift_minor(), purpose });
    }
    if let Some(application) = row.application_id.filter(|_| row.shares_minor > 0) {
        portions.push(Portion { amount_minor: row.shares_minor, purpose: Purpose::Shares { application } });
    }
    if row.other_minor > 0 {
        let purpose = Purpose::Account { account: row.other_account.clone(), note: row.note.clone() };
        portions.push(Portion { amount_minor: row.other_minor, purpose });
    }
    (money, portions)
}

fn gift(batch: &Batch, row: &Row) -> GiftFor {
    GiftFor {
        fund_id: batch.fund_id,
        name: row.name.clone(),
        email: row.email.clone(),
        acknowledge_as: row.acknowledge_as.clone(),
        anonymous: row.anonymous,
        note: row.note.clone(),
        in_memory_of: row.in_memory_of.clone(),
        memory_in_print: row.memory_in_print,
        ..GiftFor::default()
    }
}

/// Splits "Ann Lee <ann@example.org>" into name and address; a text without an address is a name.
///
/// ```
/// use fighting_fund::batches::rules::name_and_email;
/// assert_eq!(name_and_email("Ann Lee <ann@example.org>"), ("Ann Lee", "ann@example.org"));
/// assert_eq!(name_and_email("ann@example.org"), ("", "ann@example.org"));
/// assert_eq!(name_and_email("Ann & Bo Lee"), ("Ann & Bo Lee", ""));
/// ```
pub fn name_and_email(typed: &str) -> (&str, &str) {
    let typed = typed.trim();
    if let Some((name, rest)) = typed.rsplit_once('<')
        && let Some(email) = rest.strip_suffix('>')
    {
        return (name.trim(), email.trim());
    }
    let is_address = typed.contains('@') && !typed.contains(char::is_whitespace);
    if is_address { ("", typed) } else { (typed, "") }
}

/// Whether these are the same person, by the number of the member of staff: a name may change.
pub(super) fn is_same_person(counted_by: &str, by: &By) -> bool {
    let person = |who: &str| who.split(' ').next().unwrap_or_default().to_owned();
    person(counted_by) == person(&by.who)
}

/// Characters of a cheque's number: British banks print six, others up to ten.
const CHEQUE_NUMBER_CHARS_MAX: usize = 20;

/// Whether it begins and is as long as a reference of ours, also a mistyped one: in the wrong field it would leave the
/// promise waiting for ever.
fn is_like_a_reference(typed: &str) -> bool {
    typed.len() == REFERENCE_CHARS && typed.is_char_boundary(2) && typed[..2].eq_ignore_ascii_case("ff")
}

/// "FF7K3M9QXP"
const REFERENCE_CHARS: usize = 10;

/// A cheque's number as it is kept; empty where none was typed.
///
/// # Errors
/// A sentence that says what to do.
pub fn cheque_number(kind: Kind, typed: &str) -> Result<String, String> {
    let number: String = unseen::plain(typed).chars().filter(|c| !c.is_whitespace()).collect();
    let is_plain = number.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    if number.is_empty() {
        Ok(number)
    } else if kind != Kind::Cheques {
        Err("Only a cheque has a number. Please leave this empty.".to_owned())
    } else if is_like_a_reference(&number) {
        Err("This looks like one of our references. It belongs under Promised gift, or under Application.".to_owned())
    } else if !is_plain || number.len() > CHEQUE_NUMBER_CHARS_MAX {
        Err(format!("Please write the cheque’s number in at most {CHEQUE_NUMBER_CHARS_MAX} figures and letters."))
    } else {
        Ok(number)
    }
}
