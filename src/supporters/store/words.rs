//! All SQL of the words that supporters are found by.
//!
//! Invariant: a search finds everybody at any time. Words are written behind the gifts, by the worker, so that a gift
//! costs nothing more; whoever has none yet is looked at one by one.

use std::collections::BTreeSet;

use diesel::prelude::*;

use crate::db::schema::{supporter_words, supporters};
use crate::db::{Conn, DbError};
use crate::supporters::Named;
use crate::supporters::rules::{self, Asked};

/// Who matches a search.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Matching {
    /// All of them, newest first; only some where there are many.
    pub ids: Vec<i64>,
    /// What finds all, where there are many.
    pub(crate) words: Vec<Asked>,
}

impl Matching {
    /// This one only.
    pub fn one(id: i64) -> Self {
        Self { ids: vec![id], words: Vec::new() }
    }
}

/// Narrows a boxed query to the rows whose supporter matches; the column may be nullable.
macro_rules! narrowed {
    ($query:expr, $column:expr, $matching:expr) => {{
        let found: $crate::supporters::Matching = $matching;
        if found.words.is_empty() {
            $query.filter($column.eq_any(found.ids))
        } else {
            let mut query = $query;
            for one in &found.words {
                let word = $crate::supporters::words_begin!(one);
                let theirs = $crate::db::schema::supporter_words::table
                    .filter($crate::db::schema::supporter_words::supporter_id.nullable().eq($column.nullable()))
                    .filter(word);
                query = query.filter(diesel::dsl::exists(theirs).or($column.eq_any(found.ids.clone())));
            }
            query
        }
    }};
}
pub(crate) use narrowed;

/// The words that begin in one of the two ways: ranges of an index.
macro_rules! words_begin {
    ($one:expr) => {{
        let [first, second] = $one;
        let column = $crate::db::schema::supporter_words::word;
        let begins = column.ge(first.clone()).and(column.lt($crate::supporters::end_of(first)));
        begins.or(column.ge(second.clone()).and(column.lt($crate::supporters::end_of(second))))
    }};
}
pub(crate) use words_begin;

/// The supporters with a word in name or e-mail address that begins like each word of `text`, newest first.
///
/// # Errors
/// Only when the database fails.
pub fn matching(conn: &mut Conn, text: &str) -> Result<Matching, DbError> {
    let asked = rules::asked(text);
    let mut few: Option<BTreeSet<i64>> = None;
    let (mut common, mut some) = (Vec::new(), BTreeSet::new());
    for one in &asked {
        let (ids, is_all) = having(conn, one)?;
        if is_all {
            few = Some(few.map_or_else(|| ids.clone(), |known| known.intersection(&ids).copied().collect()));
        } else {
            common.push(one);
            some = ids;
        }
    }
    // A word of thousands is looked for among those who have the rarer one.
    let is_many = few.is_none() && !common.is_empty();
    let mut ids = few.unwrap_or(some);
    for one in common {
        ids = those_with(conn, &ids, one)?;
    }
    ids.extend(without_words(conn, &asked)?);
    Ok(Matching { ids: ids.into_iter().rev().collect(), words: if is_many { asked } else { Vec::new() } })
}

/// Entries of the index that are read for one way to write one word.
const READ_MAX: i64 = 4_000;

/// The supporters with a word, and whether these are all.
fn having(conn: &mut Conn, one: &Asked) -> Result<(BTreeSet<i64>, bool), DbError> {
    let (mut ids, mut is_all) = (BTreeSet::new(), true);
    for way in BTreeSet::from_iter(one) {
        let read: Vec<i64> = supporter_words::table
            .filter(supporter_words::word.ge(way))
            .filter(supporter_words::word.lt(end_of(way)))
            .limit(READ_MAX)
            .select(supporter_words::supporter_id)
            .load(conn)?;
        is_all &= (read.len() as i64) < READ_MAX;
        ids.extend(read);
    }
    Ok((ids, is_all))
}

/// Supporters asked for in one statement, below SQLite's limit of placeholders.
const IDS_PER_QUERY_MAX: usize = 1_000;

