//! How things stand today: each fund, the latest gifts, and what waits for somebody. No clock, no database.

use chrono_tz::Tz;

use super::chart::Chart;
use super::written::moment;
use crate::funds::words::Told;
use crate::money::{Currency, display};
use crate::outbox::{Delivery, LetterKind};
use crate::reference::Reference;
use crate::shares::numbers::{application_reference, withdrawal_reference};

/// A fund as the day begins with it.
#[derive(Debug, Clone)]
pub struct FundToday {
    /// Its name in addresses.
    pub slug: String,
    /// Its name for people.
    pub title: String,
    /// The appeal's name.
    pub appeal: String,
    /// How it stands, in words.
    pub told: Told,
    /// The line of its days.
    pub chart: Chart,
    /// What standing orders are expected to bring.
    pub foretold: Vec<String>,
    /// How many promised gifts have not arrived.
    pub promised_count: i64,
    /// Their sum.
    pub promised_sum: String,
}

/// A promise of money, in words.
pub fn promised((count, sum_minor): (i64, i64), currency: Currency) -> (i64, String) {
    (count, display(sum_minor, currency))
}

/// A letter that did not leave.
#[derive(Debug, Clone)]
pub struct Failed {
    /// Its number.
    pub id: i64,
    /// "Receipt"
    pub what: &'static str,
    /// The address.
    pub to: String,
    /// What it is about: a reference, or the letter itself.
    pub about: String,
    /// Where that is.
    pub place: String,
    /// When it was queued.
    pub queued_at: String,
    /// What went wrong.
    pub trouble: String,
}

/// Puts a letter that did not leave into words.
pub fn failed(letter: &Delivery, zone: Tz) -> Failed {
    let (about, place) = about(letter);
    Failed {
        id: letter.id,
        what: letter.kind.label(),
        to: letter.recipient.clone(),
        about,
        place,
        queued_at: moment(letter.created_at, zone),
        trouble: letter.last_error.clone(),
    }
}

fn about(letter: &Delivery) -> (String, String) {
    if letter.kind == LetterKind::GivingStatement {
        let year = letter.event_id.unwrap_or_default();
        return (format!("the gifts of {year}"), format!("/desk/supporters/{}", letter.subject_id));
    }
    let (reference, folder) = if letter.kind.is_about_gift() {
        (Reference::of(letter.subject_id), "gifts")
    } else if letter.kind.is_about_application() {
        (application_reference(letter.subject_id), "shares/applications")
    } else if letter.kind.is_about_withdrawal() {
        (withdrawal_reference(letter.subject_id), "shares/withdrawals")
    } else {
        return (format!("letter {}", letter.id), format!("/desk/shares/letters/{}", letter.id));
    };
    (reference.to_string(), format!("/desk/{folder}/{reference}"))
}
