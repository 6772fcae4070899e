//! SQL of the book of notes.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use diesel::prelude::*;

use crate::db::schema::{
    holder_particulars, share_absences, share_deaths, share_estates, share_inspections, share_interest_runs,
    share_meetings, share_nominations, share_notes, share_officers, share_suspensions,
};
use crate::db::stored::stored_as_text;
use crate::db::{Conn, DbError};
use crate::shares::Deed;
use crate::shares::notes::{NewNote, NoteKind, Noting};

stored_as_text!(Noting);

/// A note as the book has it.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = share_notes)]
pub struct Note {
    /// Its number.
    pub number: i64,
    /// What was noted, or that another is taken back.
    pub kind: Noting,
    /// Whom it is about.
    pub holder_id: Option<i64>,
    /// The row that it made or changed.
    pub row_id: i64,
    /// The row whose place it took.
    pub before_id: Option<i64>,
    /// From which day it counts.
    pub effective_on: NaiveDate,
    /// Why.
    pub reason: String,
    /// Where the committee's decision is written down.
    pub minute: String,
    /// The note that it takes back.
    pub reverses: Option<i64>,
    /// Its entry in the ledger.
    pub entry: Option<i64>,
    /// When it was recorded, in UTC.
    pub recorded_at: NaiveDateTime,
    /// By whom.
    pub recorded_by: String,
}

pub(in crate::shares) fn insert(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &Deed,
    (kind, reverses): (Noting, Option<i64>),
    new: &NewNote<'_>,
) -> Result<i64, DbError> {
    let last: Option<i64> = share_notes::table.select(diesel::dsl::max(share_notes::number)).first(conn)?;
    let number = last.unwrap_or(0) + 1;
    diesel::insert_into(share_notes::table)
        .values((
            share_notes::number.eq(number),
            share_notes::kind.eq(kind.name()),
            share_notes::holder_id.eq(new.holder),
            share_notes::row_id.eq(new.row),
            share_notes::before_id.eq(new.before),
            share_notes::effective_on.eq(new.effective_on),
            share_notes::reason.eq(new.reason),
            share_notes::minute.eq(new.minute),
            share_notes::reverses.eq(reverses),
            share_notes::entry.eq(new.entry),
            share_notes::recorded_at.eq(now.naive_utc()),
            share_notes::recorded_by.eq(&deed.by),
            share_notes::request_id.eq(&deed.request_id),
        ))
        .execute(conn)?;
    Ok(number)
}

/// The note with this number.
///
/// # Errors
/// Only when the database fails.
pub fn note(conn: &mut Conn, number: i64) -> Result<Option<Note>, DbError> {
    Ok(share_notes::table.find(number).select(Note::as_select()).first(conn).optional()?)
}

/// The note that takes this one back, if any.
///
/// # Errors
/// Only when the database fails.
pub fn reversal_of(conn: &mut Conn, number: i64) -> Result<Option<i64>, DbError> {
    let found = share_notes::table.filter(share_notes::reverses.eq(number)).select(share_notes::number).first(conn);
    Ok(found.optional()?)
}

/// Every note about a row of these kinds, with those that take them back, oldest first.
pub(in crate::shares) fn of_row(conn: &mut Conn, kinds: &[&str], row: i64) -> Result<Vec<Note>, DbError> {
    let about = share_notes::row_id.eq(row).or(share_notes::before_id.eq(row));
    let mut found: Vec<Note> = share_notes::table
        .filter(share_notes::kind.eq_any(kinds.iter().copied()))
        .filter(about)
        .select(Note::as_select())
        .load(conn)?;
    let numbers: Vec<i64> = found.iter().map(|note| note.number).collect();
    let back: Vec<Note> = share_notes::table
        .filter(share_notes::reverses.eq_any(numbers.into_iter().map(Some)))
        .select(Note::as_select())
        .load(conn)?;
    found.extend(back);
    found.sort_by_key(|note| note.number);
    Ok(found)
}

/// The notes about a holder, oldest first.
///
/// # Errors
/// Only when the database fails.
pub fn of_holder(conn: &mut Conn, holder: i64) -> Result<Vec<Note>, DbError> {
    Ok(share_notes::table
        .filter(share_notes::holder_id.eq(holder))
        .order(share_notes::number)
        .select(Note::as_select())
        .load(conn)?)
}

