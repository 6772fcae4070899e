//! Signing in: a password, a code where one is set up, and a session that ends.
//!
//! Invariant: there is one path for every address. Whether somebody has it or not, the same is read, the same is hashed
//! and the same is written, and a wrong address, a wrong password and a wrong code are told in the same words. Too many
//! of them lock the door for longer each time.

use std::net::IpAddr;

use chrono::{DateTime, TimeDelta, Utc};

use super::audit::Failure;
use super::devices::Device;
use super::locks::{self, Way};
use super::signing::SigningKey;
use super::store::{self, sessions};
use super::{Actor, Attempts, Member, Password, Passwords, Secret, StaffError, audit, rules};
use crate::db::{Conn, Db, DbError, Lock, hold};

/// What somebody typed at the door. Password and secrets in it do not print.
pub struct SignIn {
    /// Their address.
    pub email: String,
    /// Their password.
    pub password: Password,
    /// The six digits, or nothing.
    pub code: String,
    /// Their browser, in its own words.
    pub agent: String,
    /// The session that this browser held before; the new one takes its place.
    pub before: Option<Secret>,
    /// The cookies by which this browser may be remembered, one for each person who uses it.
    pub devices: Vec<String>,
    /// From where.
    pub place: IpAddr,
    /// From which request.
    pub request_id: String,
}

/// What the browser of somebody who is in keeps.
pub struct Opened {
    /// The session.
    pub session: Secret,
    /// That it is remembered; of this member of staff.
    pub device: Remembrance,
}

/// A cookie by which a browser is remembered.
pub struct Remembrance {
    /// Whose it is.
    pub staff_id: i64,
    /// What it says.
    pub cookie: String,
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

impl SignInError {
    pub(super) fn locked(length: TimeDelta) -> Self {
        Self::Locked(rules::in_words(length))
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
/// The longest address there is (RFC 5321, 4.5.3.1.3); what is longer is nobody's.
const EMAIL_CHARS_MAX: usize = 254;

/// What the trail says of an address that it does not know: what was typed may be a password in the wrong field.
const NOBODYS: &str = "an address that nobody has";

/// Signs somebody in. Waits for the database and for the hashing.
///
/// # Errors
/// [`SignInError`].
pub fn open_session(
    db: &Db,
    now: DateTime<Utc>,
    passwords: &Passwords,
    attempts: &Attempts,
    typed: &SignIn,
) -> Result<Opened, SignInError> {
    let asked = db.read(|conn| look_up(conn, now, typed))?;
    // A remembered browser answers for itself, whatever its neighbours do.
    let place_wait = attempts.wait(now, typed.place).filter(|_| !asked.way.is_device());
    if let Some(length) = asked.wait.max(place_wait) {
        return Err(SignInError::locked(length));
    }
    let is_right = passwords.is_right(&typed.password, asked.member.as_ref().map(|member| &member.password_hash));
    let opened = db.write(|conn| {
        hold(conn, Lock::Door)?;
        // Asked again now that nobody else counts: others may have tried meanwhile, or the first answer was a replica's.
        if let Some(length) = locks::wait(conn, now, &asked.way)? {
            return Ok(Err(SignInError::locked(length)));
        }
        match &asked.member {
            Some(member) if is_right && is_code_right(conn, now, member, &typed.code)? => {
                Ok::<_, SignInError>(Ok(begin(conn, now, member, &asked.way, typed)?))
            }
            _ => {
                note_failure(conn, now, &asked, typed)?;
                Ok(Err(SignInError::Wrong))
            }
        }
    })?;
    if matches!(opened, Err(SignInError::Wrong)) {
        attempts.fail(now, typed.place);
    }
    opened
}

/// Who seems to ask, by which way, and how long they must wait.
struct Asked {
    member: Option<Member>,
    way: Way,
    wait: Option<TimeDelta>,
}

fn look_up(conn: &mut Conn, now: DateTime<Utc>, typed: &SignIn) -> Result<Asked, DbError> {
    let email: String = typed.email.trim().to_lowercase().chars().filter(|c| !c.is_control()).collect();
    let email: String = email.chars().take(EMAIL_CHARS_MAX + 1).collect();
    let member = store::by_email(conn, &email)?.filter(|member| member.left_at.is_none());
    let key = SigningKey::load(conn)?;
    let device = member.as_ref().zip(key.as_ref());
    let device = device.and_then(|(member, key)| Device::recognised(key, member, now, &typed.devices));
    let way = device.map_or(Way::Address(email), Way::Device);
    let wait = locks::wait(conn, now, &way)?;
    Ok(Asked { member, way, wait })
}

fn begin(
    conn: &mut Conn,
    now: DateTime<Utc>,
    member: &Member,
    way: &Way,
    typed: &SignIn,
) -> Result<Opened, StaffError> {
    locks::clear(conn, way)?;
    // Whoever knows password and code may type the password again; the one who guessed through a session is known.
    locks::clear(conn, &Way::Account(member.id))?;
    sessions::forget_expired(conn, now)?;
    if let Some(before) = &typed.before {
        sessions::end(conn, before)?;
    }
    let session = Secret::new()?;
    let agent: String = typed.agent.chars().filter(|c| !c.is_control()).take(AGENT_CHARS_MAX).collect();
    sessions::insert(conn, now, now + WHOLE, &session, member.id, &agent)?;
    audit::record(conn, now, &actor(member), "signed in", &member.email, "", &typed.request_id)?;
    let device = match way {
        Way::Device(device) => device.clone(),
        Way::Address(_) | Way::Account(_) => Device::new(member)?,
    };
    Ok(Opened { session, device: remember(conn, now, member, &device)? })
}

/// What a browser keeps so that it is remembered. The caller holds `Lock::Door`.
pub(super) fn remember(
    conn: &mut Conn,
    now: DateTime<Utc>,
    member: &Member,
    device: &Device,
) -> Result<Remembrance, StaffError> {
    let key = SigningKey::load_or_make(conn)?;
    Ok(Remembrance { staff_id: member.id, cookie: device.cookie(&key, member, now) })
}

fn actor(member: &Member) -> Actor {
    Actor::Staff { id: member.id, name: member.name.clone(), role: member.role }
}

/// Right where none is asked for; a right code is used up.
fn is_code_right(conn: &mut Conn, now: DateTime<Utc>, member: &Member, code: &str) -> Result<bool, DbError> {
    let Some(secret) = &member.totp_secret else { return Ok(true) };
    match secret.step(&member.email, code, now) {
        Some(step) => store::use_totp_step(conn, member.id, step),
        None => Ok(false),
    }
}

fn note_failure(conn: &mut Conn, now: DateTime<Utc>, asked: &Asked, typed: &SignIn) -> Result<(), DbError> {
    let subject = asked.member.as_ref().map_or(NOBODYS, |member| member.email.as_str());
    let is_locked = locks::fail(conn, now, &asked.way)?.is_some();
    let note = |action| Failure { action, subject, place: typed.place, request_id: &typed.request_id };
    audit::record_failure(conn, now, &Actor::Public, &note("sign-in failed"))?;
    if is_locked {
        audit::record_failure(conn, now, &Actor::Public, &note("sign-in locked"))?;
    }
    Ok(())
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
