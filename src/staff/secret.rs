//! A secret that is handed out once: the rest of a cookie, a link or a token. Only its digest is stored.

use std::fmt;

use sha2::{Digest, Sha256};

use super::StaffError;
use crate::hex::hex;

/// 256 random bits as text. It is looked up by its digest and never compared, and it does not print.
#[derive(Clone)]
pub struct Secret(String);

/// Longer than any that we make; what is longer is not even hashed.
const CHARS_MAX: usize = 128;

impl Secret {
    /// A new one.
    ///
    /// # Errors
    /// When the system gives no random numbers.
    pub fn new() -> Result<Self, StaffError> {
        Ok(Self(hex(&random::<32>()?)))
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

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(not shown)")
    }
}

/// Bytes that nobody can guess.
pub(super) fn random<const N: usize>() -> Result<[u8; N], StaffError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| StaffError::NoRandomness)?;
    Ok(bytes)
}
