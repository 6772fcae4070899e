//! Bad days of the file: backups that are cut off, files that hold no books, books of a newer program, curious neighbours.
//!
//! Nothing that is not whole has a name that promises it, and nothing is begun or changed where something else is.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::Arc;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::{Connection, RunQueryDsl, SqliteConnection};
use fighting_fund::db::DbError;

use crate::bad_days::SmallDisk;
use crate::harness::on_postgres;
use crate::load::{Load, Seen, books_of, give_once};
use crate::program::{Place, text};

const SCOPES: &str = "donations:write,ledger:read";
/// How often a backup is killed.
const KILLS: u32 = 10;
/// Every kind of command that opens the books.
const COMMANDS: [&[&str]; 6] = [
    &["serve"],
    &["migrate"],
    &["verify"],
    &["export", "journal"],
    &["token", "add", "a program", "--scope", "ledger:read"],
    &["backup", "copy.db"],
];

/// A backup is a matter of SQLite, whatever the other tests run on.
fn sqlite_place() -> Place {
    Place::on("sqlite:books/fund.db".to_owned())
}

/// Makes the books so large that a backup takes a while.
fn with_ballast(place: &Place) {
    let mut books = SqliteConnection::establish(&place.path("books/fund.db").display().to_string()).expect("the books");
    books
        .batch_execute(
            "CREATE TABLE ballast (content BLOB NOT NULL); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL \
             SELECT i + 1 FROM n WHERE i < 8000) INSERT INTO ballast SELECT randomblob(4000) FROM n",
        )
        .expect("ballast");
}

/// What a folder holds, hidden files too.
fn names_in(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

fn mode_of(path: &Path) -> u32 {
    std::fs::metadata(path).expect("a file").permissions().mode() & 0o777
}

/// A command on another file than the place's own.
fn run_on(place: &Place, file: &str, arguments: &[&str]) -> Output {
    let mut command = place.command(arguments);
    command.env("DATABASE_URL", format!("sqlite:{file}")).output().expect("the program runs")
}

/// The copy is proved and says what the books say.
fn assert_whole(place: &Place, copy: &str) {
    let verified = run_on(place, copy, &["verify"]);
    assert!(verified.status.success(), "{copy}: {}{}", text(&verified.stdout), text(&verified.stderr));
    let (ours, theirs) = (place.run_well(&["export", "journal"]), run_on(place, copy, &["export", "journal"]));
    assert_eq!(text(&theirs.stdout), ours, "{copy}");
}

#[actix_web::test]
async fn a_killed_backup_leaves_no_file_under_its_final_name() {
    let place = sqlite_place();
    let token = place.token(SCOPES);
    let program = place.serve();
    give_once(&program.url, &token, "before", &Seen::default()).await;
    program.stop();
    with_ballast(&place);
    std::fs::create_dir(place.path("copies")).expect("a folder");
    let start = Instant::now();
    place.run_well(&["backup", "copies/first.db"]);
    let whole = start.elapsed();

    let mut cut_off = 0;
    for moment in 0..KILLS {
        let copy = format!("copies/copy-{moment}.db");
        let mut backup = place.command(&["backup", &copy]).spawn().expect("the program starts");
        std::thread::sleep(whole * moment / KILLS);
        backup.kill().expect("it may have ended");
        backup.wait().expect("it ends");
        if place.path(&copy).exists() {
            assert_whole(&place, &copy);
        } else {
            cut_off += 1;
        }
    }

    assert!(cut_off >= KILLS / 2, "only {cut_off} of {KILLS} were cut off");
    place.run_well(&["backup", "copies/last.db"]);
    assert_whole(&place, "copies/last.db");
    assert_eq!(mode_of(&place.path("copies/last.db")), 0o600);
    let hidden: Vec<String> =
        names_in(&place.path("copies")).into_iter().filter(|name| !name.ends_with(".db")).collect();
    assert_eq!(hidden, Vec::<String>::new(), "left behind");
}

#[test]
fn a_backup_whose_disk_is_full_says_so_and_leaves_nothing() {
    let (place, disk) = (sqlite_place(), SmallDisk::new());
    place.run_well(&["migrate"]);
    with_ballast(&place);

    let copy = disk.path("copy.db").display().to_string();
    let output = disk.command(&place, &["backup", &copy]).output().expect("the program runs");

    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains(&format!("{copy} was not written")) && said.lines().count() == 1, "{said}");
    assert_eq!(names_in(disk.path(".").as_path()), Vec::<String>::new());
}

