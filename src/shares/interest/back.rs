//! Interest that is taken back: the money that was paid, the shares that were added, and the declaration itself.
//!
//! Invariant: whole or not at all. The shares that were added leave again by reversing events of their own days, and
//! only while every member still has them; the entries are reversed on their days, and money that had left comes back
//! on the day on which it did.

use chrono::{DateTime, NaiveDate, Utc};

use super::{ADDED_AT_ONCE, InterestLine, InterestRun, lines, run};
use crate::db::{Conn, DbError};
use crate::ledger;
use crate::shares::book::{self, NewEvent, NewLine};
use crate::shares::notes::{self, Note, NoteKind};
use crate::shares::positions::Positions;
use crate::shares::store::{self, book as stored, holders};
use crate::shares::{Deed, ShareClass, ShareError, class_on, reverse};

/// Members named where some have their shares no more.
const NAMED_MAX: usize = 10;

/// Takes back all that was noted of a declaration and stands, the newest first; the answer is the last note.
///
/// # Errors
/// [`ShareError`]: unknown or taken back before, shares that went on, no reason.
pub fn take_back(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &Deed,
    id: i64,
    (reason, on): (&str, Option<NaiveDate>),
) -> Result<i64, ShareError> {
    let story = notes::story_of(conn, NoteKind::Interest, id)?;
    let back: Vec<i64> = story.iter().filter_map(|note| note.reverses).collect();
    let standing = story.iter().rev().filter(|note| note.reverses.is_none() && !back.contains(&note.number));
    let mut last = Err(ShareError::UnknownInterest);
    for note in standing {
        // The declaration moved no money that could come back on another day.
        let on = on.filter(|_| note.noted() == Some(NoteKind::InterestPaid));
        last = Ok(notes::take_back(conn, now, deed, note.number, (reason, on))?);
    }
    last
}

/// A declaration that never was; the answer is the entry that reverses its own.
pub(in crate::shares) fn undo_declaration(
    conn: &mut Conn,
    now: DateTime<Utc>,
    note: &Note,
) -> Result<Option<i64>, ShareError> {
    let known = run(conn, note.row_id)?.filter(|run| run.paid_on.is_none() && run.taken_back_at.is_none());
    let known = known.ok_or(ShareError::UnknownInterest)?;
    let Some(entry) = reverse::opposite(conn, Some(known.entry))? else { return Ok(None) };
    let posted = ledger::post_all(conn, now, &[entry]).map_err(DbError::from)?;
    store::interest::take_back(conn, now, known.id)?;
    Ok(Some(posted[0].number))
}

/// Interest that is owed again: the shares that were added leave, and the rest is back in the bank. The answer is the
/// entry of that; none where all of it had become shares.
pub(in crate::shares) fn undo_payment(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &Deed,
    note: &Note,
    (reason, on): (&str, Option<NaiveDate>),
) -> Result<Option<i64>, ShareError> {
    let known = run(conn, note.row_id)?.filter(|run| run.taken_back_at.is_none());
    let known = known.ok_or(ShareError::UnknownInterest)?;
    let paid_on = known.paid_on.ok_or(ShareError::UnknownInterest)?;
    if on.is_some_and(|on| on < paid_on) {
        return Err(ShareError::BeforePaid(paid_on));
    }
    let class = store::class(conn, known.class_id)?;
    let added: Vec<InterestLine> = lines(conn, known.id, None)?.into_iter().filter(|line| line.shares > 0).collect();
    remove(conn, now, deed, (&known, &class, paid_on), &added, reason)?;
    store::interest::unpay(conn, known.id)?;
    let shares: i64 = added.iter().map(|line| line.shares).sum();
    if known.total_minor == class.price_minor(shares) {
        return Ok(None);
    }
    let Some(mut entry) = reverse::opposite(conn, known.paid_entry)? else { return Ok(None) };
    entry.effective_on = on.unwrap_or(paid_on);
    let posted = ledger::post_all(conn, now, &[entry]).map_err(DbError::from)?;
    Ok(Some(posted[0].number))
}

/// Takes the added shares from every member who has them; from none when one has them no more.
fn remove(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &Deed,
    (known, class, date): (&InterestRun, &ShareClass, NaiveDate),
    added: &[InterestLine],
    reason: &str,
) -> Result<(), ShareError> {
    let (class, terms) = class_on(conn, &class.code, date)?;
    let (mut events, mut missing) = (Vec::new(), Vec::new());
    for some in added.chunks(ADDED_AT_ONCE) {
        let ids: Vec<i64> = some.iter().map(|line| line.holder_id).collect();
        let holders = holders::holders_now(conn, &ids)?;
        let mut positions = Positions::load(conn, &ids, date)?;
        for line in some {
            let odd = || DbError::Corrupt(format!("interest {} has shares without an event", known.id));
            let (holder, event) = holders.get(&line.holder_id).zip(line.event).ok_or_else(odd)?;
            match positions.fall(holder, (&class, &terms), date, line.shares) {
                Ok(()) => events.push(removal(conn, &class, (event, line), reason)?),
                Err(ShareError::NotEnough { .. } | ShareError::BelowMinimum { .. }) => {
                    missing.push(format!("{} ({})", holder.name, holder.called()));
                }
                Err(other) => return Err(other),
            }
        }
    }
    if !missing.is_empty() {
        return Err(ShareError::InterestGone(named(&missing)));
    }
    book::record_all(conn, now, deed, &events)?;
    Ok(())
}

/// "Ann Lee (M000001), Bo Lee (M000002) and 3 more"
fn named(members: &[String]) -> String {
    let more = members.len().saturating_sub(NAMED_MAX);
    let first = members[..members.len() - more].join(", ");
    if more == 0 { first } else { format!("{first} and {more} more") }
}

fn removal(
    conn: &mut Conn,
    class: &ShareClass,
    (number, line): (i64, &InterestLine),
    reason: &str,
) -> Result<NewEvent, ShareError> {
    let event = stored::event(conn, number)?.ok_or(ShareError::UnknownEvent(number))?;
    let lines = NewLine::pair(Some(line.holder_id), None, class.id, line.shares, class.price_minor(line.shares));
    let entry = reverse::opposite(conn, event.entry)?;
    Ok(reverse::reversing(&event, lines, entry, reason))
}
