//! A batch, a row and a slip as staff see them. No clock, no database.

use chrono_tz::Tz;

use super::written::{Badge, moment, short_day, who};
use crate::batches::slips::{ChequeView, OLD_DAYS, Slip};
use crate::batches::{Batch, Kind, Row, State, Sums, rules};
use crate::http::Form;
use crate::money::{Currency, display, plain};
use crate::reference::Reference;
use crate::shares::numbers::application_reference;
use chrono::NaiveDate;

/// A batch in a list, or at the head of its sheet.
#[derive(Debug, Clone)]
pub struct BatchView {
    /// Its number.
    pub id: i64,
    /// "Cheques"
    pub kind: String,
    /// "27 Jun 2021"
    pub day: String,
    /// Where it came from; may be empty.
    pub note: String,
    /// Where it stands.
    pub status: Badge,
    /// What was counted.
    pub control: String,
    /// How many were counted.
    pub control_count: i64,
    /// Who counted it, and when.
    pub counted: String,
    /// Who checked it, and when; empty for nobody.
    pub checked: String,
    /// Who posted or discarded it, and when; empty while it is open.
    pub closed: String,
    /// Who took it back, when and why; empty when nobody did.
    pub reversed: String,
    /// How far it is: "12 of 30 rows".
    pub progress: String,
    /// True while rows can be entered.
    pub is_open: bool,
    /// True while it is in the books.
    pub is_posted: bool,
    /// True when its rows are cheques, which have numbers.
    pub has_cheques: bool,
}

/// Puts a batch into words.
pub fn batch(batch: &Batch, sums: Sums, zone: Tz) -> BatchView {
    let mut kind = batch.kind.label().to_owned();
    if let Some(first) = kind.get_mut(0..1) {
        first.make_ascii_uppercase();
    }
    let (word, tone) = match batch.state {
        State::Open => ("open", "wait"),
        State::Posted => ("posted", "good"),
        State::Reversed => ("taken back", "bad"),
        State::Discarded => ("put away", ""),
    };
    let signed = |by: &Option<String>, at: Option<chrono::DateTime<chrono::Utc>>| match (by, at) {
        (Some(by), Some(at)) => format!("{}, {}", who(by), moment(at, zone)),
        _ => String::new(),
    };
    let why = batch.reversed_reason.as_deref().unwrap_or_default();
    let back = signed(&batch.reversed_by, batch.reversed_at);
    BatchView {
        id: batch.id,
        kind,
        day: short_day(batch.received_on),
        note: batch.note.clone(),
        status: Badge { word, tone },
        control: display(batch.control_minor, batch.currency),
        control_count: batch.control_count,
        counted: format!("{}, {}", who(&batch.counted_by), moment(batch.opened_at, zone)),
        checked: signed(&batch.checked_by, batch.checked_at),
        closed: signed(&batch.closed_by, batch.closed_at),
        reversed: if back.is_empty() { back } else { format!("{back}: {why}") },
        progress: format!("{} of {}", sums.count, rules::counted(batch.control_count)),
        is_open: batch.state == State::Open,
        is_posted: batch.state == State::Posted,
        has_cheques: batch.kind == Kind::Cheques,
    }
}

/// How the rows stand against what was counted.
#[derive(Debug, Clone)]
pub struct Totals {
    /// The sum of the rows.
    pub sum: String,
    /// How many.
    pub count: i64,
    /// What is missing, or too much; "£0.00" when it adds up.
    pub left: String,
    /// "to come", "too much" or "adds up"
    pub word: &'static str,
    /// True when sum and number are what was counted.
    pub is_even: bool,
    /// What differs, in sentences.
    pub told: Vec<String>,
}

/// Compares the rows with what was counted.
pub fn totals(batch: &Batch, sums: Sums) -> Totals {
    let left = batch.control_minor - sums.sum_minor;
    let told = rules::differences(sums, (batch.control_minor, batch.control_count), batch.currency);
    Totals {
        sum: display(sums.sum_minor, batch.currency),
        count: sums.count,
        left: display(left.abs(), batch.currency),
        word: match left {
            0 if told.is_empty() => "adds up",
            0.. => "to come",
            _ => "too much",
        },
        is_even: told.is_empty(),
        told,
    }
}

/// A row of the sheet.
#[derive(Debug, Clone)]
pub struct RowView {
    /// Its number.
    pub id: i64,
    /// Its place.
    pub line: i64,
    /// "25.00"
    pub amount: String,
    /// Who gave it.
    pub name: String,
    /// Where the receipt goes; may be empty.
    pub email: String,
    /// What of it is no gift: "£10.00 for shares FS…".
    pub parts: Vec<String>,
    /// How to thank, day, note: what is worth saying.
    pub besides: Vec<String>,
}

