//! Keeps what a file told, each line once.
//!
//! Invariant: lines that are known already are linked and not kept again, so that every statement still adds up from
//! its opening to its closing balance. Whether a file may be believed is decided before this.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};

use super::identity::{Identity, identities, identities_after, words};
use super::told::{Told, ToldLine};
use super::{Format, Line, LineState, Statement, store};
use crate::db::{Conn, DbError};
use crate::money::Currency;

/// A file, and who brings it.
#[derive(Debug, Clone)]
pub struct Bringing {
    /// What the file is called.
    pub file_name: String,
    /// Its shape.
    pub format: Format,
    /// SHA-256 of its bytes.
    pub digest: [u8; 32],
    /// Who brings it: "staff:3 Jane Doe".
    pub by: String,
    /// The request it came with; empty from the command line.
    pub request_id: String,
}

/// The lines of a statement, parted.
#[derive(Debug)]
pub struct Parted<'a> {
    /// The statement.
    pub told: &'a Told,
    /// Lines that nobody told before.
    pub fresh: Vec<(&'a ToldLine, Identity)>,
    /// Lines that an earlier statement brought, each with its number there.
    pub met: Vec<(&'a ToldLine, i64)>,
}

/// Parts the lines that are known from those that are new.
///
/// A line is known by its identity. One that is not may still be known in other words: the same days come once as CSV
/// and once as OFX, or the bank mended a text. So a line of this statement's days that no line of it meets stands for
/// one of the same day and amount; but not on its first day within one format, because a file may begin at noon.
///
/// # Errors
/// Only when the database fails.
pub fn part<'a>(conn: &mut Conn, told: &'a Told, format: Format) -> Result<Parted<'a>, DbError> {
    let (identities, known) = if goes_on(conn, told)? { after_the_last(conn, told)? } else { plainly(conn, told)? };
    let mut parted = Parted { told, fresh: Vec::new(), met: Vec::new() };
    for (line, identity) in told.lines.iter().zip(identities) {
        match known.get(&identity[..]) {
            Some(id) => parted.met.push((line, *id)),
            None => parted.fresh.push((line, identity)),
        }
    }
    let Some((from, until)) = span(told).filter(|_| !parted.fresh.is_empty()) else { return Ok(parted) };
    let mut left: HashMap<(NaiveDate, i64), Vec<i64>> = HashMap::new();
    let met: std::collections::HashSet<i64> = parted.met.iter().map(|(_, id)| *id).collect();
    for (id, day, amount, other) in store::told_between(conn, from, until)? {
        if !met.contains(&id) && (other != format.name() || day > from) {
            left.entry((day, amount)).or_default().push(id);
        }
    }
    left.values_mut().for_each(|ids| ids.reverse());
    let fresh = std::mem::take(&mut parted.fresh);
    for (line, identity) in fresh {
        match left.get_mut(&(line.booked_on, line.amount_minor)).and_then(Vec::pop) {
            Some(id) => parted.met.push((line, id)),
            None => parted.fresh.push((line, identity)),
        }
    }
    Ok(parted)
}

type Known = HashMap<Vec<u8>, i64>;

fn plainly(conn: &mut Conn, told: &Told) -> Result<(Vec<Identity>, Known), DbError> {
    let identities = identities(&told.lines);
    let known = store::known(conn, &identities)?;
    Ok((identities, known))
}

/// Whether a statement is the next page of the bank after the last one: it begins with the balance that the last one
/// ended with, and has another number. Then its lines are new, even if one says what a line of the page before said.
fn goes_on(conn: &mut Conn, told: &Told) -> Result<bool, DbError> {
    let (Some(last), Some((from, _))) = (store::newest(conn)?, span(told)) else { return Ok(false) };
    Ok(told.opening_minor.is_some()
        && last.closing_minor == told.opening_minor
        && last.until_on <= from
        && !last.bank_number.is_empty()
        && !told.bank_number.is_empty()
        && last.bank_number != told.bank_number)
}

