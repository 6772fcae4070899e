//! Lines of a bank statement as staff see them: a card of the queue, a line with what it is for. No clock, no database.

use super::written::{short_day, who};
use crate::funds::words::day;
use crate::ledger::accounts;
use crate::money::{Currency, display};
use crate::payments::{Allocation, PurposeKind};
use crate::statements::matching::payer::name_of;
use crate::statements::matching::words::{Told, account_title};
use crate::statements::{Line, LineState};

/// A line.
#[derive(Debug, Clone)]
pub struct Card {
    /// Its number.
    pub id: i64,
    /// "3 June 2021"
    pub day: String,
    /// "£25.00", "−£5.00"
    pub amount: String,
    /// "25.00", for a field.
    pub plain: String,
    /// Whether money came.
    pub is_credit: bool,
    /// Whether somebody has said what it is for.
    pub is_done: bool,
    /// Who paid, or was paid, in words; never empty.
    pub payer: String,
    /// The name in them; empty where the bank gives none.
    pub name: String,
    /// Their account; may be empty.
    pub account: String,
    /// What they wrote; may be empty.
    pub reference: String,
    /// Everything else; may be empty.
    pub description: String,
    /// "standing order"; may be empty.
    pub kind: &'static str,
    /// What it may be for, the best first.
    pub offers: Vec<Told>,
}

impl Card {
    /// How it stands, for the forms about it: what is sent holds only while it still does.
    pub fn seen(&self) -> &'static str {
        if self.is_done { "unallocated" } else { "waiting" }
    }
}

/// A line as a card, without offers.
pub fn card(line: &Line, currency: Currency) -> Card {
    let nobody = if line.amount_minor > 0 { "A payer without a name" } else { "A payment out" };
    let name = name_of(line);
    let is_repeated = line.description == line.reference || line.description == name;
    let description = if is_repeated { String::new() } else { line.description.clone() };
    Card {
        id: line.id,
        day: day(line.booked_on),
        amount: display(line.amount_minor, currency),
        plain: crate::money::plain(line.amount_minor.abs(), currency),
        is_credit: line.amount_minor > 0,
        is_done: line.state == LineState::Done,
        payer: if name.is_empty() { nobody.to_owned() } else { name.clone() },
        name,
        account: line.payer_account.clone(),
        reference: line.reference.clone(),
        description,
        kind: line.kind.label(),
        offers: Vec::new(),
    }
}

/// A part of a line with what it is for.
#[derive(Debug, Clone)]
pub struct Portion {
    /// "£25.00"
    pub amount: String,
    /// "A gift"
    pub what: String,
    /// "FF7K3M9QXP"; may be empty.
    pub subject: String,
    /// Where that is.
    pub place: String,
    /// A word for people; may be empty.
    pub note: String,
    /// The entry of the books.
    pub entry: i64,
    /// Who said so.
    pub who: String,
    /// "3 Jun 2021"
    pub on: String,
    /// Who took it back and why; empty while it stands.
    pub undone: String,
}

/// An allocation in words.
pub fn portion(allocation: &Allocation, currency: Currency) -> Portion {
    let subject = &allocation.subject;
    let entry = format!("/desk/ledger/entries/{}", allocation.entry);
    let (what, shown, place) = match allocation.purpose {
        PurposeKind::Gift => ("A gift".to_owned(), subject.clone(), format!("/desk/gifts/{subject}")),
        PurposeKind::Promise => ("A promised gift".to_owned(), subject.clone(), format!("/desk/gifts/{subject}")),
        PurposeKind::Shares => {
            ("Money for shares".to_owned(), subject.clone(), format!("/desk/shares/applications/{subject}"))
        }
        PurposeKind::Account if subject == accounts::CARD_CLEARING => {
            ("A processor’s payout".to_owned(), String::new(), entry)
        }
        PurposeKind::Account if subject == accounts::PAYMENT_FEES && allocation.amount_minor < 0 => {
            ("A fee".to_owned(), String::new(), entry)
        }
        PurposeKind::Account => (account_title(subject, allocation.amount_minor > 0), String::new(), entry),
        PurposeKind::Unallocated => ("Left unallocated".to_owned(), String::new(), entry),
        PurposeKind::Known => ("Already in the books".to_owned(), format!("entry {subject}"), entry),
    };
    let undone = match (&allocation.undone_by, allocation.undone_at) {
        (Some(by), Some(at)) => {
            let reason = allocation.undone_reason.as_deref().filter(|reason| !reason.is_empty());
            let reason = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
            format!("taken back by {} on {}{reason}", who(by), short_day(at.date_naive()))
        }
        _ => String::new(),
    };
    Portion {
        amount: display(allocation.amount_minor, currency),
        what,
        subject: shown,
        place,
        note: allocation.note.clone(),
        entry: allocation.entry,
        who: who(&allocation.made_by),
        on: short_day(allocation.made_at.date_naive()),
        undone,
    }
}

/// What was done with a line, in a few words: "a gift, FF7K3M9QXP".
pub fn summary(allocations: &[Allocation], currency: Currency) -> String {
    let words = allocations.iter().map(|allocation| {
        let portion = portion(allocation, currency);
        let subject = if portion.subject.is_empty() { String::new() } else { format!(" {}", portion.subject) };
        let amount = if allocations.len() > 1 { format!("{} ", portion.amount) } else { String::new() };
        format!("{amount}{}{subject}", lower_first(&portion.what))
    });
    words.collect::<Vec<_>>().join(", ")
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}
