//! Meetings of members: a roll that is fixed when the meeting is opened, and who came and voted.
//!
//! Invariant: one member, one vote, once: whatever the holding, however many joint holders, and at however many sections'
//! meetings one annual meeting is held. What is recorded in the register later does not change the roll.

use chrono::{DateTime, NaiveDate, Utc};

use super::living::check_alive;
use super::notes::{self, NewNote, Note, NoteKind};
use super::numbers::MemberNumber;
use super::register::{self, Line, View};
use super::store::meetings as store;
pub use super::store::meetings::{Meeting, Sitting, Vote, meeting, meetings, sitting, sittings, votes_at, votes_of};
use super::store::{deaths, holders};
use super::{Deed, Holder, ShareClass, ShareError, Terms, classes_on, past_or_today, sections};
use crate::db::{Conn, DbError};
use crate::funds::words::day;

/// Members noted at once: a busy hall's list.
pub const NOTED_MAX: usize = 500;

/// A meeting to be opened.
#[derive(Debug, Clone)]
pub struct NewMeeting {
    /// "Annual meeting 2026"
    pub name: String,
    /// Who is a member at the end of this day votes; today where nothing is said.
    pub record_on: Option<NaiveDate>,
    /// Where it is held first.
    pub held: NewSitting,
}

/// Where a meeting is held.
#[derive(Debug, Clone)]
pub struct NewSitting {
    /// For which section; none is everybody.
    pub section: Option<i64>,
    /// On which day, also one to come.
    pub held_on: NaiveDate,
    /// In which hall.
    pub place: String,
}

/// Opens a meeting: the roll is who votes at the end of the record date, as it is known now, for ever. The answer is the
/// meeting and the number of its note.
///
/// # Errors
/// [`ShareError`]: a record date to come or after the meeting, an unknown section.
pub fn open(conn: &mut Conn, now: DateTime<Utc>, deed: &Deed, new: &NewMeeting) -> Result<(Meeting, i64), ShareError> {
    let view = register::view(conn, now, new.record_on, None)?;
    let classes = classes_on(conn, view.as_at)?;
    let mut votes = 0;
    register::each_line(conn, &view, |line| votes += i64::from(register::is_voter(&line, &classes)))?;
    let id = store::insert(conn, now, deed, &new.name, &view, votes)?;
    let meeting = known(conn, id)?;
    hold_in(conn, now, deed, &meeting, &new.held)?;
    let note = NewNote::about(None, id, view.as_at);
    Ok((meeting, notes::write(conn, now, deed, NoteKind::Meeting, &note)?))
}

/// Lets a meeting be held in one more section; the answer is the sitting.
///
/// # Errors
/// [`ShareError`]: a day before the record date, an unknown section, or one that has its meeting already.
pub fn hold_in(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &Deed,
    meeting: &Meeting,
    new: &NewSitting,
) -> Result<i64, ShareError> {
    if new.held_on < meeting.record_on {
        return Err(refused("A meeting is not held before its record date. Please check both days."));
    }
    if let Some(id) = new.section
        && !sections::all(conn)?.iter().any(|known| known.id == id)
    {
        return Err(ShareError::Section("There is no such section."));
    }
    let there = store::sittings(conn, meeting.id)?;
    if there.iter().any(|known| known.section_id.is_none() || new.section.is_none()) {
        return Err(refused("A meeting of everybody is not held in sections besides. Open another meeting."));
    }
    if there.iter().any(|known| known.section_id == new.section) {
        return Err(refused("This section has its meeting already."));
    }
    Ok(store::insert_sitting(conn, now, deed, (meeting.id, new.section), (new.held_on, &new.place))?)
}

/// Notes who came to a meeting, and whether they voted: all of them, or none when one may not. Who came without voting
/// may be noted once more when they vote.
///
/// # Errors
/// [`ShareError::Meeting`], with the member's number: not on the roll, noted before (and where), a day to come.
pub fn note_votes(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &Deed,
    sitting: &Sitting,
    has_voted: bool,
    members: &[MemberNumber],
) -> Result<usize, ShareError> {
    let meeting = known(conn, sitting.meeting_id)?;
    let (today, _) = past_or_today(conn, now, None)?;
    if sitting.held_on > today {
        return Err(ShareError::InFuture(sitting.held_on));
    }
    if members.is_empty() || members.len() > NOTED_MAX {
        return Err(refused(&format!("Please give between one and {NOTED_MAX} member numbers.")));
    }
    let (view, classes) = (meeting.view(), classes_on(conn, meeting.record_on)?);
    let mut here: Vec<(i64, String)> = Vec::with_capacity(members.len());
    let mut wanted: Vec<(MemberNumber, i64)> = Vec::with_capacity(members.len());
    for number in members {
        let line = on_roll(conn, &view, &classes, *number)?;
        let voter = living_voter(conn, sitting, line.holder.id)?;
        if here.iter().any(|(id, _)| *id == line.holder.id) {
            return Err(refused(&format!("{number} is named twice.")));
        }
        wanted.push((*number, line.holder.id));
        here.push((line.holder.id, voter));
    }
    let ids: Vec<i64> = here.iter().map(|(id, _)| *id).collect();
    for vote in store::came(conn, meeting.id, &ids)? {
        if has_voted && !vote.has_voted && vote.sitting_id == sitting.id {
            store::take_vote_back(conn, now, deed, vote.id, "voted later")?;
            continue;
        }
        let number = wanted.iter().find(|(_, id)| *id == vote.holder_id).map(|(number, _)| number.to_string());
        return Err(came_before(conn, &vote, &number.unwrap_or_default())?);
    }
    store::insert_votes(conn, now, deed, sitting, has_voted, &here)?;
    Ok(here.len())
}

