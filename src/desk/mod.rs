//! The desk: the staff's pages that belong to no single noun, and the forms by which they change the books.
//!
//! Invariant: nothing is decided here that another room decides; a page shows what the books say, and a form hands
//! over what was typed. Who may do what is one table in `staff`; these pages only hide what it would refuse.

mod audit_pack;
mod bank;
mod batch;
mod by_method;
mod chart;
mod closing;
mod column;
mod column_words;

mod allowed;
mod folio;
mod gift;
mod gift_list;
mod journal;
mod over_time;
mod particulars;
mod promises;
pub mod prover;
mod receipts;
pub mod routes;
mod seam;
mod search;
mod targets;
mod today;
mod upload;
mod written;
mod year;
