//! The hash chain: each entry's hash covers its canonical line and the hash before it.
//!
//! The canonical line, which anyone can rebuild from the journal's export, is
//!
//! ```text
//! NUMBER|EFFECTIVE_ON|RECORDED_AT|KIND|SUBJECT|CORRECTS|LINE;LINE...
//! ```
//!
//! with `RECORDED_AT` in UTC to the microsecond (`2021-06-27T11:00:00.000000Z`), `CORRECTS` empty where nothing is
//! corrected, and each `LINE` as `ACCOUNT AMOUNT CURRENCY APPEAL`: the amount in minor units with its sign, the
//! appeal's number or `-`. The hash is SHA-256 over the 64 hexadecimal digits of the hash before, a line feed, and the
//! line in UTF-8. The first entry follows 64 zeros. No personal data stands in a line, so that erasing a person
//! leaves every hash as it was.

use chrono::{DateTime, NaiveDate, Utc};
use sha2::{Digest, Sha256};
use std::fmt::Write;

use super::NewEntry;
pub use crate::hex::hex;

/// What the first entry follows.
pub const GENESIS: [u8; 32] = [0; 32];

/// The hash of an entry that follows the one with hash `before`.
pub fn hash(before: &[u8], line: &str) -> [u8; 32] {
    let mut digest = Sha256::new();
    digest.update(hex(before).as_bytes());
    digest.update(b"\n");
    digest.update(line.as_bytes());
    digest.finalize().into()
}

pub(super) fn canonical_line(number: i64, recorded_at: DateTime<Utc>, entry: &NewEntry) -> String {
    let head = Head {
        number,
        effective_on: entry.effective_on,
        recorded_at,
        kind: entry.kind.name(),
        subject: &entry.subject,
        corrects: entry.corrects,
    };
    let currency = entry.currency.code();
    let lines = entry.lines.iter().map(|line| (line.account.as_str(), line.amount_minor, currency, line.appeal_id));
    line_of(&head, lines)
}

/// An entry without its lines.
pub(super) struct Head<'a> {
    pub number: i64,
    pub effective_on: NaiveDate,
    pub recorded_at: DateTime<Utc>,
    pub kind: &'a str,
    pub subject: &'a str,
    pub corrects: Option<i64>,
}

pub(super) fn line_of<'a>(
    head: &Head<'_>,
    lines: impl Iterator<Item = (&'a str, i64, &'a str, Option<i64>)>,
) -> String {
    let mut text = format!("{}|{}|", head.number, head.effective_on);
    let written = write_rest(&mut text, head, lines);
    debug_assert!(written.is_ok(), "writing to a string does not fail");
    text
}

fn write_rest<'a>(
    text: &mut String,
    head: &Head<'_>,
    lines: impl Iterator<Item = (&'a str, i64, &'a str, Option<i64>)>,
) -> std::fmt::Result {
    let recorded_at = head.recorded_at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
    write!(text, "{recorded_at}|{}|{}|", head.kind, head.subject)?;
    if let Some(corrects) = head.corrects {
        write!(text, "{corrects}")?;
    }
    let mut separator = '|';
    for (account, amount_minor, currency, appeal_id) in lines {
        write!(text, "{separator}{account} {amount_minor} {currency} ")?;
        match appeal_id {
            Some(id) => write!(text, "{id}")?,
            None => text.push('-'),
        }
        separator = ';';
    }
    Ok(())
}
