//! What tells this installation's letters from another's, and signs their return paths.

use diesel::prelude::*;

use crate::db::schema::secrets;
use crate::db::{Conn, DbError};

/// What signs the return paths of letters, made the first time it is asked for.
pub(in crate::outbox) fn return_key(conn: &mut Conn) -> Result<Vec<u8>, DbError> {
    secret(conn, RETURN_PATHS, RETURN_KEY_BYTES)
}

/// What tells this installation's letters from another's, once it was made.
pub(in crate::outbox) fn known_installation(conn: &mut Conn) -> Result<Option<Vec<u8>>, DbError> {
    Ok(secrets::table.find(INSTALLATION).select(secrets::value).first(conn).optional()?)
}

/// What tells this installation's letters from another's, made the first time it is asked for.
pub(in crate::outbox) fn installation(conn: &mut Conn) -> Result<Vec<u8>, DbError> {
    secret(conn, INSTALLATION, INSTALLATION_BYTES)
}

fn secret(conn: &mut Conn, name: &str, bytes: usize) -> Result<Vec<u8>, DbError> {
    if let Some(known) = secrets::table.find(name).select(secrets::value).first(conn).optional()? {
        return Ok(known);
    }
    let mut made = vec![0; bytes];
    getrandom::fill(&mut made).map_err(|error| DbError::System(format!("it gave no random numbers: {error}")))?;
    diesel::insert_into(secrets::table).values((secrets::name.eq(name), secrets::value.eq(&made))).execute(conn)?;
    Ok(made)
}

const RETURN_PATHS: &str = "return-paths";
const RETURN_KEY_BYTES: usize = 32;

const INSTALLATION: &str = "installation";
/// Enough that no two installations ever share one.
const INSTALLATION_BYTES: usize = 8;
