//! What one address may hold, so that others find room: connections, and streams of the figure.
//!
//! Invariant: whoever is counted in is counted out when what they hold is dropped, however it ends. Connections are
//! counted by who is connected, streams by who asks: of a named proxy's connections the proxy itself takes care, and
//! behind it each reader has their own streams.

use std::any::Any;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::Extensions;
use actix_web::rt::net::TcpStream;
use ipnet::IpNet;
use parking_lot::Mutex;
use rustix::process::{Resource, getrlimit, setrlimit};
use socket2::SockRef;

use super::Proxies;
use super::place::Place;

/// Connections that one household may hold: a browser opens six and a page with the widget one more, so a school or a
/// union's office with eighty readers is below it.
pub const HOUSEHOLD_CONNECTIONS_MAX: usize = 512;
/// Streams that one household may hold, of these connections: a newsroom with every desk open. Whoever comes next is
/// told to come back, and the widget asks every few seconds instead.
pub const HOUSEHOLD_STREAMS_MAX: usize = 100;
/// No household takes more than this part of all files, where the system grants few.
const HOUSEHOLD_PART: usize = 4;
/// Connections of one of the server's threads, where the system grants files enough: each takes about 10 kB.
const CONNECTIONS_MAX: usize = 40_000;
/// Files for everything else: the database, its log, files on their way, letters.
const FILES_KEPT: usize = 256;
/// Where the system does not say how many files there may be: its own customary number.
const FILES_USUAL: usize = 1_024;
/// How long the other end may leave what we sent without an answer. A phone in a tunnel comes back before it.
const UNANSWERED_MAX: Duration = Duration::from_secs(60);

/// Counts what each household holds. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Households(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    most: usize,
    held: Mutex<HashMap<IpNet, usize>>,
}

impl Households {
    /// Each may hold so many.
    pub fn with_at_most(most: usize) -> Self {
        Self(Arc::new(Inner { most, held: Mutex::default() }))
    }

    /// Counts one in; nothing when this household holds all that it may.
    pub fn admit(&self, place: Place) -> Option<Held> {
        let household = place.household();
        let mut held = self.0.held.lock();
        let count = held.entry(household).or_default();
        if *count >= self.0.most {
            return None;
        }
        *count += 1;
        Some(Held { households: self.clone(), household })
    }
}

/// A place that is taken until this is dropped.
#[derive(Debug)]
pub struct Held {
    households: Households,
    household: IpNet,
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut held = self.households.0.held.lock();
        match held.get_mut(&self.household) {
            Some(count) if *count > 1 => *count -= 1,
            _ => drop(held.remove(&self.household)),
        }
    }
}

/// What the server is told of connections as they are made: each is counted, and one too many is closed at once.
pub fn on_connect(proxies: Proxies, most: usize) -> impl Fn(&dyn Any, &mut Extensions) + Send + Sync + 'static {
    let households = Households::with_at_most(most);
    move |connection, kept| {
        let Some(connection) = connection.downcast_ref::<TcpStream>() else { return };
        let Ok(peer) = connection.peer_addr() else { return };
        let socket = SockRef::from(connection);
        // Fails on a connection that is over already.
        drop(socket.set_tcp_user_timeout(Some(UNANSWERED_MAX)));
        if proxies.trusts(peer.ip()) {
            return;
        }
        match households.admit(Place(peer.ip().to_canonical())) {
            Some(held) => drop(kept.insert(held)),
            None => drop(socket.shutdown(std::net::Shutdown::Both)),
        }
    }
}

/// How many files this process may have open, after it asked for as many as the system grants.
pub fn open_files() -> usize {
    let before = getrlimit(Resource::Nofile);
    let mut wanted = before;
    wanted.current = before.maximum;
    let granted = if setrlimit(Resource::Nofile, wanted).is_ok() { wanted } else { before };
    // "Without limit" is said as nothing.
    let files = granted.current.map_or(usize::MAX, |files| usize::try_from(files).unwrap_or(usize::MAX));
    tracing::info!(files, before = before.current, "files that may be open at the same time");
    if files == 0 { FILES_USUAL } else { files }
}

/// Connections of each of the server's `threads` with this many files: when all are taken, the next wait to be
/// accepted, and the books still find a file.
pub fn connections_of_a_thread(files: usize, threads: usize) -> usize {
    let free = files.saturating_sub(FILES_KEPT).max(files / 2);
    (free / threads.max(1)).clamp(1, CONNECTIONS_MAX)
}

/// Connections of one household with this many files.
pub fn connections_of_a_household(files: usize, most: usize) -> usize {
    most.min((files / HOUSEHOLD_PART).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(text: &str) -> Place {
        Place(text.parse().expect("an address"))
    }

    #[test]
    fn a_household_holds_what_it_may_and_no_more_until_it_lets_go() {
        let households = Households::with_at_most(2);

        let (first, second) = (households.admit(place("192.0.2.7")), households.admit(place("192.0.2.7")));
        let third = households.admit(place("192.0.2.7"));
        let neighbour = households.admit(place("192.0.2.8"));
        drop(first);
        let again = households.admit(place("192.0.2.7"));

        assert!(second.is_some() && third.is_none() && neighbour.is_some() && again.is_some());
        drop((second, neighbour, again));
        assert!(households.0.held.lock().is_empty(), "nobody is remembered who holds nothing");
    }

    #[test]
    fn a_household_of_ipv6_is_its_network() {
        let households = Households::with_at_most(1);
        let held = households.admit(place("2001:db8::1"));

        assert!(held.is_some() && households.admit(place("2001:db8::2")).is_none());
        assert!(households.admit(place("2001:db8:0:1::1")).is_some());
    }

    #[test]
    fn few_files_leave_room_for_the_books_and_for_other_households() {
        assert_eq!(connections_of_a_thread(1_024, 2), 384);
        assert_eq!(connections_of_a_thread(1_048_576, 2), CONNECTIONS_MAX);
        assert_eq!(connections_of_a_household(1_024, HOUSEHOLD_CONNECTIONS_MAX), 256);
        assert_eq!(connections_of_a_household(1_048_576, HOUSEHOLD_CONNECTIONS_MAX), 512);
    }
}