fn those_with(conn: &mut Conn, ids: &BTreeSet<i64>, one: &Asked) -> Result<BTreeSet<i64>, DbError> {
    let (all, mut with): (Vec<i64>, _) = (ids.iter().copied().collect(), BTreeSet::new());
    for some in all.chunks(IDS_PER_QUERY_MAX) {
        for way in BTreeSet::from_iter(one) {
            let found: Vec<i64> = supporter_words::table
                .filter(supporter_words::supporter_id.eq_any(some.to_vec()))
                .filter(supporter_words::word.ge(way))
                .filter(supporter_words::word.lt(end_of(way)))
                .select(supporter_words::supporter_id)
                .load(conn)?;
            with.extend(found);
        }
    }
    Ok(with)
}

/// What stands behind every word that begins so.
pub(crate) fn end_of(word: &str) -> String {
    format!("{word}{}", char::MAX)
}

type PersonRow = (i64, String, Option<String>, String);

/// Up to whom words are written.
fn written_up_to(conn: &mut Conn) -> Result<i64, DbError> {
    let last: Option<i64> =
        supporter_words::table.select(diesel::dsl::max(supporter_words::supporter_id)).first(conn)?;
    Ok(last.unwrap_or(0))
}

fn next(conn: &mut Conn, after: i64, limit: i64) -> Result<Vec<PersonRow>, DbError> {
    Ok(supporters::table
        .filter(supporters::id.gt(after))
        .order(supporters::id)
        .limit(limit)
        .select((supporters::id, supporters::name, supporters::email, supporters::identity))
        .load(conn)?)
}

/// Supporters read at a time.
const STEP: i64 = 2_000;

fn without_words(conn: &mut Conn, asked: &[Asked]) -> Result<Vec<i64>, DbError> {
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    let mut after = written_up_to(conn)?;
    loop {
        let some = next(conn, after, STEP)?;
        let Some((last, ..)) = some.last() else { return Ok(found) };
        after = *last;
        for (id, name, email, _) in &some {
            let words = rules::words(name, email.as_deref());
            let has = |one: &Asked| words.iter().any(|word| one.iter().any(|way| word.starts_with(way.as_str())));
            if asked.iter().all(has) {
                found.push(*id);
            }
        }
    }
}

/// True when somebody waits for their words.
///
/// # Errors
/// Only when the database fails.
pub fn is_behind(conn: &mut Conn) -> Result<bool, DbError> {
    let after = written_up_to(conn)?;
    Ok(!next(conn, after, 1)?.is_empty())
}

/// Writes the words of the next supporters, a bounded number; true when more may be left. Who was entered before names
/// were folded gets the identity that they would get now, unless another has it: then staff say who is the same.
///
/// # Errors
/// Only when the database fails.
pub fn catch_up(conn: &mut Conn) -> Result<bool, DbError> {
    let after = written_up_to(conn)?;
    let some = next(conn, after, STEP)?;
    for (id, name, email, identity) in &some {
        let person = Named { name: name.clone(), email: email.clone() };
        write(conn, *id, &person)?;
        let now = rules::identity_of(&person, *id);
        // One that leads to another keeps the mark that tells the two apart.
        let is_told_apart = identity.contains("\n#") && person.email.is_some();
        if *identity != now && !is_told_apart {
            let taken = supporters::table.filter(supporters::identity.eq(&now)).select(supporters::id);
            if taken.first::<i64>(conn).optional()?.is_none() {
                diesel::update(supporters::table.find(id)).set(supporters::identity.eq(&now)).execute(conn)?;
            }
        }
    }
    Ok(some.len() as i64 == STEP)
}

fn write(conn: &mut Conn, id: i64, person: &Named) -> Result<(), DbError> {
    let mut words = rules::words(&person.name, person.email.as_deref());
    if words.is_empty() {
        // Whoever left neither name nor address has one word that nobody asks for: it says that they were read.
        words.push(String::new());
    }
    let rows: Vec<_> =
        words.into_iter().map(|word| (supporter_words::word.eq(word), supporter_words::supporter_id.eq(id))).collect();
    for row in rows {
        diesel::insert_into(supporter_words::table).values(row).execute(conn)?;
    }
    Ok(())
}

/// Writes the words of somebody who is called otherwise now, where they were written before.
pub(in crate::supporters) fn forget(conn: &mut Conn, id: i64, person: &Named) -> Result<(), DbError> {
    if id > written_up_to(conn)? {
        return Ok(());
    }
    diesel::delete(supporter_words::table.filter(supporter_words::supporter_id.eq(id))).execute(conn)?;
    write(conn, id, person)
}
