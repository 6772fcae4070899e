//! SIGTERM while the mail server says nothing, with the real program as a child: it ends soon, no letter is lost, and only
//! the one that the server may have taken is offered twice.

use std::time::{Duration, Instant};

use diesel::sql_types::{BigInt, Text};
use diesel::{QueryableByName, RunQueryDsl, sql_query};

use super::*;
use crate::load::{Seen, assert_booked, books_of, give_once};
use crate::postmaster::Step;
use crate::program::{Place, Running};

/// What whoever stops the program waits for: ten seconds for the letters in hand, and a little.
const END_MAX: Duration = Duration::from_secs(15);

/// A program that writes to a server which falls silent at one step of the conversation.
struct House {
    step: Step,
    server: Postmaster,
    place: Place,
    seen: Seen,
    // The authority that it trusts.
    _ca: tempfile::NamedTempFile,
}

impl House {
    fn new(step: Step) -> Self {
        let server = Postmaster::start(Protection::StartTls);
        server.ask_password("secret");
        server.fall_silent_at(Some(step));
        let ca = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(ca.path(), &server.certificate).expect("a certificate");
        let url = format!("smtp://fund:secret@localhost:{}?tls=required&ca={}", server.port, ca.path().display());
        Self { step, server, place: Place::new().with("FF_MAIL", url), seen: Seen::default(), _ca: ca }
    }

    /// A program whose only letter has come as far as it can.
    async fn start(&self) -> Running {
        let token = self.place.token("donations:write");
        let program = self.place.serve();
        give_once(&program.url, &token, "a-giver", &self.seen).await;
        self.seen.until("the silence", |_| self.has_come_to_its_step()).await;
        program
    }

    fn has_come_to_its_step(&self) -> bool {
        match self.step {
            Step::Farewell => self.letter().state == "sent",
            _ => self.server.silences() > 0,
        }
    }

    fn letter(&self) -> LetterRow {
        let question = "SELECT state, attempts, last_error FROM deliveries";
        let row = books_of(&self.place).read(|conn| Ok::<_, DbError>(sql_query(question).get_result(conn)?));
        row.expect("a letter")
    }

    fn expected(&self) -> (&'static str, i64) {
        match self.step {
            Step::Farewell => ("sent", 1),
            Step::Reading | Step::Letter => ("queued", 1),
            _ => ("queued", 0),
        }
    }

    /// How often the server takes the letter in the end: twice where it took it and could not say so.
    fn copies(&self) -> usize {
        if self.step == Step::Letter { 2 } else { 1 }
    }
}

#[derive(QueryableByName)]
struct LetterRow {
    #[diesel(sql_type = Text)]
    state: String,
    #[diesel(sql_type = BigInt)]
    attempts: i64,
    #[diesel(sql_type = Text)]
    last_error: String,
}

#[actix_web::test]
async fn sigterm_ends_the_program_though_the_mail_server_is_mute_at_any_step() {
    let houses: Vec<House> = Step::ALL.into_iter().map(House::new).collect();
    let mut programs = Vec::new();
    for house in &houses {
        programs.push(house.start().await);
    }

    programs.iter().for_each(Running::ask_to_stop);
    let until = Instant::now() + END_MAX;
    for (house, program) in houses.iter().zip(&mut programs) {
        let status = program.ended_within(until.saturating_duration_since(Instant::now()));
        assert_eq!(status.and_then(|it| it.code()), Some(0), "{:?}:\n{}", house.step, program.log());
        let letter = house.letter();
        assert_eq!((letter.state.as_str(), letter.attempts), house.expected(), "{:?}", house.step);
        let is_not_known = letter.last_error.contains("had not answered");
        assert_eq!(is_not_known, matches!(house.step, Step::Reading | Step::Letter), "{:?}", house.step);
    }

    for house in &houses {
        house.server.fall_silent_at(None);
        let program = house.place.serve();
        house.seen.until("the letter after the next start", |_| house.letter().state == "sent").await;
        // The letter may leave before the web answers, and only then is SIGTERM heard.
        reqwest::get(format!("{}/healthz", program.url)).await.expect("an answer");
        program.stop();
        let taken = house.server.taken();
        assert_eq!(taken.len(), house.copies(), "{:?}", house.step);
        assert!(taken.iter().all(|copy| copy.raw == taken[0].raw), "{:?}: two letters, not one twice", house.step);
        assert_booked(&house.place, &house.seen);
    }
}

#[actix_web::test]
async fn sigterm_waits_for_a_mail_server_that_answers_within_seconds() {
    let server = Postmaster::start(Protection::None);
    server.think_for(Duration::from_secs(3));
    let place = Place::new().with("FF_MAIL", format!("smtp://127.0.0.1:{}", server.port));
    let (seen, token) = (Seen::default(), place.token("donations:write"));
    let mut program = place.serve();
    give_once(&program.url, &token, "a-giver", &seen).await;
    seen.until("the whole letter at the server", |_| server.thoughts() > 0).await;

    program.ask_to_stop();
    let status = program.ended_within(END_MAX);

    assert_eq!(status.and_then(|it| it.code()), Some(0), "{}", program.log());
    assert_eq!(server.taken().len(), 1);
    assert_eq!(crate::load::waiting(&place) + crate::load::in_hand(&place), 0);
    assert_booked(&place, &seen);
}
