//! Fighting Fund.

pub mod app;
pub mod cli;
pub mod clock;
pub mod config;
#[macro_use]
pub mod db;
pub mod demo;
pub mod donations;
pub mod exports;
pub mod funds;
pub mod http;
pub mod ledger;
pub mod money;
pub mod openapi;
pub mod outbox;
pub mod proof;
pub mod receipts;
pub mod reference;
pub mod staff;
pub mod supporters;
pub mod verify;
pub mod worker;