/// Notes of these kinds (of every kind where none is named), the newest first, before a number.
///
/// # Errors
/// Only when the database fails.
pub fn of_kinds(conn: &mut Conn, kinds: &[&str], before: i64, limit: i64) -> Result<Vec<Note>, DbError> {
    let mut wanted = share_notes::table.filter(share_notes::number.lt(before)).into_boxed();
    if !kinds.is_empty() {
        wanted = wanted.filter(share_notes::kind.eq_any(kinds.to_vec()));
    }
    Ok(wanted.order(share_notes::number.desc()).limit(limit).select(Note::as_select()).load(conn)?)
}

/// Which of these notes were taken back, and by which.
///
/// # Errors
/// Only when the database fails.
pub fn reversals_of(conn: &mut Conn, numbers: &[i64]) -> Result<Vec<(i64, i64)>, DbError> {
    let rows: Vec<(Option<i64>, i64)> = share_notes::table
        .filter(share_notes::reverses.eq_any(numbers.iter().copied().map(Some)))
        .select((share_notes::reverses, share_notes::number))
        .load(conn)?;
    Ok(rows.into_iter().filter_map(|(of, by)| of.map(|of| (of, by))).collect())
}

/// How many notes of a kind.
pub(in crate::shares) type OfKind = Vec<(String, i64)>;

/// How many notes there are, the highest number, and how many notes of each kind were taken back.
pub(in crate::shares) fn counts(conn: &mut Conn) -> Result<(i64, i64, OfKind), DbError> {
    let (count, last): (i64, Option<i64>) =
        share_notes::table.select((diesel::dsl::count_star(), diesel::dsl::max(share_notes::number))).first(conn)?;
    let back: Vec<Option<i64>> =
        share_notes::table.filter(share_notes::reverses.is_not_null()).select(share_notes::reverses).load(conn)?;
    let mut kinds: Vec<(String, i64)> = Vec::new();
    for some in back.into_iter().flatten().collect::<Vec<_>>().chunks(1_000) {
        let found: Vec<String> =
            share_notes::table.filter(share_notes::number.eq_any(some)).select(share_notes::kind).load(conn)?;
        for kind in found {
            match kinds.iter_mut().find(|(known, _)| *known == kind) {
                Some((_, count)) => *count += 1,
                None => kinds.push((kind, 1)),
            }
        }
    }
    Ok((count, last.unwrap_or(0), kinds))
}

/// What rows are called, the kinds of note that make them, and how many of them were taken back.
pub(in crate::shares) type TakenBack = (&'static str, &'static [NoteKind], i64);

/// How many rows were taken back, table by table.
pub(in crate::shares) fn taken_back(conn: &mut Conn) -> Result<Vec<TakenBack>, DbError> {
    let deaths = share_deaths::table.filter(share_deaths::taken_back_at.is_not_null()).count().get_result(conn)?;
    let nominations =
        share_nominations::table.filter(share_nominations::taken_back_at.is_not_null()).count().get_result(conn)?;
    let particulars =
        holder_particulars::table.filter(holder_particulars::taken_back_at.is_not_null()).count().get_result(conn)?;
    let suspensions =
        share_suspensions::table.filter(share_suspensions::taken_back_at.is_not_null()).count().get_result(conn)?;
    let officers =
        share_officers::table.filter(share_officers::taken_back_at.is_not_null()).count().get_result(conn)?;
    let meetings =
        share_meetings::table.filter(share_meetings::taken_back_at.is_not_null()).count().get_result(conn)?;
    let inspections =
        share_inspections::table.filter(share_inspections::taken_back_at.is_not_null()).count().get_result(conn)?;
    let interest =
        share_interest_runs::table.filter(share_interest_runs::taken_back_at.is_not_null()).count().get_result(conn)?;
    let estates = share_estates::table.filter(share_estates::taken_back_at.is_not_null()).count().get_result(conn)?;
    let absences =
        share_absences::table.filter(share_absences::taken_back_at.is_not_null()).count().get_result(conn)?;
    Ok(vec![
        ("deaths", &[NoteKind::Death], deaths),
        ("nominations", &[NoteKind::Nomination, NoteKind::Variation], nominations),
        ("changes of particulars", &[NoteKind::Particulars], particulars),
        ("suspensions", &[NoteKind::Suspension], suspensions),
        ("officers", &[NoteKind::Office], officers),
        ("meetings", &[NoteKind::Meeting], meetings),
        ("inspections", &[NoteKind::Inspection], inspections),
        ("declarations of interest", &[NoteKind::Interest], interest),
        ("representatives", &[NoteKind::Estate], estates),
        ("marks of who is gone away", &[NoteKind::GoneAway], absences),
    ])
}
