//! The one table of who may do what: method, route, need.
//!
//! Invariant: a route that does not stand here is refused, whoever asks. `tests/it/permissions.rs` walks the table with
//! every role, with tokens, and with nobody.
//!
//! An administrator may stand in for a treasurer, because a small society has one person for both; what they did as
//! whom stands in the trail. An auditor reads everything and changes nothing.

use super::{Role, Scope};

/// What a route asks of an actor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Nothing.
    Anyone,
    /// A member of staff with one of these roles.
    Roles(&'static [Role]),
    /// A token with this scope, or one that covers it.
    Scope(Scope),
}

/// Everybody on the staff: pages that are only read, and one's own account.
pub const READ: Need = Need::Roles(&Role::ALL);
/// Entering the post.
pub const ENTER: Need = Need::Roles(&[Role::Clerk, Role::Treasurer, Role::Administrator]);
/// Money that goes back, targets and deadlines.
pub const DECIDE: Need = Need::Roles(&[Role::Treasurer, Role::Administrator]);
/// Applications for shares and the money for them.
pub const ENTER_SHARES: Need = Need::Roles(&[Role::Clerk, Role::Treasurer, Role::Secretary, Role::Administrator]);
/// The share register: what the committee decides, and what happens to a holding.
pub const KEEP: Need = Need::Roles(&[Role::Secretary, Role::Administrator]);
/// Staff, tokens and the society's particulars.
pub const MANAGE: Need = Need::Roles(&[Role::Administrator]);

