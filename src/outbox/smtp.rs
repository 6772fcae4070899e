//! One conversation with a mail server, step by step, so that each refusal is understood for what it is.
//!
//! Invariant: a password never travels unprotected to another machine, and no step has all the time in the world: each
//! answer has its limit, and when the program is asked to stop, all of them together have [`LEFT_AT_STOP`]. Whether a
//! letter is tried again is left to `rules`; this file only says at whom the server's answer was aimed.

use std::cell::Cell;
use std::future::Future;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::Mechanism;
use lettre::transport::smtp::client::{AsyncSmtpConnection, Tls};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt, Rset};
use tokio::runtime::{Builder, Runtime};

use super::message::Sealed;
use super::settings::SmtpServer;

/// Why a letter was not handed over.
#[derive(Debug)]
pub(super) enum Setback {
    /// The server is away or takes nothing from us; no letter is to blame.
    Outage(String),
    /// This letter may go better later.
    Later(String),
    /// This recipient is refused for good.
    Refused(String),
    /// We hung up before the server said whether it took the letter.
    NotKnown(String),
}

/// How long a server may take to be reached, to greet us and to name its abilities.
const REACHED_MAX: Duration = Duration::from_secs(40);
/// How long it may take for each answer after that but the last.
const ANSWER_MAX: Duration = Duration::from_secs(20);
/// How long it may take to accept a whole letter: it may search it for viruses, and giving up early sends it twice.
const ACCEPTANCE_MAX: Duration = Duration::from_secs(120);
/// How long a farewell may take. Nothing depends on it.
const FAREWELL_MAX: Duration = Duration::from_secs(1);
/// What is left to the letters in hand when the program is asked to stop: most servers answer within a second, and
/// whoever stops a service waits for it.
const LEFT_AT_STOP: Duration = Duration::from_secs(10);
/// How often a conversation looks whether the program is to stop.
const LOOKS_EVERY: Duration = Duration::from_millis(100);
/// A connection that has rested this long is not used again; servers hang up on idlers.
const IDLE_MAX: Duration = Duration::from_secs(30);
/// Letters over one connection; many servers end it at a hundred.
const LETTERS_MAX: usize = 90;

/// Whether the program is asked to stop, and how long it has been since.
pub(super) struct Stop<'a> {
    is_asked: &'a AtomicBool,
    seen_at: OnceLock<Instant>,
}

impl<'a> Stop<'a> {
    pub(super) fn new(is_asked: &'a AtomicBool) -> Self {
        Self { is_asked, seen_at: OnceLock::new() }
    }

    pub(super) fn is_asked(&self) -> bool {
        let is_asked = self.is_asked.load(Ordering::SeqCst);
        if is_asked {
            self.seen_at.get_or_init(Instant::now);
        }
        is_asked
    }

    /// Ends when nothing is waited for any more.
    async fn is_over(&self) {
        while !self.is_asked() {
            tokio::time::sleep(LOOKS_EVERY).await;
        }
        let passed = self.seen_at.get_or_init(Instant::now).elapsed();
        tokio::time::sleep(LEFT_AT_STOP.saturating_sub(passed)).await;
    }
}

const CUT: &str = "the program was to stop, and the mail server had not answered yet";

/// An open, signed-in connection.
pub(super) struct Line {
    // Before its driver, which must still be there when it is closed.
    connection: AsyncSmtpConnection,
    driver: Driver,
    letters: usize,
    used_at: Instant,
}

impl Line {
    /// Connects, protects the connection and signs in.
    pub(super) fn open(server: &SmtpServer, stop: &Stop) -> Result<Self, String> {
        let driver = Driver::new().map_err(|error| format!("no mail server can be spoken to: {error}"))?;
        let opened = driver.run(stop, open(server)).unwrap_or_else(|| Err(Failure::of(CUT)));
        let named = |failure: Failure| format!("the mail server {}:{}: {}", server.host, server.port, failure.words);
        Ok(Self { connection: opened.map_err(named)?, driver, letters: 0, used_at: Instant::now() })
    }

    /// Hands one letter over. The connection comes back if the next letter may go over it.
    pub(super) fn carry(mut self, sealed: &Sealed, stop: &Stop) -> (Result<(), Setback>, Option<Self>) {
        let is_offered = Cell::new(false);
        let Some(outcome) = self.driver.run(stop, converse(&mut self.connection, sealed, &is_offered)) else {
            // Without its end the letter does not exist for the server (RFC 5321, 3.3), and closed is closed.
            let setback = if is_offered.get() { Setback::NotKnown } else { Setback::Outage };
            return (Err(setback(CUT.to_owned())), None);
        };
        self.letters += 1;
        self.used_at = Instant::now();
        // A refusal in words leaves the conversation where both know it. After silence a late answer could be taken
        // for the answer to the next letter, so that connection is given up.
        let is_understood = match &outcome {
            Ok(()) => true,
            Err(Unsent { is_answered: true, setback: Setback::Later(_) | Setback::Refused(_) }) => {
                let reset = self.driver.run(stop, within(ANSWER_MAX, self.connection.command(Rset)));
                reset.is_some_and(|answer| answer.is_ok())
            }
            Err(_) => false,
        };
        let outcome = outcome.map_err(|unsent| unsent.setback);
        if is_understood && self.is_ready() {
            return (outcome, Some(self));
        }
        self.hang_up();
        (outcome, None)
    }

    /// Whether the next letter may go over this connection, as far as we know.
    pub(super) fn is_ready(&self) -> bool {
        !self.connection.has_broken() && self.letters < LETTERS_MAX && self.used_at.elapsed() < IDLE_MAX
    }

