//! How money comes, in the words of the contract, and which account has it then.

use super::accounts;

/// How money comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// Notes and coins.
    Cash,
    /// A cheque or postal order.
    Cheque,
    /// A single transfer.
    BankTransfer,
    /// A transfer that the supporter's bank repeats.
    StandingOrder,
    /// Collected from the supporter's bank.
    DirectDebit,
    /// A card.
    Card,
    /// PayPal.
    Paypal,
    /// Anything else.
    Other,
}

impl Method {
    /// Every method, in the order of the forms.
    pub const ALL: [Self; 8] = [
        Self::Cash,
        Self::Cheque,
        Self::BankTransfer,
        Self::StandingOrder,
        Self::DirectDebit,
        Self::Card,
        Self::Paypal,
        Self::Other,
    ];

    /// As JSON, CSV and the database write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cash => "cash",
            Self::Cheque => "cheque",
            Self::BankTransfer => "bank_transfer",
            Self::StandingOrder => "standing_order",
            Self::DirectDebit => "direct_debit",
            Self::Card => "card",
            Self::Paypal => "paypal",
            Self::Other => "other",
        }
    }

    /// For people.
    pub fn label(self) -> &'static str {
        match self {
            Self::Cash => "cash",
            Self::Cheque => "cheque",
            Self::BankTransfer => "bank transfer",
            Self::StandingOrder => "standing order",
            Self::DirectDebit => "direct debit",
            Self::Card => "card",
            Self::Paypal => "PayPal",
            Self::Other => "other means",
        }
    }

    /// Reads the name back.
    ///
    /// ```
    /// use fighting_fund::ledger::Method;
    /// assert_eq!(Method::from_name("cheque"), Some(Method::Cheque));
    /// assert_eq!(Method::from_name("gold"), None);
    /// ```
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.name() == name)
    }

    /// Where the money is when it has arrived.
    pub fn account(self) -> &'static str {
        match self {
            Self::Cash => accounts::CASH,
            Self::Cheque => accounts::CHEQUES_IN_HAND,
            Self::Card | Self::Paypal => accounts::CARD_CLEARING,
            Self::BankTransfer | Self::StandingOrder | Self::DirectDebit | Self::Other => accounts::BANK,
        }
    }

    /// True where the bank may take the money back.
    pub fn can_bounce(self) -> bool {
        matches!(self, Self::Cheque | Self::DirectDebit | Self::StandingOrder | Self::Card)
    }
}
