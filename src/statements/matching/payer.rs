//! A payer as the bank names them, and what their money was for before.
//!
//! Invariant: a payer is remembered only from what somebody accepted; what a rule posted teaches nothing.

use crate::ledger::Method;
use crate::statements::Line;
use crate::supporters::rules::folded;

/// A payer as the bank names them: the name without its accidents, and the account where the bank tells it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PayerKey {
    /// "a reader"
    pub name: String,
    /// Figures and letters of the account; empty where the bank does not tell.
    pub account: String,
}

impl PayerKey {
    /// The key of a line's payer; none where the bank names nobody.
    pub fn of_line(line: &Line) -> Option<Self> {
        Self::of(&name_of(line), &line.payer_account)
    }

    /// The key of a name and an account; none where both are empty.
    ///
    /// ```
    /// use fighting_fund::statements::matching::PayerKey;
    /// let key = PayerKey::of("MR  A READER", "12-34-56 01234567");
    /// assert_eq!(key, PayerKey::of("mr a reader", "123456-01234567"));
    /// assert_eq!(PayerKey::of(" ", ""), None);
    /// ```
    pub fn of(name: &str, account: &str) -> Option<Self> {
        let account: String =
            account.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect();
        let name = folded(name);
        (!name.is_empty() || !account.is_empty()).then_some(Self { name, account })
    }
}

/// Who paid, as far as the bank says: its field for that, or the words of the line without figures and references, as
/// banks write that have one field for all.
pub fn name_of(line: &Line) -> String {
    if !line.payer.trim().is_empty() {
        return line.payer.trim().to_owned();
    }
    let told = if line.description.trim().is_empty() { &line.reference } else { &line.description };
    let is_name = |word: &&str| word.chars().any(char::is_alphabetic) && !word.chars().any(|c| c.is_ascii_digit());
    told.split_whitespace().filter(is_name).collect::<Vec<_>>().join(" ")
}

/// What a payer's money was for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remembered {
    /// Gifts, the last of them this one: its giver, fund and wishes are taken over.
    Gift {
        /// Its number.
        number: i64,
        /// How the money came.
        method: Method,
    },
    /// Income or an expense of its own.
    Account {
        /// Which account.
        account: String,
        /// What was said of it.
        note: String,
    },
    /// What a processor held.
    Payout,
}

/// A remembered payer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payer {
    /// What their money was for.
    pub what: Remembered,
    /// How much it was the last time.
    pub amount_minor: i64,
    /// How many times somebody said so.
    pub times: i64,
}

/// Titles that banks put before names.
const TITLES: [&str; 9] = ["mr", "mrs", "ms", "miss", "mx", "dr", "rev", "prof", "sir"];

/// A name with the words in it that tell people apart, found once for many comparisons.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Name {
    /// As it was written; may be empty.
    pub text: String,
    words: Vec<String>,
}

impl Name {
    /// The name in a text.
    pub fn of(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { words: words(&text), text }
    }

    /// Whether two names seem to be of one person or one branch: they share a word that is no title.
    ///
    /// ```
    /// use fighting_fund::statements::matching::payer::Name;
    /// assert!(Name::of("MR A READER").is_like(&Name::of("Ann Reader")));
    /// assert!(Name::of("READER A").is_like(&Name::of("Ann Reader")));
    /// assert!(!Name::of("MR A READER").is_like(&Name::of("Mr Bernard Khan")));
    /// ```
    pub fn is_like(&self, other: &Self) -> bool {
        self.words.iter().any(|word| other.words.contains(word))
    }
}

fn words(name: &str) -> Vec<String> {
    let name = folded(name);
    let words = name.split(|c: char| !c.is_alphanumeric() && c != '\'' && c != '’');
    words.filter(|word| word.chars().count() > 1 && !TITLES.contains(word)).map(str::to_owned).collect()
}
