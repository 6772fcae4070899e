//! The yearly statement: each member's own holding on a day, by letter.

use chrono::{DateTime, Datelike, NaiveDate, Utc};

use super::letters::{self, Told};
use super::numbers::MemberNumber;
use super::{ShareError, register};
use crate::db::Conn;
use crate::outbox::LetterKind;

/// Statements that were written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Statements {
    /// On their way.
    pub sent: usize,
    /// Held back, because nobody can be written to.
    pub held: usize,
}

/// Queues a statement for every member of `as_at`; the answer is how many. Asking twice writes twice.
///
/// # Errors
/// [`ShareError::InFuture`].
pub fn send_statements(
    conn: &mut Conn,
    now: DateTime<Utc>,
    as_at: Option<NaiveDate>,
) -> Result<Statements, ShareError> {
    let view = register::view(conn, now, as_at, None)?;
    let day = number_of(view.as_at);
    let (mut after, mut written) = (MemberNumber(0), Statements::default());
    loop {
        let (lines, next) = register::page(conn, &view, after)?;
        let told: Vec<Told> = lines
            .iter()
            .filter(|line| !line.holdings.is_empty())
            .map(|line| Told::about(LetterKind::HoldingStatement, line.holder.id, line.holder.id).because_of(day))
            .collect();
        let held = letters::queue(conn, now, &told)?;
        written.held += held;
        written.sent += told.len() - held;
        match next {
            Some(next) => after = next,
            None => return Ok(written),
        }
    }
}

/// A day as a number that a letter can name: 20261231.
fn number_of(day: NaiveDate) -> i64 {
    i64::from(day.year()) * 10_000 + i64::from(day.month()) * 100 + i64::from(day.day())
}

/// The day that a letter names.
pub(super) fn day_of(number: i64) -> Option<NaiveDate> {
    let part = |number: i64| u32::try_from(number).ok();
    let year = i32::try_from(number / 10_000).ok()?;
    NaiveDate::from_ymd_opt(year, part(number / 100 % 100)?, part(number % 100)?)
}
