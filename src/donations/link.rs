//! The link that shows a giver their own gift: a reference, which anyone may know, and a signature, which only we make.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::db::{Db, DbError, Lock, hold};
use crate::hex::{bytes, hex};
use crate::reference::Reference;

/// Signs the links of this installation.
#[derive(Clone)]
pub struct LinkKey([u8; 32]);

/// 128 bits of the signature: nobody guesses them, and the link is short enough for a letter.
const SIGNATURE_BYTES: usize = 16;

impl LinkKey {
    /// The key kept in the database, made at the first start.
    ///
    /// # Errors
    /// Only when the database fails.
    pub fn load(db: &Db) -> Result<Self, DbError> {
        let key = db.write(|conn| {
            hold(conn, Lock::Books)?;
            super::store::link_key(conn)
        })?;
        key.try_into().map(Self).map_err(|_| DbError::Corrupt("the key of the links has the wrong length".to_owned()))
    }

    /// A key of these bytes.
    pub fn new(key: [u8; 32]) -> Self {
        Self(key)
    }

    /// "FF7K3M9QXP-1f0c...": opens the page of this donation and of no other.
    pub fn token(&self, reference: Reference) -> String {
        format!("{reference}-{}", self.signature(reference))
    }

    /// The donation that a token opens, if we signed it.
    ///
    /// ```
    /// use fighting_fund::{donations::link::LinkKey, reference::Reference};
    /// let key = LinkKey::new([7; 32]);
    /// let token = key.token(Reference::of(3));
    /// assert_eq!(key.open(&token), Some(Reference::of(3)));
    /// assert_eq!(LinkKey::new([8; 32]).open(&token), None);
    /// ```
    pub fn open(&self, token: &str) -> Option<Reference> {
        let (reference, signature) = token.split_once('-')?;
        let reference: Reference = reference.parse().ok()?;
        let signature = bytes(signature).filter(|signature| signature.len() == SIGNATURE_BYTES)?;
        // In constant time: how many digits were guessed is not told by how long the answer takes.
        self.mac(reference).verify_truncated_left(&signature).is_ok().then_some(reference)
    }

    fn signature(&self, reference: Reference) -> String {
        hex(&self.mac(reference).finalize().into_bytes()[..SIGNATURE_BYTES])
    }

    fn mac(&self, reference: Reference) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("any length of key is taken");
        mac.update(reference.to_string().as_bytes());
        mac
    }
}
