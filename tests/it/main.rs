//! Behaviour over HTTP against the real application, on SQLite, or on PostgreSQL where `TEST_POSTGRES_URL` names one.

mod api;
mod architecture;
mod harness;
mod ledger;
mod pages;
mod schema_parity;
mod till;
