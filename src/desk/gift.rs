//! A gift as staff see it: a line of a list, or a page with its history. No clock, no database.

use chrono_tz::Tz;

use super::allowed::Allowed;
use super::written::{self, Badge, moment};
use crate::donations::{Donation, Event, Status};
use crate::funds::words::day;
use crate::money::{display, plain};
use crate::outbox::{Delivery, DeliveryState};

/// A gift in a list.
#[derive(Debug, Clone)]
pub struct Line {
    /// "FF7K3M9QXP"
    pub reference: String,
    /// The giver's name; empty when none was left.
    pub name: String,
    /// "£25.00"
    pub amount: String,
    /// What is left of it, where some went back.
    pub left: String,
    /// "cheque"
    pub method: &'static str,
    /// Where it stands.
    pub status: Badge,
    /// The day the money came, or that it was promised.
    pub day: String,
    /// "2021-06"
    pub appeal: String,
}

/// Where a gift stands, in a word.
pub fn badge(gift: &Donation) -> Badge {
    let (word, tone) = match gift.status {
        Status::Pledged => ("promised", "wait"),
        Status::Received if gift.returned_minor > 0 => ("refunded in part", "wait"),
        Status::Received => ("received", "good"),
        Status::Refunded => ("refunded", "bad"),
        Status::Bounced => ("bounced", "bad"),
        Status::Cancelled => ("cancelled", ""),
    };
    Badge { word, tone }
}

/// A gift as a line. The zone is the one of the desk's first fund: a line has no room for a time of day.
pub fn line(gift: &Donation, zone: Tz) -> Line {
    let on = gift.received_on.unwrap_or_else(|| crate::clock::date_in(gift.recorded_at, zone));
    Line {
        reference: gift.reference().to_string(),
        name: gift.name.clone(),
        amount: display(gift.amount_minor, gift.currency),
        left: left(gift),
        method: gift.method.label(),
        status: badge(gift),
        day: written::short_day(on),
        appeal: gift.appeal.clone(),
    }
}

fn left(gift: &Donation) -> String {
    let is_part = gift.returned_minor > 0 && gift.remaining_minor() > 0;
    if is_part { display(gift.remaining_minor(), gift.currency) } else { String::new() }
}

/// A gift as its page shows it.
#[derive(Debug, Clone)]
pub struct View {
    /// The gift itself.
    pub gift: Donation,
    /// "FF7K3M9QXP"
    pub reference: String,
    /// "£25.00"
    pub amount: String,
    /// What is left of it, where some went back.
    pub left: String,
    /// "25.00", for the field of the refund.
    pub left_plain: String,
    /// Where it stands.
    pub status: Badge,
    /// "27 June 2021"; empty while it is a promise.
    pub received_on: String,
    /// What happened, oldest first.
    pub history: Vec<Happening>,
    /// The letters about it, oldest first.
    pub letters: Vec<Letter>,
    /// What this member of staff may do with it.
    pub may: Deeds,
    /// Whether this member of staff may try a failed letter again.
    pub can_try_again: bool,
}

/// Something that happened to a gift.
#[derive(Debug, Clone)]
pub struct Happening {
    /// "27 June 2021 at 12:00"
    pub at: String,
    /// "Received £25.00 by cheque."
    pub what: String,
    /// Why, in the words of who did it.
    pub reason: String,
    /// Who.
    pub who: String,
    /// From which request; may be empty.
    pub request_id: String,
    /// The entry it posted.
    pub entry: Option<i64>,
}

/// A letter about a gift.
#[derive(Debug, Clone)]
pub struct Letter {
    /// Its number.
    pub id: i64,
    /// "Receipt"
    pub what: &'static str,
    /// The address.
    pub to: String,
    /// Where it stands.
    pub status: Badge,
    /// When it was sent, or is tried next.
    pub when: String,
    /// What went wrong last; may be empty.
    pub trouble: String,
    /// True when it can be tried again.
    pub has_failed: bool,
}

/// What can be done with a gift, by this member of staff.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deeds {
    /// Give it back.
    pub refund: bool,
    /// Take it back, because the bank did not pay.
    pub bounce: bool,
    /// Mark the promise as received.
    pub receive: bool,
    /// Note that the promise will not come.
    pub cancel: bool,
    /// Send the receipt once more.
    pub resend: bool,
    /// Put right what was entered by mistake.
    pub correct: bool,
    /// Give or correct the giver's addresses.
    pub contact: bool,
}

impl Deeds {
    /// True when there is anything to do.
    pub fn is_any(self) -> bool {
        self.refund || self.bounce || self.receive || self.cancel || self.resend || self.correct || self.contact
    }
}

