//! One round of sending: claim by lease, carry with no transaction open, settle.
//!
//! Invariant: between claim and settlement a letter is in one hand only, by the lease; what was carried is settled as
//! soon as the database takes it, and before anything else is claimed.

use std::collections::VecDeque;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{self, Sender};
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use parking_lot::Mutex;

use super::message::seal;
use super::post::{Courier, Post};
use super::rules::{ATTEMPTS_MAX, Fate, for_the_log, settlement};
use super::smtp::{Setback, Stop};
use super::{Compose, ComposeError, Delivery, StoppedAddress, store};
use crate::clock::Clock;
use crate::db::{Db, DbError};

/// Letters claimed at once: enough to keep the couriers busy, few enough to be carried well within the lease.
const CLAIMED_MAX: i64 = 100;
/// Connections at once: small societies' servers allow a handful.
const COURIERS_MAX: usize = 4;
/// A letter whose sender died is taken up again after this.
const LEASE: TimeDelta = TimeDelta::minutes(6);
/// After this no letter of the claim is begun: the slowest server (80 s until it lets us in, 3 x 20 s + 120 s for the
/// letter) still fits the lease.
const BEGUN_WITHIN: Duration = Duration::from_secs(90);

/// What one round did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Round {
    /// Letters that a server took.
    pub sent: usize,
    /// Letters that were offered and not taken.
    pub set_back: usize,
    /// True when as much was claimed as a round takes: more may be due.
    pub is_full: bool,
}

/// Sends what is due, a bounded number of letters, over a bounded number of connections.
///
/// While the server is away it does nothing, for longer each time, and letters keep their attempts. When `stop` is
/// set it gives back what it has not begun, and the letters in hand a few seconds: then the connections are closed. A
/// letter that was not offered whole is given back too; of one that was, it is not known whether the server took it,
/// and it is offered again.
///
/// # Errors
/// Only when the database fails; what was carried by then is remembered and settled first in the next round.
pub fn send_due(
    db: &Db,
    clock: &Clock,
    post: &Post,
    letters: &dyn Compose,
    stop: &AtomicBool,
) -> Result<Round, DbError> {
    settle_leftovers(db, clock, post)?;
    let now = clock.now();
    if post.rests(now) || !db.read(|conn| store::is_any_due(conn, now))? {
        return Ok(Round::default());
    }
    let stop = Stop::new(stop);
    // On a thread of its own, as all conversations: whoever sends may stand where nothing may wait.
    let reached = std::thread::scope(|scope| scope.spawn(|| post.courier(&stop)).join());
    let first = match reached.unwrap_or_else(|_| Err("the conversation with the mail server broke off".to_owned())) {
        Ok(courier) => courier,
        Err(reason) => {
            post.take_rest(now, reason);
            return Ok(Round::default());
        }
    };
    let (claimed, stopped) = db.write(|conn| {
        let claimed = store::claim(conn, now, now + LEASE, CLAIMED_MAX)?;
        let addresses: Vec<String> = claimed.iter().map(|letter| letter.recipient.to_lowercase()).collect();
        let stopped = store::mailbox::stopped_among(conn, &addresses)?;
        Ok::<_, DbError>((claimed, stopped))
    })?;
    let mut round = Round { is_full: claimed.len() as i64 == CLAIMED_MAX, ..Round::default() };
    let desk = Desk::new(post, letters, &stop, (claimed, stopped));
    std::thread::scope(|scope| {
        let (done, results) = mpsc::channel();
        let others = desk.waiting.lock().len().min(COURIERS_MAX).saturating_sub(1);
        for _ in 0..others {
            let (desk, done) = (&desk, done.clone());
            scope.spawn(move || desk.work(None, &done));
        }
        let desk = &desk;
        scope.spawn(move || desk.work(Some(first), &done));
        while let Ok(result) = results.recv() {
            // Everything that is ready goes into one transaction.
            let ready = std::iter::once(result).chain(results.try_iter());
            round.note(settle(db, clock, post, ready.collect()));
        }
    });
    match desk.outage.into_inner() {
        Some(reason) => post.take_rest(clock.now(), reason),
        None if round.sent + round.set_back > 0 => post.end_rest(),
        None => {}
    }
    settle_leftovers(db, clock, post)?;
    Ok(round)
}

impl Round {
    fn note(&mut self, (sent, set_back): (usize, usize)) {
        self.sent += sent;
        self.set_back += set_back;
    }
}

/// A letter and how it fared.
type Carried = (Delivery, Fate);

/// What the couriers of a round share.
struct Desk<'a> {
    post: &'a Post,
    letters: &'a dyn Compose,
    stop: &'a Stop<'a>,
    /// Addresses that take nothing.
    stopped: Vec<StoppedAddress>,
    waiting: Mutex<VecDeque<Delivery>>,
    outage: Mutex<Option<String>>,
    claimed_at: Instant,
}

