//! One key, one deed: a request that is sent again is answered as the first time and changes nothing.

use chrono::{DateTime, Utc};

use super::ShareError;
use super::store::deeds as store;
use crate::db::{Conn, DbError};

/// An answer, and whether it was given before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// As it was given the first time.
    pub text: String,
    /// True when nothing was done now.
    pub is_replay: bool,
}

/// Does what `make` does, once for each `key`, all in the caller's transaction.
///
/// # Errors
/// [`ShareError::KeyReused`] for a key that was used for something else; what `make` refuses.
pub fn once<E: From<ShareError> + From<DbError>>(
    conn: &mut Conn,
    now: DateTime<Utc>,
    key: &str,
    fingerprint: &[u8; 32],
    make: impl FnOnce(&mut Conn) -> Result<String, E>,
) -> Result<Answer, E> {
    if let Some((known, text)) = store::answered(conn, key)? {
        if known[..] != fingerprint[..] {
            return Err(ShareError::KeyReused.into());
        }
        return Ok(Answer { text, is_replay: true });
    }
    let text = make(conn)?;
    store::keep(conn, now, key, fingerprint, &text)?;
    Ok(Answer { text, is_replay: false })
}
