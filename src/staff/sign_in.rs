//! Signing in: a password, a code where one is set up, and a session that ends.
//!
//! Invariant: a wrong address, a wrong password and a wrong code are told in the same words after the same time, and
//! too many of them lock the door for longer each time.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use parking_lot::Mutex;

use super::store::{self, sessions};
use super::{Actor, Member, Passwords, Secret, StaffError, Throttle, audit, rules};
use crate::db::{Conn, Db, DbError};

/// What somebody typed at the door.
pub struct SignIn {
    /// Their address.
    pub email: String,
    /// Their password.
    pub password: String,
    /// The six digits, or nothing.
    pub code: String,
    /// Their browser, in its own words.
    pub agent: String,
    /// The session that this browser held before; the new one takes its place.
    pub before: Option<Secret>,
    /// From where.
    pub place: IpAddr,
    /// From which request.
    pub request_id: String,
}

/// Why the door stays shut.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// Any of the three is wrong.
    #[error("That is not right. Please check the address, the password and, if you use one, the six-digit code.")]
    Wrong,
    /// Too many were wrong.
    #[error(
        "Too many attempts went wrong, so this door is shut for {0}. Please come back then, or ask an administrator."
    )]
    Locked(String),
    /// Hashing or the database failed.
    #[error(transparent)]
    Staff(#[from] StaffError),
}

impl From<DbError> for SignInError {
    fn from(error: DbError) -> Self {
        Self::Staff(error.into())
    }
}

/// A session ends after so long without a request.
const IDLE: TimeDelta = TimeDelta::hours(12);
/// And in any case after this.
const WHOLE: TimeDelta = TimeDelta::days(14);
/// How exactly the last request is known; each note of it is a write.
const SEEN_EVERY: TimeDelta = TimeDelta::minutes(5);
/// Longest note of a browser.
const AGENT_CHARS_MAX: usize = 200;

/// Wrong attempts as this process remembers them. Cheap to clone.
#[derive(Clone, Default)]
pub struct Attempts {
    /// At addresses that nobody has, so that they are locked as if somebody had them.
    nobodys: Arc<Mutex<HashMap<String, Failures>>>,
    /// From one place, at whatever address.
    places: Throttle,
}

/// How many there were in a row, and until when nobody may try.
type Failures = (i64, DateTime<Utc>);

/// Addresses remembered; past it all are forgotten, which helps nobody guess a password.
const ATTEMPTS_MAX: usize = 10_000;

impl Attempts {
    fn locked_for(&self, now: DateTime<Utc>, email: &str) -> Option<TimeDelta> {
        let attempts = self.nobodys.lock();
        let until = attempts.get(email).map(|(_, until)| *until);
        until.filter(|until| *until > now).map(|until| until - now)
    }

    fn fail(&self, now: DateTime<Utc>, email: &str) {
        let mut attempts = self.nobodys.lock();
        if attempts.len() >= ATTEMPTS_MAX {
            attempts.clear();
        }
        let (failures, until) = attempts.entry(email.to_owned()).or_insert((0, now));
        *failures += 1;
        *until = now + rules::lock_after(*failures).unwrap_or_default();
    }
}

/// Signs somebody in; the answer is the session's secret and who it is. Waits for the database and for the hashing.
///
/// # Errors
/// [`SignInError`].
pub fn open_session(
    db: &Db,
    now: DateTime<Utc>,
    passwords: &Passwords,
    attempts: &Attempts,
    typed: &SignIn,
) -> Result<(Secret, Member), SignInError> {
    if let Some(length) = attempts.places.wait(now, typed.place) {
        return Err(SignInError::Locked(words(length)));
    }
    let opened = open_unless_locked(db, now, passwords, attempts, typed);
    if matches!(opened, Err(SignInError::Wrong)) {
        attempts.places.fail(now, typed.place);
    }
    opened
}

