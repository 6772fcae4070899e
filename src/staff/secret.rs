//! A secret that is handed out once: the rest of a cookie, a link or a token. Only its digest is stored.

use sha2::{Digest, Sha256};

use super::StaffError;
use crate::hex::hex;

/// 256 random bits as text.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

/// Longer than any that we make; what is longer is not even hashed.
const CHARS_MAX: usize = 128;

impl Secret {
    /// A new one.
    ///
    /// # Errors
    /// When the system gives no random numbers.
    pub fn new() -> Result<Self, StaffError> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(|_| StaffError::NoRandomness)?;
        Ok(Self(hex(&bytes)))
    }

    /// One that somebody shows us.
    pub fn shown(text: &str) -> Option<Self> {
        (!text.is_empty() && text.len() <= CHARS_MAX).then(|| Self(text.to_owned()))
    }

    /// The text, for the one moment in which it is handed out.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is stored of it.
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.0.as_bytes()).into()
    }
}
