//! Recording gifts: each once, a whole batch with a fixed number of statements.
//!
//! Invariant: a received gift has its entry, its receipt, its letter and its share of the total in one transaction.

use chrono::{DateTime, NaiveDate, Utc};

use super::rules::{self, NewGift, Taken};
use super::{GiftRefusal, Outcome, store};
use crate::clock::date_in;
use crate::db::{Conn, DbError};
use crate::funds::{self, Appeal, Fund, NoAppeal};
use crate::supporters::{self, Named};
use crate::{ledger, outbox, receipts};

/// Whether the receipts of gifts leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Letters {
    /// Whoever can be written to gets one.
    Written,
    /// Nobody does, now or later: the gifts are old, and were acknowledged elsewhere.
    NotToBeSent,
}

/// Records gifts in the books, each once, all in the caller's transaction.
///
/// The answer has one outcome per gift, in order. A gift whose key is already known is answered with the
/// donation it made the first time and changes nothing. The caller holds [`crate::db::Lock::Books`].
///
/// # Errors
/// Only when the database fails; a gift that may not be recorded is an outcome, not an error.
pub fn record_all(conn: &mut Conn, now: DateTime<Utc>, gifts: &[NewGift]) -> Result<Vec<Outcome>, DbError> {
    record_with(conn, now, gifts, Letters::Written)
}

/// As [`record_all`], with a word on whether the receipts leave.
///
/// # Errors
/// Only when the database fails.
pub fn record_with(
    conn: &mut Conn,
    now: DateTime<Utc>,
    gifts: &[NewGift],
    letters: Letters,
) -> Result<Vec<Outcome>, DbError> {
    let known = store::by_keys(conn, gifts.iter().map(|gift| gift.key.as_str()))?;
    let fresh = rules::unknown(gifts, &known);
    let (admitted, refused) = place_all(conn, now, &fresh)?;
    let taken = take_all(conn, now, &admitted, letters)?;
    Ok(rules::outcomes(gifts, &known, &taken, &refused))
}

type Refused<'a> = Vec<(&'a str, GiftRefusal)>;
/// A fund, a date and the appeal that staff named.
type Place<'a> = (i64, NaiveDate, Option<&'a str>);

/// Finds the appeal of each gift; a few dates a batch, so each is looked up once.
fn place_all<'a>(
    conn: &mut Conn,
    now: DateTime<Utc>,
    gifts: &[&'a NewGift],
) -> Result<(Vec<rules::Placed<'a>>, Refused<'a>), DbError> {
    let mut funds_seen: Vec<Fund> = Vec::new();
    let mut seen: Vec<(Place<'_>, Result<Appeal, GiftRefusal>)> = Vec::new();
    let (mut placed, mut refused) = (Vec::with_capacity(gifts.len()), Vec::new());
    for gift in gifts {
        if !funds_seen.iter().any(|fund| fund.id == gift.fund_id) {
            let fund = funds::fund(conn, gift.fund_id)?;
            funds_seen.push(fund.ok_or_else(|| DbError::Corrupt("a gift names no fund".to_owned()))?);
        }
        let fund = funds_seen.iter().find(|fund| fund.id == gift.fund_id).expect("it was just put there");
        let date = gift.received_on.unwrap_or_else(|| date_in(now, fund.zone));
        let place = (gift.fund_id, date, gift.appeal.as_deref());
        if !seen.iter().any(|(known, _)| *known == place) {
            seen.push((place, appeal_of(conn, now, fund, date, gift.appeal.as_deref())?));
        }
        let appeal = seen.iter().find(|(known, _)| *known == place).map(|(_, appeal)| appeal);
        match appeal.expect("it was just put there") {
            Ok(appeal) => placed.push(rules::placed(gift, fund, appeal, date)),
            Err(refusal) => refused.push((gift.key.as_str(), refusal.clone())),
        }
    }
    Ok((placed, refused))
}

fn appeal_of(
    conn: &mut Conn,
    now: DateTime<Utc>,
    fund: &Fund,
    date: NaiveDate,
    named: Option<&str>,
) -> Result<Result<Appeal, GiftRefusal>, DbError> {
    let Some(name) = named else {
        return Ok(funds::appeal_for(conn, now, fund, date)?.map_err(GiftRefusal::from));
    };
    Ok(match funds::appeal_by_name(conn, fund.id, name)? {
        None => Err(GiftRefusal::UnknownAppeal(name.to_owned())),
        Some(appeal) if appeal.closed_at.is_some() => Err(NoAppeal::Closed(appeal.name).into()),
        Some(_) if date > date_in(now, fund.zone) => Err(NoAppeal::InFuture(date).into()),
        Some(appeal) => Ok(appeal),
    })
}

/// Books gifts that have their place: supporter, entry, donation, receipt, letter, total.
fn take_all<'a>(
    conn: &mut Conn,
    now: DateTime<Utc>,
    placed: &[rules::Placed<'a>],
    letters: Letters,
) -> Result<Vec<Taken<'a>>, DbError> {
    if placed.is_empty() {
        return Ok(Vec::new());
    }
    let people: Vec<Named> = placed.iter().filter_map(|gift| gift.gift.supporter()).collect();
    let supporter_ids = supporters::recognise_all(conn, now, &people)?;
    let mut taken = rules::numbered(placed, &supporter_ids, store::last_id(conn)?);

    let entries: Vec<ledger::NewEntry> = taken.iter().filter_map(rules::entry).collect();
    let posted = ledger::post_all(conn, now, &entries)?;
    rules::note_entries(&mut taken, &posted);
    store::insert_all(conn, now, &taken)?;

    let due: Vec<(i64, i64)> = taken.iter().filter_map(|gift| rules::receipt_due(gift, now)).collect();
    let issued = receipts::issue_all(conn, now, &due)?;
    rules::note_receipts(&mut taken, &issued);
    match letters {
        Letters::Written => {
            outbox::enqueue_all(conn, now, &taken.iter().filter_map(rules::letter).collect::<Vec<_>>())?;
        }
        Letters::NotToBeSent => {
            store::keep_quiet(conn, &due.iter().map(|(_, donation)| *donation).collect::<Vec<_>>())?;
        }
    }
    let asked: Vec<outbox::Asked> = taken.iter().filter_map(rules::asked).collect();
    outbox::enqueue_for_strangers(conn, now, &asked)?;
    funds::credit(conn, &taken.iter().filter_map(rules::credit).collect::<Vec<_>>())?;
    Ok(taken)
}
