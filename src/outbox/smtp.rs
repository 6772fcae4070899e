//! One conversation with a mail server, step by step, so that each refusal is understood for what it is.
//!
//! Invariant: a password never travels unprotected to another machine. Whether a letter is tried again is left to
//! `rules`; this file only says at whom the server's answer was aimed.

use std::time::{Duration, Instant};

use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::Mechanism;
use lettre::transport::smtp::client::{SmtpConnection, Tls};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt, Rset};

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
}

/// How long a server may take to be reached, and for each answer but the last.
const ANSWER_MAX: Duration = Duration::from_secs(20);
/// How long it may take to accept a whole letter: it may search it for viruses, and giving up early sends it twice.
const ACCEPTANCE_MAX: Duration = Duration::from_secs(120);
/// A connection that has rested this long is not used again; servers hang up on idlers.
const IDLE_MAX: Duration = Duration::from_secs(30);
/// Letters over one connection; many servers end it at a hundred.
const LETTERS_MAX: usize = 90;

/// An open, signed-in connection.
pub(super) struct Line {
    connection: SmtpConnection,
    letters: usize,
    used_at: Instant,
}

impl Line {
    /// Connects, protects the connection and signs in.
    pub(super) fn open(server: &SmtpServer) -> Result<Self, String> {
        let wrapper = if let Tls::Wrapper(parameters) = &server.tls { Some(parameters) } else { None };
        let place = (server.host.as_str(), server.port);
        let named = |error: &Error| format!("the mail server {}:{}: {error}", server.host, server.port);
        let mut connection = SmtpConnection::connect(place, Some(ANSWER_MAX), &server.hello, wrapper, None)
            .map_err(|error| named(&error))?;
        let is_to_be_protected = match &server.tls {
            Tls::Required(_) => true,
            Tls::Opportunistic(_) => connection.can_starttls(),
            Tls::None | Tls::Wrapper(_) => false,
        };
        if let (true, Tls::Required(parameters) | Tls::Opportunistic(parameters)) = (is_to_be_protected, &server.tls) {
            connection.starttls(parameters, &server.hello).map_err(|error| named(&error))?;
        }
        if let Some(credentials) = &server.credentials {
            if matches!(server.tls, Tls::Opportunistic(_)) && !connection.is_encrypted() && !server.is_this_machine {
                connection.abort();
                return Err(format!(
                    "the mail server {} offers no encryption, so it was not told the password",
                    server.host
                ));
            }
            connection.auth(&[Mechanism::Plain, Mechanism::Login], credentials).map_err(|error| named(&error))?;
        }
        Ok(Self { connection, letters: 0, used_at: Instant::now() })
    }

    /// Hands one letter over.
    pub(super) fn carry(&mut self, sealed: &Sealed) -> Result<(), Setback> {
        self.used_at = Instant::now();
        self.letters += 1;
        let outcome = self.converse(sealed);
        // A refusal in words leaves the conversation where both know it. After silence a late answer could be taken
        // for the answer to the next letter, so that connection is given up.
        let is_understood = match &outcome {
            Ok(()) => true,
            Err(Unsent { is_answered: true, setback: Setback::Later(_) | Setback::Refused(_) }) => {
                self.connection.command(Rset).is_ok()
            }
            Err(_) => false,
        };
        if !is_understood {
            self.connection.abort();
        }
        outcome.map_err(|unsent| unsent.setback)
    }

    fn converse(&mut self, sealed: &Sealed) -> Result<(), Unsent> {
        let c = &mut self.connection;
        c.command(Mail::new(Some(sealed.from.clone()), Vec::new())).map_err(|error| unsent(&error, of_sender))?;
        c.command(Rcpt::new(sealed.to.clone(), Vec::new())).map_err(|error| unsent(&error, of_recipient))?;
        c.command(Data).map_err(|error| unsent(&error, of_letter))?;
        // From here on the server may have taken the letter although its answer is lost: that counts as an attempt.
        let silent = |error: std::io::Error| Unsent { setback: Setback::Later(error.to_string()), is_answered: false };
        c.set_timeout(Some(ACCEPTANCE_MAX)).map_err(silent)?;
        c.message(&sealed.bytes).map_err(|error| unsent(&error, |error| Setback::Later(error.to_string())))?;
        if c.set_timeout(Some(ANSWER_MAX)).is_err() {
            // It was accepted; only the next letter would need the connection.
            c.abort();
        }
        Ok(())
    }

    /// Whether the next letter may go over this connection, as far as we know.
    pub(super) fn is_ready(&self) -> bool {
        !self.connection.has_broken() && self.letters < LETTERS_MAX && self.used_at.elapsed() < IDLE_MAX
    }

    /// Whether the server still listens.
    pub(super) fn is_alive(&mut self) -> bool {
        self.is_ready() && self.connection.test_connected()
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.connection.abort();
    }
}

/// A letter that was not taken, and whether the server said so.
struct Unsent {
    setback: Setback,
    is_answered: bool,
}

fn unsent(error: &Error, setback: impl Fn(&Error) -> Setback) -> Unsent {
    Unsent { setback: setback(error), is_answered: error.status().is_some() }
}

fn of_sender(error: &Error) -> Setback {
    Setback::Outage(error.to_string())
}

/// 530, 534, 535 and 538 ask us to sign in (RFC 4954); 421 hangs up (RFC 5321, 3.8). Neither is about the letter.
const ABOUT_US: [u16; 5] = [421, 530, 534, 535, 538];

fn of_recipient(error: &Error) -> Setback {
    match error.status().map(u16::from) {
        Some(code) if ABOUT_US.contains(&code) => Setback::Outage(error.to_string()),
        Some(_) if error.is_permanent() => Setback::Refused(error.to_string()),
        Some(_) => Setback::Later(error.to_string()),
        None => Setback::Outage(error.to_string()),
    }
}

fn of_letter(error: &Error) -> Setback {
    match error.status().map(u16::from) {
        Some(code) if !ABOUT_US.contains(&code) => Setback::Later(error.to_string()),
        _ => Setback::Outage(error.to_string()),
    }
}
