//! Behind a real nginx, with the very configuration that operators are given, and a restart behind it.

use std::net::{SocketAddr, TcpListener};
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rcgen::{CertifiedKey, generate_simple_self_signed};

use crate::line::{Line, form, get, place_of};
use crate::program::{Place, Running, is_root};
use crate::tools::is_installed;

const STREAM: &str = "/funds/fighting-fund/progress/stream";
const GIVE: &str = "/funds/fighting-fund/donations";
/// Streams that one address may hold (docs/operators/proxy.md).
const STREAMS_MAX: usize = 100;

/// An nginx of our own; it ends with the test.
struct Nginx {
    child: Child,
    folder: tempfile::TempDir,
    at: SocketAddr,
    certificate: String,
}

impl Nginx {
    /// Starts it in front of `program` with docs/operators/nginx.conf, of which only the places are changed.
    async fn before(program: SocketAddr) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let names = vec!["localhost".to_owned()];
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed(names).expect("a certificate");
        let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("a file");
        write("fullchain.pem", &cert.pem());
        write("privkey.pem", &signing_key.serialize_pem());
        let (plain, at) = (free_port(), free_port());
        let here = folder.path().display().to_string();
        let mut site = std::fs::read_to_string("docs/operators/nginx.conf").expect("the page for operators");
        for (said, meant) in [
            ("127.0.0.1:8080", program.to_string()),
            ("listen 80;", format!("listen {plain};")),
            ("listen 443 ssl;", format!("listen {at} ssl;")),
            ("/etc/letsencrypt/live/fund.paper.example", here.clone()),
            ("/var/log/nginx", here.clone()),
        ] {
            assert!(site.contains(said), "{said}");
            site = site.replace(said, &meant);
        }
        write("site.conf", &site);
        let user = if is_root() { "user root;" } else { "" };
        let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|name| format!("    {name}_temp_path {here}/{name};\n"))
            .concat();
        write(
            "nginx.conf",
            &format!(
                "daemon off;\n{user}\npid {here}/pid;\nerror_log {here}/error.log;\nworker_processes 1;\n\
                 events {{ worker_connections 2048; }}\nhttp {{\n{temporary}    include {here}/site.conf;\n}}\n"
            ),
        );
        let mut command = Command::new("nginx");
        command.args(["-p", &here, "-e", &format!("{here}/error.log"), "-c", &format!("{here}/nginx.conf")]);
        let child = command.stdin(Stdio::null()).spawn().expect("nginx starts");
        let nginx = Self { child, folder, at, certificate: cert.pem() };
        let until = Instant::now() + Duration::from_secs(20);
        while nginx.try_line(1).await.is_err() {
            assert!(Instant::now() < until, "nginx did not start: {}", nginx.log());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        nginx
    }

    async fn try_line(&self, host: u8) -> std::io::Result<Line> {
        Line::open_tls(self.at, host, &self.certificate).await
    }

    /// A connection from 127.0.0.<host>.
    async fn line(&self, host: u8) -> Line {
        self.try_line(host).await.expect("a connection")
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("error.log")).unwrap_or_default()
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // Its workers end with it; kill -9 would leave them behind.
        drop(Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status());
        drop(self.child.wait());
    }
}

fn free_port() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port")
}

/// Opens a stream; the answer is its status.
async fn open_stream(line: &mut Line) -> u16 {
    line.write(&get(STREAM, "X-Forwarded-For: 192.0.2.99\r\n")).await.expect("a request");
    line.head().await.expect("an answer").0
}

fn gift(key: &str) -> String {
    let (method, email) = ("bank_transfer", format!("{key}@giver.example"));
    form(GIVE, &[("amount", "5.00"), ("method", method), ("name", "A Reader"), ("email", &email), ("key", key)])
}

