//! The key with which the door signs what a browser brings back later: that it is remembered, and a second factor that is
//! being set up.
//!
//! Invariant: a signature is compared in constant time, and what is signed names its purpose first, so that one thing is
//! never taken for the other.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::secret::random;
use super::{StaffError, store};
use crate::db::{Conn, DbError};
use crate::hex::{bytes, hex};

/// Signs for this installation. It does not print, because it has no `Debug`.
pub(super) struct SigningKey([u8; 32]);

impl SigningKey {
    /// The key kept in the database; nothing before the first sign-in.
    pub fn load(conn: &mut Conn) -> Result<Option<Self>, DbError> {
        let Some(key) = store::signing_key(conn)? else { return Ok(None) };
        let key =
            key.try_into().map_err(|_| DbError::Corrupt("the key of the door has the wrong length".to_owned()))?;
        Ok(Some(Self(key)))
    }

    /// The key kept in the database, made the first time. The caller holds `Lock::Door`.
    ///
    /// # Errors
    /// [`StaffError`]: no randomness, or the database failed.
    pub fn load_or_make(conn: &mut Conn) -> Result<Self, StaffError> {
        if let Some(key) = Self::load(conn)? {
            return Ok(key);
        }
        let key = random()?;
        store::keep_signing_key(conn, &key)?;
        Ok(Self(key))
    }

    pub fn sign(&self, text: &str) -> String {
        hex(&self.mac(text).finalize().into_bytes())
    }

    pub fn has_signed(&self, text: &str, signature: &str) -> bool {
        bytes(signature).is_some_and(|signature| self.mac(text).verify_slice(&signature).is_ok())
    }

    fn mac(&self, text: &str) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("any length of key is taken");
        mac.update(text.as_bytes());
        mac
    }

    #[cfg(test)]
    pub fn for_tests(byte: u8) -> Self {
        Self([byte; 32])
    }
}
