//! Behaviour over HTTP against the real application, on SQLite, or on PostgreSQL where `TEST_POSTGRES_URL` names one.

mod api;
mod architecture;
mod bad_days;
mod books;
mod desk;
mod desk_pages;
mod funds;
mod giving;
mod guard;
mod harness;
mod ledger;
mod load;
mod outbox;
mod pages;
mod permissions;
mod posting;
mod postmaster;
mod program;
mod progress;
mod properties;
mod readme;
mod schema_parity;
mod share_import;
mod share_life;
mod staff;
mod till;
