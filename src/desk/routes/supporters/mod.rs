//! Supporters at the desk: who they are, what they gave, their letters, and the yearly statements.
//!
//! Invariant: what is corrected here is corrected for every gift of theirs, with a line in the audit trail.

mod list;
mod one;
mod statements;

use super::{Desk, Pairs};
use crate::donations::statements::StatementError;
use crate::http::{FieldError, Problem, Routes};

pub(super) fn routes(at: &mut Routes) {
    list::routes(at);
    one::routes(at);
    statements::routes(at);
}

impl From<StatementError> for Problem {
    fn from(error: StatementError) -> Self {
        let field = |name: &str, error: StatementError| Self::fields(vec![FieldError::new(name, error)]);
        match error {
            StatementError::Unknown => Self::not_found(error),
            StatementError::NoGifts(_) | StatementError::NoYear(_) => field("year", error),
            StatementError::NoMail | StatementError::NoPost => field("way", error),
            StatementError::HadIt(_) => field("again", error),
            StatementError::NoRun => Self::conflict(error),
            StatementError::Db(error) => error.into(),
        }
    }
}
