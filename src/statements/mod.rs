//! What the bank says happened on our account: statements, line by line.
//!
//! Invariant: a line is kept once, however many files tell it, and never changes but for its state. What a line is
//! for, and what is posted for it, is left to the matching.

pub mod check;
pub mod files;
pub mod identity;
pub mod import;
mod kind;
pub mod matching;
pub mod reconciliation;
mod record;
mod store;
pub mod told;
pub mod verify;

use chrono::{DateTime, NaiveDate, Utc};

use crate::money::Currency;
pub use kind::Kind;
pub use reconciliation::reconciled_to;
pub use record::{Bringing, as_waiting, record, span};
pub use store::{
    count, forget_layout, forget_upload, keep_layout, keep_upload, known_of, layouts, line, lines, map_upload,
    neighbours, newest, of_file, set_state, set_states, standing, statement, statements, upload, uploads, waiting_of,
};

/// The shape of the file that a statement came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// A table of texts, as each bank likes it.
    Csv,
    /// Open Financial Exchange, as SGML or XML.
    Ofx,
    /// ISO 20022 "bank to customer statement".
    Camt,
    /// SWIFT "customer statement message".
    Mt940,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 4] = [Self::Csv, Self::Ofx, Self::Camt, Self::Mt940];

    /// As the database writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Ofx => "ofx",
            Self::Camt => "camt",
            Self::Mt940 => "mt940",
        }
    }

    /// For people.
    pub fn label(self) -> &'static str {
        match self {
            Self::Csv => "CSV",
            Self::Ofx => "OFX",
            Self::Camt => "CAMT.053",
            Self::Mt940 => "MT940",
        }
    }

    /// Reads the name back.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }
}

/// Whether somebody, or a rule, has said what a line is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LineState {
    /// It stands in the queue.
    Waiting,
    /// It is wholly allocated.
    Done,
}

impl LineState {
    /// As the database writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Done => "done",
        }
    }

    /// Reads the name back.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Waiting, Self::Done].into_iter().find(|state| state.name() == name)
    }
}

/// A span of days on our account, as the bank told it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Its number here.
    pub id: i64,
    /// The shape of its file.
    pub format: Format,
    /// "statement-june.csv"
    pub file_name: String,
    /// The bank's own number of it; may be empty.
    pub bank_number: String,
    /// Sort code and account number, or IBAN; may be empty.
    pub account: String,
    /// What it counts in.
    pub currency: Currency,
    /// Its first day.
    pub from_on: NaiveDate,
    /// Its last day.
    pub until_on: NaiveDate,
    /// The balance before its first line, where it says.
    pub opening_minor: Option<i64>,
    /// The balance after its last line, where it says.
    pub closing_minor: Option<i64>,
    /// Lines that it brought.
    pub lines: i64,
    /// Lines that an earlier statement had brought already.
    pub known: i64,
    /// When it was taken in.
    pub imported_at: DateTime<Utc>,
    /// By whom.
    pub imported_by: String,
}

/// A line of a statement: money that came or went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its number here. Later lines of the bank have higher ones, within a day and within a statement.
    pub id: i64,
    /// The statement that brought it first.
    pub statement_id: i64,
    /// Where it stands in the file, as a person counts rows.
    pub line: i64,
    /// The day the bank booked it.
    pub booked_on: NaiveDate,
    /// A credit is positive, a debit negative.
    pub amount_minor: i64,
    /// How the money moved, where the bank says.
    pub kind: Kind,
    /// Who paid, or was paid; may be empty.
    pub payer: String,
    /// Their account; may be empty.
    pub payer_account: String,
    /// What the payer wrote, as the bank passed it on; may be mangled, cut or empty.
    pub reference: String,
    /// Everything else the bank says.
    pub description: String,
    /// The bank's own number of the line; may be empty.
    pub bank_id: String,
    /// The balance after it, where the bank says.
    pub balance_minor: Option<i64>,
    /// Whether it waits.
    pub state: LineState,
}

impl Line {
    /// Where it stands in the order of days: what a page goes on from.
    pub fn place(&self) -> Place {
        (self.booked_on, self.id)
    }
}

/// Where a line stands in the order of days.
pub type Place = (NaiveDate, i64);

/// Which lines are wanted. Every field that is set narrows the answer.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// In this state.
    pub state: Option<LineState>,
    /// Brought by this statement.
    pub statement: Option<i64>,
    /// Booked on or after.
    pub from: Option<NaiveDate>,
    /// Booked on or before.
    pub until: Option<NaiveDate>,
    /// Behind this line: the next page.
    pub after: Option<Place>,
    /// Before this line: the page before, which ends next to it. Not together with `after`.
    pub before: Option<Place>,
}

/// A file that was sent and not yet recorded, so that nobody has to send it twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// SHA-256 of its bytes, as text.
    pub id: String,
    /// What it is called.
    pub file_name: String,
    /// Its bytes.
    pub content: Vec<u8>,
    /// What its columns mean, as JSON; empty while nobody said so.
    pub mapping: String,
    /// Who sent it.
    pub by: String,
}
