//! All SQL of the words that supporters are found by.
//!
//! Invariant: a search finds everybody at any time. Words are written behind the gifts, by the worker, so that a gift
//! costs nothing more; whoever has none yet is looked at one by one.

use diesel::prelude::*;

use crate::db::schema::{supporter_words, supporters};
use crate::db::{Conn, DbError};
use crate::supporters::Named;
use crate::supporters::rules::{self, Asked};

/// Who matches a search.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Matching {
    /// The newest of them; all where there are not many.
    pub ids: Vec<i64>,
    /// What finds the others, where there are many.
    pub(crate) words: Vec<Asked>,
}

impl Matching {
    /// This one only.
    pub fn one(id: i64) -> Self {
        Self { ids: vec![id], words: Vec::new() }
    }
}

/// More than so many are not named one by one.
const NAMED_MAX: usize = 2_000;

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
        let until = |word: &str| format!("{word}{}", char::MAX);
        let column = $crate::db::schema::supporter_words::word;
        let begins = column.ge(first.clone()).and(column.lt(until(first)));
        begins.or(column.ge(second.clone()).and(column.lt(until(second))))
    }};
}
pub(crate) use words_begin;

/// Entries of the index that are counted to find the rarest word of a search.
const COUNTED_MAX: i64 = 20_000;

/// The supporters with a word in name or e-mail address that begins like each word of `text`, newest first.
///
/// # Errors
/// Only when the database fails.
pub fn matching(conn: &mut Conn, text: &str) -> Result<Matching, DbError> {
    let mut asked = rules::asked(text);
    if asked.is_empty() {
        return Ok(Matching::default());
    }
    let mut rarest = (i64::MAX, 0);
    for (at, one) in asked.iter().enumerate().filter(|_| asked.len() > 1) {
        let some = supporter_words::table.filter(words_begin!(one)).select(supporter_words::supporter_id);
        let count = some.limit(COUNTED_MAX).load::<i64>(conn)?.len() as i64;
        rarest = rarest.min((count, at));
    }
    asked.swap(0, rarest.1);
    let mut query = supporter_words::table
        .filter(words_begin!(&asked[0]))
        .select(supporter_words::supporter_id)
        .distinct()
        .order(supporter_words::supporter_id.desc())
        .limit(NAMED_MAX as i64 + 1)
        .into_boxed();
    let other = diesel::alias!(supporter_words as other_words);
    for [first, second] in &asked[1..] {
        let until = |word: &str| format!("{word}{}", char::MAX);
        let column = other.field(supporter_words::word);
        let begins = column.ge(first.clone()).and(column.lt(until(first)));
        let begins = begins.or(column.ge(second.clone()).and(column.lt(until(second))));
        let theirs = other
            .filter(other.field(supporter_words::supporter_id).eq(supporter_words::supporter_id))
            .filter(begins)
            .select(other.field(supporter_words::supporter_id));
        query = query.filter(diesel::dsl::exists(theirs));
    }
    let mut ids: Vec<i64> = query.load(conn)?;
    let is_many = ids.len() > NAMED_MAX;
    ids.extend(without_words(conn, &asked)?);
    ids.sort_unstable_by(|one, other| other.cmp(one));
    ids.dedup();
    Ok(Matching { ids, words: if is_many { asked } else { Vec::new() } })
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
