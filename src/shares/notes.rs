//! The book of notes: every deed of the register that moves no shares has its page, its history, and its taking back.
//!
//! Invariant: a note is never changed. What was entered in error is taken back by another note that names it, once, and
//! only while no later note stands on it; what it had changed is then as it was before.

use chrono::{DateTime, NaiveDate, Utc};

use super::letters::correction;
use super::store::notes as store;
pub use super::store::notes::{Note, note, of_holder, of_kinds, reversal_of, reversals_of};
use super::{
    Deed, ShareError, absence, certificates, death, decide, estate, inspections, interest, meetings, nominations,
    officers, particulars, past_or_today, sections, suspend, withdraw,
};
use crate::db::{Conn, DbError};

/// What was noted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NoteKind {
    /// A member's death.
    Death,
    /// Somebody was nominated.
    Nomination,
    /// A nomination took the place of another.
    Variation,
    /// A nomination ended.
    Revocation,
    /// Name, address, representative or joint holders changed.
    Particulars,
    /// A certificate took the place of a lost one.
    Replacement,
    /// A member chose a section.
    Section,
    /// Withdrawals rest.
    Suspension,
    /// They go on.
    Resumption,
    /// An officer took office.
    Office,
    /// An officer left it.
    Departure,
    /// A member wants to withdraw.
    Notice,
    /// The committee did not agree to a withdrawal.
    WithdrawalRefused,
    /// The money of a withdrawal left the bank.
    WithdrawalPaid,
    /// The committee did not allot.
    ApplicationRefused,
    /// The applicant did not want the shares any more.
    ApplicationWithdrawn,
    /// A meeting was opened.
    Meeting,
    /// Somebody inspected the register.
    Inspection,
    /// Interest on a class was declared.
    Interest,
    /// It was paid, or added to the holdings.
    InterestPaid,
    /// Who has the word for a member who died.
    Estate,
    /// Letters to a member's address come back.
    GoneAway,
}

impl NoteKind {
    /// Every kind.
    pub const ALL: [Self; 22] = [
        Self::Death,
        Self::Nomination,
        Self::Variation,
        Self::Revocation,
        Self::Particulars,
        Self::Replacement,
        Self::Section,
        Self::Suspension,
        Self::Resumption,
        Self::Office,
        Self::Departure,
        Self::Notice,
        Self::WithdrawalRefused,
        Self::WithdrawalPaid,
        Self::ApplicationRefused,
        Self::ApplicationWithdrawn,
        Self::Meeting,
        Self::Inspection,
        Self::Interest,
        Self::InterestPaid,
        Self::Estate,
        Self::GoneAway,
    ];

    /// As addresses and the database write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Death => "death",
            Self::Nomination => "nomination",
            Self::Variation => "variation",
            Self::Revocation => "revocation",
            Self::Particulars => "particulars",
            Self::Replacement => "replacement",
            Self::Section => "section",
            Self::Suspension => "suspension",
            Self::Resumption => "resumption",
            Self::Office => "office",
            Self::Departure => "departure",
            Self::Notice => "notice",
            Self::WithdrawalRefused => "withdrawal_refused",
            Self::WithdrawalPaid => "withdrawal_paid",
            Self::ApplicationRefused => "application_refused",
            Self::ApplicationWithdrawn => "application_withdrawn",
            Self::Meeting => "meeting",
            Self::Inspection => "inspection",
            Self::Interest => "interest",
            Self::InterestPaid => "interest_paid",
            Self::Estate => "estate",
            Self::GoneAway => "gone_away",
        }
    }

    /// For people.
    pub fn label(self) -> &'static str {
        match self {
            Self::Death => "Death",
            Self::Nomination => "Nomination",
            Self::Variation => "Nomination varied",
            Self::Revocation => "Nomination revoked",
            Self::Particulars => "Change of particulars",
            Self::Replacement => "Certificate replaced",
            Self::Section => "Section chosen",
            Self::Suspension => "Withdrawals suspended",
            Self::Resumption => "Withdrawals resumed",
            Self::Office => "Officer appointed",
            Self::Departure => "Officer left office",
            Self::Notice => "Notice of withdrawal",
            Self::WithdrawalRefused => "Withdrawal refused",
            Self::WithdrawalPaid => "Withdrawal paid out",
            Self::ApplicationRefused => "Application refused",
            Self::ApplicationWithdrawn => "Application withdrawn",
            Self::Meeting => "Meeting opened",
            Self::Inspection => "Register inspected",
            Self::Interest => "Interest declared",
            Self::InterestPaid => "Interest paid",
            Self::Estate => "Representatives of an estate",
            Self::GoneAway => "Gone away",
        }
    }

    /// Reads the name back.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The kinds that tell the story of one row together with this one.
    fn family(self) -> &'static [Self] {
        const FAMILIES: [&[NoteKind]; 6] = [
            &[NoteKind::Nomination, NoteKind::Variation, NoteKind::Revocation],
            &[NoteKind::Suspension, NoteKind::Resumption],
            &[NoteKind::Office, NoteKind::Departure],
            &[NoteKind::Notice, NoteKind::WithdrawalRefused, NoteKind::WithdrawalPaid],
            &[NoteKind::ApplicationRefused, NoteKind::ApplicationWithdrawn],
            &[NoteKind::Interest, NoteKind::InterestPaid],
        ];
        const ALONE: [&[NoteKind]; 8] = [
            &[NoteKind::Death],
            &[NoteKind::Particulars],
            &[NoteKind::Replacement],
            &[NoteKind::Section],
            &[NoteKind::Meeting],
            &[NoteKind::Inspection],
            &[NoteKind::Estate],
            &[NoteKind::GoneAway],
        ];
        FAMILIES.into_iter().chain(ALONE).find(|family| family.contains(&self)).unwrap_or(&[])
    }
}