#[actix_web::test]
async fn a_backup_under_load_is_whole_and_stands_between_its_begin_and_its_end() {
    let place = sqlite_place();
    let seen = Arc::new(Seen::default());
    let token = place.token(SCOPES);
    let program = place.serve();
    let load = Load::start(&program.url, &token, 0, &seen);
    seen.until("gifts before the backup", |seen| seen.count() >= 64).await;

    let begun = seen.count();
    let output = actix_web::web::block({
        let mut backup = place.command(&["backup", "copy.db"]);
        move || backup.output().expect("the program runs")
    });
    let output = output.await.expect("it runs");
    load.end().await;

    assert!(output.status.success(), "{}", text(&output.stderr));
    program.stop();
    let copied = run_on(&place, "copy.db", &["export", "donations"]);
    let gifts = text(&copied.stdout).lines().count() - 1;
    assert!(
        (begun..=seen.count()).contains(&gifts),
        "{gifts} gifts, {begun} when it began, {} at the end",
        seen.count()
    );
    assert!(run_on(&place, "copy.db", &["verify"]).status.success());
}

#[test]
fn a_backup_never_overwrites() {
    let place = sqlite_place();
    place.run_well(&["migrate"]);
    std::fs::write(place.path("letter.txt"), "Dear treasurer").expect("a file");
    std::os::unix::fs::symlink(place.path("nowhere"), place.path("link.db")).expect("a link");

    for name in ["letter.txt", "link.db", "books/fund.db"] {
        let output = place.run(&["backup", name]);
        assert_eq!(output.status.code(), Some(1), "{name}");
        assert!(text(&output.stderr).contains("exists already"), "{name}: {}", text(&output.stderr));
    }

    assert_eq!(std::fs::read(place.path("letter.txt")).expect("a file"), b"Dear treasurer");
    assert!(!place.path("nowhere").exists());
    place.run_well(&["verify"]);
}

/// Files that are there and hold no books: a name, and what they hold.
fn impostors(place: &Place) -> Vec<(PathBuf, Vec<u8>)> {
    place.run_well(&["migrate"]);
    place.run_well(&["backup", "whole.db"]);
    let whole = std::fs::read(place.path("whole.db")).expect("a backup");
    let mut foreign = SqliteConnection::establish(&place.path("foreign.db").display().to_string()).expect("a file");
    foreign.batch_execute("CREATE TABLE recipes (name TEXT)").expect("a table");
    drop(foreign);
    let mut bare = SqliteConnection::establish(&place.path("bare.db").display().to_string()).expect("a file");
    bare.batch_execute("CREATE TABLE t (a); DROP TABLE t").expect("an empty database");
    drop(bare);
    let length = whole.len();
    for (name, bytes) in [
        ("empty.db", &[][..]),
        ("text.db", b"Dear treasurer, the books are in the blue folder.".as_slice()),
        ("header.db", &whole[..50]),
        ("one-page.db", &whole[..4096]),
        ("half.db", &whole[..length / 2]),
        ("one-byte-less.db", &whole[..length - 1]),
        ("no-head.db", &[vec![0; 4096], whole[4096..].to_vec()].concat()),
    ] {
        std::fs::write(place.path(name), bytes).expect("a file");
    }
    let names = ["foreign", "bare", "empty", "text", "header", "one-page", "half", "one-byte-less", "no-head"];
    let paths = names.iter().map(|name| place.path(&format!("{name}.db")));
    paths.map(|path| (path.clone(), std::fs::read(path).expect("a file"))).collect()
}

#[test]
fn a_file_that_holds_no_books_is_refused_by_every_command_and_left_as_it_is() {
    let place = sqlite_place();
    for (path, bytes) in impostors(&place) {
        let file = path.display().to_string();
        for command in COMMANDS {
            let output = run_on(&place, &file, command);

            let said = text(&output.stderr);
            assert_eq!(output.status.code(), Some(1), "{command:?} on {file}: {said}");
            assert!(said.contains(&file) && said.contains("Nothing was changed"), "{command:?} on {file}: {said}");
            assert_eq!(said.lines().count(), 1, "{command:?} on {file}: {said}");
        }
        assert!(std::fs::read(&path).expect("a file") == bytes, "{file} was changed");
        let beside = names_in(place.folder.path()).into_iter().filter(|name| name.contains(".db-"));
        assert_eq!(beside.collect::<Vec<_>>(), Vec::<String>::new(), "{file}");
    }
    assert!(!place.path("copy.db").exists());
}

#[test]
fn a_first_start_that_is_killed_leaves_books_or_no_file() {
    for moment in 0..KILLS {
        let place = sqlite_place();
        let mut first = place.command(&["migrate"]).spawn().expect("the program starts");
        std::thread::sleep(Duration::from_millis(u64::from(moment) * 15));
        first.kill().expect("it may have ended");
        first.wait().expect("it ends");

        place.run_well(&["migrate"]);
        place.run_well(&["verify"]);

        assert!(!names_in(&place.path("books")).iter().any(|name| name.ends_with(".part")), "left behind");
    }
}