/// Every route. The pattern is written as the route is registered.
pub const TABLE: &[(&str, &str, Need)] = &[
    // For everyone.
    ("GET", "/", Need::Anyone),
    ("GET", "/healthz", Need::Anyone),
    ("GET", "/readyz", Need::Anyone),
    ("GET", "/metrics", Need::Anyone),
    ("GET", "/robots.txt", Need::Anyone),
    ("GET", "/favicon.ico", Need::Anyone),
    ("GET", "/favicon.svg", Need::Anyone),
    ("GET", "/static/{name}", Need::Anyone),
    ("GET", "/funds/{slug}", Need::Anyone),
    ("GET", "/funds/{slug}/donations", Need::Anyone),
    ("POST", "/funds/{slug}/donations", Need::Anyone),
    ("GET", "/donations/{token}", Need::Anyone),
    // These two stand before the guard, because they take most of the requests.
    ("GET", "/funds/{slug}/progress", Need::Anyone),
    ("GET", "/funds/{slug}/progress/stream", Need::Anyone),
    ("GET", "/funds/{slug}/widget", Need::Anyone),
    ("GET", "/funds/{slug}/progress.svg", Need::Anyone),
    ("GET", "/widget.js", Need::Anyone),
    ("GET", "/oembed", Need::Anyone),
    ("GET", "/embed", Need::Anyone),
    ("GET", "/api/openapi.json", Need::Anyone),
    ("GET", "/shares", Need::Anyone),
    ("POST", "/shares/applications", Need::Anyone),
    ("GET", "/shares/applications", Need::Anyone),
    ("GET", "/shares/applications/{token}", Need::Anyone),
    ("GET", "/certificates", Need::Anyone),
    ("GET", "/certificates/{code}", Need::Anyone),
    // For programs.
    ("POST", "/api/v1/funds/{slug}/donations", Need::Scope(Scope::DonationsWrite)),
    ("GET", "/api/v1/funds/{slug}/donations", Need::Scope(Scope::DonationsRead)),
    ("GET", "/api/v1/donations/{reference}", Need::Scope(Scope::DonationsRead)),
    ("POST", "/api/v1/donations/{reference}/refunds", Need::Scope(Scope::DonationsWrite)),
    ("POST", "/api/v1/donations/{reference}/bounce", Need::Scope(Scope::DonationsWrite)),
    ("GET", "/api/v1/ledger/entries", Need::Scope(Scope::LedgerRead)),
    ("GET", "/api/v1/ledger/accounts", Need::Scope(Scope::LedgerRead)),
    ("GET", "/api/v1/ledger/head", Need::Scope(Scope::LedgerRead)),
    ("GET", "/api/v1/shares/classes", Need::Scope(Scope::SharesRead)),
    ("POST", "/api/v1/shares/applications", Need::Scope(Scope::SharesWrite)),
    ("POST", "/api/v1/shares/applications/allotments", Need::Scope(Scope::SharesWrite)),
    ("GET", "/api/v1/shares/applications/{reference}", Need::Scope(Scope::SharesRead)),
    ("POST", "/api/v1/shares/applications/{reference}/payment", Need::Scope(Scope::SharesWrite)),
    ("POST", "/api/v1/shares/applications/{reference}/allotment", Need::Scope(Scope::SharesWrite)),
    ("POST", "/api/v1/shares/applications/{reference}/refusal", Need::Scope(Scope::SharesWrite)),
    ("POST", "/api/v1/shares/applications/{reference}/withdrawal", Need::Scope(Scope::SharesWrite)),
    ("POST", "/api/v1/shares/transfers", Need::Scope(Scope::SharesWrite)),
    ("POST", "/api/v1/shares/conversions", Need::Scope(Scope::SharesWrite)),
    ("POST", "/api/v1/shares/forfeitures", Need::Scope(Scope::SharesWrite)),
    ("POST", "/api/v1/shares/members/{number}/particulars", Need::Scope(Scope::SharesWrite)),
    ("POST", "/api/v1/shares/certificates/{number}/replacement", Need::Scope(Scope::SharesWrite)),
    ("POST", "/api/v1/shares/withdrawals", Need::Scope(Scope::SharesWrite)),
    ("GET", "/api/v1/shares/withdrawals/{reference}", Need::Scope(Scope::SharesRead)),
    ("POST", "/api/v1/shares/withdrawals/{reference}/agreement", Need::Scope(Scope::SharesWrite)),
    ("POST", "/api/v1/shares/withdrawals/{reference}/refusal", Need::Scope(Scope::SharesWrite)),
    ("POST", "/api/v1/shares/withdrawals/{reference}/payment", Need::Scope(Scope::SharesWrite)),
    ("POST", "/api/v1/shares/events/{number}/reversal", Need::Scope(Scope::SharesWrite)),
    ("GET", "/api/v1/shares/members/{number}", Need::Scope(Scope::SharesRead)),
    ("GET", "/api/v1/shares/register", Need::Scope(Scope::SharesRead)),
    ("GET", "/api/v1/shares/roll", Need::Scope(Scope::SharesRead)),
    ("GET", "/api/v1/shares/summary", Need::Scope(Scope::SharesRead)),
    // The door.
    ("GET", "/desk/sign-in", Need::Anyone),
    ("POST", "/desk/sign-in", Need::Anyone),
    ("GET", "/desk/welcome/{secret}", Need::Anyone),
    ("POST", "/desk/welcome/{secret}", Need::Anyone),
    ("POST", "/desk/sign-out", READ),
    // One's own account.
    ("GET", "/desk/account", READ),
    ("POST", "/desk/account/password", READ),
    ("POST", "/desk/account/sign-out-everywhere", READ),
    ("POST", "/desk/account/codes", READ),
    ("POST", "/desk/account/codes/confirm", READ),
    ("POST", "/desk/account/codes/off", READ),
    // The desk.
    ("GET", "/desk", READ),
    ("POST", "/desk/letters/try-again", ENTER),
    ("POST", "/desk/letters/{id}/try-again", ENTER),
    ("GET", "/desk/gifts", READ),
    ("GET", "/desk/column", READ),
    ("GET", "/desk/gifts/new", ENTER),
    ("POST", "/desk/gifts/new", ENTER),
    ("GET", "/desk/gifts/{reference}", READ),
    ("GET", "/desk/gifts/{reference}/receipt", READ),
    ("POST", "/desk/gifts/{reference}/receive", ENTER),
    ("POST", "/desk/gifts/{reference}/cancel", ENTER),
    ("POST", "/desk/gifts/{reference}/resend", ENTER),
    ("POST", "/desk/gifts/{reference}/contact", ENTER),
    ("POST", "/desk/gifts/{reference}/refund", DECIDE),
    ("POST", "/desk/gifts/{reference}/bounce", DECIDE),
    ("GET", "/desk/receipts", READ),
    ("POST", "/desk/receipts/failed", ENTER),
    ("GET", "/desk/receipts/print", READ),
    ("POST", "/desk/receipts/posted", ENTER),
    ("GET", "/desk/receipts/returned", READ),
    ("POST", "/desk/receipts/returned", ENTER),
    ("GET", "/desk/receipts/letters/{id}", READ),
    ("GET", "/desk/receipts/letters/{id}/print", READ),
    ("POST", "/desk/receipts/letters/{id}/again", ENTER),
    ("POST", "/desk/receipts/letters/{id}/correct", ENTER),
    ("POST", "/desk/receipts/letters/{id}/print-instead", ENTER),
    ("POST", "/desk/receipts/letters/{id}/returned", ENTER),
    ("GET", "/desk/bank/import", READ),
    ("POST", "/desk/bank/import", ENTER),
    ("GET", "/desk/bank/import/{id}", READ),
    ("POST", "/desk/bank/import/{id}", ENTER),
    ("POST", "/desk/bank/layouts/forget", ENTER),
    ("GET", "/desk/bank/statements", READ),
    ("GET", "/desk/bank/statements/{id}", READ),
    ("GET", "/desk/ledger", READ),
    ("GET", "/desk/ledger/accounts", READ),
    ("GET", "/desk/ledger/entries/{number}", READ),
    ("GET", "/desk/funds", READ),
    ("GET", "/desk/funds/new", DECIDE),
    ("POST", "/desk/funds/new", DECIDE),
    ("GET", "/desk/funds/{slug}", READ),
    ("POST", "/desk/funds/{slug}", DECIDE),
    ("GET", "/desk/funds/{slug}/year", READ),
    ("GET", "/desk/funds/{slug}/appeals/{name}", READ),
    ("POST", "/desk/funds/{slug}/appeals/{name}/target", DECIDE),
    ("POST", "/desk/funds/{slug}/appeals/{name}/deadline", DECIDE),
    ("GET", "/desk/funds/{slug}/appeals/{name}/closing", READ),
    ("POST", "/desk/funds/{slug}/appeals/{name}/closing", DECIDE),
    ("POST", "/desk/funds/{slug}/appeals/{name}/closing/proof", DECIDE),
    ("POST", "/desk/funds/{slug}/appeals/{name}/reopening", DECIDE),
    ("GET", "/desk/settings", READ),
    ("POST", "/desk/settings", MANAGE),
    // The share register.
    ("GET", "/desk/shares", READ),
    ("GET", "/desk/shares/applications", READ),
    ("GET", "/desk/shares/applications.csv", READ),
    ("GET", "/desk/shares/applications/new", ENTER_SHARES),
    ("POST", "/desk/shares/applications/new", ENTER_SHARES),
    ("GET", "/desk/shares/applications/{reference}", READ),
    ("POST", "/desk/shares/applications/{reference}/payment", ENTER_SHARES),
    ("POST", "/desk/shares/applications/{reference}/withdrawal", ENTER_SHARES),
    ("POST", "/desk/shares/applications/{reference}/allotment", KEEP),
    ("POST", "/desk/shares/applications/{reference}/refusal", KEEP),
    ("POST", "/desk/shares/allotments", KEEP),
    ("GET", "/desk/shares/register", READ),
    ("GET", "/desk/shares/register.csv", READ),
    ("GET", "/desk/shares/register/print", READ),
    ("GET", "/desk/shares/events/{number}", READ),
    ("POST", "/desk/shares/events/{number}/reversal", KEEP),
    ("GET", "/desk/shares/notes", READ),
    ("GET", "/desk/shares/notes/{number}", READ),
    ("POST", "/desk/shares/notes/{number}/taking-back", KEEP),
    ("GET", "/desk/shares/nominations", READ),
    ("GET", "/desk/shares/nominations/{id}", READ),
    ("POST", "/desk/shares/nominations/{id}/variation", KEEP),
    ("POST", "/desk/shares/nominations/{id}/revocation", KEEP),
    ("GET", "/desk/shares/deaths", READ),
    ("GET", "/desk/shares/meetings", READ),
    ("POST", "/desk/shares/meetings", KEEP),
    ("GET", "/desk/shares/meetings/{id}", READ),
    ("POST", "/desk/shares/meetings/{id}/sittings", KEEP),
    ("GET", "/desk/shares/sittings/{id}", READ),
    ("GET", "/desk/shares/sittings/{id}/roll", READ),
    ("GET", "/desk/shares/sittings/{id}/votes.csv", READ),
    ("POST", "/desk/shares/sittings/{id}/votes", KEEP),
    ("POST", "/desk/shares/sittings/{id}/votes/taking-back", KEEP),
    ("GET", "/desk/shares/officers.csv", READ),
    ("GET", "/desk/shares/proposals", READ),
    ("GET", "/desk/shares/proposals/{id}", READ),
    ("POST", "/desk/shares/proposals/{id}/approval", KEEP),
    ("POST", "/desk/shares/proposals/{id}/refusal", KEEP),
    ("GET", "/desk/shares/members/{number}", READ),
    ("POST", "/desk/shares/members/{number}/transfer", KEEP),
    ("POST", "/desk/shares/members/{number}/notice", KEEP),
    ("POST", "/desk/shares/members/{number}/conversion", KEEP),
    ("POST", "/desk/shares/members/{number}/forfeiture", KEEP),
    ("POST", "/desk/shares/members/{number}/particulars", KEEP),
    ("POST", "/desk/shares/members/{number}/section", KEEP),
    ("POST", "/desk/shares/members/{number}/nomination", KEEP),
    ("POST", "/desk/shares/members/{number}/revocation", KEEP),
    ("POST", "/desk/shares/members/{number}/death", KEEP),
    ("POST", "/desk/shares/members/{number}/transmission", KEEP),
    ("POST", "/desk/shares/members/{number}/replacement", KEEP),
    ("GET", "/desk/shares/certificates/{number}", READ),
    ("GET", "/desk/shares/withdrawals", READ),
    ("GET", "/desk/shares/withdrawals/{reference}", READ),
    ("POST", "/desk/shares/withdrawals/{reference}/agreement", KEEP),
    ("POST", "/desk/shares/withdrawals/{reference}/refusal", KEEP),
    ("POST", "/desk/shares/withdrawals/{reference}/payment", DECIDE),
    ("POST", "/desk/shares/suspensions", KEEP),
    ("POST", "/desk/shares/suspensions/{id}/end", KEEP),
    ("GET", "/desk/shares/roll", READ),
    ("GET", "/desk/shares/roll.csv", READ),
    ("GET", "/desk/shares/labels", READ),
    ("GET", "/desk/shares/returns", READ),
    ("GET", "/desk/shares/letters", READ),
    ("GET", "/desk/shares/letters/print", READ),
    ("GET", "/desk/shares/letters/{id}", READ),
    ("POST", "/desk/shares/letters/posted", ENTER_SHARES),
    ("POST", "/desk/shares/statements", KEEP),
    ("GET", "/desk/shares/officers", READ),
    ("POST", "/desk/shares/officers", KEEP),
    ("POST", "/desk/shares/officers/end", KEEP),
    ("POST", "/desk/shares/inspections", KEEP),
    ("GET", "/desk/shares/sections", READ),
    ("POST", "/desk/shares/sections", KEEP),
    ("POST", "/desk/shares/sections/{id}", KEEP),
    ("GET", "/desk/shares/rules", READ),
    ("POST", "/desk/shares/rules", KEEP),
    ("POST", "/desk/shares/terms", KEEP),
    ("POST", "/desk/shares/classes", KEEP),
    ("GET", "/desk/shares/interest", READ),
    ("POST", "/desk/shares/interest", KEEP),
    ("POST", "/desk/shares/interest/{id}/payment", DECIDE),
    ("GET", "/desk/shares/import", READ),
    ("POST", "/desk/shares/import", KEEP),
    // Staff, tokens, the trail.
    ("GET", "/desk/staff", READ),
    ("POST", "/desk/staff/invitations", MANAGE),
    ("POST", "/desk/staff/{id}/role", MANAGE),
    ("POST", "/desk/staff/{id}/leave", MANAGE),
    ("POST", "/desk/staff/{id}/unlock", MANAGE),
    ("POST", "/desk/staff/{id}/codes-off", MANAGE),
    ("GET", "/desk/tokens", Need::Roles(&[Role::Administrator, Role::Auditor])),
    ("POST", "/desk/tokens", MANAGE),
    ("POST", "/desk/tokens/{id}/revoke", MANAGE),
    ("GET", "/desk/audit", Need::Roles(&[Role::Administrator, Role::Treasurer, Role::Auditor])),
];

/// What a route asks; nothing when it does not stand in the table.
pub fn need(method: &str, pattern: &str) -> Option<Need> {
    TABLE.iter().find(|(m, p, _)| *m == method && *p == pattern).map(|(_, _, need)| *need)
}

/// The methods that an address is known with, as the header Allow lists them; empty when it is not known at all.
pub fn methods(pattern: &str) -> String {
    let known = TABLE.iter().filter(|(_, known, _)| *known == pattern);
    known.map(|(method, _, _)| *method).collect::<Vec<_>>().join(", ")
}
