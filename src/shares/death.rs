//! Death and bankruptcy: what was told, and the transmission of the shares to whoever the law names.
//!
//! Invariant: shares pass on a ground that the Act knows, within its limit, even where the class is not transferable
//! (section 39). What cannot be held above the maximum is repaid by a withdrawal.

use chrono::{DateTime, NaiveDate, Utc};

use super::book::{self, EventKind, NewEvent, NewLine, Recorded};
use super::letters::{self, Told};
use super::notes::{self, NewNote, Note, NoteKind};
use super::numbers::MemberNumber;
use super::positions::Positions;
pub use super::store::nominations::{Death, death_of as of};
use super::store::{self, holders, nominations};
use super::{Applicant, Deed, ShareClass, ShareError, apply, class_on, past_or_today};
use crate::db::{Conn, DbError};
use crate::money;
use crate::outbox::LetterKind;

/// Keeps what the society was told of a member's death; the answer is the number of its note.
///
/// # Errors
/// [`ShareError`]: an unknown member, a day to come, noted before, no proof.
pub fn note_death(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &Deed,
    member: MemberNumber,
    died_on: NaiveDate,
    proof: &str,
) -> Result<i64, ShareError> {
    let (died_on, _) = past_or_today(conn, now, Some(died_on))?;
    let (told_on, _) = past_or_today(conn, now, None)?;
    let holder = apply::known(conn, member)?;
    if proof.is_empty() {
        return Err(ShareError::ReasonMissing);
    }
    if of(conn, holder.id)?.is_some() {
        return Err(ShareError::DeathNoted(member.to_string()));
    }
    let death = Death { holder_id: holder.id, died_on, told_on, proof: proof.to_owned() };
    let id = nominations::insert_death(conn, now, deed, &death)?;
    let note = NewNote::about(Some(holder.id), id, died_on).because(proof, "");
    Ok(notes::write(conn, now, deed, NoteKind::Death, &note)?)
}

/// Takes a death back that was noted in error, unless shares passed on because of it.
pub(super) fn undo(conn: &mut Conn, now: DateTime<Utc>, note: &Note) -> Result<(), ShareError> {
    if let Some(event) = note.holder_id.map(|holder| passed_on(conn, holder)).transpose()?.flatten() {
        return Err(ShareError::DeathPassedOn(event));
    }
    Ok(nominations::take_death_back(conn, now, note.row_id)?)
}

/// The first transmission after a death that stands.
fn passed_on(conn: &mut Conn, holder: i64) -> Result<Option<i64>, DbError> {
    let events = store::book::events_of(conn, holder)?;
    let back: Vec<i64> = events.iter().filter_map(|(event, ..)| event.reverses).collect();
    let by_bankruptcy = format!("{}:", Ground::Bankruptcy.name());
    Ok(events
        .into_iter()
        .filter(|(event, _, shares)| event.kind == EventKind::Transmission.name() && *shares < 0)
        .find(|(event, ..)| !back.contains(&event.number) && !event.reason.starts_with(&by_bankruptcy))
        .map(|(event, ..)| event.number))
}

/// Why shares pass without a transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ground {
    /// The member nominated somebody (section 37).
    Nomination,
    /// Little property, without a grant of probate (section 40).
    SmallEstate,
    /// By the will, with a grant of probate or letters of administration.
    Grant,
    /// The trustee in bankruptcy.
    Bankruptcy,
    /// The other joint holder lives on.
    Survivor,
}

impl Ground {
    /// Every ground, in the order of the form.
    pub const ALL: [Self; 5] = [Self::Nomination, Self::SmallEstate, Self::Grant, Self::Survivor, Self::Bankruptcy];

    /// As forms and the book write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Nomination => "nomination",
            Self::SmallEstate => "small_estate",
            Self::Grant => "grant",
            Self::Bankruptcy => "bankruptcy",
            Self::Survivor => "survivor",
        }
    }

    /// For people.
    pub fn label(self) -> &'static str {
        match self {
            Self::Nomination => "Nomination (section 37, up to £5,000)",
            Self::SmallEstate => "Without probate (section 40, up to £5,000)",
            Self::Grant => "Grant of probate or letters of administration",
            Self::Bankruptcy => "Bankruptcy: the trustee",
            Self::Survivor => "The surviving joint holder",
        }
    }

    /// Reads the name back.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|ground| ground.name() == name)
    }

    fn needs_death(self) -> bool {
        self != Self::Bankruptcy
    }
}

