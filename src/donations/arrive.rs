//! A promised gift arrives: entry, receipt, letter and total, as if it had just been given.
//!
//! Invariant: what counts is what came, also when another amount was promised; a gift keeps its one receipt number.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};

use super::changes::fund_of;
use super::rules::Kept;
use super::store::{NewEvent, Received};
use super::{Change, ChangeError, Donation, Method, rules, store};
use crate::clock::date_in;
use crate::db::{Conn, DbError};
use crate::funds::{self, Appeal, Credit, Fund, NoAppeal};
use crate::ledger::{self, NewEntry};
use crate::outbox::{self, LetterKind, NewLetter};
use crate::receipts;

/// The money of a promised gift.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// The promised gift.
    pub donation: i64,
    /// The day the money came; today where nothing is said.
    pub received_on: Option<NaiveDate>,
    /// What came; what was promised where nothing is said.
    pub amount_minor: Option<i64>,
    /// How it came; as it was promised where nothing is said.
    pub method: Option<Method>,
    /// Who says so, with the key that makes a second sending harmless.
    pub change: Change,
}

/// Marks a promised gift as received on `date`, as it was promised.
///
/// # Errors
/// [`ChangeError`]: unknown, received or cancelled before, a date without an appeal.
pub fn receive(
    conn: &mut Conn,
    now: DateTime<Utc>,
    number: i64,
    date: Option<NaiveDate>,
    change: &Change,
) -> Result<Donation, ChangeError> {
    let change = change.clone();
    let arrival = Arrival { donation: number, received_on: date, amount_minor: None, method: None, change };
    receive_all(conn, now, &[arrival])?.into_iter().next().ok_or(ChangeError::Unknown)?
}

/// Marks promised gifts as received, a whole batch with few statements.
///
/// The answer has one outcome per arrival, in order; one that is refused changes nothing.
///
/// # Errors
/// Only when the database fails; an arrival that may not be is an outcome.
pub fn receive_all(
    conn: &mut Conn,
    now: DateTime<Utc>,
    arrivals: &[Arrival],
) -> Result<Vec<Result<Donation, ChangeError>>, DbError> {
    let numbers: Vec<i64> = arrivals.iter().map(|arrival| arrival.donation).collect();
    let known = store::by_numbers(conn, &numbers)?;
    let done = store::events_by_keys(conn, arrivals.iter().map(|arrival| arrival.change.key.as_str()))?;
    let (mut seen, mut places) = (HashSet::new(), Places::default());
    let mut checked: Vec<Result<Option<Kept>, ChangeError>> = Vec::with_capacity(arrivals.len());
    for arrival in arrivals {
        checked.push(match check(arrival, &known, &done, &mut seen) {
            Ok(Some(donation)) => places.place(conn, now, donation, arrival).map(Some),
            Ok(None) => Ok(None),
            Err(refusal) => Err(refusal),
        });
    }
    let kept = checked.iter().zip(arrivals);
    let kept: Vec<(&Kept, &Change)> =
        kept.filter_map(|(it, arrival)| Some((it.as_ref().ok()?.as_ref()?, &arrival.change))).collect();
    keep_all(conn, now, &kept)?;
    let after = store::by_numbers(conn, &numbers)?;
    let outcome = |(checked, number): (Result<Option<Kept>, ChangeError>, i64)| {
        checked.and_then(|_| after.get(&number).cloned().ok_or(ChangeError::Unknown))
    };
    Ok(checked.into_iter().zip(numbers).map(outcome).collect())
}