/// Five pounds of cash that a program with this token records.
fn cash(token: &str, key: &str) -> String {
    let body = r#"{"amount":"5.00","method":"cash"}"#;
    format!(
        "POST /api/v1/funds/fighting-fund/donations HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\
         Idempotency-Key: {key}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

async fn filled_by_one_reader(nginx: &Nginx) -> Vec<Line> {
    let mut held = Vec::new();
    for _ in 0..STREAMS_MAX {
        let mut line = nginx.line(5).await;
        assert_eq!(open_stream(&mut line).await, 200);
        held.push(line);
    }
    assert_eq!(open_stream(&mut nginx.line(5).await).await, 503);
    held
}

#[actix_web::test]
async fn behind_a_named_proxy_each_reader_has_their_own_limits_and_without_the_name_all_are_one() {
    if !is_installed("nginx") {
        return;
    }
    for (trusted, neighbour) in [(Some("127.0.0.1"), 200), (None, 503)] {
        let mut place = Place::new();
        if let Some(trusted) = trusted {
            place.set("FF_TRUSTED_PROXY", trusted);
        }
        let program = place.serve();
        let nginx = Nginx::before(place_of(&program.url)).await;

        let held = filled_by_one_reader(&nginx).await;
        let status = open_stream(&mut nginx.line(6).await).await;

        assert_eq!(status, neighbour, "{trusted:?}");
        drop((held, nginx));
    }
}

#[actix_web::test]
async fn behind_nginx_events_come_at_once_forms_are_taken_and_large_bodies_are_refused() {
    if !is_installed("nginx") {
        return;
    }
    let place = Place::new().with("FF_TRUSTED_PROXY", "127.0.0.1").with("FF_PUBLIC_URL", "https://localhost");
    let token = place.token("donations:write");
    let program = place.serve();
    let nginx = Nginx::before(place_of(&program.url)).await;
    let mut stream = nginx.line(5).await;
    assert_eq!(open_stream(&mut stream).await, 200);
    while !stream.line().await.expect("the figure").contains("\"raised\":\"0.00\"") {}

    // One connection carries one request after the other.
    let mut line = nginx.line(6).await;
    assert_eq!(line.ask(&get("/funds/fighting-fund", "")).await.expect("a page").status, 200);
    assert_eq!(line.ask(&gift("behind-nginx")).await.expect("an answer").status, 303);
    assert_eq!(line.ask(&cash(&token, "one")).await.expect("an answer").status, 201);
    let since = Instant::now();
    while !stream.line().await.expect("an event").contains("\"raised\":\"5.00\"") {}
    assert!(since.elapsed() < Duration::from_secs(1), "{:?}", since.elapsed());

    let large = format!("POST {GIVE} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 40000000\r\n\r\n");
    assert_eq!(nginx.line(7).await.ask(&large).await.expect("an answer").status, 413);
    let long = "x".repeat(100_000);
    let form = form(GIVE, &[("amount", "5.00"), ("note", &long)]);
    assert_eq!(nginx.line(7).await.ask(&form).await.expect("an answer").status, 413);
    let metrics = nginx.line(7).await.ask(&get("/metrics", "")).await.expect("an answer").status;
    assert_eq!(metrics, 403, "nobody behind a proxy is on the machine itself");
}

/// Starts the program as systemd does: with a socket that is not its own.
fn serve_on(place: &Place, socket: &TcpListener) -> Running {
    let mut command = Command::new("sh");
    let program: PathBuf = env!("CARGO_BIN_EXE_fighting-fund").into();
    command.args(["-c", "LISTEN_FDS=1 LISTEN_PID=$$ exec \"$0\" serve 3<&0 </dev/null"]).arg(program);
    let known = place.command(&["serve"]);
    command.env_clear().current_dir(place.folder.path());
    command.envs(known.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.stdin(Stdio::from(OwnedFd::from(socket.try_clone().expect("a socket"))));
    place.serve_as(command)
}

#[actix_web::test]
async fn a_restart_behind_nginx_drops_no_request() {
    if !is_installed("nginx") {
        return;
    }
    let place = Arc::new(Place::new().with("FF_TRUSTED_PROXY", "127.0.0.1"));
    let token = place.token("donations:write");
    let socket = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let mut program = serve_on(&place, &socket);
    let nginx = Arc::new(Nginx::before(socket.local_addr().expect("an address")).await);
    let (stop, given) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let readers: Vec<_> = (0..6)
        .map(|reader: u8| {
            let (nginx, stop, given, token) = (nginx.clone(), stop.clone(), given.clone(), token.clone());
            actix_web::rt::spawn(async move {
                let mut line = nginx.line(10 + reader).await;
                while !stop.load(Ordering::SeqCst) {
                    let number = given.fetch_add(1, Ordering::SeqCst);
                    let answer = line.ask(&cash(&token, &format!("restart-{reader}-{number}"))).await;
                    assert_eq!(answer.map(|answer| answer.status), Some(201), "a gift was dropped");
                }
            })
        })
        .collect();

    for _ in 0..3 {
        tokio::time::sleep(Duration::from_millis(700)).await;
        // Away from this thread, so that the readers go on meanwhile.
        let (place, socket) = (place.clone(), socket.try_clone().expect("a socket"));
        let restarted = tokio::task::spawn_blocking(move || {
            program.stop();
            serve_on(&place, &socket)
        });
        program = restarted.await.expect("a restart");
    }
    tokio::time::sleep(Duration::from_millis(700)).await;
    stop.store(true, Ordering::SeqCst);
    for reader in readers {
        reader.await.expect("no gift was dropped");
    }

    assert!(given.load(Ordering::SeqCst) > 20, "{given:?}");
    program.stop();
    assert!(!nginx.log().contains("[error]"), "{}", nginx.log());
}