/// What a note is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Noting {
    /// Something was noted.
    Of(NoteKind),
    /// Another note is taken back.
    TakenBack,
}

impl Noting {
    /// As the database writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Of(kind) => kind.name(),
            Self::TakenBack => "taken_back",
        }
    }

    /// Reads the name back.
    pub fn from_name(name: &str) -> Option<Self> {
        if name == Self::TakenBack.name() { Some(Self::TakenBack) } else { NoteKind::from_name(name).map(Self::Of) }
    }
}

impl Note {
    /// What was noted; none for one that takes another back.
    pub fn noted(&self) -> Option<NoteKind> {
        match self.kind {
            Noting::Of(kind) => Some(kind),
            Noting::TakenBack => None,
        }
    }
}

/// A note to be written.
#[derive(Debug, Clone, Copy)]
pub(super) struct NewNote<'a> {
    pub holder: Option<i64>,
    pub row: i64,
    pub before: Option<i64>,
    pub effective_on: NaiveDate,
    pub reason: &'a str,
    pub minute: &'a str,
    pub entry: Option<i64>,
}

impl<'a> NewNote<'a> {
    /// About a row, from a day on.
    pub fn about(holder: Option<i64>, row: i64, effective_on: NaiveDate) -> Self {
        Self { holder, row, before: None, effective_on, reason: "", minute: "", entry: None }
    }

    /// With why it was done, and where that is written down.
    pub fn because(self, reason: &'a str, minute: &'a str) -> Self {
        Self { reason, minute, ..self }
    }

    /// In the place of another row.
    pub fn instead_of(self, before: i64) -> Self {
        Self { before: Some(before), ..self }
    }

    /// With its entry in the ledger.
    pub fn posting(self, entry: Option<i64>) -> Self {
        Self { entry, ..self }
    }
}

/// Writes a note of what was just done, in its transaction; the answer is its number.
pub(super) fn write(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &Deed,
    kind: NoteKind,
    new: &NewNote<'_>,
) -> Result<i64, DbError> {
    store::insert(conn, now, deed, (Noting::Of(kind), None), new)
}

/// The whole story of what a note is about, oldest first. What is said of a member is said as a whole, so that a change
/// of particulars stands in the story of all of them.
///
/// # Errors
/// Only when the database fails.
pub fn story(conn: &mut Conn, note: &Note) -> Result<Vec<Note>, DbError> {
    let about = match note.reverses {
        Some(first) => store::note(conn, first)?.unwrap_or_else(|| note.clone()),
        None => note.clone(),
    };
    if let (Some(NoteKind::Particulars | NoteKind::Section), Some(holder)) = (about.noted(), about.holder_id) {
        return of_one_holder(conn, holder, about.kind);
    }
    let family: Vec<&str> = about.noted().map_or(&[][..], NoteKind::family).iter().map(|kind| kind.name()).collect();
    store::of_row(conn, &family, about.row_id)
}

