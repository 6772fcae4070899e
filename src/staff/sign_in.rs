//! Signing in: a password, a code where one is set up, and a session that ends.
//!
//! Invariant: a wrong address, a wrong password and a wrong code are told in the same words after the same time, and
//! too many of them lock the door for longer each time.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use parking_lot::Mutex;

use super::store::{self, sessions};
use super::{Actor, Member, Passwords, Secret, StaffError, audit, rules};
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

/// Wrong attempts at addresses that nobody has, so that they are locked as if somebody had them.
#[derive(Clone, Default)]
pub struct Attempts(Arc<Mutex<HashMap<String, Tries>>>);

/// How many, and until when they count.
type Tries = (i64, DateTime<Utc>);

/// Addresses remembered; past it all are forgotten, which helps nobody guess a password.
const ATTEMPTS_MAX: usize = 10_000;

impl Attempts {
    fn locked_for(&self, now: DateTime<Utc>, email: &str) -> Option<TimeDelta> {
        let attempts = self.0.lock();
        let until = attempts.get(email).map(|(_, until)| *until);
        until.filter(|until| *until > now).map(|until| until - now)
    }

    fn fail(&self, now: DateTime<Utc>, email: &str) {
        let mut attempts = self.0.lock();
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
    let email = typed.email.trim().to_lowercase();
    let member = db.read(|conn| store::by_email(conn, &email))?.filter(|member| member.left_at.is_none());
    let Some(member) = member else {
        if let Some(length) = attempts.locked_for(now, &email) {
            return Err(SignInError::Locked(words(length)));
        }
        passwords.is_right_for_nobody(&typed.password);
        attempts.fail(now, &email);
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
        store::set_failures(conn, member.id, 0, None)?;
        sessions::forget_expired(conn, now)?;
        let secret = Secret::new()?;
        let agent: String = typed.agent.chars().filter(|c| !c.is_control()).take(AGENT_CHARS_MAX).collect();
        sessions::insert(conn, now, now + WHOLE, &secret, member.id, &agent)?;
        audit::record(conn, now, &actor(&member), "signed in", &member.email, "", &typed.request_id)?;
        Ok::<_, SignInError>(Ok((secret, member.clone())))
    })?
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
    let failures = member.failures + 1;
    let locked_until = rules::lock_after(failures).map(|length| now + length);
    store::set_failures(conn, member.id, failures, locked_until)?;
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
    if now - seen_at > SEEN_EVERY {
        db.write(|conn| sessions::set_seen(conn, now, secret))?;
    }
    Ok(Some(actor))
}
