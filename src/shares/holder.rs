//! Who holds shares: a person, joint holders, an organisation.

use chrono::NaiveDate;

use super::numbers::MemberNumber;
use crate::funds::words::day;
use crate::supporters::rules::folded;

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

impl NewHolder {
    /// What a search finds it by: names and address in plain letters.
    pub(super) fn searchable(&self) -> String {
        folded(&format!("{} {} {}", self.name, self.names.join(" "), self.address))
    }
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
    /// Who of them died, the first death first.
    pub deaths: Vec<Died>,
    /// Since when letters to this postal address come back.
    pub gone_away_since: Option<NaiveDate>,
}

/// A death as it bears on a holding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Died {
    /// Which of joint holders; empty where it is the member, or where nobody wrote down which.
    pub person: String,
    /// The day.
    pub on: NaiveDate,
}

impl Holder {
    /// The member's number, or the name of who has none yet.
    pub fn called(&self) -> String {
        self.member.map_or_else(|| self.name.clone(), |number| number.to_string())
    }

    /// Who casts the one vote: of joint holders the first who lives.
    pub fn voter(&self) -> &str {
        match self.kind {
            HolderKind::Person => &self.name,
            HolderKind::Joint => self.living().first().copied().unwrap_or(&self.name),
            HolderKind::Organisation | HolderKind::Society => &self.representative,
        }
    }

    /// The joint holders who live, the first named first.
    pub fn living(&self) -> Vec<&str> {
        self.names.iter().map(String::as_str).filter(|name| self.death_of(name).is_none()).collect()
    }

    /// The day from which nobody is left to vote, give or take; none while somebody lives. A joint holding of which
    /// somebody died and nobody wrote down who rests, until the death is noted with its name.
    pub fn died_on(&self) -> Option<NaiveDate> {
        let whole = self.deaths.iter().find(|died| died.person.is_empty()).map(|died| died.on);
        match self.kind {
            HolderKind::Joint if !self.names.is_empty() => whole.or_else(|| {
                let days: Option<Vec<NaiveDate>> = self.names.iter().map(|name| self.death_of(name)).collect();
                days.and_then(|days| days.into_iter().max())
            }),
            _ => self.deaths.iter().map(|died| died.on).min(),
        }
    }

    /// Whether nobody is left on a day.
    pub fn is_dead_on(&self, day: NaiveDate) -> bool {
        self.died_on().is_some_and(|died| died <= day)
    }

    /// The day on which a joint holder of this name died.
    pub fn death_of(&self, name: &str) -> Option<NaiveDate> {
        let name = folded(name);
        self.deaths.iter().find(|died| !died.person.is_empty() && folded(&died.person) == name).map(|died| died.on)
    }

    /// The same holder as a day saw them.
    pub fn on(mut self, day: NaiveDate) -> Self {
        self.deaths.retain(|died| died.on <= day);
        self
    }

    /// Whom a letter or a label names: of joint holders those who live.
    pub fn addressed(&self) -> String {
        let living = self.living();
        if self.kind != HolderKind::Joint || living.is_empty() || living.len() == self.names.len() {
            return self.name.clone();
        }
        together(&living)
    }

    /// What the register says beside the name, in the order of days: "Bo Lee died on 2 September 2026", "gone away".
    pub fn remarks(&self) -> Vec<String> {
        let whose = |died: &Died| if died.person.is_empty() { String::new() } else { format!("{} ", died.person) };
        let mut remarks: Vec<String> =
            self.deaths.iter().map(|died| format!("{}died on {}", whose(died), day(died.on))).collect();
        remarks.extend(self.gone_away_since.map(|since| format!("gone away since {}", day(since))));
        remarks
    }

    /// The name with what the register says beside it: "Ann Lee (died on 2 September 2026)".
    pub fn remarked(&self) -> String {
        let remarks = self.remarks();
        if remarks.is_empty() { self.name.clone() } else { format!("{} ({})", self.name, remarks.join("; ")) }
    }
}

/// "Ann Lee, Bo Lee and Cy Lee"
pub(super) fn together<T: AsRef<str>>(names: &[T]) -> String {
    match names {
        [first @ .., last] if !first.is_empty() => {
            let first: Vec<&str> = first.iter().map(AsRef::as_ref).collect();
            format!("{} and {}", first.join(", "), last.as_ref())
        }
        _ => names.iter().map(AsRef::as_ref).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(number: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 9, number).expect("a day of September")
    }

    fn holder(kind: HolderKind, names: &[&str], deaths: &[(&str, u32)]) -> Holder {
        Holder {
            id: 1,
            member: Some(MemberNumber(6)),
            kind,
            name: together(names),
            names: if kind == HolderKind::Joint { names.iter().map(ToString::to_string).collect() } else { Vec::new() },
            representative: String::new(),
            address: "1 Mill Lane".to_owned(),
            email: None,
            email_purposes: String::new(),
            on_paper: (None, None),
            section: None,
            deaths: deaths.iter().map(|(person, day)| Died { person: (*person).to_owned(), on: on(*day) }).collect(),
            gone_away_since: None,
        }
    }

    #[test]
    fn a_joint_holding_votes_by_its_next_name_and_dies_with_its_last() {
        let names = ["Ann Lee", "Bo Lee", "Cy Lee"];
        let one = holder(HolderKind::Joint, &names, &[("ann  lee", 2)]);
        assert_eq!((one.voter(), one.died_on()), ("Bo Lee", None), "whatever the capitals");
        assert_eq!(one.addressed(), "Bo Lee and Cy Lee");

        let all = holder(HolderKind::Joint, &names, &[("Ann Lee", 2), ("Bo Lee", 9), ("Cy Lee", 5)]);
        assert_eq!(all.died_on(), Some(on(9)), "with the last of them");
        assert!(!all.is_dead_on(on(8)) && all.is_dead_on(on(9)), "from the day on");
        assert_eq!((all.clone().on(on(5)).voter(), all.on(on(5)).died_on()), ("Bo Lee", None), "as the fifth saw it");
    }

    #[test]
    fn where_nobody_wrote_down_who_died_the_holding_rests() {
        let joint = holder(HolderKind::Joint, &["Ann Lee", "Bo Lee"], &[("", 2)]);
        let person = holder(HolderKind::Person, &["Ann Lee"], &[("", 2)]);

        assert_eq!((joint.died_on(), person.died_on()), (Some(on(2)), Some(on(2))));
        assert_eq!(person.remarked(), "Ann Lee (died on 2 September 2026)");
    }
}
