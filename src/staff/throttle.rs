//! How often one place on the network may guess, whoever it guesses at.
//!
//! Invariant: kept in memory only and bounded; wrong attempts at one address are left to `locks`, which the database
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

/// Wrong attempts by place, as this process remembers them. Cheap to clone.
#[derive(Clone, Default)]
pub struct Attempts(Arc<Mutex<HashMap<IpAddr, Failures>>>);

/// How many there were, and since when.
type Failures = (u32, DateTime<Utc>);

impl Attempts {
    /// How long this place must wait, if it must.
    pub(super) fn wait(&self, now: DateTime<Utc>, place: IpAddr) -> Option<TimeDelta> {
        let places = self.0.lock();
        let (failures, since) = places.get(&network(place))?;
        let left = *since + WINDOW - now;
        (*failures >= FAILURES_MAX && left > TimeDelta::zero()).then_some(left)
    }

    /// Notes a wrong attempt.
    pub(super) fn fail(&self, now: DateTime<Utc>, place: IpAddr) {
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

/// A place as the trail names it: "203.0.113.5", "2001:db8::/64".
pub(super) fn network_name(place: IpAddr) -> String {
    match network(place) {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => format!("{v6}/64"),
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
        let (attempts, now) = (Attempts::default(), DateTime::UNIX_EPOCH);

        for _ in 0..FAILURES_MAX {
            assert_eq!(attempts.wait(now, ip("2001:db8::1")), None);
            attempts.fail(now, ip("2001:db8::1"));
        }

        assert_eq!(attempts.wait(now, ip("2001:db8::2")), Some(WINDOW), "the same household");
        assert_eq!(attempts.wait(now, ip("2001:db8:0:1::1")), None);
        assert_eq!(attempts.wait(now + WINDOW, ip("2001:db8::1")), None);
        assert_eq!(network_name(ip("2001:db8::2")), "2001:db8::/64");
        assert_eq!(network_name(ip("::ffff:203.0.113.5")), "203.0.113.5");
    }
}
