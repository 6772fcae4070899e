//! Where a gift stands: the words of the contract.

/// Where a donation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// Promised; never counted.
    Pledged,
    /// The money is here, at least in part.
    Received,
    /// All of it went back.
    Refunded,
    /// The bank did not pay.
    Bounced,
    /// Promised once, will not come.
    Cancelled,
}

impl Status {
    /// Every status.
    pub const ALL: [Self; 5] = [Self::Pledged, Self::Received, Self::Refunded, Self::Bounced, Self::Cancelled];

    /// As JSON, CSV and the database write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pledged => "pledged",
            Self::Received => "received",
            Self::Refunded => "refunded",
            Self::Bounced => "bounced",
            Self::Cancelled => "cancelled",
        }
    }

    /// Reads the name back.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }
}
