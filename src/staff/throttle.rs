//! How often one place on the network may guess, whoever it guesses at.
//!
//! Invariant: kept in memory only and bounded; a lock of one person's door is left to `sign_in`, which the database
//! remembers.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use parking_lot::Mutex;

/// Wrong attempts that one place has in a [`WINDOW`]: a whole office behind one address mistypes less.
const FAILURES_MAX: u32 = 30;
/// After this a place begins anew.
const WINDOW: TimeDelta = TimeDelta::minutes(10);
/// Places remembered (some 5 MB); past it the old ones are forgotten, and all of them if none is old.
const PLACES_MAX: usize = 50_000;

/// Wrong attempts by place. Cheap to clone.
#[derive(Clone, Default)]
pub struct Throttle(Arc<Mutex<HashMap<IpAddr, Failures>>>);

/// How many there were, and since when.
type Failures = (u32, DateTime<Utc>);

impl Throttle {
    /// How long this place must wait, if it must.
    pub fn wait(&self, now: DateTime<Utc>, place: IpAddr) -> Option<TimeDelta> {
        let places = self.0.lock();
        let (failures, since) = places.get(&network(place))?;
        let left = *since + WINDOW - now;
        (*failures >= FAILURES_MAX && left > TimeDelta::zero()).then_some(left)
    }

    /// Notes a wrong attempt.
    pub fn fail(&self, now: DateTime<Utc>, place: IpAddr) {
        let mut places = self.0.lock();
        if places.len() >= PLACES_MAX {
            places.retain(|_, (_, since)| now - *since < WINDOW);
        }
        if places.len() >= PLACES_MAX {
            places.clear();
        }
        let (failures, since) = places.entry(network(place)).or_insert((0, now));
        if now - *since >= WINDOW {
            (*failures, *since) = (0, now);
        }
        *failures += 1;
    }
}

/// One household has a whole /64 of IPv6 addresses (RFC 6177), so they count as one place.
fn network(place: IpAddr) -> IpAddr {
    match place.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX))),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn one_place_is_slowed_down_and_its_neighbours_are_not() {
        let (throttle, now) = (Throttle::default(), DateTime::UNIX_EPOCH);

        for _ in 0..FAILURES_MAX {
            assert_eq!(throttle.wait(now, ip("2001:db8::1")), None);
            throttle.fail(now, ip("2001:db8::1"));
        }

        assert_eq!(throttle.wait(now, ip("2001:db8::2")), Some(WINDOW), "the same household");
        assert_eq!(throttle.wait(now, ip("2001:db8:0:1::1")), None);
        assert_eq!(throttle.wait(now + WINDOW, ip("2001:db8::1")), None);
    }
}