/// Puts a row into words.
pub fn row(row: &Row, batch: &Batch) -> RowView {
    let money = |minor| display(minor, batch.currency);
    let mut parts = Vec::new();
    if let Some(donation) = row.donation_id {
        parts.push(format!("promised gift {}", Reference::of(donation)));
    }
    if let Some(application) = row.application_id {
        parts.push(format!("{} for shares {}", money(row.shares_minor), application_reference(application)));
    }
    if row.other_minor > 0 {
        parts.push(format!("{} to {}", money(row.other_minor), row.other_account));
    }
    if !parts.is_empty() && row.gift_minor() > 0 && row.donation_id.is_none() {
        parts.insert(0, format!("{} gift", money(row.gift_minor())));
    }
    let mut besides = Vec::new();
    if !row.cheque_number.is_empty() {
        besides.push(format!("cheque {}", row.cheque_number));
    }
    if row.received_on != batch.received_on {
        besides.push(short_day(row.received_on));
    }
    if row.anonymous {
        besides.push("not to be named".to_owned());
    } else if !row.acknowledge_as.is_empty() {
        besides.push(format!("thank as {}", row.acknowledge_as));
    }
    if !row.in_memory_of.is_empty() {
        let print = if row.memory_in_print { "" } else { ", not to be printed" };
        besides.push(format!("in memory of {}{print}", row.in_memory_of));
    }
    if !row.address.is_empty() {
        besides.push(row.address.replace('\n', ", "));
    }
    if !row.note.is_empty() {
        besides.push(row.note.clone());
    }
    RowView {
        id: row.id,
        line: row.line,
        amount: plain(row.amount_minor, batch.currency),
        name: row.name.clone(),
        email: row.email.clone().unwrap_or_default(),
        parts,
        besides,
    }
}

/// The form of a row, with what stands in it.
pub fn row_form(row: &Row, batch: &Batch) -> Form {
    let money = |minor: i64| if minor > 0 { plain(minor, batch.currency) } else { String::new() };
    let from = match &row.email {
        Some(email) if row.name.is_empty() => email.clone(),
        Some(email) => format!("{} <{email}>", row.name),
        None => row.name.clone(),
    };
    let form = Form::new()
        .with("amount", plain(row.amount_minor, batch.currency))
        .with("from", from)
        .with("acknowledge_as", &row.acknowledge_as)
        .with("received_on", row.received_on.to_string())
        .with("note", &row.note)
        .with("promise", row.donation_id.map(|id| Reference::of(id).to_string()).unwrap_or_default())
        .with("shares", money(row.shares_minor))
        .with("application", row.application_id.map(|id| application_reference(id).to_string()).unwrap_or_default())
        .with("other", money(row.other_minor))
        .with("other_account", &row.other_account)
        .with("address", &row.address)
        .with("in_memory_of", &row.in_memory_of)
        .with("cheque_number", &row.cheque_number);
    let form = if row.memory_in_print { form.with("memory_in_print", "true") } else { form };
    if row.anonymous { form.with("anonymous", "true") } else { form }
}

/// A slip as it is listed and printed.
#[derive(Debug, Clone)]
pub struct SlipView {
    /// Its number among all slips.
    pub id: i64,
    /// The number in the book.
    pub number: String,
    /// "27 Jun 2021"
    pub day: String,
    /// How many cheques.
    pub cheques: i64,
    /// Their sum.
    pub cheques_sum: String,
    /// The cash.
    pub cash: String,
    /// True when there is cash.
    pub has_cash: bool,
    /// Both.
    pub total: String,
    /// The entry.
    pub entry: i64,
    /// Who made it, and when.
    pub made: String,
    /// Who took it back, when and why; empty when nobody did.
    pub undone: String,
}

/// Puts a slip into words.
pub fn slip(slip: &Slip, zone: Tz) -> SlipView {
    let undone = match (&slip.undone_by, slip.undone_at) {
        (Some(by), Some(at)) => {
            format!("{}, {}: {}", who(by), moment(at, zone), slip.undone_reason.as_deref().unwrap_or_default())
        }
        _ => String::new(),
    };
    SlipView {
        id: slip.id,
        number: slip.number.clone(),
        day: short_day(slip.paid_in_on),
        cheques: slip.cheques,
        cheques_sum: display(slip.cheques_minor, slip.currency),
        cash: display(slip.cash_minor, slip.currency),
        has_cash: slip.cash_minor > 0,
        total: display(slip.total_minor(), slip.currency),
        entry: slip.entry,
        made: format!("{}, {}", who(&slip.made_by), moment(slip.made_at, zone)),
        undone,
    }
}

/// A cheque in hand or on a slip.
#[derive(Debug, Clone)]
pub struct ChequeLine {
    /// "row-12"
    pub value: String,
    /// "27 Jun 2021"
    pub day: String,
    /// Who gave it; may be empty.
    pub name: String,
    /// What is printed on it; empty where nobody typed it.
    pub number: String,
    /// "£25.00"
    pub amount: String,
    /// What of it went back to the giver; empty for nothing.
    pub given_back: String,
    /// Where it leads: text and address.
    pub links: Vec<(String, String)>,
    /// True when it has been here for long.
    pub is_old: bool,
    /// True when it came back from the bank.
    pub bounced: bool,
}

/// Puts a cheque into words.
pub fn cheque(view: &ChequeView, today: NaiveDate) -> ChequeLine {
    let mut links: Vec<(String, String)> = Vec::new();
    if let Some((batch, line)) = view.row {
        links.push((format!("batch {batch}, row {line}"), format!("/desk/batches/{batch}")));
    }
    links.extend(view.gifts.iter().map(|gift| (gift.to_string(), format!("/desk/gifts/{gift}"))));
    links.extend(view.application.iter().map(|of| (of.to_string(), format!("/desk/shares/applications/{of}"))));
    ChequeLine {
        value: view.cheque.text(),
        day: short_day(view.received_on),
        name: view.name.clone(),
        number: view.number.clone(),
        amount: amount(view.amount_minor, view.currency),
        given_back: if view.given_back_minor > 0 {
            amount(view.given_back_minor, view.currency)
        } else {
            String::new()
        },
        links,
        is_old: (today - view.received_on).num_days() > OLD_DAYS,
        bounced: view.bounced,
    }
}

fn amount(minor: i64, currency: Currency) -> String {
    display(minor, currency)
}
