//! What a line may be for: an offer, why it is made, and how sure it is.
//!
//! Invariant: an offer changes nothing. It names what the books have by its number or reference, so that whoever takes
//! it up looks there again.

use chrono::NaiveDate;

use super::mentions::Spelling;
use crate::reference::Reference;

/// What a line may be for, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// What.
    pub what: What,
    /// Why it is offered.
    pub why: Why,
    /// True when nobody has to look at it: see [`super::rules`].
    pub is_certain: bool,
}

/// What a line may be for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum What {
    /// A promised gift arrives.
    Promise(i64),
    /// Once more from the giver of this gift.
    Again(i64),
    /// A gift as this payer gave before.
    AsBefore,
    /// The next payment of a standing order.
    Order(i64),
    /// Money for an application.
    Shares(i64),
    /// The books have it already, in this entry.
    Known(i64),
    /// A processor pays out what it held; the rest is its fee.
    Payout {
        /// What it held.
        gross_minor: i64,
    },
    /// Income or an expense of its own.
    Account(String),
    /// The bank did not pay this gift.
    Bounce(i64),
}

/// Why something is offered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// A reference stands in the line.
    Reference {
        /// How it stands there.
        spelling: Spelling,
        /// What stands there.
        written: String,
    },
    /// This payer was matched before, so many times.
    Payer(i64),
    /// The payer's name is that of a processor.
    Processor,
    /// An entry of the books moved the bank account by as much, so many days away.
    Posted {
        /// Days between the two.
        days: i64,
    },
    /// A promise of as much was made so many days before.
    Amount {
        /// Days between the two.
        days: i64,
        /// Whether payer and giver share a name.
        is_namesake: bool,
    },
    /// A standing order of as much is due.
    Due(NaiveDate),
    /// What the bank calls the line.
    Words,
}

impl What {
    /// As a form sends it.
    ///
    /// ```
    /// use fighting_fund::statements::matching::What;
    /// let what = What::Promise(412);
    /// assert_eq!(What::of_code(&what.code()), Some(what));
    /// assert_eq!(What::of_code("account:income:other"), Some(What::Account("income:other".into())));
    /// assert_eq!(What::of_code("promise:FF"), None);
    /// ```
    pub fn code(&self) -> String {
        match self {
            Self::Promise(number) => format!("promise:{}", Reference::of(*number)),
            Self::Again(number) => format!("again:{}", Reference::of(*number)),
            Self::AsBefore => "as-before".to_owned(),
            Self::Order(id) => format!("order:{id}"),
            Self::Shares(id) => format!("shares:{}", crate::shares::numbers::application_reference(*id)),
            Self::Known(entry) => format!("known:{entry}"),
            Self::Payout { gross_minor } => format!("payout:{gross_minor}"),
            Self::Account(account) => format!("account:{account}"),
            Self::Bounce(number) => format!("bounce:{}", Reference::of(*number)),
        }
    }

    /// Reads it back; nothing for what no form of ours sends.
    pub fn of_code(code: &str) -> Option<Self> {
        let (kind, rest) = code.split_once(':').unwrap_or((code, ""));
        let gift = || rest.parse::<Reference>().ok().map(Reference::number);
        match kind {
            "promise" => gift().map(Self::Promise),
            "again" => gift().map(Self::Again),
            "as-before" => Some(Self::AsBefore),
            "order" => rest.parse().ok().map(Self::Order),
            "shares" => rest.parse().ok().and_then(crate::shares::numbers::application_of).map(Self::Shares),
            "known" => rest.parse().ok().map(Self::Known),
            "payout" => rest.parse().ok().map(|gross_minor| Self::Payout { gross_minor }),
            "account" if !rest.is_empty() => Some(Self::Account(rest.to_owned())),
            "bounce" => gift().map(Self::Bounce),
            _ => None,
        }
    }
}