/// What may pass by nomination or without probate, in all (sections 37 and 40): 5,000.00.
const SMALL_MINOR: i64 = 500_000;
/// The same by a nomination made before 5 August 1954 (section 37): 100.00.
const OLD_NOMINATION_MINOR: i64 = 10_000;

/// Shares that pass.
#[derive(Debug, Clone)]
pub struct NewTransmission {
    /// From whom.
    pub from: MemberNumber,
    /// To a member, or to somebody who becomes one.
    pub to: Applicant,
    /// The class's code.
    pub class: String,
    /// How many.
    pub shares: i64,
    /// From which day; today where nothing is said.
    pub effective_on: Option<NaiveDate>,
    /// Why it is theirs.
    pub ground: Ground,
    /// What was seen: the certificate of death, the grant.
    pub reason: String,
    /// Where the committee's decision is written down.
    pub minute: String,
}

/// Passes shares on; the answer names the event and whoever holds them now.
///
/// # Errors
/// [`ShareError`]: unknown members, no death noted, nobody nominated, above the ground's limit, above a maximum.
pub fn transmit(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &Deed,
    new: &NewTransmission,
) -> Result<(Recorded, MemberNumber), ShareError> {
    if new.reason.is_empty() {
        return Err(ShareError::ReasonMissing);
    }
    let (date, settings) = past_or_today(conn, now, new.effective_on)?;
    let (class, terms) = class_on(conn, &new.class, date)?;
    let from = apply::known(conn, new.from)?;
    check_ground(conn, new, from.id, &class)?;
    let to = match &new.to {
        Applicant::Member(number) if *number == new.from => return Err(ShareError::SameMember),
        Applicant::Member(number) => apply::known(conn, *number)?,
        Applicant::New(holder) => {
            let id = holders::insert(conn, now, deed, date, holder)?;
            apply::entered(conn, id)?
        }
    };
    let mut positions = Positions::load(conn, &[from.id, to.id], date)?;
    positions.fall(&from, (&class, &terms), date, new.shares)?;
    positions.rise(&to, (&class, &terms), &settings, date, new.shares)?;
    holders::number_all(conn, &[to.id])?;
    let event = NewEvent {
        kind: EventKind::Transmission,
        effective_on: date,
        subject: new.from.to_string(),
        reason: format!("{}: {}", new.ground.name(), new.reason),
        minute: new.minute.clone(),
        reverses: None,
        entry: None,
        lines: NewLine::pair(Some(from.id), Some(to.id), class.id, new.shares, class.price_minor(new.shares)),
    };
    let recorded = book::record_all(conn, now, deed, &[event])?.remove(0);
    let told = Told::about(LetterKind::ShareTransfer, recorded.event, to.id).because_of(to.id);
    letters::queue(conn, now, &[told])?;
    let number = apply::entered(conn, to.id)?.member;
    let number = number.ok_or_else(|| DbError::Corrupt(format!("holder {} was not entered as a member", to.id)))?;
    Ok((recorded, number))
}

fn check_ground(conn: &mut Conn, new: &NewTransmission, from: i64, class: &ShareClass) -> Result<(), ShareError> {
    let member = new.from.to_string();
    if new.ground.needs_death() && of(conn, from)?.is_none() {
        return Err(ShareError::DeathNotNoted(member));
    }
    let limit_minor = match new.ground {
        Ground::Nomination => {
            let in_force = nominations::of(conn, from)?.into_iter().filter(nominations::Nomination::is_in_force);
            let newest = in_force.map(|known| known.made_on).max().ok_or(ShareError::NotNominated(member))?;
            let day_of_change = NaiveDate::from_ymd_opt(1954, 8, 5).unwrap_or_default();
            if newest < day_of_change { OLD_NOMINATION_MINOR } else { SMALL_MINOR }
        }
        Ground::SmallEstate => SMALL_MINOR,
        Ground::Grant | Ground::Bankruptcy | Ground::Survivor => return Ok(()),
    };
    let passed_minor = store::sums::transmitted(conn, from, new.ground.name())?;
    let would_be_minor = passed_minor + class.price_minor(new.shares);
    if would_be_minor > limit_minor {
        let display = |minor| money::display_short(minor, class.currency);
        return Err(ShareError::AboveGround { limit: display(limit_minor), would_be: display(would_be_minor) });
    }
    Ok(())
}
