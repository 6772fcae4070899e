//! The real program as a child process, with a folder and a database of its own.
//!
//! Nothing is left behind: a child that still runs when its test ends is stopped by its process id.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use diesel::Connection;

use crate::harness::{fresh_postgres, on_postgres};

/// A debug build on a busy machine opens its books within this.
const START_MAX: Duration = Duration::from_secs(60);

/// Where one installation lives: it outlasts the processes that run in it.
pub struct Place {
    pub folder: tempfile::TempDir,
    settings: Vec<(&'static str, String)>,
    postgres: Option<String>,
}

impl Place {
    /// A new folder, with a database on the server of `TEST_POSTGRES_URL` or, without one, in the folder.
    pub fn new() -> Self {
        let server = std::env::var("TEST_POSTGRES_URL").ok();
        let postgres = server.map(|server| fresh_postgres(&server));
        let url = postgres.as_ref().map_or_else(|| "sqlite:books/fund.db".to_owned(), |(_, url)| url.clone());
        let mut place = Self::on(url);
        place.postgres = postgres.map(|(name, _)| name);
        place
    }

    /// A new folder with this database.
    pub fn on(database_url: String) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let settings = vec![
            ("DATABASE_URL", database_url),
            ("FF_LISTEN", "127.0.0.1:0".to_owned()),
            ("FF_PUBLIC_URL", "http://fund.example".to_owned()),
            ("FF_MAIL", "dir:mail".to_owned()),
            ("RUST_LOG", "warn".to_owned()),
            ("RUST_BACKTRACE", "0".to_owned()),
        ];
        Self { folder, settings, postgres: None }
    }

    /// The same with another setting.
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.set(name, value);
        self
    }

    /// Changes a setting for the processes to come.
    pub fn set(&mut self, name: &'static str, value: impl Into<String>) {
        self.settings.retain(|(known, _)| *known != name);
        self.settings.push((name, value.into()));
    }

    /// The value of a setting.
    pub fn setting(&self, name: &str) -> &str {
        self.settings.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value)
    }

    /// A path in the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The program with these arguments, in this place, with these settings and no other.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_fighting-fund"));
        command.args(arguments).current_dir(self.folder.path()).env_clear().stdin(Stdio::null());
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.envs(self.settings.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs a command to its end.
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("the program runs")
    }

    /// Runs a command that must succeed; the answer is its stdout.
    pub fn run_well(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        assert!(output.status.success(), "fighting-fund {} failed:\n{out}\n{err}", arguments.join(" "));
        out
    }

    /// A bearer token made on the command line.
    pub fn token(&self, scopes: &str) -> String {
        let out = self.run_well(&["token", "add", "the test", "--scope", scopes]);
        out.split_whitespace().last().expect("a token").to_owned()
    }

    /// Starts to serve, and waits until it answers.
    pub fn serve(&self) -> Running {
        self.serve_as(self.command(&["serve"]))
    }

    /// Starts to do the background work, and waits until it does.
    pub fn work(&self) -> Running {
        self.serve_as(self.command(&["work"]))
    }

    /// Starts `command`, which serves.
    pub fn serve_as(&self, command: Command) -> Running {
        let log = std::fs::OpenOptions::new().create(true).append(true).open(self.path("log")).expect("a log");
        self.serve_logging_to(log, command)
    }

    /// Starts `command`, which serves, with its log going there.
    pub fn serve_logging_to(&self, log: impl Into<Stdio>, mut command: Command) -> Running {
        let mut child = command.stdout(Stdio::piped()).stderr(log).spawn().expect("the program starts");
        let lines = lines_of(&mut child);
        let mut running = Running { child, url: String::new(), log: self.path("log") };
        let until = Instant::now() + START_MAX;
        while running.url.is_empty() {
            let left = until.saturating_duration_since(Instant::now());
            match lines.recv_timeout(left) {
                Ok(line) if line.starts_with("Working ") => running.url = line,
                Ok(line) => running.url = line.strip_prefix("Serving on ").unwrap_or_default().to_owned(),
                Err(_) => panic!("the program did not start:\n{}", running.log()),
            }
        }
        running
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let (Some(name), Ok(server)) = (&self.postgres, std::env::var("TEST_POSTGRES_URL")) {
            drop(on_postgres(&server, &format!("DROP DATABASE {name} WITH (FORCE)")));
        }
    }
}

