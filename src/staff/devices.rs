//! A browser that is remembered: its owner signed in there before, so a lock that strangers caused does not keep them out.
//!
//! Invariant: it opens nothing by itself. Password and code are asked for as ever, and wrong ones typed there are counted
//! against this browser alone. A new password ends it, because the signature is over the hash of the old one.
//! `docs/decisions/remembered-devices.md` says why.

use chrono::{DateTime, TimeDelta, Utc};

use super::secret::random;
use super::signing::SigningKey;
use super::{Member, StaffError};
use crate::hex::hex;

/// How long a browser is remembered after the last sign-in: longer than a sabbatical, shorter than a computer's life.
pub(super) const REMEMBERED: TimeDelta = TimeDelta::days(180);
/// A computer in the office has a handful of people.
pub(super) const SHOWN_MAX: usize = 10;
/// Longer than any that we make.
const CHARS_MAX: usize = 200;

/// A browser in which a member of staff signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Device {
    pub staff_id: i64,
    /// 128 random bits, so that its wrong attempts can be counted.
    pub name: String,
}

impl Device {
    /// A browser that was not known.
    pub fn new(member: &Member) -> Result<Self, StaffError> {
        Ok(Self { staff_id: member.id, name: hex(&random::<16>()?) })
    }

    /// What the browser keeps: "0f3c….1624791600.9a7d…".
    pub fn cookie(&self, key: &SigningKey, member: &Member, now: DateTime<Utc>) -> String {
        let ends = (now + REMEMBERED).timestamp();
        format!("{}.{ends}.{}", self.name, key.sign(&signed(member, &self.name, ends)))
    }

    /// The first of the cookies `shown` that we gave to a browser of this member.
    pub fn recognised(key: &SigningKey, member: &Member, now: DateTime<Utc>, shown: &[String]) -> Option<Self> {
        shown.iter().take(SHOWN_MAX).filter(|cookie| cookie.len() <= CHARS_MAX).find_map(|cookie| {
            let mut parts = cookie.split('.');
            let (name, ends, signature) = (parts.next()?, parts.next()?.parse().ok()?, parts.next()?);
            let is_ours = ends > now.timestamp() && key.has_signed(&signed(member, name, ends), signature);
            is_ours.then(|| Self { staff_id: member.id, name: name.to_owned() })
        })
    }
}

fn signed(member: &Member, name: &str, ends: i64) -> String {
    format!("device\n{}\n{name}\n{ends}\n{}", member.id, member.password_hash.text())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::staff::{Password, Passwords, Role};

    fn member(id: i64, password: &str) -> Member {
        let passwords = Passwords::with_cost(8, 1).expect("a low cost");
        Member {
            id,
            email: "ann@paper.example".to_owned(),
            name: "Ann".to_owned(),
            role: Role::Clerk,
            created_at: DateTime::UNIX_EPOCH,
            left_at: None,
            password_hash: passwords.hash(&Password::new(password), &[]).expect("a hash"),
            totp_secret: None,
            totp_step: 0,
        }
    }

    #[test]
    fn a_browser_is_remembered_for_one_person_one_password_and_half_a_year() {
        let (key, now, ann) = (SigningKey::for_tests(1), DateTime::UNIX_EPOCH, member(1, "four words in a row"));
        let device = Device::new(&ann).expect("random numbers");
        let cookie = [device.cookie(&key, &ann, now)];
        let recognised =
            |key: &SigningKey, member: &Member, now, shown: &[String]| Device::recognised(key, member, now, shown);

        assert_eq!(recognised(&key, &ann, now, &cookie), Some(device));
        assert_eq!(recognised(&SigningKey::for_tests(2), &ann, now, &cookie), None, "another installation");
        assert_eq!(recognised(&key, &member(2, "four words in a row"), now, &cookie), None, "somebody else");
        assert_eq!(recognised(&key, &member(1, "seven new words in one row"), now, &cookie), None, "a new password");
        assert_eq!(recognised(&key, &ann, now + REMEMBERED, &cookie), None, "too late");
        let longer = [cookie[0].replace(&format!(".{}.", REMEMBERED.num_seconds()), ".99999999999.")];
        assert_eq!(recognised(&key, &ann, now, &longer), None, "a later end");
        assert_eq!(recognised(&key, &ann, now, &["..".to_owned(), String::new()]), None);
    }
}
