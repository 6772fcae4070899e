//! What the new lines of a statement would be matched with: what a dry run says of them.
//!
//! Invariant: nothing is posted, and no line changes.

use super::{load, rules};
use crate::db::{Conn, DbError};
use crate::statements::{self, Line, LineState, Wanted};

/// Lines looked at: as many as a file may have.
pub const LINES_MAX: usize = 200_000;
/// Lines looked at in one go.
const PAGE: i64 = 1_000;

/// How many lines have what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Foretold {
    /// Nobody would have to look at them.
    pub certain: usize,
    /// Something is offered.
    pub offered: usize,
    /// Nothing in the books is like them.
    pub unlike: usize,
}

impl Foretold {
    /// How many were looked at.
    pub fn lines(self) -> usize {
        self.certain + self.offered + self.unlike
    }

    fn count(&mut self, conn: &mut Conn, lines: &[Line]) -> Result<(), DbError> {
        let (books, mentions) = load::candidates(conn, lines)?;
        for (line, mentions) in lines.iter().zip(&mentions) {
            let offers = rules::offers(line, mentions, &books);
            let count = match offers.first() {
                Some(_) if offers.iter().any(|offer| offer.is_certain) => &mut self.certain,
                Some(_) => &mut self.offered,
                None => &mut self.unlike,
            };
            *count += 1;
        }
        Ok(())
    }

    /// A sentence; none where there is no line.
    ///
    /// ```
    /// use fighting_fund::statements::matching::Foretold;
    /// let told = Foretold { certain: 1, offered: 2, unlike: 0 };
    /// assert_eq!(told.words().as_deref(), Some("Of 3 new lines 1 is certain, 2 have an offer, 0 are like nothing in the books."));
    /// ```
    pub fn words(self) -> Option<String> {
        let is = |count: usize| if count == 1 { "is" } else { "are" };
        let have = if self.offered == 1 { "has" } else { "have" };
        let lines = if self.lines() == 1 { "line" } else { "lines" };
        (self.lines() > 0).then(|| {
            format!(
                "Of {} new {lines} {} {} certain, {} {have} an offer, {} {} like nothing in the books.",
                self.lines(),
                self.certain,
                is(self.certain),
                self.offered,
                self.unlike,
                is(self.unlike)
            )
        })
    }
}

/// Looks at the waiting lines that a statement brought, at most [`LINES_MAX`] of them.
///
/// # Errors
/// Only when the database fails.
pub fn foretell(conn: &mut Conn, statement: i64) -> Result<Foretold, DbError> {
    let mut told = Foretold::default();
    let mut after = None;
    while told.lines() < LINES_MAX {
        let wanted = Wanted { state: Some(LineState::Waiting), statement: Some(statement), after, ..Wanted::default() };
        let lines = statements::lines(conn, &wanted, PAGE)?;
        let Some(last) = lines.last() else { break };
        after = Some(last.place());
        told.count(conn, &lines)?;
    }
    Ok(told)
}

/// Lines of a file that is only shown: a page must come at once.
pub const SHOWN_LINES_MAX: usize = 5_000;

/// Looks at lines that are not kept yet, at most [`SHOWN_LINES_MAX`] of them.
///
/// # Errors
/// Only when the database fails.
pub fn foretell_lines(conn: &mut Conn, lines: &[Line]) -> Result<Foretold, DbError> {
    let mut told = Foretold::default();
    for page in lines[..lines.len().min(SHOWN_LINES_MAX)].chunks(PAGE as usize) {
        told.count(conn, page)?;
    }
    Ok(told)
}
