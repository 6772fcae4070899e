//! Keeps what a file told, each line once.
//!
//! Invariant: lines that are known already are linked and not kept again, so that every statement still adds up from
//! its opening to its closing balance. Whether a file may be believed is decided before this.

use chrono::{DateTime, NaiveDate, Utc};

use super::identity::{Identity, identities};
use super::told::{Told, ToldLine};
use super::{Format, Statement, store};
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

/// Keeps a statement, number `part` of its file, in the caller's transaction, under the lock of the books; the answer
/// is what was kept. Its lines wait.
///
/// # Errors
/// Only when the database fails; also for a file that was kept before.
pub fn record(
    conn: &mut Conn,
    now: DateTime<Utc>,
    told: &Told,
    currency: Currency,
    part: i64,
    from: &Bringing,
) -> Result<Statement, DbError> {
    let identities = identities(&told.lines);
    let known = store::known(conn, &identities)?;
    let (last_statement, last_line) = store::last_ids(conn)?;
    let (mut fresh, mut met): (Vec<(&ToldLine, Identity)>, Vec<i64>) = (Vec::new(), Vec::new());
    for (line, identity) in told.lines.iter().zip(identities) {
        match known.get(&identity[..]) {
            Some(id) => met.push(*id),
            None => fresh.push((line, identity)),
        }
    }
    let (from_on, until_on) = span(told).unwrap_or((now.date_naive(), now.date_naive()));
    let statement = Statement {
        id: last_statement + 1,
        format: from.format,
        file_name: from.file_name.clone(),
        bank_number: told.bank_number.clone(),
        account: told.account.clone(),
        currency,
        from_on,
        until_on,
        opening_minor: told.opening_minor,
        closing_minor: told.closing_minor,
        lines: fresh.len() as i64,
        known: met.len() as i64,
        imported_at: now,
        imported_by: from.by.clone(),
    };
    let origin = store::Origin { digest: &from.digest, part, request_id: &from.request_id };
    store::insert_statement(conn, &statement, &origin)?;
    store::insert_lines(conn, statement.id, last_line + 1, &fresh)?;
    store::insert_overlaps(conn, statement.id, &met)?;
    Ok(statement)
}

/// The first and the last day that a statement is about; none where it says nothing at all.
pub fn span(told: &Told) -> Option<(NaiveDate, NaiveDate)> {
    let days = || told.lines.iter().map(|line| line.booked_on);
    let first = told.from_on.into_iter().chain(told.until_on).chain(days()).min()?;
    let last = told.from_on.into_iter().chain(told.until_on).chain(days()).max()?;
    Some((first, last))
}
