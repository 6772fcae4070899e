//! SQL of the tokens of programs.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;

use crate::db::schema::tokens;
use crate::db::{Conn, DbError};
use crate::staff::{Actor, Scope, Secret};

/// A token, without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Its number.
    pub id: i64,
    /// What its program is called.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// By whom: "staff:3 Jane Doe".
    pub created_by: String,
    /// The member of staff who made it; nobody for the operator.
    pub creator_id: Option<i64>,
    /// When it was taken back.
    pub revoked_at: Option<DateTime<Utc>>,
    pub(in crate::staff) digest: Vec<u8>,
}

type Row = (i64, String, Vec<u8>, String, NaiveDateTime, String, Option<i64>, Option<NaiveDateTime>);

fn token_of((id, name, digest, scopes, created_at, created_by, creator_id, revoked_at): Row) -> Token {
    Token {
        id,
        name,
        digest,
        scopes: scopes.split(',').filter_map(Scope::from_name).collect(),
        created_at: created_at.and_utc(),
        created_by,
        creator_id,
        revoked_at: revoked_at.map(|at| at.and_utc()),
    }
}

/// Every token that ever was, newest first.
pub(in crate::staff) fn all(conn: &mut Conn) -> Result<Vec<Token>, DbError> {
    Ok(tokens::table.order(tokens::id.desc()).load::<Row>(conn)?.into_iter().map(token_of).collect())
}

/// Those that work.
pub(in crate::staff) fn in_force(conn: &mut Conn) -> Result<Vec<Token>, DbError> {
    let rows: Vec<Row> = tokens::table.filter(tokens::revoked_at.is_null()).load(conn)?;
    Ok(rows.into_iter().map(token_of).collect())
}

pub(in crate::staff) fn insert(
    conn: &mut Conn,
    now: DateTime<Utc>,
    name: &str,
    scopes: &[Scope],
    secret: &Secret,
    by: &Actor,
) -> Result<(), DbError> {
    diesel::insert_into(tokens::table)
        .values((
            tokens::name.eq(name),
            tokens::digest.eq(secret.digest().to_vec()),
            tokens::scopes.eq(scopes.iter().map(|scope| scope.name()).collect::<Vec<_>>().join(",")),
            tokens::created_at.eq(now.naive_utc()),
            tokens::created_by.eq(by.who()),
            tokens::creator_id.eq(by.staff_id()),
        ))
        .execute(conn)?;
    Ok(())
}

/// Takes a token back; false when it was not in force.
pub(in crate::staff) fn revoke(conn: &mut Conn, now: DateTime<Utc>, id: i64) -> Result<bool, DbError> {
    let in_force = tokens::table.find(id).filter(tokens::revoked_at.is_null());
    Ok(diesel::update(in_force).set(tokens::revoked_at.eq(now.naive_utc())).execute(conn)? == 1)
}