/// Counts each line on from those that say the same, until nobody has told it.
fn after_the_last(conn: &mut Conn, told: &Told) -> Result<(Vec<Identity>, Known), DbError> {
    let mut before: HashMap<Identity, u64> = HashMap::new();
    loop {
        let identities = identities_after(&told.lines, &before);
        let known = store::known(conn, &identities)?;
        if known.is_empty() {
            return Ok((identities, known));
        }
        let met: std::collections::HashSet<Identity> = identities
            .iter()
            .zip(&told.lines)
            .filter(|(identity, _)| known.contains_key(&identity[..]))
            .map(|(_, line)| words(line))
            .collect();
        for said in met {
            *before.entry(said).or_default() += 1;
        }
    }
}

/// Keeps a statement, number `part_of_file` of its file, in the caller's transaction, under the lock of the books; the
/// answer is what was kept. Its lines wait.
///
/// # Errors
/// Only when the database fails; also for a file that was kept before.
pub fn record(
    conn: &mut Conn,
    now: DateTime<Utc>,
    told: &Told,
    currency: Currency,
    part_of_file: i64,
    from: &Bringing,
) -> Result<Statement, DbError> {
    let parted = part(conn, told, from.format)?;
    keep(conn, now, &parted, currency, part_of_file, from, &mut |_| {})
}

/// Lines inserted at a time, between two words on how far it is.
const BATCH: usize = 5_000;

/// As [`record`], with lines that were parted before; `progress` hears of each batch of lines that is in.
///
/// # Errors
/// Only when the database fails; also for a file that was kept before.
pub fn keep(
    conn: &mut Conn,
    now: DateTime<Utc>,
    parted: &Parted<'_>,
    currency: Currency,
    part_of_file: i64,
    from: &Bringing,
    progress: &mut dyn FnMut(usize),
) -> Result<Statement, DbError> {
    let (last_statement, last_line) = store::last_ids(conn)?;
    let days = span(parted.told).unwrap_or((now.date_naive(), now.date_naive()));
    let statement = Statement { id: last_statement + 1, ..as_kept(parted, currency, now, days, from) };
    let origin = store::Origin { digest: &from.digest, part: part_of_file, request_id: &from.request_id };
    store::insert_statement(conn, &statement, &origin)?;
    let mut next = last_line + 1;
    for batch in parted.fresh.chunks(BATCH) {
        store::insert_lines(conn, statement.id, next, batch)?;
        next += batch.len() as i64;
        progress(batch.len());
    }
    let met: Vec<i64> = parted.met.iter().map(|(_, id)| *id).collect();
    store::insert_overlaps(conn, statement.id, &met)?;
    Ok(statement)
}

/// The statement as it is kept, but for its number.
pub fn as_kept(
    parted: &Parted<'_>,
    currency: Currency,
    now: DateTime<Utc>,
    (from_on, until_on): (NaiveDate, NaiveDate),
    from: &Bringing,
) -> Statement {
    Statement {
        id: 0,
        format: from.format,
        file_name: from.file_name.clone(),
        bank_number: parted.told.bank_number.clone(),
        account: parted.told.account.clone(),
        currency,
        from_on,
        until_on,
        opening_minor: parted.told.opening_minor,
        closing_minor: parted.told.closing_minor,
        lines: parted.fresh.len() as i64,
        known: parted.met.len() as i64,
        imported_at: now,
        imported_by: from.by.clone(),
    }
}

/// A line that is not kept yet, as it would stand in the queue; its number is that of its row.
pub fn as_waiting(told: &ToldLine) -> Line {
    Line {
        id: told.line,
        statement_id: 0,
        line: told.line,
        booked_on: told.booked_on,
        amount_minor: told.amount_minor,
        kind: told.kind,
        payer: told.payer.clone(),
        payer_account: told.payer_account.clone(),
        reference: told.reference.clone(),
        description: told.description.clone(),
        bank_id: told.bank_id.clone(),
        balance_minor: told.balance_minor,
        state: LineState::Waiting,
    }
}

/// The first and the last day that a statement is about; none where it says nothing at all.
pub fn span(told: &Told) -> Option<(NaiveDate, NaiveDate)> {
    let days = || told.lines.iter().map(|line| line.booked_on);
    let first = told.from_on.into_iter().chain(told.until_on).chain(days()).min()?;
    let last = told.from_on.into_iter().chain(told.until_on).chain(days()).max()?;
    Some((first, last))
}
