//! SQL of the yearly statements.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::Bool;

use super::{DonationRow, Event, FullRow, donation_of, donations_in_full};
use crate::db::schema::{appeals, deliveries, donation_events, donations, funds, receipts, statement_runs, supporters};
use crate::db::{Conn, DbError};
use crate::donations::statements::RunState;
use crate::donations::{Donation, Status};
use crate::money::Currency;
use crate::outbox::LetterKind;
use crate::supporters::Supporter;

/// Numbers asked for in one statement, below SQLite's limit of placeholders.
const IDS_PER_QUERY_MAX: usize = 1_000;
/// What went back: the kinds of events that a statement tells.
const BACK: [&str; 2] = ["refunded", "bounced"];
/// Gifts that a statement tells: those that arrived, also when they went back later.
const ARRIVED: [Status; 3] = [Status::Received, Status::Refunded, Status::Bounced];

fn arrived() -> [&'static str; 3] {
    ARRIVED.map(Status::name)
}

/// A run over everybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Its number.
    pub id: i64,
    /// The calendar year.
    pub year: i64,
    /// Whether those who had it get it once more.
    pub again: bool,
    /// Where it stands.
    pub state: RunState,
    /// The last supporter of the step that was done.
    pub after_supporter: i64,
    /// Who gets it by mail.
    pub mail: i64,
    /// Who gets it on paper.
    pub post: i64,
    /// Who cannot be written to.
    pub unreachable: i64,
    /// Who had it before.
    pub had_it: i64,
    /// Letters queued.
    pub queued: i64,
    /// When it was begun.
    pub asked_at: DateTime<Utc>,
    /// By whom.
    pub asked_by: String,
    /// When its last letter was queued, or it was dropped.
    pub finished_at: Option<DateTime<Utc>>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = statement_runs)]
struct RunRow {
    id: i64,
    year: i64,
    again: bool,
    state: String,
    after_supporter: i64,
    mail: i64,
    post: i64,
    unreachable: i64,
    had_it: i64,
    queued: i64,
    asked_at: NaiveDateTime,
    asked_by: String,
    finished_at: Option<NaiveDateTime>,
}

fn run_of(row: RunRow) -> Result<Run, DbError> {
    let state = RunState::from_name(&row.state);
    Ok(Run {
        id: row.id,
        year: row.year,
        again: row.again,
        state: state.ok_or_else(|| DbError::Corrupt(format!("statement run {} has an unknown state", row.id)))?,
        after_supporter: row.after_supporter,
        mail: row.mail,
        post: row.post,
        unreachable: row.unreachable,
        had_it: row.had_it,
        queued: row.queued,
        asked_at: row.asked_at.and_utc(),
        asked_by: row.asked_by,
        finished_at: row.finished_at.map(|at| at.and_utc()),
    })
}

/// The run with this number.
///
/// # Errors
/// Only when the database fails.
pub fn run(conn: &mut Conn, id: i64) -> Result<Option<Run>, DbError> {
    let row: Option<RunRow> = statement_runs::table.find(id).select(RunRow::as_select()).first(conn).optional()?;
    row.map(run_of).transpose()
}

/// The newest runs.
///
/// # Errors
/// Only when the database fails.
pub fn newest_runs(conn: &mut Conn, limit: i64) -> Result<Vec<Run>, DbError> {
    let rows: Vec<RunRow> =
        statement_runs::table.order(statement_runs::id.desc()).limit(limit).select(RunRow::as_select()).load(conn)?;
    rows.into_iter().map(run_of).collect()
}

/// The run of a year that is neither done nor dropped.
pub(in crate::donations) fn open_run(conn: &mut Conn, year: i64) -> Result<Option<Run>, DbError> {
    let open = [RunState::Counting, RunState::Counted, RunState::Queueing].map(RunState::name);
    let row: Option<RunRow> = statement_runs::table
        .filter(statement_runs::year.eq(year))
        .filter(statement_runs::state.eq_any(open))
        .select(RunRow::as_select())
        .first(conn)
        .optional()?;
    row.map(run_of).transpose()
}

/// The oldest run that has something to do, by the words of its index.
pub(in crate::donations) fn next_run(conn: &mut Conn) -> Result<Option<Run>, DbError> {
    let row: Option<RunRow> = statement_runs::table
        .filter(diesel::dsl::sql::<Bool>("state IN ('counting', 'queueing')"))
        .order(statement_runs::id)
        .select(RunRow::as_select())
        .first(conn)
        .optional()?;
    row.map(run_of).transpose()
}

