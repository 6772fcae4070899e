//! Certificates follow the book: shares that come get one, shares that go take theirs with them.
//!
//! Invariant: the certificates in force of a member and class add up to the holding. A certificate is never changed:
//! it is cancelled by number, and another takes its place for what is left.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use super::living::check_alive;
use super::notes::{self, NewNote, Note, NoteKind};
use super::numbers::CertificateNumber;
use super::store::book::Numbered;
use super::store::certificates::{self as store, Certificate, NewCertificate};
use super::store::holders;
use super::{Deed, ShareError, past_or_today};
use crate::db::{Conn, DbError};

/// Crockford's base32, as references have it.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// 80 bits: nobody guesses one.
const CODE_CHARS: usize = 16;

/// Issues and cancels what these events ask for; the answer has the issued ones of each event: holder and number.
pub(super) fn follow(
    conn: &mut Conn,
    now: DateTime<Utc>,
    events: &[Numbered<'_>],
) -> Result<Vec<Vec<(i64, i64)>>, DbError> {
    let falling: Vec<i64> = lines(events).filter(|(_, _, shares)| *shares < 0).map(|(holder, _, _)| holder).collect();
    let mut in_force: HashMap<(i64, i64), Vec<Certificate>> = HashMap::new();
    for certificate in store::in_force_of(conn, &falling)? {
        in_force.entry((certificate.holder_id, certificate.class_id)).or_default().push(certificate);
    }
    let mut desk = Desk { now, last: store::last(conn)?, new: Vec::new(), cancelled: Vec::new() };
    let mut issued = Vec::with_capacity(events.len());
    for row in events {
        let first = desk.new.len();
        for line in &row.event.lines {
            let Some(holder) = line.holder else { continue };
            let place = (holder, line.class);
            if line.shares > 0 {
                let certificate = desk.issue(row, place, line.shares, None)?;
                in_force.entry(place).or_default().push(certificate);
            } else {
                desk.take(row, place, -line.shares, in_force.entry(place).or_default())?;
            }
        }
        issued.push(desk.new[first..].iter().map(|new| (new.holder_id, new.number)).collect());
    }
    store::insert_all(conn, desk.new)?;
    store::cancel_all(conn, now, &desk.cancelled)?;
    Ok(issued)
}

/// Takes a lost or spoilt certificate out of force by its number and issues another for the same shares; the answer is
/// that one, and the number of the note.
///
/// # Errors
/// [`ShareError`]: unknown, cancelled before, no reason.
pub fn replace(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &Deed,
    number: CertificateNumber,
    reason: &str,
) -> Result<(Certificate, i64), ShareError> {
    if reason.is_empty() {
        return Err(ShareError::ReasonMissing);
    }
    let old = store::numbered(conn, number.0)?.ok_or_else(|| ShareError::UnknownCertificate(number.to_string()))?;
    if let Some(on) = old.cancelled_on {
        return Err(ShareError::CertificateCancelled(number.to_string(), on));
    }
    let (today, _) = past_or_today(conn, now, None)?;
    let holder = holders::holder(conn, old.holder_id)?;
    check_alive(
        &holder.ok_or_else(|| DbError::Corrupt(format!("certificate {} has no holder", old.number)))?,
        today,
        "A lost certificate need not be replaced: it is cancelled when the shares pass on or are repaid.",
    )?;
    store::retire(conn, now, old.number, today, reason)?;
    let new = NewCertificate {
        number: store::last(conn)? + 1,
        holder_id: old.holder_id,
        class_id: old.class_id,
        shares: old.shares,
        code: code()?,
        issued_on: today,
        issued_at: now.naive_utc(),
        issued_event: old.issued_event,
        cancelled_on: None,
        cancelled_at: None,
        cancelled_event: None,
        replaces: Some(old.number),
        old_number: String::new(),
        reason: String::new(),
    };
    let certificate = Certificate::from(new.clone());
    store::insert_all(conn, vec![new])?;
    let note = NewNote::about(Some(old.holder_id), certificate.number, today).instead_of(old.number);
    let note = notes::write(conn, now, deed, NoteKind::Replacement, &note.because(reason, ""))?;
    Ok((certificate, note))
}

/// A certificate that was replaced in error is in force again, and the one in its place is cancelled.
pub(super) fn undo(conn: &mut Conn, now: DateTime<Utc>, note: &Note) -> Result<(), ShareError> {
    let number = CertificateNumber(note.row_id);
    let new = store::numbered(conn, number.0)?.ok_or_else(|| ShareError::UnknownCertificate(number.to_string()))?;
    if let Some(on) = new.cancelled_on {
        return Err(ShareError::CertificateCancelled(number.to_string(), on));
    }
    let (today, _) = past_or_today(conn, now, None)?;
    store::retire(conn, now, new.number, today, "issued in error")?;
    match note.before_id {
        Some(old) => Ok(store::reinstate(conn, now, old)?),
        None => Ok(()),
    }
}

fn lines<'a>(events: &'a [Numbered<'_>]) -> impl Iterator<Item = (i64, i64, i64)> + 'a {
    events
        .iter()
        .flat_map(|row| row.event.lines.iter())
        .filter_map(|line| line.holder.map(|holder| (holder, line.class, line.shares)))
}

/// Where certificates are written out.
struct Desk {
    now: DateTime<Utc>,
    last: i64,
    new: Vec<NewCertificate>,
    cancelled: Vec<store::Cancelled>,
}

impl Desk {
    fn issue(
        &mut self,
        row: &Numbered<'_>,
        place: (i64, i64),
        shares: i64,
        replaces: Option<i64>,
    ) -> Result<Certificate, DbError> {
        self.last += 1;
        let new = NewCertificate {
            number: self.last,
            holder_id: place.0,
            class_id: place.1,
            shares,
            code: code()?,
            issued_on: row.event.effective_on,
            issued_at: self.now.naive_utc(),
            issued_event: row.number,
            cancelled_on: None,
            cancelled_at: None,
            cancelled_event: None,
            replaces,
            old_number: String::new(),
            reason: String::new(),
        };
        let certificate = Certificate::from(new.clone());
        self.new.push(new);
        Ok(certificate)
    }

    /// Takes `shares` from the certificates in force, the oldest first; what is left of the last gets a new one.
    fn take(
        &mut self,
        row: &Numbered<'_>,
        place: (i64, i64),
        shares: i64,
        in_force: &mut Vec<Certificate>,
    ) -> Result<(), DbError> {
        // What a reversed event issued goes first, so that the others stay as they were.
        in_force.sort_by_key(|known| (row.event.reverses != Some(known.issued_event), known.number));
        let mut missing = shares;
        while missing > 0 {
            if in_force.is_empty() {
                return Err(DbError::Corrupt(format!("holder {} has shares without a certificate", place.0)));
            }
            let gone = in_force.remove(0);
            self.cancel(row, &gone);
            missing -= gone.shares;
            if missing < 0 {
                in_force.push(self.issue(row, place, -missing, Some(gone.number))?);
            }
        }
        Ok(())
    }

    /// One that was issued a moment ago is still to be written.
    fn cancel(&mut self, row: &Numbered<'_>, gone: &Certificate) {
        match self.new.iter_mut().find(|new| new.number == gone.number) {
            Some(new) => {
                new.cancelled_on = Some(row.event.effective_on);
                new.cancelled_at = Some(self.now.naive_utc());
                new.cancelled_event = Some(row.number);
            }
            None => {
                let (on, event) = (row.event.effective_on, row.number);
                self.cancelled.push(store::Cancelled { number: gone.number, on, event });
            }
        }
    }
}

/// A new check code.
fn code() -> Result<String, DbError> {
    let mut bytes = [0; CODE_CHARS];
    getrandom::fill(&mut bytes).map_err(|error| DbError::System(format!("it gave no random numbers: {error}")))?;
    Ok(bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte & 31)])).collect())
}
