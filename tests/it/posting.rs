//! Mail of the real program as a child process: its server is away, several processes share the work, it is told to stop.
//!
//! Whatever happens, every letter arrives once.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::net::TcpListener;
use std::time::{Duration, Instant};

use crate::postmaster::{Postmaster, Protection};
use crate::program::Place;

/// A busy machine sends a few dozen letters within this.
const PATIENCE: Duration = Duration::from_secs(60);

/// A place whose mail goes to this port of the machine.
fn place_with_mail(port: u16) -> Place {
    Place::new().with("FF_MAIL", format!("smtp://127.0.0.1:{port}"))
}

/// Takes gifts into the books of a place that is at rest.
fn import_gifts(place: &Place, gifts: usize) {
    let mut csv = "amount,method,email,key\n".to_owned();
    for n in 0..gifts {
        writeln!(csv, "5.00,cash,r{n}@example.org,k{n}").expect("a string");
    }
    std::fs::write(place.path("gifts.csv"), csv).expect("a file");
    place.run_well(&["fund", "add", "fighting-fund", "--title", "Fund", "--target", "18000.00", "--monthly"]);
    place.run_well(&["import", "donations", "gifts.csv", "--letters"]);
}

async fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let until = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < until, "in vain: {what}");
        actix_web::rt::time::sleep(Duration::from_millis(10)).await;
    }
}

fn assert_each_once(server: &Postmaster, letters: usize) {
    let taken = server.taken();
    let recipients: BTreeSet<&str> = taken.iter().map(|taken| taken.to.as_str()).collect();
    assert_eq!((taken.len(), recipients.len()), (letters, letters));
}

fn free_address() -> std::net::SocketAddr {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port")
}

#[actix_web::test]
async fn gifts_go_on_while_the_mail_server_is_away_and_the_mail_follows_once() {
    let address = free_address();
    let place = place_with_mail(address.port());
    import_gifts(&place, 5);
    let program = place.serve();
    wait_until("word of the outage", || program.log().contains("mail cannot be sent")).await;
    let page = reqwest::get(format!("{}/funds/fighting-fund", program.url)).await.expect("an answer");
    assert_eq!(page.status(), 200);

    let server = Postmaster::start_on(TcpListener::bind(address).expect("the same port"), Protection::None);
    wait_until("five letters", || server.taken().len() >= 5).await;

    program.stop();
    assert_each_once(&server, 5);
    assert!(place.run_well(&["verify"]).contains("Every failed letter says why (0)"));
}

#[actix_web::test]
async fn two_processes_share_the_mail_and_send_nothing_twice() {
    const LETTERS: usize = 150;
    let server = Postmaster::start(Protection::None);
    let place = place_with_mail(server.port);
    import_gifts(&place, LETTERS);

    let (one, other) = (place.serve(), place.work());
    wait_until("all letters", || server.taken().len() >= LETTERS).await;

    one.stop();
    other.stop();
    assert_each_once(&server, LETTERS);
}

#[actix_web::test]
async fn sigterm_finishes_the_letters_in_hand_and_leaves_the_others_for_the_next_start() {
    const LETTERS: usize = 60;
    let server = Postmaster::start(Protection::None);
    server.think_for(Duration::from_millis(300));
    let place = place_with_mail(server.port);
    import_gifts(&place, LETTERS);
    let program = place.work();
    wait_until("a letter", || !server.taken().is_empty()).await;

    program.stop();

    let before = server.taken().len();
    assert!(before < LETTERS, "it did not stop before the last letter");
    server.think_for(Duration::ZERO);
    let program = place.work();
    wait_until("the other letters", || server.taken().len() >= LETTERS).await;
    program.stop();
    assert_each_once(&server, LETTERS);
}