/// What can be done with a gift that stands as it does.
pub fn deeds(gift: &Donation, may: Allowed) -> Deeds {
    let is_here = gift.status == Status::Received;
    let is_promised = gift.status == Status::Pledged;
    Deeds {
        refund: may.decide && is_here,
        bounce: may.decide && is_here && gift.method.can_bounce(),
        receive: may.record && is_promised,
        cancel: may.record && is_promised,
        resend: may.record && gift.receipt.is_some() && gift.recipient().is_some(),
        correct: may.decide && is_here,
        contact: may.record,
    }
}

/// Puts a gift into words.
pub fn view(gift: Donation, zone: Tz, events: &[Event], letters: &[Delivery], may: Allowed) -> View {
    View {
        reference: gift.reference().to_string(),
        amount: display(gift.amount_minor, gift.currency),
        left: left(&gift),
        left_plain: plain(gift.remaining_minor(), gift.currency),
        status: badge(&gift),
        received_on: gift.received_on.map(day).unwrap_or_default(),
        history: history(&gift, zone, events),
        letters: letters.iter().map(|letter| letter_of(letter, zone)).collect(),
        may: deeds(&gift, may),
        can_try_again: may.record,
        gift,
    }
}

fn history(gift: &Donation, zone: Tz, events: &[Event]) -> Vec<Happening> {
    let arrived = events.iter().find(|event| event.kind == "received");
    let was_promised = gift.entry.is_none() || arrived.is_some();
    let amount_minor = arrived.and_then(|event| event.promised_minor).unwrap_or(gift.amount_minor);
    let method = arrived.and_then(|event| event.promised_method).unwrap_or(gift.method).label();
    let amount = display(amount_minor, gift.currency);
    let what = if was_promised {
        format!("{amount} promised by {method}.")
    } else {
        format!("{amount} received by {method}.")
    };
    let first = Happening {
        at: moment(gift.recorded_at, zone),
        what,
        reason: String::new(),
        who: written::who(&gift.recorded_by),
        request_id: gift.request_id.clone(),
        entry: gift.entry.filter(|_| !was_promised),
    };
    std::iter::once(first).chain(events.iter().map(|event| happening(event, gift, zone))).collect()
}

fn happening(event: &Event, gift: &Donation, zone: Tz) -> Happening {
    let amount = display(event.amount_minor, gift.currency);
    let what = match event.kind.as_str() {
        "received" => format!("{amount} arrived."),
        "refunded" => format!("{amount} refunded."),
        "bounced" => format!("{amount} returned unpaid by the bank."),
        "taken_back" => format!("{amount} taken back: it had been entered by mistake."),
        "corrected" => match event.was_minor.filter(|was| *was != event.amount_minor) {
            Some(was) => format!("Corrected: {} had been entered, it is {amount}.", display(was, gift.currency)),
            None => "Corrected: it had been entered for another giver or fund.".to_owned(),
        },
        "cancelled" => "Promise cancelled.".to_owned(),
        "resent" => "Receipt sent once more.".to_owned(),
        other => other.to_owned(),
    };
    let what = match event.counts_in {
        Some(bearer) if bearer != gift.appeal_id => {
            format!("{what} Its month was closed, so the total of the month in which it went back fell.")
        }
        _ => what,
    };
    Happening {
        at: moment(event.recorded_at, zone),
        what,
        reason: event.reason.clone(),
        who: written::who(&event.recorded_by),
        request_id: event.request_id.clone(),
        entry: event.entry,
    }
}

/// Puts a letter into words.
pub fn letter_of(letter: &Delivery, zone: Tz) -> Letter {
    let (word, tone) = match letter.state {
        DeliveryState::Queued => ("waiting", "wait"),
        DeliveryState::Sending => ("on its way", "wait"),
        DeliveryState::Sent if letter.recipient.is_empty() => ("posted", "good"),
        DeliveryState::Sent => ("sent", "good"),
        DeliveryState::Failed if letter.settled_at.is_some() => ("left", ""),
        DeliveryState::Failed if letter.returned_at.is_some() => ("came back", "bad"),
        DeliveryState::Failed => ("failed", "bad"),
        DeliveryState::Post => ("to be posted", "wait"),
        DeliveryState::Dropped => ("no longer needed", ""),
    };
    let when = match letter.sent_at {
        Some(at) => moment(at, zone),
        None if letter.state == DeliveryState::Queued => format!("due {}", moment(letter.due_at, zone)),
        None => String::new(),
    };
    Letter {
        id: letter.id,
        what: letter.kind.label(),
        to: letter.recipient.clone(),
        status: Badge { word, tone },
        when,
        trouble: letter.last_error.clone(),
        has_failed: letter.state == DeliveryState::Failed,
    }
}
