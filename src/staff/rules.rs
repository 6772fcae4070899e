//! How long a name, a password and a lock-out are. No clock, no database.

use chrono::TimeDelta;

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

/// The beginnings of the most common long passwords.
const OBVIOUS: [&str; 8] =
    ["password", "123456", "qwerty", "letmein", "fightingfund", "fighting fund", "iloveyou", "welcome"];

pub(super) fn check_name(name: &str) -> Result<(), StaffError> {
    let fits = !name.trim().is_empty() && name.chars().count() <= NAME_CHARS_MAX && !name.chars().any(char::is_control);
    if fits { Ok(()) } else { Err(StaffError::BadName) }
}

pub(super) fn check_password(password: &str) -> Result<(), StaffError> {
    let (length, plain) = (password.chars().count(), password.to_lowercase());
    if length < PASSWORD_CHARS_MIN {
        return Err(StaffError::PasswordTooShort);
    }
    if length > PASSWORD_CHARS_MAX {
        return Err(StaffError::PasswordTooLong);
    }
    let first = plain.chars().next();
    let is_one_key = plain.chars().all(|c| Some(c) == first);
    if is_one_key || OBVIOUS.iter().any(|obvious| plain.starts_with(obvious)) {
        return Err(StaffError::PasswordObvious);
    }
    Ok(())
}

/// How long nobody may try again after so many wrong passwords in a row: it doubles from a minute to an hour.
pub(super) fn lock_after(failures: i64) -> Option<TimeDelta> {
    let over = failures - FAILURES_FREE;
    (over >= 0).then(|| TimeDelta::minutes((1 << over.min(6)).min(LOCK_MINUTES_MAX)))
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
    fn a_long_password_is_enough_and_an_obvious_one_is_not() {
        assert!(check_password("four words in a row").is_ok());
        assert!(matches!(check_password("elevenchars"), Err(StaffError::PasswordTooShort)));
        assert!(matches!(check_password("Password12345"), Err(StaffError::PasswordObvious)));
        assert!(matches!(check_password("aaaaaaaaaaaaaaa"), Err(StaffError::PasswordObvious)));
        assert!(matches!(check_password(&"x y".repeat(80)), Err(StaffError::PasswordTooLong)));
    }
}
