//! The tokens of programs, remembered for a moment, because the API takes ten thousand requests a second.
//!
//! Invariant: a token that was taken back is refused after at most `FRESH` by every process.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use chrono::{DateTime, Utc};
use parking_lot::Mutex;

use super::store::tokens as store;
use super::{Actor, Scope, Secret, StaffError, audit, rules};
use crate::db::{Conn, Db, DbError};
pub use store::Token;

/// How long a token is remembered.
const FRESH: Duration = Duration::from_secs(2);
/// A token that is not remembered is looked up, but all of them together not more often than this.
const PATIENCE: Duration = Duration::from_millis(50);

/// The tokens in force as they were read last. Cheap to clone.
#[derive(Clone)]
pub struct Tokens(Arc<Inner>);

struct Inner {
    known: ArcSwap<Known>,
    /// Held by the one that reads; it knows when that failed last.
    reading: Mutex<Option<Instant>>,
    is_renewing: AtomicBool,
}

struct Known {
    read_at: Option<Instant>,
    tokens: HashMap<Vec<u8>, Arc<Holder>>,
}

/// The program behind a token.
#[derive(Debug, PartialEq, Eq)]
pub struct Holder {
    /// As whom it acts.
    pub actor: Actor,
    /// What it may do.
    pub scopes: Vec<Scope>,
}

impl Default for Tokens {
    fn default() -> Self {
        let known = ArcSwap::from_pointee(Known { read_at: None, tokens: HashMap::new() });
        Self(Arc::new(Inner { known, reading: Mutex::new(None), is_renewing: AtomicBool::new(false) }))
    }
}

impl Tokens {
    /// Who holds this token, as far as is remembered; nothing when it should be [looked up](Self::look_up).
    pub fn remembered(&self, secret: &Secret) -> Option<Arc<Holder>> {
        let known = self.0.known.load();
        if known.age() < FRESH { known.tokens.get(&secret.digest()[..]).cloned() } else { None }
    }

    /// How long to wait before the next [look-up](Self::look_up), so that guessing does not keep the database busy.
    pub fn pause(&self) -> Option<Duration> {
        PATIENCE.checked_sub(self.0.known.load().age()).filter(|pause| !pause.is_zero())
    }

    /// Who holds this token, read anew unless somebody has done so `since` this request came.
    ///
    /// # Errors
    /// Only when the database fails.
    pub fn look_up(&self, db: &Db, secret: &Secret, since: Instant) -> Result<Option<Arc<Holder>>, DbError> {
        let mut failed_at = self.0.reading.lock();
        let digest = secret.digest();
        let known = self.0.known.load();
        let holder = known.tokens.get(&digest[..]).cloned();
        let is_new = known.read_at.is_some_and(|read_at| read_at >= since);
        if is_new || (holder.is_some() && known.age() < FRESH) {
            return Ok(holder);
        }
        // Whoever waited while another asked in vain does not wait as long again.
        if failed_at.is_some_and(|failed_at| failed_at >= since) {
            return Err(DbError::Open("it did not answer a moment ago".to_owned()));
        }
        self.read(db).inspect_err(|_| *failed_at = Some(Instant::now()))?;
        Ok(self.0.known.load().tokens.get(&digest[..]).cloned())
    }

    /// True for one caller when what is remembered grows old: that one [renews](Self::renew) it while the others go on.
    pub fn is_due(&self) -> bool {
        self.0.known.load().age() > FRESH / 2 && !self.0.is_renewing.swap(true, Ordering::AcqRel)
    }

    /// Reads anew, so that no request has to wait for it.
    ///
    /// # Errors
    /// Only when the database fails.
    pub fn renew(&self, db: &Db) -> Result<(), DbError> {
        let mut failed_at = self.0.reading.lock();
        let done = self.read(db).inspect_err(|_| *failed_at = Some(Instant::now()));
        self.0.is_renewing.store(false, Ordering::Release);
        done
    }

    fn read(&self, db: &Db) -> Result<(), DbError> {
        let read_at = Some(Instant::now());
        let tokens = db.read(store::in_force)?.into_iter().map(|token| {
            let actor = Actor::Token { id: token.id, name: token.name };
            (token.digest, Arc::new(Holder { actor, scopes: token.scopes }))
        });
        self.0.known.store(Arc::new(Known { read_at, tokens: tokens.collect() }));
        Ok(())
    }

    /// Forgets all, so that a change made by this process holds at once.
    pub fn forget(&self) {
        self.0.known.store(Arc::new(Known { read_at: None, tokens: HashMap::new() }));
    }
}

impl Known {
    fn age(&self) -> Duration {
        self.read_at.map_or(Duration::MAX, |at| at.elapsed())
    }
}

/// Reads "donations:write,ledger:read".
///
/// # Errors
/// [`StaffError::BadScope`], naming the first that is none.
pub fn scopes(text: &str) -> Result<Vec<Scope>, StaffError> {
    let words = text.split([',', ' ']).map(str::trim).filter(|word| !word.is_empty());
    let scopes: Vec<Scope> = words
        .map(|word| Scope::from_name(word).ok_or_else(|| StaffError::BadScope { word: word.to_owned() }))
        .collect::<Result<_, _>>()?;
    if scopes.is_empty() { Err(StaffError::BadScope { word: String::new() }) } else { Ok(scopes) }
}

/// Makes a token; the answer is the secret, which is shown once.
///
/// # Errors
/// [`StaffError`]: no name, no randomness.
pub fn add_token(
    conn: &mut Conn,
    now: DateTime<Utc>,
    by: &Actor,
    name: &str,
    scopes: &[Scope],
    request_id: &str,
) -> Result<Secret, StaffError> {
    rules::check_name(name)?;
    let secret = Secret::new()?;
    store::insert(conn, now, name.trim(), scopes, &secret, by)?;
    let detail = scopes.iter().map(|scope| scope.name()).collect::<Vec<_>>().join(", ");
    audit::record(conn, now, by, "token made", name.trim(), &detail, request_id)?;
    Ok(secret)
}

/// Takes a token back.
///
/// # Errors
/// [`StaffError::Unknown`] when it is not in force.
pub fn revoke_token(
    conn: &mut Conn,
    now: DateTime<Utc>,
    by: &Actor,
    id: i64,
    request_id: &str,
) -> Result<(), StaffError> {
    if !store::revoke(conn, now, id)? {
        return Err(StaffError::Unknown);
    }
    Ok(audit::record(conn, now, by, "token taken back", &id.to_string(), "", request_id)?)
}

/// Every token that ever was, newest first.
///
/// # Errors
/// Only when the database fails.
pub fn all(conn: &mut Conn) -> Result<Vec<Token>, DbError> {
    store::all(conn)
}
