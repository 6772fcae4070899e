//! When a letter is tried again, and when it has been tried often enough. No clock, no database.

use chrono::{DateTime, TimeDelta, Utc};

/// How a letter fared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fate {
    /// The server took it; its reader was called so.
    Sent(String),
    /// Its reason is gone, so it was not offered.
    Overtaken(String),
    /// It could not be offered at all, through no fault of its own; that is no attempt.
    Untouched,
    /// It may go better later.
    Setback(String),
    /// The server says that this recipient will never take it.
    Refused(String),
    /// We hung up before the server said whether it took it. Sent again it may arrive twice, else perhaps never.
    NotKnown(String),
}

/// A reason as the log may know it: of what a server answered only its number, for its words name who was written to.
/// All of it stands at the desk.
pub(super) fn for_the_log(reason: &str) -> &str {
    reason.find("): ").map_or(reason, |end| &reason[..=end])
}

/// What the database is told of a fate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Settlement {
    Sent { to_name: String },
    Dropped { reason: String },
    Released,
    Again { due_at: DateTime<Utc>, error: String },
    Failed { error: String },
}

/// Minutes until the next attempt after the first, second, ... one: nine attempts in a little under two days. A server
/// that keeps a stranger waiting (greylisting) does so for minutes; a full mailbox or a broken server, for a day.
const DELAYS_MINUTES: [i64; 8] = [1, 5, 15, 60, 180, 360, 720, 1_440];

/// Attempts at one letter before staff are asked to look at it.
pub(super) const ATTEMPTS_MAX: i64 = DELAYS_MINUTES.len() as i64 + 1;

/// Longest answer of a server that is kept; staff need its first sentence.
const ERROR_CHARS_MAX: usize = 500;

pub(super) fn settlement(now: DateTime<Utc>, attempts: i64, fate: Fate) -> Settlement {
    match fate {
        Fate::Sent(to_name) => Settlement::Sent { to_name },
        Fate::Overtaken(reason) => Settlement::Dropped { reason: shortened(&reason) },
        Fate::Untouched => Settlement::Released,
        Fate::Refused(error) => Settlement::Failed { error: shortened(&error) },
        // The haste was ours: there is nothing for the server to get over.
        Fate::NotKnown(error) if attempts < ATTEMPTS_MAX => Settlement::Again { due_at: now, error: shortened(&error) },
        Fate::NotKnown(error) => Settlement::Failed { error: shortened(&error) },
        Fate::Setback(error) => match usize::try_from(attempts - 1).ok().and_then(|at| DELAYS_MINUTES.get(at)) {
            Some(minutes) => Settlement::Again { due_at: now + TimeDelta::minutes(*minutes), error: shortened(&error) },
            None => Settlement::Failed { error: shortened(&error) },
        },
    }
}

fn shortened(error: &str) -> String {
    let one_line: Vec<&str> = error.split_whitespace().collect();
    one_line.join(" ").chars().filter(|c| !c.is_control()).take(ERROR_CHARS_MAX).collect()
}

/// Seconds of rest after the first, second, ... round in a row in which the server was away; then the last of them.
const RESTS_SECONDS: [i64; 6] = [2, 5, 15, 30, 60, 120];

/// How long nothing is sent after `rounds` rounds in a row found no server.
pub(super) fn rest(rounds: usize) -> TimeDelta {
    let at = rounds.saturating_sub(1).min(RESTS_SECONDS.len() - 1);
    TimeDelta::seconds(RESTS_SECONDS[at])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noon() -> DateTime<Utc> {
        DateTime::from_timestamp(1_624_791_600, 0).expect("a date")
    }

    #[test]
    fn delays_grow_until_the_last_attempt_fails() {
        let again = |attempts| settlement(noon(), attempts, Fate::Setback("450 busy".to_owned()));

        let mut before = TimeDelta::zero();
        for attempts in 1..ATTEMPTS_MAX {
            let Settlement::Again { due_at, .. } = again(attempts) else { panic!("attempt {attempts} was the last") };
            assert!(due_at - noon() > before);
            before = due_at - noon();
        }
        assert_eq!(again(ATTEMPTS_MAX), Settlement::Failed { error: "450 busy".to_owned() });
    }

    #[test]
    fn a_refusal_is_final_at_the_first_attempt() {
        let fate = Fate::Refused("550 no such user".to_owned());

        assert_eq!(settlement(noon(), 1, fate), Settlement::Failed { error: "550 no such user".to_owned() });
    }

    #[test]
    fn a_letter_whose_fate_is_not_known_is_due_at_once_and_costs_an_attempt() {
        let fate = || Fate::NotKnown("no answer yet".to_owned());

        assert_eq!(
            settlement(noon(), 1, fate()),
            Settlement::Again { due_at: noon(), error: "no answer yet".to_owned() }
        );
        assert_eq!(settlement(noon(), ATTEMPTS_MAX, fate()), Settlement::Failed { error: "no answer yet".to_owned() });
    }

    #[test]
    fn a_long_answer_of_a_server_is_kept_short_and_on_one_line() {
        let fate = Fate::Refused(format!("550 no\r\n550 {}", "x".repeat(5_000)));

        let Settlement::Failed { error } = settlement(noon(), 1, fate) else { panic!("it is final") };
        assert!(error.starts_with("550 no 550 xxx") && error.chars().count() == 500, "{error}");
    }

    #[test]
    fn rests_grow_to_two_minutes() {
        assert_eq!(rest(1), TimeDelta::seconds(2));
        assert_eq!(rest(3), TimeDelta::seconds(15));
        assert_eq!(rest(1_000), TimeDelta::seconds(120));
    }
}
