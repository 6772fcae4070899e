//! What the program says: its log on stderr, and what a command was asked for on stdout.
//!
//! Invariant: a log that cannot be written, or that nobody reads, neither ends the program nor holds it up. What a
//! command was asked for is another matter: if that cannot be written, the command fails.

use std::fmt::Display;
use std::io::{ErrorKind, IsTerminal, Write};
use std::os::fd::AsFd;
use std::time::Duration;

use parking_lot::Mutex;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::prelude::*;

use super::Failure;
use crate::http::log;

/// Bytes that a pipe with room takes at once, without holding the writer up (`PIPE_BUF` on Linux).
const PIECE: usize = 4096;
/// How long a reader who is slow, not gone, may keep a line waiting; once, until it reads again.
const PATIENCE: Duration = Duration::from_millis(50);

/// Logs go to stderr, so that stdout is only what a command was asked for. `RUST_LOG` says how much,
/// `FF_LOG=json` says for machines. A panic is a line of the log like others.
pub(super) fn start_log() {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info,actix_server=warn"));
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(Log)
        .log_internal_errors(false)
        .with_ansi(std::io::stderr().is_terminal());
    let lines = match std::env::var("FF_LOG").as_deref() {
        Ok("json") => lines.json().boxed(),
        _ => lines.boxed(),
    };
    tracing_subscriber::registry().with(filter).with(filter_fn(log::is_fit)).with(lines).init();
    std::panic::set_hook(Box::new(|panic| {
        let backtrace = std::backtrace::Backtrace::capture();
        tracing::error!(%panic, %backtrace, thread = std::thread::current().name(), "a thread panicked");
    }));
}

/// Says on stderr why a command failed, in one line.
pub(super) fn complain(error: &dyn Display) {
    LOG.lock().write(format!("fighting-fund: {error}\n").as_bytes());
}

/// Says on stdout how it stands with a program that runs on, whether or not anybody reads it.
pub(super) fn tell(line: impl Display) {
    put(&std::io::stdout(), format!("{line}\n").as_bytes(), PATIENCE);
}

/// Writes a line of what a command was asked for. Who reads only the first lines and goes is content.
///
/// # Errors
/// When it cannot be written.
pub(super) fn print(line: impl Display) -> Result<(), Failure> {
    match writeln!(std::io::stdout(), "{line}") {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(format!("stdout cannot be written: {error}").into()),
        _ => Ok(()),
    }
}

/// The log, which always takes what it is given.
struct Log;

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        Self
    }
}

impl Write for Log {
    /// One event is one call.
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        let lost = LOG.lock().write(line);
        if lost > 0 {
            tracing::warn!(lost, "lines of the log were lost, because nobody took them");
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

static LOG: Mutex<Stderr> = Mutex::new(Stderr { lost: 0 });

/// How it stands with stderr.
struct Stderr {
    /// Lines that nobody took since the last one that somebody did.
    lost: u64,
}

impl Stderr {
    /// Writes a line or loses it; the answer is how many were lost before, once somebody reads again.
    fn write(&mut self, line: &[u8]) -> u64 {
        let patience = if self.lost == 0 { PATIENCE } else { Duration::ZERO };
        if put(&std::io::stderr(), line, patience) {
            return std::mem::take(&mut self.lost);
        }
        self.lost += 1;
        0
    }
}

/// Writes without waiting for longer than `patience` at a time; false when it was not taken.
fn put<T: AsFd>(out: &T, text: &[u8], patience: Duration) -> bool
where
    for<'a> &'a T: Write,
{
    let patience = Timespec { tv_sec: 0, tv_nsec: patience.subsec_nanos().into() };
    text.chunks(PIECE).all(|piece| {
        let mut asked = [PollFd::new(out, PollFlags::OUT)];
        // Zero: no room in time. A failure to ask says nothing of the file.
        let has_room = poll(&mut asked, Some(&patience)) != Ok(0);
        has_room && { out }.write_all(piece).and_then(|()| { out }.flush()).is_ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pipe_that_nobody_reads_takes_what_it_can_and_holds_nobody_up() {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        let line = [b'x'; PIECE];

        let taken = (0..1_000).take_while(|_| put(&writer, &line, Duration::from_millis(1))).count();

        assert!((1..1_000).contains(&taken), "{taken} lines");
        drop(reader);
        assert!(!put(&writer, &line, PATIENCE), "nobody is there to read it");
    }
}
