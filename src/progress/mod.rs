//! What the public sees: one figure, the same on every surface, kept in memory.
//!
//! Invariant: the figure equals the ledger's at the entry that it names. This room only reads; the books do not know
//! that it exists.

mod figures;
mod json;
mod live;
mod pages;
pub mod routes;
mod stream;

pub use figures::Figure;
pub use live::Live;
