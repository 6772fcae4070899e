//! A line of `verify`: one invariant, how much was checked, and what is wrong with it.

/// The outcome of one check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// The invariant, as a sentence that is true when it holds.
    pub claim: &'static str,
    /// How many things were checked.
    pub count: i64,
    /// What is wrong, naming it; none when the claim holds.
    pub fault: Option<String>,
}

impl Proof {
    /// A proof from the first fault of many, if any.
    pub fn of(claim: &'static str, count: i64, fault: Option<String>) -> Self {
        Self { claim, count, fault }
    }
}
