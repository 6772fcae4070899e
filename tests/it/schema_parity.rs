//! The tables of SQLite, of PostgreSQL and of `src/db/schema.rs` are the same tables.
//!
//! Compared are tables, columns with type and nullability, primary, unique and foreign keys, and indexes by name.
//! What a CHECK says is not read; the tests of each room try it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use diesel::sql_types::{Bool, Integer, Nullable, Text};
use diesel::{Connection, PgConnection, QueryableByName, RunQueryDsl, SqliteConnection, sql_query};
use diesel_migrations::{FileBasedMigrations, MigrationHarness};
use fighting_fund::db::{DatabaseUrl, Db};

use crate::harness::TestApp;

/// Kept by diesel, not by us.
const MIGRATIONS_TABLE: &str = "__diesel_schema_migrations";

/// A table in words that all three can say.
#[derive(Debug, Default, PartialEq, Eq)]
struct Table {
    /// Name to type, "Nullable<Text>" as diesel writes it.
    columns: BTreeMap<String, String>,
    primary_key: Vec<String>,
    /// Columns of each UNIQUE.
    unique: BTreeSet<Vec<String>>,
    /// "column -> table"
    foreign: BTreeSet<String>,
    /// Name to columns, with "partial" at the end where there is a WHERE.
    indexes: BTreeMap<String, Vec<String>>,
}

type Tables = BTreeMap<String, Table>;

#[test]
fn the_migrations_have_the_same_names_on_both_databases() {
    let sqlite = folders("migrations/sqlite");
    let postgres = folders("migrations/postgres");

    assert_eq!(sqlite, postgres);
    assert!(!sqlite.is_empty());
}

#[test]
fn sqlite_has_the_tables_of_the_schema() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("parity.db");

    let tables = sqlite_tables(&path);

    assert_same_columns(&tables, &declared(), "SQLite", "src/db/schema.rs");
}

#[actix_web::test]
async fn postgres_has_the_tables_of_sqlite() {
    let app = TestApp::start().await;
    let folder = tempfile::tempdir().expect("a folder");
    let sqlite = sqlite_tables(&folder.path().join("parity.db"));

    let tables = match app.app.db.url() {
        DatabaseUrl::Postgres(url) => postgres_tables(url),
        DatabaseUrl::Sqlite(path) => read_sqlite(path),
    };

    assert_same_columns(&tables, &declared(), "the database", "src/db/schema.rs");
    for (name, table) in &sqlite {
        assert_eq!(table.unique, tables[name].unique, "unique keys of {name}");
        assert_eq!(table.foreign, tables[name].foreign, "foreign keys of {name}");
        assert_eq!(table.indexes, tables[name].indexes, "indexes of {name}");
    }
}

#[actix_web::test]
async fn every_migration_can_be_taken_back() {
    let mut app = TestApp::start().await;
    app.leave_books_unchecked();

    let left = match app.app.db.url() {
        DatabaseUrl::Postgres(url) => {
            let mut conn = PgConnection::establish(url).expect("a connection");
            let migrations = FileBasedMigrations::from_path(at("migrations/postgres")).expect("the migrations");
            conn.revert_all_migrations(migrations).expect("every down.sql runs");
            postgres_tables(url)
        }
        DatabaseUrl::Sqlite(path) => {
            let mut conn = SqliteConnection::establish(path.to_str().expect("UTF-8")).expect("a connection");
            let migrations = FileBasedMigrations::from_path(at("migrations/sqlite")).expect("the migrations");
            conn.revert_all_migrations(migrations).expect("every down.sql runs");
            read_sqlite(path)
        }
    };

    assert_eq!(left.keys().collect::<Vec<_>>(), Vec::<&String>::new());
}

fn at(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn folders(path: &str) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(at(path))
        .expect("the migrations")
        .map(|entry| entry.expect("an entry"))
        .inspect(|entry| {
            for file in ["up.sql", "down.sql"] {
                assert!(entry.path().join(file).is_file(), "{} has no {file}", entry.path().display());
            }
        })
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

fn assert_same_columns(found: &Tables, declared: &Tables, found_in: &str, declared_in: &str) {
    let names = |tables: &Tables| tables.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(found), names(declared), "tables of {found_in} and of {declared_in}");
    for (name, table) in declared {
        assert_eq!(found[name].columns, table.columns, "columns of {name} in {found_in} and in {declared_in}");
        assert_eq!(found[name].primary_key, table.primary_key, "primary key of {name} in {found_in}");
    }
}

/// Reads the `table!` blocks of `src/db/schema.rs`.
fn declared() -> Tables {
    let text = std::fs::read_to_string(at("src/db/schema.rs")).expect("the schema");
    let mut tables = Tables::new();
    for block in text.split("diesel::table! {").skip(1) {
        let block = block.split("\n}\n").next().expect("a block ends");
        let (head, body) = block.split_once(") {").expect("name (key) {");
        let (name, key) = head.trim().split_once(" (").expect("name (key)");
        let columns = body.lines().filter_map(|line| line.trim().trim_end_matches(',').split_once(" -> "));
        tables.insert(
            name.to_owned(),
            Table {
                columns: columns.map(|(name, kind)| (name.to_owned(), kind.to_owned())).collect(),
                primary_key: key.split(", ").map(str::to_owned).collect(),
                ..Table::default()
            },
        );
    }
    tables
}

fn kind(name: &str, is_nullable: bool) -> String {
    let plain = match name.to_ascii_lowercase().as_str() {
        "integer" | "bigint" => "BigInt",
        "text" => "Text",
        "blob" | "bytea" => "Binary",
        "timestamp" | "timestamp without time zone" => "Timestamp",
        "date" => "Date",
        "boolean" => "Bool",
        other => return format!("unknown type {other}"),
    };
    if is_nullable { format!("Nullable<{plain}>") } else { plain.to_owned() }
}

