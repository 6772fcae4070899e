//! Passwords: hashed with argon2id, a few at a time, never on a thread that answers requests.
//!
//! Invariant: a password as it was typed and the hash that is stored are two types, and neither prints. Whether one is
//! right takes the same work whoever has the address, however long the password is.

use std::fmt;
use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash as Phc;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use serde::Deserialize;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{StaffError, rules};

/// A password as somebody typed it. It is never stored and never printed.
#[derive(Clone, Default, Deserialize)]
#[serde(transparent)]
pub struct Password(String);

impl Password {
    /// One that was typed elsewhere than in a form.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub(super) fn text(&self) -> &str {
        &self.0
    }

    /// As much of it as is ever hashed, and whether that is all.
    fn bounded(&self) -> (&str, bool) {
        match self.0.char_indices().nth(rules::PASSWORD_CHARS_MAX) {
            Some((end, _)) => (&self.0[..end], false),
            None => (&self.0, true),
        }
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(not shown)")
    }
}

/// The argon2id hash of a password in PHC's notation. Only [`Passwords::hash`] makes a new one.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// One that was stored; nothing when it cannot be read.
    pub(super) fn stored(text: String) -> Option<Self> {
        Phc::new(&text).is_ok().then_some(Self(text))
    }

    pub(super) fn text(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(not shown)")
    }
}

/// Each takes 19 MiB and a core for some tens of milliseconds, so more at once only crowd out the gifts.
const AT_ONCE_MAX: usize = 2;
/// More than this would wait for longer than people do: each takes some 50 ms.
const WAITING_MAX: usize = 64;

/// Hashes and checks passwords. Cheap to clone.
#[derive(Clone)]
pub struct Passwords {
    params: Params,
    nobodys: PasswordHash,
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
        let (turns, queue) = (Arc::new(Semaphore::new(AT_ONCE_MAX)), Arc::new(Semaphore::new(WAITING_MAX)));
        Self { nobodys: nobodys_hash(&params), params, turns, queue }
    }

    /// Checks a new password and hashes it, on the caller's thread. `about` is what anyone knows of its owner: their
    /// address, their name.
    ///
    /// # Errors
    /// [`StaffError`]: too short, too long, among the first that a thief tries.
    pub fn hash(&self, password: &Password, about: &[&str]) -> Result<PasswordHash, StaffError> {
        rules::check_password(password.text(), about)?;
        let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, self.params.clone());
        let hash = argon.hash_password(password.text().as_bytes());
        hash.map(|hash| PasswordHash(hash.to_string())).map_err(|_| StaffError::NoRandomness)
    }

    /// Whether the password is the one that was hashed, on the caller's thread. Without a hash (nobody has the address)
    /// it does the same work and is never right; nor is a password longer than any that is hashed.
    pub fn is_right(&self, typed: &Password, hash: Option<&PasswordHash>) -> bool {
        let (text, is_whole) = typed.bounded();
        let against = Phc::new(hash.unwrap_or(&self.nobodys).text());
        let is_same = against.is_ok_and(|hash| Argon2::default().verify_password(text.as_bytes(), &hash).is_ok());
        is_same & is_whole & hash.is_some()
    }

    /// Waits for a turn to hash; nothing when too many wait already.
    pub async fn turn(&self) -> Option<Turn> {
        let waiting = self.queue.clone().try_acquire_owned().ok()?;
        let hashing = self.turns.clone().acquire_owned().await.ok()?;
        Some(Turn { _waiting: waiting, _hashing: hashing })
    }
}

/// A hash of the same cost as a real one, of no password: 16 bytes of salt and 32 of hash, all zero.
fn nobodys_hash(params: &Params) -> PasswordHash {
    let (memory, passes, lanes) = (params.m_cost(), params.t_cost(), params.p_cost());
    let (salt, hash) = ("A".repeat(22), "A".repeat(43));
    PasswordHash(format!("$argon2id$v=19$m={memory},t={passes},p={lanes}${salt}${hash}"))
}

/// Leave to hash, given back when it is dropped.
pub struct Turn {
    _waiting: OwnedSemaphorePermit,
    _hashing: OwnedSemaphorePermit,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_has_is_checked_at_the_cost_of_what_somebody_has() {
        let passwords = Passwords::with_cost(8, 1).expect("a low cost");
        let real = passwords.hash(&Password::new("four words in a row"), &[]).expect("a hash");
        let shape = |hash: &PasswordHash| {
            let parts: Vec<String> = hash.text().split('$').map(str::to_owned).collect();
            (parts[..4].join("$"), parts[4].len(), parts[5].len())
        };

        assert_eq!(shape(&passwords.nobodys), shape(&real));
        assert!(PasswordHash::stored(passwords.nobodys.text().to_owned()).is_some(), "it can be read, so it is hashed");
        assert!(!passwords.is_right(&Password::new("four words in a row"), None));
    }

    #[test]
    fn a_long_password_is_hashed_like_a_short_one_and_is_never_right() {
        let passwords = Passwords::with_cost(8, 1).expect("a low cost");
        let longest = "four words ".repeat(20)[..rules::PASSWORD_CHARS_MAX].to_owned();
        let hash = passwords.hash(&Password::new(longest.as_str()), &[]).expect("a hash");

        assert!(passwords.is_right(&Password::new(longest.as_str()), Some(&hash)));
        assert!(!passwords.is_right(&Password::new(format!("{longest}x")), Some(&hash)));
        assert_eq!(Password::new("é".repeat(60_000)).bounded().0.chars().count(), rules::PASSWORD_CHARS_MAX);
    }

    #[test]
    fn passwords_and_hashes_do_not_print() {
        let passwords = Passwords::with_cost(8, 1).expect("a low cost");
        let password = Password::new("four words in a row");
        let hash = passwords.hash(&password, &[]).expect("a hash");

        let printed = format!("{password:?} {hash:?}");

        assert!(!printed.contains("words") && !printed.contains("argon2id"), "{printed}");
    }
}
