//! The work that nobody asks for: months that open, standing orders that are met, mail that leaves.
//!
//! Invariant: every task may be done twice, or by two processes at once, without harm. Where there is nothing to do,
//! nothing is written and no lock is taken.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};

use crate::app::App;
use crate::db::{DbError, Lock, hold};
use crate::donations::letters::Letters;
use crate::donations::{self, reminders, statements};
use crate::funds;
use crate::outbox::{self, Compose, ComposeError, Delivery, Letter, Round};
use crate::shares::{self, ShareLetters};
use crate::standing_orders;
use crate::supporters;
use crate::threads::{self, AskedToEnd};

/// How long it rests between two rounds, and so the longest that a receipt waits for its turn.
const PAUSE: Duration = Duration::from_millis(500);
/// How often the outbox is counted for `/metrics`; a count reads every letter on its way.
const COUNT_EVERY: Duration = Duration::from_secs(10);

/// Works until `stop` is set.
pub fn run(app: &App, stop: &Arc<AtomicBool>) -> AskedToEnd {
    let reader = keep_reading_bounces(app, stop);
    let mut counted_at: Option<Instant> = None;
    while !stop.load(Ordering::SeqCst) {
        threads::turn();
        let is_more_due = match round(app, stop) {
            Ok(round) => round.is_full,
            Err(error) => {
                tracing::warn!(%error, "a round of background work failed; it is tried again");
                false
            }
        };
        if counted_at.is_none_or(|at| at.elapsed() >= COUNT_EVERY) {
            counted_at = Some(Instant::now());
            count(app);
        }
        if !is_more_due {
            std::thread::sleep(PAUSE);
        }
    }
    app.post.hang_up();
    if let Some(reader) = reader
        && reader.join().is_err()
    {
        tracing::warn!("the reader of mail that comes back fell");
    }
    AskedToEnd
}

/// Mail that comes back is read on a thread of its own: a mailbox that is slow keeps nobody else waiting.
fn keep_reading_bounces(app: &App, stop: &Arc<AtomicBool>) -> Option<JoinHandle<()>> {
    let (bounces, reading, stop) = (app.bounces.clone()?, app.clone(), stop.clone());
    let spawned = app.threads.spawn("bounces", move || {
        bounces.keep_reading(&reading.db, &reading.clock, &reading.post, &stop);
        AskedToEnd
    });
    spawned.map_err(|error| tracing::error!(%error, "mail that comes back is not read")).ok()
}

/// One round: opens the appeals that have begun, reads what gifts mean for standing orders, and sends the mail that is due, up to a bounded number of letters.
///
/// # Errors
/// Only when the database fails; what was not done is done in the next round.
pub fn tick(app: &App) -> Result<Round, DbError> {
    let stop = AtomicBool::new(false);
    if let Some(bounces) = &app.bounces {
        bounces.read(&app.db, &app.clock, &app.post, &stop)?;
    }
    round(app, &stop)
}

fn round(app: &App, stop: &AtomicBool) -> Result<Round, DbError> {
    let now = app.clock.now();
    if app.db.read(|conn| funds::is_any_due(conn, now))? {
        app.db.write(|conn| {
            hold(conn, Lock::Books)?;
            funds::open_due(conn, now)
        })?;
    }
    let has_more = read_standing_orders(app, now)?;
    write_statements(app, stop)?;
    let has_more = donations::prove_receipts(&app.db, now)? || has_more;
    let has_more = write_words(app)? || has_more;
    let has_more = let_lapse(app, now)? || has_more;
    let has_more = remind(app, now)? || has_more;
    let mut round = outbox::send_due(&app.db, &app.clock, &app.post, &Writers::of(app), stop)?;
    round.is_full |= has_more;
    Ok(round)
}

/// Reads the gifts since the last round, a bounded number; the answer is whether there are more.
fn read_standing_orders(app: &App, now: DateTime<Utc>) -> Result<bool, DbError> {
    if !app.db.read(standing_orders::is_behind)? {
        return Ok(false);
    }
    app.db.write(|conn| {
        hold(conn, Lock::Books)?;
        standing_orders::catch_up(conn, now)
    })
}

