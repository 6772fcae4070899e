//! A consistent copy of an embedded database, taken while others read and write.

use std::path::Path;

use diesel::RunQueryDsl;
use diesel::sql_types::Text;

use super::{Conn, Db, DbError};

impl Db {
    /// Writes a copy to `path`, as of one moment.
    ///
    /// # Errors
    /// When the file exists, cannot be written, or the books are on PostgreSQL, which has `pg_dump` for it.
    pub fn backup(&self, path: &Path) -> Result<(), DbError> {
        let text = path.to_str().ok_or_else(|| DbError::Open("the path of the backup is not UTF-8".to_owned()))?;
        if path.exists() {
            return Err(DbError::Open(format!("{text} exists already; a backup never overwrites")));
        }
        self.read(|conn| match conn {
            // query_only would forbid it, though it writes another file only.
            Conn::Sqlite(c) => {
                diesel::sql_query("PRAGMA query_only = OFF").execute(c)?;
                let copied = diesel::sql_query("VACUUM INTO ?").bind::<Text, _>(text).execute(c);
                diesel::sql_query("PRAGMA query_only = ON").execute(c)?;
                copied?;
                let is_on_disk = std::fs::File::open(path).and_then(|file| file.sync_all());
                is_on_disk.map_err(|error| DbError::Open(format!("{text} was not written to disk: {error}")))
            }
            Conn::Postgres(_) => Err(DbError::Open("on PostgreSQL, use pg_dump for backups".to_owned())),
        })
    }
}
