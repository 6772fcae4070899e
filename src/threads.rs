//! Threads without which the program is of no use: the till, the background work, the figures, SQLite's log.
//!
//! Invariant: no such thread ends unnoticed. One that ends unasked is noted at once, so that `/readyz` says so, and ends
//! the program that serves; whoever supervises it starts it again. What each thread does is left to its room.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use tokio::sync::watch;

/// What is in hand when a thread falls may be finished within this; then the program ends, whatever still hangs.
const END_WITHIN: Duration = Duration::from_secs(10);

/// The only way for such a thread to return: it was asked to end, because its owner is gone or the program stops.
#[derive(Debug)]
pub struct AskedToEnd;

/// The threads of one application. Cheap to clone.
#[derive(Clone, Default)]
pub struct Threads(Arc<Inner>);

#[derive(Default)]
struct Inner {
    fallen: watch::Sender<Option<&'static str>>,
    ends_program: AtomicBool,
}

impl Threads {
    /// Starts a thread that must not end before it is asked to.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn spawn(
        &self,
        name: &'static str,
        work: impl FnOnce() -> AskedToEnd + Send + 'static,
    ) -> std::io::Result<JoinHandle<()>> {
        let threads = self.clone();
        Builder::new().name(name.to_owned()).spawn(move || {
            if catch_unwind(AssertUnwindSafe(work)).is_err() {
                threads.note_fall(name);
            }
        })
    }

    /// From now on a thread that falls ends the program with exit code 1, ten seconds later at the latest. Without
    /// it a fall is only noted: a test has many applications in one process.
    pub fn end_the_program(&self) {
        self.0.ends_program.store(true, Ordering::SeqCst);
        if self.fallen().is_some() {
            end_in_time();
        }
    }

    /// The first thread that ended unasked, by its name.
    pub fn fallen(&self) -> Option<&'static str> {
        *self.0.fallen.borrow()
    }

    /// Waits until a thread has ended unasked.
    pub async fn fall(&self) {
        let mut seen = self.0.fallen.subscribe();
        // It fails only when the sender is gone, which this very value holds.
        drop(seen.wait_for(Option::is_some).await);
    }

    /// Takes note that `name` ended; the first one counts.
    pub fn note_fall(&self, name: &'static str) {
        let is_first = self.0.fallen.send_if_modified(|fallen| {
            let is_first = fallen.is_none();
            fallen.get_or_insert(name);
            is_first
        });
        if is_first && self.0.ends_program.load(Ordering::SeqCst) {
            end_in_time();
        }
        tracing::error!(thread = name, "a thread ended that must not; the program ends, to be started again");
    }
}

/// Ends the program when it has not ended by itself in time.
fn end_in_time() {
    fn end() {
        std::thread::sleep(END_WITHIN);
        std::process::exit(1)
    }
    if Builder::new().name("end".to_owned()).spawn(end).is_err() {
        end();
    }
}

/// Said by every such thread at each turn of its work. In a build for tests, and in no other, it panics where
/// `FF_TEST_FALL=NAME@FILE` names the thread and the file is there: nothing else makes a sound thread fall.
pub fn turn() {
    #[cfg(debug_assertions)]
    {
        use std::path::PathBuf;
        use std::sync::OnceLock;
        static FALL: OnceLock<Option<(String, PathBuf)>> = OnceLock::new();
        let wanted = FALL.get_or_init(|| {
            let wanted = std::env::var("FF_TEST_FALL").ok()?;
            wanted.split_once('@').map(|(name, file)| (name.to_owned(), PathBuf::from(file)))
        });
        if let Some((name, file)) = wanted
            && std::thread::current().name() == Some(name)
            && file.exists()
        {
            panic!("the test wants this thread to fall");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_that_panics_is_noted_by_its_name_and_one_that_was_asked_is_not() {
        let threads = Threads::default();

        threads.spawn("asked", || AskedToEnd).expect("a thread").join().expect("it ends");
        assert_eq!(threads.fallen(), None);
        for name in ["first", "second"] {
            threads.spawn(name, || panic!("on purpose")).expect("a thread").join().expect("the panic is caught");
        }

        assert_eq!(threads.fallen(), Some("first"));
    }
}