#[test]
fn verify_and_export_neither_begin_books_nor_bring_them_up_to_date() {
    let place = sqlite_place();
    for command in [&["verify"][..], &["export", "journal"], &["backup", "copy.db"]] {
        let output = place.run(command);
        assert_eq!(output.status.code(), Some(1));
        assert!(text(&output.stderr).contains("there are no books"), "{}", text(&output.stderr));
    }
    assert!(!place.path("books").exists());

    place.run_well(&["migrate"]);
    let mut books = SqliteConnection::establish(&place.path("books/fund.db").display().to_string()).expect("the books");
    let older =
        "DELETE FROM __diesel_schema_migrations WHERE version = (SELECT MAX(version) FROM __diesel_schema_migrations)";
    diesel::sql_query(older).execute(&mut books).expect("older books");
    drop(books);
    let before = std::fs::read(place.path("books/fund.db")).expect("the books");
    for command in [&["verify"][..], &["export", "journal"]] {
        let output = place.run(command);
        assert_eq!(output.status.code(), Some(1));
        assert!(text(&output.stderr).contains("migrate"), "{}", text(&output.stderr));
    }
    place.run_well(&["backup", "copy.db"]);
    assert!(std::fs::read(place.path("books/fund.db")).expect("the books") == before, "the books were changed");
}

#[test]
fn what_is_opened_to_be_read_refuses_every_change() {
    let place = Place::new();
    place.run_well(&["migrate"]);
    let url = books_of(&place).url().clone();

    let db = fighting_fund::db::Db::open_to_read(&url, None).expect("the books open");

    for change in ["CREATE TABLE t (a INTEGER)", "DELETE FROM funds"] {
        let done = db.read(|conn| Ok::<_, DbError>(diesel::sql_query(change).execute(conn)?));
        assert!(done.is_err(), "{change}");
    }
    assert!(db.migrate().is_err());
    assert!(db.write(|_| Ok::<_, DbError>(())).is_err());
}

#[test]
fn books_of_a_newer_program_stop_every_command_with_a_sentence() {
    let place = Place::new();
    place.run_well(&["migrate"]);
    let newer = "INSERT INTO __diesel_schema_migrations (version) VALUES ('99991231000001')";
    let done = books_of(&place).write(|conn| Ok::<_, DbError>(diesel::sql_query(newer).execute(conn)?));
    assert_eq!(done.expect("a migration of the future"), 1);

    let of_postgres = place.setting("DATABASE_URL").starts_with("postgres");
    let more: [&[&str]; 2] = [&["work"], &["import", "donations", "none.csv"]];
    for command in COMMANDS.into_iter().chain(more) {
        if of_postgres && command[0] == "backup" {
            continue;
        }
        let output = place.run(command);

        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{command:?}: {said}");
        assert!(said.contains("newer program") && said.contains("99991231000001"), "{command:?}: {said}");
        assert_eq!(said.lines().count(), 1, "{command:?}: {said}");
    }
}

#[test]
fn a_database_of_postgres_with_the_tables_of_another_program_is_left_alone() {
    if std::env::var_os("TEST_POSTGRES_URL").is_none() {
        return;
    }
    let place = Place::new();
    on_postgres(place.setting("DATABASE_URL"), "CREATE TABLE recipes (name TEXT)").expect("a table");

    for command in [&["serve"][..], &["migrate"], &["verify"]] {
        let output = place.run(command);
        assert_eq!(output.status.code(), Some(1), "{command:?}");
        assert!(text(&output.stderr).contains("tables of another program"), "{}", text(&output.stderr));
    }
}

#[actix_web::test]
async fn what_the_program_makes_is_for_its_owner_only_and_what_was_open_is_shut() {
    let place = sqlite_place();
    let seen = Seen::default();
    let token = place.token(SCOPES);
    let program = place.serve();
    give_once(&program.url, &token, "private", &seen).await;
    seen.until("a letter", |_| place.path("mail").exists() && names_in(&place.path("mail")).len() == 1).await;
    assert_private(&place);
    program.stop();
    place.run_well(&["backup", "copies.db"]);
    assert_private(&place);

    let open = |name: &str, mode| std::fs::set_permissions(place.path(name), std::fs::Permissions::from_mode(mode));
    open("books/fund.db", 0o644).expect("a mode");
    open("mail", 0o755).expect("a mode");
    let program = place.serve();
    give_once(&program.url, &token, "again", &seen).await;
    seen.until("another letter", |_| names_in(&place.path("mail")).len() == 2).await;
    program.stop();

    assert_eq!(mode_of(&place.path("books/fund.db")), 0o600);
    assert_eq!(mode_of(&place.path("mail")) & 0o007, 0, "the mail folder is open to everybody");
}

/// Every file and folder of the place but the log of the test.
fn assert_private(place: &Place) {
    let mut folders = vec![place.folder.path().to_owned()];
    while let Some(folder) = folders.pop() {
        for name in names_in(&folder).into_iter().filter(|name| name != "log") {
            let path = folder.join(name);
            // A file in the making may have its final name by now.
            let Ok(metadata) = std::fs::metadata(&path) else { continue };
            assert_eq!(metadata.permissions().mode() & 0o077, 0, "{} is open to others", path.display());
            if path.is_dir() {
                folders.push(path);
            }
        }
    }
}
