//! The register (Act of 2014, section 30): who was a member on a day, as it was known at a moment; and from it the
//! voting roll and the year's figures.
//!
//! Invariant: a view is a pure function of the book up to one event, so that what was recorded later never changes it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, TimeZone, Utc};

use super::class::{ShareClass, Terms};
use super::numbers::MemberNumber;
use super::store::{book, deaths, holders, sums};
use super::{Holder, ShareError, classes_on, past_or_today};
use crate::db::{Conn, DbError};
use crate::money::Currency;

/// A day, and what was known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// The end of this day.
    pub as_at: NaiveDate,
    /// Nothing that was recorded after this moment.
    pub as_known: DateTime<Utc>,
    /// The last event that was recorded by then.
    pub event: i64,
    /// The last death that was noted by then.
    pub death: i64,
}

/// What one member has of one class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holding {
    /// The class.
    pub class_id: i64,
    /// How many.
    pub shares: i64,
    /// What was paid for them.
    pub paid_minor: i64,
}

/// A line of the register: a member, or somebody who was one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// For life.
    pub member: MemberNumber,
    /// As the register had them on the day.
    pub holder: Holder,
    /// Nothing once they ceased.
    pub holdings: Vec<Holding>,
    /// The day of entry.
    pub entered_on: NaiveDate,
    /// The day of leaving.
    pub ceased_on: Option<NaiveDate>,
}

/// The view of a day: today where nothing is said, as it is known now or was known at the end of a day in the past.
///
/// # Errors
/// [`ShareError::InFuture`].
pub fn view(
    conn: &mut Conn,
    now: DateTime<Utc>,
    as_at: Option<NaiveDate>,
    as_known: Option<NaiveDate>,
) -> Result<View, ShareError> {
    let (as_at, settings) = past_or_today(conn, now, as_at)?;
    let as_known = match as_known {
        None => now,
        Some(day) => {
            let next = day.succ_opt().unwrap_or(day).and_time(NaiveTime::MIN);
            let end = settings.zone.from_local_datetime(&next).earliest().map_or(now, |at| at.with_timezone(&Utc));
            (end - chrono::TimeDelta::microseconds(1)).min(now)
        }
    };
    let event = book::known_by(conn, as_known)?;
    let death = deaths::known_by(conn, as_known)?;
    Ok(View { as_at, as_known, event, death })
}

/// Members looked through at once, so that a register of any length takes the same memory.
pub const PAGE: i64 = 500;

/// A page of the register, in the order of member numbers, and the number to go on from.
///
/// # Errors
/// Only when the database fails.
pub fn page(conn: &mut Conn, view: &View, after: MemberNumber) -> Result<(Vec<Line>, Option<MemberNumber>), DbError> {
    let members = holders::members_after(conn, after, PAGE)?;
    let next = members.last().map(|(_, number)| *number);
    let ids: Vec<i64> = members.iter().map(|(id, _)| *id).collect();
    let lines = lines_of(conn, view, &ids)?;
    Ok((lines, next))
}

/// The register's lines of these holders, in the order of their numbers.
///
/// # Errors
/// Only when the database fails.
pub fn lines_of(conn: &mut Conn, view: &View, ids: &[i64]) -> Result<Vec<Line>, DbError> {
    let mut lives: BTreeMap<i64, Life> = BTreeMap::new();
    for (event, holder, class, on, shares, paid) in book::history_of(conn, ids, view.as_at, view.event)? {
        lives.entry(holder).or_default().note((on, event), class, shares, paid);
    }
    let at = holders::View { as_at: view.as_at, as_known: view.as_known.naive_utc(), death: view.death };
    let mut known = holders::holders_as(conn, ids, at)?;
    let mut lines: Vec<Line> = ids
        .iter()
        .filter_map(|id| {
            let (holder, life) = (known.remove(id)?, lives.remove(id).unwrap_or_default());
            let (entered_on, ceased_on) = life.dates(&holder, view.as_at)?;
            Some(Line { member: holder.member?, holder, holdings: life.holdings(), entered_on, ceased_on })
        })
        .collect();
    lines.sort_unstable_by_key(|line| line.member);
    Ok(lines)
}