/// The lines that a child prints, read to the end so that it never waits for a reader.
fn lines_of(child: &mut Child) -> Receiver<String> {
    let stdout = child.stdout.take().expect("stdout is piped");
    let (lines, received) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            drop(lines.send(line));
        }
    });
    received
}

/// A program that serves.
pub struct Running {
    child: Child,
    /// Where it answers.
    pub url: String,
    log: PathBuf,
}

impl Running {
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// `kill -9`: no chance to tidy up.
    pub fn kill(mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ends");
    }

    /// SIGTERM: asks it to finish.
    pub fn ask_to_stop(&self) {
        let asked = Command::new("kill").args(["-TERM", &self.id().to_string()]).status().expect("kill runs");
        assert!(asked.success());
    }

    /// Waits for it to end by itself, at most this long.
    pub fn ended_within(&mut self, longest: Duration) -> Option<ExitStatus> {
        let until = Instant::now() + longest;
        while Instant::now() < until {
            if let Some(status) = self.child.try_wait().expect("it can be asked") {
                return Some(status);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        None
    }

    /// SIGTERM, and waits: it must end well.
    pub fn stop(mut self) {
        self.ask_to_stop();
        let status = self.ended_within(Duration::from_secs(30));
        assert!(status.is_some_and(|status| status.success()), "it did not end well: {status:?}\n{}", self.log());
    }

    /// What it wrote to stderr.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Fails only when it has ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Where PostgreSQL's own programs are: the newest that the system's packages brought.
fn postgres_bin() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> =
        versions.map(|it| it.path().join("bin")).filter(|it| it.join("pg_ctl").is_file()).collect();
    found.sort();
    found.pop().unwrap_or_else(|| {
        let output = Command::new("pg_config").arg("--bindir").output().expect("pg_config runs");
        Path::new(text(&output.stdout).trim()).to_owned()
    })
}

/// A PostgreSQL of our own that can be stopped and started: it refuses to run as root, so root lends it a user. It ends
/// with the test, however that ends.
pub struct Cluster {
    folder: tempfile::TempDir,
    port: u16,
    server: Option<Child>,
}

impl Cluster {
    /// Makes a cluster and starts it.
    pub fn start_new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        if is_root() {
            let owned = Command::new("chown").arg("postgres").arg(folder.path()).status().expect("chown runs");
            assert!(owned.success(), "there is no user called postgres");
        }
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        drop(listener);
        let mut cluster = Self { folder, port, server: None };
        let mut making = cluster.command("initdb");
        making.args(["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N"]);
        assert!(making.status().expect("initdb runs").success(), "initdb failed:\n{}", cluster.log());
        cluster.start();
        cluster
    }

    /// The address of its database.
    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    pub fn start(&mut self) {
        let mut server = self.command("postgres");
        server.args(["-p", &self.port.to_string(), "-h", "127.0.0.1", "-k"]).arg(self.folder.path());
        self.server = Some(server.spawn().expect("postgres runs"));
        let until = Instant::now() + START_MAX;
        while diesel::PgConnection::establish(&self.url()).is_err() {
            assert!(Instant::now() < until, "PostgreSQL did not start:\n{}", self.log());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Stops at once, as if it had crashed: it recovers from its log when it is started again.
    pub fn crash(&mut self) {
        if let Some(mut server) = self.server.take() {
            let asked = Command::new("kill").args(["-QUIT", &server.id().to_string()]).status();
            assert!(asked.is_ok_and(|status| status.success()), "PostgreSQL was gone:\n{}", self.log());
            server.wait().expect("it ends");
        }
    }

    /// One of PostgreSQL's programs on this cluster, writing into its log.
    fn command(&self, program: &str) -> Command {
        let program = postgres_bin().join(program);
        let mut command = if is_root() {
            let mut command = Command::new("setpriv");
            command.args(["--reuid", "postgres", "--regid", "postgres", "--init-groups", "--pdeathsig", "QUIT", "--"]);
            command.arg(&program);
            command
        } else {
            Command::new(&program)
        };
        let open = || std::fs::OpenOptions::new().create(true).append(true).open(self.folder.path().join("log"));
        command.arg("-D").arg(self.folder.path().join("db")).current_dir("/").stdin(Stdio::null());
        command.stdout(open().expect("a log")).stderr(open().expect("a log"));
        command
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Some(mut server) = self.server.take() {
            drop(Command::new("kill").args(["-QUIT", &server.id().to_string()]).status());
            drop(server.wait());
        }
    }
}

pub fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| text(&output.stdout).trim() == "0")
}
