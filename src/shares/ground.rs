//! The grounds on which shares pass without a transfer (Act of 2014, sections 37 to 41).

/// Why shares pass without a transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ground {
    /// The member nominated somebody (section 37).
    Nomination,
    /// Little property, without a grant of probate (section 40).
    SmallEstate,
    /// By the will, with a grant of probate or letters of administration.
    Grant,
    /// The trustee in bankruptcy.
    Bankruptcy,
    /// The other joint holder lives on.
    Survivor,
}

impl Ground {
    /// Every ground, in the order of the form.
    pub const ALL: [Self; 5] = [Self::Nomination, Self::SmallEstate, Self::Grant, Self::Survivor, Self::Bankruptcy];

    /// As forms and the book write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Nomination => "nomination",
            Self::SmallEstate => "small_estate",
            Self::Grant => "grant",
            Self::Bankruptcy => "bankruptcy",
            Self::Survivor => "survivor",
        }
    }

    /// For people.
    pub fn label(self) -> &'static str {
        match self {
            Self::Nomination => "Nomination (section 37, up to £5,000)",
            Self::SmallEstate => "Without probate (section 40, up to £5,000)",
            Self::Grant => "Grant of probate or letters of administration",
            Self::Bankruptcy => "Bankruptcy: the trustee",
            Self::Survivor => "The surviving joint holder",
        }
    }

    /// Reads the name back.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|ground| ground.name() == name)
    }

    /// For a sentence: "by nomination".
    pub fn words(self) -> &'static str {
        match self {
            Self::Nomination => "by nomination",
            Self::SmallEstate => "without probate",
            Self::Grant => "by a grant of probate or letters of administration",
            Self::Bankruptcy => "to the trustee in bankruptcy",
            Self::Survivor => "to the surviving joint holder",
        }
    }

    /// Whether it passes from the dead only.
    pub fn needs_death(self) -> bool {
        self != Self::Bankruptcy
    }
}
