//! The real program, or a rival, as a child process on a free port.

use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A server that is killed when it is no longer needed.
pub struct Program {
    child: Child,
    pub address: SocketAddr,
}

/// The program, with books of its own and nothing but warnings in its log.
pub fn command(database: &str, folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fighting-fund"));
    command
        .env("DATABASE_URL", database)
        .env("FF_LISTEN", "127.0.0.1:0")
        // Mail is queued with each gift; nobody listens on the discard port, so that sending it is not measured too.
        .env("FF_MAIL", "smtp://127.0.0.1:9?tls=none")
        .env("RUST_LOG", "error")
        .current_dir(folder);
    command
}

impl Program {
    /// Starts `command` and waits until it says where it serves.
    pub fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().expect("the server starts");
        let mut lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        let line = lines.by_ref().map_while(Result::ok).find(|line| line.contains("Serving on http://"));
        let line = line.expect("the server says where it serves");
        let at = line.find("http://").expect("it is in the line") + "http://".len();
        let address = line[at..].trim().parse().expect("an address");
        // Read on, so that the pipe never fills.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, address }
    }

    /// A figure of `/proc/PID/status`, in MB.
    pub fn megabytes(&self, name: &str) -> f64 {
        megabytes(self.child.id(), name).unwrap_or(f64::NAN)
    }
}

/// A figure of a process's status, in MB.
pub fn megabytes(pid: u32, name: &str) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with(name))?;
    line.split_whitespace().nth(1)?.parse::<f64>().ok().map(|kilobytes| kilobytes / 1024.0)
}

impl Drop for Program {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A bearer token with these scopes.
pub fn token(database: &str, folder: &Path, scopes: &str) -> String {
    token_by(command(database, folder), scopes)
}

/// A bearer token with these scopes, made by this program: an earlier one cannot read what a later one migrated.
pub fn token_by(mut add: Command, scopes: &str) -> String {
    let made = add.args(["token", "add", "bench", "--scope", scopes]).output().expect("a token");
    assert!(made.status.success(), "token add: {}", String::from_utf8_lossy(&made.stderr));
    String::from_utf8(made.stdout).expect("a token is text").trim().to_owned()
}

/// The password of the bench's own staff.
const PASSWORD: &str = "four words in a row";

/// Somebody of this role, who can be signed in.
pub fn add_staff(database: &str, folder: &Path, role: &str) {
    let arguments = ["staff", "add", "s@example.org", "--name", "S", "--role", role, "--password-stdin"];
    let mut add = command(database, folder);
    let mut child = add.args(arguments).stdin(Stdio::piped()).stdout(Stdio::null()).spawn().expect("it starts");
    writeln!(child.stdin.take().expect("it is piped"), "{PASSWORD}").expect("a password");
    assert!(child.wait().expect("a child").success());
}

/// A browser in which they have signed in.
pub async fn signed_in(base: &str) -> reqwest::Client {
    let client = reqwest::Client::builder().cookie_store(true).build().expect("a client");
    let form = [("email", "s@example.org"), ("password", PASSWORD)];
    let answer = client.post(format!("{base}/desk/sign-in")).form(&form).send().await.expect("an answer");
    assert!(answer.status().is_success(), "{}", answer.status());
    client
}
