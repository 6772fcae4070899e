//! A consistent copy of an embedded database, taken while others read and write.
//!
//! Invariant: what has a backup's name is whole, checked, on disk, and for its owner's eyes only.

use std::path::Path;

use diesel::prelude::*;
use diesel::sql_types::Text;

use super::connect::{self, Access};
use super::schema::entries;
use super::whole_file::WholeFile;
use super::{Conn, DatabaseUrl, Db, DbError, verify};

/// The last entry: its number and its hash.
type Head = Option<(i64, Vec<u8>)>;

impl Db {
    /// Writes a copy to `path`, as of one moment. It has that name once it was read back and proved.
    ///
    /// # Errors
    /// When the file exists, cannot be written, or the books are on PostgreSQL, which has `pg_dump` for it.
    pub fn backup(&self, path: &Path) -> Result<(), DbError> {
        let DatabaseUrl::Sqlite(_) = &self.0.url else {
            return Err(DbError::Open("on PostgreSQL, use pg_dump for backups".to_owned()));
        };
        if path.symlink_metadata().is_ok() {
            return Err(exists(path));
        }
        let unwritten = |why: &dyn std::fmt::Display| {
            DbError::Unwritten(format!("{} was not written, and nothing of it is left: {why}", path.display()))
        };
        let copy = WholeFile::begin(path).map_err(|error| unwritten(&error))?;
        let before = self.read(head)?;
        self.read(|conn| copy_into(conn, copy.path())).map_err(|error| unwritten(&error))?;
        self.prove(copy.path(), &before).map_err(|error| unwritten(&error))?;
        copy.finish().map_err(|error| match error.kind() {
            std::io::ErrorKind::AlreadyExists => exists(path),
            _ => unwritten(&error),
        })
    }

    /// Reads a copy back: every page, and that its last entry is one of ours, no older than when the copy was begun.
    fn prove(&self, copy: &Path, before: &Head) -> Result<(), DbError> {
        let mut conn = connect::sqlite(copy, Access::Read, "PRAGMA query_only = ON")?;
        if let Some(fault) = verify::fault_of_pages(&mut conn)? {
            return Err(DbError::Corrupt(format!("the copy reads back with a fault: {fault}")));
        }
        let copied = head(&mut conn)?;
        let number = copied.as_ref().map_or(0, |(number, _)| *number);
        let ours = self.read(|conn| hash_of(conn, number))?;
        let is_ours = copied.as_ref().map(|(_, hash)| hash) == ours.as_ref();
        if is_ours && number >= before.as_ref().map_or(0, |(number, _)| *number) {
            Ok(())
        } else {
            Err(DbError::Corrupt(format!("the copy ends with entry {number}, and the books do not know it so")))
        }
    }
}

fn copy_into(conn: &mut Conn, path: &Path) -> Result<(), DbError> {
    let text = path.to_str().ok_or_else(|| DbError::Open("the path of the backup is not UTF-8".to_owned()))?;
    let Conn::Sqlite(c) = conn else { return Err(DbError::Open("only SQLite copies itself".to_owned())) };
    // query_only would forbid it, though it writes another file only.
    diesel::sql_query("PRAGMA query_only = OFF").execute(c)?;
    let copied = diesel::sql_query("VACUUM INTO ?").bind::<Text, _>(text).execute(c);
    diesel::sql_query("PRAGMA query_only = ON").execute(c)?;
    Ok(copied.map(drop)?)
}

fn exists(path: &Path) -> DbError {
    DbError::Unwritten(format!("{} exists already; a backup never overwrites", path.display()))
}

fn head(conn: &mut Conn) -> Result<Head, DbError> {
    let newest = entries::table.select((entries::number, entries::hash)).order(entries::number.desc());
    Ok(newest.first(conn).optional()?)
}

fn hash_of(conn: &mut Conn, number: i64) -> Result<Option<Vec<u8>>, DbError> {
    Ok(entries::table.find(number).select(entries::hash).first(conn).optional()?)
}