/// One row of every question asked below.
#[derive(QueryableByName)]
struct Fact {
    #[diesel(sql_type = Text)]
    table_name: String,
    /// The column, or the index that it belongs to.
    #[diesel(sql_type = Text)]
    name: String,
    /// A type, a column of an index, or a table that is pointed at.
    #[diesel(sql_type = Nullable<Text>)]
    detail: Option<String>,
    /// Nullable, or a partial index.
    #[diesel(sql_type = Bool)]
    is_special: bool,
    /// The place in the primary key, 0 outside it; in an index 1 where it is unique.
    #[diesel(sql_type = Integer)]
    place: i32,
}

fn assemble(columns: Vec<Fact>, foreign: Vec<Fact>, indexes: Vec<Fact>) -> Tables {
    let mut tables = Tables::new();
    let mut keys: BTreeMap<(String, i32), String> = BTreeMap::new();
    for fact in columns.into_iter().filter(|fact| fact.table_name != MIGRATIONS_TABLE) {
        let column = kind(fact.detail.as_deref().unwrap_or_default(), fact.is_special);
        if fact.place > 0 {
            keys.insert((fact.table_name.clone(), fact.place), fact.name.clone());
        }
        tables.entry(fact.table_name).or_default().columns.insert(fact.name, column);
    }
    for ((table, _), column) in keys {
        tables.entry(table).or_default().primary_key.push(column);
    }
    for fact in foreign {
        let pointed_at = fact.detail.unwrap_or_default();
        tables.entry(fact.table_name).or_default().foreign.insert(format!("{} -> {pointed_at}", fact.name));
    }
    let mut unique: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    for fact in indexes.into_iter().filter(|fact| fact.table_name != MIGRATIONS_TABLE) {
        let column = fact.detail.unwrap_or_else(|| "an expression".to_owned());
        if fact.place == 1 {
            unique.entry((fact.table_name, fact.name)).or_default().push(column);
        } else {
            let columns = tables.entry(fact.table_name).or_default().indexes.entry(fact.name).or_default();
            columns.retain(|column| column != "partial");
            columns.push(column);
            columns.extend(fact.is_special.then(|| "partial".to_owned()));
        }
    }
    for ((table, _), columns) in unique {
        tables.entry(table).or_default().unique.insert(columns);
    }
    tables
}

/// Migrates a new database and reads it.
fn sqlite_tables(path: &Path) -> Tables {
    let db = Db::open(&DatabaseUrl::Sqlite(path.to_owned()), None).expect("a database");
    db.migrate().expect("the migrations run");
    read_sqlite(path)
}

fn read_sqlite(path: &Path) -> Tables {
    let mut conn = SqliteConnection::establish(path.to_str().expect("UTF-8")).expect("a connection");
    let mut ask = |question: &str| sql_query(question).load::<Fact>(&mut conn).expect("an answer");
    // SQLite calls INTEGER PRIMARY KEY nullable unless NOT NULL is written; it never is.
    let columns =
        ask("SELECT t.name AS table_name, c.name, c.type AS detail, c.\"notnull\" = 0 AS is_special, c.pk AS place \
         FROM sqlite_master t, pragma_table_info(t.name) c WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%'");
    let foreign =
        ask("SELECT t.name AS table_name, f.\"from\" AS name, f.\"table\" AS detail, 0 AS is_special, 0 AS place \
         FROM sqlite_master t, pragma_foreign_key_list(t.name) f WHERE t.type = 'table'");
    let indexes =
        ask("SELECT t.name AS table_name, i.name, c.name AS detail, i.partial AS is_special, i.\"unique\" AS place \
         FROM sqlite_master t, pragma_index_list(t.name) i, pragma_index_info(i.name) c \
         WHERE t.type = 'table' AND i.origin <> 'pk' ORDER BY t.name, i.name, c.seqno");
    assemble(columns, foreign, indexes)
}

fn postgres_tables(url: &str) -> Tables {
    let mut conn = PgConnection::establish(url).expect("a connection");
    let mut ask = |question: &str| sql_query(question).load::<Fact>(&mut conn).expect("an answer");
    let columns =
        ask("SELECT c.relname::text AS table_name, a.attname::text AS name, format_type(a.atttypid, NULL) AS detail, \
         NOT a.attnotnull AS is_special, COALESCE(array_position(k.conkey, a.attnum), 0) AS place \
         FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
         LEFT JOIN pg_constraint k ON k.conrelid = c.oid AND k.contype = 'p' \
         WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace");
    let foreign = ask(
        "SELECT k.conrelid::regclass::text AS table_name, a.attname::text AS name, k.confrelid::regclass::text AS detail, \
         false AS is_special, 0 AS place FROM pg_constraint k \
         JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = ANY(k.conkey) \
         WHERE k.contype = 'f' AND k.connamespace = 'public'::regnamespace",
    );
    let indexes = ask("SELECT c.relname::text AS table_name, x.relname::text AS name, a.attname::text AS detail, \
         i.indpred IS NOT NULL AS is_special, i.indisunique::int AS place \
         FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_class x ON x.oid = i.indexrelid \
         CROSS JOIN unnest(i.indkey::int2[]) WITH ORDINALITY AS k(attnum, seq) \
         LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum AND k.attnum > 0 \
         WHERE NOT i.indisprimary AND c.relnamespace = 'public'::regnamespace ORDER BY c.relname, x.relname, k.seq");
    assemble(columns, foreign, indexes)
}
