//! Bad days, with the real program as a child process: it is killed, its database goes away, its disk is full.
//!
//! What was answered must be in the books exactly once, whatever happened; what was not may be sent again.

use std::sync::Arc;
use std::time::Duration;

use crate::load::{Gift, Load, Seen, assert_booked, give_once, in_hand, mail_in, send_again};
use crate::postmaster::{Postmaster, Protection};
use crate::program::{Cluster, Place, Running, is_root, text};

/// How often the program is killed.
const KILLS: usize = 10;
/// Gifts answered before each blow: enough that others are in hand.
const ANSWERED_BEFORE: usize = 64;
/// The scopes that the clients need.
const SCOPES: &str = "donations:write,ledger:read";

#[actix_web::test]
async fn what_was_answered_survives_kill_nine_ten_times_over() {
    let place = Place::new();
    let seen = Arc::new(Seen::default());
    let token = place.token(SCOPES);

    for round in 0..KILLS {
        let program = place.serve();
        send_again(&program.url, &token, &seen).await;
        let (load, before) = (Load::start(&program.url, &token, round, &seen), seen.count());
        seen.until("gifts before the kill", |seen| seen.count() >= before + ANSWERED_BEFORE).await;
        program.kill();
        load.end().await;
        assert_booked(&place, &seen);
    }
    // What the killed programs had in hand rests until their leases run out.
    let resting = in_hand(&place);
    let program = place.serve();
    send_again(&program.url, &token, &seen).await;
    let folder = place.path("mail");
    let all_but_those = |seen: &Seen| mail_in(&folder).len() + resting >= seen.count();
    seen.until("the letters that no killed program has in hand", all_but_those).await;
    program.stop();

    assert!(seen.count() >= KILLS * ANSWERED_BEFORE);
    assert_booked(&place, &seen);
    let letters = mail_in(&place.path("mail"));
    assert!(letters.values().all(|copies| *copies == 1), "{letters:?}");
    assert!(letters.len() + resting >= seen.count(), "{} and {resting} of {}", letters.len(), seen.count());
}

#[actix_web::test]
async fn sigterm_under_load_finishes_what_is_in_hand() {
    let place = Place::new();
    let seen = Arc::new(Seen::default());
    let token = place.token(SCOPES);
    let mut program = place.serve();
    let load = Load::start(&program.url, &token, 0, &seen);
    seen.until("gifts before the stop", |seen| seen.count() >= ANSWERED_BEFORE).await;

    program.ask_to_stop();
    load.end().await;
    let status = program.ended_within(Duration::from_secs(25));

    assert_eq!(status.and_then(|status| status.code()), Some(0), "{}", program.log());
    assert_booked(&place, &seen);
}

#[actix_web::test]
async fn a_database_that_goes_away_is_answered_with_503_and_comes_back_by_itself() {
    let mut cluster = std::env::var("TEST_POSTGRES_URL").ok().map(|_| Cluster::start_new());
    let place = cluster.as_ref().map_or_else(Place::new, |cluster| Place::on(cluster.url()));
    let seen = Arc::new(Seen::default());
    let token = place.token(SCOPES);
    let program = place.serve();
    let load = Load::start(&program.url, &token, 0, &seen);
    seen.until("gifts before it goes", |seen| seen.count() >= ANSWERED_BEFORE).await;

    match &mut cluster {
        Some(cluster) => {
            cluster.crash();
            seen.until("503 while it is away", |seen| *seen.turned_away.lock() >= ANSWERED_BEFORE).await;
            cluster.start();
        }
        None => hold_sqlite(&place, &seen).await,
    }
    let back = seen.count();
    seen.until("gifts when it is back", |seen| seen.count() >= back + ANSWERED_BEFORE).await;
    load.end().await;
    send_again(&program.url, &token, &seen).await;

    program.stop();
    assert_booked(&place, &seen);
}

/// SQLite does not go away; the nearest is another program that holds it longer than anyone may wait.
async fn hold_sqlite(place: &Place, seen: &Seen) {
    use diesel::connection::{Connection, SimpleConnection};
    let path = place.path("books/fund.db");
    let mut other = diesel::SqliteConnection::establish(&path.display().to_string()).expect("the books open");
    other.batch_execute("PRAGMA busy_timeout = 10000; BEGIN IMMEDIATE").expect("the lock is had");
    seen.until("503 while it is held", |seen| *seen.turned_away.lock() >= crate::load::CLIENTS).await;
    other.batch_execute("ROLLBACK").expect("the lock is given back");
}

#[actix_web::test]
async fn a_full_disk_is_answered_with_503_and_leaves_nothing_half_written() {
    let disk = SmallDisk::new();
    let mut place = Place::on(format!("sqlite:{}", disk.path("fund.db").display()));
    place.set("FF_MAIL", format!("dir:{}", disk.path("mail").display()));
    let seen = Arc::new(Seen::default());
    let token = place.token(SCOPES);
    let program = disk.serve(&place);
    let load = Load::start(&program.url, &token, 0, &seen);

    seen.until("503 when it is full", |seen| *seen.turned_away.lock() >= ANSWERED_BEFORE).await;
    disk.grow(&program);
    let full = seen.count();
    seen.until("gifts when there is room", |seen| seen.count() >= full + ANSWERED_BEFORE).await;
    load.end().await;
    send_again(&program.url, &token, &seen).await;

    program.stop();
    assert_booked(&place, &seen);
}

