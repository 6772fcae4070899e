//! The address that a letter leaves from, one for each: what comes back to it names its letter.
//!
//! Invariant: nobody who has one letter can make the return path of another, so nobody can send back a letter of somebody
//! else. A letter that is sent to another address has another return path.

use hmac::{Hmac, KeyInit, Mac};
use lettre::Address;
use sha2::Sha256;

use super::{BadMailSetting, address};
use crate::hex::{bytes, hex};

/// "bounces@paper.example": where letters come back to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BounceAddress {
    local: String,
    domain: String,
}

/// The longest name before the @: with a letter's number and its mark it must stay below 64 (RFC 5321, 4.5.3.1.1).
const LOCAL_BYTES_MAX: usize = 24;
/// 64 bits: nobody guesses them by mail.
const MARK_BYTES: usize = 8;

impl BounceAddress {
    /// Reads "bounces@paper.example".
    ///
    /// ```
    /// use fighting_fund::outbox::BounceAddress;
    /// assert!(BounceAddress::parse("bounces@paper.example").is_ok());
    /// assert!(BounceAddress::parse("bounces+all@paper.example").is_err());
    /// ```
    ///
    /// # Errors
    /// A sentence that says what to write.
    pub fn parse(text: &str) -> Result<Self, BadMailSetting> {
        let bad = |why: &str| BadMailSetting(format!("\"{}\" {why}, such as bounces@paper.example", text.trim()));
        let checked = address(text).map_err(|_| bad("is not an e-mail address"))?;
        let (local, domain) = checked.rsplit_once('@').ok_or_else(|| bad("is not an e-mail address"))?;
        let is_plain = local.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
        if !is_plain || local.len() > LOCAL_BYTES_MAX {
            return Err(bad("must have a short name of letters and digits before the @"));
        }
        Ok(Self { local: local.to_lowercase(), domain: domain.to_lowercase() })
    }
}

/// Makes and knows the return paths of this installation.
#[derive(Clone)]
pub(super) struct ReturnPaths {
    address: BounceAddress,
    key: Vec<u8>,
}

/// What an address says that looks like a return path of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Claim {
    pub delivery: i64,
    mark: Vec<u8>,
}

impl ReturnPaths {
    pub(super) fn new(address: BounceAddress, key: Vec<u8>) -> Self {
        Self { address, key }
    }

    /// "bounces+17.0a1b2c3d4e5f6071@paper.example"
    pub(super) fn of(&self, delivery: i64, recipient: &str) -> String {
        let mark = self.mac(delivery, recipient).finalize().into_bytes();
        format!("{}+{delivery}.{}@{}", self.address.local, hex(&mark[..MARK_BYTES]), self.address.domain)
    }

    pub(super) fn envelope(&self, delivery: i64, recipient: &str) -> Option<Address> {
        self.of(delivery, recipient).parse().ok()
    }

    /// What an address claims, if it is one of ours by its form.
    pub(super) fn claim(&self, address: &str) -> Option<Claim> {
        let address = address.to_lowercase();
        let (local, domain) = address.rsplit_once('@')?;
        let rest = local.strip_prefix(&self.address.local)?.strip_prefix('+')?;
        let (delivery, mark) = rest.split_once('.')?;
        let mark = bytes(mark).filter(|mark| mark.len() == MARK_BYTES)?;
        (domain == self.address.domain).then_some(Claim { delivery: delivery.parse().ok()?, mark })
    }

    /// Whether we made the return path for a letter to this address; in constant time.
    pub(super) fn is_ours(&self, claim: &Claim, recipient: &str) -> bool {
        self.mac(claim.delivery, recipient).verify_truncated_left(&claim.mark).is_ok()
    }

    fn mac(&self, delivery: i64, recipient: &str) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).expect("any length of key is taken");
        mac.update(format!("return path\n{delivery}\n{}", recipient.to_lowercase()).as_bytes());
        mac
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(key: u8) -> ReturnPaths {
        ReturnPaths::new(BounceAddress::parse("Bounces@Paper.example").expect("an address"), vec![key; 32])
    }

    #[test]
    fn a_return_path_names_its_letter_and_no_other() {
        let path = paths(1).of(17, "Ann@example.org");
        let claim = paths(1).claim(&path.to_uppercase()).expect("it looks like ours");

        assert!(path.starts_with("bounces+17.") && path.ends_with("@paper.example"), "{path}");
        assert!(paths(1).is_ours(&claim, "ann@example.org"));
        assert!(!paths(1).is_ours(&claim, "joe@example.org"));
        assert!(!paths(2).is_ours(&claim, "ann@example.org"));
        let forged = paths(1).claim(&path.replace("+17.", "+18.")).expect("it looks like ours");
        assert!(!paths(1).is_ours(&forged, "ann@example.org"));
    }

    #[test]
    fn other_addresses_claim_nothing() {
        for other in
            ["bounces@paper.example", "bounces+17@paper.example", "bounces+x.00@paper.example", "ann@example.org"]
        {
            assert_eq!(paths(1).claim(other), None, "{other}");
        }
        let elsewhere = paths(1).of(17, "a@example.org").replace("paper.example", "other.example");
        assert_eq!(paths(1).claim(&elsewhere), None);
    }
}