fn open_unless_locked(
    db: &Db,
    now: DateTime<Utc>,
    passwords: &Passwords,
    attempts: &Attempts,
    typed: &SignIn,
) -> Result<(Secret, Member), SignInError> {
    let email = typed.email.trim().to_lowercase();
    let member = db.read(|conn| store::by_email(conn, &email))?.filter(|member| member.left_at.is_none());
    let Some(member) = member else {
        if let Some(length) = attempts.locked_for(now, &email) {
            return Err(SignInError::Locked(words(length)));
        }
        passwords.is_right_for_nobody(&typed.password);
        attempts.fail(now, &email);
        // Also so that the answer takes as long as for an address that somebody has.
        let stranger = "an address that nobody has";
        db.write(|conn| audit::record(conn, now, &Actor::Public, "sign-in failed", stranger, "", &typed.request_id))?;
        return Err(SignInError::Wrong);
    };
    if let Some(until) = member.locked_until.filter(|until| *until > now) {
        return Err(SignInError::Locked(words(until - now)));
    }
    let is_right = passwords.is_right(&typed.password, &member.password_hash);
    let step = step_of(&member, now, &typed.code);
    db.write(|conn| {
        let is_in = is_right && is_code_right(conn, &member, step)?;
        if !is_in {
            note_failure(conn, now, &member, &typed.request_id)?;
            return Ok(Err(SignInError::Wrong));
        }
        let secret = begin(conn, now, &member, typed)?;
        Ok::<_, SignInError>(Ok((secret, member.clone())))
    })?
}

fn begin(conn: &mut Conn, now: DateTime<Utc>, member: &Member, typed: &SignIn) -> Result<Secret, StaffError> {
    store::unlock(conn, member.id)?;
    sessions::forget_expired(conn, now)?;
    if let Some(before) = &typed.before {
        sessions::end(conn, before)?;
    }
    let secret = Secret::new()?;
    let agent: String = typed.agent.chars().filter(|c| !c.is_control()).take(AGENT_CHARS_MAX).collect();
    sessions::insert(conn, now, now + WHOLE, &secret, member.id, &agent)?;
    audit::record(conn, now, &actor(member), "signed in", &member.email, "", &typed.request_id)?;
    Ok(secret)
}

fn actor(member: &Member) -> Actor {
    Actor::Staff { id: member.id, name: member.name.clone(), role: member.role }
}

/// The time step of a right code; nothing where none is asked for or the code is wrong.
fn step_of(member: &Member, now: DateTime<Utc>, code: &str) -> Option<i64> {
    let secret = member.totp_secret.as_ref()?;
    super::totp::step(secret, &member.email, code, now)
}

/// Right where none is asked for; a right code is used up.
fn is_code_right(conn: &mut Conn, member: &Member, step: Option<i64>) -> Result<bool, DbError> {
    match (member.has_totp(), step) {
        (false, _) => Ok(true),
        (true, None) => Ok(false),
        (true, Some(step)) => store::use_totp_step(conn, member.id, step),
    }
}

fn note_failure(conn: &mut Conn, now: DateTime<Utc>, member: &Member, request_id: &str) -> Result<(), DbError> {
    let failures = store::count_failure(conn, member.id)?;
    let locked_until = rules::lock_after(failures).map(|length| now + length);
    if let Some(until) = locked_until {
        store::lock(conn, member.id, until)?;
    }
    let detail = locked_until.map_or_else(String::new, |until| format!("locked until {}", until.format("%H:%M UTC")));
    audit::record(conn, now, &Actor::Public, "sign-in failed", &member.email, &detail, request_id)
}

fn words(length: TimeDelta) -> String {
    match (length.num_seconds() + 59) / 60 {
        ..=1 => "a minute".to_owned(),
        60.. => "an hour".to_owned(),
        minutes => format!("{minutes} minutes"),
    }
}

/// Who is signed in with this secret. Notes now and then that they were seen.
///
/// # Errors
/// Only when the database fails.
pub fn session(db: &Db, now: DateTime<Utc>, secret: &Secret) -> Result<Option<Actor>, DbError> {
    let Some((actor, seen_at)) = db.read(|conn| sessions::open(conn, now, now - IDLE, secret))? else {
        return Ok(None);
    };
    if now - seen_at > SEEN_EVERY
        && let Err(error) = db.write(|conn| sessions::set_seen(conn, now, secret))
    {
        // A page that only reads should not fail because the writer is busy; the next one notes it.
        tracing::warn!(%error, "a session's last use could not be noted");
    }
    Ok(Some(actor))
}
