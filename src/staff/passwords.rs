//! Passwords: hashed with argon2id, a few at a time, never on a thread that answers requests.

use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{StaffError, rules};

/// Each takes 19 MiB and a core for some tens of milliseconds, so more at once only crowd out the gifts.
const AT_ONCE_MAX: usize = 2;
/// More than this would wait for longer than people do: each takes some 50 ms.
const WAITING_MAX: usize = 64;

/// Hashes and checks passwords. Cheap to clone.
#[derive(Clone)]
pub struct Passwords {
    params: Params,
    turns: Arc<Semaphore>,
    queue: Arc<Semaphore>,
}

impl Default for Passwords {
    /// The first choice of the OWASP Password Storage Cheat Sheet: 19 MiB, two passes, one lane.
    fn default() -> Self {
        Self::with_params(Params::default())
    }
}

impl Passwords {
    /// Hashing of another cost: tests sign in hundreds of times.
    pub fn with_cost(kibibytes: u32, passes: u32) -> Option<Self> {
        Params::new(kibibytes, passes, 1, None).ok().map(Self::with_params)
    }

    fn with_params(params: Params) -> Self {
        Self { params, turns: Arc::new(Semaphore::new(AT_ONCE_MAX)), queue: Arc::new(Semaphore::new(WAITING_MAX)) }
    }

    /// Checks a new password's length and hashes it, on the caller's thread.
    ///
    /// # Errors
    /// [`StaffError`]: too short, too long, obvious.
    pub fn hash(&self, password: &str) -> Result<String, StaffError> {
        rules::check_password(password)?;
        let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, self.params.clone());
        argon.hash_password(password.as_bytes()).map(|hash| hash.to_string()).map_err(|_| StaffError::NoRandomness)
    }

    /// Whether the password is the one that was hashed, on the caller's thread.
    pub fn is_right(&self, password: &str, hash: &str) -> bool {
        let fits = password.chars().count() <= rules::PASSWORD_CHARS_MAX;
        let hash = PasswordHash::new(hash);
        fits && hash.is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
    }

    /// Takes as long as [`Self::is_right`] and is never right: for addresses that nobody has.
    pub fn is_right_for_nobody(&self, password: &str) -> bool {
        let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, self.params.clone());
        let mut output = [0; 32];
        let spent = argon.hash_password_into(password.as_bytes(), b"nobody's own salt", &mut output);
        spent.is_err() && output == [1; 32]
    }

    /// Waits for a turn to hash; nothing when too many wait already.
    pub async fn turn(&self) -> Option<Turn> {
        let waiting = self.queue.clone().try_acquire_owned().ok()?;
        let hashing = self.turns.clone().acquire_owned().await.ok()?;
        Some(Turn { _waiting: waiting, _hashing: hashing })
    }
}

/// Leave to hash, given back when it is dropped.
pub struct Turn {
    _waiting: OwnedSemaphorePermit,
    _hashing: OwnedSemaphorePermit,
}