/// Writes what supporters are found by, a bounded number; the answer is whether there are more.
fn write_words(app: &App) -> Result<bool, DbError> {
    if !app.db.read(supporters::is_behind)? {
        return Ok(false);
    }
    app.db.write(|conn| {
        hold(conn, Lock::Books)?;
        supporters::catch_up(conn)
    })
}

/// What strangers asked for is forgotten a day after their promises have lapsed; so many in one round.
const FORGOTTEN_MAX: i64 = 1_000;

/// Ends promises and applications that nobody paid for, a bounded number; the answer is whether there may be more.
fn let_lapse(app: &App, now: DateTime<Utc>) -> Result<bool, DbError> {
    let days = app.lapse_days;
    let forgotten = now - TimeDelta::days(i64::from(days) + 1);
    let (promises, applications, requests) = app.db.read(|conn| {
        Ok::<_, DbError>((
            donations::lapse::is_any_overdue(conn, now, days)?,
            shares::lapse::is_any_overdue(conn, now, days)?,
            outbox::is_any_before(conn, forgotten)?,
        ))
    })?;
    if !promises && !applications && !requests {
        return Ok(false);
    }
    let ended = app.db.write(|conn| {
        hold(conn, Lock::Books)?;
        let promises = if promises { donations::lapse::lapse(conn, now, days)? } else { 0 };
        let applications = if applications { shares::lapse::lapse(conn, now, days)? } else { 0 };
        outbox::forget_before(conn, forgotten, FORGOTTEN_MAX)?;
        Ok::<_, shares::ShareError>(promises + applications)
    });
    match ended {
        Ok(count) => Ok(count > 0),
        Err(shares::ShareError::Db(error)) => Err(error),
        Err(error) => Err(DbError::Corrupt(format!("an application cannot lapse: {error}"))),
    }
}

/// How often promises are looked through for those to be asked about: a day more or less is nothing to them.
const REMIND_EVERY_SECONDS: i64 = 600;

/// Asks about promises that have waited, a bounded number; the answer is whether there may be more.
fn remind(app: &App, now: DateTime<Utc>) -> Result<bool, DbError> {
    let looked_at = app.looked_for_reminders.load(Ordering::SeqCst);
    if app.remind_days == 0 || (now.timestamp() - looked_at).abs() < REMIND_EVERY_SECONDS {
        return Ok(false);
    }
    let mut asked = 0;
    if app.db.read(|conn| reminders::is_any_due(conn, now, app.remind_days))? {
        asked = app.db.write(|conn| {
            hold(conn, Lock::Books)?;
            reminders::remind(conn, now, app.remind_days)
        })?;
    }
    if asked == 0 {
        app.looked_for_reminders.store(now.timestamp(), Ordering::SeqCst);
    }
    Ok(asked > 0)
}

/// Steps of a run of statements in one round: mail leaves and gifts come in between.
const STATEMENT_STEPS_MAX: usize = 5;

/// Goes on with the yearly statements, each step a transaction of its own.
fn write_statements(app: &App, stop: &AtomicBool) -> Result<(), DbError> {
    for _ in 0..STATEMENT_STEPS_MAX {
        if stop.load(Ordering::SeqCst) || !app.db.read(statements::is_any_due)? {
            return Ok(());
        }
        app.db.write(|conn| {
            hold(conn, Lock::Books)?;
            statements::step(conn, app.clock.now())
        })?;
    }
    Ok(())
}

/// Whoever knows what a letter says: one writer for gifts, one for shares.
struct Writers {
    gifts: Letters,
    shares: ShareLetters,
}

impl Writers {
    fn of(app: &App) -> Self {
        let (db, links, public_url) = (app.db.clone(), app.links.clone(), app.public_url.0.clone());
        Self {
            shares: ShareLetters { db: db.clone(), links: links.clone(), public_url: public_url.clone() },
            gifts: Letters { db, links, public_url },
        }
    }
}

impl Compose for Writers {
    fn compose(&self, delivery: &Delivery) -> Result<Letter, ComposeError> {
        if delivery.kind.is_about_giving() { self.gifts.compose(delivery) } else { self.shares.compose(delivery) }
    }
}

fn count(app: &App) {
    match app.db.read(outbox::counts) {
        Ok(counts) => app.post.note_counts(&counts),
        Err(error) => tracing::debug!(%error, "the outbox was not counted"),
    }
}
