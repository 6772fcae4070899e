//! What a member of staff may do, as far as the pages must know: which buttons to show.
//!
//! Invariant: a button that is shown is one that the table of `staff::permissions` lets through; it decides, not this.

use crate::staff::Actor;
use crate::staff::permissions::{DECIDE, ENTER, ENTER_SHARES, INSPECT, KEEP, MANAGE, Need};

/// What the one who looks at a page may do there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct May {
    /// Enter gifts, mark promises, send receipts again.
    pub record: bool,
    /// Give money back, change funds and appeals.
    pub decide: bool,
    /// Enter applications and the money for them.
    pub enter_shares: bool,
    /// Keep the share register.
    pub keep: bool,
    /// Change the society's particulars.
    pub manage: bool,
    /// Read who did what, and the audit pack.
    pub inspect: bool,
}

impl May {
    /// What `actor` may do.
    pub fn of(actor: &Actor) -> Self {
        let has = |need: Need| matches!(need, Need::Roles(roles) if actor.is_one_of(roles));
        Self {
            record: has(ENTER),
            decide: has(DECIDE),
            enter_shares: has(ENTER_SHARES),
            keep: has(KEEP),
            manage: has(MANAGE),
            inspect: has(INSPECT),
        }
    }
}
