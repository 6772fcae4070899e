//! The receipts desk: letters that failed, came back or wait, and those to be printed.
//!
//! Invariant: a letter that did not arrive is seen here until somebody did something about it.

mod letter;
mod list;
pub(super) mod mailbox;
mod print;
mod returned;

pub(super) use print::PrintPage;

use super::{Desk, Pairs};
use crate::db::{Conn, DbError};
use crate::desk::receipts::About;
use crate::donations::letters::Letters;
use crate::donations::link::LinkKey;
use crate::donations::{self, Donation};
use crate::http::{Problem, PublicUrl, Routes};
use crate::outbox::{ComposeError, Delivery, LetterKind};
use crate::reference::Reference;
use crate::shares::numbers::{application_reference, withdrawal_reference};
use crate::supporters::{self, Supporter};

pub(super) fn routes(at: &mut Routes) {
    list::routes(at);
    print::routes(at);
    returned::routes(at);
    mailbox::routes(at);
    letter::routes(at);
}

/// Whom a letter is for, and about which gift.
pub(super) struct Subject {
    gift: Option<Donation>,
    supporter: Option<Supporter>,
}

/// Reads what a letter to a giver is about; nothing for one about shares.
fn subject_of(conn: &mut Conn, letter: &Delivery) -> Result<Subject, DbError> {
    let gift = if letter.kind.is_about_gift() { donations::by_number(conn, letter.subject_id)? } else { None };
    let supporter = match letter.kind {
        LetterKind::GivingStatement => Some(letter.subject_id),
        _ => gift.as_ref().and_then(|gift| gift.supporter),
    };
    let supporter = match supporter {
        Some(id) => supporters::supporter(conn, id)?,
        None => None,
    };
    Ok(Subject { gift, supporter })
}

/// What a letter is about, for a line of a list.
fn about(conn: &mut Conn, letter: &Delivery) -> Result<About, DbError> {
    if letter.kind.is_about_shares() {
        return Ok(about_shares(letter));
    }
    if letter.kind == LetterKind::GivingStatement {
        let name = supporters::supporter(conn, letter.subject_id)?.map(|supporter| supporter.name).unwrap_or_default();
        let words = format!("the gifts of {}", letter.event_id.unwrap_or_default());
        return Ok(About { words, place: format!("/desk/supporters/{}", letter.subject_id), name });
    }
    let Some(gift) = donations::by_number(conn, letter.subject_id)? else { return Ok(About::default()) };
    let reference = gift.reference();
    let words = gift.receipt.map_or_else(|| reference.to_string(), |receipt| receipt.to_string());
    Ok(About { words, place: format!("/desk/gifts/{reference}"), name: gift.name })
}

fn about_shares(letter: &Delivery) -> About {
    let (reference, folder): (Reference, _) = if letter.kind.is_about_application() {
        (application_reference(letter.subject_id), "applications")
    } else if letter.kind.is_about_withdrawal() {
        (withdrawal_reference(letter.subject_id), "withdrawals")
    } else {
        let place = format!("/desk/shares/letters/{}", letter.id);
        return About { words: "shares".to_owned(), place, name: String::new() };
    };
    let place = format!("/desk/shares/{folder}/{reference}");
    About { words: reference.to_string(), place, name: String::new() }
}

pub(super) fn writer(desk: &Desk, links: &LinkKey, public_url: &PublicUrl) -> Letters {
    Letters { db: desk.db.get_ref().clone(), links: links.clone(), public_url: public_url.0.clone() }
}

pub(in crate::desk::routes) fn written<T>(letter: Result<T, ComposeError>) -> Result<T, Problem> {
    letter.map_err(|error| match error {
        ComposeError::Db(error) => error.into(),
        ComposeError::Unwritable(reason) => Problem::conflict(reason),
        ComposeError::Overtaken(reason) => Problem::conflict(format!("This letter is no longer needed. {reason}")),
    })
}
