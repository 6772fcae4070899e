//! What holders have, day by day, and whether they may have more or less.
//!
//! Invariant: each change that was allowed is counted at once, so that a hundred allotments in one batch are checked
//! as if they came one after the other.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::NaiveDate;

use super::rules::{self, Breach, Timeline};
use super::{Settings, ShareClass, ShareError, Terms, store};
use crate::db::{Conn, DbError};
use crate::money;
use crate::shares::holder::Holder;

/// The holdings of some holders, and of everybody who is partly the same person.
pub(super) struct Positions {
    timelines: HashMap<(i64, i64), Timeline>,
    persons: HashMap<i64, Vec<String>>,
    holders_of: HashMap<String, Vec<i64>>,
    withdrawable: HashSet<i64>,
    nominal: HashMap<i64, i64>,
}

impl Positions {
    /// Reads what `holders` have, with the holdings that the law counts with theirs.
    ///
    /// # Errors
    /// Only when the database fails.
    pub fn load(conn: &mut Conn, holders: &[i64], on: NaiveDate) -> Result<Self, DbError> {
        let shared = store::holders::sharing_persons(conn, holders)?;
        let mut everyone: BTreeSet<i64> = holders.iter().copied().collect();
        let (mut persons, mut holders_of): (HashMap<i64, Vec<String>>, HashMap<String, Vec<i64>>) = Default::default();
        for (holder, person) in shared {
            everyone.insert(holder);
            holders_of.entry(person.clone()).or_default().push(holder);
            persons.entry(holder).or_default().push(person);
        }
        let mut timelines: HashMap<(i64, i64), Timeline> = HashMap::new();
        let everyone: Vec<i64> = everyone.into_iter().collect();
        for (holder, class, date, shares) in store::book::moves_of(conn, &everyone)? {
            timelines.entry((holder, class)).or_default().add(date, shares);
        }
        let classes = super::classes_on(conn, on)?;
        let withdrawable = classes.iter().filter(|(_, terms)| terms.withdrawable).map(|(class, _)| class.id).collect();
        let nominal = classes.iter().map(|(class, _)| (class.id, class.nominal_minor)).collect();
        Ok(Self { timelines, persons, holders_of, withdrawable, nominal })
    }

    /// What a holder has of a class at the end of a day.
    pub fn held(&self, holder: i64, class: i64, date: NaiveDate) -> i64 {
        self.timelines.get(&(holder, class)).map_or(0, |timeline| timeline.at(date))
    }

    /// True for a holder who has no shares of any class at the end of a day.
    pub fn is_empty_on(&self, holder: i64, date: NaiveDate) -> bool {
        self.timelines.iter().filter(|((id, _), _)| *id == holder).all(|(_, timeline)| timeline.at(date) == 0)
    }

    /// Gives `shares` to a holder, if rules and law allow it.
    ///
    /// # Errors
    /// [`ShareError::AboveMaximum`], [`ShareError::BelowMinimum`], [`ShareError::AboveLaw`].
    pub fn rise(
        &mut self,
        holder: &Holder,
        (class, terms): (&ShareClass, &Terms),
        settings: &Settings,
        date: NaiveDate,
        shares: i64,
    ) -> Result<(), ShareError> {
        let timeline = self.timelines.entry((holder.id, class.id)).or_default();
        timeline.add(date, shares);
        rules::check_rise(timeline, date, terms).map_err(|breach| told(breach, holder, terms, shares))?;
        if terms.withdrawable && !holder.kind.is_above_law() {
            self.check_law(holder.id, class, settings, date)?;
        }
        Ok(())
    }

    /// Gives `shares` to a holder, if rules and law allow it; otherwise nothing changes and the answer is false.
    pub fn may_rise(
        &mut self,
        holder: &Holder,
        (class, terms): (&ShareClass, &Terms),
        settings: &Settings,
        date: NaiveDate,
        shares: i64,
    ) -> bool {
        let may = self.rise(holder, (class, terms), settings, date, shares).is_ok();
        if !may {
            self.timelines.entry((holder.id, class.id)).or_default().add(date, -shares);
        }
        may
    }