/// The donation that arrives, or nothing when this very arrival was recorded before.
fn check<'a>(
    arrival: &Arrival,
    known: &'a HashMap<i64, Donation>,
    done: &HashMap<String, (i64, Vec<u8>)>,
    seen: &mut HashSet<i64>,
) -> Result<Option<&'a Donation>, ChangeError> {
    let donation = known.get(&arrival.donation).ok_or(ChangeError::Unknown)?;
    match done.get(&arrival.change.key) {
        Some((id, fingerprint)) if *id == donation.id && *fingerprint == arrival.change.fingerprint => return Ok(None),
        Some(_) => return Err(ChangeError::KeyReused),
        None => {}
    }
    rules::check_receivable(donation)?;
    if arrival.amount_minor.is_some_and(|minor| minor <= 0) {
        return Err(ChangeError::NothingCame);
    }
    if seen.insert(donation.id) { Ok(Some(donation)) } else { Err(ChangeError::AlreadyReceived) }
}

/// The funds and appeals of a batch, each looked up once.
#[derive(Default)]
struct Places {
    funds: HashMap<String, Fund>,
    appeals: HashMap<(i64, NaiveDate), Result<Appeal, NoAppeal>>,
}

impl Places {
    fn place(
        &mut self,
        conn: &mut Conn,
        now: DateTime<Utc>,
        donation: &Donation,
        arrival: &Arrival,
    ) -> Result<Kept, ChangeError> {
        if !self.funds.contains_key(&donation.fund) {
            self.funds.insert(donation.fund.clone(), fund_of(conn, donation)?);
        }
        let fund = &self.funds[&donation.fund];
        let date = arrival.received_on.unwrap_or_else(|| date_in(now, fund.zone));
        let place = (fund.id, date);
        let appeal = match self.appeals.entry(place) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(funds::appeal_for(conn, now, fund, date)?),
        };
        let appeal_id = appeal.as_ref().map_err(Clone::clone)?.id;
        Ok(Kept {
            amount_minor: arrival.amount_minor.unwrap_or(donation.amount_minor),
            method: arrival.method.unwrap_or(donation.method),
            year: rules::year_of_issue(now, fund.zone),
            fund: fund.slug.clone(),
            donation: donation.clone(),
            date,
            appeal_id,
        })
    }
}

fn keep_all(conn: &mut Conn, now: DateTime<Utc>, kept: &[(&Kept, &Change)]) -> Result<(), DbError> {
    if kept.is_empty() {
        return Ok(());
    }
    let entries: Vec<NewEntry> = kept.iter().map(|(kept, _)| rules::receiving_entry(kept)).collect();
    let posted = ledger::post_all(conn, now, &entries)?;
    let (mut events, mut credits) = (Vec::new(), Vec::new());
    for ((kept, change), posted) in kept.iter().zip(&posted) {
        let Kept { donation, amount_minor, method, date, appeal_id, .. } = *kept;
        let (entry, amount_minor, method) = (posted.number, *amount_minor, *method);
        let received = Received { appeal_id: *appeal_id, date: *date, entry, amount_minor, method };
        store::set_received(conn, donation.id, &received)?;
        let promised = Some((donation.amount_minor, donation.method));
        let event = NewEvent::of(donation, "received", amount_minor);
        events.push((*change, NewEvent { entry: Some(entry), promised, ..event }));
        let (appeal_id, hash) = (*appeal_id, posted.hash.clone());
        credits.push(Credit {
            appeal_id,
            day: *date,
            method,
            raised_minor: amount_minor,
            donations: 1,
            adjusted_minor: 0,
            entry,
            hash,
        });
    }
    store::insert_events(conn, now, &events)?;
    let due = kept.iter().filter(|(kept, _)| kept.donation.receipt.is_none());
    let due: Vec<(i64, i64)> = due.map(|(kept, _)| (kept.year, kept.donation.id)).collect();
    receipts::issue_all(conn, now, &due)?;
    funds::credit(conn, &credits)?;
    let letters: Vec<NewLetter> = kept.iter().filter_map(|(kept, _)| letter(&kept.donation)).collect();
    outbox::enqueue_all(conn, now, &letters)
}

fn letter(donation: &Donation) -> Option<NewLetter> {
    let recipient = donation.recipient()?;
    Some(NewLetter { kind: LetterKind::Receipt, subject_id: donation.id, event_id: None, recipient })
}
