//! Death and bankruptcy: what was told, and the transmission of the shares to whoever the law names.
//!
//! Invariant: from the day of their death a member does nothing; their shares pass on a ground that the Act knows,
//! within its limit, even where the class is not transferable (section 39). What cannot be held above the maximum is
//! repaid by a withdrawal. Of joint holders those who live go on, and the first of them votes.

use chrono::{DateTime, NaiveDate, Utc};

use super::book::{self, EventKind, NewEvent, NewLine, Recorded};
use super::ground::Ground;
use super::letters::{self, Told, held};
use super::living::check_alive;
use super::notes::{self, NewNote, Note, NoteKind};
use super::numbers::MemberNumber;
use super::positions::Positions;
pub use super::store::deaths::{Death, numbered, of};
use super::store::{self, deaths, holders, nominations};
use super::{Applicant, Deed, Holder, HolderKind, ShareClass, ShareError, apply, class_on, past_or_today};
use crate::db::{Conn, DbError};
use crate::money;
use crate::outbox::LetterKind;
use crate::supporters::rules::folded;

/// A death that the society was told of.
#[derive(Debug, Clone)]
pub struct NewDeath {
    /// Whose.
    pub member: MemberNumber,
    /// Which of joint holders, by name; empty where the member is one person.
    pub person: String,
    /// The day.
    pub died_on: NaiveDate,
    /// What proves it.
    pub proof: String,
}

/// Keeps what the society was told of a member's death; the answer is the number of its note. Letters that wait go to
/// the representatives, or are held back.
///
/// # Errors
/// [`ShareError`]: an unknown member, a day to come, noted before, no proof, an organisation, not one of the joint
/// holders.
pub fn note_death(conn: &mut Conn, now: DateTime<Utc>, deed: &Deed, new: &NewDeath) -> Result<i64, ShareError> {
    let (died_on, _) = past_or_today(conn, now, Some(new.died_on))?;
    let (told_on, _) = past_or_today(conn, now, None)?;
    let holder = apply::known(conn, new.member)?;
    if new.proof.is_empty() {
        return Err(ShareError::ReasonMissing);
    }
    let person = person_of(&holder, &new.person)?;
    let known = of(conn, holder.id)?;
    if let Some(death) = known.iter().find(|death| death.person.is_empty() || folded(&death.person) == folded(&person))
    {
        let who = if death.person.is_empty() { holder.called() } else { death.person.clone() };
        return Err(ShareError::DeathNoted { who, on: death.died_on });
    }
    let row = deaths::NewDeath { holder_id: holder.id, person: &person, died_on, told_on, proof: &new.proof };
    let id = deaths::insert(conn, now, deed, &row)?;
    let note = NewNote::about(Some(holder.id), id, died_on).because(&new.proof, "");
    let note = notes::write(conn, now, deed, NoteKind::Death, &note)?;
    held::address_anew(conn, now, holder.id)?;
    Ok(note)
}

/// Who died, as the register writes the name.
fn person_of(holder: &Holder, typed: &str) -> Result<String, ShareError> {
    match holder.kind {
        HolderKind::Person => Ok(String::new()),
        HolderKind::Organisation | HolderKind::Society => Err(ShareError::BodyDoesNotDie(holder.called())),
        HolderKind::Joint => {
            let named = holder.names.iter().find(|name| folded(name) == folded(typed)).cloned();
            named.ok_or_else(|| ShareError::DeathOfWhom(holder.names.join(", ")))
        }
    }
}

/// Takes a death back that was noted in error, unless shares passed on because of it.
pub(super) fn undo(conn: &mut Conn, now: DateTime<Utc>, note: &Note) -> Result<(), ShareError> {
    if let Some(event) = note.holder_id.map(|holder| passed_on(conn, holder)).transpose()?.flatten() {
        return Err(ShareError::DeathPassedOn(event));
    }
    deaths::take_back(conn, now, note.row_id)?;
    if let Some(holder) = note.holder_id {
        held::address_anew(conn, now, holder)?;
    }
    Ok(())
}

/// The first transmission after a death that stands.
fn passed_on(conn: &mut Conn, holder: i64) -> Result<Option<i64>, DbError> {
    let events = store::book::events_of(conn, holder)?;
    let back: Vec<i64> = events.iter().filter_map(|(event, ..)| event.reverses).collect();
    Ok(events
        .into_iter()
        .filter(|(event, _, shares)| event.kind == EventKind::Transmission && *shares < 0)
        .find(|(event, ..)| !back.contains(&event.number) && event.ground != Some(Ground::Bankruptcy))
        .map(|(event, ..)| event.number))
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
    check_ground(conn, new, (&from, date), &class)?;
    let to = match &new.to {
        Applicant::Member(number) if *number == new.from => return Err(ShareError::SameMember),
        Applicant::Member(number) => {
            let to = apply::known(conn, *number)?;
            check_alive(&to, date, "Shares cannot pass to them; name whoever stands in their place.")?;
            to
        }
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
        reason: new.reason.clone(),
        minute: new.minute.clone(),
        reverses: None,
        entry: None,
        ground: Some(new.ground),
        is_interest: false,
        lines: NewLine::pair(Some(from.id), Some(to.id), class.id, new.shares, class.price_minor(new.shares)),
    };
    let recorded = book::record_all(conn, now, deed, &[event])?.remove(0);
    let told = Told::about(LetterKind::ShareTransfer, recorded.event, to.id).because_of(to.id);
    letters::queue(conn, now, &[told])?;
    let number = apply::entered(conn, to.id)?.member;
    let number = number.ok_or_else(|| DbError::Corrupt(format!("holder {} was not entered as a member", to.id)))?;
    Ok((recorded, number))
}

fn check_ground(
    conn: &mut Conn,
    new: &NewTransmission,
    (holder, date): (&Holder, NaiveDate),
    class: &ShareClass,
) -> Result<(), ShareError> {
    let (member, from) = (new.from.to_string(), holder.id);
    if new.ground.needs_death() {
        let Some(first) = holder.deaths.first() else { return Err(ShareError::DeathNotNoted(member)) };
        if date < first.on {
            return Err(ShareError::BeforeDeath { who: member, on: first.on });
        }
        if holder.died_on().is_none() && new.ground != Ground::Survivor {
            return Err(ShareError::SurvivorLives(holder.living().join(", ")));
        }
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
    let passed_minor = store::sums::transmitted(conn, from, new.ground)?;
    let would_be_minor = passed_minor + class.price_minor(new.shares);
    if would_be_minor > limit_minor {
        let display = |minor| money::display_short(minor, class.currency);
        return Err(ShareError::AboveGround { limit: display(limit_minor), would_be: display(would_be_minor) });
    }
    Ok(())
}
