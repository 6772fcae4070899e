//! The yearly statement: everything that one supporter gave in a calendar year, by mail or on paper, for one or for all.
//!
//! Invariant: nobody gets the statement of a year twice unless somebody asks for it again; a run remembers how far it
//! came in the transaction that queues its letters, so it goes on after a crash where it was.

mod compose;
mod rules;

use chrono::{DateTime, Utc};

use super::store::statements as store;
use crate::db::{Conn, DbError};
use crate::outbox::{self, LetterKind, NewLetter};
use crate::supporters::{self, Supporter};
pub(in crate::donations) use compose::{addressee, composed, printed, printed_letter};
pub use rules::{FundSum, Statement, StatementLine};
pub use store::{GivingYear, Run, giving_years, newest_runs, run};

/// Supporters looked at in one step, a few milliseconds: few enough that gifts are never held up by a run.
pub const STEP: i64 = 1_000;
/// Gifts of one supporter in one year: some thirty a day. A letter of more would be a book.
pub const GIFTS_MAX: i64 = 10_000;

/// Where a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunState {
    /// It counts whom it would write to.
    Counting,
    /// It has counted and waits for a word.
    Counted,
    /// It queues letters.
    Queueing,
    /// Every letter is queued.
    Done,
    /// Nobody wanted it.
    Dropped,
}

impl RunState {
    /// Every state.
    pub const ALL: [Self; 5] = [Self::Counting, Self::Counted, Self::Queueing, Self::Done, Self::Dropped];

    /// As the database writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Counting => "counting",
            Self::Counted => "counted",
            Self::Queueing => "queueing",
            Self::Done => "done",
            Self::Dropped => "dropped",
        }
    }

    /// Reads the name back.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// How a statement travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// To the e-mail address.
    Mail,
    /// Printed and posted.
    Post,
}

/// Why a statement was not queued.
#[derive(Debug, thiserror::Error)]
pub enum StatementError {
    /// No supporter has this number.
    #[error("There is no such supporter. Please look in the list.")]
    Unknown,
    /// Nothing was received in that year.
    #[error("Nothing of theirs was received in {0}, so there is nothing to state.")]
    NoGifts(i64),
    /// There is no e-mail address.
    #[error("There is no e-mail address. Give one, or print the statement.")]
    NoMail,
    /// There is no postal address.
    #[error("A letter on paper needs a name and a postal address. Please give them first.")]
    NoPost,
    /// They had it.
    #[error("The statement of {0} was written to them before. Tick “once more” to write it again.")]
    HadIt(i64),
    /// The year has not begun, or lies before all books.
    #[error("Please give a year that has begun, such as {0}.")]
    NoYear(i64),
    /// No run has this number, or it is over.
    #[error("This run is over or was never there. Please begin a new one.")]
    NoRun,
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
}

/// Queues the statement of one supporter.
///
/// # Errors
/// [`StatementError`]: unknown, without gifts, without an address, had it and nobody said "once more".
pub fn write_one(
    conn: &mut Conn,
    now: DateTime<Utc>,
    id: i64,
    year: i64,
    way: Way,
    again: bool,
) -> Result<(), StatementError> {
    let supporter = supporters::supporter(conn, id)?.ok_or(StatementError::Unknown)?;
    if store::givers_among(conn, year, &[id])?.is_empty() {
        return Err(StatementError::NoGifts(year));
    }
    let recipient = match way {
        Way::Mail => supporter.email.ok_or(StatementError::NoMail)?,
        Way::Post if supporter.has_post() => String::new(),
        Way::Post => return Err(StatementError::NoPost),
    };
    if !again && !store::had_it(conn, year, &[id])?.is_empty() {
        return Err(StatementError::HadIt(year));
    }
    Ok(outbox::enqueue_all(conn, now, &[letter(id, year, recipient)])?)
}

fn letter(supporter: i64, year: i64, recipient: String) -> NewLetter {
    NewLetter { kind: LetterKind::GivingStatement, subject_id: supporter, event_id: Some(year), recipient }
}