/// The whole story of the row that notes of a kind are about, oldest first.
///
/// # Errors
/// Only when the database fails.
pub fn story_of(conn: &mut Conn, kind: NoteKind, row: i64) -> Result<Vec<Note>, DbError> {
    let family: Vec<&str> = kind.family().iter().map(|kind| kind.name()).collect();
    store::of_row(conn, &family, row)
}

/// The notes of a kind about a holder, with those that take them back.
fn of_one_holder(conn: &mut Conn, holder: i64, kind: Noting) -> Result<Vec<Note>, DbError> {
    let all = store::of_holder(conn, holder)?;
    let own: Vec<i64> = all.iter().filter(|note| note.kind == kind).map(|note| note.number).collect();
    let is_of = |note: &Note| note.kind == kind || note.reverses.is_some_and(|first| own.contains(&first));
    Ok(all.into_iter().filter(is_of).collect())
}

/// Takes back what was noted in error: it never counted, and whoever had a letter about it is told. The answer is the number of the note that says so. Where money
/// had moved, `on` is the day on which it came back; the day it left where nothing is said.
///
/// # Errors
/// [`ShareError`]: unknown, taken back before, something later stands on it, no reason.
pub fn take_back(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &Deed,
    number: i64,
    (reason, on): (&str, Option<NaiveDate>),
) -> Result<i64, ShareError> {
    if reason.is_empty() {
        return Err(ShareError::ReasonMissing);
    }
    let note = store::note(conn, number)?.ok_or(ShareError::UnknownNote(number))?;
    let kind = note.noted().ok_or(ShareError::NoteIsTakingBack(number))?;
    if let Some(by) = store::reversal_of(conn, number)? {
        return Err(ShareError::NoteTakenBack(number, by));
    }
    if let Some(later) = standing_on(conn, &note)? {
        return Err(ShareError::NoteStandsOn(number, later));
    }
    past_or_today(conn, now, on)?;
    let entry = undo(conn, now, deed, (&note, kind), (reason, on))?;
    let new = NewNote {
        holder: note.holder_id,
        row: note.row_id,
        before: note.before_id,
        effective_on: on.filter(|_| entry.is_some()).unwrap_or(note.effective_on),
        reason,
        minute: "",
        entry,
    };
    let by = store::insert(conn, now, deed, (Noting::TakenBack, Some(number)), &new)?;
    correction::tell(conn, now, (&note, kind), by)?;
    Ok(by)
}

/// The first later note about the same that nobody took back.
fn standing_on(conn: &mut Conn, note: &Note) -> Result<Option<i64>, DbError> {
    let later = story(conn, note)?;
    let back: Vec<i64> = later.iter().filter_map(|other| other.reverses).collect();
    let mut standing = later.iter().filter(|other| other.reverses.is_none() && !back.contains(&other.number));
    Ok(standing.find(|other| other.number > note.number).map(|other| other.number))
}

/// Makes what the note had changed as it was; the answer is the entry that takes its money back.
fn undo(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &Deed,
    (note, kind): (&Note, NoteKind),
    (reason, on): (&str, Option<NaiveDate>),
) -> Result<Option<i64>, ShareError> {
    match kind {
        NoteKind::Death => death::undo(conn, now, note)?,
        NoteKind::Nomination | NoteKind::Variation | NoteKind::Revocation => nominations::undo(conn, now, note, kind)?,
        NoteKind::Particulars => particulars::undo(conn, now, note)?,
        NoteKind::Replacement => certificates::undo(conn, now, note)?,
        NoteKind::Section => sections::undo(conn, note)?,
        NoteKind::Suspension | NoteKind::Resumption => suspend::undo(conn, now, note, kind)?,
        NoteKind::Office | NoteKind::Departure => officers::undo(conn, now, note, kind)?,
        NoteKind::Meeting => meetings::undo(conn, now, note)?,
        NoteKind::Inspection => inspections::undo(conn, now, note)?,
        NoteKind::Estate => estate::undo(conn, now, note)?,
        NoteKind::GoneAway => absence::undo(conn, now, note)?,
        NoteKind::Interest => return interest::back::undo_declaration(conn, now, note),
        NoteKind::InterestPaid => return interest::back::undo_payment(conn, now, deed, note, (reason, on)),
        NoteKind::Notice | NoteKind::WithdrawalRefused | NoteKind::WithdrawalPaid => {
            return withdraw::undo(conn, now, deed, (note, kind), on);
        }
        NoteKind::ApplicationRefused | NoteKind::ApplicationWithdrawn => return decide::undo(conn, now, deed, note),
    }
    Ok(None)
}
