//! Proves that the database itself can be read: every page of its file, every row of every table.
//!
//! Invariant: it reads and nothing else. What the rows mean is proved by the rooms, which may then rely on it.

use std::collections::VecDeque;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use parking_lot::Mutex;

use super::{Conn, Db, DbError};
use crate::proof::Proof;

/// How much of a database can be asked for.
#[derive(Debug, Clone, Copy)]
enum Reading {
    /// SQLite reads every page and compares every index with its table.
    Sqlite,
    /// So does PostgreSQL, with the extension that `pg_amcheck` uses.
    Amcheck,
    /// Without it, or where this user may not call it, every row is read.
    Rows,
}

impl Reading {
    const fn claim(self) -> &'static str {
        match self {
            Self::Sqlite => "Every page of the file can be read, and every index agrees with its table",
            Self::Amcheck => "Every row can be read, and every index agrees with its table",
            Self::Rows => "Every row can be read (indexes not compared: there is no amcheck for this user)",
        }
    }
}

/// A proof of the whole database in pieces, one a table, that several threads may share.
pub struct FileCheck {
    db: Db,
    reading: Reading,
    count: i64,
    waiting: Mutex<VecDeque<String>>,
    fault: Mutex<Option<String>>,
}

impl FileCheck {
    /// Lists what is to be read.
    ///
    /// # Errors
    /// Only when the database fails.
    pub fn begin(db: &Db) -> Result<Self, DbError> {
        let (tables, reading) = db.read(|conn| Ok::<_, DbError>((tables(conn)?, reading(conn)?)))?;
        let count = i64::try_from(tables.len()).unwrap_or(i64::MAX);
        Ok(Self { db: db.clone(), reading, count, waiting: Mutex::new(tables.into()), fault: Mutex::default() })
    }

    /// Reads tables until none waits or a fault is found.
    ///
    /// # Errors
    /// Only when the database is away: one that cannot be read is a fault.
    pub fn work(&self) -> Result<(), DbError> {
        loop {
            let Some(table) = self.waiting.lock().pop_front() else { return Ok(()) };
            let found = match self.db.snapshot(|conn| fault_of_table(conn, &table, self.reading)) {
                Err(error) if !error.is_passing() || is_damage(&error) => Some(error.to_string()),
                found => found?,
            };
            if let Some(fault) = found {
                self.waiting.lock().clear();
                self.fault.lock().get_or_insert(format!("{table}: {fault}"));
            }
        }
    }

    /// True while no fault was found.
    pub fn is_sound(&self) -> bool {
        self.fault.lock().is_none()
    }

    /// What came of it; the count is that of the tables.
    pub fn proof(&self) -> Proof {
        Proof::of(self.reading.claim(), self.count, self.fault.lock().clone())
    }
}

/// A page that cannot be read from the disk may be readable later; for a proof it is a fault all the same.
fn is_damage(error: &DbError) -> bool {
    error.to_string().contains("disk I/O error")
}

