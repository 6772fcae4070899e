//! Two pairs of eyes: where the setting asks for it, what happens to a holding is entered by one person and decided by
//! another.
//!
//! Invariant: nobody approves what they entered, and nothing counts before it is approved. What the form says is left
//! to whoever does it.

use chrono::{DateTime, Utc};

use super::store::proposals as store;
pub use super::store::proposals::{
    Proposal, ProposalStatus, approved_at, count_waiting, decided, of_place, proposal, set_place, waiting,
    waiting_about,
};
use super::{Deed, ShareError, settings};
use crate::db::{Conn, DbError};

/// Something to be decided by another.
#[derive(Debug, Clone, Copy)]
pub struct NewProposal<'a> {
    /// "transfer", "reversal", ...
    pub deed: &'a str,
    /// A member number or the number of an event.
    pub subject: &'a str,
    /// The form, as it was sent.
    pub form: &'a str,
}

/// What the second person says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is done now.
    Approved,
    /// It is not done, for this reason.
    Refused(String),
}

/// Keeps what is to be decided by another; the answer is its number.
///
/// # Errors
/// Only when the database fails.
pub fn propose(conn: &mut Conn, now: DateTime<Utc>, deed: &Deed, new: &NewProposal<'_>) -> Result<i64, DbError> {
    store::insert(conn, now, deed, new)
}

/// The second person decides; the answer is what they decided about. The caller does what was approved, in the same
/// transaction.
///
/// # Errors
/// [`ShareError`]: unknown or decided before, the same person, a refusal without a reason.
pub fn decide(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &Deed,
    id: i64,
    verdict: &Verdict,
) -> Result<Proposal, ShareError> {
    let known = proposal(conn, id)?.ok_or(ShareError::UnknownProposal)?;
    match verdict {
        Verdict::Approved if known.recorded_by == deed.by => return Err(ShareError::SamePerson),
        Verdict::Refused(reason) if reason.is_empty() => return Err(ShareError::ReasonMissing),
        _ => {}
    }
    if store::decide(conn, now, deed, id, verdict)? { Ok(known) } else { Err(ShareError::UnknownProposal) }
}

/// Refuses what comes with one signature where the setting asks for two: a program cannot be both.
///
/// # Errors
/// [`ShareError::NeedsTwo`].
pub fn check_single_handed(conn: &mut Conn) -> Result<(), ShareError> {
    if settings(conn)?.needs_second_person { Err(ShareError::NeedsTwo) } else { Ok(()) }
}