/// What came and went, for one holder, in the order of days.
#[derive(Default)]
struct Life {
    /// By day and event; an event and its reversal are one and sum to nothing.
    moves: BTreeMap<(NaiveDate, i64), i64>,
    classes: BTreeMap<i64, (i64, i64)>,
}

impl Life {
    fn note(&mut self, at: (NaiveDate, i64), class: i64, shares: i64, paid_minor: i64) {
        *self.moves.entry(at).or_default() += shares;
        let (held, paid) = self.classes.entry(class).or_default();
        *held += shares;
        *paid += paid_minor;
    }

    fn holdings(&self) -> Vec<Holding> {
        let held = self.classes.iter().filter(|(_, (shares, _))| *shares > 0);
        held.map(|(class_id, (shares, paid_minor))| Holding {
            class_id: *class_id,
            shares: *shares,
            paid_minor: *paid_minor,
        })
        .collect()
    }

    /// The first day with shares, or the day that the paper register has; and the day on which the last of them went.
    /// None for who never had any.
    fn dates(&self, holder: &Holder, as_at: NaiveDate) -> Option<(NaiveDate, Option<NaiveDate>)> {
        let (paper_entered_on, paper_ceased_on) = holder.on_paper;
        let by = |day: Option<NaiveDate>| day.filter(|day| *day <= as_at);
        let (mut held, mut entered, mut ceased) = (0, by(paper_entered_on), by(paper_ceased_on));
        for ((day, _), shares) in &self.moves {
            let before = held;
            held += shares;
            if held > 0 {
                entered = entered.or(Some(*day));
                ceased = None;
            } else if before > 0 {
                ceased = Some(*day);
            }
        }
        entered.map(|entered| (entered, ceased))
    }
}

/// How many hold shares on a day, and what they paid, by currency: without looking at any name.
///
/// # Errors
/// Only when the database fails.
pub fn standing(conn: &mut Conn, as_at: NaiveDate) -> Result<(i64, Vec<(Currency, i64)>), DbError> {
    let is_now = sums::last_day(conn)?.is_none_or(|last| last <= as_at);
    let members = if is_now { sums::count_holders_now(conn)? } else { sums::count_holders(conn, as_at)? };
    let mut capital: Vec<(Currency, i64)> = Vec::new();
    for class in super::classes(conn)? {
        let paid_minor = sums::paid_for(conn, class.id, as_at, is_now)?;
        match capital.iter_mut().find(|(currency, _)| *currency == class.currency) {
            Some((_, sum)) => *sum += paid_minor,
            None => capital.push((class.currency, paid_minor)),
        }
    }
    Ok((members, capital))
}

/// Events that count on the day but were recorded after the moment: what a later print would correct.
///
/// # Errors
/// Only when the database fails.
pub fn corrections(conn: &mut Conn, view: &View) -> Result<Vec<i64>, DbError> {
    book::recorded_later(conn, view.as_at, view.event)
}

/// True for a member who may vote: one vote, whatever the holding, and none from the day of their death.
pub fn is_voter(line: &Line, classes: &[(ShareClass, Terms)]) -> bool {
    if line.holder.died_on().is_some() {
        return false;
    }
    let votes = |class_id| classes.iter().any(|(class, terms)| class.id == class_id && terms.voting);
    line.holdings.iter().any(|holding| votes(holding.class_id))
}