pub(in crate::donations) fn insert_run(
    conn: &mut Conn,
    now: DateTime<Utc>,
    year: i64,
    again: bool,
    by: &str,
) -> Result<i64, DbError> {
    let last: Option<i64> = statement_runs::table.select(diesel::dsl::max(statement_runs::id)).first(conn)?;
    let id = last.unwrap_or(0) + 1;
    diesel::insert_into(statement_runs::table)
        .values((
            statement_runs::id.eq(id),
            statement_runs::year.eq(year),
            statement_runs::again.eq(again),
            statement_runs::state.eq(RunState::Counting.name()),
            statement_runs::after_supporter.eq(0),
            statement_runs::mail.eq(0),
            statement_runs::post.eq(0),
            statement_runs::unreachable.eq(0),
            statement_runs::had_it.eq(0),
            statement_runs::queued.eq(0),
            statement_runs::asked_at.eq(now.naive_utc()),
            statement_runs::asked_by.eq(by),
        ))
        .execute(conn)?;
    Ok(id)
}

pub(in crate::donations) fn set_state(
    conn: &mut Conn,
    id: i64,
    state: RunState,
    finished_at: Option<DateTime<Utc>>,
) -> Result<(), DbError> {
    diesel::update(statement_runs::table.find(id))
        .set((
            statement_runs::state.eq(state.name()),
            statement_runs::finished_at.eq(finished_at.map(|at| at.naive_utc())),
        ))
        .execute(conn)?;
    Ok(())
}

/// Keeps how far a run came.
pub(in crate::donations) fn keep(conn: &mut Conn, run: &Run) -> Result<(), DbError> {
    diesel::update(statement_runs::table.find(run.id))
        .set((
            statement_runs::state.eq(run.state.name()),
            statement_runs::after_supporter.eq(run.after_supporter),
            statement_runs::mail.eq(run.mail),
            statement_runs::post.eq(run.post),
            statement_runs::unreachable.eq(run.unreachable),
            statement_runs::had_it.eq(run.had_it),
            statement_runs::queued.eq(run.queued),
            statement_runs::finished_at.eq(run.finished_at.map(|at| at.naive_utc())),
        ))
        .execute(conn)?;
    Ok(())
}

/// The next supporters by their number.
pub(in crate::donations) fn supporters_after(
    conn: &mut Conn,
    after: i64,
    limit: i64,
) -> Result<Vec<Supporter>, DbError> {
    type Row = (i64, String, Option<String>, String, NaiveDateTime, Option<i64>);
    let rows: Vec<Row> = supporters::table
        .filter(supporters::id.gt(after))
        .order(supporters::id)
        .limit(limit)
        .select((
            supporters::id,
            supporters::name,
            supporters::email,
            supporters::address,
            supporters::created_at,
            supporters::same_as,
        ))
        .load(conn)?;
    let known = rows.into_iter().map(|(id, name, email, address, created_at, same_as)| Supporter {
        id,
        name,
        email,
        address,
        created_at: created_at.and_utc(),
        same_as,
    });
    Ok(known.collect())
}

/// Those of `ids` who have a gift of that year.
pub(in crate::donations) fn givers_among(conn: &mut Conn, year: i64, ids: &[i64]) -> Result<HashSet<i64>, DbError> {
    let Some((from, until)) = days_of(year) else { return Ok(HashSet::new()) };
    let mut gave = HashSet::new();
    for some in ids.chunks(IDS_PER_QUERY_MAX) {
        let found: Vec<Option<i64>> = donations::table
            .filter(donations::supporter_id.eq_any(some))
            .filter(donations::received_on.between(from, until))
            .filter(donations::status.eq_any(arrived()))
            .select(donations::supporter_id)
            .distinct()
            .load(conn)?;
        gave.extend(found.into_iter().flatten());
    }
    Ok(gave)
}

fn days_of(year: i64) -> Option<(NaiveDate, NaiveDate)> {
    let year = i32::try_from(year).ok()?;
    NaiveDate::from_ymd_opt(year, 1, 1).zip(NaiveDate::from_ymd_opt(year, 12, 31))
}

/// Those of `ids` to whom the statement of that year was written.
pub(in crate::donations) fn had_it(conn: &mut Conn, year: i64, ids: &[i64]) -> Result<HashSet<i64>, DbError> {
    let mut had = HashSet::new();
    for some in ids.chunks(IDS_PER_QUERY_MAX) {
        let found: Vec<i64> = deliveries::table
            .filter(deliveries::subject_id.eq_any(some))
            .filter(deliveries::kind.eq(LetterKind::GivingStatement.name()))
            .filter(deliveries::event_id.eq(year))
            .select(deliveries::subject_id)
            .load(conn)?;
        had.extend(found);
    }
    Ok(had)
}