/// Begins to count whom the statements of a year would go to, or answers with the run of that year that is open.
///
/// # Errors
/// [`StatementError::NoYear`].
pub fn begin(
    conn: &mut Conn,
    now: DateTime<Utc>,
    year: i64,
    this_year: i64,
    again: bool,
    by: &str,
) -> Result<Run, StatementError> {
    if !(1_900..=this_year).contains(&year) {
        return Err(StatementError::NoYear(this_year));
    }
    if let Some(open) = store::open_run(conn, year)? {
        return Ok(open);
    }
    let id = store::insert_run(conn, now, year, again, by)?;
    step(conn, now)?;
    store::run(conn, id)?.ok_or(StatementError::NoRun)
}

/// Lets a run that has counted write its letters. A second word changes nothing.
///
/// # Errors
/// [`StatementError::NoRun`] for one that was dropped.
pub fn write_all(conn: &mut Conn, now: DateTime<Utc>, id: i64) -> Result<Run, StatementError> {
    let run = store::run(conn, id)?.ok_or(StatementError::NoRun)?;
    match run.state {
        RunState::Counted => {
            store::set_state(conn, id, RunState::Queueing, None)?;
            step(conn, now)?;
        }
        RunState::Queueing | RunState::Done => {}
        RunState::Counting | RunState::Dropped => return Err(StatementError::NoRun),
    }
    store::run(conn, id)?.ok_or(StatementError::NoRun)
}

/// Drops a run that has not begun to write.
///
/// # Errors
/// [`StatementError::NoRun`] when its letters are on their way.
pub fn drop_run(conn: &mut Conn, now: DateTime<Utc>, id: i64) -> Result<Run, StatementError> {
    let run = store::run(conn, id)?.ok_or(StatementError::NoRun)?;
    if !matches!(run.state, RunState::Counting | RunState::Counted | RunState::Dropped) {
        return Err(StatementError::NoRun);
    }
    store::set_state(conn, id, RunState::Dropped, Some(now))?;
    Ok(run)
}

/// Whether a run has something to do.
///
/// # Errors
/// Only when the database fails.
pub fn is_any_due(conn: &mut Conn) -> Result<bool, DbError> {
    Ok(store::next_run(conn)?.is_some())
}

/// One step of the oldest run that has something to do; true when there may be more. The caller holds
/// [`crate::db::Lock::Books`].
///
/// # Errors
/// Only when the database fails.
pub fn step(conn: &mut Conn, now: DateTime<Utc>) -> Result<bool, DbError> {
    let Some(mut run) = store::next_run(conn)? else { return Ok(false) };
    let people = store::supporters_after(conn, run.after_supporter, STEP)?;
    let ids: Vec<i64> = people.iter().map(|one| one.id).collect();
    let gave = store::givers_among(conn, run.year, &ids)?;
    let had = store::had_it(conn, run.year, &ids)?;
    let mut letters = Vec::new();
    for one in people.iter().filter(|one| gave.contains(&one.id)) {
        letters.extend(placed(&mut run, one, had.contains(&one.id)));
    }
    if run.state == RunState::Queueing {
        outbox::enqueue_all(conn, now, &letters)?;
        run.queued += i64::try_from(letters.len()).unwrap_or(i64::MAX);
    }
    let is_last = (people.len() as i64) < STEP;
    run.after_supporter = ids.last().copied().unwrap_or(run.after_supporter);
    if is_last {
        (run.state, run.after_supporter) = match run.state {
            RunState::Counting => (RunState::Counted, 0),
            _ => (RunState::Done, run.after_supporter),
        };
        run.finished_at = (run.state == RunState::Done).then_some(now);
    }
    store::keep(conn, &run)?;
    Ok(true)
}

/// Counts a giver where the run counts; the letter they would get.
fn placed(run: &mut Run, one: &Supporter, had: bool) -> Option<NewLetter> {
    let mut seen = Run { mail: 0, post: 0, unreachable: 0, had_it: i64::from(had), ..run.clone() };
    let recipient = match (&one.email, one.has_post()) {
        _ if had && !run.again => None,
        (Some(email), _) => {
            seen.mail = 1;
            Some(email.clone())
        }
        (None, true) => {
            seen.post = 1;
            Some(String::new())
        }
        (None, false) => {
            seen.unreachable = 1;
            None
        }
    };
    if run.state == RunState::Counting {
        run.mail += seen.mail;
        run.post += seen.post;
        run.unreachable += seen.unreachable;
        run.had_it += seen.had_it;
    }
    recipient.map(|to| letter(one.id, run.year, to))
}
