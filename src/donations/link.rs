//! The link that shows a giver their own gift: a reference, which anyone may know, and a signature, which only we make.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::db::{Db, DbError, Lock, hold};
use crate::reference::Reference;

/// Signs the links of this installation.
#[derive(Clone)]
pub struct LinkKey([u8; 32]);

/// 128 bits of the signature, in hexadecimal.
const SIGNATURE_CHARS: usize = 32;

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
        let expected = self.signature(reference);
        let differs = expected.bytes().zip(signature.bytes()).fold(0, |sum, (a, b)| sum | (a ^ b));
        (signature.len() == SIGNATURE_CHARS && differs == 0).then_some(reference)
    }

    fn signature(&self, reference: Reference) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("any length of key is taken");
        mac.update(reference.to_string().as_bytes());
        crate::ledger::chain::hex(&mac.finalize().into_bytes())[..SIGNATURE_CHARS].to_owned()
    }
}
