//! Who holds shares: a person, joint holders, an organisation.

use chrono::NaiveDate;

use super::numbers::MemberNumber;

/// What a holder is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HolderKind {
    /// One person.
    Person,
    /// Two to four persons with one vote.
    Joint,
    /// A body that votes through its representative.
    Organisation,
    /// A registered society: the law's maximum does not bind it.
    Society,
}

impl HolderKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Person, Self::Joint, Self::Organisation, Self::Society];

    /// As JSON, CSV and the database write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Joint => "joint",
            Self::Organisation => "organisation",
            Self::Society => "society",
        }
    }

    /// Reads the name back.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// True for a body that votes through its representative.
    pub fn is_body(self) -> bool {
        matches!(self, Self::Organisation | Self::Society)
    }

    /// True for a registered society (Act of 2014, section 24).
    pub fn is_above_law(self) -> bool {
        self == Self::Society
    }
}

/// A holder to be entered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewHolder {
    /// What it is.
    pub kind: HolderKind,
    /// As the register writes it; for joint holders all of their names.
    pub name: String,
    /// Joint holders, the first named first; empty for others.
    pub names: Vec<String>,
    /// Who votes for an organisation.
    pub representative: String,
    /// The postal address.
    pub address: String,
    /// The electronic address.
    pub email: Option<String>,
    /// What it may be used for.
    pub email_purposes: String,
    /// Where the age rule needs it.
    pub date_of_birth: Option<NaiveDate>,
}

/// A member from the paper register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PaperMember {
    pub number: MemberNumber,
    pub holder: NewHolder,
    pub entered_on: NaiveDate,
    pub ceased_on: Option<NaiveDate>,
}

/// A holder as the register has it on some day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Its row.
    pub id: i64,
    /// Once shares were allotted.
    pub member: Option<MemberNumber>,
    /// What it is.
    pub kind: HolderKind,
    /// As the register writes it.
    pub name: String,
    /// Joint holders, the first named first.
    pub names: Vec<String>,
    /// Who votes for an organisation.
    pub representative: String,
    /// The postal address.
    pub address: String,
    /// The electronic address.
    pub email: Option<String>,
    /// What it may be used for.
    pub email_purposes: String,
    /// When the paper register has them enter and leave.
    pub on_paper: (Option<NaiveDate>, Option<NaiveDate>),
    /// The section chosen for them.
    pub section: Option<i64>,
}

impl Holder {
    /// The member's number, or the name of who has none yet.
    pub fn called(&self) -> String {
        self.member.map_or_else(|| self.name.clone(), |number| number.to_string())
    }

    /// Who casts the one vote.
    pub fn voter(&self) -> &str {
        match self.kind {
            HolderKind::Person => &self.name,
            HolderKind::Joint => self.names.first().unwrap_or(&self.name),
            HolderKind::Organisation | HolderKind::Society => &self.representative,
        }
    }
}
