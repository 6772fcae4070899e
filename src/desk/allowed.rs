//! What a member of staff may do, as far as the pages must know: which buttons to show.
//!
//! Invariant: a button that is shown is one whose route lets through; the route decides, not this.

use crate::staff::{Actor, May};

/// What the one who looks at a page may do there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowed {
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

impl Allowed {
    /// What `actor` may do.
    pub fn of(actor: &Actor) -> Self {
        let has = |may: May| actor.is_one_of(may.roles());
        Self {
            record: has(May::Enter),
            decide: has(May::Decide),
            enter_shares: has(May::EnterShares),
            keep: has(May::Keep),
            manage: has(May::Manage),
            inspect: has(May::Inspect),
        }
    }
}
