//! A line says that the bank did not pay something: a gift, or a cheque with everything that it was split into.
//!
//! Invariant: what comes back is what the line says, to the penny, or nothing does and the refusal says what to do.

use chrono::{DateTime, NaiveDate, Utc};
use sha2::{Digest, Sha256};

use super::load;
use super::settle::SettleError;
use crate::batches::BatchError;
use crate::batches::slips::{self, Cheque};
use crate::clock::date_in;
use crate::db::{Conn, DbError};
use crate::donations::{self, Change};
use crate::funds;
use crate::ledger::{self, accounts};
use crate::money::{Currency, display};
use crate::payments::{self, By, Portion, Purpose};
use crate::statements::Line;

/// Takes back a gift that the bank did not pay, on the bank's day; one that came with a cheque on a slip takes the whole
/// cheque with it. The answer links the line to the entries.
pub(super) fn bounced(
    conn: &mut Conn,
    now: DateTime<Utc>,
    by: &By,
    (line, at, amount_minor): (&Line, usize, i64),
    number: i64,
) -> Result<Vec<Portion>, SettleError> {
    let gift = donations::by_number(conn, number)?.ok_or(SettleError::UnknownGift)?;
    let on = open_day(conn, now, line)?;
    if let Some(cheque) = slips::cheque_of(conn, &gift)?
        && let Some((slip, _)) = slips::slip_of(conn, cheque)?
    {
        return cheque_back(conn, (now, on), by, (slip, cheque), amount_minor);
    }
    let left_minor = gift.remaining_minor();
    if gift.returned_minor > 0 && -amount_minor != left_minor && gift.status == donations::Status::Received {
        return Err(part_refunded(gift.amount_minor, gift.returned_minor, gift.currency));
    }
    let key = format!("statement_line:{}:bounce:{at}:{number}", line.id);
    let change = Change {
        fingerprint: Sha256::digest(key.as_bytes()).into(),
        key,
        reason: UNPAID.to_owned(),
        by: by.who.clone(),
        request_id: by.request_id.clone(),
    };
    donations::bounce_on(conn, now, number, on, &change)?;
    let events = donations::events_of(conn, number)?;
    let entry = events.iter().rev().find(|event| event.kind == "bounced").and_then(|event| event.entry);
    let entry = entry.ok_or_else(|| DbError::Corrupt(format!("the gift {number} bounced without an entry")))?;
    Ok(vec![Portion { amount_minor, purpose: Purpose::Known { entry } }])
}

/// The day of a line; none where its month is closed or it has not come, so that today counts.
fn open_day(conn: &mut Conn, now: DateTime<Utc>, line: &Line) -> Result<Option<NaiveDate>, DbError> {
    let (_, zone) = load::home(conn)?;
    let is_open = line.booked_on <= date_in(now, zone) && funds::closed_on(conn, line.booked_on)?.is_none();
    Ok(is_open.then_some(line.booked_on))
}

/// Why something bounced that a line of a statement says came back.
const UNPAID: &str = "the bank did not pay it";

fn cheque_back(
    conn: &mut Conn,
    (now, on): (DateTime<Utc>, Option<NaiveDate>),
    by: &By,
    cheque: (i64, Cheque),
    amount_minor: i64,
) -> Result<Vec<Portion>, SettleError> {
    let back = slips::bounce_on(conn, now, by, cheque, on, UNPAID).map_err(|refusal| match refusal {
        BatchError::Db(error) => SettleError::Db(error),
        BatchError::Change(refusal) => SettleError::Change(refusal),
        refusal => SettleError::Cheque(Box::new(refusal)),
    })?;
    let entries = ledger::entries_numbered(conn, &back.entries)?;
    let known = |entry: &ledger::Entry| Portion {
        amount_minor: payments::rules::moved(entry, accounts::BANK),
        purpose: Purpose::Known { entry: entry.number },
    };
    let portions: Vec<Portion> = entries.iter().map(known).collect();
    let whole: i64 = portions.iter().map(|portion| portion.amount_minor).sum();
    if whole == amount_minor {
        return Ok(portions);
    }
    let views = slips::cheques_of(conn, cheque.0)?;
    Err(match views.iter().find(|view| view.cheque == cheque.1) {
        Some(view) if view.amount_minor == -amount_minor && -whole < view.amount_minor => {
            part_refunded(view.amount_minor, view.amount_minor + whole, view.currency)
        }
        _ => SettleError::OtherCheque(display(-whole, back.slip.currency)),
    })
}

fn part_refunded(whole_minor: i64, refunded_minor: i64, currency: Currency) -> SettleError {
    SettleError::PartRefunded {
        whole: display(whole_minor, currency),
        refunded: display(refunded_minor, currency),
        left: display(whole_minor - refunded_minor, currency),
    }
}
