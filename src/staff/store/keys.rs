//! SQL of the key that signs what browsers bring back.

use diesel::prelude::*;

use crate::db::schema::secrets;
use crate::db::{Conn, DbError};

const NAME: &str = "door";

pub(in crate::staff) fn signing_key(conn: &mut Conn) -> Result<Option<Vec<u8>>, DbError> {
    Ok(secrets::table.find(NAME).select(secrets::value).first(conn).optional()?)
}

pub(in crate::staff) fn keep_signing_key(conn: &mut Conn, key: &[u8]) -> Result<(), DbError> {
    diesel::insert_into(secrets::table).values((secrets::name.eq(NAME), secrets::value.eq(key))).execute(conn)?;
    Ok(())
}
