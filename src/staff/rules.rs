//! How long a name, a password and a lock-out are, and which passwords are weak. No clock, no database.

use chrono::TimeDelta;
use zxcvbn::{Score, zxcvbn};

use super::StaffError;

/// Longest name of a member of staff or a token.
pub(super) const NAME_CHARS_MAX: usize = 100;
/// Length is what makes a password strong; rules about signs only make it hard to remember.
pub(super) const PASSWORD_CHARS_MIN: usize = 12;
/// Hashing more costs us and gains nothing.
pub(super) const PASSWORD_CHARS_MAX: usize = 200;
/// Wrong passwords before the first lock-out.
const FAILURES_FREE: i64 = 5;
/// The longest lock-out.
const LOCK_MINUTES_MAX: i64 = 60;

/// What anyone would try at this door first.
const OURS: [&str; 6] = ["fighting fund", "fightingfund", "fighting", "fund", "desk", "newspaper"];

pub(super) fn check_name(name: &str) -> Result<(), StaffError> {
    let fits = !name.trim().is_empty() && name.chars().count() <= NAME_CHARS_MAX && !name.chars().any(char::is_control);
    if fits { Ok(()) } else { Err(StaffError::BadName) }
}

/// Refuses a password that is short, long, or that a thief would have within 10,000,000,000 tries (a score below
/// three): lists of leaked ones, repetitions, rows of keys, dates, and what is known `about` its owner.
pub(super) fn check_password(password: &str, about: &[&str]) -> Result<(), StaffError> {
    let length = password.chars().count();
    if length < PASSWORD_CHARS_MIN {
        return Err(StaffError::PasswordTooShort);
    }
    if length > PASSWORD_CHARS_MAX {
        return Err(StaffError::PasswordTooLong);
    }
    let about = known(about);
    let known: Vec<&str> = OURS.into_iter().chain(about.iter().map(String::as_str)).collect();
    if zxcvbn(password, &known).score() < Score::Three {
        return Err(StaffError::PasswordObvious);
    }
    Ok(())
}

/// What is known of somebody, whole, without its spaces, and word by word: "ann@paper.example" is also "ann" and "paper".
fn known(about: &[&str]) -> Vec<String> {
    let mut known = Vec::new();
    for text in about.iter().map(|text| text.trim().to_lowercase()) {
        known.extend(text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned));
        known.push(text.split_whitespace().collect());
        known.push(text);
    }
    known
}

/// How long nobody may try again after so many wrong passwords in a row: it doubles from a minute to an hour.
pub(super) fn lock_after(failures: i64) -> Option<TimeDelta> {
    let over = failures - FAILURES_FREE;
    (over >= 0).then(|| TimeDelta::minutes((1 << over.min(6)).min(LOCK_MINUTES_MAX)))
}

/// A length of time as somebody who waits is told it.
pub(super) fn in_words(length: TimeDelta) -> String {
    match (length.num_seconds() + 59) / 60 {
        ..=1 => "a minute".to_owned(),
        60.. => "an hour".to_owned(),
        minutes => format!("{minutes} minutes"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_out_grows_and_has_an_end() {
        let minutes = |failures| lock_after(failures).map(|length| length.num_minutes());

        let lengths: Vec<_> = [4, 5, 6, 7, 10, 11, 500].map(minutes).to_vec();

        assert_eq!(lengths, [None, Some(1), Some(2), Some(4), Some(32), Some(60), Some(60)]);
    }

    #[test]
    fn a_long_password_is_enough_and_a_weak_one_is_not() {
        let about = ["ann.newcomer@paper.example", "Ann Newcomer"];
        let check = |password: &str| check_password(password, &about);

        for good in ["four words in a row", "lantern on the hill", "tK9#vQ2!xW7m", "pelican turnip ledger"] {
            assert!(check(good).is_ok(), "{good}");
        }
        assert!(matches!(check("elevenchars"), Err(StaffError::PasswordTooShort)));
        assert!(matches!(check(&"x y".repeat(80)), Err(StaffError::PasswordTooLong)));
        for weak in [
            "111111111112",
            "aaaaaaaaaaaaaaa",
            "Password12345",
            "Password1234567",
            "123456123456",
            "abcdefghijkl",
            "qwertyuiop12",
            "ann.newcomer@paper.example",
            "Ann.Newcomer@Paper.Example1",
            "Ann Newcomer",
            "annnewcomer2026",
            "newcomer ann",
            "fightingfund2026",
            "Fighting Fund 1",
            "            ",
        ] {
            assert!(matches!(check(weak), Err(StaffError::PasswordObvious)), "{weak}");
        }
    }
}