/// What a supporter gave that had its receipt by `at`, by the day.
pub(in crate::donations) fn gifts_between(
    conn: &mut Conn,
    supporter: i64,
    from: NaiveDate,
    until: NaiveDate,
    at: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<Donation>, DbError> {
    let rows: Vec<FullRow> = donations_in_full!()
        .filter(donations::supporter_id.eq(supporter))
        .filter(donations::received_on.between(from, until))
        .filter(donations::status.eq_any(arrived()))
        .filter(receipts::issued_at.le(at.naive_utc()))
        .order((donations::received_on, donations::id))
        .limit(limit)
        .load(conn)?;
    rows.into_iter().map(donation_of).collect()
}

/// Gifts from before `from` of which something went back between two moments, and before `at`.
pub(in crate::donations) fn earlier_gifts(
    conn: &mut Conn,
    supporter: i64,
    from: NaiveDate,
    (begin, end): (DateTime<Utc>, DateTime<Utc>),
    at: DateTime<Utc>,
) -> Result<Vec<Donation>, DbError> {
    let ids: Vec<i64> = donation_events::table
        .inner_join(donations::table)
        .filter(donations::supporter_id.eq(supporter))
        .filter(donations::received_on.lt(from))
        .filter(donation_events::kind.eq_any(BACK))
        .filter(donation_events::recorded_at.ge(begin.naive_utc()))
        .filter(donation_events::recorded_at.lt(end.naive_utc()))
        .filter(donation_events::recorded_at.le(at.naive_utc()))
        .select(donations::id)
        .distinct()
        .limit(i64::try_from(IDS_PER_QUERY_MAX).unwrap_or(i64::MAX))
        .load(conn)?;
    let rows: Vec<FullRow> = donations_in_full!()
        .filter(donations::id.eq_any(ids))
        .order((donations::received_on, donations::id))
        .load(conn)?;
    rows.into_iter().map(donation_of).collect()
}

/// What went back of these gifts until `at`, oldest first.
pub(in crate::donations) fn went_back(
    conn: &mut Conn,
    ids: &[i64],
    at: DateTime<Utc>,
) -> Result<HashMap<i64, Vec<Event>>, DbError> {
    let mut found: HashMap<i64, Vec<Event>> = HashMap::new();
    for some in ids.chunks(IDS_PER_QUERY_MAX) {
        for (donation, event) in super::events::events_among(conn, some, &BACK, at)? {
            found.entry(donation).or_default().push(event);
        }
    }
    Ok(found)
}

/// A year of somebody's giving, in one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GivingYear {
    /// The calendar year.
    pub year: i32,
    /// What it counts in.
    pub currency: Currency,
    /// Gifts that arrived.
    pub gifts: i64,
    /// What was given.
    pub given_minor: i64,
    /// What went back of it.
    pub returned_minor: i64,
}

/// What a supporter gave, year by year, the newest first, from at most `limit` gifts.
///
/// # Errors
/// Only when the database fails.
pub fn giving_years(conn: &mut Conn, supporter: i64, limit: i64) -> Result<Vec<GivingYear>, DbError> {
    let rows: Vec<(Option<NaiveDate>, String, i64, i64)> = donations::table
        .inner_join(appeals::table.inner_join(funds::table))
        .filter(donations::supporter_id.eq(supporter))
        .filter(donations::status.eq_any(arrived()))
        .limit(limit)
        .select((donations::received_on, funds::currency, donations::amount_minor, donations::returned_minor))
        .load(conn)?;
    let mut years: Vec<GivingYear> = Vec::new();
    for (on, currency, given, returned) in rows {
        let Some(year) = on.map(|day| day.year()) else { continue };
        let odd = || DbError::Corrupt("a fund has an unknown currency".to_owned());
        let currency = Currency::from_code(&currency).ok_or_else(odd)?;
        let at = years.iter().position(|known| known.year == year && known.currency == currency).unwrap_or_else(|| {
            years.push(GivingYear { year, currency, gifts: 0, given_minor: 0, returned_minor: 0 });
            years.len() - 1
        });
        years[at].gifts += 1;
        years[at].given_minor += given;
        years[at].returned_minor += returned;
    }
    years.sort_by_key(|known| std::cmp::Reverse(known.year));
    Ok(years)
}