impl<'a> Desk<'a> {
    fn new(
        post: &'a Post,
        letters: &'a dyn Compose,
        stop: &'a Stop<'a>,
        (claimed, stopped): (Vec<Delivery>, Vec<StoppedAddress>),
    ) -> Self {
        let (waiting, outage) = (Mutex::new(claimed.into()), Mutex::default());
        Self { post, letters, stop, stopped, waiting, outage, claimed_at: Instant::now() }
    }

    /// Carries letters until none is left, or gives those back that should not be begun any more.
    fn work(&self, mut courier: Option<Courier<'a>>, done: &Sender<Carried>) {
        loop {
            let Some(delivery) = self.waiting.lock().pop_front() else { return };
            let fate = if self.should_end() { Fate::Untouched } else { self.try_one(&mut courier, &delivery) };
            if done.send((delivery, fate)).is_err() {
                return;
            }
        }
    }

    fn should_end(&self) -> bool {
        self.stop.is_asked() || self.outage.lock().is_some() || self.claimed_at.elapsed() > BEGUN_WITHIN
    }

    fn try_one(&self, courier: &mut Option<Courier<'a>>, delivery: &Delivery) -> Fate {
        if delivery.attempts > ATTEMPTS_MAX {
            return Fate::Refused("It was begun again and again and never finished.".to_owned());
        }
        let letter = match self.letters.compose(delivery) {
            Ok(letter) => letter,
            Err(ComposeError::Db(error)) => return self.end(error.to_string()),
            Err(ComposeError::Unwritable(reason)) => return Fate::Setback(reason),
            Err(ComposeError::Overtaken(reason)) => return Fate::Overtaken(reason),
        };
        if let Some(stopped) = self.stopped.iter().find(|known| delivery.recipient.eq_ignore_ascii_case(&known.address))
        {
            let since = stopped.since.format("%-d %B %Y");
            return Fate::Refused(format!(
                "Mail to this address came back on {since}, so this was not sent there. Please correct the address, or try \
                 again if it is right. {}",
                stopped.reason
            ));
        }
        let sealed = match seal(
            &self.post.sender,
            (&self.post.installation, self.post.return_paths.as_ref()),
            delivery,
            &letter,
        ) {
            Ok(sealed) => sealed,
            Err(reason) => return Fate::Refused(reason),
        };
        let courier = match courier {
            Some(courier) => courier,
            None => match self.post.courier(self.stop) {
                Ok(new) => courier.insert(new),
                Err(reason) => return self.end(reason),
            },
        };
        match courier.carry(delivery, &sealed, self.stop) {
            Ok(()) => Fate::Sent(letter.to_name),
            Err(Setback::Outage(reason)) => self.end(reason),
            Err(Setback::Later(reason)) => Fate::Setback(reason),
            Err(Setback::Refused(reason)) => Fate::Refused(reason),
            Err(Setback::NotKnown(reason)) => Fate::NotKnown(reason),
        }
    }

    /// Ends the round for everyone.
    fn end(&self, reason: String) -> Fate {
        self.outage.lock().get_or_insert(reason);
        Fate::Untouched
    }
}

/// Writes down how letters fared; answers how many were taken and how many were not. What the database does not take
/// now is kept for later.
fn settle(db: &Db, clock: &Clock, post: &Post, carried: Vec<Carried>) -> (usize, usize) {
    let now = clock.now();
    let counted = |is_so: fn(&Fate) -> bool| carried.iter().filter(|(_, fate)| is_so(fate)).count();
    let sent = counted(|fate| matches!(fate, Fate::Sent(_)));
    let set_back = counted(|fate| matches!(fate, Fate::Setback(_) | Fate::Refused(_) | Fate::NotKnown(_)));
    for (delivery, fate) in &carried {
        match fate {
            Fate::Setback(reason) | Fate::Refused(reason) => {
                let reason = for_the_log(reason);
                tracing::warn!(delivery = delivery.id, attempts = delivery.attempts, reason, "a letter was not taken");
            }
            Fate::NotKnown(reason) => {
                let reason = for_the_log(reason);
                tracing::warn!(delivery = delivery.id, reason, "a letter may have been taken, and is offered again");
            }
            Fate::Overtaken(reason) => {
                tracing::info!(delivery = delivery.id, reason, "a letter was no longer needed");
            }
            Fate::Sent(_) | Fate::Untouched => {}
        }
    }
    let settled = carried.into_iter().map(|(delivery, fate)| {
        let settlement = settlement(now, delivery.attempts, fate);
        (delivery, settlement)
    });
    post.unsettled.lock().extend(settled);
    post.note_sent(sent);
    if let Err(error) = settle_leftovers(db, clock, post) {
        tracing::warn!(%error, "sent mail could not be noted yet; it is noted before more is sent");
    }
    (sent, set_back)
}

fn settle_leftovers(db: &Db, clock: &Clock, post: &Post) -> Result<(), DbError> {
    let mut unsettled = post.unsettled.lock();
    if unsettled.is_empty() {
        return Ok(());
    }
    let lost = db.write(|conn| store::settle(conn, clock.now(), &unsettled))?;
    if lost > 0 {
        tracing::warn!(lost, "letters were taken up by another process because ours took too long");
    }
    unsettled.clear();
    Ok(())
}
