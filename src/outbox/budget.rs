//! How many letters the public may make us write: from one household, from its neighbourhood, in all.
//!
//! Invariant: kept in memory and bounded. It decides only whether a letter is written at once; what is over the budget
//! is recorded and shown to staff. How many letters one address gets a day is left to `outbox`, which the database
//! remembers.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use ipnet::IpNet;
use parking_lot::Mutex;

use super::{Limit, Stranger};

/// Letters at once and how soon the next: a household of ten gives within a minute, an office of thirty too.
const HOUSEHOLD: Rate = Rate { burst: 30, every: TimeDelta::minutes(2) };
/// A street, a campus, a mobile network's gateway.
const BLOCK: Rate = Rate { burst: 120, every: TimeDelta::seconds(30) };
/// In all: more than an appeal on the front page brings, and no more than 1,200 an hour after that.
const HOUSE: Rate = Rate { burst: 1_000, every: TimeDelta::seconds(3) };
/// Households, and blocks, that are remembered (some 3 MB each).
const PLACES_MAX: usize = 50_000;

/// What may still be written. Cheap to clone.
#[derive(Clone, Default)]
pub struct LetterBudgets(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    households: Cells<IpNet>,
    blocks: Cells<IpNet>,
    house: Cells<()>,
}

impl LetterBudgets {
    /// Whoever asks now from this household, and what a letter for them costs: one of its budgets, its block's and the
    /// house's. What is refused costs nothing.
    pub fn stranger(&self, now: DateTime<Utc>, household: IpNet, block: IpNet) -> Stranger {
        Stranger { network: household.to_string(), over: self.take(now, household, block) }
    }

    fn take(&self, now: DateTime<Utc>, household: IpNet, block: IpNet) -> Option<Limit> {
        let mut all = self.0.lock();
        if !all.households.has(now, HOUSEHOLD, &household) || !all.blocks.has(now, BLOCK, &block) {
            return Some(Limit::Place);
        }
        if !all.house.has(now, HOUSE, &()) {
            return Some(Limit::House);
        }
        all.households.take(now, HOUSEHOLD, household);
        all.blocks.take(now, BLOCK, block);
        all.house.take(now, HOUSE, ());
        None
    }

    /// Begins anew for everybody.
    pub fn reset(&self) {
        *self.0.lock() = Inner::default();
    }

    /// Letters that may be written at once, in all; and the places that have none left, the tightest first.
    pub fn stand(&self, now: DateTime<Utc>) -> (i64, Vec<String>) {
        let all = self.0.lock();
        let spent = |cells: &Cells<IpNet>, rate: Rate| {
            let spent = cells.0.keys().filter(|place| !cells.has(now, rate, place));
            spent.map(ToString::to_string).collect::<Vec<_>>()
        };
        let places = [spent(&all.households, HOUSEHOLD), spent(&all.blocks, BLOCK)].concat();
        (all.house.left(now, HOUSE, &()), places)
    }
}

/// So many at once, and one more after each so long.
#[derive(Debug, Clone, Copy)]
struct Rate {
    burst: i32,
    every: TimeDelta,
}

/// Generic cell rate algorithm (ITU-T I.371): of each key only the moment at which its budget is whole again.
struct Cells<K>(HashMap<K, DateTime<Utc>>);

impl<K> Default for Cells<K> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<K: Eq + Hash> Cells<K> {
    fn whole_at(&self, now: DateTime<Utc>, key: &K) -> DateTime<Utc> {
        self.0.get(key).map_or(now, |whole_at| now.max(*whole_at))
    }

    fn has(&self, now: DateTime<Utc>, rate: Rate, key: &K) -> bool {
        self.whole_at(now, key) + rate.every <= now + rate.every * rate.burst
    }

    fn left(&self, now: DateTime<Utc>, rate: Rate, key: &K) -> i64 {
        let spent = self.whole_at(now, key) - now;
        (rate.every * rate.burst - spent).num_milliseconds() / rate.every.num_milliseconds()
    }

    fn take(&mut self, now: DateTime<Utc>, rate: Rate, key: K) {
        if self.0.len() >= PLACES_MAX {
            self.0.retain(|_, whole_at| *whole_at > now);
        }
        // A place that finds no room is bounded by the budget of the house.
        if self.0.len() < PLACES_MAX || self.0.contains_key(&key) {
            let whole_at = self.whole_at(now, &key) + rate.every;
            self.0.insert(key, whole_at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(budgets: &LetterBudgets, now: DateTime<Utc>, address: u32) -> Option<Limit> {
        let network = |length| IpNet::new(std::net::Ipv4Addr::from_bits(address).into(), length).expect("a network");
        budgets.take(now, network(32), network(24).trunc())
    }

    #[test]
    fn one_household_is_bounded_and_its_neighbours_are_not() {
        let (budgets, now) = (LetterBudgets::default(), DateTime::UNIX_EPOCH);

        let written = (0..100).filter(|_| take(&budgets, now, 7).is_none()).count();

        assert_eq!(written, 30);
        assert_eq!(take(&budgets, now, 8), None);
        assert_eq!(take(&budgets, now + TimeDelta::minutes(1), 7), Some(Limit::Place));
        assert_eq!(take(&budgets, now + TimeDelta::minutes(2), 7), None, "one more after a while");
        assert_eq!(take(&budgets, now + TimeDelta::minutes(2), 7), Some(Limit::Place));
    }

    #[test]
    fn many_machines_of_one_block_share_a_budget() {
        let (budgets, now) = (LetterBudgets::default(), DateTime::UNIX_EPOCH);

        let written = (0..250).filter(|address| take(&budgets, now, *address).is_none()).count();

        assert_eq!(written, 120);
    }

    #[test]
    fn a_botnet_is_bounded_by_the_house_and_a_reset_begins_anew() {
        let (budgets, now) = (LetterBudgets::default(), DateTime::UNIX_EPOCH);

        let written = (0..5_000).filter(|n| take(&budgets, now, n * 7_919).is_none()).count();

        assert_eq!(written, 1_000);
        assert_eq!(take(&budgets, now, u32::MAX), Some(Limit::House));
        budgets.reset();
        assert_eq!(take(&budgets, now, u32::MAX), None);
    }
}
