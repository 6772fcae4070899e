//! SQL of the column: whom to thank, and what the gifts behind a figure add up to.

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use crate::db::schema::donations;
use crate::db::{Conn, DbError};
use crate::donations::{Method, Status};

/// Gifts whose givers agreed to the same words, with what is left of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thanked {
    /// How they want to be thanked; may be empty.
    pub acknowledge_as: String,
    /// True when they do not want to be named.
    pub anonymous: bool,
    /// Whom they gave in memory of; may be empty.
    pub in_memory_of: String,
    /// True when that may be printed.
    pub memory_in_print: bool,
    /// Their sum, less what went back.
    pub kept_minor: i64,
    /// How many.
    pub count: i64,
}

impl Thanked {
    /// Whether anything of it may be printed: a name, or whom they gave in memory of.
    pub fn is_named(&self) -> bool {
        !self.name().is_empty() || !self.memory().is_empty()
    }

    /// The name that may be printed; may be empty.
    pub fn name(&self) -> &str {
        if self.anonymous { "" } else { self.acknowledge_as.trim() }
    }

    /// The memory that may be printed; may be empty.
    pub fn memory(&self) -> &str {
        if self.memory_in_print { self.in_memory_of.trim() } else { "" }
    }
}

type Row = (String, bool, String, bool, i64, i64);

/// Whom to thank for what an appeal received in a span of days and kept, in the order of their words.
///
/// # Errors
/// Only when the database fails.
pub fn thanked(
    conn: &mut Conn,
    appeal_id: i64,
    (from, until): (NaiveDate, NaiveDate),
) -> Result<Vec<Thanked>, DbError> {
    let words = (donations::acknowledge_as, donations::anonymous, donations::in_memory_of, donations::memory_in_print);
    let rows: Vec<Row> = donations::table
        .filter(donations::received_on.between(from, until))
        .filter(donations::appeal_id.eq(appeal_id))
        .filter(donations::entry.is_not_null())
        .filter(donations::returned_minor.lt(donations::amount_minor))
        .group_by(words)
        .select((
            donations::acknowledge_as,
            donations::anonymous,
            donations::in_memory_of,
            donations::memory_in_print,
            diesel::dsl::sql::<BigInt>("CAST(SUM(amount_minor - returned_minor) AS BIGINT)"),
            diesel::dsl::count_star(),
        ))
        .order(donations::acknowledge_as)
        .load(conn)?;
    let thanked = |(acknowledge_as, anonymous, in_memory_of, memory_in_print, kept_minor, count)| Thanked {
        acknowledge_as,
        anonymous,
        in_memory_of,
        memory_in_print,
        kept_minor,
        count,
    };
    Ok(rows.into_iter().map(thanked).collect())
}

/// How many gifts an appeal received in a span of days by one method or by any, and their sum before anything went
/// back.
///
/// # Errors
/// Only when the database fails.
pub fn came(
    conn: &mut Conn,
    appeal_id: i64,
    from: Option<NaiveDate>,
    until: NaiveDate,
    method: Option<Method>,
) -> Result<(i64, i64), DbError> {
    let mut query = donations::table
        .filter(donations::received_on.le(until))
        .filter(donations::appeal_id.eq(appeal_id))
        .filter(donations::entry.is_not_null())
        .filter(donations::status.ne(Status::Cancelled.name()))
        .select((
            diesel::dsl::count_star(),
            diesel::dsl::sql::<BigInt>("CAST(COALESCE(SUM(amount_minor), 0) AS BIGINT)"),
        ))
        .into_boxed();
    if let Some(from) = from {
        query = query.filter(donations::received_on.ge(from));
    }
    if let Some(method) = method {
        query = query.filter(donations::method.eq(method.name()));
    }
    Ok(query.first(conn)?)
}