/// A disk of a few megabytes that can be made larger. Where the system lets nobody mount, the size that a file of the
/// program may have stands in for it.
pub struct SmallDisk {
    folder: tempfile::TempDir,
    is_mounted: bool,
}

impl SmallDisk {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let is_mounted = is_root() && mount("size=6m", &folder.path().display().to_string());
        Self { folder, is_mounted }
    }

    pub fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    fn serve(&self, place: &Place) -> Running {
        place.serve_as(self.command(place, &["serve"]))
    }

    /// The program with these arguments, held to the size of the disk.
    pub fn command(&self, place: &Place, arguments: &[&str]) -> std::process::Command {
        let known = place.command(arguments);
        if self.is_mounted {
            return known;
        }
        let mut shell = std::process::Command::new("sh");
        let program = env!("CARGO_BIN_EXE_fighting-fund");
        shell.args(["-c", "trap '' XFSZ; ulimit -S -f 8192; exec \"$0\" \"$@\"", program]).args(arguments);
        shell.current_dir(place.folder.path()).env_clear();
        shell.envs(known.get_envs().filter_map(|(name, value)| value.map(|value| (name, value))));
        shell
    }

    fn grow(&self, program: &Running) {
        if self.is_mounted {
            assert!(mount("remount,size=512m", &self.folder.path().display().to_string()));
        } else {
            let id = program.id().to_string();
            let grown = std::process::Command::new("prlimit").args(["--pid", &id, "--fsize=unlimited:"]).status();
            assert!(grown.is_ok_and(|status| status.success()), "prlimit");
        }
    }
}

fn mount(options: &str, at: &str) -> bool {
    let mut command = std::process::Command::new("mount");
    let command = command.args(["-t", "tmpfs", "-o", options, "tmpfs", at]).stderr(std::process::Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        if self.is_mounted {
            drop(std::process::Command::new("umount").arg(self.folder.path()).status());
        }
    }
}

#[actix_web::test]
async fn while_the_mail_server_is_away_gifts_go_on_and_their_mail_follows_once() {
    let reserved = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = reserved.local_addr().expect("an address");
    drop(reserved);
    let place = Place::new().with("FF_MAIL", format!("smtp://{address}"));
    let seen = Arc::new(Seen::default());
    let token = place.token(SCOPES);
    let program = place.serve();
    let load = Load::start(&program.url, &token, 0, &seen);
    seen.until("gifts without a mail server", |seen| seen.count() >= ANSWERED_BEFORE).await;
    load.end().await;
    // Letters in hand and letters that wait both outlast the program.
    program.stop();
    let program = place.serve();
    give_once(&program.url, &token, "still-away", &seen).await;

    let server = Postmaster::start_on(std::net::TcpListener::bind(address).expect("its port"), Protection::None);

    seen.until("a letter for each gift", |seen| server.taken().len() >= seen.count()).await;
    program.stop();
    let mut recipients: Vec<String> = server.taken().into_iter().map(|taken| taken.to).collect();
    recipients.sort();
    let mut givers: Vec<String> = seen.answered.lock().keys().map(Gift::email).collect();
    givers.sort();
    assert_eq!(recipients, givers);
    assert_booked(&place, &seen);
}

#[actix_web::test]
async fn a_second_program_on_the_same_port_says_so_and_changes_nothing() {
    let mut place = Place::new();
    let first = place.serve();
    place.set("FF_LISTEN", first.url.trim_start_matches("http://"));

    let second = place.run(&["serve"]);

    assert_eq!(second.status.code(), Some(1));
    assert!(text(&second.stderr).contains("FF_LISTEN"), "{}", text(&second.stderr));
    let seen = Seen::default();
    give_once(&first.url, &place.token(SCOPES), "afterwards", &seen).await;
    first.stop();
    assert_booked(&place, &seen);
}

#[test]
fn a_bad_setting_stops_the_start_with_a_sentence_that_names_it() {
    let cases = [
        ("DATABASE_URL", "mysql://root@localhost/fund"),
        ("DATABASE_READ_URL", "fund.db"),
        ("FF_LISTEN", "8080"),
        ("FF_PUBLIC_URL", "fund.example"),
        ("FF_MAIL", "sendmail"),
        ("FF_MAIL_FROM", "the fund"),
    ];
    for (name, value) in cases {
        let place = Place::on("sqlite:fund.db".to_owned()).with(name, value);

        let output = place.run(&["serve"]);

        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{name}={value}: {said}");
        assert!(said.starts_with(&format!("fighting-fund: {name}: ")), "{name}={value}: {said}");
        assert_eq!(said.lines().count(), 1, "{name}={value}: {said}");
        assert!(!place.path("fund.db").exists(), "{name}={value}: the books were touched");
    }
}

#[test]
fn a_file_of_settings_with_an_unknown_name_stops_the_start() {
    let place = Place::on("sqlite:fund.db".to_owned());
    std::fs::write(place.path("fighting-fund.toml"), "ff_listne = \"127.0.0.1:0\"\n").expect("a file");

    let output = place.run(&["serve"]);

    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("fighting-fund.toml") && said.contains("ff_listne"), "{said}");
}