#[derive(QueryableByName)]
struct Said {
    #[diesel(sql_type = Text)]
    said: String,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

fn ask(conn: &mut Conn, question: &str) -> Result<Vec<String>, DbError> {
    let rows: Vec<Said> = diesel::sql_query(question).load(conn)?;
    Ok(rows.into_iter().map(|row| row.said).collect())
}

/// The first fault of a file of SQLite, every page of it read; none where indexes and tables differ only.
pub(super) fn fault_of_pages(conn: &mut Conn) -> Result<Option<String>, DbError> {
    let said = ask(conn, "SELECT quick_check AS said FROM pragma_quick_check LIMIT 1")?;
    Ok(first_fault(&said))
}

/// What SQLite says in several lines, of which the first names the database, as one.
fn first_fault(said: &[String]) -> Option<String> {
    let lines = || said.iter().flat_map(|said| said.lines()).map(str::trim).filter(|line| *line != "ok");
    let fault = lines().find(|line| !line.starts_with("***")).or_else(|| lines().next());
    fault.map(str::to_owned)
}

/// `sqlite_schema` stands for itself and for the pages that no table uses. Those with the most indexes take longest
/// and come first, so that threads that share the tables end together.
const TABLES_SQLITE: &str = "SELECT 'sqlite_schema' AS said UNION ALL SELECT * FROM (SELECT t.name AS said \
    FROM sqlite_master t WHERE t.type = 'table' AND t.rootpage > 0 \
    ORDER BY (SELECT COUNT(*) FROM sqlite_master i WHERE i.tbl_name = t.name) DESC, t.name)";
const TABLES_POSTGRES: &str = "SELECT c.oid::regclass::text AS said FROM pg_class c \
    WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace ORDER BY c.relpages DESC, c.oid";

fn tables(conn: &mut Conn) -> Result<Vec<String>, DbError> {
    let question = match conn {
        Conn::Sqlite(_) => TABLES_SQLITE,
        Conn::Postgres(_) => TABLES_POSTGRES,
    };
    ask(conn, question)
}

/// Both functions, where they can be seen and called.
const AMCHECK: &str = "SELECT COUNT(DISTINCT p.proname) AS count FROM pg_proc p \
    WHERE p.proname IN ('verify_heapam', 'bt_index_check') AND pg_function_is_visible(p.oid) \
    AND has_function_privilege(p.oid, 'EXECUTE')";

fn reading(conn: &mut Conn) -> Result<Reading, DbError> {
    if let Conn::Sqlite(_) = conn {
        return Ok(Reading::Sqlite);
    }
    let functions: Count = diesel::sql_query(AMCHECK).get_result(conn)?;
    Ok(if functions.count == 2 { Reading::Amcheck } else { Reading::Rows })
}

fn fault_of_table(conn: &mut Conn, table: &str, reading: Reading) -> Result<Option<String>, DbError> {
    match reading {
        Reading::Sqlite => fault_in_sqlite(conn, table),
        Reading::Amcheck | Reading::Rows => {
            // A large table takes longer than any statement of a page may.
            diesel::sql_query("SET LOCAL statement_timeout = 0").execute(conn)?;
            if matches!(reading, Reading::Amcheck)
                && let Some(fault) = said_by_amcheck(conn, table)?
            {
                return Ok(Some(fault));
            }
            // No row is an empty text; to know that, each is read whole.
            let question = format!("SELECT COUNT(*) AS count FROM {table} AS whole WHERE whole::text = ''");
            let odd: Count = diesel::sql_query(question).get_result(conn)?;
            Ok((odd.count > 0).then(|| format!("{} rows are empty", odd.count)))
        }
    }
}

/// Only what speaks up; `bt_index_check` speaks by failing.
fn said_by_amcheck(conn: &mut Conn, table: &str) -> Result<Option<String>, DbError> {
    let table = table.replace('\'', "''");
    let rows = ask(conn, &format!("SELECT msg AS said FROM verify_heapam('{table}'::regclass) LIMIT 1"))?;
    let of_indexes = format!(
        "SELECT bt_index_check(i.indexrelid, true)::text AS said FROM pg_index i \
         JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am a ON a.oid = c.relam \
         WHERE i.indrelid = '{table}'::regclass AND i.indisvalid AND a.amname = 'btree'"
    );
    ask(conn, &of_indexes)?;
    Ok(rows.into_iter().next())
}

fn fault_in_sqlite(conn: &mut Conn, table: &str) -> Result<Option<String>, DbError> {
    let quoted = table.replace('\'', "''");
    // quick_check would not notice an index page that holds another page's content: 30 of 100 such files passed it.
    let said = ask(conn, &format!("SELECT integrity_check AS said FROM pragma_integrity_check('{quoted}') LIMIT 1"))?;
    if let Some(fault) = first_fault(&said) {
        return Ok(Some(fault));
    }
    let conditions = ask(conn, &format!("{CONDITIONS} FROM pragma_table_info('{quoted}') WHERE type = 'TEXT'"))?;
    if conditions.is_empty() {
        return Ok(None);
    }
    let table = table.replace('"', "\"\"");
    let question = format!("SELECT COUNT(*) AS count FROM \"{table}\" WHERE {}", conditions.join(" OR "));
    let odd: Count = diesel::sql_query(question).get_result(conn)?;
    Ok((odd.count > 0).then(|| format!("{} rows hold what no program writes", odd.count)))
}

/// A condition for each text that none meets: a zero in it. To know it, each is read whole, also where a long one goes
/// on over pages of its own.
const CONDITIONS: &str = "SELECT 'instr(CAST(\"' || name || '\" AS BLOB), x''00'')' AS said";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::DatabaseUrl;

    #[test]
    fn new_books_have_no_fault_in_any_table() {
        let folder = tempfile::tempdir().expect("a folder");
        let db = Db::open(&DatabaseUrl::Sqlite(folder.path().join("a.db")), None).expect("books");

        let check = FileCheck::begin(&db).expect("a list of tables");
        check.work().expect("it reads");

        let proof = check.proof();
        assert_eq!(proof.fault, None);
        assert!(proof.count > 50, "{} tables", proof.count);
    }
}