/// The line of the roll of a member who may vote.
fn on_roll(
    conn: &mut Conn,
    view: &View,
    classes: &[(ShareClass, Terms)],
    number: MemberNumber,
) -> Result<Line, ShareError> {
    let holder = super::apply::known(conn, number)?;
    let line = register::lines_of(conn, view, &[holder.id])?.pop();
    let on = day(view.as_at);
    line.filter(|line| register::is_voter(line, classes)).ok_or_else(|| {
        refused(&format!("{number} is not on the roll: they had no vote at the end of {on}, as it was known then."))
    })
}

/// Who votes for a holder where a meeting is held: the roll may be older than a death.
fn living_voter(conn: &mut Conn, sitting: &Sitting, holder: i64) -> Result<String, ShareError> {
    let holder = super::apply::entered(conn, holder)?.on(sitting.held_on);
    check_alive(&holder, sitting.held_on, "Nobody votes for them, though the roll was fixed before.")?;
    Ok(holder.voter().to_owned())
}

/// Somebody on the roll of a meeting who died, though the roll does not know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiedSince {
    /// The member, with every death that is known now.
    pub holder: Holder,
    /// Whether somebody came in their name at or after their death.
    pub has_come: bool,
}

/// Who on the roll of a meeting died, by the last day on which it is held, and was not known to have died when the roll
/// was fixed: members without a vote, and joint holdings that vote by another name.
///
/// # Errors
/// Only when the database fails.
pub fn died_since(conn: &mut Conn, meeting: &Meeting) -> Result<Vec<DiedSince>, DbError> {
    let sittings = store::sittings(conn, meeting.id)?;
    let last = sittings.iter().map(|held| held.held_on).max().unwrap_or(meeting.record_on);
    let classes = classes_on(conn, meeting.record_on)?;
    let ids = deaths::holders_until(conn, last)?;
    let (mut found, lines) = (Vec::new(), register::lines_of(conn, &meeting.view(), &ids)?);
    let now = holders::holders_now(conn, &ids)?;
    let votes = store::came(conn, meeting.id, &ids)?;
    for line in lines.iter().filter(|line| register::is_voter(line, &classes)) {
        let Some(holder) = now.get(&line.holder.id).cloned().map(|holder| holder.on(last)) else { continue };
        if holder.deaths == line.holder.deaths {
            continue;
        }
        let is_wrong = |vote: &Vote| {
            let held_on = sittings.iter().find(|held| held.id == vote.sitting_id).map(|held| held.held_on);
            vote.holder_id == holder.id && held_on.is_some_and(|held_on| is_of_the_dead(&holder, vote, held_on))
        };
        let has_come = votes.iter().any(is_wrong);
        found.push(DiedSince { holder, has_come });
    }
    Ok(found)
}

/// Whether whoever came in a holder's name was dead on the day.
pub fn is_of_the_dead(holder: &Holder, vote: &Vote, held_on: NaiveDate) -> bool {
    holder.is_dead_on(held_on) || holder.death_of(&vote.voter).is_some_and(|died| died <= held_on)
}

fn came_before(conn: &mut Conn, vote: &Vote, number: &str) -> Result<ShareError, DbError> {
    let sitting = store::sitting(conn, vote.sitting_id)?;
    let section = sitting.and_then(|sitting| sitting.section_id);
    let name = sections::all(conn)?.into_iter().find(|known| Some(known.id) == section).map(|known| known.name);
    let place = name.map(|name| format!(" at the meeting of {name}")).unwrap_or_default();
    let what = if vote.has_voted { "has voted" } else { "was noted as here" };
    Ok(refused(&format!("{number} {what}{place} already. A member votes once, wherever the meeting is held.")))
}

/// Takes back what was noted of somebody in error.
///
/// # Errors
/// [`ShareError`]: unknown, taken back before, no reason.
pub fn take_vote_back(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &Deed,
    id: i64,
    reason: &str,
) -> Result<Vote, ShareError> {
    if reason.is_empty() {
        return Err(ShareError::ReasonMissing);
    }
    let vote = store::vote(conn, id)?.filter(|vote| vote.taken_back_at.is_none());
    let vote = vote.ok_or_else(|| refused("There is no vote to take back here."))?;
    store::take_vote_back(conn, now, deed, id, reason)?;
    Ok(vote)
}

/// A meeting that was opened in error is none, unless somebody came.
pub(super) fn undo(conn: &mut Conn, now: DateTime<Utc>, note: &Note) -> Result<(), ShareError> {
    if store::votes_at(conn, note.row_id)?.iter().any(|vote| vote.taken_back_at.is_none()) {
        return Err(refused("Somebody came to this meeting. Please take back who came first."));
    }
    Ok(store::take_back(conn, now, note.row_id)?)
}

fn known(conn: &mut Conn, id: i64) -> Result<Meeting, ShareError> {
    store::meeting(conn, id)?.filter(|meeting| meeting.taken_back_at.is_none()).ok_or(ShareError::UnknownMeeting)
}

fn refused(sentence: &str) -> ShareError {
    ShareError::Meeting(sentence.to_owned())
}