    /// Takes `shares` from a holder, if that leaves what the rules want on every later day.
    ///
    /// # Errors
    /// [`ShareError::NotEnough`], [`ShareError::BelowMinimum`].
    pub fn fall(
        &mut self,
        holder: &Holder,
        (class, terms): (&ShareClass, &Terms),
        date: NaiveDate,
        shares: i64,
    ) -> Result<(), ShareError> {
        let timeline = self.timelines.entry((holder.id, class.id)).or_default();
        timeline.add(date, -shares);
        rules::check_fall(timeline, date, terms).map_err(|breach| told(breach, holder, terms, shares))
    }

    /// Whether the persons of a holder, as they are now, stay below the law's maximum.
    ///
    /// # Errors
    /// [`ShareError::AboveLaw`].
    pub fn check_persons(
        &self,
        conn: &mut Conn,
        holder: &Holder,
        settings: &Settings,
        date: NaiveDate,
    ) -> Result<(), ShareError> {
        match super::store::classes(conn)?.first() {
            Some(class) if !holder.kind.is_above_law() => self.check_law(holder.id, class, settings, date),
            _ => Ok(()),
        }
    }

    /// Nobody may have or claim an interest above the law's maximum in withdrawable shares (Act of 2014, section 24).
    fn check_law(
        &self,
        holder: i64,
        class: &ShareClass,
        settings: &Settings,
        date: NaiveDate,
    ) -> Result<(), ShareError> {
        for person in self.persons.get(&holder).into_iter().flatten() {
            let theirs = self.holders_of.get(person).map(Vec::as_slice).unwrap_or_default();
            let most = self.most_of(theirs, settings, date);
            if most > settings.law_maximum_minor {
                return Err(ShareError::AboveLaw {
                    maximum: money::display_short(settings.law_maximum_minor, class.currency),
                    would_be: money::display_short(most, class.currency),
                });
            }
        }
        Ok(())
    }

    /// The most that one person has through all of their holdings on any day from `date` on.
    fn most_of(&self, holders: &[i64], settings: &Settings, date: NaiveDate) -> i64 {
        let counted: Vec<(&Timeline, i64, i64)> = holders
            .iter()
            .flat_map(|holder| self.withdrawable.iter().map(move |class| (*holder, *class)))
            .filter_map(|(holder, class)| {
                let sharers = if settings.joint_counts_in_full { 1 } else { self.persons[&holder].len().max(1) };
                let timeline = self.timelines.get(&(holder, class))?;
                Some((timeline, self.nominal.get(&class).copied().unwrap_or(0), i64::try_from(sharers).unwrap_or(1)))
            })
            .collect();
        let days: BTreeSet<NaiveDate> = counted
            .iter()
            .flat_map(|(timeline, _, _)| timeline.days())
            .filter(|day| *day > date)
            .chain([date])
            .collect();
        let worth = |day: &NaiveDate| {
            counted.iter().map(|(timeline, nominal, sharers)| timeline.at(*day) * nominal / sharers).sum::<i64>()
        };
        days.iter().map(worth).max().unwrap_or(0)
    }
}

fn told(breach: Breach, holder: &Holder, terms: &Terms, shares: i64) -> ShareError {
    match breach {
        Breach::NotEnough { date, short } => {
            ShareError::NotEnough { member: holder.called(), date, held: (shares - short).max(0), asked: shares }
        }
        Breach::BelowMinimum { left } => ShareError::BelowMinimum { minimum: terms.minimum_shares, left },
        Breach::AboveMaximum { would_be } => ShareError::AboveMaximum {
            maximum: terms.maximum_shares,
            would_be,
            allowed: (terms.maximum_shares - (would_be - shares)).max(0),
        },
    }
}
