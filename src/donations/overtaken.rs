//! Whether the reason of a letter about a gift is gone by the time it would leave. No clock, no database.
//!
//! Invariant: one question for every kind, asked whenever a letter is written: a kind that is added cannot be forgotten.

use super::{Donation, Status};
use crate::outbox::{Delivery, DeliveryState, LetterKind};

/// What else a letter depends on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Around<'a> {
    /// The letters about the same gift.
    pub letters: &'a [Delivery],
    /// Whether the giver does not want to be asked again.
    pub is_not_to_be_reminded: bool,
}

/// Why nobody needs this letter any more; nothing while somebody does.
pub(super) fn overtaken(kind: LetterKind, gift: &Donation, around: Around<'_>) -> Option<&'static str> {
    match kind {
        LetterKind::Pledge => promise_is_over(gift.status),
        LetterKind::Reminder if around.is_not_to_be_reminded => Some("The giver asked not to be reminded."),
        LetterKind::Reminder => promise_is_over(gift.status),
        LetterKind::Receipt | LetterKind::Duplicate => match gift.status {
            Status::Pledged | Status::Cancelled => Some("The gift had been entered by mistake and was taken back."),
            Status::Bounced if kind == LetterKind::Receipt => {
                Some("The bank returned the gift unpaid before the receipt left.")
            }
            // A duplicate was asked for, whatever happened to the gift.
            Status::Bounced | Status::Received | Status::Refunded => None,
        },
        LetterKind::Correction => {
            let is_receipt = |letter: &&Delivery| matches!(letter.kind, LetterKind::Receipt | LetterKind::Duplicate);
            let mut receipts = around.letters.iter().filter(is_receipt).peekable();
            let none_left = receipts.peek().is_some() && receipts.all(|letter| letter.state == DeliveryState::Dropped);
            none_left.then_some("The receipt that it corrects never left.")
        }
        // What went back went back.
        LetterKind::Refund | LetterKind::Bounce => None,
        // Statements and letters about shares are asked for elsewhere.
        _ => None,
    }
}

fn promise_is_over(status: Status) -> Option<&'static str> {
    match status {
        Status::Pledged => None,
        Status::Received | Status::Refunded | Status::Bounced => Some("The money came before this letter left."),
        Status::Cancelled => Some("The promise was called off, or had lapsed."),
    }
}
