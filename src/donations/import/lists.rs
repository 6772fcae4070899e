//! Lists that were taken in, and what is remembered of their columns.
//!
//! Invariant: a list is kept in the transaction that records its gifts. What the columns of a program's lists are is
//! recognised by their headings, in whatever order they stand.

use sha2::{Digest, Sha256};

use super::{How, Print};
use crate::donations::record::Letters;
pub use crate::donations::store::lists::{
    forget_mapping, forget_upload, keep_mapping, keep_upload, lists, map_upload, mappings, upload, uploads,
};
pub(super) use crate::donations::store::lists::{keep, next, of_fund, prints};
use crate::funds::Fund;
use crate::sheet::Mapping;
use crate::sheet::columns::plain;
use crate::sheet::day::DayOrder;

/// A list that was taken in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List {
    /// Its number.
    pub id: i64,
    /// The fund it was for.
    pub fund_id: i64,
    /// SHA-256 of the file.
    pub digest: [u8; 32],
    /// What the file is called; may be empty.
    pub file_name: String,
    /// Rows that are gifts.
    pub rows: usize,
    /// Gifts that it brought.
    pub gifts: usize,
    /// Whether receipts left.
    pub has_letters: bool,
    /// What the rows without a key are known by, one behind the other; empty where it was not asked for.
    pub prints: Vec<u8>,
    /// The day it was taken in.
    pub taken_at: chrono::DateTime<chrono::Utc>,
    /// By whom.
    pub taken_by: String,
}

impl List {
    pub(super) fn new(how: &How, fund: &Fund, digest: [u8; 32]) -> Self {
        Self {
            id: 0,
            fund_id: fund.id,
            digest,
            file_name: how.file_name.clone(),
            rows: 0,
            gifts: 0,
            has_letters: how.letters == Letters::Written,
            prints: Vec::new(),
            taken_at: chrono::DateTime::UNIX_EPOCH,
            taken_by: how.by.clone(),
        }
    }

    /// "tin.csv, taken in on 3 November 2026"
    pub(super) fn words(&self) -> String {
        let name = if self.file_name.is_empty() { "a list" } else { &self.file_name };
        format!("{name}, taken in on {}", self.taken_at.format("%-d %B %Y"))
    }
}

/// Bytes of a print.
pub(in crate::donations) const PRINT_BYTES: usize = std::mem::size_of::<Print>();

/// What the columns of a program's lists are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptMapping {
    /// What the lists are called: "GiveWP".
    pub name: String,
    /// What they are recognised by.
    pub heading: [u8; 32],
    /// What the columns are.
    pub mapping: Mapping,
    /// Whether day or month stands first, where somebody said so.
    pub days: Option<DayOrder>,
}

/// A file that waits at the desk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListUpload {
    /// SHA-256 of its content, in hexadecimal digits.
    pub id: String,
    /// What it is called.
    pub file_name: String,
    /// Its bytes.
    pub content: Vec<u8>,
    /// What somebody said of it, as JSON; may be empty.
    pub mapping: String,
    /// Who sent it.
    pub by: String,
}

/// What a list is recognised by: its headings, whatever their order, case and spaces.
pub fn heading_digest(headings: &[String]) -> [u8; 32] {
    let mut headings: Vec<String> = headings.iter().map(|heading| plain(heading)).collect();
    headings.retain(|heading| !heading.is_empty());
    headings.sort_unstable();
    Sha256::digest(headings.join("\u{1f}")).into()
}
