//! How the money of a line moved, in one word for all banks.

/// How the money moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Kind {
    /// The bank does not say, or says something of its own.
    #[default]
    Other,
    /// A single transfer.
    Transfer,
    /// A transfer that the payer's bank repeats.
    StandingOrder,
    /// Collected from the payer's account, or from ours.
    DirectDebit,
    /// A cheque, or several paid in together.
    Cheque,
    /// Notes and coins.
    Cash,
    /// A card, or the payout of a processor of cards.
    Card,
    /// What the bank asks for its work.
    Fee,
    /// What the bank pays or asks for time.
    Interest,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 9] = [
        Self::Other,
        Self::Transfer,
        Self::StandingOrder,
        Self::DirectDebit,
        Self::Cheque,
        Self::Cash,
        Self::Card,
        Self::Fee,
        Self::Interest,
    ];

    /// As the database writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Other => "other",
            Self::Transfer => "transfer",
            Self::StandingOrder => "standing_order",
            Self::DirectDebit => "direct_debit",
            Self::Cheque => "cheque",
            Self::Cash => "cash",
            Self::Card => "card",
            Self::Fee => "fee",
            Self::Interest => "interest",
        }
    }

    /// For people; empty where the bank does not say.
    pub fn label(self) -> &'static str {
        match self {
            Self::Other => "",
            Self::Transfer => "transfer",
            Self::StandingOrder => "standing order",
            Self::DirectDebit => "direct debit",
            Self::Cheque => "cheque",
            Self::Cash => "cash",
            Self::Card => "card",
            Self::Fee => "fee",
            Self::Interest => "interest",
        }
    }

    /// Reads the name back.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}
