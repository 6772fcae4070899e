//! Who may do what, in the words with which routes are registered.
//!
//! Invariant: a route says here what it asks, and nowhere else; `http::routes` asks it of everybody who comes. Which
//! route asks what stands beside its handler; `tests/it/permissions.txt` has them all on one page.
//!
//! An administrator may stand in for a treasurer, because a small society has one person for both; what they did as
//! whom stands in the trail. An auditor reads everything and changes nothing.

use super::{Role, Scope};

/// What a page or a deed of the desk asks of a member of staff.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum May {
    /// Pages that are only read, and one's own account: everybody on the staff.
    Read,
    /// Entering the post.
    Enter,
    /// Money that goes back, targets and deadlines.
    Decide,
    /// Applications for shares and the money for them.
    EnterShares,
    /// The share register: what the committee decides, and what happens to a holding.
    Keep,
    /// Staff, tokens and the society's particulars.
    Manage,
    /// Who did what, and the yearly pack that says so.
    Inspect,
    /// Which programs hold a token.
    SeeTokens,
}

impl May {
    /// Whom this lets in.
    pub fn roles(self) -> &'static [Role] {
        match self {
            Self::Read => &Role::ALL,
            Self::Enter => &[Role::Clerk, Role::Treasurer, Role::Administrator],
            Self::Decide => &[Role::Treasurer, Role::Administrator],
            Self::EnterShares => &[Role::Clerk, Role::Treasurer, Role::Secretary, Role::Administrator],
            Self::Keep => &[Role::Secretary, Role::Administrator],
            Self::Manage => &[Role::Administrator],
            Self::Inspect => &[Role::Administrator, Role::Treasurer, Role::Auditor],
            Self::SeeTokens => &[Role::Administrator, Role::Auditor],
        }
    }
}

/// What a route asks of whoever comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Nothing.
    Nothing,
    /// A member of staff who may do this.
    Staff(May),
    /// A token with this scope, or one that covers it.
    Program(Scope),
}

impl std::fmt::Display for Need {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Nothing => f.write_str("nothing"),
            Self::Staff(may) => {
                let roles: Vec<&str> = may.roles().iter().map(|role| role.name()).collect();
                f.write_str(&roles.join(", "))
            }
            Self::Program(scope) => f.write_str(scope.name()),
        }
    }
}
