//! The rows of a checked list, recorded.
//!
//! Invariant: a row that is known changes nothing; every other is one gift, with its receipt, and with its letter only
//! where letters are wanted.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::rows::{Read, Reader, Told};
use super::{How, ImportError, List, Taken, lists};
use crate::db::{Conn, DbError};
use crate::donations::parse::Sending;
use crate::donations::record::{Letters, record_with};
use crate::donations::{NewGift, store};
use crate::funds::Fund;
use crate::outbox::{self, LetterKind, NewLetter};
use crate::sheet::{Places, Sheet};
use crate::supporters;

/// Gifts recorded at a time, all in one transaction.
const BATCH: usize = 500;

/// What recording goes by.
pub(super) struct Steps<'a> {
    pub fund: &'a Fund,
    pub how: &'a How,
    pub sheet: &'a Sheet<'a>,
    pub reader: &'a Reader<'a>,
    /// Rows that an earlier list brought.
    pub met: &'a HashSet<usize>,
}

/// A gift on its way, with what the gift itself does not say.
struct Coming {
    row: usize,
    gift: NewGift,
    ours: Option<i64>,
    address: String,
}

/// Records every row of a list in which nothing is wrong, and keeps what the list is known by.
pub(super) fn record(
    conn: &mut Conn,
    now: DateTime<Utc>,
    steps: &Steps<'_>,
    file: &mut List,
    taken: &mut Taken,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<(), ImportError> {
    file.id = lists::next(conn)?;
    let places: Arc<Places> = Arc::new(steps.reader.places.clone());
    let all = file.rows as u64;
    let (mut batch, mut done) = (Vec::with_capacity(BATCH), 0);
    for row in steps.sheet.rows(&places) {
        let row = row?;
        let Ok(Read::Gift(told)) = steps.reader.read(&row) else { continue };
        taken.fees_minor = taken.fees_minor.saturating_add(told.fee_minor);
        done += 1;
        if steps.met.contains(&row.number) {
            taken.known += 1;
            taken.report.note(row.number, KNOWN);
            continue;
        }
        batch.push(coming(row.number, *told, steps, file.id));
        if batch.len() == BATCH {
            some(conn, now, steps, &mut batch, taken)?;
            progress(done, all);
        }
    }
    some(conn, now, steps, &mut batch, taken)?;
    progress(done, all);
    if taken.fresh > 0 && taken.is_right() {
        file.gifts = taken.fresh;
        lists::keep(conn, now, file)?;
    }
    Ok(())
}

const KNOWN: &str = "known already, nothing changes";

fn coming(row: usize, told: Told, steps: &Steps<'_>, file: i64) -> Coming {
    let key = if told.key.is_empty() { format!("import:list {file}:{row}") } else { format!("import:{}", told.key) };
    let sending = Sending {
        key,
        by: steps.how.by.clone(),
        request_id: steps.how.request_id.clone(),
        is_pledge: false,
        stranger: None,
    };
    Coming { row, gift: told.checked.into_gift(steps.fund, sending), ours: told.ours, address: told.address }
}

/// Records a batch and empties it.
fn some(
    conn: &mut Conn,
    now: DateTime<Utc>,
    steps: &Steps<'_>,
    batch: &mut Vec<Coming>,
    taken: &mut Taken,
) -> Result<(), ImportError> {
    let mut coming = std::mem::take(batch);
    let ours = those_of_ours(conn, &coming)?;
    coming.retain(|one| {
        let is_ours = ours.contains(&one.row);
        if is_ours {
            taken.known += 1;
            taken.report.note(one.row, KNOWN);
        }
        !is_ours
    });
    let gifts: Vec<NewGift> = coming.iter().map(|one| one.gift.clone()).collect();
    let mut addressed = Vec::new();
    for (one, outcome) in coming.iter().zip(record_with(conn, now, &gifts, steps.how.letters)?) {
        match outcome {
            Ok(recorded) if recorded.is_replay => {
                taken.known += 1;
                taken.report.note(one.row, KNOWN);
            }
            Ok(recorded) => {
                taken.fresh += 1;
                taken.sum_minor = taken.sum_minor.saturating_add(one.gift.amount_minor);
                let has_post = !one.address.is_empty() && !one.gift.name.is_empty();
                taken.by_mail += usize::from(one.gift.email.is_some());
                taken.by_post += usize::from(one.gift.email.is_none() && has_post);
                if !one.address.is_empty() {
                    addressed.push((recorded.donation.id, one));
                }
            }
            Err(refusal) => taken.report.fault(one.row, refusal),
        }
    }
    Ok(reach(conn, now, steps.how.letters, &addressed, taken)?)
}

/// The rows that are gifts of these books, out of our own export.
fn those_of_ours(conn: &mut Conn, coming: &[Coming]) -> Result<HashSet<usize>, DbError> {
    let numbers: Vec<i64> = coming.iter().filter_map(|one| one.ours).collect();
    if numbers.is_empty() {
        return Ok(HashSet::new());
    }
    let there = store::by_numbers(conn, &numbers)?;
    let is_there = |one: &&Coming| {
        one.ours.and_then(|number| there.get(&number)).is_some_and(|gift| {
            let same_name = gift.name == one.gift.name && gift.method == one.gift.method;
            same_name && gift.amount_minor == one.gift.amount_minor && gift.received_on == one.gift.received_on
        })
    };
    Ok(coming.iter().filter(is_there).map(|one| one.row).collect())
}

/// Keeps postal addresses with the givers who have none, and queues the letters that are to be printed.
fn reach(
    conn: &mut Conn,
    now: DateTime<Utc>,
    letters: Letters,
    addressed: &[(i64, &Coming)],
    taken: &mut Taken,
) -> Result<(), DbError> {
    if addressed.is_empty() {
        return Ok(());
    }
    let numbers: Vec<i64> = addressed.iter().map(|(number, _)| *number).collect();
    let gifts = store::by_numbers(conn, &numbers)?;
    let mut known: HashMap<i64, String> = HashMap::new();
    let mut printed = Vec::new();
    for (number, one) in addressed {
        let Some((gift, supporter)) = gifts.get(number).and_then(|gift| Some((gift, gift.supporter?))) else {
            taken.report.note(one.row, "the address was left out, because nobody is named");
            continue;
        };
        let before = known.entry(supporter).or_insert_with(|| gift.address.clone());
        if before.is_empty() {
            supporters::set_address(conn, supporter, &one.address)?;
            before.clone_from(&one.address);
        } else if *before != one.address {
            taken.report.note(one.row, "the giver has another postal address already, which stays");
        }
        if letters == Letters::Written && gift.email.is_none() && !gift.name.is_empty() {
            let (kind, recipient) = (LetterKind::Receipt, String::new());
            printed.push(NewLetter { kind, subject_id: *number, event_id: None, recipient });
        }
    }
    outbox::enqueue_all(conn, now, &printed)
}
