//! Bad days of the log and of the program's own threads, with the real program as a child process.
//!
//! A log that nobody can write changes nothing; a thread that falls ends the program, which says so until it is gone.

use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use reqwest::StatusCode;

use crate::harness::TestApp;
use crate::load::{Load, Seen, assert_booked, give_once};
use crate::program::{Place, Running, text};

const SCOPES: &str = "donations:write,ledger:read";
/// Gifts after which a log of every step has long been more than any pipe holds.
const GIFTS: usize = 100;

/// Serves with its log going there, and with more to log than usual.
fn serve_logging_to(place: &mut Place, log: impl Into<Stdio>) -> Running {
    place.set("RUST_LOG", "trace");
    let running = place.serve_logging_to(log, place.command(&["serve"]));
    place.set("RUST_LOG", "warn");
    running
}

/// Gifts are taken while it serves, it stops as it was asked to, and the books hold.
async fn gifts_go_on(mut place: Place, log: impl Into<Stdio>) {
    let seen = Arc::new(Seen::default());
    let token = place.token(SCOPES);
    let program = serve_logging_to(&mut place, log);
    let load = Load::start(&program.url, &token, 0, &seen);
    seen.until("gifts though nobody can be told", |seen| seen.count() >= GIFTS).await;
    load.end().await;
    program.stop();
    assert_booked(&place, &seen);
}

#[actix_web::test]
async fn gifts_go_on_when_the_reader_of_the_log_is_gone() {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    gifts_go_on(Place::new(), writer).await;
}

#[actix_web::test]
async fn gifts_go_on_when_the_reader_of_the_log_has_stopped_reading() {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    gifts_go_on(Place::new(), writer).await;
    drop(reader);
}

#[actix_web::test]
async fn gifts_go_on_when_the_disk_of_the_log_is_full() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("a full disk");
    gifts_go_on(Place::new(), full).await;
}

#[actix_web::test]
async fn a_program_that_nobody_listens_to_serves_all_the_same() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("an address");
    let place = Place::new().with("FF_LISTEN", port.to_string());
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let (out, err) = (writer.try_clone().expect("a pipe"), writer);
    let mut program = place.command(&["serve"]).stdout(out).stderr(err).spawn().expect("the program starts");

    let mut status = None;
    for _ in 0..600 {
        status = reqwest::get(format!("http://{port}/readyz")).await.ok().map(|answer| answer.status());
        if status.is_some() {
            break;
        }
        actix_web::rt::time::sleep(Duration::from_millis(100)).await;
    }

    program.kill().expect("it still runs");
    program.wait().expect("it ends");
    assert_eq!(status, Some(StatusCode::OK));
}

#[test]
fn a_command_whose_answer_cannot_be_written_fails_and_one_whose_reader_has_gone_does_not() {
    let place = Place::new();
    place.run_well(&["migrate"]);
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("a full disk");
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);

    let failed = place.command(&["verify"]).stdout(full).output().expect("the program runs");
    let content = place.command(&["verify"]).stdout(writer).output().expect("the program runs");

    assert_eq!(failed.status.code(), Some(1));
    assert!(text(&failed.stderr).contains("stdout cannot be written"), "{}", text(&failed.stderr));
    assert_eq!((content.status.code(), text(&content.stderr).as_str()), (Some(0), ""));
}

/// In builds without the lever nothing can make a thread fall.
#[cfg(debug_assertions)]
#[actix_web::test]
async fn a_thread_that_falls_ends_the_program_and_until_then_it_is_not_ready() {
    let threads = ["till", "worker", "progress", "checkpoint"];
    let of_postgres = std::env::var_os("TEST_POSTGRES_URL").is_some();
    for name in threads.into_iter().filter(|name| !(of_postgres && *name == "checkpoint")) {
        let place = Place::new();
        let place = {
            let fall = place.path("fall").display().to_string();
            place.with("FF_TEST_FALL", format!("{name}@{fall}"))
        };
        let seen = Arc::new(Seen::default());
        let token = place.token(SCOPES);
        let mut program = place.serve();
        give_once(&program.url, &token, "before", &seen).await;

        std::fs::write(place.path("fall"), "").expect("a file");
        let load = Load::start(&program.url, &token, 1, &seen);
        let watch = actix_web::rt::spawn(watch(format!("{}/readyz", program.url)));
        let status =
            actix_web::web::block(move || (program.ended_within(Duration::from_secs(20)), program.log())).await;
        load.end().await;

        let (status, log) = status.expect("a thread that waits");
        assert_eq!(status.and_then(|status| status.code()), Some(1), "{name}: {log}");
        assert!(log.contains("a thread ended that must not") && log.contains(name), "{name}: {log}");
        let answers = watch.await.expect("it ends with the program");
        let fell = answers.iter().position(|status| *status != StatusCode::OK).unwrap_or(answers.len());
        assert!(answers[fell..].iter().all(|status| *status == StatusCode::SERVICE_UNAVAILABLE), "{name}: {answers:?}");
        // What was answered is there; the next start goes on as if nothing had been.
        let place = place.with("FF_TEST_FALL", "");
        let program = place.serve();
        crate::load::send_again(&program.url, &token, &seen).await;
        program.stop();
        assert_booked(&place, &seen);
    }
}

/// Asks until nobody answers.
#[cfg(debug_assertions)]
async fn watch(url: String) -> Vec<StatusCode> {
    let (client, mut answers) = (reqwest::Client::new(), Vec::new());
    while let Ok(answer) = client.get(&url).send().await {
        answers.push(answer.status());
        actix_web::rt::time::sleep(Duration::from_millis(2)).await;
    }
    answers
}

#[cfg(debug_assertions)]
#[test]
fn a_worker_that_falls_ends_work_with_exit_code_1() {
    let place = Place::new();
    let fall = place.path("fall").display().to_string();
    let place = place.with("FF_TEST_FALL", format!("worker@{fall}"));
    let mut program = place.work();

    std::fs::write(place.path("fall"), "").expect("a file");
    let status = program.ended_within(Duration::from_secs(20));

    assert_eq!(status.and_then(|status| status.code()), Some(1), "{}", program.log());
}

#[actix_web::test]
async fn from_the_moment_a_thread_has_fallen_nothing_says_that_all_is_well() {
    let app = TestApp::start().await;
    let status = async |path: &str| app.client.get(app.at(path)).send().await.expect("an answer").status();
    assert_eq!((status("/readyz").await, status("/healthz").await), (StatusCode::OK, StatusCode::OK));

    app.app.threads.note_fall("till");

    let (ready, healthy) = (status("/readyz").await, status("/healthz").await);
    assert_eq!((ready, healthy), (StatusCode::SERVICE_UNAVAILABLE, StatusCode::SERVICE_UNAVAILABLE));
}