/// The figures of the yearly return, between two days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// The first day counted.
    pub from: NaiveDate,
    /// The last day counted.
    pub as_at: NaiveDate,
    /// Members at the end of the day before `from`.
    pub members_before: i64,
    /// Members at the end of `as_at`.
    pub members: i64,
    /// Who were members at the end and not at the start.
    pub joined: i64,
    /// Who were members at the start and not at the end.
    pub ceased: i64,
    /// Who may vote.
    pub votes: i64,
    /// Shares and capital of each class.
    pub classes: Vec<(ShareClass, i64, i64)>,
}

/// What became of somebody between two days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// No member before, a member at the end.
    Joined,
    /// A member before, none at the end.
    Ceased,
}

/// Somebody who joined or left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// For life.
    pub member: MemberNumber,
    /// As the register had them at the end.
    pub name: String,
}

/// Counts the register between two days; from the first of January where no first day is given.
///
/// # Errors
/// Only when the database fails.
pub fn summary(conn: &mut Conn, view: &View, from: Option<NaiveDate>) -> Result<Summary, DbError> {
    summary_with(conn, view, from, |_, _| {})
}

/// The same, and tells each who joined or left.
///
/// # Errors
/// Only when the database fails.
pub fn summary_with(
    conn: &mut Conn,
    view: &View,
    from: Option<NaiveDate>,
    mut tell: impl FnMut(&Changed, Change),
) -> Result<Summary, DbError> {
    let new_year = view.as_at.with_ordinal(1).unwrap_or(view.as_at);
    let from = from.unwrap_or(new_year).min(view.as_at);
    let classes = classes_on(conn, view.as_at)?;
    let mut held: BTreeMap<i64, (i64, i64)> = BTreeMap::new();
    let (mut members_before, mut members, mut joined, mut ceased, mut votes) = (0, 0, 0, 0, 0);
    let before = View { as_at: from.pred_opt().unwrap_or(from), ..view.clone() };
    let mut after = MemberNumber(0);
    loop {
        let (lines, next) = page(conn, view, after)?;
        let ids: Vec<i64> = lines.iter().map(|line| line.holder.id).collect();
        let was: BTreeSet<i64> = members_on(conn, &before, &ids)?;
        for line in lines {
            let (was, is) = (was.contains(&line.holder.id), line.ceased_on.is_none());
            members_before += i64::from(was);
            members += i64::from(is);
            joined += i64::from(is && !was);
            ceased += i64::from(was && !is);
            votes += i64::from(is_voter(&line, &classes));
            if is != was {
                let changed = Changed { member: line.member, name: line.holder.name.clone() };
                tell(&changed, if is { Change::Joined } else { Change::Ceased });
            }
            for holding in line.holdings {
                let (shares, paid) = held.entry(holding.class_id).or_default();
                *shares += holding.shares;
                *paid += holding.paid_minor;
            }
        }
        match next {
            Some(next) => after = next,
            None => break,
        }
    }
    let classes = classes.into_iter().map(|(class, _)| {
        let (shares, paid) = held.get(&class.id).copied().unwrap_or_default();
        (class, shares, paid)
    });
    Ok(Summary { from, as_at: view.as_at, members_before, members, joined, ceased, votes, classes: classes.collect() })
}

/// Who of these was a member at the end of a day: by their shares, or because the paper register says so of a day
/// before its holdings were taken in.
fn members_on(conn: &mut Conn, view: &View, ids: &[i64]) -> Result<BTreeSet<i64>, DbError> {
    let lines = lines_of(conn, view, ids)?;
    Ok(lines.into_iter().filter(|line| line.ceased_on.is_none()).map(|line| line.holder.id).collect())
}

/// Hands over every line of a view, in the order of member numbers.
///
/// # Errors
/// Only when the database fails.
pub fn each_line(conn: &mut Conn, view: &View, mut tell: impl FnMut(Line)) -> Result<(), DbError> {
    let mut after = MemberNumber(0);
    loop {
        let (lines, next) = page(conn, view, after)?;
        lines.into_iter().for_each(&mut tell);
        match next {
            Some(next) => after = next,
            None => return Ok(()),
        }
    }
}