    /// Whether the server still listens.
    pub(super) fn is_alive(&mut self, stop: &Stop) -> bool {
        let listens = async { tokio::time::timeout(ANSWER_MAX, self.connection.test_connected()).await };
        self.driver.run(stop, listens).is_some_and(|answer| answer.unwrap_or(false))
    }

    /// Takes leave; without an answer it is closed all the same. Not to be called where tasks run: it waits.
    pub(super) fn hang_up(mut self) {
        let farewell = async { tokio::time::timeout(FAREWELL_MAX, self.connection.abort()).await };
        if self.driver.block_on(farewell).is_none_or(|farewell| farewell.is_err()) {
            tracing::debug!("a mail server did not answer our farewell");
        }
    }
}

/// Drives one connection, on whichever thread holds it.
struct Driver(Option<Runtime>);

impl Driver {
    fn new() -> std::io::Result<Self> {
        Builder::new_current_thread().enable_all().build().map(|runtime| Self(Some(runtime)))
    }

    fn block_on<T>(&self, conversation: impl Future<Output = T>) -> Option<T> {
        self.0.as_ref().map(|runtime| runtime.block_on(conversation))
    }

    /// None when the program could not wait for the end. What was not said by then is not said any more.
    fn run<T>(&self, stop: &Stop, conversation: impl Future<Output = T>) -> Option<T> {
        let bounded = async {
            tokio::select! {
                biased;
                outcome = conversation => Some(outcome),
                () = stop.is_over() => None,
            }
        };
        self.block_on(bounded).flatten()
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            // Nobody waits for a name that is still being looked up.
            runtime.shutdown_background();
        }
    }
}

async fn open(server: &SmtpServer) -> Result<AsyncSmtpConnection, Failure> {
    let wrapper = if let Tls::Wrapper(parameters) = &server.tls { Some(parameters.clone()) } else { None };
    let place = (server.host.as_str(), server.port);
    let reached = AsyncSmtpConnection::connect_tokio1(place, Some(ANSWER_MAX), &server.hello, wrapper, None);
    let mut connection = within(REACHED_MAX, reached).await?;
    let is_to_be_protected = match &server.tls {
        Tls::Required(_) => true,
        Tls::Opportunistic(_) => connection.can_starttls(),
        Tls::None | Tls::Wrapper(_) => false,
    };
    if let (true, Tls::Required(parameters) | Tls::Opportunistic(parameters)) = (is_to_be_protected, &server.tls) {
        within(ANSWER_MAX, connection.starttls(parameters.clone(), &server.hello)).await?;
    }
    if let Some(credentials) = &server.credentials {
        if matches!(server.tls, Tls::Opportunistic(_)) && !connection.is_encrypted() && !server.is_this_machine {
            return Err(Failure::of("it offers no encryption, so it was not told the password"));
        }
        within(ANSWER_MAX, connection.auth(&[Mechanism::Plain, Mechanism::Login], credentials)).await?;
    }
    Ok(connection)
}

async fn converse(c: &mut AsyncSmtpConnection, sealed: &Sealed, is_offered: &Cell<bool>) -> Result<(), Unsent> {
    let mail = Mail::new(Some(sealed.from.clone()), Vec::new());
    within(ANSWER_MAX, c.command(mail)).await.map_err(|failure| unsent(failure, of_sender))?;
    let recipient = Rcpt::new(sealed.to.clone(), Vec::new());
    within(ANSWER_MAX, c.command(recipient)).await.map_err(|failure| unsent(failure, of_recipient))?;
    within(ANSWER_MAX, c.command(Data)).await.map_err(|failure| unsent(failure, of_letter))?;
    // From here on the server may have taken the letter although its answer is lost: that counts as an attempt.
    is_offered.set(true);
    let accepted = within(ACCEPTANCE_MAX, c.message(&sealed.bytes)).await;
    accepted.map(drop).map_err(|failure| unsent(failure, |failure| Setback::Later(failure.words)))
}

/// An answer that was a refusal, or did not come.
struct Failure {
    /// Of the refusal.
    code: Option<u16>,
    is_permanent: bool,
    words: String,
}

impl Failure {
    fn of(words: &str) -> Self {
        Self { code: None, is_permanent: false, words: words.to_owned() }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let code = error.status().map(u16::from);
        Self { code, is_permanent: error.is_permanent(), words: error.to_string() }
    }
}

async fn within<T>(longest: Duration, step: impl Future<Output = Result<T, Error>>) -> Result<T, Failure> {
    match tokio::time::timeout(longest, step).await {
        Ok(answer) => Ok(answer?),
        Err(_) => Err(Failure::of(&format!("there was no answer within {} seconds", longest.as_secs()))),
    }
}

/// A letter that was not taken, and whether the server said so.
struct Unsent {
    setback: Setback,
    is_answered: bool,
}

fn unsent(failure: Failure, setback: impl Fn(Failure) -> Setback) -> Unsent {
    Unsent { is_answered: failure.code.is_some(), setback: setback(failure) }
}

fn of_sender(failure: Failure) -> Setback {
    Setback::Outage(failure.words)
}

/// 530, 534, 535 and 538 ask us to sign in (RFC 4954); 421 hangs up (RFC 5321, 3.8). Neither is about the letter.
const ABOUT_US: [u16; 5] = [421, 530, 534, 535, 538];

fn of_recipient(failure: Failure) -> Setback {
    match failure.code {
        Some(code) if ABOUT_US.contains(&code) => Setback::Outage(failure.words),
        Some(_) if failure.is_permanent => Setback::Refused(failure.words),
        Some(_) => Setback::Later(failure.words),
        None => Setback::Outage(failure.words),
    }
}

fn of_letter(failure: Failure) -> Setback {
    match failure.code {
        Some(code) if !ABOUT_US.contains(&code) => Setback::Later(failure.words),
        _ => Setback::Outage(failure.words),
    }
}
