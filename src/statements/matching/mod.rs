//! What the lines of a statement are for: offered to somebody, or posted where nothing can be wrong.
//!
//! Invariant: a line is allocated once and wholly; a guess is never posted silently. What is certain stands in
//! [`rules`]; what is posted, in `payments`.

pub mod candidates;
pub mod foretell;
mod load;
pub mod mentions;
mod offer;
pub mod payer;
mod payers;
mod post;
mod refunds;
pub mod rules;
mod settle;
mod store;
mod unpaid;
pub mod verify;
pub mod words;

pub use foretell::{Foretold, SHOWN_LINES_MAX, foretell, foretell_lines};
pub use load::{candidates, home};
pub use offer::{Offer, What, Why};
pub use payer::PayerKey;
pub use post::{Certain, post_certain, post_if_set, posts_certain, set_posts_certain};
pub use refunds::{UnpaidRefund, unpaid_refunds};
pub use settle::{For, Part, Seen, SettleError, check_open, last_of, live, settle, sum_unallocated, unallocated, undo};
