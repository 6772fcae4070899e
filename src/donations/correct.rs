//! A gift that was entered with another amount, giver or fund is put right as if it had been entered so.
//!
//! Invariant: the entry that puts it right has the day of the one it corrects and moves only the difference; what was
//! entered first stays in the events. What came from a batch or a bank line is put right there, so that those still add up.

use chrono::{DateTime, NaiveDate, Utc};

use super::changes::{found, fund_of, not_yet_done, tell};
use super::rules::Right;
use super::store::NewEvent;
use super::{Change, ChangeError, Donation, rules, store, take_back};
use crate::db::{Conn, DbError};
use crate::funds::{self, Appeal, Fund};
use crate::ledger;
use crate::outbox::{self, LetterKind, NewLetter};
use crate::supporters::{self, Named};

/// What a gift should have said. What is left out was right.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Correction {
    /// How much; nothing at all for a gift that never was.
    pub amount_minor: Option<i64>,
    /// The fund it is for.
    pub fund: Option<String>,
    /// Who gave it: somebody else.
    pub giver: Option<Named>,
}

/// Puts a gift right. A receipt that waits to leave tells what is right by itself; where one has left, a letter of
/// correction follows it.
///
/// # Errors
/// [`ChangeError`]: unknown, not received, gone back in part or whole, money that a batch or a bank line holds, closed
/// books, no fund of that name, nothing to put right.
pub fn correct(
    conn: &mut Conn,
    now: DateTime<Utc>,
    number: i64,
    correction: &Correction,
    change: &Change,
) -> Result<Donation, ChangeError> {
    let Some(gift) = not_yet_done(conn, number, change)? else { return found(conn, number) };
    if change.reason.trim().is_empty() {
        return Err(ChangeError::ReasonMissing);
    }
    let entry = rules::received_entry(&gift)?;
    let moves_money = correction.amount_minor.is_some_and(|minor| minor != gift.amount_minor)
        || correction.fund.as_ref().is_some_and(|fund| *fund != gift.fund);
    if moves_money && let Some(source) = store::source_of(conn, entry)? {
        return Err(ChangeError::HeldElsewhere(source));
    }
    if correction.amount_minor == Some(0) {
        return take_back(conn, now, number, change);
    }
    let giver = correction.giver.clone().filter(|giver| (&giver.name, &giver.email) != (&gift.name, &gift.email));
    if !moves_money && giver.is_none() {
        return Err(ChangeError::NothingToCorrect);
    }
    rules::check_mistaken(&gift).or_else(|error| match error {
        // Where its cheque lies does not matter to who gave it.
        ChangeError::PaidIn if !moves_money => Ok(()),
        error => Err(error),
    })?;
    let event = put_right(conn, now, &gift, correction, change)?;
    match giver {
        Some(giver) => tell_both(conn, now, &gift, &giver, event)?,
        None => tell_the_giver(conn, now, &gift, event)?,
    }
    found(conn, number)
}

/// Moves the money where it moves, and notes what was so before.
fn put_right(
    conn: &mut Conn,
    now: DateTime<Utc>,
    gift: &Donation,
    correction: &Correction,
    change: &Change,
) -> Result<i64, ChangeError> {
    let came_on = rules::came_on(gift)?;
    let from = fund_of(conn, gift)?;
    let own = funds::appeal(conn, gift.appeal_id)?.filter(|appeal| appeal.closed_at.is_none());
    let own = own.ok_or_else(|| ChangeError::Closed(gift.appeal.clone()))?;
    let (to, appeal) = destination(conn, now, gift, (&from, own), correction.fund.as_deref(), came_on)?;
    let right = Right {
        amount_minor: correction.amount_minor.unwrap_or(gift.amount_minor),
        appeal_id: appeal.id,
        fund: to.slug.clone(),
    };
    let new = NewEvent {
        was: Some((gift.amount_minor, gift.appeal_id)),
        ..NewEvent::of(gift, "corrected", right.amount_minor)
    };
    let Some(entry) = rules::rectifying_entry(gift, &right, came_on) else {
        return Ok(store::insert_event(conn, now, change, &new)?);
    };
    let posted = ledger::post_all(conn, now, &[entry]).map_err(DbError::from)?;
    store::set_right(conn, gift.id, &right)?;
    funds::credit(conn, &rules::rectifying_credits(gift, &right, came_on, &posted[0]))?;
    Ok(store::insert_event(conn, now, change, &NewEvent { entry: Some(posted[0].number), ..new })?)
}

/// The fund and the appeal in which the gift should stand.
fn destination(
    conn: &mut Conn,
    now: DateTime<Utc>,
    gift: &Donation,
    (from, own): (&Fund, Appeal),
    wanted: Option<&str>,
    came_on: NaiveDate,
) -> Result<(Fund, Appeal), ChangeError> {
    let Some(slug) = wanted.filter(|slug| *slug != from.slug) else { return Ok((from.clone(), own)) };
    let to = funds::by_slug(conn, slug)?.ok_or(ChangeError::NoFund)?;
    if to.currency != gift.currency {
        return Err(ChangeError::OtherCurrency(to.title));
    }
    let appeal = funds::appeal_for(conn, now, &to, came_on)??;
    Ok((to, appeal))
}

/// A receipt that has left, or may have, said what was wrong.
fn tell_the_giver(conn: &mut Conn, now: DateTime<Utc>, gift: &Donation, event: i64) -> Result<(), DbError> {
    if outbox::has_left(conn, gift.id, &[LetterKind::Receipt, LetterKind::Duplicate])? {
        tell(conn, now, gift, LetterKind::Correction, Some(event))?;
    }
    Ok(())
}

/// Whoever was thanked for it is told that it was somebody else's, and whoever gave it gets the receipt.
fn tell_both(
    conn: &mut Conn,
    now: DateTime<Utc>,
    gift: &Donation,
    giver: &Named,
    event: i64,
) -> Result<(), ChangeError> {
    if !outbox::drop_waiting(conn, gift.id, None, &[LetterKind::Receipt, LetterKind::Duplicate])? {
        tell(conn, now, gift, LetterKind::Correction, Some(event))?;
    }
    let id = supporters::recognise_all(conn, now, std::slice::from_ref(giver))?;
    let id = id.first().copied().ok_or_else(|| DbError::Corrupt("a giver was not entered".to_owned()))?;
    store::set_giver(conn, gift.id, id)?;
    let gift = found(conn, gift.id)?;
    if let Some(recipient) = gift.recipient() {
        let letter = NewLetter { kind: LetterKind::Receipt, subject_id: gift.id, event_id: None, recipient };
        outbox::enqueue_all(conn, now, &[letter])?;
    }
    Ok(())
}
