//! A giver corrects the address of their own gift, while a letter about it still waits.
//!
//! Invariant: only this gift is touched. Whoever typed somebody else's address into the form gets no hold of what that
//! person gave; and a letter to the new address is within the same budgets as any that a stranger asks for.

use chrono::{DateTime, Utc};

use super::{Status, store};
use crate::db::{Conn, DbError};
use crate::outbox::{self, Asked, DeliveryState, LetterKind, Stranger};
use crate::supporters::{self, Named};

/// Why the address was not taken.
#[derive(Debug, thiserror::Error)]
pub enum OwnAddressError {
    /// Everything about it has left.
    #[error("Every letter about this gift has left already, so a new address would change nothing.")]
    NothingWaits,
    /// Too many letters were asked for.
    #[error(
        "So many letters were asked for just now that we cannot write to another address. Please try again in an hour."
    )]
    TooMany,
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
}

/// Whether a letter about this gift waits: for the money, for its turn, or because it could not be delivered.
///
/// # Errors
/// Only when the database fails.
pub fn can_correct(conn: &mut Conn, donation: i64, status: Status) -> Result<bool, DbError> {
    Ok(status == Status::Pledged || (status == Status::Received && !unsent(conn, donation)?.is_empty()))
}

fn unsent(conn: &mut Conn, donation: i64) -> Result<Vec<i64>, DbError> {
    let letters = outbox::of_donation(conn, donation)?.into_iter();
    let waits = |state| matches!(state, DeliveryState::Queued | DeliveryState::Failed);
    Ok(letters.filter(|letter| waits(letter.state)).map(|letter| letter.id).collect())
}

/// Sends the letters about one gift to another address from now on; the letter that says how to pay is written anew. An
/// address that is the gift's already changes nothing. The caller holds [`crate::db::Lock::Books`].
///
/// # Errors
/// [`OwnAddressError`].
pub fn correct_address(
    conn: &mut Conn,
    now: DateTime<Utc>,
    donation: i64,
    email: &str,
    stranger: Stranger,
) -> Result<(), OwnAddressError> {
    let gift = store::by_number(conn, donation)?.ok_or(OwnAddressError::NothingWaits)?;
    if !can_correct(conn, donation, gift.status)? {
        return Err(OwnAddressError::NothingWaits);
    }
    if gift.email.as_deref() == Some(email) {
        return Ok(());
    }
    let waiting = unsent(conn, donation)?;
    if gift.status != Status::Pledged && stranger.over.is_some() {
        return Err(OwnAddressError::TooMany);
    }
    let person = Named { name: gift.name.clone(), email: Some(email.to_owned()) };
    let giver = supporters::recognise_all(conn, now, &[person])?.pop();
    let giver = giver.ok_or_else(|| DbError::Corrupt("a giver has no number".to_owned()))?;
    store::set_giver(conn, donation, giver)?;
    if gift.status == Status::Pledged {
        outbox::drop_waiting(conn, donation, None, &[LetterKind::Pledge])?;
        let recipient = email.to_owned();
        let asked = Asked { stranger, kind: LetterKind::Pledge, subject_id: donation, recipient };
        outbox::enqueue_for_strangers(conn, now, &[asked])?;
    } else {
        outbox::redirect(conn, now, &waiting, email)?;
    }
    Ok(())
}
